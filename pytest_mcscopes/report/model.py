"""What every format is made of: the run, what its records show, and the gate's result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ..evidence.describe_run import STATE, describe_selections
from ..evidence.grouping import group_by
from ..privilege.verdict_text import HEADLINES, gravity
from ..words import FEW, count
from .templating import sanitise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..evidence.data_file import RunRecord
    from ..evidence.gate_result import GateFinding, GateResult
    from ..evidence.suite_evidence import SuiteEvidence
    from ..privilege.findings import Severity

_SENTENCES = {rule: sentence.removesuffix(".") for rule, sentence in HEADLINES}
_EXPECTED = "in a test that is expected to fail"
"""With this the gate ends the text of what did not fail its test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A run of a suite, and all that is known of it."""

    run: RunRecord
    suite: SuiteEvidence
    gate: GateResult
    folder: str = ""
    """That of the project in its repository, with slashes; empty: its top."""

    def in_repository(self, path: str) -> str:
        """Write a path below the project's root as one below the repository's."""
        return "/".join(filter(None, [self.folder.strip("/"), path]))


class FindingGroup(NamedTuple):
    """Findings that say the same of the same scopes of a package."""

    rule: str
    severity: Severity
    scopes: tuple[str, ...]
    package: str
    text: str
    tests: tuple[str, ...]
    places: tuple[str, ...]
    """Of marks and packages: `tests/test_mailer.py:5`"""


class Place(NamedTuple):
    """Where in the project something stands."""

    file: str
    """Relative to the project's root, with slashes; empty: nowhere."""
    line: int | None


def say_verdict(report: Report) -> str:
    """Say in a few words whether the run passes."""
    gate = report.gate
    if gate.passed:
        return "passes" if gate.complete else "passes, and is not complete"
    errors = len(gate.errors)
    found = [count(errors, "finding")] if errors else []
    found += [] if gate.complete else ["not complete"]
    return ": ".join(["fails", *filter(None, [", ".join(found)])])


def find_caveats(report: Report) -> Iterator[str]:
    """Say what nobody may overlook: why the evidence is not complete, or shows less than it may."""
    gate, run = report.gate, report.run
    yield from gate.gaps
    if left_out := describe_selections(run):
        yield left_out
    if run["mixed"]:
        yield f"it is of runs that differ in {STATE}"


def order_by_gravity(findings: Iterable[GateFinding]) -> list[GateFinding]:
    """Sort findings, the worst first; of equals, those of a test by its id."""
    return sorted(findings, key=_gravity_of)


def _gravity_of(finding: GateFinding) -> tuple[object, ...]:
    about = (finding.scopes, finding.package, finding.test, finding.where, finding.text)
    return (finding.severity != "error", gravity(finding.rule), *about)


def group_by_text(findings: Iterable[GateFinding]) -> list[FindingGroup]:
    """Put findings together that say the same, the worst first.

    Those of a group stay in the order of the gate's result.
    """
    alike = group_by(
        findings,
        lambda each: (each.rule, each.severity, each.scopes, each.package, explain_finding(each)),
    )
    return [
        FindingGroup(
            *key,
            tests=tuple(dict.fromkeys(each.test for each in some if each.test)),
            places=tuple(dict.fromkeys(each.where for each in some if each.where)),
        )
        for key, some in sorted(alike.items(), key=lambda group: _gravity_of(group[1][0]))
    ]


def explain_finding(found: GateFinding) -> str:
    """Say what a finding means: of a test in the words of its failure, of a suite in the gate's."""
    if not found.test or found.rule not in _SENTENCES:
        return found.text
    expected = f", {_EXPECTED}" if found.text.endswith(_EXPECTED) else ""
    return f"{_SENTENCES[found.rule]}{expected}"


def say_finding(found: GateFinding) -> str:
    """Say in one line what a finding means, and of which scopes."""
    said = explain_finding(found)
    if not found.scopes or said == found.text:
        return said
    few = len(found.scopes) <= FEW
    return f"{said}: {' '.join(found.scopes) if few else count(len(found.scopes), 'scope')}"


def find_place(finding: GateFinding) -> Place:
    """Find the place of a finding: that of its mark or package, or else the file of its test."""
    own = finding.test.partition("::")[0]
    path, _, line = finding.where.replace("\\", "/").rpartition(":")
    number = int(line) if line.isascii() and line.isdigit() and line.strip("0") else None
    # Of the same file: where the run was started above the project's root, or below it.
    if own and path and (path.endswith(f"/{own}") or own.endswith(f"/{path}")):
        path = own
    if not path or number is None or path.startswith(("/", "../")) or ":" in path:
        return Place(own, None)
    return Place(path, number)


def one_line(text: str) -> str:
    """Write a user's text in one line, with nothing in it that moves a cursor, and not too long.

    What looks like a secret is left out.
    """
    return " ".join(sanitise(text).split())
