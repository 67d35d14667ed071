"""Pieces of Markdown: paragraphs that wrap, tables, code."""

from __future__ import annotations

import re
from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

WIDTH = 100


def paragraph(text: str, first: str = "", rest: str = "") -> Iterator[str]:
    """Write a paragraph, and an empty line behind it; nothing for an empty text."""
    if text:
        yield from wrap(
            " ".join(text.split()),
            WIDTH,
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
        yield ""


def bullets(texts: Iterable[str]) -> Iterator[str]:
    """Write a list, and an empty line behind it."""
    yield from (line for text in texts for line in paragraph(text, "- ", "  ") if line)
    yield ""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Write a table, and an empty line behind it."""
    for row in (heads, ["---"] * len(heads), *rows):
        yield f"| {' | '.join(map(cell, row))} |"
    yield ""


def cell(text: str) -> str:
    """Write what may stand in a table: one line, in which a bar does not end the cell."""
    return " ".join(text.split()).replace("|", "\\|")


def code(language: str, text: str) -> Iterator[str]:
    """Write a fenced block, and an empty line behind it; nothing for an empty text."""
    if text:
        yield f"```{language}"
        yield from text.rstrip("\n").splitlines()
        yield "```"
        yield ""


_PARENTHESES = r"\((?:[^()]|\([^()]*\))*\)"
_CODE = re.compile(
    rf"""@?\w[\w.]*{_PARENTHESES}(?:\.\w+{_PARENTHESES})*  # a call, or several in a row
    | (?<!\w)--\w[\w-]*(?:=\w+)?                     # an option
    | \b\w+=(?:"[^"]*"|\w+|\.\.\.)                    # a keyword with its value
    | \b[a-z]+(?:_[a-z]+)+(?:\.\w+)*                 # a name in small letters
    """,
    re.VERBOSE,
)


def set_code(text: str) -> str:
    """Set what is code in plain words in code; what is so already stays."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(
        part if number % 2 else _CODE.sub(lambda found: quoted(found[0]), part)
        for number, part in enumerate(parts)
    )


def quoted(text: str) -> str:
    """Set a word in code."""
    return f"`{text}`"


def slug(heading: str) -> str:
    """Give the anchor that GitHub makes of a heading."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")
