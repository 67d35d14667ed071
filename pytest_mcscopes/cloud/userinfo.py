"""GET /v2/userinfo: who holds a token, and what the package and the user may do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from .faults import authorization_missing, userinfo_unauthorized
from .http import Response
from .tokens import STACK_KEY

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue
    from .call import Call
    from .state import Package, TenantState
    from .tokens import Token

_LOCALE = {
    "locale": "en-US",
    "zoneinfo": "America/Chicago",
    "timezone": {
        "longName": "(GMT-06:00) Example Zone",
        "shortName": "GMT-6",
        "offset": -6,
        "dst": False,
    },
}


def answer_userinfo(catalogue: Catalogue, call: Call) -> Response:
    """Describe the token's holder. Needs a living token and no scope."""
    if ordered := call.state.next_fault("userinfo"):
        raise ordered
    if not call.request.headers.get("authorization", "").strip():
        raise authorization_missing("no Authorization header was sent")
    token = call.token = _find_token(call)
    views = parse_qs(call.request.query).get("view", ())
    return Response.of_json(200, _describe(call.state, catalogue, token, oidc="oidc" in views))


def _find_token(call: Call) -> Token:
    token = call.state.tokens.find(call.bearer or "")
    if token is None or not token.lives(call.at):
        text = "The access token expired" if token else "The access token is invalid"
        raise userinfo_unauthorized(call.challenge(text), text)
    return token


def _describe(
    state: TenantState, catalogue: Catalogue, token: Token, *, oidc: bool
) -> dict[str, object]:
    package = token.package
    return {
        "exp": int(token.expires_at),
        "iss": "https://mc.exacttarget.com",
        "user": _user(package, oidc=oidc),
        "organization": _organization(state, token),
        "rest": {
            "rest_instance_url": state.urls.rest_url.rstrip("/"),
            "soap_instance_url": state.urls.soap_url.rstrip("/"),
        },
        "application": {
            "id": package.application_id,
            "name": package.name,
            "redirectUrl": [],
            "appScopes": package.scope_text.split(),
        },
        "permissions": _permissions(catalogue, package),
    }


def _user(package: Package, *, oidc: bool) -> dict[str, object]:
    """Describe the service user, which each server-to-server package has."""
    name = f"{package.name} app user"
    number = str(package.user_id)
    return {
        "sub": f"https://mc.auth.marketingcloudapis.com/uid/{number}" if oidc else number,
        "name": name,
        "preferred_username": re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"),
        "email": "user@example.test",
        **_LOCALE,
    }


def _organization(state: TenantState, token: Token) -> dict[str, object]:
    """Describe the business unit that the token works in."""
    return {
        "member_id": token.account_id,
        "enterprise_id": state.enterprise_id,
        "enterprise_name": "Example Enterprise",
        "account_type": "enterprise",
        "stack_key": STACK_KEY,
        "region": "NA1",
        **_LOCALE,
    }


def _permissions(catalogue: Catalogue, package: Package) -> list[dict[str, object]]:
    """List what the scopes of the package go with: it acts as itself."""
    ids = {
        row.permission_id or row.matched_permission_id
        for row in catalogue.scope_permissions
        if row.scope in package.scopes
    }
    return [
        {
            "objectTypeName": known.object_type,
            "operationName": known.operation,
            "name": known.name,
            "id": known.id,
        }
        for number, known in sorted(catalogue.permissions.items())
        if number in ids
    ]
