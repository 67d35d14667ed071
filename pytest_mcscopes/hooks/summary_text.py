"""What the summary of a run says, section by section."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..report.terminal import (
    MORE,
    Line,
    fit,
    show_errors,
    show_few,
    show_notes,
    show_text,
    show_way_to_all,
)
from ..words import count, wrap
from .more import with_more
from .tally import error_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pytest

    from ..evidence.results import Unjudged
    from .after_tests import AfterTests
    from .tally import Tally

_TITLE = "Marketing Cloud scopes"
_LATE = (
    "MCSCOPES: {} had ended when this was raised while a port of its tenant was called. The run"
    " fails by it. Let the test wait until its calls are answered."
)
_UNOWNED = "MCSCOPES: this block failed after {} had ended. The run fails by it."
_WHY: dict[Unjudged, tuple[str, str]] = {
    "before a token": (
        "1 test not judged: it failed before a token was granted",
        "{} tests not judged: they failed before a token was granted",
    ),
    "in set-up": (
        "1 marked test not judged: it failed in its set-up",
        "{} marked tests not judged: they failed in their set-up",
    ),
    "unmarked": (
        (
            "1 test talked to a tenant and was not judged: it has no mark"
            " (pytest --mc-suggest writes one)"
        ),
        (
            "{} tests talked to a tenant and were not judged: they have no mark"
            " (pytest --mc-suggest writes them)"
        ),
    ),
}
"""For one test, and for several."""


def write_summary(
    reporter: pytest.TerminalReporter,
    tally: Tally,
    after: AfterTests,
    failures: Sequence[tuple[str, str]],
) -> None:
    """Write what was found in tests, and then what the run fails by."""
    width = fit(reporter.config.get_terminal_writer().fullwidth)
    counts = [*_counts(tally)]
    lines = [
        *show_errors(tally.errors_with_advice(), width),
        *show_notes([*tally.notes(), *after.notes], width),
        *show_few(tally.without_effect(), "lines on how tests are set up", width),
        *(Line(part) for each in counts for part in wrap(each, width, "", MORE)),
    ]
    lines += show_way_to_all(lines, width)
    judged = tally.judged()
    if len(lines) == 1 and judged and not any(map(tally.errors_of, judged)):
        well = counts[0].replace(":", ",")
        _write_lines(reporter, [Line(f"{_TITLE}: {well}", "green")])
    else:
        _write_section(reporter, _TITLE, lines)
    sections = {
        "Marketing Cloud: raised after the test had ended": [
            (_LATE.format(test), with_more(text, "mc_server")) for test, text in after.errors
        ],
        f"{_TITLE}: the run fails": failures,
        "Marketing Cloud: a block failed outside of any test": [
            (_UNOWNED.format(test), with_more(text, "judged")) for test, text in after.blocks
        ],
    }
    for title, texts in sections.items():
        failed = [line for head, text in texts for line in show_text(head, text, width)]
        _write_section(reporter, title, failed, red=True)


def _counts(tally: Tally) -> Iterator[str]:
    """Say how many tests were judged and with what result, and how many were not, and why."""
    unjudged, judged = tally.why_unjudged(), tally.judged()
    xfailed = tally.expected_failures()
    if plain := judged.difference(xfailed):
        rules = _rules(map(tally.errors_of, tally.failed))
        none = "none of them failed" if tally.hidden_failures() else "no errors"
        yield f"{count(len(plain), 'test')} judged: {rules or none}"
    elif tally.tenant_built and not judged:
        yield "nothing was judged, although a tenant was built"
    if hidden := tally.hidden_failures():
        yield (
            f"{count(len(hidden), 'test')} passed in spite of errors, as a hook or plugin has"
            f" hidden them or run the test again: {_rules(map(tally.errors_of, hidden))},"
            f" first {tally.shown(hidden[0])}"
        )
    if tally.refused:
        yield (
            f"{count(len(tally.refused), 'test')} of a refused token request"
            " (mc_no_token(refused=True)): what they ask for was not compared"
        )
    for why, (one, several) in _WHY.items():
        if number := sum(each == why for each in unjudged.values()):
            yield one if number == 1 else several.format(number)
    if xfailed:
        rules = _rules(map(tally.errors_of, xfailed))
        yield f"{count(len(xfailed), 'expected failure')} with findings: {rules}"
    if tally.rerun:
        rules = _rules(map(error_rules, tally.rerun.values()))
        yield f"{count(len(tally.rerun), 'test')} run again after an attempt with findings: {rules}"


def _rules(tests: Iterable[set[str]]) -> str:
    """Count the tests of each rule."""
    counts = Counter(rule for rules in tests for rule in rules)
    return ", ".join(f"{rule} in {number}" for rule, number in sorted(counts.items()))


def _write_section(
    reporter: pytest.TerminalReporter, title: str, lines: Sequence[Line], *, red: bool = False
) -> None:
    """Write a section, if it has lines."""
    if lines:
        reporter.section(title, red=red)
        _write_lines(reporter, lines)


def _write_lines(reporter: pytest.TerminalReporter, lines: Iterable[Line]) -> None:
    for line in lines:
        reporter.line(line.text, **({line.colour: True} if line.colour else {}))
