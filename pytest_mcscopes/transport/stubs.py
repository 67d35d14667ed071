"""The test's own answers to admitted calls, written in respx's routing language."""

from __future__ import annotations

import asyncio
import inspect
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import httpx
from respx import Route, Router
from respx.models import AllMockedAssertionError, ResolvedRoute, SideEffectError

from ..cloud.http import Response
from ..errors import McScopesError
from .translate import build_request, gathered

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator

    from respx.patterns import Pattern

    from ..cloud.http import Request

__all__ = ["Router", "Stubs"]

T = TypeVar("T")

_NO_REAL_SERVICE = (
    "a stub cannot pass a call through: no real Marketing Cloud is behind a tenant. "
    "Answer the call with respond(...) or mock(...); without a stub it is answered 200 {}."
)
_OF_THE_CONNECTION = frozenset({"connection", "content-length", "transfer-encoding"})
_SLASHES = re.compile(rb"/{2,}")


class Stubs:
    """What a test has written for one REST host, whatever door a call came through."""

    def __init__(self, base_url: str) -> None:
        self._bases = [base_url.rstrip("/")]
        self._router: _StubRouter | None = None

    @property
    def router(self) -> Router:
        """The host's routing, as in respx. Built on first use: it costs more than a token."""
        if self._router is None:
            self._router = _StubRouter(self._bases)
        return self._router

    def also_at(self, base_url: str) -> None:
        """Let absolute URLs of another door of the same host match too."""
        self._bases.append(base_url.rstrip("/"))

    def answer(self, request: Request) -> Response | None:
        """Ask the stubs for a client that blocks; None: no stub matches.

        Raises whatever a stub's side effect raises.
        """
        if self._router is None or not self._router.routes:
            return None
        try:
            answer = self._router.handler(self._to_httpx(request))
        except AllMockedAssertionError:
            return None
        if isinstance(answer.stream, httpx.SyncByteStream):
            return _to_value(answer, b"".join(answer.stream))
        return _to_value(answer, run_to_end(gathered(answer.stream)))

    async def answer_async(self, request: Request) -> Response | None:
        """Do as `answer`, for a client that awaits."""
        if self._router is None or not self._router.routes:
            return None
        try:
            answer = await self._router.async_handler(self._to_httpx(request))
        except AllMockedAssertionError:
            return None
        if isinstance(answer.stream, httpx.SyncByteStream):
            return _to_value(answer, b"".join(answer.stream))
        return _to_value(answer, await gathered(answer.stream))

    def _to_httpx(self, request: Request) -> httpx.Request:
        query = f"?{request.query}" if request.query else ""
        return build_request(
            request.method,
            f"{self._bases[0]}{request.path}{query}",
            httpx.Headers(dict(request.headers), encoding="utf-8"),
            request.body,
        )


class _Stub(Route):
    """A respx route that cannot pass through, and says so where that is written."""

    def pass_through(self, value: bool = True) -> Route:  # noqa: FBT001, FBT002
        """Refuse: there is nothing to pass a call through to."""
        if value:
            raise McScopesError(_NO_REAL_SERVICE)
        return super().pass_through(value)


class _StubRouter(Router):
    """The routing of respx, mounted nowhere: it is asked for admitted calls only.

    Differs from respx in three points: a call is matched as sent and then with
    its path normalised; async side effects serve clients that block, too;
    nothing passes through.
    """

    def __init__(self, bases: list[str]) -> None:
        super().__init__(base_url=bases[0], assert_all_called=False)
        self._spelt_at = bases

    def route(self, *patterns: Pattern, name: str | None = None, **lookups: object) -> Route:
        """Add a route."""
        return self.add(_Stub(*patterns, **lookups), name=name)

    def resolve(self, request: httpx.Request) -> ResolvedRoute:
        """Find the answer for a client that blocks."""
        with self.resolver(request) as resolved:
            for route, prospect in self._prospects(request):
                with _blaming(route):
                    found = run_to_end(prospect) if inspect.isawaitable(prospect) else prospect
                    if _settled(resolved, route, found):
                        break
        return resolved

    async def aresolve(self, request: httpx.Request) -> ResolvedRoute:
        """Find the answer for a client that awaits."""
        with self.resolver(request) as resolved:
            for route, prospect in self._prospects(request):
                with _blaming(route):
                    found = await prospect if inspect.isawaitable(prospect) else prospect
                    if _settled(resolved, route, found):
                        break
        return resolved

    def _prospects(self, request: httpx.Request) -> Iterator[tuple[Route, object]]:
        for spelling in self._spellings(request):
            for route in self.routes:
                try:
                    prospect = route.match(spelling)
                except StopIteration:
                    used_up = f"the stub {route!r} has no side effect left for another call."
                    raise SideEffectError(route, origin=McScopesError(used_up)) from None
                yield route, prospect

    def _spellings(self, request: httpx.Request) -> Iterator[httpx.Request]:
        yield request
        path, mark, query = request.url.raw_path.partition(b"?")
        folded = _SLASHES.sub(b"/", path).rstrip(b"/") or b"/"
        targets = [(spelt + mark + query).decode("ascii") for spelt in (path, folded)]
        urls = dict.fromkeys(base + target for base in self._spelt_at for target in targets)
        for url in islice(urls, 1, None):
            yield build_request(request.method, url, request.headers, request.content)


@contextmanager
def _blaming(route: Route) -> Iterator[None]:
    """Tell respx which route an exception came from: it records the call there."""
    try:
        yield
    except Exception as error:
        raise SideEffectError(route, origin=error) from error


def _settled(resolved: ResolvedRoute, route: Route, found: object) -> bool:
    """Note an answer down; a side effect that gives None has not matched."""
    if found is None:
        return False
    if isinstance(found, httpx.Request):
        raise McScopesError(_NO_REAL_SERVICE)
    if not isinstance(found, httpx.Response):
        msg = f"a stub's side effect gave {found!r}. Let it give an httpx.Response."
        raise McScopesError(msg)
    if isinstance(found.stream, httpx.ByteStream):
        found.read()  # so that route.calls.last.response can be looked at
    resolved.route, resolved.response = route, found
    return True


def run_to_end(awaitable: Awaitable[T]) -> T:
    """Run an async side effect for a client that blocks, in an event loop of its own.

    In a thread: the client may itself be called from within a running loop.
    """

    async def waiting() -> T:
        return await awaitable

    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(copy_context().run, asyncio.run, waiting()).result()


def _to_value(answer: httpx.Response, body: bytes) -> Response:
    headers = {
        name: value for name, value in answer.headers.items() if name not in _OF_THE_CONNECTION
    }
    return Response(status=answer.status_code, headers=headers, body=body)
