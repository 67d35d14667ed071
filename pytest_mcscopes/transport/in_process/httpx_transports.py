"""The door for httpx and httpx2: their transports, above httpcore.

A client's other `transport=` stays its own, a user's respx routers see what they would
see without us, and what passes through does so untouched, by a proxy too. What gets
around the transports meets the second layer, at httpcore's pools.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import httpx

from ..names import canonical, is_marketing_cloud
from ..witness import SEEN
from . import respx_routes
from .httpx_values import from_httpx, raise_as_own, to_httpx
from .patches import Patches, module_of
from .reception import Address, Reception, answer, answer_async
from .refusals import RefusedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from types import ModuleType

    from ..hosts import Live

    Send = Callable[[httpx.HTTPTransport, httpx.Request], httpx.Response]
    SendAsync = Callable[[httpx.AsyncHTTPTransport, httpx.Request], Awaitable[httpx.Response]]

_OURS = __name__.partition(".")[0]


class HttpxTransports:
    """Answers a session's hosts to clients of httpx and httpx2."""

    def __init__(self, reception: Reception, patches: Patches) -> None:
        self._reception = reception
        self._hosts = reception.hosts
        self._patches = patches

    def put(self, library: ModuleType) -> None:
        """Be asked by a library's clients before its own transports are."""
        put = self._patches.put
        put(library.HTTPTransport, "handle_request", partial(self._over, library))
        put(library.AsyncHTTPTransport, "handle_async_request", partial(self._over_async, library))

    def _over(self, library: ModuleType, below: Send) -> Send:
        def handle_request(
            transport: httpx.HTTPTransport, request: httpx.Request
        ) -> httpx.Response:
            __tracebackhide__ = True
            host = canonical(request.url.host)
            if not self._claims(library, request, host, below):
                with self._ports_explained(library, request):
                    return below(transport, request)
            try:
                if host not in self._hosts.live and self._plays(library, host, below):
                    return below(transport, request)
                live = self._live(request, host)
                if live is None:
                    return respx_routes.answer_unowned(self._hosts, library, request)
                request.read()
                return to_httpx(library, answer(live, from_httpx(request, live.kind)), request)
            except (RefusedError, httpx.RequestError) as error:
                raise_as_own(library, request, error)

        return handle_request

    def _over_async(self, library: ModuleType, below: SendAsync) -> SendAsync:
        async def handle_async_request(
            transport: httpx.AsyncHTTPTransport, request: httpx.Request
        ) -> httpx.Response:
            __tracebackhide__ = True
            host = canonical(request.url.host)
            if not self._claims(library, request, host, below):
                with self._ports_explained(library, request):
                    return await below(transport, request)
            try:
                if host not in self._hosts.live and self._plays(library, host, below):
                    return await below(transport, request)
                live = self._live(request, host)
                if live is None:
                    return await respx_routes.answer_unowned_async(self._hosts, library, request)
                await request.aread()
                reply = await answer_async(live, from_httpx(request, live.kind))
                return to_httpx(library, reply, request)
            except (RefusedError, httpx.RequestError) as error:
                raise_as_own(library, request, error)

        return handle_async_request

    def _claims(
        self, library: ModuleType, request: httpx.Request, host: str, below: object
    ) -> bool:
        mocked = not self._hosts.refuses and (
            respx_routes.are_there(library) or _is_of_another(library, below)
        )
        if self._reception.claims(host, mocked=mocked):
            return True
        if self._reception.is_open:
            self._hosts.on_other(host)
            if is_marketing_cloud(host):
                request.extensions[SEEN] = host
        return False

    def _plays(self, library: ModuleType, host: str, below: object) -> bool:
        """Tell whether another tool, which lies beneath us, is to answer for a real host."""
        if host in self._hosts.ended or self._hosts.home.is_left():
            return False
        return _is_of_another(library, below)

    def _live(self, request: httpx.Request, host: str) -> Live | None:
        __tracebackhide__ = True
        url = request.url
        request.extensions[SEEN] = host
        return self._reception.find_tenant(Address(url.scheme, url.host, url.port))

    @contextmanager
    def _ports_explained(self, library: ModuleType, request: httpx.Request) -> Iterator[None]:
        """Say whose a port was that refuses a connection."""
        try:
            yield
        except library.ConnectError as error:
            refused = respx_routes.refused_port(self._hosts, request)
            if refused is None:
                raise
            raise library.ConnectError(str(refused), request=request) from error


def _is_of_another(library: ModuleType, below: object) -> bool:
    """Tell whether a transport's function is neither the library's nor ours, but a tool's."""
    return module_of(below).partition(".")[0] not in {library.__name__, _OURS}
