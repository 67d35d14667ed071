"""The section of suggestions: what is alike stands together, and all of it is bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mcscopes.learn.suggestion import Shown, Suggestion
from pytest_mcscopes.learn.suggestions_text import MOST_LINES
from pytest_mcscopes.learn.suggestions_text import render_text as iter_text

if TYPE_CHECKING:
    from collections.abc import Iterable

SEND = Shown(scopes=("email_send",), call="POST /messages", standing="documented")
LINE = '@pytest.mark.mc_scopes("email_send")'


def render_text(suggestions: Iterable[Suggestion], *most: int | None) -> list[str]:
    return [*iter_text(suggestions, (), *most)]


def suggestion(test: str, **more: object) -> Suggestion:
    return Suggestion(test=test, **more)  # type: ignore[arg-type]  # of its fields


def test_all_that_is_told() -> None:
    """File by file: tests, lines, why, what to do first, what stands beside; then a count."""
    suggestions = [
        suggestion("a.py::test_1", lines=(LINE,), shown_by=(SEND,), as_marked=True),
        suggestion(
            "a.py::test_2",
            lines=(LINE,),
            shown_by=(SEND, Shown(scopes=(), call="GET /open", standing="documented")),
            first=("MCS107 " + "foreigner " * 9,),
            caveats=("as few would do",),
        ),
        suggestion("a.py::test_3", lines=(LINE,), shown_by=(SEND,), as_marked=True),
        suggestion("b.py::test_1[x]", lines=(LINE,), on="parameter set"),
        suggestion("b.py::test_1[y]", why_not="no call was made", on="parameter set"),
        suggestion("c.py::test_1", lines=(LINE,), once="pytestmark = ..."),
        suggestion("d.py::test_1", lines=(LINE,), once="pytestmark = ...", as_marked=True),
    ]
    assert render_text(suggestions) == [
        "a.py",
        "  test_1",
        "  test_3",
        '    @pytest.mark.mc_scopes("email_send")',
        "    so it is marked",
        "      email_send                 POST /messages (documented)",
        "  test_2",
        '    @pytest.mark.mc_scopes("email_send")',
        "      email_send                 POST /messages (documented)",
        "      no scope                   GET /open (documented)",
        f"      first: MCS107{' foreigner' * 8}",
        "        foreigner",
        "      as few would do",
        "b.py",
        "  test_1[x]",
        '    @pytest.mark.mc_scopes("email_send")',
        ("    other parameter sets need other lines: give it to this one, as pytest.param(...,"),
        "      marks=pytest.mark....)",
        "  test_1[y]",
        "    no line: no call was made",
        "c.py",
        "  test_1",
        '    @pytest.mark.mc_scopes("email_send")',
        "    or once, for all tests of the file, beside its other marks: pytestmark = ...",
        "d.py",
        "  test_1",
        '    @pytest.mark.mc_scopes("email_send")',
        "    so it is marked",
        (
            "tests: 7 talked to a tenant, 2 to mark, 3 marked so, 1 with something to do first,"
            " 1 without a line"
        ),
    ]


def test_nothing_to_tell() -> None:
    """A run in which no test talked to a tenant says so, and how one comes to do so."""
    *first, last = render_text([])
    assert "".join(first).startswith("no test talked to a tenant, so nothing is known of what")
    assert last.startswith("tests: 0 talked to a tenant, ")


def test_a_block_is_bounded() -> None:
    """Of many tests that are alike the first are named, and the others counted."""
    lines = render_text([suggestion(f"a.py::test[{n:02}]", lines=(LINE,)) for n in range(13)])
    assert lines[10:13] == ["  test[09]", "  ... and 3 more", f"    {LINE}"]


def test_the_whole_is_bounded() -> None:
    """What does not fit is counted, with the way to see it."""
    many = [suggestion(f"a.py::test_{n:03}", why_not=f"reason {n}") for n in range(300)]
    lines = render_text(many)
    assert len(lines) <= MOST_LINES + 2
    more = "pytest --mc-data, and then mcscopes suggest"
    assert lines[-2] == f"... and 201 tests more: {more}"
    assert lines[-1].startswith("tests: 300 talked")
    assert render_text(many[:100])[-2] == f"... and 1 test more: {more}"
    assert len(render_text(many, None)) == 3 * 300 - 299 + 300 - 300 + 1
