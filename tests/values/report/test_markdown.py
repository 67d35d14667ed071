"""A page of Markdown says what there is to say, on top what nobody may overlook, and fits."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import made_suites
import pytest
from hypothesis import example, given, settings
from hypothesis.strategies import text
from reports import (
    HOSTILE,
    SHOWN,
    SPECIAL,
    finding,
    hostile_report,
    kinds_of,
    read_markdown,
    report,
    sends,
)

from pytest_mcscopes.evidence.gate_result import FindingKey, Relaxed
from pytest_mcscopes.evidence.suite_evidence import PackageEvidence
from pytest_mcscopes.report.markdown import MOST_BYTES, MOST_GROUPS, write_markdown
from pytest_mcscopes.report.model import Report, one_line
from pytest_mcscopes.report.templating import escape_markdown, sanitise

TEST = "tests/test_a.py::test_a"


def test_a_page() -> None:
    """What fails, what is noted and what is open; then each scope, and how well it is shown."""
    made = report(
        sends(TEST),
        sends("tests/test_a.py::test_b", "email_send email_read"),
        sends("tests/test_a.py::test_c", "email_send email_read"),
        ci_run="https://ci.example.com/7",
        dirty=True,
    )
    texts = [each.text.replace("[", "\\[") for each in made.gate.undetermined]
    undetermined = [each.replace("]", "\\]") for each in texts]
    assert write_markdown(made).splitlines() == [
        "# Marketing Cloud scopes: fails: 2 findings",
        "",
        (
            "`mailer` at `abc` with changes of its own in `https://ci.example.com/7`,"
            " 2026-11-28T20:01:00+00:00."
        ),
        "",
        "3 tests, 3 judged; pytest-mcscopes 1, catalogue of 2026-11-28.",
        "",
        "## What fails",
        "",
        (
            "- **MCS102 excess-scope** `email_read` of package `integration`: the code under test"
            " asks Marketing Cloud for more than it needs; 2 tests: `tests/test_a.py::test_b`,"
            " `tests/test_a.py::test_c` (`tests/test_a.py:5`)"
        ),
        "",
        "What they mean, and how to be rid of them: `mcscopes explain MCS102`.",
        "",
        "## Undetermined",
        "",
        f"- MCS401 requested-not-assigned: {undetermined[0]}",
        f"- MCS402 assigned-not-exercised: {undetermined[1]}",
        "",
        "## Package `integration`",
        "",
        "| scope | how well shown | by |",
        "| --- | --- | --- |",
        (
            "| `email_send` | used on a documented row |"
            " `POST /messaging/v1/email/messages/{messageKey}` |"
        ),
        "| `email_read` | requested | `tests/test_a.py::test_b`, `tests/test_a.py::test_c` |",
    ]


@pytest.mark.parametrize(
    ("assigned", "said"),
    [
        pytest.param(("email_send", "sms_send"), True, id="more"),
        pytest.param(("email_send",), False, id="just that"),
        pytest.param(None, False, id="everything, by default"),
    ],
)
def test_what_is_assigned_besides(assigned: tuple[str, ...] | None, *, said: bool) -> None:
    """A table of what tests show would seem to be all that the package has."""
    shown = made_suites.scope("email_send", "requested", tests=[TEST])
    of_one = made_suites.suite(made_suites.package(shown, assigned=assigned))
    made = Report(run=made_suites.run(), suite=of_one, gate=made_suites.verdict())
    line = "Assigned in tests too, and neither declared, requested nor used: `sms_send`."
    assert (line in write_markdown(made).splitlines()) == said


def test_what_nobody_may_overlook_comes_first() -> None:
    """Why evidence is not complete, what is left out for good, and that runs differ."""
    made = report(
        sends(TEST),
        why=[f"gap {number}" for number in range(13)],
        mixed=True,
        selections=[{"expression": "not slow", "reason": "at night"}],
        seen={"not_selected": [TEST]},
        commit=None,
    )
    lines = write_markdown(made).splitlines()
    assert lines[0] == "# Marketing Cloud scopes: fails: not complete"
    assert lines[2:4] == ["- **Note well:** gap 0", "- **Note well:** gap 1"]
    assert lines[12:16] == ["- and 5 more", "", "`mailer`, 2026-11-28T20:01:00+00:00.", ""]


def test_tests_that_fail_or_are_not_judged() -> None:
    """They are counted, and those that failed by something else are named."""
    unmarked = sends("tests/test_b.py::test_b")
    unmarked |= {"marks": [], "judged": False, "why_not_judged": "unmarked", "findings": []}
    failed = sends(TEST, outcome="failed", aborted=True)
    page = write_markdown(report(failed, unmarked))
    assert "1 test without a mark talked to a tenant." in page
    assert f"1 test failed by something else, which is pytest's to say: `{TEST}`." in page


def test_who_leaves_scope_out() -> None:
    made = report(sends(TEST))
    package = made.suite.packages["integration"]
    assert isinstance(package, PackageEvidence)
    omitted = replace(package, omitted_by=(TEST, "a", "b", "c"))
    suite = replace(made.suite, packages={"integration": omitted})
    page = write_markdown(replace(made, suite=suite))
    assert f"`scope` was left out by 4 tests: `{TEST}`, `a`, `b`, and 1 more." in page


def test_what_the_gate_let_pass() -> None:
    """What was relaxed and by whom, and what a baseline knows, or knew."""
    made = report(sends(TEST))
    relaxed = (
        Relaxed(by="mc_allow", what="MCS201", reason="a test of it", where="t.py:1", tests=(TEST,)),
        Relaxed(by="rerun"),
    )
    gate = replace(
        made.gate,
        relaxed=relaxed,
        known=(finding(1),),
        gone=(FindingKey("MCS102", TEST, "", "email_read", ""),),
    )
    page = write_markdown(replace(made, gate=gate))
    for line in (
        f"- `mc_allow` `MCS201`: a test of it; 1 test: `{TEST}` (`t.py:1`)",
        "- `rerun`",
        "## Known by the baseline",
        f"- `MCS102` `{TEST}` `email_read`",
    ):
        assert line in page.splitlines()


def test_what_users_write_is_text() -> None:
    """No mark-up, no link, no heading and no further cell comes of it."""
    tokens = read_markdown(write_markdown(hostile_report()))
    assert kinds_of(tokens) == {
        *("heading", "paragraph", "bullet_list", "list_item", "inline", "text"),
        *("strong", "code_inline", "table", "thead", "tbody", "tr", "th", "td"),
    }
    code = {each.content for each in tokens if each.type == "code_inline"}
    assert SHOWN in code
    rows = [each.type for each in tokens if each.type in {"tr_open", "td_open", "th_open"}]
    assert rows.count("td_open") + rows.count("th_open") == 3 * rows.count("tr_open")


@settings(max_examples=100, deadline=None)
@given(text() | text(SPECIAL))
def test_any_name_is_one_piece_of_code_in_a_list_and_in_a_table(name: str) -> None:
    """As people see it; in a table one with a bar is text."""
    made = report(sends(TEST, package=f"p{name}p"), findings=())
    package = made.suite.packages[f"p{name}p"]
    scopes = {name: replace(package.scopes["email_send"], scope=f"s{name}s", calls=())}
    suite = replace(made.suite, packages={"x": replace(package, scopes=scopes)})
    run = made.run | {"project": f"p{name}p"}
    tokens = read_markdown(write_markdown(replace(made, suite=suite, run=run)))
    first = next(each for each in tokens if each.type == "code_inline")
    assert first.content == one_line(f"p{name}p")
    assert [each.type for each in tokens].count("tr_open") == 2
    cells = [after for each, after in pairwise(tokens) if each.type == "td_open"]
    shown = "".join(child.content for child in cells[0].children or ())
    assert shown.split() == one_line(f"s{name}s").split()


@settings(max_examples=100, deadline=None)
@given(text() | text(SPECIAL))
@example("__0__")
def test_any_reason_is_text(reason: str) -> None:
    """Alone in a list, or in the midst of a line."""
    for line in (f"- {escape_markdown(sanitise(reason))}", escape_markdown(f"x{reason}x")):
        tokens = read_markdown(line)
        assert kinds_of(tokens) <= {"bullet_list", "list_item", "paragraph", "inline", "text"}


def test_a_page_that_is_not_escaped_is_told() -> None:
    """The reader sees mark-up where there is some."""
    page = write_markdown(hostile_report())
    broken = page.replace("\\<", "<").replace("\\[", "[").replace("\\*", "*")
    kinds = kinds_of(read_markdown(f"{broken}\n{HOSTILE}"))
    assert {"html_inline", "link"} & kinds


def test_many_kinds_of_findings() -> None:
    """The worst are listed, and the others counted."""
    findings = tuple(finding(each, scopes=(f"scope_{each:04}",)) for each in range(MOST_GROUPS + 9))
    lines = write_markdown(report(findings=findings)).splitlines()
    assert len([line for line in lines if line.startswith("- **MCS102")]) == MOST_GROUPS
    assert "- and 9 more kinds of findings. `mcscopes report --format json` has all of it." in lines


def test_many_of_what_is_relaxed() -> None:
    made = report(sends(TEST))
    relaxed = tuple(Relaxed(by="rerun", tests=(f"test_{each}",)) for each in range(MOST_GROUPS + 2))
    lines = write_markdown(replace(made, gate=replace(made.gate, relaxed=relaxed))).splitlines()
    assert lines[-1] == "- and 2 more. `mcscopes report --format json` has all of it."
    assert len([line for line in lines if line.startswith("- `rerun`")]) == MOST_GROUPS


@pytest.mark.parametrize("packages", [1, 40], ids=["a section", "many sections"])
def test_a_page_that_would_be_too_large(packages: int) -> None:
    """It is cut between lines, and says what is left out."""
    made = report(sends(TEST))
    known = made.suite.packages["integration"]
    scope = known.scopes["email_send"]
    scopes = {
        name: replace(scope, scope=name, calls=(), requested_by=("\N{WINKING FACE}" * 999,) * 3)
        for name in map(str, range(90))
    }
    named = {
        f"{number:02}": replace(known, name=f"{number:02}", scopes=scopes)
        for number in range(packages)
    }
    page = write_markdown(replace(made, suite=replace(made.suite, packages=named)))
    assert len(page.encode()) <= MOST_BYTES < 1_048_576
    last = page.splitlines()[-1]
    assert last.startswith("**Left out, as there is no room:** ")
    assert " lines of Package `00`" in last
    assert last.endswith("`mcscopes report --format json` has all of it.")
    assert (", 30 more sections." in last) == (packages == 40)
    last_block = [each for each in read_markdown(page) if each.type == "inline"][-1]
    assert last_block.content == last


def test_the_same_in_another_order_is_the_same() -> None:
    others = [sends(f"tests/test_{each}.py::test_it", "sms_read email_send") for each in "xyz"]
    assert write_markdown(report(*others)) == write_markdown(report(*others[::-1]))
