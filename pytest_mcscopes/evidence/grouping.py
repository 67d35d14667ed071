"""Values put together that are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

K = TypeVar("K")
V = TypeVar("V")


def group_by(values: Iterable[V], key: Callable[[V], K]) -> dict[K, list[V]]:
    """Group values by a key, also those that do not follow each other; order is kept."""
    groups: dict[K, list[V]] = {}
    for each in values:
        groups.setdefault(key(each), []).append(each)
    return groups


def list_under(keys: Iterable[K], value: V, lists: dict[K, list[V]]) -> None:
    """Put a value at the end of the list of each key."""
    for key in keys:
        lists.setdefault(key, []).append(value)
