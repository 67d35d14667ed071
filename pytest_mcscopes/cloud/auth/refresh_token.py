"""Grant type refresh_token: from a refresh token to new tokens.

Without `scope` they carry what the refresh token does. One that comes again after its
rotation ends all that came of it, as a code does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..error_answers import invalid_grant, session_ended
from ..tokens import RefreshToken
from .business_units import choose_business_unit
from .user_tokens import find_presented, issue_tokens, narrow_scopes

if TYPE_CHECKING:
    from ..http import Response
    from ..packages import Package
    from .token_request import TokenRequest

GRACE = 300
"""Seconds for which a used refresh token still works; documented for the legacy tokens only."""


def refresh(token_request: TokenRequest, package: Package) -> Response:
    """Answer grant type refresh_token."""
    old = _find_refresh_token(token_request, package)
    scopes, scope_text = narrow_scopes(token_request, old)
    account_id = choose_business_unit(token_request, package, old.account_id)
    if old.used_at is None:
        old.used_at = token_request.at
    return issue_tokens(token_request, old.grant, (scopes, scope_text), account_id, old)


def _find_refresh_token(token_request: TokenRequest, package: Package) -> RefreshToken:
    token = find_presented(token_request, "refresh_token").issued
    if not isinstance(token, RefreshToken):
        raise invalid_grant(
            f'package "{package.name}" was never given this refresh token. A user logs in by'
            " mc_tenant.authorize(url), and the code that comes back is exchanged for one"
        )
    if token.revoked or token.grant.revoked:
        raise session_ended("the refresh token was revoked, or ended with a log-out")
    if token_request.at >= token.expires_at:
        raise invalid_grant("the refresh token expired")
    if _rotated(token, token_request):
        token.grant.revoked = True
        raise invalid_grant("the refresh token was used before, and works no more")
    return token


def _rotated(token: RefreshToken, token_request: TokenRequest) -> bool:
    """Tell whether a refresh token was used, and has had its time after that."""
    rotation = token_request.state.config.rotation
    if token.used_at is None or rotation == "reusable":
        return False
    return rotation == "strict" or token_request.at >= token.used_at + GRACE
