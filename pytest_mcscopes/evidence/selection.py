"""Tests that runs leave out for good, by an expression of `-m` that the manifest declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable


class SelectionRecord(TypedDict):
    """A selection of the manifest, as it is written there."""

    expression: str
    reason: str


def find_selection(declared: Iterable[SelectionRecord], expression: str) -> SelectionRecord | None:
    """Find the declared selection that a run was made with; None: there is none."""
    words = expression.split()
    return next((each for each in declared if each["expression"].split() == words), None)
