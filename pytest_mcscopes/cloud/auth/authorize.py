"""GET /v2/authorize: a user lets an app act for them, and the app gets a code.

Logging in is the consent: the vendor shows no consent screen (documented).
What is wrong with the client id or the redirect URI is told on a page, never
by a redirect; everything else goes to the redirect URI.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode

from ..faults import DOCS, FLOW_REFUSED, Fault, page
from ..form import gather, read_scope, text_of
from ..http import Response
from ..redirect_uris import check_redirect_uri
from ..tokens import Grant
from .token_endpoint import grant_scopes, is_app
from .token_request import AUTHORIZE

if TYPE_CHECKING:
    from ..form import Pairs
    from ..packages import Package
    from ..users import User
    from .token_request import TokenRequest

# A SHA-256 in base64url without padding (RFC 7636, section 4.2).
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_REFUSED = {
    "invalid_request": "The request is missing a parameter, or has a wrong one.",
    "unsupported_response_type": "The response type is not supported.",
    "invalid_scope": "A requested scope is not assigned to the integration.",
    "unauthorized_client": FLOW_REFUSED,
    "user_not_licensed": "The user is not licensed to use this application.",
    "access_denied": "The user denied the request.",
}
"""By `error`, in our own words but for FLOW_REFUSED: only the error codes were seen."""


def answer_authorize(attempt: TokenRequest) -> Response:
    """Send the browser back to the app with a code, or with what is wrong."""
    read_query(attempt)
    package = _find_package(attempt)
    redirect_uri = _find_redirect_uri(attempt, package)
    try:
        return _consent(attempt, package, redirect_uri)
    except Fault as fault:
        raise _redirected(fault, attempt, redirect_uri) from None


def read_query(attempt: TokenRequest, body: Pairs = ()) -> None:
    """Read the parameters once, with those of a body. One that comes twice counts for none."""
    attempt.grant_type = AUTHORIZE
    query = parse_qsl(attempt.request.query, keep_blank_values=True)
    attempt.form, attempt.twice = gather([*query, *body])
    attempt.scope = read_scope(attempt.form)
    attempt.client_id = text_of(attempt.form, "client_id")
    attempt.package = attempt.state.clients.get(attempt.client_id or "")


def _find_package(attempt: TokenRequest) -> Package:
    if attempt.client_id is None or "client_id" in attempt.twice:
        raise page("invalid_client", "client_id is missing, or given twice")
    if attempt.package is None:
        raise page("invalid_client", "no package of this tenant has this client_id")
    return attempt.package


def _find_redirect_uri(attempt: TokenRequest, package: Package) -> str:
    """Find the redirect URI, which must be one of the package's to the letter (documented)."""
    uri = text_of(attempt.form, "redirect_uri")
    if uri is None or "redirect_uri" in attempt.twice:
        raise page("invalid_request", "redirect_uri is missing, or given twice")
    if uri not in package.redirect_uris:
        known = ", ".join(package.redirect_uris) or "none: it is server-to-server"
        app = "" if is_app(package) else 'type="web-app", '
        raise page(
            "invalid_request",
            f'redirect_uri {uri} is none of package "{package.name}", which has {known}. Give it'
            f" to the package by mc_package({app}redirect_uris=[...]); it is compared to the"
            " letter",
        )
    if why := check_redirect_uri(uri):
        attempt.remark = f"redirect URI {uri}: the real Marketing Cloud refuses it, {why}"
    return uri


def _consent(attempt: TokenRequest, package: Package, redirect_uri: str) -> Response:
    _check_flow(attempt, package)
    challenge = _read_challenge(attempt, package)
    scopes, scope_text = grant_scopes(attempt, package)
    user = _log_in(attempt)
    code = attempt.state.tokens.issue_code(
        Grant(package=package, user=user),
        scopes,
        scope_text,
        redirect_uri=redirect_uri,
        challenge=challenge,
        at=attempt.at,
    )
    attempt.also_issued = (code.fingerprint,)
    members = {"code": code.text, **_state_of(attempt)}
    if package.published:
        members["tssd"] = attempt.state.subdomain
    return _redirect(redirect_uri, members)


def _check_flow(attempt: TokenRequest, package: Package) -> None:
    if not (is_app(package) and package.enabled):
        raise _fault("unauthorized_client", f'package "{package.name}" is no enabled web app')
    if attempt.twice:
        twice = ", ".join(sorted(attempt.twice))
        raise _fault("invalid_request", f"given twice: {twice}")
    kind = attempt.form.get("response_type")
    if not kind:
        raise _fault("invalid_request", "response_type is missing; send response_type=code")
    if kind != "code":
        raise _fault("unsupported_response_type", "response_type is not code")


def _read_challenge(attempt: TokenRequest, package: Package) -> str | None:
    """Read the code challenge of PKCE: S256 only, RFC 7636. The vendor documents none of it."""
    challenge = attempt.form.get("code_challenge")
    method = attempt.form.get("code_challenge_method")
    if challenge is None:
        if method is not None:
            raise _fault("invalid_request", "code_challenge_method without code_challenge")
        if package.pkce == "require":
            raise _fault("invalid_request", "code_challenge is missing, and pkce is required")
        return None
    if method != "S256":
        raise _fault("invalid_request", "code_challenge_method must be S256, never plain")
    if not (isinstance(challenge, str) and _CHALLENGE.fullmatch(challenge)):
        raise _fault("invalid_request", "code_challenge is no SHA-256 in base64url, 43 characters")
    return challenge


def _log_in(attempt: TokenRequest) -> User:
    attempt.state.fault_queue.apply("authorize")
    user = attempt.state.browser_user
    if not user.licensed:
        raise _fault("user_not_licensed", f'user "{user.name}" has no licence')
    attempt.user = user
    return user


def _fault(error: str, reason: str) -> Fault:
    return Fault(Response(status=302), error=error, reason=reason)


def _redirected(fault: Fault, attempt: TokenRequest, redirect_uri: str) -> Fault:
    """Tell a fault to the redirect URI, unless it is one of the server itself."""
    if fault.error not in _REFUSED:
        return fault
    members = {
        "error": fault.error,
        "error_description": _REFUSED[fault.error],
        "error_uri": DOCS,
        **_state_of(attempt),
    }
    return Fault(_redirect(redirect_uri, members), error=fault.error, reason=fault.reason)


def _state_of(attempt: TokenRequest) -> dict[str, str]:
    """Give `state` back as it came; without one there is none (RFC 6749, section 4.1.2)."""
    state = text_of(attempt.form, "state")
    return {} if state is None or "state" in attempt.twice else {"state": state}


def _redirect(uri: str, members: dict[str, str]) -> Response:
    # Never taken apart: what puts a URI together again makes another of myapp:///callback.
    query = urlencode(members, quote_via=quote, safe="")
    location = f"{uri}{'&' if '?' in uri else '?'}{query}"
    return Response(status=302, headers={"Location": location, "X-Frame-Options": "DENY"})
