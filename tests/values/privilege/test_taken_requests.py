"""How a test is to be written where another tool answered what its code sent."""

from __future__ import annotations

import pytest

from pytest_mcscopes.ledger.facts import Taken
from pytest_mcscopes.privilege.taken_requests import describe_unseen, way_out, way_to_answer

HOST = "mcx.auth.marketingcloudapis.com"
PORT = "127.0.0.1:4212"
AT_PORT = (
    'Write responses.add_passthru("http://127.0.0.1:") in the test, or the same of your own'
    " RequestsMock, and responses leaves the tenant's ports alone."
)
BY_NAME = (
    'Write responses.add_passthru(re.compile(r"https://[^/]+\\.marketingcloudapis\\.com")) in the'
    " test, or the same of your own RequestsMock, and mc_tenant answers. Where it has answers of"
    " its own for Marketing Cloud's hosts, those come first: give them to mc_tenant.rest instead."
)
HTTPX_MOCK = (
    "Mark the test @pytest.mark.httpx_mock(should_mock=pytest_mcscopes.not_marketing_cloud), and"
    " httpx_mock leaves Marketing Cloud alone."
)


@pytest.mark.parametrize(
    ("taken", "text"),
    [
        pytest.param(Taken(host=PORT, by="responses"), AT_PORT, id="a port"),
        pytest.param(Taken(host=HOST, by="responses"), BY_NAME, id="a host"),
        pytest.param(
            Taken(host="", by="responses"),
            f"{BY_NAME} For the ports of mc_server: {AT_PORT}",
            id="not known which",
        ),
        pytest.param(Taken(host="", by="pytest_httpx"), HTTPX_MOCK, id="one line for both"),
        pytest.param(Taken(host=HOST, by="pytest_httpx"), HTTPX_MOCK, id="one line for hosts"),
    ],
)
def test_a_known_tool_is_told_to_let_it_pass(taken: Taken, text: str) -> None:
    """By the line for what was called."""
    assert way_out(taken) == text
    assert way_to_answer(taken) == text


@pytest.mark.parametrize(
    ("by", "step"),
    [
        ("respx", "Leave out the route, so that mc_tenant answers"),
        ("vcr", "Open no cassette of Marketing Cloud in this test, so that mc_tenant answers"),
        ("", "Let the client send by httpx itself, so that mc_tenant answers"),
        (
            "a stand-in for requests.post",
            "Let the code call requests itself, so that mc_tenant answers",
        ),
        (
            "a stand-in for urllib.request.urlopen",
            "Let the code call urllib itself, so that mc_tenant answers",
        ),
    ],
)
def test_what_answers_instead_is_to_be_left_out(by: str, step: str) -> None:
    """Where no token is expected, it may be that one is."""
    taken = Taken(host=HOST, by=by)
    assert way_to_answer(taken) == f"{step}."
    assert way_out(taken) == (
        f"{step} what the code asks for; or, if it is to ask for a token, declare its scopes."
    )


def test_what_no_tenant_saw_is_told_once_for_each_tool() -> None:
    """Not where it is not known whom a stand-in was to call: it may be another service."""
    taken = [
        Taken(host=HOST, by="responses"),
        Taken(host="mcx.rest.marketingcloudapis.com", by="responses"),
        Taken(host=HOST, by="vcr"),
        Taken(host="", by="a stand-in for httpx.Client"),
    ]
    unseen = (
        "answered for Marketing Cloud, and no tenant saw what was asked for: no suggestion and no"
        " data file has it."
    )
    assert describe_unseen(taken) == (
        f"responses {unseen} {BY_NAME}",
        (
            f"a cassette of vcrpy {unseen} Open no cassette of Marketing Cloud in this test, so"
            " that mc_tenant answers."
        ),
    )
    assert describe_unseen(()) == ()
