"""The section of pytest's terminal summary: its lines, as wide as the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from ..privilege.findings import name_rule
from ..words import FEW, count, name_tests, wrap
from .groups import group_findings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from .groups import FoundInTest, Group

Colour = Literal["", "red", "green"]
NARROWEST, WIDEST = 40, 100
"""Bounds of a line in which a text can be read."""
MOST_GROUPS = 10
MOST_LINES = 5
"""Of one kind; of a longer list the first few are written."""
_FIRST = 3
_INDENT = "  "
MORE = "    "
"""Before what is left of a text that did not fit a line."""


class Line(NamedTuple):
    """A line of the terminal, in colour where colours are on."""

    text: str
    colour: Colour = ""
    cut: bool = False
    """Whether it stands for others, which are not shown."""


def fit(columns: int) -> int:
    """Give the width of lines in a terminal, or in a pipe."""
    return max(NARROWEST, min(columns, WIDEST))


def show_errors(findings: Iterable[FoundInTest], width: int) -> Iterator[Line]:
    """Write what tests failed by, those together that are alike; of many tests the first."""
    groups = group_findings(findings)
    for group in groups[:MOST_GROUPS]:
        yield from _show_group(group, width)
    if left := groups[MOST_GROUPS:]:
        tests = {test for group in left for test in group.tests}
        of = count(len(tests), "test")
        yield Line(f"... and {len(left)} more kinds of findings, in {of}", cut=True)


def _show_group(group: Group, width: int) -> Iterator[Line]:
    found = [_title(rule, scopes) for rule, scopes in group.findings[:_FIRST]]
    if more := len(group.findings) - len(found):
        found.append(count(more, "more finding"))
    title = f"{' and '.join(found)} in {count(len(group.tests), 'test')}"
    for line in wrap(title, width, "", _INDENT):
        yield Line(line, "red")
    for step in group.advice:
        yield from map(Line, wrap(step, width, _INDENT, _INDENT))
    shown = group.tests if len(group.tests) <= MOST_LINES else group.tests[:_FIRST]
    yield from (Line(f"{_INDENT * 2}{test}") for test in shown)  # whole, to be copied
    if left := len(group.tests) - len(shown):
        yield Line(f"{_INDENT * 2}... and {left} more", cut=True)


def _title(rule: str, scopes: tuple[str, ...]) -> str:
    shown = " ".join(scopes) if len(scopes) <= FEW else f"({len(scopes)} scopes)"
    return " ".join(filter(None, [name_rule(rule), shown]))


def show_notes(notes: Iterable[tuple[str, str, str]], width: int) -> Iterator[Line]:
    """Write each note once, with the number of tests that have it; of a rule a few.

    A note is a test, a rule and a text.
    """
    by_kind: dict[str, dict[str, dict[str, None]]] = {}
    for test, rule, text in notes:
        full = " ".join(filter(None, ["note", rule, text]))
        by_kind.setdefault(rule or _kind_of(text), {}).setdefault(full, {})[test] = None
    for kind, tests in by_kind.items():
        what = f"{kind} notes" if kind.startswith("MCS") else "notes of this kind"
        yield from show_few(tests, what, width)


def _kind_of(text: str) -> str:
    """Give the first words of a remark without a rule: remarks of one kind begin alike."""
    return " ".join(text.split()[:2])


def show_few(tests: Mapping[str, Mapping[str, None]], what: str, width: int) -> Iterator[Line]:
    """Write texts, each with its tests; of many the first, and how many there are besides."""
    texts = [f"{name_tests([*found])}: {text}" for text, found in tests.items()]
    shown = texts if len(texts) <= MOST_LINES else texts[:_FIRST]
    for text in shown:
        yield from map(Line, wrap(text, width, "", MORE))
    if left := [*tests.values()][len(shown) :]:
        number = len({test for found in left for test in found})
        yield Line(f"... and {len(left)} more {what}, in {count(number, 'test')}", cut=True)


def show_way_to_all(lines: Iterable[Line], width: int) -> Iterator[Line]:
    """Say how to see all, where not all is shown."""
    if any(line.cut for line in lines):
        text = "All of it: run with --mc-data, then mcscopes report --format html -o scopes.html"
        yield from map(Line, wrap(text, width, "", MORE))


def show_text(heading: str, text: str, width: int) -> Iterator[Line]:
    """Write a sentence, and under it a text as it is."""
    yield from map(Line, wrap(heading, width, "", MORE))
    yield from map(Line, text.splitlines())
