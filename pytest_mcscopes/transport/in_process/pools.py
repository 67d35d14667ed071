"""The second layer, at httpcore's pools: what went around httpx's transports is still ours.

vcrpy, from 8.0 on, patches httpx's transports and calls those that it found when it
was imported; a client may have a transport of its own that uses httpcore. Here
tenants answer them too, and no other Marketing Cloud is connected to.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import httpx

from ...cloud.http import Request, Response
from ..hosts import canonical, is_marketing_cloud
from ..witness import mark_as_seen
from . import guard
from .httpx_values import build_request, gathered, to_httpx

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from types import ModuleType

    from ...ledger.facts import HostKind
    from ..hosts import Hosts, Live

    # Any: httpcore's and httpcore2's own types, which differ.
    Handle = Callable[[Any, Any], Any]
    HandleAsync = Callable[[Any, Any], Awaitable[Any]]

_CORES = {"httpx": "httpcore", "httpx2": "httpcore2"}
"""What lies beneath which library."""
_POOLS = ("ConnectionPool", "HTTPProxy", "SOCKSProxy")
_RESPX = "respx.mocks"
_HTTPS = 443


def core_of(library: ModuleType) -> ModuleType:
    """Give what lies beneath a library."""
    return import_module(_CORES[library.__name__])


def pools_of(core: ModuleType) -> Iterator[type]:
    """Yield the classes to patch; those for proxies inherit, but where others' patches lie."""
    for kind in (getattr(core, name) for name in _POOLS):
        if "handle_request" in vars(kind):
            yield kind


def async_pools_of(core: ModuleType) -> Iterator[type]:
    """Yield the classes to patch for clients that await."""
    for kind in (getattr(core, f"Async{name}") for name in _POOLS):
        if "handle_async_request" in vars(kind):
            yield kind


class Pools:
    """Answers a session's hosts to httpcore and httpcore2, and refuses other Marketing Clouds."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self.mounted = False

    def over(self, library: ModuleType, below: Handle) -> Handle:
        """Give what is to lie over the method of the pools beneath a library."""
        core = core_of(library)

        # respx looks at the names of method and arguments.
        def handle_request(pool: object, request: Any) -> Any:  # noqa: ANN401
            __tracebackhide__ = True
            if not self._claims(request):
                return below(pool, request)
            with _raised_by(core, library):
                live = self._live(request, below)
                body = b"".join(request.stream)
                asked = _to_httpx(request, body)
                if live is None:
                    return _of_core(core, guard.answer_unowned(self._hosts, library, asked))
                answer = live.tenant.handle(_to_value(request, body, live.kind))
                if not isinstance(answer, Response):
                    stubs = live.tenant.stubs
                    stubbed = None if stubs is None else stubs.answer(answer.request)
                    answer = live.tenant.complete(answer, stubbed)
                return _of_core(core, to_httpx(library, answer, asked))

        return handle_request

    def over_async(self, library: ModuleType, below: HandleAsync) -> HandleAsync:
        """Do as `over`, for clients that await."""
        core = core_of(library)

        async def handle_async_request(pool: object, request: Any) -> Any:  # noqa: ANN401
            __tracebackhide__ = True
            if not self._claims(request):
                return await below(pool, request)
            with _raised_by(core, library):
                live = self._live(request, below)
                body = await gathered(request.stream)
                asked = _to_httpx(request, body)
                if live is None:
                    found = await guard.answer_unowned_async(self._hosts, library, asked)
                    return _of_core(core, found)
                answer = live.tenant.handle(_to_value(request, body, live.kind))
                if not isinstance(answer, Response):
                    stubs = live.tenant.stubs
                    stubbed = None if stubs is None else await stubs.answer_async(answer.request)
                    answer = live.tenant.complete(answer, stubbed)
                return _of_core(core, to_httpx(library, answer, asked))

        return handle_async_request

    def _claims(self, request: Any) -> bool:  # noqa: ANN401
        host = _host(request)
        return self.mounted and (host in self._hosts.live or is_marketing_cloud(host))

    def _live(self, request: Any, below: Handle) -> Live | None:  # noqa: ANN401
        """Find the host's tenant; None: the user's respx, which is beneath us, is to be asked."""
        host, url = _host(request), request.url
        mark_as_seen(request.extensions, host)
        self._hosts.arrived += 1
        if self._hosts.home.is_left():
            raise _RefusedError(guard.forked(self._hosts, host))
        live = self._hosts.live.get(host)
        if live is None:
            if host in self._hosts.ended or below.__module__ != _RESPX:
                method, read = request.method.decode("ascii"), partial(_read_again, request)
                raise _RefusedError(guard.refusal(self._hosts, host, method, read))
        elif url.scheme != b"https" or url.port not in {None, _HTTPS}:
            self._hosts.on_other(host)
            port = "" if url.port is None else f":{url.port}"
            raise _RefusedError(guard.wrong_address(f"{url.scheme.decode()}://{host}{port}", host))
        return live


class _RefusedError(Exception):
    """Raised where a connection is refused, with the text of the library's error."""


def _host(request: Any) -> str:  # noqa: ANN401
    return canonical(request.url.host.decode("ascii"))


def _read_again(request: Any, kind: HostKind) -> Request:  # noqa: ANN401
    """Read a refused request: it fails where the body is a stream for clients that await."""
    return _to_value(request, b"".join(request.stream), kind)


def _to_value(request: Any, body: bytes, kind: HostKind) -> Request:  # noqa: ANN401
    path, _, query = request.url.target.partition(b"?")
    return Request(
        method=request.method.decode("ascii"),
        host=kind,
        path=path.decode("ascii"),
        query=query.decode("ascii"),
        headers=dict(httpx.Headers(request.headers).items()),
        body=body,
    )


def _to_httpx(request: Any, body: bytes) -> httpx.Request:  # noqa: ANN401
    target = request.url.target.decode("ascii")
    url = f"{request.url.scheme.decode('ascii')}://{request.url.host.decode('ascii')}{target}"
    method = request.method.decode("ascii")
    return build_request(method, url, httpx.Headers(request.headers), body)


def _of_core(core: ModuleType, answer: httpx.Response) -> object:
    response: object = core.Response(
        answer.status_code,
        headers=answer.headers.raw,
        content=answer.stream,
        extensions=answer.extensions,
    )
    return response


@contextmanager
def _raised_by(core: ModuleType, library: ModuleType) -> Iterator[None]:
    """Raise errors of httpx's kinds as the core's own, which its callers expect."""
    try:
        yield
    except _RefusedError as refused:
        raise core.ConnectError(str(refused)) from None
    except (httpx.RequestError, library.RequestError) as error:
        names = (kind.__name__ for kind in type(error).__mro__)
        kind = next((getattr(core, name) for name in names if hasattr(core, name)), None)
        if kind is None:
            raise
        raise kind(str(error)) from error
