"""The fewest scopes that a number of calls can do with: an exact search."""

from __future__ import annotations

from itertools import islice, product
from typing import TYPE_CHECKING

from ..catalogue.call_requirements import least_power_key

if TYPE_CHECKING:
    from collections.abc import Iterable

Scopes = frozenset[str]
Choices = tuple[Scopes, ...]

_TIES = 64
"""So many sets of the same size are given; of more, those nearest to what is wanted."""
_UNIONS = 500
"""So many sets are kept in the search, the smallest: far more than any known rows come to."""


def minima(needs: Iterable[Choices], wanted: Scopes = frozenset()) -> tuple[Scopes, ...]:
    """Find every smallest set that holds a minimal set of each need, the least powerful first.

    Needs that share no scope are no matter to one another: each group of those
    that do is solved on its own. Of the ties, that which has the most of what is
    wanted is always among those that are given.
    """
    parts = [_fewest(group, wanted) for group in _groups(needs)]
    ties = islice(product(*parts), _TIES)
    return tuple(sorted((frozenset().union(*tie) for tie in ties), key=least_power_key))


def _groups(needs: Iterable[Choices]) -> list[list[Choices]]:
    """Sort needs into groups that have no scope in common."""
    found: list[tuple[Scopes, list[Choices]]] = []
    for choices in dict.fromkeys(needs):
        scopes, group = frozenset[str]().union(*choices), [choices]
        for other in [each for each in found if each[0] & scopes]:
            found.remove(other)
            scopes, group = scopes | other[0], [*other[1], *group]
        found.append((scopes, group))
    return [group for _, group in found]


def _fewest(group: Iterable[Choices], wanted: Scopes) -> list[Scopes]:
    """Find the smallest sets for one group, those first that have the most of what is wanted.

    Greedy picking fails here: for needs `a or c` and `b or c` the first choices
    give two scopes where `c` alone will do. Rows that leave a choice are rare,
    so all unions are kept and pruned to those that no other one is within.
    """
    unions = [frozenset[str]()]
    for choices in sorted(group, key=len):
        grown = {union | choice for union in unions for choice in choices}
        kept = (union for union in grown if not any(other < union for other in grown))
        unions = sorted(kept, key=least_power_key)[:_UNIONS]
    ties = [each for each in unions if len(each) == len(unions[0])]
    return sorted(ties, key=lambda each: -len(each & wanted))
