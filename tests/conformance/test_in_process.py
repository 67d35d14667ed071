"""The door in process: what the cloud sees of a request, and the client of an answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import anyio
import httpx
import in_process
import pytest
from in_process import TLS

from pytest_mcscopes.cloud.http import Request, Response
from pytest_mcscopes.stubs.rest import Stubs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from types import ModuleType

    from in_process import Sender
    from tenants import AnsweringTenant

    from pytest_mcscopes.transport.in_process.mount import Mount

AUTH = f"https://{in_process.AUTH}"
REST = f"https://{in_process.REST}"


@pytest.fixture
def client(library: ModuleType) -> Iterator[httpx.Client]:
    """Give a client of either library that blocks."""
    with library.Client(verify=TLS, trust_env=False) as client:
        yield client


@pytest.mark.usefixtures("mount")
class TestRequest:
    """What of httpx's request reaches the cloud."""

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
            pytest.param(f"https://{in_process.AUTH.upper()}/p", "/p", "", id="capitals"),
            pytest.param(f"{AUTH}./p", "/p", "", id="trailing dot"),
        ],
    )
    def test_path_and_query_are_as_sent(
        self, url: str, path: str, query: str, send: Sender, tenant: AnsweringTenant
    ) -> None:
        """Nothing is folded, decoded or lost on the way."""
        send("get", url)
        assert [(seen.method, seen.path, seen.query) for seen in tenant.seen] == [
            ("GET", path, query)
        ]

    def test_a_request_arrives_as_sent(self, send: Sender, tenant: AnsweringTenant) -> None:
        """Path, query, headers and body are those of the wire."""
        url = f"{AUTH}//v2/a%2Fb?x=%3F"
        headers = [("X-Tag", "a"), ("x-tag", "b")]
        send("post", url, headers=headers, content=b"body")
        assert tenant.seen == [
            Request(
                method="POST",
                host="auth",
                path="//v2/a%2Fb",
                query="x=%3F",
                headers={"host": in_process.AUTH, "x-tag": "a, b", "content-length": "4"},
                body=b"body",
            )
        ]

    def test_headers_are_by_lower_case_name_and_joined(
        self, send: Sender, tenant: AnsweringTenant
    ) -> None:
        """Repeated headers become one, as any server would read them."""
        headers = [("X-Tag", "a"), ("Authorization", "Bearer t"), ("x-tag", "b")]
        send("GET", AUTH, headers=headers)
        assert tenant.seen[0].headers == {
            "host": in_process.AUTH,
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
    def test_the_body_is_read(
        self,
        sent: dict[str, object],
        body: bytes,
        send: Sender,
        tenant: AnsweringTenant,
    ) -> None:
        """Whatever way it was given to httpx."""
        send("POST", AUTH, **sent)
        assert tenant.seen[0].body == body

    def test_a_generated_body_is_read(self, send_sync: Sender, tenant: AnsweringTenant) -> None:
        """A stream is consumed, as the wire would."""
        send_sync("POST", AUTH, content=iter([b"a", b"b"]))
        assert tenant.seen[0].body == b"ab"

    def test_an_async_generated_body_is_read(
        self, send_asyncio: Sender, tenant: AnsweringTenant
    ) -> None:
        """An async stream too."""

        async def chunks() -> AsyncIterator[bytes]:
            yield b"a"
            yield b"b"

        send_asyncio("POST", AUTH, content=chunks())
        assert tenant.seen[0].body == b"ab"

    def test_a_multipart_body_is_read(self, send: Sender, tenant: AnsweringTenant) -> None:
        """Uploads arrive with their boundary."""
        send("POST", AUTH, files={"file": ("a.txt", b"content")})
        boundary = tenant.seen[0].headers["content-type"].partition("boundary=")[2]
        assert boundary.encode() in tenant.seen[0].body
        assert b"content" in tenant.seen[0].body


@pytest.mark.usefixtures("mount")
class TestResponse:
    """What of the cloud's answer reaches the client."""

    def test_it_is_as_off_the_wire(self, send: Sender, tenant: AnsweringTenant) -> None:
        """Status, headers, body, the length of it, and a time that it took."""
        tenant.answer = Response.of_json(401, {"error": "invalid_client"}, {"X-A": "1"})
        answer = send("POST", f"{AUTH}/v2/token")
        assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
        assert dict(answer.headers) == {
            "content-type": "application/json; charset=utf-8",
            "x-a": "1",
            "content-length": "26",
        }
        assert answer.elapsed.total_seconds() >= 0
        assert str(answer.request.url) == f"{AUTH}/v2/token"

    @pytest.mark.parametrize(("method", "body"), [("GET", b"{}"), ("HEAD", b"")])
    def test_an_answer_is_as_off_the_wire(
        self, method: str, body: bytes, send: Sender, tenant: AnsweringTenant
    ) -> None:
        """Status, headers, the length, the body, and a time that it took."""
        tenant.answer = Response.of_json(401, {}, {"X-A": "1"})
        answer = send(method, AUTH)
        assert (answer.status_code, answer.content) == (401, body)
        assert dict(answer.headers) == {
            "content-type": "application/json; charset=utf-8",
            "x-a": "1",
            "content-length": "2",
        }
        assert answer.elapsed.total_seconds() >= 0

    @pytest.mark.parametrize(
        ("method", "length", "body"),
        [
            pytest.param("GET", "4", b"body", id="GET"),
            pytest.param("HEAD", "4", b"", id="HEAD has the length only"),
        ],
    )
    def test_a_body_goes_by_the_method(
        self, method: str, length: str, body: bytes, send_sync: Sender, tenant: AnsweringTenant
    ) -> None:
        """HEAD is answered without a body."""
        tenant.answer = Response(status=200, body=b"body")
        answer = send_sync(method, AUTH)
        assert (answer.headers["content-length"], answer.content) == (length, body)

    @pytest.mark.parametrize("status", [204, 304])
    def test_a_status_without_a_body_has_no_length(
        self, status: int, send_sync: Sender, tenant: AnsweringTenant
    ) -> None:
        """As on the wire."""
        tenant.answer = Response(status=status)
        assert dict(send_sync("GET", AUTH).headers) == {}

    def test_it_can_be_streamed(self, client: httpx.Client, tenant: AnsweringTenant) -> None:
        """A client may read in its own time."""
        tenant.answer = Response(status=200, body=b"body")
        with client.stream("GET", AUTH) as answer:
            assert not answer.is_stream_consumed
            assert b"".join(answer.iter_raw()) == b"body"


@pytest.mark.usefixtures("mount")
class TestAdmittedCalls:
    """The test's stub answers what the cloud lets through."""

    def test_without_stubs_the_cloud_answers(self, send: Sender, tenant: AnsweringTenant) -> None:
        """A test that stubs nothing gets what the cloud has."""
        assert send("GET", f"{REST}/x").json() == {}
        assert tenant.completed == [None]

    def test_without_a_match_the_cloud_answers(self, send: Sender, tenant: AnsweringTenant) -> None:
        """A stub for another route is no answer."""
        tenant.stubs = Stubs(REST)
        tenant.stubs.router.get("/other").respond(202)
        assert send("GET", f"{REST}/x").json() == {}
        assert tenant.completed == [None]

    def test_a_stub_answers(self, send: Sender, tenant: AnsweringTenant) -> None:
        """Its answer is completed by the cloud and sent."""
        tenant.stubs = Stubs(REST)
        tenant.stubs.router.get("/x").respond(202, text="stub")
        answer = send("GET", f"{REST}/x")
        assert (answer.status_code, answer.text) == (202, "stub")
        assert [done and done.status for done in tenant.completed] == [202]

    def test_a_stub_answers_what_is_admitted(self, send: Sender, tenant: AnsweringTenant) -> None:
        """A stub is written as ever: with respx, over httpx's requests."""
        seen: list[httpx.Request] = []

        def accept(request: httpx.Request) -> httpx.Response:
            seen.append(request)
            return httpx.Response(202, text="stub")

        tenant.stubs = Stubs(REST)
        tenant.stubs.router.post("/x", json={"a": 1}).mock(side_effect=accept)
        answer = send("POST", f"{REST}/x", json={"a": 1})
        assert (answer.status_code, answer.text) == (202, "stub")
        assert [str(request.url) for request in seen] == [f"{REST}/x"]
        assert send("GET", f"{REST}/y").json() == {}

    def test_a_raising_stub_leaves_the_call_unanswered(
        self, send: Sender, tenant: AnsweringTenant
    ) -> None:
        """Its exception is the client's, and the cloud completes nothing."""
        tenant.stubs = Stubs(REST)
        tenant.stubs.router.get("/x").mock(side_effect=httpx.ReadTimeout)
        with pytest.raises(send.library.ReadTimeout):
            send("GET", f"{REST}/x")
        assert tenant.completed == []

    def test_the_auth_host_is_never_stubbed(self, send: Sender, tenant: AnsweringTenant) -> None:
        """What the cloud answers itself is asked of no stub."""
        tenant.stubs = Stubs(REST)
        route = tenant.stubs.router.route().respond(500)
        assert send("POST", f"{AUTH}/v2/token").status_code == 200
        assert not route.called


@pytest.mark.usefixtures("mount")
class TestConcurrency:
    """Many calls at once."""

    @pytest.fixture(autouse=True)
    def _stubbed(self, tenant: AnsweringTenant) -> None:
        tenant.stubs = Stubs(REST)
        tenant.stubs.router.get(path__regex=r"/(?P<number>\d+)").mock(
            side_effect=lambda _, number: httpx.Response(200, text=number)
        )

    def test_threads_share_a_client(self, client: httpx.Client, tenant: AnsweringTenant) -> None:
        """Each gets its own answer, and each call is seen."""
        with ThreadPoolExecutor(8) as threads:
            texts = threads.map(lambda n: client.get(f"{REST}/{n}").text, range(40))
            assert list(texts) == [str(n) for n in range(40)]
        assert len(tenant.completed) == 40

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_tasks_share_a_client(
        self, backend: str, library: ModuleType, tenant: AnsweringTenant
    ) -> None:
        """Each gets its own answer, and each call is seen."""
        texts: dict[int, str] = {}

        async def fetch(awaiting: httpx.AsyncClient, number: int) -> None:
            texts[number] = (await awaiting.get(f"{REST}/{number}")).text

        async def main() -> None:
            async with (
                library.AsyncClient(verify=TLS) as awaiting,
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

    def test_a_mock_transport_is_left_alone(
        self, library: ModuleType, tenant: AnsweringTenant
    ) -> None:
        """Even for a host of ours."""
        own = library.MockTransport(lambda _: library.Response(200, text="own"))
        with library.Client(transport=own) as client:
            assert client.get(AUTH).text == "own"
        assert tenant.seen == []

    def test_an_asgi_transport_is_left_alone(
        self, library: ModuleType, tenant: AnsweringTenant
    ) -> None:
        """A client of the user's own application never meets us."""

        async def app(_scope: object, _receive: object, send: Callable[..., object]) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[misc]
            await send({"type": "http.response.body", "body": b"own"})  # type: ignore[misc]

        async def main() -> str:
            async with library.AsyncClient(transport=library.ASGITransport(app)) as awaiting:
                return str((await awaiting.get(AUTH)).text)

        assert anyio.run(main) == "own"
        assert tenant.seen == []

    def test_an_http_transport_with_settings_is_answered(
        self, library: ModuleType, tenant: AnsweringTenant
    ) -> None:
        """It would have called the real service."""
        own = library.HTTPTransport(verify=TLS, retries=3)
        with library.Client(transport=own) as client:
            answer = client.get(AUTH)
        assert (answer.status_code, answer.text) == (200, "ours GET")
        assert len(tenant.seen) == 1

    def test_a_client_that_was_built_before_is_answered(
        self, library: ModuleType, mount: Mount, tenant: AnsweringTenant
    ) -> None:
        """Clients of module scope and module level are common."""
        mount.unmount()
        with library.Client(verify=TLS, trust_env=False) as client:
            mount.mount()
            assert client.get(AUTH).status_code == 200
        assert len(tenant.seen) == 1


@pytest.mark.usefixtures("mount")
def test_other_hosts_are_reached_by_a_proxy_as_ever(library: ModuleType, network: str) -> None:
    """respx's own patches cannot pass a proxied request through; ours must."""
    with library.Client(verify=TLS, proxy=network) as client:
        assert client.get("http://users.test/").text == "via proxy"
        with pytest.raises(library.ProxyError, match="403 no tunnel here"):
            client.get("https://users.test/")
