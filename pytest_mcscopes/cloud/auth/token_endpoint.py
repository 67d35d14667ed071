"""POST /v2/token: who asks, and one handler for each grant type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...words import LONGEST_WORD, MOST_LISTED
from ..faults import (
    invalid_client,
    invalid_scope,
    unauthorized_client,
    unknown_client,
    unsupported_grant_type,
    user_inactive,
)
from .business_units import choose_business_unit
from .code_flow import exchange_code, refresh
from .token_request import CLIENT_CREDENTIALS, TokenRequest, token_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ...catalogue.catalogue import Catalogue
    from ..http import Response
    from ..packages import Package

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SERVER = frozenset({"server-to-server"})
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
        raise unknown_client("no package of this tenant has this client_id")
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
        raise invalid_client(f'client_secret of package "{package.name}" is {wrong}')


def is_app(package: Package) -> bool:
    """Tell whether a package acts for users."""
    return package.type in _APPS


def _client_credentials(token_request: TokenRequest, package: Package) -> Response:
    if not package.user_active:
        raise user_inactive(f'the user "{package.name} app user" is inactive')
    account_id = choose_business_unit(
        token_request.parameters.form.get("account_id"), package, package.account_id
    )
    granted = grant_scopes(token_request, package)
    scopes, scope_text = token_request.state.fault_queue.leave_out(*granted)
    token = token_request.state.tokens.issue(package, scopes, account_id, token_request.at)
    token_request.issued = token
    return token_answer(token_request, {"access_token": token.text}, scope_text)


_GRANTS: Mapping[str, Callable[[TokenRequest, Package], Response]] = {
    CLIENT_CREDENTIALS: _client_credentials,
    "authorization_code": exchange_code,
    "refresh_token": refresh,
}


def grant_scopes(token_request: TokenRequest, package: Package) -> tuple[frozenset[str], str]:
    """Tell what is granted of what is asked for, and how an answer spells it."""
    scope = token_request.parameters.scope
    words, requested = scope.words, scope.requested
    if words is None:
        return package.scopes, package.scope_text
    if requested <= package.scopes:
        return requested, " ".join(words)
    if package.unassigned == "reject":
        extra = (word for word in words if word not in package.scopes)
        raise invalid_scope(_explain_excess(extra, package, token_request.catalogue))
    granted = requested & package.scopes
    return granted, " ".join(word for word in words if word in granted)


def _explain_excess(extra: Iterable[str], package: Package, catalogue: Catalogue) -> str:
    """Say which of the requested words are not assigned, with what may have been meant."""
    words = list(extra)
    named = ", ".join(_name(word, catalogue) for word in words[:MOST_LISTED])
    more = f" and {len(words) - MOST_LISTED} more" if len(words) > MOST_LISTED else ""
    return f'not assigned to package "{package.name}": {named}{more}'


def _name(word: str, catalogue: Catalogue) -> str:
    if word in catalogue.wire_ids:
        return word
    # Never a part of a word: a part of a secret would not be known for one.
    text = word if len(word) <= LONGEST_WORD else f"a word of {len(word)} characters"
    if "," in word:
        return f"{text} (separate scopes by spaces, not commas)"
    if text != word:
        return text
    meant = catalogue.did_you_mean(word)
    return f"{word} (did you mean {meant}?)" if meant else word
