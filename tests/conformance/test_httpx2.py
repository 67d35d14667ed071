"""The door for httpx2, httpx's successor: as that for httpx, where it is installed."""

from __future__ import annotations

import http.server
import socket
import ssl
import sys
import threading
from types import ModuleType
from typing import TYPE_CHECKING
from unittest import mock

import anyio
import httpx
import httpx2
import pytest
import pytest_httpx2  # noqa: F401 - teaches respx to patch what is beneath httpx2
import respx
from authlib.integrations.httpx_client import (  # type: ignore[import-untyped]
    AsyncOAuth2Client,
    OAuth2Client,
)
from respx.mocks import Mocker
from respx.models import AllMockedAssertionError
from tenants import build_tenant, core_of

from pytest_mcscopes.cloud.http import Admitted, Request, Response
from pytest_mcscopes.config import PackageConfig
from pytest_mcscopes.stubs.rest import Stubs
from pytest_mcscopes.transport.hosts import Hosts, Stray
from pytest_mcscopes.transport.in_process.mount import Mount

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from pytest_mcscopes.tenant.tenant import Tenant

    Send = Callable[[httpx2.Request], httpx2.Response]

OURS = "mcours.auth.marketingcloudapis.com"
REST = "mcours.rest.marketingcloudapis.com"
STALE = "mcstale.auth.marketingcloudapis.com"
UNOWNED = "mcunowned.rest.marketingcloudapis.com"


class Answering:
    """Answers the auth host itself, and admits every call to the REST host."""

    def __init__(self) -> None:
        self.stubs = Stubs(f"https://{REST}")
        self.seen: list[Request] = []
        self.answer = Response(status=200, body=b"ours")

    def handle(self, request: Request) -> Response | Admitted:
        """Answer or admit."""
        self.seen.append(request)
        if request.host == "auth":
            return self.answer
        entry = mock.sentinel.entry
        return Admitted(request=request, entry=entry, otherwise=Response.of_json(200, {}))

    def complete(self, admitted: Admitted, answer: Response | None) -> Response:
        """Give the stub's answer, or the cloud's own."""
        return answer or admitted.otherwise


class Real(http.server.BaseHTTPRequestHandler):
    """The network that other hosts are on."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"real")

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture(scope="module")
def network() -> Iterator[str]:
    """Yield the base URL of a real server."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Real) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every connection and every name look-up fail the test."""
    touched = mock.Mock(side_effect=AssertionError("the network was touched"))
    monkeypatch.setattr(socket.socket, "connect", touched)
    monkeypatch.setattr(socket, "getaddrinfo", touched)
    yield
    touched.assert_not_called()


@pytest.fixture
def tenant() -> Answering:
    """Give a tenant with stubs."""
    return Answering()


@pytest.fixture
def strays() -> list[Stray]:
    """Give the list that refused requests are told to."""
    return []


@pytest.fixture
def others() -> list[str]:
    """Give the list that hosts are told to which are not ours to answer."""
    return []


@pytest.fixture
def hosts(tenant: Answering, strays: list[Stray], others: list[str]) -> Hosts:
    """Give one live tenant and one that has ended."""
    hosts = Hosts()
    hosts.on_stray, hosts.on_other = strays.append, others.append
    hosts.add(OURS, "auth", tenant, "test_two")
    hosts.add(REST, "rest", tenant, "test_two")
    hosts.add(STALE, "auth", tenant, "test_one")
    hosts.end(STALE)
    return hosts


@pytest.fixture
def mount(hosts: Hosts) -> Iterator[Mount]:
    """Give the door, mounted."""
    mount = Mount(hosts)
    mount.mount()
    yield mount
    mount.unmount()


def _context() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def send_sync(request: httpx2.Request) -> httpx2.Response:
    """Send by a client that blocks."""
    with httpx2.Client(verify=_context(), trust_env=False) as client:
        return client.send(request)


async def _send(request: httpx2.Request) -> httpx2.Response:
    async with httpx2.AsyncClient(verify=_context(), trust_env=False) as client:
        return await client.send(request)


def send_asyncio(request: httpx2.Request) -> httpx2.Response:
    """Send by a client on asyncio."""
    return anyio.run(_send, request, backend="asyncio")


def send_trio(request: httpx2.Request) -> httpx2.Response:
    """Send by a client on trio."""
    return anyio.run(_send, request, backend="trio")


every_client = pytest.mark.parametrize(
    "send",
    [
        pytest.param(send_sync, id="sync"),
        pytest.param(send_asyncio, id="asyncio"),
        pytest.param(send_trio, id="trio"),
    ],
)


def outcome(send: Send, url: str) -> str:
    """Tell who answered a GET, or how it was refused."""
    try:
        answer = send(httpx2.Request("GET", url))
    except AllMockedAssertionError:
        return "refused by the user's"
    except httpx2.ConnectError as error:
        return "refused by ours" if "MCSCOPES: " in str(error) else repr(error)
    return answer.text or "empty"


@every_client
@pytest.mark.usefixtures("mount", "no_network")
@pytest.mark.parametrize(
    ("url", "expected", "stray"),
    [
        pytest.param(f"https://{OURS}/v2/token", "ours", None, id="ours"),
        pytest.param(f"https://{OURS.upper()}./", "ours", None, id="ours in another spelling"),
        pytest.param(f"http://{OURS}/", "refused by ours", None, id="ours by http"),
        pytest.param(f"https://{OURS}:8443/", "refused by ours", None, id="ours at a port"),
        pytest.param(f"https://{STALE}/", "refused by ours", STALE, id="ended"),
        pytest.param(f"https://{UNOWNED}/", "refused by ours", UNOWNED, id="unowned"),
        pytest.param(
            "https://exacttargetapis.com/", "refused by ours", "exacttargetapis.com", id="legacy"
        ),
    ],
)
def test_no_host_of_marketing_cloud_is_called(
    url: str,
    expected: str,
    stray: str | None,
    send: Send,
    *,
    strays: list[Stray],
    others: list[str],
) -> None:
    """The tenant answers its own; whatever else lies there is refused, and heard of."""
    assert outcome(send, url) == expected
    assert [each.host for each in strays] == ([stray] if stray else [])
    # One of ours at an address where it has no ear is heard of as any other.
    assert others == ([OURS] if expected != "ours" and OURS in url else [])


@every_client
@pytest.mark.usefixtures("mount")
def test_other_hosts_are_reached_and_heard_of(send: Send, network: str, others: list[str]) -> None:
    """Code under test that talks to another service does so as ever."""
    assert outcome(send, f"{network}/unknown") == "real"
    assert others == ["127.0.0.1"]


@every_client
@pytest.mark.usefixtures("mount", "no_network")
def test_a_refusal_says_what_to_do(send: Send) -> None:
    """It is httpx2's own error, and the text is that of httpx's."""
    request = httpx2.Request("GET", f"https://{STALE}/v2/token?client_secret=s3cret")
    with pytest.raises(httpx2.ConnectError) as caught:
        send(request)
    assert caught.value.request is request
    assert str(caught.value) == (
        f"MCSCOPES: https://{STALE} belongs to a Marketing Cloud that ended with test_one. The "
        "client under test outlives its tenant. Build the client in a function-scoped fixture, or "
        "give it a tenant of its own life: with mc_cloud.tenant() as tenant: ... in a fixture of "
        "the client's scope."
    )


@pytest.mark.usefixtures("mount", "no_network")
@pytest.mark.parametrize(
    ("host", "expected"),
    [(OURS, "ours"), (STALE, "refused by ours"), (UNOWNED, "refused by ours")],
    ids=["ours", "ended", "unowned"],
)
def test_a_proxy_is_no_way_around(
    host: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTPS_PROXY of a CI machine changes nothing for Marketing Cloud hosts."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")

    def send(request: httpx2.Request) -> httpx2.Response:
        with httpx2.Client(verify=_context()) as client:
            return client.send(request)

    assert outcome(send, f"https://{host}/") == expected


@every_client
@pytest.mark.usefixtures("mount")
class TestExchange:
    """What the cloud sees of a request, and the client of an answer."""

    def test_a_request_arrives_as_sent(self, send: Send, tenant: Answering) -> None:
        """Path, query, headers and body are those of the wire."""
        url = f"https://{OURS}//v2/a%2Fb?x=%3F"
        headers = [("X-Tag", "a"), ("x-tag", "b")]
        send(httpx2.Request("post", url, headers=headers, content=b"body"))
        assert tenant.seen == [
            Request(
                method="POST",
                host="auth",
                path="//v2/a%2Fb",
                query="x=%3F",
                headers={"host": OURS, "x-tag": "a, b", "content-length": "4"},
                body=b"body",
            )
        ]

    @pytest.mark.parametrize(("method", "body"), [("GET", b"{}"), ("HEAD", b"")])
    def test_an_answer_is_as_off_the_wire(
        self, method: str, body: bytes, send: Send, tenant: Answering
    ) -> None:
        """Status, headers, the length, the body, and a time that it took."""
        tenant.answer = Response.of_json(401, {}, {"X-A": "1"})
        answer = send(httpx2.Request(method, f"https://{OURS}/"))
        assert (answer.status_code, answer.content) == (401, body)
        assert dict(answer.headers) == {
            "content-type": "application/json; charset=utf-8",
            "x-a": "1",
            "content-length": "2",
        }
        assert answer.elapsed.total_seconds() >= 0

    def test_a_stub_answers_what_is_admitted(self, send: Send, tenant: Answering) -> None:
        """A stub is written as ever: with respx, over httpx's requests."""
        seen: list[httpx.Request] = []

        def accept(request: httpx.Request) -> httpx.Response:
            seen.append(request)
            return httpx.Response(202, text="stub")

        tenant.stubs.router.post("/x", json={"a": 1}).mock(side_effect=accept)
        answer = send(httpx2.Request("POST", f"https://{REST}/x", json={"a": 1}))
        assert (answer.status_code, answer.text) == (202, "stub")
        assert [str(request.url) for request in seen] == [f"https://{REST}/x"]
        assert send(httpx2.Request("GET", f"https://{REST}/y")).json() == {}


class OfTheUser(httpx.ReadTimeout):
    """An error of the user's that is one of httpx's."""


@every_client
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
        self, name: str, send: Send, tenant: Answering
    ) -> None:
        """By name, with the client's own request; the stub's is its cause."""
        raised = getattr(httpx, name)("too slow")
        tenant.stubs.router.get("/x").mock(side_effect=raised)
        request = httpx2.Request("GET", f"https://{REST}/x")
        with pytest.raises(getattr(httpx2, name), match="too slow") as caught:
            send(request)
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
        send: Send,
        tenant: Answering,
    ) -> None:
        """Nothing that the client's code could catch is lost."""
        tenant.stubs.router.get("/x").mock(side_effect=raised)
        with pytest.raises(expected) as caught:
            send(httpx2.Request("GET", f"https://{REST}/x"))
        assert type(caught.value) is expected


@pytest.mark.usefixtures("mount")
def test_an_httpx_client_gets_the_very_error_of_the_stub(tenant: Answering) -> None:
    """Nothing is put in its place where it fits."""
    raised = OfTheUser("slow")
    tenant.stubs.router.get("/x").mock(side_effect=raised)
    with httpx.Client(verify=_context()) as client, pytest.raises(OfTheUser) as caught:
        client.get(f"https://{REST}/x")
    assert caught.value is raised


def user_router(kind: str) -> respx.MockRouter:
    """Build the router that pytest-httpx2 gives a test, of some kind."""
    lenient = kind == "lenient"
    router = respx.mock(using="httpcore2", assert_all_called=False, assert_all_mocked=not lenient)
    router.get(f"https://{UNOWNED}/known").respond(text="user's")
    if kind == "pass-through":
        router.route().pass_through()
    return router


@every_client
@pytest.mark.usefixtures("mount", "no_network")
class TestBesideTheUsersRouter:
    """pytest-httpx2 mocks httpx2 with a respx router of the user's."""

    @pytest.mark.parametrize(
        ("kind", "unknown"),
        [
            ("strict", "refused by the user's"),
            ("lenient", "empty"),
            ("pass-through", "refused by ours"),
        ],
    )
    def test_what_nobody_owns_is_the_users_to_answer(
        self, kind: str, unknown: str, send: Send, others: list[str]
    ) -> None:
        """Their routers answer or refuse it; their pass-through is refused."""
        with user_router(kind):
            assert outcome(send, f"https://{UNOWNED}/known") == "user's"
            assert outcome(send, f"https://{UNOWNED}/unknown") == unknown
        assert others == [UNOWNED, UNOWNED]

    def test_what_is_or_was_ours_is_not(self, send: Send) -> None:
        """No router of the user's comes before a tenant, nor after it."""
        with user_router("lenient"):
            assert outcome(send, f"https://{OURS}/") == "ours"
            assert outcome(send, f"https://{STALE}/") == "refused by ours"

    def test_their_route_sees_the_request(self, send: Send) -> None:
        """As httpx's, which respx's patterns know."""
        with respx.mock(using="httpcore2") as router:
            route = router.post(
                f"https://{UNOWNED}/x", params={"a": "1"}, headers={"X-A": "1"}, json={"b": 2}
            ).respond(text="user's")
            url = f"https://{UNOWNED}/x?a=1"
            answer = send(httpx2.Request("POST", url, headers={"X-A": "1"}, json={"b": 2}))
            assert answer.text == "user's"
            assert type(route.calls.last.request) is httpx.Request
            assert route.call_count == 1

    def test_their_answer_arrives_whole(self, send: Send) -> None:
        """Status, every header, the body."""
        headers = [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
        with respx.mock(using="httpcore2") as router:
            route = router.get(f"https://{UNOWNED}/x").respond(418, headers=headers, json={})
            answer = send(httpx2.Request("GET", f"https://{UNOWNED}/x"))
            assert (answer.status_code, answer.json()) == (418, {})
            assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
            assert route.calls.last.response.json() == {}

    def test_their_errors_become_those_of_httpx2(self, send: Send) -> None:
        """A route's side effect is respx's, which knows httpx's errors only."""
        with respx.mock(using="httpcore2") as router:
            router.get(f"https://{UNOWNED}/x").mock(side_effect=httpx.ReadTimeout)
            with pytest.raises(httpx2.ReadTimeout):
                send(httpx2.Request("GET", f"https://{UNOWNED}/x"))

    def test_routers_of_httpx_are_not_asked(self, send: Send) -> None:
        """respx's usual routers do not see httpx2 without us either."""
        with respx.mock(assert_all_called=False) as router:
            router.route().respond(text="user's")
            assert outcome(send, f"https://{UNOWNED}/known") == "refused by ours"

    def test_without_pytest_httpx2_there_is_nobody_to_ask(
        self, send: Send, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """respx alone does not know what is beneath httpx2."""
        monkeypatch.setattr(Mocker, "registry", {"httpcore": Mocker.registry["httpcore"]})
        assert outcome(send, f"https://{UNOWNED}/known") == "refused by ours"


@pytest.mark.usefixtures("mount")
def test_an_async_body_of_the_users_arrives() -> None:
    """Their answer may be generated by a coroutine."""

    async def chunks() -> AsyncIterator[bytes]:
        yield b"user"
        yield b"'s"

    with respx.mock(using="httpcore2") as router:
        router.get(f"https://{UNOWNED}/x").mock(return_value=httpx.Response(200, content=chunks()))
        assert outcome(send_asyncio, f"https://{UNOWNED}/x") == "user's"


@pytest.mark.usefixtures("mount")
class TestTransports:
    """A client's own transport stays its own."""

    def test_a_mock_transport_is_left_alone(self, tenant: Answering) -> None:
        """Even for a host of ours."""
        own = httpx2.MockTransport(lambda _: httpx2.Response(200, text="own"))
        with httpx2.Client(transport=own) as client:
            assert client.get(f"https://{OURS}/").text == "own"
        assert tenant.seen == []

    def test_an_http_transport_with_settings_is_answered(self, tenant: Answering) -> None:
        """It would have called the real service."""
        own = httpx2.HTTPTransport(verify=_context(), retries=3)
        with httpx2.Client(transport=own) as client:
            assert client.get(f"https://{OURS}/").text == "ours"
        assert len(tenant.seen) == 1


def methods() -> list[object]:
    """Give the methods that both libraries have at the moment."""
    return [
        httpx.HTTPTransport.handle_request,
        httpx.AsyncHTTPTransport.handle_async_request,
        httpx2.HTTPTransport.handle_request,
        httpx2.AsyncHTTPTransport.handle_async_request,
    ]


def answered() -> list[str]:
    """Tell who answers our host to httpx and to httpx2."""
    with httpx.Client(verify=_context(), trust_env=False) as client:
        by_httpx = client.get(f"https://{OURS}/").text
    return [by_httpx, outcome(send_sync, f"https://{OURS}/")]


@pytest.mark.usefixtures("no_network")
class TestMount:
    """One door for both libraries opens and closes without a trace."""

    def test_each_library_gets_its_own_back(self, hosts: Hosts) -> None:
        """Mount and unmount as often as you like."""
        before = methods()
        mount = Mount(hosts)
        for _ in range(2):
            mount.mount()
            mount.ensure()
            assert answered() == ["ours", "ours"]
            mount.unmount()
            assert methods() == before

    def test_it_comes_back_to_the_top(self, mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
        """Somebody's patch loses our hosts at the next set-up."""
        theirs = mock.Mock(side_effect=httpx2.ReadError("theirs"))
        with monkeypatch.context() as patch:
            patch.setattr(httpx2.HTTPTransport, "handle_request", theirs)
            with pytest.raises(httpx2.ReadError, match="theirs"):
                answered()
            mount.ensure()
            assert answered() == ["ours", "ours"]

    def test_it_is_imported_before_a_test_can_do_so(
        self, hosts: Hosts, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Code under test that imports it late, within a test, is answered too."""
        monkeypatch.delitem(sys.modules, "httpx2")
        mount = Mount(hosts)
        mount.mount()
        assert "httpx2" in sys.modules
        assert answered() == ["ours", "ours"]
        mount.unmount()

    @pytest.mark.parametrize(
        "absent",
        [
            pytest.param(None, id="not to be imported"),
            pytest.param(ModuleType("httpx2"), id="a stub of the user's"),
        ],
    )
    def test_without_it_httpx_is_answered_alone(
        self, absent: ModuleType | None, hosts: Hosts, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing needs it; and it is found where a later test has it."""
        before = methods()
        mount = Mount(hosts)
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, "httpx2", absent)
            mount.mount()
            assert methods()[2:] == before[2:]
            assert methods()[:2] != before[:2]
        mount.ensure()
        assert answered() == ["ours", "ours"]
        mount.unmount()
        assert methods() == before


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
    "verify": _context(),
}


@pytest.fixture
def cloud(hosts: Hosts) -> Tenant:
    """A whole tenant, with a package that may read and send email."""
    tenant = build_tenant(PACKAGE, seed="test")
    hosts.add(httpx.URL(tenant.auth_url).host, "auth", core_of(tenant), "test_two")
    hosts.add(httpx.URL(tenant.rest_url).host, "rest", core_of(tenant), "test_two")
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
