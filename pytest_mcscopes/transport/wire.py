"""HTTP/1.1 as bytes: a request is read strictly and whole or not at all; an answer is written.

Our own, because the readers at hand are too slow: with the same tenant behind
it, h11 and `http.server` each reach 0.6 of the rate of a server that reads by
`http.server` and does nothing else, and this one 0.9. No socket is touched
here: bytes are asked for, and given.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from ..cloud.http import Request, Response
from ..errors import McScopesError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..cloud.http import Urls
    from ..ledger.facts import HostKind

HEAD_LIMIT = 32 * 1024
"""Request line and headers; twice what Marketing Cloud's own web server takes."""
BODY_LIMIT = 16 * 1024 * 1024
"""More than any documented call takes; the endpoints' own limits are the cloud's business."""
_LINE_LIMIT = 1024
# Room for a whole token request, but for little more: while a connection is idle
# it is taken for nothing, and it leaves holes in the memory afterwards.
_PORTION = 2 * 1024
_LARGE_PORTION = 64 * 1024
_TooLong = tuple[int, str]
_LONG_HEAD: _TooLong = (431, f"its headers have more than {HEAD_LIMIT} bytes")
_LONG_LINE: _TooLong = (400, "the line before a chunk of its body does not end")
_LONG_TRAILERS: _TooLong = (431, f"its trailers have more than {HEAD_LIMIT} bytes")
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Z-]+) ([!-~]+) HTTP/1\.([01])")
_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\xff]*)")
_TARGET = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*://[^/?#]+)?(/[^?#]*)?(?:\?([^#]*))?")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[\t -~\x80-\xff]*)?")
_LENGTH = re.compile(r"[0-9]{1,16}")
_PHRASES: Mapping[int, str] = {status.value: status.phrase for status in HTTPStatus}
_WITHOUT_LENGTH = frozenset({204, 304})
_STATUSES = range(200, 1000)


class Unreadable(Exception):  # noqa: N818 - it is an answer, not an error of ours
    """Raised for a request that no tenant gets to see; the connection ends with the answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.response = Response(
            status=status,
            headers={"Content-Type": "text/plain; charset=utf-8"},
            body=f"MCSCOPES: this request was not read: {reason}.\n".encode(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A request that came in whole."""

    request: Request
    last: bool
    """The connection ends with its answer."""


class Incoming:
    """The bytes that a client sends, in the portions that HTTP reads them in."""

    def __init__(self, receive: Callable[[int], bytes]) -> None:
        self._receive = receive
        self._buffer = b""

    def wait(self) -> bool:
        """Wait for the next request to begin; False: the client has ended."""
        while not (begun := self._buffer.lstrip(b"\r\n")):
            self._buffer = self._receive(_PORTION)
            if not self._buffer:
                return False
        self._buffer = begun
        return True

    @property
    def drained(self) -> bool:
        """Whether nothing that has arrived is left to read."""
        return not self._buffer

    def speaks_http(self) -> bool:
        """Tell text from the first byte of TLS and the like, whose line never ends."""
        return b" " < self._buffer[:1] <= b"~"

    def until(self, end: bytes, limit: int, too_long: _TooLong) -> bytes:
        """Take what precedes an end, and the end."""
        while (at := self._buffer.find(end)) < 0 and len(self._buffer) <= limit:
            self._buffer += self._more(_PORTION)
        if not 0 <= at <= limit:
            raise Unreadable(*too_long)
        taken, self._buffer = self._buffer[:at], self._buffer[at + len(end) :]
        return taken

    def exactly(self, size: int) -> bytes:
        """Take a number of bytes."""
        portions = [self._buffer]
        missing = size - len(self._buffer)
        while missing > 0:
            portions.append(self._more(min(max(missing, _PORTION), _LARGE_PORTION)))
            missing -= len(portions[-1])
        arrived = b"".join(portions)
        self._buffer = arrived[size:]
        return arrived[:size]

    def _more(self, at_most: int) -> bytes:
        if data := self._receive(at_most):
            return data
        raise Unreadable(400, "the connection ended before the request was whole")


def read_request(
    incoming: Incoming, kind: HostKind, urls: Urls, send: Callable[[bytes], object]
) -> Received:
    """Read one request, which has begun.

    Args:
        incoming: what the client sends.
        kind: the host that it is sent to.
        urls: where the client finds the tenant.
        send: takes the interim answer that a client may wait for before it sends a body.

    Raises:
        Unreadable: it is no whole and plain HTTP/1.1 request.
    """
    if not incoming.speaks_http():
        raise Unreadable(400, "it is no HTTP; this address begins with http://, not https://")
    first, *lines = incoming.until(b"\r\n\r\n", HEAD_LIMIT, _LONG_HEAD).split(b"\r\n")
    line = _REQUEST_LINE.fullmatch(first)
    if line is None:
        raise Unreadable(400, "its first line is not METHOD /path HTTP/1.1, in capitals")
    # Interned: ledgers keep it thousands of times.
    method, version = sys.intern(line[1].decode("ascii")), line[3]
    path, query = _read_target(method, line[2].decode("ascii"))
    headers = _read_fields(lines)
    persistent = version == b"1"
    if persistent and ("host" not in headers or "," in headers["host"]):
        raise Unreadable(400, "HTTP/1.1 wants exactly one Host header")
    return Received(
        request=Request(
            method=method,
            host=kind,
            path=path,
            query=query,
            headers=headers,
            body=_read_body(incoming, headers, send if persistent else None),
            urls=urls,
        ),
        last=not persistent or "close" in _words(headers.get("connection", "")),
    )


def _read_target(method: str, target: str) -> tuple[str, str]:
    """Take path and query as sent: `//v2/token` keeps both slashes."""
    if method == "CONNECT" or target == "*":
        raise Unreadable(405, f"{method} {target} names no path of Marketing Cloud")
    parts = _TARGET.fullmatch(target)
    if parts is None:
        raise Unreadable(400, "what it asks for is neither /a/path nor http://host/a/path")
    return parts[1] or "/", parts[2] or ""


def _read_fields(lines: list[bytes]) -> dict[str, str]:
    """Read headers as `from_httpx` gives them: lower-case, duplicates joined."""
    fields: dict[str, str] = {}
    for line in lines:
        field = _FIELD.fullmatch(line.decode("latin-1"))
        if field is None:
            raise Unreadable(400, "a header line is not Name: value")
        name, value = field[1].lower(), field[2].rstrip(" \t")
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields


def _words(value: str) -> list[str]:
    return [word.strip().lower() for word in value.split(",")]


def _read_body(
    incoming: Incoming, headers: Mapping[str, str], send: Callable[[bytes], object] | None
) -> bytes:
    """Read the body, if there is one; `send`: None for HTTP/1.0, which has less."""
    length = _read_length(headers)
    if "expect" in headers and send is not None:
        if headers["expect"].lower() != "100-continue":
            raise Unreadable(417, "Expect can only be 100-continue")
        if length != 0 and incoming.drained:
            send(_CONTINUE)
    if length is not None:
        return incoming.exactly(length)
    if send is None:
        raise Unreadable(400, "HTTP/1.0 has no Transfer-Encoding")
    return _read_chunks(incoming)


def _read_length(headers: Mapping[str, str]) -> int | None:
    """Tell how long the body is; None: it comes in chunks that will tell."""
    coding, length = headers.get("transfer-encoding"), headers.get("content-length", "0")
    if coding is not None:
        if "content-length" in headers:
            raise Unreadable(400, "it has both Content-Length and Transfer-Encoding")
        if coding.lower() != "chunked":
            raise Unreadable(400, "Transfer-Encoding can only be chunked")
        return None
    if not _LENGTH.fullmatch(length):
        raise Unreadable(400, "Content-Length is not one whole number")
    return _within_limit(int(length))


def _within_limit(size: int) -> int:
    if size > BODY_LIMIT:
        raise Unreadable(413, f"its body has more than {BODY_LIMIT} bytes")
    return size


def _read_chunks(incoming: Incoming) -> bytes:
    chunks: list[bytes] = []
    total = 0
    while size := _read_chunk_size(incoming):
        total = _within_limit(total + size)
        chunks.append(incoming.exactly(size))
        if incoming.exactly(2) != b"\r\n":
            raise Unreadable(400, "a chunk of its body is not as long as it says")
    _skip_trailers(incoming)
    return b"".join(chunks)


def _read_chunk_size(incoming: Incoming) -> int:
    size = _CHUNK_SIZE.fullmatch(incoming.until(b"\r\n", _LINE_LIMIT, _LONG_LINE))
    if size is None:
        raise Unreadable(400, "a chunk of its body does not begin with its size")
    return int(size[1], 16)


def _skip_trailers(incoming: Incoming) -> None:
    """Read past the headers after the body: they mean nothing to anybody here."""
    room = HEAD_LIMIT
    while line := incoming.until(b"\r\n", room, _LONG_TRAILERS):
        _read_fields([line])
        room -= len(line)


def write_answer(response: Response, *, bodiless: bool, last: bool) -> bytes:
    """Write an answer, its framing included, to be sent at once.

    Raises:
        McScopesError: the answer cannot be said in HTTP; only a stub can give such.
    """
    if response.status not in _STATUSES:
        msg = f"a stub answered {response.status}, which ends no request. Give a status from 200."
        raise McScopesError(msg)
    lines = [f"HTTP/1.1 {response.status} {_PHRASES.get(response.status, '')}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    if response.status not in _WITHOUT_LENGTH:
        lines.append(f"Content-Length: {len(response.body)}")
    if last:
        lines.append("Connection: close")
    if wrong := [line for line in lines if not (line.isascii() and line.isprintable())]:
        msg = f"a stub answered with the header {wrong[0]!r}. Write headers in plain ASCII."
        raise McScopesError(msg)
    head = "\r\n".join([*lines, "\r\n"]).encode("ascii")
    return head if bodiless or response.status in _WITHOUT_LENGTH else head + response.body
