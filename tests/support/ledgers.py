"""All that a ledger holds, as one text to look through for secrets: its repr tells but a part."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_mcscopes.ledger.ledger import Ledger


def every_word(ledger: Ledger, start: int = 0) -> str:
    """Write the entries from the given one on, and all indexes, down to the last field."""
    rest = [getattr(ledger, each.name) for each in fields(ledger) if each.name != "entries"]
    return " ".join(_words([ledger.entries[start:], rest if not start else []], {id(ledger)}))


def _words(value: object, seen: set[int]) -> list[str]:
    """Write a value's parts, each of those that hold others once."""
    if is_dataclass(value):
        if id(value) in seen:
            return []
        seen.add(id(value))
        return _words([getattr(value, each.name) for each in fields(value)], seen)
    if isinstance(value, dict):
        return _words([*value.items()], seen)
    if isinstance(value, list | tuple | set | frozenset):
        return [word for each in value for word in _words(each, seen)]
    return [repr(value)]
