"""Hints, lists of words, wrapped lines and places, as people read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest_mcscopes
from pytest_mcscopes.words import (
    count,
    did_you_mean,
    either,
    first_of,
    name_tests,
    shown_path,
    user_place,
    wrap,
)

if TYPE_CHECKING:
    import pytest


def test_hints() -> None:
    """A near word is offered, a far one is not; alternatives are written out."""
    assert did_you_mean("scope", ("scopes", "name")) == ' Did you mean "scopes"?'
    assert did_you_mean("zzz", ("scopes", "name")) == ""
    assert either(("a", "b")) == '"a" or "b"'


def test_shown_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path is shown relative to where one is, if it is below, and whole if not."""
    monkeypatch.chdir(tmp_path)
    assert shown_path(tmp_path / "tests" / "test_mailer.py") == "tests/test_mailer.py"
    assert shown_path(tmp_path.parent / "other.py") == str(tmp_path.parent / "other.py")


def test_a_place_is_told_in_the_users_own_files_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines of a library, and of this package, tell a user nothing."""
    monkeypatch.chdir(tmp_path)
    assert user_place(str(tmp_path / "test_mailer.py"), 5, tmp_path) == "test_mailer.py:5"
    assert user_place(str(tmp_path / "site-packages" / "mailer.py"), 5, tmp_path) is None
    assert user_place(json.__file__, 5, tmp_path) is None
    ours = Path(pytest_mcscopes.__file__)
    assert user_place(str(ours), 5, ours.parents[1]) is None


def test_lines_are_broken_between_words() -> None:
    """What is longer than a line stays whole, hyphens and all."""
    assert wrap("one two-three four", 8, "- ", "  ") == ["- one", "  two-three", "  four"]


def test_numbers_of_things() -> None:
    """One is one, and what it does is said of one; of several the plural."""
    assert [count(1, "test"), count(2, "test")] == ["1 test", "2 tests"]
    assert [count(1, "test", "is"), count(0, "test", "was")] == ["1 test is", "0 tests were"]


def test_the_first_of_many() -> None:
    """What is left out is counted, and nothing is said where nothing is."""
    assert first_of(["a", "b"], 2) == "a, b"
    assert first_of(["a", "b", "c", "d"], 2) == "a, b and 2 more"
    assert name_tests(["a"]) == "a"
    assert name_tests(["a", "b"]) == "2 tests, first a"
