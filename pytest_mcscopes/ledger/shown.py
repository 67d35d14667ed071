"""The wording of a fact in one line, without anything long or secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..words import MOST_LISTED, shown_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def show_scopes(scopes: Iterable[str]) -> str:
    """Write scopes in order; of many, their number."""
    known = sorted(scopes)
    return f"{len(known)} scopes" if len(known) > MOST_LISTED else show_words(known) or "no scope"


def show_words(words: Sequence[str]) -> str:
    """Write what a client sent, cut to what may be a scope."""
    shown = map(shown_word, words[:MOST_LISTED])
    more = len(words) - MOST_LISTED
    return " ".join([*shown, *([f"and {more} words more"] if more > 0 else [])])


def show_answer(
    request: str, status: int | None, outcomes: Iterable[str], package: str | None
) -> str:
    """Write a request, its status and its outcomes, and whose it was."""
    answer = ", ".join([str(status) if status else "no answer", *filter(None, outcomes)])
    return f"{request}: {answer}" + (f' [package "{package}"]' if package else "")
