"""Who runs a piece of code: what an earlier test has left running, or not."""

from __future__ import annotations

import asyncio
from queue import Queue
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest

from pytest_mcscopes.session.leftovers import Left, Leftovers

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

GUILTY = Left(test="test_guilty", number=1)


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop that all tests share."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def current(leftovers: Leftovers) -> tuple[str, bool] | None:
    """Tell the test and whether it is certain."""
    found = leftovers.current()
    return None if found is None else (found[0].test, found[2])


def test_nothing_is_left() -> None:
    leftovers = Leftovers()
    leftovers.begin_body()
    leftovers.end_body(lambda: pytest.fail("there is nothing to tell of"))
    assert not leftovers.begin_test()
    assert leftovers.current() is None


def by_event(told: Event) -> None:
    assert told.wait(60)


def by_queue(told: Event) -> None:
    jobs = Queue[bool]()

    def give() -> None:
        jobs.put(told.wait(60))

    Thread(target=give).start()
    assert jobs.get()


@pytest.mark.parametrize(
    ("waits", "certain"),
    [
        pytest.param(by_event, True, id="busy with its own"),
        pytest.param(by_queue, False, id="waiting for work"),
    ],
)
def test_a_thread(waits: Callable[[Event], None], *, certain: bool) -> None:
    """One that has been seen waiting for work may have got it from anybody."""
    leftovers, told, seen = Leftovers(), Event(), []
    waiting = Event()

    def work() -> None:
        waiting.set()
        waits(told)
        seen.append(current(leftovers))

    leftovers.begin_body()
    thread = Thread(target=work)
    thread.start()
    assert waiting.wait(60)
    leftovers.end_body(lambda: GUILTY)
    left = leftovers._left  # noqa: SLF001
    assert any(  # once it has come to where it waits
        certain == all(each.waited is False for each in left.values())
        for _ in iter(leftovers.begin_test, False)  # noqa: FBT003 - as long as it lives
    )
    told.set()
    thread.join()
    assert seen == [("test_guilty", certain)]


def test_a_thread_that_has_ended_is_forgotten() -> None:
    leftovers, told = Leftovers(), Event()
    thread = Thread(target=told.wait)
    leftovers.begin_body()
    thread.start()
    leftovers.end_body(lambda: GUILTY)
    assert leftovers.begin_test()
    told.set()
    thread.join()
    assert not leftovers.begin_test()


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    ("waits", "certain"),
    [
        pytest.param(lambda told, _: told.wait(), True, id="busy with its own"),
        pytest.param(lambda _, jobs: jobs.get(), False, id="waiting for work"),
    ],
)
def test_a_task(
    waits: Callable[[asyncio.Event, asyncio.Queue[None]], Coroutine[Any, Any, None]],
    loop: asyncio.AbstractEventLoop,
    *,
    certain: bool,
    known: bool,
) -> None:
    """Only in a loop that was known before can it be told when a task was started."""
    leftovers, told, jobs = Leftovers(), asyncio.Event(), asyncio.Queue[None]()

    async def see() -> None:
        leftovers.see_loop()

    async def work() -> tuple[str, bool] | None:
        await waits(told, jobs)
        return current(leftovers)

    async def start() -> asyncio.Task[Any]:
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        return task

    async def end(task: asyncio.Task[Any]) -> object:
        told.set()
        jobs.put_nowait(None)
        return await task

    if known:
        loop.run_until_complete(see())
    leftovers.begin_body()
    task = loop.run_until_complete(start())
    loop.run_until_complete(see())
    leftovers.end_body(lambda: GUILTY)
    assert leftovers.begin_test() is known
    assert loop.run_until_complete(end(task)) == (("test_guilty", certain) if known else None)
    assert not leftovers.begin_test()


def test_a_loop_that_has_been_closed(loop: asyncio.AbstractEventLoop) -> None:
    """Nothing runs in it."""
    leftovers = Leftovers()

    async def see() -> None:
        leftovers.see_loop()

    loop.run_until_complete(see())
    loop.close()
    leftovers.begin_body()
    leftovers.end_body(lambda: GUILTY)
    assert not leftovers.begin_test()
