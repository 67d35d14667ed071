"""What the auth host has besides tokens and userinfo."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import parse_qs, parse_qsl

from ..error_answers import (
    Fault,
    auth_not_found,
    discovery_failed,
    legacy_not_eligible,
    legacy_unauthorized,
    method_not_allowed,
)
from ..form import OMITTED, Pairs, duplicated
from ..http import Response
from .authorize import read_query
from .credentials import read_credentials
from .token_request import CLIENT_CREDENTIALS, TokenRequest

if TYPE_CHECKING:
    from ..api_call import Call


def request_legacy_token(token_request: TokenRequest) -> NoReturn:
    """Refuse POST /v1/requestToken: every package here is an OAuth 2.0 one."""
    token_request.take(token_request.read_body())
    _read_legacy_credentials(token_request)
    _request_everything(token_request)
    if token_request.parameters.duplicates:
        raise duplicated(token_request.parameters.duplicates)
    package = token_request.package
    if package is None or token_request.credentials.secret not in package.secrets:
        raise legacy_unauthorized("/v1/requestToken was asked, with keys that no package has")
    raise legacy_not_eligible(
        "/v1/requestToken was asked, which refuses OAuth 2.0 packages; use /v2/token"
    )


def refuse_legacy_method(token_request: TokenRequest) -> NoReturn:
    """Refuse what is no POST of v1/requestToken, noting who asked."""
    with suppress(Fault):
        _read(token_request)
    if token_request.parameters.form:
        if token_request.credentials.client_id is None:
            _read_legacy_credentials(token_request)
        _request_everything(token_request)
    _refuse_method("POST", token_request.request.method)


def _read_legacy_credentials(token_request: TokenRequest) -> None:
    form, members = token_request.parameters.form, ("clientId", "clientSecret")
    token_request.credentials = read_credentials(token_request.request, form, members)


def _request_everything(token_request: TokenRequest) -> None:
    """Note that the client asks for all that is assigned: a legacy token names no scopes."""
    parameters = token_request.parameters
    parameters.grant_type, parameters.scope = CLIENT_CREDENTIALS, OMITTED
    token_request.remark = (
        "a token was asked for at /v1/requestToken, whose tokens have everything that is assigned:"
        " name the scopes at /v2/token instead"
    )


def discover(call: Call) -> Response:
    """Tell a client its tenant's URLs."""
    query = parse_qs(call.request.query)
    client_ids, resources = query.get("client_id", [""]), query.get("resource", [""])
    if client_ids[0] not in call.state.clients:
        raise discovery_failed("client_id is missing, or no package of this tenant has it")
    if not resources[0].startswith("acct:"):
        raise discovery_failed("resource is not acct: and a user name")
    urls = call.urls
    links = [
        {"rel": "auth_instance_url", "href": urls.auth_url},
        {"rel": "rest_instance_url", "href": urls.rest_url},
    ]
    return Response.of_json(200, {"subject": resources[0], "links": links})


def refuse_token_method(token_request: TokenRequest) -> NoReturn:
    """Refuse a method that a token endpoint does not take, noting who asks for what.

    What has no body asks by its query, if at all.
    """
    with suppress(Fault):
        _read(token_request)
    _refuse_method("POST", token_request.request.method)


def _read(token_request: TokenRequest) -> None:
    if token_request.request.body or token_request.request.broken:
        token_request.read()
    else:
        token_request.take(parse_qsl(token_request.request.query, keep_blank_values=True))


def refuse_authorize_method(token_request: TokenRequest) -> NoReturn:
    """Refuse what is no GET of v2/authorize, noting who asks for what."""
    body: Pairs = ()
    if token_request.request.body or token_request.request.broken:
        with suppress(Fault):
            body = token_request.read_body()
    read_query(token_request, body)
    _refuse_method("GET", token_request.request.method)


def refuse_method(call: Call) -> NoReturn:
    """Refuse a method that another path of the auth host does not take."""
    _refuse_method("GET", call.request.method)


def _refuse_method(allowed: str, method: str) -> NoReturn:
    raise method_not_allowed(allowed, f"the method is {method}; use {allowed}")


def refuse_path(_call: Call) -> NoReturn:
    """Refuse a path that the auth host is not known to have."""
    raise auth_not_found("the auth host has no such path")
