"""The door for httpx clients in this process: no sockets, no server.

httpx's own transports are asked first, above httpcore: a client's other
`transport=` stays its own, a user's respx routers see what they would see
without us, and what passes through does so untouched, by a proxy too.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from ..cloud.http import Response
from . import guard
from .hosts import canonical, is_marketing_cloud
from .translate import from_httpx, to_httpx

if TYPE_CHECKING:
    from .hosts import Hosts, Live

Send = Callable[[httpx.HTTPTransport, httpx.Request], httpx.Response]
SendAsync = Callable[[httpx.AsyncHTTPTransport, httpx.Request], Awaitable[httpx.Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patch:
    """One method of httpx with ours in its place."""

    transport: type
    method: str
    ours: object
    below: object


class Mount:
    """Answers a session's hosts to httpx, and guards the real Marketing Cloud's."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._patches: list[_Patch] = []
        self._mounted = False

    def mount(self) -> None:
        """Begin to answer."""
        self._mounted = True
        self.ensure()

    def ensure(self) -> None:
        """Be asked first again, whatever a test has done to httpx meanwhile."""
        self._put(httpx.HTTPTransport, "handle_request", self._over)
        self._put(httpx.AsyncHTTPTransport, "handle_async_request", self._over_async)

    def unmount(self) -> None:
        """Give httpx back its own. Where somebody patched over us, let everything pass."""
        self._mounted = False
        for patch in reversed(self._patches.copy()):
            if getattr(patch.transport, patch.method) is patch.ours:
                setattr(patch.transport, patch.method, patch.below)
                self._patches.remove(patch)

    def _put(self, transport: type, method: str, over: Callable[[Any], object]) -> None:
        below = getattr(transport, method)
        if self._is_ours(inspect.unwrap(below, stop=self._is_ours)):
            return
        ours = over(below)
        setattr(transport, method, ours)
        self._patches.append(_Patch(transport=transport, method=method, ours=ours, below=below))

    def _is_ours(self, function: object) -> bool:
        return any(patch.ours is function for patch in self._patches)

    def _over(self, below: Send) -> Send:
        def handle_request(
            transport: httpx.HTTPTransport, request: httpx.Request
        ) -> httpx.Response:
            return self._answer(request) if self._claims(request) else below(transport, request)

        return handle_request

    def _over_async(self, below: SendAsync) -> SendAsync:
        async def handle_async_request(
            transport: httpx.AsyncHTTPTransport, request: httpx.Request
        ) -> httpx.Response:
            if self._claims(request):
                return await self._answer_async(request)
            return await below(transport, request)

        return handle_async_request

    def _claims(self, request: httpx.Request) -> bool:
        if not self._mounted:
            return False
        host = canonical(request.url.host)
        if host in self._hosts.live or is_marketing_cloud(host):
            return True
        self._hosts.on_other(host)
        return False

    def _live(self, request: httpx.Request) -> Live | None:
        live = self._hosts.live.get(canonical(request.url.host))
        if live is not None and (request.url.scheme != "https" or request.url.port is not None):
            raise guard.refused_address(request)
        return live

    def _answer(self, request: httpx.Request) -> httpx.Response:
        live = self._live(request)
        if live is None:
            return guard.answer_unowned(self._hosts, request)
        request.read()
        answer = live.tenant.handle(from_httpx(request, live.kind))
        if not isinstance(answer, Response):
            stubs = live.tenant.stubs
            stubbed = None if stubs is None else stubs.answer(answer.request)
            answer = live.tenant.complete(answer, stubbed)
        return to_httpx(answer, request.method)

    async def _answer_async(self, request: httpx.Request) -> httpx.Response:
        live = self._live(request)
        if live is None:
            return await guard.answer_unowned_async(self._hosts, request)
        await request.aread()
        answer = live.tenant.handle(from_httpx(request, live.kind))
        if not isinstance(answer, Response):
            stubs = live.tenant.stubs
            stubbed = None if stubs is None else await stubs.answer_async(answer.request)
            answer = live.tenant.complete(answer, stubbed)
        return to_httpx(answer, request.method)
