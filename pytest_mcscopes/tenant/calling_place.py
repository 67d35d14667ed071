"""Where a test called us."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from traceback import walk_stack
from typing import TYPE_CHECKING

from ..words import OURS, shown_path

if TYPE_CHECKING:
    from collections.abc import Callable

_OURS = f"{OURS}{os.sep}"


def calling_place() -> str:
    """Write where a test called us: `tests/test_mailer.py:5`."""
    return place_of_call()()


def place_of_call() -> Callable[[], str]:
    """Find where a test called us, and return a function that writes it, which takes longer."""
    steps = ((frame.f_code.co_filename, line) for frame, line in walk_stack(None))
    return partial(_written, *next(step for step in steps if not step[0].startswith(_OURS)))


def _written(file: str, line: int) -> str:
    return f"{shown_path(Path(file))}:{line}"
