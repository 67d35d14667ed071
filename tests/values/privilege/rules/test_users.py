"""MCS204 and MCS205: what a user may not do, and an app that does not look."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from facts import summaries_of, texts_of
from user_cases import (
    ADDRESSES,
    CREATE,
    DELETE,
    ORIGIN,
    PREFERENCES,
    SEND,
    SEND_ROW,
    SENT,
    VALIDATE,
    VIEW,
    ask,
    call,
    case,
)

from pytest_mcscopes.privilege.expectation import Allowance
from pytest_mcscopes.privilege.verdict import judge
from pytest_mcscopes.privilege.verdict_text import render
from pytest_mcscopes.settings.severities import read_severities

if TYPE_CHECKING:
    from pytest_mcscopes.ledger.facts import CallMade, TokenRequested
    from pytest_mcscopes.privilege.findings import Severity
    from pytest_mcscopes.privilege.rules.case import Case


class TestUserLacksPermission:
    """MCS204: the token's scopes would do, and the user may not."""

    @pytest.mark.parametrize(
        ("made", "findings"),
        [
            pytest.param(call(SEND, "email_send", CREATE), ["MCS204 error"], id="may not"),
            pytest.param(call(SEND, "email_send"), [], id="may"),
            pytest.param(
                call(SEND, "email_read", CREATE),
                ["MCS201 error"],
                id="neither scope nor permission",
            ),
            pytest.param(call(SEND, "email_send", CREATE, expected=True), [], id="expected"),
            pytest.param(
                call(PREFERENCES, "list_and_subscribers_read", "1018 X View"),
                ["MCS204 note"],
                id="doubtful, let through",
            ),
            pytest.param(
                call(PREFERENCES, "list_and_subscribers_read", "1018 X View", user_denied=True),
                ["MCS204 note"],
                id="doubtful, refused",
            ),
        ],
    )
    def test_fires(self, made: CallMade, findings: list[str]) -> None:
        verdict = judge([case("email_send", ask("email_send"), made)])
        assert [
            f"{each.rule} {each.severity}"
            for each in verdict.findings
            if each.rule in {"MCS201", "MCS204"}
        ] == findings

    @pytest.mark.parametrize(
        ("made", "text"),
        [
            pytest.param(
                call(SEND, "email_send", CREATE),
                f'user may not: {SEND_ROW} needs permission {CREATE}; user "Ada" lacks it. The'
                " token's scope email_send would do",
                id="one",
            ),
            pytest.param(
                call(DELETE, "list_and_subscribers_write", "1020 A Edit", "1612 B Delete"),
                "user may not: POST /contacts/v1/contacts/actions/delete?type=ids (documented)"
                ' needs permissions 1020 A Edit and 1612 B Delete; user "Ada" lacks them. The'
                " token's scope list_and_subscribers_write would do",
                id="all of them",
            ),
            pytest.param(
                call(
                    ADDRESSES,
                    "list_and_subscribers_read list_and_subscribers_write",
                    "1018 A View",
                    "1020 A Edit",
                ),
                "user may not: POST /contacts/v1/attributes/search (doubtful: Salesforce"
                " lists two scopes and does not say whether both are needed)"
                ' needs one of the permissions 1018 A View or 1020 A Edit; user "Ada" has none of'
                " them. The token's scopes list_and_subscribers_read list_and_subscribers_write"
                " would do",
                id="any one of them",
            ),
            pytest.param(
                call(SEND, "", CREATE)._replace(
                    need=replace(call(SEND, "").need, minimal_sets=(frozenset(),)),
                    scope_denied=False,
                ),
                f'user may not: {SEND_ROW} needs permission {CREATE}; user "Ada" lacks it. No'
                " scope of the token is in the way",
                id="no scope needed",
            ),
        ],
    )
    def test_both_sides_are_told(self, made: CallMade, text: str) -> None:
        """The permission that the user lacks, and the scope that would do."""
        verdict = judge([case("email_send", ask("email_send"), made)])
        assert texts_of(verdict, "MCS204") == [text]

    def test_each_thing_is_told_once(self) -> None:
        """A loop over a thousand contacts is one finding, another user is another."""
        made = call(SEND, "email_send", CREATE)
        other = call(SEND, "email_send", CREATE, user="Bob")
        verdict = judge([case("email_send", ask("email_send"), made, made, other)])
        assert len(texts_of(verdict, "MCS204")) == 2

    def test_it_can_be_allowed(self) -> None:
        allowance = Allowance(rule="MCS204", reason="a test of the denial")
        assert summaries_of(judge([case("email_send", *SENT)], (), [allowance])) == [
            "MCS108 note email_send",
            "MCS204 note",
        ]

    @pytest.mark.parametrize(
        ("made", "step"),
        [
            pytest.param(call(SEND, "email_send", CREATE), "let mc_user give them 152;", id="one"),
            pytest.param(
                call(DELETE, "list_and_subscribers_write", "1020 A Edit", "1612 B Delete"),
                "let mc_user give them 1020 and 1612;",
                id="all of them",
            ),
            pytest.param(
                call(DELETE, "list_and_subscribers_write", "1020 A Edit", "1612 B Delete")._replace(
                    need=replace(call(DELETE, "").need, every_permission=False),
                ),
                "let mc_user give them 1020 or 1612;",
                id="any one of them",
            ),
        ],
    )
    def test_what_to_do_next(self, made: CallMade, step: str) -> None:
        text = render(judge([case("email_send", ask("email_send"), made)]))
        assert step in re.sub(r"\s+", " ", text)


class TestBarred:
    """What a user may not do is no use of a scope, and no proof that the scope is not needed."""

    def test_it_is_not_allowed(self) -> None:
        observed = case("email_send", *SENT).observed
        assert observed.allowed == ()
        assert observed.user_denied == observed.calls

    def test_what_is_let_through_is_allowed(self) -> None:
        made = call(PREFERENCES, "list_and_subscribers_read", "1018 X View")
        assert case("email_send", made).observed.allowed == (made,)

    def beside_a_view(self, denied: CallMade) -> Case:
        return case(
            "email_read email_send",
            ask("email_read email_send"),
            call(VALIDATE, "email_read email_send"),
            denied,
        )

    def test_its_scope_is_undetermined(self) -> None:
        """Neither used nor unused: with another user the same code needs it."""
        denied = call(SEND, "email_read email_send", CREATE, expected=True)
        (finding,) = judge([self.beside_a_view(denied)]).findings
        assert (finding.rule, finding.severity) == ("MCS108", "note")
        assert finding.text == (
            f"undetermined: whether email_send is needed: {SEND_ROW} needs it, and user"
            ' "Ada" may not make that call'
        )
        assert finding.settled_by == ()

    @pytest.mark.parametrize(
        ("severities", "findings"),
        [
            pytest.param({}, ["MCS204 error"], id="which speaks of the same call"),
            pytest.param(
                {"MCS204": "note", "MCS108": "error"},
                ["MCS108 error email_send", "MCS204 note"],
                id="unless it fails nothing",
            ),
        ],
    )
    def test_204_replaces_108(self, severities: dict[str, Severity], findings: list[str]) -> None:
        denied = call(SEND, "email_read email_send", CREATE)
        verdict = judge([self.beside_a_view(denied)], severities=severities)
        assert summaries_of(verdict) == findings

    def test_another_scope_is_unused_as_before(self) -> None:
        verdict = judge(
            [
                case(
                    "email_read email_send offline",
                    ask("email_read email_send"),
                    call(VALIDATE, "email_read email_send"),
                    call(VALIDATE, "email_read email_send", VIEW),
                )
            ]
        )
        assert [each for each in summaries_of(verdict) if each.startswith("MCS202")] == [
            "MCS202 error email_send"
        ]

    def test_a_call_that_lacks_a_scope_too_leaves_nothing_open(self) -> None:
        given = case("email_send", ask("email_read"), call(SEND, "email_read", CREATE))
        assert summaries_of(given) == ["MCS102 error email_read", "MCS201 error email_send"]

    def test_least_privilege_cannot_be_decided_by_it(self) -> None:
        given = case(
            None,
            ask("email_read email_send"),
            call(VALIDATE, "email_read email_send"),
            call(SEND, "email_read email_send", CREATE, expected=True),
        )
        verdict = judge([given])
        assert summaries_of(verdict) == ["MCS108 error email_send"]
        assert render(verdict).splitlines()[-3:-1] == [
            (
                "  Let a user make the call who may: then it shows what it needs. A test of the"
                " denial says so:"
            ),
            '  @pytest.mark.mc_allow("MCS108", reason="...").',
        ]


def test_the_whole_text() -> None:
    assert render(judge([case("email_send", *SENT)])) == (
        "MCS204: MCSCOPES: the code under test calls what its user may not do.\n"
        f"  declared   email_send                         {ORIGIN}\n"
        "  requested  email_send\n"
        '  granted    email_send                         package "integration" is assigned 3'
        " scopes\n"
        f"  user       Ada                                lacks {CREATE}\n"
        "  used       not shown                          no call was allowed\n"
        "  MCS204  user may not: POST /messaging/v1/email/messages/{messageKey} (documented) needs"
        " permission\n"
        f'          {CREATE}; user "Ada" lacks it. The token\'s scope email_send\n'
        "          would do\n"
        "  Let the code compare appScopes with permissions in v2/userinfo and hide what the user"
        " may not do,\n"
        "  or handle the 403. If the test means a user who may, let mc_user give them 152; if the"
        " denial is\n"
        "  what you test, write the call in a block: with mc_tenant.expect_denied():\n"
        "  More: mcscopes explain MCS204"
    )


@pytest.mark.parametrize(
    ("calls", "rows"),
    [
        pytest.param([call(SEND, "email_send", user=None)], [], id="for nobody"),
        pytest.param([call(SEND, "email_send")], ["  user       Ada"], id="who may"),
        pytest.param(
            [call(SEND, "email_send", CREATE), call(VALIDATE, "email_read", user="Bob")],
            [f"  user       Ada{' ' * 32}lacks {CREATE}", "             Bob"],
            id="two",
        ),
        pytest.param(
            [call(SEND, "", "1 A View", "2 B View"), call(SEND, "", *"3456", CREATE)],
            [
                f"  user       Ada{' ' * 32}lacks 1 A View",
                f"{' ' * 48}lacks 2 B View",
                f"{' ' * 48}lacks 3",
                f"{' ' * 48}and 4 more permissions",
            ],
            id="who lacks much",
        ),
    ],
)
def test_the_users_of_the_calls_are_named(calls: list[CallMade], rows: list[str]) -> None:
    lines = render(judge([case("email_send", ask("email_send"), *calls)])).splitlines()
    end = next(number for number, line in enumerate(lines) if line.startswith("  used"))
    assert lines[4:end] == rows


@pytest.mark.parametrize(
    ("requests", "requested"),
    [
        pytest.param([ask(None, "authorize"), ask(None)], "everything assigned", id="omitted"),
        pytest.param(
            [ask(None, "authorize"), ask("email_send")],
            "email_send and everything assigned",
            id="omitted, and narrowed",
        ),
        pytest.param([ask("email_send", "authorize"), ask("email_send")], "email_send", id="named"),
    ],
)
def test_what_a_log_in_requested(requests: list[TokenRequested], requested: str) -> None:
    text = render(judge([case("email_send", *requests)]))
    omitted = " (no scope parameter)" if "everything" in requested else ""
    assert f"  requested  {requested}{omitted}\n" in text


class TestUserinfoNotCompared:
    """MCS205: opt-in; the code acts for a user of whom it has not read v2/userinfo."""

    MADE = call(SEND, "email_send")
    GIVEN = case("email_send", ask("email_send"), MADE, uncompared=(MADE, MADE))

    @pytest.mark.parametrize(
        ("rules", "findings"),
        [
            pytest.param([], [], id="not asked for"),
            pytest.param(["MCS205=note"], ["MCS205 note"], id="as a note"),
            pytest.param(["MCS205=error"], ["MCS205 error"], id="as an error"),
        ],
    )
    def test_fires_where_a_setting_names_it(self, rules: list[str], findings: list[str]) -> None:
        verdict = judge([self.GIVEN], severities=read_severities(rules))
        assert summaries_of(verdict) == findings

    def test_not_where_all_was_compared(self) -> None:
        given = case("email_send", ask("email_send"), self.MADE)
        assert summaries_of(judge([given], severities={"MCS205": "error"})) == []

    def test_each_user_is_told_once(self) -> None:
        bob = call(VALIDATE, "email_read", user="Bob")
        given = case("email_send", ask("email_send"), uncompared=(self.MADE, bob, self.MADE))
        assert texts_of(judge([given], severities={"MCS205": "note"}), "MCS205") == [
            (
                "userinfo not compared: POST /messaging/v1/email/messages/{messageKey} was called"
                ' for user "Ada" before v2/userinfo was read with a token of that user'
            ),
            (
                "userinfo not compared: POST /address/v1/validateEmail was called for user"
                ' "Bob" before v2/userinfo was read with a token of that user'
            ),
        ]

    def test_it_can_be_allowed(self) -> None:
        allowance = Allowance(rule="MCS205", reason="a batch")
        verdict = judge([self.GIVEN], (), [allowance], severities={"MCS205": "error"})
        assert (summaries_of(verdict), verdict.remarks) == (["MCS205 note"], ())

    def test_an_allowance_of_what_is_not_asked_for_allows_nothing(self) -> None:
        (remark,) = judge(
            [self.GIVEN], (), [Allowance(rule="MCS205", reason="a batch", origin="test_it.py:5")]
        ).remarks
        assert remark == 'mc_allow("MCS205") allowed nothing here (test_it.py:5): remove it'

    def test_the_text(self) -> None:
        lines = render(judge([self.GIVEN], severities={"MCS205": "error"})).splitlines()
        assert lines[0] == (
            "MCS205: MCSCOPES: the code under test acts for a user without asking what the user may"
            " do."
        )
        assert lines[-6:-1] == [
            "          It should have read:",
            "            GET /v2/userinfo",
            "            Authorization: Bearer <token>",
            (
                "  Read v2/userinfo with the user's token before the first call, and offer only"
                " what both its"
            ),
            "  appScopes and its permissions allow.",
        ]
