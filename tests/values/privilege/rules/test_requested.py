"""MCS101 to MCS104 and MCS106: the scopes that were requested, against those that were declared."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from facts import LEAST, NO_TOKEN, findings_of, scopes, summaries_of, texts_of, words
from rule_cases import INFERRED, TOLERANT, UNKNOWN, ask, call, case

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.privilege.observed import Dropped
from pytest_mcscopes.privilege.verdict import judge

if TYPE_CHECKING:
    from pytest_mcscopes.ledger.facts import TokenRequested
    from pytest_mcscopes.privilege.expectation import Expectation
    from pytest_mcscopes.privilege.findings import Severity
    from pytest_mcscopes.privilege.rules.case import Case


class TestScopeOmitted:
    """MCS101: no `scope`, and assigned less declared less flow scopes is not empty."""

    @pytest.mark.parametrize(
        ("given", "findings"),
        [
            pytest.param(
                case(scopes("email_read"), ask(None, assigned="email_read email_send")),
                ["MCS101 error email_send"],
                id="more is assigned than declared",
            ),
            pytest.param(
                case(scopes("email_read"), ask(None, assigned="email_read")), [], id="just as much"
            ),
            pytest.param(
                case(scopes("email_read"), ask(None, assigned="email_read offline openid")),
                [],
                id="only flow scopes more",
            ),
            pytest.param(
                case(
                    scopes("email_read"),
                    ask(None, assigned="email_read email_send", error="invalid_client"),
                ),
                ["MCS101 error email_send"],
                id="refused",
            ),
            pytest.param(
                case(scopes("email_read"), ask("email_read", assigned="email_read email_send")),
                [],
                id="named",
            ),
            pytest.param(case(scopes("email_read"), ask("")), [], id="asked for none"),
            pytest.param(
                case(scopes("email_read"), ask(None, grant_type="refresh_token")),
                [],
                id="refresh, where it means the same again",
            ),
            pytest.param(
                case(
                    scopes("email_read", "at_most"),
                    ask(None, assigned="email_read email_send"),
                ),
                ["MCS101 error email_send"],
                id="at_most",
            ),
            pytest.param(
                case(
                    scopes("email_read", "at_least"),
                    ask(None, assigned="email_read email_send"),
                ),
                ["MCS101 note email_send"],
                id="at_least, as a note",
            ),
            pytest.param(
                case(LEAST, ask(None, assigned="email_read email_send"), call("email_read")),
                ["MCS101 error email_send"],
                id="least privilege",
            ),
            pytest.param(
                case(LEAST, ask(None, assigned="email_read"), call("email_read")),
                [],
                id="least privilege, a narrow package",
            ),
            pytest.param(
                case(
                    LEAST,
                    ask(None, assigned="email_read email_write push_read"),
                    call(TOLERANT),
                    call(UNKNOWN),
                ),
                [],
                id="least privilege, the rest is open: MCS108",
            ),
            pytest.param(case(LEAST, ask(None)), [], id="least privilege without calls: MCS108"),
            pytest.param(case(NO_TOKEN, ask(None)), [], id="no token"),
        ],
    )
    def test_fires(self, given: Case, findings: list[str]) -> None:
        assert summaries_of(given, "MCS101") == findings

    @pytest.mark.parametrize(
        ("assigned", "excess"),
        [
            pytest.param("email_read email_send push_read", "email_send push_read", id="few"),
            pytest.param(
                "email_read email_send email_write push_read push_write",
                "4 scopes (Email, Push)",
                id="many of few families",
            ),
            pytest.param(
                "email_read journeys_read push_read sms_read web_read",
                "4 scopes (Journeys (Interactions), Push, SMS and 1 more family)",
                id="one family more",
            ),
            pytest.param(
                " ".join(load_catalogue().default_scopes),
                "84 scopes (Documents and Images, Saved Content, Automations and 31 more families;"
                " offline not counted)",
                id="everything: 86 less the declared one, less a scope of the flow itself",
            ),
        ],
    )
    def test_the_excess_is_a_count_and_the_families(self, assigned: str, excess: str) -> None:
        given = case(scopes("email_read"), ask(None, assigned=assigned))
        head = "scope omitted: the request asks for everything that is assigned, "
        assert texts_of(given, "MCS101") == [f"{head}{excess} more than declared"]

    def test_under_least_privilege_it_is_more_than_the_calls_need(self) -> None:
        given = case(LEAST, ask(None, assigned="email_read email_send"), call("email_read"))
        assert texts_of(given, "MCS101") == [
            (
                "scope omitted: the request asks for everything that is assigned, email_send more"
                " than the calls need"
            )
        ]


class TestExcessScope:
    """MCS102: requested by name less declared less flow scopes is not empty."""

    @pytest.mark.parametrize(
        ("given", "findings"),
        [
            pytest.param(
                case(scopes("email_send"), ask("email_read email_send")),
                ["MCS102 error email_read"],
                id="one too many",
            ),
            pytest.param(case(scopes("email_send"), ask("email_send")), [], id="just right"),
            pytest.param(case(scopes("email_send push_read"), ask("email_send")), [], id="fewer"),
            pytest.param(
                case(scopes("email_send"), ask("email_send"), ask("email_read")),
                ["MCS102 error email_read"],
                id="in one of two requests",
            ),
            pytest.param(
                case(scopes("email_send"), ask("email_read email_send", error="invalid_scope")),
                ["MCS102 error email_read"],
                id="refused",
            ),
            pytest.param(
                case(scopes("email_send"), ask("email_send,email_read", error="invalid_scope")),
                [],
                id="a comma makes one unknown word, near known ones: MCS104",
            ),
            pytest.param(
                case(scopes("email_send"), ask("nonsense email_send", error="invalid_scope")),
                ["MCS102 error nonsense"],
                id="an unknown word, near no known one",
            ),
            pytest.param(
                case(scopes("email_read"), ask("email_read email_write"), call(TOLERANT)),
                ["MCS102 error email_write"],
                id="tolerated, but the user wrote the list",
            ),
            pytest.param(
                case(scopes("email_read"), ask("email_read push_read"), call(UNKNOWN)),
                ["MCS102 error push_read"],
                id="explained, but the user wrote the list",
            ),
            pytest.param(
                case(scopes("email_send"), ask("email_send offline openid")),
                ["MCS102 error offline openid"],
                id="flow scopes in client_credentials",
            ),
            pytest.param(
                case(scopes("email_send offline"), ask("email_send offline")),
                [],
                id="a flow scope that is declared",
            ),
            pytest.param(
                case(
                    scopes("email_send"),
                    ask("email_send offline", grant_type="authorization_code"),
                ),
                [],
                id="a flow scope in another flow",
            ),
            pytest.param(
                case(scopes("email_send"), ask(None, assigned="email_send offline")),
                [],
                id="a flow scope that came with the package",
            ),
            pytest.param(
                case(scopes("email_send", "at_most"), ask("email_read")),
                ["MCS102 error email_read"],
                id="at_most",
            ),
            pytest.param(
                case(scopes("email_send email_read", "at_most"), ask("email_read")),
                [],
                id="at_most, a subset",
            ),
            pytest.param(
                case(scopes("email_send", "at_least"), ask("email_send email_read offline")),
                ["MCS102 note email_read offline"],
                id="at_least, as a note",
            ),
            pytest.param(
                case(LEAST, ask("email_read email_send"), call("email_send")),
                ["MCS102 error email_read"],
                id="least privilege",
            ),
            pytest.param(
                case(LEAST, ask("email_send"), call("email_send")),
                [],
                id="least privilege, just so",
            ),
            pytest.param(
                case(LEAST, ask("email_send"), call("-")),
                ["MCS102 error email_send"],
                id="least privilege, and the calls need nothing",
            ),
            pytest.param(
                case(LEAST, ask("email_write"), call("email_read | email_write")),
                [],
                id="least privilege, either of two that tie",
            ),
            pytest.param(
                case(LEAST, ask("email_read email_write"), call("email_read | email_write")),
                ["MCS102 error email_write"],
                id="least privilege, both of two that tie",
            ),
            pytest.param(
                case(
                    LEAST,
                    ask("email_read email_write"),
                    call("email_read | push_read"),
                    call("email_write | push_read"),
                ),
                ["MCS102 error email_read email_write"],
                id="least privilege, where one scope would do for both calls",
            ),
            pytest.param(
                case(LEAST, ask("email_read email_write push_read"), call(TOLERANT), call(UNKNOWN)),
                [],
                id="least privilege, tolerated or explained: MCS108",
            ),
            pytest.param(
                case(LEAST, ask("push_read email_read"), call(UNKNOWN)),
                ["MCS102 error email_read"],
                id="least privilege, explained by no call at all",
            ),
            pytest.param(
                case(LEAST, ask("email_read")), [], id="least privilege, no calls: MCS108"
            ),
            pytest.param(
                case(LEAST, ask("email_read offline")),
                ["MCS102 error offline"],
                id="least privilege, no calls, a flow scope",
            ),
            pytest.param(case(NO_TOKEN, ask("email_read offline")), [], id="no token"),
        ],
    )
    def test_fires(self, given: Case, findings: list[str]) -> None:
        assert summaries_of(given, "MCS102") == findings

    def test_its_text_names_the_scopes(self) -> None:
        given = case(scopes("email_send"), ask("push_read email_read email_send"))
        assert texts_of(given, "MCS102") == ["excess scope: email_read push_read"]

    def test_what_is_no_scope_is_not_shown_at_length(self) -> None:
        given = case(scopes("email_send"), ask("x" * 61, error="invalid_scope"))
        assert texts_of(given, "MCS102") == ["excess scope: <a word of 61 characters>"]


def refresh_in_vain(stands_for: str = "") -> TokenRequested:
    """A refused refresh without `scope`, whose token stands for these scopes, or is unknown."""
    refused = ask(None, grant_type="refresh_token", error="invalid_grant")
    return refused._replace(requested=words(stands_for), presented="kept")


class TestMissingScope:
    """MCS103: declared less requested is not empty."""

    @pytest.mark.parametrize(
        ("given", "findings"),
        [
            pytest.param(
                case(scopes("email_send email_read"), ask("email_send")),
                ["MCS103 error email_read"],
                id="one too few",
            ),
            pytest.param(
                case(scopes("email_send email_read"), ask("email_send"), ask("email_read")),
                [],
                id="over two requests",
            ),
            pytest.param(case(scopes("email_send"), ask(None)), [], id="omitted, so asked for"),
            pytest.param(
                case(scopes("email_send"), ask(None, assigned="email_read"), assigned="email_read"),
                ["MCS103 error email_send"],
                id="omitted, and not assigned",
            ),
            pytest.param(
                case(scopes("email_send"), ask("email_send", error="invalid_scope")),
                [],
                id="refused counts as requested",
            ),
            pytest.param(
                case(scopes("email_send"), refresh_in_vain()),
                [],
                id="of a token that is not known here",
            ),
            pytest.param(
                replace(
                    case(scopes("email_send"), refresh_in_vain()),
                    judged_in_set_up=words("email_send"),
                ),
                ["MCS103 error email_send"],
                id="of such a one, where a block in the set-up saw a token: no MCS105 fails it",
            ),
            pytest.param(
                case(scopes("email_send email_read"), refresh_in_vain("email_send")),
                ["MCS103 error email_read"],
                id="of a token that is known here",
            ),
            pytest.param(
                case(scopes("email_send email_read"), refresh_in_vain(), ask("email_send")),
                ["MCS103 error email_read"],
                id="of one that is not known, beside a log-in",
            ),
            pytest.param(
                case(scopes("email_send offline"), ask("email_send")),
                ["MCS103 error offline"],
                id="a declared flow scope is compared",
            ),
            pytest.param(
                case(scopes("email_send email_read", "at_least"), ask("email_send")),
                ["MCS103 error email_read"],
                id="at_least",
            ),
            pytest.param(
                case(scopes("email_send email_read", "at_most"), ask("email_send")),
                [],
                id="at_most",
            ),
            pytest.param(case(scopes("email_send")), [], id="no request at all: MCS105"),
            pytest.param(case(LEAST, ask(""), call("email_read", "")), [], id="least privilege"),
            pytest.param(case(NO_TOKEN, ask("")), [], id="no token"),
            pytest.param(
                case(scopes("email_read"), ask(""), call("email_read", "")),
                [],
                id="a call was denied for want of it: MCS201",
            ),
            pytest.param(
                case(scopes("email_read push_read"), ask(""), call("email_read", "")),
                ["MCS103 error push_read"],
                id="a call was denied for want of another",
            ),
            pytest.param(
                case(scopes("email_send"), ask(""), call(INFERRED, "")),
                ["MCS103 error email_send"],
                id="a call on a doubtful row lacked it",
            ),
        ],
    )
    def test_fires(self, given: Case, findings: list[str]) -> None:
        assert summaries_of(given, "MCS103") == findings

    def test_it_says_where_the_package_is_the_reason(self) -> None:
        given = case(
            scopes("email_send email_read push_read"),
            ask("email_send"),
            assigned="email_send push_read",
        )
        assert texts_of(given, "MCS103") == [
            'missing scope: email_read (not assigned to package "integration")',
            "missing scope: push_read",
        ]


class TestUnrecognisedScope:
    """MCS104: a requested id is not in the catalogue."""

    @pytest.mark.parametrize(
        ("scope", "texts"),
        [
            pytest.param("email_read", [], id="known"),
            pytest.param(
                "email_reed",
                ["did you mean email_read? unrecognised scope: email_reed"],
                id="a slip",
            ),
            pytest.param(
                "Email_Read",
                ["did you mean email_read? unrecognised scope: Email_Read"],
                id="case matters",
            ),
            pytest.param("nonsense", ["unrecognised scope: nonsense"], id="like none"),
            pytest.param(
                "email_read,Email_Sends",
                [
                    (
                        "did you mean email_read email_send? unrecognised scope:"
                        " email_read,Email_Sends; scopes are separated by spaces, not commas"
                    )
                ],
                id="a comma",
            ),
            pytest.param(
                "['email_read', 'email_send']",
                [
                    "did you mean email_send? unrecognised scope: 'email_send']",
                    (
                        "did you mean email_read? unrecognised scope: ['email_read',; scopes are"
                        " separated by spaces, not commas"
                    ),
                ],
                id="a list that was made a text",
            ),
            pytest.param(
                "nonsense,balderdash",
                [
                    (
                        "unrecognised scope: nonsense,balderdash; scopes are separated by spaces,"
                        " not commas"
                    )
                ],
                id="a comma between words like none",
            ),
            pytest.param(
                "x" * 61, ["unrecognised scope: <a word of 61 characters>"], id="too long to be one"
            ),
            pytest.param(
                "b_b a_a",
                ["unrecognised scope: a_a", "unrecognised scope: b_b"],
                id="two, one by one",
            ),
        ],
    )
    @pytest.mark.parametrize(
        "mark",
        [
            scopes("email_read"),
            scopes("email_read", "at_most"),
            scopes("email_read", "at_least"),
            LEAST,
        ],
        ids=lambda mark: f"{mark.kind} {mark.match}",
    )
    def test_fires(self, scope: str, texts: list[str], mark: Expectation) -> None:
        """As an error where a near id exists, but for at_least."""
        given = case(mark, ask(scope, error="invalid_scope"))
        assert texts_of(given, "MCS104") == texts
        for each in findings_of(given, "MCS104"):
            near = each.text.startswith("did you mean") and mark.match != "at_least"
            assert each.severity == ("error" if near else "note")

    def test_no_token_is_asked_of_such_a_test_at_all(self) -> None:
        assert (
            summaries_of(case(NO_TOKEN, ask("email_reed", error="invalid_scope")), "MCS104") == []
        )

    @pytest.mark.parametrize(
        ("mark", "setting", "severity"),
        [
            pytest.param(scopes("email_read"), "note", "note", id="made a note"),
            pytest.param(scopes("email_read"), "error", "error", id="an error anyway"),
            pytest.param(scopes("email_read", "at_least"), "error", "note", id="as the mark says"),
        ],
    )
    def test_a_setting_changes_what_no_mark_says(
        self, mark: Expectation, setting: Severity, severity: str
    ) -> None:
        given = case(mark, ask("email_reed", error="invalid_scope"))
        found = judge([given], severities={"MCS104": setting}).findings
        assert [each.severity for each in found if each.rule == "MCS104"] == [severity]

    def test_thousands_of_words_are_not_all_compared_with_the_ids(self) -> None:
        """What is beyond is reported all the same, and is MCS102."""
        sent = " ".join(f"email_rea{number:04}" for number in range(2000))
        given = case(scopes("email_read"), ask(sent, error="invalid_scope"))
        severities = [each.severity for each in findings_of(given, "MCS104")]
        assert severities == ["error"] * 100 + ["note"] * 1900
        assert [len(each.scopes) for each in findings_of(given, "MCS102")] == [1900]


class TestScopeDropped:
    """MCS106: a client that named scopes leaves them out later. Replaces MCS101 for it."""

    NAMED, OMITTED = ask("email_read"), ask(None, assigned="email_read email_send")

    @pytest.mark.parametrize(
        ("mark", "findings"),
        [
            pytest.param(scopes("email_read"), ["MCS106 error email_send"], id="exact"),
            pytest.param(
                scopes("email_read email_send", "at_most"),
                ["MCS106 error email_send"],
                id="at_most, although all of it is declared",
            ),
            pytest.param(
                scopes("email_read", "at_least"),
                ["MCS101 note email_send", "MCS106 note email_send"],
                id="at_least: a note replaces nothing",
            ),
            pytest.param(LEAST, ["MCS106 error email_send"], id="least privilege"),
            pytest.param(NO_TOKEN, [], id="no token"),
        ],
    )
    def test_fires(self, mark: Expectation, findings: list[str]) -> None:
        given = case(mark, self.NAMED, self.OMITTED, call("email_read"), dropped=True)
        assert summaries_of(given, "MCS101", "MCS106") == findings

    def test_its_text_tells_what_was_named_first(self) -> None:
        given = case(scopes("email_read"), self.NAMED, self.OMITTED, dropped=True)
        assert texts_of(given, "MCS106") == [
            (
                'scope dropped on renewal: the client asked for "email_read" first and left scope'
                " out later, which asks for email_send more"
            )
        ]

    def test_it_replaces_nothing_of_another_request(self) -> None:
        given = case(
            scopes("email_read"),
            self.NAMED,
            ask(None, assigned="email_read push_read"),
            self.OMITTED,
            dropped=True,
        )
        assert summaries_of(given, "MCS101", "MCS106") == [
            "MCS101 error push_read",
            "MCS106 error email_send",
        ]

    def test_it_fires_once_for_all(self) -> None:
        pair = Dropped(named=self.NAMED, omitted=self.OMITTED)
        given = case(scopes("email_read"), self.NAMED, self.OMITTED, dropped=(pair, pair))
        assert summaries_of(given, "MCS106") == ["MCS106 error email_send"]
