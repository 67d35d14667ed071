"""A client per purpose: each test names exactly what its client may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from .login import Settings
from .purposes import Eraser, Mailer, OrderTable

if TYPE_CHECKING:
    from pytest_mcscopes import Tenant


@pytest.fixture
def settings(mc_tenant: Tenant) -> Settings:
    """Read the shop's settings, as in production, from this test's tenant."""
    return Settings.read(mc_tenant.environment())


@pytest.mark.mc_scopes("email_send")
def test_a_receipt_is_sent(settings: Settings, mc_tenant: Tenant) -> None:
    """The answer's request id is handed on."""
    mc_tenant.rest.post("/messaging/v1/email/messages/receipt-7").respond(
        202, json={"requestId": "a-1", "responses": [{"messageKey": "receipt-7"}]}
    )
    assert Mailer(settings).send_receipt("7", "ada@example.com") == "a-1"


@pytest.mark.anyio
@pytest.mark.mc_scopes("data_extensions_write")
async def test_orders_are_saved(settings: Settings, mc_tenant: Tenant) -> None:
    """All orders go in one call; without an answer of the test's own it is 200 {}."""
    await OrderTable(settings).save([{"order": "7"}, {"order": "8"}])
    assert [entry.answered for entry in mc_tenant.ledger.entries] == [200, 200]


@pytest.mark.mc_scopes("list_and_subscribers_write")
def test_a_contact_is_forgotten(settings: Settings, mc_tenant: Tenant) -> None:
    """The number of the operation is handed on."""
    mc_tenant.rest.post("/contacts/v1/contacts/actions/delete").respond(
        202, json={"operationInitiated": True, "operationID": 41}
    )
    assert Eraser(settings).forget("ada") == 41


@pytest.mark.mc_no_token(refused=True, reason="a test of the refusal")
@pytest.mark.mc_package(scopes=["email_read"])
def test_a_package_that_lacks_the_scope_is_told_to_the_caller(settings: Settings) -> None:
    """Nobody gets a token here, so there are no scopes to compare: the mark says so."""
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        Mailer(settings).send_receipt("7", "ada@example.com")
