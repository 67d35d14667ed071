"""Tests whose fixtures act, and that assert themselves: as given, when and then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from suites import unwrapped

if TYPE_CHECKING:
    from suites import Suite

COMMON = """
import pytest
from asking import ask, call, send

mark = pytest.mark.mc_scopes("email_send")
"""


def acting(fixture: str, mark: str = "@mark", scope: str = "function") -> str:
    return f"""{COMMON}
@pytest.fixture(scope="module")
def shared(mc_cloud):
    with mc_cloud.tenant() as tenant:
        yield tenant

@pytest.fixture(scope="{scope}")
{fixture}

{mark}
def test_it(mc_tenant, shared, receipt):
    assert receipt == 200

{mark}
def test_again(mc_tenant, shared, receipt):
    assert receipt == 200
"""


JUDGED = """
def receipt(mc_tenant):
    with mc_tenant.judged("email_send"):
        return send(mc_tenant, "email_send")
"""


@pytest.mark.measured("a word for a token", "saw asked for")
@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        pytest.param(acting(JUDGED), "passed", id="judged there"),
        pytest.param(
            acting(JUDGED, '@pytest.mark.mc_scopes("email_read", match="at_most")'),
            "passed",
            id="by another list than the test's",
        ),
        pytest.param(
            acting(JUDGED, "@pytest.mark.mc_least_privilege"),
            "failed: MCS108",
            id="where no call of the test shows the minimum",
        ),
        pytest.param(
            acting(JUDGED, '@pytest.mark.mc_scopes("email_read")'),
            "failed: MCS103",
            id="what the block did not see asked for is missing",
        ),
        pytest.param(
            acting(JUDGED, '@pytest.mark.mc_scopes("email_send", "email_read", match="at_least")'),
            "failed: MCS103",
            id="what it saw asked for is not the whole",
        ),
        pytest.param(
            acting(
                """
def receipt(mc_tenant):
    with mc_tenant.judged("email_read"):
        ask(mc_tenant, "email_read")
    with mc_tenant.judged("email_send"):
        return send(mc_tenant, "email_send")
""",
                '@pytest.mark.mc_scopes("email_send", "email_read")',
            ),
            "passed",
            id="what two blocks saw asked for",
        ),
        pytest.param(
            acting(JUDGED).replace("assert receipt == 200", 'call(mc_tenant, "None")'),
            "failed: MCS107",
            id="a word for a token, which no missing token explains",
        ),
        pytest.param(
            acting("""
def receipt(shared):
    with shared.judged("email_send"):
        return send(shared, "email_send")
"""),
            "passed",
            id="at a tenant of the module's",
        ),
        pytest.param(
            acting("def receipt(mc_tenant): return send(mc_tenant, 'email_send')"),
            "failed: MCS105",
            id="not judged",
        ),
        pytest.param(
            acting("""
def receipt(mc_tenant):
    with mc_tenant.judged("email_send"):
        send(mc_tenant, "email_send")
    return 200

@pytest.fixture(autouse=True)
def nothing(mc_tenant, receipt):
    mc_tenant.package.assign()
""").replace("    assert receipt == 200", "    ask(mc_tenant, 'email_read')"),
            "failed: MCS102, MCS103",
            id="what the test itself asks for is judged all the same",
        ),
        pytest.param(
            acting("""
def receipt(mc_tenant):
    with mc_tenant.judged("email_send", match="at_most"):
        ask(mc_tenant, "email_send")
    return 200
""").replace("(mc_tenant, shared, receipt):\n    assert receipt == 200", "(mc_tenant):\n    pass"),
            "failed: MCS105",
            id="in a fixture of other tests",
        ),
        pytest.param(
            acting("""
def receipt(mc_cloud):
    with mc_cloud.tenant() as other, other.judged("email_send"):
        return send(other, "email_send")
"""),
            "failed: MCS105",
            id="at a tenant that has ended",
        ),
    ],
)
def test_a_fixture_that_acts(suite: Suite, source: str, outcome: str) -> None:
    """Judged where it acts, it is enough; and whichever test comes first."""
    assert suite.judge(source) == {"test_it": outcome, "test_again": outcome}


def test_a_fixture_that_more_tests_share(suite: Suite) -> None:
    """It acts once, and the second test would have nothing: so no test has it, not by its order."""
    source = acting(
        """
def receipt(shared):
    with shared.judged("email_send"):
        return send(shared, "email_send")
""",
        scope="module",
    )
    assert suite.judge(source) == {"test_it": "failed: MCS105", "test_again": "failed: MCS105"}


@pytest.mark.measured
def test_a_block_that_judged_a_refusal(suite: Suite) -> None:
    """Nothing was granted, so nothing was shown."""
    source = acting("""
def receipt(mc_tenant):
    mc_tenant.package.assign("email_read")
    with mc_tenant.expect_findings("MCS105"), mc_tenant.judged("email_send"):
        ask(mc_tenant, "email_send")
    return 200
""")
    assert suite.judge(source) == {"test_it": "failed: MCS105", "test_again": "failed: MCS105"}


def test_a_block_of_the_body_judges_for_itself(suite: Suite) -> None:
    """What a fixture's block saw says nothing of it."""
    source = acting(JUDGED).replace(
        "    assert receipt == 200", "    with mc_tenant.judged('email_send'): pass"
    )
    assert suite.judge(source) == {"test_it": "failed: MCS105", "test_again": "failed: MCS105"}


@pytest.mark.parametrize("scope", ["email_send", "sms_nowhere"], ids=["granted", "refused"])
def test_the_way_out_is_told(suite: Suite, scope: str) -> None:
    """With the fixture that asked."""
    result = suite.run(acting(f"def receipt(mc_tenant): ask(mc_tenant, '{scope}'); return 200"))
    text = " ".join(result.stdout.str().split())
    assert (
        "MCS105 no token granted: the code asked for a token in fixture receipt, in this test's"
        " set-up, where nothing is judged, and presented none in the test itself"
        " If what fixture receipt does is what you test, judge it there: with"
        " mc_tenant.judged(...): in the fixture. Or let the test use the client"
    ) in text


UNUSED = """
@pytest.fixture(scope="module")
def shared(mc_cloud):
    with mc_cloud.tenant() as tenant:
        yield tenant

@pytest.fixture
def over(mc_tenant):
    return ask(mc_tenant, "email_read email_send")

@pytest.fixture
def everything(mc_tenant):
    return ask(mc_tenant)

@pytest.fixture
def within(mc_tenant):
    return ask(mc_tenant, "email_send")

@pytest.fixture
def refused(mc_tenant):
    return ask(mc_tenant, "email_read no_such")

@pytest.fixture
def at_shared(shared):
    return ask(shared, "email_read")

@pytest.fixture(scope="module")
def for_all(shared):
    return ask(shared, "email_read")

@pytest.fixture
def judged(mc_tenant):
    with mc_tenant.judged("email_read", "email_send"):
        return ask(mc_tenant, "email_read email_send")

@pytest.fixture
def arranged(mc_tenant):
    with mc_tenant.arrange():
        return ask(mc_tenant, "email_read email_send")
"""


@pytest.mark.measured
@pytest.mark.parametrize(
    ("fixture", "mark", "told"),
    [
        ("over", "mark", "email_read"),
        ("everything", "mark", "84 scopes (*)"),
        ("over", "pytest.mark.mc_least_privilege", "email_read"),
        ("over", 'pytest.mark.mc_scopes("email_send", match="at_most")', "email_read"),
        ("over", 'pytest.mark.mc_scopes("email_send", match="at_least")', ""),
        ("within", "mark", ""),
        ("refused", "mark", ""),
        ("at_shared", "mark", "email_read"),
        ("for_all", "mark", ""),
        ("judged", "mark", ""),
        ("arranged", "mark", ""),
    ],
)
def test_a_log_in_of_the_set_up_that_nobody_uses(
    suite: Suite, fixture: str, mark: str, told: str
) -> None:
    """It is judged by its token, and there is none: a line says that it asked for too much."""
    body = "send(mc_tenant, 'email_send')"
    source = f"{COMMON}{UNUSED}\n@{mark}\ndef test_it({fixture}, mc_tenant): {body}"
    result = suite.run(source)
    outcome = suite.told(result)["test_it"]
    assert outcome.startswith("passed")
    line = (
        f"test_it.py::test_it: note fixture {fixture} asked for {told} in set-up, beyond the mark;"
        " this test used no token of that log-in, so it was not judged: if it is what you test,"
        " judge it in the fixture, with mc_tenant.judged(...):"
    )
    if told:
        unwrapped(result).fnmatch_lines([line])
    else:
        result.stdout.no_fnmatch_line("*used no token of that log-in*")


@pytest.mark.parametrize(
    ("mark", "body", "outcome"),
    [
        ("mark", "call(mc_tenant, over)", "failed: MCS102"),
        ("mark", "pass", "failed: MCS105"),
        ("mark", "send(mc_tenant, 'email_send'); assert False", "failed"),
        ("pytest.mark.mc_no_token(reason='x')", "pass", "passed"),
    ],
    ids=["used", "no other token", "fails by itself", "no mark of scopes"],
)
def test_a_log_in_that_another_finding_tells_of(
    suite: Suite, mark: str, body: str, outcome: str
) -> None:
    """No line where it is judged, where MCS105 says it, or where nothing is shown."""
    source = f"{COMMON}{UNUSED}\n@{mark}\ndef test_it(over, mc_tenant): {body}"
    result = suite.run(source)
    assert suite.told(result) == {"test_it": outcome}
    result.stdout.no_fnmatch_line("*used no token of that log-in*")
