"""What a user's own respx routers answer for a Marketing Cloud host that we never minted.

Nothing in this module opens a socket or resolves a name. Their pass-through is refused.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import httpx
from respx.mocks import Mocker
from respx.models import PassThrough

from ..hosts import Hosts, Stray
from ..names import canonical
from . import refusals
from .httpx_values import build_request, from_httpx, gathered

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from types import ModuleType

    from .refusals import RefusedError

BENEATH = {"httpx": "httpcore", "httpx2": "httpcore2"}
"""What lies beneath a library. A respx router is told to use it by its name: respx has the first,
and pytest-httpx2 adds the second."""


def refused_port(hosts: Hosts, request: httpx.Request) -> RefusedError | None:
    """Tell whose a port was that refuses a request; None: it was no tenant's."""
    address = request.url.netloc.decode("ascii")
    built_by = hosts.ended.get(address)
    if built_by is None:
        return None
    read = partial(from_httpx, request)
    hosts.on_stray(Stray(host=address, method=request.method, built_by=built_by, read=read))
    return refusals.ended(f"http://{address}", built_by)


def are_there(library: ModuleType) -> bool:
    """Tell whether the user has routers for a library."""
    mocker = Mocker.registry.get(BENEATH[library.__name__])
    return mocker is not None and bool(mocker.routers)


@contextmanager
def _routed(hosts: Hosts, library: ModuleType, request: httpx.Request) -> Iterator[type[Mocker]]:
    """Give the user's routers to be asked: none for what was ours once. What passes is refused."""
    __tracebackhide__ = True
    host, read = canonical(request.url.host), partial(from_httpx, request)
    mocker = Mocker.registry.get(BENEATH[library.__name__])
    if host in hosts.ended or mocker is None or not mocker.routers:
        raise refusals.unowned(hosts, host, request.method, read)
    hosts.on_other(host)
    try:
        yield mocker
    except PassThrough as error:
        raise refusals.unowned(hosts, host, request.method, read) from error
    hosts.take(host, "respx")


def _to_ask(library: ModuleType, request: httpx.Request) -> httpx.Request:
    """Give a request whose body has been read as respx's routes know it."""
    if library is httpx:
        return request
    headers = httpx.Headers(request.headers.raw)
    return build_request(request.method, str(request.url), headers, request.content)


def _copied(library: ModuleType, answer: httpx.Response, stream: object) -> httpx.Response:
    """Copy a router's answer, as respx does: the one in its call log stays unread."""
    copy: httpx.Response = library.Response(
        answer.status_code,
        headers=answer.headers.raw,
        stream=stream,
        extensions=answer.extensions,
    )
    return copy


def answer_unowned(hosts: Hosts, library: ModuleType, request: httpx.Request) -> httpx.Response:
    """Let the user's routers answer a Marketing Cloud request; refuse what none of them does."""
    __tracebackhide__ = True
    with _routed(hosts, library, request) as mocker:
        ask: Callable[[httpx.Request], httpx.Response] = mocker.handler
        request.read()
        answer = ask(_to_ask(library, request))
    if library is httpx:
        return _copied(library, answer, answer.stream)
    assert isinstance(answer.stream, httpx.SyncByteStream)  # as the library's own client does
    return _copied(library, answer, library.ByteStream(b"".join(answer.stream)))


async def answer_unowned_async(
    hosts: Hosts, library: ModuleType, request: httpx.Request
) -> httpx.Response:
    """Do as `answer_unowned`, for a client that awaits."""
    __tracebackhide__ = True
    with _routed(hosts, library, request) as mocker:
        ask: Callable[[httpx.Request], Awaitable[httpx.Response]] = mocker.async_handler
        await request.aread()
        answer = await ask(_to_ask(library, request))
    if library is httpx:
        return _copied(library, answer, answer.stream)
    assert isinstance(answer.stream, httpx.AsyncByteStream)
    return _copied(library, answer, library.ByteStream(await gathered(answer.stream)))
