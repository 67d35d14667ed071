"""The gate's result as a text for people.

The text stays short whatever was found: of each kind a few lines, and how many there are besides.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from ..privilege.findings import name_rule
from ..words import WIDTH, count, name_tests, paragraph, wrap
from .describe_run import describe_selections
from .grouping import group_by
from .origin import COMMIT_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .data_file import RunRecord
    from .gate_result import FindingKey, GateFinding, GateResult, Relaxed, Undetermined
    from .suite_evidence import SuiteEvidence

_SHOWN = 10
"""Lines of one kind; of more the first ones are written."""


def describe_gate(
    run: RunRecord | None,
    suite: SuiteEvidence,
    result: GateResult,
    *,
    differs: bool = False,
    accepts: bool = False,
) -> Iterator[str]:
    """Write the text line by line, the verdict first.

    Args:
        run: what is true of the whole run; None: there is no record of any.
        suite: what its records show.
        result: what the gate makes of them.
        differs: whether the manifest differs from production, which fails the gate too.
        accepts: whether what was found is written to a baseline, and so fails nothing now.
    """
    accepts = accepts and not (result.failures or differs)
    verdict = _verdict(suite, result, differs=differs, accepts=accepts)
    yield from paragraph(f"MCSCOPES: {verdict}")
    if run:
        yield from _evidence(run, suite, result)
    if result.failures:
        yield "The evidence does not let it pass:"
        yield from _listed(result.failures, "reasons")
    elif result.why:
        yield "It is not complete, and need not be:"
        yield from _listed(result.why, "reasons")
    for rule, found in groupby(result.errors, lambda each: each.rule):
        title = name_rule(rule)
        yield f"{title}:"
        name = title.partition(" ")[2]
        yield from _listed([line.removeprefix(f"{name}, ") for line in _group(found)], "lines")
    yield from _asides(suite, result)
    if rules := sorted({each.rule for each in result.errors}):
        yield f"What each rule means and how to be rid of it: mcscopes explain {' '.join(rules)}"
    elif not result.passed:
        yield "What complete evidence is: mcscopes explain complete"


def _verdict(suite: SuiteEvidence, result: GateResult, *, differs: bool, accepts: bool) -> str:
    tests = f"{count(suite.judged, 'test')} judged"
    if result.passed and not differs:
        new = "new " if result.known else ""
        rules = sorted({each.rule for each in result.undetermined})
        open_ = f"; {' and '.join(rules)} undetermined" if rules else ""
        return f"the gate passes: no {new}finding fails it, {tests}{open_}."
    reasons = _by_rule(result.errors)
    reasons += ["the evidence does not let it pass"] if result.failures else []
    reasons += ["the manifest differs from production"] if differs else []
    return f"{'without a baseline ' if accepts else ''}the gate fails: {', '.join(reasons)}."


def _by_rule(found: Iterable[GateFinding]) -> list[str]:
    counts = Counter(each.rule for each in found)
    return [f"{number} {rule}" for rule, number in sorted(counts.items())]


def _evidence(run: RunRecord, suite: SuiteEvidence, result: GateResult) -> Iterator[str]:
    """Say what was looked at."""
    commit = f" at {run['commit'][:COMMIT_LENGTH]}" if run["commit"] else ""
    dirty = ", with uncommitted changes" if run["dirty"] else ""
    files = len(run["combined"])
    of = f", of {files} data files" if files > 1 else ""
    complete = "complete" if result.complete else "not complete"
    tests = count(suite.tests, "test")
    yield from _row("evidence", f'{tests} of "{run["project"]}"{commit}{dirty}{of}: {complete}')
    others = ", ".join(f"{number} {why}" for why, number in suite.not_judged.items())
    yield from _row("judged", f"{suite.judged}{f'; not judged: {others}' if others else ''}")
    if left_out := describe_selections(run):
        yield from _row("left out", left_out)


def _row(label: str, text: str) -> list[str]:
    return wrap(_one_line(text), WIDTH, f"  {label:<10}", " " * 12)


def _group(found: Iterable[GateFinding]) -> list[str]:
    """Write what findings say, each thing once, with its place or its tests."""
    alike = group_by(found, lambda each: (each.text, "" if each.test else _place(each)))
    return [f"{text}{_places(some)}" for (text, _), some in alike.items()]


def _places(found: Sequence[GateFinding]) -> str:
    first = found[0]
    if not first.test:
        return _place(first)
    where = f" ({first.where})" if first.where else ""
    return f": {_tests([each.test for each in found])}{where}"


def _place(found: GateFinding) -> str:
    """Say where to change what is about the suite: of two packages each has a place of its own."""
    package = f'package "{found.package}"' if found.package else ""
    place = ", ".join(filter(None, [package, found.where]))
    return f" ({place})" if place else ""


def _asides(suite: SuiteEvidence, result: GateResult) -> Iterator[str]:
    """Say what fails nothing, and is not to go unseen."""
    notes = [each for each in result.findings if each.severity == "note"]
    if notes:
        yield "Notes, which fail nothing:"
        by_rule = groupby(notes, lambda each: each.rule)
        lines = [
            f"{name_rule(rule)}: {_tests([each.test for each in some])}" for rule, some in by_rule
        ]
        yield from _listed(lines, "rules")
    if result.known:
        yield f"Known by the baseline: {', '.join(_by_rule(result.known))}"
    if result.gone:
        yield "In the baseline and found no more; --write-baseline FILE writes it anew without:"
        yield from _listed([*map(_key, result.gone)], "findings")
    if result.undetermined:
        yield "Undetermined:"
        yield from _listed(_undetermined(result.undetermined), "lines")
    # What -m leaves out for good is said with the evidence.
    if relaxed := _relaxed(each for each in result.relaxed if each.by != "-m"):
        yield "Relaxed:"
        yield from _listed(relaxed, "lines")
    if suite.failed:
        yield from paragraph(
            "Failed by themselves, which is pytest's to say, and show no use of a scope:"
            f" {_tests(suite.failed)}"
        )


def _undetermined(found: Iterable[Undetermined]) -> list[str]:
    """Write each thing once, with the rules that it keeps from deciding."""
    alike = group_by(found, lambda each: (_of_package(each), each.text))
    return [
        f"{' and '.join(each.rule for each in some)}{package}: {text}"
        for (package, text), some in sorted(alike.items())
    ]


def _of_package(found: Undetermined) -> str:
    return f' of package "{found.package}"' if found.scopes and found.package else ""


def _relaxed(found: Iterable[Relaxed]) -> list[str]:
    """Write each thing once, with its tests."""
    tests = {
        text: [test for each in some for test in each.tests]
        for text, some in group_by(found, _say_relaxed).items()
    }
    return [f"{text}{f': {_tests(named)}' if named else ''}" for text, named in tests.items()]


def _say_relaxed(found: Relaxed) -> str:
    what = " ".join(filter(None, [found.by, found.what]))
    reason = f", {_one_line(found.reason)}" if found.reason else ""
    where = f" ({found.where})" if found.where else ""
    return f"{what}{reason}{where}"


def _key(key: FindingKey) -> str:
    return " ".join(filter(None, [key.rule, key.scope, key.package, key.test]))


def _listed(lines: Sequence[str], what: str) -> Iterator[str]:
    for line in lines[:_SHOWN]:
        yield from paragraph(f"- {_one_line(line)}", "  ")
    if len(lines) > _SHOWN:
        yield f"  ... and {len(lines) - _SHOWN} more {what}"


def _one_line(text: str) -> str:
    """Leave out what moves a terminal's cursor: names and reasons are the suite's."""
    return "".join(each if each.isprintable() else " " for each in text)


def _tests(tests: Sequence[str]) -> str:
    return name_tests([*dict.fromkeys(tests)])
