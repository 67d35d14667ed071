"""The page for a security reviewer: what a package may do, why, and what to take from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from ..privilege.expectation import FLOW_SCOPES
from .limits import write_within
from .package_view import view_packages
from .rights import Rights
from .run_view import view_run, view_verdict, write_relaxed
from .templating import render_html, render_markdown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..catalogue.catalogue import Catalogue
    from ..evidence.gate_result import GateResult
    from ..settings.assigned_packages import AssignedPackage
    from .model import Report
    from .package_view import PackageView, ScopeView

Decision = Literal["keep", "settle", "exception", "undetermined", "remove", "assign"]
_ACTIONS = {"MCS401": "assign", "MCS402": "remove"}
MOST_BYTES = 1_000_000
"""A page or text is no larger; GitHub takes a summary of 1 MiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RightReview:
    """A scope with what to do about it, and on what evidence."""

    scope: ScopeView
    decision: Decision
    advice: str
    """The decision in a few words."""
    reason: str

    @property
    def tone(self) -> str:
        """The colour of the decision."""
        return {"keep": "good", "remove": "bad"}.get(self.decision, "note")

    @property
    def mark(self) -> str:
        """What stands in its box of a checklist: nobody is led to assign more than there is."""
        return {"remove": " ", "assign": "?"}.get(self.decision, "x")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageReview:
    """What a reviewer is told of a package."""

    view: PackageView
    rights: tuple[RightReview, ...]
    """The scopes that it has, or needs, in the order of the vendor's page."""

    def decided(self, *decisions: Decision) -> tuple[RightReview, ...]:
        """Give those of which something is to be done."""
        return tuple(each for each in self.rights if each.decision in decisions)


def write_review_page(
    report: Report, *, manifest: Sequence[AssignedPackage], catalogue: Catalogue
) -> str:
    """Write the page for a reviewer as HTML, that prints well."""
    values = _fill(report, manifest, catalogue)
    page, _ = write_within(
        MOST_BYTES, lambda limits: render_html("review.html", **values, limits=limits)
    )
    return page


def write_review_text(
    report: Report, *, manifest: Sequence[AssignedPackage], catalogue: Catalogue
) -> str:
    """Write the same as Markdown."""
    values = _fill(report, manifest, catalogue)
    text, _ = write_within(
        MOST_BYTES, lambda limits: render_markdown("review.md", **values, limits=limits)
    )
    return text


def _fill(
    report: Report, manifest: Sequence[AssignedPackage], catalogue: Catalogue
) -> dict[str, Any]:
    run, suite, result = report.run, report.suite, report.gate
    day = date.fromisoformat(run["ended"][:10])
    packages = view_packages(suite.packages, manifest, Rights(catalogue, day))
    return {
        "run": view_run(run),
        "verdict": view_verdict(result),
        "judged": suite.judged,
        "relaxed": write_relaxed(result.relaxed),
        "counts": f"{run['tests']:,}, of them {suite.judged:,} judged",
        "complete": result.complete,
        "packages": [review_package(each, result, day) for each in packages],
    }


def review_package(view: PackageView, result: GateResult, day: date) -> PackageReview:
    """Say of each scope that a package has, or needs, what is to be done."""
    scopes = [each for each in view.scopes if each.assigned or each.used]
    scopes.sort(key=lambda each: (not each.listed, each.label))
    texts = _texts(view.name, result)
    return PackageReview(view=view, rights=tuple(_review(each, texts, day) for each in scopes))


def _texts(package: str, result: GateResult) -> dict[tuple[str, str], str]:
    """Give what the gate says of the scopes of a package, by what it would have one do."""
    texts: dict[tuple[str, str], str] = {}
    for finding in (*result.findings, *result.known):
        if finding.package == package and finding.rule in _ACTIONS:
            texts |= {(_ACTIONS[finding.rule], scope): finding.text for scope in finding.scopes}
    for each in result.undetermined:
        if each.package == package and each.rule == "MCS402":
            texts |= {("undetermined", scope): each.text for scope in each.scopes}
    return texts


def _review(scope: ScopeView, texts: Mapping[tuple[str, str], str], day: date) -> RightReview:
    decision, advice, reason = _by_gate(scope, texts) or _by_use(scope, day)
    return RightReview(scope=scope, decision=decision, advice=advice, reason=reason)


def _by_gate(
    scope: ScopeView, texts: Mapping[tuple[str, str], str]
) -> tuple[Decision, str, str] | None:
    """Decide as the gate does, where it says anything of the scope."""
    if text := texts.get(("assign", scope.scope)):
        return "assign", "not assigned: decide", text
    if text := texts.get(("remove", scope.scope)):
        return "remove", "remove", text
    if text := texts.get(("undetermined", scope.scope)):
        if scope.used:
            return "settle", "keep until it is settled", text
        return "undetermined", "undetermined", text
    return None


def _by_use(scope: ScopeView, day: date) -> tuple[Decision, str, str]:
    """Decide on a scope of which the gate finds nothing."""
    if scope.certain:
        return "keep", "keep", scope.word
    if scope.exception and not scope.exception.has_expired(day):
        until = f"keep until {scope.exception.expires}"
        return "exception", until, f"{scope.word}, and an exception is on record"
    if scope.scope in FLOW_SCOPES:
        return "keep", "keep", "it is of the log-in itself, and no call needs it"
    return "undetermined", "undetermined", f"{scope.word}: a call needed another scope in its place"
