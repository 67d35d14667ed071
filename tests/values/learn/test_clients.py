"""One client that serves several files: the one line for it, and where that belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from facts import call_made, requirements, scopes, token_requested, words
from records import result

from pytest_mcscopes.learn.suggest import suggest
from pytest_mcscopes.learn.suggestions_text import render_text

if TYPE_CHECKING:
    from pytest_mcscopes.evidence.results import ResultRecord
    from pytest_mcscopes.learn.suggestion import SharedMark
    from pytest_mcscopes.privilege.expectation import Expectation

ALL = "email_read email_send push_read"
MARK = 'pytestmark = pytest.mark.mc_scopes("email_read", "email_send", match="at_most")'
NARROWER = 'request scope="email_read email_send", unless a doubtful call needs more'
UNION = scopes("email_read email_send", "at_most", origin="@pytest.mark.mc_scopes, x.py:1")


def made(test: str, used: str, mark: Expectation | None = None, asks: str = ALL) -> ResultRecord:
    """A test whose code asks for some scopes and uses one."""
    asked = token_requested(asks, words(ALL))
    if not used:
        return result(test, mark, asked)
    return result(test, mark, asked, call_made(requirements(used), asks))


def shared(*records: ResultRecord) -> tuple[SharedMark, ...]:
    """What is suggested for clients of several files."""
    known = sorted(records, key=lambda each: each["test"])
    return suggest(lambda: known).shared


SEND = made("mail/test_a.py::test_1", "email_send")
READ = made("mail/test_b.py::test_1", "email_read")
WITH_NO_TOKEN = (
    'with @pytest.mark.mc_no_token(reason="...") above each test there that asks for nothing'
)
QUIET = result("mail/test_b.py::test_2", None)


def test_a_folder_of_its_own() -> None:
    """The line is for the folder or for its files; the request is to be no wider."""
    (mark,) = shared(SEND, READ, made("other/test_c.py::test_1", "push_read", asks="push_read"))
    assert (mark.files, mark.line) == (("mail/test_a.py", "mail/test_b.py"), MARK)
    assert mark.places == (
        (
            "once in mail/__init__.py, for all tests of the folder; a folder below it needs an"
            " __init__.py too"
        ),
        "or in each of its files: mail/test_a.py, mail/test_b.py",
    )
    assert mark.first == (NARROWER,)


@pytest.mark.parametrize(
    ("more", "places"),
    [
        pytest.param(
            [made("mail/sub/test_c.py::test_1", "push_read", asks="push_read")],
            ("in each of these files, beside its other marks: mail/test_a.py, mail/test_b.py",),
            id="another client below the folder",
        ),
        pytest.param(
            [QUIET],
            (
                "in each of these files, beside its other marks: mail/test_a.py",
                "above each of these tests, as a decorator: mail/test_b.py::test_1",
                f"or in mail/test_b.py too, {WITH_NO_TOKEN}",
            ),
            id="a test of one file that talks to nobody",
        ),
        pytest.param(
            [made("test_c.py::test_1", "email_read")],
            (
                (
                    "in each of these files, beside its other marks: mail/test_a.py,"
                    " mail/test_b.py, test_c.py"
                ),
            ),
            id="a file of the root folder",
        ),
        pytest.param(
            [QUIET, result("mail/test_a.py::test_2", None)],
            (
                (
                    "above each of these tests, as a decorator: mail/test_a.py::test_1,"
                    " mail/test_b.py::test_1"
                ),
                f"or in mail/test_a.py, mail/test_b.py too, {WITH_NO_TOKEN}",
            ),
            id="no file that is whole",
        ),
        pytest.param(
            [made("mail/test_b.py::test_2", "push_read", asks="push_read")],
            (
                "in each of these files, beside its other marks: mail/test_a.py",
                "above each of these tests, as a decorator: mail/test_b.py::test_1",
            ),
            id="another client in one file",
        ),
    ],
)
def test_where_the_line_belongs(more: list[ResultRecord], places: tuple[str, ...]) -> None:
    """Where it reaches these tests, and none that would fail by it."""
    (mark,) = shared(SEND, READ, *more)
    assert mark.places == places


def test_folders_that_have_a_folder_in_common() -> None:
    """It is the one below which they all are, not one whose name begins alike."""
    (mark,) = shared(
        made("t/mail/a/test_a.py::test_1", "email_send"),
        made("t/mail/b/test_b.py::test_1", "email_read"),
        result("t/mailer/test_c.py::test_1", None),
    )
    assert mark.places[0].startswith("once in t/mail/__init__.py, ")


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([SEND], id="one file"),
        pytest.param([SEND, made("mail/test_b.py::test_1", "email_send")], id="all use the same"),
        pytest.param(
            [SEND, made("mail/test_b.py::test_1", "email_read", asks="email_read")],
            id="they ask for different scopes",
        ),
        pytest.param([SEND, made("mail/test_b.py::test_1", "")], id="one calls nothing"),
        pytest.param(
            [
                made("mail/test_a.py::test_1", "email_send", UNION),
                made("mail/test_b.py::test_1", "email_read", UNION),
            ],
            id="marked so",
        ),
    ],
)
def test_nothing_to_say(records: list[ResultRecord]) -> None:
    """Where a line for each file says it all, or the line is there."""
    assert shared(*records) == ()


def test_a_mark_that_is_the_union_already_stands() -> None:
    """It is as good as a line, where the request is as narrow; a wider mark is not."""
    both = "email_read email_send"
    records = [
        made("mail/test_a.py::test_1", "email_send", UNION, both),
        made("mail/test_b.py::test_1", "email_read", UNION, both),
    ]
    found = [*suggest(lambda: records).tests]
    assert [each.as_marked for each in found] == [True, True]
    assert [*found[0].caveats] == ["tests of 2 files ask for the same scopes, and used these"]
    wider = scopes(ALL, "at_most", origin="@pytest.mark.mc_scopes, x.py:1")
    records[0] = made("mail/test_a.py::test_1", "email_send", wider, both)
    found = [*suggest(lambda: records).tests]
    assert [each.as_marked for each in found] == [False, True]
    (mark,) = shared(*records)
    assert mark.first == ("take away the marks that these tests have: the closest one counts",)


def test_as_text() -> None:
    """Bounded, after all files."""
    marks = [mark for _ in range(12) for mark in shared(SEND, READ)]
    lines = [*render_text([], marks)]
    assert lines[:9] == [
        "tests of several files, where one client serves them all",
        "  mail/test_a.py",
        "  mail/test_b.py",
        f"    {MARK}",
        (
            "      once in mail/__init__.py, for all tests of the folder; a folder below it needs"
            " an __init__.py"
        ),
        "        too",
        "      or in each of its files: mail/test_a.py, mail/test_b.py",
        f"      first: {NARROWER}",
        "  mail/test_a.py",
    ]
    assert lines[-2] == "  ... and 2 more"
