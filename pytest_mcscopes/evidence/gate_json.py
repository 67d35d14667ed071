"""The gate's result as one JSON document."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..settings.production import ProductionDifference
    from .data_file import RunRecord
    from .gate_result import GateFinding, GateResult, Undetermined
    from .suite_evidence import SuiteEvidence

_OF_FINDING = ("rule", "severity", "scope", "package", "test", "where", "text")
_OF_UNDETERMINED = ("rule", "scope", "package", "where", "text")
_OF_RUN = ("project", "commit", "dirty", "ci_run", "started", "ended", "combined")


def write_gate_json(
    run: RunRecord | None,
    suite: SuiteEvidence,
    result: GateResult,
    production: ProductionDifference | None = None,
) -> str:
    """Write the document; all that differs from run to run is in `run`.

    That is null where there is no record, and `production` where they were not compared.
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
        "findings": [_pick(_OF_FINDING, each) for each in result.findings],
        "known": [_pick(_OF_FINDING, each) for each in result.known],
        "gone": [key._asdict() for key in result.gone],
        "undetermined": [_pick(_OF_UNDETERMINED, each) for each in result.undetermined],
        "relaxed": [*map(asdict, result.relaxed)],
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


def _pick(keys: Iterable[str], found: GateFinding | Undetermined) -> dict[str, object]:
    scope = " ".join(found.scopes)  # as OAuth writes it; the report has a list, `scopes`
    return {key: scope if key == "scope" else getattr(found, key) for key in keys}
