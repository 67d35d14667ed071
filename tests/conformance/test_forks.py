"""A forked child has a copy of each door, and is refused by it."""

from __future__ import annotations

import os
import socket
from contextlib import nullcontext
from copy import copy
from typing import TYPE_CHECKING
from unittest import mock

import httpcore
import httpx
import pytest
from in_process import REST, UNOWNED, by_core
from tenants import AnsweringTenant

from pytest_mcscopes.transport.in_process.forks import ForkedCall, HomeProcess
from pytest_mcscopes.transport.in_process.reception import Reception
from pytest_mcscopes.transport.in_process.refusals import RefusedError
from pytest_mcscopes.transport.loopback.connection import Connection
from pytest_mcscopes.transport.loopback.server import Loopback

if TYPE_CHECKING:
    from pytest_mcscopes.transport.hosts import Hosts


class TestForkedChild:
    @pytest.fixture(autouse=True)
    def in_child(self, hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the process be another one than when the test began."""
        hosts.home.begin_test("test_a.py::test_it")
        self.parent = os.getpid()
        monkeypatch.setattr("os.getpid", lambda: -1)

    def found(self, hosts: Hosts) -> ForkedCall | None:
        """Give what the parent finds."""
        with mock.patch("os.getpid", return_value=self.parent):
            return hosts.home.take_call()

    @pytest.mark.usefixtures("mount")
    @pytest.mark.parametrize("host", [REST, UNOWNED])
    def test_every_door_refuses(self, host: str, hosts: Hosts) -> None:
        """And leaves word for the parent, once."""
        with httpx.Client(verify=False) as http:  # noqa: S501 - no network
            for post in (http.post, by_core):
                with pytest.raises((httpx.ConnectError, httpcore.ConnectError), match="mc_server"):
                    post(f"https://{host}/")
                assert hosts.home.take_call() is None
                assert self.found(hosts) == ForkedCall(host, "test_a.py::test_it")
                assert self.found(hosts) is None

    @pytest.mark.parametrize("guard", ["tests", "off"])
    def test_a_name_is_not_resolved_for_it(self, guard: str, hosts: Hosts) -> None:
        """Where the real service may be called, it is known that it was."""
        hosts.refuses = guard != "off"
        reception = Reception(hosts)
        reception.is_open = True
        with nullcontext() if guard == "off" else pytest.raises(RefusedError, match="mc_server"):
            reception.refuse_look_up(UNOWNED)
        assert self.found(hosts) == ForkedCall(UNOWNED, "test_a.py::test_it")

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
                for conversation in list(opened.connections):
                    conversation.hang_up()
                    conversation.thread.join()
                opened.connections.add(talk := mock.Mock())
            loopback.forsake()
            talk.forsake.assert_called_once_with()
            assert [each.fileno() for each in listeners] == [-1] * 3
            assert loopback.is_forsaken
            loopback.settle()
        for each in copies:
            each.close()
        loopback._opened.clear()  # noqa: SLF001 - its sockets are gone
        loopback.shutdown()


def test_a_connection_is_left_to_the_parent() -> None:
    """The child closes its copy, without a word to the client."""
    sock = socket.socket()
    Connection(sock, mock.Mock(kind="rest"), mock.Mock()).forsake()
    assert sock.fileno() == -1


def test_a_child_that_goes_on_as_a_test_run_takes_nothing_from_its_parent() -> None:
    """Its error may go up through the test and on to pytest, which then runs the next ones there.

    Or a plugin runs each test in a child.
    """
    parent = HomeProcess()
    parent.begin_test("test_a.py::test_it")
    child = copy(parent)  # as after a fork, the memory is the same
    with mock.patch("os.getpid", return_value=-1):
        child.leave_call(UNOWNED)
        assert child.take_call() is None
        child.begin_test("test_a.py::test_next")
        assert child.take_call() is None
        child.leave_call(REST)
        assert child.take_call() == ForkedCall(REST, "test_a.py::test_next")
    assert parent.take_call() == ForkedCall(UNOWNED, "test_a.py::test_it")
    assert parent.take_call() is None


def test_the_home_is_where_it_was_made() -> None:
    """Until a test begins."""
    assert not HomeProcess().is_left()
