"""Small pieces of the texts that people read: hints, lists of words, wrapped lines, places."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OURS = Path(__file__).parent
"""The folder of the package."""
LONGEST_WORD = 60
"""No scope id is half as long; what is longer may be a token, and is not for a text."""
MOST_LISTED = 10
"""Of a longer list, only the number is written."""
FEW = 6
"""The same of a list that is a part of a line."""
WIDTH = 100
"""Columns of a line of text, where nobody knows how wide the terminal is."""
_OF_SEVERAL = {"": "", "is": "are", "was": "were"}


def shown_word(word: str) -> str:
    """Write a word that a client sent, if it may be a scope."""
    return word if len(word) <= LONGEST_WORD else f"<a word of {len(word)} characters>"


def printable(text: str) -> str:
    """Write what would break a line, move a cursor or turn the text round as Python writes it."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Write the hint that goes after an unknown word; nothing where no known word is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - few words are unknown

    near = get_close_matches(word, list(known), n=1)
    return meant(near[0] if near else None)


def meant(word: str | None) -> str:
    """Write the hint that a word was meant; nothing where none is known."""
    return f' Did you mean "{word}"?' if word else ""


def either(words: Iterable[str]) -> str:
    """Write words as alternatives."""
    return " or ".join(f'"{word}"' for word in words)


def count(number: int, thing: str, verb: str = "") -> str:
    """Write a number of things: `1 test`, `2 tests`, or with a verb `2 tests are`."""
    what = [thing, verb] if number == 1 else [f"{thing}s", _OF_SEVERAL[verb]]
    return " ".join(filter(None, [str(number), *what]))


def first_of(names: Sequence[str], most: int) -> str:
    """Write the first of some names, and how many there are besides."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def name_tests(tests: Sequence[str]) -> str:
    """Name a test; of several their number, and the first."""
    return tests[0] if len(tests) == 1 else f"{len(tests)} tests, first {tests[0]}"


def wrap(text: str, width: int, first: str, rest: str) -> list[str]:
    """Break a text into lines between its words; a word that is longer than a line stays whole."""
    from textwrap import wrap  # noqa: PLC0415 - only what is reported is wrapped

    return wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def paragraph(text: str, indent: str = "") -> list[str]:
    """Break a text into lines of the usual width, of which the further ones stand further in."""
    return wrap(text, WIDTH, indent, f"{indent}  ")


def shown_path(path: Path) -> str:
    """Write a path as a person types it: relative to where they are, if it is below."""
    return str(path).removeprefix(f"{Path.cwd()}{os.sep}")


def user_place(file: str, line: int | None, root: Path) -> str | None:
    """Write a place in the user's own files; None for one in a library, or in ours."""
    path = Path(file)
    theirs = path.is_relative_to(root) and "site-packages" not in path.parts
    return f"{shown_path(path)}:{line}" if theirs and not path.is_relative_to(OURS) else None
