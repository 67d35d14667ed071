"""What a reviewer is told to do about each scope, and on what evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from made_suites import (
    CATALOGUE,
    DOCUMENTED,
    OMITTING,
    SENDING,
    SHORT_ASSIGNED,
    call,
    exception,
    finding,
    manifest,
    mark,
    of_test,
    package,
    run,
    scope,
    short_suite,
    suite,
    undetermined,
    verdict,
)

from pytest_mcscopes.evidence.gate import check_suite
from pytest_mcscopes.evidence.gate_result import Relaxed
from pytest_mcscopes.report.html import write_page
from pytest_mcscopes.report.model import Report
from pytest_mcscopes.report.package_view import view_packages
from pytest_mcscopes.report.review_pack import (
    review_package,
    write_review_page,
    write_review_text,
)
from pytest_mcscopes.report.rights import Rights

if TYPE_CHECKING:
    from pytest_mcscopes.evidence.gate_result import GateResult
    from pytest_mcscopes.report.review_pack import RightReview

DAY = date(2026, 11, 28)
LIST_READ = "list_and_subscribers_read"
RIGHTS = Rights(CATALOGUE, DAY)


def reviewed(scope: str, result: GateResult) -> RightReview:
    """What is said of one scope of the short suite."""
    (view,) = view_packages(short_suite().packages, [manifest(*SHORT_ASSIGNED, "offline")], RIGHTS)
    reviews = review_package(view, short_suite(), result, DAY).rights
    return next(each for each in reviews if each.scope.scope == scope)


@pytest.mark.parametrize(
    ("scope", "result", "decision", "reason"),
    [
        pytest.param(
            "email_send", verdict(), "keep", "used on a documented row", id="used on a trusted row"
        ),
        pytest.param(
            "automations_read",
            verdict(finding("MCS402", "automations_read", text="exercised by no test")),
            "remove",
            "exercised by no test",
            id="not exercised",
        ),
        pytest.param(
            "automations_read",
            verdict(known=(finding("MCS402", "automations_read", text="exercised by no test"),)),
            "remove",
            "exercised by no test",
            id="not exercised, and known by the baseline",
        ),
        pytest.param(
            "email_read",
            verdict(undetermined=(undetermined("email_read"),), why=("a",)),
            "undetermined",
            "not known",
            id="not complete",
        ),
        pytest.param(
            "email_read",
            verdict(
                undetermined=(
                    undetermined(
                        *("automations_read", "email_read"),
                        text="not exercised by what there is: automations_read email_read; why: a",
                    ),
                ),
                why=("a",),
            ),
            "undetermined",
            "not exercised by what there is; why: a",
            id="one of several",
        ),
        pytest.param(
            "journeys_aspr",
            verdict(undetermined=(undetermined("journeys_aspr"),)),
            "settle",
            "not known",
            id="on a doubtful row alone",
        ),
        pytest.param(
            "automations_execute",
            verdict(),
            "exception",
            "not exercised, and an exception is on record",
            id="an exception",
        ),
        pytest.param(
            "automations_read",
            verdict(finding("MCS402", "automations_read")),
            "remove",
            "as it is",
            id="an exception that has expired",
        ),
        pytest.param(
            "email_send",
            verdict(finding("MCS401", "email_send", text="not assigned")),
            "assign",
            "not assigned",
            id="not assigned",
        ),
        pytest.param(
            "offline",
            verdict(),
            "keep",
            "it is of the log-in itself, and no call needs it",
            id="a scope of the log-in",
        ),
        pytest.param(
            "email_read",
            verdict(undetermined=(undetermined("email_read", rule="MCS405"),)),
            "undetermined",
            "requested: a call needed another scope in its place",
            id="nothing is said of it",
        ),
        pytest.param(
            "email_send",
            verdict(finding("MCS102", "email_send")),
            "keep",
            "used on a documented row",
            id="a finding of one test",
        ),
    ],
)
def test_each_scope_has_a_decision(
    scope: str, result: GateResult, decision: str, reason: str
) -> None:
    """It is the gate's, in the reviewer's words; what is not shown is never kept for good."""
    review = reviewed(scope, result)
    assert (review.decision, review.reason) == (decision, reason)
    marks = {"remove": " ", "assign": "?", "undetermined": "?"}
    assert (review.mark, review.after_the_code) == (marks.get(decision, "x"), False)


@pytest.mark.parametrize("write", [write_review_page, write_review_text])
def test_what_the_code_asks_for_is_not_taken_away_first(write: object) -> None:
    """Production would refuse each of its token requests."""
    assert callable(write)
    result = verdict(finding("MCS402", "email_read", text="exercised by no test"))
    review = reviewed("email_read", result)
    assert (review.decision, review.mark, review.after_the_code) == ("remove", "?", True)
    report = Report(run=run(), suite=short_suite(), gate=result)
    text = write(report, manifest=[manifest(*SHORT_ASSIGNED)], catalogue=CATALOGUE)
    assert (
        "exercised by no test. Take it out of the code first: a token request is refused that names"
        " a scope which is not assigned"
    ) in text
    assert "[?] Channels" in text
    assert "remove, once the code does not ask for it" in text


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        pytest.param({"failed": ("t.py::test_1",)}, "not seen what failed tests need", id="failed"),
        pytest.param(
            {"xfailed": OMITTING}, "tests need that are expected to fail", id="expected to fail"
        ),
        pytest.param({"xfailed": ("t.py::test_1",)}, "", id="expected to fail, without it"),
        pytest.param(
            {"marks": (mark(LIST_READ, judged=()),)},
            "need that declare it and were not judged: t.py::test_1",
            id="skipped",
        ),
        pytest.param({"marks": (mark(LIST_READ),)}, "", id="judged, and not used"),
        pytest.param({"marks": (mark("email_send", judged=()),)}, "", id="skipped, without it"),
        pytest.param(
            {"marks": (mark(LIST_READ, judged=(), match="at_most"),)}, "", id="one of a union"
        ),
        pytest.param(
            {"marks": (mark(LIST_READ, judged=(), package="other"),)}, "", id="of another package"
        ),
        pytest.param(
            {"findings": (of_test("MCS105"),)}, "not seen what failed tests need", id="no token"
        ),
        pytest.param(
            {"findings": (of_test("MCS201", "list_and_subscribers_read"),) * 2},
            "a call needs it that its token did not allow: 2 tests",
            id="denied",
        ),
        pytest.param({"findings": (of_test("MCS201", "email_send"),)}, "", id="another denied"),
        pytest.param(
            {
                "findings": (
                    of_test("MCS201", "list_and_subscribers_read", package="other"),
                    of_test("MCS201", "list_and_subscribers_read", severity="note"),
                )
            },
            "",
            id="denied to another package, and as is meant",
        ),
    ],
)
def test_nothing_is_removed_that_a_failing_test_may_need(more: dict[str, Any], reason: str) -> None:
    """The gate fails for it all the same, and nobody is told to take it away."""
    of_suite = replace(short_suite(), **more)
    result = verdict(finding("MCS402", "list_and_subscribers_read"))
    (view,) = view_packages(of_suite.packages, [manifest(*SHORT_ASSIGNED)], RIGHTS)
    rights = review_package(view, of_suite, result, DAY).rights
    (review,) = (each for each in rights if each.scope.scope == "list_and_subscribers_read")
    assert (review.decision, review.mark) == (("undetermined", "?") if reason else ("remove", " "))
    assert reason in review.reason
    report = Report(run=run(), suite=of_suite, gate=result)
    text = write_review_text(report, manifest=[manifest(*SHORT_ASSIGNED)], catalogue=CATALOGUE)
    assert ("1 failed by themselves" in text) == bool(of_suite.failed)


def test_the_decisions_are_those_of_the_gate() -> None:
    """Of a suite that the gate itself has checked, with nothing made up."""
    checked = check_suite(
        run(why_not_complete=[]), short_suite(), [manifest(*SHORT_ASSIGNED, "offline")], today=DAY
    )
    decisions = {scope: reviewed(scope, checked).decision for scope in (*SHORT_ASSIGNED, "offline")}
    assert decisions == {
        "automations_execute": "exception",
        "automations_read": "remove",
        "data_extensions_write": "keep",
        "email_read": "remove",
        "email_send": "keep",
        "journeys_aspr": "settle",
        "list_and_subscribers_read": "remove",
        "offline": "keep",
    }


@pytest.mark.parametrize("write", [write_review_page, write_page])
@pytest.mark.parametrize(
    ("skipped", "said"),
    [
        (0, "every test of the suite ran, and nothing fails"),
        (1, "every test of the suite ran or was skipped, as one was, and nothing fails"),
        (2, "every test of the suite ran or was skipped, as 2 were, and nothing fails"),
    ],
)
def test_what_was_skipped_did_not_run(write: object, skipped: int, said: str) -> None:
    """Nobody is told that it did."""
    assert callable(write)
    of_suite = replace(short_suite(), outcomes={"passed": 3, "skipped": skipped})
    report = Report(run=run(), suite=of_suite, gate=verdict())
    assert said in write(report, manifest=[], catalogue=CATALOGUE)


def test_an_exception_of_what_is_used_changes_nothing() -> None:
    """The scope is kept for what it is used for."""
    with_one = replace(manifest(), exceptions=(exception("email_send", date(2027, 1, 1)),))
    (view,) = view_packages(short_suite().packages, [with_one], RIGHTS)
    rights = review_package(view, short_suite(), verdict(), DAY).rights
    reviews = {each.scope.scope: each for each in rights}
    assert reviews["email_send"].decision == "keep"


@pytest.mark.parametrize("write", [write_review_page, write_review_text])
def test_nobody_is_led_to_assign_more(write: object) -> None:
    """What the code asks for and has not is a question; and the page is the same each time."""
    assert callable(write)
    result = verdict(finding("MCS401", "email_send", text="email_send is requested"))
    report = Report(run=run(), suite=short_suite(), gate=result)
    first, second = (
        write(report, manifest=[manifest("email_read")], catalogue=CATALOGUE) for _ in range(2)
    )
    assert "[?] Channels" in first
    assert first == second


@pytest.mark.parametrize("write", [write_review_page, write_review_text])
def test_what_let_it_pass_is_said(write: object) -> None:
    """A reviewer must know what was excused; where nothing was, there is no such part."""
    assert callable(write)
    excused = Relaxed(by="mc_allow", what="MCS201", reason="a denial", where="t.py:3")
    for relaxed in ((), (excused,)):
        report = Report(run=run(), suite=short_suite(), gate=verdict(relaxed=relaxed))
        text = write(report, manifest=[], catalogue=CATALOGUE)
        assert ("What let it pass" in text) == bool(relaxed)
        assert ("MCS201 denied-call: a denial (t.py:3)" in text) == bool(relaxed)


@pytest.mark.parametrize(
    ("assigned", "said"),
    [
        pytest.param((), "Say first what the package is assigned.", id="nobody says it"),
        pytest.param(("email_send",), "Nothing: every assigned scope is used", id="all is used"),
    ],
)
def test_there_may_be_nothing_to_do(assigned: tuple[str, ...], said: str) -> None:
    """And where nothing is known, that is what is to be done."""
    sent = scope(
        "email_send", "used on a documented row", call(DOCUMENTED, "email_send", tests=SENDING)
    )
    of_one = suite(package(sent))
    known = [replace(manifest(*assigned), exceptions=())] if assigned else []
    report = Report(run=run(), suite=of_one, gate=verdict())
    for write in (write_review_page, write_review_text):
        assert said in write(report, manifest=known, catalogue=CATALOGUE)


def test_the_text_says_it_all() -> None:
    """The Markdown, as a whole, less the addresses."""
    result = verdict(
        finding("MCS402", "email_read", text="email_read is assigned and exercised by no test"),
        undetermined=(undetermined("journeys_aspr", text="exercised on a doubtful call only"),),
    )
    text = write_review_text(
        Report(
            run=run(dirty=True, combined=["a", "b"], mixed=True), suite=short_suite(), gate=result
        ),
        manifest=[manifest(projects=("acme-mailer", "acme-web"))],
        catalogue=CATALOGUE,
    )
    for line in (
        "# acme-mailer: review of Marketing Cloud scopes",
        "**Fails.** Complete: every test of the suite ran. 1 finding fails it.",
        "- Commit: `9f3c2d7a8b1e`, with changes that are not committed",
        "- Run: 2026-11-28 20:35 UTC, <https://ci.example.com/runs/42>",
        "- Tests: 10, of them 8 judged",
        (
            "- Put together from 2 data files, of runs that differ in commit, uncommitted changes,"
            " catalogue entries or settings"
        ),
        "## Installed Package `integration`, server-to-server",
        (
            "Assigned: 7 scopes, as mcscopes.toml:3 says. Not compared with production: `mcscopes"
            " check --production FILE` does that, with a saved answer of it."
        ),
        (
            "Several projects share it: acme-mailer, acme-web. What no test of one of them"
            " exercises, another may."
        ),
        "- **1 judged test left `scope` out**, and so asked for everything that is assigned:",
        (
            "- `email_read` Channels > Email > Read: email_read is assigned and exercised by no"
            " test. Take it out of the code first: a token request is refused that names a scope"
            " which is not assigned"
        ),
        (
            "- `automations_execute` until 2027-01-31: the nightly import, whose tests come with"
            " #812 (ada@example.com, mcscopes.toml:9)"
        ),
        "- No scope for deleting and revoking.",
        "It can send in Email. **used on a documented row**; keep.",
        (
            "  - by 2 tests: `tests/test_mailer.py::test_receipt`,"
            " `tests/test_mailer.py::test_reminder`"
        ),
        ("- [?] Channels > Email > Read (`email_read`: remove, once the code does not ask for it)"),
        "- [x] Channels > Email > Send (`email_send`: keep)",
        (
            "- [x] Journeys: Activate/Stop/Pause/Resume/Send/Schedule (`journeys_aspr`: keep until"
            " it is settled; not on the vendor's scope page)"
        ),
    ):
        assert f"\n{line}\n" in f"\n{text}"


@pytest.mark.parametrize("write", [write_review_page, write_review_text])
def test_nothing_is_invented_where_nothing_is_known(write: object) -> None:
    """Neither a commit, nor a CI run, nor a package."""
    assert callable(write)
    about = run(commit=None, ci_run=None)
    report = Report(run=about, suite=suite(judged=0), gate=verdict())
    text = write(report, manifest=[], catalogue=CATALOGUE)
    assert "not known" in text
    assert "No judged test talked to a tenant" in text


@pytest.mark.parametrize("write", [write_review_page, write_review_text])
def test_no_key_of_our_own_is_in_it(write: object) -> None:
    """A reviewer can look up an address, and nothing by a key of the catalogue."""
    assert callable(write)
    report = Report(run=run(), suite=short_suite(), gate=verdict())
    text = write(report, manifest=[manifest()], catalogue=CATALOGUE)
    assert "rest-permissions-and-scopes.html" in text
    addresses = " ".join(CATALOGUE.sources.values())
    keys = [key for key in CATALOGUE.sources if "-" in key and key not in addresses]
    assert len(keys) > 50
    assert [key for key in keys if key in text] == []
