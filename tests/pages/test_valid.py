"""The pages are HTML by the letter of the standard, as a parser that is not ours reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import html5lib
import pytest
from browsers import (
    MissingProgramError,
    find_chromium,
    find_in_node_modules,
    validate_html,
)
from html5lib.html5parser import ParseError
from made_pages import page_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@pytest.mark.parametrize("length", ["short", "long"])
@pytest.mark.parametrize("kind", ["page", "review"])
def test_a_page_is_valid(kind: str, length: str) -> None:
    """No tag is left open, none is misplaced, no character is forbidden."""
    html5lib.HTMLParser(strict=True).parse(page_of(kind, length))


BROKEN = {
    "a list": ("<ul", "<ul><p>no item</p></ul><ul", "element-permitted-content"),
    "an id": ('id="content"', 'id="findings"', "no-dup-id"),
    "an attribute": ('<th scope="col"', '<th scope="none"', "attribute-allowed-values"),
}
"""What is broken in a page, how, and the rule that forbids it."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Sequence[str]]:
    """What a second tool finds in each page, which knows what may stand in what."""
    pages = {kind: page_of(kind, "short") for kind in ("page", "review")}
    for name, (good, broken, _) in BROKEN.items():
        assert good in pages["page"]
        pages[name] = pages["page"].replace(good, broken, 1)
    folder = tmp_path_factory.mktemp("pages")
    files = {name: folder / f"{name}.html" for name in pages}
    for name, file in files.items():
        file.write_text(pages[name], encoding="utf-8")
    lines = validate_html(*files.values())
    return {name: lines[file] for name, file in files.items()}


@pytest.mark.parametrize("kind", ["page", "review"])
def test_each_part_of_a_page_is_where_it_may_be(
    kind: str, found: Mapping[str, Sequence[str]]
) -> None:
    """Each tag, attribute and id."""
    assert found[kind] == []


@pytest.mark.parametrize("name", BROKEN)
def test_a_part_that_is_not_is_seen(name: str, found: Mapping[str, Sequence[str]]) -> None:
    """It does complain where there is a reason."""
    *_, rule = BROKEN[name]
    assert any(f"[{rule}]" in line for line in found[name])


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        pytest.param("</dl>", "", id="a tag that stays open"),
        pytest.param("<h2>", "<h2><p></h2>", id="a tag within another"),
        pytest.param("<h2>", "<h2>\x00", id="a forbidden character"),
        pytest.param("<!DOCTYPE html>", "", id="no type"),
    ],
)
def test_a_broken_page_is_not(good: str, broken: str) -> None:
    """The parser does see it."""
    text = page_of("page", "short")
    assert good in text
    with pytest.raises(ParseError):
        html5lib.HTMLParser(strict=True).parse(text.replace(good, broken, 1))


def test_a_machine_without_chromium_is_told_what_to_install(tmp_path: Path) -> None:
    """These tests fail there, and do not skip."""
    with pytest.raises(MissingProgramError, match="apt-get install chromium"):
        find_chromium(str(tmp_path))
    (tmp_path / "chromium-browser").touch(0o755)
    assert find_chromium(str(tmp_path)) == str(tmp_path / "chromium-browser")


def test_a_machine_without_npm_is_told_what_to_run(tmp_path: Path) -> None:
    """So it is where npm has put nothing."""
    with pytest.raises(MissingProgramError, match="tox -e pages"):
        find_in_node_modules("axe-core/axe.min.js", {"MCSCOPES_NODE_MODULES": str(tmp_path)})
