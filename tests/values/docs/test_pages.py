"""README.md and the guides are whole: blocks of known kinds, tables, commands, lines that fit."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

import pytest
from guides import MADE, ROOT, Block, all_blocks, blocks_of, read_pages

from pytest_mcscopes.privilege.verdict_text import HEADLINES

if TYPE_CHECKING:
    from pathlib import Path

KINDS = {
    "ini settings",
    "json file",
    "python file",
    "python run",
    "python run beside pytest-httpx",  # by tests/compat
    "python run with FuelSDK",
    "sh benchmark command",
    "sh first command",
    "sh steps",
    "sh test command",
    "text drawing",  # for people alone
    "text last step writes",
    "text output",
    "text output of",
    "text prints",
    "text suggestions",
    "toml file",
    "toml overlay",
    "toml settings",
}
"""What a block may be, each of which a test takes; `part of` besides, in any language."""

every_page = pytest.mark.parametrize("page", [pytest.param(page, id=page) for page in read_pages()])


@every_page
def test_no_block_is_left_out(page: str) -> None:
    """Every fence is seen."""
    by_hand, _, _ = read_pages()[page].partition(MADE)
    fences = re.findall(r"^\s*(?:```|~~~)", by_hand, re.MULTILINE)
    assert len(fences) == 2 * len([block for block in all_blocks() if block.page == page])


def test_each_block_is_of_a_kind_that_a_test_takes() -> None:
    """And there is one of each kind, or its test would be empty."""
    kinds = {block.place: block.kind for block in all_blocks() if block not in parts_of_files()}
    assert {place: kind for place, kind in kinds.items() if kind not in KINDS} == {}
    assert KINDS - set(kinds.values()) == set()


def parts_of_files() -> list[Block]:
    """Give the blocks that show lines of a file of the project."""
    return [block for block in all_blocks() if block.about.startswith("part of: ")]


def test_lines_that_are_shown_of_a_file_stand_in_it() -> None:
    """Word for word."""
    for block in parts_of_files():
        assert block.text in (ROOT / block.argument).read_text(), block.place


@every_page
def test_lines_fit_a_window(page: str) -> None:
    """All but rows of tables, and output as it comes, wraps at 100 columns."""
    shown = {
        line
        for block in all_blocks()
        if block.language == "text"
        for line in block.text.splitlines()
    }
    text = read_pages()[page]
    long = [line for line in text.splitlines() if len(line) > 100 and not line.startswith("|")]
    assert set(long) <= shown


def test_the_first_command_runs_the_examples() -> None:
    """In one line, by the oldest Python that is supported; test_examples.py runs its end."""
    (command,) = (block.text for block in blocks_of("sh first command"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    oldest = project["requires-python"].removeprefix(">=")
    assert command == (
        f"python{oldest} -m venv .venv && .venv/bin/pip install . requests"
        " && .venv/bin/python -m pytest examples\n"
    )


def test_the_front_page_is_short() -> None:
    """It can be read in one go; what is longer is a guide."""
    assert len(read_pages()["README.md"].splitlines()) <= 250


def test_the_commonest_failures_are_told_in_their_own_words() -> None:
    """Ten of them, each with the words that its test shows."""
    _, _, section = read_pages()["README.md"].partition("## The ten commonest failures\n")
    shown = re.findall(r"^\| (MCS\d+) ([^|]*) \|", section, re.MULTILINE)
    assert len(shown) == 10
    assert set(shown) <= set(HEADLINES)


@pytest.mark.parametrize(
    "folder",
    [
        pytest.param(each.parent, id=each.parent.name)
        for each in sorted((ROOT / "examples").glob("*/__init__.py"))
    ],
)
def test_each_example_says_what_it_is(folder: Path) -> None:
    """In a few lines, and how it is run."""
    lines = (folder / "README.md").read_text().splitlines()
    assert len(lines) <= 12
    assert f"    python -m pytest examples/{folder.name}" in lines
