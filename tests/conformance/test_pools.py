"""What lies beneath httpx's transports, in a forked child, and inside vcrpy's cassettes.

A stand-in for vcrpy here; tests/compat/test_cassettes.py runs the real one.
"""

from __future__ import annotations

import socket
import sys
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING
from unittest import mock

import anyio
import httpcore
import httpcore2
import httpx
import pytest
import respx
from in_process import AUTH, REST, STALE, UNOWNED, AnsweringTenant

from pytest_mcscopes.cloud.http import Request, Response
from pytest_mcscopes.stubs.rest import Stubs
from pytest_mcscopes.transport.hosts import Hosts
from pytest_mcscopes.transport.in_process.cassettes import Cassettes
from pytest_mcscopes.transport.in_process.forks import ForkedCall, HomeProcess
from pytest_mcscopes.transport.in_process.late_imports import LateImport
from pytest_mcscopes.transport.in_process.mount import Mount
from pytest_mcscopes.transport.loopback.connection import Connection
from pytest_mcscopes.transport.loopback.server import Loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def by_core(url: str) -> str:
    """Post by httpcore itself, as a transport of the user's own may."""
    with httpcore.ConnectionPool() as pool:
        return pool.request("POST", url, headers={"X-Tag": "a"}, content=b"body").content.decode()


def by_core2(url: str) -> str:
    """Post by what lies beneath httpx2."""
    with httpcore2.ConnectionPool() as pool:
        return pool.request("POST", url, content=b"body").content.decode()


async def _by_async_core(url: str) -> str:
    async with httpcore.AsyncConnectionPool() as pool:
        answer = await pool.request("POST", url, headers={"X-Tag": "a"}, content=b"body")
        return answer.content.decode()


def by_async_core(url: str) -> str:
    """Post by a pool that awaits."""
    return anyio.run(_by_async_core, url)


every_pool = pytest.mark.parametrize("post", [by_core, by_core2, by_async_core])
ERRORS = (httpcore.ConnectError, httpcore2.ConnectError)


@pytest.mark.usefixtures("mount")
class TestPools:
    @every_pool
    def test_a_tenant_answers(self, post: Callable[[str], str], tenant: AnsweringTenant) -> None:
        """As it does above: path and query as sent, the body read, a stub asked."""
        assert post(f"https://{AUTH}/v2/token") == "ours POST"
        assert post(f"https://{REST}:443/a%2Fb?c=d") == "{}"
        seen = tenant.seen[-1]
        assert (seen.method, seen.path, seen.query, seen.body) == ("POST", "/a%2Fb", "c=d", b"body")
        tenant.stubs = Stubs(f"https://{REST}/")
        tenant.stubs.router.post("/x").respond(json={"by": "stub"})
        assert post(f"https://{REST}/x") == '{"by":"stub"}'

    @every_pool
    @pytest.mark.parametrize(
        ("url", "text"),
        [
            (f"https://{STALE}/", "ended with tests/test_a.py::test_one"),
            (f"https://{UNOWNED}/", "is not simulated here"),
            (f"http://{REST}/", f"MCSCOPES: http://{REST} was called"),
            (f"https://{REST}:8443/", f"MCSCOPES: https://{REST}:8443 was called"),
        ],
    )
    def test_others_are_refused(self, url: str, text: str, post: Callable[[str], str]) -> None:
        """By the library's own error."""
        with pytest.raises(ERRORS, match="MCSCOPES: ") as caught:
            post(url)
        assert text in str(caught.value)

    @every_pool
    def test_what_goes_wrong_is_of_the_librarys_kinds(
        self, post: Callable[[str], str], tenant: AnsweringTenant
    ) -> None:
        """A fault that the test ordered, and what a stub raises, where the library has such."""
        tenant.answer = Response(status=0, trouble="timeout")
        with pytest.raises((httpcore.ReadTimeout, httpcore2.ReadTimeout), match="in time"):
            post(f"https://{AUTH}/")
        tenant.stubs = Stubs(f"https://{REST}/")
        tenant.stubs.router.post("/x").mock(side_effect=httpx.TooManyRedirects)
        with pytest.raises(httpx.TooManyRedirects):
            post(f"https://{REST}/x")

    def test_a_refused_request_can_be_read(self, hosts: Hosts) -> None:
        """By who wants to judge it late."""
        strays: list[Request] = []
        hosts.on_stray = lambda stray: strays.append(stray.read("rest"))  # type: ignore[misc]
        with pytest.raises(ERRORS):
            by_core(f"https://{STALE}/x")
        assert [each.body for each in strays] == [b"body"]


@pytest.mark.parametrize("post", [by_core, by_async_core])
def test_a_router_beneath_is_asked(post: Callable[[str], str], hosts: Hosts) -> None:
    """Where the user's respx was there first; what it lets pass is refused."""
    mount = Mount(hosts)
    with respx.mock() as router:
        router.post(f"https://{UNOWNED}/x").respond(text="the user's")
        router.route().pass_through()
        mount.mount()
        try:
            assert post(f"https://{UNOWNED}/x") == "the user's"
            with pytest.raises(httpcore.ConnectError, match="is not simulated here"):
                post(f"https://{UNOWNED}/y")
        finally:
            mount.unmount()


@pytest.mark.usefixtures("mount")
def test_a_tool_beneath_goes_on_answering(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was there before us answers other Marketing Clouds, for both kinds of client."""

    def play(*_: object) -> httpx.Response:
        return httpx.Response(200, text="played")

    async def play_async(*_: object) -> httpx.Response:
        return httpx.Response(200, text="played")

    taken: list[str] = []
    hosts.on_taken = lambda host, _: taken.append(host)
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", play)
    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", play_async)
    above = Mount(hosts)
    above.mount()

    async def fetch() -> str:
        async with httpx.AsyncClient(verify=False) as http:  # noqa: S501 - no network
            return (await http.get(f"https://{UNOWNED}/")).text

    with httpx.Client(verify=False) as http:  # noqa: S501 - no network
        assert http.get(f"https://{UNOWNED}/").text == "played"
        assert http.get(f"https://{REST}/").json() == {}
    assert anyio.run(fetch) == "played"
    above.unmount()
    assert set(taken) == {UNOWNED}


class TestForkedChild:
    @pytest.fixture(autouse=True)
    def in_child(self, hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the process be another one than when the test began."""
        hosts.home.begin_test("test_a.py::test_it")
        monkeypatch.setattr("os.getpid", lambda: -1)

    @pytest.mark.usefixtures("mount")
    @pytest.mark.parametrize("host", [REST, UNOWNED])
    def test_every_door_refuses(self, host: str, hosts: Hosts) -> None:
        """And leaves word for the parent, once."""
        with httpx.Client(verify=False) as http:  # noqa: S501 - no network
            for post in (http.post, by_core):
                with pytest.raises((httpx.ConnectError, *ERRORS), match="mc_server"):
                    post(f"https://{host}/")
                assert hosts.home.take_call() == ForkedCall(host, "test_a.py::test_it")
                assert hosts.home.take_call() is None

    def test_a_call_before_a_test_is_not_that_tests(self, hosts: Hosts) -> None:
        """Each test begins without one, however long the names were."""
        hosts.home.leave_call("x" * 10_000)
        hosts.home.begin_test("test_next")
        assert hosts.home.take_call() is None
        assert not hosts.home.is_left()

    def test_ports_are_left_to_the_parent(self) -> None:
        """The child's copies of sockets are closed; it settles nothing."""
        loopback = Loopback(mock.Mock())
        urls = loopback.open(AnsweringTenant())
        with httpx.Client(base_url=urls.auth_url) as http:
            http.get("/")
            listeners = [*next(iter(loopback._opened.values())).sides]  # noqa: SLF001
            copies = [each.dup() for each in listeners]
            loopback.settle()
            for opened in loopback._opened.values():  # noqa: SLF001
                for conversation in list(opened.conversations):
                    conversation.hang_up()
                    conversation.thread.join()
                opened.conversations.add(talk := mock.Mock())
            loopback.forsake()
            talk.forsake.assert_called_once_with()
            assert [each.fileno() for each in listeners] == [-1] * 3
            assert loopback.is_forsaken
            loopback.settle()
        for copy in copies:
            copy.close()
        loopback._opened.clear()  # noqa: SLF001 - its sockets are gone
        loopback.shutdown()


def test_a_connection_is_left_to_the_parent() -> None:
    """The child closes its copy, without a word to the client."""
    sock = socket.socket()
    Connection(sock, mock.Mock(kind="rest"), mock.Mock()).forsake()
    assert sock.fileno() == -1


def test_the_home_is_where_it_was_made() -> None:
    """Until a test begins."""
    assert not HomeProcess().is_left()


VCR = """
class Cassette:
    def __init__(self, before):
        self._before_record_request = before

    def play_response(self, request):
        return "played"
"""


class TestCassettes:
    @pytest.fixture
    def hook(self, hosts: Hosts) -> Iterator[Cassettes]:
        """Give the patch, and take it off in the end."""
        hook = Cassettes(hosts)
        yield hook
        hook.leave()

    @pytest.fixture(autouse=True)
    def no_vcr(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Forget the real one."""
        for name in [name for name in sys.modules if name.partition(".")[0] == "vcr"]:
            monkeypatch.delitem(sys.modules, name)

    @pytest.fixture
    def vcr(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put a stand-in on the path."""
        tmp_path.joinpath("vcr").mkdir()
        tmp_path.joinpath("vcr/__init__.py").write_text("")
        tmp_path.joinpath("vcr/cassette.py").write_text(VCR)
        monkeypatch.syspath_prepend(tmp_path)

    @pytest.mark.usefixtures("vcr")
    @pytest.mark.parametrize("early", [True, False], ids=["imported before", "imported after"])
    def test_tenants_are_filtered(self, hook: Cassettes, hosts: Hosts, *, early: bool) -> None:
        """In cassettes that were open before, too; other requests go to the user's own filter."""
        taken: list[tuple[str, str]] = []
        hosts.on_taken = lambda *what: taken.append(what)
        if early:
            opened = import_module("vcr.cassette").Cassette(lambda _: "user's")
            hook.ensure()
        else:
            hook.ensure()
            hook.ensure()
            opened = import_module("vcr.cassette").Cassette(lambda _: "user's")
        hook.ensure()
        ours, shop = (SimpleNamespace(uri=f"https://{host}/") for host in (REST, "shop.test"))
        real = SimpleNamespace(uri=f"https://{UNOWNED}/")
        kept = [opened._before_record_request(each) for each in (ours, shop, real)]  # noqa: SLF001
        assert kept == [None, "user's", "user's"]
        assert [opened.play_response(each) for each in (shop, real)] == ["played"] * 2
        assert taken == [(UNOWNED, "vcr")]
        hook.leave()
        assert opened._before_record_request(ours) == "user's"  # noqa: SLF001
        assert opened.play_response(real) == "played"
        assert taken == [(UNOWNED, "vcr")]

    @pytest.mark.usefixtures("vcr")
    @pytest.mark.parametrize("inner_first", [True, False])
    def test_two_sessions_may_patch_it(self, hook: Cassettes, *, inner_first: bool) -> None:
        """Each filters its own tenants while it lasts, in whichever order they end."""
        cassette = import_module("vcr.cassette").Cassette
        bare = {name for name in vars(cassette) if not name.startswith("__")}
        opened, ours = cassette(lambda _: "user's"), SimpleNamespace(uri=f"https://{REST}/")
        inner = Cassettes(Hosts())
        hook.ensure()
        inner.ensure()
        assert opened._before_record_request(ours) is None  # noqa: SLF001
        (inner if inner_first else hook).leave()
        kept = opened._before_record_request(ours)  # noqa: SLF001
        assert kept == (None if inner_first else "user's")
        assert opened.play_response(ours) == "played"
        (hook if inner_first else inner).leave()
        assert opened._before_record_request(ours) == "user's"  # noqa: SLF001
        assert inner_first == (
            {name for name in vars(cassette) if not name.startswith("__")} == bare
        )

    def test_where_a_test_put_something_in_its_place(
        self, hook: Cassettes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It has no cassettes to patch."""
        hook.ensure()
        monkeypatch.setitem(sys.modules, "vcr.cassette", ModuleType("vcr.cassette"))
        hook.ensure()
        hook.leave()


class TestLateImport:
    def test_only_its_module_is_found(self) -> None:
        """Where it is not installed it is not found, as by Python itself."""
        heard: list[ModuleType] = []
        late = LateImport("vcr.none_such", heard.append)
        late.ensure()
        late.ensure()
        assert sys.meta_path.count(late) == 1
        assert late.find_spec("vcr.none_such", []) is None
        assert late.find_spec("json", None) is None
        late.leave()
        late.leave()
        assert late not in sys.meta_path
        assert heard == []
