"""How far a command has come, where a person would wait for it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")
_LONG = 5_000
"""So many tests are read in a second or two."""


def show_progress(things: Iterable[T], total: int) -> Iterable[T]:
    """Give the things, with a bar on the terminal that is gone when they are through.

    There is none for a few, nor where the messages go to a pipe or a file.
    """
    if total < _LONG or not (sys.stderr and sys.stderr.isatty()):
        return things
    from tqdm import tqdm

    return tqdm(things, total=total, unit=" tests", leave=False, file=sys.stderr)
