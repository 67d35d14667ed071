"""What httpx's clients sent to a Marketing Cloud and another tool took before it came to us.

pytest-httpx, a `respx.mock(using="httpx")`, a cassette and a client's own `transport=`
answer in our place. Whoever was asked, the client's `send` knows what it sent.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .hosts import canonical, is_marketing_cloud

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from types import ModuleType

    import httpx

    from .hosts import Hosts

    Send = Callable[..., httpx.Response]
    SendAsync = Callable[..., Awaitable[httpx.Response]]

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
        """Give what is to lie over a client's `send`."""

        def send(
            client: httpx.Client,
            request: httpx.Request,
            **how: Any,  # noqa: ANN401 - as the library says
        ) -> httpx.Response:
            __tracebackhide__ = True
            with self._watching(library, request) as came:
                answer = below(client, request, **how)
                came.append(answer)
            return answer

        return send

    def over_async(self, library: ModuleType, below: SendAsync) -> SendAsync:
        """Do as `over`, for a client that awaits."""

        async def send(
            client: httpx.AsyncClient,
            request: httpx.Request,
            **how: Any,  # noqa: ANN401 - as the library says
        ) -> httpx.Response:
            __tracebackhide__ = True
            with self._watching(library, request) as came:
                answer = await below(client, request, **how)
                came.append(answer)
            return answer

        return send

    @contextmanager
    def _watching(
        self, library: ModuleType, request: httpx.Request
    ) -> Iterator[list[httpx.Response]]:
        __tracebackhide__ = True
        came: list[httpx.Response] = []
        sent = [request]
        try:
            yield came
        except library.RequestError as error:
            sent.append(error.request)
            raise
        finally:
            # Of an authentication of several steps, and of redirects, too.
            for answer in came:
                sent += [each.request for each in (*answer.history, answer)]
            for each in dict.fromkeys(sent):
                self._note(library, each)

    def _note(self, library: ModuleType, request: httpx.Request) -> None:
        host = canonical(request.url.host)
        seen = request.extensions.get(_MARK) == host
        if self.mounted and not seen and is_marketing_cloud(host):
            self._hosts.on_taken(host, self._taker(library))
