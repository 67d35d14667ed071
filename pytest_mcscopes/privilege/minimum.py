"""The fewest scopes that a number of calls can do with: an exact search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..catalogue.call_requirements import least_power_key

if TYPE_CHECKING:
    from collections.abc import Iterable

Scopes = frozenset[str]


def minima(needs: Iterable[tuple[Scopes, ...]]) -> tuple[Scopes, ...]:
    """Find every smallest set that holds a minimal set of each need, the least powerful first.

    Greedy picking fails here: for needs `a or c` and `b or c` the first choices
    give two scopes where `c` alone will do. Rows that leave a choice are rare,
    so all unions are kept and pruned to those that no other one is within.

    Args:
        needs: per call its minimal sets, any one of which will do.
    """
    unions: set[Scopes] = {frozenset()}
    for choices in sorted(set(needs), key=len):
        grown = {union | choice for union in unions for choice in choices}
        unions = {union for union in grown if not any(other < union for other in grown)}
    fewest = min(map(len, unions))
    return tuple(sorted((each for each in unions if len(each) == fewest), key=least_power_key))
