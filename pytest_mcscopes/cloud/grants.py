"""POST /v2/token: one handler for each grant type.

Server-to-server packages get their tokens here. The code flow of web and
public apps is not simulated yet: no code or refresh token was ever issued.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from .attempt import CLIENT_CREDENTIALS, Attempt
from .faults import (
    Fault,
    invalid_account,
    invalid_client,
    invalid_grant,
    invalid_request,
    invalid_scope,
    unauthorized_client,
    unknown_client,
    unsupported_grant_type,
    user_inactive,
)
from .form import text_of
from .http import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..catalogue.catalogue import Catalogue
    from .state import Package, TenantState
    from .tokens import Token

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SERVER = frozenset({"server-to-server"})
_APPS = frozenset({"web-app", "public-app"})
_FLOW_TYPES: Mapping[str, frozenset[str]] = {
    CLIENT_CREDENTIALS: _SERVER,
    "authorization_code": _APPS,
    "refresh_token": _APPS,
    JWT_BEARER: frozenset(),  # the error text names it; no package type is known to use it
}
# A reason names this many scopes, and only words that could be meant as one.
_NAMED = 10
_WORD = 60
# No MID is longer, and `int` refuses thousands of digits with an error of its own.
_MID_DIGITS = 18


def grant_token(attempt: Attempt) -> Response:
    """Answer a token request. A fault that the test ordered comes before any other."""
    if ordered := attempt.state.next_fault("token"):
        with suppress(Fault):
            attempt.read()
        raise ordered
    attempt.read()
    flow = attempt.grant_type or ""
    if flow not in _FLOW_TYPES:
        raise unsupported_grant_type(
            f'grant_type "{flow}" is unknown' if flow else "grant_type is missing"
        )
    package = authenticate(attempt)
    if package.type not in _FLOW_TYPES[flow]:
        raise unauthorized_client(f"a {package.type} package has no grant type {flow}")
    return _GRANTS[flow](attempt, package)


def authenticate(attempt: Attempt) -> Package:
    """Find the package that asks, by client id and secret."""
    if attempt.basic and not attempt.state.config.basic_auth:
        raise invalid_client(
            "the credentials came in an HTTP Basic header, which Marketing Cloud does not"
            " document; send client_id and client_secret in the body"
        )
    if attempt.client_id is None:
        raise invalid_client("client_id is missing")
    package = attempt.package
    if package is None:
        raise unknown_client("no package of this tenant has this client_id")
    if attempt.secret not in package.secrets and not _is_public(package, attempt.secret):
        wrong = "wrong" if attempt.secret else "missing"
        raise invalid_client(f'client_secret of package "{package.name}" is {wrong}')
    if not package.enabled:
        raise invalid_client(f'package "{package.name}" is not installed and enabled')
    return package


def _is_public(package: Package, secret: str | None) -> bool:
    return package.type == "public-app" and secret is None


def _client_credentials(attempt: Attempt, package: Package) -> Response:
    if not package.user_active:
        raise user_inactive(f'the user "{package.name} app user" is inactive')
    account_id = _business_unit(attempt.form.get("account_id"), package)
    scopes, scope_text = _grant_scopes(attempt.scope.words, package, attempt.catalogue)
    token = attempt.state.tokens.issue(package, scopes, account_id, attempt.at)
    attempt.issued = token
    return _token_answer(attempt.state, token, scope_text)


def _redeem(member: str, attempt: Attempt, _package: Package) -> Response:
    if text_of(attempt.form, member) is None:
        raise invalid_request(f"{member} is missing")
    raise invalid_grant(f"this tenant never issued this {member.replace('_', ' ')}")


_GRANTS: Mapping[str, Callable[[Attempt, Package], Response]] = {
    CLIENT_CREDENTIALS: _client_credentials,
    "authorization_code": partial(_redeem, "code"),
    "refresh_token": partial(_redeem, "refresh_token"),
}


def _business_unit(sent: object, package: Package) -> int:
    """Choose the business unit: `account_id` is a number or its digits."""
    if sent is None:
        return package.account_id
    mid = _read_mid(sent)
    if mid not in package.business_units:
        enabled = ", ".join(str(unit) for unit in sorted(package.business_units))
        raise invalid_account(
            f'account_id names no business unit that package "{package.name}" is enabled in'
            f" ({enabled})"
        )
    return mid


def _read_mid(sent: object) -> int:
    """Read a number or its digits; 0, which is no MID, for anything else."""
    if isinstance(sent, str) and sent.isascii() and sent.isdigit() and len(sent) <= _MID_DIGITS:
        return int(sent)
    return sent if isinstance(sent, int) and not isinstance(sent, bool) else 0


def _grant_scopes(
    words: tuple[str, ...] | None, package: Package, catalogue: Catalogue
) -> tuple[frozenset[str], str]:
    """Tell what a token carries, and how the answer spells it."""
    if words is None:
        return package.scopes, package.scope_text
    asked = frozenset(words)
    if asked <= package.scopes:
        return asked, " ".join(words)
    if package.unassigned == "reject":
        extra = (word for word in words if word not in package.scopes)
        raise invalid_scope(_explain(extra, package, catalogue))
    granted = asked & package.scopes
    return granted, " ".join(word for word in words if word in granted)


def _explain(extra: Iterable[str], package: Package, catalogue: Catalogue) -> str:
    words = list(extra)
    named = ", ".join(_name(word, catalogue) for word in words[:_NAMED])
    more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
    return f'not assigned to package "{package.name}": {named}{more}'


def _name(word: str, catalogue: Catalogue) -> str:
    if word in catalogue.wire_ids:
        return word
    # Never a part of a word: a part of a secret would not be known for one.
    text = word if len(word) <= _WORD else f"a word of {len(word)} characters"
    if "," in word:
        return f"{text} (separate scopes by spaces, not commas)"
    if text != word:
        return text
    meant = catalogue.did_you_mean(word)
    return f"{word} (did you mean {meant}?)" if meant else word


def _token_answer(state: TenantState, token: Token, scope_text: str) -> Response:
    return Response.of_json(
        200,
        {
            "access_token": token.text,
            "token_type": "Bearer",
            "expires_in": state.config.expires_in,
            "scope": scope_text,
            "soap_instance_url": state.urls.soap_url,
            "rest_instance_url": state.urls.rest_url,
        },
    )
