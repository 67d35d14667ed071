"""The grants of web and public apps: from a code to tokens, from a refresh token to new ones.

Scopes are narrowed on the way and never widened. A code works once (inferred),
and one that comes again ends all that came of it (RFC 6749, section 4.1.2); so
does a refresh token that comes again after its rotation.
"""

from __future__ import annotations

import base64
import re
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING

from ..faults import invalid_grant, invalid_request, invalid_scope, session_ended
from ..form import text_of
from ..tokens import Code, RefreshToken
from .business_units import choose_business_unit
from .token_request import token_answer

if TYPE_CHECKING:
    from ..form import Form
    from ..http import Response
    from ..packages import Package
    from ..tokens import Grant
    from .token_request import Presented, TokenRequest

GRACE = 300
"""Seconds for which a used refresh token still works; documented for the legacy tokens only."""
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
"""RFC 7636, section 4.1."""


def exchange_code(token_request: TokenRequest, package: Package) -> Response:
    """Answer grant type authorization_code."""
    code = _find_code(token_request, package)
    form = token_request.parameters.form
    redirect_uri = text_of(form, "redirect_uri")
    if redirect_uri is None:
        raise invalid_request("redirect_uri is missing; send that of the authorize request")
    if redirect_uri != code.redirect_uri:
        raise invalid_grant("redirect_uri is not the one of the authorize request")
    _verify(_read_verifier(form), code)
    scopes, scope_text = _narrow(token_request, code)
    account_id = choose_business_unit(form.get("account_id"), package, package.account_id)
    code.used = True
    return _answer(token_request, code.grant, (scopes, scope_text), account_id)


def refresh(token_request: TokenRequest, package: Package) -> Response:
    """Answer grant type refresh_token."""
    old = _find_refresh_token(token_request, package)
    scopes, scope_text = _narrow(token_request, old)
    account_id = choose_business_unit(
        token_request.parameters.form.get("account_id"), package, old.account_id
    )
    if old.used_at is None:
        old.used_at = token_request.at
    return _answer(token_request, old.grant, (scopes, scope_text), account_id, old)


def _find_code(token_request: TokenRequest, package: Package) -> Code:
    code = _presented(token_request, "code").issued
    if not isinstance(code, Code):
        raise invalid_grant(f'package "{package.name}" was never given this code')
    if code.used:
        code.grant.revoked = True
        raise invalid_grant("the code was used before, or ended with a log-out")
    if code.grant.revoked:
        raise session_ended("the session of the code was revoked")
    if token_request.at >= code.expires_at:
        raise invalid_grant("the code expired")
    return code


def _find_refresh_token(token_request: TokenRequest, package: Package) -> RefreshToken:
    token = _presented(token_request, "refresh_token").issued
    if not isinstance(token, RefreshToken):
        raise invalid_grant(f'package "{package.name}" was never given this refresh token')
    if token.revoked or token.grant.revoked:
        raise session_ended("the refresh token was revoked, or ended with a log-out")
    if token_request.at >= token.expires_at:
        raise invalid_grant("the refresh token expired")
    if _rotated(token, token_request):
        token.grant.revoked = True
        raise invalid_grant("the refresh token was used before, and works no more")
    return token


def _presented(token_request: TokenRequest, member: str) -> Presented:
    if token_request.presented is None:
        raise invalid_request(f"{member} is missing")
    return token_request.presented


def _rotated(token: RefreshToken, token_request: TokenRequest) -> bool:
    """Tell whether a refresh token was used, and has had its time after that."""
    rotation = token_request.state.config.rotation
    if token.used_at is None or rotation == "reusable":
        return False
    return rotation == "strict" or token_request.at >= token.used_at + GRACE


def _read_verifier(form: Form) -> str | None:
    verifier = form.get("code_verifier")
    if not (verifier is None or isinstance(verifier, str)):
        raise invalid_request("code_verifier is no text; send it as a string")
    return verifier or None


def _verify(verifier: str | None, code: Code) -> None:
    """Compare a code verifier with the challenge, where one was sent (RFC 7636, section 4.6)."""
    if code.challenge is None:
        if verifier is not None:
            raise invalid_grant(
                "code_verifier was sent, but the authorize request had no challenge"
            )
        return
    if verifier is None:
        raise invalid_grant("code_verifier is missing: the authorize request had a challenge")
    if not _VERIFIER.fullmatch(verifier):
        raise invalid_grant("code_verifier is no text of 43 to 128 letters, digits, - . _ or ~")
    hashed = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=")
    if not compare_digest(hashed, code.challenge.encode()):
        raise invalid_grant("code_verifier does not fit the challenge")


def _narrow(
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


def _answer(
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
    members: dict[str, object] = {"access_token": token.text}
    if old is not None and state.config.rotation == "reusable":
        old.scopes, old.scope_text, old.account_id = scopes, scope_text, account_id
        members["refresh_token"] = old.text
    elif state.config.refresh_tokens == "always" or "offline" in scopes:
        new = state.tokens.issue_refresh_token(grant, scopes, scope_text, account_id, at)
        token_request.also_issued = (new.fingerprint,)
        members["refresh_token"] = new.text
    return token_answer(token_request, members, left_text)
