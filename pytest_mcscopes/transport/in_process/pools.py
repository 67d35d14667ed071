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

from ...cloud.http import Request
from ..names import canonical
from ..witness import SEEN
from . import refusals, respx_routes
from .httpx_values import build_request, gathered, to_httpx
from .reception import Address, Reception, answer, answer_async
from .refusals import RefusedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from types import ModuleType

    from ...ledger.facts import HostKind
    from ..hosts import Live
    from .patches import Patches

    # Any: httpcore's and httpcore2's own types, which differ.
    Handle = Callable[[Any, Any], Any]
    HandleAsync = Callable[[Any, Any], Awaitable[Any]]

_POOLS = ("ConnectionPool", "HTTPProxy", "SOCKSProxy")
_RESPX = "respx.mocks"


def _core_of(library: ModuleType) -> ModuleType:
    """Give what lies beneath a library."""
    return import_module(respx_routes.BENEATH[library.__name__])


class Pools:
    """Answers a session's hosts to httpcore and httpcore2, and refuses other Marketing Clouds."""

    def __init__(self, reception: Reception, patches: Patches) -> None:
        self._reception = reception
        self._hosts = reception.hosts
        self._patches = patches

    def put(self, library: ModuleType) -> None:
        """Be asked by what lies beneath a library before it connects."""
        core = _core_of(library)
        for name in _POOLS:
            self._put(getattr(core, name), "handle_request", partial(self._over, library))
            pool = getattr(core, f"Async{name}")
            self._put(pool, "handle_async_request", partial(self._over_async, library))

    def _put(self, pool: type, method: str, over: Callable[[Any], object]) -> None:
        """Patch a class; those for proxies inherit, but where others' patches lie."""
        if method in vars(pool):
            self._patches.put(pool, method, over)
        else:
            self._patches.watch(pool, method)

    def _over(self, library: ModuleType, below: Handle) -> Handle:
        core = _core_of(library)

        # respx looks at the names of method and arguments.
        def handle_request(pool: object, request: Any) -> Any:  # noqa: ANN401
            __tracebackhide__ = True
            if not self._claims(request, below):
                return below(pool, request)
            with _raised_by(core, library):
                live = self._live(request, below)
                body = b"".join(request.stream)
                asked = _to_httpx(request, body)
                if live is None:
                    return _of_core(core, respx_routes.answer_unowned(self._hosts, library, asked))
                reply = answer(live, _to_value(request, body, live.kind))
                return _of_core(core, to_httpx(library, reply, asked))

        return handle_request

    def _over_async(self, library: ModuleType, below: HandleAsync) -> HandleAsync:
        core = _core_of(library)

        async def handle_async_request(pool: object, request: Any) -> Any:  # noqa: ANN401
            __tracebackhide__ = True
            if not self._claims(request, below):
                return await below(pool, request)
            with _raised_by(core, library):
                live = self._live(request, below)
                body = await gathered(request.stream)
                asked = _to_httpx(request, body)
                if live is None:
                    found = await respx_routes.answer_unowned_async(self._hosts, library, asked)
                    return _of_core(core, found)
                reply = await answer_async(live, _to_value(request, body, live.kind))
                return _of_core(core, to_httpx(library, reply, asked))

        return handle_async_request

    def _claims(self, request: Any, below: Handle) -> bool:  # noqa: ANN401
        mocked = not self._hosts.refuses and below.__module__ == _RESPX
        return self._reception.claims(_host(request), mocked=mocked)

    def _live(self, request: Any, below: Handle) -> Live | None:  # noqa: ANN401
        """Find the host's tenant; None: the user's respx, which is beneath us, is to be asked."""
        host, url = _host(request), request.url
        request.extensions[SEEN] = host
        live = self._reception.find_tenant(Address(url.scheme.decode("ascii"), host, url.port))
        if live is None and (host in self._hosts.ended or below.__module__ != _RESPX):
            method, read = request.method.decode("ascii"), partial(_read_again, request)
            raise refusals.unowned(self._hosts, host, method, read)
        return live


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
    except RefusedError as refused:
        raise core.ConnectError(str(refused)) from None
    except (httpx.RequestError, library.RequestError) as error:
        names = (kind.__name__ for kind in type(error).__mro__)
        kind = next((getattr(core, name) for name in names if hasattr(core, name)), None)
        if kind is None:
            raise
        raise kind(str(error)) from error
