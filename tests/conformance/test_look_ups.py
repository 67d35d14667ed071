"""Whatever asks for it: no name of Marketing Cloud's is resolved, and all others are."""

from __future__ import annotations

import _socket
import asyncio
import ftplib
import socket
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING
from unittest import mock

import httpx
import pytest
import trio

from pytest_mcscopes.transport.hosts import Hosts, Stray
from pytest_mcscopes.transport.in_process.mount import Mount
from pytest_mcscopes.transport.in_process.reception import Reception

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIVE = "mclive.auth.marketingcloudapis.com"
ENDED = "mcended.auth.marketingcloudapis.com"
UNOWNED = "mcunowned.rest.marketingcloudapis.com"
BUILDER = "tests/test_a.py::test_one"
FOUND = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 9))]


class Resolver:
    """What would ask the network: it finds everything at a closed port of this machine."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[object] = []
        answers = {
            (_socket, "getaddrinfo"): FOUND,
            (socket, "gethostbyname"): "127.0.0.1",
            (socket, "gethostbyname_ex"): ("", [], ["127.0.0.1"]),
            (socket, "gethostbyaddr"): ("", [], ["127.0.0.1"]),
            (socket.socket, "connect"): ConnectionRefusedError(111, "refused"),
            (socket.socket, "connect_ex"): 111,
        }
        for (owner, name), answer in answers.items():
            monkeypatch.setattr(owner, name, self._answering(answer))

    def _answering(self, answer: object) -> Callable[..., object]:
        def ask(*arguments: object) -> object:
            self.asked.append(arguments[-1] if len(arguments) == 2 else arguments[0])
            if isinstance(answer, Exception):
                raise answer
            return answer

        return ask


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    """What lies beneath the guard."""
    return Resolver(monkeypatch)


@pytest.fixture
def strays() -> list[Stray]:
    """What is told of refused look-ups."""
    return []


@pytest.fixture
def mount(resolver: Resolver, strays: list[Stray]) -> Iterator[Mount]:
    """The doors of this process, open for one tenant."""
    assert resolver.asked == []
    hosts = Hosts(on_stray=strays.append)
    for host in (LIVE, ENDED):
        hosts.add(host, "auth", mock.Mock(stubs=None), BUILDER)
    hosts.end(ENDED)
    mount = Mount(hosts)
    mount.mount()
    yield mount
    mount.unmount()


def test_after_the_end_every_name_is_resolved(resolver: Resolver, mount: Mount) -> None:
    """What somebody put over us may go on calling us."""
    kept = socket.getaddrinfo
    mount.unmount()
    assert kept(UNOWNED, 443) == FOUND
    Reception(Hosts()).refuse_look_up(UNOWNED)
    assert resolver.asked == [UNOWNED]


def open_stream(host: str) -> None:
    """Connect as asyncio's streams do."""
    asyncio.run(asyncio.wait_for(asyncio.open_connection(host, 443), 30))


def look_up_in_loop(host: str) -> None:
    """Look up as aiohttp's usual resolver does."""

    async def look_up() -> None:
        await asyncio.get_running_loop().getaddrinfo(host, 443)

    asyncio.run(look_up())


def open_trio(host: str) -> None:
    """Connect as trio's streams do."""
    trio.run(trio.open_tcp_stream, host, 443)


def connect_by_name(host: str) -> None:
    """Leave the look-up to the socket, as httplib2 does."""
    with socket.socket() as client:
        client.connect((host, 443))


def connect_ex_by_name(host: str) -> None:
    """Do so without an exception for a refused connection."""
    with socket.socket() as client:
        client.connect_ex((host, 443))


WAYS = (
    socket.gethostbyname,
    socket.gethostbyname_ex,
    socket.gethostbyaddr,
    connect_by_name,
    connect_ex_by_name,
    open_stream,
    look_up_in_loop,
    open_trio,
    ftplib.FTP,
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_way_resolves_it(
    way: Callable[[str], object], mount: Mount, resolver: Resolver, strays: list[Stray]
) -> None:
    """The error is that of a name which nobody has; the fact is told."""
    # Found anew: what the module holds by these names is the function beneath.
    way = getattr(socket, way.__name__, way)
    with pytest.raises(OSError, match="MCSCOPES: ") as refused:
        way(UNOWNED)
    assert isinstance(refused.value, socket.gaierror)
    assert refused.value.errno == socket.EAI_NONAME
    assert resolver.asked == []
    assert {*strays} == {Stray(host=UNOWNED, built_by=None)}  # trio tries again
    assert mount.refused_look_ups() == [refused.value.strerror]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.usefixtures("mount")
def test_every_way_resolves_others(
    way: Callable[[str], object], resolver: Resolver, strays: list[Stray]
) -> None:
    """Whatever becomes of the connection, which leads to a closed port."""
    way = getattr(socket, way.__name__, way)
    with suppress(OSError):
        way("shop.test")
    assert resolver.asked
    assert strays == []


@pytest.mark.parametrize(
    ("host", "text", "stray"),
    [
        pytest.param(
            LIVE,
            f"MCSCOPES: {LIVE} was looked up by name, by something that mc_tenant does not answer"
            " in this process. Nothing was sent. Give this code the URLs of mc_server, which"
            " answers whatever speaks HTTP.",
            Stray(host=LIVE, built_by=None, lives=True),
            id="a running tenant's",
        ),
        pytest.param(
            ENDED,
            f"MCSCOPES: {ENDED} belongs to a Marketing Cloud that ended with {BUILDER}. The client"
            " under test outlives its tenant. Build the client in a function-scoped fixture, or"
            " give it a tenant of its own life: with mc_cloud.tenant() as tenant: ... in a fixture"
            " of the client's scope.",
            Stray(host=ENDED, built_by=BUILDER),
            id="an ended tenant's",
        ),
        pytest.param(
            UNOWNED,
            f"MCSCOPES: {UNOWNED} was looked up by name, and is not simulated here. Nothing was"
            " sent. The code under test was expected to call the tenant of its test. Use"
            " mc_tenant.auth_url, and the instance URLs of its token answers; or those of"
            " mc_server, where the code's HTTP library is one that mc_tenant does not answer.",
            Stray(host=UNOWNED, built_by=None),
            id="nobody's",
        ),
        pytest.param(
            f"{UNOWNED}v2",
            f"MCSCOPES: https://{UNOWNED}v2 was called, which no Marketing Cloud has: a path seems"
            " to have been joined to the host without a slash. mc_tenant.auth_url and the instance"
            ' URLs of token answers end with one: write f"{auth_url}v2/token", or add it in code.',
            Stray(host=f"{UNOWNED}v2", built_by=None),
            id="without a slash",
        ),
    ],
)
@pytest.mark.usefixtures("mount")
def test_the_error_says_what_to_do(
    host: str, text: str, stray: Stray, strays: list[Stray], resolver: Resolver
) -> None:
    """In the error that every library hands on, or says that it came of."""
    with pytest.raises(socket.gaierror) as refused:
        socket.create_connection((host, 443))
    assert refused.value.strerror == text
    assert strays == [stray]
    assert resolver.asked == []


@pytest.mark.usefixtures("mount")
def test_other_arguments_arrive(resolver: Resolver) -> None:
    """By their places and by their names; addresses and no host at all among them."""
    for host in ("127.0.0.1", b"::1", None):
        assert socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)[0][4] == ("127.0.0.1", 9)
    assert resolver.asked == ["127.0.0.1", b"::1", None]


@pytest.mark.usefixtures("resolver")
def test_a_socket_of_another_family_connects(mount: Mount, resolver: Resolver) -> None:
    """Its address is no pair."""
    mount.ensure()
    with socket.socket(socket.AF_UNIX) as client:
        assert client.connect_ex(f"/{UNOWNED}") == 111
    assert resolver.asked == [f"/{UNOWNED}"]


def test_a_test_begins_with_none_refused(mount: Mount) -> None:
    """What an earlier one looked up is not told of it."""
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo(UNOWNED, 443)
    mount.ensure()
    assert mount.refused_look_ups() == []


def test_it_is_given_back(mount: Mount, resolver: Resolver) -> None:
    """At the end; where something lies over it, that goes on calling it, and it lets pass."""
    below = _socket.getaddrinfo
    kept = socket.gethostbyname
    mount.unmount()
    assert _socket.getaddrinfo is not below
    assert kept(UNOWNED) == "127.0.0.1"
    assert socket.create_connection.__module__ == "socket"
    assert resolver.asked == [UNOWNED]


def test_it_is_put_on_again(mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the next test begins, whoever took it off."""
    monkeypatch.setattr(_socket, "getaddrinfo", lambda *_: FOUND)
    assert socket.getaddrinfo(UNOWNED, 443)[0][4] == ("127.0.0.1", 9)
    mount.ensure()
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo(UNOWNED, 443)


@pytest.mark.usefixtures("mount")
def test_a_door_is_asked_first(strays: list[Stray], resolver: Resolver) -> None:
    """What it refuses is not looked up, and told once."""
    with (
        pytest.raises(httpx.ConnectError),
        httpx.Client(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)) as http,
    ):
        http.get(f"https://{UNOWNED}/")
    assert strays == [Stray(host=UNOWNED, method="GET", built_by=None)]
    assert resolver.asked == []
