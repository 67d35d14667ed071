"""SOAP rows, found by the object type and the operation of a call."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .model import ANY, SoapRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


_AT_MOST = 3
_CLOSE_TYPE = 0.75
"""Below this, difflib pairs types that share little but their last word."""


class SoapPairs:
    """The rows of a catalogue, spelt out as pairs of one object type and one operation.

    What a row says of any operation, or of any object type, it says of each pair
    that has no row of its own.
    """

    def __init__(self, rows: Iterable[SoapRow]) -> None:
        named = [replace(row, operation=row.operation.partition(" ")[0]) for row in rows]
        self._rows = {(row.object_type, row.operation): row for row in named}
        self._types = _spellings(row.object_type for row in named)
        self._operations = _spellings(row.operation for row in named)

    @property
    def object_types(self) -> tuple[str, ...]:
        """The types that have a row, each once."""
        return tuple(dict.fromkeys(known for known, _ in self._rows if known != ANY))

    def spell(self, object_type: str) -> str:
        """Write an object type as its rows do; one that has none stays as it is."""
        return _spell(object_type, self._types)

    def find(self, object_type: str, operation: str) -> SoapRow | None:
        """Find the row of a pair, written in any case."""
        kind, does = self.spell(object_type), _spell(operation, self._operations)
        for pair in ((kind, does), (kind, ANY), (ANY, does)):
            if row := self._rows.get(pair):
                return replace(row, object_type=kind, operation=does)
        return None

    def near_misses(self, object_type: str, operation: str) -> tuple[SoapRow, ...]:
        """List at most three rows that a pair without a row comes close to."""
        near = (row for pair in self._near(object_type, operation) if (row := self.find(*pair)))
        return tuple(dict.fromkeys(near))[:_AT_MOST]

    def _near(self, object_type: str, operation: str) -> Iterator[tuple[str, str]]:
        """Yield pairs, the likeliest first: another operation, then another spelling."""
        from difflib import get_close_matches  # noqa: PLC0415 - what is known needs none

        yield from (pair for pair in self._rows if pair[0] == object_type)
        folded = {known.casefold(): known for known in self.object_types}
        alike = get_close_matches(object_type.casefold(), folded, n=_AT_MOST, cutoff=_CLOSE_TYPE)
        yield from ((folded[each], operation) for each in alike)


def _spellings(names: Iterable[str]) -> dict[str, str]:
    """Map every name, and every name in small letters, to the known spelling."""
    known = tuple(names)
    return {each.casefold(): each for each in known} | {each: each for each in known}


def _spell(name: str, known: Mapping[str, str]) -> str:
    return known.get(name) or known.get(name.casefold(), name)
