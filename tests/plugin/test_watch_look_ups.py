"""Our own tests resolve no name of Marketing Cloud's, and what sees to that is seen to work."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest
import watch_look_ups

if TYPE_CHECKING:
    from collections.abc import Callable

    from suites import Suite

HOST = "mcx.rest.marketingcloudapis.com"
INNER = f"""
import socket

import pytest

def test_it():
    with pytest.raises(socket.gaierror, match="no test may resolve it"):
        socket.getaddrinfo("{HOST}", 443)
"""


def in_loop(host: str) -> None:
    """Look up as asyncio does."""

    async def look_up() -> None:
        await asyncio.get_running_loop().getaddrinfo(host, 443)

    asyncio.run(look_up())


@pytest.mark.parametrize(
    ("look_up", "host"),
    [
        (socket.gethostbyname, HOST.upper()),
        (socket.gethostbyname_ex, f"{HOST}."),
        (socket.gethostbyaddr, "www.exacttarget.com"),
        (in_loop, "www.exacttargetapis.com"),
    ],
)
def test_a_look_up_of_this_process_is_seen(look_up: Callable[[str], object], host: str) -> None:
    """By any of Python's own ways; it does not come to pass."""
    with pytest.raises(socket.gaierror, match="no test may resolve it"):
        look_up(host)
    assert watch_look_ups.take() == [host]
    assert watch_look_ups.take() == []


def test_so_is_one_of_bytes() -> None:
    """As some libraries spell names."""
    with pytest.raises(socket.gaierror, match="no test may resolve it"):
        socket.getaddrinfo(HOST.encode(), 443)
    assert watch_look_ups.take() == [HOST]


def test_other_names_are_resolved() -> None:
    """Those of this machine among them."""
    assert socket.getaddrinfo("127.0.0.1", 443)
    assert watch_look_ups.take() == []


@pytest.mark.parametrize("plugins", [(), ("-p", "xdist", "-n", "1")])
def test_so_are_those_of_inner_runs(plugins: tuple[str, ...], suite: Suite) -> None:
    """In processes of their own, and in the workers that these start."""
    suite.pytester.makepyfile(test_it=INNER)
    result = suite.pytester.runpytest_subprocess(*plugins, timeout=120)
    result.stdout.fnmatch_lines(["*1 passed*"])
    assert watch_look_ups.take() == [HOST]


def test_a_test_that_resolves_one_fails(request: pytest.FixtureRequest) -> None:
    """By a fixture that all our tests have."""
    assert "_no_name_is_resolved" in request.fixturenames
    watch_look_ups.fail_for_any()
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo(HOST, 443)
    with pytest.raises(pytest.fail.Exception, match=HOST):
        watch_look_ups.fail_for_any()
