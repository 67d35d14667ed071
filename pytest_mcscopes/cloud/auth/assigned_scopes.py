"""Which of the scopes that are asked for at a first request a package may be granted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...words import LONGEST_WORD, MOST_LISTED
from ..error_answers import invalid_scope

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...catalogue.catalogue import Catalogue
    from ..packages import Package
    from .token_request import TokenRequest


def grant_assigned(token_request: TokenRequest, package: Package) -> tuple[frozenset[str], str]:
    """Tell what is granted of what is asked for, and how an answer spells it."""
    scope = token_request.parameters.scope
    words, requested = scope.words, scope.requested
    if words is None:
        return package.scopes, package.scope_text
    if requested <= package.scopes:
        return requested, " ".join(words)
    if package.unassigned == "reject":
        extra = (word for word in words if word not in package.scopes)
        raise invalid_scope(_explain_excess(extra, package, token_request.state.catalogue))
    granted = requested & package.scopes
    return granted, " ".join(word for word in words if word in granted)


def _explain_excess(extra: Iterable[str], package: Package, catalogue: Catalogue) -> str:
    """Say which of the requested words are not assigned, with what may have been meant."""
    words = list(extra)
    named = ", ".join(_name(word, catalogue) for word in words[:MOST_LISTED])
    more = f" and {len(words) - MOST_LISTED} more" if len(words) > MOST_LISTED else ""
    return f'not assigned to package "{package.name}": {named}{more}'


def _name(word: str, catalogue: Catalogue) -> str:
    if word in catalogue.wire_ids:
        return word
    # Never a part of a word: a part of a secret would not be known for one.
    text = word if len(word) <= LONGEST_WORD else f"a word of {len(word)} characters"
    if "," in word:
        return f"{text} (separate scopes by spaces, not commas)"
    if text != word:
        return text
    meant = catalogue.did_you_mean(word)
    return f"{word} (did you mean {meant}?)" if meant else word
