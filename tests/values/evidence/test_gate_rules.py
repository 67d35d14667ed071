"""MCS401 to MCS405: each where it fires, and where it does not, with what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from facts import call_made, packaged, requirements, scopes, token_requested
from gates import TODAY, check, exception, package, result, summaries
from records import EVERYTHING

from pytest_mcscopes.evidence.gate_rules import SUITE_RULES, OtherProject
from pytest_mcscopes.evidence.read_suite import read_suite
from pytest_mcscopes.privilege.expectation import Allowance, Expectation
from pytest_mcscopes.privilege.findings import RULES

if TYPE_CHECKING:
    from pytest_mcscopes.evidence.gate_result import GateFinding, GateResult
    from pytest_mcscopes.evidence.results import Outcome, ResultRecord
    from pytest_mcscopes.ledger.facts import TokenRequested

A, B = "test_a.py::test_a", "test_b.py::test_b"
SEND = packaged("POST", "/messaging/v1/email/messages/1")
AT = "@pytest.mark.mc_scopes, test_a.py:5"
MAIL = scopes("email_send", origin=AT)
ASKED = token_requested("email_send", EVERYTHING)
OMITTED = token_requested(None, EVERYTHING)
SENT = call_made(SEND, "email_send")
DOUBTFUL = requirements("email_read", doubt="suspect", label="GET /doubtful")
READ = call_made(DOUBTFUL, "email_read")
UNMAPPED = call_made(packaged("GET", "/nowhere/v1"), "email_send")
WHY = "1 test file was not collected, test_c.py"
GAP = f"{WHY}: run pytest without paths"


def sends(test: str = A, **more: Any) -> ResultRecord:  # noqa: ANN401 - of a result
    """A test that is as it should be."""
    return result(test, MAIL, ASKED, SENT, **more)


def of(rule: str, found: GateResult) -> list[GateFinding]:
    return [each for each in found.findings if each.rule == rule]


def fires(rule: str, found: GateResult) -> list[str]:
    """The texts of one rule's findings, all of which fail the gate."""
    mine = of(rule, found)
    assert all(each.severity == "error" for each in mine)
    assert not (mine and found.passed)
    return [each.text for each in mine]


def undecided(rule: str, found: GateResult) -> list[str]:
    return [each.text for each in found.undetermined if each.rule == rule]


def test_a_suite_as_it_should_be() -> None:
    """What is assigned is what is requested and used: nothing is found, and nothing open."""
    found = check(sends(), manifest=[package("email_send")])
    assert found.passed
    assert found.complete
    assert (found.findings, found.undetermined, found.relaxed, found.failures) == ((), (), (), ())


class TestRequestedNotAssigned:
    """MCS401."""

    def test_by_name(self) -> None:
        """Once for a scope, with the place of the package."""
        found = check(sends(A), sends(B), manifest=[package("email_read", exception("email_read"))])
        text = f"email_send is requested and not assigned: 2 tests, first {A}"
        assert fires("MCS401", found) == [text]
        (finding,) = of("MCS401", found)
        assert (finding.scopes, finding.package, finding.where) == (
            ("email_send",),
            "integration",
            "mcscopes.toml:3",
        )

    @pytest.mark.parametrize("outcome", ["failed", "xfailed"])
    def test_by_a_test_that_fails_before_a_token(self, outcome: Outcome) -> None:
        """Just because it is not assigned: such a test is not judged, and may be expected to."""
        refused = token_requested("email_read", EVERYTHING, error="invalid_scope")
        record = result(A, scopes("email_read"), refused, outcome=outcome, aborted=True)
        assert not record["judged"]
        found = check(sends(B), record, manifest=[package("email_send")])
        assert fires("MCS401", found) == [f"email_read is requested and not assigned: {A}"]
        mark = Expectation(kind="no_token", refused=True)
        record = result(A, mark, refused, outcome=outcome, aborted=True)
        assert fires("MCS401", check(sends(B), record, manifest=[package("email_send")])) == []

    def test_by_leaving_scope_out(self) -> None:
        """What was used only because everything was granted; not all that was."""
        mark = scopes("email_send", "at_least")
        found = check(
            result(A, mark, OMITTED, SENT, call_made(SEND, "email_send")),
            manifest=[package("email_read", exception("email_read"))],
        )
        assert fires("MCS401", found) == [
            (
                "email_send is used and not assigned, and granted because scope was left out:"
                f" {SEND.label}, {A}"
            )
        ]

    @pytest.mark.parametrize(
        "record",
        [
            pytest.param(sends(), id="it is assigned"),
            pytest.param(
                result(A, None, token_requested("email_read", EVERYTHING)), id="in an unmarked test"
            ),
            pytest.param(
                result(
                    A,
                    Expectation(kind="no_token", refused=True),
                    token_requested("email_read", EVERYTHING, error="invalid_scope"),
                ),
                id="a refusal that the test is about",
            ),
            pytest.param(
                result(A, scopes("email_send", "at_least"), OMITTED, SENT, READ),
                id="on a doubtful call",
            ),
            pytest.param(
                result(
                    A,
                    scopes("email_read", "at_least"),
                    OMITTED,
                    call_made(requirements("email_read | email_send"), "email_read email_send"),
                ),
                id="another scope would do, and is assigned",
            ),
            pytest.param(
                result(A, MAIL, token_requested("email_send offline", EVERYTHING), SENT),
                id="offline, of the flow itself",
            ),
        ],
    )
    def test_not(self, record: ResultRecord) -> None:
        """Nothing is asked for that production does not assign."""
        found = check(record, manifest=[package("email_send")])
        assert fires("MCS401", found) == []

    @pytest.mark.parametrize(("scope", "number"), [("offline", 1), ("openid", 0)])
    def test_a_declared_scope_of_the_flow(self, scope: str, number: int) -> None:
        """`offline` is assigned to packages, and compared where a mark declares it."""
        asked = token_requested(
            f"email_send {scope}", EVERYTHING, grant_type="authorize", user="Ada"
        )
        record = result(A, scopes(f"email_send {scope}"), asked, SENT)
        assert len(fires("MCS401", check(record, manifest=[package("email_send")]))) == number

    def test_incomplete_evidence_shows_it_too(self) -> None:
        """What was asked for was asked for."""
        found = check(
            sends(), manifest=[package("email_read")], why=(GAP,), allow_incomplete="a part"
        )
        assert len(fires("MCS401", found)) == 1

    def test_without_a_manifest(self) -> None:
        """It is not known what production assigns."""
        found = check(sends())
        assert fires("MCS401", found) == []
        assert undecided("MCS401", found) == [
            (
                'no [[package]] of a manifest has name = "integration", so that it is not known'
                " what production assigns: write one in mcscopes.toml, with its scopes, or let"
                " mcscopes import FILE do it"
            )
        ]

    def test_another_package_in_the_manifest(self) -> None:
        """A name that differs is told with those that are there."""
        found = check(sends(), manifest=[package("email_send", name="mailer")])
        assert 'has name = "integration" among "mailer", so' in undecided("MCS401", found)[0]


class TestAssignedNotExercised:
    """MCS402."""

    @staticmethod
    def of(*records: ResultRecord, assigned: str = "email_read email_send") -> list[str]:
        return fires("MCS402", check(*records, manifest=[package(assigned)]))

    def test_no_test_needs_it(self) -> None:
        """One finding for a scope, where the manifest lists it."""
        found = check(sends(), manifest=[package("email_send email_read")])
        assert fires("MCS402", found) == ["email_read is assigned and exercised by no test"]
        (finding,) = of("MCS402", found)
        assert (finding.package, finding.where) == ("integration", "mcscopes.toml:6")

    @pytest.mark.parametrize(
        ("record", "more"),
        [
            pytest.param(
                result(
                    A,
                    scopes("email_read email_send", "at_most"),
                    token_requested("email_read email_send", EVERYTHING),
                    SENT,
                ),
                f"; requested by {A}",
                id="requested alone",
            ),
            pytest.param(
                result(A, MAIL, ASKED, SENT, UNMAPPED._replace(used=frozenset())),
                "; GET /nowhere/v1 may need it (not in the catalogue)",
                id="a doubtful call may need it",
            ),
            pytest.param(
                result(
                    A,
                    MAIL,
                    ASKED,
                    call_made(requirements("email_send", tolerated="email_read"), "email_send"),
                ),
                "; GET /test/email_send may need it (not listed)",
                id="tolerated",
            ),
        ],
    )
    def test_what_is_no_exercise(self, record: ResultRecord, more: str) -> None:
        """It fires, and says what there is."""
        (text,) = self.of(record)
        assert text == f"email_read is assigned and exercised by no test{more}"

    @pytest.mark.parametrize(
        "record",
        [
            pytest.param(
                result(A, None, token_requested("email_read", EVERYTHING), READ), id="unmarked"
            ),
            pytest.param(sends(B, outcome="xfailed"), id="xfailed"),
            pytest.param(sends(B, outcome="failed", aborted=True), id="failed by itself"),
            pytest.param(sends(B, outcome="skipped"), id="skipped"),
            pytest.param(
                result(A, scopes("email_send", "at_most"), ASKED, call_made(SEND, "email_read")),
                id="denied",
            ),
            pytest.param(result(A, MAIL, ASKED, SENT._replace(own=True)), id="the test's own"),
        ],
    )
    def test_calls_that_count_for_nothing(self, record: ResultRecord) -> None:
        """The scope counts as exercised by no test."""
        other = result("test_c.py::test_c", Expectation(kind="no_token"), blocks=True)
        assert len(self.of(record, other, assigned="email_send")) == 1

    def test_a_package_that_no_test_has(self) -> None:
        """Every scope of it."""
        found = check(sends(), manifest=[package("email_send"), package("sms_send", name="texter")])
        assert summaries(of("MCS402", found)) == ["MCS402 sms_send"]

    @pytest.mark.parametrize(
        "record",
        [
            pytest.param(sends(), id="by a passing test"),
            pytest.param(
                result(A, MAIL, token_requested("email_send sms_send", EVERYTHING), SENT),
                id="by one that fails by a finding",
            ),
            pytest.param(result(A, None, ASKED, SENT, blocks=True), id="by a block"),
        ],
    )
    def test_exercised(self, record: ResultRecord) -> None:
        """By an allowed call of a judged test."""
        assert self.of(record, assigned="email_send") == []

    def test_of_the_flow(self) -> None:
        """Nothing uses these."""
        assert self.of(sends(), assigned="email_send offline openid") == []

    def test_where_another_scope_would_do(self) -> None:
        """What is used is chosen among what production assigns."""
        row = requirements("email_read | email_send")
        every = call_made(row, "email_read email_send")
        record = result(A, scopes("email_read", "at_least"), OMITTED, every)
        assert self.of(record, assigned="email_send") == []

    def test_on_a_doubtful_call_only(self) -> None:
        """It is exercised, and is said to be so by a doubtful entry."""
        both = scopes("email_read email_send", "at_most")
        asked = token_requested("email_read email_send", EVERYTHING)
        found = check(
            result(A, both, asked, SENT, READ), manifest=[package("email_read email_send")]
        )
        assert fires("MCS402", found) == []
        assert undecided("MCS402", found) == [
            "email_read is exercised on a doubtful call only: GET /doubtful (suspect)"
        ]
        assert found.undetermined[0].where == "mcscopes.toml:5"

    def test_on_incomplete_evidence(self) -> None:
        """Nothing is shown to be absent, whatever reason there is to check a part."""
        assigned = [package("email_read email_send sms_send")]
        for reason in ("", "a part"):
            found = check(sends(), manifest=assigned, why=(GAP,), allow_incomplete=reason)
            assert of("MCS402", found) == []
            assert undecided("MCS402", found) == [
                (
                    "not exercised by what there is: email_read sms_send; the evidence is not"
                    f" complete: {WHY}"
                )
            ]
            assert found.passed == bool(reason)

    def test_a_shared_package(self) -> None:
        """The evidence of the other projects may exercise it."""
        shared = package("email_read email_send", projects=("mailer", "reader"))
        found = check(sends(), manifest=[shared])
        assert of("MCS402", found) == []
        assert undecided("MCS402", found) == [
            (
                "not exercised by what there is: email_read; the package is shared, and there is no"
                ' evidence of "reader"'
            )
        ]
        mine = replace(shared, projects=("mailer",))
        assert len(fires("MCS402", check(sends(), manifest=[mine]))) == 1

    def test_requested_by_tests_that_fail(self) -> None:
        """Whoever sees the call in such a test learns why it does not count."""
        manifest = [package("email_send")]
        why = "; requested by test_a.py::test_a: a test that fails shows no use"
        for outcome in ("failed", "xfailed"):
            [text] = fires("MCS402", check(sends(outcome=outcome), manifest=manifest))
            assert text.endswith(why)
        idle = result(B, MAIL, ASKED)
        [text] = fires("MCS402", check(sends(outcome="failed"), idle, manifest=manifest))
        assert text.endswith(
            "; requested by 2 tests, first test_a.py::test_a, 1 of which failed: a test that fails"
            " shows no use"
        )
        [text] = fires("MCS402", check(idle, manifest=manifest))
        assert text.endswith("; requested by test_b.py::test_b")

    @pytest.mark.parametrize("asks", [ASKED, OMITTED])
    def test_that_is_shared_by_others_alone(self, asks: TokenRequested) -> None:
        """A misspelt project would leave open for ever what no test exercises."""
        others = package("email_read email_send", projects=("mialer", "reader"))
        found = check(result(A, MAIL, asks, SENT), manifest=[others])
        assert not found.passed
        [failure] = found.failures
        assert failure == (
            'package "integration" (mcscopes.toml:3) is of the projects "mialer", "reader", and'
            ' tests of "mailer" use it: put that name into its projects too'
        )
        unused = replace(others, name="theirs")
        assert check(sends(), manifest=[package("email_send"), unused]).failures == ()

    @pytest.mark.parametrize(
        ("assigned", "gaps", "fired", "open_"),
        [
            pytest.param("email_send sms_send", (), ["email_read"], [], id="not there either"),
            pytest.param("email_send email_read", (), [], [], id="exercised there"),
            pytest.param(
                "email_send sms_send",
                (GAP,),
                [],
                [
                    (
                        "not exercised by what there is: email_read; the evidence of"
                        f' "reader" is not complete: {WHY}'
                    )
                ],
                id="incomplete",
            ),
        ],
    )
    def test_the_evidence_of_other_projects(
        self, assigned: str, gaps: tuple[str, ...], fired: list[str], open_: list[str]
    ) -> None:
        """It counts for the packages that are shared with them, and for no other."""
        scope = assigned.split()[1]
        asked = token_requested(scope, EVERYTHING)
        used = call_made(requirements(scope), scope)
        theirs = read_suite([result(B, scopes(scope), asked, used)])
        others = {"reader": OtherProject(gaps, theirs)}
        shared = package("email_read email_send", projects=("mailer", "reader"))
        found = check(sends(), manifest=[shared], others=others)
        assert [each.scopes[0] for each in of("MCS402", found)] == fired
        assert undecided("MCS402", found) == open_
        alone = replace(shared, projects=())
        assert len(fires("MCS402", check(sends(), manifest=[alone], others=others))) == 1

    def test_excepted(self) -> None:
        """An exception excuses it, and is counted."""
        found = check(sends(), manifest=[package("email_read email_send", exception("email_read"))])
        assert found.passed
        assert [(each.by, each.what, each.reason) for each in found.relaxed] == [
            ("exception", "email_read", "until it moves (until 2026-11-28, team)")
        ]

    def test_without_a_manifest(self) -> None:
        """What is assigned by default is no word of the suite's; it is not 80 findings."""
        found = check(sends())
        assert found.passed
        assert len(undecided("MCS402", found)) == 1

    def test_as_the_tests_agree(self) -> None:
        """Without a manifest, what every test has is what is assigned."""
        records = [sends(test, assigned="email_read email_send") for test in (A, B)]
        found = check(*records)
        assert fires("MCS402", found) == [
            (
                "email_read is given by each judged test to its package (no manifest says what"
                " production assigns) and exercised by no test"
            )
        ]
        assert undecided("MCS402", found) == []
        for other in (
            sends("test_c.py::test_c"),
            sends("test_c.py::test_c", assigned="email_send"),
        ):
            found = check(*records, other)
            assert found.passed
            assert len(undecided("MCS402", found)) == 1


class TestException:
    """MCS403."""

    def test_expired(self) -> None:
        """The day after its last: it excuses nothing any more."""
        yesterday = TODAY - timedelta(days=1)
        found = check(
            sends(), manifest=[package("email_read email_send", exception("email_read", yesterday))]
        )
        assert fires("MCS403", found) == ["the exception for email_read expired on 2026-11-27"]
        assert len(fires("MCS402", found)) == 1
        assert of("MCS403", found)[0].where == "mcscopes.toml:9"
        assert found.relaxed == ()

    @pytest.mark.parametrize("why", [(), (GAP,)])
    def test_unused(self, why: tuple[str, ...]) -> None:
        """The scope is exercised after all, which evidence of a part shows as well."""
        found = check(
            sends(),
            manifest=[package("email_send", exception("email_send"))],
            why=why,
            allow_incomplete="a part",
        )
        assert fires("MCS403", found) == [
            "the exception for email_send is of no use: tests exercise it"
        ]

    def test_of_the_flow(self) -> None:
        """What need not be exercised needs no exception."""
        found = check(sends(), manifest=[package("email_send offline", exception("offline"))])
        assert fires("MCS403", found) == [
            (
                "the exception for offline is of no use: it is of the log-in itself, and need not"
                " be exercised"
            )
        ]

    def test_in_force(self) -> None:
        """Also where a doubtful call alone exercises the scope, and where no test has it."""
        both = scopes("email_read email_send", "at_most")
        asked = token_requested("email_read email_send", EVERYTHING)
        found = check(
            result(A, both, asked, SENT, READ),
            manifest=[
                package("email_read email_send", exception("email_read")),
                package("sms_send", exception("sms_send"), name="texter"),
            ],
        )
        assert found.passed
        assert [each for each in found.undetermined if each.rule == "MCS402"] == []


class TestTrafficWithoutMark:
    """MCS404."""

    @pytest.mark.parametrize(("fail_on", "severity"), [((), "note"), (("MCS404",), "error")])
    def test_unmarked(self, fail_on: tuple[str, ...], severity: str) -> None:
        """It is named either way, and fails those who ask for it."""
        found = check(sends(), result(B, None, ASKED, SENT), fail_on=fail_on)
        (finding,) = of("MCS404", found)
        assert (finding.test, finding.severity) == (B, severity)
        assert finding.text == "talked to a tenant, and no mark judges it"
        assert found.passed == (severity == "note")

    @pytest.mark.parametrize(
        "record",
        [
            pytest.param(sends(B), id="marked"),
            pytest.param(result(B, None, ASKED, SENT, blocks=True), id="judged by blocks"),
            pytest.param(result(B, None), id="no traffic"),
        ],
    )
    def test_not(self, record: ResultRecord) -> None:
        """Every test that talked is judged."""
        assert of("MCS404", check(sends(), record, fail_on=("MCS404",))) == []


class TestUnionMember:
    """MCS405."""

    UNION = scopes("email_read email_send", "at_most", origin=AT)
    BOTH = token_requested("email_read email_send", EVERYTHING)

    def test_padded(self) -> None:
        """None of the tests under the mark needs it, whatever tests under other marks need."""
        reads = call_made(requirements("email_read"), "email_read")
        asked = token_requested("email_read", EVERYTHING)
        found = check(
            result(A, self.UNION, self.BOTH, SENT),
            result(B, scopes("email_read"), asked, reads),
        )
        assert fires("MCS405", found) == [
            f"email_read is in a union, and used by no test under it: {A}"
        ]
        (finding,) = of("MCS405", found)
        assert (finding.scopes, finding.where, finding.union) == (
            ("email_read",),
            "test_a.py:5",
            ("email_read", "email_send"),
        )

    def test_a_call_that_may_need_it(self) -> None:
        """It is no use, and is named."""
        found = check(result(A, self.UNION, self.BOTH, SENT, UNMAPPED))
        assert fires("MCS405", found) == [
            (
                f"email_read is in a union, and used by no test under it: {A};"
                " GET /nowhere/v1 may need it (not in the catalogue)"
            )
        ]

    def test_the_same_union_in_several_files(self) -> None:
        """It is one client's: what a test of another file uses is used."""
        again = replace(self.UNION, origin=AT.replace("test_a", "test_b"))
        reads = call_made(requirements("email_read"), "email_read")
        first = result(A, self.UNION, self.BOTH, SENT)
        assert fires("MCS405", check(first, result(B, again, self.BOTH, reads))) == []
        assert fires("MCS405", check(first, result(B, again, self.BOTH, SENT))) == [
            (
                f"email_read is in a union, and used by no test under it: 2 tests, first {A},"
                " written in 2 places"
            )
        ]

    @pytest.mark.parametrize(
        "record",
        [
            pytest.param(result(A, replace(UNION, match="exact"), BOTH, SENT, READ), id="exact"),
            pytest.param(
                result(A, replace(UNION, declared=MAIL.declared | {"offline"}), ASKED, SENT),
                id="offline, of the flow itself",
            ),
            pytest.param(
                result(A, UNION, BOTH, SENT, call_made(requirements("email_read"), "email_read")),
                id="all are used",
            ),
        ],
    )
    def test_not(self, record: ResultRecord) -> None:
        """Nothing is padded."""
        assert fires("MCS405", check(record)) == []

    @pytest.mark.parametrize(
        ("record", "why", "text"),
        [
            pytest.param(
                result(A, UNION, BOTH, SENT, READ),
                (),
                "email_read is used on a doubtful call only: GET /doubtful (suspect)",
                id="doubtful",
            ),
            pytest.param(
                result(A, UNION, BOTH, SENT),
                (GAP,),
                "not used under the mark by what there is: email_read; the evidence is not"
                f" complete: {WHY}",
                id="incomplete",
            ),
            pytest.param(
                result(A, UNION, BOTH, SENT, outcome="skipped"),
                (),
                "not used under the mark by what there is: email_read email_send; no test under it"
                f" was judged and got a token: {A}",
                id="skipped",
            ),
            pytest.param(
                result(A, UNION),
                (),
                "not used under the mark by what there is: email_read email_send; no test under it"
                f" was judged and got a token: {A}",
                id="without a token",
            ),
        ],
    )
    def test_undecided(self, record: ResultRecord, why: tuple[str, ...], text: str) -> None:
        """It is named with its reason, and is no finding."""
        found = check(record, sends(B), why=why, allow_incomplete="a part")
        assert of("MCS405", found) == []
        assert undecided("MCS405", found) == [text]


def test_a_package_that_is_only_declared() -> None:
    """A skipped test shows nothing of it: nothing is undetermined."""
    mark = replace(MAIL, package="mailer")
    found = check(sends(), result(B, mark, outcome="skipped"), manifest=[package("email_send")])
    assert found.undetermined == ()


def test_every_rule_of_suites_is_here() -> None:
    """Each function's docstring begins with the id of its rule."""
    ids = [(rule.__doc__ or "").partition(":")[0] for rule in SUITE_RULES]
    assert ids == [rule for rule, each in RULES.items() if each.of_suite]


def test_a_rule_that_tests_have() -> None:
    """An error of a test fails the gate, a note does not; --fail-on takes notes as errors."""
    over = token_requested("email_read email_send", EVERYTHING)
    for match, allowances, passes in (
        ("exact", (), False),
        ("at_least", (), True),
        ("exact", (Allowance(rule="MCS102", reason="so it is"),), True),
    ):
        mark = scopes("email_send", match, origin=AT)  # type: ignore[arg-type]
        record = result(A, mark, over, SENT, allowances=allowances)
        found = check(record)
        assert found.passed == passes
        (finding,) = of("MCS102", found)
        assert finding.text == 'excess-scope, email_read, package "integration"'
        assert (finding.test, finding.where) == (A, "test_a.py:5")
        assert not check(record, fail_on=("MCS102",)).passed
