"""The ways to send a request to a tenant: what answers it must not depend on them.

The fixture `door` gives each of them in turn.
"""

from __future__ import annotations

import asyncio
import http.client
from contextlib import closing, contextmanager, nullcontext
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp
import httpx
import httpx2
import requests
from in_process import TLS
from tenants import core_of
from yarl import URL

from pytest_mcscopes.cloud.http import Admitted, Request, Response
from pytest_mcscopes.tenant.tenant import Tenant
from pytest_mcscopes.transport.hosts import Hosts
from pytest_mcscopes.transport.in_process.mount import Mount
from pytest_mcscopes.transport.loopback.server import Loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from types import ModuleType

    from pytest_mcscopes.ledger.facts import HostKind

    Call = Callable[[Request], Response]
    Door = Callable[[Tenant], AbstractContextManager[tuple[Tenant, Call]]]
    """Opens a way to send requests to a tenant, and gives it as it is seen from there; headers of
    answers are in lower case."""

RUNNER = partial(asyncio.Runner, debug=False)
"""Without asyncio's debug mode, which tox sets: it keeps the stack of each step of a task. That
mode looks for faults in tests/conformance/test_in_process.py and test_aiohttp.py."""
OF_THE_CONNECTION = {"date", "server", "connection", "content-length", "transfer-encoding"}


def lowered(answer: Response | httpx.Response) -> Response:
    """Make answers of all doors comparable."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    headers.pop("content-length", None)
    if isinstance(answer, Response):
        return Response(status=answer.status, headers=headers, body=answer.body)
    return Response(status=answer.status_code, headers=headers, body=answer.content)


def core(tenant: Tenant) -> AbstractContextManager[tuple[Tenant, Call]]:
    """Call the tenant itself."""

    def call(request: Request) -> Response:
        answer = behind.handle(request)
        return lowered(behind.complete(answer, None) if isinstance(answer, Admitted) else answer)

    behind = core_of(tenant)

    return nullcontext((tenant, call))


@contextmanager
def mounted(tenant: Tenant) -> Iterator[Callable[[Request], str]]:
    """Answer a tenant's real-looking URLs, and spell them."""
    urls: dict[HostKind, str] = {
        "auth": tenant.auth_url,
        "rest": tenant.rest_url,
        "soap": tenant.soap_url,
    }
    hosts = Hosts()
    for kind, url in urls.items():
        hosts.add(httpx.URL(url).host, kind, core_of(tenant), "the conformance table")

    def url_of(request: Request) -> str:
        query = f"?{request.query}" if request.query else ""
        return f"{urls[request.host][:-1]}{request.path}{query}"

    mount = Mount(hosts)
    mount.mount()
    try:
        yield url_of
    finally:
        mount.unmount()


def blocking(library: ModuleType) -> Door:
    """Call a tenant with a client that blocks, of httpx or of its successor."""

    @contextmanager
    def door(tenant: Tenant) -> Iterator[tuple[Tenant, Call]]:
        def call(request: Request) -> Response:
            url, headers = url_of(request), request.headers
            return lowered(
                client.request(request.method, url, headers=headers, content=request.body)
            )

        with mounted(tenant) as url_of, library.Client(verify=TLS) as client:
            yield tenant, call

    return door


def awaiting(library: ModuleType) -> Door:
    """Call a tenant with a client that awaits."""

    @contextmanager
    def door(tenant: Tenant) -> Iterator[tuple[Tenant, Call]]:
        async def send(request: Request) -> Response:
            url, headers = url_of(request), request.headers
            return lowered(
                await client.request(request.method, url, headers=headers, content=request.body)
            )

        client = library.AsyncClient(verify=TLS)
        with mounted(tenant) as url_of, RUNNER() as runner:
            yield tenant, lambda request: runner.run(send(request))
            runner.run(client.aclose())

    return door


def answer_off_the_wire(answer: http.client.HTTPResponse) -> Response:
    """Read an answer that the standard library's client got, but for what is the connection's."""
    headers = {name.lower(): value for name, value in answer.getheaders()}
    headers = {name: headers[name] for name in headers.keys() - OF_THE_CONNECTION}
    return Response(status=answer.status, headers=headers, body=answer.read())


@contextmanager
def standard_library(tenant: Tenant) -> Iterator[tuple[Tenant, Call]]:
    """Call a tenant in this process with the standard library's client."""

    def call(request: Request) -> Response:
        parts = urlsplit(url_of(request))
        client = clients.get(parts.netloc)
        if client is None:
            client = clients[parts.netloc] = http.client.HTTPSConnection(parts.netloc, context=TLS)
        target = f"{request.path}?{request.query}" if request.query else request.path
        client.request(request.method, target, request.body or None, dict(request.headers))
        return answer_off_the_wire(client.getresponse())

    clients: dict[str, http.client.HTTPSConnection] = {}
    with mounted(tenant) as url_of:
        yield tenant, call
        for each in clients.values():
            each.close()


@contextmanager
def by_requests(tenant: Tenant) -> Iterator[tuple[Tenant, Call]]:
    """Call a tenant with requests, which refuses blanks around the value of a header."""

    def call(request: Request) -> Response:
        answer = session.request(
            request.method,
            url_of(request),
            data=request.body,
            headers={name: value.strip() for name, value in request.headers.items()},
            allow_redirects=False,
        )
        headers = {name.lower(): value for name, value in answer.headers.items()}
        headers = {name: headers[name] for name in headers.keys() - OF_THE_CONNECTION}
        return Response(status=answer.status_code, headers=headers, body=answer.content)

    with mounted(tenant) as url_of, requests.Session() as session:
        session.trust_env = False
        session.headers.clear()
        yield tenant, call


@contextmanager
def by_aiohttp(tenant: Tenant) -> Iterator[tuple[Tenant, Call]]:
    """Call a tenant with aiohttp."""

    async def open_session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(skip_auto_headers=["Accept", "Content-Type", "User-Agent"])

    async def send(request: Request) -> Response:
        async with session.request(
            request.method,
            URL(url_of(request), encoded=True),
            data=BytesIO(request.body) if request.body else None,  # of bytes it warns when large
            headers=request.headers,
            allow_redirects=False,
        ) as answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            headers = {name: headers[name] for name in headers.keys() - OF_THE_CONNECTION}
            return Response(status=answer.status, headers=headers, body=await answer.read())

    with mounted(tenant) as url_of, RUNNER() as runner:
        session = runner.run(open_session())
        try:
            yield tenant, lambda request: runner.run(send(request))
        finally:
            runner.run(session.close())


@contextmanager
def loopback(tenant: Tenant) -> Iterator[tuple[Tenant, Call]]:
    """Call a tenant over real sockets, with the standard library's client."""
    errors: list[BaseException] = []
    ports = Loopback(lambda _, error: errors.append(error))
    behind = core_of(tenant)
    urls = ports.open(behind)
    behind.open_door(urls)
    bases = {"auth": urls.auth_url, "rest": urls.rest_url, "soap": urls.soap_url}

    def call(request: Request) -> Response:
        target = f"{request.path}?{request.query}" if request.query else request.path
        netloc = urlsplit(bases[request.host]).netloc
        with closing(http.client.HTTPConnection(netloc, timeout=60)) as client:
            client.request(request.method, target, request.body or None, dict(request.headers))
            return answer_off_the_wire(client.getresponse())

    try:
        yield Tenant(behind, urls), call
    finally:
        ports.shutdown()
    assert errors == []


DOORS: dict[str, Door] = {
    "core": core,
    "loopback": loopback,
    "http_client": standard_library,
    "requests": by_requests,
    "aiohttp": by_aiohttp,
    "httpx": blocking(httpx),
    "httpx_async": awaiting(httpx),
    "httpx2": blocking(httpx2),
    "httpx2_async": awaiting(httpx2),
}
