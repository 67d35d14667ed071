"""The rows that are about one call."""

from __future__ import annotations

import json
import socket
from contextlib import contextmanager
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING

import httpx
import respx
from timing import Pair, alternate, per_call

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.catalogue.route_trie import RouteTrie
from pytest_mcscopes.cloud.cloud import Cloud
from pytest_mcscopes.cloud.http import Request
from pytest_mcscopes.cloud.state import build_state
from pytest_mcscopes.config import Config, PackageConfig
from pytest_mcscopes.ledger.ledger import Ledger
from pytest_mcscopes.session.driver import SessionDriver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timing import Scale

    from pytest_mcscopes import Tenant

CORE_BUDGET = 20e-6
FEWER = 10
"""Of so many routes the smaller trie has one."""


@contextmanager
def living_tenant() -> Iterator[Tenant]:
    """Mount a cloud with one tenant, in the midst of a test's call phase."""
    driver = SessionDriver(Config(), load_catalogue(), [])
    try:
        with driver.cloud.tenant() as tenant:
            driver.begin_body(watched=True)
            yield tenant
            driver.end_window()
    finally:
        driver.close()


def login(client_id: str, client_secret: str) -> dict[str, str]:
    """Write the body of a token request."""
    return {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": client_secret,
        "scope": "email_send",
    }


def request_token(scale: Scale) -> list[Pair]:
    """Ask a tenant, and a route of respx that gives what the tenant gave."""
    client = httpx.Client()
    with living_tenant() as tenant:
        url, body = f"{tenant.auth_url}v2/token", login(tenant.client_id, tenant.client_secret)
        answer = client.post(url, json=body).raise_for_status().json()

    def ours() -> float:
        with living_tenant() as tenant:
            url, body = f"{tenant.auth_url}v2/token", login(tenant.client_id, tenant.client_secret)
            return per_call(partial(client.post, url, json=body), scale.calls)

    def theirs() -> float:
        with respx.mock() as router:
            router.post(url).mock(side_effect=lambda _: httpx.Response(200, json=answer))
            return per_call(partial(client.post, url, json=body), scale.calls)

    return alternate(scale.rounds, ours, theirs)


def pass_through(scale: Scale) -> list[Pair]:
    """Call a real port of this machine."""
    with listening() as url, httpx.Client() as client:

        def theirs() -> float:
            return per_call(partial(client.get, url), scale.calls)

        def ours() -> float:
            with living_tenant():
                return theirs()

        return alternate(scale.rounds, ours, theirs)


@contextmanager
def listening() -> Iterator[str]:
    """Answer one connection, as cheaply as can be."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Thread(target=serve, args=(listener,))
        server.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        server.join()


def serve(listener: socket.socket) -> None:
    """Answer until the client hangs up."""
    connection, _ = listener.accept()
    with connection:
        while connection.recv(65536):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def request_from_core(scale: Scale) -> list[Pair]:
    """Ask the pure core, without httpx or a door."""
    catalogue = load_catalogue()
    state = build_state(Config(), (PackageConfig(),), "benchmarks", catalogue)
    cloud = Cloud(state, Ledger())
    package = state.packages["integration"]
    request = Request(
        method="POST",
        host="auth",
        path="/v2/token",
        headers={"content-type": "application/json"},
        body=json.dumps(login(package.client_id, package.client_secret)).encode(),
    )

    def ours() -> float:
        return per_call(partial(cloud.handle, request, 0.0), scale.calls)

    return alternate(scale.rounds, ours, lambda: CORE_BUDGET)


def match_route(scale: Scale) -> list[Pair]:
    """Look up the same paths among all routes and among a tenth of them."""
    catalogue = load_catalogue()
    routes = [route for name in catalogue.services for route in catalogue.routes(name)]
    fewer = routes[::FEWER]

    def look_up(trie: RouteTrie) -> float:
        def all_paths() -> None:
            for route in fewer:
                trie.find(route.method, route.path)

        return per_call(all_paths, scale.calls) / len(fewer)

    many, few = RouteTrie(routes), RouteTrie(fewer)
    return alternate(scale.rounds, partial(look_up, many), partial(look_up, few))
