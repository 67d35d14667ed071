"""A suite's evidence as Markdown, such as GitHub shows on the page of a run (its step summary)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..evidence.suite_evidence import RUNGS
from ..privilege.findings import name_rule
from ..words import MOST_LISTED, count
from .model import find_caveats, group_by_text, say_verdict
from .templating import escape_markdown, sanitise, write_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ..evidence.gate_result import GateFinding, Relaxed
    from ..evidence.suite_evidence import PackageEvidence, ScopeEvidence
    from .model import FindingGroup, Report

MOST_BYTES = 1_000_000
"""GitHub refuses a summary of more than 1 MiB, and shows nothing of it then."""
MOST_GROUPS = 200
_TESTS = 3
_ALL_OF_IT = "`mcscopes report --format json` has all of it."


def write_markdown(report: Report) -> str:
    """Write the page; where it would be too large, the last sections are cut."""
    sections = {
        "": _head(report),
        "What fails": _failures(report.gate.errors),
        "Notes": _findings(each for each in report.gate.findings if each.severity != "error"),
        "Undetermined": _listed(
            f"{name_rule(each.rule)}: {_escaped(each.text)}" for each in report.gate.undetermined
        ),
        **{
            f"Package {write_code(name)}": _package(package)
            for name, package in report.suite.packages.items()
        },
        "Relaxed": _listed(map(_relaxed, report.gate.relaxed)),
        "Known by the baseline": _findings(report.gate.known),
        "Gone from what the baseline knows": _listed(
            " ".join(map(write_code, filter(None, each))) for each in report.gate.gone
        ),
    }
    return _within(MOST_BYTES, sections)


def _within(most: int, sections: Mapping[str, Iterable[str]]) -> str:
    """Join sections up to a size, and say what is left out."""
    lines: list[str] = []
    left = most - 1_000  # for what is left out
    missing: list[str] = []
    for title, section in sections.items():
        body = [*section]
        while body and not body[-1]:
            body.pop()
        whole = ([f"## {title}", ""] if title else []) + body + [""] if body else []
        fitting = [] if missing else _fitting(whole, left)
        left -= sum(len(line.encode()) + 1 for line in fitting)
        lines += fitting
        if len(fitting) < len(whole):
            missing.append(f"{len(whole) - len(fitting)} lines of {title or 'the head'}")
    if missing:
        shown = missing[:MOST_LISTED]
        more = [count(len(missing) - len(shown), "more section")] if missing[MOST_LISTED:] else []
        lines += ["", f"**Left out, as there is no room:** {', '.join(shown + more)}. {_ALL_OF_IT}"]
    return "\n".join(lines).rstrip("\n") + "\n"


def _fitting(lines: Sequence[str], room: int) -> list[str]:
    """Give the first of some lines, as many as there is room for."""
    fitting = []
    for line in lines:
        room -= len(line.encode()) + 1
        if room < 0:
            break
        fitting.append(line)
    return fitting


def _head(report: Report) -> Iterator[str]:
    run, suite = report.run, report.suite
    yield f"# Marketing Cloud scopes: {say_verdict(report)}"
    yield ""
    caveats = [*find_caveats(report)]
    yield from (f"- **Note well:** {_escaped(text)}" for text in caveats[:MOST_LISTED])
    if more := len(caveats[MOST_LISTED:]):
        yield f"- and {more} more"
    yield from [""] if caveats else []
    of: list[str] = [write_code(run["project"])]
    of += [f"at {write_code(run['commit'])}"] if run["commit"] else []
    of += ["with changes of its own"] if run["dirty"] else []
    of += [f"in {write_code(run['ci_run'])}"] if run["ci_run"] else []
    yield f"{' '.join(of)}, {run['ended']}."
    yield ""
    ours, catalogue = run["versions"]["mcscopes"], run["versions"]["catalogue"]
    by = f"pytest-mcscopes {ours}, catalogue of {catalogue}"
    yield f"{count(suite.tests, 'test')}, {suite.judged} judged; {by}."
    yield ""
    if suite.unmarked:
        yield f"{count(len(suite.unmarked), 'test')} without a mark talked to a tenant."
        yield ""
    if suite.failed:
        yield (
            f"{count(len(suite.failed), 'test')} failed by something else, which is pytest's to"
            f" say: {_named(suite.failed)}."
        )


def _failures(errors: Sequence[GateFinding]) -> Iterator[str]:
    groups = group_by_text(errors)
    yield from _grouped(groups)
    if rules := sorted({each.rule for each in groups}):
        yield ""
        yield f"What they mean, and how to be rid of them: `mcscopes explain {' '.join(rules)}`."


def _findings(findings: Iterable[GateFinding]) -> Iterator[str]:
    """Write what was found, those together that are alike."""
    return _grouped(group_by_text(findings))


def _grouped(groups: Sequence[FindingGroup]) -> Iterator[str]:
    """Write groups of findings; of a thousand kinds the worst."""
    for group in groups[:MOST_GROUPS]:
        yield _finding(group)
    if more := len(groups[MOST_GROUPS:]):
        yield f"- and {more} more kinds of findings. {_ALL_OF_IT}"


def _finding(group: FindingGroup) -> str:
    about = [f"- **{name_rule(group.rule)}**"]
    about += [_named(group.scopes, MOST_LISTED)] if group.scopes else []
    about += [f"of package {write_code(group.package)}"] if group.package else []
    text = f"{' '.join(about)}: {_escaped(group.text)}"
    if group.tests:
        text += f"; {count(len(group.tests), 'test')}: {_named(group.tests)}"
    if group.places:
        text += f" ({_named(group.places)})"
    return text


def _package(package: PackageEvidence) -> Iterator[str]:
    """Write what is shown of each scope, and who leaves `scope` out."""
    if package.omitted_by:
        tests = f"{count(len(package.omitted_by), 'test')}: {_named(package.omitted_by)}"
        yield f"`scope` was left out by {tests}."
        yield ""
    yield "| scope | how well shown | by |"
    yield "| --- | --- | --- |"
    best_first = sorted(
        package.scopes.values(), key=lambda each: (-RUNGS.index(each.rung), each.scope)
    )
    for each in best_first:
        yield f"| {_cell(each.scope)} | {each.rung} | {_shown_by(each)} |"
    named = package.scopes.keys()
    if not package.by_default and (rest := sorted(package.assigned - named)):
        yield ""
        names = _named(rest, MOST_LISTED)
        yield f"Assigned in tests too, and neither declared, requested nor used: {names}."


def _shown_by(scope: ScopeEvidence) -> str:
    labels = [*dict.fromkeys(call.label for call in scope.calls)]
    return _named(labels or scope.requested_by or scope.declared_by, write=_cell)


def _relaxed(relaxed: Relaxed) -> str:
    text = " ".join(
        filter(None, [write_code(relaxed.by), write_code(relaxed.what) if relaxed.what else ""])
    )
    text += f": {_escaped(relaxed.reason)}" if relaxed.reason else ""
    if relaxed.tests:
        text += f"; {count(len(relaxed.tests), 'test')}: {_named(relaxed.tests)}"
    return f"{text} ({write_code(relaxed.where)})" if relaxed.where else text


def _listed(texts: Iterable[str]) -> Iterator[str]:
    lines = [f"- {text}" for text in texts]
    yield from lines[:MOST_GROUPS]
    if more := len(lines[MOST_GROUPS:]):
        yield f"- and {more} more. {_ALL_OF_IT}"


def _named(
    names: Sequence[str], most: int = _TESTS, write: Callable[[str], str] = write_code
) -> str:
    """Write the first of some names, and how many there are besides."""
    shown = [write(each) for each in names[:most]]
    return ", ".join([*shown, *([f"and {len(names) - most} more"] if names[most:] else [])])


def _escaped(text: str) -> str:
    return escape_markdown(sanitise(text))


def _cell(text: str) -> str:
    """Write a text as code in a table, where a bar would end the cell in code too."""
    return _escaped(text).replace("\\|", "&#124;") if "|" in text else write_code(text)
