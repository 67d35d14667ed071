"""The rules on how the code handles secrets and tokens, whatever their scopes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..ledger.facts import CallMade
from .rules import found
from .wording import asked, line, summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..ledger.facts import Exposed, TokenRequested
    from .findings import Finding
    from .reuse import Insisted, Repeated
    from .rules import Case, RuleFunction

_TOKEN_REQUEST = "POST /v2/token"
_HEADER = "Authorization: Bearer <token>"


def secret_in_url(case: Case) -> Iterator[Finding]:
    """MCS301: a client secret came in a URL."""
    body = '{"grant_type": "client_credentials", "client_id": "<id>", "client_secret": "<secret>"}'
    for fact, exposed in _exposed(case):
        if exposed.what == "secret":
            text = f"secret in a URL: {_name(fact)} has it in {exposed.where}"
            yield replace(found("MCS301", case, text), should_read=(_TOKEN_REQUEST, body))


def token_in_url(case: Case) -> Iterator[Finding]:
    """MCS302: a token came in a URL."""
    for fact, exposed in _exposed(case):
        if exposed.what == "token":
            text = f"token in a URL: {_name(fact)} has it in {exposed.where}"
            yield replace(found("MCS302", case, text), should_read=_with_token(fact, exposed))


def _exposed(case: Case) -> Iterator[tuple[TokenRequested | CallMade, Exposed]]:
    facts: tuple[TokenRequested | CallMade, ...] = (*case.observed.requests, *case.observed.calls)
    for fact in facts:
        for exposed in fact.exposed:
            yield fact, exposed


def _name(fact: TokenRequested | CallMade) -> str:
    return fact.need.label if isinstance(fact, CallMade) else "a token request"


def _with_token(fact: TokenRequested | CallMade, exposed: Exposed) -> tuple[str, str]:
    """Write the request with its token in the right place: refresh tokens go in the body."""
    if isinstance(fact, CallMade):
        return fact.need.label, _HEADER
    if "refresh" in exposed.where.lower():
        return _TOKEN_REQUEST, '{"grant_type": "refresh_token", "refresh_token": "<token>", ...}'
    return _TOKEN_REQUEST, "with the client's credentials in its body, and no access token"


def token_not_reused(case: Case) -> Iterator[Finding]:
    """MCS303: another token was granted for the same, while the first was good for long."""
    same: dict[tuple[object, ...], list[Repeated]] = {}
    for each in case.observed.repeated:
        what = each.second.client, each.second.account_id, each.second.granted
        same.setdefault(what, []).append(each)
    for repeated in same.values():
        yield _not_reused(case, repeated)


def _not_reused(case: Case, repeated: list[Repeated]) -> Finding:
    first, second = repeated[0].first, repeated[0].second
    granted = second.granted or frozenset()
    more = f"{len(repeated)} more tokens" if len(repeated) > 1 else "another token"
    left = round(first.expires_in - (second.at - first.at))
    text = (
        f"token not reused: {more} for {summary(granted, case.catalogue) or 'no scope'}, when the"
        f" first one had {left} of its {first.expires_in} seconds left"
    )
    lines = (f"{_HEADER}, of the first token until its expires_in has run out",)
    return replace(found("MCS303", case, text, granted), should_read=lines)


def requested_after_403(case: Case) -> Iterator[Finding]:
    """MCS304: a 403 was answered by asking for the same scopes again."""
    for each in case.observed.insisted:
        text = (
            f"token requested after a 403: {each.denied.need.label} was denied, and then the client"
            f" asked for the same again, {asked([each.again])}"
        )
        finding = found("MCS304", case, text, each.again.requested)
        yield replace(finding, should_read=_instead(each))


def _instead(insisted: Insisted) -> tuple[str, ...]:
    """Say that nothing is to be sent, or what: once a person has approved more."""
    nothing = "no token request: the same scopes are denied again"
    denied = insisted.denied
    if not (denied.lacking and denied.need.trusted):
        return (nothing,)
    lacking = denied.need.minimal_sets[0] - (denied.granted or frozenset())
    both = line(insisted.again.requested | lacking)
    return nothing, f'or, once {line(lacking)} is approved and declared, scope="{both}"'


HYGIENE_RULES: tuple[RuleFunction, ...] = (
    secret_in_url,
    token_in_url,
    token_not_reused,
    requested_after_403,
)
