"""A mixed bag of SOAP calls: one that every package may make, and two that need a scope each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .import_check import SCOPE, ImportCheck
from .marketing_cloud import Settings, SoapClient, SoapError

if TYPE_CHECKING:
    from pytest_mcscopes import CloudClock, Tenant

# The check asks for both scopes whatever it does, so a test of a part of it uses at most these.
pytestmark = pytest.mark.mc_scopes(*SCOPE.split(), match="at_most")


@pytest.fixture
def settings(mc_tenant: Tenant) -> Settings:
    """Read the settings, as in production, from this test's tenant."""
    return Settings.read(mc_tenant.environment())


@pytest.fixture
def check(settings: Settings) -> ImportCheck:
    """Give the check, which logs in when it needs to."""
    return ImportCheck(settings)


@pytest.fixture
def last_night(mc_tenant: Tenant) -> None:
    """Let import 7 have brought two customers, of whom one is subscribed."""
    soap = mc_tenant.soap
    soap.retrieve("ImportResultsSummary", where={"TaskResultID": 7}).respond(
        [{"ImportStatus": "Completed"}]
    )
    soap.retrieve("DataExtensionObject[new-customers]").respond(
        [{"email": "ada@example.com"}], more=[{"email": "joan@example.com"}]
    )
    soap.retrieve("Subscriber", where={"SubscriberKey": "ada@example.com"}).respond(
        [{"Status": "Active"}]
    )


@pytest.mark.mc_scopes(*SCOPE.split())
@pytest.mark.usefixtures("last_night")
def test_customers_who_left_are_listed(check: ImportCheck, mc_tenant: Tenant) -> None:
    """Here all that the check may do is done: its two scopes are exactly what that needs."""
    assert check.lost("7") == ["joan@example.com"]
    mc_tenant.soap.assert_all_called()


@pytest.mark.usefixtures("last_night")
def test_all_pages_are_read(check: ImportCheck) -> None:
    """The second page comes when it is asked for."""
    assert list(check.customers()) == ["ada@example.com", "joan@example.com"]


def test_after_a_failed_import_nobody_is_looked_up(check: ImportCheck, mc_tenant: Tenant) -> None:
    """One call is made, and nothing is asked of the customers."""
    mc_tenant.soap.retrieve("ImportResultsSummary").respond([{"ImportStatus": "Error"}])
    assert check.lost("7") == []
    (asked,) = mc_tenant.soap.calls
    assert (asked.object_type, asked.properties) == ("ImportResultsSummary", ("ImportStatus",))


def test_an_error_is_told_to_the_caller(check: ImportCheck, mc_tenant: Tenant) -> None:
    """It comes with HTTP status 200, so the answer itself has to be read."""
    mc_tenant.soap.retrieve("Subscriber").fail(message="The request failed.")
    with pytest.raises(SoapError, match=r"Error: The request failed\."):
        check.is_active("ada@example.com")


@pytest.mark.usefixtures("last_night")
def test_a_token_that_expired_is_renewed_with_the_same_scopes(
    check: ImportCheck, mc_tenant: Tenant, mc_clock: CloudClock
) -> None:
    """It is told by a fault of its own, not by a 401."""
    assert check.is_active("ada@example.com")
    mc_clock.advance(minutes=20)
    assert check.is_active("ada@example.com")
    assert len(mc_tenant.ledger.tokens) == 2


@pytest.mark.mc_scopes("data_extensions_read")
def test_a_denial_is_told_to_the_caller(settings: Settings, mc_tenant: Tenant) -> None:
    """A token without the scope gets no 403: the words of the answer are all there is."""
    client = SoapClient(settings, "data_extensions_read")
    with (
        mc_tenant.expect_denied("list_and_subscribers_read"),
        pytest.raises(SoapError, match="API Permission Failed"),
    ):
        list(client.retrieve("Subscriber", ["Status"]))
    assert mc_tenant.ledger.entries[-1].answered == 200
