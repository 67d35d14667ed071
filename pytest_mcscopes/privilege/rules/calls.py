"""Rules on what calls need: denied, not sure, unknown, or less than what is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...words import MOST_LISTED
from ..expectation import FLOW_SCOPES
from ..findings import Finding, Severity
from ..overlay_hint import missing_row
from ..phrases import SOAP_DENIAL, describe, either, line, listed, summary
from .case import NONE, had, is_barred, is_refused, make_finding, row_and_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ...ledger.facts import CallMade
    from ..minimum import Scopes
    from ..observed import Login
    from .case import Case

_OK = 200


def undetermined_minimum(case: Case) -> Iterator[Finding]:
    """MCS108: the calls are to show the minimum, and do not, or not with certainty."""
    if case.observed.trusted:
        yield from undetermined(case)
    elif not case.lacks_token:
        yield from _nothing_trusted(case)


def undetermined(case: Case) -> Iterator[Finding]:
    """MCS108: the catalogue is not sure enough to say what is the minimum."""
    if case.lacks_token:
        return
    reasons = case.reasons
    calls: dict[CallMade, set[str]] = {}
    for scope in sorted(unsure(case) if reasons else NONE):
        # What a denied call would need is no question where less may be requested.
        if not (is_refused(reasons[scope]) and case.expectation.match == "at_most"):
            calls.setdefault(reasons[scope], set()).add(scope)
    for call, scopes in calls.items():
        text = f"whether {summary(frozenset(scopes), case.catalogue)} is needed: {doubt_in(call)}"
        yield _undecided(case, text, call, scopes)


def unsure(case: Case) -> Scopes:
    """Collect the requested scopes that only doubtful or tolerating calls may be the reason of."""
    requested = case.observed.requested.intersection(case.reasons) - FLOW_SCOPES
    if case.expectation.kind == "least_privilege":
        return requested - case.limit
    perhaps = requested & case.expectation.declared
    return perhaps - case.needed if perhaps else NONE


def _nothing_trusted(case: Case) -> Iterator[Finding]:
    if not case.observed.allowed:
        own = any(call.own for call in case.observed.authenticated)
        whose = " with a token that the code itself asked for" if own else ""
        text = f"undetermined: the minimum of the calls is not shown, as no call{whose} was allowed"
        yield make_finding("MCS108", case, text, severity="error")
    for call in _distinct(case.observed.allowed):
        text = (
            "the minimum of the calls is shown by no trusted catalogue entry:"
            f" {describe(call.need)}"
        )
        yield _undecided(case, text, call, case.observed.requested & call.need.explains)


def _undecided(case: Case, text: str, call: CallMade, scopes: Iterable[str]) -> Finding:
    least = case.expectation.kind == "least_privilege"
    return Finding(
        rule="MCS108",
        severity="error" if least else "note",
        text=f"undetermined: {text}",
        scopes=frozenset(scopes),
        package=case.observed.package,
        settled_by=() if is_refused(call) else missing_row(case.catalogue.overlay, call),
        by_mark=least,
        causes=frozenset({row_and_token(call)}),
    )


def doubt_in(call: CallMade) -> str:
    """Say what a call leaves open: its row is doubtful or tolerates more, or its user barred."""
    if is_barred(call):
        return f'{describe(call.need)} needs it, and user "{call.user}" may not make that call'
    if is_refused(call):
        return f"{describe(call.need)} needs it, and the token was asked for it and had it not"
    more = " may need it, though its catalogue entry does not list it" if call.need.trusted else ""
    return f"{describe(call.need)}{more}"


def denied_call(case: Case) -> Iterator[Finding]:
    """MCS201: a call needs what its token does not carry."""
    for call in _distinct(case.observed.scope_denied):
        # By a doubtful row it was let through here, unless mc_enforce is "all".
        let_through = not call.need.trusted and call.status is None
        head = "call that production may deny" if let_through else "denied call"
        text = (
            f"{head}: {describe(call.need)} needs {either(call.need.minimal_sets)};"
            f" the token has {line(call.granted or NONE) or 'no scope'}"
        )
        if call.own:
            text += ", and is the test's own"
        if withheld := case.withheld(call):
            text += f"; {line(withheld)} was requested, and not granted"
        if call.host == "soap" and call.status == _OK and call.need.trusted:
            text += f"; {SOAP_DENIAL}"
        severity: Severity = "error" if call.need.trusted else "note"
        causes = [row_and_token(call)]
        # What a token of the test's own lacks is no reason that the code asks for too little.
        meant = NONE if call.own else call.lacks
        yield make_finding("MCS201", case, text, call.lacks, severity, causes=causes, meant=meant)


def _distinct(calls: Iterable[CallMade]) -> Iterable[CallMade]:
    """Keep one call of each row and token's scopes, the test's own apart."""
    return {(call.own, *row_and_token(call)): call for call in calls}.values()


def unused_scope(case: Case) -> Iterator[Finding]:
    """MCS202: the allowed calls, or those of a log-in, would do without a scope."""
    if unused := _unused_by_all(case):
        yield make_finding("MCS202", case, f"unused scope: {_unneeded(unused, case)}", unused)
    for idle in idle_logins(case):
        text = (
            f"unused scope: {_removable(idle.scopes, case, together=idle.together)}, in the log-in"
            f" that asks for {listed(idle.login.scopes, case.catalogue)}: its own calls would do"
            " without, and another log-in has it for its calls"
        )
        yield make_finding("MCS202", case, text, idle.scopes)


def _unused_by_all(case: Case) -> Scopes:
    """Find the declared and requested scopes that the allowed calls would do without."""
    if not case.compares_below:
        return NONE
    requested = case.expectation.declared & case.observed.requested
    unused = (requested - FLOW_SCOPES).difference(case.reasons) - case.needed
    shown = unused and any(map(needs_a_scope, case.observed.allowed))
    return unused if shown else NONE


def _unneeded(scopes: Scopes, case: Case) -> str:
    """Say which scopes no call needs, and between which of them the calls leave a choice."""
    if len(scopes) == 1:
        return line(scopes)
    declared, calls = case.expectation.declared, case.observed.trusted
    choice = frozenset(
        scope
        for call in calls
        for enough in call.need.minimal_sets
        if enough <= had(call, declared)
        for scope in enough & scopes
    )
    if not any(depends(call, scopes, declared) for call in calls):
        choice = NONE
    parts = [f"no call needs {listed(scopes - choice, case.catalogue)}"] if scopes - choice else []
    if choice:
        others = [choice - {one} for one in choice]
        alone = not any(depends(call, rest, declared) for call in calls for rest in others)
        parts.append(
            f"{' or '.join(sorted(choice))} would do alone"
            if alone and len(choice) <= MOST_LISTED
            else f"any one of {listed(choice, case.catalogue)} can be left out"
        )
    return "; ".join(parts)


def _removable(scopes: Scopes, case: Case, *, together: bool) -> str:
    if len(scopes) == 1:
        return line(scopes)
    all_of_them = ", or all of them" if together else ""
    return f"any one of {listed(scopes, case.catalogue)}{all_of_them}"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleLogin:
    """A log-in that names scopes which its own calls would do without."""

    login: Login
    scopes: Scopes
    together: bool
    """Whether its calls would do without all of them at once."""


def idle_logins(case: Case) -> list[IdleLogin]:
    """Find the log-ins that name what only another log-in's calls use."""
    compares = case.compares_below or case.expectation.kind == "least_privilege"
    if not compares or len(case.observed.logins) == 1:
        return []
    told = _unused_by_all(case)
    calls: dict[str | None, list[CallMade]] = {}
    for call in case.observed.by_code:
        calls.setdefault(call.token, []).append(call)
    found = []
    for login in case.observed.logins:
        own = [call for token in login.tokens for call in calls.get(token, ())]
        if idle := _idle_in(login, own, case, told):
            together = not any(depends(call, idle | told, case.limit) for call in _trusted(own))
            found.append(IdleLogin(login=login, scopes=idle, together=together))
    return found


def _idle_in(login: Login, own: Sequence[CallMade], case: Case, told: Scopes) -> Scopes:
    allowed = [call for call in own if not (call.scope_denied or call.user_denied)]
    if not any(map(needs_a_scope, allowed)):
        return NONE
    named = (case.limit & login.named) - FLOW_SCOPES - told - frozenset(case.reasons_in(own))
    return frozenset(
        scope
        for scope in named
        if not any(depends(call, {scope, *told}, case.limit) for call in _trusted(own))
    )


def _trusted(calls: Iterable[CallMade]) -> Iterator[CallMade]:
    return (
        call for call in calls if call.need.trusted and not (call.scope_denied or call.user_denied)
    )


def needs_a_scope(call: CallMade) -> bool:
    """Tell whether the row is known to need any scope at all."""
    return bool(call.need.minimal_sets) and all(call.need.minimal_sets)


def may_need(call: CallMade) -> Scopes:
    """Collect what a call may need beside what is known: it settles nothing about these."""
    need = call.need
    unproven = need.used_with(call.granted or NONE) if is_barred(call) else NONE
    return need.explains | need.tolerated | unproven


def depends(call: CallMade, scopes: Iterable[str], declared: Scopes) -> bool:
    """Tell whether an allowed call on a trusted row would be refused without these scopes."""
    return not call.need.satisfied_by(had(call, declared).difference(scopes))


def unmapped_call(case: Case) -> Iterator[Finding]:
    """MCS203: the catalogue does not know the route."""
    for need in dict.fromkeys(call.need for call in case.observed.unmapped):
        near = f"; near: {', '.join(need.near_misses)}" if need.near_misses else ""
        yield make_finding(
            "MCS203", case, f"unmapped call: {need.label} is not in the catalogue{near}"
        )
