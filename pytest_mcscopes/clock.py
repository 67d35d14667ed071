"""Marketing Cloud's time, as one tenant sees it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .errors import McScopesError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Clock:
    """The process's time plus what the test has advanced it by.

    `time.time` is read in the body of `now`, never bound, so that freezegun
    and time-machine move this clock like any other.
    """

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        """Tell Marketing Cloud's time in seconds since the epoch."""
        return time.time() + self._ahead

    def advance(
        self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> None:
        """Move Marketing Cloud's time forward; the process's own time stays.

        Raises:
            McScopesError: the sum is not a step forward; issued tokens cannot
                become younger.
        """
        step = seconds + 60 * minutes + 3_600 * hours + 86_400 * days
        if not step > 0:
            raise McScopesError(
                f"advance needs a time to come, got {step} seconds."
                " Write advance(minutes=20), for example."
            )
        self._ahead += step


class CloudClock:
    """Moves Marketing Cloud's time in every tenant of the running test: what `mc_clock` gives."""

    def __init__(self, clocks: Callable[[], Iterable[Clock]]) -> None:
        self._clocks = clocks

    def advance(
        self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> None:
        """Move Marketing Cloud's time forward; the process's own time stays.

        Raises:
            McScopesError: the step is not forward, or the test has no tenant.
        """
        for clock in self._clocks():
            clock.advance(seconds, minutes=minutes, hours=hours, days=days)
