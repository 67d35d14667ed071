"""The door for aiohttp: a connection in memory behaves as one to the service would."""

from __future__ import annotations

import asyncio
import gc
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from importlib import import_module
from io import BytesIO
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar
from unittest import mock

import aiohttp
import httpx
import pytest
from aiohttp.abc import AbstractResolver
from aiohttp.client_proto import ResponseHandler
from tenants import build_tenant, core_of

from pytest_mcscopes.config import PackageConfig
from pytest_mcscopes.errors import McScopesError
from pytest_mcscopes.transport.hosts import Hosts, Stray
from pytest_mcscopes.transport.in_process.aiohttp_connector import InMemory
from pytest_mcscopes.transport.in_process.forks import HomeProcess
from pytest_mcscopes.transport.in_process.mount import Mount

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator

    from pytest_mcscopes.cloud.http import Trouble
    from pytest_mcscopes.tenant.tenant import Tenant

    Session = aiohttp.ClientSession
    Use = Callable[[Session], Awaitable[Any]]

AUTH = "mcx.auth.marketingcloudapis.com"
REST = "mcx.rest.marketingcloudapis.com"
OTHER = "mcother.rest.marketingcloudapis.com"
CALL = f"https://{REST}/messaging/v1/email/messages/receipt"
TIMEOUT = getattr(aiohttp, "SocketTimeoutError", aiohttp.ServerTimeoutError)
T = TypeVar("T")
ASKED_BY: ContextVar[str] = ContextVar("asked_by", default="nobody")


@dataclass
class Seen:
    """What the session of pytest is told."""

    strays: list[Stray] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    taken: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture
def seen() -> Seen:
    """Give what is told; nothing yet."""
    return Seen()


@pytest.fixture
def hosts(seen: Seen) -> Hosts:
    """Give a session without tenants."""
    return Hosts(
        on_stray=seen.strays.append,
        on_other=seen.others.append,
        on_taken=lambda host, by: seen.taken.append((host, by)),
    )


@pytest.fixture(scope="module", autouse=True)
def _all_is_closed() -> Iterator[None]:
    """Let what was not closed warn here."""
    yield
    gc.collect()


def add_tenant(hosts: Hosts, built_by: str = "test_two") -> Tenant:
    """Let a tenant answer the two hosts."""
    tenant = build_tenant(PackageConfig(subdomain="mcx", scopes=frozenset({"email_send"})))
    hosts.add(AUTH, "auth", core_of(tenant), built_by)
    hosts.add(REST, "rest", core_of(tenant), built_by)
    return tenant


def came_to(tenant: Tenant) -> list[Any]:
    """Give what the tenant has written down of the code under test."""
    return [entry.fact for entry in tenant.ledger.entries if entry.origin == "code"]


def end_tenant(hosts: Hosts) -> None:
    """End it."""
    hosts.end(AUTH)
    hosts.end(REST)


@pytest.fixture
def tenant(hosts: Hosts, mount: Mount) -> Tenant:  # noqa: ARG001 - it answers
    """Give a tenant that is answered in this process."""
    return add_tenant(hosts)


@pytest.fixture
def bearer(tenant: Tenant) -> dict[str, str]:
    """Give the header with a token that may send e-mail."""
    return {"Authorization": f"Bearer {tenant.issue_token()}"}


def forwarding(lost: mock.Mock) -> Callable[..., None]:
    """Write aiohttp's own method, and count its calls."""
    below = ResponseHandler.connection_lost

    def connection_lost(protocol: ResponseHandler, error: BaseException | None) -> None:
        lost(error)
        below(protocol, error)

    return connection_lost


def use(work: Use, **session: Any) -> Any:  # noqa: ANN401 - whatever the work gives
    """Do something with a session of aiohttp, on a loop of its own."""

    async def do() -> object:
        async with aiohttp.ClientSession(**session) as opened:
            return await work(opened)

    return run(do())


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run something on a loop in a thread: Python 3.11 tells tracers a return too many of tasks.

    Where an error is thrown into a waiting task, coverage would lose the test that runs the loop.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def fetch(method: str, url: str, **request: Any) -> tuple[int, str]:  # noqa: ANN401
    """Send one request; give status and text."""

    async def send(session: Session) -> tuple[int, str]:
        async with session.request(method, url, **request) as answer:
            return answer.status, await answer.text()

    return use(send)  # type: ignore[no-any-return]


class TestAddress:
    """Where a request is sent, and who answers."""

    @pytest.mark.parametrize(
        "url",
        [
            CALL,
            CALL.replace("mcx", "MCX"),
            CALL.replace(".com/", ".com./"),
            CALL.replace(".com/", ".com:443/"),
        ],
    )
    @pytest.mark.parametrize(
        "how",
        [
            pytest.param({}, id="plain"),
            pytest.param({"proxy": "http://proxy.invalid:3128"}, id="by a proxy"),
            pytest.param({"proxy": "https://proxy.invalid"}, id="by a proxy with TLS"),
            pytest.param({"ssl": False}, id="unverified"),
            pytest.param({"ssl": aiohttp.Fingerprint(b"\0" * 32)}, id="pinned"),
        ],
    )
    def test_a_tenant_answers(self, url: str, how: Any, bearer: dict[str, str]) -> None:  # noqa: ANN401
        """However its name is spelt, and whatever would lie in between."""
        assert fetch("POST", url, headers=bearer, **how) == (200, "{}")

    @pytest.mark.parametrize(
        ("url", "text"),
        [
            pytest.param(
                CALL.replace("https", "http"),
                f"http://{REST} was called, and Marketing Cloud listens at https://{REST} only.",
                id="without TLS",
            ),
            pytest.param(
                CALL.replace(".com/", ".com:8443/"),
                f"https://{REST}:8443 was called, and Marketing Cloud listens at https://{REST}",
                id="another port",
            ),
            pytest.param(f"https://{OTHER}/", "is not simulated here and was not", id="nobody's"),
            pytest.param(
                f"https://{AUTH}v2/token", "joined to the host without a slash", id="no slash"
            ),
        ],
    )
    def test_a_refusal_is_that_of_a_connection(self, url: str, text: str, tenant: Tenant) -> None:
        """With our text: without a number aiohttp would show none."""
        with pytest.raises(aiohttp.ClientConnectorError, match="Cannot connect to host") as met:
            fetch("POST", url)
        assert text in str(met.value)
        assert met.value.errno
        assert came_to(tenant) == []

    def test_a_forked_child_is_refused(self, tenant: Tenant) -> None:
        """It has a copy of the tenant, which no test would see."""
        left = mock.patch.object(HomeProcess, "is_left", return_value=True)
        with left, pytest.raises(aiohttp.ClientConnectorError, match="forked from the test's"):
            fetch("POST", CALL)
        assert came_to(tenant) == []

    @pytest.mark.usefixtures("tenant")
    def test_what_was_refused_can_be_read(self, seen: Seen) -> None:
        """Whose late request it was, is told by what it asked for."""
        with pytest.raises(aiohttp.ClientConnectorError):
            fetch("POST", f"https://{OTHER}/v2/token?a=1", data=BytesIO(b"scope=x"))
        (stray,) = seen.strays
        assert stray == Stray(host=OTHER, method="POST", built_by=None)
        assert stray.read
        read = stray.read("auth")
        assert (read.host, read.path, read.query) == ("auth", "/v2/token", "a=1")
        assert (read.body, read.headers["host"]) == (b"scope=x", OTHER)

    @pytest.mark.parametrize(
        ("method", "headers", "status"),
        [
            pytest.param("POST", {"Transfer-Encoding": "gzip"}, 501, id="a coding of nobody's"),
            pytest.param("CONNECT", {}, 405, id="no path"),
        ],
    )
    @pytest.mark.usefixtures("tenant")
    def test_what_nobody_can_read_is_answered_as_at_a_port(
        self, method: str, headers: dict[str, str], status: int
    ) -> None:
        """It is no request of Marketing Cloud's."""
        answered, text = fetch(method, CALL, headers=headers)
        assert (answered, text[:37]) == (status, "MCSCOPES: this request was not read: ")

    def test_a_token_request_that_is_not_read_has_asked(self, tenant: Tenant) -> None:
        """Whatever host it is sent to."""
        assert fetch("POST", f"https://{REST}/v2/token", headers={"Transfer-Encoding": "gzip"})
        *_, asked = came_to(tenant)
        assert "refused before its body" in asked.unreadable

    def test_a_websocket_is_refused_as_a_request(self, tenant: Tenant) -> None:
        """The service has none."""

        async def connect(session: Session) -> None:
            await session.ws_connect(f"wss://{REST}/x")

        with pytest.raises(aiohttp.WSServerHandshakeError) as met:
            use(connect)
        assert met.value.status == 401
        assert len(came_to(tenant)) == 1


class TestRequest:
    """What aiohttp sends in a way of its own."""

    async def pieces(self) -> AsyncIterator[bytes]:
        """Give a body piece by piece."""
        for _ in range(64):
            yield b"x" * 65_536
            await asyncio.sleep(0)

    @pytest.mark.parametrize("expects", [False, True])
    def test_a_body_is_read_to_its_end(
        self,
        *,
        expects: bool,
        tenant: Tenant,
        bearer: dict[str, str],
    ) -> None:
        """Of four mebibytes in pieces, also where the client awaits to be told to go on."""
        stub = tenant.rest.post(path__regex=".*").respond(200)
        assert fetch("POST", CALL, data=self.pieces(), expect100=expects, headers=bearer)[0] == 200
        assert stub.calls.last.request.content == b"x" * 4 * 1024 * 1024

    async def too_much(self) -> AsyncIterator[bytes]:
        """Give more than is read."""
        while True:
            async for _ in self.pieces():
                yield b"x" * 65_536

    @pytest.mark.parametrize("path", ["v2/token", "v2/userinfo"])
    @pytest.mark.parametrize("pieces", [False, True])
    def test_a_body_that_is_too_large(self, *, pieces: bool, path: str, tenant: Tenant) -> None:
        """It is answered, and judged by what is known of it."""
        body = self.too_much() if pieces else BytesIO(b"x" * 17 * 1024 * 1024)
        status, text = fetch("POST", f"https://{AUTH}/{path}", data=body)
        assert (status, "more than 16777216 bytes" in text) == (413, True)
        unread = [asked.unreadable for asked in came_to(tenant)]
        assert len(unread) == (path == "v2/token")
        assert all("refused before its body" in why for why in unread)

    def test_a_token_request_that_breaks_off_has_asked(self, tenant: Tenant) -> None:
        """The client gave up in the middle of it."""

        async def some() -> AsyncIterator[bytes]:
            yield b"grant_type="
            await asyncio.Event().wait()

        async def give_up(session: Session) -> None:
            url = f"https://{AUTH}/v2/token"
            sending = asyncio.create_task(session.post(url, data=some()))
            await asyncio.sleep(0.05)
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending

        use(give_up)
        (asked,) = came_to(tenant)
        assert "refused before its body" in asked.unreadable


class TestAnswer:
    """What comes back."""

    def test_a_large_one_comes_whole(self, tenant: Tenant, bearer: dict[str, str]) -> None:
        """Whatever the client's buffers hold; and it may be left unread."""
        tenant.rest.get(path="/x").respond(200, content=b"x" * 5_000_000)

        async def read(session: Session) -> int:
            async with session.get(f"https://{REST}/x", headers=bearer):
                pass
            async with session.get(f"https://{REST}/x", headers=bearer) as answer:
                return len(await answer.read())

        assert use(read, read_bufsize=1024) == 5_000_000

    def test_there_is_no_socket_to_ask(self, tenant: Tenant, bearer: dict[str, str]) -> None:
        """And code that asks lives with it."""
        told: list[object] = []
        connector: list[Any] = []

        async def answer(_: httpx.Request) -> httpx.Response:
            (protocol,) = connector[0]._acquired  # noqa: SLF001
            transport = protocol.transport
            told.extend((transport.get_extra_info("peername"), transport.get_write_buffer_size()))
            transport.abort()
            transport.abort()
            return httpx.Response(200)

        async def ask(session: Session) -> None:
            connector.append(session.connector)
            with pytest.raises(aiohttp.ServerDisconnectedError):
                await session.post(CALL, headers=bearer)

        tenant.rest.post(path__regex=".*").mock(side_effect=answer)
        use(ask)
        assert told == [None, 0]

    def test_a_redirect_is_followed(self, tenant: Tenant, bearer: dict[str, str]) -> None:
        """On the same connection, which is kept."""
        tenant.rest.get(path="/old").respond(302, headers={"Location": "/new"})
        tenant.rest.get(path="/new").respond(200, text="new")
        assert fetch("GET", f"https://{REST}/old", headers=bearer) == (200, "new")

    @pytest.mark.parametrize(
        "session",
        [
            pytest.param({}, id="kept alive"),
            pytest.param({"version": aiohttp.HttpVersion10}, id="HTTP/1.0"),
            pytest.param({"headers": {"Connection": "close"}}, id="closed"),
        ],
    )
    def test_one_request_after_another(self, session: Any, bearer: dict[str, str]) -> None:  # noqa: ANN401
        """On connections that are kept, and on those that are not."""

        async def send(opened: Session) -> list[int]:
            answers = [await opened.post(CALL, headers=bearer) for _ in range(3)]
            return [answer.status for answer in answers]

        assert use(send, **session) == [200, 200, 200]

    def test_many_threads(self, bearer: dict[str, str]) -> None:
        """Each has a loop of its own."""
        with ThreadPoolExecutor(16) as pool:
            answers = pool.map(lambda _: fetch("POST", CALL, headers=bearer), range(32))
            assert set(answers) == {(200, "{}")}


class TestTrouble:
    """What comes instead, where the test wants that."""

    @pytest.mark.parametrize(
        ("trouble", "raised", "what"),
        [
            ("timeout", TIMEOUT, "was not answered in time"),
            ("reset", aiohttp.ClientOSError, "was cut off before an answer"),
        ],
    )
    def test_fail_next(
        self, trouble: Trouble, raised: type, what: str, tenant: Tenant, bearer: dict[str, str]
    ) -> None:
        """It is aiohttp's own error at once, and the next request is answered."""

        async def send(session: Session) -> tuple[BaseException, int]:
            with pytest.raises(raised) as met:
                await session.post(CALL, headers=bearer)
            async with session.post(CALL, headers=bearer) as answer:
                return met.value, answer.status

        tenant.fail_next("rest", trouble)
        error, status = use(send)
        assert type(error) is raised
        assert str(error).endswith(
            f"MCSCOPES: POST https://{REST} {what}, as the test ordered by"
            f' fail_next(..., "{trouble}"). The code under test is expected to handle'
            f" aiohttp.{raised.__name__}; where it need not, remove fail_next."
        )
        assert status == 200

    @pytest.mark.parametrize("trouble", ["timeout", "reset", None])
    def test_a_client_that_is_gone_before_its_answer(
        self,
        trouble: Trouble | None,
        tenant: Tenant,
        bearer: dict[str, str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Its connection is lost once, whatever the answer was to be, and its call was made."""
        write, lost = InMemory.write, mock.Mock()

        def write_and_go(connection: InMemory, data: bytes) -> None:
            write(connection, data)
            connection.close()

        async def send(session: Session) -> None:
            with pytest.raises(aiohttp.ClientConnectionError):
                await session.post(CALL, headers=bearer)

        monkeypatch.setattr(InMemory, "write", write_and_go)
        monkeypatch.setattr(ResponseHandler, "connection_lost", forwarding(lost))
        if trouble:
            tenant.fail_next("rest", trouble)
        use(send)
        assert lost.call_count == 1
        assert len(came_to(tenant)) == 1

    @pytest.mark.parametrize(
        ("effect", "raised"),
        [
            pytest.param(httpx.ReadTimeout("slow"), TIMEOUT, id="a stub's time-out"),
            pytest.param(httpx.ReadError("cut"), aiohttp.ClientOSError, id="a stub's reset"),
            pytest.param(ValueError("mine"), ValueError, id="an error of the test's"),
            pytest.param(pytest.fail.Exception("no"), pytest.fail.Exception, id="pytest.fail"),
        ],
    )
    def test_what_a_stub_raises_arrives(
        self,
        effect: BaseException,
        raised: type[BaseException],
        tenant: Tenant,
        bearer: dict[str, str],
    ) -> None:
        """In the code under test, where it waits for its answer."""

        def answer(_: httpx.Request) -> httpx.Response:
            raise effect

        tenant.rest.post(path__regex=".*").mock(side_effect=answer)
        with pytest.raises(raised, match=str(effect)):
            fetch("POST", CALL, headers=bearer)

    def test_an_answer_that_http_cannot_say(self, tenant: Tenant, bearer: dict[str, str]) -> None:
        """It is the stub's fault, and says so."""
        tenant.rest.post(path__regex=".*").respond(99)
        with pytest.raises(McScopesError, match="a stub gave an answer that HTTP cannot say"):
            fetch("POST", CALL, headers=bearer)

    def test_a_stub_is_awaited_on_the_clients_loop(
        self, tenant: Tenant, bearer: dict[str, str]
    ) -> None:
        """Others go on meanwhile, and it knows the context variables of who asks."""
        going: list[asyncio.Event] = []

        async def answer(_: httpx.Request) -> httpx.Response:
            await going[0].wait()
            return httpx.Response(200, text=ASKED_BY.get())

        async def ask(session: Session, name: str) -> str:
            ASKED_BY.set(name)
            async with session.post(CALL, headers=bearer) as got:
                return await got.text()

        async def both(session: Session) -> list[str]:
            going.append(asyncio.Event())
            asking = asyncio.gather(ask(session, "one"), ask(session, "two"))
            await asyncio.sleep(0)
            going[0].set()
            return [*await asking]

        tenant.rest.post(path__regex=".*").mock(side_effect=answer)
        assert use(both) == ["one", "two"]

    @pytest.mark.parametrize("how", ["cancelled", "late", "closed by the stub"])
    def test_a_client_that_gives_up(self, how: str, tenant: Tenant, bearer: dict[str, str]) -> None:
        """The stub is cancelled with it, and the session stays of use."""
        ends: list[str] = []
        opened: list[Session] = []

        async def answer(_: httpx.Request) -> None:
            try:
                if how == "closed by the stub":
                    await opened[0].close()
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ends.append("cancelled")
                raise

        async def give_up(session: Session) -> None:
            opened.append(session)
            timeout = aiohttp.ClientTimeout(total=0.05 if how == "late" else None)
            async with asyncio.timeout(0.05 if how == "cancelled" else None):
                await session.post(CALL, headers=bearer, timeout=timeout)

        async def work(session: Session) -> None:
            with pytest.raises((TimeoutError, aiohttp.ClientError)):
                await give_up(session)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            if how != "closed by the stub":
                async with session.get(f"https://{REST}/x", headers=bearer) as other:
                    assert other.status == 404

        tenant.rest.post(path__regex=".*").mock(side_effect=answer)
        use(work)
        assert ends == ["cancelled"]


class TestLife:
    """What a client keeps, and tenants that come and go meanwhile."""

    @pytest.mark.usefixtures("mount")
    def test_a_kept_connection_never_outlives_its_tenant(self, hosts: Hosts, seen: Seen) -> None:
        """The next tenant of the name answers by it, and after that nobody does."""

        async def work(session: Session) -> str:
            for _ in range(2):
                tenant = add_tenant(hosts)
                bearer = {"Authorization": f"Bearer {tenant.issue_token()}"}
                async with session.post(CALL, headers=bearer) as answer:
                    assert answer.status == 200
                assert len(came_to(tenant)) == 1
                end_tenant(hosts)
            with pytest.raises(aiohttp.ClientConnectorError) as met:
                await session.post(CALL)
            return str(met.value)

        text = use(work)
        assert f"https://{REST} belongs to a Marketing Cloud that ended with test_two" in text
        assert seen.strays == [Stray(host=REST, method="POST", built_by="test_two")]

    def test_a_kept_connection_never_outlives_the_session_of_pytest(self, hosts: Hosts) -> None:
        """From then on names are looked up again."""
        mount = Mount(hosts)
        mount.mount()
        headers = {"Authorization": f"Bearer {add_tenant(hosts).issue_token()}"}

        async def work(session: Session) -> None:
            async with session.post(CALL, headers=headers) as answer:
                assert answer.status == 200
            mount.unmount()
            with pytest.raises(aiohttp.ClientConnectorError, match="looked up"):
                await session.post(CALL, headers=headers)

        async def do() -> None:
            async with aiohttp.ClientSession(connector=_connector()) as session:
                await work(session)

        run(do())

    def test_sessions_of_pytest_may_nest(self, tenant: Tenant, bearer: dict[str, str]) -> None:
        """An inner one answers its own; what it gave is no foreign connection to the outer one."""
        inner = Hosts()
        inner.add(OTHER, "rest", core_of(tenant), "inner")
        mount = Mount(inner)
        mount.mount()
        try:
            url = CALL.replace(REST, OTHER)
            assert fetch("POST", url, headers=bearer) == (200, "{}")
        finally:
            mount.unmount()
        assert fetch("POST", CALL, headers=bearer) == (200, "{}")


class _Resolver(AbstractResolver):
    """Finds every name at this machine; without a port, nowhere."""

    def __init__(self, port: int = 0) -> None:
        self.port = port

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> Any:  # noqa: ANN401
        if not self.port:
            raise OSError(0, "looked up")
        found = {"hostname": host, "host": "127.0.0.1", "port": port or self.port}
        return [{**found, "family": family, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        """Do nothing."""


def _connector(port: int = 0) -> aiohttp.TCPConnector:
    return aiohttp.TCPConnector(resolver=_Resolver(port))


@asynccontextmanager
async def real_server() -> AsyncIterator[int]:
    """Serve at a port of this machine."""
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        while await reader.readline():
            while (await reader.readline()).strip():
                pass
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nreal")

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        for writer in writers:
            writer.close()
            await writer.wait_closed()


class TestOthers:
    """What is not ours, and what gets around us."""

    def test_another_host_is_left_alone_and_told(self, mount: Mount, seen: Seen) -> None:  # noqa: ARG002
        """With each request, also on a connection that is kept."""

        async def work() -> list[str]:
            async with (
                real_server() as port,
                aiohttp.ClientSession(connector=_connector(port)) as session,
            ):
                urls = [
                    f"http://{host}:{port}/" for host in ("shop.test", "Shop.test", "127.0.0.1")
                ]
                return [await (await session.get(url)).text() for url in urls]

        assert run(work()) == ["real", "real", "real"]
        assert seen.others == ["shop.test", "shop.test"]  # tenants may be at ports of this machine

    def test_a_connection_from_before_us_is_not_used(self, hosts: Hosts, seen: Seen) -> None:
        """A client that logged in at import may have kept one to the real service."""
        mount = Mount(hosts)

        async def work() -> str:
            async with (
                real_server() as port,
                aiohttp.ClientSession(connector=_connector(port)) as session,
            ):
                url = f"http://{OTHER}:{port}/"
                assert await (await session.get(url)).text() == "real"
                mount.mount()
                with pytest.raises(aiohttp.ClientConnectorError) as met:
                    await session.get(url)
                return str(met.value)

        try:
            assert "is not simulated here and was not called" in run(work())
        finally:
            mount.unmount()
        assert {stray.host for stray in seen.strays} == {OTHER}

    def test_what_a_connector_of_the_clients_own_reaches_is_told(
        self, tenant: Tenant, seen: Seen
    ) -> None:
        """It is asked, as a transport of httpx's is, and the verdict can say so."""

        class Own(aiohttp.TCPConnector):
            async def _create_connection(self, *args: Any, **named: Any) -> Any:  # noqa: ANN401, ARG002
                protocol = self._factory()
                loop = asyncio.get_running_loop()
                await loop.create_connection(lambda: protocol, "127.0.0.1", port)
                return protocol

        port = 0

        async def work() -> str:
            nonlocal port
            async with real_server() as port, aiohttp.ClientSession(connector=Own()) as session:
                return await (await session.post(f"http://{REST}/")).text()

        assert run(work()) == "real"
        assert seen.taken == [(REST, "connector")]
        assert came_to(tenant) == []

    @pytest.mark.usefixtures("mount")
    def test_what_a_session_is_asked_for_is_named_as_ever(self) -> None:
        """Python's warning of what was never awaited has aiohttp's own name."""
        named = aiohttp.ClientSession._request  # noqa: SLF001
        assert named.__qualname__ == "ClientSession._request"

    def test_what_a_middleware_answers_is_told(self, tenant: Tenant, seen: Seen) -> None:
        """But nothing of what it hands on, nor of another host."""

        async def answer(request: aiohttp.ClientRequest, handler: Any) -> Any:  # noqa: ANN401
            if request.url.path == "/on":
                return await handler(request)
            return mock.MagicMock(status=202, cookies={})

        async def work(base: str, url: str) -> int:
            async with aiohttp.ClientSession(base, middlewares=(answer,)) as session:
                return (await session.get(url)).status

        assert run(work(f"https://{REST}", "/x")) == 202
        assert run(work("https://shop.test", f"https://{REST}:443/x")) == 202
        assert run(work("https://shop.test", "/x")) == 202
        assert run(work("https://shop.test", f"https://{REST}/on")) == 401
        assert seen.taken == [(REST, "middleware")] * 2
        assert len(came_to(tenant)) == 1

    @pytest.mark.parametrize("where", ["the session's connector", "the class"])
    def test_what_stands_in_for_connecting_is_told(
        self, where: str, tenant: Tenant, seen: Seen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As long as the test has it there."""

        async def work() -> str:
            async with real_server() as port, aiohttp.ClientSession() as session:
                assert session.connector

                async def create(*_: object, **__: object) -> object:
                    protocol = session.connector._factory()  # type: ignore[union-attr] # noqa: SLF001
                    loop = asyncio.get_running_loop()
                    await loop.create_connection(lambda: protocol, "127.0.0.1", port)
                    return protocol

                own = aiohttp.TCPConnector if where == "the class" else session.connector
                with monkeypatch.context() as patch:
                    patch.setattr(own, "_create_connection", create)
                    return await (await session.post(f"http://{REST}/")).text()

        assert asyncio.run(work()) == "real"
        assert seen.taken == [(REST, "connector")]
        assert came_to(tenant) == []

    def test_a_client_that_gets_no_connection_was_answered_by_nobody(
        self, tenant: Tenant, bearer: dict[str, str], seen: Seen
    ) -> None:
        """It gives up while it waits for the one that its pool may have."""

        async def work(session: Session) -> None:
            async def take_long(_: object) -> httpx.Response:
                with pytest.raises(TimeoutError):
                    await session.get(CALL, timeout=aiohttp.ClientTimeout(connect=0.01))
                return httpx.Response(202)

            tenant.rest.post(CALL).mock(side_effect=take_long)
            async with session.post(CALL, headers=bearer) as answer:
                assert answer.status == 202

        async def with_one_connection() -> None:
            connector = aiohttp.TCPConnector(limit=1)
            async with aiohttp.ClientSession(connector=connector) as session:
                await work(session)

        run(with_one_connection())
        assert seen.taken == []
        assert len(came_to(tenant)) == 1

    def test_what_fails_in_place_of_connecting_is_told(self, tenant: Tenant, seen: Seen) -> None:
        """Whatever it has sent before it failed."""

        class Failing(aiohttp.TCPConnector):
            async def _create_connection(self, *_: Any, **__: Any) -> Any:  # noqa: ANN401
                raise ConnectionResetError

        async def work() -> None:
            async with aiohttp.ClientSession(connector=Failing()) as session:
                with pytest.raises(aiohttp.ClientOSError):
                    await session.post(CALL)

        run(work())
        assert seen.taken == [(REST, "connector")]
        assert came_to(tenant) == []

    def test_it_is_patched_once_it_is_imported(
        self, hosts: Hosts, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """To import it for nothing would cost each run a tenth of a second."""
        genuine = aiohttp.TCPConnector._create_connection  # noqa: SLF001
        monkeypatch.delitem(sys.modules, "aiohttp.connector")
        mount = Mount(hosts)
        mount.mount()
        try:
            assert "aiohttp.connector" not in sys.modules
            late = import_module("aiohttp.connector").TCPConnector
            assert late._create_connection is not genuine  # noqa: SLF001
            assert "in_process" in late._create_connection.__module__  # noqa: SLF001
        finally:
            mount.unmount()
            monkeypatch.undo()
            aiohttp.connector = sys.modules["aiohttp.connector"]
        assert "in_process" not in late._create_connection.__module__  # noqa: SLF001

    def test_what_a_test_puts_in_its_place_is_left_alone(
        self, hosts: Hosts, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A stub of the module has nothing to patch."""
        for name in ("aiohttp.connector", "aiohttp.client"):
            monkeypatch.setitem(sys.modules, name, ModuleType(name))
        before = aiohttp.ClientSession._request  # noqa: SLF001
        mount = Mount(hosts)
        mount.mount()
        assert aiohttp.ClientSession._request is before  # noqa: SLF001
        mount.unmount()
