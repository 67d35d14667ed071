"""Everything that the simulated cloud refuses, by name.

A handler raises a fault; `Cloud.handle` makes it the answer. Texts that were
seen on the wire or are documented are verbatim; the others are our own words,
marked *own*, because no real sample is public.
"""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

from .http import JSON_TYPE, Response, Trouble

if TYPE_CHECKING:
    from collections.abc import Mapping

Garbled = Literal["malformed", "truncated", "wrong_content_type"]

DOCS = "https://developer.salesforce.com/docs"
ERROR_DOCS = f"{DOCS}/atlas.en-us.mc-apis.meta/mc-apis/error-handling.htm"

FLOW_REFUSED = "The client is not authorized to request an authorization code using this method."
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

    def __init__(self, response: Response, error: str, reason: str) -> None:
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
    reason: str,
    *,
    headers: Mapping[str, str] | None = None,
    uri: str = DOCS,
) -> Fault:
    """Refuse in the three members of the v2 endpoints. Never adds `message`."""
    body = {"error": error, "error_description": description, "error_uri": uri}
    return Fault(Response.of_json(status, body, headers), error, reason)


def rest_fault(
    status: int,
    body: Mapping[str, object],
    reason: str,
    headers: Mapping[str, str] | None = None,
) -> Fault:
    """Refuse in the members of the REST host, `errorcode` among them."""
    return Fault(Response.of_json(status, body, headers), str(body["errorcode"]), reason)


_invalid_client = partial(oauth_fault, 401, "invalid_client")
invalid_client = partial(
    _invalid_client,
    "Client authentication failed. Make sure that the client ID and client secret are valid"
    " and that the package is installed and enabled.",
)
"""Refuse credentials: wrong secret, package not installed or disabled."""
unknown_client = partial(
    _invalid_client, "Invalid client ID. Use the client ID in Marketing Cloud Installed Packages."
)
"""Refuse a client id that no package of the tenant has."""
user_inactive = partial(_invalid_client, "The user of the integration is inactive.")
"""Refuse a package whose service user is inactive (status documented, text own)."""
invalid_account = partial(
    _invalid_client, "The integration is not enabled in the business unit that account_id names."
)
"""Refuse a business unit without the package (status documented, text own)."""
unauthorized_client = partial(oauth_fault, 401, "unauthorized_client", FLOW_REFUSED)
"""Refuse a flow that does not fit the package's type."""
unsupported_grant_type = partial(
    oauth_fault,
    400,
    "unsupported_grant_type",
    'Use "authorization_code" or "refresh_token" or "client_credentials" or'
    ' "urn:ietf:params:oauth:grant-type:jwt-bearer" as the grant_type.',
)
"""Refuse a missing or unknown grant type."""
invalid_grant = partial(
    oauth_fault, 400, "invalid_grant", "The code or refresh token is invalid or expired."
)
"""Refuse a code or refresh token (own)."""
session_ended = partial(
    oauth_fault, 401, "invalid_grant", "The session of the code or refresh token has ended."
)
"""Refuse a code or refresh token whose session was revoked (status documented, text own)."""
invalid_scope = partial(
    oauth_fault, 400, "invalid_scope", "A requested scope is not assigned to the integration."
)
"""Refuse a scope that the package lacks (own: no real answer is public)."""


def invalid_request(reason: str, status: int = 400) -> Fault:
    """Refuse a request that cannot be read (own)."""
    return oauth_fault(status, "invalid_request", "The request cannot be read.", reason)


def method_not_allowed(allowed: str, reason: str) -> Fault:
    """Refuse a method of a known path (own)."""
    text = "The method is not allowed here."
    return oauth_fault(405, "invalid_request", text, reason, headers={"Allow": allowed})


authorization_missing = partial(
    oauth_fault,
    400,
    "invalid_request",
    "Make sure that the authorization header isn't empty or null.",
    uri=ERROR_DOCS,
)
"""Refuse userinfo without a header (text documented, error code inferred)."""


def userinfo_unauthorized(challenge: str, reason: str) -> Fault:
    """Refuse userinfo for a token that does not live here (error code inferred)."""
    text = (
        "Invalid access token or not authorized to use this authentication base URI. Use your"
        " authentication base URI found in Marketing Cloud Installed Packages. Don't use"
        " exacttargetapis.com."
    )
    headers = {"WWW-Authenticate": challenge}
    return oauth_fault(401, "invalid_token", text, reason, headers=headers, uri=ERROR_DOCS)


def page(error: str, reason: str) -> Fault:
    """Refuse on a page of the auth host, where no redirect is safe (page own)."""
    headers = {"Content-Type": "text/html; charset=utf-8", "X-Frame-Options": "DENY"}
    return Fault(Response(400, headers, _PAGE.format(error=error).encode()), error, reason)


auth_not_found = partial(
    rest_fault, 404, {"documentation": ERROR_DOCS, "errorcode": 0, "message": "Not Found"}
)
"""Refuse a path that the auth host is not known to have (members seen, values inferred).

They are those of the REST host, not the ones of the v2 endpoints.
"""


def not_authorized(
    challenge: str, reason: str, *, code: int = 0, message: str = "Not Authorized"
) -> Fault:
    """Refuse a REST call without a living token."""
    body = {"documentation": ERROR_DOCS, "errorcode": code, "message": message}
    return rest_fault(401, body, reason, {"WWW-Authenticate": challenge})


token_in_url = partial(
    not_authorized,
    code=40004,
    message="An access token is taken from the Authorization header only.",
)
"""Refuse a token that came in the URL (error code documented, text own)."""
insufficient_privileges = partial(
    rest_fault,
    403,
    {
        "message": "Insufficient Privileges to complete this action.",
        "errorcode": 20002,
        "documentation": "",
    },
)
"""Refuse a REST call for want of rights; our own header names what would do."""


def rest_not_found(message: str) -> Fault:
    """Refuse what the REST host does not have."""
    body = {"documentation": "", "errorcode": 30003, "message": message}
    return rest_fault(404, body, message)


legacy_unauthorized = partial(
    rest_fault, 401, {"message": "Unauthorized", "errorcode": 1, "documentation": ""}
)
"""Refuse unknown keys at /v1/requestToken."""
legacy_not_eligible = partial(
    rest_fault,
    401,
    {
        "message": (
            "This integration is not eligible to use the legacy /v1/requestToken endpoint because"
            " the integration uses enhanced OAuth 2.0 functionality. To obtain a token for this"
            " integration, use the applicable Marketing Cloud OAuth 2.0 endpoint for"
            " authentication. For a web or public app, use /v2/authorize and then /v2/token. For a"
            " server-to-server integration, use /v2/token."
        ),
        "errorcode": 10007,
        "documentation": "",
    },
)
"""Refuse the keys of an OAuth 2.0 package at /v1/requestToken (status inferred)."""
discovery_failed = partial(
    Fault, Response.of_json(400, {"message": "Invalid request"}), "invalid_request"
)
"""Refuse /v2/discovery; its one documented member is `message`."""


def _too_many(code: int, message: str, reason: str, retry_after: int | None) -> Fault:
    wait = {} if retry_after is None else {"retryAfter": retry_after}
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    body = {"message": message, "errorcode": code, **wait, "documentation": ERROR_DOCS}
    return rest_fault(429, body, reason, headers)


rate_limited = partial(_too_many, 50100, "Rate limit exceeded")
"""Refuse for too many requests; documented with a `retry_after` of 5 seconds."""
blocked = partial(_too_many, 50200, "Your requests are temporarily blocked.")
"""Refuse as temporarily blocked; documented without `retry_after`."""


def server_failed(status: int, reason: str) -> Fault:
    """Fail as an overloaded or broken service does (own)."""
    phrases = {each.value: each.phrase for each in HTTPStatus}
    message = phrases.get(status, "Server Error")
    body = {"message": message, "errorcode": 0, "documentation": ERROR_DOCS}
    return rest_fault(status, body, reason)


no_code = partial(Fault, Response(302))
"""Refuse to give an app a code, by `error`; the redirect is the endpoint's."""
access_denied = partial(no_code, "access_denied")
"""Refuse in the name of the user, who did not consent."""


def unanswered(trouble: Trouble, reason: str) -> Fault:
    """Let the connection break before an answer."""
    return Fault(Response(0, trouble=trouble), trouble, reason)


def garbled(how: Garbled, reason: str) -> Fault:
    """Answer 200 with what is no JSON, as a broken proxy does (own)."""
    content_type, body = _GARBLED[how]
    return Fault(Response(200, {"Content-Type": content_type}, body), how, reason)
