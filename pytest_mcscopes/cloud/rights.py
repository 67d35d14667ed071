"""What a token's holder may do: one rule for the calls of every host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..catalogue.call_requirements import CallRequirements
    from ..config import Enforce
    from .tokens import Token

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """How a call stands to the token that came with it."""

    granted: frozenset[str]
    """What the token carries."""
    used: frozenset[str] = _NONE
    """The minimum, within what the token carries, that the call needed; empty if denied."""
    scope_denied: bool
    """By the row, whatever the mode: needed is not within granted."""
    missing_permissions: tuple[int, ...] = ()
    """Ids of the permissions that the call needs and the user lacks."""
    user_denied: bool = False
    """By the row, whatever the mode: the user may not do this."""
    refused: Literal["scope", "user"] | None = None
    """For want of what it is refused in this mode."""


NOT_JUDGED = Rights(granted=_NONE, scope_denied=False)


def rights_to(need: CallRequirements, token: Token, enforce: Enforce) -> Rights:
    """Weigh what app and user share: first the scope, then what the user may do."""
    granted = token.scopes
    refused = _REFUSES[enforce](need, granted)
    scope_denied = refused or not need.allows(granted)
    missing_permissions = need.lacked_by(token.user.permission_ids) if token.user else ()
    # A doubtful row gives the user, too, the benefit of its doubt.
    user_denied = bool(missing_permissions) and (need.trusted or enforce == "all")
    by_user: Literal["user"] | None = "user" if user_denied and enforce != "off" else None
    return Rights(
        granted=granted,
        used=_NONE if scope_denied or user_denied else need.used_with(granted),
        scope_denied=scope_denied,
        missing_permissions=missing_permissions,
        user_denied=user_denied,
        refused="scope" if refused else by_user,
    )


def _refuses_if_trusted(need: CallRequirements, granted: frozenset[str]) -> bool:
    return need.trusted and not need.satisfied_by(granted)


def _refuses_if_known(need: CallRequirements, granted: frozenset[str]) -> bool:
    enough = (*need.minimal_sets, *need.alternatives)
    return bool(need.minimal_sets) and not any(scopes <= granted for scopes in enough)


_REFUSES: Mapping[Enforce, Callable[[CallRequirements, frozenset[str]], bool]] = {
    "documented": _refuses_if_trusted,
    "all": _refuses_if_known,
    "off": lambda *_: False,
}
