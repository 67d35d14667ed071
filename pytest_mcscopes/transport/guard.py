"""What becomes of a request to a Marketing Cloud that nobody here simulates.

Nothing in this module opens a socket or resolves a name. A user's own respx
routers may answer a host that we never minted; their pass-through is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
from respx.mocks import HTTPCoreMocker
from respx.models import PassThrough

from .hosts import Stray, canonical

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .hosts import Hosts


def refused_address(request: httpx.Request) -> httpx.ConnectError:
    """Refuse a tenant's host at a scheme or port where the service has no ear."""
    url = request.url
    called = f"{url.scheme}://{url.netloc.decode('ascii')}"
    return httpx.ConnectError(
        f"MCSCOPES: {called} was called, and Marketing Cloud listens at https://{url.host} only. "
        "Use mc_tenant.auth_url and the instance URLs of its token answers as they are.",
        request=request,
    )


def _ended(host: str, built_by: str) -> str:
    return (
        f"MCSCOPES: https://{host} belongs to a Marketing Cloud that ended with {built_by}. "
        "The client under test outlives its tenant. Build the client in a function-scoped "
        "fixture, or give it a tenant of its own life: with mc_cloud.tenant() as tenant: ... "
        "in a fixture of the client's scope."
    )


def _unowned(host: str) -> str:
    return (
        f"MCSCOPES: https://{host} is not simulated here and was not called. The code under test "
        "was expected to call the tenant of its test. Use mc_tenant.auth_url, and the instance "
        "URLs of its token answers; or answer this host by a route of your own respx router."
    )


def _refused(hosts: Hosts, request: httpx.Request) -> httpx.ConnectError:
    host = canonical(request.url.host)
    built_by = hosts.ended.get(host)
    hosts.on_stray(Stray(host=host, method=request.method, built_by=built_by))
    text = _unowned(host) if built_by is None else _ended(host, built_by)
    return httpx.ConnectError(text, request=request)


def _offered(hosts: Hosts, request: httpx.Request) -> bool:
    """Tell whether the user's routers are asked: never for what was ours once."""
    host = canonical(request.url.host)
    if host in hosts.ended or not HTTPCoreMocker.routers:
        return False
    hosts.on_other(host)
    return True


def _copied(answer: httpx.Response) -> httpx.Response:
    """Copy a router's answer, as respx does: the one in its call log stays unread."""
    return httpx.Response(
        answer.status_code,
        headers=answer.headers.raw,
        stream=answer.stream,
        extensions=answer.extensions,
    )


def answer_unowned(hosts: Hosts, request: httpx.Request) -> httpx.Response:
    """Let the user's routers answer a Marketing Cloud request, or refuse it."""
    if _offered(hosts, request):
        ask: Callable[[httpx.Request], httpx.Response] = HTTPCoreMocker.handler
        request.read()
        try:
            return _copied(ask(request))
        except PassThrough as error:
            raise _refused(hosts, request) from error
    raise _refused(hosts, request)


async def answer_unowned_async(hosts: Hosts, request: httpx.Request) -> httpx.Response:
    """Do as `answer_unowned`, for a client that awaits."""
    if _offered(hosts, request):
        ask: Callable[[httpx.Request], Awaitable[httpx.Response]] = HTTPCoreMocker.async_handler
        await request.aread()
        try:
            return _copied(await ask(request))
        except PassThrough as error:
            raise _refused(hosts, request) from error
    raise _refused(hosts, request)
