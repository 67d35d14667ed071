"""The page of a run: what stands in it, and what is left out of it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from made_suites import (
    CATALOGUE,
    DOCUMENTED,
    HOSTILE,
    SENDING,
    call,
    finding,
    long_suite,
    manifest,
    package,
    run,
    scope,
    short_suite,
    suite,
    undetermined,
    verdict,
)
from measuring import unmeasured

from pytest_mcscopes.evidence.gate_result import Relaxed
from pytest_mcscopes.report.html import MOST_BYTES, write_page
from pytest_mcscopes.report.model import Report
from pytest_mcscopes.report.review_pack import MOST_BYTES as OF_A_REVIEW
from pytest_mcscopes.report.review_pack import write_review_page, write_review_text

if TYPE_CHECKING:
    from pytest_mcscopes.evidence.suite_evidence import SuiteEvidence


def page(of: SuiteEvidence, **more: object) -> str:
    """A page, less its style."""
    values = {"result": verdict(), "manifest": (), "run": run()} | more
    text = write_page(
        Report(run=values["run"], suite=of, gate=values["result"]),  # type: ignore[arg-type]
        manifest=values["manifest"],  # type: ignore[arg-type]
        catalogue=CATALOGUE,
    )
    return re.sub("<style>.*</style>", "", text, flags=re.DOTALL)


def text_of(html: str) -> str:
    """The words of a page, in one line."""
    return " ".join(re.sub("<[^>]*>", " ", html).split())


def test_the_same_data_gives_the_same_page() -> None:
    """To the byte: no time but that of the run, no order but that of the values."""
    first, second = (page(short_suite(), manifest=[manifest()]) for _ in range(2))
    assert first == second
    assert re.findall(r"20\d\d-\d\d-\d\d", first) == (
        ["2026-11-28"] * 3 + ["2027-01-31", "2026-11-27"]
    )


@pytest.mark.parametrize(
    ("result", "said"),
    [
        pytest.param(
            verdict(),
            "Passes Complete: every test of the suite ran, and nothing fails.",
            id="passes",
        ),
        pytest.param(
            verdict(finding("MCS402", "email_read"), finding("MCS203", severity="note")),
            "Fails Complete: every test of the suite ran. 1 finding fails it.",
            id="a finding",
        ),
        pytest.param(
            verdict(*[finding("MCS402", "email_read")] * 1200), "1,200 findings fail it.", id="many"
        ),
        pytest.param(
            verdict(failures=("nothing was judged",)),
            "Fails Complete: every test of the suite ran, which does not let it pass. nothing was"
            " judged",
            id="nothing judged",
        ),
        pytest.param(
            verdict(why=("a.py was not collected",)),
            "Not complete Not everything ran, so nothing is said of what no test used. a.py was not"
            " collected Commit",
            id="not complete",
        ),
        pytest.param(
            verdict(why=("a.py was not collected",), failures=()),
            "Passes, not complete Not everything ran, so nothing is said of what no test used.",
            id="allowed not to be complete",
        ),
    ],
)
def test_the_verdict_stands_on_top(result: object, said: str) -> None:
    """It passes only where everything ran, and says what is missing."""
    assert said in text_of(page(short_suite(), result=result))


def test_findings_that_are_alike_are_one_entry() -> None:
    """Errors come first; a thousand tests are a number and a few names."""
    tests = [f"tests/test_a.py::test_{number:04}" for number in range(1000)]
    result = verdict(
        finding("MCS203", severity="note", test=tests[0], text="POST /nowhere"),
        *(
            finding("MCS102", "email_read", test=each, where=f"tests/test_{file}.py:7")
            for each, file in zip(tests, "ab" * 500, strict=True)
        ),
    )
    text = text_of(page(short_suite(), result=result))
    assert "1,001 findings, of 2 kinds: those that are alike are one entry." in text
    assert (
        "MCS102 excess-scope: email_read the code under test asks Marketing Cloud for more than it"
        " needs (package integration) tests/test_a.py:7 tests/test_b.py:7 1,000 tests"
    ) in text
    assert "and 980 more tests" in text
    assert text.index("excess-scope") < text.index("unmapped-call")


def test_what_let_it_pass_is_said() -> None:
    """Relaxations, what cannot be decided, and what the baseline has."""
    result = verdict(
        relaxed=(
            Relaxed(
                by="mc_allow", what="MCS201", reason="a test of it", where="t.py:3", tests=("a",)
            ),
            Relaxed(by="at_least", tests=("a", "b")),
            Relaxed(by="--allow-incomplete", reason="a spike"),
        ),
        undetermined=(undetermined("email_read", text="is not known"),),
        known=(finding("MCS402", "email_read", text="is old"),),
    )
    text = text_of(page(short_suite(), result=result))
    assert "mc_allow MCS201 denied-call: a test of it (t.py:3, a) at_least (2 tests)" in text
    assert "--allow-incomplete: a spike Known by the baseline, and no failure is old" in text
    assert "Undetermined MCS402 integration: is not known" in text


def test_no_more_is_claimed_than_was_shown() -> None:
    """Each scope has the word of its place, and what is idle is not exercised."""
    text = text_of(page(short_suite(), manifest=[manifest()]))
    assert "7 assigned" not in text  # the number stands below its word
    assert "assigned 7 used on a trusted entry 2 used on doubtful entries only 1" in text
    for words in (
        "email_send Channels > Email > Send used on a documented row",
        "journeys_aspr Journeys: Activate/Stop/Pause/Resume/Send/Schedule used on a doubtful row",
        "automations_execute exception until 2027-01-31",
        "email_read requested",
        "no source states it for this call",
        "journeys_read would do by another source: the older table lists",
        "1 judged test left scope out, and so asked for everything that is assigned.",
        "No scope for deleting and revoking.",
    ):
        assert words.replace(">", "&gt;") in text


def test_who_asks_by_name() -> None:
    """What most tests asked for comes first; one that named nothing stands among those below."""
    named = {
        frozenset({"email_send"}): SENDING[:1],
        frozenset({"email_send", "email_read"}): SENDING,
    }
    asking = replace(package(assigned=["email_send"]), logins={**named, frozenset(): SENDING})
    text = text_of(page(suite(asking)))
    first, second = (
        text.index(each) for each in ("email_read email_send 2 tests", "email_send tests")
    )
    assert first < second
    assert "and 30 other log-ins" in text_of(
        page(suite(replace(asking, logins={frozenset({f"a{n}"}): SENDING for n in range(80)})))
    )


def test_a_package_of_which_nobody_says_what_it_has() -> None:
    """It is not said to be assigned what the tests ran with."""
    sent = scope(
        "email_send", "used on a documented row", call(DOCUMENTED, "email_send", tests=SENDING)
    )
    text = text_of(page(suite(package(sent))))
    assert "Nothing says what this package is assigned" in text
    assert "assigned ? used" in text
    assert "Not known, as long as nothing says what is assigned." in text


def test_a_package_that_no_test_uses() -> None:
    """One of the manifest alone is there, and all of it is idle."""
    text = text_of(page(suite(judged=0), manifest=[manifest("email_send")]))
    assert "No allowed call of a judged test needed any scope." in text
    assert "No test has anything to say." in text
    assert "No test talked to a tenant." in text_of(page(suite(judged=0)))


def test_what_is_left_out_of_a_large_page_is_named() -> None:
    """Files with their numbers of tests; the page stays below its bound."""
    tests = 40_000
    result = verdict(
        *(finding("MCS404", f"scope_{number}", text=HOSTILE * 3) for number in range(3000)),
        why=(HOSTILE,),
    )
    html = page(long_suite(tests), result=result)
    assert len(html.encode()) < MOST_BYTES
    shown = len(re.findall('<th scope="row"', html))
    text = text_of(html)
    assert f"{tests - shown:,} tests left out, to keep this page under 2 MB." in text
    assert re.search(r"tests/area_\d/test_file_\d+.py : (the last )?\d+ tests", text)
    assert "2,800 more kinds of findings left out" in text


def test_one_large_file_is_cut_between_two_tests() -> None:
    """Whole rows are left out, and how many is said."""
    tests = [f"tests/test_a.py::test_{number:06}" for number in range(30_000)]
    html = unmeasured(page)(
        suite(package(scope("email_send", "requested", tests=tests), assigned=["email_send"]))
    )
    shown = len(re.findall('<th scope="row"', html))
    assert 5_000 < shown < 30_000
    assert f"tests/test_a.py : the last {30_000 - shown:,} tests" in text_of(html)


def test_whatever_is_long_is_cut() -> None:
    """Many packages, unknown calls, scopes, findings and names: all of them say how many more."""
    names = [f"tests/test_{number}.py::test_{'x' * 100}" for number in range(500)]
    calls = tuple(
        call(f"GET /nowhere/{number}/{HOSTILE * 9}", tests=names[:30], doubt="not in the catalogue")
        for number in range(60)
    )
    scopes = [scope(f"unknown_{number}", "requested", tests=names[:30]) for number in range(200)]
    packages = [
        package(*scopes, name=f"package {number} {HOSTILE}", calls=calls) for number in range(34)
    ]
    result = verdict(
        *(
            finding("MCS404", f"{number}", test=names[number], text=HOSTILE)
            for number in range(500)
        ),
        relaxed=[Relaxed(by="mc_allow", reason=HOSTILE * 20)] * 500,
    )
    report = Report(run=run(), suite=suite(*packages), gate=result)
    texts = {}
    for write, most in (
        (write_page, MOST_BYTES),
        (write_review_page, OF_A_REVIEW),
        (write_review_text, OF_A_REVIEW),
    ):
        text = unmeasured(write)(report, manifest=[], catalogue=CATALOGUE)
        assert len(text.encode()) <= most
        assert "Left out, to keep this" in text
        texts[write] = text
    words = text_of(texts[write_page])
    for left_out in ("more kinds", "more lines", "more calls", "more scopes"):
        assert left_out in words
