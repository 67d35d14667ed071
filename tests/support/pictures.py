"""The picture of a failing terminal, which is text in SVG on a ground of its own.

So it can be read on light pages and on dark ones. To draw it anew, at the project's top:
`pytest examples/over_asking | python tests/support/pictures.py`, in 80 columns.
"""

from __future__ import annotations

import sys
from html import escape
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from guides import ROOT, cut_failures

if TYPE_CHECKING:
    from collections.abc import Sequence

FAILURE = ROOT / "docs" / "pictures" / "failure.svg"
COMMAND = "pytest examples/over_asking"
"""Of the example that fails, at the project's top."""
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
SVG = "{http://www.w3.org/2000/svg}"
LETTER, LINE, MARGIN = 7.9, 18, 16
"""Width of a letter, height of a line and the room around all, in pixels."""


def terminal_lines(output: str) -> list[str]:
    """Give the lines of the picture: the command, then what pytest writes of the failure."""
    return [f"$ {COMMAND}", *cut_failures(output).splitlines()]


def draw_terminal(lines: Sequence[str]) -> str:
    """Draw lines as a terminal shows them: pytest writes the name of a test that fails in red."""
    width = round(max(map(len, lines)) * LETTER) + 2 * MARGIN
    height = len(lines) * LINE + 2 * MARGIN
    drawn = "\n".join(
        f'<text x="{MARGIN}" y="{bottom}"{style_of(line)}>{in_place(line)}</text>'
        for bottom, line in zip(range(MARGIN + 13, height, LINE), lines, strict=False)
    )
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img"
  font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
  font-size="13" fill="#e6edf3">
<title>A failing test in a terminal</title>
<rect width="100%" height="100%" rx="8" fill="#161b22"/>
{drawn}
</svg>
"""


def in_place(line: str) -> str:
    """Write a line for SVG, which would make one space of several."""
    return escape(line).replace(" ", NO_BREAK_SPACE)


def style_of(line: str) -> str:
    """Colour what a terminal colours."""
    if line.startswith("__"):
        return ' fill="#ff7b72" font-weight="bold"'
    return ' fill="#8b949e"' if line.startswith("$ ") else ""


def words_in(picture: str) -> list[str]:
    """Read the lines of a picture."""
    drawn = ET.fromstring(picture).iter(f"{SVG}text")  # noqa: S314 - our own
    return ["".join(each.itertext()).replace(NO_BREAK_SPACE, " ") for each in drawn]


def main() -> None:
    """Draw the output of pytest that comes in."""
    picture = draw_terminal(terminal_lines(sys.stdin.read()))
    FAILURE.write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
