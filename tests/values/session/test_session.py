"""The session's Marketing Cloud: tenants of any life, and what belongs to none of them."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from tenants import core_of

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.config import Config
from pytest_mcscopes.errors import ConfigError, McScopesError
from pytest_mcscopes.privilege.expectation import Allowance, Expectation
from pytest_mcscopes.session.cloud import MarketingCloud

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_mcscopes.tenant.tenant import Tenant


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
            assert cloud.tenants_of("test_1", ["client"]) == [*map(core_of, (of_fixture, of_body))]
            assert cloud.tenants_of("test_1", ["other"]) == [core_of(of_body)]
            assert cloud.tenants_of("test_2", ["client"]) == [core_of(of_fixture)]
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


BACK = "http://127.0.0.1:8000/callback"


def act_for_a_user(tenant: Tenant) -> None:
    """Log a user in, exchange the code and call what nobody knows a permission for."""
    app = {"client_id": tenant.client_id, "redirect_uri": BACK}
    query = urlencode({**app, "response_type": "code", "scope": "automations_read"})
    back = tenant.authorize(f"{tenant.auth_url}v2/authorize?{query}")
    code = parse_qs(urlsplit(back).query)["code"][0]
    secret = {"client_secret": tenant.client_secret, "code": code}
    body = {**app, **secret, "grant_type": "authorization_code"}
    with httpx.Client(verify=False) as client:  # noqa: S501 - never reaches a network
        token = client.post(f"{tenant.auth_url}v2/token", json=body).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        client.get(f"{tenant.rest_url}automation/v1/automations", headers=headers)


@pytest.mark.parametrize("aborted", [False, True], ids=["whole", "aborted"])
def test_a_block_tells_what_belongs_to_no_rule(cloud: MarketingCloud, *, aborted: bool) -> None:
    """As a test does; that an allowance is of no use is a question to the whole test."""
    cloud.begin_test("test_1", [Allowance(rule="MCS102", reason="x")])
    cloud.render = lambda verdict: "; ".join(verdict.remarks)
    error = KeyError()
    with (
        cloud.tenant(type="web-app", redirect_uris=[BACK]) as tenant,
        suppress(KeyError),
        tenant.judged("automations_read"),
    ):
        act_for_a_user(tenant)
        if aborted:
            raise error
    assert not hasattr(error, "__notes__")
    told = cloud.take_told()
    assert told is not None
    place = (
        f"redirect URI {BACK}: the real Marketing Cloud refuses it, it is http:// and not https://"
    )
    right = (
        "undetermined: it is not known which permission a user needs for"
        " GET /automation/v1/automations; the scope alone decided"
    )
    assert [*told.remarks] == ([place] if aborted else [right, place])
    assert [*told.texts] == ([] if aborted else [f"{right}; {place}"])


def test_what_a_port_raised_is_told_to_the_test_that_was_running(cloud: MarketingCloud) -> None:
    """To no later one, and at last where that test has not asked; each thing once."""
    bugs = [ValueError("one"), ValueError("other")]
    with cloud.tenant() as tenant, cloud.served(tenant) as server:
        cloud.begin_test("test_1")
        with mock.patch.object(core_of(tenant), "handle", side_effect=bugs):
            for _ in bugs:
                with pytest.raises(httpx.RemoteProtocolError):
                    ask(server, "email_send")
                cloud.begin_test("test_2")
    assert cloud.take_errors() == bugs[1:]
    assert cloud.take_errors() == []
    assert cloud.take_late_errors() == [("test_1", bugs[0])]
    assert cloud.take_late_errors() == []


def test_a_session_s_end_gives_httpx_back() -> None:
    """After `close` httpx is as it was, and a tenant's host is unknown to it."""
    before = httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request
    cloud = MarketingCloud(Config(), load_catalogue(), [])
    assert httpx.HTTPTransport.handle_request is not before[0]
    cloud.close()
    after = httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request
    assert after == before
