"""The record of a test: what it did with which rights, as plain data.

It rides on the test's report, from an xdist worker to its controller too, so it
holds nothing but lists, texts, truth values and None. Sets are sorted lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ..ledger.facts import asks_for_everything
from ..privilege.phrases import as_sent, line, standing
from ..privilege.rules.case import NONE, is_barred
from ..privilege.rules.tokens import all_refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..ledger.facts import CallMade, TokenRequested
    from ..privilege.expectation import Expectation
    from ..privilege.findings import Finding
    from ..privilege.rules.case import Case
    from ..privilege.verdict import UnmarkedVerdict


class RequestRecord(TypedDict):
    """A judged token request."""

    grant_type: str | None
    scope: str | None
    """As sent; None where it was left out."""
    omitted: bool
    """Whether leaving it out asked for everything assigned."""
    null: bool
    """Whether it was sent as JSON null, which grants nothing: the client can send scopes."""
    inherits: bool
    """Whether it takes over scopes that only the test itself asked for, and answers for them."""
    requested: list[str]
    granted: list[str] | None
    user: str | None
    """Name of the user for whom the app asked; None where it asked for itself."""


class CallRecord(TypedDict):
    """Judged calls on one row with one token's scopes, for one user."""

    call: str
    standing: str
    """How well the row is known."""
    trusted: bool
    mapped: bool
    authenticated: bool
    scope_denied: bool
    """Whether the token lacked what the row needs."""
    user_denied: bool
    """Whether the user may not do this: what the row needs is not used then."""
    user: str | None
    """Name of the user for whom the token acts; None where the client acts for itself."""
    own: bool
    """Whether the token was the test's own, so that the call shows nothing of the code."""
    login: int | None
    """Which of the part's log-ins the token came of."""
    needs: list[list[str]]
    """Each is enough, the least first; one empty: nothing is needed; none: not known."""
    enough: list[list[str]]
    """Those of *needs* that the token carried."""
    may_need: list[str]
    """What it may have needed too: the row is doubtful, or tolerates it, or the user is barred."""
    near: list[str]
    """Rows that an unmapped call comes close to."""


class PartRecord(TypedDict):
    """What the test did with what one mark judges."""

    package: str
    mark_names: str | None
    """What the mark must say by `package=`; None: nothing."""
    assigned: list[str]
    requests: list[RequestRecord]
    calls: list[CallRecord]
    logins: list[list[str]]
    """What each log-in of the code names, a renewal counted with what it renews."""
    dropped: bool
    """Whether a request left out the scopes that an earlier one named."""
    refused: bool
    """Whether it asked for tokens, and every request was refused."""
    own_tokens: list[str]
    """Which of the test's own doings gave tokens that were presented."""


class MarkRecord(TypedDict):
    """A mark that the test has."""

    kind: str
    declared: list[str]
    match: str
    refused: bool
    """Whether every token request is to be refused."""
    package: str | None
    origin: str
    """Where it was written."""


class ErrorRecord(TypedDict):
    """What fails the test whatever scopes its mark lists."""

    rule: str
    text: str


class FindingRecord(TypedDict):
    """What a rule found in a test, or, without a rule, what is to be remarked on it."""

    rule: str
    severity: str
    text: str
    scopes: list[str]
    package: str


class Record(TypedDict):
    """What one test did, in its last attempt."""

    test: str
    aborted: bool
    """Whether it failed by itself, and so may have been about to do more."""
    set_by_marks: bool
    """Whether `mc_package` marks of the test configure all its tenants."""
    own_packages: list[str]
    """Names of the packages that an `mc_package` mark on the very test configures."""
    marks: list[MarkRecord]
    parts: list[PartRecord]
    """Empty where it did not talk to a tenant."""
    errors: list[ErrorRecord]


def record_test(
    test: str,
    look: UnmarkedVerdict,
    marks: Iterable[Expectation],
    own_packages: Iterable[str],
    *,
    aborted: bool,
) -> Record:
    """Write down what a test did.

    Args:
        test: its node id.
        look: what came of letting it ask for anything.
        marks: those that it has.
        own_packages: names of the packages that marks on the very test configure.
        aborted: it failed by itself.
    """
    return Record(
        test=test,
        aborted=aborted,
        set_by_marks=look.set_by_marks,
        own_packages=sorted(own_packages),
        marks=[_mark(mark) for mark in marks],
        parts=[_part(case) for case in look.verdict.cases],
        errors=[ErrorRecord(rule=each.rule, text=each.text) for each in look.verdict.errors],
    )


def record_findings(findings: Iterable[Finding], remarks: Iterable[str]) -> list[FindingRecord]:
    """Write down what rules found, and then the remarks."""
    found = [
        FindingRecord(
            rule=each.rule,
            severity=each.severity,
            text=each.text,
            scopes=_sorted(each.scopes),
            package=each.package,
        )
        for each in findings
    ]
    remarked = [
        FindingRecord(rule="", severity="note", text=remark, scopes=[], package="")
        for remark in remarks
    ]
    return found + remarked


def _mark(mark: Expectation) -> MarkRecord:
    return MarkRecord(
        kind=mark.kind,
        declared=sorted(mark.declared),
        match=mark.match,
        refused=mark.refused,
        package=mark.package,
        origin=mark.origin,
    )


def _part(case: Case) -> PartRecord:
    seen = case.observed
    # A loop over a thousand contacts is one row.
    logins = {token: number for number, each in enumerate(seen.logins) for token in each.tokens}
    rows = {
        (
            call.need,
            call.granted,
            call.user,
            call.user_denied,
            call.own,
            logins.get(call.token or ""),
        ): call
        for call in seen.calls
    }
    return PartRecord(
        package=seen.package,
        mark_names=case.expectation.package,
        assigned=_sorted(seen.assigned),
        requests=[
            _request(each, inherits=each in seen.inherited) for each in _distinct(seen.requests)
        ],
        calls=[_call(call, logins.get(call.token or "")) for call in rows.values()],
        logins=[_sorted(each.named) for each in seen.logins],
        dropped=bool(seen.dropped),
        refused=all_refused(seen.requests),
        own_tokens=sorted(seen.own_tokens),
    )


def _distinct(requests: Iterable[TokenRequested]) -> Iterable[TokenRequested]:
    # One that left `scope` out may have asked for less than another one that did.
    return {
        (each.grant_type, each.scope, each.requested, each.granted, each.user): each
        for each in requests
    }.values()


def _request(request: TokenRequested, *, inherits: bool) -> RequestRecord:
    return RequestRecord(
        grant_type=request.grant_type,
        scope=None if request.scope is None else as_sent(request.scope),
        omitted=asks_for_everything(request),
        null=request.null_scope,
        inherits=inherits,
        requested=_sorted(request.requested),
        granted=None if request.granted is None else _sorted(request.granted),
        user=request.user,
    )


def _call(call: CallMade, login: int | None) -> CallRecord:
    need = call.need
    granted = call.granted or NONE
    carried = [each for each in need.minimal_sets if each <= granted]
    unproven = need.used_with(granted) if is_barred(call) else NONE
    return CallRecord(
        call=need.label,
        standing=standing(need),
        trusted=need.trusted,
        mapped=need.mapped,
        authenticated=call.authenticated,
        scope_denied=call.scope_denied,
        user_denied=call.user_denied,
        user=call.user,
        own=call.own,
        login=login,
        needs=[_sorted(each) for each in need.minimal_sets],
        enough=[_sorted(each) for each in carried],
        may_need=_sorted(need.explains | need.tolerated | unproven),
        near=[*need.near_misses],
    )


def _sorted(scopes: Iterable[str]) -> list[str]:
    """Sort scopes; a word that is too long to be one is told by its length, as everywhere."""
    return sorted(line([scope]) for scope in scopes)
