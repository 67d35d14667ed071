"""Rules on token requests: none was granted, none was expected, or it cannot be read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...ledger.interceptor_texts import INTERCEPTORS
from ..phrases import asked, few
from ..taken_requests import describe_taken, way_out
from .case import NONE, make_finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...ledger.facts import TokenRequested
    from ..findings import Finding
    from ..minimum import Scopes
    from .case import Case

AUTH_HOST = ".auth.marketingcloudapis.com"
"""What the name of a host ends with that gives tokens."""
_REDIRECT = 300
_OWN = {
    "admin": "by the package admin, whose traffic is never judged",
    "arrange": "in arrange()",
    "issue_token": "by issue_token()",
}
"""What a test does by itself -> how it comes by a token by that."""


def no_token_granted(case: Case) -> Iterator[Finding]:
    """MCS105: the code under test never got a token that could be judged."""
    text = f"no token granted: {_why_no_token(case)}"
    yield make_finding("MCS105", case, text, causes=case.observed.requests)


def nothing_refused(case: Case) -> Iterator[Finding]:
    """MCS105: each request is to be refused, and the code under test never asked for a token."""
    if case.expectation.refused and not case.observed.requests:
        text = "no token request to refuse, and the mark says that each one is refused"
        yield make_finding("MCS105", case, f"{text}: {_why_no_token(case)}")


def _why_no_token(case: Case) -> str:
    if case.observed.requests or case.taken_by not in INTERCEPTORS:
        return _seen_of_it(case)
    taker = INTERCEPTORS[case.taken_by]
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
    none = "no token request arrived"
    if observed.own_request:
        how = _OWN[observed.own_request]
        none = (
            f"the only token request was the test's own, {how}; the code under test asked for none"
        )
    return "; ".join([none, *_calls_elsewhere(case)])


def _calls_elsewhere(case: Case) -> Iterator[str]:
    """Say what may have become of a token request that never arrived."""
    if case.taken and case.taken_by not in INTERCEPTORS:
        yield few(dict.fromkeys(map(describe_taken, case.taken)), "; ")
    elif case.others:
        yield f"the code was seen to call {few(case.others)}"


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


def unreadable_request(case: Case) -> Iterator[Finding]:
    """MCS110: what a token request asks for cannot be read, and so cannot be judged."""
    for each in case.observed.unreadable:
        text = f"unreadable token request: {each.unreadable}"
        yield make_finding("MCS110", case, text, causes=[each])


def unexpected_request(case: Case) -> Iterator[Finding]:
    """MCS109: a token was requested where the mark says that none is."""
    refused = case.expectation.refused
    if refused:
        yield from _not_refused(case)
    elif case.observed.requests:
        text = f"unexpected token request: {asked(case.observed.requests)}"
        yield make_finding("MCS109", case, text, case.observed.requested)
    called = [host for host in case.others if host.endswith(AUTH_HOST)]
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
        text = f"unexpected token request: the code was seen to call {', '.join(called)}"
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
