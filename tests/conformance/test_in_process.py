"""The door for httpx: what the cloud sees of a request, and the client of an answer."""

from __future__ import annotations

import functools
import gc
import http.server
import ssl
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from unittest import mock

import anyio
import httpx
import pytest
import respx

from pytest_mcscopes.cloud.http import Admitted, Request, Response
from pytest_mcscopes.stubs.rest import Stubs
from pytest_mcscopes.transport.hosts import Hosts
from pytest_mcscopes.transport.in_process.mount import Mount

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

AUTH = "https://mcx.auth.marketingcloudapis.com"
REST = "https://mcx.rest.marketingcloudapis.com"


class Tenant:
    """Answers the auth host itself, and admits every call to the REST host."""

    def __init__(self) -> None:
        self.stubs: Stubs | None = None
        self.seen: list[Request] = []
        self.completed: list[Response | None] = []
        self.answer = Response(status=200)

    def handle(self, request: Request) -> Response | Admitted:
        """Answer or admit."""
        self.seen.append(request)
        if request.host == "auth":
            return self.answer
        entry = mock.sentinel.entry
        return Admitted(request=request, entry=entry, otherwise=Response.of_json(200, {}))

    def complete(self, admitted: Admitted, answer: Response | None) -> Response:
        """Note the answer down."""
        self.completed.append(answer)
        return answer or admitted.otherwise


@pytest.fixture
def tenant() -> Tenant:
    """Give a tenant without stubs."""
    return Tenant()


@pytest.fixture
def mount(tenant: Tenant) -> Iterator[Mount]:
    """Give the door of a session with one tenant, mounted."""
    hosts = Hosts()
    hosts.add("mcx.auth.marketingcloudapis.com", "auth", tenant, "test")
    hosts.add("mcx.rest.marketingcloudapis.com", "rest", tenant, "test")
    mount = Mount(hosts)
    mount.mount()
    yield mount
    mount.unmount()


def _context() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def client() -> httpx.Client:
    """Build a client that trusts nobody: it never gets as far as TLS."""
    return httpx.Client(verify=_context(), trust_env=False)


def send_sync(request: httpx.Request) -> httpx.Response:
    """Send by a client that blocks."""
    with client() as blocking:
        return blocking.send(request)


async def _send(request: httpx.Request) -> httpx.Response:
    async with httpx.AsyncClient(verify=_context(), trust_env=False) as awaiting:
        return await awaiting.send(request)


def send_asyncio(request: httpx.Request) -> httpx.Response:
    """Send by a client on asyncio."""
    return anyio.run(_send, request, backend="asyncio")


def send_trio(request: httpx.Request) -> httpx.Response:
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


@pytest.mark.usefixtures("mount")
class TestRequest:
    """What of httpx's request reaches the cloud."""

    @every_client
    @pytest.mark.parametrize(
        ("url", "path", "query"),
        [
            pytest.param(f"{AUTH}/v2/token", "/v2/token", "", id="plain"),
            pytest.param(f"{AUTH}//v2/token", "//v2/token", "", id="leading double slash"),
            pytest.param(f"{AUTH}/v2//token/", "/v2//token/", "", id="slashes stay"),
            pytest.param(f"{AUTH}/a%2Fb%20c", "/a%2Fb%20c", "", id="escapes stay"),
            pytest.param(f"{AUTH}/a b", "/a%20b", "", id="escaped by httpx"),
            pytest.param(f"{AUTH}/x?a=1&b=%3F?", "/x", "a=1&b=%3F?", id="query"),
            pytest.param(AUTH, "/", "", id="no path"),
            pytest.param(f"{AUTH}:443/v2/token", "/v2/token", "", id="the usual port"),
            pytest.param("https://MCX.Auth.MarketingCloudAPIs.com/p", "/p", "", id="capitals"),
            pytest.param("https://mcx.auth.marketingcloudapis.com./p", "/p", "", id="trailing dot"),
        ],
    )
    def test_path_and_query_are_as_sent(
        self, url: str, path: str, query: str, send: Callable[..., httpx.Response], tenant: Tenant
    ) -> None:
        """Nothing is folded, decoded or lost on the way."""
        send(httpx.Request("get", url))
        assert [(seen.method, seen.path, seen.query) for seen in tenant.seen] == [
            ("GET", path, query)
        ]

    @every_client
    def test_headers_are_by_lower_case_name_and_joined(
        self, send: Callable[..., httpx.Response], tenant: Tenant
    ) -> None:
        """Repeated headers become one, as any server would read them."""
        headers = [("X-Tag", "a"), ("Authorization", "Bearer t"), ("x-tag", "b")]
        send(httpx.Request("GET", AUTH, headers=headers))
        assert tenant.seen[0].headers == {
            "host": "mcx.auth.marketingcloudapis.com",
            "x-tag": "a, b",
            "authorization": "Bearer t",
        }

    @pytest.mark.parametrize(
        ("sent", "body"),
        [
            pytest.param({}, b"", id="none"),
            pytest.param({"json": [1]}, b"[1]", id="json"),
            pytest.param({"data": {"a": "1 2"}}, b"a=1+2", id="form"),
            pytest.param({"content": "ünï"}, "ünï".encode(), id="text"),
        ],
    )
    @every_client
    def test_the_body_is_read(
        self,
        sent: dict[str, object],
        body: bytes,
        send: Callable[..., httpx.Response],
        tenant: Tenant,
    ) -> None:
        """Whatever way it was given to httpx."""
        send(httpx.Request("POST", AUTH, **sent))  # type: ignore[arg-type]
        assert tenant.seen[0].body == body

    def test_a_generated_body_is_read(self, tenant: Tenant) -> None:
        """A stream is consumed, as the wire would."""
        send_sync(httpx.Request("POST", AUTH, content=iter([b"a", b"b"])))
        assert tenant.seen[0].body == b"ab"

    def test_an_async_generated_body_is_read(self, tenant: Tenant) -> None:
        """An async stream too."""

        async def chunks() -> AsyncIterator[bytes]:
            yield b"a"
            yield b"b"

        send_asyncio(httpx.Request("POST", AUTH, content=chunks()))
        assert tenant.seen[0].body == b"ab"

    @every_client
    def test_a_multipart_body_is_read(
        self, send: Callable[..., httpx.Response], tenant: Tenant
    ) -> None:
        """Uploads arrive with their boundary."""
        send(httpx.Request("POST", AUTH, files={"file": ("a.txt", b"content")}))
        boundary = tenant.seen[0].headers["content-type"].partition("boundary=")[2]
        assert boundary.encode() in tenant.seen[0].body
        assert b"content" in tenant.seen[0].body


@pytest.mark.usefixtures("mount")
class TestResponse:
    """What of the cloud's answer reaches the client."""

    @every_client
    def test_it_is_as_off_the_wire(
        self, send: Callable[..., httpx.Response], tenant: Tenant
    ) -> None:
        """Status, headers, body, the length of it, and a time that it took."""
        tenant.answer = Response.of_json(401, {"error": "invalid_client"}, {"X-A": "1"})
        answer = send(httpx.Request("POST", f"{AUTH}/v2/token"))
        assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
        assert dict(answer.headers) == {
            "content-type": "application/json; charset=utf-8",
            "x-a": "1",
            "content-length": "26",
        }
        assert answer.elapsed.total_seconds() >= 0
        assert str(answer.request.url) == f"{AUTH}/v2/token"

    @pytest.mark.parametrize(
        ("method", "status", "length", "body"),
        [
            pytest.param("GET", 200, "4", b"body", id="GET"),
            pytest.param("HEAD", 200, "4", b"", id="HEAD has the length only"),
        ],
    )
    def test_a_body_goes_by_the_method(
        self, method: str, status: int, length: str, body: bytes, tenant: Tenant
    ) -> None:
        """HEAD is answered without a body."""
        tenant.answer = Response(status=status, body=b"body")
        answer = send_sync(httpx.Request(method, AUTH))
        assert (answer.headers["content-length"], answer.content) == (length, body)

    @pytest.mark.parametrize("status", [204, 304])
    def test_a_status_without_a_body_has_no_length(self, status: int, tenant: Tenant) -> None:
        """As on the wire."""
        tenant.answer = Response(status=status)
        assert dict(send_sync(httpx.Request("GET", AUTH)).headers) == {}

    def test_it_can_be_streamed(self, tenant: Tenant) -> None:
        """A client may read in its own time."""
        tenant.answer = Response(status=200, body=b"body")
        with client() as blocking, blocking.stream("GET", AUTH) as answer:
            assert not answer.is_stream_consumed
            assert b"".join(answer.iter_raw()) == b"body"


@every_client
@pytest.mark.usefixtures("mount")
class TestAdmittedCalls:
    """The test's stub answers what the cloud lets through."""

    def test_without_stubs_the_cloud_answers(
        self, send: Callable[..., httpx.Response], tenant: Tenant
    ) -> None:
        """A test that stubs nothing gets what the cloud has."""
        assert send(httpx.Request("GET", f"{REST}/x")).json() == {}
        assert tenant.completed == [None]

    def test_without_a_match_the_cloud_answers(
        self, send: Callable[..., httpx.Response], tenant: Tenant
    ) -> None:
        """A stub for another route is no answer."""
        tenant.stubs = Stubs(REST)
        tenant.stubs.router.get("/other").respond(202)
        assert send(httpx.Request("GET", f"{REST}/x")).json() == {}
        assert tenant.completed == [None]

    def test_a_stub_answers(self, send: Callable[..., httpx.Response], tenant: Tenant) -> None:
        """Its answer is completed by the cloud and sent."""
        tenant.stubs = Stubs(REST)
        tenant.stubs.router.get("/x").respond(202, text="stub")
        answer = send(httpx.Request("GET", f"{REST}/x"))
        assert (answer.status_code, answer.text) == (202, "stub")
        assert [done and done.status for done in tenant.completed] == [202]

    def test_a_raising_stub_leaves_the_call_unanswered(
        self, send: Callable[..., httpx.Response], tenant: Tenant
    ) -> None:
        """Its exception is the client's, and the cloud completes nothing."""
        tenant.stubs = Stubs(REST)
        tenant.stubs.router.get("/x").mock(side_effect=httpx.ReadTimeout)
        with pytest.raises(httpx.ReadTimeout):
            send(httpx.Request("GET", f"{REST}/x"))
        assert tenant.completed == []

    def test_the_auth_host_is_never_stubbed(
        self, send: Callable[..., httpx.Response], tenant: Tenant
    ) -> None:
        """What the cloud answers itself is asked of no stub."""
        tenant.stubs = Stubs(REST)
        route = tenant.stubs.router.route().respond(500)
        assert send(httpx.Request("POST", f"{AUTH}/v2/token")).status_code == 200
        assert not route.called


@pytest.mark.usefixtures("mount")
class TestConcurrency:
    """Many calls at once."""

    @pytest.fixture(autouse=True)
    def _stubbed(self, tenant: Tenant) -> None:
        tenant.stubs = Stubs(REST)
        tenant.stubs.router.get(path__regex=r"/(?P<number>\d+)").mock(
            side_effect=lambda _, number: httpx.Response(200, text=number)
        )

    def test_threads_share_a_client(self, tenant: Tenant) -> None:
        """Each gets its own answer, and each call is seen."""
        with client() as blocking, ThreadPoolExecutor(8) as threads:
            texts = threads.map(lambda n: blocking.get(f"{REST}/{n}").text, range(40))
            assert list(texts) == [str(n) for n in range(40)]
        assert len(tenant.completed) == 40

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_tasks_share_a_client(self, backend: str, tenant: Tenant) -> None:
        """Each gets its own answer, and each call is seen."""
        texts: dict[int, str] = {}

        async def fetch(awaiting: httpx.AsyncClient, number: int) -> None:
            texts[number] = (await awaiting.get(f"{REST}/{number}")).text

        async def main() -> None:
            async with (
                httpx.AsyncClient(verify=_context()) as awaiting,
                anyio.create_task_group() as tasks,
            ):
                for number in range(40):
                    tasks.start_soon(fetch, awaiting, number)

        anyio.run(main, backend=backend)
        assert texts == {n: str(n) for n in range(40)}
        assert len(tenant.completed) == 40


@pytest.mark.usefixtures("mount")
class TestTransports:
    """A client's own transport stays its own."""

    def test_a_mock_transport_is_left_alone(self, tenant: Tenant) -> None:
        """Even for a host of ours."""
        own = httpx.MockTransport(lambda _: httpx.Response(200, text="own"))
        with httpx.Client(transport=own) as blocking:
            assert blocking.get(AUTH).text == "own"
        assert tenant.seen == []

    def test_an_asgi_transport_is_left_alone(self, tenant: Tenant) -> None:
        """A client of the user's own application never meets us."""

        async def app(_scope: object, _receive: object, send: Callable[..., object]) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[misc]
            await send({"type": "http.response.body", "body": b"own"})  # type: ignore[misc]

        async def main() -> str:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as awaiting:
                return (await awaiting.get(AUTH)).text

        assert anyio.run(main) == "own"
        assert tenant.seen == []

    def test_an_http_transport_with_settings_is_answered(self, tenant: Tenant) -> None:
        """It would have called the real service."""
        own = httpx.HTTPTransport(verify=_context(), retries=3)
        with httpx.Client(transport=own) as blocking:
            assert blocking.get(AUTH).status_code == 200
        assert len(tenant.seen) == 1

    def test_a_client_that_was_built_before_is_answered(self, mount: Mount, tenant: Tenant) -> None:
        """Clients of module scope and module level are common."""
        mount.unmount()
        with client() as blocking:
            mount.mount()
            assert blocking.get(AUTH).status_code == 200
        assert len(tenant.seen) == 1


class Proxy(http.server.BaseHTTPRequestHandler):
    """A forward proxy that answers by itself."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.send_header("Content-Length", "9")
        self.end_headers()
        self.wfile.write(b"via proxy")

    def do_CONNECT(self) -> None:
        """Refuse."""
        self.send_error(403, "no tunnel here")

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture(scope="module")
def proxy() -> Iterator[str]:
    """Yield the URL of a proxy."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.usefixtures("mount")
def test_other_hosts_are_reached_by_a_proxy_as_ever(proxy: str) -> None:
    """respx's own patches cannot pass a proxied request through; ours must."""
    with httpx.Client(verify=_context(), proxy=proxy) as blocking:
        assert blocking.get("http://users.test/").text == "via proxy"
        with pytest.raises(httpx.ProxyError, match="403 no tunnel here"):
            blocking.get("https://users.test/")


def answered() -> bool:
    """Tell whether our door is asked, for both kinds of client."""
    with respx.mock(assert_all_called=False) as below:
        below.route().respond(text="below")
        sync = send_sync(httpx.Request("GET", AUTH)).text == ""
        assert (send_asyncio(httpx.Request("GET", AUTH)).text == "") is sync
        return sync


METHODS = [
    (httpx.HTTPTransport, "handle_request"),
    (httpx.AsyncHTTPTransport, "handle_async_request"),
]


def current() -> list[object]:
    """Give the methods that httpx has at the moment."""
    return [getattr(transport, name) for transport, name in METHODS]


class TestMount:
    """The door opens and closes without a trace."""

    def test_it_leaves_httpx_as_it_was(self, tenant: Tenant) -> None:
        """Mount and unmount as often as you like."""
        before = current()
        hosts = Hosts()
        hosts.add("mcx.auth.marketingcloudapis.com", "auth", tenant, "test")
        mount = Mount(hosts)
        for _ in range(2):
            mount.mount()
            assert answered()
            mount.unmount()
            assert current() == before
            assert not answered()

    def test_ensuring_what_is_so_changes_nothing(self, mount: Mount) -> None:
        """It is called before each test."""
        before = current()
        mount.ensure()
        assert current() == before

    def test_mounts_nest(self, mount: Mount, tenant: Tenant) -> None:
        """A pytest run within a test has a session of its own, and takes nothing from ours."""
        inner = Mount(Hosts())
        inner.mount()
        inner.unmount()
        mount.ensure()
        assert answered()
        assert len(tenant.seen) == 2

    def test_stopping_every_patch_does_not_unmount(self, mount: Mount) -> None:
        """`mock.patch.stopall()` in a test's teardown is common."""
        mock.patch.stopall()
        mount.ensure()
        assert answered()

    def test_it_comes_back_to_the_top(self, mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
        """Somebody's patch, as that of pytest-httpx, loses our hosts at the next set-up."""
        with monkeypatch.context() as patch:
            for transport, name in METHODS:
                patch.setattr(transport, name, mock.Mock(side_effect=httpx.ReadError("theirs")))
            with pytest.raises(httpx.ReadError, match="theirs"):
                answered()
            mount.ensure()
            assert answered()
        assert answered()

    def test_what_is_taken_off_is_forgotten(self, mount: Mount) -> None:
        """A mock of one test, which ours lay over, is not kept to the end of the session."""

        def patched() -> weakref.ref[object]:
            theirs = mock.Mock()
            with mock.patch.object(httpx.HTTPTransport, "handle_request", theirs):
                mount.ensure()
                assert answered()
            return weakref.ref(theirs)

        theirs = patched()
        mount.ensure()
        gc.collect()
        assert theirs() is None
        assert answered()

    def test_what_wraps_us_stays(self, mount: Mount, tenant: Tenant) -> None:
        """Instrumentation that goes on to call us need not be covered."""
        spans: list[str] = []
        below = httpx.HTTPTransport.handle_request

        @functools.wraps(below)
        def traced(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
            spans.append(request.method)
            return below(transport, request)

        with mock.patch.object(httpx.HTTPTransport, "handle_request", traced):
            mount.ensure()
            assert httpx.HTTPTransport.handle_request is traced
            send_sync(httpx.Request("GET", AUTH))
        assert (spans, len(tenant.seen)) == (["GET"], 1)

    def test_below_a_patch_of_others_it_can_only_fall_silent(self, mount: Mount) -> None:
        """Their patch is not ours to take away; what they call of us does nothing."""
        below = httpx.HTTPTransport.handle_request

        def theirs(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
            return below(transport, request)

        with mock.patch.object(httpx.HTTPTransport, "handle_request", theirs):
            mount.unmount()
            assert httpx.HTTPTransport.handle_request is theirs
            assert not answered()
        mount.unmount()
        assert httpx.HTTPTransport.handle_request is not below
