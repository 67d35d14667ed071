"""Blocks that belong to the context that opened them: the task or thread, and tasks started there.

A context is that of `contextvars`: asyncio's tasks and `asyncio.to_thread` take theirs along, a
plain thread or the worker of a pool begins with an empty one.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator

_OPENED: ContextVar[tuple[object, ...]] = ContextVar("mcscopes_opened", default=())

SENDER: ContextVar[asyncio.Task[Any] | None] = ContextVar("mcscopes_sender", default=None)
"""The task that sent what is answered here, where a door answers in a task of its own."""

T = TypeVar("T")


@contextmanager
def opened(block: T) -> Iterator[T]:
    """Let a block be open in this context and those that come of it.

    It may be left in another one, as an async generator's is: who looks at what
    is open has to know by other means which blocks have been left.
    """
    _OPENED.set((*_OPENED.get(), block))
    try:
        yield block
    finally:
        _OPENED.set(tuple(each for each in _OPENED.get() if each is not block))


def opened_here() -> tuple[object, ...]:
    """Give what was opened in this context, the innermost last; some of it may have been left."""
    return _OPENED.get()
