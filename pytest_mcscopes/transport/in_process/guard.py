"""What becomes of a request to a Marketing Cloud that nobody here simulates.

Nothing in this module opens a socket or resolves a name. A user's own respx
routers may answer a host that we never minted; their pass-through is refused.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import httpx
from respx.mocks import Mocker
from respx.models import PassThrough

from ..hosts import Stray, canonical, joined_without_slash
from .httpx_values import build_request, from_httpx, gathered

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import ModuleType

    from ...cloud.http import Request
    from ...ledger.facts import HostKind
    from ..hosts import Hosts

# What lies beneath a library, by the name that a respx router is told to use.
# respx has the first, and pytest-httpx2 adds the second.
_BENEATH = {"httpx": "httpcore", "httpx2": "httpcore2"}


def wrong_address(called: str, host: str) -> str:
    """Say that a tenant's host was called at a scheme or port where the service has no ear."""
    return (
        f"MCSCOPES: {called} was called, and Marketing Cloud listens at https://{host} only. "
        "Use mc_tenant.auth_url and the instance URLs of its token answers as they are."
    )


def refused_address(library: ModuleType, request: httpx.Request) -> Exception:
    """Refuse a tenant's host at a scheme or port where the service has no ear."""
    url = request.url
    called = f"{url.scheme}://{url.netloc.decode('ascii')}"
    return connect_error(library, request, wrong_address(called, url.host))


def forked(hosts: Hosts, host: str) -> str:
    """Say that a forked child has no tenant, and let the parent's test find that it called one."""
    hosts.home.leave_call(canonical(host))
    return (
        f"MCSCOPES: https://{host} was called by a process that was forked from the test's. "
        "mc_tenant answers in the test's own process only: a child has a copy of it, and no test "
        "would see what it asks for. Give the child the URLs of mc_server, which any number of "
        "processes may call."
    )


def connect_error(library: ModuleType, request: httpx.Request, text: str) -> Exception:
    """Make the error that a client of the library gets where it cannot connect."""
    error: Exception = library.ConnectError(text, request=request)
    return error


def refused_port(hosts: Hosts, library: ModuleType, request: httpx.Request) -> Exception | None:
    """Tell whose a port was that refuses a request; None: it was no tenant's."""
    address = request.url.netloc.decode("ascii")
    built_by = hosts.ended.get(address)
    if built_by is None:
        return None
    read = partial(from_httpx, request)
    hosts.on_stray(Stray(host=address, method=request.method, built_by=built_by, read=read))
    return connect_error(library, request, _ended(f"http://{address}", built_by))


def _ended(url: str, built_by: str) -> str:
    return (
        f"MCSCOPES: {url} belongs to a Marketing Cloud that ended with {built_by}. "
        "The client under test outlives its tenant. Build the client in a function-scoped "
        "fixture, or give it a tenant of its own life: with mc_cloud.tenant() as tenant: ... "
        "in a fixture of the client's scope."
    )


def _unowned(host: str) -> str:
    if joined_without_slash(host):
        return (
            f"MCSCOPES: https://{host} was called, which no Marketing Cloud has: a path seems to "
            "have been joined to the host without a slash. mc_tenant.auth_url and the instance "
            'URLs of token answers end with one: write f"{auth_url}v2/token", or add it in code.'
        )
    return (
        f"MCSCOPES: https://{host} is not simulated here and was not called. The code under test "
        "was expected to call the tenant of its test. Use mc_tenant.auth_url, and the instance "
        "URLs of its token answers; or answer this host by a route of your own respx router."
    )


def refusal(hosts: Hosts, host: str, method: str, read: Callable[[HostKind], Request]) -> str:
    """Say why a Marketing Cloud host that no living tenant has is not called; make it known."""
    built_by = hosts.ended.get(host)
    hosts.on_stray(Stray(host=host, method=method, built_by=built_by, read=read))
    return _unowned(host) if built_by is None else _ended(f"https://{host}", built_by)


def _refused(hosts: Hosts, library: ModuleType, request: httpx.Request) -> Exception:
    read = partial(from_httpx, request)
    text = refusal(hosts, canonical(request.url.host), request.method, read)
    return connect_error(library, request, text)


def _routed(hosts: Hosts, library: ModuleType, request: httpx.Request) -> type[Mocker] | None:
    """Find the user's routers that are asked: none for what was ours once."""
    host = canonical(request.url.host)
    mocker = Mocker.registry.get(_BENEATH[library.__name__])
    if host in hosts.ended or mocker is None or not mocker.routers:
        return None
    hosts.on_other(host)
    return mocker


def _to_ask(library: ModuleType, request: httpx.Request) -> httpx.Request:
    """Give a request whose body has been read as respx's routes know it."""
    if library is httpx:
        return request
    headers = httpx.Headers(request.headers.raw)
    return build_request(request.method, str(request.url), headers, request.content)


def _copied(library: ModuleType, answer: httpx.Response, stream: object) -> httpx.Response:
    """Copy a router's answer, as respx does: the one in its call log stays unread."""
    copy: httpx.Response = library.Response(
        answer.status_code,
        headers=answer.headers.raw,
        stream=stream,
        extensions=answer.extensions,
    )
    return copy


def answer_unowned(hosts: Hosts, library: ModuleType, request: httpx.Request) -> httpx.Response:
    """Let the user's routers answer a Marketing Cloud request, or refuse it."""
    __tracebackhide__ = True
    mocker = _routed(hosts, library, request)
    if mocker is None:
        raise _refused(hosts, library, request)
    ask: Callable[[httpx.Request], httpx.Response] = mocker.handler
    request.read()
    try:
        answer = ask(_to_ask(library, request))
    except PassThrough as error:
        raise _refused(hosts, library, request) from error
    hosts.on_taken(canonical(request.url.host), "respx")
    if library is httpx:
        return _copied(library, answer, answer.stream)
    assert isinstance(answer.stream, httpx.SyncByteStream)  # as the library's own client does
    return _copied(library, answer, library.ByteStream(b"".join(answer.stream)))


async def answer_unowned_async(
    hosts: Hosts, library: ModuleType, request: httpx.Request
) -> httpx.Response:
    """Do as `answer_unowned`, for a client that awaits."""
    __tracebackhide__ = True
    mocker = _routed(hosts, library, request)
    if mocker is None:
        raise _refused(hosts, library, request)
    ask: Callable[[httpx.Request], Awaitable[httpx.Response]] = mocker.async_handler
    await request.aread()
    try:
        answer = await ask(_to_ask(library, request))
    except PassThrough as error:
        raise _refused(hosts, library, request) from error
    hosts.on_taken(canonical(request.url.host), "respx")
    if library is httpx:
        return _copied(library, answer, answer.stream)
    assert isinstance(answer.stream, httpx.AsyncByteStream)
    return _copied(library, answer, library.ByteStream(await gathered(answer.stream)))
