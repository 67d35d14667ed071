"""Grant type authorization_code: from a code to tokens.

A code works once (inferred), and one that comes again ends all that came of it
(RFC 6749, section 4.1.2).
"""

from __future__ import annotations

import base64
import re
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING

from ..error_answers import invalid_grant, invalid_request, session_ended
from ..form import Form, text_of
from ..tokens import Code
from .business_units import choose_business_unit
from .user_tokens import find_presented, issue_tokens, narrow_scopes

if TYPE_CHECKING:
    from ..http import Response
    from ..packages import Package
    from .token_request import TokenRequest

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
    scopes, scope_text = narrow_scopes(token_request, code)
    account_id = choose_business_unit(token_request, package, package.account_id)
    code.used = True
    return issue_tokens(token_request, code.grant, (scopes, scope_text), account_id)


def _find_code(token_request: TokenRequest, package: Package) -> Code:
    code = find_presented(token_request, "code").issued
    if not isinstance(code, Code):
        raise invalid_grant(
            f'package "{package.name}" was never given this code. mc_tenant.authorize(url) lets a'
            " user log in, and gives the address of the call-back with a code that is good"
        )
    if code.used:
        code.grant.revoked = True
        raise invalid_grant("the code was used before, or ended with a log-out")
    if code.grant.revoked:
        raise session_ended("the session of the code was revoked")
    if token_request.at >= code.expires_at:
        raise invalid_grant("the code expired")
    return code


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
