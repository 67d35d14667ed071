"""The rules on what app and user share: a scope of the token, a permission of the user."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..phrases import describe, line
from .case import NONE, make_finding, row_and_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...ledger.facts import CallMade
    from ..findings import Finding, Severity
    from .case import Case


def user_lacks_permission(case: Case) -> Iterator[Finding]:
    """MCS204: the token's scopes would do, and the user may not."""
    distinct = {
        (call.need, call.granted, call.user, call.missing_permissions): call
        for call in case.observed.user_denied
    }
    for call in distinct.values():
        text = (
            f"user may not: {describe(call.need)} needs {_permissions(call)}."
            f" {_scopes_would_do(call)}"
        )
        severity: Severity = "error" if call.need.trusted else "note"
        causes = [row_and_token(call)]
        yield make_finding("MCS204", case, text, severity=severity, causes=causes)


def _permissions(call: CallMade) -> str:
    """Name what the user lacks: all of it is needed, or any one."""
    lacked = call.missing_permissions
    if len(lacked) == 1:
        return f'permission {lacked[0]}; user "{call.user}" lacks it'
    if call.need.every_permission:
        return f'permissions {" and ".join(lacked)}; user "{call.user}" lacks them'
    return f'one of the permissions {" or ".join(lacked)}; user "{call.user}" has none of them'


def _scopes_would_do(call: CallMade) -> str:
    enough = call.need.used_with(call.granted or NONE)
    if not enough:
        return "No scope of the token is in the way"
    return f"The token's scope{'' if len(enough) == 1 else 's'} {line(enough)} would do"


def userinfo_not_compared(case: Case) -> Iterator[Finding]:
    """MCS205: the code acts for a user of whom it has not asked what the user may do."""
    first: dict[str | None, CallMade] = {}
    for call in case.observed.uncompared:
        first.setdefault(call.user, call)
    for user, call in first.items():
        text = (
            f'userinfo not compared: {call.need.label} was called for user "{user}" before'
            " v2/userinfo was read with a token of that user"
        )
        lines = ("GET /v2/userinfo", "Authorization: Bearer <token>")
        yield replace(make_finding("MCS205", case, text), should_read=lines)
