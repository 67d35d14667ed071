"""Long lists of texts in a data file: each is written once, in the first line.

What a package is assigned, nearly always the same, would be over half of each
test's line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ..words import MOST_LISTED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


_MOST_MEMBERS = 100
"""Of an object: those of a data file have a fifth of it, and each one too many is an error."""


class LongListRecord(TypedDict):
    """What stands in place of a list of more than ten texts."""

    list: int


class LongLists:
    """Collects the long lists of records that are about to be written."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, ...], int] = {}

    @property
    def lists(self) -> list[list[str]]:
        """Those that were collected so far."""
        return [[*each] for each in self._places]

    def shorten(self, value: object) -> object:
        """Give a value of JSON with the place of each long list in its stead."""
        if isinstance(value, dict):
            return {key: self.shorten(each) for key, each in value.items()}
        if not isinstance(value, list):
            return value
        if len(value) > MOST_LISTED and all(isinstance(each, str) for each in value):
            place = self._places.setdefault(tuple(value), len(self._places))
            return LongListRecord(list=place)
        return [self.shorten(each) for each in value]


def reads_objects(lists: Sequence[list[str]]) -> Callable[[list[tuple[str, object]]], object]:
    """Make what gives the objects of a line, each long list in its place.

    It raises ValueError for an object with two members of one name, of which
    readers of JSON choose one or the other, for one with more members than any record
    has, and for a list that is not there.
    """

    def read_object(members: list[tuple[str, object]]) -> object:
        if len(members) > _MOST_MEMBERS:
            msg = "too many members"
            raise ValueError(msg)
        found = dict(members)
        if len(found) < len(members):
            msg = "two members of one name"
            raise ValueError(msg)
        if found.keys() != {"list"}:
            return found
        place = found["list"]
        if type(place) is not int or not 0 <= place < len(lists):
            msg = "no such list"
            raise ValueError(msg)
        return lists[place]

    return read_object
