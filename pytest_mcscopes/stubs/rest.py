"""The test's own answers to admitted calls, written in respx's routing language."""

from __future__ import annotations

import asyncio
import inspect
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from copy import copy
from itertools import repeat
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import quote, unquote

import httpx
from respx import Route, Router
from respx.models import AllMockedAssertionError, ResolvedRoute, SideEffectError
from respx.patterns import Lookup, Path, Pattern

from ..arguments.calls import takes
from ..arguments.keywords import Kind, check_name
from ..catalogue.route_trie import fold_word, join_segments, words_in
from ..cloud.http import Request, Response, Trouble
from ..errors import McScopesError
from ..ledger.ledger import Ledger
from ..transport.in_process.httpx_values import build_request, gathered
from .authors import StubAuthors

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence

    FindTemplate = Callable[[str, str, str], str]
    """Method, path and query -> the path of the row that describes such a call, or nothing."""
    Words = Sequence[tuple[str, str]]
    """What the row spells out of each segment, and what the client chose."""

__all__ = ["Router", "Stubs"]

T = TypeVar("T")

_NO_REAL_SERVICE = (
    "a stub cannot pass a call through: no real Marketing Cloud is behind a tenant. "
    "Answer the call with respond(...) or mock(...); without a stub it is answered 200 {}."
)
_OF_THE_CONNECTION = frozenset({"connection", "content-length", "transfer-encoding"})
_SLASHES = re.compile(r"/{2,}")
_ENCODED_SLASH = re.compile("%2f", re.IGNORECASE)
_IN_A_SEGMENT = ":@!$&'()*+,;="
"""What a client may leave unescaped there."""


class Stubs:
    """What a test has written for one REST host, whatever door a call came through."""

    def __init__(
        self,
        base_url: str,
        find_template: FindTemplate = lambda *_: "",
        authors: StubAuthors | None = None,
    ) -> None:
        """Begin without any stub, at the base URL that calls in process have.

        *find_template* tells the words of a path, which match in any case, from the ids and keys
        in it, which do not.
        """
        self._bases = [base_url.rstrip("/")]
        authors = authors or StubAuthors(Ledger())
        self.router: Router = _StubRouter(self._bases, find_template, authors)
        """The host's routing, as in respx."""

    def also_at(self, base_url: str) -> None:
        """Let absolute URLs of another door of the same host match too."""
        self._bases.append(base_url.rstrip("/"))

    def answer(self, request: Request) -> Response | None:
        """Ask the stubs for a client that blocks; None: no stub matches.

        Raises whatever a stub's side effect raises.
        """
        if not self.router.routes:
            return None
        try:
            answer = self.router.handler(self._to_httpx(request))
        except AllMockedAssertionError:
            return None
        if isinstance(answer.stream, httpx.SyncByteStream):
            return _to_value(answer, b"".join(answer.stream))
        return _to_value(answer, _run_to_end(gathered(answer.stream)))

    async def answer_async(self, request: Request) -> Response | None:
        """Do as `answer`, for a client that awaits."""
        if not self.router.routes:
            return None
        try:
            answer = await self.router.async_handler(self._to_httpx(request))
        except AllMockedAssertionError:
            return None
        if isinstance(answer.stream, httpx.SyncByteStream):
            return _to_value(answer, b"".join(answer.stream))
        return _to_value(answer, await gathered(answer.stream))

    def trouble_of(self, error: Exception) -> Trouble | None:
        """Tell which trouble of a connection a stub means that raised this; None: none."""
        # By name: where the code uses requests, its stubs may raise what requests raises.
        names = {f"{kind.__module__}.{kind.__name__}" for kind in type(error).__mro__}
        if isinstance(error, httpx.TimeoutException) or "requests.exceptions.Timeout" in names:
            return "timeout"
        reset = "requests.exceptions.ConnectionError" in names
        return "reset" if reset or isinstance(error, httpx.RequestError) else None

    def _to_httpx(self, request: Request) -> httpx.Request:
        query = f"?{request.query}" if request.query else ""
        return build_request(
            request.method,
            f"{self._bases[0]}{request.path}{query}",
            httpx.Headers(dict(request.headers), encoding="utf-8"),
            request.body,
        )


_STATUS = Kind(lambda value: isinstance(value, int), "a status, as 200", or_none=False)


def _answer_keywords() -> tuple[str, ...]:
    written = Route.respond.__code__
    return (*written.co_varnames[2 : 2 + written.co_kwonlyargcount], "extensions")


class _Stub(Route):
    """A respx route that cannot pass through, and says so where that is written."""

    def __init__(self, author: str, *patterns: Pattern, **lookups: object) -> None:
        super().__init__(*patterns, **lookups)
        self.author = author
        """The test that wrote it; empty: it is none of a test's."""

    @takes("respond", _answer_keywords, status_code=_STATUS)
    def respond(self, status_code: int = 200, **answer: Any) -> Route:  # noqa: ANN401
        """Answer with this, as respx does."""
        return super().respond(status_code, **answer)

    def pass_through(self, value: bool = True) -> Route:  # noqa: FBT001, FBT002
        """Refuse: there is nothing to pass a call through to."""
        if value:
            raise McScopesError(_NO_REAL_SERVICE)
        return super().pass_through(value)


class _Spelling(httpx.URL):
    """The address of a call in one spelling of its path, in which encoded slashes stay encoded."""

    def __init__(self, url: str | httpx.URL, path: str) -> None:
        super().__init__(url)
        self._path = path

    @property
    def path(self) -> str:
        """What respx compares with the path of a stub."""
        return self._path


class _StubRouter(Router):
    """The routing of respx, mounted nowhere: it is asked for admitted calls only.

    Differs from respx in four points: a call is matched as sent, then with its
    path normalised and its words in any case; an encoded slash never divides
    segments; async side effects serve clients that block, too; nothing passes
    through.
    """

    def __init__(self, bases: list[str], find_template: FindTemplate, authors: StubAuthors) -> None:
        super().__init__(base_url=bases[0], assert_all_called=False)
        self._spelt_at = bases
        self._find_template = find_template
        self._authors = authors

    def route(self, *patterns: Pattern, name: str | None = None, **lookups: object) -> Route:
        """Add a route.

        Raises:
            ConfigError: respx has no pattern of that name.
        """
        for lookup in lookups:
            check_name("rest.route", lookup.partition("__")[0], Pattern.registry)
        spelt = {lookup: _keep_slashes(lookup, value) for lookup, value in lookups.items()}
        return self.add(_Stub(self._authors.author(), *patterns, **spelt), name=name)

    def resolve(self, request: httpx.Request) -> ResolvedRoute:
        """Find the answer for a client that blocks."""
        with self.resolver(request) as resolved:
            for route, prospect in self._prospects(request):
                with _blaming(route):
                    found = _run_to_end(prospect) if inspect.isawaitable(prospect) else prospect
                    if self._settled(resolved, route, found, request):
                        break
        return resolved

    async def aresolve(self, request: httpx.Request) -> ResolvedRoute:
        """Find the answer for a client that awaits."""
        with self.resolver(request) as resolved:
            for route, prospect in self._prospects(request):
                with _blaming(route):
                    found = await prospect if inspect.isawaitable(prospect) else prospect
                    if self._settled(resolved, route, found, request):
                        break
        return resolved

    def _settled(
        self, resolved: ResolvedRoute, route: Route, found: object, request: httpx.Request
    ) -> bool:
        """Keep an answer; a side effect that gives None has not matched."""
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
        if isinstance(route, _Stub):
            self._authors.answered(route.author, f"{request.method} {request.url.path}")
        return True

    def _prospects(self, request: httpx.Request) -> Iterator[tuple[Route, object]]:
        """Yield the stubs that match, best first, each with its answer to the call."""
        matched: set[int] = set()
        for route, spelling in self._candidates(request):
            if id(route) in matched:  # it declined the call in another spelling
                continue
            if match := route.pattern.match(spelling):
                matched.add(id(route))
                yield route, _ask(route, request, match.context)

    def _candidates(self, request: httpx.Request) -> Iterator[tuple[Route, httpx.Request]]:
        sent, mark, query = request.url.raw_path.decode("ascii").partition("?")
        as_sent = _shown(sent)
        first = request if as_sent == request.url.path else _respelt(request, request.url, as_sent)
        yield from ((route, first) for route in self.routes)
        words = words_in(self._find_template(request.method, sent, query), sent)
        known = join_segments(word + own for word, own in words)
        in_catalogue = quote(known, safe=f"/%{_IN_A_SEGMENT}")
        folded = _SLASHES.sub("/", sent).rstrip("/") or "/"
        spellings = {sent: as_sent, folded: _shown(folded), in_catalogue: known}
        addresses = [(base, *spelt) for base in self._spelt_at for spelt in spellings.items()]
        for base, raw, path in addresses:
            spelling = _respelt(request, f"{base}{raw}{mark}{query}", path)
            yield from ((route, spelling) for route in self.routes)
        for route in self.routes:
            for base in self._spelt_at:
                for path in _own_spellings(route.pattern, words):
                    yield route, _respelt(request, f"{base}{sent}{mark}{query}", path)


def _keep_slashes(lookup: str, value: object) -> object:
    """Let an encoded slash in the path of a stub stay one when respx decodes the path."""
    if lookup == "url" and isinstance(value, str | httpx.URL):
        path, mark, query = str(value).partition("?")
        return f"{_ENCODED_SLASH.sub('%252F', path)}{mark}{query}"
    if lookup in {"path", "path__eq", "path__startswith"} and isinstance(value, str):
        return _ENCODED_SLASH.sub("%2F", value)
    return value


def _shown(path: str) -> str:
    """Decode a path as sent, but for encoded slashes."""
    return "/".join(unquote(segment).replace("/", "%2F") for segment in path.split("/"))


def _respelt(request: httpx.Request, url: httpx.URL | str, path: str) -> httpx.Request:
    """Copy a request to another address for respx's patterns; stubs get the one that was sent."""
    other = copy(request)
    other.url = _Spelling(url, path)
    return other


def _ask(route: Route, request: httpx.Request, context: dict[str, object]) -> object:
    """Ask a stub that matches what it answers."""
    if route.is_pass_through:
        return request
    try:
        return route.resolve(request, **context)
    except StopIteration:
        used_up = f"the stub {route!r} has no side effect left for another call."
        raise SideEffectError(route, origin=McScopesError(used_up)) from None


def _own_spellings(pattern: Pattern, words: Words) -> Iterator[str]:
    """Yield a call's path with its words in the case in which a stub has them."""
    for part in pattern:
        if isinstance(part, Path) and part.lookup is not Lookup.REGEX:
            paths = (part.value,) if isinstance(part.value, str) else part.value
            yield from (_in_the_case_of(path, words) for path in cast("Iterable[str]", paths))


def _in_the_case_of(path: str, words: Words) -> str:
    theirs = [segment for segment in path.split("/") if segment]
    pairs = zip(words, [*theirs, *repeat("", len(words))], strict=False)
    spelt = join_segments(_take_case(word, other) + own for (word, own), other in pairs)
    return spelt + "/" * path.endswith("/")


def _take_case(word: str, other: str) -> str:
    """Spell a word as another, or the beginning of it, where the two differ in case alone."""
    lead = other[: len(word)]
    return lead + word[len(lead) :] if fold_word(word).startswith(fold_word(lead)) else word


@contextmanager
def _blaming(route: Route) -> Iterator[None]:
    """Tell respx which route an exception came from: it records the call there."""
    try:
        yield
    except Exception as error:
        raise SideEffectError(route, origin=error) from error


def _run_to_end(awaitable: Awaitable[T]) -> T:
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
