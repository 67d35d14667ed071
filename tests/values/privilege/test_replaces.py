"""One cause, one finding: each row of the table, where the first finding fails the test and not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import facts
import pytest
from facts import call_made, packaged, scopes, summaries_of, token_requested

from pytest_mcscopes.catalogue.find_requirements import need_of_nothing
from pytest_mcscopes.privilege.expectation import Allowance
from pytest_mcscopes.privilege.replaces import REPLACES
from pytest_mcscopes.privilege.verdict import judge

if TYPE_CHECKING:
    from pytest_mcscopes.ledger.facts import CallMade, TokenRequested
    from pytest_mcscopes.privilege.expectation import Match
    from pytest_mcscopes.privilege.rules.case import Case
    from pytest_mcscopes.privilege.verdict import Verdict

ASSIGNED = frozenset({"email_read", "email_send", "push_read"})
ROW = replace(
    need_of_nothing("GET /push"),
    minimal_sets=(frozenset({"push_read"}),),
)


def ask(scope: str | None, error: str | None = None, unreadable: str = "") -> TokenRequested:
    fact = token_requested(scope, ASSIGNED, error=error, unreadable=unreadable)
    return fact._replace(grant_type=None, requested=frozenset()) if unreadable else fact


def call(granted: str, *, user_denied: bool = False) -> CallMade:
    """A call that needs push_read, by a trusted row."""
    barred = {"used": frozenset(), "missing_permissions": ("1 Push",)} if user_denied else {}
    return call_made(ROW, granted, status=403, user="Ada", user_denied=user_denied, **barred)


def send(granted: str) -> CallMade:
    """A call that needs email_send, by a documented row."""
    return call_made(packaged("POST", "/messaging/v1/email/messages/r-1"), granted)


def case(
    declared: str, *made: TokenRequested | CallMade, match: Match = "exact", dropped: bool = False
) -> Case:
    return facts.case(scopes(declared, match), *made, assigned=ASSIGNED, dropped=dropped)


def told(verdict: Verdict) -> list[str]:
    return [" ".join([each.rule, *sorted(each.scopes)]) for each in verdict.findings]


SLIP = case("email_send", ask("email_sent", "invalid_scope"))
SLIP_AMONG_OTHERS = case(
    "email_send push_read", ask("email_sent nonsense"), ask("email_read", "50200")
)
DENIED = case("email_read push_read", ask("email_read"), call("email_read"))
WITHHELD = case("push_read", ask("push_read"), call(""))
BARRED = case("push_read", ask("push_read"), call("push_read", user_denied=True))
UNREADABLE = case("email_send", ask(None, "invalid_request", "the body is not valid JSON"))
BEFORE = ("MCS104 email_sent", "MCS102 email_sent", "MCS103 email_send", "MCS105")


ROWS = (
    pytest.param("MCS104 MCS102", SLIP, ["MCS104 email_sent"], BEFORE, id="a slip"),
    pytest.param("MCS104 MCS103", SLIP, ["MCS104 email_sent"], BEFORE, id="its id"),
    pytest.param("MCS104 MCS105", SLIP, ["MCS104 email_sent"], BEFORE, id="no token"),
    pytest.param(
        "MCS106 MCS101",
        case("email_send", ask("email_send"), ask(None), dropped=True),
        ["MCS106 email_read push_read"],
        ["MCS101 email_read push_read", "MCS106 email_read push_read"],
        id="dropped on renewal",
    ),
    pytest.param(
        "MCS110 MCS103",
        UNREADABLE,
        ["MCS105", "MCS110"],
        ["MCS103 email_send", "MCS105", "MCS110"],
        id="unreadable",
    ),
    pytest.param(
        "MCS201 MCS103",
        DENIED,
        ["MCS201 push_read"],
        ["MCS103 push_read", "MCS201 push_read"],
        id="denied",
    ),
    pytest.param(
        "MCS201 MCS108",
        WITHHELD,
        ["MCS201 push_read"],
        ["MCS108 push_read", "MCS201 push_read"],
        id="asked for and not granted",
    ),
    pytest.param(
        "MCS204 MCS108",
        BARRED,
        ["MCS204"],
        ["MCS108 push_read", "MCS204"],
        id="the user may not",
    ),
)


@pytest.mark.parametrize(("row", "given", "replaced", "first"), ROWS)
def test_a_finding_replaces_another_while_it_fails_the_test(
    row: str, given: Case, replaced: list[str], first: list[str]
) -> None:
    """By `mc_allow` and by `mc_rules` alike it is a note, and then both are told."""
    rule = row.partition(" ")[0]
    assert sorted(told(judge([given]))) == sorted(replaced)
    allowed = judge([given], (), [Allowance(rule=rule, reason="a test")])
    set_by_rules = judge([given], severities={rule: "note"})
    assert sorted(told(allowed)) == sorted(told(set_by_rules)) == sorted(first)


def test_every_row_has_its_test() -> None:
    """The one that cannot be a note has a test of its own, below."""
    assert {param.values[0] for param in ROWS} | {"MCS105 MCS103"} == {
        f"{each.by} {each.replaced}" for each in REPLACES
    }


def test_nothing_is_missing_where_no_request_came() -> None:
    assert told(judge([case("email_send")])) == ["MCS105"]


def test_nor_where_such_a_test_fails_by_itself() -> None:
    """It proves no absence, so that neither is told."""
    assert told(judge([case("email_send")], aborted=True)) == []


def test_something_is_missing_where_all_requests_were_refused() -> None:
    given = case("email_send push_read", ask("email_send", "50200"))
    assert told(judge([given])) == ["MCS103 push_read", "MCS105"]


def test_only_the_scopes_of_the_same_cause_are_left_out() -> None:
    """What is left is told in the words of those that are left."""
    assert told(judge([SLIP_AMONG_OTHERS])) == [
        "MCS102 email_read nonsense",
        "MCS103 push_read",
        "MCS104 email_sent",
        "MCS104 nonsense",
    ]
    [excess] = [each for each in judge([SLIP_AMONG_OTHERS]).findings if each.rule == "MCS102"]
    assert excess.text == "excess scope: email_read nonsense"


@pytest.mark.parametrize(
    "requests",
    [
        pytest.param([ask("email_sent email_write", "invalid_scope")], id="not assigned either"),
        pytest.param([ask("email_sent nonsense", "invalid_scope")], id="a word like none"),
        pytest.param([ask("email_sent", "invalid_client")], id="refused for another reason"),
        pytest.param([ask("Sms_Send", "invalid_scope")], id="the right id is not assigned"),
        pytest.param(
            [ask("email_sent", "invalid_scope"), ask("email_send", "50200")], id="another refusal"
        ),
    ],
)
def test_a_slip_that_is_not_the_only_reason_leaves_mcs105(requests: list[TokenRequested]) -> None:
    findings = told(judge([case("email_send", *requests)]))
    assert "MCS105" in findings
    assert any(each.startswith("MCS104") for each in findings)


def test_at_least_makes_notes_that_replace_nothing() -> None:
    given = case("email_send", ask("email_sent", "invalid_scope"), match="at_least")
    assert [f"{each.rule} {each.severity}" for each in judge([given]).findings] == [
        "MCS103 error",
        "MCS105 error",
        "MCS102 note",
        "MCS104 note",
    ]


def test_a_missing_scope_is_never_told_as_unused_too() -> None:
    """By what the two rules are: one is of what is not requested, one of what is."""
    given = case("email_read push_read", ask("push_read"), call("push_read"))
    allowed = judge([given], (), [Allowance(rule="MCS103", reason="a test")])
    assert told(judge([given])) == told(allowed) == ["MCS103 email_read"]


DROPPED = ask("email_send"), ask(None)


@pytest.mark.parametrize(
    ("given", "allowed", "expected"),
    [
        pytest.param(
            case("email_send", *DROPPED, dropped=True),
            "",
            ["MCS106 error email_read push_read"],
            id="106 replaces 101",
        ),
        pytest.param(
            case("email_send", *DROPPED, match="at_least", dropped=True),
            "",
            ["MCS101 note email_read push_read", "MCS106 note email_read push_read"],
            id="106 as a note replaces nothing",
        ),
        pytest.param(
            case("email_send", *DROPPED, dropped=True),
            "MCS106",
            ["MCS101 error email_read push_read", "MCS106 note email_read push_read"],
            id="an allowed drop leaves the omission",
        ),
        pytest.param(
            case("email_send push_read", ask("email_send"), send("email_send")),
            "",
            ["MCS103 error push_read"],
            id="103 replaces 202",
        ),
        pytest.param(
            case("email_send", ask(""), send("")),
            "",
            ["MCS201 error email_send"],
            id="201 replaces 103",
        ),
        # Else a test of the denial would pass although a declared scope is never requested.
        pytest.param(
            case("email_send", ask(""), send("")),
            "MCS201",
            ["MCS103 error email_send", "MCS201 note email_send"],
            id="an allowed denial replaces nothing",
        ),
        pytest.param(case("email_send"), "", ["MCS105 error"], id="105 replaces 103"),
        pytest.param(
            case("email_send push_read", ask("email_send", error="invalid_client")),
            "",
            ["MCS103 error push_read", "MCS105 error"],
            id="105 with a judged request does not",
        ),
    ],
)
def test_what_is_an_error_replaces(given: Case, allowed: str, expected: list[str]) -> None:
    """And a note, by its mark or by `mc_allow`, replaces nothing."""
    allowances = [Allowance(rule=rule, reason="a test") for rule in allowed.split()]
    assert summaries_of(judge([given], (), allowances)) == expected
