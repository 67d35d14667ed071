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
from .business_units import choose_business_unit

if TYPE_CHECKING:
    from ..form import Form
    from ..http import Response
    from ..packages import Package
    from ..tokens import Code, Grant, RefreshToken
    from .token_request import TokenRequest

GRACE = 300
"""Seconds for which a used refresh token still works; documented for the legacy tokens only."""
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
"""RFC 7636, section 4.1."""


def exchange_code(attempt: TokenRequest, package: Package) -> Response:
    """Answer grant type authorization_code."""
    code = _find_code(attempt, package)
    redirect_uri = text_of(attempt.form, "redirect_uri")
    if redirect_uri is None:
        raise invalid_request("redirect_uri is missing; send that of the authorize request")
    if redirect_uri != code.redirect_uri:
        raise invalid_grant("redirect_uri is not the one of the authorize request")
    _verify(_read_verifier(attempt.form), code)
    scopes, scope_text = _narrow(attempt, code)
    account_id = choose_business_unit(attempt.form.get("account_id"), package, package.account_id)
    code.used = True
    return _answer(attempt, code.grant, (scopes, scope_text), account_id)


def refresh(attempt: TokenRequest, package: Package) -> Response:
    """Answer grant type refresh_token."""
    old = _find_refresh_token(attempt, package)
    scopes, scope_text = _narrow(attempt, old)
    account_id = choose_business_unit(attempt.form.get("account_id"), package, old.account_id)
    if old.used_at is None:
        old.used_at = attempt.at
    return _answer(attempt, old.grant, (scopes, scope_text), account_id, old)


def _find_code(attempt: TokenRequest, package: Package) -> Code:
    text = _presented(attempt, "code")
    code = attempt.state.tokens.find_code(text)
    if code is None or code.grant.package is not package:
        raise invalid_grant(f'package "{package.name}" was never given this code')
    if code.used:
        code.grant.revoked = True
        raise invalid_grant("the code was used before, or ended with a log-out")
    if code.grant.revoked:
        raise session_ended("the session of the code was revoked")
    if attempt.at >= code.expires_at:
        raise invalid_grant("the code expired")
    return code


def _find_refresh_token(attempt: TokenRequest, package: Package) -> RefreshToken:
    text = _presented(attempt, "refresh_token")
    token = attempt.state.tokens.find_refresh_token(text)
    if token is None or token.grant.package is not package:
        raise invalid_grant(f'package "{package.name}" was never given this refresh token')
    if token.revoked or token.grant.revoked:
        raise session_ended("the refresh token was revoked, or ended with a log-out")
    if attempt.at >= token.expires_at:
        raise invalid_grant("the refresh token expired")
    if _rotated(token, attempt):
        token.grant.revoked = True
        raise invalid_grant("the refresh token was used before, and works no more")
    return token


def _presented(attempt: TokenRequest, member: str) -> str:
    text = text_of(attempt.form, member)
    if text is None:
        raise invalid_request(f"{member} is missing")
    return text


def _rotated(token: RefreshToken, attempt: TokenRequest) -> bool:
    """Tell whether a refresh token was used, and has had its time after that."""
    rotation = attempt.state.config.rotation
    if token.used_at is None or rotation == "reusable":
        return False
    return rotation == "strict" or attempt.at >= token.used_at + GRACE


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


def _narrow(attempt: TokenRequest, held: Code | RefreshToken) -> tuple[frozenset[str], str]:
    """Choose what the new tokens carry: of what is held, as far as it is still assigned."""
    package = held.grant.package
    within = held.scopes & package.scopes
    words = attempt.wanted
    asked = tuple(held.scope_text.split() if words is None else words)
    extra = [word for word in asked if word not in within]
    if words is not None and extra and package.unassigned == "reject":
        raise invalid_scope(f"wider than what the user has let the app do: {' '.join(extra)}")
    granted = [word for word in asked if word in within]
    return frozenset(granted), " ".join(granted)


def _answer(
    attempt: TokenRequest,
    grant: Grant,
    carried: tuple[frozenset[str], str],
    account_id: int,
    old: RefreshToken | None = None,
) -> Response:
    """Issue an access token, and a refresh token where there is to be one."""
    state, at = attempt.state, attempt.at
    scopes, scope_text = carried
    # What a test orders to be dropped is dropped here only: the next token has it again.
    left, left_text = state.fault_queue.leave_out(scopes, scope_text)
    attempt.issued = token = state.tokens.issue(grant.package, left, account_id, at, grant)
    members: dict[str, object] = {"access_token": token.text}
    if old is not None and state.config.rotation == "reusable":
        old.scopes, old.scope_text, old.account_id = scopes, scope_text, account_id
        members["refresh_token"] = old.text
    elif state.config.refresh_tokens == "always" or "offline" in scopes:
        new = state.tokens.issue_refresh_token(grant, scopes, scope_text, account_id, at)
        attempt.also_issued = (new.fingerprint,)
        members["refresh_token"] = new.text
    return attempt.grant(members, left_text)
