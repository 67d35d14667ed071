"""What to do next about token requests that failed, never came, or were not to come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ledger.interceptor_texts import INTERCEPTORS
from .refusals import EXCHANGE_THE_CODE, way_out_of_refusal
from .rules.tokens import left_codes
from .taken_requests import way_out, way_to_answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .rules.case import Case

READABLE = (
    "Send the token request as JSON or as a urlencoded form, in UTF-8, with the Content-Type that"
    " says so and each member once: what it asks for cannot be judged otherwise."
)
_OF_THE_USER = frozenset({"access_denied", "user_not_licensed"})
"""What keeps a user from logging in, whatever the app does."""
_OF_REFUSAL = 'mark it @pytest.mark.mc_no_token(refused=True, reason="...")'


def advise_no_token(case: Case, *, foreign: bool) -> Iterator[str]:
    """Say what to do where no token was granted that could be judged.

    Where what it used is *foreign*, another tenant's, that is the first thing to change.
    """
    requests = case.observed.requests
    refused = [each for each in requests if not each.also_issued]
    if case.expectation.refused:
        yield _nothing_refused(case)
        return
    if left_codes(requests):
        yield EXCHANGE_THE_CODE
    if refused and all(each.error in _OF_THE_USER for each in refused):
        yield (
            "The test lets the log-in fail, and then there is no token to judge by: let a log-in"
            f" succeed in it too, or, if it is a test of that, {_OF_REFUSAL}."
        )
    elif any(each.status for each in refused):
        place = case.observed.assigned_in
        ways = (way_out_of_refusal(each, case.catalogue, place) for each in refused)
        known = " ".join(dict.fromkeys(filter(None, ways)))
        fix = known or "Fix the token request: the answer's error tells what is wrong with it."
        yield fix if foreign else f"{fix} Or, if the test is about that refusal, {_OF_REFUSAL}."
    elif refused:
        yield (
            "Let the code ask again when no answer comes; or, if the test is about a log-in without"
            f" an answer, {_OF_REFUSAL}."
        )
    if not (requests or foreign):
        yield _no_request(case)


def _nothing_refused(case: Case) -> str:
    if case.taken_by in INTERCEPTORS:
        return INTERCEPTORS[case.taken_by].way_out
    if case.taken:
        return " ".join(dict.fromkeys(map(way_out, case.taken)))
    return (
        "Let the code ask for a token in this test, of mc_tenant or mc_server; or, if it asks for"
        " none, leave refused=True out of the mark."
    )


def _no_request(case: Case) -> str:
    observed = case.observed
    if case.taken_by in INTERCEPTORS:
        return INTERCEPTORS[case.taken_by].way_out
    if case.expectation.of_block:
        return "Make a call in this block with the client, or open the block before it logs in."
    unless = "mark the test @pytest.mark.mc_no_token(reason=...)"
    itself = (
        "Let the code under test log in itself; a token of the test's own shows nothing of what"
        f" it asks for. If it is always handed one, {unless}."
    )
    if observed.own_tokens:
        return itself
    if observed.asked_in:
        return (
            f"If what fixture {observed.asked_in} does is what you test, judge it there: with"
            " mc_tenant.judged(...): in the fixture. Or let the test use the client that logged"
            f" in; or, if it needs no token, {unless}."
        )
    if observed.unpresented:
        return f"Let the test use the client that logged in; or, if it needs no token, {unless}."
    own = observed.own_request in {"arrange", "issue_token"} and not case.others
    way = itself if own else f"{_log_in(case)}; or, if it needs no token, {unless}."
    steps = dict.fromkeys(map(way_to_answer, case.taken))
    return " ".join(steps) or way


def _log_in(case: Case) -> str:
    """Say how the code comes to ask the tenant for a token."""
    # It may not take whole addresses: SDKs build them.
    built = " (or, where it builds addresses, give it mc_tenant.subdomain)" if case.others else ""
    user = (
        "Let a user log in to the app: give mc_tenant.authorize(url) the address that it sends the"
        " browser to, and let it follow the one that comes back, client.get(...). "
        if case.observed.is_app
        else ""
    )
    return (
        f"{user}Point the code at mc_tenant.auth_url{built} with mc_tenant.client_id and"
        " mc_tenant.client_secret;"
        " in another process, or with a library that mc_tenant does not answer, such as pycurl,"
        " give it those of mc_server"
    )


def advise_unexpected(case: Case) -> str:
    """Say what to do where a token was requested that was not to be."""
    if case.expectation.origin.startswith("no mark"):
        name = case.observed.package
        return f'Say what it may ask for: @pytest.mark.mc_scopes(..., package="{name}").'
    if case.expectation.refused and any(each.unreadable for each in case.observed.requests):
        return READABLE
    if case.expectation.refused:
        return (
            "Let every token request of this test be refused, for example by a wrong secret or"
            ' fail_next("token", ...); what is to succeed belongs into arrange(), or into another'
            " test, with the scopes that it may ask for."
        )
    return "Stop the code from asking, or replace mc_no_token by the scopes that it may ask for."
