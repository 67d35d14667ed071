"""The rules on how the code handles secrets and tokens, whatever their scopes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...ledger.facts import CallMade
from ..findings import OTHER_CONNECTION
from ..phrases import asked, line, summary
from .case import make_finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...ledger.facts import Exposed, TokenRequested
    from ..findings import Finding
    from ..observed import Insisted, Repeated
    from .case import Case

_TOKEN_REQUEST = "POST /v2/token"
_HEADER = "Authorization: Bearer <token>"
_SOAP = (
    "POST /Service.asmx",
    '<fueloauth xmlns="http://exacttarget.com">...</fueloauth>, in the Header of the envelope',
)
_AUTHORIZE = "GET /v2/authorize?response_type=code&client_id=<id>&redirect_uri=<address>"
_OWN_MEMBERS = {
    "authorization_code": '"code": "<code>", "redirect_uri": "<address>", ',
    "refresh_token": '"refresh_token": "<token>", ',
}
"""What a token request has beside the client's credentials, by grant type."""


def exposed_in_url(case: Case) -> Iterator[Finding]:
    """MCS301 and MCS302: a client secret, or a token, came in a URL."""
    for fact in case.observed.exposing:
        for exposed in fact.exposed:
            secret = exposed.what == "secret"
            text = f"{exposed.what} in a URL: {_name(fact)} has it in {exposed.where}"
            finding = make_finding("MCS301" if secret else "MCS302", case, text)
            instead = _with_secret(fact) if secret else _with_token(fact, exposed)
            yield replace(finding, should_read=instead)


def _name(fact: TokenRequested | CallMade) -> str:
    if isinstance(fact, CallMade):
        return fact.need.label
    return "an authorize request" if fact.grant_type == "authorize" else "a token request"


def _with_secret(fact: TokenRequested | CallMade) -> tuple[str, ...]:
    """Write the request with its secret in the right place: only a token request has one."""
    grant_type = "" if isinstance(fact, CallMade) else fact.grant_type
    if grant_type == "authorize":
        return (_AUTHORIZE,)
    grant_type = grant_type if grant_type in _OWN_MEMBERS else "client_credentials"
    own = _OWN_MEMBERS.get(grant_type, "")
    rest = '"client_id": "<id>", "client_secret": "<secret>"'
    return _TOKEN_REQUEST, f'{{"grant_type": "{grant_type}", {own}{rest}}}'


def _with_token(fact: TokenRequested | CallMade, exposed: Exposed) -> tuple[str, ...]:
    """Write the request with its token in the right place: refresh tokens go in the body."""
    if isinstance(fact, CallMade):
        return _SOAP if fact.host == "soap" else (fact.need.label, _HEADER)
    if fact.grant_type == "authorize":
        return (_AUTHORIZE,)
    if "refresh" in exposed.where.lower():
        return _TOKEN_REQUEST, '{"grant_type": "refresh_token", "refresh_token": "<token>", ...}'
    return _TOKEN_REQUEST, "with the client's credentials in its body, and no access token"


def token_not_reused(case: Case) -> Iterator[Finding]:
    """MCS303: another token was granted for the same, while the first was good for long."""
    same: dict[tuple[object, ...], list[Repeated]] = {}
    for each in case.observed.repeated:
        second = each.second
        what = second.client, second.account_id, second.granted, second.user
        same.setdefault(what, []).append(each)
    for repeated in same.values():
        yield _not_reused(case, repeated)


def _not_reused(case: Case, repeated: list[Repeated]) -> Finding:
    first, second = repeated[0].first, repeated[0].second
    granted = second.granted or frozenset()
    more = f"{len(repeated)} more tokens" if len(repeated) > 1 else "another token"
    left = round(first.expires_in - (second.at - first.at))
    acting = "" if second.user is None else f' for user "{second.user}"'
    text = (
        f"token not reused: {more} for {summary(granted, case.catalogue) or 'no scope'}{acting},"
        f" when the first one had {left} of its {first.expires_in} seconds left"
    )
    if elsewhere := all(_came_elsewhere(each) for each in repeated):
        text += "; it came by another connection: the client asked again, or another process did"
    lines = (f"{_HEADER}, of the first token until its expires_in has run out",)
    kind = OTHER_CONNECTION if elsewhere else ""
    return replace(make_finding("MCS303", case, text, granted), should_read=lines, kind=kind)


def _came_elsewhere(repeated: Repeated) -> bool:
    """Tell whether the two requests came over a port, and by different connections."""
    first, second = repeated.first.connection, repeated.second.connection
    return bool(first and second) and first != second


def requested_after_403(case: Case) -> Iterator[Finding]:
    """MCS304: a 403, or a denial over SOAP, was answered by asking for the same scopes again."""
    for each in case.observed.insisted:
        denial = "denial over SOAP" if each.denied.host == "soap" else "403"
        text = (
            f"token requested after a {denial}: {each.denied.need.label} was denied, and then the"
            f" client asked for the same again, {asked([each.again])}"
        )
        finding = make_finding("MCS304", case, text, each.again.requested)
        yield replace(finding, should_read=_instead(each))


def _instead(insisted: Insisted) -> tuple[str, ...]:
    """Say that nothing is to be sent, or what: once a person has approved more."""
    nothing = "no token request: the same scopes are denied again"
    denied = insisted.denied
    if denied.user_denied and not denied.scope_denied:
        return (f'no token request: user "{denied.user}" may not do this, whatever the scopes',)
    if not (denied.scope_denied and denied.need.trusted):
        return (nothing,)
    scope_denied = denied.need.minimal_sets[0] - (denied.granted or frozenset())
    both = line(insisted.again.requested | scope_denied)
    return nothing, f'or, once {line(scope_denied)} is approved and declared, scope="{both}"'
