"""The picture of a review in docs/ has the words that the page has today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from page_pictures import REVIEW, add_words, draw_review, review_of_example, words_in

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

MOST_BYTES = 150_000
"""A front page is read on telephones too."""


def test_the_picture_is_of_today(browser: Browser, tmp_path: Path) -> None:
    """Where it is not, the one of today lies beside the example."""
    today = tmp_path / "review.png"
    today.write_bytes(draw_review(browser, review_of_example(tmp_path)))
    words = words_in(today.read_bytes())
    assert words.startswith("REVIEW OF AN INSTALLED PACKAGE shop Fails Complete")
    assert words_in(REVIEW.read_bytes()) == words, f"cp {today} {REVIEW}"
    assert REVIEW.stat().st_size < MOST_BYTES


def test_words_are_kept_in_a_picture() -> None:
    """Where there are none, there are none."""
    empty = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0IEND\xaeB\x60\x82"
    assert words_in(empty) == ""
    assert words_in(add_words(empty, "a  b\nc")) == "a b c"
