"""What a run fails by as a whole, where settings say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_SHOWN = 5


def fail_for_unjudged(judged: Collection[str]) -> str:
    """Say that no test was judged; empty: one was."""
    if judged:
        return ""
    return (
        "MCSCOPES: mc_fail_unjudged is on, and no test was judged. Mark the tests that talk to a"
        " tenant (pytest --mc-suggest writes the marks), and let pytest run them; a run that is to"
        " judge nothing does without this setting."
    )


def fail_for_unmarked(tests: Collection[str]) -> str:
    """Name the tests that talked to a tenant and have no mark; empty: there are none."""
    if not tests:
        return ""
    lines = sorted(tests)[:_SHOWN]
    if left := len(tests) - len(lines):
        lines.append(f"... and {left} more")
    count = "1 test" if len(tests) == 1 else f"{len(tests)} tests"
    head = (
        f"MCS404 MCSCOPES: mc_fail_unmarked is on, and {count} talked to a tenant without a mark."
        " Mark them (pytest --mc-suggest writes the marks):"
    )
    return "\n  ".join([head, *lines])
