"""What a run fails by as a whole, where settings say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..words import count
from .more import more

if TYPE_CHECKING:
    from collections.abc import Collection

_SHOWN = 5


def fail_for_unjudged() -> tuple[str, str]:
    """Say that no test was judged, and how to read more."""
    sentence = (
        "MCSCOPES: mc_fail_unjudged is on, and no test was judged. Mark the tests that talk to a"
        " tenant (pytest --mc-suggest writes the marks), and let pytest run them; a run that is to"
        " judge nothing does without this setting."
    )
    return sentence, more("mc_fail_unjudged")


def fail_for_unmarked(tests: Collection[str]) -> tuple[str, str]:
    """Name tests that talked to a tenant and have no mark, and say how to read more."""
    lines = [f"  {test}" for test in sorted(tests)[:_SHOWN]]
    if left := len(tests) - len(lines):
        lines.append(f"  ... and {left} more")
    lines.append(more("mc_fail_unmarked"))
    sentence = (
        f"MCS404 MCSCOPES: mc_fail_unmarked is on, and {count(len(tests), 'test')} talked to a"
        " tenant without a mark. Mark them (pytest --mc-suggest writes the marks):"
    )
    return sentence, "\n".join(lines)
