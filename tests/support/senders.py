"""Sessions of every HTTP library, made alike: what is built upon them is to see no difference.

Each keeps its connections where its library does, and raises its library's own errors.
"""

from __future__ import annotations

import asyncio
import http.client
import urllib.request
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import urlsplit

import aiohttp
import httpx
import httpx2
import requests
from all_doors import OF_THE_CONNECTION
from in_process import TLS

from pytest_mcscopes.cloud.http import Response

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from types import ModuleType

PATIENCE = 1
"""Seconds that a client at a port waits for what never comes."""
Body = bytes | list[bytes]
"""In one piece, or in several: those are sent chunked."""


class Outgoing(NamedTuple):
    """A request, and how it is sent."""

    method: str
    url: str
    headers: Mapping[str, str] = MappingProxyType({})
    body: Body = b""
    follow: bool = False
    """Whether redirects are followed."""
    portion: int | None = None
    """Read the answer in portions of that many bytes; None: in one piece."""


class Sender(Protocol):
    """One session of a library."""

    def send(self, *request: Any, **how: Any) -> Response:  # noqa: ANN401
        """Send a request, with the fields of `Outgoing`."""

    def send_all(self, *requests: tuple[Any, ...]) -> list[Response]:
        """Send several at once, by sixteen threads or by as many tasks."""


def _alike(status: int, headers: Iterable[tuple[str, str]], body: bytes) -> Response:
    named = {name.lower(): value for name, value in headers}
    return Response(
        status=status,
        headers={name: named[name] for name in named.keys() - OF_THE_CONNECTION},
        body=body,
    )


def _read(read: Callable[..., bytes], portion: int | None) -> bytes:
    return b"".join(iter(lambda: read(portion), b"")) if portion else read()


class Blocking:
    """Sends by a function that blocks."""

    def __init__(self, send: Callable[[Outgoing], Response]) -> None:
        self._send = send

    def send(self, *request: Any, **how: Any) -> Response:  # noqa: ANN401
        """Send a request."""
        return self._send(Outgoing(*request, **how))

    def send_all(self, *requests: tuple[Any, ...]) -> list[Response]:
        """Send by sixteen threads."""
        with ThreadPoolExecutor(16) as threads:
            return [*threads.map(lambda request: self.send(*request), requests)]


class Awaiting:
    """Sends by a coroutine function, on a loop of its own."""

    def __init__(
        self, runner: asyncio.Runner, send: Callable[[Outgoing], Coroutine[Any, Any, Response]]
    ) -> None:
        self._runner = runner
        self._send = send

    def send(self, *request: Any, **how: Any) -> Response:  # noqa: ANN401
        """Send a request."""
        return self._runner.run(self._send(Outgoing(*request, **how)))

    def send_all(self, *requests: tuple[Any, ...]) -> list[Response]:
        """Send by as many tasks."""

        async def all_of_them() -> list[Response]:
            sent = (self._send(Outgoing(*request)) for request in requests)
            return [*await asyncio.gather(*sent)]

        return self._runner.run(all_of_them())


async def _in_turn(pieces: list[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
        await asyncio.sleep(0)


def _body(body: Body) -> Any:  # noqa: ANN401
    return (iter(body) if isinstance(body, list) else body) or None


def _body_async(body: Body) -> Any:  # noqa: ANN401
    return (_in_turn(body) if isinstance(body, list) else body) or None


@contextmanager
def http_client() -> Iterator[Sender]:
    """Give the standard library's connections, kept by host; they follow nothing by themselves."""
    kept: dict[tuple[str, str], list[http.client.HTTPConnection]] = defaultdict(list)

    def connect(scheme: str, netloc: str) -> http.client.HTTPConnection:
        if scheme == "http":
            return http.client.HTTPConnection(netloc, timeout=PATIENCE)
        return http.client.HTTPSConnection(netloc, context=TLS)

    def over(
        client: http.client.HTTPConnection, request: tuple[Any, ...], portion: int | None
    ) -> Response:
        client.request(*request)
        answer = client.getresponse()
        return _alike(answer.status, answer.getheaders(), _read(answer.read, portion))

    def send(to: Outgoing) -> Response:
        parts = urlsplit(to.url)
        netloc, target = parts.netloc, to.url.partition(parts.netloc)[2]
        request = (to.method, target, _body(to.body), dict(to.headers))
        idle = kept[parts.scheme, netloc]
        try:
            client = idle.pop()
        except IndexError:
            client = connect(parts.scheme, netloc)
        try:
            answer = over(client, request, to.portion)
        except BaseException:
            client.close()
            raise
        idle.append(client)
        if to.follow and answer.status in {302, 307}:
            return send(Outgoing("GET", answer.headers["location"], to.headers, follow=True))
        return answer

    yield Blocking(send)
    for client in chain.from_iterable(kept.values()):
        client.close()


class _AsAsked(urllib.request.HTTPSHandler):
    """Adds no header of its own, and raises no status."""

    @staticmethod
    def https_request(request: urllib.request.Request) -> urllib.request.Request:
        """Leave it as it is."""
        return request


@contextmanager
def by_urllib() -> Iterator[Sender]:
    """Give openers of urllib's, which keep no connection."""
    plain, following = urllib.request.OpenerDirector(), urllib.request.OpenerDirector()
    for opener in (plain, following):
        opener.add_handler(_AsAsked(context=TLS))
    for handler in (
        urllib.request.HTTPHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        following.add_handler(handler)

    def send(to: Outgoing) -> Response:
        chunked = {"Transfer-Encoding": "chunked"} if isinstance(to.body, list) else {}
        request = urllib.request.Request(  # noqa: S310 - the scheme is ours
            to.url, _body(to.body), {**to.headers, **chunked}, method=to.method
        )
        with (following if to.follow else plain).open(request) as answer:
            return _alike(answer.status, answer.headers.items(), _read(answer.read, to.portion))

    yield Blocking(send)


@contextmanager
def by_requests() -> Iterator[Sender]:
    """Give a session of requests."""
    with requests.Session() as session:
        session.trust_env = False

        def send(to: Outgoing) -> Response:
            with session.request(
                to.method,
                to.url,
                data=_body(to.body),
                headers=to.headers,
                allow_redirects=to.follow,
                stream=bool(to.portion),
            ) as answer:
                body = b"".join(answer.iter_content(to.portion)) if to.portion else answer.content
                return _alike(answer.status_code, answer.headers.items(), body)

        yield Blocking(send)


def blocking(library: ModuleType) -> Callable[[], AbstractContextManager[Sender]]:
    """Give a client of httpx's or its successor's."""

    @contextmanager
    def sender() -> Iterator[Sender]:
        with library.Client(verify=TLS, trust_env=False) as client:

            def send(to: Outgoing) -> Response:
                request = client.build_request(
                    to.method, to.url, headers=to.headers, content=_body(to.body)
                )
                answer = client.send(request, follow_redirects=to.follow, stream=bool(to.portion))
                content = b"".join(answer.iter_bytes(to.portion)) if to.portion else answer.content
                return _alike(answer.status_code, answer.headers.items(), content)

            yield Blocking(send)

    return sender


def awaiting(library: ModuleType) -> Callable[[], AbstractContextManager[Sender]]:
    """Give a client of theirs that awaits."""

    @contextmanager
    def sender() -> Iterator[Sender]:
        client = library.AsyncClient(verify=TLS, trust_env=False)

        async def send(to: Outgoing) -> Response:
            request = client.build_request(
                to.method, to.url, headers=to.headers, content=_body_async(to.body)
            )
            answer = await client.send(request, follow_redirects=to.follow, stream=bool(to.portion))
            content = answer.content if not to.portion else b""
            if to.portion:
                content = b"".join([each async for each in answer.aiter_bytes(to.portion)])
            return _alike(answer.status_code, answer.headers.items(), content)

        with asyncio.Runner() as runner:
            yield Awaiting(runner, send)
            runner.run(client.aclose())

    return sender


@contextmanager
def by_aiohttp() -> Iterator[Sender]:
    """Give a session of aiohttp."""

    async def open_session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession()

    async def send(to: Outgoing) -> Response:
        async with session.request(
            to.method,
            to.url,
            headers=to.headers,
            data=_body_async(to.body),
            allow_redirects=to.follow,
        ) as answer:
            if to.portion:
                portions = answer.content.iter_chunked(to.portion)
                content = b"".join([each async for each in portions])
            else:
                content = await answer.read()
            return _alike(answer.status, answer.headers.items(), content)

    with asyncio.Runner() as runner:
        session = runner.run(open_session())
        yield Awaiting(runner, send)
        runner.run(session.close())


SENDERS: dict[str, Callable[[], AbstractContextManager[Sender]]] = {
    "http_client": http_client,
    "urllib": by_urllib,
    "requests": by_requests,
    "httpx": blocking(httpx),
    "httpx_async": awaiting(httpx),
    "httpx2": blocking(httpx2),
    "httpx2_async": awaiting(httpx2),
    "aiohttp": by_aiohttp,
}
