"""Suites as values, and what the gate makes of them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from data_files import run_record
from facts import words
from records import result

from pytest_mcscopes.arguments.keywords import Checked
from pytest_mcscopes.evidence.gate import check_suite
from pytest_mcscopes.evidence.read_suite import read_suite
from pytest_mcscopes.settings.assigned_packages import AssignedPackage, ScopeException

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_mcscopes.evidence.data_file import RunRecord
    from pytest_mcscopes.evidence.gate_result import GateFinding, GateResult, Undetermined
    from pytest_mcscopes.evidence.results import ResultRecord

TODAY = date(2026, 11, 28)
__all__ = ["TODAY", "check", "exception", "package", "result", "run_record", "summaries"]


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
