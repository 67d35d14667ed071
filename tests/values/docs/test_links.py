"""Every link of README, the guides, the reference and the examples leads somewhere."""

from __future__ import annotations

import re

import pytest
from links import anchors_of, file_of, find_broken_links, links_of, read_linked_pages
from measuring import unmeasured

PAGES = read_linked_pages()
GUIDE = "docs/one-token.md"


def broken_in(link: str) -> list[str]:
    """Give the links that are broken in a page with this one, which stands beside a guide."""
    return find_broken_links({"README.md": f"# A heading\n\n{link}\n", GUIDE: "# One token\n"})


def test_no_link_is_broken() -> None:
    assert unmeasured(find_broken_links)(PAGES) == []


@pytest.mark.parametrize(
    "link",
    [
        pytest.param("[x](docs/no-such-page.md)", id="a page"),
        pytest.param("[x](docs/one-token.md#no-such-heading)", id="a heading of another page"),
        pytest.param("[x](#no-such-heading)", id="a heading of this page"),
        pytest.param("[x](docs/one-token)", id="without .md"),
        pytest.param("[x](../docs/one-token.md)", id="out of the project"),
        pytest.param("[x](docs/../../one-token.md)", id="out of it by a detour"),
        pytest.param("![x](docs/pictures/none.svg)", id="a picture"),
        pytest.param('<img src="docs/pictures/none.svg">', id="a picture in HTML"),
        pytest.param("[x](http://example.com/)", id="without encryption"),
        pytest.param("[x](pyproject.toml#readme)", id="a heading of what is no page"),
        pytest.param("[x][]\n\n[x]: docs/none.md", id="a reference"),
        pytest.param("| a |\n| --- |\n| [x](docs/none.md) |", id="in a table"),
    ],
)
def test_a_broken_link_is_found(link: str) -> None:
    (found,) = broken_in(link)
    assert re.fullmatch(r"README\.md:\d: \S+", found)


@pytest.mark.parametrize(
    "link",
    [
        pytest.param("[x](docs/one-token.md)", id="a page"),
        pytest.param("[x](#a-heading)", id="a heading of this page"),
        pytest.param("[x](docs/one-token.md#one-token)", id="a heading of another page"),
        pytest.param("[x](examples/shop)", id="a folder"),
        pytest.param("[x](docs/../pyproject.toml)", id="by a detour"),
        pytest.param("[x](https://example.com/)", id="on the web"),
        pytest.param("```\n[x](docs/none.md)\n```", id="in code"),
        pytest.param("`[x](docs/none.md)`", id="in code of a line"),
    ],
)
def test_a_link_that_leads_somewhere_is_none(link: str) -> None:
    assert broken_in(link) == []


def test_headings_of_one_text_are_told_apart() -> None:
    """As GitHub does; a heading in code is none, and code in a heading counts as its words."""
    text = "# The `mc_x` of [a](b)!\n\n## Why\n\n```\n# no\n```\n\n## Why\n"
    assert list(anchors_of(text)) == ["the-mc_x-of-a", "why", "why-1"]


def test_each_page_can_be_reached() -> None:
    """From README, link by link."""
    reached: set[str] = set()
    left = ["README.md"]
    while left:
        page = left.pop()
        if page in PAGES and page not in reached:
            reached.add(page)
            left += [file_of(page, target) for target, _ in links_of(PAGES[page])]
    assert PAGES.keys() - reached == set()
