"""What the gate comes to, as one JSON document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..settings.production import ProductionDifference
    from .data_file import RunRecord
    from .gate_result import GateFinding, GateResult
    from .suite_evidence import SuiteEvidence

_OF_RUN = ("project", "commit", "dirty", "ci_run", "started", "ended", "combined")


def write_gate_json(
    run: RunRecord | None,
    suite: SuiteEvidence,
    result: GateResult,
    production: ProductionDifference | None = None,
) -> str:
    """Write it as one document: what differs from run to run is in `run`.

    Args:
        run: what is true of the whole run; None: there is no record of any.
        suite: what its records show.
        result: what the gate makes of them.
        production: how the manifest differs from production; None: they were not compared.
    """
    document: dict[str, Any] = {
        "passed": result.passed and not production,
        "complete": result.complete,
        "why": result.why,
        "failures": result.failures,
        "tests": suite.tests,
        "outcomes": suite.outcomes,
        "judged": suite.judged,
        "not_judged": suite.not_judged,
        "findings": [*map(_finding, result.findings)],
        "known": [*map(_finding, result.known)],
        "gone": [key._asdict() for key in result.gone],
        "undetermined": [
            {
                "rule": each.rule,
                "scope": " ".join(each.scopes),
                "package": each.package,
                "where": each.where,
                "text": each.text,
            }
            for each in result.undetermined
        ],
        "relaxed": [
            {
                "by": each.by,
                "what": each.what,
                "reason": each.reason,
                "where": each.where,
                "tests": each.tests,
            }
            for each in result.relaxed
        ],
        "failed": suite.failed,
        "production": None
        if production is None
        else {
            "package": production.package.name,
            "only_in_production": sorted(production.only_in_production),
            "only_in_manifest": sorted(production.only_in_manifest),
            "other_type": production.other_type,
        },
        "run": run and {key: run[key] for key in _OF_RUN},  # type: ignore[literal-required]
    }
    return json.dumps(document, indent=2) + "\n"


def _finding(found: GateFinding) -> dict[str, object]:
    return {
        "rule": found.rule,
        "severity": found.severity,
        "scope": " ".join(found.scopes),
        "package": found.package,
        "test": found.test,
        "where": found.where,
        "text": found.text,
    }
