"""Plain requests and answers of HTTP/1.1, which nearly all are, read and written at a glance.

h11 would read and write every one of them in the very same way, at several times the cost: it
would take most of what a request in process takes. Whatever is not plain here is left to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..cloud.http import Response

WITHOUT_BODY = frozenset({204, 304})
"""Statuses of answers that have none."""
_TOKEN = r"[-!#$%&'*+.^_`|~0-9A-Za-z]+"
_VALUE = r"[!-~](?:[ -~]*[!-~])?"
_FIELD = re.compile(rf"({_TOKEN}): ?({_VALUE})\r\n")
_HEAD = re.compile(
    rb"(DELETE|GET|OPTIONS|PATCH|POST|PUT) "
    rb"(/[!-\"$->@-~]*)(?:\?([!-\"$-~]*))? HTTP/1\.1\r\n"
    rb"((?:%b: ?%b\r\n)+)\r\n" % (_TOKEN.encode(), _VALUE.encode())
)
"""Method, path, query and header fields of a request."""
_LENGTH = re.compile(r"[0-9]{1,5}")
_NAME_ALONE, _VALUE_ALONE = re.compile(_TOKEN), re.compile(_VALUE)
_OF_THE_CONNECTION = frozenset(
    {"connection", "content-length", "expect", "host", "transfer-encoding", "upgrade"}
)
"""Headers by which a message, or a connection, ends in another way or goes on in one."""
_IN_REQUESTS = _OF_THE_CONNECTION - {"connection", "content-length", "host"}
_FIRST_LINES: Mapping[int, str] = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n"
    for status in HTTPStatus
    if status >= HTTPStatus.OK and status not in WITHOUT_BODY
}


@dataclass(slots=True, eq=False, kw_only=True)
class PlainRequest:
    """A request whose head is plain, as far as it has come."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    """By lower-case name."""
    sent: bytes
    """All that has come of it, its head included."""
    head: int
    """How many bytes its head has."""
    size: int
    """How many bytes it has as a whole."""
    was_read: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether all of it has come."""
        return len(self.sent) == self.size

    @property
    def body(self) -> bytes:
        """What has come of its body."""
        return self.sent[self.head :]

    def take(self, data: bytes) -> bool:
        """Take what the client sent next; False: it is not plainly more of this request."""
        if not data or len(self.sent) + len(data) > self.size:
            return False
        self.sent += data
        return True


def read_plain(sent: bytes) -> PlainRequest | None:
    """Read a request that begins with its whole head; None: it is not plain."""
    match = _HEAD.match(sent)
    if match is None:
        return None
    method, path, query, lines = match.group(1, 2, 3, 4)
    fields = _FIELD.findall(lines.decode("ascii"))
    headers = {name.lower(): value for name, value in fields}
    length = headers.get("content-length", "0")
    size = match.end() + int(length) if _LENGTH.fullmatch(length) else 0
    if (
        len(sent) > size  # of no plain length, or followed by another request
        or len(fields) > len(headers)
        or "host" not in headers
        or headers.get("connection", "keep-alive").lower() != "keep-alive"
        or not _IN_REQUESTS.isdisjoint(headers)
    ):
        return None
    return PlainRequest(
        method=method.decode("ascii"),
        path=path.decode("ascii"),
        query=(query or b"").decode("ascii"),
        headers=headers,
        sent=sent,
        head=match.end(),
        size=size,
    )


def write_plain(response: Response) -> bytes:
    """Write the answer to a plain request that leaves the connection open; empty: it is not plain.

    Empty, too: HTTP cannot say it.
    """
    written = [_FIRST_LINES.get(response.status, "")]
    for name, value in response.headers.items():
        if (
            name.lower() in _OF_THE_CONNECTION
            or not _NAME_ALONE.fullmatch(name)
            or not _VALUE_ALONE.fullmatch(value)
        ):
            return b""
        written.append(f"{name}: {value}\r\n")
    if not written[0]:
        return b""
    written.append(f"Content-Length: {len(response.body)}\r\n\r\n")
    return "".join(written).encode("ascii") + response.body
