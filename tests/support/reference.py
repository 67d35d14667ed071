"""The pages that are made from the code: `python tests/support/reference.py` writes them.

What a rule, mark, fixture or setting means is written once, where `mcscopes explain` reads it; a
command's options once, where argparse reads them; and what a member does once, in its docstring. A
page begins with lines that are written by hand. All below the line MADE is made here.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from guides import MADE, ROOT, read_pages
from reference_commands import write_commands
from reference_members import write_fixtures
from reference_schemas import write_manifest, write_schema
from reference_words import write_glossary, write_marks, write_rules, write_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MAKERS: Mapping[str, Callable[[], Iterator[str]]] = {
    "docs/glossary.md": write_glossary,
    "docs/reference/command-line.md": write_commands,
    "docs/reference/data-format.md": write_schema,
    "docs/reference/fixtures.md": write_fixtures,
    "docs/reference/manifest.md": write_manifest,
    "docs/reference/marks.md": write_marks,
    "docs/reference/rules.md": write_rules,
    "docs/reference/settings.md": write_settings,
}
"""What writes each page below its first lines."""


def make_page(page: str, text: str) -> str:
    """Keep the lines that are written by hand, and make the rest anew."""
    by_hand, _, _ = text.partition(MADE)
    made = "\n".join(MAKERS[page]()).rstrip("\n")
    return f"{by_hand}{MADE}\n\n{made}\n"


def find_stale(pages: Mapping[str, str]) -> list[str]:
    """Name the pages that are not as they would be made."""
    return [page for page in MAKERS if make_page(page, pages.get(page, "")) != pages.get(page)]


def main() -> None:
    """Write the pages that are stale, and name them."""
    for page in find_stale(read_pages()):
        path = ROOT / page
        text = path.read_text(encoding="utf-8")
        path.write_text(make_page(page, text), encoding="utf-8")
        sys.stdout.write(f"{page}\n")


if __name__ == "__main__":
    main()
