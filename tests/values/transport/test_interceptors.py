"""Who refuses a tenant's ports is known by its errors, patches and decorators.

Stand-ins here, by name and behaviour; tests/compat/test_interceptors.py runs the real ones.
"""

from __future__ import annotations

import socket
import sys
from contextlib import closing
from functools import wraps
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import httpx
import pytest
import respx

import pytest_mcscopes
from pytest_mcscopes.errors import McScopesError
from pytest_mcscopes.transport.interceptors import (
    in_the_way,
    raised_by,
    refuser,
    refuser_by_name,
    require_sockets,
)
from pytest_mcscopes.transport.loopback.server import Loopback

if TYPE_CHECKING:
    from collections.abc import Callable

URL = "http://127.0.0.1:4212/v2/token"

IN_PACKAGE = """
from functools import wraps

def refuse(text):
    raise RuntimeError(text)

def call(function):
    function()

def decorate(function):
    @wraps(function)
    def around():
        return function()
    return around

class Patch:
    def bound(self):
        pass
"""


def package(name: str) -> dict[str, Any]:
    """Make what a module of that package would hold."""
    names: dict[str, Any] = {"__name__": f"{name}.core"}
    exec(IN_PACKAGE, names)  # noqa: S102 - the stand-in above
    return names


def raised(function: Callable[..., object], *args: object) -> BaseException:
    """Give what a call raises."""
    with pytest.raises(RuntimeError) as caught:
        function(*args)
    return caught.value


def refused(name: str, text: str) -> BaseException:
    """Give an error that a package raised."""
    return raised(package(name)["refuse"], text)


def ours() -> None:
    """Raise an error of the code under test."""
    raise RuntimeError(URL)


@pytest.mark.parametrize(
    ("error", "name"),
    [
        pytest.param(refused("responses", URL), "responses", id="its own code"),
        pytest.param(
            raised(package("responses")["call"], ours),
            __name__.partition(".")[0],
            id="code that it called",
        ),
        pytest.param(RuntimeError(URL), "", id="never raised"),
    ],
)
def test_who_raised_an_error_is_the_innermost(error: BaseException, name: str) -> None:
    """A mock that lets a request pass stands in the traceback of what happens to it."""
    assert raised_by(error) == name


def upon(error: BaseException, *, link: str) -> BaseException:
    """Give the error that code raises because of another one, or while it handles it."""
    outer = LookupError("no mail today")
    setattr(outer, link, error)
    return outer


@pytest.mark.parametrize(
    ("error", "name"),
    [
        pytest.param(refused("responses", f"no match for POST {URL}"), "responses", id="a port"),
        pytest.param(
            upon(refused("responses", URL), link="__cause__"),
            "responses",
            id="wrapped by the code under test",
        ),
        pytest.param(
            upon(refused("responses", URL), link="__context__"),
            "responses",
            id="met while handling another",
        ),
        pytest.param(refused("responses", "https://shop.test/"), "", id="another host"),
        pytest.param(refused("responses", f"{URL}".replace("4212", "42128")), "", id="a longer"),
        pytest.param(refused("responses", "http://127.0.0.1/"), "", id="no port"),
        pytest.param(refused("requests", URL), "", id="nobody who is known to refuse"),
        pytest.param(
            refused("pytest_socket", 'connect() with host "127.0.0.1" (allowed: "192.0.2.1").'),
            "pytest_socket",
            id="sockets to loopback",
        ),
        pytest.param(
            refused("pytest_socket", "A test tried to use socket.getaddrinfo."),
            "pytest_socket",
            id="all sockets",
        ),
        pytest.param(
            refused("pytest_socket", 'connect() with host "192.0.2.7" (allowed: "192.0.2.1").'),
            "",
            id="sockets to another host",
        ),
        pytest.param(None, "", id="no error"),
    ],
)
def test_an_error_tells_who_refused_a_port(error: BaseException | None, name: str) -> None:
    """By who raised it and what it speaks of."""
    assert refuser(error, {4212}) == name


HOST = "mcx.auth.marketingcloudapis.com"


@pytest.mark.parametrize(
    ("error", "name"),
    [
        pytest.param(refused("responses", f"POST https://{HOST}/v2/token"), "responses", id="it"),
        pytest.param(refused("responses", f"POST https://{HOST.upper()}/"), "responses", id="case"),
        pytest.param(refused("responses", f"POST https://mcy{HOST[3:]}/"), "", id="another host"),
        pytest.param(refused("shop", f"POST https://{HOST}/v2/token"), "", id="no such tool"),
        pytest.param(None, "", id="no error"),
    ],
)
def test_an_error_tells_who_refused_a_host(error: BaseException | None, name: str) -> None:
    """Of a tenant that lives."""
    assert refuser_by_name(error, {HOST: "a tenant"}) == name


def of(name: str) -> object:
    """Give a patch of a package."""
    return package(name)["Patch"]().bound


class TestInTheWay:
    def test_nothing_is(self) -> None:
        assert in_the_way(ours, ()) == ""

    @pytest.mark.parametrize(
        ("module", "place", "name"),
        [
            pytest.param("requests.adapters", "HTTPAdapter.send", "responses", id="responses"),
            pytest.param("requests.sessions", "Session.send", "requests_mock", id="requests-mock"),
            pytest.param("aiohttp.client", "ClientSession._request", "aioresponses", id="aio"),
        ],
    )
    def test_a_patch_in_force_is(
        self, module: str, place: str, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Of a library that is loaded; nothing is imported for it."""
        of_class, method = place.split(".")
        patch = Mock(side_effect=of(name)) if name == "aioresponses" else of(name)
        stub = SimpleNamespace(**{of_class: SimpleNamespace(**{method: patch})})
        monkeypatch.setitem(sys.modules, module, stub)
        assert in_the_way(ours, ()) == name

    def test_a_stub_of_a_library_is_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A test may have put anything in place of a module."""
        monkeypatch.setitem(sys.modules, "requests.adapters", SimpleNamespace())
        monkeypatch.setitem(sys.modules, "requests.sessions", None)
        assert in_the_way(ours, ()) == ""

    def test_what_decorates_the_test_was(self) -> None:
        """It has ended with the test, at whose end this is asked."""
        decorated = wraps(ours)(package("responses")["decorate"](ours))
        assert in_the_way(decorated, ()) == "responses"

    def test_a_router_is_where_httpx_called_a_port(self) -> None:
        """respx lies below us: what it took was seen before."""
        with respx.mock(assert_all_called=False):
            assert in_the_way(ours, ["shop.test"]) == ""
            assert in_the_way(ours, ["127.0.0.1"]) == "respx"

    def test_a_router_above_the_transports_is(self) -> None:
        """There respx takes requests before they are seen."""
        with respx.mock(using="httpx", assert_all_called=False):
            assert in_the_way(ours, ()) == "respx"

    @pytest.mark.parametrize(
        ("refuse", "name"),
        [
            pytest.param(package("pytest_socket")["refuse"], "pytest_socket", id="pytest-socket"),
            pytest.param(package("shop")["refuse"], "", id="a patch of the test's own"),
        ],
    )
    def test_refused_sockets_are(
        self, refuse: Callable[[str], None], name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Tried, as what is allowed is pytest-socket's own business."""
        monkeypatch.setattr(socket, "socket", lambda **_: refuse("refused"))
        assert in_the_way(ours, ()) == name


class TestRequireSockets:
    def test_refused_by_pytest_socket(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever serves a tenant is told what to allow."""
        refuse = package("pytest_socket")["refuse"]
        monkeypatch.setattr(socket, "socket", lambda: refuse("A test tried to use socket.socket."))
        with pytest.raises(McScopesError) as caught:
            require_sockets()
        assert str(caught.value) == (
            "MCSCOPES: a tenant's ports are sockets of 127.0.0.1, and pytest-socket refuses every"
            " socket in this test. Run pytest with --allow-hosts=127.0.0.1 beside"
            ' --disable-socket, or mark the test @pytest.mark.allow_hosts(["127.0.0.1"]); a test'
            " that is marked disable_socket, or asks for socket_disabled, must leave that out."
            " mc_tenant needs none: it answers in process."
        )

    def test_refused_by_anybody_else(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The error speaks for itself."""
        refuse = package("shop")["refuse"]
        monkeypatch.setattr(socket, "socket", lambda: refuse("no more descriptors"))
        with pytest.raises(RuntimeError, match="no more descriptors"):
            require_sockets()

    def test_granted(self) -> None:
        """Nothing is said, and nothing is left open."""
        require_sockets()


def test_the_predicate_leaves_a_port_alone_while_it_is_served() -> None:
    """`not_marketing_cloud` for pytest-httpx: other servers on this machine are the user's."""

    def theirs(url: str) -> bool:
        return pytest_mcscopes.not_marketing_cloud(httpx.Request("POST", url))

    loopback = Loopback(Mock())
    with closing(SimpleNamespace(close=loopback.shutdown)):
        urls = loopback.open(Mock())
        assert [theirs(url) for url in (urls.auth_url, urls.rest_url, urls.soap_url)] == [False] * 3
        assert theirs(urls.auth_url.replace("127.0.0.1", "shop.test"))
        assert theirs("http://127.0.0.1/")
        loopback.close(urls)
        assert theirs(urls.auth_url)
