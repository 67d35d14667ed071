"""Lines of a width: labelled texts, wrapped at spaces and, where need be, at slashes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_LABEL = 13
_BEFORE = len("DELETE ")
"""A path that fits its line but for the method before it is cut, so as not to leave that alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """How wide lines may be, and whether lists are written in full."""

    width: int = 80
    full: bool = False

    def wrap(self, text: str, head: str = "", rest: str | None = None) -> Iterator[str]:
        """Cut a text into lines; a path or address that is too long is cut at its slashes."""
        indent = " " * len(head) if rest is None else rest
        line, used = head, False
        for glue, piece in _pieces(text, self.width - max(len(head), len(indent))):
            if used and len(line) + len(glue) + len(piece) > self.width:
                yield line.rstrip()
                line, used = indent, False
            line += (glue if used else "") + piece
            used = True
        yield line.rstrip()

    def row(self, label: str, text: str) -> Iterator[str]:
        """Write a labelled text."""
        yield from self.wrap(text, f"  {label:<{_LABEL}}")

    def rows(self, label: str, texts: Iterable[str]) -> Iterator[str]:
        """Write texts one below the other, of which the first has the label."""
        for text in texts:
            yield from self.row(label, text)
            label = ""

    def first(self, things: Sequence[str], few: int) -> Iterator[str]:
        """Yield a few of many things, and how many are left."""
        yield from things if self.full else things[:few]
        if len(things) > few and not self.full:
            yield f"and {len(things) - few} more: --all"


def _pieces(text: str, room: int) -> Iterator[tuple[str, str]]:
    """Cut a text into pieces that fit, each with what glues it to the one before."""
    for word in text.split():
        glue = " "
        for part in [word] if len(word) <= room - _BEFORE else re.split(r"(?<=[/&?,])", word):
            for start in range(0, len(part), room):
                yield glue, part[start : start + room]
                glue = ""
