"""HTTP/1.1 as the server speaks it: bytes in, requests out; answers in, bytes out.

h11 reads and writes. It never touches a socket, so every door that has bytes can
use this. Ours is what h11 leaves open: how large a request may be, and which of
the requests that HTTP allows make sense to Marketing Cloud.
"""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING

import h11

from ..cloud.http import Request, Response, Urls
from ..errors import McScopesError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..ledger.facts import HostKind

HEAD_LIMIT = 32 * 1024
"""Request line and headers; twice what Marketing Cloud's own web server takes."""
BODY_LIMIT = 16 * 1024 * 1024
"""More than any documented call takes; the endpoints' own limits are the cloud's business."""
# Room for a whole token request, but for little more: while a connection is idle
# it is taken for nothing, and it leaves holes in the memory afterwards.
_PORTION = 2 * 1024
_BODY_PORTION = 64 * 1024
_FIRST_LINE = re.compile(rb"([!-~]+) +([!->@-~]+)[ ?\r\n]")
"""Method and path, as far as they can be read."""
_TARGET = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*://[^/?#]+)?(/[^?#]*)?(?:\?([^#]*))?")
_PHRASES: Mapping[int, str] = {status.value: status.phrase for status in HTTPStatus}
_WITHOUT_BODY = frozenset({204, 304})
_HANDSHAKE = b"\x16"
"""How TLS begins."""
_CONTINUE = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")


class Unreadable(Exception):  # noqa: N818 - it is an answer, not an error of ours
    """Raised for a request that no tenant gets to see; the connection ends with the answer."""

    def __init__(self, status: int, reason: str, *, tls: bool = False) -> None:
        super().__init__(reason)
        self.tls = tls
        """Whether it was the beginning of TLS."""
        self.response = Response(
            status=status,
            headers={"Content-Type": "text/plain; charset=utf-8"},
            body=f"MCSCOPES: this request was not read: {reason}.\n".encode(),
        )


class ServerSide:
    """The server's side of one connection, request after request."""

    def __init__(self, kind: HostKind, urls: Urls | None) -> None:
        self._kind = kind
        self._urls = urls
        """Where the client finds the tenant; None: at the real service's names."""
        self._h11 = _connection()
        self._head: h11.Request | None = None
        self._target = ("", "")
        """Path and query of the head."""
        self._headers: dict[str, str] = {}
        """Those of the head, read once: h11's own are slow to go through."""
        self._beginning = b""
        """What came first of the request: h11 keeps nothing of a head that it refuses."""
        self._body: list[bytes] = []
        self._room = BODY_LIMIT
        self._early: Unreadable | None = None
        """What is wrong with what came before the last request was answered."""
        self.begun = False
        """Whether something of a request has come that was not answered yet."""
        self.ended = False
        """Whether the client has ended its side, between two requests."""
        self.closing = False
        """Whether the connection ends with the answer that was written last."""

    @property
    def portion(self) -> int:
        """How many bytes are best received at once."""
        return _BODY_PORTION if self._h11.their_state is h11.SEND_BODY else _PORTION

    def receive(self, data: bytes) -> None:
        """Take what the client sent; nothing: it ended its side."""
        if data and not self.begun:
            data = data.lstrip(b"\r\n")  # as RFC 9112 wishes before a request line; h11 does not
            if not data:
                return
            self.begun, self._beginning = True, b""
            if not b" " < data[:1] <= b"~":
                # Of TLS and the like, whose line never ends.
                why = "it is no HTTP; this address begins with http://, not https://"
                raise Unreadable(400, why, tls=data.startswith(_HANDSHAKE))
        if b"\n" not in self._beginning and len(self._beginning) < HEAD_LIMIT:
            self._beginning += data
        self._h11.receive_data(data)

    def read(self) -> Request | None:
        """Give the next request once it is whole; None: it is not, or the client has ended.

        Raises:
            Unreadable: it is no plain HTTP/1.1 request, or too large.
        """
        if self._early:
            raise self._early
        try:
            while (event := self._h11.next_event()) is not h11.NEED_DATA:
                if isinstance(event, h11.Request):
                    self._head, self._headers = event, _joined(event.headers.raw_items())
                    _check(event, self._headers)
                    self._target = _target_of(event)
                elif isinstance(event, h11.Data):
                    self._add(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    assert self._head is not None  # which came before it
                    return self._request(self._head, self._target, b"".join(self._body))
                else:
                    self.ended = True
                    return None
        except h11.RemoteProtocolError as error:
            raise _unreadable(error) from None
        return None

    def unread(self, why: str) -> Request | None:
        """Give what is known of a request that cannot be read; None: not its first line."""
        with suppress(Unreadable, h11.LocalProtocolError):
            if head := self._head or _read_first_line(self._beginning):
                return self._request(head, _target_of(head), b"")._replace(broken=why)
        return None

    def interim(self) -> bytes:
        """Give the answer that a client awaits before it sends a body; empty: it awaits none."""
        waiting = self._h11.they_are_waiting_for_100_continue
        return self._h11.send(_CONTINUE) if waiting else b""

    def write(self, response: Response, *, last: bool = False) -> bytes:
        """Write an answer, its framing included, to be sent at once.

        Raises:
            McScopesError: HTTP cannot say it; only a stub can give such an answer.
        """
        headers = [*response.headers.items()]
        body = response.body
        if response.status in _WITHOUT_BODY:
            body = b""
        else:
            headers.append(("Content-Length", str(len(body))))
        self.closing = last or not self._keeps_alive()
        if self.closing:
            headers.append(("Connection", "close"))
        try:
            written = _write_head(response.status, tuple(headers))
        except (h11.LocalProtocolError, UnicodeEncodeError) as error:
            raise McScopesError(
                f"a stub gave an answer that HTTP cannot say ({error}). Give a status from 200, and"
                " headers in plain ASCII."
            ) from None
        if self._head is None or self._head.method != b"HEAD":
            written += body
        if not self.closing:
            self._start_next_cycle()
        return written

    def _keeps_alive(self) -> bool:
        """Tell whether the connection is of use once the request that was read is answered."""
        if self._head is None or self._head.http_version == b"1.0":
            return False
        options = self._headers.get("connection", "").lower().split(",")
        # What is unread of a body would be taken for the next request.
        return "close" not in map(str.strip, options) and self._h11.their_state is not h11.SEND_BODY

    def _add(self, data: bytes) -> None:
        self._room -= len(data)
        if self._room < 0:
            raise _too_large()
        self._body.append(bytes(data))

    def _request(self, head: h11.Request, target: tuple[str, str], body: bytes) -> Request:
        path, query = target
        return Request(
            # Interned: ledgers keep it thousands of times.
            method=sys.intern(head.method.decode("ascii")),
            host=self._kind,
            path=path,
            query=query,
            headers=self._headers,
            body=body,
            urls=self._urls,
        )

    def _start_next_cycle(self) -> None:
        waiting, ended = self._h11.trailing_data
        self._head, self._headers, self._body, self._room = None, {}, [], BODY_LIMIT
        self.begun = False
        # Not by h11's own next cycle, for which it would have to write the whole answer.
        self._h11 = _connection()
        try:
            if waiting:
                self.receive(waiting)
        except Unreadable as unreadable:
            self._early = unreadable  # the answer that was just written is still to be sent
        else:
            if ended:
                self.receive(b"")


def _connection() -> h11.Connection:
    return h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT)


def _read_first_line(beginning: bytes) -> h11.Request | None:
    """Read method and path of a request whose headers cannot be read; None: neither can they."""
    line = _FIRST_LINE.match(beginning)
    return h11.Request(method=line[1], target=line[2], headers=[("Host", "")]) if line else None


def _check(head: h11.Request, headers: Mapping[str, str]) -> None:
    """Refuse what h11 reads and Marketing Cloud's web server would not."""
    expected = headers.get("expect", "").lower()
    if head.method != head.method.upper() or head.http_version not in {b"1.0", b"1.1"}:
        raise Unreadable(400, "its first line is not METHOD /path HTTP/1.1, in capitals")
    if "content-length" in headers and "transfer-encoding" in headers:
        # A request to one reader, and another to the next: how requests are smuggled.
        raise Unreadable(400, "it has both Content-Length and Transfer-Encoding")
    if expected not in {"", "100-continue"} and head.http_version == b"1.1":
        raise Unreadable(417, "Expect can only be 100-continue")
    if int(headers.get("content-length", 0)) > BODY_LIMIT:
        raise _too_large()


def _too_large() -> Unreadable:
    return Unreadable(413, f"its body has more than {BODY_LIMIT} bytes")


def _target_of(head: h11.Request) -> tuple[str, str]:
    """Take path and query as sent: `//v2/token` keeps both slashes."""
    method, target = head.method.decode("ascii"), head.target.decode("ascii")
    if method == "CONNECT" or target == "*":
        raise Unreadable(405, f"{method} {target} names no path of Marketing Cloud")
    parts = _TARGET.fullmatch(target)
    if parts is None:
        raise Unreadable(400, "what it asks for is neither /a/path nor http://host/a/path")
    return parts[1] or "/", parts[2] or ""


def _joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Give headers as every door does: by lower-case name, duplicates joined."""
    fields: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("ascii").lower(), raw_value.decode("latin-1")
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields


def _unreadable(error: h11.RemoteProtocolError) -> Unreadable:
    if error.error_status_hint == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
        return Unreadable(431, f"its headers have more than {HEAD_LIMIT} bytes")
    # What h11 quotes, as bytes, is the client's own text, and may be a secret.
    return Unreadable(error.error_status_hint, str(error).partition(": b")[0])


# A suite's answers are much alike, and h11 takes a while to check and to write a head.
@lru_cache(maxsize=32)
def _write_head(status: int, headers: tuple[tuple[str, str], ...]) -> bytes:
    """Write what precedes the body; nothing in it depends on the request but its headers here."""
    reason = _PHRASES.get(status, "")
    head = h11.Response(status_code=status, headers=[*headers], reason=reason)
    return _connection().send(head)
