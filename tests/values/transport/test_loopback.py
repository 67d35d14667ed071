"""The door of real ports: what a tenant gets to see of a request, and its client of an answer."""

from __future__ import annotations

import errno
import gc
import http.client
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING
from unittest import mock
from urllib.parse import urlsplit

import freezegun
import httpx
import pytest
from sockets import all_of, connections, dial, eventually, say
from tenants import AnsweringTenant

from pytest_mcscopes.cloud.http import Request, Response
from pytest_mcscopes.stubs.rest import Stubs
from pytest_mcscopes.transport.loopback import ports
from pytest_mcscopes.transport.loopback.connection import Connection
from pytest_mcscopes.transport.loopback.server import Loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_mcscopes.cloud.http import Urls

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 2\r\n"
OURS = "mcscopes-"
EMPTY = Response.of_json(200, {})


class Errors(list[tuple[str | None, BaseException]]):
    """What went wrong in the threads of connections, and for which test."""

    def hear(self, test: str | None, error: BaseException) -> None:
        self.append((test, error))


@pytest.fixture
def tenant() -> AnsweringTenant:
    """Give a tenant without stubs."""
    return AnsweringTenant(EMPTY)


@pytest.fixture
def errors() -> Errors:
    """Give what went wrong in the threads of connections."""
    return Errors()


@pytest.fixture
def loopback(errors: Errors) -> Iterator[Loopback]:
    """Give the ports of a session without tenants."""
    loopback = Loopback(errors.hear)
    yield loopback
    loopback.shutdown()


@pytest.fixture
def urls(loopback: Loopback, tenant: AnsweringTenant) -> Urls:
    """Give the addresses of a tenant."""
    return loopback.open(tenant)


def call(url: str, method: str = "GET") -> http.client.HTTPResponse:
    """Ask once, and read the answer's head and body."""
    with closing(http.client.HTTPConnection("127.0.0.1", urlsplit(url).port, timeout=60)) as client:
        client.request(method, urlsplit(url).path)
        answer = client.getresponse()
        answer.read()
        return answer


def our_threads() -> int:
    """Count the threads of all servers."""
    return sum(thread.name.startswith(OURS) for thread in threading.enumerate())


def descriptors() -> int:
    """Count what this process has open."""
    return len(os.listdir("/dev/fd"))  # noqa: PTH208 - names, no paths


@contextmanager
def at_work() -> Iterator[tuple[Callable[[httpx.Request], httpx.Response], threading.Event]]:
    """Give a side effect that works until the block ends, and the event of its beginning."""
    began, end = threading.Event(), threading.Event()

    def work(_: httpx.Request) -> httpx.Response:
        began.set()
        end.wait(60)
        return httpx.Response(200)

    try:
        yield work, began
    finally:
        end.set()


GET = b"GET /hub/v1/campaigns HTTP/1.1\r\nHost: mc\r\n\r\n"
POST = b"POST /v2/token HTTP/1.1\r\nHost: mc\r\n"
WHOLE = Request(method="GET", host="auth", path="/hub/v1/campaigns", headers={"host": "mc"})
POSTED = Request(
    method="POST",
    host="auth",
    path="/v2/token",
    headers={"host": "mc", "content-length": "5"},
    body=b"hello",
)
IN_CHUNKS = POSTED._replace(headers={"host": "mc", "transfer-encoding": "chunked"})


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        pytest.param(GET, WHOLE, id="without a body"),
        pytest.param(POST + b"Content-Length: 5\r\n\r\nhello", POSTED, id="with a body"),
        pytest.param(b"\r\n\r\n" + GET, WHOLE, id="after empty lines"),
        pytest.param(
            GET.replace(b"/hub", b"//hub/"),
            WHOLE._replace(path="//hub//v1/campaigns"),
            id="slashes stay",
        ),
        pytest.param(
            GET.replace(b"/hub", b"/https://mc.example//hub"),
            WHOLE._replace(path="/https://mc.example//hub/v1/campaigns"),
            id="a URL as a path prefix",
        ),
        pytest.param(
            GET.replace(b"/hub", b"http://127.0.0.1:1//hub"),
            WHOLE._replace(path="//hub/v1/campaigns"),
            id="an absolute URL",
        ),
        pytest.param(
            GET.replace(b"/hub/v1/campaigns", b"http://mc?a=/b?c"),
            WHOLE._replace(path="/", query="a=/b?c"),
            id="an absolute URL without a path",
        ),
        pytest.param(
            GET.replace(b"campaigns", b"%2Fc%20?a=%20&$x=//y"),
            WHOLE._replace(path="/hub/v1/%2Fc%20", query="a=%20&$x=//y"),
            id="escapes and query stay",
        ),
        pytest.param(
            GET.replace(b"Host: mc", b"Host:mc\t \r\nX-A: 1\r\nEmpty:\r\nx-a:  2, 3"),
            WHOLE._replace(headers={"host": "mc", "x-a": "1, 2, 3", "empty": ""}),
            id="headers by lower-case name, joined",
        ),
        pytest.param(
            GET.replace(b"Host: mc", b"Host: mc\r\nX-Name: Ren\xe9"),
            WHOLE._replace(headers={"host": "mc", "x-name": "René"}),
            id="header bytes are latin-1",
        ),
        pytest.param(
            GET.replace(b"Host: mc\r\n", b"").replace(b"1.1", b"1.0"),
            WHOLE._replace(headers={}),
            id="HTTP/1.0",
        ),
        pytest.param(
            GET.replace(b"Host: mc", b"Host: mc\r\nX-A: 1\r\n  2"),
            WHOLE._replace(headers={"host": "mc", "x-a": "1 2"}),
            id="a folded header",
        ),
        pytest.param(GET.replace(b"\r", b""), WHOLE, id="lines without carriage returns"),
        pytest.param(
            POST + b"Content-Length: 5\r\ncontent-length: 5\r\n\r\nhello",
            POSTED,
            id="the same length twice",
        ),
        pytest.param(
            GET.replace(b"GET", b"X-ANY"), WHOLE._replace(method="X-ANY"), id="any method"
        ),
        pytest.param(
            POST + b'Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n002;ext="1"\r\nlo\r\n0\r\n\r\n',
            IN_CHUNKS,
            id="chunks with extensions",
        ),
        pytest.param(
            POST
            + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0;e\r\nX-T: 1\r\nhost: x\r\n\r\n",
            IN_CHUNKS,
            id="chunks with trailers, which mean nothing",
        ),
    ],
)
def test_a_request_is_seen_as_sent(
    urls: Urls, tenant: AnsweringTenant, sent: bytes, seen: Request
) -> None:
    """Path, query and body as they came, in one portion or byte by byte; and by which door."""
    assert say(urls.auth_url, sent).startswith(OK)
    assert say(urls.auth_url, *(bytes([byte]) for byte in sent)).startswith(OK)
    assert [each._replace(connection=0) for each in tenant.seen] == [seen._replace(urls=urls)] * 2


@pytest.mark.parametrize("kind", ["auth", "rest", "soap"])
def test_the_port_tells_tenant_and_host(loopback: Loopback, kind: str) -> None:
    """Each of a tenant's hosts has an address of its own, on the loopback interface only."""
    tenants = [AnsweringTenant(EMPTY), AnsweringTenant(EMPTY)]
    urls = [getattr(loopback.open(tenant), f"{kind}_url") for tenant in tenants]
    for url in urls:
        assert (urlsplit(url).hostname, urlsplit(url).path) == ("127.0.0.1", "/")
        call(url)
    assert [[request.host for request in tenant.seen] for tenant in tenants] == [[kind], [kind]]


@pytest.mark.parametrize(
    ("answer", "method", "wire"),
    [
        pytest.param(
            Response(status=202, headers={"X-A": "1"}, body=b"ok"),
            b"GET",
            b"HTTP/1.1 202 Accepted\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nok",
            id="with a body",
        ),
        pytest.param(
            Response(status=200, body=b"ok"),
            b"HEAD",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
            id="to HEAD",
        ),
        pytest.param(
            Response(status=204, body=b"x"),
            b"GET",
            b"HTTP/1.1 204 No Content\r\n\r\n",
            id="204",
        ),
        pytest.param(
            Response(status=304, headers={"ETag": '"a"'}),
            b"GET",
            b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n',
            id="304",
        ),
        pytest.param(
            Response(status=599),
            b"GET",
            b"HTTP/1.1 599 \r\nContent-Length: 0\r\n\r\n",
            id="a status without a phrase",
        ),
    ],
)
def test_an_answer_is_framed(
    urls: Urls, tenant: AnsweringTenant, answer: Response, method: bytes, wire: bytes
) -> None:
    """A client knows where the answer ends; nothing is added that names us or the time."""
    tenant.answer = answer
    assert say(urls.auth_url, GET.replace(b"GET", method)) == wire


def test_a_connection_serves_many_requests(urls: Urls, tenant: AnsweringTenant) -> None:
    """One after the other, or all in one packet: answered in order."""
    other = GET.replace(b"campaigns", b"campaigns/1")
    answers = say(urls.auth_url, GET + POST + b"Content-Length: 5\r\n\r\nhello" + other, GET)
    assert answers == (OK + b"\r\n{}") * 4
    assert [request.path for request in tenant.seen] == [
        "/hub/v1/campaigns",
        "/v2/token",
        "/hub/v1/campaigns/1",
        "/hub/v1/campaigns",
    ]


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(GET.replace(b"\r\n\r\n", b"\r\nConnection: TE, Close\r\n\r\n"), id="close"),
        pytest.param(GET.replace(b"1.1", b"1.0"), id="HTTP/1.0"),
    ],
)
def test_a_connection_ends_when_it_is_told_to(
    urls: Urls, tenant: AnsweringTenant, first: bytes
) -> None:
    """The answer says so, and what came after it is not read."""
    with dial(urls.auth_url) as client:
        client.sendall(first + GET)
        assert all_of(client) == OK + b"Connection: close\r\n\r\n{}"
    assert len(tenant.seen) == 1


def test_a_client_may_wait_for_leave_to_send_a_body(urls: Urls, tenant: AnsweringTenant) -> None:
    """`Expect: 100-continue` is answered before the body is sent."""
    with dial(urls.auth_url) as client:
        client.sendall(POST + b"Content-Length: 5\r\nExpect: 100-Continue\r\n\r\n")
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"hello")
        assert client.recv(1000) == OK + b"\r\n{}"
    assert [request.body for request in tenant.seen] == [b"hello"]


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param(b"Content-Length: 5\r\n\r\nhello", id="the body is there"),
        pytest.param(b"\r\n", id="there is no body"),
    ],
)
def test_leave_is_not_given_where_nobody_waits_for_it(urls: Urls, rest: bytes) -> None:
    """A client that went ahead gets the answer alone."""
    assert say(urls.auth_url, POST + b"Expect: 100-continue\r\n" + rest) == OK + b"\r\n{}"


@pytest.fixture
def stubs(urls: Urls, tenant: AnsweringTenant) -> Stubs:
    """Give the stubs of the tenant's REST host."""
    tenant.stubs = Stubs(urls.rest_url)
    return tenant.stubs


async def answer_later(request: httpx.Request) -> httpx.Response:
    return httpx.Response(201, json={"path": request.url.path})


def test_stubs_answer_over_a_socket(urls: Urls, stubs: Stubs) -> None:
    """Async side effects run in the connection's thread; what no stub matches is answered."""
    stubs.router.get("/a").mock(side_effect=answer_later)
    assert say(urls.rest_url, GET.replace(b"/hub/v1/campaigns", b"/a")) == (
        b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\n"
        b'Content-Length: 12\r\n\r\n{"path":"/a"}'.replace(b"12", b"13")
    )
    assert call(f"{urls.rest_url}b").status == 200


def test_calls_of_stubs_are_counted_over_threads(urls: Urls, stubs: Stubs) -> None:
    """None is lost."""
    route = stubs.router.get("/a").respond(200)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: call(f"{urls.rest_url}a").status, range(200)))
    assert answers == [200] * 200
    assert route.call_count == 200


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(ValueError("a bug of the stub"), id="exception"),
        pytest.param(OSError("no file"), id="an OSError that is not the connection's"),
        pytest.param(pytest.fail.Exception("as seen by the stub"), id="pytest.fail"),
    ],
)
def test_what_a_stub_raises_is_told_first(
    urls: Urls, stubs: Stubs, errors: Errors, error: BaseException
) -> None:
    """The client's connection is closed, after the session has heard who raised what."""

    def side_effect(_: httpx.Request) -> httpx.Response:
        raise error

    stubs.router.get("/a").mock(side_effect=side_effect)
    with pytest.raises(http.client.RemoteDisconnected):
        call(f"{urls.rest_url}a")
    assert errors == [("the running test", error)]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        pytest.param(
            httpx.Response(200, headers={"X-A": "a\r\nSet-Cookie: b"}),
            r"Illegal header value b'a\r\nSet-Cookie: b'",
            id="line break",
        ),
        pytest.param(
            httpx.Response(200, headers=[(b"X-A", "é".encode())]),
            r"'ascii' codec can't encode character '\xe9' in position 0: ordinal not in range(128)",
            id="not ASCII",
        ),
        pytest.param(
            httpx.Response(101),
            "Response status_code should be in range [200, 1000), not 101",
            id="interim status",
        ),
    ],
)
def test_what_http_cannot_say_is_the_stubs_error(
    urls: Urls, stubs: Stubs, errors: Errors, answer: httpx.Response, text: str
) -> None:
    """It is told in the test, and never written."""
    stubs.router.get("/a").mock(return_value=answer)
    with pytest.raises(http.client.RemoteDisconnected):
        call(f"{urls.rest_url}a")
    advice = "Give a status from 200, and headers in plain ASCII."
    told = f"MCSCOPES: a stub gave an answer that HTTP cannot say ({text}). {advice}"
    assert [str(error) for _, error in errors] == [told]


def test_what_belongs_to_no_admitted_call_is_nobodys_error(
    urls: Urls, tenant: AnsweringTenant, errors: Errors
) -> None:
    """Also where the same connection brought a call before: the session knows who is running."""
    bug = ValueError("a bug of ours")
    with dial(urls.rest_url) as client:
        client.sendall(GET)
        assert client.recv(1000) == OK + b"\r\n{}"
        with mock.patch.object(tenant, "handle", side_effect=bug):
            client.sendall(GET)
            assert all_of(client) == b""
    assert errors == [(None, bug)]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all be settled, however busy the machine is."""
    monkeypatch.setattr(f"{Loopback.__module__}._LOOKS", 30_000)


@pytest.mark.usefixtures("patient")
def test_what_has_been_sent_is_seen_when_all_is_settled(
    loopback: Loopback, urls: Urls, tenant: AnsweringTenant
) -> None:
    """Whether or not its client waits for the answer, and however far it has come."""
    for number in range(1, 51):
        with dial(urls.auth_url) as client:
            client.sendall(GET)
        loopback.settle()
        assert len(tenant.seen) == number


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("many", [1, 3], ids=["one by one", "several in one packet"])
def test_all_requests_of_a_connection_are_settled(
    loopback: Loopback, urls: Urls, tenant: AnsweringTenant, many: int
) -> None:
    """An idle connection is nothing to wait for, and what it brings then is."""
    with dial(urls.auth_url) as client:
        for number in range(1, 51):
            client.sendall(GET * many)
            loopback.settle()
            assert len(tenant.seen) == number * many


def looks_to_settle(loopback: Loopback) -> int:
    """Count how often it is looked whether something is under way; once is the least."""
    look = mock.Mock(wraps=loopback._under_way)  # noqa: SLF001
    with mock.patch.object(loopback, "_under_way", look):
        loopback.settle()
    return look.call_count


def under_way(loopback: Loopback) -> str:
    """Tell whether there are requests to be read, and whether all wait for their clients."""
    return loopback._under_way()  # noqa: SLF001


def test_a_request_that_is_never_whole_is_not_waited_for(loopback: Loopback, urls: Urls) -> None:
    """A tenth of a second, and the test goes on."""
    with dial(urls.auth_url) as client:
        client.sendall(POST)
        assert eventually(lambda: under_way(loopback) == "stalled")
        began = time.monotonic()
        assert looks_to_settle(loopback) == 50
        assert time.monotonic() - began >= 0.1


def test_an_answer_that_is_not_fetched_is_not_waited_for(
    loopback: Loopback, urls: Urls, tenant: AnsweringTenant
) -> None:
    """Its request has been seen."""
    tenant.answer = Response(status=200, body=b"x" * (32 * 1024 * 1024))
    with dial(urls.auth_url) as client:
        client.sendall(GET)
        assert eventually(lambda: under_way(loopback) == "stalled")
        assert looks_to_settle(loopback) == 50


def test_what_has_arrived_is_waited_for_longer_than_what_has_not(
    loopback: Loopback, urls: Urls, tenant: AnsweringTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy machine may take its time to read it; but there is an end."""
    monkeypatch.setattr(f"{Loopback.__module__}._LOOKS", 60)
    reading, go_on = threading.Event(), threading.Event()

    def read(_: Request) -> Response:
        reading.set()
        go_on.wait(60)
        return EMPTY

    with mock.patch.object(tenant, "handle", side_effect=read), dial(urls.auth_url) as client:
        client.sendall(GET)
        assert reading.wait(60)
        assert looks_to_settle(loopback) == 60
        go_on.set()
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("by", ["idle", "stub", "timeout", "lingering", "ended"])
def test_settling_takes_no_time_where_nothing_is_under_way(
    loopback: Loopback, urls: Urls, tenant: AnsweringTenant, stubs: Stubs, by: str
) -> None:
    """Nor where a stub is at work or an ordered fault lasts: their calls have been seen."""
    last = GET.replace(b"1.1", b"1.0") if by == "lingering" else GET
    tenant.answer = Response(status=200, trouble="timeout" if by == "timeout" else None)
    with at_work() as (work, began), dial(urls.rest_url) as client:
        if by == "stub":
            stubs.router.get("/hub/v1/campaigns").mock(side_effect=work)
        client.sendall(last)
        assert eventually(lambda: len(tenant.seen) == 1)
        assert began.wait(60 * (by == "stub")) == (by == "stub")
        # A thread may be between the tenant and the rest that it is on its way to.
        assert eventually(lambda: not under_way(loopback))
        client.sendall(GET * (by != "idle"))
        if by == "ended":
            loopback.close(urls)
        assert looks_to_settle(loopback) == 1


def test_a_connection_that_has_just_ended_is_not_busy() -> None:
    """Its socket may close while another thread looks at it."""
    server, client = socket.socketpair()
    with client:
        conversation = Connection(server, mock.Mock(), mock.sentinel.on_end)
        server.close()
        assert not conversation.busy


def test_stubs_that_outlive_their_tenant_are_waited_for_at_last(
    loopback: Loopback,
    urls: Urls,
    stubs: Stubs,
    errors: Errors,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What they raise is told, with the test whose calls they answer."""
    monkeypatch.setattr("pytest_mcscopes.transport.loopback.server._LAST_GRACE", 60)
    error, began, go_on = ValueError("late"), threading.Event(), threading.Event()

    def side_effect(_: httpx.Request) -> httpx.Response:
        began.set()
        go_on.wait(60)
        raise error

    stubs.router.get("/hub/v1/campaigns").mock(side_effect=side_effect)
    with dial(urls.rest_url) as client:
        client.sendall(GET)
        assert began.wait(60)
    loopback.close(urls)
    assert errors == []
    go_on.set()
    loopback.wait_for_stubs()
    assert errors == [("the running test", error)]


@pytest.mark.parametrize("by", ["stub", "cloud"])
def test_a_reset_is_one(
    urls: Urls, tenant: AnsweringTenant, stubs: Stubs, by: str, errors: Errors
) -> None:
    """The client meets an RST, whoever ordered it; that is no error of ours."""
    tenant.answer = Response(status=200, trouble="reset")
    if by == "stub":
        stubs.router.get("/").mock(side_effect=httpx.ConnectError)
    with pytest.raises(ConnectionResetError):
        call(urls.rest_url)
    assert errors == []


@pytest.mark.parametrize("by", ["stub", "cloud"])
def test_a_timeout_lasts_until_the_client_gives_up(
    urls: Urls, tenant: AnsweringTenant, stubs: Stubs, by: str, errors: Errors
) -> None:
    """Nothing is answered, and the connection's thread ends with the client."""
    tenant.answer = Response(status=200, trouble="timeout")
    if by == "stub":
        stubs.router.get("/hub/v1/campaigns").mock(side_effect=httpx.ReadTimeout)
    with dial(urls.rest_url) as client:
        client.sendall(GET)
        client.settimeout(0.05)
        with pytest.raises(TimeoutError):
            client.recv(1)
        assert eventually(lambda: connections() == 1)
    assert eventually(lambda: connections() == 0)
    assert errors == []


def test_a_timeout_lasts_until_the_tenant_ends(
    loopback: Loopback, urls: Urls, tenant: AnsweringTenant
) -> None:
    """A client without a time-out of its own is let go at the end of the test."""
    tenant.answer = Response(status=200, trouble="timeout")
    with dial(urls.auth_url) as client:
        client.sendall(GET)
        assert eventually(lambda: len(tenant.seen) == 1)
        loopback.close(urls)
        assert all_of(client) == b""
    assert eventually(lambda: connections() == 0)


@pytest.mark.parametrize(
    ("delay", "least"),
    [pytest.param(0.05, 0.05, id="short"), pytest.param(3600, 0.2, id="cut short")],
)
def test_a_slow_answer_is_bounded(
    urls: Urls, tenant: AnsweringTenant, delay: float, least: float
) -> None:
    """It comes late in real time, and never costs a test more than a moment."""
    tenant.answer = Response(status=200, delay=delay)
    began = time.monotonic()
    assert call(urls.auth_url).status == 200
    assert least <= time.monotonic() - began < 60


def connecting(url: str) -> int:
    """Give the error number of a call to an address."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", urlsplit(url).port))


def test_an_ended_tenant_refuses(loopback: Loopback, urls: Urls, tenant: AnsweringTenant) -> None:
    """Idle connections end, later ones are refused, and other tenants live on."""
    other = loopback.open(AnsweringTenant(EMPTY))
    with dial(urls.auth_url) as client:
        client.sendall(GET)
        assert client.recv(1000) == OK + b"\r\n{}"
        loopback.close(urls)
        assert client.recv(1) == b""
    assert len(tenant.seen) == 1
    for url in (urls.auth_url, urls.rest_url, urls.soap_url):
        assert connecting(url) == errno.ECONNREFUSED
    assert call(other.auth_url).status == 200


@pytest.fixture
def session_ports() -> Iterator[ports.Ports]:
    """Give what a session knows about ports."""
    known = ports.Ports()
    yield known
    known.release()


def end_one(known: ports.Ports) -> int:
    """Listen, end, and give the port."""
    listener = known.listen()
    port = ports.port_of(listener)
    known.end(listener)
    return port


def offering(monkeypatch: pytest.MonkeyPatch, *offers: int) -> None:
    """Have the system offer these ports next; 0 is any."""
    create, coming = socket.create_server, iter(offers)
    monkeypatch.setattr(
        socket,
        "create_server",
        lambda _, *, backlog: create(("127.0.0.1", next(coming)), backlog=backlog),
    )


def test_an_ended_port_is_held_against_other_processes(session_ports: ports.Ports) -> None:
    """Nobody can listen there, whatever options they set."""
    port = end_one(session_ports)
    with pytest.raises(OSError, match="in use"):
        socket.create_server(("127.0.0.1", port))


def test_an_ended_port_that_is_taken_meanwhile_is_let_go(session_ports: ports.Ports) -> None:
    """Another process was quicker: that is no error."""
    listener = session_ports.listen()
    port = ports.port_of(listener)
    twin = mock.Mock(spec=socket.socket, getsockname=lambda: ("127.0.0.1", port))
    session_ports.end(twin)
    with listener, socket.create_connection(("127.0.0.1", port)):
        assert connecting(f"http://127.0.0.1:{port}/") == 0


def test_no_tenant_gets_the_port_of_an_ended_one(
    session_ports: ports.Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where the session only remembers it: descriptors are scarce."""
    monkeypatch.setattr(ports, "_HELD", 1)
    first, second = end_one(session_ports), end_one(session_ports)
    offering(monkeypatch, first, first, 0)
    with session_ports.listen() as listener:
        assert ports.port_of(listener) not in {first, second}


def test_after_thousands_the_oldest_ports_are_used_again(
    session_ports: ports.Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A very long session would find none otherwise."""
    monkeypatch.setattr(ports, "_HELD", 1)
    monkeypatch.setattr(ports, "_REMEMBERED", 1)
    first, _ = end_one(session_ports), end_one(session_ports)
    offering(monkeypatch, first)
    with session_ports.listen() as listener:
        assert ports.port_of(listener) == first


@contextmanager
def session(errors: Errors, patience: float = 3_600) -> Iterator[Loopback]:
    """Give the ports of a session that ends with the block, long before it loses patience."""
    loopback = Loopback(errors.hear, patience=patience)
    yield loopback
    began = time.monotonic()
    loopback.shutdown()
    assert time.monotonic() - began < 60


def test_nothing_is_left_of_a_session(errors: Errors, capfd: pytest.CaptureFixture[str]) -> None:
    """Threads, sockets and held ports are gone at its end, and nothing was said."""
    before = our_threads(), descriptors()
    with session(errors) as loopback:
        ended, urls = loopback.open(AnsweringTenant(EMPTY)), loopback.open(AnsweringTenant(EMPTY))
        loopback.close(ended)
        call(urls.auth_url)
        with dial(urls.auth_url) as idle, dial(urls.rest_url) as busy:
            idle.sendall(GET)
            idle.recv(1000)
            busy.sendall(POST)
    assert (our_threads(), descriptors()) == before
    assert (errors, capfd.readouterr()) == ([], ("", ""))


def test_a_session_ends_while_stubs_are_at_work(
    errors: Errors, tenant: AnsweringTenant, capfd: pytest.CaptureFixture[str]
) -> None:
    """Their clients are let go; who works for ever is not waited for."""
    with at_work() as (work, began), session(errors) as loopback:
        urls = loopback.open(tenant)
        tenant.stubs = Stubs(urls.rest_url)
        tenant.stubs.router.get("/hub/v1/campaigns").mock(side_effect=work)
        clients = [dial(urls.rest_url) for _ in range(3)]
        for client in clients:
            client.sendall(GET)
        assert began.wait(60)
        assert eventually(lambda: len(tenant.seen) == 3)
    for client in clients:
        with client:
            assert all_of(client) == b""
    assert eventually(lambda: our_threads() == 0)
    assert (errors, capfd.readouterr()) == ([], ("", ""))


def test_others_are_answered_while_a_tenant_ends(
    loopback: Loopback, urls: Urls, tenant: AnsweringTenant, capfd: pytest.CaptureFixture[str]
) -> None:
    """With requests in flight, some of them half sent: none is waited for, nothing is left."""
    other = loopback.open(AnsweringTenant(EMPTY)).auth_url
    before = our_threads(), descriptors()
    with at_work() as (work, began), ThreadPoolExecutor(1) as thread:
        tenant.stubs = Stubs(urls.rest_url)
        tenant.stubs.router.get("/hub/v1/campaigns").mock(side_effect=work)
        with dial(urls.rest_url) as waiting, dial(urls.auth_url) as sending:
            waiting.sendall(GET)
            sending.sendall(POST)
            assert began.wait(60)
            # What waits to be accepted would be reset.
            assert eventually(lambda: connections() == 2)
            ending = thread.submit(loopback.close, urls)
            answered = []
            while not ending.done():
                answered.append(call(other).status)
            assert (all_of(waiting), all_of(sending)) == (b"", b"")
    assert set(answered) == {200}
    # In place of the sockets that listened, there are those that hold its ports.
    assert eventually(lambda: (our_threads(), descriptors()) == before)
    assert capfd.readouterr() == ("", "")


def test_frozen_time_is_no_matter(errors: Errors, tenant: AnsweringTenant) -> None:
    """A session begins, answers, loses patience and ends while the process's time stands."""
    with freezegun.freeze_time("2025-06-15"), session(errors, patience=0.05) as loopback:
        urls = loopback.open(tenant)
        assert call(urls.auth_url).status == 200
        with dial(urls.auth_url) as client:
            client.sendall(POST)
            assert all_of(client).startswith(b"HTTP/1.1 408 ")
        loopback.close(urls)
        assert connecting(urls.auth_url) == errno.ECONNREFUSED
    assert errors == []


def test_a_default_timeout_of_the_process_is_not_ours(urls: Urls) -> None:
    """Suites set one for their clients; idle connections stay open nevertheless."""
    socket.setdefaulttimeout(0.02)
    try:
        with dial(urls.auth_url) as client:
            client.settimeout(60)
            for _ in range(2):
                client.sendall(GET)
                assert client.recv(1000) == OK + b"\r\n{}"
                time.sleep(0.05)
    finally:
        socket.setdefaulttimeout(None)


def test_a_forked_child_leaves_the_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as anybody serves at them; nothing keeps a server alive for the sake of that."""
    in_child: list[Callable[[], None]] = []
    monkeypatch.setattr(
        os, "register_at_fork", lambda *, after_in_child: in_child.append(after_in_child)
    )
    loopback = Loopback(mock.Mock())
    [leave] = in_child
    with mock.patch.object(Loopback, "forsake") as forsake:
        leave()
        forsake.assert_called_once_with()
        loopback.shutdown()
        del loopback
        gc.collect()
        leave()
        forsake.assert_called_once_with()


def test_a_system_that_cannot_fork_is_served_too(
    tenant: AnsweringTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows has no such hook, and needs none."""
    monkeypatch.delattr(os, "register_at_fork")
    loopback = Loopback(mock.Mock())
    auth_url = loopback.open(tenant).auth_url
    assert httpx.get(auth_url, trust_env=False).status_code == 200
    loopback.shutdown()
