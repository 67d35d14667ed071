"""What a test answers for, log-in by log-in, as an inner run says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suites import Suite

SHARED = """
import gzip
import pytest
from asking import CLIENT, ask, call, send

CAMPAIGNS = ("hub/v1/campaigns", "GET")

@pytest.fixture(scope="session")
def shared(mc_cloud):
    with mc_cloud.tenant() as tenant:
        yield tenant

def sent(tenant, **what):
    return CLIENT.post(tenant.auth_url + "v2/token", **what).status_code

def body(tenant, **members):
    mine = {"client_id": tenant.client_id, "client_secret": tenant.client_secret}
    return mine | {"grant_type": "client_credentials"} | members
"""


@pytest.mark.parametrize(
    ("mark", "test", "outcome"),
    [
        pytest.param(
            'mc_scopes("campaign_read", "email_send")',
            """
    send(mc_tenant, "campaign_read email_send")
    call(mc_tenant, ask(mc_tenant, "campaign_read"), *CAMPAIGNS)
""",
            "failed: MCS202",
            id="another client's calls excuse nothing",
        ),
        pytest.param(
            'mc_scopes("campaign_read", "email_send")',
            """
    send(mc_tenant, "email_send")
    call(mc_tenant, ask(mc_tenant, "campaign_read"), *CAMPAIGNS)
""",
            "passed",
            id="a client per purpose",
        ),
        pytest.param(
            'mc_scopes("campaign_read", "email_send")',
            """
    token = ask(mc_tenant, "campaign_read email_send")
    call(mc_tenant, token)
    call(mc_tenant, token, *CAMPAIGNS)
""",
            "passed",
            id="one client for both",
        ),
        pytest.param(
            'mc_scopes("campaign_read", "email_send", match="at_most")',
            """
    send(mc_tenant, "campaign_read email_send")
    call(mc_tenant, ask(mc_tenant, "campaign_read"), *CAMPAIGNS)
""",
            "passed",
            id="at_most",
        ),
        pytest.param(
            'mc_scopes("campaign_read", "email_send")',
            """
    send(mc_tenant, "campaign_read email_send")
    call(mc_tenant, mc_tenant.issue_token(["campaign_read"]), *CAMPAIGNS)
""",
            "failed: MCS202",
            id="the test's own token excuses nothing",
        ),
        pytest.param(
            'mc_scopes("email_send")',
            """
    sent(mc_tenant, json=body(mc_tenant, scope=["campaign_read", "email_send"]))
    send(mc_tenant, "email_send")
""",
            "failed: MCS102, note",
            id="a list is refused, and was asked for",
        ),
        pytest.param(
            'mc_scopes("email_send")',
            """
    packed = gzip.compress(b"{}")
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    assert sent(mc_tenant, content=packed, headers=headers) == 415
    send(mc_tenant, "email_send")
""",
            "failed: MCS110",
            id="gzip",
        ),
        pytest.param(
            'mc_scopes("email_send")',
            """
    assert sent(mc_tenant, files={"scope": (None, "campaign_read")}) == 415
    send(mc_tenant, "email_send")
""",
            "failed: MCS110",
            id="multipart",
        ),
        pytest.param(
            'mc_no_token(reason="asks for none")',
            """
    assert sent(mc_tenant, content=b"{", headers={"content-type": "application/json"}) == 400
""",
            "failed: MCS109",
            id="unreadable where none is expected",
        ),
        pytest.param(
            'mc_scopes("email_send")',
            """
    assert sent(mc_tenant, json=body(mc_tenant, scope="email_sent")) == 400
""",
            "failed: MCS104",
            id="a slip alone",
        ),
        pytest.param(
            'mc_scopes("email_send")',
            """
    assert sent(mc_tenant, json=body(mc_tenant, scope=None)) == 200
""",
            "failed: MCS101, note",
            id="null is judged as left out",
        ),
    ],
)
def test_a_test(suite: Suite, mark: str, test: str, outcome: str) -> None:
    assert suite.judge(f"{SHARED}\n@pytest.mark.{mark}\ndef test_it(mc_tenant):{test}") == {
        "test_it": outcome
    }


def test_the_order_of_tests_does_not_decide(suite: Suite) -> None:
    """A client named its scopes in one test and left them out in another, at a shared tenant."""
    assert suite.judge(
        f"""{SHARED}
BOTH = pytest.mark.mc_scopes("email_read", "email_send", match="at_most")

@pytest.fixture(scope="session")
def narrow(mc_cloud):
    with mc_cloud.tenant(scopes=["email_read", "email_send"]) as tenant:
        yield tenant

@BOTH
def test_1_names_them(narrow):
    send(narrow, "email_send")

@BOTH
def test_2_leaves_them_out(narrow):
    send(narrow)

@BOTH
def test_3_does_both(narrow):
    send(narrow, "email_send")
    send(narrow)

@pytest.fixture
def named(mc_tenant):
    send(mc_tenant, "email_send")

@BOTH
@pytest.mark.mc_package(scopes=["email_read", "email_send"])
def test_4_after_its_own_set_up(named, mc_tenant):
    send(mc_tenant)

def test_5_in_two_blocks(narrow):
    with narrow.judged("email_send"):
        send(narrow, "email_send")
    with narrow.judged("email_read", "email_send", match="at_most"):
        send(narrow)
"""
    ) == {
        "test_1_names_them": "passed",
        "test_2_leaves_them_out": "passed",
        "test_3_does_both": "failed: MCS106",
        "test_4_after_its_own_set_up": "failed: MCS106",
        "test_5_in_two_blocks": "failed: MCS106",
    }


@pytest.mark.parametrize("first", [True, False], ids=["first", "second"])
def test_nor_does_it_at_a_tenant_of_the_session_by_our_own_name(
    suite: Suite, *, first: bool
) -> None:
    """What `mc_tenant` gives may live as long as a suite wishes: then it is no test's alone."""
    tests = [
        "def test_it(mc_tenant):\n    send(mc_tenant)\n",
        "def test_other(mc_tenant):\n    send(mc_tenant, 'email_send')\n",
    ]
    told = suite.judge(
        f"""{SHARED}
pytestmark = pytest.mark.mc_scopes("email_read", "email_send", match="at_most")

@pytest.fixture(scope="session")
def mc_tenant(mc_cloud):
    with mc_cloud.tenant(scopes=["email_read", "email_send"]) as tenant:
        yield tenant

@pytest.fixture(scope="session", autouse=True)
def named(mc_tenant):
    send(mc_tenant, "email_send")

"""
        + "\n".join(tests if first else reversed(tests))
    )
    assert told == {"test_it": "passed", "test_other": "passed"}
