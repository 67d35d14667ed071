"""The last line of each failure: the command that explains what it is about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SPECIFIC = ("block", "method of the tenant", "method of mc_clock", "method of a package")
"""Kinds of words that say more of a failure than the mark or fixture beside them."""
_GENERAL = ("mark", "setting", "option", "fixture")
_OF_MANIFEST = re.compile(r"^MCSCOPES: the manifest |\.toml:\d+: ", re.MULTILINE)
_COMMAND = "  More: mcscopes explain "


def with_more(text: str, word: str = "") -> str:
    """End a text with the command that explains a word of ours: by default the first in it."""
    return text if _COMMAND in text else f"{text}\n{more(word or _subject(text))}"


def more(word: str) -> str:
    """Write the line with the command that explains a word of ours."""
    # With its dashes an option's name would be one of the command's own.
    return f"{_COMMAND}{word.lstrip('-')}"


def _subject(text: str) -> str:
    from ..explain.terms import load_terms

    terms = load_terms()
    specific = [word for word, term in terms.items() if term.kind in _SPECIFIC]
    general = [word for word, term in terms.items() if term.kind.startswith(_GENERAL)]
    calls, words = _any_of(specific), _any_of(general)
    patterns = (
        rf"^MCSCOPES: (?:@pytest\.mark\.)?(?:mc_\w+\.)?({calls}|{words})\b",
        rf"\b({calls})(?=\()",  # as a call: these are words of plain English too
        rf"(?<![\w-])({words})\b",
    )
    for pattern in patterns:
        if found := re.search(pattern, text, re.MULTILINE):
            return found[1]
    return "manifest" if _OF_MANIFEST.search(text) else "mc_tenant"


def _any_of(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, words))
