"""POST /v2/token: who asks, and one handler for each grant type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..error_answers import (
    invalid_client,
    unauthorized_client,
    unknown_client,
    unsupported_grant_type,
)
from .authorization_code import exchange_code
from .client_credentials import issue_client_token
from .refresh_token import refresh
from .token_request import CLIENT_CREDENTIALS, TokenRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..http import Response
    from ..packages import Package

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SERVER = frozenset({"server-to-server"})
NO_SUCH_CLIENT = (
    "no package of this tenant has this client_id. Give the code mc_tenant.client_id; or, if one is"
    " written in it, the package the same: mc_package(client_id=...)"
)
_APPS = frozenset({"web-app", "public-app"})
_FLOW_TYPES: Mapping[str, frozenset[str]] = {
    CLIENT_CREDENTIALS: _SERVER,
    "authorization_code": _APPS,
    "refresh_token": _APPS,
    JWT_BEARER: frozenset(),  # the error text names it; no package type is known to use it
}


def grant_token(token_request: TokenRequest) -> Response:
    """Answer a token request. A fault that the test ordered comes before any other."""
    token_request.delay = token_request.state.fault_queue.apply(
        "token", note=lambda _: token_request.read()
    )
    token_request.read()
    flow = token_request.parameters.grant_type or ""
    if flow not in _FLOW_TYPES:
        raise unsupported_grant_type(
            f'grant_type "{flow}" is unknown' if flow else "grant_type is missing"
        )
    package = authenticate(token_request)
    if package.type not in _FLOW_TYPES[flow]:
        raise unauthorized_client(f"a {package.type} package has no grant type {flow}")
    return _GRANTS[flow](token_request, package)


def authenticate(token_request: TokenRequest) -> Package:
    """Find the package that asks, by client id and secret."""
    credentials = token_request.credentials
    if credentials.basic and not token_request.state.config.basic_auth:
        raise invalid_client(
            "the credentials came in an HTTP Basic header, which Marketing Cloud does not"
            " document; send client_id and client_secret in the body"
        )
    if credentials.client_id is None:
        raise invalid_client("client_id is missing")
    package = token_request.package
    if package is None:
        raise unknown_client(NO_SUCH_CLIENT)
    _check_secret(credentials.secret, package)
    if not package.enabled:
        raise invalid_client(f'package "{package.name}" is not installed and enabled')
    return package


def _check_secret(secret: str | None, package: Package) -> None:
    """Check the client secret: a public app has none, and may send none."""
    if package.type == "public-app":
        if secret is not None:
            raise invalid_client(
                f'package "{package.name}" is a public app, which has no secret: a secret that'
                " ships with an app is none. Leave client_secret out"
            )
    elif secret not in package.secrets:
        wrong = "wrong" if secret else "missing"
        raise invalid_client(
            f'client_secret of package "{package.name}" is {wrong}. Give the code'
            " mc_tenant.client_secret; or, if one is written in it, the package the same:"
            " mc_package(client_secret=...)"
        )


def is_app(package: Package) -> bool:
    """Tell whether a package acts for users."""
    return package.type in _APPS


_GRANTS: Mapping[str, Callable[[TokenRequest, Package], Response]] = {
    CLIENT_CREDENTIALS: issue_client_token,
    "authorization_code": exchange_code,
    "refresh_token": refresh,
}
