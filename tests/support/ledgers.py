"""All that a ledger holds, as one text to look through for secrets: its repr tells but a part."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_mcscopes.ledger.ledger import Ledger


def every_word(ledger: Ledger, start: int = 0) -> str:
    """Write the entries from the given one on, and all indexes, down to the last field."""
    rest = [getattr(ledger, each.name) for each in fields(ledger) if each.name != "entries"]
    return " ".join(_words([ledger.entries[start:], rest if not start else []]))


def _words(value: object) -> list[str]:
    if is_dataclass(value):
        return _words([getattr(value, each.name) for each in fields(value)])
    if isinstance(value, dict):
        return _words([*value.items()])
    if isinstance(value, list | tuple | set | frozenset):
        return [word for each in value for word in _words(each)]
    return [repr(value)]
