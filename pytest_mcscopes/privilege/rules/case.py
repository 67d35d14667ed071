"""The rules, each a pure function of what was observed and what was declared.

They know nothing of one another: `replaces` says which finding takes the place of which.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from ..expectation import FLOW_SCOPES, Expectation
from ..findings import RULES, Finding, Severity
from ..minimum import Scopes, minima
from ..overlay_hint import missing_row
from ..phrases import (
    LONGEST_WORD,
    SOAP_DENIAL,
    as_sent,
    asked,
    describe,
    either,
    few,
    line,
    listed,
    summary,
)
from ..takers import TAKERS, describe_taken, way_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ...catalogue.call_requirements import CallRequirements
    from ...catalogue.catalogue import Catalogue
    from ...ledger.facts import CallMade, Taken, TokenRequested
    from ..observed import Login, Observed

    RuleFunction = Callable[["Case"], Iterator[Finding]]

NONE: Scopes = frozenset()
_AUTH_HOST = ".auth.marketingcloudapis.com"
_OK = 200
_REDIRECT = 300
_NO_ID = re.compile(r"[^A-Za-z0-9_-]+")
"""What separates ids in a word that holds several: commas, quotes, brackets."""
_LOOKED_UP = 100
"""So many unknown words are compared with the known ids; a client may send thousands."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One mark, and what the test did with the package that it judges."""

    expectation: Expectation
    observed: Observed
    catalogue: Catalogue
    others: tuple[str, ...] = ()
    """Hosts that are not ours and that httpx was seen to call."""
    taken: tuple[Taken, ...] = ()
    """Requests to a Marketing Cloud that another tool took before they got here."""
    taken_by: str = ""
    """The module whose patch of httpx took the test's requests before they got here, if any."""
    judged_in_set_up: Scopes | None = None
    """What the granted requests asked for that a block in a fixture of the test's own judged in
    its set-up; None: it judged none."""

    @cached_property
    def limit(self) -> Scopes:
        """What may be requested: what the mark lists, or what the calls need."""
        if self.expectation.kind == "scopes":
            return self.expectation.declared
        return max(self.minima, key=lambda tied: len(tied & self.observed.requested))

    @cached_property
    def minima(self) -> tuple[Scopes, ...]:
        """The minimum of the allowed calls on trusted rows; several where they tie."""
        needs = (call.need.minimal_sets for call in self.observed.trusted)
        return minima(needs, self.observed.requested)

    @property
    def sought(self) -> bool:
        """Whether the mark compares scopes at all."""
        return self.expectation.kind != "no_token"

    @property
    def lacks_token(self) -> bool:
        """Whether a token was to be judged, and none was granted: MCS105 fails the test."""
        granted = self.observed.granted is not None or self.judged_in_set_up is not None
        return self.sought and not granted

    @property
    def comparable(self) -> bool:
        """Whether there is anything to hold the requested scopes against."""
        least = self.expectation.kind == "least_privilege"
        return bool(self.observed.allowed) if least else self.sought

    @cached_property
    def reasons(self) -> dict[str, CallMade]:
        """Scope -> the first call that leaves open whether it is needed.

        A doubtful call may have needed whatever it explains, even where it was
        let through; a call on a trusted row tolerates more than the row lists.
        What a user may not do shows nothing of the scopes that it needs, nor does
        what was denied for want of a scope that was asked for and not granted.
        """
        return self.reasons_in(self.observed.by_code)

    def reasons_in(self, calls: Sequence[CallMade]) -> dict[str, CallMade]:
        """Find the same among some of the calls."""
        doubtful = [(call, call.need.explains) for call in calls]
        tolerant = [(call, call.need.tolerated) for call in calls if is_allowed(call)]
        user_denied = [
            (call, call.need.used_with(call.granted or NONE)) for call in calls if is_barred(call)
        ]
        denied = [(call, self.withheld(call)) for call in calls]
        told = [*doubtful, *tolerant, *user_denied, *denied]
        return dict(reversed([(scope, call) for call, scopes in told for scope in scopes]))

    def withheld(self, call: CallMade) -> Scopes:
        """Tell what a denied call on a trusted row lacked although its token was asked for it."""
        if not (call.scope_denied and call.need.trusted):
            return NONE
        asked = (each.requested for each in self.observed.requests if each.token == call.token)
        return call.lacks & NONE.union(*asked)

    @property
    def explained(self) -> Scopes:
        """The scopes of which it is open whether they are needed."""
        return frozenset(self.reasons)


def is_allowed(call: CallMade) -> bool:
    """Tell whether app and user may make a call, by the catalogue."""
    return not (call.scope_denied or call.user_denied)


def is_barred(call: CallMade) -> bool:
    """Tell whether a call on a trusted row would have been allowed, had the user been another."""
    return call.user_denied and call.need.trusted and not call.scope_denied


def is_refused(call: CallMade) -> bool:
    """Tell whether a trusted row says that a call was denied: by its scopes or its user."""
    return call.need.trusted and (call.scope_denied or call.user_denied)


def make_finding(
    rule: str,
    case: Case,
    text: str | Callable[[Scopes], str],
    scopes: Iterable[str] = (),
    severity: Severity | None = None,
    *,
    causes: Iterable[object] = (),
    meant: Scopes = NONE,
) -> Finding:
    """Make a finding of the severity that the rule has by default, or the given one.

    Args:
        rule: its id.
        case: what it was found in.
        text: for people, or what writes it of the scopes: they may become fewer.
        scopes: what it is about.
        severity: None: as the rule has by default.
        causes: the requests or calls that it is about.
        meant: what the request should have named in place of the scopes.
    """
    said = None if isinstance(text, str) else text
    about = frozenset(scopes)
    return Finding(
        rule=rule,
        severity=severity or RULES[rule].severity,
        text=text if isinstance(text, str) else text(about),
        scopes=about,
        package=case.observed.package,
        by_mark=severity not in {None, RULES[rule].severity},
        causes=frozenset(causes),
        meant=meant,
        say=said,
    )


def excess_severity(case: Case) -> Severity:
    """Asking for more is a note where the mark sets a lower bound only."""
    return "note" if case.expectation.match == "at_least" else "error"


def surplus(case: Case, scopes: Scopes) -> Scopes:
    """Take from requested scopes what may be requested, and what must stay undetermined."""
    if not case.comparable:
        return NONE
    least = case.expectation.kind == "least_privilege"
    return scopes - case.limit - FLOW_SCOPES - (case.explained if least else NONE)


def scope_omitted(case: Case) -> Iterator[Finding]:
    """MCS101: a request without `scope` asks for everything assigned, and that is too much."""
    than = "declared" if case.expectation.kind == "scopes" else "the calls need"
    for each in case.observed.omitting:
        if excess := surplus(case, each.assigned):
            uncounted = (each.assigned & FLOW_SCOPES) - case.expectation.declared
            text = (
                "scope omitted: the request asks for everything that is assigned,"
                f" {summary(excess, case.catalogue, uncounted=uncounted)} more than {than}"
            )
            severity = excess_severity(case)
            yield make_finding("MCS101", case, text, excess, severity, causes=[each])


def excess_scope(case: Case) -> Iterator[Finding]:
    """MCS102: a scope was requested by name that is not in the minimum.

    So it is where a request renews what the test itself had asked for: nobody
    else names those scopes.
    """
    named = [each for each in case.observed.requests if each.scope is not None]
    named += case.observed.inherited
    excess = surplus(case, NONE.union(*(each.requested for each in named)))
    if case.sought:
        idle = [each for each in named if each.grant_type == "client_credentials"]
        flow = FLOW_SCOPES & NONE.union(*(each.requested for each in idle))
        excess |= flow - case.expectation.declared
    if excess:
        text = partial(_excess, case)
        yield make_finding("MCS102", case, text, excess, excess_severity(case))


def _excess(case: Case, scopes: Scopes) -> str:
    return f"excess scope: {listed(scopes, case.catalogue)}"


def missing_scope(case: Case) -> Iterator[Finding]:
    """MCS103: a declared scope was not requested."""
    observed = case.observed
    if not _compares_below(case):
        return
    # What a block judged in the set-up is asked for no second time.
    before = NONE if observed.requests else case.judged_in_set_up or NONE
    missing = case.expectation.declared - observed.requested - before
    if absent := missing - observed.assigned:
        yield make_finding("MCS103", case, partial(_absent, case), absent)
    if unasked := missing & observed.assigned:
        yield make_finding("MCS103", case, partial(_unasked, case), unasked)


def _absent(case: Case, scopes: Scopes) -> str:
    return f'{_unasked(case, scopes)} (not assigned to package "{case.observed.package}")'


def _unasked(case: Case, scopes: Scopes) -> str:
    missing = f"missing scope: {listed(scopes, case.catalogue)}"
    before = case.judged_in_set_up
    if before is None or case.observed.requests:
        return missing
    asked_for = listed(before, case.catalogue) or "no scope"
    return f"{missing}; the block that judged this test's set-up saw {asked_for} requested"


def _compares_below(case: Case) -> bool:
    """Tell whether every declared scope must be requested and used."""
    return case.expectation.kind == "scopes" and case.expectation.match != "at_most"


def unrecognised_scope(case: Case) -> Iterator[Finding]:
    """MCS104: a requested scope is not in the catalogue; an error where a near one is."""
    if not case.sought:
        return
    meant = slips(case)
    for scope in sorted(case.observed.requested - case.catalogue.wire_ids):
        if ids := meant.get(scope):
            severity: Severity = "note" if case.expectation.match == "at_least" else "error"
            text = f"did you mean {listed(ids, case.catalogue)}? {_unrecognised(scope)}"
            causes = _refused_for(scope, meant, case.observed.requests)
            finding = make_finding(
                "MCS104", case, text, {scope}, severity, causes=causes, meant=ids
            )
            yield replace(finding, by_mark=severity == "note")
        else:
            yield make_finding("MCS104", case, _unrecognised(scope), {scope})


def _unrecognised(scope: str) -> str:
    hint = "; scopes are separated by spaces, not commas" if "," in scope else ""
    return f"unrecognised scope: {line([scope])}{hint}"


def slips(case: Case) -> dict[str, Scopes]:
    """Find the unknown words of the requests that come near known ids, and those ids."""
    unknown = sorted(case.observed.requested - case.catalogue.wire_ids)
    near = {word: nearest_ids(word, case.catalogue) for word in unknown[:_LOOKED_UP]}
    return {word: ids for word, ids in near.items() if ids}


def nearest_ids(word: str, catalogue: Catalogue) -> Scopes:
    """Find what an unknown word may stand for: several ids where it has commas or the like."""
    parts = _NO_ID.split(word)
    if len(parts) == 1 or len(parts) > _LOOKED_UP:
        parts = [word]
    known = (part if part in catalogue.wire_ids else _guess(part, catalogue) for part in parts)
    return frozenset(filter(None, known))


def _guess(word: str, catalogue: Catalogue) -> str | None:
    return catalogue.did_you_mean(word) if 0 < len(word) <= LONGEST_WORD else None


def _refused_for(
    scope: str, meant: Mapping[str, Scopes], requests: Iterable[TokenRequested]
) -> Iterator[TokenRequested]:
    """Find the requests for a word whose slips are the only reason that they were refused."""
    for each in requests:
        if each.error == "invalid_scope" and scope in each.requested:
            refused = each.requested - each.assigned
            if all(word in meant and meant[word] <= each.assigned for word in refused):
                yield each


def no_token_granted(case: Case) -> Iterator[Finding]:
    """MCS105: the code under test never got a token that could be judged.

    Where each request is to be refused, it never asked for one.
    """
    if case.lacks_token:
        text = f"no token granted: {_why_no_token(case)}"
        yield make_finding("MCS105", case, text, causes=case.observed.requests)
    if case.expectation.refused and not case.observed.requests:
        text = "no token request to refuse, and the mark says that each one is refused"
        yield make_finding("MCS105", case, f"{text}: {_why_no_token(case)}")


def _why_no_token(case: Case) -> str:
    if case.observed.requests or case.taken_by not in TAKERS:
        return _seen_of_it(case)
    taker = TAKERS[case.taken_by]
    return f"{_seen_of_it(case)}; {taker.name} {taker.does}"


def _seen_of_it(case: Case) -> str:
    observed = case.observed
    if observed.requests:
        return "; ".join(_requests_in_vain(observed.requests))
    if observed.own_tokens:
        own = " and ".join(sorted(f"{name}()" for name in observed.own_tokens))
        return (
            f"the only tokens were the test's own, from {own}; the code under test asked for none"
        )
    if observed.asked_in:
        return (
            f"the code asked for a token in fixture {observed.asked_in}, in this test's set-up,"
            " where nothing is judged, and presented none in the test itself"
        )
    if observed.unpresented:
        return (
            f"the code was granted a token earlier ({observed.unpresented}) and presented none in"
            " this test"
        )
    if case.others:
        return f"no token request arrived; httpx was seen to call {few(case.others)}"
    return "no token request arrived"


def _requests_in_vain(requests: Iterable[TokenRequested]) -> Iterator[str]:
    seen = list(requests)
    refused = [each for each in seen if not each.also_issued]
    left = left_codes(seen)
    if left:
        yield "a code was issued and never exchanged"
    if refused:
        refusals = few(dict.fromkeys(map(_refusal, refused)), "; ")
        every = "every other request" if left else "every token request"
        what = "was refused" if all(each.status for each in refused) else "failed"
        yield f"{every} {what} ({refusals})"


def left_codes(requests: Iterable[TokenRequested]) -> frozenset[str]:
    """Collect the codes that were issued, where no request was granted, and never presented."""
    seen = list(requests)
    issued = frozenset(code for each in seen for code in each.also_issued)
    return issued - {each.presented for each in seen}


def _refusal(request: TokenRequested) -> str:
    if not request.status:
        return f"no answer: {request.error}, {request.reason}"
    reason = f": {request.reason}" if request.reason else ""
    return f"{request.status} {request.error}{reason}"


def scope_dropped(case: Case) -> Iterator[Finding]:
    """MCS106: the client named scopes once and renews without them."""
    if not case.sought:
        return
    for drop in case.observed.dropped[:1]:
        more = drop.omitted.assigned - drop.named.requested
        excess, flow = more - FLOW_SCOPES, more & FLOW_SCOPES
        text = (
            f'scope dropped on renewal: the client asked for "{as_sent(drop.named.scope or "")}"'
            " first and left scope out later, which asks for"
            f" {summary(excess, case.catalogue, uncounted=flow)} more"
        )
        causes = [each.omitted for each in case.observed.dropped]
        yield make_finding("MCS106", case, text, excess, excess_severity(case), causes=causes)


def undetermined(case: Case) -> Iterator[Finding]:
    """MCS108: the catalogue is not sure enough to say what is the minimum."""
    least = case.expectation.kind == "least_privilege"
    if not case.sought or case.lacks_token:
        return
    if least and not case.observed.trusted:
        yield from _nothing_trusted(case)
        return
    reasons = case.reasons
    calls: dict[CallMade, set[str]] = {}
    for scope in sorted(unsure(case)):
        # What a denied call would need is no question where less may be requested.
        if not (is_refused(reasons[scope]) and case.expectation.match == "at_most"):
            calls.setdefault(reasons[scope], set()).add(scope)
    for call, scopes in calls.items():
        text = f"whether {summary(frozenset(scopes), case.catalogue)} is needed: {doubt_in(call)}"
        yield _undecided(case, text, call, scopes)


def unsure(case: Case) -> Scopes:
    """Collect the requested scopes that only doubtful or tolerating calls may be the reason of."""
    requested = (case.observed.requested & case.explained) - FLOW_SCOPES
    if case.expectation.kind == "least_privilege":
        return requested - case.limit
    return (requested & case.expectation.declared) - needed_for_sure(case)


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


def row_and_token(call: CallMade) -> tuple[CallRequirements, Scopes | None]:
    """Name what findings on a call share: its row, and what its token carries."""
    return call.need, call.granted


def doubt_in(call: CallMade) -> str:
    """Say what a call leaves open: its row is doubtful or tolerates more, or its user barred."""
    if is_barred(call):
        return f'{describe(call.need)} needs it, and user "{call.user}" may not make that call'
    if is_refused(call):
        return f"{describe(call.need)} needs it, and the token was asked for it and had it not"
    more = " may need it, though its catalogue entry does not list it" if call.need.trusted else ""
    return f"{describe(call.need)}{more}"


def unreadable_request(case: Case) -> Iterator[Finding]:
    """MCS110: what a token request asks for cannot be read, and so cannot be judged."""
    if not case.sought:
        return
    for each in case.observed.requests:
        if each.unreadable:
            text = f"unreadable token request: {each.unreadable}"
            yield make_finding("MCS110", case, text, causes=[each])


def unexpected_request(case: Case) -> Iterator[Finding]:
    """MCS109: a token was requested where the mark says that none is."""
    if case.sought:
        return
    refused = case.expectation.refused
    if refused:
        yield from _not_refused(case)
    elif case.observed.requests:
        text = f"unexpected token request: {asked(case.observed.requests)}"
        yield make_finding("MCS109", case, text, case.observed.requested)
    called = [host for host in case.others if host.endswith(_AUTH_HOST)]
    if bool(case.observed.requests) != refused:
        return
    if case.taken:
        # Answered by somebody who does not say what was asked for.
        took = "; ".join(map(describe_taken, case.taken))
        text = f"unexpected token request, as far as can be told: {took}"
        steps = tuple(dict.fromkeys(map(way_out, case.taken)))
        yield replace(make_finding("MCS109", case, text), next_steps=steps)
    elif called:
        # Answered by a mock of the test's own, which says nothing of what was asked for.
        text = f"unexpected token request: httpx was seen to call {', '.join(called)}"
        yield make_finding("MCS109", case, text)


def all_refused(requests: Iterable[TokenRequested]) -> bool:
    """Tell whether there was a token request, and each one was refused."""
    seen = list(requests)
    left = left_codes(seen)
    return bool(seen) and not any(_unrefused(each, left) for each in seen)


def _not_refused(case: Case) -> Iterator[Finding]:
    """Find what else became of requests, where each one is to be refused."""
    left = left_codes(case.observed.requests)
    outcomes: dict[str, list[TokenRequested]] = {}
    for each in case.observed.requests:
        outcomes.setdefault(_unrefused(each, left), []).append(each)
    outcomes.pop("", None)
    for outcome, requests in outcomes.items():
        text = f"a token request {outcome}, and the mark says that each one is refused"
        scopes = NONE.union(*(each.requested for each in requests))
        yield make_finding("MCS109", case, f"{text}: {asked(requests)}", scopes)


def _unrefused(request: TokenRequested, left: Scopes) -> str:
    """Say what became of a request; nothing where it was refused, or its code came back."""
    if request.granted is not None:
        return "was granted"
    if left.intersection(request.also_issued):
        return "got a code that was never exchanged"
    if request.unreadable:
        return "has a body that cannot be read"
    # What ended in a time-out or reset that the test ordered got no token either.
    wanted = bool(request.also_issued) or not request.status or request.status >= _REDIRECT
    return "" if wanted else "was answered without a refusal"


def denied_call(case: Case) -> Iterator[Finding]:
    """MCS201: a call needs what its token does not carry."""
    for call in _distinct(case.observed.scope_denied):
        text = (
            f"denied call: {describe(call.need)} needs {either(call.need.minimal_sets)};"
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
    declared = case.expectation.declared
    if unused := _unused_by_all(case):
        together = not any(depends(call, unused, declared) for call in case.observed.trusted)
        text = f"unused scope: {_removable(unused, case, together=together)}"
        yield make_finding("MCS202", case, text, unused)
    for idle in idle_logins(case):
        text = (
            f"unused scope: {_removable(idle.scopes, case, together=idle.together)}, in the log-in"
            f" that asks for {listed(idle.login.scopes, case.catalogue)}: its own calls would do"
            " without, and another log-in has it for its calls"
        )
        yield make_finding("MCS202", case, text, idle.scopes)


def _unused_by_all(case: Case) -> Scopes:
    """Find the declared and requested scopes that the allowed calls would do without."""
    if not _compares_below(case) or not any(needs_a_scope(each) for each in case.observed.allowed):
        return NONE
    requested = case.expectation.declared & case.observed.requested
    return requested - FLOW_SCOPES - case.explained - needed_for_sure(case)


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
    if not (_compares_below(case) or case.expectation.kind == "least_privilege"):
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
    if not any(needs_a_scope(call) for call in own if is_allowed(call)):
        return NONE
    named = (case.limit & login.named) - FLOW_SCOPES - told - frozenset(case.reasons_in(own))
    return frozenset(
        scope
        for scope in named
        if not any(depends(call, {scope, *told}, case.limit) for call in _trusted(own))
    )


def _trusted(calls: Iterable[CallMade]) -> Iterator[CallMade]:
    return (call for call in calls if is_allowed(call) and call.need.trusted)


def needs_a_scope(call: CallMade) -> bool:
    """Tell whether the row is known to need any scope at all."""
    return bool(call.need.minimal_sets) and all(call.need.minimal_sets)


def needed_for_sure(case: Case) -> Scopes:
    """Collect the declared scopes without which a call on a trusted row would be refused."""
    declared, calls = case.expectation.declared, case.observed.trusted
    return frozenset(
        scope for scope in declared if any(depends(call, {scope}, declared) for call in calls)
    )


def depends(call: CallMade, scopes: Iterable[str], declared: Scopes) -> bool:
    """Tell whether an allowed call on a trusted row would be refused without these scopes.

    A call that the declared scopes do not allow in the first place was allowed
    by more than was declared: it then speaks for a scope only if nothing else
    that it had would have done.
    """
    enough = call.need.satisfied_by(declared)
    have = declared if enough else declared | (call.granted or NONE)
    return not call.need.satisfied_by(have.difference(scopes))


def unmapped_call(case: Case) -> Iterator[Finding]:
    """MCS203: the catalogue does not know the route."""
    for need in dict.fromkeys(call.need for call in case.observed.calls if not call.need.mapped):
        near = f"; near: {', '.join(need.near_misses)}" if need.near_misses else ""
        yield make_finding(
            "MCS203", case, f"unmapped call: {need.label} is not in the catalogue{near}"
        )


ALL_RULES: tuple[RuleFunction, ...] = (
    scope_omitted,
    excess_scope,
    missing_scope,
    unrecognised_scope,
    no_token_granted,
    scope_dropped,
    undetermined,
    unexpected_request,
    unreadable_request,
    denied_call,
    unused_scope,
    unmapped_call,
)
