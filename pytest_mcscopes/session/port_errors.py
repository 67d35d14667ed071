"""What goes wrong while a port of a tenant is called, where no client sees it."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .running_test import RunningTest


class Raised(NamedTuple):
    """What was raised, by a stub or by us, while a port of a tenant was called."""

    test: str | None
    """Node id of the test that the call belongs to."""
    error: BaseException


class PortErrors:
    """What was raised while ports were called, for the test that each call belongs to."""

    def __init__(self, running: RunningTest) -> None:
        self._running = running
        self._raised: list[Raised] = []
        self._turn = Lock()
        self._tls: str | None = ""
        """The last test in which TLS came to a port."""

    def see(self, test: str | None, error: BaseException) -> None:
        """Keep what was raised."""
        with self._turn:
            self._raised.append(Raised(test or self._running.nodeid, error))

    def see_tls(self) -> None:
        """Note that a client spoke TLS to a port."""
        self._tls = self._running.nodeid

    def came_by_tls(self) -> bool:
        """Tell whether a client of the running test spoke TLS to a port."""
        return self._tls == self._running.nodeid

    def take(self) -> list[BaseException]:
        """Give what calls of the running test raised since the last call."""
        if not self._raised:
            return []
        with self._turn:
            mine = [each.error for each in self._raised if each.test == self._running.nodeid]
            self._raised = [each for each in self._raised if each.test != self._running.nodeid]
        return mine

    def take_all(self) -> list[Raised]:
        """Return what is left, of any test."""
        with self._turn:
            late, self._raised = self._raised, []
        return late
