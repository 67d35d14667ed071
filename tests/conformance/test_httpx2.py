"""What httpx2, httpx's successor, has of its own where it is answered in process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import httpx
import httpx2
import pytest
import respx
from authlib.integrations.httpx_client import (  # type: ignore[import-untyped]
    AsyncOAuth2Client,
    OAuth2Client,
)
from in_process import REST, TLS, UNOWNED, Sender
from respx.mocks import Mocker
from tenants import AnsweringTenant, build_tenant, core_of

from pytest_mcscopes.config import PackageConfig
from pytest_mcscopes.stubs.rest import Stubs

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from pytest_mcscopes.tenant.tenant import Tenant
    from pytest_mcscopes.transport.hosts import Hosts


@pytest.fixture
def library() -> ModuleType:
    """httpx2 alone."""
    return httpx2


@pytest.fixture
def stubs(tenant: AnsweringTenant) -> Stubs:
    """Stubs are written as ever: with respx, over httpx's requests."""
    tenant.stubs = Stubs(f"https://{REST}")
    return tenant.stubs


class OfTheUser(httpx.ReadTimeout):
    """An error of the user's that is one of httpx's."""


@pytest.mark.usefixtures("mount")
class TestErrorsOfStubs:
    """What a stub raises reaches the client as the transport's own."""

    @pytest.mark.parametrize(
        "name",
        sorted(
            name
            for name, kind in vars(httpx).items()
            if isinstance(kind, type) and issubclass(kind, httpx.RequestError)
        ),
    )
    def test_each_of_httpx_becomes_that_of_httpx2(
        self, name: str, send: Sender, stubs: Stubs
    ) -> None:
        """By name, with the client's own request; the stub's is its cause."""
        raised = getattr(httpx, name)("too slow")
        stubs.router.get("/x").mock(side_effect=raised)
        request = httpx2.Request("GET", f"https://{REST}/x")
        with pytest.raises(getattr(httpx2, name), match="too slow") as caught:
            send.send(request)
        assert type(caught.value) is getattr(httpx2, name)
        assert caught.value.request is request
        assert caught.value.__cause__ is raised

    @pytest.mark.parametrize(
        ("raised", "expected"),
        [
            pytest.param(httpx.ReadTimeout, httpx2.ReadTimeout, id="a class"),
            pytest.param(OfTheUser("slow"), httpx2.ReadTimeout, id="the user's kind of it"),
            pytest.param(httpx2.ReadTimeout("slow"), httpx2.ReadTimeout, id="httpx2's already"),
            pytest.param(KeyError("x"), KeyError, id="none of httpx's"),
        ],
    )
    def test_others_are_what_is_nearest(
        self,
        raised: Exception | type[Exception],
        expected: type[Exception],
        send: Sender,
        stubs: Stubs,
    ) -> None:
        """Nothing that the client's code could catch is lost."""
        stubs.router.get("/x").mock(side_effect=raised)
        with pytest.raises(expected) as caught:
            send("GET", f"https://{REST}/x")
        assert type(caught.value) is expected


@pytest.mark.usefixtures("mount")
def test_an_httpx_client_gets_the_very_error_of_the_stub(stubs: Stubs) -> None:
    """Nothing is put in its place where it fits."""
    raised = OfTheUser("slow")
    stubs.router.get("/x").mock(side_effect=raised)
    with httpx.Client(verify=TLS) as client, pytest.raises(OfTheUser) as caught:
        client.get(f"https://{REST}/x")
    assert caught.value is raised


@pytest.mark.usefixtures("mount", "no_network")
class TestRoutersThatAreNotAsked:
    def test_routers_of_httpx_are_not_asked(self, send: Sender) -> None:
        """respx's usual routers do not see httpx2 without us either."""
        with respx.mock(assert_all_called=False) as router:
            router.route().respond(text="user's")
            assert send.outcome(f"https://{UNOWNED}/known") == "refused by ours"

    def test_without_pytest_httpx2_there_is_nobody_to_ask(
        self, send: Sender, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """respx alone does not know what is beneath httpx2."""
        monkeypatch.setattr(Mocker, "registry", {"httpcore": Mocker.registry["httpcore"]})
        assert send.outcome(f"https://{UNOWNED}/known") == "refused by ours"


PACKAGE = PackageConfig(
    client_id="client-of-authlib",
    client_secret="secret-of-authlib",
    scopes=frozenset({"email_read", "email_send"}),
)
SETTINGS = {
    "client_id": PACKAGE.client_id,
    "client_secret": PACKAGE.client_secret,
    "scope": "email_send",
    "token_endpoint_auth_method": "client_secret_post",
    "verify": TLS,
}


@pytest.fixture
def cloud(hosts: Hosts) -> Tenant:
    """A whole tenant, with a package that may read and send email."""
    tenant = build_tenant(PACKAGE, seed="test")
    hosts.add(httpx.URL(tenant.auth_url).host, "auth", core_of(tenant), "test")
    hosts.add(httpx.URL(tenant.rest_url).host, "rest", core_of(tenant), "test")
    return tenant


def authlib_sync(tenant: Tenant) -> tuple[str, int]:
    """Log in and call by Authlib's client that blocks."""
    with OAuth2Client(**SETTINGS) as client:
        token = client.fetch_token(f"{tenant.auth_url}v2/token")
        return token["scope"], client.get(f"{tenant.rest_url}hub/v1/campaigns").status_code


async def _authlib(tenant: Tenant) -> tuple[str, int]:
    async with AsyncOAuth2Client(**SETTINGS) as client:
        token = await client.fetch_token(f"{tenant.auth_url}v2/token")
        answer = await client.get(f"{tenant.rest_url}hub/v1/campaigns")
        return token["scope"], answer.status_code


def authlib_async(tenant: Tenant) -> tuple[str, int]:
    """Log in and call by Authlib's client that awaits."""
    return anyio.run(_authlib, tenant)


@pytest.mark.usefixtures("mount", "no_network")
@pytest.mark.parametrize("call", [authlib_sync, authlib_async], ids=["sync", "async"])
def test_authlib_is_answered(call: Callable[[Tenant], tuple[str, int]], cloud: Tenant) -> None:
    """A real client that is built upon httpx2 gets its token, and is held to its scopes."""
    assert issubclass(OAuth2Client, httpx2.Client)
    assert call(cloud) == ("email_send", 403)
