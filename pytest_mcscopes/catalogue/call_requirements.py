"""What a call needs, as a plain value, and which of several sets of scopes is the least."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    Scopes = frozenset[str]

YOURS = "your own entry"
"""The confidence in a row of the user's own."""
UNSTATED = "AND/OR unstated"
"""The doubt in a row of several scopes of which no source says whether all are needed."""
_ACTIONS_BY_POWER = (
    frozenset({"read", "view", "offline", "openid"}),
    frozenset({"write", "create", "update", "configure", "package"}),
    frozenset({"delete", "rotate", "revoke"}),
)
"""Look, change, destroy. Anything else acts on the outside world: send, execute, publish."""


def power(scope: str) -> int:
    """Rank what a scope lets its holder do, from 0 for looking to 3 for acting."""
    action = scope.rpartition("_")[2]
    return next((rank for rank, some in enumerate(_ACTIONS_BY_POWER) if action in some), 3)


def least_power_key(scopes: Iterable[str]) -> tuple[int, tuple[int, ...], tuple[str, ...]]:
    """Sort sets of scopes: the smaller first, then the less powerful, then by name."""
    names = tuple(sorted(scopes))
    return (len(names), tuple(sorted(map(power, names), reverse=True)), names)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequirements:
    """What the catalogue says that a call needs."""

    label: str
    """The row's label; of a call without a row, its method and path."""
    minimal_sets: tuple[Scopes, ...]
    """Each is enough, the least first; one empty set: nothing is needed; none: not known."""
    alternatives: tuple[Scopes, ...] = ()
    """What other sources say that is enough, the least first."""
    tolerated: Scopes = frozenset()
    """Plausibly needed too: no finding may rest on their absence from the row."""
    explains: Scopes = frozenset()
    """What a doubtful call may have needed; empty where the row is trusted."""
    mapped: bool = True
    """Whether the catalogue has a row for the call."""
    confidence: str = "documented"
    doubt: str = ""
    """Why the row is doubtful; empty where it is trusted."""
    permission_ids: tuple[int, ...] = ()
    """What a user needs; empty where that is not known."""
    every_permission: bool = True
    """Whether a user needs all of them; else any one will do."""
    near_misses: tuple[str, ...] = ()
    """Rows that a call without a row comes close to."""

    @property
    def trusted(self) -> bool:
        """Whether the row clears the bar of trust."""
        return not self.doubt

    @property
    def listed(self) -> Scopes:
        """Every scope of the minimal sets."""
        return frozenset().union(*self.minimal_sets)

    def lacked_by(self, permissions: AbstractSet[int]) -> tuple[int, ...]:
        """Give the ids of the permissions that a user lacks for the call; () if nothing bars it."""
        lacked = tuple(each for each in self.permission_ids if each not in permissions)
        enough = not self.every_permission and len(lacked) < len(self.permission_ids)
        return () if enough else lacked

    def satisfied_by(self, granted: AbstractSet[str]) -> bool:
        """Tell whether a minimal set is within the granted scopes."""
        return any(needed <= granted for needed in self.minimal_sets)

    def allows(self, granted: AbstractSet[str]) -> bool:
        """Tell whether a call passes: a doubtful row gives the benefit of its doubt."""
        if self.trusted or self.satisfied_by(granted):
            return self.satisfied_by(granted)
        if not self.minimal_sets:
            return True
        return bool(self.listed & granted) or any(other <= granted for other in self.alternatives)

    def used_with(self, granted: AbstractSet[str]) -> Scopes:
        """Give the least of the granted scopes that the call needed; never more than granted."""
        enough = self.minimal_sets if self.trusted else (*self.minimal_sets, *self.alternatives)
        some = frozenset() if self.trusted else self.listed & granted
        return next((needed for needed in enough if needed <= granted), some)
