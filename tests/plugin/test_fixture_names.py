"""Texts name the fixture that the test has, and what configures its tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from suites import unwrapped

if TYPE_CHECKING:
    from suites import Suite

SOURCE = """
import pytest
from asking import CLIENT, ask, call, send

@pytest.fixture(autouse=True, scope="module")
def closed():
    yield
    CLIENT.close()

@pytest.fixture
def wide(mc_cloud):
    with mc_cloud.tenant({settings}) as tenant:
        yield tenant

@pytest.fixture
def through(mc_server):
    return mc_server

@pytest.fixture
def both(mc_server, mc_tenant):
    return mc_server

pytestmark = pytest.mark.mc_scopes("email_send")

def test_it({fixture}):
    t = {fixture}
    {body}
"""
FIXTURES = {
    "mc_tenant": "mc_tenant",
    "mc_server": "mc_server",
    "through": "mc_server",
    "both": "mc_tenant",
    "wide": "tenant",
}


def text_of(suite: Suite, fixture: str, body: str, settings: str = "") -> str:
    source = SOURCE.format(fixture=fixture, body=body, settings=settings)
    result = suite.run(source)
    return " ".join(result.stdout.str().split())


@pytest.mark.parametrize(("fixture", "name"), FIXTURES.items())
def test_a_call_that_is_denied(suite: Suite, fixture: str, name: str) -> None:
    text = text_of(suite, fixture, "call(t, ask(t, 'email_send'), 'hub/v1/campaigns', 'GET')")
    assert f"write the call in a block: with {name}.expect_denied(" in text


@pytest.mark.parametrize(("fixture", "name"), FIXTURES.items())
def test_a_denial_that_does_not_come(suite: Suite, fixture: str, name: str) -> None:
    body = "send(t, 'email_send')\n    with t.expect_denied(): pass"
    text = text_of(suite, fixture, body)
    assert f"expected a denied call; {name}.expect_denied(...), test_it.py:" in text


@pytest.mark.parametrize(("fixture", "name"), FIXTURES.items())
def test_a_test_that_asks_for_no_token(suite: Suite, fixture: str, name: str) -> None:
    text = text_of(suite, fixture, "pass")
    start = f"Point the code at {name}.auth_url with {name}.client_id and {name}.client_secret"
    elsewhere = (
        "; in another process, or with a library that mc_tenant does not answer, such as pycurl,"
        " give it those of "
    )
    other = {
        "mc_tenant": f"{elsewhere}mc_server",
        "mc_server": "",
        "tenant": f"{elsewhere}mc_cloud.tenant(server=True)",
    }[name]
    assert f"{start}{other}; or, if it needs no token, mark the test" in text


@pytest.mark.parametrize(
    ("fixture", "told"),
    [
        ("mc_tenant", "mark mc_package(name="),
        ("mc_server", "mark mc_package(name="),
        ("wide", "or mc_cloud.tenant(name="),
    ],
)
def test_what_configures_the_tenant(suite: Suite, fixture: str, told: str) -> None:
    text = text_of(suite, fixture, "t.issue_token(user='Example User')")
    assert f'{told}"integration", type="web-app").' in text


@pytest.mark.parametrize(
    ("fixture", "told"),
    [("mc_tenant", "@pytest.mark.mc_package(scopes="), ("wide", "mc_cloud.tenant(scopes=")],
)
def test_a_smaller_package(suite: Suite, fixture: str, told: str) -> None:
    text = text_of(suite, fixture, "send(t)")
    assert f'{told}["email_send"])' in text
    assert ("mc_package" in text) == (fixture == "mc_tenant")


def test_another_scope_for_a_package(suite: Suite) -> None:
    body = "ask(t, 'email_send')"
    text = text_of(suite, "wide", body, "scopes=['email_read']")
    assert "add it to mc_cloud.tenant(scopes=[...])." in text


def test_the_own_words_of_a_test_stay(suite: Suite) -> None:
    body = "print('mc_tenant.rest'); assert not 'mc_tenant.soap'"
    text = text_of(suite, "wide", body)
    assert "AssertionError: assert not 'mc_tenant.soap'" in text
    assert "- mc_tenant.rest -" in text


def test_a_note_of_the_summary(suite: Suite) -> None:
    result = suite.run(
        SOURCE.format(
            settings="",
            fixture="wide",
            body="""send(t, "email_send")

@pytest.fixture
def logged_in(wide):
    ask(wide, "email_read")

def test_other(wide, logged_in):
    send(wide, "email_send")""",
        )
    )
    text = unwrapped(result).str()
    assert "judge it in the fixture, with tenant.judged(...):" in text
    assert "mc_tenant" not in text


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            "with t.expect_findings('MCS102'), t.judged('email_send'):\n"
            "        send(t, 'email_read email_send')",
            True,
            id="the mark finds it too",
        ),
        pytest.param(
            "with t.expect_findings('MCS102'):\n        send(t, 'email_send')",
            True,
            id="without a judged block",
        ),
        pytest.param(
            "with t.expect_findings('MCS102'), t.judged('email_send'):\n"
            "        send(t, 'email_send')",
            True,
            id="it does not come",
        ),
        pytest.param("send(t, 'email_read email_send')", False, id="nothing was expected"),
        pytest.param(
            "with t.expect_findings('MCS102'), t.judged('email_send'):\n"
            "        send(t, 'email_read email_send')\n"
            "    call(t, ask(t, 'email_send'), 'hub/v1/campaigns', 'GET')",
            True,
            id="and another finding",
        ),
    ],
)
def test_expected_findings_beside_a_mark(suite: Suite, body: str, *, expected: bool) -> None:
    """It is told that the mark judges the same traffic, and what to write."""
    text = text_of(suite, "mc_tenant", body)
    told = (
        "expect_findings(...) takes the errors of judged blocks only: the test's own mark judges"
        " the same traffic as well. Take the mark away and judge by blocks alone; or, if the whole"
        ' test is about it, write @pytest.mark.mc_allow("MCS102", reason=...) in place of the'
        " blocks."
    )
    assert (told in text) == expected


def test_expected_findings_without_a_mark(suite: Suite) -> None:
    source = SOURCE.replace("pytestmark", "mark").format(
        fixture="mc_tenant",
        settings="",
        body="with t.expect_findings('MCS102'):\n        send(t, 'email_send')",
    )
    text = suite.run(source).stdout.str()
    assert "Write the block that is to find it within" in text
    assert "judges the same traffic" not in " ".join(text.split())
