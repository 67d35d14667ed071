"""The door for httpx and httpx2 clients in this process: no sockets, no server.

The libraries' own transports are asked first, above httpcore: a client's other
`transport=` stays its own, a user's respx routers see what they would see
without us, and what passes through does so untouched, by a proxy too. What gets
around them meets the second layer, at httpcore's pools.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import httpx
from respx.mocks import Mocker

from ...cloud.http import Response
from ..hosts import canonical, is_marketing_cloud
from ..witness import Witness, mark_as_seen
from . import guard
from .cassettes import Cassettes
from .httpx_values import from_httpx, raised_by, to_httpx
from .pools import Pools, async_pools_of, core_of, pools_of
from .stand_ins import StandIns

if TYPE_CHECKING:
    from types import ModuleType

    from ..hosts import Hosts, Live

# Private, but the only place that knows of each request, whatever transport is to answer it.
_SEND = "_send_single_request"
_OURS = __name__.partition(".")[0]

Send = Callable[[httpx.HTTPTransport, httpx.Request], httpx.Response]
SendAsync = Callable[[httpx.AsyncHTTPTransport, httpx.Request], Awaitable[httpx.Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patch:
    """What we put in place of a library's method, and what was there."""

    ours: object
    below: object


def _libraries() -> Iterator[ModuleType]:
    """Yield what to patch; in place of httpx2, a test may have put None or a stub."""
    yield httpx
    successor = sys.modules.get("httpx2")
    if successor is not None and hasattr(successor, "HTTPTransport"):
        yield successor


def _module_of(function: object) -> str:
    """Name the module that a function's code is of, whatever it wraps."""
    names: dict[str, object] = getattr(function, "__globals__", {})
    return str(names.get("__name__", getattr(function, "__module__", "")))


class Mount:
    """Answers a session's hosts to httpx and httpx2, and guards the real Marketing Cloud's."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._pools = Pools(hosts)
        self._cassettes = Cassettes(hosts)
        self._witness = Witness(hosts, self._taker)
        self._stand_ins = StandIns(hosts)
        self._patches: dict[tuple[type, str], list[_Patch]] = {}
        """What lies over a method, the upper ones last; others' patches may lie between."""
        self._mounted = False

    def mount(self) -> None:
        """Begin to answer."""
        self._mounted = self._pools.mounted = self._witness.mounted = True
        # 20 ms, once a session and only where it is installed: the price of
        # certainty that no later import of it slips past the guard.
        with suppress(ImportError):
            import_module("httpx2")
        self.ensure()

    def ensure(self) -> None:
        """Be asked first again, whatever a test has done to the libraries meanwhile."""
        for library in _libraries():
            self._stand_ins.watch(library)
            over, over_async = partial(self._over, library), partial(self._over_async, library)
            self._put(library.HTTPTransport, "handle_request", over)
            self._put(library.AsyncHTTPTransport, "handle_async_request", over_async)
            for pool in pools_of(core_of(library)):
                self._put(pool, "handle_request", partial(self._pools.over, library))
            for pool in async_pools_of(core_of(library)):
                self._put(pool, "handle_async_request", partial(self._pools.over_async, library))
            witness, witness_async = self._witness.over, self._witness.over_async
            self._put(library.Client, _SEND, partial(witness, library))
            self._put(library.AsyncClient, _SEND, partial(witness_async, library))
        self._cassettes.ensure()

    def unmount(self) -> None:
        """Give each library back its own. Where somebody patched over us, let everything pass."""
        self._mounted = self._pools.mounted = self._witness.mounted = False
        self._cassettes.leave()
        self._stand_ins.leave()
        for (transport, method), patches in self._patches.items():
            for patch in reversed(patches.copy()):
                if getattr(transport, method) is patch.ours:
                    setattr(transport, method, patch.below)
                    patches.remove(patch)

    def begin_window(self) -> None:
        """Look for what stands in for a library's functions from here on."""
        self._stand_ins.begin(_libraries())

    def end_window(self) -> None:
        """Tell what was sent through mocks of them."""
        self._stand_ins.end()

    def covered_by(self) -> str:
        """Name the module whose patch of httpx is asked before ours; empty: ours is the first."""
        return self._taker(httpx)

    def _taker(self, library: ModuleType) -> str:
        if Mocker.registry["httpx"].routers:  # patches the clients, who then never get here
            return Mocker.__module__
        first = library.HTTPTransport.handle_request
        return "" if self._is_ours(first) else _module_of(first).partition(".")[0]

    def _put(self, transport: type, method: str, over: Callable[[Any], object]) -> None:
        below = getattr(transport, method)
        patches = self._patches.setdefault((transport, method), [])
        if patches and patches[-1].ours is below:  # nothing has changed, as mostly
            return
        first = inspect.unwrap(below, stop=self._is_ours)
        if self._is_ours(first):
            while patches and patches[-1].ours is not first:  # taken off with the patch below it
                patches.pop()
            return
        ours = over(below)
        setattr(transport, method, ours)
        patches.append(_Patch(ours=ours, below=below))

    def _is_ours(self, function: object) -> bool:
        return any(patch.ours is function for stack in self._patches.values() for patch in stack)

    def _over(self, library: ModuleType, below: Send) -> Send:
        def handle_request(
            transport: httpx.HTTPTransport, request: httpx.Request
        ) -> httpx.Response:
            __tracebackhide__ = True
            if not self._claims(request):
                try:
                    return below(transport, request)
                except library.ConnectError as error:
                    told = guard.refused_port(self._hosts, library, request)
                    if told is None:
                        raise
                    raise told from error
            with raised_by(library, request):
                if self._plays(library, request, below):
                    return below(transport, request)
                return self._answer(library, request)

        return handle_request

    def _over_async(self, library: ModuleType, below: SendAsync) -> SendAsync:
        async def handle_async_request(
            transport: httpx.AsyncHTTPTransport, request: httpx.Request
        ) -> httpx.Response:
            __tracebackhide__ = True
            if not self._claims(request):
                try:
                    return await below(transport, request)
                except library.ConnectError as error:
                    told = guard.refused_port(self._hosts, library, request)
                    if told is None:
                        raise
                    raise told from error
            with raised_by(library, request):
                if self._plays(library, request, below):
                    return await below(transport, request)
                return await self._answer_async(library, request)

        return handle_async_request

    def _claims(self, request: httpx.Request) -> bool:
        if not self._mounted:
            return False
        host = canonical(request.url.host)
        if host in self._hosts.live or is_marketing_cloud(host):
            return True
        self._hosts.on_other(host)
        return False

    def _plays(self, library: ModuleType, request: httpx.Request, below: object) -> bool:
        """Tell whether another tool, which lies beneath us, is to answer for a real host."""
        host = canonical(request.url.host)
        if host in self._hosts.live or host in self._hosts.ended or self._hosts.home.is_left():
            return False
        return _module_of(below).partition(".")[0] not in {library.__name__, _OURS}

    def _live(self, library: ModuleType, request: httpx.Request) -> Live | None:
        __tracebackhide__ = True
        mark_as_seen(request.extensions, canonical(request.url.host))
        self._hosts.arrived += 1
        if self._hosts.home.is_left():
            text = guard.forked(self._hosts, request.url.host)
            raise guard.connect_error(library, request, text)
        live = self._hosts.live.get(canonical(request.url.host))
        if live is not None and (request.url.scheme != "https" or request.url.port is not None):
            self._hosts.on_other(canonical(request.url.host))
            raise guard.refused_address(library, request)
        return live

    def _answer(self, library: ModuleType, request: httpx.Request) -> httpx.Response:
        __tracebackhide__ = True
        live = self._live(library, request)
        if live is None:
            return guard.answer_unowned(self._hosts, library, request)
        request.read()
        answer = live.tenant.handle(from_httpx(request, live.kind))
        if not isinstance(answer, Response):
            stubs = live.tenant.stubs
            stubbed = None if stubs is None else stubs.answer(answer.request)
            answer = live.tenant.complete(answer, stubbed)
        return to_httpx(library, answer, request)

    async def _answer_async(self, library: ModuleType, request: httpx.Request) -> httpx.Response:
        __tracebackhide__ = True
        live = self._live(library, request)
        if live is None:
            return await guard.answer_unowned_async(self._hosts, library, request)
        await request.aread()
        answer = live.tenant.handle(from_httpx(request, live.kind))
        if not isinstance(answer, Response):
            stubs = live.tenant.stubs
            stubbed = None if stubs is None else await stubs.answer_async(answer.request)
            answer = live.tenant.complete(answer, stubbed)
        return to_httpx(library, answer, request)
