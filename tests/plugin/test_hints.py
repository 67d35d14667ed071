"""What a test that fails by itself is told where something lies behind it that we know."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suites import Suite

pytestmark = pytest.mark.measured

HEAD = """
import pytest
import asking
from asking import CLIENT, ask, call, send
"""


def hints(suite: Suite, source: str, *args: str) -> dict[str, list[str]]:
    """Give the sections of ours that each failed test has, by its name."""
    result = suite.run(HEAD + source, *args)
    reports = result.reprec.getreports("pytest_runtest_logreport")  # type: ignore[attr-defined]
    return {
        report.nodeid.partition("::")[2]: [
            text for title, text in report.sections if title == "MCSCOPES"
        ]
        for report in reports
        if report.failed
    }


@pytest.mark.parametrize("mode", [(), ("-p", "xdist", "-n", "1")], ids=["plain", "xdist"])
def test_a_fixture_that_outlives_the_tenant(suite: Suite, mode: tuple[str, ...]) -> None:
    """pytest says what cannot be; we say what to write."""
    found = hints(
        suite,
        """
@pytest.fixture(scope="session")
def of_the_session(mc_tenant):
    return mc_tenant

@pytest.fixture(scope="module")
def of_the_module(mc_server):
    return mc_server

@pytest.fixture(scope="class")
def of_the_class(request):
    return request.getfixturevalue("mc_clock")

@pytest.fixture(scope="module")
def of_others(tmp_path):
    return tmp_path

def test_session(of_the_session):
    pass

def test_module(of_the_module):
    pass

def test_class(of_the_class):
    pass

def test_others(of_others):
    pass
""",
        *mode,
    )
    cloud = "outlives it. Let it ask for mc_cloud instead: with mc_cloud.tenant"
    assert found == {
        "test_session": [
            (
                f"MCSCOPES: mc_tenant lives for one test, and a session-scoped fixture {cloud}()"
                " as tenant: yield ..."
            )
        ],
        "test_module": [
            (
                f"MCSCOPES: mc_server lives for one test, and a module-scoped fixture {cloud}"
                "(server=True) as tenant: yield ..."
            )
        ],
        "test_class": [
            (
                "MCSCOPES: mc_clock moves the time of one test, and a class-scoped fixture outlives"
                " it. Ask for mc_clock in the test, or move the time of a tenant:"
                " tenant.clock.advance(...)."
            )
        ],
        "test_others": [],
    }


def test_a_token_that_is_not_sent_as_a_bearer(suite: Suite) -> None:
    """A 401 that says no more than that the token is invalid, although it is a good one."""
    found = hints(
        suite,
        """
def send_as(tenant, header):
    url = tenant.rest_url + "messaging/v1/email/messages/k"
    return CLIENT.post(url, json={}, headers={"Authorization": header}).status_code

def test_bare(mc_tenant):
    assert send_as(mc_tenant, ask(mc_tenant, "email_send")) == 202

def test_by_another_scheme(mc_tenant):
    assert send_as(mc_tenant, "Token " + ask(mc_tenant, "email_send")) == 202

@pytest.mark.mc_scopes("email_send")
def test_marked(mc_tenant):
    assert send_as(mc_tenant, ask(mc_tenant, "email_send")) == 202

def test_as_it_is_meant(mc_tenant):
    assert send_as(mc_tenant, "Bearer " + ask(mc_tenant, "email_send")) == 401

def test_no_token(mc_tenant):
    ask(mc_tenant, "email_send")
    assert send_as(mc_tenant, "kept") == send_as(mc_tenant, "Basic eDp5") == 202

def test_ordered(mc_tenant):
    token = ask(mc_tenant, "email_send")
    mc_tenant.fail_next("rest", 503)
    assert send_as(mc_tenant, token) == 202
""",
    )
    lacks = (
        'MCSCOPES: the Authorization header holds a token of this test without "Bearer " before it'
        " (401): send Authorization: Bearer and the token."
    )
    assert found == {
        "test_bare": [lacks],
        "test_by_another_scheme": [lacks],
        "test_marked": [lacks],
        "test_as_it_is_meant": [],
        "test_no_token": [
            (
                "MCSCOPES: the tenant refused a request of this test: POST"
                " /messaging/v1/email/messages/k with no token: 401."
            )
        ],
        "test_ordered": [],
    }


def test_time_that_only_marketing_cloud_sees(suite: Suite) -> None:
    """The code goes by its own clock and keeps its token: a 401 that says nothing by itself."""
    found = hints(
        suite,
        """
def test_advanced(mc_tenant, mc_clock):
    token = ask(mc_tenant, "email_send")
    mc_clock.advance(minutes=21)
    assert call(mc_tenant, token) == 200

@pytest.mark.mc_scopes("email_send")
def test_marked(mc_tenant, mc_clock):
    token = ask(mc_tenant, "email_send")
    mc_clock.advance(minutes=21)
    assert call(mc_tenant, token) == 200

def test_not_long(mc_tenant, mc_clock):
    token = ask(mc_tenant, "email_send")
    mc_clock.advance(minutes=1)
    assert call(mc_tenant, token) == 401

def test_travelled(mc_tenant, mc_clock):
    token = ask(mc_tenant, "email_send")
    mc_clock.travel(minutes=21)
    assert call(mc_tenant, token) == 200

def test_revoked(mc_tenant, mc_clock):
    token = ask(mc_tenant, "email_send")
    mc_clock.advance(minutes=1)
    mc_tenant.revoke(token)
    assert call(mc_tenant, token) == 200

def test_of_nobody(mc_tenant, mc_clock):
    mc_clock.advance(minutes=21)
    assert call(mc_tenant, "made-up") == 200

def test_renewed(mc_tenant, mc_clock):
    ask(mc_tenant, "email_send")
    mc_clock.advance(minutes=21)
    assert call(mc_tenant, ask(mc_tenant, "email_send")) == 201

def test_passes(mc_tenant, mc_clock):
    token = ask(mc_tenant, "email_send")
    mc_clock.advance(minutes=21)
    assert call(mc_tenant, token) == 401
""",
    )
    told = {test: [text for text in texts if "mc_clock" in text] for test, texts in found.items()}
    line = (
        "MCSCOPES: a token had ended when it was used (401): mc_clock.advance(...) moved Marketing"
        " Cloud's time alone, and the code's own clock stood still. Code that renews by its own"
        " clock needs mc_clock.travel(...), which moves both."
    )
    assert told == {
        "test_advanced": [line],
        "test_marked": [line],
        "test_not_long": [],
        "test_travelled": [],
        "test_revoked": [],
        "test_of_nobody": [],
        "test_renewed": [],
    }


def test_a_stub_that_another_test_left(suite: Suite) -> None:
    """On a tenant that tests share; what a fixture wrote is for all, what one cleared is gone."""
    found = hints(
        suite,
        """
import asyncio
import httpx

@pytest.fixture(scope="module")
def tenant(mc_cloud):
    with mc_cloud.tenant() as tenant:
        tenant.rest.get("/hub/v1/campaigns").respond(418)
        yield tenant

def test_one(tenant):
    tenant.rest.post("/messaging/v1/email/messages/1").respond(503)
    assert send(tenant) == 200

def test_two(tenant):
    assert send(tenant) == 200

async def answer(tenant):
    headers = {"Authorization": f"Bearer {ask(tenant)}"}
    async with httpx.AsyncClient(verify=False, headers=headers) as client:
        answer = await client.post(tenant.rest_url + "messaging/v1/email/messages/1")
    return answer.status_code

def test_three(tenant):
    assert asyncio.run(answer(tenant)) == 200

def test_passes(tenant):
    assert send(tenant) == 503

def test_of_the_fixture(tenant):
    assert call(tenant, ask(tenant), "hub/v1/campaigns", "GET") == 200

def test_cleared(tenant):
    tenant.rest.clear()
    assert send(tenant) == 503
""",
    )
    left = [
        (
            "MCSCOPES: POST /messaging/v1/email/messages/1 was answered by a stub that"
            " test_it.py::test_one wrote: a tenant that tests share keeps its stubs. Let that test,"
            " or a fixture of it, end with tenant.rest.clear()."
        )
    ]
    assert found == {
        "test_one": [],
        "test_two": left,
        "test_three": left,
        "test_of_the_fixture": [],
        "test_cleared": [],
    }


def test_a_soap_stub_that_another_test_left(suite: Suite) -> None:
    found = hints(
        suite,
        """
def retrieve(tenant):
    token = ask(tenant, "list_and_subscribers_read")
    return asking.soap(tenant, token, asking.retrieving("Subscriber")).text

@pytest.fixture(scope="module")
def tenant(mc_cloud):
    with mc_cloud.tenant() as tenant:
        yield tenant

def test_one(tenant):
    tenant.soap.retrieve("Subscriber").respond([{"SubscriberKey": "ada"}])
    assert "ada" in retrieve(tenant)

def test_two(tenant):
    assert "ada" not in retrieve(tenant)

def test_cleared(tenant):
    tenant.soap.clear()
    assert tenant.soap.calls == ()
    assert "ada" in retrieve(tenant)
""",
    )
    assert found == {
        "test_two": [
            (
                "MCSCOPES: SOAP Subscriber Retrieve was answered by a stub that"
                " test_it.py::test_one wrote: a tenant that tests share keeps its stubs. Let that"
                " test, or a fixture of it, end with tenant.soap.clear()."
            )
        ],
        "test_cleared": [],
    }


def test_a_verdict_is_not_talked_over(suite: Suite) -> None:
    """What fails by our own text has its own way out."""
    found = hints(
        suite,
        """
@pytest.fixture(scope="module")
def tenant(mc_cloud):
    with mc_cloud.tenant() as tenant:
        yield tenant

def test_one(tenant):
    tenant.rest.post("/messaging/v1/email/messages/1").respond(503)

@pytest.mark.mc_scopes("email_send")
def test_two(tenant):
    assert send(tenant, "email_read email_send") == 503
""",
    )
    assert [re.match("MCS.*left", text) for text in found["test_two"]] == []


def test_what_the_tenant_refused_where_no_mark_judges(suite: Suite) -> None:
    """A suite that begins has no marks: a bare 400, 401, 403 or 404 is told all the same."""
    found = hints(
        suite,
        """
KEPT = []

@pytest.fixture(scope="module")
def tenant(mc_cloud):
    with mc_cloud.tenant() as tenant:
        yield tenant

def test_denied(mc_tenant):
    token = ask(mc_tenant, "email_read")
    assert call(mc_tenant, token) == 202

def test_misspelt(mc_tenant):
    assert ask(mc_tenant, "email_raed")

def test_not_in_the_catalogue(mc_tenant):
    assert call(mc_tenant, ask(mc_tenant, "email_read"), "our/own/v1/page") == 200

def test_by_soap(mc_tenant):
    token = ask(mc_tenant, "email_read")
    answer = asking.soap(mc_tenant, token, asking.retrieving("Subscriber"))
    assert "API Permission Failed" not in answer.text

def test_keeps_a_token(mc_tenant):
    KEPT.append(ask(mc_tenant))
    assert call(mc_tenant, KEPT[0]) == 200

def test_of_another_test(mc_tenant):
    assert call(mc_tenant, KEPT[0]) == 202

def test_of_another_mock(mc_tenant):
    assert call(mc_tenant, "t") == 202

def test_the_last_one_counts(mc_tenant):
    call(mc_tenant, "t")
    assert call(mc_tenant, ask(mc_tenant, "email_read")) == 202

def test_of_this_test_alone(tenant):
    assert call(tenant, ask(tenant)) == 202

def test_refused_to_the_test_before(tenant):
    assert call(tenant, "t") == 401

def test_of_this_test_too(tenant):
    assert call(tenant, ask(tenant)) == 202

def test_expected(mc_tenant):
    with mc_tenant.expect_denied():
        call(mc_tenant, ask(mc_tenant, "email_read"))
    assert False

def test_arranged(mc_tenant):
    with mc_tenant.arrange():
        call(mc_tenant, ask(mc_tenant, "email_read"))
    assert False

def test_of_a_stub(mc_tenant):
    mc_tenant.rest.post("/messaging/v1/email/messages/1").respond(400)
    assert call(mc_tenant, ask(mc_tenant)) == 202

@pytest.mark.mc_scopes("email_read")
def test_marked(mc_tenant):
    assert call(mc_tenant, ask(mc_tenant, "email_read")) == 202
""",
    )
    [marked] = found.pop("test_marked")
    assert marked.startswith("MCS201 email_send: ")
    refused = "MCSCOPES: the tenant refused a request of this test: "
    send = "POST /messaging/v1/email/messages/1"
    denied = f'{refused}{send} with email_read: 403, lacks email_send [package "integration"].'
    bad = f"{refused}{send} with a token that is not good: 401."
    assert found == {
        "test_denied": [denied],
        "test_misspelt": [
            (
                f'{refused}token request (client_credentials), scope="email_raed": 400,'
                ' invalid_scope: not assigned to package "integration": email_raed (did you mean'
                ' email_read?) [package "integration"].'
            )
        ],
        "test_not_in_the_catalogue": [],
        "test_by_soap": [
            (
                f"{refused}POST /Service.asmx (SOAP Subscriber Retrieve) with email_read: 200,"
                ' lacks list_and_subscribers_read [package "integration"].'
            )
        ],
        "test_of_another_test": [
            (
                f"{bad} Its token is of the tenant of fixture mc_tenant for"
                " test_it.py::test_keeps_a_token, and was kept since: let each test build"
                " its client, or let the tests share a tenant of mc_cloud."
            )
        ],
        "test_of_another_mock": [
            (
                f"{bad} No tenant of this run issued its token: if another mock answered the token"
                " request, here or in an earlier test, let the tenant answer it."
            )
        ],
        "test_the_last_one_counts": [denied],
        "test_of_this_test_alone": [],
        "test_of_this_test_too": [],
        "test_expected": [],
        "test_arranged": [],
        "test_of_a_stub": [],
    }


def test_a_call_that_the_catalogue_does_not_know(suite: Suite) -> None:
    """A 404 of the REST host does not say that a stub is what answers such a path."""
    found = hints(
        suite,
        """
pytestmark = pytest.mark.mc_scopes("email_read", match="at_most")

def test_rest(mc_tenant):
    assert call(mc_tenant, ask(mc_tenant, "email_read"), "our/own/v1/page") == 200

def test_soap(mc_tenant):
    asking.soap(mc_tenant, ask(mc_tenant, "email_read"), asking.retrieving("OurOwn"))
    assert False
""",
    )
    unmapped = "MCSCOPES: MCS203 unmapped call: {} is not in the catalogue"
    stub = ". What no stub of mc_tenant.rest answers there is a 404"
    assert found == {
        "test_rest": [unmapped.format("POST /our/own/v1/page") + stub],
        "test_soap": [unmapped.format("SOAP OurOwn Retrieve")],
    }
