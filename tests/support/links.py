"""Links of Markdown pages that lead nowhere, by the anchors that GitHub makes of headings."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from guides import ROOT
from markdown_it import MarkdownIt
from markdown_text import slug

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from markdown_it.token import Token

PARSER = MarkdownIt("commonmark").enable("table")


def read_linked_pages() -> dict[str, str]:
    """Read all pages of which the links are looked at, by their paths from the project's top."""
    patterns = ("*.md", "docs/**/*.md", "examples/*/README.md")
    paths = sorted({path for pattern in patterns for path in ROOT.glob(pattern)})
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def find_broken_links(pages: Mapping[str, str], root: Path = ROOT) -> list[str]:
    """Name each link that leads to no file, folder or heading, as `page:line: target`."""
    anchors = {page: set(anchors_of(text)) for page, text in pages.items()}
    return [
        f"{page}:{line}: {target}"
        for page, text in pages.items()
        for target, line in links_of(text)
        if not leads_somewhere(page, target, anchors, root)
    ]


def leads_somewhere(page: str, target: str, anchors: Mapping[str, set[str]], root: Path) -> bool:
    """Tell whether a link of a page leads to something; what is on the web is not looked up."""
    url = urlsplit(target)
    if url.scheme:
        return url.scheme == "https" and bool(url.netloc)
    there = file_of(page, target)
    if there not in anchors:
        return not url.fragment and not there.startswith("..") and (root / there).exists()
    return not url.fragment or url.fragment in anchors[there]


def file_of(page: str, target: str) -> str:
    """Give the path that a link leads to; `..` stays where that is out of the project."""
    path = unquote(urlsplit(target).path)
    parts: list[str] = []
    for part in (PurePosixPath(page).parent / path).parts if path else (page,):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def anchors_of(text: str) -> Iterator[str]:
    """Give the anchors of a page: of the second heading of one text it ends in -1, and so on."""
    seen: Counter[str] = Counter()
    tokens = PARSER.parse(text)
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            anchor = slug(words_of(inline))
            yield f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor
            seen[anchor] += 1


def words_of(inline: Token) -> str:
    """Give the words of a line as a reader sees them, code and links too."""
    shown = [each for each in inline.children or () if each.type in {"text", "code_inline"}]
    return "".join(each.content for each in shown)


def links_of(text: str) -> Iterator[tuple[str, int]]:
    """Give where each link and picture of a page leads, with its line."""
    for token in PARSER.parse(text):
        line = token.map[0] + 1 if token.map else 0
        for each in (token, *(token.children or ())):
            if each.type in {"link_open", "image"}:
                yield str(each.attrs.get("href") or each.attrs.get("src")), line
            elif each.type in {"html_block", "html_inline"}:
                for target in re.findall(r'(?:src|srcset|href)="([^"]*)"', each.content):
                    yield target, line
