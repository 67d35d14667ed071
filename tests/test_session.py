"""The session's Marketing Cloud: tenants of any life, and what belongs to none of them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.config import Config
from pytest_mcscopes.errors import ConfigError, McScopesError
from pytest_mcscopes.privilege.expectation import Expectation
from pytest_mcscopes.session import MarketingCloud

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_mcscopes.tenant import Tenant


@pytest.fixture
def building() -> list[str]:
    """Names of the fixtures that are being set up."""
    return []


@pytest.fixture
def cloud(building: list[str]) -> Iterator[MarketingCloud]:
    """A session's Marketing Cloud, mounted."""
    cloud = MarketingCloud(Config(), load_catalogue(), building)
    yield cloud
    cloud.close()


def ask(tenant: Tenant, scope: str) -> int:
    """Ask for a token by httpx."""
    body = {
        "grant_type": "client_credentials",
        "client_id": tenant.client_id,
        "client_secret": tenant.client_secret,
        "scope": scope,
    }
    with httpx.Client(verify=False) as client:  # noqa: S501 - never reaches a network
        return client.post(f"{tenant.auth_url}v2/token", json=body).status_code


def found(cloud: MarketingCloud, *fixtures: str) -> list[str]:
    """Close the window and list the rules that fired for the running test."""
    mark = Expectation(kind="scopes", declared=frozenset({"email_send"}))
    verdict = cloud.judge(cloud.close_window(), fixtures, [mark], [], aborted=False)
    return [each.rule for each in verdict.findings]


def test_a_tenant_answers_while_it_lives(cloud: MarketingCloud) -> None:
    """Within the block its hosts answer; after it they are refused, to the end."""
    with cloud.tenant() as tenant:
        assert ask(tenant, "email_send") == 200
    with pytest.raises(httpx.ConnectError, match="ended with the start of the session"):
        ask(tenant, "email_send")


def test_no_two_tenants_are_alike(cloud: MarketingCloud) -> None:
    """Each tenant has names, ids and secrets of its own."""
    with cloud.tenant() as one, cloud.tenant() as other:
        assert one.subdomain != other.subdomain
        assert one.client_id != other.client_id
        assert one.client_secret != other.client_secret


def test_several_packages(cloud: MarketingCloud) -> None:
    """One tenant may have several packages, in the order written."""
    with cloud.tenant(packages=[{"name": "b", "scopes": ["sms_read"]}, {"name": "a"}]) as tenant:
        assert list(tenant.packages) == ["b", "a"]
        assert tenant.package.scopes == {"sms_read"}


@pytest.mark.parametrize("setting", [{"client_id": "mc-one"}, {"subdomain": "mc-one"}])
def test_twins_are_refused(cloud: MarketingCloud, setting: dict[str, Any]) -> None:
    """A second living tenant of that id or subdomain is refused; the first one lives on."""
    with ExitStack() as stack:
        tenant = stack.enter_context(cloud.tenant(**setting))
        with pytest.raises(ConfigError):
            stack.enter_context(cloud.tenant(**setting))
        assert ask(tenant, "email_send") == 200
    with cloud.tenant(**setting) as again:
        assert ask(again, "email_send") == 200


def test_a_tenant_belongs_to_the_tests_of_its_fixture(
    cloud: MarketingCloud, building: list[str]
) -> None:
    """A fixture's tenant is its tests', one of a test's body is that test's alone."""
    building.append("client")
    with cloud.tenant() as of_fixture:
        building.clear()
        cloud.begin_test("test_1")
        with cloud.tenant() as of_body:
            assert cloud.tenants_of("test_1", ["client"]) == [of_fixture, of_body]
            assert cloud.tenants_of("test_1", ["other"]) == [of_body]
            assert cloud.tenants_of("test_2", ["client"]) == [of_fixture]
            with pytest.raises(McScopesError, match="the test has no tenant whose time"):
                cloud.tenants_of("test_2", [])


def test_only_the_window_is_judged(cloud: MarketingCloud, building: list[str]) -> None:
    """What arrives before the window opens or after it closes is nobody's."""
    building.append("client")
    with cloud.tenant() as tenant:
        cloud.begin_test("test_1")
        ask(tenant, "sms_read")
        cloud.open_window()
        ask(tenant, "email_send")
        assert found(cloud, "client") == []
        ask(tenant, "sms_read")
        assert [entry.test for entry in tenant.ledger.entries] == ["test_1"] * 3
        cloud.begin_test("test_2")
        cloud.open_window()
        ask(tenant, "sms_read")
        assert found(cloud, "client") == ["MCS102", "MCS103"]
        cloud.open_window()
        ask(tenant, "email_send")
        assert found(cloud, "another") == ["MCS105", "MCS107"]


def test_a_session_s_end_gives_httpx_back() -> None:
    """After `close` httpx is as it was, and a tenant's host is unknown to it."""
    before = httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request
    cloud = MarketingCloud(Config(), load_catalogue(), [])
    assert httpx.HTTPTransport.handle_request is not before[0]
    cloud.close()
    after = httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request
    assert after == before
