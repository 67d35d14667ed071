"""The record of a test: what it did with which rights, as plain data.

It rides on the test's report, from an xdist worker to its controller too, so it
holds nothing but lists, texts, truth values and None. Sets are sorted lists.
What each member is, data_file.schema.json says.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar, cast

from ..privilege.phrases import as_sent, line
from ..privilege.rules.calls import may_need
from ..privilege.rules.tokens import all_refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..ledger.facts import CallMade, HostKind, TokenRequested
    from ..privilege.expectation import Allowance, Expectation, Kind, Match
    from ..privilege.findings import Finding, Severity
    from ..privilege.rules.case import Case
    from ..privilege.verdict import UnmarkedVerdict


T = TypeVar("T")
_ROW = attrgetter(
    *("need", "method", "status", "granted", "user", "user_denied", "missing_permissions", "own")
)
"""By what calls differ that are not one row."""


class RequestRecord(TypedDict):
    """A judged token request, by fields of `TokenRequested`."""

    grant_type: str | None
    scope: str | None
    null_scope: bool
    unreadable: str
    is_probe: bool
    requested: list[str]
    granted: list[str] | None
    status: int
    error: str | None
    user: str | None


class NeedRecord(TypedDict):
    """What the catalogue says of a call, by fields of `CallRequirements`."""

    label: str
    minimal_sets: list[list[str]]
    tolerated: list[str]
    explains: list[str]
    mapped: bool
    confidence: str
    doubt: str
    near_misses: list[str]


class CallRecord(TypedDict):
    """Judged calls on one row with one token's scopes, for one user, by fields of `CallMade`."""

    host: HostKind
    method: str
    route: str
    status: int | None
    need: NeedRecord
    granted: list[str] | None
    used: list[str]
    lacks: list[str]
    may_need: list[str]
    scope_denied: bool
    user_denied: bool
    missing_permissions: list[str]
    user: str | None
    own: bool
    login: int | None


class PartRecord(TypedDict):
    """What the test did with what one mark judges, by fields of `Observed` and a few more."""

    package: str
    mark_names: str | None
    assigned: list[str]
    everything: bool
    requests: list[RequestRecord]
    inherited: list[RequestRecord]
    calls: list[CallRecord]
    logins: list[list[str]]
    dropped: bool
    refused: bool
    own_tokens: list[str]


class MarkRecord(TypedDict):
    """A mark that the test has, by fields of `Expectation`."""

    kind: Kind
    declared: list[str]
    match: Match
    refused: bool
    package: str | None
    origin: str


class AllowanceRecord(TypedDict):
    """A rule that an `mc_allow` mark turns into a note, by fields of `Allowance`."""

    rule: str
    only: str | None
    reason: str
    origin: str


class DeclaredRecord(TypedDict):
    """What the marks of a test declare."""

    marks: list[MarkRecord]
    allowances: list[AllowanceRecord]


class BlockCallRecord(TypedDict):
    """Allowed calls that a judged block covers."""

    package: str
    label: str
    used: list[str]


class FoundRecord(TypedDict):
    """What a rule found, less the text: that names threads, hosts and ports."""

    rule: str
    severity: Severity
    scopes: list[str]
    package: str


class FindingRecord(FoundRecord):
    """What a rule found in a test, or, without a rule, what is to be remarked on it."""

    text: str


class Record(TypedDict):
    """What one test did, in its last attempt."""

    test: str
    aborted: bool
    set_by_marks: bool
    own_packages: list[str]
    marks: list[MarkRecord]
    parts: list[PartRecord]
    errors: list[FoundRecord]


def record_test(
    test: str,
    unmarked: UnmarkedVerdict,
    marks: Iterable[Expectation],
    own_packages: Iterable[str],
    *,
    aborted: bool,
) -> Record:
    """Write down what a test did, and whether it failed by itself."""
    return Record(
        test=test,
        aborted=aborted,
        set_by_marks=unmarked.set_by_marks,
        own_packages=sorted(own_packages),
        marks=[_fields(MarkRecord, mark) for mark in marks],
        parts=[_part(case) for case in unmarked.verdict.cases],
        errors=[_fields(FoundRecord, each) for each in unmarked.verdict.errors],
    )


def record_declared(
    marks: Iterable[Expectation], allowances: Iterable[Allowance]
) -> DeclaredRecord:
    """Write down what the marks of a test declare."""
    return DeclaredRecord(
        marks=[_fields(MarkRecord, mark) for mark in marks],
        allowances=[_fields(AllowanceRecord, each) for each in allowances],
    )


def record_findings(findings: Iterable[Finding], remarks: Iterable[str]) -> list[FindingRecord]:
    """Write down what rules found, and then the remarks."""
    found = [_fields(FindingRecord, each) for each in findings]
    noted: list[FindingRecord] = [
        {"rule": "", "severity": "note", "text": text, "scopes": [], "package": ""}
        for text in remarks
    ]
    return [*found, *noted]


def record_block_calls(calls: Iterable[tuple[str, CallMade]]) -> list[BlockCallRecord]:
    """Write down what judged blocks cover, each thing once."""
    distinct = {(package, call.need.label, call.used) for package, call in calls}
    return [
        BlockCallRecord(package=package, label=label, used=_sorted(used))
        for package, label, used in distinct
    ]


def _part(case: Case) -> PartRecord:
    seen = case.observed
    logins = {token: number for number, each in enumerate(seen.logins) for token in each.tokens}
    # A loop over a thousand contacts is one row.
    rows = {(*_ROW(each), logins.get(each.token or "")): each for each in seen.calls}
    return PartRecord(
        package=seen.package,
        mark_names=case.expectation.package,
        assigned=_sorted(seen.assigned),
        everything=not seen.assigned_in and case.catalogue.default_scopes <= seen.assigned,
        requests=_requests(seen.requests),
        inherited=_requests(seen.inherited),
        calls=[_call(call, login) for (*_, login), call in rows.items()],
        logins=[_sorted(each.named) for each in seen.logins],
        dropped=bool(seen.dropped),
        refused=all_refused(seen.requests),
        own_tokens=sorted(seen.own_tokens),
    )


def _requests(requests: Iterable[TokenRequested]) -> list[RequestRecord]:
    # One that left `scope` out may have asked for less than another one that did.
    distinct = {
        (each.grant_type, each.scope, each.requested, each.granted, each.error, each.user): each
        for each in requests
    }
    return [
        _fields(RequestRecord, each, scope=None if each.scope is None else as_sent(each.scope))
        for each in distinct.values()
    ]


def _call(call: CallMade, login: int | None) -> CallRecord:
    need = call.need
    known = need.listed | need.tolerated | need.explains
    return _fields(
        CallRecord,
        call,
        # Without what differs from one call to the next.
        route=call.path if call.host == "soap" else need.label.partition(" ")[2],
        need=_fields(NeedRecord, need),
        lacks=_sorted(call.lacks if call.scope_denied else ()),
        may_need=_sorted(may_need(call)),
        granted=None if call.granted is None else _sorted(call.granted & known),
        login=login,
    )


def _fields(kind: type[T], value: object, **instead: Any) -> T:  # noqa: ANN401 - whatever it holds
    """Write down the fields of a value that a kind of record names, or something in their place."""
    record = {
        key: instead[key] if key in instead else _plain(getattr(value, key))
        for key in kind.__annotations__
    }
    return cast("T", record)


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return _sorted(value)
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def _sorted(scopes: Iterable[str]) -> list[str]:
    """Sort scopes; a word that is too long to be one is given by its length, as everywhere."""
    return sorted(line([scope]) for scope in scopes)
