"""HTTP/1.1 without a socket: what is read, held against the standard library's own reader."""

from __future__ import annotations

import re
from collections import Counter
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import h11
import pytest
from conversations import GET, POST, all_whole, broken
from measuring import unmeasured

from pytest_mcscopes.cloud.http import Response
from pytest_mcscopes.transport.http1 import ServerSide, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

CONVERSATIONS = 10_000


class Seen(NamedTuple):
    """What a reader makes of a request."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Refusal(Exception):  # noqa: N818 - it is an answer
    """Raised where the standard library refuses a request."""


class StandardReader(BaseHTTPRequestHandler):
    """The standard library's reader, over bytes; bodies are read by their length."""

    protocol_version = "HTTP/1.1"

    def __init__(self, sent: bytes) -> None:
        # Without the constructor of the base class, which would serve at once.
        self.rfile = BytesIO(sent)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse."""
        raise Refusal(code, message, explain)

    def handle_expect_100(self) -> bool:
        """Read on: the body has been sent."""
        return True

    def read(self) -> Seen:
        """Read one request."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline.strip() or not self.parse_request():
            raise Refusal
        length = self.headers["Content-Length"] or "0"
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            raise Refusal  # which it leaves to its subclasses
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise Refusal
        fields: dict[str, str] = {}
        for name, value in self.headers.items():
            key = name.lower()
            fields[key] = f"{fields[key]}, {value}" if key in fields else value
        return Seen(self.command, self.path, fields, body)


def seen_by_standard(sent: bytes) -> Iterator[Seen]:
    """Give what the standard library makes of a conversation, up to where it refuses."""
    reader = StandardReader(sent)
    while True:
        try:
            yield reader.read()
        except Refusal:
            return


def seen_by_ours(sent: bytes) -> Iterator[Seen]:
    """Give what ours makes of a conversation, up to where it refuses."""
    http = ServerSide("auth", None)
    try:
        http.receive(sent)
        http.receive(b"")
        while (request := http.read()) is not None:
            target = f"{request.path}?{request.query}" if request.query else request.path
            yield Seen(request.method, target, dict(request.headers), request.body)
            http.write(Response(status=200))
            if http.closing:
                return
    except Unreadable:
        return


def comparable(seen: Seen) -> Seen:
    """Leave out in what the two may differ, as is known.

    The standard library folds slashes at a path's beginning, leaves absolute URLs
    whole, keeps the line break in a folded header and takes the first of several
    equal lengths for both.
    """
    target = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]+", "", seen.target).rstrip("?")
    target = "/" + target.lstrip("/")
    headers = {name: " ".join(value.split()) for name, value in seen.headers.items()}
    headers.pop("content-length", None)
    return Seen(seen.method, target, headers, seen.body)


def read_by_both(whole: list[tuple[str, bytes]], chance: Random, number: int) -> Counter[str]:
    """Break conversations; count those that both accept by the way in which they are broken."""
    compared: Counter[str] = Counter()
    for _ in range(number):
        conversation = broken(whole, chance)
        theirs_all = list(seen_by_standard(conversation.sent))
        for ours, theirs in zip(seen_by_ours(conversation.sent), theirs_all, strict=False):
            assert comparable(ours) == comparable(theirs), conversation
            compared[conversation.way] += 1
    return compared


def test_both_readers_read_the_same() -> None:
    """10,000 broken conversations: where both accept a request, it is the same one."""
    whole, chance = all_whole("a-token"), Random(20261128)  # noqa: S311 - no secret
    compared = read_by_both(whole, chance, CONVERSATIONS // 10)
    compared += unmeasured(read_by_both)(whole, chance, CONVERSATIONS - CONVERSATIONS // 10)
    assert compared.keys() == {"added", "byte", "doubled", "followed", "removed", "reordered"}
    assert compared.total() > CONVERSATIONS / 2


def answers(*portions: bytes, response: Response | None = None) -> bytes:
    """Give all that is written while a client sends these portions and ends."""
    http = ServerSide("auth", None)
    written = b""
    for portion in (*portions, b""):
        http.receive(portion)
        while (request := http.read()) is not None:
            written += http.write(response or Response(status=200, body=request.body))
        written += http.interim()
    return written


OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"


@pytest.mark.parametrize(
    ("portions", "written"),
    [
        pytest.param([GET * 3], OK % (0, b"") * 3, id="three at once"),
        pytest.param([GET + b"\r\n\r\n" + GET], OK % (0, b"") * 2, id="empty lines between"),
        pytest.param([GET + b"\r\n"], OK % (0, b""), id="an empty line at the end"),
        pytest.param([GET[:20], GET[20:]], OK % (0, b""), id="in two portions"),
        pytest.param(
            [POST + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n", b"{}"],
            b"HTTP/1.1 100 Continue\r\n\r\n" + OK % (2, b"{}"),
            id="a body that waits to be wanted",
        ),
        pytest.param(
            [POST + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n{}"],
            OK % (2, b"{}"),
            id="a body that does not wait",
        ),
        pytest.param([b"\r\n", b"\r\n"], b"", id="nothing but empty lines"),
        pytest.param([], b"", id="nothing"),
    ],
)
def test_requests_are_answered_one_after_the_other(portions: list[bytes], written: bytes) -> None:
    """However they are cut into portions."""
    assert answers(*portions) == written


@pytest.mark.parametrize(
    ("sent", "response", "written"),
    [
        pytest.param(
            GET.replace(b"GET", b"HEAD"),
            Response(status=200, body=b"{}"),
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
            id="HEAD",
        ),
        *(
            pytest.param(
                GET,
                Response(status=status, body=b"{}"),
                b"HTTP/1.1 %d %s\r\n\r\n" % (status, phrase),
                id=str(status),
            )
            for status, phrase in ((204, b"No Content"), (304, b"Not Modified"))
        ),
        pytest.param(
            GET.replace(b"1.1", b"1.0"),
            Response(status=299),
            b"HTTP/1.1 299 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            id="HTTP/1.0, and a status without a name",
        ),
        pytest.param(
            GET,
            Response(status=200, headers={"Connection": "close"}),
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            id="a stub that closes",
        ),
    ],
)
def test_an_answer_is_framed(sent: bytes, response: Response, written: bytes) -> None:
    """Its length is said where it has a body, and the end of the connection where it ends."""
    assert answers(sent, response=response) == written


def written_by_h11(sent: bytes, response: Response) -> tuple[bytes, bool]:
    """Give what h11 writes by itself, which has read the request; and whether it is done then."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(sent)
    while connection.next_event() not in (h11.PAUSED, h11.NEED_DATA):
        pass
    length = [] if response.status == 204 else [("Content-Length", str(len(response.body)))]
    head = h11.Response(
        status_code=response.status,
        headers=[*response.headers.items(), *length],
        reason=HTTPStatus(response.status).phrase,
    )
    written = connection.send(head)
    if not sent.startswith(b"HEAD") and length:
        written += connection.send(h11.Data(data=response.body))
    written += connection.send(h11.EndOfMessage())
    return written, connection.their_state is not h11.DONE


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
@pytest.mark.parametrize(
    "options",
    [
        b"",
        b"Connection: close\r\n",
        b"Connection: keep-alive\r\n",
        b"Connection: TE ,Close\r\n",
        b"Connection: keep-alive\r\nConnection: close\r\n",
        b"Connection: Upgrade\r\nUpgrade: h2c\r\n",
        b"Connection: Upgrade, close\r\nUpgrade: h2c\r\n",
        b"Connection: disclose\r\n",
    ],
)
@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
@pytest.mark.parametrize(
    "response",
    [
        Response(status=200, headers={"X-One": "1"}, body=b"five!"),
        Response(status=404),
        Response(status=204, headers={"X-One": "1"}),
    ],
    ids=["body", "empty", "204"],
)
def test_an_answer_is_what_h11_writes_for_the_request(
    version: bytes, options: bytes, method: bytes, response: Response
) -> None:
    """The head is written without the request: what depends on it is said by us."""
    sent = method + b" /a HTTP/" + version + b"\r\nHost: a\r\n" + options + b"\r\n"
    http = ServerSide("rest", None)
    http.receive(sent)
    assert http.read() is not None
    ours = http.write(response).replace(b"Connection: close", b"connection: close")
    theirs, ends = written_by_h11(sent, response)
    assert (ours, http.closing) == (theirs.replace(b"Connection:", b"connection:"), ends)


def test_an_answer_before_its_request_is_whole_ends_the_connection() -> None:
    """The rest of its body would be read as another request."""
    http = ServerSide("auth", None)
    http.receive(POST + b"Content-Length: 50\r\n\r\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n")
    assert http.read() is None
    assert b"\r\nConnection: close\r\n" in http.write(Response(status=200))
    assert http.closing


def test_a_refusal_ends_the_connection() -> None:
    """Also after HEAD, in the middle of a body; and the client's own text is not repeated."""
    http = ServerSide("auth", None)
    http.receive(POST + b"Authorization\x00: s3cret\r\n\r\n")
    with pytest.raises(Unreadable) as refused:
        http.read()
    written = http.write(refused.value.response, last=True)
    assert http.closing
    assert written == (
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Length: 58\r\nConnection: close\r\n\r\n"
        b"MCSCOPES: this request was not read: illegal header line.\n"
    )


def test_what_follows_a_request_and_is_no_http_leaves_its_answer() -> None:
    """It is refused once it is read, and is no token request that broke off."""
    http = ServerSide("auth", None)
    http.receive(b"POST /v2/token HTTP/1.1\r\nHost: a\r\n\r\n\x00\x01")
    assert http.read() is not None
    assert http.write(Response(status=200)) == OK % (0, b"")
    with pytest.raises(Unreadable, match="it is no HTTP"):
        http.read()
    assert http.unread("it broke off") is None


def test_a_body_is_received_in_large_portions() -> None:
    """While a connection is idle, little room is taken for it."""
    http = ServerSide("auth", None)
    idle = http.portion
    http.receive(POST + b"Content-Length: 5\r\n\r\n")
    assert http.read() is None
    assert http.portion > idle
