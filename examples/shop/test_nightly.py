"""One client for everything: the tests share it, its token, and one mark with the union."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .login import Settings
from .nightly import SCOPE, NightlyJob

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_mcscopes import CloudClock, MarketingCloud, Tenant

# "at_most": a test need not use each of the scopes, as long as the job asks for no others.
pytestmark = pytest.mark.mc_scopes(*SCOPE.split(), match="at_most")


@pytest.fixture(scope="session")
def tenant(mc_cloud: MarketingCloud) -> Iterator[Tenant]:
    """Give a tenant that lives as long as the job does."""
    with mc_cloud.tenant() as tenant:
        yield tenant


@pytest.fixture(scope="session")
def job(tenant: Tenant) -> NightlyJob:
    """Give the job, which logs in once for all tests."""
    return NightlyJob(Settings.read(tenant.environment()))


@pytest.fixture(autouse=True)
def two_orders(tenant: Tenant) -> Iterator[None]:
    """Keep two orders, one with its receipt sent, until the shared tenant's stubs are cleared."""
    rows = [{"keys": {"order": "7"}, "values": {}}, {"keys": {"order": "8"}, "values": {}}]
    tenant.rest.get("/data/v1/customobjectdata/key/orders/rowset").respond(json={"items": rows})
    tenant.rest.get("/messaging/v1/email/messages/receipt-7").respond(404)
    yield
    tenant.rest.clear()


def test_orders_are_read(job: NightlyJob) -> None:
    """Rows are read to their keys."""
    assert list(job.orders()) == ["7", "8"]


def test_a_receipt_that_was_sent_is_known(job: NightlyJob) -> None:
    """Marketing Cloud has no message of a receipt that was not sent."""
    assert [job.was_sent("7"), job.was_sent("8")] == [False, True]


def test_only_receipts_that_are_owed_are_sent(job: NightlyJob) -> None:
    """The one that was sent is not sent again."""
    assert job.run() == ["7"]


def test_a_token_that_ran_out_is_renewed_with_the_same_scopes(
    job: NightlyJob, tenant: Tenant, mc_clock: CloudClock
) -> None:
    """Leaving scope out of the second request would get everything that is assigned."""
    job.run()
    mc_clock.advance(minutes=20)
    assert job.run() == ["7"]
    assert len(tenant.ledger.tokens) >= 2
