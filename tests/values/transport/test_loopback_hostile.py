"""The door of real ports, with clients that are slow, broken, many, or no HTTP clients at all."""

from __future__ import annotations

import http.client
import os
import random
import re
import resource
import socket
import struct
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from conversations import CHUNKED, GET, POST, TABLE, all_whole, broken
from sockets import all_of, connections, dial, eventually, say
from tenants import AnsweringTenant, build_tenant, core_of

from pytest_mcscopes.cloud.http import Admitted, Request, Response
from pytest_mcscopes.config import PackageConfig
from pytest_mcscopes.transport.http1 import BODY_LIMIT, HEAD_LIMIT
from pytest_mcscopes.transport.loopback.server import Loopback

if TYPE_CHECKING:
    from collections.abc import Iterator


HASTY = 0.3
EXAMPLES = int(os.environ.get("MCSCOPES_FUZZ", "300"))
"""How many broken conversations are held; a release is let go after 10,000."""


class AdmittingTenant(AnsweringTenant):
    """Admits every request, and has one answer."""

    def __init__(self) -> None:
        super().__init__(Response.of_json(200, {}), own=())


class Server:
    """A session's ports with one tenant, whose auth host is called."""

    def __init__(self, patience: float = 3_600) -> None:
        self.errors: list[BaseException] = []
        self.loopback = Loopback(lambda _, error: self.errors.append(error), patience=patience)
        self.tenant = AdmittingTenant()
        self.urls = self.loopback.open(self.tenant)
        self.url = self.urls.auth_url

    def dial(self) -> socket.socket:
        """Connect a client."""
        return dial(self.url)

    def say(self, *sent: bytes) -> bytes:
        """Send this, end our side, and give all that comes back."""
        return say(self.url, *sent)


hastily = pytest.mark.parametrize("server", [pytest.param((HASTY,), id="hasty")], indirect=True)


@pytest.fixture
def server(request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]) -> Iterator[Server]:
    """Give a server that has nothing to say, and nothing to regret. Its parameter: its patience."""
    server = Server(*getattr(request, "param", ()))
    yield server
    server.loopback.shutdown()
    assert eventually(lambda: connections() == 0)
    assert (server.errors, capfd.readouterr()) == ([], ("", ""))


FIRST_LINE = "its first line is not METHOD /path HTTP/1.1, in capitals"
NO_HTTP = "it is no HTTP; this address begins with http://, not https://"
TARGET = "what it asks for is neither /a/path nor http://host/a/path"
HEAD_TOO_LONG = f"its headers have more than {HEAD_LIMIT} bytes"
BODY_TOO_LONG = f"its body has more than {BODY_LIMIT} bytes"
# h11's own words, where only a broken client meets them.
NO_REQUEST_LINE = "illegal request line"
NO_HEADER = "illegal header line"
LENGTH = "bad Content-Length"
CODING = "Only Transfer-Encoding: chunked is supported"
SIZE = "illegal chunk header"
ENDED = "peer unexpectedly closed connection"
UNFINISHED = "peer closed connection without sending complete message body"


@pytest.mark.parametrize(
    ("sent", "status", "reason"),
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01", 400, NO_HTTP, id="TLS"),
        pytest.param(b"\x80\x2e\x01", 400, NO_HTTP, id="old TLS"),
        pytest.param(b"hello\r\n\r\n", 400, NO_REQUEST_LINE, id="no HTTP"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, FIRST_LINE, id="HTTP/2"),
        pytest.param(GET.replace(b"1.1", b"1.2"), 400, FIRST_LINE, id="HTTP/1.2"),
        pytest.param(GET.replace(b"GET", b"get"), 400, FIRST_LINE, id="small letters"),
        pytest.param(GET.replace(b"/v2", b"/ v2"), 400, NO_REQUEST_LINE, id="blank in the path"),
        pytest.param(GET.replace(b"/v2", b"/\xe9"), 400, NO_REQUEST_LINE, id="byte in the path"),
        pytest.param(GET.replace(b"/v2", b"v2"), 400, TARGET, id="path without a slash"),
        pytest.param(GET.replace(b"/v2", b"//v2#"), 400, TARGET, id="fragment"),
        pytest.param(
            b"CONNECT mc:443 HTTP/1.1\r\nHost: mc\r\n\r\n",
            405,
            "CONNECT mc:443 names no path of Marketing Cloud",
            id="CONNECT",
        ),
        pytest.param(
            b"OPTIONS * HTTP/1.1\r\nHost: mc\r\n\r\n",
            405,
            "OPTIONS * names no path of Marketing Cloud",
            id="OPTIONS *",
        ),
        pytest.param(
            GET.replace(b"Host: mc\r\n", b""), 400, "Missing mandatory Host: header", id="no host"
        ),
        pytest.param(
            GET.replace(b"mc", b"mc\r\nHOST: mc"),
            400,
            "Found multiple Host: headers",
            id="two hosts",
        ),
        *(
            pytest.param(GET.replace(b"Host:", line + b"\r\nHost:"), 400, NO_HEADER, id=name)
            for name, line in {
                "header without a colon": b"X-A",
                "blank before the colon": b"X-A : 1",
                "header without a name": b": 1",
                "NUL in a header": b"X-A: \x00",
            }.items()
        ),
        pytest.param(
            GET.replace(b"mc", b"m" * 2 * HEAD_LIMIT), 431, HEAD_TOO_LONG, id="long header"
        ),
        pytest.param(b"GET /" + b"a" * HEAD_LIMIT, 431, HEAD_TOO_LONG, id="endless line"),
        *(
            pytest.param(
                POST + b"Content-Length: " + length + b"\r\n\r\nhello", 400, LENGTH, id=name
            )
            for name, length in {
                "length is no number": b"five",
                "length is negative": b"-5",
                "length has a sign": b"+5",
                "length is empty": b"",
                "length is hexadecimal": b"0x5",
                "absurd length": b"9" * 5000,
            }.items()
        ),
        pytest.param(
            POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            400,
            "conflicting Content-Length headers",
            id="two lengths",
        ),
        pytest.param(
            POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
            "it has both Content-Length and Transfer-Encoding",
            id="both lengths",
        ),
        pytest.param(POST + b"Transfer-Encoding: gzip\r\n\r\n", 501, CODING, id="coding"),
        pytest.param(
            POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            501,
            "multiple Transfer-Encoding headers",
            id="two codings",
        ),
        pytest.param(
            POST + b"Expect: 200-ok\r\n\r\n", 417, "Expect can only be 100-continue", id="expects"
        ),
        pytest.param(
            POST + b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % (BODY_LIMIT + 1),
            413,
            BODY_TOO_LONG,
            id="long body",
        ),
        pytest.param(
            CHUNKED + (b"100000\r\n" + b"a" * 0x100000 + b"\r\n") * 17,
            413,
            BODY_TOO_LONG,
            id="long chunks",
        ),
        pytest.param(CHUNKED + b"five\r\nhello\r\n0\r\n\r\n", 400, SIZE, id="chunk without a size"),
        pytest.param(CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n", 400, SIZE, id="negative chunk"),
        pytest.param(
            CHUNKED + b"4\r\nhello\r\n0\r\n\r\n", 400, "malformed chunk footer", id="longer chunk"
        ),
        pytest.param(
            CHUNKED + b"5;" + b"e" * 2 * HEAD_LIMIT,
            431,
            HEAD_TOO_LONG,
            id="endless chunk extension",
        ),
        pytest.param(
            CHUNKED + b"0\r\n" + b"X-A: 123456789\r\n" * 4000,
            431,
            HEAD_TOO_LONG,
            id="endless trailers",
        ),
        pytest.param(CHUNKED + b"0\r\nno trailer\r\n\r\n", 400, NO_HEADER, id="broken trailer"),
        pytest.param(POST, 400, ENDED, id="ends in the headers"),
        pytest.param(
            POST + b"Content-Length: 9\r\n\r\nhello",
            400,
            f"{UNFINISHED} (received 5 bytes, expected 9)",
            id="ends in the body",
        ),
        *(
            pytest.param(
                CHUNKED + sent, 400, f"{UNFINISHED} (incomplete chunked read)", id=f"ends in {name}"
            )
            for name, sent in {
                "a chunk": b"5\r\nhello",
                "the trailers": b"5\r\nhello\r\n0\r\n",
            }.items()
        ),
    ],
)
def test_what_is_no_whole_request_is_refused(
    server: Server, sent: bytes, status: int, reason: str
) -> None:
    """The client is told why, the connection ends, and the tenant sees no whole request."""
    head, _, body = server.say(sent).partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == str(status).encode()
    assert head.endswith(b"\r\nConnection: close")
    assert body.decode() == f"MCSCOPES: this request was not read: {reason}.\n"
    asks = sent.startswith(POST)
    why = f"it was refused before its body could be read: {reason}"
    assert list(map(known_of, server.tenant.seen)) == [("/v2/token", b"", why)] * asks
    assert server.say(GET).startswith(b"HTTP/1.1 200 ")


def test_a_body_up_to_the_limit_is_read(server: Server) -> None:
    """A large upload is somebody's test, not an attack."""
    body = b"x" * BODY_LIMIT
    answer = server.say(POST + b"Content-Length: %d\r\n\r\n" % len(body), body)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert [len(request.body) for request in server.tenant.seen] == [BODY_LIMIT]


def test_a_refusal_reaches_a_client_that_still_sends(server: Server) -> None:
    """Nothing is lost to a reset: what comes after the refusal is read and thrown away."""
    sent = b"x" * (4 * 1024 * 1024)
    answer = server.say(POST + b"Content-Length: %d\r\n\r\n" % (BODY_LIMIT + 1), sent)
    assert answer.startswith(b"HTTP/1.1 413 ")


@hastily
@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"G", id="in the first line"),
        pytest.param(POST, id="in the headers"),
        pytest.param(POST + b"Content-Length: 5\r\n\r\nhell", id="in the body"),
        pytest.param(CHUNKED + b"5\r\nhello\r\n", id="between chunks"),
    ],
)
def test_a_request_that_stops_is_not_waited_for(server: Server, sent: bytes) -> None:
    """408 within the time that a request may take, and the tenant sees no whole request."""
    with server.dial() as client:
        client.sendall(sent)
        assert all_of(client).startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    why = "it was refused before its body could be read: the client took too long to send it"
    asks = sent.startswith(POST)
    assert list(map(known_of, server.tenant.seen)) == [("/v2/token", b"", why)] * asks


@hastily
def test_a_request_that_drips_is_not_waited_for(server: Server) -> None:
    """It is the request that has its time, not the byte."""
    with server.dial() as client:

        def drip() -> bool:
            with suppress(ConnectionError):
                client.sendall(b"G")
            return connections() == 0

        assert eventually(lambda: connections() == 1)
        assert eventually(drip)
    assert server.tenant.seen == []


@hastily
def test_an_answer_that_is_not_fetched_is_not_waited_for(server: Server) -> None:
    """A client that stops reading does not keep a thread."""
    body = b"x" * (32 * 1024 * 1024)
    server.tenant.answer = Response(status=200, body=body)
    fetched = 0
    with server.dial() as client:
        client.sendall(GET)
        assert eventually(lambda: len(server.tenant.seen) == 1)
        assert eventually(lambda: connections() == 0)
        with suppress(ConnectionError):
            while portion := client.recv(65536):
                fetched += len(portion)
    assert fetched < len(body)


@hastily
def test_an_idle_connection_is_left_alone(server: Server) -> None:
    """Between two requests there is no hurry."""
    with server.dial() as client:
        for _ in range(2):
            client.sendall(GET)
            assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
            threading.Event().wait(HASTY * 2)


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="before a request"),
        pytest.param(POST + b"Content-Length: 5\r\n\r\nhe", id="in a request"),
        pytest.param(GET, id="before the answer"),
    ],
)
def test_a_client_may_be_killed(server: Server, sent: bytes) -> None:
    """Others are served meanwhile and after, and nothing stays behind."""
    with server.dial() as other:
        client = server.dial()
        client.sendall(sent)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        other.sendall(GET)
        assert other.recv(1000).startswith(b"HTTP/1.1 200 ")
    assert eventually(lambda: connections() == 0)


def test_many_idle_connections_do_not_matter(server: Server) -> None:
    """Another tenant answers at once; all are gone after the end."""
    other = server.loopback.open(AdmittingTenant()).auth_url
    with ExitStack() as clients:
        for _ in range(200):
            client = clients.enter_context(server.dial())
            client.sendall(GET)
            assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
        assert connections() == 200
        with dial(other) as client:
            client.sendall(GET)
            assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
        server.loopback.close(server.urls)
        assert eventually(lambda: connections() == 0)


def test_want_of_descriptors_is_told_and_survived() -> None:
    """The test hears of it; who waits is served when there are some again."""
    server = Server()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with server.dial() as client:
        client.sendall(GET)
        client.recv(1000)
        with socket.socket() as late:
            resource.setrlimit(resource.RLIMIT_NOFILE, (late.fileno() + 1, hard))
            try:
                late.connect(client.getpeername())
                assert eventually(lambda: bool(server.errors))
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            late.settimeout(60)
            late.sendall(GET)
            assert late.recv(1000).startswith(b"HTTP/1.1 200 ")
    server.loopback.shutdown()
    assert {str(error) for error in server.errors} == {"[Errno 24] Too many open files"}


def test_nothing_is_mixed_or_lost() -> None:
    """Eight threads call many tenants: each sees its own requests, all of them, once."""
    errors: list[BaseException] = []
    loopback = Loopback(lambda _, error: errors.append(error))
    tenants = [AdmittingTenant() for _ in range(10)]
    urls = [loopback.open(tenant).auth_url for tenant in tenants]

    def call_all(thread: int) -> None:
        for tenant, url in enumerate(urls):
            with closing(http.client.HTTPConnection("127.0.0.1", urlsplit(url).port)) as client:
                for number in range(20):
                    client.request("POST", f"/{tenant}/{thread}/{number}", body=b"x" * number)
                    client.getresponse().read()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(call_all, range(8)))
    loopback.shutdown()
    assert errors == []
    for index, tenant in enumerate(tenants):
        wanted = {(f"/{index}/{thread}/{n}", n): 1 for thread in range(8) for n in range(20)}
        assert Counter((request.path, len(request.body)) for request in tenant.seen) == wanted


NO_SUCH_CODING = 501
TENANT = dict(TABLE["tenant"], scopes=frozenset(TABLE["tenant"]["scopes"]))


class Recorded(AdmittingTenant):
    """A real tenant, and what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        tenant = build_tenant(PackageConfig(**TENANT))
        self.behind = core_of(tenant)
        self.token = tenant.issue_token()

    def handle(self, request: Request) -> Response | Admitted:
        """Answer or admit."""
        self.seen.append(request)
        return self.behind.handle(request)

    def complete(self, admitted: Admitted, answer: Response | None) -> Response:
        """Answer."""
        return self.behind.complete(admitted, answer)


def statuses(answers: bytes) -> list[int]:
    """List the status of each answer."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)]


def known_of(request: Request) -> tuple[str, bytes, str]:
    """Tell what a tenant learns of a token request that is refused at its door."""
    return request.path, request.body, request.broken


def is_whole(request: Request) -> bool:
    """Tell whether a request has all that its headers announce."""
    length = request.headers.get("content-length")
    return request.path.startswith("/") and length in {None, str(len(request.body))}


def test_broken_conversations_are_survived(
    server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever comes: no 5xx, half a request is none or unreadable, the next client is served."""
    held: Counter[str] = Counter()
    tenant = Recorded()
    urls = server.loopback.open(tenant)
    ports = {"auth": urls.auth_url, "rest": urls.rest_url}
    facts, whole = tenant.behind.ledger.entries, all_whole(tenant.token)
    for number in range(EXAMPLES):
        way, host, sent = broken(whole, random.Random(number))  # noqa: S311 - no secret
        tenant.seen.clear()
        before = len(facts)
        answers = say(ports[host], sent)
        assert all(status < 500 or status == NO_SUCH_CODING for status in statuses(answers)), number
        assert all(request.broken or is_whole(request) for request in tenant.seen), number
        assert len({each.request for each in facts[before:]}) == len(tenant.seen), number
        assert way != "cut" or all(request.broken for request in tenant.seen), number
        lines = (NO_HTTP, NO_REQUEST_LINE, FIRST_LINE, TARGET)
        refused = any(reason.encode() in answers for reason in lines)
        held["all"] += 1
        held["past the request line"] += b"\r\n" in sent and not refused
        assert say(ports["auth"], GET).startswith(b"HTTP/1.1 400 ")  # no token, no userinfo
    past = f"{held['past the request line']} of {held['all']} broken conversations"
    with capfd.disabled():
        sys.stdout.write(f"\n{past} got past the request line\n")
    assert held["past the request line"] >= held["all"] / 2
    assert server.errors == []
