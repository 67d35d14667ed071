"""GET /v2/userinfo: who holds a token, and what the package and the user may do."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from ..error_answers import authorization_missing, userinfo_unauthorized
from ..http import Response
from ..packages import STACK_KEY
from ..users import username_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...catalogue.catalogue import Catalogue
    from ...catalogue.model import Permission
    from ..api_call import Call
    from ..state import TenantState
    from ..tokens import Token

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


def answer_userinfo(call: Call) -> Response:
    """Describe the token's holder. Needs a living token and no scope."""
    call.apply_fault("userinfo", lambda _: call.find_token(userinfo_unauthorized))
    if not call.request.headers.get("authorization", "").strip():
        raise authorization_missing("no Authorization header was sent")
    token = call.find_token(userinfo_unauthorized)
    views = parse_qs(call.request.query).get("view", ())
    return Response.of_json(200, _describe(call, token, oidc="oidc" in views))


def _describe(call: Call, token: Token, *, oidc: bool) -> dict[str, object]:
    package = token.package
    return {
        "exp": int(token.expires_at),
        "iss": "https://mc.exacttarget.com",
        "user": _user(token, oidc=oidc),
        "organization": _organization(call.state, token),
        "rest": {
            "rest_instance_url": call.urls.rest_url.rstrip("/"),
            "soap_instance_url": call.urls.soap_url.rstrip("/"),
        },
        "application": {
            "id": package.application_id,
            "name": package.name,
            "redirectUrl": list(package.redirect_uris),
            "appScopes": package.scope_text.split(),
        },
        "permissions": [_permission(each) for each in _permissions(call.state.catalogue, token)],
    }


def _user(token: Token, *, oidc: bool) -> dict[str, object]:
    """Describe for whom the token acts: a user, or the service user that a package has."""
    user, package = token.user, token.package
    name = user.name if user else f"{package.name} app user"
    number = str(user.id if user else package.user_id)
    return {
        "sub": f"https://mc.auth.marketingcloudapis.com/uid/{number}" if oidc else number,
        "name": name,
        "preferred_username": username_of(name),
        "email": "user@example.test",
        **_LOCALE,
        **({"locale": user.locale} if user else {}),
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


def _permissions(catalogue: Catalogue, token: Token) -> Iterable[Permission]:
    """List what the user may do; of a package that acts as itself, what its scopes go with."""
    if token.user:
        return token.user.permissions
    ids = {
        row.permission_id or row.matched_permission_id
        for row in catalogue.scope_permissions
        if row.scope in token.package.scopes
    }
    return [known for number, known in sorted(catalogue.permissions.items()) if number in ids]


def _permission(known: Permission) -> dict[str, object]:
    return {
        "objectTypeName": known.object_type,
        "operationName": known.operation,
        "name": known.name,
        "id": known.id,
    }
