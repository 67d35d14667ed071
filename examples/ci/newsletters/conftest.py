"""The client that the tests share, and what Marketing Cloud answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .client import Newsletters
from .login import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_mcscopes import MarketingCloud, Tenant

ROWS = [
    {"keys": {"address": "ada@example.com"}, "values": {"topic": "engines"}},
    {"keys": {"address": "grace@example.com"}, "values": {"topic": "compilers"}},
    {"keys": {"address": "charles@example.com"}, "values": {"topic": "engines"}},
]


@pytest.fixture(scope="session")
def shared_tenant(mc_cloud: MarketingCloud) -> Iterator[Tenant]:
    """Give a tenant that lives as long as the client does."""
    with mc_cloud.tenant() as tenant:
        yield tenant


@pytest.fixture(scope="session")
def newsletters(shared_tenant: Tenant) -> Newsletters:
    """Give the client, which logs in once for all tests."""
    return Newsletters(Settings.read(shared_tenant.environment()))


@pytest.fixture
def rest(shared_tenant: Tenant) -> Iterator[Tenant]:
    """Keep three subscribers, one of whom has got issue 7, until the stubs are cleared."""
    shared_tenant.rest.get("/data/v1/customobjectdata/key/subscribers/rowset").respond(
        json={"items": ROWS}
    )
    for name in ("charles", "grace"):
        shared_tenant.rest.get(f"/messaging/v1/email/messages/7-{name}").respond(404)
    yield shared_tenant
    shared_tenant.rest.clear()
