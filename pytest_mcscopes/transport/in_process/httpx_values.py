"""httpx's requests and responses to plain values, and back.

httpx2, httpx's successor, has the same names: where a `library` is asked for,
it is the module that the client uses, and its values are typed as httpx's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import httpx

from ...cloud.http import Request, Response, Trouble
from .refusals import RefusedError, ordered

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Mapping
    from types import ModuleType

    from ...ledger.facts import HostKind

_WITHOUT_LENGTH = frozenset({204, 304})
_RAISED: Mapping[Trouble, str] = {"timeout": "ReadTimeout", "reset": "ReadError"}


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


def to_httpx(library: ModuleType, response: Response, request: httpx.Request) -> httpx.Response:
    """Build the response that a client gets off the wire, or raise what it meets instead.

    A stream, not content: httpx tells `elapsed` only of what it read itself.
    """
    if trouble := response.trouble:
        kind = _RAISED[trouble]
        text = ordered(request.method, request.url.host, trouble, f"{library.__name__}.{kind}")
        raise getattr(library, kind)(text, request=request)
    headers = dict(response.headers)
    if response.status not in _WITHOUT_LENGTH:
        headers["Content-Length"] = str(len(response.body))
    body = b"" if request.method == "HEAD" else response.body
    answer: httpx.Response = library.Response(
        response.status, headers=headers, stream=library.ByteStream(body)
    )
    return answer


def build_request(method: str, url: str, headers: httpx.Headers, body: bytes) -> httpx.Request:
    """Build a request that respx's routes can be asked about."""
    request = httpx.Request(method, url, headers=headers, stream=httpx.ByteStream(body))
    request.read()
    return request


async def gathered(stream: AsyncIterable[bytes]) -> bytes:
    """Read an async stream to its end."""
    return b"".join([chunk async for chunk in stream])


def raise_as_own(
    library: ModuleType, request: httpx.Request, error: RefusedError | httpx.RequestError
) -> NoReturn:
    """Raise a refusal, or what a side effect of respx's routes has raised, as the client's own."""
    __tracebackhide__ = True
    if isinstance(error, RefusedError):
        raise library.ConnectError(str(error), request=request) from error.__cause__
    if library is httpx:
        raise error
    names = (kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "httpx")
    raise getattr(library, next(names))(str(error), request=request) from error
