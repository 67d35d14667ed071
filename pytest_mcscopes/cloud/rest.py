"""The REST host: who calls, what the call needs, whether it may."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from .built_in_routes import BUILT_IN
from .error_answers import insufficient_privileges, not_authorized, rest_not_found, token_in_url
from .http import Response
from .rights import rights_to

if TYPE_CHECKING:
    from .api_call import Call
    from .fault_order import Ordered
    from .tokens import Token


def answer_rest(call: Call) -> Response:
    """Refuse the call, answer what the tenant itself knows, or admit it to the test's stub."""
    call.apply_fault("rest", lambda order: _judge_all_the_same(call, order))
    token = _find_token(call)
    if built_in := BUILT_IN.get(call.need.label):
        return built_in(call, token)
    _decide(call, token)
    call.admitted = True
    if call.need.mapped:
        return Response.of_json(200, {})
    return rest_not_found(_unmapped(call)).response


def _judge_all_the_same(call: Call, order: Ordered) -> None:
    """Judge a call although it fails by the test's order: its rights are known all the same."""
    if order.name != "unauthorized":
        token = _find_token(call)
        if call.need.label not in BUILT_IN:
            _decide(call, token)


def _find_token(call: Call) -> Token:
    """Find the living token that a call presents."""
    if call.bearer is None:
        query = parse_qsl(call.request.query, keep_blank_values=True)
        if any(name == "access_token" for name, _ in query):
            text = "The access token was sent in the URL"
            raise token_in_url(call.challenge(text), text)
        text = "No bearer token was sent"
        raise not_authorized(call.challenge(text), text)
    return call.find_token(not_authorized)


def _decide(call: Call, token: Token) -> None:
    """Note what the call used or lacks, by its row; refuse it where the mode says so."""
    need = call.need
    call.rights = rights = rights_to(need, token, call.state.config.enforce)
    if rights.refused == "scope":
        sets = "; ".join(" ".join(sorted(scopes)) for scopes in need.minimal_sets)
        headers = {"X-MCScopes-Accepted": sets}
        raise insufficient_privileges(f"{need.label} needs other scopes", headers)
    if rights.refused == "user":
        missing = "; ".join(map(call.permission, rights.missing_permissions))
        headers = {"X-MCScopes-Permissions": missing}
        raise insufficient_privileges(f"the user may not {need.label}", headers)


def _unmapped(call: Call) -> str:
    near = f" Near misses: {'; '.join(call.need.near_misses)}." if call.need.near_misses else ""
    return (
        f"pytest-mcscopes knows no route {call.need.label}.{near}"
        " Answer it from the test with mc_tenant.rest."
    )
