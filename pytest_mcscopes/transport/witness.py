"""What httpx's clients sent to a Marketing Cloud and another tool took before it came to us.

pytest-httpx, a `respx.mock(using="httpx")`, a cassette and a client's own `transport=`
answer in our place. Whoever was asked, the client knows what it handed to a transport.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .hosts import canonical, is_marketing_cloud

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import ModuleType

    import httpx

    from .hosts import Hosts

    Send = Callable[[httpx.Client, httpx.Request], httpx.Response]
    SendAsync = Callable[[httpx.AsyncClient, httpx.Request], Awaitable[httpx.Response]]

_MARK = "mcscopes"


def mark_as_seen(extensions: dict[str, Any], host: str) -> None:
    """Note on a request that it came to us; httpx hands its extensions down to httpcore."""
    # With the host: httpx hands them on to the request that follows a redirect, too.
    extensions[_MARK] = host


class Witness:
    """Tells of requests to a Marketing Cloud that never came to us."""

    def __init__(self, hosts: Hosts, taker: Callable[[ModuleType], str]) -> None:
        self._hosts = hosts
        self._taker = taker
        self.mounted = False

    def over(self, library: ModuleType, below: Send) -> Send:
        """Give what is to lie over the method that hands a client's request to its transport."""

        def send_single_request(client: httpx.Client, request: httpx.Request) -> httpx.Response:
            __tracebackhide__ = True
            try:
                return below(client, request)
            finally:
                self._note(library, request)

        return send_single_request

    def over_async(self, library: ModuleType, below: SendAsync) -> SendAsync:
        """Do as `over`, for a client that awaits."""

        async def send_single_request(
            client: httpx.AsyncClient, request: httpx.Request
        ) -> httpx.Response:
            __tracebackhide__ = True
            try:
                return await below(client, request)
            finally:
                self._note(library, request)

        return send_single_request

    def _note(self, library: ModuleType, request: httpx.Request) -> None:
        host = canonical(request.url.host)
        seen = request.extensions.get(_MARK) == host
        if self.mounted and not seen and is_marketing_cloud(host):
            self._hosts.on_taken(host, self._taker(library))
