"""The rules, each a pure function of what was observed and what was declared.

One cause gives one finding: MCS106 leaves MCS101 nothing to find, MCS201 and an
MCS105 without any request leave MCS103 nothing. MCS103 and MCS202 speak of
different scopes by what they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ..catalogue.catalogue import Catalogue
from ..catalogue.needs import Need, least_power_key
from ..ledger.facts import CallMade, TokenRequested
from .expectation import FLOW_SCOPES, Expectation
from .findings import RULES, Finding, Severity
from .lineage import Observed
from .minimum import minima

Scopes = frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One mark, and what the test did with the package that it judges."""

    expectation: Expectation
    observed: Observed
    catalogue: Catalogue
    others: tuple[str, ...] = ()
    """Hosts that are not ours and that httpx was seen to call."""
    allowed_rules: frozenset[str] = frozenset()
    """Ids of the rules that `mc_allow` turns into notes."""

    @property
    def limit(self) -> Scopes:
        """What may be requested: what the mark lists, or what the calls need."""
        if self.expectation.kind == "scopes":
            return self.expectation.declared
        return nearest_minimum(self)

    @property
    def sought(self) -> bool:
        """Whether the mark compares scopes at all."""
        return self.expectation.kind != "no_token"


RuleFunction = Callable[[Case], Iterator[Finding]]


def line(scopes: Iterable[str]) -> str:
    """Write scopes as a request does: sorted, with spaces between."""
    return " ".join(sorted(scopes))


def trusted_allowed(observed: Observed) -> tuple[CallMade, ...]:
    """Pick the allowed calls whose rows may be judged by."""
    return tuple(call for call in observed.allowed if call.need.trusted)


def minimum_of(observed: Observed) -> tuple[Scopes, ...]:
    """Find the minimum of the allowed calls on trusted rows; several where they tie."""
    return minima((call.need.minimal_sets for call in trusted_allowed(observed)), least_power_key)


def nearest_minimum(case: Case) -> Scopes:
    """Pick, of tied minima, the one that the code came nearest to."""
    requested = case.observed.requested
    return max(minimum_of(case.observed), key=lambda tied: len(tied & requested))


def explained(case: Case) -> Scopes:
    """Collect the scopes that a doubtful call may be the reason of, or that a row tolerates."""
    doubtful = [call.need.explains for call in case.observed.calls if call.authenticated]
    return frozenset().union(*doubtful, *(call.need.tolerated for call in case.observed.allowed))


def excused(case: Case) -> Scopes:
    """Collect the excess that only least privilege, having no list, must leave undetermined."""
    return explained(case) if case.expectation.kind == "least_privilege" else frozenset()


def found(rule: str, case: Case, text: str, scopes: Iterable[str] = (), severity: Severity | None = None) -> Finding:
    """Make a finding of the severity that the rule has by default, or the given one."""
    return Finding(
        rule=rule,
        severity=severity or RULES[rule].severity,
        text=text,
        scopes=frozenset(scopes),
        package=case.observed.package,
    )


def excess_severity(case: Case) -> Severity:
    """Asking for more is a note where the mark sets a lower bound only."""
    return "note" if case.expectation.match == "at_least" else "error"


def scope_omitted(case: Case) -> Iterator[Finding]:
    """MCS101: a request without `scope` gets everything assigned, and that is too much."""
    dropped = {drop.omitted for drop in case.observed.dropped}
    plain = [each for each in case.observed.omitting if each not in dropped]
    assigned = frozenset().union(*(each.assigned for each in plain))
    excess = assigned - case.limit - FLOW_SCOPES - excused(case)
    if case.sought and excess:
        text = (
            f"scope omitted: the request got everything that is assigned, {summary(excess, case.catalogue)}"
            f" more than {'declared' if case.expectation.kind == 'scopes' else 'the calls need'}"
        )
        yield found("MCS101", case, text, excess, excess_severity(case))


def summary(scopes: Scopes, catalogue: Catalogue) -> str:
    """Name scopes where they are few; count them, with their families, where they are many."""
    if len(scopes) <= 3:
        return line(scopes)
    families = catalogue.families(scopes)
    named = ", ".join(families[:3])
    more = f" and {len(families) - 3} more families" if len(families) > 3 else ""
    return f"{len(scopes)} scopes ({named}{more})"


def excess_scope(case: Case) -> Iterator[Finding]:
    """MCS102: a scope was requested by name that is not in the minimum."""
    if not case.sought:
        return
    named = [each for each in case.observed.requests if each.scope is not None]
    wanted = frozenset().union(*(each.requested for each in named))
    idle = frozenset().union(
        *(each.requested & FLOW_SCOPES for each in named if each.grant_type == "client_credentials")
    )
    excess = (wanted - FLOW_SCOPES - case.limit - excused(case)) | (idle - case.limit)
    if excess:
        yield found("MCS102", case, f"excess scope: {line(excess)}", excess, excess_severity(case))


def missing_scope(case: Case) -> Iterator[Finding]:
    """MCS103: a declared scope was not requested."""
    expectation, observed = case.expectation, case.observed
    if expectation.kind != "scopes" or expectation.match == "at_most" or not observed.requests:
        return
    missing = expectation.declared - observed.requested - _denied_for_sure(case)
    if absent := missing - observed.assigned:
        text = f'missing scope: {line(absent)} (not assigned to package "{observed.package}")'
        yield found("MCS103", case, text, absent)
    if unasked := missing & observed.assigned:
        yield found("MCS103", case, f"missing scope: {line(unasked)}", unasked)


def _denied_for_sure(case: Case) -> Scopes:
    """Collect the scopes whose want an MCS201 that fails the test already names."""
    if "MCS201" in case.allowed_rules:
        return frozenset()
    return frozenset().union(*(lacked(call) for call in case.observed.lacking if call.need.trusted))


def lacked(call: CallMade) -> Scopes:
    """Collect what the call's row names and its token does not carry."""
    return frozenset().union(*call.need.minimal_sets) - (call.granted or frozenset())


def unrecognised_scope(case: Case) -> Iterator[Finding]:
    """MCS104: a requested scope is not in the catalogue."""
    named = frozenset().union(*(each.requested for each in case.observed.requests if each.scope is not None))
    for scope in sorted(named - case.catalogue.wire_ids):
        guess = case.catalogue.did_you_mean(scope)
        hint = f"; did you mean {guess}?" if guess else ""
        if "," in scope:
            hint = "; scopes are separated by spaces, not commas"
        yield found("MCS104", case, f"unrecognised scope: {scope}{hint}", {scope})


def no_token_granted(case: Case) -> Iterator[Finding]:
    """MCS105: the code under test never got a token that could be judged."""
    observed = case.observed
    if case.sought and not any(each.granted is not None for each in observed.requests):
        yield found("MCS105", case, f"no token granted: {_why_no_token(case)}")


def _why_no_token(case: Case) -> str:
    observed = case.observed
    if observed.requests:
        refusals = dict.fromkeys(_refusal(each) for each in observed.requests)
        return f"every token request was refused ({'; '.join(refusals)})"
    if observed.own_tokens:
        own = " and ".join(sorted(f"{name}()" for name in observed.own_tokens))
        return f"the only tokens were the test's own, from {own}; the code under test asked for none"
    if observed.unpresented:
        return f"the code was granted a token earlier (in {observed.unpresented}) and presented none in this test"
    if case.others:
        return f"no token request arrived; httpx was seen to call {', '.join(case.others)}"
    return "no token request arrived"


def _refusal(request: TokenRequested) -> str:
    reason = f": {request.reason}" if request.reason else ""
    return f"{request.status} {request.error}{reason}"


def scope_dropped(case: Case) -> Iterator[Finding]:
    """MCS106: the client named scopes once and renews without them."""
    if not case.sought:
        return
    for drop in case.observed.dropped[:1]:
        excess = drop.omitted.assigned - drop.named.requested - FLOW_SCOPES
        text = (
            f'scope dropped on renewal: the client asked for "{drop.named.scope}" first and left scope out later,'
            f" which gets {summary(excess, case.catalogue)} more"
        )
        yield found("MCS106", case, text, excess, excess_severity(case))


def undetermined(case: Case) -> Iterator[Finding]:
    """MCS108: the catalogue is not sure enough to say what is the minimum."""
    if case.expectation.kind == "least_privilege":
        yield from _undetermined_minimum(case)
    elif case.sought:
        declared = case.expectation.declared & case.observed.requested
        unsure = (declared & _doubted(case.observed)) - _needed_for_sure(declared, case.observed)
        for scope in sorted(unsure - FLOW_SCOPES):
            calls = [call for call in case.observed.allowed if scope in call.need.explains]
            yield found("MCS108", case, f"undetermined: {_doubt(scope, calls)}", {scope})


def _undetermined_minimum(case: Case) -> Iterator[Finding]:
    observed = case.observed
    if not observed.requests:
        return
    if not trusted_allowed(observed):
        doubtful = [call for call in observed.allowed if not call.need.trusted]
        why = f"only by {describe(doubtful[0].need)}" if doubtful else "by no call that was allowed"
        yield found("MCS108", case, f"undetermined: the minimum could be told {why}", severity="error")
        return
    unsure = (observed.requested - FLOW_SCOPES - case.limit) & explained(case)
    for scope in sorted(unsure):
        calls = [call for call in observed.calls if scope in call.need.explains | call.need.tolerated]
        yield found("MCS108", case, f"undetermined: {_doubt(scope, calls)}", {scope}, "error")


def _doubted(observed: Observed) -> Scopes:
    return frozenset().union(*(call.need.explains for call in observed.allowed))


def _needed_for_sure(declared: Scopes, observed: Observed) -> Scopes:
    calls = trusted_allowed(observed)
    return frozenset(scope for scope in declared if any(depends(call, scope, declared) for call in calls))


def _doubt(scope: str, calls: list[CallMade]) -> str:
    return f"whether {scope} is needed is not sure: {describe(calls[0].need)}"


def describe(need: Need) -> str:
    """Name a call with how well its row is known."""
    return f"{need.label} ({need.doubt or need.confidence})"


def unexpected_request(case: Case) -> Iterator[Finding]:
    """MCS109: a token was requested where the mark says that none is."""
    if case.expectation.kind == "no_token" and case.observed.requests:
        text = f"unexpected token request: {asked(case.observed.requests)}"
        yield found("MCS109", case, text, case.observed.requested)


def asked(requests: Iterable[TokenRequested]) -> str:
    """Write what requests asked for, as sent."""
    return ", ".join(
        dict.fromkeys("no scope parameter" if each.scope is None else f'scope="{each.scope}"' for each in requests)
    )


def denied_call(case: Case) -> Iterator[Finding]:
    """MCS201: a call needs what its token does not carry."""
    seen = set[tuple[str, Scopes | None]]()
    for call in case.observed.lacking:
        if (key := (call.need.label, call.granted)) in seen:
            continue
        seen.add(key)
        granted = call.granted or frozenset()
        needed = " or ".join(line(each) for each in call.need.minimal_sets)
        text = f"denied call: {call.need.label} needs {needed}; the token has {line(granted) or 'no scope'}"
        yield found("MCS201", case, text, lacked(call), "error" if call.need.trusted else "note")


def depends(call: CallMade, scope: str, declared: Scopes) -> bool:
    """Tell whether an allowed call on a trusted row would be refused without the scope.

    A call that the declared scopes do not allow in the first place was allowed
    by more than was declared: it then speaks for a scope only if nothing else
    that it had would have done.
    """
    have = declared if call.need.satisfied_by(declared) else declared | (call.granted or frozenset())
    return not call.need.satisfied_by(have - {scope})


def unused_scope(case: Case) -> Iterator[Finding]:
    """MCS202: the allowed calls would do without a scope that is declared and requested."""
    expectation, observed = case.expectation, case.observed
    if expectation.kind != "scopes" or expectation.match == "at_most":
        return
    if not any(_needs_a_scope(call.need) for call in observed.allowed):
        return
    candidates = (expectation.declared & observed.requested) - FLOW_SCOPES - explained(case)
    needed = _needed_for_sure(expectation.declared, observed)
    if unused := candidates - needed:
        several = "any one of " if len(unused) > 1 else ""
        yield found("MCS202", case, f"unused scope: {several}{line(unused)}", unused)


def _needs_a_scope(need: Need) -> bool:
    return bool(need.minimal_sets) and all(need.minimal_sets)


def unmapped_call(case: Case) -> Iterator[Finding]:
    """MCS203: the catalogue does not know the route."""
    for need in dict.fromkeys(call.need for call in case.observed.calls if not call.need.mapped):
        near = f"; near: {', '.join(need.near_misses)}" if need.near_misses else ""
        yield found("MCS203", case, f"unmapped call: {need.label} is not in the catalogue{near}")


ALL_RULES: tuple[RuleFunction, ...] = (
    scope_omitted,
    excess_scope,
    missing_scope,
    unrecognised_scope,
    no_token_granted,
    scope_dropped,
    undetermined,
    unexpected_request,
    denied_call,
    unused_scope,
    unmapped_call,
)
