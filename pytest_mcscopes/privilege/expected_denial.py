"""A denial that the test expects, and what to say where it did not come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..words import FEW
from .phrases import describe, line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..ledger.facts import CallMade
    from .minimum import Scopes

_USERS = "  or, if it is the user who may not, expect it without scopes: expect_denied();"


_ELSEWHERE = (
    "  A call was denied meanwhile in another task or thread. If that is the one, write",
    "  expect_denied(..., everywhere=True);",
)


def no_denial(
    calls: Iterable[CallMade], wanted: Scopes, origin: str, *, elsewhere: bool = False
) -> str:
    """Say that no call was denied for want of these scopes, and what there was instead.

    Where none are *wanted*, any denial would have done.
    """
    seen = list(calls)
    what = f"a call denied because its token lacks {_any_of(wanted)}" if wanted else "a denied call"
    happened = dict.fromkeys(map(_outcome, seen)) or ["no call was made"]
    told = [
        f"{'  happened   ' if not number else ' ' * 13}{each}"
        for number, each in enumerate(happened)
    ]
    needed = f"that needs {_any_of(wanted)}, with a token that lacks it"
    call = needed if wanted else "that its token does not allow"
    user_denied = any(each.user_denied and not each.scope_denied for each in seen)
    return "\n".join(
        [
            "MCSCOPES: the test expects a denied call, and none was denied.",
            f"  expected   {what}; {origin}",
            *told,
            f"  Let the block make a call {call};",
            *(_ELSEWHERE if elsewhere else []),
            *([_USERS] if user_denied else []),
            "  or, if the code may make its calls by now, take expect_denied away.",
        ]
    )


def _any_of(scopes: Scopes) -> str:
    return " or ".join(sorted(scopes))


def _outcome(call: CallMade) -> str:
    """Say what became of a call, by its row."""
    if call.granted is None:
        return f"{describe(call.need)}: no good token was presented"
    if call.scope_denied:
        return f"{describe(call.need)}: denied because its token lacks {_any_of(call.lacks)}"
    if call.user_denied:
        lacked = ", ".join(call.missing_permissions)
        return f'{describe(call.need)}: denied to user "{call.user}", who lacks {lacked}'
    few = len(call.granted) <= FEW
    carried = line(call.granted) if few else f"{len(call.granted)} scopes"
    return f"{describe(call.need)}: allowed, the token has {carried or 'no scope'}"
