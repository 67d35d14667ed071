"""The guard from pytest's start on, for code that logs in when it is imported.

With `mc_guard = "always"` every run of pytest loads this module, so it imports next to nothing.
The doors open with the first test that uses us, and so does the guard that tells tenants apart;
that one lies over this one.
"""

from __future__ import annotations

import _socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_LOOK_UP = "getaddrinfo"


class EarlyGuard:
    """Refuses to resolve names of Marketing Cloud's, and keeps what was refused."""

    def __init__(self, test: Callable[[], str]) -> None:
        """Refuse from now on.

        Args:
            test: gives the id of the test that runs; empty: none does.
        """
        self._test = test
        self._open = True
        self._below = getattr(_socket, _LOOK_UP)
        self._ours = self._look_up
        self.refused: dict[tuple[str, str], None] = {}
        """Each test with a host that was looked up in it, once."""
        setattr(_socket, _LOOK_UP, self._ours)

    def leave(self) -> None:
        """Give the resolver back; what lies over us goes on calling it through us."""
        self._open = False
        if getattr(_socket, _LOOK_UP) is self._ours:
            setattr(_socket, _LOOK_UP, self._below)

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

    def _look_up(self, host: object, *rest: Any, **named: Any) -> Any:  # noqa: ANN401
        __tracebackhide__ = True
        from ..transport.names import find_marketing_cloud

        if self._open and (name := find_marketing_cloud(host)):
            self.refused[self._test(), name] = None
            raise _socket.gaierror(
                _socket.EAI_NONAME,
                f'MCSCOPES: {name} was looked up by name and not resolved: mc_guard is "always", '
                "and no tenant of this test run has it. Code that logs in when it is imported "
                "should log in when it is first used, so that mc_tenant answers it.",
            )
        return self._below(host, *rest, **named)
