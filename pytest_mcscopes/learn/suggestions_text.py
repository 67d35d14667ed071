"""Suggestions as a section of the terminal: file by file, what is alike together."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from ..privilege.phrases import line
from ..words import wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .suggestion import Shown, Suggestion

WIDTH = 100
MOST_LINES = 200
_MOST = 10
"""Of one block, this many tests, calls and remarks are shown."""
_SCOPES = 26


def render_text(suggestions: Sequence[Suggestion]) -> list[str]:
    """Write the lines of the section; what does not fit is counted."""
    lines: list[str] = []
    left = len(suggestions)
    for file, of_file in groupby(suggestions, key=lambda each: each.file):
        head = [file]
        for block in _blocks([*of_file]):
            more = [*head, *_block(block)]
            if len(lines) + len(more) > MOST_LINES:
                tests = "test" if left == 1 else "tests"
                cut = f"... and {left} {tests} more: see --mc-suggest-json=FILE"
                return [*lines, cut, _count(suggestions)]
            lines, head = lines + more, []
            left -= len(block)
    return [*lines, _count(suggestions)]


def _blocks(suggestions: Iterable[Suggestion]) -> Iterable[list[Suggestion]]:
    """Put together the tests of a file that come to the same."""
    found: dict[Suggestion, list[Suggestion]] = {}
    for each in suggestions:
        found.setdefault(replace(each, test="", shown_by=()), []).append(each)
    return found.values()


def _block(tests: Sequence[Suggestion]) -> Iterator[str]:
    alike = tests[0]
    yield from _few([f"  {each.test.removeprefix(each.file + '::')}" for each in tests], "  ")
    if not alike.lines:
        yield from _wrapped(f"no line: {alike.why_not}", "    ")
    for text in alike.lines:
        yield f"    {text}"
    if alike.on == "parameter set" and alike.lines:
        yield from _wrapped(
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
        yield from _wrapped(f"first: {step}", "      ")
    yield from _few(
        [row for each in alike.beside for row in _wrapped(each.text, "      ")], "      "
    )


def _shown(shown: Shown) -> str:
    return f"      {line(shown.scopes) or 'no scope':<{_SCOPES}} {shown.call} ({shown.standing})"


def _few(lines: Sequence[str], indent: str) -> Iterator[str]:
    yield from lines[:_MOST]
    if len(lines) > _MOST:
        yield f"{indent}... and {len(lines) - _MOST} more"


def _wrapped(text: str, indent: str) -> list[str]:
    return wrap(text, WIDTH, indent, f"{indent}  ")


def _count(suggestions: Sequence[Suggestion]) -> str:
    lined = [each for each in suggestions if each.lines]
    marked = sum(each.as_marked for each in lined)
    waiting = sum(bool(each.first) for each in lined)
    counts = (
        f"{len(suggestions)} talked to a tenant",
        f"{len(lined) - marked - waiting} to mark",
        f"{marked} marked so",
        f"{waiting} with something to do first",
        f"{len(suggestions) - len(lined)} without a line",
    )
    return f"tests: {', '.join(counts)}"
