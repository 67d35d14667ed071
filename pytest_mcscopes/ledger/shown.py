"""How facts are shown to people: in a line each, and never with what is long or secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .ledger import Entry

_FEW = 10
"""More words than this are told by their number."""
_LONGEST = 60
"""No scope id is half as long; what is longer may be a token."""


def show_scopes(scopes: Iterable[str]) -> str:
    """Write scopes in order; of many, their number."""
    known = sorted(scopes)
    return f"{len(known)} scopes" if len(known) > _FEW else show_words(known) or "no scope"


def show_words(words: Sequence[str]) -> str:
    """Write what a client sent, cut to what may be a scope."""
    shown = [
        word if len(word) <= _LONGEST else f"<a word of {len(word)} characters>"
        for word in words[:_FEW]
    ]
    more = len(words) - _FEW
    return " ".join([*shown, *([f"and {more} words more"] if more > 0 else [])])


def show_answer(
    asked: str, status: int | None, outcomes: Iterable[str], package: str | None
) -> str:
    """Put together what was asked, what was answered, and what it came to."""
    answer = str(status) if status else "no answer"
    told = ", ".join([answer, *filter(None, outcomes)])
    return f"{asked}: {told}" + (f' [package "{package}"]' if package else "")


def tell(entries: Sequence[Entry]) -> str:
    """Write a line for each entry, under the test in which it came."""
    return "\n".join(_lines(entries)) or "nothing happened"


def _lines(entries: Sequence[Entry]) -> Iterator[str]:
    test: str | None = ""
    for entry in entries:
        if entry.test != test:
            test = entry.test
            yield test or "between tests"
        seconds = f"+{entry.fact.at - entries[0].fact.at:.0f} s"
        what = entry.fact.show(entry.answered)
        yield f"{entry.number:>4} {seconds:>8}  {entry.origin:<11} {what}"
