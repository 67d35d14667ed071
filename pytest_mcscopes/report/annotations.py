"""Findings as workflow commands of GitHub Actions, which it shows beside the lines of a change.

It shows ten errors, ten warnings and ten notices of a step, and says nothing of the others. So the
worst stand first, those of one place together, and a warning counts what is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from ..evidence.grouping import group_by
from ..privilege.findings import name_rule
from ..privilege.verdict_text import gravity
from ..words import count, name_tests
from .model import Place, find_caveats, find_place, one_line, order_by_gravity, say_finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..evidence.gate_result import GateFinding
    from .model import Report

    Level = Literal["error", "warning", "notice"]

MOST = 10
"""So many of each level are shown of a step."""
_TITLE = "Marketing Cloud scopes"


class _Annotation(NamedTuple):
    level: Level
    place: Place
    title: str
    text: str


def write_annotations(report: Report) -> Iterator[str]:
    """Write a line for each annotation."""
    left = 0
    for of_level in _annotations(report).values():
        left += len(of_level[MOST:])
        for each in of_level[:MOST]:
            file = each.place.file and report.in_repository(each.place.file)
            yield _command(each._replace(place=each.place._replace(file=file)))
    if left:
        rest = f"{count(left, 'more place')} with findings: mcscopes report lists all of them"
        yield _command(_Annotation("warning", Place("", None), _TITLE, rest))


def _annotations(report: Report) -> dict[Level, list[_Annotation]]:
    caveat: Level = "warning" if report.gate.passed else "error"
    nowhere = Place("", None)
    found: dict[Level, list[_Annotation]] = {"error": [], "warning": [], "notice": []}
    if caveats := [*find_caveats(report)]:
        text = "; ".join(caveats)
        found[caveat].append(_Annotation(caveat, nowhere, _TITLE, text))
    for each in _findings(report.gate.findings):
        found[each.level].append(each)
    if undetermined := report.gate.undetermined:
        text = f"{len(undetermined)} undetermined, first {undetermined[0].text}"
        found["notice"].insert(0, _Annotation("notice", nowhere, _TITLE, text))
    return found


def _findings(findings: Iterable[GateFinding]) -> Iterator[_Annotation]:
    """Put findings together that are alike and of one place."""
    alike = group_by(
        order_by_gravity(findings),
        lambda each: (
            each.severity,
            each.rule,
            # Of a suite, one finding is about one scope, and a line of the manifest about many.
            each.scopes if each.test else (),
            each.package,
            find_place(each),
        ),
    )
    by_tests = sorted(alike.items(), key=lambda item: (*gravity(item[0][1]), -len(item[1])))
    for (severity, rule, *_, place), some in by_tests:
        level: Level = "error" if severity == "error" else "notice"
        yield _Annotation(level, place, name_rule(rule), "; ".join(_sentences(rule, some)))


def _sentences(rule: str, alike: Sequence[GateFinding]) -> Iterator[str]:
    first, *others = dict.fromkeys(map(say_finding, alike))
    yield first
    if others:
        yield f"and {len(others)} more of this kind here"
    if tests := sorted({each.test for each in alike if each.test}):
        yield name_tests(tests)
    yield f"mcscopes explain {rule} says more"


def _command(each: _Annotation) -> str:
    """Write a command, escaped as the runner reads it."""
    file, line = each.place
    properties = {"file": file, "line": str(line or ""), "title": each.title}
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items() if value)
    return f"::{each.level} {given}::{_data(one_line(each.text))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text)).replace(":", "%3A").replace(",", "%2C")
