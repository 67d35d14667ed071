"""What a test could be marked with, as plain values, and how marks are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Place = Literal["test", "parameter set"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A call that shows why scopes are in a line."""

    scopes: tuple[str, ...]
    call: str
    standing: str
    """How well the row is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What one test could be marked with, and why."""

    test: str
    """Its node id."""
    lines: tuple[str, ...] = ()
    """To be pasted above the test, in this order; empty: see `why_not`."""
    shown_by: tuple[Shown, ...] = ()
    first: tuple[str, ...] = ()
    """What a person must do before the test passes with the lines; empty: it passes."""
    leniently: tuple[str, ...] = ()
    """Marks with which it passes before that, asking for too much being a note; empty: none do."""
    caveats: tuple[str, ...] = ()
    """What a person should know of the lines, and what is never in them."""
    why_not: str = ""
    """Why there is no line."""
    as_marked: bool = False
    """Whether the test has such marks already, and passes."""
    once: str = ""
    """The lines as one for the top of the file, where all tests of it that ran have the same."""
    on: Place = "test"
    """What the lines are for; `parameter set`: other sets of the function need others."""

    @property
    def file(self) -> str:
        """The test's file."""
        return file_of(self.test)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedMark:
    """What the tests of several files could be marked with, if one client serves them all."""

    files: tuple[str, ...]
    line: str
    """`pytestmark = ...`"""
    places: tuple[str, ...]
    """Where the line belongs."""
    first: tuple[str, ...]
    """What a person must do before the tests pass with it."""


def file_of(test: str) -> str:
    """Cut the file out of a node id."""
    return test.partition("::")[0]


def function_of(test: str) -> str:
    """Cut the parameter set off a node id."""
    file, _, name = test.partition("::")
    return f"{file}::{name.partition('[')[0]}"


def module_marks(lines: Iterable[str]) -> str:
    """Write marks for all tests of a file."""
    marks = [mark.removeprefix("@") for mark in lines]
    return f"pytestmark = {marks[0] if len(marks) == 1 else '[' + ', '.join(marks) + ']'}"
