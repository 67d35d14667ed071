"""Hints, lists of words, wrapped lines and places, as people read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest_mcscopes
from pytest_mcscopes.words import did_you_mean, either, shown_path, user_place, wrap

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
