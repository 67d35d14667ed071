"""One table of behaviours and doors: what clients meet is the same by whatever they send.

Byte for byte, but for what is the connection's own; errors are those of each library.
"""

from __future__ import annotations

import asyncio
import http.client
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
import httpx
import httpx2
import pytest
import requests
from senders import SENDERS, Blocking, http_client
from tenants import build_tenant, core_of

from pytest_mcscopes.cloud.http import Request, Response
from pytest_mcscopes.config import PackageConfig
from pytest_mcscopes.ledger.facts import TokenRequested
from pytest_mcscopes.tenant.tenant import Tenant
from pytest_mcscopes.transport.hosts import Hosts, Live
from pytest_mcscopes.transport.in_process.mount import Mount
from pytest_mcscopes.transport.in_process.reception import answer_async
from pytest_mcscopes.transport.interceptors import came_from
from pytest_mcscopes.transport.loopback.server import Loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from senders import Outgoing, Sender

SEND = "messaging/v1/email/messages/r-1"
OTHER = "https://mcother.rest.marketingcloudapis.com/x"
AIO_TIMEOUT = getattr(aiohttp, "SocketTimeoutError", aiohttp.ServerTimeoutError)
RAISED: dict[str, tuple[type[Exception], type[Exception]]] = {
    "core": (httpx.ReadTimeout, httpx.ReadError),  # of a stub; each door makes its own of it
    "port": (TimeoutError, ConnectionResetError),
    "http_client": (TimeoutError, ConnectionResetError),
    "urllib": (TimeoutError, ConnectionResetError),
    "requests": (requests.ReadTimeout, requests.ConnectionError),
    "httpx": (httpx.ReadTimeout, httpx.ReadError),
    "httpx_async": (httpx.ReadTimeout, httpx.ReadError),
    "httpx2": (httpx2.ReadTimeout, httpx2.ReadError),
    "httpx2_async": (httpx2.ReadTimeout, httpx2.ReadError),
    "aiohttp": (AIO_TIMEOUT, aiohttp.ClientOSError),
}
"""What no answer in time is, and what a connection that is cut off is."""
IN_PROCESS = tuple(door for door in RAISED if door not in {"core", "port"})


class World:
    """A tenant, and one client of it."""

    def __init__(self, tenant: Tenant, sender: Sender, hosts: Hosts, door: str) -> None:
        self.tenant = tenant
        self.sender = sender
        self.hosts = hosts
        self.door = door
        self.bearer = {"Authorization": f"Bearer {tenant.issue_token()}"}
        self.url = tenant.rest_url + SEND

    def post(self, body: Any = b"", **how: Any) -> Response:  # noqa: ANN401
        """Call the tenant with a token that may send e-mail."""
        return self.sender.send("POST", self.url, self.bearer, body, **how)


def of_core(tenant: Tenant) -> AbstractContextManager[Sender]:
    """Send to the tenant itself, as any door does."""
    kinds = {
        urlsplit(tenant.auth_url).netloc: "auth",
        urlsplit(tenant.rest_url).netloc: "rest",
        urlsplit(tenant.soap_url).netloc: "soap",
    }

    def send(to: Outgoing) -> Response:
        parts = urlsplit(to.url)
        kind: Any = kinds[parts.netloc]
        request = Request(
            method=to.method,
            host=kind,
            path=parts.path,
            query=parts.query,
            headers={name.lower(): value for name, value in to.headers.items()},
            body=b"".join(to.body) if isinstance(to.body, list) else to.body,
        )
        live = Live(kind=kind, tenant=core_of(tenant), built_by="")
        given = asyncio.run(answer_async(live, request))
        named = {name.lower(): value for name, value in given.headers.items()}
        return Response(status=given.status, headers=named, body=given.body, trouble=given.trouble)

    return nullcontext(Blocking(send))


def build() -> Tenant:
    """Build one tenant like the other."""
    package = PackageConfig(subdomain="mcx", scopes=frozenset({"email_send"}))
    return build_tenant(package)


def let_answer(hosts: Hosts, tenant: Tenant) -> None:
    """Let a tenant answer its three hosts."""
    for kind in ("auth", "rest", "soap"):
        url: str = getattr(tenant, f"{kind}_url")
        hosts.add(urlsplit(url).netloc, kind, core_of(tenant), "test_before")


@contextmanager
def world_of(door: str, errors: list[BaseException]) -> Iterator[World]:
    """Open a door to a new tenant."""
    tenant, hosts = build(), Hosts()
    if door == "port":
        ports = Loopback(lambda _, error: errors.append(error))
        urls = ports.open(core_of(tenant))
        core_of(tenant).open_door(urls)
        with http_client() as sender:
            yield World(Tenant(core_of(tenant), urls), sender, hosts, door)
        ports.shutdown()
        return
    if door == "core":
        with of_core(tenant) as sender:
            yield World(tenant, sender, hosts, door)
        return
    let_answer(hosts, tenant)
    mount = Mount(hosts)
    mount.mount()
    try:
        with SENDERS[door]() as sender:
            yield World(tenant, sender, hosts, door)
    finally:
        mount.unmount()


@pytest.fixture
def errors() -> list[BaseException]:
    """What a stub raised in a thread of a port's."""
    return []


@pytest.fixture(params=RAISED)
def world(request: pytest.FixtureRequest, errors: list[BaseException]) -> Iterator[World]:
    """Each way to a tenant."""
    with world_of(request.param, errors) as world:
        yield world


in_process = pytest.mark.parametrize("world", IN_PROCESS, indirect=True)


def alike(got: Response, order: Callable[[World], Response]) -> None:
    """Compare an answer with what a twin of the tenant answers itself."""
    with world_of("core", []) as twin:
        expected = order(twin)
    assert (got.status, got.body) == (expected.status, expected.body)
    unlike = {
        name: (got.headers.get(name), value)
        for name, value in expected.headers.items()
        if got.headers.get(name) != value and name != "content-length"
    }
    assert unlike == {}
    assert got.headers.keys() <= {*expected.headers, "content-type"}


class TestFaults:
    """What `fail_next` orders."""

    @pytest.mark.parametrize(
        "fault",
        [
            "unauthorized",
            "rate_limited",
            "blocked",
            "unavailable",
            599,
            "malformed",
            "truncated",
            "wrong_content_type",
        ],
    )
    @pytest.mark.parametrize("target", ["rest", "POST /messaging/v1/email/messages/{messageKey}"])
    def test_an_answer_that_is_an_error(self, fault: Any, target: str, world: World) -> None:  # noqa: ANN401
        """It is met once."""

        def order(world: World) -> Response:
            world.tenant.fail_next(target, fault)
            return world.post()

        alike(order(world), order)
        assert world.post().status == 200

    def test_a_late_answer(self, world: World) -> None:
        """By Marketing Cloud's time alone: no client's patience ends."""
        world.tenant.fail_next("rest", "slow", seconds=600)
        before = world.tenant.clock.now()
        assert world.post().status == 200
        assert world.tenant.clock.now() >= before + 600

    @pytest.mark.parametrize("trouble", ["timeout", "reset"])
    def test_no_answer_is_the_librarys_own_error(self, trouble: Any, world: World) -> None:  # noqa: ANN401
        """And the next request is answered, on whatever connection."""
        world.tenant.fail_next("rest", trouble)
        if world.door == "core":
            assert world.post().trouble == trouble
        else:
            with pytest.raises(RAISED[world.door][trouble == "reset"]) as met:
                world.post()
            texts = " ".join(map(str, came_from(met.value)))
            assert (f'fail_next(..., "{trouble}")' in texts) is (world.door != "port")
        assert world.post().status == 200


def by_function(effect: Any) -> Any:  # noqa: ANN401
    """Answer by a function."""
    return lambda _: effect()


def by_coroutine(effect: Any) -> Any:  # noqa: ANN401
    """Answer by a coroutine, which sleeps before."""

    async def answer(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        return effect()  # type: ignore[no-any-return]

    return answer


def made() -> httpx.Response:
    """Answer as a test might."""
    return httpx.Response(207, json={"a": ["\u00fc", 1]}, headers={"X-Tag": "a, b", "Link": "<x>"})


class TestStubs:
    """What a test answers itself."""

    @pytest.mark.parametrize("kind", [by_function, by_coroutine])
    def test_a_side_effect(self, kind: Any, world: World) -> None:  # noqa: ANN401
        """By a function, or by a coroutine function."""
        world.tenant.rest.post(path__regex=".*").mock(side_effect=kind(made))
        got = world.post()
        assert (got.status, got.body) == (207, made().content)
        assert (got.headers["x-tag"], got.headers["link"]) == ("a, b", "<x>")
        assert got.headers["content-type"] == "application/json"
        assert len([each for each in world.tenant.ledger.entries if each.origin == "code"]) == 1

    @pytest.mark.parametrize("kind", [by_function, by_coroutine])
    @pytest.mark.parametrize("error", [httpx.ReadTimeout("x"), httpx.ReadError("x")])
    def test_one_that_breaks_the_connection(
        self,
        error: Exception,
        kind: Any,  # noqa: ANN401
        world: World,
        errors: list[BaseException],
    ) -> None:
        """As a fault that is ordered does."""

        def effect() -> httpx.Response:
            raise error

        stub = world.tenant.rest.post(path__regex=".*").mock(side_effect=kind(effect))
        with pytest.raises(RAISED[world.door][isinstance(error, httpx.ReadError)]):
            world.post()
        stub.respond(202)
        assert world.post().status == 202
        assert errors == []

    @pytest.mark.parametrize("kind", [by_function, by_coroutine])
    @pytest.mark.parametrize("error", [LookupError("a bug"), pytest.fail.Exception("no")])
    def test_one_that_fails(
        self,
        error: BaseException,
        kind: Any,  # noqa: ANN401
        world: World,
        errors: list[BaseException],
    ) -> None:
        """In the code under test; at a port there is nobody to raise it to."""

        def effect() -> httpx.Response:
            raise error

        world.tenant.rest.post(path__regex=".*").mock(side_effect=kind(effect))
        if world.door == "port":
            with pytest.raises(http.client.RemoteDisconnected):
                world.post()
            assert [type(each) for each in errors] == [type(error)]
        else:
            with pytest.raises(type(error), match=str(error)):
                world.post()


class TestBodies:
    """How bodies come and go."""

    @pytest.mark.parametrize("expect", [False, True])
    @pytest.mark.parametrize(
        "body",
        [b"x" * 100_000, [b"x" * 16_000] * 8, [b"x", b"yy", b"zzz"]],
        ids=["at once", "chunked", "in crumbs"],
    )
    def test_an_upload(self, body: Any, expect: bool, world: World) -> None:  # noqa: ANN401, FBT001
        """In one piece or in several, asked for before or not."""
        stub = world.tenant.rest.post(path__regex=".*").respond(201)
        headers = {**world.bearer, **({"Expect": "100-continue"} if expect else {})}
        assert world.sender.send("POST", world.url, headers, body).status == 201
        whole = b"".join(body) if isinstance(body, list) else body
        assert stub.calls.last.request.content == whole

    @pytest.mark.parametrize("portion", [7_000, None])
    def test_a_long_answer(self, portion: int | None, world: World) -> None:
        """Read in portions, or at once."""
        world.tenant.rest.post(path__regex=".*").respond(200, content=b"abc" * 500_000)
        assert world.post(portion=portion).body == b"abc" * 500_000

    def test_a_token_request_in_pieces_is_judged_as_any(self, world: World) -> None:
        """Its answer, too, is the same."""

        def order(world: World) -> Response:
            tenant = world.tenant
            text = (
                f"grant_type=client_credentials&scope=email_send&client_id={tenant.client_id}"
                f"&client_secret={tenant.client_secret}"
            ).encode()
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            url = tenant.auth_url + "v2/token"
            return world.sender.send("POST", url, headers, [text[:30], text[30:]])

        got = order(world)
        assert got.status == 200
        assert b'"scope":"email_send"' in got.body
        fact = world.tenant.ledger.entries[-1].fact
        assert isinstance(fact, TokenRequested)
        assert fact.granted == frozenset({"email_send"})


class TestRedirects:
    """Where an answer sends a client."""

    def redirect(self, world: World, to: str) -> None:
        """Let the call be answered so."""
        world.tenant.rest.post(path__regex=".*").respond(302, headers={"Location": to})
        world.tenant.rest.get("/there").respond(200, text="there")

    @in_process
    def test_to_a_host_of_the_tenants(self, world: World) -> None:
        """It is answered, as any request."""
        self.redirect(world, world.tenant.rest_url + "there")
        got = world.post(follow=True)
        assert (got.status, got.body) == (200, b"there")

    @in_process
    @pytest.mark.parametrize("to", [OTHER, "http://mcx.rest.marketingcloudapis.com/x"])
    def test_to_where_nobody_answers(self, to: str, world: World) -> None:
        """It is refused, as any request."""
        self.redirect(world, to)
        with pytest.raises(Exception, match="MCSCOPES: http"):
            world.post(follow=True)

    def test_unless_they_follow(self, world: World) -> None:
        """It is an answer like others."""
        self.redirect(world, OTHER)
        got = world.post()
        assert (got.status, got.headers["location"]) == (302, OTHER)


class TestSessions:
    """What one session does in the course of time."""

    def test_one_request_after_the_other(self, world: World) -> None:
        """Errors in between."""
        codes = [world.sender.send("POST", world.url).status]
        codes += [world.post().status for _ in range(3)]
        assert codes == [401, 200, 200, 200]

    def test_many_at_once(self, world: World) -> None:
        """Each gets its own answer, and each is written down."""
        world.tenant.rest.post(path__regex=r"/(?P<number>\d+)").mock(
            side_effect=lambda _, number: httpx.Response(200, text=number)
        )
        base = world.tenant.rest_url
        got = world.sender.send_all(
            *[("POST", f"{base}{number}", world.bearer, b"x") for number in range(48)]
        )
        assert [each.body.decode() for each in got] == [str(number) for number in range(48)]
        assert len([each for each in world.tenant.ledger.entries if each.origin == "code"]) == 48

    @in_process
    def test_what_is_kept_never_outlives_its_tenant(self, world: World) -> None:
        """Refused when it has ended, and answered by the next of its name."""
        assert world.post().status == 200
        for host in [*world.hosts.live]:
            world.hosts.end(host)
        with pytest.raises(Exception, match="ended with test_before"):
            world.post()
        heir = build()
        let_answer(world.hosts, heir)
        bearer = {"Authorization": f"Bearer {heir.issue_token()}"}
        assert world.sender.send("POST", world.url, bearer).status == 200
        came = [each for each in heir.ledger.entries if each.origin == "code"]
        assert len(came) == 1
