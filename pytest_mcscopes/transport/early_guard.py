"""The guard from pytest's start on, for code that logs in when it is imported.

How a look-up is refused, the guard of the doors has from here too.

With `mc_guard = "always"` every run of pytest loads this module, so it imports next to nothing.
The doors open with the first test that uses us, and so does the guard that tells tenants apart;
that one lies over this one.
"""

from __future__ import annotations

import _socket
import socket
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = Callable[..., Any]
    Put = Callable[[Any, str, Callable[[Function], object]], None]

_BY_NAME = ("gethostbyname", "gethostbyname_ex", "gethostbyaddr")
_CONNECTING = ("connect", "connect_ex")


class EarlyGuard:
    """Refuses to resolve names of Marketing Cloud's, and keeps what was refused."""

    def __init__(self, test: Callable[[], str]) -> None:
        """Refuse from now on; *test* gives the id of the running test, or nothing."""
        self._test = test
        self._open = True
        self.refused: dict[tuple[str, str], None] = {}
        """Each test with a host that was looked up in it, once."""
        self._patches: list[tuple[Any, str, object, object]] = []
        refuse_look_ups(self._refuse, self._put)

    def leave(self) -> None:
        """Give the resolver back; what lies over us goes on calling it through us."""
        self._open = False
        for owner, name, below, ours in self._patches:
            if getattr(owner, name) is ours:
                setattr(owner, name, below)

    def notes(self) -> list[tuple[str, str, str]]:
        """Tell of what was refused as the summary takes it: the test, no rule, the text."""
        return [
            (
                test or "outside of any test",
                "",
                f"{host} was looked up by name, and that was refused",
            )
            for test, host in self.refused
        ]

    def _put(self, owner: Any, name: str, over: Callable[[Any], object]) -> None:  # noqa: ANN401
        below = getattr(owner, name)
        ours = over(below)
        setattr(owner, name, ours)
        self._patches.append((owner, name, below, ours))

    def _refuse(self, host: object) -> None:
        __tracebackhide__ = True
        from .names import find_marketing_cloud  # noqa: PLC0415 - few look anything up

        if self._open and (name := find_marketing_cloud(host)):
            self.refused[self._test(), name] = None
            raise _socket.gaierror(
                _socket.EAI_NONAME,
                f'MCSCOPES: {name} was looked up by name and not resolved: mc_guard is "always", '
                "and no tenant of this test run has it. Code that logs in when it is imported "
                "should log in when it is first used, so that mc_tenant answers it.",
            )


def refuse_look_ups(refuse: Callable[[object], None], put: Put) -> None:
    """Lie over Python's own ways to resolve a name.

    Args:
        refuse: raises for a host, as it was given, that is not to be looked up.
        put: lies over a function of a class or module, with what takes it and gives ours.
    """

    def over(below: Function) -> Function:
        @wraps(below)
        def look_up(host: object, *rest: Any, **named: Any) -> Any:  # noqa: ANN401
            __tracebackhide__ = True
            refuse(host)
            return below(host, *rest, **named)

        return look_up

    def over_connect(below: Function) -> Function:
        @wraps(below)
        def connect(sock: socket.socket, address: Any) -> Any:  # noqa: ANN401
            __tracebackhide__ = True
            # If it is a name, the socket looks it up by itself.
            refuse(address[0] if isinstance(address, tuple) and address else None)
            return below(sock, address)

        return connect

    # Not `socket.getaddrinfo`, which calls this one: pytest-socket puts that back, and
    # whoever has imported it by name goes on calling it.
    put(_socket, "getaddrinfo", over)
    for name in _BY_NAME:
        put(socket, name, over)
    for kind in _sockets():
        for name in _CONNECTING:
            put(kind, name, over_connect)


def _sockets() -> list[type]:
    """Find Python's own class of sockets; what stands in its place may look nothing up by it."""
    kinds = getattr(socket.socket, "__mro__", ())  # of a function there are none
    return [kind for kind in kinds if _socket.socket in kind.__bases__]
