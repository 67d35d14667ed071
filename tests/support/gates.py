"""Suites as values, and what the gate makes of them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from data_files import digests
from facts import words
from records import result

from pytest_mcscopes.arguments.keywords import Checked
from pytest_mcscopes.evidence.combine import record_seen
from pytest_mcscopes.evidence.completeness import RunFacts
from pytest_mcscopes.evidence.data_file import FORMAT, RunRecord
from pytest_mcscopes.evidence.gate import check_suite
from pytest_mcscopes.evidence.read_suite import read_suite
from pytest_mcscopes.settings.assigned_packages import AssignedPackage, ScopeException

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_mcscopes.evidence.gate_result import GateFinding, GateResult, Undetermined
    from pytest_mcscopes.evidence.results import ResultRecord

TODAY = date(2026, 11, 28)
__all__ = ["TODAY", "check", "exception", "package", "result", "run_record", "summaries"]


def run_record(*why: str, **more: Any) -> RunRecord:  # noqa: ANN401 - of its keys
    """The first line of a run; complete unless it is said why not."""
    run: RunRecord = {
        "format": FORMAT,
        "id": "1",
        "project": "mailer",
        "commit": "abc",
        "dirty": False,
        "ci_run": None,
        "started": "2026-11-28T20:00:00+00:00",
        "ended": "2026-11-28T20:01:00+00:00",
        "versions": {"mcscopes": "1", "pytest": "9", "python": "3.11", "catalogue": "2026-11-28"},
        "digests": digests(),
        "tests": 0,
        "complete": not why,
        "why_not_complete": [*why],
        "seen": record_seen(RunFacts(test_files=(), opened=())),
        "shards": [],
        "selections": [],
        "combined": [],
        "superseded": [],
        "mixed": False,
        "lists": [],
    }
    return {**run, **more}  # type: ignore[typeddict-item]  # of its keys


def exception(scope: str, expires: date = TODAY) -> ScopeException:
    return ScopeException(
        scope=scope, reason="until it moves", owner="team", expires=expires, where="mcscopes.toml:9"
    )


def package(
    scopes: str,
    *exceptions: ScopeException,
    name: str = "integration",
    projects: tuple[str, ...] = (),
) -> AssignedPackage:
    """What the manifest says of a package."""
    return AssignedPackage(
        name=name,
        type="server-to-server",
        scopes=words(scopes),
        exceptions=exceptions,
        projects=projects,
        file="mcscopes.toml",
        line=3,
        scope_places={
            scope: f"mcscopes.toml:{line}" for line, scope in enumerate(scopes.split(), 5)
        },
        settings=Checked({}),
    )


def check(
    *records: ResultRecord,
    manifest: Iterable[AssignedPackage] = (),
    why: tuple[str, ...] = (),
    run: RunRecord | None = None,
    **more: Any,  # noqa: ANN401 - of check_suite
) -> GateResult:
    """Check a suite of these tests."""
    made = run or run_record(*why)
    return check_suite(made, read_suite(records), manifest, **{"today": TODAY, **more})


def summaries(found: Iterable[GateFinding | Undetermined]) -> list[str]:
    """Rule and scopes of each, of a note the word too."""
    return [
        " ".join(["note"] * (getattr(each, "severity", "") == "note") + [each.rule, *each.scopes])
        for each in found
    ]
