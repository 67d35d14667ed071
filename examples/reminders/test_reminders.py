"""The code builds its hosts from a subdomain of its own: the tenant is given that one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from .marketing_cloud import SUBDOMAIN, MarketingCloud
from .reminders import CARTS, SCOPE, Reminders

if TYPE_CHECKING:
    from pytest_mcscopes import CloudClock, Tenant

pytestmark = [
    pytest.mark.mc_package(subdomain=SUBDOMAIN),
    pytest.mark.mc_scopes(*SCOPE.split()),
]


@pytest.fixture
def reminders(mc_tenant: Tenant) -> Reminders:
    """Give the code under test, unmodified, and two carts to it."""
    carts = {"7": "ada@example.com", "8": "joan@example.com"}
    mc_tenant.rest.get(f"/{CARTS}").respond(
        json={"items": [{"keys": {"cart": n}, "values": {"email": to}} for n, to in carts.items()]}
    )
    return Reminders(mc_tenant.client_id, mc_tenant.client_secret)


def test_each_cart_has_its_reminder(reminders: Reminders, mc_tenant: Tenant) -> None:
    """Here all is done that the code may do: its two scopes are exactly what that needs."""
    sent = mc_tenant.rest.post(path__startswith="/messaging/v1/email/messages/").respond(202)
    assert reminders.send_all() == 2
    assert [call.request.url.path[-6:] for call in sent.calls] == ["cart-7", "cart-8"]


def test_a_token_that_expired_is_renewed_with_the_same_scopes(
    reminders: Reminders, mc_tenant: Tenant, mc_clock: CloudClock
) -> None:
    """It is told by a 401."""
    ((first, to), _) = reminders.carts()
    mc_clock.advance(minutes=20)
    reminders.send(first, to)
    assert len(mc_tenant.ledger.tokens) == 2


# This test is of a part, and the code asks for all: it may use less.
@pytest.mark.mc_scopes(*SCOPE.split(), match="at_most")
def test_an_outage_is_told_to_the_caller(reminders: Reminders, mc_tenant: Tenant) -> None:
    """It is not taken for an empty list."""
    mc_tenant.fail_next("rest", "unavailable")
    with pytest.raises(requests.HTTPError, match="503"):
        [*reminders.carts()]


@pytest.mark.mc_scopes("data_extensions_read")
def test_a_denial_is_told_to_the_caller(mc_tenant: Tenant) -> None:
    """A client with less than the reminders need may not send any."""
    reader = MarketingCloud(mc_tenant.client_id, mc_tenant.client_secret, "data_extensions_read")
    reader.call("GET", CARTS)
    with (
        mc_tenant.expect_denied("email_send"),
        pytest.raises(requests.HTTPError, match="403"),
    ):
        reader.call("POST", "messaging/v1/email/messages/cart-7")
