"""What a tenant does with what a test ordered to go wrong: nothing more than what was ordered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from messages import authorized, credentials, token_request
from tenants import build_tenant, core_of

from pytest_mcscopes.cloud.http import Admitted, Response
from pytest_mcscopes.ledger.facts import CallMade, TokenRequested

if TYPE_CHECKING:
    from pytest_mcscopes.cloud.fault_order import FaultName
    from pytest_mcscopes.tenant.tenant import Tenant

SEND = "POST /messaging/v1/email/messages/{messageKey}"


@pytest.fixture
def tenant() -> Tenant:
    """A tenant with one package that has every scope."""
    return build_tenant()


def ask(tenant: Tenant) -> Response:
    """Ask for a token."""
    login = credentials(tenant, "email_send email_read")
    answer = core_of(tenant).handle(token_request(login))
    assert isinstance(answer, Response)
    return answer


def send(tenant: Tenant, token: str, path: str = "messages/receipt-7") -> Response:
    """Call the REST host."""
    answer = core_of(tenant).handle(authorized(token, f"/messaging/v1/email/{path}"))
    return core_of(tenant).complete(answer, None) if isinstance(answer, Admitted) else answer


@pytest.mark.parametrize(
    "fault", ["timeout", "reset", "malformed", "truncated", "wrong_content_type"]
)
def test_a_token_request_that_gets_no_good_answer_gets_no_token(
    fault: FaultName, tenant: Tenant
) -> None:
    """What was asked for is written down; a status only where one was sent."""
    tenant.fail_next("token", fault)
    ask(tenant)
    entry = tenant.ledger.entries[0]
    assert isinstance(entry.fact, TokenRequested)
    assert (entry.fact.granted, entry.fact.token) == (None, None)
    assert entry.fact.requested == {"email_send", "email_read"}
    assert (entry.fact.error, entry.fact.reason) == (fault, f'fail_next("token", "{fault}")')
    assert entry.answered == (None if fault in {"timeout", "reset"} else 200)


@pytest.mark.parametrize("fault", ["timeout", "malformed", "unavailable"])
def test_a_call_that_gets_no_good_answer_is_judged_by_what_it_needs(
    fault: FaultName, tenant: Tenant
) -> None:
    """As one that a stub answers so: what a token had or had not does not hang on the answer."""
    facts = []
    for scopes in (["email_send"], ["email_read"]):
        tenant.fail_next("rest", fault)
        send(tenant, tenant.issue_token(scopes))
        fact = tenant.ledger.entries[-1].fact
        assert isinstance(fact, CallMade)
        facts.append((fact.authenticated, fact.used, fact.scope_denied))
    assert facts == [(True, {"email_send"}, False), (True, frozenset(), True)]


def test_unauthorized_names_the_host_that_was_asked(tenant: Tenant) -> None:
    """A good token is refused once, as one that expired is; then it works again."""
    token = tenant.issue_token()
    tenant.fail_next("rest", "unauthorized")
    refused, again = send(tenant, token), send(tenant, token)
    assert (refused.status, again.status) == (401, 200)
    assert refused.headers["WWW-Authenticate"] == (
        f'Bearer realm="{tenant.subdomain}.rest.marketingcloudapis.com", error="invalid_token",'
        ' error_description="The access token is invalid"'
    )


def test_a_route_fails_alone(tenant: Tenant) -> None:
    """By the row of the catalogue, or by what is typed where there is none."""
    token = tenant.issue_token()
    tenant.fail_next(SEND, 502)
    tenant.fail_next("POST /messaging/v1/email/unheard-of/here", 504)
    paths = ("messages/receipt-7", "messages/receipt-7", "unheard-of/here", "unheard-of/here")
    assert [send(tenant, token, path).status for path in paths] == [502, 200, 504, 404]


def test_a_slow_answer_takes_marketing_clouds_time(tenant: Tenant) -> None:
    """A token or call as usual; what it came late by, a token is older."""
    tenant.fail_next("token", "slow", seconds=1100)
    tenant.fail_next("rest", "slow", seconds=200)
    before = tenant.clock.now()
    token = json.loads(ask(tenant).body)["access_token"]
    assert 1100 <= tenant.clock.now() - before < 1200
    assert send(tenant, token).status == 200
    assert 1300 <= tenant.clock.now() - before < 1400
    assert send(tenant, token).status == 401


def test_a_dropped_scope_is_missing_from_the_token(tenant: Tenant) -> None:
    """It was requested and is assigned; the answer lists what there is."""
    tenant.fail_next("token", "dropped_scope", scope="email_send")
    assert json.loads(ask(tenant).body)["scope"] == "email_read"
    assert json.loads(ask(tenant).body)["scope"] == "email_send email_read"
    first, second = (entry.fact for entry in tenant.ledger.entries)
    assert first.granted == frozenset({"email_read"})
    assert second.granted == frozenset({"email_send", "email_read"})


def test_what_did_not_happen_names_its_place(tenant: Tenant) -> None:
    """It is told once."""
    tenant.fail_next("userinfo", "blocked")
    (told,) = core_of(tenant).unfired()
    assert told.startswith('fail_next("userinfo", "blocked") (')
    assert "test_fail_next.py:" in told
    assert core_of(tenant).unfired() == []
