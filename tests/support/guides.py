"""The pages that people read, README.md and docs/, and the fenced blocks in them.

A comment on the line before a block says what it is, and by that what a test does with it:

- `<!-- run: 2 passed -->` before Python: a test file, which comes to just that;
- `<!-- output -->` before text: what the run of the block before it writes of its failures;
- `<!-- prints -->`: what that run prints; `<!-- suggestions -->`: what `--mc-suggest` says of it;
- `<!-- file: NAME -->`: a file that lies beside the test files of the page;
- `<!-- overlay: NAME -->` before TOML: with this file the run above it passes;
- `<!-- settings: NAME -->`: a settings file of pytest's, which is taken;
- `<!-- part of: PATH -->`: lines that stand in that file of the project, word for word;
- `<!-- output of: COMMAND -->`: what the command, `pytest` or `mcscopes`, writes at the project's
  top;
- `<!-- steps -->` before sh: lines of `pytest` and `mcscopes`, run one after the other beside the
  page's files; a line that exits with another code than 0 ends in `# exit 1`.

What is made from the code (tests/support/reference.py) has no such blocks: what stands there is
tested where it is written.

The examples of the guides run beside the files of docs/code-under-test.md and of their own page;
those of README.md beside its own files alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
SHARED = "docs/code-under-test.md"
MADE = "<!-- Below this line all is made by tests/support/reference.py. -->"
"""Stands in a page that is made from the code, below the lines that are written by hand."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """A fenced block with the comment on the line before it, which says what it is."""

    page: str
    """Path of its page, from the top of the project."""
    line: int
    language: str
    about: str
    text: str

    @property
    def kind(self) -> str:
        """The language and the first words about it, as in `python run`."""
        return f"{self.language} {self.about.partition(':')[0]}".strip()

    @property
    def argument(self) -> str:
        """What stands after the colon."""
        return self.about.partition(": ")[2]

    @property
    def place(self) -> str:
        """Page and line, as an editor takes them."""
        return f"{self.page}:{self.line}"


@cache
def read_pages() -> Mapping[str, str]:
    """Read README.md and all pages of docs/, by their paths from the top of the project."""
    paths = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def read_blocks(page: str, text: str) -> Iterator[Block]:
    """Yield the fenced blocks of a Markdown text in order."""
    fence = re.compile(r"(?:^<!-- ([^\n]+) -->\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    for found in fence.finditer(text):
        line = text.count("\n", 0, found.start(2)) + 1
        about = found[1] or ""
        yield Block(page=page, line=line, language=found[2], about=about, text=found[3])


@cache
def all_blocks() -> tuple[Block, ...]:
    """Read the blocks of all pages, page by page."""
    return tuple(
        block
        for page, text in read_pages().items()
        for block in read_blocks(page, text.partition(MADE)[0])
    )


def blocks_of(*kinds: str) -> list[Block]:
    """Give the blocks of some kinds."""
    return [block for block in all_blocks() if block.kind in kinds]


def block_after(block: Block) -> Block | None:
    """Give the next block of the same page."""
    following = [each for each in all_blocks() if each.page == block.page]
    return next(iter(following[following.index(block) + 1 :]), None)


def blocks_before(block: Block) -> list[Block]:
    """Give the blocks of the same page that stand above."""
    return [each for each in all_blocks() if each.page == block.page and each.line < block.line]


def files_beside(page: str) -> Mapping[str, str]:
    """Give the files that the examples of a page run beside, by name."""
    pages = {page} if page == "README.md" else {SHARED, page}
    own = [block for block in all_blocks() if block.about.startswith("file: ")]
    own.sort(key=lambda block: block.page == page)  # a page's own file goes before a shared one
    return {block.argument: block.text for block in own if block.page in pages}


def cut_failures(output: str) -> str:
    """Cut the failures, and what this plugin adds to the summary, out of a run's output."""
    _, _, rest = output.partition("= FAILURES =")
    return re.split("^=+ short test summary", rest.partition("\n")[2], flags=re.MULTILINE)[0]
