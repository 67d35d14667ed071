"""Fails, and is meant to; `python -m pytest examples/over_asking` shows how."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .mailer import Mailer

if TYPE_CHECKING:
    from pytest_mcscopes import Tenant


@pytest.mark.mc_scopes("email_send")
def test_a_receipt_is_sent(mc_tenant: Tenant) -> None:
    """The mailer asks for email_read too, which sending does not need."""
    mc_tenant.rest.post("/messaging/v1/email/messages/receipt-7").respond(
        202, json={"requestId": "a-1", "responses": [{"messageKey": "receipt-7"}]}
    )
    mailer = Mailer(mc_tenant.auth_url, mc_tenant.client_id, mc_tenant.client_secret)
    assert mailer.send_receipt("7", "ada@example.com") == "a-1"
