"""What tests of users are written in: the requests and calls of an app for its user Ada."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import facts
from facts import LEAST, call_made, packaged, scopes, token_requested

if TYPE_CHECKING:
    from pytest_mcscopes.ledger.facts import CallMade, TokenRequested
    from pytest_mcscopes.privilege.expectation import Match
    from pytest_mcscopes.privilege.rules.case import Case

ASSIGNED = frozenset({"email_read", "email_send", "offline"})
SEND = "POST", "/messaging/v1/email/messages/r-1"
SEND_ROW = "POST /messaging/v1/email/messages/{messageKey} (documented)"
VALIDATE = "POST", "/address/v1/validateEmail"
DELETE = "POST", "/contacts/v1/contacts/actions/delete?type=ids"
PREFERENCES = "GET", "/contacts/v1/contacts/id:1/Preferences"
ADDRESSES = "POST", "/contacts/v1/attributes/search"
AUTOMATIONS = "GET", "/automation/v1/automations"
ASSETS = "GET", "/asset/v1/assets"
USERINFO = "GET", "/v2/userinfo"

CREATE = "152 TriggeredSendDefinition Create"
VIEW = "5 Email View"
ORIGIN = "@pytest.mark.mc_scopes, tests/test_mailer.py:5"


def ask(
    scope: str | None,
    grant_type: str = "authorization_code",
    **more: Any,  # noqa: ANN401 - of the fact
) -> TokenRequested:
    """A token request for Ada, or her log-in; `error` refuses it."""
    if grant_type == "authorize":
        more = {"granted": None, "token": None, **more}
        more.setdefault("also_issued", () if "error" in more else ("code",))
    return token_requested(scope, ASSIGNED, grant_type=grant_type, **{"user": "Ada", **more})


def call(
    route: tuple[str, str],
    granted: str,
    *missing_permissions: str,
    user_denied: bool | None = None,
    **more: Any,  # noqa: ANN401 - of the fact
) -> CallMade:
    """A call for Ada, who lacks these permissions. On a doubtful row she is let through."""
    method, address = route
    need = packaged(method, address, "auth" if route == USERINFO else "rest")
    if user_denied is None:
        user_denied = bool(missing_permissions) and need.trusted
    if user_denied:
        more = {"used": frozenset(), "status": 403, **more}
    return call_made(
        need,
        granted,
        method=method,
        path=address.partition("?")[0],
        missing_permissions=missing_permissions,
        user_denied=user_denied,
        **{"user": "Ada", **more},
    )


def case(
    declared: str | None,
    *made: TokenRequested | CallMade,
    match: Match = "exact",
    **seen: Any,  # noqa: ANN401 - of what was observed
) -> Case:
    """A mark with these scopes; without any, least privilege."""
    mark = replace(LEAST if declared is None else scopes(declared, match), origin=ORIGIN)
    return facts.case(mark, *made, **{"assigned": ASSIGNED, **seen})


SENT = ask("email_send"), call(SEND, "email_send", CREATE)
"""Ada's app calls what she may not."""
