"""Users who are logged in: what each of them sees and may do, and what the app asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from pytest_mcscopes import TokenRequested

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_mcscopes import CloudClock, Tenant

    from .conftest import Browser

# The app asks for all that it can do when a user logs in. "at_most": a test need not do it all.
pytestmark = pytest.mark.mc_scopes("email_read", "email_send", match="at_most")

FORM = {"receipt": "order-paid", "to": "ada@example.com"}


@pytest.fixture(autouse=True)
def one_receipt(mc_tenant: Tenant) -> None:
    """Let the tenant have one kind of receipt."""
    mc_tenant.rest.get("/messaging/v1/email/definitions").respond(
        json={"definitions": [{"definitionKey": "order-paid"}], "count": 1}
    )


@pytest.mark.mc_scopes("email_read", "email_send")
def test_who_may_everything_looks_and_sends(
    browser_of: Callable[[str], Browser], mc_tenant: Tenant
) -> None:
    """One test does all that the app can do, and so shows that it needs both scopes: exact."""
    sent = mc_tenant.rest.post(path__startswith="/messaging/v1/email/messages/").respond(
        202, json={}
    )
    ada = browser_of("Ada")
    page = ada.log_in()
    assert "Receipts of Ada" in page.text
    assert "order-paid" in page.text
    assert "<form" in page.text
    assert ada.http.post("/send", data=FORM).status_code == 303
    assert sent.call_count == 1


def test_who_may_only_look_is_shown_no_form(browser_of: Callable[[str], Browser]) -> None:
    """The token has email_send all the same: it tells the app's side only."""
    page = browser_of("Grace").log_in()
    assert "order-paid" in page.text
    assert "<form" not in page.text


def test_who_may_only_look_and_sends_is_told_so(
    browser_of: Callable[[str], Browser], mc_tenant: Tenant
) -> None:
    """A form that is hidden can still be sent. Without the block this is an MCS204."""
    ada, grace = browser_of("Ada"), browser_of("Grace")
    ada.log_in()
    grace.log_in()
    assert ada.http.post("/send", data=FORM).status_code == 303
    with mc_tenant.expect_denied():
        page = grace.http.post("/send", data=FORM)
    assert page.status_code == 403
    assert "You may not do that." in page.text


def test_what_the_package_has_lost_is_hidden_too(
    browser_of: Callable[[str], Browser], mc_tenant: Tenant
) -> None:
    """Here it is the app that may not, whoever the user is."""
    ada = browser_of("Ada")
    ada.log_in()
    mc_tenant.package.assign("email_read")
    assert "<form" not in ada.http.get("/").text


def test_a_token_is_renewed_before_it_runs_out(
    browser_of: Callable[[str], Browser], mc_tenant: Tenant, mc_clock: CloudClock
) -> None:
    """The refresh leaves scope out, which asks for no more than the user agreed to."""
    ada = browser_of("Ada")
    ada.log_in()
    mc_clock.travel(minutes=17, seconds=30)
    assert "Receipts of Ada" in ada.http.get("/").text
    facts = [entry.fact for entry in mc_tenant.ledger.entries]
    asked = [fact for fact in facts if isinstance(fact, TokenRequested)]
    assert [fact.grant_type for fact in asked] == [
        "authorize",
        "authorization_code",
        "refresh_token",
    ]
    assert asked[-1].scope is None
    assert asked[-1].granted == frozenset({"email_read", "email_send"})
    assert all(entry.answered in {200, 302} for entry in mc_tenant.ledger.entries)


def test_two_users_at_once_do_not_mix(browser_of: Callable[[str], Browser]) -> None:
    """Each browser shows what its own user may do, whoever logged in last."""
    ada, grace = browser_of("Ada"), browser_of("Grace")
    of_ada, of_grace = ada.begin(), grace.begin()
    assert "Receipts of Grace" in grace.http.get(of_grace, follow_redirects=True).text
    assert "Receipts of Ada" in ada.http.get(of_ada, follow_redirects=True).text
    assert "<form" in ada.http.get("/").text
    assert "<form" not in grace.http.get("/").text


def test_who_is_logged_out_by_marketing_cloud_logs_in_again(
    browser_of: Callable[[str], Browser], mc_tenant: Tenant
) -> None:
    """A log-in may end at any time; the app does not go on asking."""
    ada = browser_of("Ada")
    ada.log_in()
    mc_tenant.log_out("Ada")
    assert ada.http.get("/").status_code == 401
    assert "Log in" in ada.http.get("/").text


@pytest.mark.parametrize(
    "fault", [pytest.param("unavailable", id="503"), pytest.param("timeout", id="time-out")]
)
def test_a_service_in_trouble_logs_nobody_out(
    browser_of: Callable[[str], Browser],
    mc_tenant: Tenant,
    fault: Literal["unavailable", "timeout"],
) -> None:
    """The next request goes through."""
    ada = browser_of("Ada")
    ada.log_in()
    mc_tenant.fail_next("userinfo", fault)
    assert ada.http.get("/").status_code == 502
    assert "Receipts of Ada" in ada.http.get("/").text


def test_a_form_that_is_not_filled_in_is_not_sent(browser_of: Callable[[str], Browser]) -> None:
    """The app says what is missing."""
    ada = browser_of("Ada")
    ada.log_in()
    page = ada.http.post("/send", data={"receipt": "order-paid"})
    assert page.status_code == 400
    assert "to whom" in page.text
