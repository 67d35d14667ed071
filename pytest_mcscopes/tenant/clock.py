"""Marketing Cloud's time, as one tenant sees it, and the process's, which a test may move."""

from __future__ import annotations

import math
import time
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Protocol

from ..arguments.calls import takes
from ..arguments.keywords import NUMBER
from ..errors import McScopesError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_STEP = dict.fromkeys(("seconds", "minutes", "hours", "days"), NUMBER)


class Factory(Protocol):
    """What freezegun tells the time by."""

    time_to_freeze: datetime


class Clock:
    """The process's time plus what the test has advanced it by.

    `time.time` is read in the body of `now`, never bound, so that freezegun
    and time-machine move this clock like any other.
    """

    def __init__(self) -> None:
        self._ahead = 0.0

    @property
    def ahead(self) -> float:
        """By how many seconds it is ahead of the process's time."""
        return self._ahead

    def now(self) -> float:
        """Tell Marketing Cloud's time in seconds since the epoch."""
        return time.time() + self._ahead

    @takes("clock.advance", **_STEP)
    def advance(
        self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> None:
        """Move Marketing Cloud's time forward; the process's own time stays.

        Raises:
            McScopesError: the sum is not a step forward; issued tokens cannot
                become younger.
        """
        self._ahead += _step_forward("advance", seconds, minutes, hours, days)


def today() -> date:
    """Tell the day in UTC."""
    return datetime.fromtimestamp(Clock().now(), UTC).date()


class Journey:
    """What moves the process's time, by freezegun, until it is closed."""

    def __init__(self) -> None:
        self.moved = 0.0
        """How far in all, in seconds."""
        self._way_back = ExitStack()

    def go(self, step: float) -> None:
        """Move the process's time forward.

        Time frozen by the user's `freeze_time` stays frozen, at the later moment.

        Raises:
            OverflowError: Python has no dates that late.
        """
        from freezegun import api  # noqa: PLC0415 - heavy

        delta = timedelta(seconds=step)
        if not api.freeze_factories:
            self._set_out()
        # All layers: when an inner freeze_time ends, time falls back to the next.
        for factory in api.freeze_factories:
            self._move(factory, delta)
        self.moved += step

    def close(self) -> None:
        """Give the process its own time back."""
        self._way_back.close()

    def _move(self, factory: Factory, delta: timedelta) -> None:
        # Not `tick`, by which a clock that runs would lose what it ran since.
        factory.time_to_freeze += delta
        self._way_back.callback(_move_back, factory, delta)

    def _set_out(self) -> None:
        """Begin to tell the process a time of its own, which runs."""
        from unittest.mock import patch  # noqa: PLC0415 - heavy

        from freezegun import api, config  # noqa: PLC0415 - heavy

        with patch.multiple(
            api,
            fake_monotonic=self._monotonic,
            fake_monotonic_ns=self._monotonic_ns,
            # No token ends by it, and all who measure their work count by it.
            fake_perf_counter=api.real_perf_counter,
            fake_perf_counter_ns=api.real_perf_counter_ns,
        ):
            self._way_back.enter_context(_layer(self.moved))
        # freezegun's own adds the local offset to whatever zone it is asked for.
        now = patch.object(api.FakeDatetime, "now", classmethod(_now))
        self._way_back.enter_context(now)
        # By default, what is called within five frames of a thread's start is told
        # the real time: a token issued there would be older than its client.
        kept = set(config.settings.default_ignore_list) - set(config.DEFAULT_IGNORE_LIST)
        api.ignore_lists[-1] = tuple(kept)

    # freezegun's own leap by 50 years when they set in: a client that counts by them
    # would renew its token after any travel, however short.

    def _monotonic(self) -> float:
        from freezegun import api  # noqa: PLC0415 - heavy

        if len(api.freeze_factories) > 1:  # a freeze_time that began during the journey
            return api.fake_monotonic()
        return api.real_monotonic() + self.moved

    def _monotonic_ns(self) -> int:
        from freezegun import api  # noqa: PLC0415 - heavy

        if len(api.freeze_factories) > 1:
            return api.fake_monotonic_ns()
        return api.real_monotonic_ns() + int(self.moved * 1e9)


class CloudClock:
    """Moves Marketing Cloud's time in every tenant of the running test: what `mc_clock` gives."""

    def __init__(
        self, clocks: Callable[[], Iterable[Clock]], living: Callable[[], Iterable[Clock]]
    ) -> None:
        self._clocks = clocks
        self._living = living
        self._journey = Journey()

    @takes("mc_clock.advance", **_STEP)
    def advance(
        self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> None:
        """Move Marketing Cloud's time forward; the process's own time stays.

        Raises:
            McScopesError: the step is not forward, or the test has no tenant.
        """
        for clock in self._clocks():
            clock.advance(seconds, minutes=minutes, hours=hours, days=days)

    @takes("mc_clock.travel", **_STEP)
    def travel(
        self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> None:
        """Move the process's time forward, and Marketing Cloud's with it, until the test ends.

        Raises:
            McScopesError: the step is not forward, or the test has no tenant.
        """
        self._clocks()
        step = _step_forward("travel", seconds, minutes, hours, days)
        try:
            self._journey.go(step)
        except OverflowError:
            raise McScopesError(
                f"travel cannot go beyond the year 9999, got {step} seconds."
                " Write travel(minutes=20), for example."
            ) from None

    def close(self) -> None:
        """Give the process its own time back, and leave the tenants theirs."""
        ended, self._journey = self._journey, Journey()
        ended.close()
        if ended.moved:
            for clock in self._living():
                clock.advance(ended.moved)


def _step_forward(verb: str, seconds: float, minutes: float, hours: float, days: float) -> float:
    step = seconds + 60 * minutes + 3_600 * hours + 86_400 * days
    if not 0 < step < math.inf:
        raise McScopesError(
            f"{verb} needs a time to come, got {step} seconds."
            f" Write {verb}(minutes=20), for example."
        )
    return step


def _layer(moved: float) -> AbstractContextManager[object]:
    """Make a time that runs, so many seconds ahead of the real one."""
    from freezegun import freeze_time  # noqa: PLC0415 - heavy

    return freeze_time(
        timedelta(seconds=moved),
        # Without it, local times without a zone would leap to UTC's.
        tz_offset=timedelta(seconds=time.localtime().tm_gmtoff),
        # Names there stay as they are: pytest's own times are real, and to look
        # through our public names would load all of us.
        ignore=["_pytest.timing", __package__.partition(".")[0]],
        tick=True,
        real_asyncio=True,
    )


def _now(cls: type[datetime], tz: tzinfo | None = None) -> datetime:
    return cls.fromtimestamp(time.time(), tz)


def _move_back(factory: Factory, delta: timedelta) -> None:
    factory.time_to_freeze -= delta
