"""The REST host: who calls, what the call needs, whether it may."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from .faults import insufficient_privileges, not_authorized, rest_not_found, token_in_url
from .http import Response
from .platform import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..catalogue.needs import Need
    from ..config import Enforce
    from .call import Call
    from .tokens import Token


def answer_rest(call: Call) -> Response:
    """Refuse the call, answer what the tenant itself knows, or admit it to the test's stub."""
    if ordered := call.state.next_fault("rest"):
        raise ordered
    token = call.token = find_token(call)
    if built_in := BUILT_IN.get(call.need.label):
        return built_in(call, token)
    decide(call, token.scopes)
    call.admitted = True
    if call.need.mapped:
        return Response.of_json(200, {})
    return rest_not_found(_unmapped(call)).response


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
        text = "The access token expired" if token else "The access token is invalid"
        raise not_authorized(call.challenge(text), text)
    return token


def decide(call: Call, granted: frozenset[str]) -> None:
    """Note what the call used or lacks, by its row; refuse it where the mode says so."""
    need = call.need
    refused = _REFUSES[call.state.config.enforce](need, granted)
    call.lacking = refused or not need.allows(granted)
    if not call.lacking:
        call.used = need.used_with(granted)
    if refused:
        raise insufficient_privileges(_accepted(need), f"{need.label} needs other scopes")


def _refuses_if_trusted(need: Need, granted: frozenset[str]) -> bool:
    return need.trusted and not need.satisfied_by(granted)


def _refuses_if_known(need: Need, granted: frozenset[str]) -> bool:
    enough = (*need.minimal_sets, *need.alternatives)
    return bool(need.minimal_sets) and not any(scopes <= granted for scopes in enough)


def _refuses_nothing(_need: Need, _granted: frozenset[str]) -> bool:
    return False


_REFUSES: Mapping[Enforce, Callable[[Need, frozenset[str]], bool]] = {
    "documented": _refuses_if_trusted,
    "all": _refuses_if_known,
    "off": _refuses_nothing,
}


def _accepted(need: Need) -> str:
    return "; ".join(" ".join(sorted(scopes)) for scopes in need.minimal_sets)


def _has_token(query: str) -> bool:
    return any(name == "access_token" for name, _ in parse_qsl(query, keep_blank_values=True))


def _unmapped(call: Call) -> str:
    near = f" Near misses: {'; '.join(call.need.near_misses)}." if call.need.near_misses else ""
    return (
        f"pytest-mcscopes knows no route {call.need.label}.{near}"
        " Answer it from the test with mc_tenant.rest."
    )
