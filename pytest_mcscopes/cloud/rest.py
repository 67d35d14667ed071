"""The REST host: who calls, what the call needs, whether it may."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from .built_in_routes import BUILT_IN
from .faults import Fault, insufficient_privileges, not_authorized, rest_not_found, token_in_url
from .http import Response
from .rights import rights_to

if TYPE_CHECKING:
    from ..catalogue.call_requirements import CallRequirements
    from .api_call import Call
    from .tokens import Token

_UNAUTHORIZED = 401
INVALID = "The access token is invalid"


def answer_rest(call: Call) -> Response:
    """Refuse the call, answer what the tenant itself knows, or admit it to the test's stub."""
    try:
        call.delay = call.state.apply_fault("rest", call.need.label, call.challenge(INVALID))
    except Fault as fault:
        if fault.response.status != _UNAUTHORIZED:
            _judge_all_the_same(call)
        raise
    token = call.token = find_token(call)
    if built_in := BUILT_IN.get(call.need.label):
        return built_in(call, token)
    decide(call, token)
    call.admitted = True
    if call.need.mapped:
        return Response.of_json(200, {})
    return rest_not_found(_unmapped(call)).response


def _judge_all_the_same(call: Call) -> None:
    """Note what a call needed that fails by the test's order: its token had it, or had it not."""
    with suppress(Fault):
        call.token = find_token(call)
        if call.need.label not in BUILT_IN:
            decide(call, call.token)


def find_token(call: Call) -> Token:
    """Find the living token that a call presents."""
    if call.bearer is None:
        if _has_token(call.request.query):
            text = "The access token was sent in the URL"
            raise token_in_url(call.challenge(text), text)
        text = "No bearer token was sent"
        raise not_authorized(call.challenge(text), text)
    token = call.state.tokens.find(call.bearer)
    if token is None or not token.lives(call.at):
        text = "The access token expired" if token else INVALID
        raise not_authorized(call.challenge(text), text)
    return token


def decide(call: Call, token: Token) -> None:
    """Note what the call used or lacks, by its row; refuse it where the mode says so."""
    need, rights = call.need, rights_to(call.need, token, call.state.config.enforce)
    call.used, call.scope_denied = rights.used, rights.scope_denied
    call.missing_permissions, call.user_denied = rights.missing_permissions, rights.user_denied
    if rights.refused == "scope":
        accepted = {"X-MCScopes-Accepted": _accepted(need)}
        raise insufficient_privileges(accepted, f"{need.label} needs other scopes")
    if rights.refused == "user":
        ids = {"X-MCScopes-Permissions": "; ".join(map(call.permission, call.missing_permissions))}
        raise insufficient_privileges(ids, f"the user may not {need.label}")


def _accepted(need: CallRequirements) -> str:
    return "; ".join(" ".join(sorted(scopes)) for scopes in need.minimal_sets)


def _has_token(query: str) -> bool:
    return any(name == "access_token" for name, _ in parse_qsl(query, keep_blank_values=True))


def _unmapped(call: Call) -> str:
    near = f" Near misses: {'; '.join(call.need.near_misses)}." if call.need.near_misses else ""
    return (
        f"pytest-mcscopes knows no route {call.need.label}.{near}"
        " Answer it from the test with mc_tenant.rest."
    )
