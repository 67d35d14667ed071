"""The page for a security reviewer: what a package may do, why, and what to take from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from ..privilege.expectation import FLOW_SCOPES
from ..privilege.phrases import few
from .limits import write_within
from .package_view import view_packages
from .rights import Rights
from .run_view import view_run, view_verdict, write_relaxed
from .templating import render_html, render_markdown
from .unseen_use import find_unseen_use

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..catalogue.catalogue import Catalogue
    from ..evidence.gate_result import GateResult
    from ..evidence.suite_evidence import SuiteEvidence
    from ..settings.assigned_packages import AssignedPackage
    from .model import Report
    from .package_view import PackageView, ScopeView
    from .unseen_use import UnseenUse

_Decision = Literal["keep", "settle", "exception", "undetermined", "remove", "assign"]
_ACTIONS = {"MCS401": "assign", "MCS402": "remove"}
_OPEN: tuple[_Decision, ...] = ("assign", "undetermined")
_CODE_FIRST = (
    "Take it out of the code first: a token request is refused that names a scope which is not"
    " assigned"
)
_WORDS: tuple[tuple[str, str], ...] = (
    ("not exercised", "no test used the scope. Code that no test runs may need it all the same."),
    ("declared only", "the mark of a test names it, and nothing asked for it."),
    ("requested", "the code asks for it, and no call of a test needed it."),
    (
        "used on a doubtful row",
        ("a call of a test may need it, and the sources contradict each other or only hint at it."),
    ),
    (
        "used on an attested row",
        (
            "a call of a test needs it, as published clients show that work. A is the best evidence"
            " of that kind, B is good; C is weak, and doubtful."
        ),
    ),
    ("used on a documented row", "a call of a test needs it, as Salesforce documents."),
    (
        "row, entry",
        (
            "what the catalogue of pytest-mcscopes says of a call, by the sources that are named"
            " here: trusted where it is documented, attested A or B, or the team's own; else"
            " doubtful."
        ),
    ),
)
"""What the words on the page mean, for whoever has nothing but the page."""
MOST_BYTES = 1_000_000
"""A page or text is no larger; GitHub takes a summary of 1 MiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RightReview:
    """A scope with what to do about it, and on what evidence."""

    scope: ScopeView
    decision: _Decision
    advice: str
    """The decision in a few words."""
    reason: str

    @property
    def tone(self) -> str:
        """The colour of the decision."""
        return {"keep": "good", "remove": "bad"}.get(self.decision, "note")

    @property
    def after_the_code(self) -> bool:
        """Whether it may be removed only when the code asks for it no more."""
        return self.decision == "remove" and bool(self.scope.requested_by)

    @property
    def mark(self) -> str:
        """What stands in its box of a checklist.

        Nobody is led to assign more than there is, nor to remove what is asked for today.
        """
        if self.decision in _OPEN or self.after_the_code:
            return "?"
        return " " if self.decision == "remove" else "x"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageReview:
    """What a reviewer is told of a package."""

    view: PackageView
    rights: tuple[RightReview, ...]
    """The scopes that it has, or needs, in the order of the vendor's page."""

    def decided(self, *decisions: _Decision) -> tuple[RightReview, ...]:
        """Give those of which something is to be done."""
        return tuple(each for each in self.rights if each.decision in decisions)

    @property
    def kept(self) -> str:
        """What those that are kept for good have in common."""
        of_log_in = sum(not each.scope.certain for each in self.decided("keep"))
        also = f", or of the log-in itself ({of_log_in})" if of_log_in else ""
        return f"keep: used on a trusted entry{also}"


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
        "verdict": view_verdict(result, suite.outcomes.get("skipped", 0)),
        "judged": suite.judged,
        "relaxed": write_relaxed(result.relaxed),
        "counts": _counts(suite, run["tests"]),
        "complete": result.complete,
        "words": _WORDS,
        "packages": [review_package(each, suite, result, day) for each in packages],
    }


def _counts(suite: SuiteEvidence, tests: int) -> str:
    failed = f", {len(suite.failed):,} failed by themselves" if suite.failed else ""
    return f"{tests:,}, of them {suite.judged:,} judged{failed}"


def review_package(
    view: PackageView, suite: SuiteEvidence, result: GateResult, day: date
) -> PackageReview:
    """Say of each scope that a package has, or needs, what is to be done."""
    scopes = [each for each in view.scopes if each.assigned or each.used]
    scopes.sort(key=lambda each: (not each.listed, each.label))
    texts = _texts(view.name, result)
    unseen = find_unseen_use(suite, view.name)
    return PackageReview(
        view=view, rights=tuple(_review(each, texts, unseen, day) for each in scopes)
    )


def _texts(package: str, result: GateResult) -> dict[tuple[str, str], str]:
    """Give what the gate says of the scopes of a package, by what it would have one do."""
    texts: dict[tuple[str, str], str] = {}
    for finding in (*result.findings, *result.known):
        if finding.package == package and finding.rule in _ACTIONS:
            texts |= {(_ACTIONS[finding.rule], scope): finding.text for scope in finding.scopes}
    for each in result.undetermined:
        if each.package == package and each.rule == "MCS402":
            text = each.text.replace(f": {few(each.scopes, ' ')};", ";", 1)  # of each by itself
            texts |= {("undetermined", scope): text for scope in each.scopes}
    return texts


def _review(
    scope: ScopeView, texts: Mapping[tuple[str, str], str], unseen: UnseenUse, day: date
) -> RightReview:
    decision, advice, reason = _by_gate(scope, texts, unseen) or _by_use(scope, day)
    return RightReview(scope=scope, decision=decision, advice=advice, reason=reason)


def _by_gate(
    scope: ScopeView, texts: Mapping[tuple[str, str], str], unseen: UnseenUse
) -> tuple[_Decision, str, str] | None:
    """Decide as the gate does, where it says anything of the scope."""
    if text := texts.get(("assign", scope.scope)):
        return "assign", "not assigned: decide", text
    if text := texts.get(("remove", scope.scope)):
        return _decide_removal(scope, text, unseen)
    if text := texts.get(("undetermined", scope.scope)):
        if scope.used:
            return "settle", "keep until it is settled", text
        return "undetermined", "undetermined", text
    return None


def _decide_removal(scope: ScopeView, text: str, unseen: UnseenUse) -> tuple[_Decision, str, str]:
    """Decide on a scope that the gate finds not exercised.

    The gate fails for it whatever else is true; nobody is told to take it from code that may need
    it.
    """
    if why := unseen.why(scope):
        return "undetermined", "undetermined", f"{scope.word}; {why}"
    if scope.requested_by:
        return "remove", "remove, once the code does not ask for it", f"{text}. {_CODE_FIRST}"
    return "remove", "remove", text


def _by_use(scope: ScopeView, day: date) -> tuple[_Decision, str, str]:
    """Decide on a scope of which the gate finds nothing."""
    if scope.certain:
        return "keep", "keep", scope.word
    if scope.exception and not scope.exception.has_expired(day):
        until = f"keep until {scope.exception.expires}"
        return "exception", until, f"{scope.word}, and an exception is on record"
    if scope.scope in FLOW_SCOPES:
        return "keep", "keep", "it is of the log-in itself, and no call needs it"
    return "undetermined", "undetermined", f"{scope.word}: a call needed another scope in its place"
