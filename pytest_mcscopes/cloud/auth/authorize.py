"""GET /v2/authorize: a user lets an app act for them, and the app gets a code.

Logging in is the consent: the vendor shows no consent screen (documented).
What is wrong with the client id or the redirect URI is told on a page, never
by a redirect; everything else goes to the redirect URI.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode

from ..error_answers import DOCS, FLOW_REFUSED, Fault, no_code, page
from ..form import Pairs, read_parameters, text_of
from ..http import Response
from ..redirect_uris import check_redirect_uri
from ..tokens import Grant
from .assigned_scopes import grant_assigned
from .credentials import Credentials
from .token_endpoint import NO_SUCH_CLIENT, is_app
from .token_request import AUTHORIZE, TokenRequest

if TYPE_CHECKING:
    from ..packages import Package
    from ..users import User

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


def answer_authorize(token_request: TokenRequest) -> Response:
    """Send the browser back to the app with a code, or with what is wrong."""
    read_query(token_request)
    if token_request.request.broken:
        token_request.unreadable = token_request.request.broken
        raise page("invalid_request", token_request.unreadable)
    package = _find_package(token_request)
    redirect_uri = _find_redirect_uri(token_request, package)
    try:
        return _consent(token_request, package, redirect_uri)
    except Fault as fault:
        raise _redirected(fault, token_request, redirect_uri) from None


def read_query(token_request: TokenRequest, body: Pairs = ()) -> None:
    """Read the parameters once, with those of a body. One that comes twice counts for none."""
    query = parse_qsl(token_request.request.query, keep_blank_values=True)
    null_scope = token_request.state.config.null_scope
    token_request.parameters = parameters = read_parameters([*query, *body], null_scope, AUTHORIZE)
    token_request.credentials = Credentials(text_of(parameters.form, "client_id"))


def _find_package(token_request: TokenRequest) -> Package:
    client_id, duplicates = token_request.credentials.client_id, token_request.parameters.duplicates
    if client_id is None or "client_id" in duplicates:
        raise page("invalid_client", "client_id is missing, or given twice")
    if token_request.package is None:
        raise page("invalid_client", NO_SUCH_CLIENT)
    return token_request.package


def _find_redirect_uri(token_request: TokenRequest, package: Package) -> str:
    """Find the redirect URI, which must be one of the package's to the letter (documented)."""
    uri = text_of(token_request.parameters.form, "redirect_uri")
    if uri is None or "redirect_uri" in token_request.parameters.duplicates:
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
        token_request.remark = f"redirect URI {uri}: the real Marketing Cloud refuses it, {why}"
    return uri


def _consent(token_request: TokenRequest, package: Package, redirect_uri: str) -> Response:
    _check_flow(token_request, package)
    challenge = _read_challenge(token_request, package)
    scopes, scope_text = grant_assigned(token_request, package)
    user = _log_in(token_request)
    code = token_request.state.tokens.issue_code(
        Grant(package=package, user=user),
        scopes,
        scope_text,
        redirect_uri=redirect_uri,
        challenge=challenge,
        at=token_request.at,
    )
    token_request.also_issued = (code.fingerprint,)
    members = {"code": code.text, **_state_of(token_request)}
    if package.published:
        members["tssd"] = token_request.state.subdomain
    return _redirect(redirect_uri, members)


def _check_flow(token_request: TokenRequest, package: Package) -> None:
    if not is_app(package):
        raise no_code(
            "unauthorized_client",
            f'package "{package.name}" is server-to-server, and no user logs in to that. If it is'
            ' to be an app, write mc_package(type="web-app")',
        )
    if not package.enabled:
        raise no_code("unauthorized_client", f'package "{package.name}" is not enabled')
    if duplicates := token_request.parameters.duplicates:
        raise no_code("invalid_request", f"given twice: {', '.join(sorted(duplicates))}")
    kind = token_request.parameters.form.get("response_type")
    if not kind:
        raise no_code("invalid_request", "response_type is missing; send response_type=code")
    if kind != "code":
        raise no_code("unsupported_response_type", "response_type is not code")


def _read_challenge(token_request: TokenRequest, package: Package) -> str | None:
    """Read the code challenge of PKCE: S256 only, RFC 7636. The vendor documents none of it."""
    form = token_request.parameters.form
    challenge, method = form.get("code_challenge"), form.get("code_challenge_method")
    if challenge is None:
        if method is not None:
            raise no_code("invalid_request", "code_challenge_method without code_challenge")
        if package.pkce == "require":
            raise no_code("invalid_request", "code_challenge is missing, and pkce is required")
        return None
    if method != "S256":
        raise no_code("invalid_request", "code_challenge_method must be S256, never plain")
    if not (isinstance(challenge, str) and _CHALLENGE.fullmatch(challenge)):
        raise no_code("invalid_request", "code_challenge is no SHA-256 in base64url, 43 characters")
    return challenge


def _log_in(token_request: TokenRequest) -> User:
    token_request.state.fault_queue.apply("authorize")
    user = token_request.state.browser_user
    if not user.licensed:
        raise no_code("user_not_licensed", f'user "{user.name}" has no licence')
    token_request.user = user
    return user


def _redirected(fault: Fault, token_request: TokenRequest, redirect_uri: str) -> Fault:
    """Tell a fault to the redirect URI, unless it is one of the server itself."""
    if fault.error not in _REFUSED:
        return fault
    members = {
        "error": fault.error,
        "error_description": _REFUSED[fault.error],
        "error_uri": DOCS,
        **_state_of(token_request),
    }
    return Fault(_redirect(redirect_uri, members), fault.error, fault.reason)


def _state_of(token_request: TokenRequest) -> dict[str, str]:
    """Give `state` back as it came; without one there is none (RFC 6749, section 4.1.2)."""
    state = text_of(token_request.parameters.form, "state")
    return (
        {} if state is None or "state" in token_request.parameters.duplicates else {"state": state}
    )


def _redirect(uri: str, members: dict[str, str]) -> Response:
    # Never taken apart: what puts a URI together again makes another of myapp:///callback.
    query = urlencode(members, quote_via=quote, safe="")
    location = f"{uri}{'&' if '?' in uri else '?'}{query}"
    return Response(status=302, headers={"Location": location, "X-Frame-Options": "DENY"})
