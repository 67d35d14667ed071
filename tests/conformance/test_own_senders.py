"""What sessions and openers hand to something of their own is told, and nothing else."""

from __future__ import annotations

import sys
import urllib.request
from email.message import Message
from http.client import HTTPSConnection
from io import BytesIO
from types import ModuleType
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.response import addinfourl

import pytest
import requests
import urllib3
from in_process import AUTH, TLS, UNOWNED

from pytest_mcscopes.transport import hosts as names_of_ports
from pytest_mcscopes.transport.in_process.mount import Mount

if TYPE_CHECKING:
    from tenants import AnsweringTenant

    from pytest_mcscopes.transport.hosts import Hosts


class Own(requests.adapters.BaseAdapter):
    """Answers by itself."""

    def send(self, request: requests.PreparedRequest, *_: object, **__: Any) -> requests.Response:  # noqa: ANN401
        """Answer."""
        answer = requests.Response()
        answer.status_code, answer.url = 200, str(request.url)
        answer.request, answer._content = request, b"own"  # noqa: SLF001
        return answer

    def close(self) -> None:
        """Do nothing."""


def sending_of(package: str) -> type[Own]:
    """Derive an adapter as if a package had it."""

    def send(self: Own, *args: Any, **named: Any) -> requests.Response:  # noqa: ANN401
        return Own.send(self, *args, **named)

    send.__module__ = package
    return type("Adapter", (Own,), {"send": send})


@pytest.mark.usefixtures("no_network", "mount")
@pytest.mark.parametrize(
    ("url", "adapter", "taken"),
    [
        pytest.param(f"https://{AUTH}/x", Own, [(AUTH, "adapter")], id="a tenant's"),
        pytest.param(f"https://{UNOWNED}./x", Own, [(UNOWNED, "adapter")], id="nobody's"),
        pytest.param(f"https://ada:x@{AUTH}/x", Own, [(AUTH, "adapter")], id="with a name"),
        pytest.param(
            f"https://{AUTH}/x", sending_of("requests_mock.a"), [(AUTH, "requests_mock")], id="tool"
        ),
        pytest.param("https://shop.test/x", Own, [], id="elsewhere"),
    ],
)
def test_what_an_adapter_answers_is_told(
    url: str, adapter: type[Own], taken: list[tuple[str, str]], hosts: Hosts
) -> None:
    """With who answered, as far as it can be known."""
    told: list[tuple[str, str]] = []
    hosts.on_taken = lambda host, by: told.append((host, by))
    with requests.Session() as session:
        session.mount("https://", adapter())
        assert session.get(url).text == "own"
    assert told == taken


class Beneath:
    """A pool that answers, or fails, by itself."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails

    def urlopen(self, *_: object, **__: object) -> urllib3.HTTPResponse:
        """Answer."""
        if self.fails:
            raise urllib3.exceptions.ProtocolError
        return urllib3.HTTPResponse(BytesIO(b"own"), status=200, preload_content=False)


def adapter_over(pool: Beneath) -> requests.adapters.HTTPAdapter:
    """Build requests' own adapter, which sends by a pool that is not urllib3's."""
    adapter = requests.adapters.HTTPAdapter()
    vars(adapter)["get_connection_with_tls_context"] = lambda *_, **__: pool
    return adapter


@pytest.mark.usefixtures("no_network", "mount")
@pytest.mark.parametrize(
    ("url", "taken"),
    [
        pytest.param(f"https://{AUTH}/x", [(AUTH, "pool")], id="a tenant's"),
        pytest.param("https://shop.test/x", [], id="elsewhere"),
        pytest.param("http://127.0.0.1:9/x", [], id="a port, which answers what it cannot read"),
    ],
)
def test_what_is_answered_below_requests_own_adapter_is_told(
    url: str, taken: list[tuple[str, str]], hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But not what fails there: it may never have been sent."""
    monkeypatch.setattr(names_of_ports, "is_served", lambda host, _: host == "127.0.0.1")
    told: list[tuple[str, str]] = []
    hosts.on_taken = lambda host, by: told.append((host, by))
    with requests.Session() as session:
        for prefix in ("https://", "http://"):
            session.mount(prefix, adapter_over(Beneath(fails=True)))
        with pytest.raises(requests.ConnectionError):
            session.get(url)
        assert told == []
        for prefix in ("https://", "http://"):
            session.mount(prefix, adapter_over(Beneath()))
        assert session.get(url).text == "own"
    assert told == taken


@pytest.mark.usefixtures("no_network", "mount")
def test_an_adapter_may_be_made_to_answer(hosts: Hosts) -> None:
    """By a function that is put on one alone."""
    told: list[tuple[str, str]] = []
    hosts.on_taken = lambda host, by: told.append((host, by))
    adapter = requests.adapters.HTTPAdapter()
    vars(adapter)["send"] = Own().send
    with requests.Session() as session:
        session.mount("https://", adapter)
        assert session.get(f"https://{AUTH}/x").text == "own"
    assert told == [(AUTH, "adapter")]


@pytest.mark.usefixtures("no_network", "mount")
def test_what_comes_to_its_tenant_was_taken_by_nobody(
    hosts: Hosts, tenant: AnsweringTenant
) -> None:
    """Whatever adapter it was sent by."""
    told: list[str] = []
    hosts.on_taken = lambda host, _: told.append(host)

    class Patient(requests.adapters.HTTPAdapter):
        def send(self, *args: Any, **named: Any) -> requests.Response:  # noqa: ANN401
            return super().send(*args, **{**named, "timeout": 5})

    with requests.Session() as session:
        session.mount("https://", Patient())
        assert session.get(f"https://{AUTH}/x").text == "ours GET"
    assert (told, len(tenant.seen)) == ([], 1)


def test_a_stub_of_requests_is_left_alone(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing in it to look at."""
    monkeypatch.setitem(sys.modules, "requests.sessions", ModuleType("requests.sessions"))
    before = requests.Session.send
    mount = Mount(hosts)
    mount.mount()
    assert requests.Session.send is before
    mount.unmount()


class Opens(urllib.request.BaseHandler):
    """Answers by itself."""

    handler_order = 1

    @staticmethod
    def https_open(request: urllib.request.Request) -> Any:  # noqa: ANN401
        """Answer."""
        answer: Any = addinfourl(BytesIO(b"own"), Message(), request.full_url, 200)
        answer.msg = "OK"
        return answer


class HandsOn(urllib.request.HTTPSHandler):
    """Opens by a connection of its own."""

    def https_open(self, request: urllib.request.Request) -> Any:  # noqa: ANN401
        """Connect."""
        return self.do_open(HTTPSConnection, request, context=TLS)


@pytest.mark.usefixtures("no_network", "mount")
@pytest.mark.parametrize(
    ("url", "handlers", "answer", "taken"),
    [
        pytest.param(f"https://{AUTH}/x", [Opens()], b"own", [(AUTH, "handler")], id="its own"),
        pytest.param(
            urllib.request.Request(f"https://{UNOWNED}/x"),
            [Opens()],
            b"own",
            [(UNOWNED, "handler")],
            id="nobody's",
        ),
        pytest.param("https://shop.test/x", [Opens()], b"own", [], id="elsewhere"),
        pytest.param(f"https://{AUTH}/x", [HandsOn()], b"ours GET", [], id="one that hands on"),
        pytest.param(
            f"https://{AUTH}/x",
            [
                urllib.request.HTTPSHandler(context=TLS),
                urllib.request.ProxyHandler({"https": "http://192.0.2.1:3128"}),
            ],
            b"ours GET",
            [],
            id="a proxy's",
        ),
    ],
)
def test_what_a_handler_answers_is_told(
    url: Any,  # noqa: ANN401
    handlers: list[urllib.request.BaseHandler],
    answer: bytes,
    taken: list[tuple[str, str]],
    hosts: Hosts,
) -> None:
    """And by an opener's usual ones everything comes to us."""
    told: list[tuple[str, str]] = []
    hosts.on_taken = lambda host, by: told.append((host, by))
    with urllib.request.build_opener(*handlers).open(url) as got:
        assert got.read() == answer
    assert told == taken


@pytest.mark.usefixtures("no_network", "mount")
def test_what_usual_handlers_make_of_a_cassettes_answer_is_none_of_theirs(hosts: Hosts) -> None:
    """Who answered beneath them is told by others."""
    told: list[str] = []
    hosts.on_taken = lambda host, _: told.append(host)

    class Played(urllib.request.HTTPSHandler):
        pass

    played = mock.patch.object(urllib.request.HTTPSHandler, "do_open", return_value=mock.Mock())
    with played as do_open:
        do_open.return_value.code = 200
        opener = urllib.request.build_opener(
            Played(context=TLS), urllib.request.ProxyHandler({"https": "http://192.0.2.1:3128"})
        )
        assert opener.open(f"https://{AUTH}/x") is do_open.return_value
    assert told == []
