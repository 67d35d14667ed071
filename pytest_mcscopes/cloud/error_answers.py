"""Everything that the simulated cloud refuses, by name.

A handler raises a fault; `Cloud.handle` makes it the answer. Texts that were
seen on the wire or are documented are verbatim; the others are our own words,
marked *own*, because no real sample is public.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

from .http import JSON_TYPE, Response, Trouble

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


Garbled = Literal["malformed", "truncated", "wrong_content_type"]

DOCS = "https://developer.salesforce.com/docs"
ERROR_DOCS = f"{DOCS}/atlas.en-us.mc-apis.meta/mc-apis/error-handling.htm"

CLIENT_FAILED = (
    "Client authentication failed. Make sure that the client ID and client secret are valid"
    " and that the package is installed and enabled."
)
CLIENT_UNKNOWN = "Invalid client ID. Use the client ID in Marketing Cloud Installed Packages."
FLOW_REFUSED = "The client is not authorized to request an authorization code using this method."
GRANTS_NAMED = (
    'Use "authorization_code" or "refresh_token" or "client_credentials" or'
    ' "urn:ietf:params:oauth:grant-type:jwt-bearer" as the grant_type.'
)
NOT_ELIGIBLE = (
    "This integration is not eligible to use the legacy /v1/requestToken endpoint because the"
    " integration uses enhanced OAuth 2.0 functionality. To obtain a token for this integration,"
    " use the applicable Marketing Cloud OAuth 2.0 endpoint for authentication. For a web or"
    " public app, use /v2/authorize and then /v2/token. For a server-to-server integration, use"
    " /v2/token."
)
HOLDER_UNKNOWN = (
    "Invalid access token or not authorized to use this authentication base URI. Use your"
    " authentication base URI found in Marketing Cloud Installed Packages. Don't use"
    " exacttargetapis.com."
)

_GARBLED: Mapping[Garbled, tuple[str, bytes]] = {
    "malformed": (JSON_TYPE, b'{"status": OK}'),
    "truncated": (JSON_TYPE, b'{"status": "O'),
    "wrong_content_type": (
        "text/html; charset=utf-8",
        b"<!DOCTYPE html>\n<html><body><h1>Please come back later</h1></body></html>\n",
    ),
}
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Log-in refused</title></head>
<body>
<h1>{error}</h1>
<p>The client ID or the redirect URI of this request is not known here. Nobody was logged in.</p>
</body>
</html>
"""


class Fault(Exception):  # noqa: N818 - it is an answer, not an error of ours
    """Raised to refuse a request; never escapes `Cloud.handle`."""

    def __init__(self, response: Response, *, error: str, reason: str) -> None:
        super().__init__(reason)
        self.response = response
        self.error = error
        """`error`, or `errorcode` as text, of the body."""
        self.reason = reason
        """Why, for the report: more than the answer says. Not redacted yet."""


def oauth_fault(
    status: int,
    error: str,
    description: str,
    *,
    reason: str,
    headers: Mapping[str, str] | None = None,
    uri: str = DOCS,
) -> Fault:
    """Refuse in the three members of the v2 endpoints. Never adds `message`."""
    body = {"error": error, "error_description": description, "error_uri": uri}
    return Fault(Response.of_json(status, body, headers), error=error, reason=reason)


def rest_fault(
    status: int,
    body: Mapping[str, object],
    *,
    reason: str,
    headers: Mapping[str, str] | None = None,
) -> Fault:
    """Refuse in the members of the REST host, `errorcode` among them."""
    response = Response.of_json(status, body, headers)
    return Fault(response, error=str(body["errorcode"]), reason=reason)


def invalid_client(reason: str, description: str = CLIENT_FAILED) -> Fault:
    """Refuse credentials: wrong secret, package not installed or disabled."""
    return oauth_fault(401, "invalid_client", description, reason=reason)


def unknown_client(reason: str) -> Fault:
    """Refuse a client id that no package of the tenant has."""
    return invalid_client(reason, CLIENT_UNKNOWN)


def user_inactive(reason: str) -> Fault:
    """Refuse a package whose service user is inactive (status documented, text own)."""
    return invalid_client(reason, "The user of the integration is inactive.")


def invalid_account(reason: str) -> Fault:
    """Refuse a business unit without the package (status documented, text own)."""
    return invalid_client(
        reason, "The integration is not enabled in the business unit that account_id names."
    )


def unauthorized_client(reason: str) -> Fault:
    """Refuse a flow that does not fit the package's type."""
    return oauth_fault(401, "unauthorized_client", FLOW_REFUSED, reason=reason)


def unsupported_grant_type(reason: str) -> Fault:
    """Refuse a missing or unknown grant type."""
    return oauth_fault(400, "unsupported_grant_type", GRANTS_NAMED, reason=reason)


def invalid_grant(reason: str) -> Fault:
    """Refuse a code or refresh token (own)."""
    return oauth_fault(
        400, "invalid_grant", "The code or refresh token is invalid or expired.", reason=reason
    )


def invalid_scope(reason: str) -> Fault:
    """Refuse a scope that the package lacks (own: no real answer is public)."""
    return oauth_fault(
        400, "invalid_scope", "A requested scope is not assigned to the integration.", reason=reason
    )


def invalid_request(reason: str, status: int = 400) -> Fault:
    """Refuse a request that cannot be read (own)."""
    return oauth_fault(status, "invalid_request", "The request cannot be read.", reason=reason)


def session_ended(reason: str) -> Fault:
    """Refuse a code or refresh token whose session was revoked (status documented, text own)."""
    return oauth_fault(
        401, "invalid_grant", "The session of the code or refresh token has ended.", reason=reason
    )


def page(error: str, reason: str) -> Fault:
    """Refuse on a page of the auth host, where no redirect is safe (page own)."""
    headers = {"Content-Type": "text/html; charset=utf-8", "X-Frame-Options": "DENY"}
    body = _PAGE.format(error=error).encode()
    return Fault(Response(status=400, headers=headers, body=body), error=error, reason=reason)


def method_not_allowed(allowed: Iterable[str], reason: str) -> Fault:
    """Refuse a method of a known path (own)."""
    return oauth_fault(
        405,
        "invalid_request",
        "The method is not allowed here.",
        reason=reason,
        headers={"Allow": ", ".join(allowed)},
    )


def auth_not_found(reason: str) -> Fault:
    """Refuse a path that the auth host is not known to have (members seen, values inferred).

    They are those of the REST host, not the ones of the v2 endpoints.
    """
    body = {"documentation": ERROR_DOCS, "errorcode": 0, "message": "Not Found"}
    return rest_fault(404, body, reason=reason)


def authorization_missing(reason: str) -> Fault:
    """Refuse userinfo without a header (text documented, error code inferred)."""
    text = "Make sure that the authorization header isn't empty or null."
    return oauth_fault(400, "invalid_request", text, reason=reason, uri=ERROR_DOCS)


def userinfo_unauthorized(challenge: str, reason: str) -> Fault:
    """Refuse userinfo for a token that does not live here (error code inferred)."""
    headers = {"WWW-Authenticate": challenge}
    return oauth_fault(
        401, "invalid_token", HOLDER_UNKNOWN, reason=reason, headers=headers, uri=ERROR_DOCS
    )


def not_authorized(challenge: str, reason: str) -> Fault:
    """Refuse a REST call without a living token."""
    body = {"documentation": ERROR_DOCS, "errorcode": 0, "message": "Not Authorized"}
    return rest_fault(401, body, reason=reason, headers={"WWW-Authenticate": challenge})


def token_in_url(challenge: str, reason: str) -> Fault:
    """Refuse a token that came in the URL (error code documented, text own)."""
    text = "An access token is taken from the Authorization header only."
    body = {"documentation": ERROR_DOCS, "errorcode": 40004, "message": text}
    return rest_fault(401, body, reason=reason, headers={"WWW-Authenticate": challenge})


def insufficient_privileges(headers: Mapping[str, str], reason: str) -> Fault:
    """Refuse a REST call for want of rights; our own header names what would do."""
    body = {
        "message": "Insufficient Privileges to complete this action.",
        "errorcode": 20002,
        "documentation": "",
    }
    return rest_fault(403, body, reason=reason, headers=headers)


def rest_not_found(message: str) -> Fault:
    """Refuse what the REST host does not have."""
    body = {"documentation": "", "errorcode": 30003, "message": message}
    return rest_fault(404, body, reason=message)


def legacy_unauthorized(reason: str) -> Fault:
    """Refuse unknown keys at /v1/requestToken."""
    body = {"message": "Unauthorized", "errorcode": 1, "documentation": ""}
    return rest_fault(401, body, reason=reason)


def legacy_not_eligible(reason: str) -> Fault:
    """Refuse the keys of an OAuth 2.0 package at /v1/requestToken (status inferred)."""
    body = {"message": NOT_ELIGIBLE, "errorcode": 10007, "documentation": ""}
    return rest_fault(401, body, reason=reason)


def discovery_failed(reason: str) -> Fault:
    """Refuse /v2/discovery; its one documented member is `message`."""
    response = Response.of_json(400, {"message": "Invalid request"})
    return Fault(response, error="invalid_request", reason=reason)


def rate_limited(reason: str, retry_after: int | None) -> Fault:
    """Refuse for too many requests; documented with a `retry_after` of 5 seconds."""
    return _too_many(50100, "Rate limit exceeded", reason, retry_after)


def blocked(reason: str, retry_after: int | None) -> Fault:
    """Refuse as temporarily blocked; documented without `retry_after`."""
    return _too_many(50200, "Your requests are temporarily blocked.", reason, retry_after)


def _too_many(code: int, message: str, reason: str, retry_after: int | None) -> Fault:
    wait = {} if retry_after is None else {"retryAfter": retry_after}
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    body = {"message": message, "errorcode": code, **wait, "documentation": ERROR_DOCS}
    return rest_fault(429, body, reason=reason, headers=headers)


def server_failed(status: int, reason: str) -> Fault:
    """Fail as an overloaded or broken service does (own)."""
    phrases = {each.value: each.phrase for each in HTTPStatus}
    message = phrases.get(status, "Server Error")
    body = {"message": message, "errorcode": 0, "documentation": ERROR_DOCS}
    return rest_fault(status, body, reason=reason)


def access_denied(reason: str) -> Fault:
    """Refuse in the name of the user, who did not consent; the redirect is the endpoint's."""
    return Fault(Response(status=302), error="access_denied", reason=reason)


def unanswered(trouble: Trouble, reason: str) -> Fault:
    """Let the connection break before an answer."""
    return Fault(Response(status=0, trouble=trouble), error=trouble, reason=reason)


def garbled(how: Garbled, reason: str) -> Fault:
    """Answer 200 with what is no JSON, as a broken proxy does (own)."""
    content_type, body = _GARBLED[how]
    response = Response(status=200, headers={"Content-Type": content_type}, body=body)
    return Fault(response, error=how, reason=reason)
