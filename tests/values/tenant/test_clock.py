"""Marketing Cloud's time, and the process's where it travels."""

from __future__ import annotations

import asyncio
import math
import queue
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from threading import Event
from types import SimpleNamespace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from freezegun import api, config, configure, freeze_time

from pytest_mcscopes.errors import McScopesError
from pytest_mcscopes.tenant.clock import Clock, CloudClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager


def test_time_is_the_process_s() -> None:
    """A new clock tells the process's time, also where that is frozen and moved."""
    clock = Clock()
    with freeze_time("2026-11-21T12:00:00Z") as frozen:
        start = clock.now()
        frozen.tick(30)
        assert clock.now() == start + 30


def test_advance_adds_up() -> None:
    """Steps add up, in whatever units, and move this clock only."""
    with freeze_time("2026-11-21T12:00:00Z"):
        clock, other = Clock(), Clock()
        clock.advance(1)
        clock.advance(0.5, minutes=1, hours=1, days=1)
        assert clock.now() - other.now() == 1.5 + 60 + 3_600 + 86_400


@pytest.mark.parametrize("step", [0, -1, math.nan, math.inf])
def test_time_goes_forward(step: float) -> None:
    """A step that is none is refused, and nothing is moved."""
    with freeze_time("2026-11-21T12:00:00Z"):
        clock = Clock()
        with pytest.raises(McScopesError, match=r"^MCSCOPES: advance needs a time to come, got "):
            clock.advance(step)
        assert clock.now() == Clock().now()


@pytest.fixture
def clock() -> Clock:
    """That of the test's tenant."""
    return Clock()


@pytest.fixture
def cloud_clock(clock: Clock) -> Iterator[CloudClock]:
    """What moves it, and the process's."""
    with closing(CloudClock(lambda: [clock], lambda: [clock])) as cloud_clock:
        yield cloud_clock


def lead(clock: Callable[[], float], real: Callable[[], float]) -> float:
    """Tell by how much a clock is ahead of the real one, read at one moment.

    Where the machine was busy between the two, another reading counts.
    """
    readings = [(real(), clock(), real()) for _ in range(5)]
    before, told, _ = min(readings, key=lambda reading: reading[2] - reading[0])
    return told - before


def ahead(clock: Callable[[], float] | None = None) -> int:
    """Tell by how many seconds a clock, or the process's, is ahead of the real time."""
    return round(lead(clock or time.time, api.real_time))


def minutes(seconds: float) -> int:
    """Round to minutes: what took place between two looks took some time itself."""
    return round(seconds / 60)


CLOCKS: Mapping[str, tuple[Callable[[], float], Callable[[], float]]] = {
    "time": (lambda: time.time(), api.real_time),  # noqa: PLW0108 - the name moves
    "time_ns": (lambda: time.time_ns() / 1e9, api.real_time),
    "datetime": (lambda: datetime.now(UTC).timestamp(), api.real_time),
    "monotonic": (lambda: time.monotonic(), api.real_monotonic),  # noqa: PLW0108 - as above
    "monotonic_ns": (lambda: time.monotonic_ns() / 1e9, api.real_monotonic),
}


@pytest.mark.parametrize("name", CLOCKS)
def test_travel_moves_the_process(name: str, cloud_clock: CloudClock) -> None:
    """All that tells the process's time moves by the steps' sum, and back at the end."""
    cloud_clock.travel(10)
    assert round(lead(*CLOCKS[name])) == 10
    cloud_clock.travel(0.5, minutes=1, hours=1, days=1)
    assert round(2 * lead(*CLOCKS[name])) / 2 == 10.5 + 60 + 3_600 + 86_400
    cloud_clock.close()
    assert abs(lead(*CLOCKS[name])) < 0.5


LOCAL: Mapping[str, Callable[[], datetime]] = {
    "now": lambda: datetime.now(None),  # noqa: DTZ005 - what clients write
    "fromtimestamp": lambda: datetime.fromtimestamp(time.time()),  # noqa: DTZ006
    "utc": lambda: datetime.now(UTC),
    "zone": lambda: datetime.now(ZoneInfo("Asia/Tokyo")),
    "aware": lambda: datetime.now().astimezone(),
    "localtime": lambda: datetime(*time.localtime()[:6]),  # noqa: DTZ001
}


@pytest.fixture(params=["UTC", "Asia/Kolkata", "America/Bogota"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A local time zone, without daylight saving."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


@pytest.mark.usefixtures("zone")
@pytest.mark.parametrize("name", LOCAL)
def test_dates_move_in_their_zone(name: str, cloud_clock: CloudClock) -> None:
    """Dates move by the step in every zone; local ones without a zone do not leap to UTC."""
    start = LOCAL[name]()
    cloud_clock.travel(minutes=20)
    end = LOCAL[name]()
    assert 1_199 <= (end - start).total_seconds() < 1_260
    assert round(end.timestamp() - start.timestamp(), -2) == 1_200
    assert 0 <= time.time() - end.timestamp() < 60


def test_what_was_measured_is_not_moved(cloud_clock: CloudClock) -> None:
    """A duration that was begun before the journey is what it is."""
    start, start_ns = time.perf_counter(), time.perf_counter_ns()
    cloud_clock.travel(hours=1)
    assert 0 <= time.perf_counter() - start < 60
    assert 0 <= time.perf_counter_ns() - start_ns < 60e9


def test_time_runs_on(cloud_clock: CloudClock) -> None:
    """The travelled time runs, and the next step starts from where it has run to."""
    cloud_clock.travel(hours=1)
    start = time.time()
    time.sleep(0.05)
    assert time.time() - start >= 0.05
    cloud_clock.travel(0.01)
    assert time.time() - start >= 0.06


def test_travel_and_advance_add_up(clock: Clock, cloud_clock: CloudClock) -> None:
    """Marketing Cloud is ahead by both, the process by the journey alone."""
    cloud_clock.advance(10)
    cloud_clock.travel(20)
    cloud_clock.advance(30)
    cloud_clock.travel(40)
    assert (ahead(), ahead(clock.now)) == (60, 100)
    cloud_clock.close()
    cloud_clock.close()
    assert (ahead(), ahead(clock.now)) == (0, 100)
    cloud_clock.travel(1)
    assert (ahead(), ahead(clock.now)) == (1, 101)


def test_no_tenant_s_time_goes_back() -> None:
    """At the end every living tenant keeps its time: another test's, and a younger one."""
    mine, another = Clock(), Clock()
    living = [mine, another]
    cloud_clock = CloudClock(lambda: [mine], lambda: living)
    cloud_clock.travel(hours=1)
    living.append(younger := Clock())
    cloud_clock.travel(hours=1)
    assert [ahead(each.now) for each in living] == [7_200, 7_200, 7_200]
    cloud_clock.close()
    assert [ahead(each.now) for each in living] == [7_200, 7_200, 7_200]
    assert (ahead(), ahead(younger.now), ahead(Clock().now)) == (0, 7_200, 0)


def test_a_clock_that_did_not_travel_leaves_no_trace(clock: Clock) -> None:
    """Whoever only advances, or nothing at all, is moved by nothing at the end."""
    cloud_clock = CloudClock(lambda: [clock], lambda: [clock, Clock()])
    cloud_clock.advance(10)
    cloud_clock.close()
    assert ahead(clock.now) == 10


@pytest.mark.parametrize(
    ("step", "text"),
    [
        pytest.param(0, "travel needs a time to come, got 0 seconds.", id="nowhere"),
        pytest.param(-1, "travel needs a time to come, got -1 seconds.", id="back"),
        pytest.param(math.nan, "travel needs a time to come, got nan seconds.", id="no number"),
        pytest.param(math.inf, "travel needs a time to come, got inf seconds.", id="for ever"),
        pytest.param(
            1e12, "travel cannot go beyond the year 9999, got 1000000000000.0 seconds.", id="date"
        ),
        pytest.param(1e16, "travel cannot go beyond the year 9999, got 1e+16 seconds.", id="span"),
    ],
)
def test_a_journey_goes_forward(
    step: float, text: str, clock: Clock, cloud_clock: CloudClock
) -> None:
    """A step that is none is refused, and nothing is moved."""
    whole = f"MCSCOPES: {text} Write travel(minutes=20), for example."
    with pytest.raises(McScopesError, match=f"^{re.escape(whole)}$"):
        cloud_clock.travel(step)
    assert (ahead(), ahead(clock.now)) == (0, 0)
    cloud_clock.close()
    assert (ahead(), ahead(clock.now)) == (0, 0)


def test_travel_needs_a_tenant() -> None:
    """Before the test has one, nothing is moved: a tenant built later would not see it."""

    def none() -> list[Clock]:
        raise McScopesError("the test has no tenant")

    with pytest.raises(McScopesError, match="no tenant"):
        CloudClock(none, list).travel(10)
    assert ahead() == 0


def test_inside_a_frozen_time(clock: Clock, cloud_clock: CloudClock) -> None:
    """Time that stands goes on to stand, later; the user's own hand on it still works."""
    with freeze_time("2030-01-01T00:00:00Z") as frozen:
        midnight, uptime = time.time(), time.monotonic()
        cloud_clock.travel(minutes=20)
        assert (time.time(), clock.now()) == (midnight + 1_200, midnight + 1_200)
        frozen.tick(10)
        assert (time.time(), time.monotonic()) == (midnight + 1_210, uptime + 1_210)
    assert ahead() == 0
    cloud_clock.travel(minutes=1)
    assert ahead(clock.now) == 1_260
    cloud_clock.close()
    assert (ahead(), ahead(clock.now)) == (0, 1_260)


@pytest.mark.parametrize(
    "freezing",
    [
        pytest.param(freeze_time("2030-01-01T00:00:00Z"), id="stands"),
        pytest.param(freeze_time("2030-01-01T00:00:00Z", tick=True), id="runs"),
        pytest.param(freeze_time("2030-01-01T00:00:00Z", auto_tick_seconds=0.001), id="steps"),
    ],
)
def test_a_frozen_time_outlives_the_journey(
    freezing: AbstractContextManager[object], clock: Clock, cloud_clock: CloudClock
) -> None:
    """A `freeze_time` of more than a test is as it was at the test's end."""
    with freezing:
        midnight = time.time()
        cloud_clock.travel(minutes=20)
        assert minutes(time.time() - midnight) == 20
        cloud_clock.close()
        assert (minutes(time.time() - midnight), minutes(clock.now() - midnight)) == (0, 20)


def test_a_frozen_time_inside(clock: Clock, cloud_clock: CloudClock) -> None:
    """A `freeze_time` within a journey is the user's word; at its end the journey goes on."""
    cloud_clock.travel(hours=1)
    with freeze_time("2030-01-01T00:00:00Z") as frozen:
        midnight, uptime, uptime_ns = time.time(), time.monotonic(), time.monotonic_ns()
        frozen.tick(10)
        cloud_clock.travel(20)
        assert time.time() == clock.now() == midnight + 30
        assert time.monotonic() == uptime + 30
        assert time.monotonic_ns() == uptime_ns + 30 * 10**9
    assert (ahead(), ahead(clock.now)) == (3_620, 3_620)


def test_threads_see_the_same_time(clock: Clock, cloud_clock: CloudClock) -> None:
    """Also what is asked next to a thread's start, to which freezegun tells the real time."""
    cloud_clock.travel(hours=1)
    with ThreadPoolExecutor() as threads:
        assert threads.submit(ahead).result() == 3_600
        assert threads.submit(ahead, clock.now).result() == 3_600


def test_who_the_user_exempts_stays_exempt(cloud_clock: CloudClock) -> None:
    """What freezegun was configured to leave alone is told the real time."""
    with ExitStack() as undo:
        undo.callback(config.reset_config)
        configure(extend_ignore_list=["cloudsdk"])
        cloud_clock.travel(hours=1)
        asked = {
            name: eval("lambda: time.time()", {"__name__": name, "time": time})  # noqa: S307
            for name in ("cloudsdk", "threading", "shop")
        }
        assert {name: ahead(ask) for name, ask in asked.items()} == {
            "cloudsdk": 0,
            "threading": 3_600,
            "shop": 3_600,
        }


def test_nothing_is_loaded_for_a_journey(
    cloud_clock: CloudClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its look for names to patch does not import what we load late."""
    home = sys.modules["pytest_mcscopes"]
    # freezegun looks again into a module only where its names have changed.
    monkeypatch.setattr(home, "new_name", None, raising=False)
    asked: list[str] = []
    monkeypatch.setattr(home, "__getattr__", asked.append)
    cloud_clock.travel(1)
    assert asked == []


def test_waiting_goes_on(cloud_clock: CloudClock) -> None:
    """Time-outs that began before a step do not run out by it, nor are they longer after it."""
    work: queue.Queue[str] = queue.Queue()

    def on_the_way(wait: Callable[[], object]) -> object:
        with ThreadPoolExecutor() as threads:
            waiting = threads.submit(wait)
            time.sleep(0.02)
            cloud_clock.travel(hours=1)
            work.put("done")
            return waiting.result(60)

    assert on_the_way(lambda: work.get(timeout=60)) == "done"
    assert on_the_way(lambda: work.get(timeout=60)) == "done"
    start = time.perf_counter()
    assert not Event().wait(0.01)
    assert time.perf_counter() - start < 60


def test_asyncio_is_not_disturbed(cloud_clock: CloudClock) -> None:
    """A running loop's sleeps and time-outs last as long as without a journey."""

    async def journey() -> SimpleNamespace:
        async with asyncio.timeout(1_800) as limit:
            sleeping = asyncio.create_task(asyncio.sleep(1_800))
            start = time.perf_counter()
            short = asyncio.create_task(asyncio.sleep(0.05))
            await asyncio.sleep(0)
            cloud_clock.travel(hours=1)
            await short
            lasted = time.perf_counter() - start
            woken_early = sleeping.done()
            sleeping.cancel()
        cloud_clock.close()
        await asyncio.wait_for(asyncio.sleep(0.01), timeout=1_800)
        return SimpleNamespace(expired=limit.expired(), woken_early=woken_early, lasted=lasted)

    told = asyncio.run(journey())
    assert (told.expired, told.woken_early) == (False, False)
    assert 0.05 <= told.lasted < 60
