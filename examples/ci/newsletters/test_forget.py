"""People who are forgotten: by a client for this purpose, which may ask for just one scope."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from .forget import Eraser
from .login import Settings

if TYPE_CHECKING:
    from pytest_mcscopes import Tenant


@pytest.fixture
def eraser(mc_tenant: Tenant) -> Eraser:
    """Give a client of this test's tenant."""
    return Eraser(Settings.read(mc_tenant.environment()))


@pytest.mark.mc_scopes("list_and_subscribers_write")
@pytest.mark.parametrize("contacts", [["ada"], ["ada", "grace"]])
def test_contacts_are_forgotten(eraser: Eraser, mc_tenant: Tenant, contacts: list[str]) -> None:
    """The number of the operation is handed on."""
    mc_tenant.rest.post("/contacts/v1/contacts/actions/delete").respond(
        202, json={"operationInitiated": True, "operationID": 41}
    )
    assert eraser.forget(contacts) == 41


@pytest.mark.mc_scopes("list_and_subscribers_write")
def test_contacts_cannot_be_forgotten(eraser: Eraser, mc_tenant: Tenant) -> None:
    """The caller is told."""
    mc_tenant.rest.post("/contacts/v1/contacts/actions/delete").respond(500)
    with pytest.raises(httpx.HTTPStatusError):
        eraser.forget(["ada"])


@pytest.mark.mc_no_token(reason="there is nobody to forget")
def test_nobody_is_forgotten(eraser: Eraser) -> None:
    """Marketing Cloud is not asked."""
    assert eraser.forget([]) is None
