"""Scope ids that a user wrote, from whichever door."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..arguments.keywords import is_list
from ..words import LONGEST_WORD, meant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..catalogue.catalogue import Catalogue
    from ..errors import ConfigError


_ID = re.compile(r"[A-Za-z0-9]+(?:_[A-Za-z0-9]+)+", re.ASCII)


def may_be_scope(word: str) -> bool:
    """Tell whether a word that the catalogue does not know looks like a scope id."""
    return bool(_ID.fullmatch(word)) and len(word) <= LONGEST_WORD


def read_scopes(
    scopes: Iterable[object], catalogue: Catalogue, error: Callable[[str], ConfigError], like: str
) -> frozenset[str]:
    """Read scope ids one by one.

    Args:
        scopes: what the user wrote.
        catalogue: knows the ids.
        error: makes the error of a text.
        like: how to write several; `{}` stands for the ids.

    Raises:
        ConfigError: the first that is no scope of the catalogue, and what was meant.
    """
    found = set[str]()
    for scope in scopes:
        if not isinstance(scope, str):
            hint = ". Write the scopes one by one, without the brackets" if is_list(scope) else ""
            raise error(f'a scope is a text such as "email_send", got {scope!r}{hint}')
        if "|" in scope:
            raise error(
                f'"{scope}" is a label of the vendor\'s page, not a scope id: the command'
                f' mcscopes explain "{scope}" tells the id'
            )
        parts = scope.replace(",", " ").split()
        if len(parts) > 1:
            written = like.format('", "'.join(parts))
            raise error(f'"{scope}" is {len(parts)} scopes in one text. Write {written}')
        if scope not in catalogue.wire_ids:
            hint = meant(catalogue.did_you_mean(scope))
            raise error(f'unknown scope "{scope}"{hint and "."}{hint}')
        found.add(scope)
    return frozenset(found)
