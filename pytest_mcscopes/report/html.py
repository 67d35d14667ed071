"""The page of a run: one HTML file without JavaScript, that can be kept, sent and printed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ..evidence.suite_evidence import RUNGS
from ..privilege.findings import RULES
from .limits import write_within
from .matrix import Matrix, build_matrix
from .model import group_by_text
from .package_view import view_packages
from .rights import Rights
from .run_view import view_run, view_verdict, write_relaxed, write_undetermined
from .templating import render_html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..catalogue.catalogue import Catalogue
    from ..settings.assigned_packages import AssignedPackage
    from .model import Report

MOST_BYTES = 2_000_000
"""No page is larger."""
_WITHOUT_TABLES = 800_000
_OF_WHAT_IS_LEFT_OUT = 150_000
_MARKS = ("\N{EN DASH}", "○", "◔", "◑", "●", "★")
_LADDER = tuple(zip(_MARKS, RUNGS, strict=True))
"""The mark in a table for each place on the ladder."""


def write_page(report: Report, *, manifest: Sequence[AssignedPackage], catalogue: Catalogue) -> str:
    """Write the page of a run."""
    run, suite, result = report.run, report.suite, report.gate
    rights = Rights(catalogue, date.fromisoformat(run["ended"][:10]))
    packages = view_packages(suite.packages, manifest, rights)
    groups = group_by_text(result.findings)
    values = {
        "run": view_run(run),
        "verdict": view_verdict(result, suite.outcomes.get("skipped", 0)),
        "counts": f"{run['tests']:,}",
        "complete": result.complete,
        "groups": groups,
        "findings": result.findings,
        "remarks": (
            ("Undetermined", write_undetermined(result.undetermined)),
            ("What let it pass", write_relaxed(result.relaxed)),
            ("Known by the baseline, and no failure", [each.text for each in result.known]),
        ),
        "packages": packages,
        "ladder": _LADDER,
        "rules": RULES,
    }
    # The tables get what the rest leaves, which is known once it is written.
    empty = {each.name: Matrix(files=(), left_out=()) for each in packages}
    rest, limits = write_within(
        _WITHOUT_TABLES,
        lambda limits: render_html("page.html", **values, limits=limits, matrices=empty),
    )
    left = MOST_BYTES - len(rest.encode()) - _OF_WHAT_IS_LEFT_OUT
    shown = packages[: limits.packages]
    matrices = {each.name: build_matrix(each, left // len(shown)) for each in shown}
    return render_html("page.html", **values, limits=limits, matrices=matrices)
