"""One verdict from all rules: severities and allowances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import facts
import pytest
from facts import call_made, packaged, scopes, token_requested

from pytest_mcscopes.privilege.expectation import Allowance
from pytest_mcscopes.privilege.findings import RULES, TEST_RULES, Finding, unknown_rule
from pytest_mcscopes.privilege.rules.table import RULE_ROWS
from pytest_mcscopes.privilege.verdict import judge

if TYPE_CHECKING:
    from pytest_mcscopes.ledger.facts import CallMade, TokenRequested
    from pytest_mcscopes.privilege.expectation import Match
    from pytest_mcscopes.privilege.rules.case import Case
    from pytest_mcscopes.privilege.verdict import Verdict

ASSIGNED = frozenset({"email_read", "email_send", "push_read"})
STRAY = Finding(rule="MCS107", severity="error", text="foreign tenant: a token was used")


def ask(scope: str | None, *, error: str | None = None) -> TokenRequested:
    return token_requested(scope, ASSIGNED, error=error)


def send(granted: str) -> CallMade:
    """A call that needs email_send, by a documented row."""
    path = "/messaging/v1/email/messages/r-1"
    return call_made(packaged("POST", path), granted, method="POST", path=path)


def case(
    declared: str,
    *made: TokenRequested | CallMade,
    match: Match = "exact",
    package: str = "integration",
    dropped: bool = False,
) -> Case:
    mark = scopes(declared, match, package=package)
    return facts.case(mark, *made, assigned=ASSIGNED, dropped=dropped)


def allow(*rules: str) -> list[Allowance]:
    return [Allowance(rule=rule, reason="a test", origin=f"mc_allow of {rule}") for rule in rules]


def told(verdict: Verdict) -> list[str]:
    return [f"{each.rule} {each.severity}" for each in verdict.findings]


def test_nothing_is_found_where_all_is_well() -> None:
    verdict = judge([case("email_send", ask("email_send"), send("email_send"))])
    assert (verdict.findings, verdict.errors, verdict.notes, verdict.remarks) == ((), (), (), ())


def test_errors_come_first_then_by_rule() -> None:
    verdict = judge([case("email_send push_read", ask("email_send nope_x email_read"))], [STRAY])
    assert told(verdict) == ["MCS102 error", "MCS103 error", "MCS107 error", "MCS104 note"]
    assert [each.rule for each in verdict.errors] == ["MCS102", "MCS103", "MCS107"]
    assert [each.rule for each in verdict.notes] == ["MCS104"]


def test_every_rule_has_a_name_and_a_severity() -> None:
    """Each function's docstring begins with the ids of its rules; some are found elsewhere."""
    known = {"MCS107", "MCS305"}
    for rows in RULE_ROWS.values():
        begun = [(row.find.__doc__ or "").partition(":")[0] for row in rows]
        ids = [rule for each in begun for rule in each.split(" and ")]
        assert len(ids) == len(set(ids))
        known |= set(ids)
    assert known == TEST_RULES.keys()
    assert len({rule.name for rule in RULES.values()}) == len(RULES)


@pytest.mark.parametrize(
    ("rule", "severity"),
    [
        ("MCS101", "error"),
        ("MCS102", "error"),
        ("MCS103", "error"),
        ("MCS104", "note"),
        ("MCS105", "error"),
        ("MCS106", "error"),
        ("MCS107", "error"),
        ("MCS108", "note"),
        ("MCS109", "error"),
        ("MCS110", "error"),
        ("MCS201", "error"),
        ("MCS202", "error"),
        ("MCS203", "note"),
        ("MCS204", "error"),
        ("MCS205", "note"),
        ("MCS301", "error"),
        ("MCS302", "error"),
        ("MCS303", "note"),
        ("MCS304", "note"),
        ("MCS305", "error"),
        ("MCS401", "error"),
        ("MCS402", "error"),
        ("MCS403", "error"),
        ("MCS404", "error"),
        ("MCS405", "error"),
    ],
)
def test_what_a_rule_is_by_default(rule: str, severity: str) -> None:
    assert RULES[rule].severity == severity
    assert RULES[rule].fixed == (rule == "MCS105")
    assert RULES[rule].opt_in == (rule in {"MCS205", "MCS404"})
    assert RULES[rule].of_suite == rule.startswith("MCS4")


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("mcs102", "unknown rule 'mcs102'. Did you mean \"MCS102\"?"),
        (102, "unknown rule 102."),
        ([], "unknown rule []."),
        (
            "MCS402",
            (
                "MCS402 (assigned-not-exercised) is about a whole suite: mcscopes check finds it,"
                " and mcscopes explain MCS402 says what can be done. No test has it"
            ),
        ),
    ],
)
def test_a_word_that_is_no_rule_of_tests(word: object, text: str) -> None:
    assert unknown_rule(word) == text


class TestAllowances:
    EXCESS = case("email_send", ask("email_send email_read"))

    def test_the_rule_becomes_a_note(self) -> None:
        assert told(judge([self.EXCESS], (), allow("MCS102"))) == ["MCS102 note"]

    def test_other_rules_stay(self) -> None:
        verdict = judge([self.EXCESS], [STRAY], allow("MCS102"))
        assert told(verdict) == ["MCS107 error", "MCS102 note"]

    def test_a_foreign_tenant_may_be_allowed(self) -> None:
        assert told(judge([], [STRAY], allow("MCS107"))) == ["MCS107 note"]

    def test_an_allowance_of_one_kind_does_not_allow_the_rule(self) -> None:
        """A foreign tenant stays an error where hard-coded bearers alone are allowed."""
        of_bearers = Allowance(rule="MCS107", only="bearer", reason="a test")
        assert told(judge([], [STRAY], [of_bearers])) == ["MCS107 error"]

    def test_want_of_a_token_cannot_be_allowed(self) -> None:
        """Refused where the mark is read, and without effect here."""
        assert told(judge([case("email_send")], (), allow("MCS105"))) == ["MCS105 error"]

    def test_one_that_allows_nothing_is_reported(self) -> None:
        verdict = judge([self.EXCESS], (), allow("MCS102", "MCS201"))
        assert verdict.remarks == (
            'mc_allow("MCS201") allowed nothing here (mc_allow of MCS201): remove it',
        )

    def test_one_that_allows_nothing_in_a_test_that_fails_by_itself_is_not(self) -> None:
        assert judge([self.EXCESS], (), allow("MCS201"), aborted=True).remarks == ()


class TestAborted:
    """A test that fails by itself proves no absence."""

    @pytest.mark.parametrize(
        ("given", "whole", "aborted"),
        [
            pytest.param(case("email_send"), ["MCS105 error"], [], id="no token yet"),
            pytest.param(
                case(
                    "email_send email_read push_read",
                    ask("email_send email_read push_read nope_x"),
                    send("email_send email_read"),
                ),
                ["MCS102 error", "MCS202 error", "MCS104 note"],
                ["MCS102 error", "MCS104 note"],
                id="not used yet",
            ),
        ],
    )
    def test_105_and_202_are_left_out(
        self, given: Case, whole: list[str], aborted: list[str]
    ) -> None:
        assert told(judge([given])) == whole
        assert told(judge([given], aborted=True)) == aborted

    def test_why_there_was_no_token_is_told(self) -> None:
        """It may be what the test failed by; a finding would prove what is not shown."""
        nothing = judge([case("email_send")], aborted=True)
        (remark,) = nothing.remarks
        assert remark == (
            "until the test failed: no token granted: no token request arrived; mc_tenant answers"
            " httpx, requests, urllib and aiohttp in this process, and mc_server whatever speaks"
            " HTTP"
        )
        called = facts.case(scopes("email_send"), assigned=ASSIGNED, others=("login.test",))
        elsewhere = judge([called], aborted=True)
        (remark,) = elsewhere.remarks
        assert remark == (
            "until the test failed: no token granted: no token request arrived; the code was seen"
            " to call login.test. If it was to log in there, give it mc_tenant.auth_url in place of"
            " that address"
        )
        code = ask("email_send")._replace(granted=None, token=None, also_issued=("code",))
        (remark,) = judge([case("email_send", code)], aborted=True).remarks
        assert remark == (
            "until the test failed: no token granted: a code was issued and never exchanged. Let"
            " the app follow its call-back and exchange the code, for example:"
            " client.get(mc_tenant.authorize(url)). A test client keeps its session by host: where"
            " the app's log-in begins at another host than its call-back, say base_url="
        )
        refused = judge(
            [case("email_send", ask("email_send", error="invalid_scope"))], aborted=True
        )
        beside = judge(
            [case("email_send", ask("email_send"), ask("email_send", error="invalid_grant"))],
            aborted=True,
        )
        (remark,) = beside.remarks
        assert remark == "a token request was refused: 400 invalid_grant, None"
        (remark,) = refused.remarks
        assert "no token granted: every token request was refused (400 invalid_scope)" in remark


def test_several_packages_each_have_their_findings() -> None:
    excess = ask("email_send email_read")
    verdict = judge(
        [case("email_send", excess), case("email_send", excess, package="second")], [STRAY, STRAY]
    )
    assert [(each.rule, each.package) for each in verdict.findings] == [
        ("MCS102", "integration"),
        ("MCS102", "second"),
        ("MCS107", ""),
    ]
