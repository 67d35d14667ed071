"""What httpx's clients sent to a Marketing Cloud and another tool took before it came to us.

pytest-httpx, a `respx.mock(using="httpx")`, a cassette and a client's own `transport=`
answer in our place. Whoever answered, the client knows what it handed to a transport.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from respx.mocks import Mocker

from ..ledger.interceptor_texts import INTERCEPTORS
from .interceptors import raised_by
from .loopback.ports import is_served
from .names import canonical, is_marketing_cloud

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import ModuleType

    import httpx

    from .hosts import Hosts
    from .in_process.patches import Patches

    Send = Callable[[httpx.Client, httpx.Request], httpx.Response]
    SendAsync = Callable[[httpx.AsyncClient, httpx.Request], Awaitable[httpx.Response]]

# Private, but the only place that knows of each request, whatever transport is to answer it.
_SEND = "_send_single_request"
SEEN = "mcscopes"
"""By which extension of a request, which httpx hands down to httpcore, it is known for which host
it came to us: httpx hands them on to the request that follows a redirect, too."""
_MOCKS = frozenset({"respx", "pytest_httpx", "vcr", "unittest"})
"""Whose errors show that a request to a port was not sent."""


class Witness:
    """Reports requests to a Marketing Cloud that never came to us."""

    def __init__(self, hosts: Hosts, taker: Callable[[ModuleType], str]) -> None:
        self._hosts = hosts
        self._taker = taker
        self.mounted = False

    def put(self, patches: Patches, library: ModuleType) -> None:
        """See what a library's clients hand to their transports."""
        patches.put(library.Client, _SEND, partial(self._over, library))
        patches.put(library.AsyncClient, _SEND, partial(self._over_async, library))

    def _over(self, library: ModuleType, below: Send) -> Send:
        def send_single_request(client: httpx.Client, request: httpx.Request) -> httpx.Response:
            __tracebackhide__ = True
            try:
                answer = below(client, request)
            except BaseException as error:
                self._note(library, request, refused_by=raised_by(error))
                raise
            self._note(library, request, answer)
            return answer

        return send_single_request

    def _over_async(self, library: ModuleType, below: SendAsync) -> SendAsync:
        async def send_single_request(
            client: httpx.AsyncClient, request: httpx.Request
        ) -> httpx.Response:
            __tracebackhide__ = True
            try:
                answer = await below(client, request)
            except BaseException as error:
                self._note(library, request, refused_by=raised_by(error))
                raise
            self._note(library, request, answer)
            return answer

        return send_single_request

    def _note(
        self,
        library: ModuleType,
        request: httpx.Request,
        answer: httpx.Response | None = None,
        refused_by: str = "",
    ) -> None:
        host, port = canonical(request.url.host), request.url.port
        if not self.mounted or request.extensions.get(SEEN) == host:
            return
        if is_marketing_cloud(host):
            self._hosts.take(host, self._taker(library))
        elif is_served(host, port):
            # What came over a socket has it with it.
            sent = answer is not None and "network_stream" in answer.extensions
            refused = answer is None and refused_by not in _MOCKS
            if not (sent or refused):
                by = refused_by if refused_by in INTERCEPTORS else self._taker(library)
                self._hosts.take(f"{host}:{port}", by or _beneath())


def _beneath() -> str:
    """Name respx where it answers below httpx."""
    return "respx" if any(mocker.routers for mocker in Mocker.registry.values()) else ""
