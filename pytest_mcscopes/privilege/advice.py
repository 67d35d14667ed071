"""What to do next. Advice never widens rights: it narrows, or it asks a person to decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .call_advice import advise_denied, advise_permission, advise_undetermined, advise_unmapped
from .expectation import FLOW_SCOPES
from .mark_text import assigned, package_mark, scopes_mark
from .minimum import minima
from .phrases import describe, either, line, listed, of_block, quoted, when_to_name
from .rules.calls import depends, doubt_in, idle_logins, needs_a_scope, unsure
from .rules.case import NONE
from .rules.requested import slips
from .token_advice import READABLE, advise_no_token, advise_unexpected

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from ..ledger.facts import CallMade
    from .minimum import Scopes
    from .rules.case import Case
    from .verdict import Verdict

_ALWAYS = (
    (
        "MCS301",
        "URLs end up in logs: if this code has ever run against a real tenant, rotate the secret.",
    ),
    (
        "MCS104",
        "Ask for scopes by the ids that Marketing Cloud documents, with spaces between them.",
    ),
    (
        "MCS205",
        (
            "Read v2/userinfo with the user's token before the first call, and offer only what both"
            " its appScopes and its permissions allow."
        ),
    ),
)
"""What there is to do, whatever the case."""
_COMPARING = frozenset({"MCS101", "MCS102", "MCS103", "MCS104", "MCS106", "MCS202"})
_FEW = 3
"""Log-ins that are told what to ask for; the next run tells of the others."""


def advise(verdict: Verdict, others: Mapping[str, Scopes] | None = None) -> list[str]:
    """Write the next steps for the errors of a verdict, the most likely first.

    *others* are, by package, what other tests do with a login that asks for the same.
    """
    several = len(verdict.cases) > 1
    # What is used of another tenant is why nothing came to this one.
    foreign = [step for each in verdict.errors if each.rule == "MCS107" for step in each.next_steps]
    steps = [*foreign]
    for case in verdict.cases:
        package = case.observed.package
        fired = {each.rule for each in verdict.errors if each.package == package}
        fired |= {"MCS107"} if foreign else set()
        of = f' [package "{package}"]' if several else ""
        shared = (others or {}).get(package, NONE)
        own = [step + of for step in _advise_case(case, fired, shared)]
        steps += [of_block(step) if case.expectation.of_block else step for step in own]
    steps += [step for each in verdict.errors for step in each.next_steps]
    return list(dict.fromkeys(steps))


def _advise_case(case: Case, fired: Collection[str], others: Scopes) -> Iterator[str]:
    if "MCS109" in fired and not (case.taken and not case.observed.requests):
        yield advise_unexpected(case)
    if "MCS110" in fired:
        yield READABLE
    if "MCS105" in fired:
        yield from advise_no_token(case, foreign="MCS107" in fired)
    denied = [*advise_denied(case)] if "MCS201" in fired else []
    yield from denied
    if "MCS204" in fired:
        yield advise_permission(case)
    if "MCS202" in fired:
        yield from _narrow_logins(case)
    if _COMPARING & set(fired):
        # A slip or a flow scope is no question of who shares the client.
        flow = (case.observed.requested & FLOW_SCOPES) - case.expectation.declared
        named_flow = flow and not case.observed.omitting
        steps = _compared(case, NONE if "MCS104" in fired or named_flow else others)
        yield from (each for each in steps if not _is_said(each, denied))
    if "MCS108" in fired:
        yield advise_undetermined(case)
    if "MCS203" in fired:
        yield advise_unmapped(case)
    yield from (step for rule, step in _ALWAYS if rule in fired)


def _is_said(step: str, denied: Iterable[str]) -> bool:
    """Tell whether what to request is said already, of a call that was denied."""
    return any(each.startswith(f"{step.removesuffix(' instead.')},") for each in denied)


def _compared(case: Case, others: Scopes) -> Iterator[str]:
    """Say what to request; both shapes of code where other tests need more of the same login."""
    least = case.expectation.kind == "least_privilege"
    steps = [*(_least(case) if least else _declared(case))]
    own = case.limit if least else (*_narrowed(case), _target(case))[0]
    if case.expectation.match == "at_least" or not steps or others <= own:
        yield from steps
        return
    together = " ".join(steps)
    yield f"If this client serves one purpose: {together[0].lower()}{together[1:]}"
    yield _for_everything(case, own | others)


def _for_everything(case: Case, union: Scopes) -> str:
    """Tell the mark for a client that asks once for all that its tests need between them."""
    of = f', package="{case.expectation.package}"' if case.expectation.package else ""
    kept = union | case.observed.kept
    ask = f", and request {_scope(kept)}" if case.observed.requested - kept else ""
    return (
        "If it asks with one token for everything: declare the union once, for all tests that share"
        " it and in place of their own marks,"
        f' pytestmark = pytest.mark.mc_scopes({quoted(union)}, match="at_most"{of}){ask}.'
    )


def _declared(case: Case) -> Iterator[str]:
    """Say what to request where the mark lists scopes: those, or less where less is known to do."""
    beyond = [call for call in case.observed.allowed if not call.need.allows(case.limit)]
    if case.expectation.match == "at_least":
        yield from _narrow(case) or _add(case)
    elif beyond:
        yield _used_beyond(case, beyond[0])
        if _target(case):
            yield from _request(case, [_target(case)], "Without it, request")
    elif narrow := _narrow(case):
        yield from narrow
        yield from _request(case, _narrowed(case))
        yield from _or_without(case, _narrowed(case)[0])
    elif case.expectation.match == "at_most" and not _target(case):
        yield _both_open(case)
    else:
        yield from _absent(case)
        yield from _request(case, [_target(case)])
        yield from _or_without(case, _target(case))


def _narrow_logins(case: Case) -> Iterator[str]:
    """Say what a log-in is to ask for that another log-in's calls excuse nothing of."""
    for idle in idle_logins(case)[:_FEW]:
        less = idle.login.scopes - idle.scopes if idle.together else NONE
        ask = f"request {_scope(less)} alone" if less else "request only what its own calls need"
        step = (
            f"In the log-in that asks for {listed(idle.login.scopes, case.catalogue)}, {ask}: an"
            " app that steps up asks for the new scope alone."
        )
        # While more is asked for than is declared, that mark would fail too.
        if not case.observed.requested - case.limit - FLOW_SCOPES:
            union = f'{quoted(case.limit)}, match="at_most"'
            step += (
                " Or, if it is one client with one token for everything, say so:"
                f" @pytest.mark.mc_scopes({union})."
            )
        yield step


def _used_beyond(case: Case, call: CallMade) -> str:
    """Leave it to a person where the calls used what the marker does not declare."""
    used = line(call.used - case.limit)
    return (
        f"The call {describe(call.need)} used {used}, which the marker does not declare: drop it,"
        f" or have {used} approved and declared."
    )


def _narrow(case: Case) -> list[str]:
    markers = " or ".join(map(_marker, _narrowed(case)))
    text = f"Narrow the marker to {markers}: the calls of this test need no more."
    return [text] if markers else []


def _narrowed(case: Case) -> tuple[Scopes, ...]:
    """Find the smaller sets within the declared ones that the calls can do with; () if none.

    What is only perhaps needed stays, and so do declared scopes of the flow
    itself, which no call shows.
    """
    calls = case.observed.allowed
    shown = any(call.need.trusted or needs_a_scope(call) for call in calls)
    if case.expectation.match == "at_most" or not shown:
        return ()
    base = case.expectation.declared & case.observed.assigned
    kept = base & FLOW_SCOPES.union(case.reasons)
    needs = [_choices(call, base, kept) for call in case.observed.trusted]
    sets = dict.fromkeys((each & base) | kept for each in minima(needs))
    return tuple(each for each in sets if each < case.expectation.declared)


def _choices(call: CallMade, base: Scopes, kept: Scopes) -> tuple[Scopes, ...]:
    """Give what an allowed call needs beside *kept*: of *base*, or else of what its token had."""
    within = [each for each in call.need.minimal_sets if each <= base]
    had = [each for each in call.need.minimal_sets if each <= base | (call.granted or NONE)]
    return tuple(each - kept for each in within or had)


def _add(case: Case) -> Iterator[str]:
    yield from _absent(case)
    if unasked := (case.expectation.declared & case.observed.assigned) - case.observed.requested:
        yield f"Request {line(unasked)} too, as the marker declares."


def _absent(case: Case) -> Iterator[str]:
    absent = case.expectation.declared - case.observed.assigned
    if absent and case.expectation.match != "at_most":
        yield (
            f'The package "{case.observed.package}" lacks {line(absent)}: take it out of the'
            " marker if the code can do without, or test with a package that has it."
        )


def _target(case: Case) -> Scopes:
    """Choose what to request: the declared scopes, as far as the package has them."""
    declared = case.expectation.declared & case.observed.assigned
    return declared & _wished(case) if case.expectation.match == "at_most" else declared


def _wished(case: Case) -> Scopes:
    """Tell what the code may mean to ask for: what it named first, with the right ids for slips."""
    observed = case.observed
    named = [each.requested for each in observed.requests if each.scope is not None]
    first = [each.named.requested for each in observed.dropped] or named
    if not first:
        return case.expectation.declared
    meant = slips(case)
    asked = NONE.union(*first)
    return (asked - frozenset(meant)).union(*(meant[each] for each in asked & frozenset(meant)))


def _both_open(case: Case) -> str:
    """Leave it to a person where nothing that was named is declared."""
    beyond = listed(_wished(case) - case.expectation.declared, case.catalogue)
    return (
        f"Name none but declared scopes, or have {beyond} approved and declared: which of them the"
        " code needs, no call of this test shows."
    )


def _request(case: Case, targets: Sequence[Scopes], lead: str = "Request") -> Iterator[str]:
    """Say how to get just one of these sets; where none was named, the package may be the way."""
    observed = case.observed
    whole = [each | case.observed.kept for each in targets]
    sets = [each for each in whole if each != observed.requested or observed.omitting]
    ask = f"{lead} {' or '.join(map(_scope, sets))}"
    if sets and not observed.omitting:
        yield f"{ask} instead."
    elif sets:
        # A narrow package is of no use where null is sent, which grants nothing.
        never = all(each.scope is None and not each.null_scope for each in observed.requests)
        or_assign = _or_assign(case, sets[0]) if never else ""
        yield f"{ask}{_whenever(case)}{or_assign}."


def _whenever(case: Case) -> str:
    """Say when to name scopes where that was done once; a user's consent is renewed without."""
    observed = case.observed
    if not observed.dropped and all(each.scope is None for each in observed.requests):
        return ""
    return f" {when_to_name(observed.omitting)}"


def _or_assign(case: Case, scopes: Scopes) -> str:
    """Offer the only way that a client has that cannot name scopes: a smaller package."""
    if case.observed.assigned <= scopes:
        return ""
    if place := case.observed.assigned_in:
        here = f"{assigned(scopes)} in {place}"
    else:
        here = package_mark(scopes, case.expectation.package)
    return (
        f"; or, if the client cannot send a scope, assign the package just that: {here}, and the"
        " same on the real Installed Package"
    )


def _or_without(case: Case, target: Scopes) -> Iterator[str]:
    """Give the other way out where a doubtful row alone keeps a scope in the marker."""
    perhaps = unsure(case) & target
    less = target - perhaps
    needed = any(depends(call, perhaps, target) for call in case.observed.trusted)
    if perhaps and less and not needed and case.expectation.match == "exact":
        call = case.reasons[min(perhaps)]
        yield (
            f"Or, if {line(perhaps)} is not needed after all, narrow the marker to"
            f" {_marker(less)} and request {_scope(less | case.observed.kept)}: {doubt_in(call)}."
        )


def _least(case: Case) -> Iterator[str]:
    """Say what to request where the calls themselves are the measure."""
    observed = case.observed
    sets = [each for each in case.minima if each <= observed.requested and observed.trusted]
    doubted = unsure(case)
    if observed.trusted and not sets:
        yield (
            f"The calls could do with {either(case.minima)}, which was not requested. Whether that"
            " is the lesser right is for a person to decide: write the choice down with"
            " @pytest.mark.mc_scopes(...)."
        )
    elif sets or doubted:
        yield from _request(case, sets)
        yield from _with(case, doubted, "Or request" if sets else "Request")
    elif meant := slips(case):
        right = (observed.requested - frozenset(meant)).union(*meant.values())
        yield f"Request {_scope(right)} instead."
    else:
        yield (
            "Request the same scopes each time, and only those that the calls need: no call of"
            " this test shows which."
        )


def _with(case: Case, doubted: Scopes, lead: str) -> Iterator[str]:
    if doubted:
        call = case.reasons[min(doubted)]
        more = case.limit | {scope for scope in doubted if case.reasons[scope] == call}
        yield f"{lead} {_scope(more | case.observed.kept)}, if that is needed: {doubt_in(call)}."


def _scope(scopes: Scopes) -> str:
    return f'scope="{line(scopes)}"'


def _marker(scopes: Scopes) -> str:
    return scopes_mark(scopes, "exact", None) + ("" if scopes else " (no scope at all)")
