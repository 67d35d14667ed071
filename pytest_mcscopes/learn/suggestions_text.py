"""Suggestions as a section of the terminal: file by file, equal ones together."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from ..evidence.grouping import group_by
from ..privilege.phrases import line
from ..words import paragraph

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .suggestion import SharedMark, Shown, Suggestion

MOST_LINES = 200
_MOST = 10
"""Of one block, this many tests, calls and remarks are shown."""
_SCOPES = 26
_NONE_TALKED = (
    "no test talked to a tenant, so nothing is known of what the code asks for: let the fixture"
    " that makes your client give it the settings of mc_tenant, or of a tenant of mc_cloud"
    " (mcscopes init writes such a fixture)"
)
_KINDS = ("to mark", "marked so", "with something to do first", "without a line")


def render_text(
    suggestions: Iterable[Suggestion],
    shared: Iterable[SharedMark] = (),
    most_lines: int | None = MOST_LINES,
) -> Iterator[str]:
    """Write the lines of the section; what does not fit is counted."""
    counts: Counter[str] = Counter()
    lines = left = 0
    for file, of_file in groupby(suggestions, key=lambda each: each.file):
        tests, head = [*of_file], [file]
        counts.update(map(_kind, tests))
        # The tests of a file that get the same suggestion.
        for block in group_by(tests, lambda each: replace(each, test="", shown_by=())).values():
            more = [*head, *_block(block)]
            if left or (most_lines is not None and lines + len(more) > most_lines):
                left += len(block)
                continue
            yield from more
            lines, head = lines + len(more), []
    if left:
        what = "test" if left == 1 else "tests"
        yield f"... and {left} {what} more: pytest --mc-data, and then mcscopes suggest"
    marks = [*shared]
    yield from _shared(marks)
    if not (counts or marks):
        yield from paragraph(_NONE_TALKED)
    yield (
        f"tests: {counts.total()} talked to a tenant, "
        + ", ".join(f"{counts[kind]} {kind}" for kind in _KINDS)
    )


def _shared(marks: Sequence[SharedMark]) -> Iterator[str]:
    """Write the lines for clients of several files; of many the first."""
    if marks:
        yield "tests of several files, where one client serves them all"
    for each in marks[:_MOST]:
        yield from _few([f"  {file}" for file in each.files], "  ")
        yield f"    {each.line}"
        yield from (row for place in each.places for row in paragraph(place, "      "))
        yield from (row for step in each.first for row in paragraph(f"first: {step}", "      "))
    if len(marks) > _MOST:
        yield f"  ... and {len(marks) - _MOST} more"


def _kind(suggestion: Suggestion) -> str:
    """Tell as what a suggestion is counted."""
    if not suggestion.lines:
        return "without a line"
    if suggestion.as_marked:
        return "marked so"
    return "with something to do first" if suggestion.first else "to mark"


def _block(tests: Sequence[Suggestion]) -> Iterator[str]:
    alike = tests[0]
    yield from _few([f"  {each.test.removeprefix(each.file + '::')}" for each in tests], "  ")
    if not alike.lines:
        yield from paragraph(f"no line: {alike.why_not}", "    ")
    for text in alike.lines:
        yield f"    {text}"
    if alike.on == "parameter set" and alike.lines:
        yield from paragraph(
            "other parameter sets need other lines: give it to this one, as"
            " pytest.param(..., marks=pytest.mark....)",
            "    ",
        )
    if alike.once and not alike.as_marked:
        yield f"    or once, for all tests of the file, beside its other marks: {alike.once}"
    if alike.as_marked:
        yield "    so it is marked"
    shown = dict.fromkeys(shown for each in tests for shown in each.shown_by)
    yield from _few([_shown(each) for each in shown], "      ")
    for step in alike.first:
        yield from paragraph(f"first: {step}", "      ")
    yield from _few([row for each in alike.caveats for row in paragraph(each, "      ")], "      ")


def _shown(shown: Shown) -> str:
    return f"      {line(shown.scopes) or 'no scope':<{_SCOPES}} {shown.call} ({shown.standing})"


def _few(lines: Sequence[str], indent: str) -> Iterator[str]:
    yield from lines[:_MOST]
    if len(lines) > _MOST:
        yield f"{indent}... and {len(lines) - _MOST} more"
