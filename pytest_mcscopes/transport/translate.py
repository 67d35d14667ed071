"""httpx's requests and responses to plain values, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from ..cloud.http import Request, Response

if TYPE_CHECKING:
    from ..ledger.facts import HostKind

_WITHOUT_LENGTH = frozenset({204, 304})


def from_httpx(request: httpx.Request, kind: HostKind) -> Request:
    """Take the value of a request whose body has been read."""
    path, _, query = request.url.raw_path.partition(b"?")
    return Request(
        method=request.method,
        host=kind,
        path=path.decode("ascii"),
        query=query.decode("ascii"),
        headers=dict(request.headers.items()),  # lower-case, duplicates joined by ", "
        body=request.content,
    )


def to_httpx(response: Response, method: str) -> httpx.Response:
    """Build the response that a client gets off the wire.

    A stream, not content: httpx tells `elapsed` only of what it read itself.
    """
    headers = dict(response.headers)
    if response.status not in _WITHOUT_LENGTH:
        headers["Content-Length"] = str(len(response.body))
    body = b"" if method == "HEAD" else response.body
    return httpx.Response(response.status, headers=headers, stream=httpx.ByteStream(body))
