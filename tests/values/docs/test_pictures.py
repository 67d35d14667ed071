"""Pictures have the words that they are drawn of; tests/plugin/test_guides.py runs the example."""

from __future__ import annotations

import io
import runpy
import sys
from typing import TYPE_CHECKING

import pictures
from pictures import FAILURE, draw_terminal, terminal_lines, words_in

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

OUTPUT = """\
collected 1 item
=== FAILURES ===
____ test_a ____
MCS102 <email_read> & more:
  declared   email_send
=== short test summary info ===
FAILED
"""


def test_a_picture_has_its_words() -> None:
    """With the room between them, and what XML would take for its own."""
    lines = terminal_lines(OUTPUT)
    assert lines == [
        "$ pytest examples/over_asking",
        "____ test_a ____",
        "MCS102 <email_read> & more:",
        "  declared   email_send",
    ]
    assert words_in(draw_terminal(lines)) == lines


def test_the_script_draws_what_comes_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(OUTPUT))
    monkeypatch.setattr(pictures, "FAILURE", tmp_path / "failure.svg")
    pictures.main()
    assert words_in((tmp_path / "failure.svg").read_text()) == terminal_lines(OUTPUT)


def test_the_script_makes_the_picture_that_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of its own words, to the letter."""
    before = FAILURE.read_text()
    output = "= FAILURES =\n" + "\n".join(words_in(before)[1:]) + "\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(output))
    runpy.run_path(pictures.__file__, run_name="__main__")
    assert FAILURE.read_text() == before
