"""The reference pages are as the code would make them now."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import guides
import pytest
import reference
from guides import MADE, read_pages
from markdown_text import set_code, slug
from reference import MAKERS, find_stale, make_page
from reference_members import items_in, signature_of

from pytest_mcscopes.privilege.findings import RULES

if TYPE_CHECKING:
    from collections.abc import Mapping

RULES_PAGE = "docs/reference/rules.md"


@pytest.fixture(scope="module")
def pages() -> Mapping[str, str]:
    """All pages as they should be."""
    return {page: make_page(page, read_pages()[page]) for page in MAKERS}


def test_no_page_is_stale() -> None:
    """To the letter."""
    stale = find_stale(read_pages())
    assert not stale, f"run: python tests/support/reference.py, which makes {', '.join(stale)} anew"


@pytest.mark.parametrize(
    ("before", "after", "stale"),
    [
        pytest.param("## MCS102 excess-scope", "## MCS102 excess", [RULES_PAGE], id="another word"),
        pytest.param(MADE, "", [RULES_PAGE], id="without the line below which it is made"),
        pytest.param("# Rules\n", "# All rules\n", [], id="what is written by hand"),
    ],
)
def test_a_page_that_differs_is_found(
    before: str, after: str, stale: list[str], pages: Mapping[str, str]
) -> None:
    text = pages[RULES_PAGE]
    assert before in text
    assert find_stale({**pages, RULES_PAGE: text.replace(before, after, 1)}) == stale


def test_a_page_that_is_missing_is_found(pages: Mapping[str, str]) -> None:
    others = {page: text for page, text in pages.items() if page != RULES_PAGE}
    assert find_stale(others) == [RULES_PAGE]


def test_stale_pages_are_written_anew(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    pages: Mapping[str, str],
) -> None:
    """And no other is touched."""
    page = tmp_path / RULES_PAGE
    page.parent.mkdir(parents=True)
    page.write_text(f"# Rules\n\n{MADE}\n")
    monkeypatch.setattr(reference, "ROOT", tmp_path)
    monkeypatch.setattr(reference, "read_pages", lambda: {**pages, RULES_PAGE: page.read_text()})
    reference.main()
    assert capsys.readouterr().out == f"{RULES_PAGE}\n"
    assert all(f"## {rule} {about.name}\n" in page.read_text() for rule, about in RULES.items())


def test_the_script_leaves_fresh_pages_alone(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    pages: Mapping[str, str],
) -> None:
    monkeypatch.setattr(guides, "read_pages", lambda: pages)
    runpy.run_path(str(Path(reference.__file__)), run_name="__main__")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("plain", "set_in_code"),
    [
        ("Give mc_tenant.auth_url, or `mc_x`.", "Give `mc_tenant.auth_url`, or `mc_x`."),
        ('Write a.b("c").d([{"E": f(1)}]).', 'Write `a.b("c").d([{"E": f(1)}])`.'),
        ('With match="at_most" (or not).', 'With `match="at_most"` (or not).'),
        ("Run pytest --mc-suggest again.", "Run pytest `--mc-suggest` again."),
        (
            "A word (with a remark) and/or v2/userinfo.",
            "A word (with a remark) and/or v2/userinfo.",
        ),
    ],
)
def test_code_in_plain_words_is_set_in_code(plain: str, set_in_code: str) -> None:
    assert set_code(plain) == set_in_code


def test_anchors_are_those_of_github() -> None:
    assert slug('match="at_most", and `x`') == "matchat_most-and-x"


def test_a_long_signature_has_an_argument_a_line() -> None:
    def send(
        self: object, key: str = "a", *, subscribers_by_key: list[str], when: dict[str, int]
    ) -> None:
        """Do nothing."""

    assert send(0, subscribers_by_key=[], when={}) is None  # type: ignore[func-returns-value]
    assert signature_of(send) == (
        '(\n    key: str = "a",\n    *,\n    subscribers_by_key: list[str],\n'
        "    when: dict[str, int],\n"
        ") -> None"
    )


def test_what_is_raised_is_told_from_what_is_given() -> None:
    body = "    one: the first\n        of two.\n    two: the last.\n"
    assert list(items_in(body, "Raises")) == [
        "raises `one`: the first\n        of two.",
        "raises `two`: the last.",
    ]
