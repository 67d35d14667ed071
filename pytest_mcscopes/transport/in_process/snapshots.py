"""What stood at names of modules and classes, to see quickly whether it still does."""

from __future__ import annotations

from operator import contains, getitem, is_
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


class Snapshot:
    """What modules and classes had of their own by some names, at one moment."""

    def __init__(self, places: Iterable[tuple[Any, str]]) -> None:
        """Look at places: each a module or class, and a name that it may have."""
        self._places = [*places]
        """By which the owners live on: a table alone does not keep its module."""
        tables = [(vars(owner), name) for owner, name in self._places]
        had = [(table, name) for table, name in tables if name in table]
        lacked = [(table, name) for table, name in tables if name not in table]
        self._had = [table for table, _ in had], [name for _, name in had]
        self._values = [table[name] for table, name in had]
        self._lacked = [table for table, _ in lacked], [name for _, name in lacked]

    def is_left(self) -> bool:
        """Tell whether each place has what it had; in few steps, as each test asks several times.

        By identity: what is put over a function may say that it equals it.
        """
        try:
            left = all(map(is_, map(getitem, *self._had), self._values))
        except KeyError:  # one has been taken away
            return False
        return left and not any(map(contains, *self._lacked))
