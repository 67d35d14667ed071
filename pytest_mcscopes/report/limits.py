"""How much of what is long a page lists, so that it stays one that people can send and open."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Limits(NamedTuple):
    """The most of each kind that one list has; how many are left out is written after them."""

    groups: int
    """Kinds of findings."""
    tests: int
    calls: int
    words: int
    """Scopes, lines, files."""
    packages: int


_LEVELS = (
    Limits(groups=200, tests=20, calls=50, words=200, packages=30),
    Limits(groups=100, tests=5, calls=20, words=100, packages=20),
    Limits(groups=40, tests=1, calls=5, words=50, packages=10),
    Limits(groups=10, tests=0, calls=2, words=20, packages=5),
)


def write_within(most_bytes: int, write: Callable[[Limits], str]) -> tuple[str, Limits]:
    """Write a page with as much as goes into a size; at last with what is always written."""
    *levels, last = _LEVELS
    for limits in levels:
        text = write(limits)
        if len(text.encode()) <= most_bytes:
            return text, limits
    return write(last), last
