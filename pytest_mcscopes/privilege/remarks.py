"""What a verdict tells beside its findings: lines that belong to no rule."""

from __future__ import annotations

from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

from ..words import FEW
from .refusals import EXCHANGE_THE_CODE, way_out_of_refusal
from .rules.tokens import AUTH_HOST, left_codes
from .taken_requests import describe_taken, way_to_answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .expectation import Allowance
    from .findings import Finding
    from .rules.case import Case


_NO_TOKEN = "no_token"
_UNSEEN = "so that what it asked for is not judged"


def left_out(cases: Iterable[Case], findings: Iterable[Finding]) -> Iterator[str]:
    """Tell of a test that failed by itself why it had no token: it may well be the cause."""
    findings = tuple(findings)
    elsewhere = any(each.rule == "MCS107" for each in findings)  # which says where, and what to do
    known = dict.fromkeys(way for case in cases for way in _ways_out(case, elsewhere=elsewhere))
    ways_out = "".join(f". {each.removesuffix('.')}" for each in known if each)
    for each in findings:
        if each.rule == "MCS105":
            only = (
                "; mc_tenant answers httpx, requests, urllib and aiohttp in this process, and"
                " mc_server whatever speaks HTTP"
            )
            why = only if each.text.endswith("arrived") and not elsewhere else ""
            yield f"until the test failed: {each.text}{why}{ways_out}"


def _ways_out(case: Case, *, elsewhere: bool) -> Iterator[str]:
    observed = case.observed
    if left_codes(observed.requests):
        yield EXCHANGE_THE_CODE
    for each in observed.requests:
        yield way_out_of_refusal(each, case.catalogue, observed.assigned_in)
    if case.others and not (observed.requests or case.taken or elsewhere):
        yield "If it was to log in there, give it mc_tenant.auth_url in place of that address"


def refusals(cases: Iterable[Case], findings: Iterable[Finding]) -> Iterator[str]:
    """Tell of a test that failed by itself what was refused beside what was granted."""
    if any(each.rule == "MCS105" for each in findings):
        return  # which tells them
    requests = (each for case in cases for each in case.observed.requests if each.error)
    for each in dict.fromkeys((each.status, each.error, each.reason) for each in requests):
        status, error, reason = each
        yield f"a token request was refused: {status or 'no answer'} {error}, {reason}"


def unused(allowances: Iterable[Allowance], findings: Iterable[Finding]) -> Iterator[str]:
    """Tell of the allowances that allowed nothing."""
    fired = {name for each in findings for name in (each.rule, f"{each.rule}:{each.kind}")}
    for each in allowances:
        if each.written not in fired:
            yield f'mc_allow("{each.written}") allowed nothing here ({each.origin}): remove it'


def whose_it_may_be(cases: Iterable[Case], findings: Iterable[Finding]) -> Iterator[str]:
    """Tell a test that fails of requests that may be set-up after all, or an earlier test's."""
    if all(each.severity != "error" for each in findings):
        return
    seen = [case.observed for case in cases]
    for place in sorted({place for each in seen for place in each.elsewhere}):
        yield (
            f"a request came from another task or thread while arrange() was open ({place}), and"
            " is judged: if it is set-up too, write arrange(everywhere=True) there"
        )
    for started in sorted({started for each in seen for started in each.started_in}):
        yield (
            f"a request came from {started}, and is judged here, where it works: if it is left over"
            " from there, let that test wait for it or stop it"
        )


def arranged_to_the_end(place: str) -> str:
    """Tell of an `arrange()` that was open when the test's body ended: it may hide all of it."""
    return (
        f"arrange() ({place}) was still open when the test's body ended: what came in it is the"
        " test's own set-up, and was not judged. If the code under test sent it, end the block"
        " first; a fixture yields outside of it"
    )


def rights_unknown(cases: Iterable[Case]) -> Iterator[str]:
    """Name the calls of which it is undetermined whether their user may make them."""
    # With tokens of the test's own too, as MCS204 is: the code makes the call all the same.
    labels: dict[str, None] = {}
    for case in cases:
        for call in case.observed.authenticated:
            if call.right_unknown and not (call.scope_denied or call.user_denied):
                labels[call.need.label] = None
    if labels:
        left = len(labels) - FEW
        more = f" and {left} more" if left > 0 else ""
        yield (
            "undetermined: it is not known which permission a user needs for"
            f" {', '.join([*labels][:FEW])}{more}; the scope alone decided"
        )


def unseen_log_ins(cases: Iterable[Case]) -> Iterator[str]:
    """Tell of log-ins beside the judged ones that no tenant has seen: they may ask for more.

    Where none was judged, or none is expected, a rule says so.
    """
    asked = (case for case in cases if case.observed.requests)
    judged = [case for case in asked if case.expectation.kind != _NO_TOKEN]
    taken = dict.fromkeys(each for case in judged for each in case.taken)
    for each in taken:
        if each.host.endswith(AUTH_HOST):
            yield f"{describe_taken(each)}, {_UNSEEN}. {way_to_answer(each)}"
    hosts = {each.host for each in taken}
    for host in dict.fromkeys(host for case in judged for host in case.others):
        if host.endswith(AUTH_HOST) and host not in hosts:
            yield f"the code called {host}, where no tenant answered, {_UNSEEN}"


def not_taken(cases: Iterable[Case]) -> Iterable[str]:
    """Tell what the real service would not have taken, as was noted of the requests."""
    return dict.fromkeys(chain.from_iterable(map(attrgetter("observed.remarks"), cases)))
