"""What both grants of web and public apps share: tokens for what a user has let the app do.

Scopes are narrowed on the way and never widened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..error_answers import invalid_request, invalid_scope
from .token_request import Presented, TokenRequest, token_answer

if TYPE_CHECKING:
    from ..http import Response
    from ..tokens import Code, Grant, RefreshToken


def find_presented(token_request: TokenRequest, member: str) -> Presented:
    """Give the code, or the refresh token, that a request presents."""
    if token_request.presented is None:
        raise invalid_request(f"{member} is missing")
    return token_request.presented


def narrow_scopes(
    token_request: TokenRequest, presented: Code | RefreshToken
) -> tuple[frozenset[str], str]:
    """Choose what the new tokens carry: of what was presented, as far as it is assigned."""
    package = presented.grant.package
    within = presented.scopes & package.scopes
    words = token_request.parameters.scope.words
    wanted = tuple(presented.scope_text.split() if words is None else words)
    extra = [word for word in wanted if word not in within]
    if words is not None and extra and package.unassigned == "reject":
        raise invalid_scope(f"wider than what the user has let the app do: {' '.join(extra)}")
    granted = [word for word in wanted if word in within]
    return frozenset(granted), " ".join(granted)


def issue_tokens(
    token_request: TokenRequest,
    grant: Grant,
    carried: tuple[frozenset[str], str],
    account_id: int,
    old: RefreshToken | None = None,
) -> Response:
    """Issue an access token, and a refresh token where there is to be one."""
    state, at = token_request.state, token_request.at
    scopes, scope_text = carried
    # What a test orders to be dropped is dropped here only: the next token has it again.
    left, left_text = state.fault_queue.leave_out(scopes, scope_text)
    token_request.issued = token = state.tokens.issue(grant.package, left, account_id, at, grant)
    members: dict[str, str] = {"access_token": token.text}
    if old is not None and state.config.rotation == "reusable":
        old.scopes, old.scope_text, old.account_id = scopes, scope_text, account_id
        members["refresh_token"] = old.text
    elif state.config.refresh_tokens == "always" or "offline" in scopes:
        new = state.tokens.issue_refresh_token(grant, scopes, scope_text, account_id, at)
        token_request.also_issued = (new.fingerprint,)
        members["refresh_token"] = new.text
    return token_answer(token_request, members, left_text)
