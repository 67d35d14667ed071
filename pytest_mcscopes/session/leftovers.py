"""The threads and asyncio tasks that tests have left running."""

from __future__ import annotations

import asyncio
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import PurePath
from traceback import walk_stack
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet

from ..ledger.contexts import SENDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType

Runner = threading.Thread | asyncio.Task[Any]

_OURS = "mcscopes-"
_WAITING = frozenset(
    {
        ("queue.py", "get"),
        ("queues.py", "get"),
        ("selectors.py", "select"),
        ("socket.py", "accept"),
        ("socket.py", "readinto"),
        ("streams.py", "_wait_for_data"),
    }
)
"""Files and functions in which who waits for work waits; they call nobody's code."""
_DEEP = 3
"""How many frames are looked at for them, from the innermost on."""
_OF_POOL = ("thread.py", "_worker")
"""In which a pool's thread waits, and from which it calls what it is given."""


@dataclass(slots=True, eq=False, kw_only=True)
class Left:
    """What is known of a test that left something running."""

    test: str
    number: int
    """Which attempt of which test of the session it was."""
    had: dict[str, Any] = field(default_factory=dict)
    """What the test had, by the names that it is called by."""


@dataclass(slots=True, eq=False)
class _Running:
    left: Left
    busy: bool
    """Whether it waited for no work when its test's body ended."""
    waited: bool = False
    """Whether it has been seen waiting for work since its test ended."""


class Leftovers:
    """Finds out whether code runs in a thread or task that an earlier test started."""

    def __init__(self) -> None:
        self._loops: WeakSet[asyncio.AbstractEventLoop] = WeakSet()
        """The event loops that have been seen running."""
        self._known: list[asyncio.AbstractEventLoop] = []
        """Those of them that had been seen before the running test's body began."""
        self._before: set[Runner] = set()
        """What ran when the body began; empty between bodies."""
        self._left: WeakKeyDictionary[Runner, _Running] = WeakKeyDictionary()

    def see_loop(self) -> None:
        """Remember the event loop that runs here, if one does."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self._loops.add(loop)

    def begin_body(self) -> None:
        """Note what runs already when the body of a test begins."""
        self._known = [*self._loops] if self._loops else []
        self._before = _running(self._known)

    def end_body(self, left: Callable[[], Left]) -> None:
        """Note what the body has started and left running; *left* describes its test."""
        new = [each for each in _running(self._known) - self._before if not _is_ours(each)]
        self._before = set()
        if new:
            of_test = left()
            for each in new:
                self._left.setdefault(each, _Running(of_test, busy=not _waits(each)))

    def begin_test(self) -> bool:
        """Check who waits for work when another test begins; tell whether anything is left."""
        if not self._left:
            return False
        threads = set(threading.enumerate())
        for runner, running in [*self._left.items()]:
            alive = not runner.done() if isinstance(runner, asyncio.Task) else runner in threads
            if not alive:
                del self._left[runner]
            elif _waits(runner):
                running.waited = True
        return bool(self._left)

    def current(self) -> tuple[Left, str, bool] | None:
        """Find the earlier test, if any, that started what runs here; and what that is, for people.

        The last tells whether it has been running ever since without waiting for work.
        """
        runner = _current()
        running = self._left.get(runner)
        if running is None:
            return None
        name = runner.get_name() if isinstance(runner, asyncio.Task) else runner.name
        what = "task" if isinstance(runner, asyncio.Task) else "thread"
        return running.left, f"{what} {name}", not running.waited

    def from_body(self, number: int) -> bool:
        """Tell whether the body of that test started what runs here, and left it at work."""
        running = self._left.get(_current())
        return running is not None and running.busy and running.left.number == number


def _running(loops: list[asyncio.AbstractEventLoop]) -> set[Runner]:
    found: set[Runner] = {*threading.enumerate()}
    for loop in loops:
        if not loop.is_closed():
            found |= asyncio.all_tasks(loop)
    return found


def _is_ours(runner: Runner) -> bool:
    return isinstance(runner, threading.Thread) and runner.name.startswith(_OURS)


def _current() -> Runner:
    if sender := SENDER.get():
        return sender
    with suppress(RuntimeError):
        if task := asyncio.current_task():
            return task
    return threading.current_thread()


def _waits(runner: Runner) -> bool:
    """Tell whether it waits for work that others give it: what it does then may be for anybody."""
    if isinstance(runner, asyncio.Task):
        return not _WAITING.isdisjoint(_awaited(runner))
    # Documented for just such a look at what threads do.
    frame = sys._current_frames().get(runner.ident or 0)  # noqa: SLF001
    stack = walk_stack(frame) if frame else iter(())
    frames = [_place(each.f_code) for each, _ in islice(stack, _DEEP)]
    return frames[:1] == [_OF_POOL] or not _WAITING.isdisjoint(frames)


def _awaited(task: asyncio.Task[Any]) -> Iterator[tuple[str, str]]:
    inner: Any = task.get_coro()
    while hasattr(inner, "cr_code"):
        yield _place(inner.cr_code)
        inner = inner.cr_await


def _place(code: CodeType) -> tuple[str, str]:
    return PurePath(code.co_filename).name, code.co_name
