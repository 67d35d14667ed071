"""A tenant behind our door, clients of httpx and httpx2 before it, and the network beyond."""

from __future__ import annotations

import socket
from importlib import import_module
from typing import TYPE_CHECKING
from unittest import mock

import pytest
import pytest_httpx2  # noqa: F401 - teaches respx to patch what is beneath httpx2
from in_process import AUTH, REST, STALE, Sender, serving_outside
from tenants import AnsweringTenant

from pytest_mcscopes.transport.hosts import Hosts, Stray
from pytest_mcscopes.transport.in_process.mount import Mount

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


@pytest.fixture(params=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest) -> ModuleType:
    """Each library that is answered in process; a file about one of them has its own."""
    return import_module(request.param)


@pytest.fixture
def using(library: ModuleType) -> str:
    """The name by which respx mocks what lies beneath that library."""
    return {"httpx": "httpcore", "httpx2": "httpcore2"}[library.__name__]


@pytest.fixture(params=["sync", "asyncio", "trio"])
def send(request: pytest.FixtureRequest, library: ModuleType) -> Sender:
    """Each kind of client of that library."""
    return Sender(library, request.param)


@pytest.fixture
def send_sync(library: ModuleType) -> Sender:
    """A client that blocks."""
    return Sender(library, "sync")


@pytest.fixture
def send_asyncio(library: ModuleType) -> Sender:
    """A client on asyncio."""
    return Sender(library, "asyncio")


@pytest.fixture
def tenant() -> AnsweringTenant:
    """Give a tenant without stubs."""
    return AnsweringTenant()


@pytest.fixture
def strays() -> list[Stray]:
    """Give the list that refused requests are reported to."""
    return []


@pytest.fixture
def others() -> list[str]:
    """Give the list of hosts that were called and are not ours to answer."""
    return []


@pytest.fixture
def hosts(tenant: AnsweringTenant, strays: list[Stray], others: list[str]) -> Hosts:
    """Give the hosts of one live tenant and one of a tenant that has ended."""
    hosts = Hosts()
    hosts.on_stray, hosts.on_other = strays.append, others.append
    hosts.add(AUTH, "auth", tenant, "tests/test_a.py::test_two")
    hosts.add(REST, "rest", tenant, "tests/test_a.py::test_two")
    hosts.add(STALE, "auth", tenant, "tests/test_a.py::test_one")
    hosts.end(STALE)
    return hosts


@pytest.fixture
def mount(hosts: Hosts) -> Iterator[Mount]:
    """Give the door, mounted."""
    mount = Mount(hosts)
    mount.mount()
    yield mount
    mount.unmount()


@pytest.fixture(scope="session")
def network() -> Iterator[str]:
    """Yield the base URL of a real server."""
    with serving_outside() as url:
        yield url


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every connection and every name look-up fail the test."""
    touched = mock.Mock(side_effect=AssertionError("the network was touched"))
    monkeypatch.setattr(socket.socket, "connect", touched)
    monkeypatch.setattr(socket, "getaddrinfo", touched)
    yield
    touched.assert_not_called()
