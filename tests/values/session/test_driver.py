"""The session's Marketing Cloud: tenants of any life, and what belongs to none of them."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from messages import ask
from tenants import core_of

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.config import Config
from pytest_mcscopes.errors import ConfigError, McScopesError
from pytest_mcscopes.privilege.expectation import Allowance, Expectation
from pytest_mcscopes.session import block_verdicts
from pytest_mcscopes.session import driver as session_driver
from pytest_mcscopes.session.conclusion import BodyEnd
from pytest_mcscopes.session.driver import SessionDriver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_mcscopes.tenant.tenant import Tenant


@pytest.fixture
def building() -> list[str]:
    """Names of the fixtures that are being set up."""
    return []


@pytest.fixture
def driver(building: list[str]) -> Iterator[SessionDriver]:
    """A session's Marketing Cloud, mounted."""
    driver = SessionDriver(Config(), load_catalogue(), building)
    yield driver
    driver.close()


def found(driver: SessionDriver, *fixtures: str) -> list[str]:
    """Close the window and list the rules that fired for the running test."""
    mark = Expectation(kind="scopes", declared=frozenset({"email_send"}))
    end = BodyEnd(expectations=[mark], fixtures=fixtures)
    verdict = driver.conclude(end).verdict
    assert verdict is not None
    return [each.rule for each in verdict.findings]


def test_a_tenant_answers_while_it_lives(driver: SessionDriver) -> None:
    """Within the block its hosts answer; after it they are refused, to the end."""
    with driver.cloud.tenant() as tenant:
        assert ask(tenant, "email_send").status_code == 200
    with pytest.raises(httpx.ConnectError, match="ended with the start of the session"):
        ask(tenant, "email_send")


def test_a_tenant_ends_with_a_block_that_fails(driver: SessionDriver) -> None:
    """What failed goes on as it is."""
    with pytest.raises(KeyError, match="mine"), driver.cloud.tenant() as tenant:
        raise KeyError("mine")
    with pytest.raises(httpx.ConnectError, match="ended with the start of the session"):
        ask(tenant, "email_send")


def test_no_two_tenants_are_alike(driver: SessionDriver) -> None:
    """Each tenant has names, ids and secrets of its own."""
    with driver.cloud.tenant() as one, driver.cloud.tenant() as other:
        assert one.subdomain != other.subdomain
        assert one.client_id != other.client_id
        assert one.client_secret != other.client_secret


def test_several_packages(driver: SessionDriver) -> None:
    """One tenant may have several packages, in the order written."""
    with driver.cloud.tenant(
        packages=[{"name": "b", "scopes": ["sms_read"]}, {"name": "a"}]
    ) as tenant:
        assert list(tenant.packages) == ["b", "a"]
        assert tenant.package.scopes == {"sms_read"}


@pytest.mark.parametrize("setting", [{"client_id": "mc-one"}, {"subdomain": "mc-one"}])
def test_twins_are_refused(driver: SessionDriver, setting: dict[str, Any]) -> None:
    """A second living tenant of that id or subdomain is refused; the first one lives on."""
    with ExitStack() as stack:
        tenant = stack.enter_context(driver.cloud.tenant(**setting))
        with pytest.raises(ConfigError):
            stack.enter_context(driver.cloud.tenant(**setting))
        assert ask(tenant, "email_send").status_code == 200
    with driver.cloud.tenant(**setting) as again:
        assert ask(again, "email_send").status_code == 200


def test_a_tenant_belongs_to_the_tests_of_its_fixture(
    driver: SessionDriver, building: list[str]
) -> None:
    """A fixture's tenant is its tests', one of a test's body is that test's alone."""
    building.append("client")
    with driver.cloud.tenant() as of_fixture:
        building.clear()
        driver.begin_test("test_1")
        with driver.cloud.tenant() as of_body:
            assert driver.clocks_of_test(["client"]) == [of_fixture.clock, of_body.clock]
            assert driver.clocks_of_test(["other"]) == [of_body.clock]
            driver.begin_test("test_2")
            assert driver.clocks_of_test(["client"]) == [of_fixture.clock]
            with pytest.raises(McScopesError, match="the test has no tenant whose time"):
                driver.clocks_of_test([])


def test_only_the_window_is_judged(driver: SessionDriver, building: list[str]) -> None:
    """What arrives before the window opens or after it closes is nobody's."""
    building.append("client")
    with driver.cloud.tenant() as tenant:
        driver.begin_test("test_1")
        ask(tenant, "sms_read")
        driver.begin_body(watched=True)
        ask(tenant, "email_send")
        assert found(driver, "client") == []
        ask(tenant, "sms_read")
        assert [entry.test for entry in tenant.ledger.entries] == ["test_1"] * 3
        driver.begin_test("test_2")
        driver.begin_body(watched=True)
        ask(tenant, "sms_read")
        assert found(driver, "client") == ["MCS102", "MCS103"]
        driver.begin_body(watched=True)
        ask(tenant, "email_send")
        assert found(driver, "another") == ["MCS105", "MCS107"]


def test_a_client_that_nobody_knows_is_no_foreign_one(driver: SessionDriver) -> None:
    """Its request is refused, and that is all."""
    driver.begin_test("test_1")
    with driver.cloud.tenant() as tenant:
        driver.begin_body(watched=True)
        body = {"grant_type": "client_credentials", "client_id": "nobody", "client_secret": "x"}
        body["scope"] = "email_send"
        with httpx.Client(verify=False) as client:  # noqa: S501 - never reaches a network
            assert client.post(f"{tenant.auth_url}v2/token", json=body).status_code == 401
        assert found(driver) == ["MCS105"]


@pytest.mark.parametrize("refuser", ["", "pytest_socket"])
def test_no_token_is_not_believed_where_every_port_was_refused(
    driver: SessionDriver, monkeypatch: pytest.MonkeyPatch, refuser: str
) -> None:
    """Of what went to mc_server then, nothing can be seen."""
    monkeypatch.setattr(session_driver, "in_the_way", lambda *_: refuser)
    driver.begin_test("test_1")
    with driver.cloud.tenant(server=True):
        driver.begin_body(watched=True)
        mark = Expectation(kind="no_token")
        verdict = driver.conclude(BodyEnd(expectations=[mark], fixtures=())).verdict
    assert verdict is not None
    assert [each.rule for each in verdict.findings] == ["MCS109"] * bool(refuser)


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
def test_a_block_tells_what_belongs_to_no_rule(
    driver: SessionDriver, monkeypatch: pytest.MonkeyPatch, *, aborted: bool
) -> None:
    """As a test does; that an allowance is of no use is a question to the whole test."""
    driver.begin_test("test_1", [Allowance(rule="MCS102", reason="x")])
    monkeypatch.setattr(block_verdicts, "render", lambda verdict: "; ".join(verdict.remarks))
    error = KeyError()
    with (
        driver.cloud.tenant(type="web-app", redirect_uris=[BACK]) as tenant,
        suppress(KeyError),
        tenant.judged("automations_read"),
    ):
        act_for_a_user(tenant)
        if aborted:
            raise error
    assert not hasattr(error, "__notes__")
    told = driver.take_report().blocks
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


def test_what_a_port_raised_is_told_to_the_test_that_was_running(driver: SessionDriver) -> None:
    """To no later one, and at last where that test has not asked; each thing once."""
    bugs = [ValueError("one"), ValueError("other")]
    with driver.cloud.tenant() as tenant, driver.serve(tenant) as server:
        driver.begin_test("test_1")
        with mock.patch.object(core_of(tenant), "handle", side_effect=bugs):
            for _ in bugs:
                with pytest.raises(httpx.RemoteProtocolError):
                    ask(server, "email_send")
                driver.begin_test("test_2")
    assert driver.take_errors() == bugs[1:]
    assert driver.take_errors() == []
    assert driver.take_late_errors() == [("test_1", bugs[0])]
    assert driver.take_late_errors() == []


def test_a_session_s_end_gives_httpx_back() -> None:
    """After `close` httpx is as it was, and a tenant's host is unknown to it."""
    before = httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request
    driver = SessionDriver(Config(), load_catalogue(), [])
    assert httpx.HTTPTransport.handle_request is not before[0]
    driver.close()
    after = httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request
    assert after == before
