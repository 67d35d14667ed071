"""What a change does to the needed scopes: never "no more" where that is not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from data_files import digests, write_suite
from facts import call_made, requirements, scopes, token_requested
from records import EVERYTHING, result

from pytest_mcscopes.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_mcscopes.evidence.results import ResultRecord

ONE, TWO = "a.py::test_1", "a.py::test_2"


def uses(
    test: str,
    used: str,
    *,
    doubt: str = "",
    marked: bool = True,
    **more: Any,  # noqa: ANN401 - of the test
) -> ResultRecord:
    """A test that uses what it asks for, on a row that is trusted or has this doubt."""
    asked = token_requested(used, EVERYTHING)
    mark = scopes(used, origin="@pytest.mark.mc_scopes, a.py:1") if marked else None
    package = {"package": more["package"]} if "package" in more else {}
    call = call_made(requirements(used, doubt=doubt), used, **package)
    return result(test, mark, asked, call, **more)


SEND = uses(ONE, "email_send")
READ = uses(TWO, "email_read")
QUIET = result(TWO, None)
SKIPPED = result(TWO, None, outcome="skipped")
INCOMPLETE = {"left_out": ["a.py::test_9"]}
ADDED = "+ email_read, package"
TAKEN = "- email_read, package"


def diff(
    folder: Path,
    before: Sequence[ResultRecord],
    after: Sequence[ResultRecord],
    more_before: dict[str, Any] | None = None,
    more_after: dict[str, Any] | None = None,
    *args: str,
) -> int:
    """Compare two suites by the command."""
    old = write_suite(folder / "before.jsonl", before, **(more_before or {}))
    new = write_suite(folder / "after.jsonl", after, **(more_after or {}))
    return main(["diff", str(old), str(new), *args])


@pytest.mark.parametrize(
    ("before", "after", "code", "said"),
    [
        pytest.param([SEND], [SEND], 0, "the same scopes are needed\n", id="the same"),
        pytest.param([SEND, READ], [READ, SEND], 0, "the same scopes", id="in another order"),
        pytest.param([SEND], [SEND, READ], 1, "MORE: ", id="more"),
        pytest.param([SEND], [SEND, READ], 1, ADDED, id="what is more"),
        pytest.param([SEND, READ], [SEND], 0, "less: ", id="less"),
        pytest.param([SEND, READ], [SEND], 0, TAKEN, id="what is less"),
        pytest.param([SEND], [uses(ONE, "email_read")], 1, ADDED, id="another, one more"),
        pytest.param([SEND], [uses(ONE, "email_read")], 1, "- email_send", id="another, one less"),
        pytest.param([SEND], [SEND, QUIET], 0, "the same", id="a test that talks to nobody"),
        pytest.param([SEND], [SEND, SKIPPED], 0, "the same", id="a test that was never marked"),
        pytest.param(
            [SEND],
            [SEND, uses(TWO, "email_send", package="b")],
            1,
            '+ email_send, package "b" (used on a documented row)',
            id="of another package",
        ),
        pytest.param(
            [SEND],
            [SEND, uses(TWO, "email_read", doubt="said so once")],
            1,
            'undetermined: package "integration" may need email_read more for GET /test/email_read'
            " (doubtful: said so\n  once), called in a.py::test_2: say in mcscopes.toml",
            id="a new doubtful call",
        ),
        pytest.param(
            [SEND],
            [SEND, uses(TWO, "email_send", doubt="said so once")],
            0,
            "the same",
            id="a doubtful call that may need what is needed anyway",
        ),
        pytest.param(
            [SEND, uses(TWO, "email_read", doubt="said so once")],
            [SEND, uses("a.py::test_3", "email_read", doubt="said so once")],
            0,
            "the same",
            id="a doubtful call that was made before",
        ),
        pytest.param(
            [SEND, READ],
            [SEND, uses(TWO, "email_read", marked=False)],
            1,
            "undetermined: a.py::test_2 counted in BEFORE and in AFTER passed without a verdict: "
            "what it uses now is not shown",
            id="a mark that was taken away",
        ),
        pytest.param(
            [SEND],
            [SEND, uses(TWO, "email_read", marked=False)],
            1,
            'undetermined: email_read of package "integration" is used by tests that do not'
            " count, a.py::test_2: ",
            id="a new test without a mark",
        ),
        pytest.param(
            [SEND],
            [SEND, uses(TWO, "email_send", marked=False)],
            0,
            "the same",
            id="a new test without a mark, which uses what is needed",
        ),
        pytest.param(
            [SEND, uses(TWO, "email_read", marked=False)],
            [SEND, uses(TWO, "email_read", marked=False)],
            0,
            "the same",
            id="a test that has no mark before and after",
        ),
        pytest.param(
            [SEND, READ],
            [SEND, uses(TWO, "email_read", outcome="skipped")],
            1,
            "a.py::test_2 counted in BEFORE and in AFTER skipped: ",
            id="a test that is skipped now",
        ),
        pytest.param(
            [SEND, READ],
            [SEND, uses(TWO, "email_read", outcome="failed", aborted=True)],
            1,
            "undetermined: 1 test of AFTER failed, and may have been about to use more,"
            " a.py::test_2: fix",
            id="a test that fails now",
        ),
    ],
)
def test_sides(
    *,
    tmp_path: Path,
    before: list[ResultRecord],
    after: list[ResultRecord],
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What is used on trusted rows counts; what is not shown is said, and never passes."""
    assert diff(tmp_path, before, after) == code
    told = capsys.readouterr()
    assert told.err == ""
    names = {"BEFORE": "before.jsonl", "AFTER": "after.jsonl"}
    text = told.out.replace(f"{tmp_path}/", "")
    for name, file in names.items():
        said = said.replace(name, file)
    assert " ".join(said.split()) in " ".join(text.split())


@pytest.mark.parametrize(
    ("more_before", "more_after", "after", "code", "said"),
    [
        pytest.param(
            {}, INCOMPLETE, [SEND], 1, "undetermined: AFTER is not complete: 1 test", id="after"
        ),
        pytest.param(INCOMPLETE, {}, [SEND], 0, "note: BEFORE is not the evidence of", id="before"),
        pytest.param(INCOMPLETE, {}, [SEND, READ], 1, "MORE: ", id="before, and more"),
        pytest.param(INCOMPLETE, INCOMPLETE, [SEND], 1, "UNDETERMINED: ", id="both"),
        pytest.param(
            {}, {"mixed": True}, [SEND], 1, "undetermined: AFTER is of runs that differ", id="mixed"
        ),
        pytest.param(
            {"mixed": True}, {}, [SEND], 0, "note: BEFORE is not the evidence", id="mixed before"
        ),
        pytest.param(
            {},
            {
                "digests": digests(overlay="1", settings="2"),
                "versions": {"mcscopes": "1", "pytest": "9", "python": "3", "catalogue": "x"},
            },
            [SEND],
            0,
            "note: they differ in overlay and settings and catalogue: what is added or taken may",
            id="other entries",
        ),
    ],
)
def test_runs(
    *,
    tmp_path: Path,
    more_before: dict[str, Any],
    more_after: dict[str, Any],
    after: list[ResultRecord],
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An incomplete side before may make more look added; one after shows no less."""
    assert diff(tmp_path, [SEND], after, more_before, more_after) == code
    text = capsys.readouterr().out.replace(f"{tmp_path}/", "")
    said = said.replace("BEFORE", "before.jsonl").replace("AFTER", "after.jsonl")
    assert said in " ".join(text.split())


def test_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All that is told: the answer, the sides, who asks, what is left open, what is needed."""
    more = [uses(f"b.py::test_{number}", "email_read") for number in range(5)]
    omitted = token_requested(None, EVERYTHING)
    mark = scopes("sms_read", origin="@pytest.mark.mc_scopes, a.py:1")
    calls = [call_made(requirements("sms_read", label=f"GET /{n}"), "sms_read") for n in range(4)]
    leaves_out = result("c.py::test_1", mark, omitted, *calls)
    assert diff(tmp_path, [SEND, READ | {"test": "a.py::test_x"}], [*more, leaves_out]) == 1
    assert capsys.readouterr().out.replace(f"{tmp_path}/", "").splitlines() == [
        "MORE: the change needs more scopes",
        "  from before.jsonl (2 tests, commit abc, complete)",
        "  to   after.jsonl (6 tests, commit abc, complete)",
        '+ sms_read, package "integration" (used on a documented row)',
        "    GET /0 (documented) in c.py::test_1",
        "    GET /1 (documented) in c.py::test_1",
        "    GET /2 (documented) in c.py::test_1",
        "    and by 1 more",
        "    asked for by no name: scope was left out",
        '- email_send, package "integration" (used on a documented row)',
        "    GET /test/email_send (documented) in a.py::test_1",
        "    asked for by name in a.py::test_1",
        'package "integration" needs email_read sms_read',
    ]


def test_markdown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same for a pull request; nothing in it is read as Markdown or HTML."""
    odd = uses("a.py::test_2[<b>|`x`\n]", "email_read")
    args = ("--format", "markdown")
    assert diff(tmp_path, [SEND], [odd, SEND], {"commit": None}, INCOMPLETE, *args) == 1
    lines = capsys.readouterr().out.replace(str(tmp_path), "").splitlines()
    assert lines[0] == "### Marketing Cloud scopes: MORE: the change needs more scopes"
    assert lines[4:7] == [
        "| | Scope | Package | How well shown | Who asks |",
        "| --- | --- | --- | --- | --- |",
        (
            r"| added | email_read | integration | used on a documented row |"
            r" GET /test/email_read (documented) in a.py::test_2\[\<b>\|\`x\` \];"
            r" asked for by name in a.py::test_2\[\<b>\|\`x\` \] |"
        ),
    ]
    assert "**Undetermined**" in lines
    assert lines[-3:] == [
        "**Needed after the change**",
        "",
        '- package "integration": email_read email_send',
    ]
    assert main(["diff", *[str(tmp_path / "before.jsonl")] * 2, *args]) == 0
    assert "| --- |" not in capsys.readouterr().out


def test_it_is_bounded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A hundred of a kind are listed, the others counted, in both forms."""
    many = [uses(f"a.py::test_{n}", f"scope_{n:03}") for n in range(150)]
    for form in ("text", "markdown"):
        assert diff(tmp_path, [SEND], many, {}, {}, "--format", form) == 1
        text = capsys.readouterr().out
        assert "... and 50 more" in text
        assert ("scope_099" in text.replace("\\", ""), "scope_100," in text) == (True, False)


def test_two_projects(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They have nothing to do with one another."""
    assert diff(tmp_path, [SEND], [SEND], {}, {"project": "other"}) == 2
    assert capsys.readouterr().err == (
        f'MCSCOPES: {tmp_path}/before.jsonl is of the project "mailer" and {tmp_path}/after.jsonl'
        ' of "other". Compare two runs of one project.\n'
    )
