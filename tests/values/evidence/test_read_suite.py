"""What the records of a suite show together, and which tests show nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from facts import call_made, packaged, requirements, scopes, token_requested, words
from records import EVERYTHING, result

from pytest_mcscopes.catalogue.call_requirements import YOURS
from pytest_mcscopes.evidence.read_suite import read_suite
from pytest_mcscopes.privilege.expectation import Allowance, Expectation

if TYPE_CHECKING:
    from pytest_mcscopes.evidence.results import Outcome, ResultRecord
    from pytest_mcscopes.evidence.suite_evidence import PackageEvidence, ScopeEvidence

A, B, C = "test_a.py::test_a", "test_b.py::test_b", "test_c.py::test_c"
SEND = packaged("POST", "/messaging/v1/email/messages/1")
MAIL = scopes("email_send", origin="@pytest.mark.mc_scopes, test_a.py:5")
ASKED = token_requested("email_send", EVERYTHING)
CALLED = call_made(SEND, "email_send")


def package(*records: ResultRecord, name: str = "integration") -> PackageEvidence:
    return read_suite(records).packages[name]


def scope(name: str, *records: ResultRecord) -> ScopeEvidence:
    return package(*records).scopes[name]


def test_one_test() -> None:
    """Who declares, requests and uses the scope, and how well that is shown."""
    seen = scope("email_send", result(A, MAIL, ASKED, CALLED))
    assert (seen.declared_by, seen.requested_by) == ((A,), (A,))
    assert [(call.label, call.tests) for call in seen.calls] == [(SEND.label, (A,))]
    assert seen.rung == "used on a documented row"


def test_any_order_gives_the_same() -> None:
    """Of tests that did the same, what they did stands there once, with all of them."""
    one, two = result(A, MAIL, ASKED, CALLED), result(B, MAIL, ASKED, CALLED)
    assert read_suite([one, two]) == read_suite([two, one])
    assert [call.tests for call in package(two, one).calls] == [(A, B)]


@pytest.mark.parametrize(
    ("need", "rung"),
    [
        pytest.param({"confidence": "documented"}, "used on a documented row", id="documented"),
        pytest.param({"confidence": "attested A"}, "used on an attested row", id="attested"),
        pytest.param({"confidence": YOURS}, "used on an attested row", id="the user's own"),
        pytest.param({"doubt": "suspect"}, "used on a doubtful row", id="doubtful"),
    ],
)
def test_the_ladder(need: dict[str, Any], rung: str) -> None:
    """A call shows a use as well as its catalogue entry is known; the best one counts."""
    row = requirements("email_send", **need)
    weaker = call_made(requirements("email_send", doubt="suspect", label="GET /weak"), "email_send")
    record = result(A, MAIL, ASKED, weaker, call_made(row, "email_send"))
    seen = scope("email_send", record)
    assert seen.rung == rung
    assert [call.rung for call in seen.calls] == [rung, "used on a doubtful row"]


def test_what_nothing_used() -> None:
    """Requested is more than declared; a doubtful call that may need it is no use."""
    unmapped = call_made(packaged("GET", "/nowhere/v1"), "email_send email_read")
    both = scopes("email_send email_read", "at_most")
    seen = package(result(A, both, ASKED, unmapped))
    assert seen.scopes["email_send"].rung == "requested"
    assert seen.scopes["email_read"].rung == "declared only"
    assert [(call.used, "email_read" in call.may_need) for call in seen.calls] == [
        (frozenset(), True)
    ]


FAILING: dict[str, tuple[Outcome, dict[str, Any]]] = {
    "fails by itself": ("failed", {"aborted": True}),
    "fails in teardown": ("error", {}),
    "is expected to fail": ("xfailed", {}),
    "ends its process": ("crashed", {}),
    "was stopped": ("unfinished", {}),
    "skips": ("skipped", {}),
}


@pytest.mark.parametrize(("outcome", "more"), FAILING.values(), ids=FAILING.keys())
def test_what_shows_no_use(outcome: Outcome, more: dict[str, Any]) -> None:
    """What a test that does not pass used is not shown to work."""
    suite = read_suite([result(A, MAIL, ASKED, CALLED, outcome=outcome, **more)])
    assert [each for found in suite.packages.values() for each in found.calls] == []
    assert [mark.calls for mark in suite.marks] == [{"email_send": ()}]
    assert suite.failed == ((A,) if outcome in {"failed", "error", "crashed"} else ())
    assert suite.outcomes == {outcome: 1}


def test_what_failed_by_a_finding_shows_its_use() -> None:
    """Its calls were made and allowed: it is the list that is wrong."""
    asked = token_requested("email_send email_read", EVERYTHING)
    suite = read_suite([result(A, MAIL, asked, CALLED)])
    assert suite.outcomes == {"failed": 1}
    assert suite.failed == ()
    assert suite.packages["integration"].scopes["email_send"].rung == "used on a documented row"
    assert [(each.rule, each.scopes, each.where) for each in suite.findings] == [
        ("MCS102", ("email_read",), "test_a.py:5")
    ]


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(CALLED._replace(own=True), id="the test's own"),
        pytest.param(call_made(SEND, "email_read"), id="denied"),
        pytest.param(call_made(SEND, None), id="without a token"),
        pytest.param(CALLED._replace(user_denied=True, user="Ada"), id="the user may not"),
    ],
)
def test_calls_that_use_nothing(call: Any) -> None:  # noqa: ANN401 - a fact
    """They are none of the code's, or were not allowed."""
    record = result(A, scopes("email_send", "at_most"), ASKED, call)
    assert package(record).calls == ()


def test_what_failed_before_a_token() -> None:
    """It is not judged, and is pytest's to fail."""
    suite = read_suite([result(A, MAIL, outcome="failed", aborted=True)])
    assert (suite.not_judged, suite.failed) == ({"before a token": 1}, (A,))


def test_an_unmarked_test() -> None:
    """It is counted, and shows nothing; also where it was expected to fail."""
    suite = read_suite(
        [result(A, None, ASKED, CALLED), result(B, None, ASKED, CALLED, outcome="xfailed")]
    )
    assert suite.packages == {}
    assert suite.unmarked == (A, B)
    assert (suite.judged, suite.not_judged) == (0, {"unmarked": 1, "xfailed": 1})


def test_a_test_without_a_tenant_is_not_unmarked() -> None:
    """It talked to nobody."""
    suite = read_suite([result(A, None)])
    assert suite.unmarked == ()
    assert suite.tests == 1


def test_a_test_that_blocks_judge() -> None:
    """It has no mark, and is judged."""
    suite = read_suite([result(A, None, ASKED, CALLED, blocks=True)])
    assert (suite.unmarked, suite.judged) == ((), 1)
    assert suite.packages["integration"].scopes["email_send"].rung == "used on a documented row"


@pytest.mark.parametrize(
    ("covered", "shown"),
    [
        pytest.param({}, True, id="in the block"),
        pytest.param({"package": "other"}, False, id="of another package"),
        pytest.param({"used": ["email_read"]}, False, id="with another use"),
        pytest.param({"label": "GET /hub/v1/campaigns"}, False, id="another entry"),
        pytest.param(None, False, id="before or after the block"),
    ],
)
def test_what_blocks_cover(covered: dict[str, Any] | None, *, shown: bool) -> None:
    """Only that shows a use, of a test that no mark judges."""
    record = result(A, None, ASKED, CALLED, blocks=True)
    (block,) = record["block_calls"]
    record["block_calls"] = [] if covered is None else [{**block, **covered}]  # type: ignore[typeddict-item]
    seen = read_suite([record]).packages["integration"]
    assert bool(seen.calls) == shown
    marked = result(A, MAIL, ASKED, CALLED)
    assert marked["block_calls"] == []
    assert read_suite([marked]).packages["integration"].calls


def test_who_names_and_who_omits() -> None:
    """By judged tests; with the users and log-ins."""
    omitting = token_requested(None, EVERYTHING)
    for_user = token_requested(
        "email_send", EVERYTHING, grant_type="authorize", user="Ada", token="code"
    )
    seen = package(
        result(A, MAIL, ASKED, CALLED),
        result(B, scopes("email_send", "at_least"), omitting, CALLED),
        result(C, MAIL, for_user, CALLED._replace(user="Ada")),
    )
    assert (seen.named_by, seen.omitted_by) == ((A, C), (B,))
    assert seen.users == {"Ada": (C,)}
    assert seen.logins == {frozenset(): (B,), words("email_send"): (A, C)}


def test_what_is_assigned() -> None:
    """What the suite writes itself is told from everything, which is the default."""
    seen = package(
        result(A, MAIL, ASKED, CALLED, assigned="email_send email_read"),
        result(B, MAIL, ASKED, CALLED),
        result(C, MAIL, ASKED, CALLED, assigned="email_send"),
    )
    assert seen.assignments == (words("email_read email_send"), words("email_send"))
    assert seen.by_default == (B,)
    assert seen.assigned == EVERYTHING


def test_marks() -> None:
    """One that is written twice just so is one: a client of several files has one union."""
    union = scopes("email_send email_read", "at_most", origin="@pytest.mark.mc_scopes, a.py:1")
    again = replace(union, origin="@pytest.mark.mc_scopes, b.py:2")
    asked = token_requested("email_send email_read", EVERYTHING)
    suite = read_suite(
        [
            result(A, union, asked, CALLED),
            result(B, again, asked, outcome="skipped"),
            result(C, MAIL, ASKED, CALLED),
        ]
    )
    both, one = suite.marks
    assert (both.places, both.tests, both.judged) == (("a.py:1", "b.py:2"), (A, B), (A,))
    assert {name: len(calls) for name, calls in both.calls.items()} == {
        "email_read": 0,
        "email_send": 1,
    }
    assert (one.declared, one.match, one.places) == (words("email_send"), "exact", ("test_a.py:5",))


def test_a_mark_of_another_package() -> None:
    """What the test did with a package that its mark does not name is not under it."""
    named = scopes("email_send", package="mailer")
    suite = read_suite([result(A, named, ASKED, CALLED, package="integration")])
    assert [mark.calls for mark in suite.marks] == [{"email_send": ()}]
    assert suite.packages["integration"].calls == ()
    assert suite.packages["mailer"].scopes["email_send"].rung == "declared only"


def test_other_marks_declare_nothing() -> None:
    """`mc_least_privilege` has no list."""
    suite = read_suite([result(A, Expectation(kind="least_privilege"), ASKED, CALLED)])
    assert suite.marks == ()
    assert suite.packages["integration"].scopes["email_send"].declared_by == ()


def test_what_was_relaxed() -> None:
    """Each thing once, with its tests; a finding under xfail says that it was expected."""
    allowance = Allowance(rule="MCS201", reason="of the denial", origin="test_b.py:1")
    asked = token_requested("email_send email_read", EVERYTHING)
    suite = read_suite(
        [
            result(A, MAIL, asked, CALLED, outcome="xfailed"),
            result(B, MAIL, ASKED, CALLED, allowances=[allowance]),
            result(C, MAIL, ASKED, CALLED, allowances=[allowance]),
        ]
    )
    assert [(each.by, each.what, each.tests) for each in suite.relaxed] == [
        ("mc_allow", "MCS201", (B, C)),
        ("xfail", "MCS102", (A,)),
    ]
    assert [each.expected for each in suite.findings] == [True]


def test_a_request_that_is_to_be_refused() -> None:
    """It is compared with nothing, and the suite says so."""
    mark = Expectation(kind="no_token", refused=True, origin="@pytest.mark.mc_no_token, a.py:3")
    refused = token_requested("email_send", EVERYTHING, error="invalid_scope")
    suite = read_suite([result(A, mark, refused)])
    assert suite.packages["integration"].scopes == {}
    assert [(each.by, each.where) for each in suite.relaxed] == [("mc_no_token", "a.py:3")]


def test_own_entries() -> None:
    """Those that a judged test rests on, whether they allowed the call or denied it."""
    own = requirements("email_send", confidence=f"{YOURS}: documented")
    suite = read_suite(
        [
            result(A, MAIL, ASKED, call_made(own, "email_send")),
            result(B, MAIL, ASKED, call_made(own, "")),
            result(C, None, ASKED, call_made(own, "email_send")),
        ]
    )
    assert [(each.label, each.tests) for each in suite.own_entries] == [
        ("GET /test/email_send", (A, B))
    ]


def test_reruns() -> None:
    """The last attempt counts; what earlier ones failed by is kept."""
    found = [{"rule": "MCS102", "severity": "error", "scopes": [], "package": "", "text": ""}]
    earlier = [{"outcome": "failed", "findings": found}]
    again = token_requested("email_send email_read", EVERYTHING)
    suite = read_suite(
        [
            result(A, MAIL, ASKED, CALLED, earlier=earlier),
            result(B, MAIL, again, CALLED, earlier=earlier),
        ]
    )
    assert suite.rerun == {A: ("MCS102",)}
