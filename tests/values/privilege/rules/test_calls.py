"""Every rule, with rows on which it fires and rows on which it does not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from facts import call_made, case, token_requested, words
from facts import requirements as need
from hypothesis import given
from hypothesis import strategies as st

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.catalogue.find_requirements import find_need
from pytest_mcscopes.ledger.facts import CallMade, ForeignUsed, TokenRequested
from pytest_mcscopes.privilege.expectation import Allowance, Expectation
from pytest_mcscopes.privilege.observed import Dropped, Login
from pytest_mcscopes.privilege.rules.foreign_tenant import foreign_tenant
from pytest_mcscopes.privilege.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_mcscopes.catalogue.call_requirements import CallRequirements
    from pytest_mcscopes.privilege.expectation import Match
    from pytest_mcscopes.privilege.findings import Finding, Severity
    from pytest_mcscopes.privilege.rules.case import Case

ASSIGNED = "email_read email_send email_write push_read push_write offline"
SEND = "POST /messaging/v1/email/messages/{messageKey}"


def ask(scope: str | None, *, assigned: str = ASSIGNED, **more: Any) -> TokenRequested:  # noqa: ANN401
    """A token request; granted unless an error is given."""
    everything = more.get("grant_type", "client_credentials") == "client_credentials"
    requested = words(scope if scope is not None else assigned if everything else "")
    if not more.get("error"):
        more["granted"] = requested & words(assigned)
    return token_requested(scope, words(assigned), requested=requested, **more)


def call(row: CallRequirements | str, granted: str | None = ASSIGNED) -> CallMade:
    """A call with a token of these scopes, or with no good token."""
    return call_made(need(row) if isinstance(row, str) else row, granted)


def scopes(declared: str, match: Match = "exact") -> Expectation:
    return Expectation(kind="scopes", declared=words(declared), match=match)


LEAST = Expectation(kind="least_privilege")
NO_TOKEN = Expectation(kind="no_token")
REFUSED = Expectation(kind="no_token", refused=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A case in few words."""

    mark: Expectation
    requests: tuple[TokenRequested, ...] = ()
    calls: tuple[CallMade, ...] = ()
    assigned: str = ASSIGNED
    dropped: bool = False
    """Whether the last request dropped the scopes of the first."""
    seen: dict[str, Any] | None = None
    others: tuple[str, ...] = ()

    def case(self) -> Case:
        return case(
            replace(self.mark, package=None),
            *self.requests,
            *self.calls,
            assigned=words(self.assigned),
            others=self.others,
            **{"dropped": self.dropped, **(self.seen or {})},
        )

    def findings(self, *rules: str) -> list[Finding]:
        return [each for each in judge([self.case()]).findings if each.rule in rules or not rules]

    def told(self, *rules: str) -> list[str]:
        """Give rule, severity and scopes of each finding."""
        return [
            " ".join([each.rule, each.severity, *sorted(each.scopes)])
            for each in self.findings(*rules)
        ]

    def texts(self, *rules: str) -> list[str]:
        return [each.text for each in self.findings(*rules)]


def row(
    mark: Expectation,
    *facts: TokenRequested | CallMade,
    assigned: str = ASSIGNED,
    dropped: bool = False,
    seen: dict[str, Any] | None = None,
    others: tuple[str, ...] = (),
) -> Row:
    return Row(
        mark=mark,
        requests=tuple(each for each in facts if isinstance(each, TokenRequested)),
        calls=tuple(each for each in facts if isinstance(each, CallMade)),
        assigned=assigned,
        dropped=dropped,
        seen=seen,
        others=others,
    )


INFERRED = need("email_send", doubt="inferred", label="POST /test/inferred")
UNKNOWN = need(None, doubt="scope unknown", explains="push_read push_write", label="GET /test/x")
UNMAPPED = need(
    None, doubt="not in the catalogue", explains="push_read", label="GET /nowhere", mapped=False
)
TOLERANT = need("email_read", tolerated="email_write", label="GET /test/tolerant")


class TestScopeOmitted:
    """MCS101: no `scope`, and assigned less declared less flow scopes is not empty."""

    @pytest.mark.parametrize(
        ("given", "told"),
        [
            pytest.param(
                row(scopes("email_read"), ask(None, assigned="email_read email_send")),
                ["MCS101 error email_send"],
                id="more is assigned than declared",
            ),
            pytest.param(
                row(scopes("email_read"), ask(None, assigned="email_read")), [], id="just as much"
            ),
            pytest.param(
                row(scopes("email_read"), ask(None, assigned="email_read offline openid")),
                [],
                id="only flow scopes more",
            ),
            pytest.param(
                row(
                    scopes("email_read"),
                    ask(None, assigned="email_read email_send", error="invalid_client"),
                ),
                ["MCS101 error email_send"],
                id="refused",
            ),
            pytest.param(
                row(scopes("email_read"), ask("email_read", assigned="email_read email_send")),
                [],
                id="named",
            ),
            pytest.param(row(scopes("email_read"), ask("")), [], id="asked for none"),
            pytest.param(
                row(scopes("email_read"), ask(None, grant_type="refresh_token")),
                [],
                id="refresh, where it means the same again",
            ),
            pytest.param(
                row(
                    scopes("email_read", "at_most"),
                    ask(None, assigned="email_read email_send"),
                ),
                ["MCS101 error email_send"],
                id="at_most",
            ),
            pytest.param(
                row(
                    scopes("email_read", "at_least"),
                    ask(None, assigned="email_read email_send"),
                ),
                ["MCS101 note email_send"],
                id="at_least, as a note",
            ),
            pytest.param(
                row(LEAST, ask(None, assigned="email_read email_send"), call("email_read")),
                ["MCS101 error email_send"],
                id="least privilege",
            ),
            pytest.param(
                row(LEAST, ask(None, assigned="email_read"), call("email_read")),
                [],
                id="least privilege, a narrow package",
            ),
            pytest.param(
                row(
                    LEAST,
                    ask(None, assigned="email_read email_write push_read"),
                    call(TOLERANT),
                    call(UNKNOWN),
                ),
                [],
                id="least privilege, the rest is open: MCS108",
            ),
            pytest.param(row(LEAST, ask(None)), [], id="least privilege without calls: MCS108"),
            pytest.param(row(NO_TOKEN, ask(None)), [], id="no token"),
        ],
    )
    def test_fires(self, given: Row, told: list[str]) -> None:
        assert given.told("MCS101") == told

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
        given = row(scopes("email_read"), ask(None, assigned=assigned))
        head = "scope omitted: the request asks for everything that is assigned, "
        assert given.texts("MCS101") == [f"{head}{excess} more than declared"]

    def test_under_least_privilege_it_is_more_than_the_calls_need(self) -> None:
        given = row(LEAST, ask(None, assigned="email_read email_send"), call("email_read"))
        assert given.texts("MCS101") == [
            (
                "scope omitted: the request asks for everything that is assigned, email_send more"
                " than the calls need"
            )
        ]


class TestExcessScope:
    """MCS102: requested by name less declared less flow scopes is not empty."""

    @pytest.mark.parametrize(
        ("given", "told"),
        [
            pytest.param(
                row(scopes("email_send"), ask("email_read email_send")),
                ["MCS102 error email_read"],
                id="one too many",
            ),
            pytest.param(row(scopes("email_send"), ask("email_send")), [], id="just right"),
            pytest.param(row(scopes("email_send push_read"), ask("email_send")), [], id="fewer"),
            pytest.param(
                row(scopes("email_send"), ask("email_send"), ask("email_read")),
                ["MCS102 error email_read"],
                id="in one of two requests",
            ),
            pytest.param(
                row(scopes("email_send"), ask("email_read email_send", error="invalid_scope")),
                ["MCS102 error email_read"],
                id="refused",
            ),
            pytest.param(
                row(scopes("email_send"), ask("email_send,email_read", error="invalid_scope")),
                [],
                id="a comma makes one unknown word, near known ones: MCS104",
            ),
            pytest.param(
                row(scopes("email_send"), ask("nonsense email_send", error="invalid_scope")),
                ["MCS102 error nonsense"],
                id="an unknown word, near no known one",
            ),
            pytest.param(
                row(scopes("email_read"), ask("email_read email_write"), call(TOLERANT)),
                ["MCS102 error email_write"],
                id="tolerated, but the user wrote the list",
            ),
            pytest.param(
                row(scopes("email_read"), ask("email_read push_read"), call(UNKNOWN)),
                ["MCS102 error push_read"],
                id="explained, but the user wrote the list",
            ),
            pytest.param(
                row(scopes("email_send"), ask("email_send offline openid")),
                ["MCS102 error offline openid"],
                id="flow scopes in client_credentials",
            ),
            pytest.param(
                row(scopes("email_send offline"), ask("email_send offline")),
                [],
                id="a flow scope that is declared",
            ),
            pytest.param(
                row(
                    scopes("email_send"),
                    ask("email_send offline", grant_type="authorization_code"),
                ),
                [],
                id="a flow scope in another flow",
            ),
            pytest.param(
                row(scopes("email_send"), ask(None, assigned="email_send offline")),
                [],
                id="a flow scope that came with the package",
            ),
            pytest.param(
                row(scopes("email_send", "at_most"), ask("email_read")),
                ["MCS102 error email_read"],
                id="at_most",
            ),
            pytest.param(
                row(scopes("email_send email_read", "at_most"), ask("email_read")),
                [],
                id="at_most, a subset",
            ),
            pytest.param(
                row(scopes("email_send", "at_least"), ask("email_send email_read offline")),
                ["MCS102 note email_read offline"],
                id="at_least, as a note",
            ),
            pytest.param(
                row(LEAST, ask("email_read email_send"), call("email_send")),
                ["MCS102 error email_read"],
                id="least privilege",
            ),
            pytest.param(
                row(LEAST, ask("email_send"), call("email_send")), [], id="least privilege, just so"
            ),
            pytest.param(
                row(LEAST, ask("email_send"), call("-")),
                ["MCS102 error email_send"],
                id="least privilege, and the calls need nothing",
            ),
            pytest.param(
                row(LEAST, ask("email_write"), call("email_read | email_write")),
                [],
                id="least privilege, either of two that tie",
            ),
            pytest.param(
                row(LEAST, ask("email_read email_write"), call("email_read | email_write")),
                ["MCS102 error email_write"],
                id="least privilege, both of two that tie",
            ),
            pytest.param(
                row(
                    LEAST,
                    ask("email_read email_write"),
                    call("email_read | push_read"),
                    call("email_write | push_read"),
                ),
                ["MCS102 error email_read email_write"],
                id="least privilege, where one scope would do for both calls",
            ),
            pytest.param(
                row(LEAST, ask("email_read email_write push_read"), call(TOLERANT), call(UNKNOWN)),
                [],
                id="least privilege, tolerated or explained: MCS108",
            ),
            pytest.param(
                row(LEAST, ask("push_read email_read"), call(UNKNOWN)),
                ["MCS102 error email_read"],
                id="least privilege, explained by no call at all",
            ),
            pytest.param(row(LEAST, ask("email_read")), [], id="least privilege, no calls: MCS108"),
            pytest.param(
                row(LEAST, ask("email_read offline")),
                ["MCS102 error offline"],
                id="least privilege, no calls, a flow scope",
            ),
            pytest.param(row(NO_TOKEN, ask("email_read offline")), [], id="no token"),
        ],
    )
    def test_fires(self, given: Row, told: list[str]) -> None:
        assert given.told("MCS102") == told

    def test_its_text_names_the_scopes(self) -> None:
        given = row(scopes("email_send"), ask("push_read email_read email_send"))
        assert given.texts("MCS102") == ["excess scope: email_read push_read"]

    def test_what_is_no_scope_is_not_shown_at_length(self) -> None:
        given = row(scopes("email_send"), ask("x" * 61, error="invalid_scope"))
        assert given.texts("MCS102") == ["excess scope: <a word of 61 characters>"]


class TestMissingScope:
    """MCS103: declared less requested is not empty."""

    @pytest.mark.parametrize(
        ("given", "told"),
        [
            pytest.param(
                row(scopes("email_send email_read"), ask("email_send")),
                ["MCS103 error email_read"],
                id="one too few",
            ),
            pytest.param(
                row(scopes("email_send email_read"), ask("email_send"), ask("email_read")),
                [],
                id="over two requests",
            ),
            pytest.param(row(scopes("email_send"), ask(None)), [], id="omitted, so asked for"),
            pytest.param(
                row(scopes("email_send"), ask(None, assigned="email_read"), assigned="email_read"),
                ["MCS103 error email_send"],
                id="omitted, and not assigned",
            ),
            pytest.param(
                row(scopes("email_send"), ask("email_send", error="invalid_scope")),
                [],
                id="refused counts as requested",
            ),
            pytest.param(
                row(scopes("email_send offline"), ask("email_send")),
                ["MCS103 error offline"],
                id="a declared flow scope is compared",
            ),
            pytest.param(
                row(scopes("email_send email_read", "at_least"), ask("email_send")),
                ["MCS103 error email_read"],
                id="at_least",
            ),
            pytest.param(
                row(scopes("email_send email_read", "at_most"), ask("email_send")), [], id="at_most"
            ),
            pytest.param(row(scopes("email_send")), [], id="no request at all: MCS105"),
            pytest.param(row(LEAST, ask(""), call("email_read", "")), [], id="least privilege"),
            pytest.param(row(NO_TOKEN, ask("")), [], id="no token"),
            pytest.param(
                row(scopes("email_read"), ask(""), call("email_read", "")),
                [],
                id="a call was denied for want of it: MCS201",
            ),
            pytest.param(
                row(scopes("email_read push_read"), ask(""), call("email_read", "")),
                ["MCS103 error push_read"],
                id="a call was denied for want of another",
            ),
            pytest.param(
                row(scopes("email_send"), ask(""), call(INFERRED, "")),
                ["MCS103 error email_send"],
                id="a call on a doubtful row lacked it",
            ),
        ],
    )
    def test_fires(self, given: Row, told: list[str]) -> None:
        assert given.told("MCS103") == told

    def test_it_says_where_the_package_is_the_reason(self) -> None:
        given = row(
            scopes("email_send email_read push_read"),
            ask("email_send"),
            assigned="email_send push_read",
        )
        assert given.texts("MCS103") == [
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
        given = row(mark, ask(scope, error="invalid_scope"))
        assert given.texts("MCS104") == texts
        for each in given.findings("MCS104"):
            near = each.text.startswith("did you mean") and mark.match != "at_least"
            assert each.severity == ("error" if near else "note")

    def test_no_token_is_asked_of_such_a_test_at_all(self) -> None:
        assert row(NO_TOKEN, ask("email_reed", error="invalid_scope")).told("MCS104") == []

    @pytest.mark.parametrize(
        ("mark", "setting", "told"),
        [
            pytest.param(scopes("email_read"), "note", "note", id="made a note"),
            pytest.param(scopes("email_read"), "error", "error", id="an error anyway"),
            pytest.param(scopes("email_read", "at_least"), "error", "note", id="as the mark says"),
        ],
    )
    def test_a_setting_changes_what_no_mark_says(
        self, mark: Expectation, setting: Severity, told: str
    ) -> None:
        case = row(mark, ask("email_reed", error="invalid_scope")).case()
        found = judge([case], severities={"MCS104": setting}).findings
        assert [each.severity for each in found if each.rule == "MCS104"] == [told]

    def test_thousands_of_words_are_not_all_compared_with_the_ids(self) -> None:
        """What is beyond is told all the same, and is MCS102."""
        sent = " ".join(f"email_rea{number:04}" for number in range(2000))
        given = row(scopes("email_read"), ask(sent, error="invalid_scope"))
        severities = [each.severity for each in given.findings("MCS104")]
        assert severities == ["error"] * 100 + ["note"] * 1900
        assert [len(each.scopes) for each in given.findings("MCS102")] == [1900]


class TestUnreadableRequest:
    """MCS110: a judged token request whose body cannot be read."""

    BROKEN = replace(
        ask("", error="invalid_request"),
        grant_type=None,
        scope=None,
        unreadable="the body is not valid JSON",
    )

    @pytest.mark.parametrize(
        ("given", "told"),
        [
            pytest.param(
                row(scopes("email_read"), BROKEN, ask("email_read")),
                ["MCS110 error"],
                id="beside one that can be read",
            ),
            pytest.param(
                row(scopes("email_read"), BROKEN, BROKEN),
                ["MCS105 error", "MCS110 error"],
                id="alone: what is missing cannot be known",
            ),
            pytest.param(
                row(scopes("email_read", "at_most"), BROKEN, ask("email_read")),
                ["MCS110 error"],
                id="at_most",
            ),
            pytest.param(
                row(scopes("email_read", "at_least"), BROKEN, ask("email_read")),
                ["MCS110 error"],
                id="at_least",
            ),
            pytest.param(
                row(LEAST, BROKEN, ask("email_read"), call("email_read")),
                ["MCS110 error"],
                id="least privilege",
            ),
            pytest.param(row(NO_TOKEN, BROKEN), ["MCS109 error"], id="no token: MCS109"),
            pytest.param(row(scopes("email_read"), ask("email_read")), [], id="none"),
        ],
    )
    def test_fires(self, given: Row, told: list[str]) -> None:
        assert given.told() == told

    def test_its_text_says_why(self) -> None:
        given = row(scopes("email_read"), self.BROKEN, ask("email_read"))
        assert given.texts("MCS110") == ["unreadable token request: the body is not valid JSON"]

    def test_under_mc_no_token_the_text_says_so_too(self) -> None:
        assert row(NO_TOKEN, self.BROKEN).texts() == [
            "unexpected token request: a body that cannot be read"
        ]


class TestNoTokenGranted:
    """MCS105: no judged request was granted."""

    @pytest.mark.parametrize(
        ("given", "text"),
        [
            pytest.param(row(scopes("email_read")), "no token request arrived", id="none arrived"),
            pytest.param(
                row(scopes("email_read"), others=("api.test", "other.test")),
                "no token request arrived; httpx was seen to call api.test, other.test",
                id="none arrived, other hosts were called",
            ),
            pytest.param(
                row(
                    scopes("email_read"),
                    ask("x_read", error="invalid_scope", reason="x_read is unknown"),
                    ask("x_read", error="invalid_scope", reason="x_read is unknown"),
                    ask("email_read", error="50200"),
                ),
                "every token request was refused (400 invalid_scope: x_read is unknown; 400 50200)",
                id="all refused",
            ),
            pytest.param(
                row(
                    scopes("email_read"),
                    replace(
                        ask("email_read", error="timeout", reason='fail_next("token", "timeout")'),
                        status=0,
                    ),
                    ask("email_read", error="50200"),
                ),
                'every token request failed (no answer: timeout, fail_next("token", "timeout");'
                " 400 50200)",
                id="not answered",
            ),
            pytest.param(
                row(
                    scopes("email_read"),
                    seen={"own_tokens": frozenset({"issue_token", "arrange"}), "unpresented": "a"},
                ),
                "the only tokens were the test's own, from arrange() and issue_token(); the code"
                " under test asked for none",
                id="only the test's own tokens",
            ),
            pytest.param(
                row(
                    scopes("email_read"),
                    seen={"unpresented": "tests/test_a.py::test_a"},
                    others=("x.test",),
                ),
                "the code was granted a token earlier (tests/test_a.py::test_a) and presented none"
                " in this test",
                id="a fixture's token, never presented",
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
    def test_fires_with_the_reason(self, given: Row, text: str, mark: Expectation) -> None:
        given = replace(given, mark=mark)
        assert given.texts("MCS105") == [f"no token granted: {text}"]
        assert given.told("MCS105") == ["MCS105 error"]

    @pytest.mark.parametrize(
        "given",
        [
            pytest.param(row(scopes("email_read"), ask("email_read")), id="granted"),
            pytest.param(
                row(scopes("email_read"), ask("email_read", error="50200"), ask("email_read")),
                id="granted at the second attempt",
            ),
            pytest.param(row(LEAST, ask("")), id="granted without any scope"),
            pytest.param(row(NO_TOKEN), id="no token is expected"),
            pytest.param(row(NO_TOKEN, ask("", error="x")), id="no token is expected, refused"),
        ],
    )
    def test_does_not_fire(self, given: Row) -> None:
        assert given.told("MCS105") == []


class TestScopeDropped:
    """MCS106: a client that named scopes leaves them out later. Replaces MCS101 for it."""

    NAMED, OMITTED = ask("email_read"), ask(None, assigned="email_read email_send")

    @pytest.mark.parametrize(
        ("mark", "told"),
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
    def test_fires(self, mark: Expectation, told: list[str]) -> None:
        given = row(mark, self.NAMED, self.OMITTED, call("email_read"), dropped=True)
        assert given.told("MCS101", "MCS106") == told

    def test_its_text_tells_what_was_named_first(self) -> None:
        given = row(scopes("email_read"), self.NAMED, self.OMITTED, dropped=True)
        assert given.texts("MCS106") == [
            (
                'scope dropped on renewal: the client asked for "email_read" first and left scope'
                " out later, which asks for email_send more"
            )
        ]

    def test_it_replaces_nothing_of_another_request(self) -> None:
        given = row(
            scopes("email_read"),
            self.NAMED,
            ask(None, assigned="email_read push_read"),
            self.OMITTED,
            dropped=True,
        )
        assert given.told("MCS101", "MCS106") == [
            "MCS101 error push_read",
            "MCS106 error email_send",
        ]

    def test_it_fires_once_for_all(self) -> None:
        pair = Dropped(named=self.NAMED, omitted=self.OMITTED)
        given = row(scopes("email_read"), self.NAMED, self.OMITTED, seen={"dropped": (pair, pair)})
        assert given.told("MCS106") == ["MCS106 error email_send"]


def test_a_foreign_tenant_is_named_with_who_built_it() -> None:
    """MCS107."""
    used = [
        ForeignUsed(what="host", name="x.rest.marketingcloudapis.com", built_by="tests/a.py::b"),
        ForeignUsed(what="token", name="fingerprint", built_by="fixture c for tests/a.py::d"),
        ForeignUsed(what="client", name="fingerprint", built_by="tests/a.py::b"),
        ForeignUsed(what="host", name="y.auth.exacttargetapis.com", built_by=None),
    ]
    found = list(foreign_tenant(used))
    assert {(each.rule, each.severity) for each in found} == {("MCS107", "error")}
    assert [each.text for each in found] == [
        (
            "foreign tenant: the code used host x.rest.marketingcloudapis.com, but it belongs to"
            " the tenant of tests/a.py::b"
        ),
        (
            "foreign tenant: the code used a token, but it belongs to the tenant of fixture c for"
            " tests/a.py::d"
        ),
        "foreign tenant: the code used a client, but it belongs to the tenant of tests/a.py::b",
        (
            "foreign tenant: the code used host y.auth.exacttargetapis.com, but no tenant of this"
            " test session has it"
        ),
    ]


class TestUndetermined:
    """MCS108: an error under least privilege, a note beside a list."""

    @pytest.mark.parametrize(
        ("given", "told"),
        [
            pytest.param(
                row(LEAST, ask("email_send"), call(INFERRED)),
                ["MCS108 error email_send"],
                id="nothing trusted to judge by",
            ),
            pytest.param(
                row(LEAST, ask("email_send push_read"), call(INFERRED), call(UNKNOWN)),
                ["MCS108 error email_send", "MCS108 error push_read"],
                id="nothing trusted, two doubtful rows",
            ),
            pytest.param(
                row(LEAST, ask(""), call(UNMAPPED, "")),
                ["MCS108 error"],
                id="nothing trusted, even where no scope was requested",
            ),
            pytest.param(row(LEAST, ask("email_send")), ["MCS108 error"], id="no call"),
            pytest.param(
                row(LEAST, ask(""), call("email_read", "")),
                ["MCS108 error"],
                id="no call was allowed",
            ),
            pytest.param(
                row(LEAST, ask("email_read"), call("email_read", None)),
                ["MCS108 error"],
                id="only a 401",
            ),
            pytest.param(
                row(LEAST, ask("email_read", error="invalid_scope")), [], id="refused: MCS105"
            ),
            pytest.param(row(LEAST, ask(""), call("-")), [], id="a trusted row that needs nothing"),
            pytest.param(
                row(LEAST, ask("email_read"), call("email_read"), call(UNKNOWN)),
                [],
                id="a doubtful call that explains nothing requested",
            ),
            pytest.param(
                row(LEAST, ask("email_read push_read"), call("email_read"), call(UNKNOWN)),
                ["MCS108 error push_read"],
                id="requested, explained only by a doubtful call",
            ),
            pytest.param(
                row(LEAST, ask("push_read"), call("push_read"), call(UNKNOWN)),
                [],
                id="explained by a doubtful call and needed by a trusted one",
            ),
            pytest.param(
                row(LEAST, ask("email_read email_write"), call(TOLERANT)),
                ["MCS108 error email_write"],
                id="requested, only tolerated",
            ),
            pytest.param(
                row(LEAST, ask("email_read email_write"), call(TOLERANT, None), call("email_read")),
                [],
                id="tolerated by a call that was not allowed: MCS102",
            ),
            pytest.param(
                row(
                    LEAST,
                    ask("email_read push_read push_write"),
                    call("email_read"),
                    call(UNKNOWN),
                    call(UNMAPPED),
                ),
                ["MCS108 error push_read push_write"],
                id="one finding for each call, the first that explains",
            ),
            pytest.param(
                row(scopes("email_send"), ask("email_send"), call(INFERRED)),
                ["MCS108 note email_send"],
                id="a list, doubtful",
            ),
            pytest.param(
                row(
                    scopes("email_read email_write"), ask("email_read email_write"), call(TOLERANT)
                ),
                ["MCS108 note email_write"],
                id="a list, tolerated",
            ),
            pytest.param(
                row(scopes("email_send"), ask("email_send"), call(INFERRED), call("email_send")),
                [],
                id="a list, needed for sure",
            ),
            pytest.param(
                row(scopes("email_send"), ask("email_read"), call(INFERRED)),
                [],
                id="a list, declared and not requested",
            ),
            pytest.param(
                row(scopes("email_read"), ask("email_read email_send"), call(INFERRED)),
                [],
                id="a list, requested and not declared: MCS102",
            ),
            pytest.param(
                row(scopes("email_send", "at_most"), ask("email_send"), call(INFERRED)),
                ["MCS108 note email_send"],
                id="at_most",
            ),
            pytest.param(
                row(
                    scopes("offline"),
                    ask("offline"),
                    call(need("offline", doubt="inferred"), "offline"),
                ),
                [],
                id="a flow scope",
            ),
            pytest.param(row(NO_TOKEN, ask("email_send"), call(INFERRED)), [], id="no token"),
        ],
    )
    def test_fires(self, given: Row, told: list[str]) -> None:
        assert given.told("MCS108") == told

    @pytest.mark.parametrize(
        ("given", "text", "settled_by"),
        [
            pytest.param(
                row(LEAST, ask("email_send"), call(INFERRED)),
                "the minimum of the calls is shown by no trusted catalogue entry: POST"
                " /test/inferred"
                " (doubtful: inferred)",
                ('method = "POST"', 'path = "/test/inferred"', 'all_of = ["email_send"]'),
                id="nothing trusted",
            ),
            pytest.param(
                row(LEAST, ask("email_read")),
                "the minimum of the calls is not shown, as no call was allowed",
                (),
                id="no call",
            ),
            pytest.param(
                row(LEAST, ask("email_read email_write"), call(TOLERANT)),
                "whether email_write is needed: GET /test/tolerant (documented) may need it, though"
                " its catalogue entry does not list it",
                (
                    'method = "GET"',
                    'path = "/test/tolerant"',
                    'all_of = ["email_read"]',
                ),
                id="tolerated",
            ),
            pytest.param(
                row(
                    scopes("email_send"),
                    ask("email_send"),
                    call(replace(INFERRED, label='GET /test/q?$name="x"')),
                ),
                'whether email_send is needed: GET /test/q?$name="x" (doubtful: inferred)',
                (
                    'method = "GET"',
                    'path = "/test/q"',
                    'query = "$name=\\"x\\""',
                    'all_of = ["email_send"]',
                ),
                id="a row with a query",
            ),
            pytest.param(
                row(
                    LEAST,
                    ask(None, assigned=" ".join(load_catalogue().default_scopes)),
                    call("-"),
                    call(
                        find_need(load_catalogue(), "GET", "/nowhere", "", "rest", "attested"),
                        " ".join(load_catalogue().default_scopes),
                    ),
                ),
                "whether 85 scopes (Documents and Images, Saved Content, Automations and 31 more"
                " families) is needed: GET /nowhere (doubtful: not in the catalogue)",
                (),
                id="everything was asked for and anything may have been needed",
            ),
        ],
    )
    def test_it_tells_the_row_and_the_fact_that_would_settle_it(
        self, given: Row, text: str, settled_by: tuple[str, ...]
    ) -> None:
        [finding] = given.findings("MCS108")
        assert finding.text == f"undetermined: {text}"
        heading = ("# mcscopes.toml", "[[route]]") if settled_by else ()
        assert finding.settled_by == (*heading, *settled_by)


class TestUnexpectedRequest:
    """MCS109: a judged token request under mc_no_token; nothing else is asked of such a test."""

    @pytest.mark.parametrize(
        ("given", "told"),
        [
            pytest.param(row(NO_TOKEN), [], id="none"),
            pytest.param(row(NO_TOKEN, call("-")), [], id="a token of the test's own"),
            pytest.param(
                row(NO_TOKEN, ask("email_read")), ["MCS109 error email_read"], id="granted"
            ),
            pytest.param(row(NO_TOKEN, ask("", error="x")), ["MCS109 error"], id="refused"),
            pytest.param(
                row(
                    NO_TOKEN,
                    ask("email_read"),
                    ask(None, assigned="email_read email_send"),
                    call("email_read"),
                    call(INFERRED),
                    dropped=True,
                ),
                ["MCS109 error email_read email_send"],
                id="alone, whatever else there is",
            ),
            pytest.param(row(scopes("email_read"), ask("email_read")), [], id="expected"),
            pytest.param(
                row(NO_TOKEN, others=("api.test", "mc1.auth.marketingcloudapis.com")),
                ["MCS109 error"],
                id="of a mock of the test's own",
            ),
            pytest.param(row(NO_TOKEN, others=("api.test",)), [], id="other hosts"),
        ],
    )
    def test_fires(self, given: Row, told: list[str]) -> None:
        assert given.told() == told

    def test_its_text_tells_what_was_asked_for_as_sent(self) -> None:
        given = row(NO_TOKEN, ask("email_send email_read"), ask(None), ask(""), ask(None))
        assert given.texts("MCS109") == [
            'unexpected token request: scope="email_send email_read", no scope parameter, scope=""'
        ]


LOG_IN = replace(
    ask("email_send", grant_type="authorize"), granted=None, also_issued=("a code",), status=302
)
EXCHANGED = replace(
    ask(None, grant_type="authorization_code", error="invalid_grant"), presented="a code"
)
AUTH_HOST = "mc1.auth.marketingcloudapis.com"


class TestExpectedRefusal:
    """Under mc_no_token(refused=True) the code must ask, and every request must be refused."""

    @pytest.mark.parametrize(
        ("given", "told"),
        [
            pytest.param(row(REFUSED, ask("email_send", error="x")), [], id="refused"),
            pytest.param(row(REFUSED, ask("email_snd", error="x")), [], id="no such scope"),
            pytest.param(
                row(REFUSED, ask(None, error="x"), ask(None, error="y"), dropped=True),
                [],
                id="whatever was asked for",
            ),
            pytest.param(
                row(REFUSED, replace(LOG_IN, also_issued=(), error="access_denied")),
                [],
                id="a log-in that the user denied",
            ),
            pytest.param(row(REFUSED, LOG_IN, EXCHANGED), [], id="a code that was refused"),
            pytest.param(row(REFUSED), ["MCS105 error"], id="nothing asked for"),
            pytest.param(
                row(REFUSED, call("-")), ["MCS105 error"], id="only a token of the test's own"
            ),
            pytest.param(
                row(REFUSED, others=(AUTH_HOST,)), ["MCS105 error"], id="another tool answered"
            ),
            pytest.param(
                row(REFUSED, ask("email_send", error="x"), others=(AUTH_HOST,)),
                ["MCS109 error"],
                id="another tool answered one more",
            ),
            pytest.param(
                row(REFUSED, ask("email_send")), ["MCS109 error email_send"], id="granted"
            ),
            pytest.param(
                row(REFUSED, ask("push_read", error="x"), ask("email_send")),
                ["MCS109 error email_send"],
                id="one of two granted",
            ),
            pytest.param(
                row(REFUSED, LOG_IN), ["MCS109 error email_send"], id="a code that is left"
            ),
            pytest.param(
                row(REFUSED, LOG_IN, replace(ask("email_read"), presented="a code")),
                ["MCS109 error email_read"],
                id="a code that was exchanged",
            ),
            pytest.param(
                row(REFUSED, replace(ask("email_send", error="reset"), status=0)),
                [],
                id="not answered, as the test ordered",
            ),
            pytest.param(
                row(REFUSED, replace(ask("", error="x"), unreadable="the body is no JSON")),
                ["MCS109 error"],
                id="refused, and not to be read",
            ),
            pytest.param(
                row(REFUSED, replace(ask("email_send", error="broken"), status=200)),
                ["MCS109 error email_send"],
                id="answered without a token, as if all were well",
            ),
            pytest.param(
                row(REFUSED, ask("push_read", error="x"), call("email_send", "push_read")),
                ["MCS201 error email_send"],
                id="a denied call",
            ),
        ],
    )
    def test_fires(self, given: Row, told: list[str]) -> None:
        assert given.told() == told

    def test_nothing_asked_for_cannot_be_allowed(self) -> None:
        """A test of a refusal that never asks would pass, and prove nothing."""
        allowed = [Allowance(rule=rule, reason="x") for rule in ("MCS105", "MCS109")]
        (found,) = judge([row(REFUSED).case()], (), allowed).errors
        assert found.text == (
            "no token request to refuse, and the mark says that each one is refused: no token"
            " request arrived"
        )

    def test_texts(self) -> None:
        garbled = replace(ask("", error="x"), unreadable="the body is no JSON")
        given = row(REFUSED, ask("email_send"), garbled, LOG_IN, ask("email_read", error="x"))
        rest = ", and the mark says that each one is refused: "
        assert given.texts("MCS109") == [
            f'a token request was granted{rest}scope="email_send"',
            f"a token request has a body that cannot be read{rest}a body that cannot be read",
            f'a token request got a code that was never exchanged{rest}scope="email_send"',
        ]


class TestDeniedCall:
    """MCS201: needed is not within granted, by the row."""

    @pytest.mark.parametrize(
        ("given", "told"),
        [
            pytest.param(
                row(scopes("email_read"), call("email_send", "email_read")),
                ["MCS201 error email_send"],
                id="a trusted row",
            ),
            pytest.param(
                row(scopes("email_read"), call(INFERRED, "email_read")),
                ["MCS201 note email_send"],
                id="a doubtful row",
            ),
            pytest.param(row(scopes("email_read"), call("email_read")), [], id="allowed"),
            pytest.param(
                row(scopes("email_read"), call("email_send", None)), [], id="a 401: no good token"
            ),
            pytest.param(row(scopes("email_read"), call(UNMAPPED, "")), [], id="an unmapped route"),
            pytest.param(
                row(scopes("email_read"), call("email_send push_read", "email_send")),
                ["MCS201 error push_read"],
                id="names what is lacking only",
            ),
            pytest.param(
                row(scopes("email_read"), call("email_send | push_read", "")),
                ["MCS201 error email_send push_read"],
                id="either would do",
            ),
            pytest.param(
                row(
                    scopes("email_read"),
                    call("email_send", ""),
                    call("email_send", ""),
                    call("email_send", "email_read"),
                ),
                ["MCS201 error email_send"] * 2,
                id="once for each row and token's scopes",
            ),
            pytest.param(
                row(LEAST, call("email_send", "")), ["MCS201 error email_send"], id="least"
            ),
            pytest.param(
                row(NO_TOKEN, call("email_send", "")), ["MCS201 error email_send"], id="no token"
            ),
        ],
    )
    def test_fires(self, given: Row, told: list[str]) -> None:
        assert given.told("MCS201") == told

    @pytest.mark.parametrize(
        ("made", "text"),
        [
            pytest.param(
                call("email_send push_read", "email_read"),
                "GET /test/email_send push_read (documented) needs email_send push_read; the token"
                " has email_read",
                id="all of",
            ),
            pytest.param(
                call("email_send | push_read", ""),
                "GET /test/email_send | push_read (documented) needs email_send or push_read; the"
                " token has no scope",
                id="any of",
            ),
            pytest.param(
                call(INFERRED, ""),
                "POST /test/inferred (doubtful: inferred) needs email_send; the token has no scope",
                id="doubtful",
            ),
        ],
    )
    def test_its_text(self, made: CallMade, text: str) -> None:
        assert row(scopes("email_read"), made).texts("MCS201") == [f"denied call: {text}"]


class TestUnusedScope:
    """MCS202: the allowed calls would do without a declared and requested scope."""

    BOTH = (scopes("email_read email_send"), ask("email_read email_send"))

    @pytest.mark.parametrize(
        ("given", "told"),
        [
            pytest.param(
                row(*BOTH, call("email_read")), ["MCS202 error email_send"], id="one is not used"
            ),
            pytest.param(
                row(*BOTH, call("email_read"), call("email_send")), [], id="both are used"
            ),
            pytest.param(row(*BOTH), [], id="no calls"),
            pytest.param(row(*BOTH, call("-")), [], id="no call needs a scope"),
            pytest.param(row(*BOTH, call("email_read", "")), [], id="no call was allowed"),
            pytest.param(row(*BOTH, call("email_read", None)), [], id="only a 401"),
            pytest.param(row(*BOTH, call(UNMAPPED)), [], id="only an unmapped call"),
            pytest.param(
                row(*BOTH, call("email_read"), call("email_send", None)),
                ["MCS202 error email_send"],
                id="a 401 uses nothing",
            ),
            pytest.param(row(*BOTH, call("email_read email_send")), [], id="a row that needs both"),
            pytest.param(
                row(*BOTH, call("email_read | email_send")),
                ["MCS202 error email_read email_send"],
                id="a row for which either will do",
            ),
            pytest.param(
                row(*BOTH, call("email_read | email_send"), call("email_send")),
                ["MCS202 error email_read"],
                id="either will do, and one is needed",
            ),
            pytest.param(
                row(*BOTH, call("email_read"), call(INFERRED)), [], id="a doubtful call explains it"
            ),
            pytest.param(
                row(*BOTH, call("email_read"), call(INFERRED, "email_read")),
                [],
                id="a doubtful call that was let through explains it",
            ),
            pytest.param(
                row(*BOTH, call("email_read"), call(INFERRED, None)),
                ["MCS202 error email_send"],
                id="a doubtful call with a 401 explains nothing",
            ),
            pytest.param(
                row(*BOTH, call(INFERRED)),
                ["MCS202 error email_read"],
                id="only a doubtful call, which does not explain it",
            ),
            pytest.param(
                row(
                    scopes("email_read email_write"), ask("email_read email_write"), call(TOLERANT)
                ),
                [],
                id="a trusted row tolerates it",
            ),
            pytest.param(
                row(
                    scopes("email_read email_write"),
                    ask("email_read email_write"),
                    call("email_read"),
                    call(TOLERANT, ""),
                ),
                ["MCS202 error email_write"],
                id="a denied call tolerates nothing",
            ),
            pytest.param(
                row(scopes("email_read email_send"), ask("email_read"), call("email_read")),
                [],
                id="not requested: MCS103",
            ),
            pytest.param(
                row(scopes("email_read"), ask("email_read email_send"), call("email_read")),
                [],
                id="not declared: MCS102",
            ),
            pytest.param(
                row(scopes("email_read email_send"), ask(None), call("email_read")),
                ["MCS202 error email_send"],
                id="requested by leaving scope out",
            ),
            pytest.param(
                row(scopes("email_read offline"), ask("email_read offline"), call("email_read")),
                [],
                id="a flow scope",
            ),
            pytest.param(
                row(
                    scopes("email_read email_send", "at_most"),
                    ask("email_read email_send"),
                    call("email_read"),
                ),
                [],
                id="at_most",
            ),
            pytest.param(
                row(
                    scopes("email_read email_send", "at_least"),
                    ask("email_read email_send"),
                    call("email_read"),
                ),
                ["MCS202 error email_send"],
                id="at_least",
            ),
            pytest.param(
                row(
                    scopes("email_read email_send", "at_least"),
                    ask("email_read email_send push_read"),
                    call("push_read"),
                    call("email_read push_read"),
                ),
                ["MCS202 error email_send"],
                id="at_least, and calls that need more than declared",
            ),
            pytest.param(
                row(
                    scopes("email_read", "at_least"),
                    ask("email_read email_send push_read"),
                    call("email_read push_read | email_send"),
                ),
                ["MCS202 error email_read"],
                id="at_least, and what is not declared would have done alone",
            ),
            pytest.param(
                row(LEAST, ask("email_read email_send"), call("email_read")), [], id="least"
            ),
            pytest.param(row(NO_TOKEN, call("email_read")), [], id="no token"),
        ],
    )
    def test_fires(self, given: Row, told: list[str]) -> None:
        assert given.told("MCS202") == told

    @pytest.mark.parametrize(
        ("made", "text"),
        [
            pytest.param([call("email_read email_send")], "push_read", id="one"),
            pytest.param(
                [call("email_read email_send | push_read")],
                "any one of email_read email_send push_read",
                id="several, one of them",
            ),
            pytest.param(
                [call("email_read")], "any one of email_send push_read, or all of them", id="all"
            ),
        ],
    )
    def test_its_text(self, made: list[CallMade], text: str) -> None:
        three = "email_read email_send push_read"
        assert row(scopes(three), ask(three), *made).texts("MCS202") == [f"unused scope: {text}"]

    @given(data=st.data())
    def test_each_is_removable_and_the_rest_is_not(self, data: st.DataObject) -> None:
        """By the definition: without it every allowed call would still be allowed."""
        ids = ("email_read", "email_send", "email_write", "push_read")
        some = st.frozensets(st.sampled_from(ids), min_size=1, max_size=3)
        declared = data.draw(some)
        choices = st.lists(st.frozensets(st.sampled_from(sorted(declared))), min_size=1, max_size=3)
        rows = data.draw(st.lists(choices, min_size=1, max_size=4))
        asked = " ".join(declared)
        calls = [
            call(need("|".join(" ".join(each) or "-" for each in sets)), asked) for sets in rows
        ]
        removable = {
            scope
            for scope in declared
            if all(each.need.satisfied_by(declared - {scope}) for each in calls)
        }
        shown = any(all(each.need.minimal_sets) for each in calls)
        found = row(scopes(asked), ask(asked), *calls).findings("MCS202")
        assert [each.scopes for each in found] == ([removable] if shown and removable else [])


class TestUnusedByALogin:
    """MCS202 login by login: one client's calls do not excuse another client's scopes."""

    DECLARED = "email_read email_send"
    BOTH = Login(
        scopes=words("email_read email_send"),
        named=words("email_read email_send"),
        tokens=frozenset({"both"}),
    )
    READ = Login(scopes=words("email_read"), named=words("email_read"), tokens=frozenset({"read"}))
    OMITTED = Login(scopes=words(ASSIGNED), named=frozenset(), tokens=frozenset({"omitted"}))

    @staticmethod
    def of(token: str, row: CallRequirements | str, granted: str | None = ASSIGNED) -> CallMade:
        return replace(call(row, granted), token=token)

    def given(self, mark: Expectation, *calls: CallMade, logins: tuple[Login, ...]) -> Row:
        requests = [ask(" ".join(sorted(login.scopes))) for login in logins]
        return row(mark, *requests, *calls, seen={"logins": logins})

    @pytest.mark.parametrize(
        ("calls", "told"),
        [
            pytest.param(
                [of("both", "email_send"), of("read", "email_read")],
                ["MCS202 error email_read"],
                id="one client's calls use what the other asks for too",
            ),
            pytest.param(
                [of("both", "email_send"), of("both", "email_read"), of("read", "email_read")],
                [],
                id="its own calls use both",
            ),
            pytest.param([of("read", "email_read")], ["MCS202 error email_send"], id="no call"),
            pytest.param(
                [of("both", "-"), of("read", "email_read"), of("read", "email_send")],
                [],
                id="no call of its own needs a scope",
            ),
            pytest.param(
                [of("both", "email_send", ""), of("read", "email_read"), of("read", "email_send")],
                [],
                id="no call of its own was allowed",
            ),
            pytest.param(
                [of("both", "email_send"), of("both", TOLERANT, ""), of("read", "email_read")],
                ["MCS202 error email_read"],
                id="a denied call of its own shows nothing",
            ),
            pytest.param(
                [
                    of("both", "email_send"),
                    of("both", need("email_read", doubt="inferred")),
                    of("read", "email_read"),
                ],
                [],
                id="a doubtful call of its own explains it",
            ),
            pytest.param(
                [of("both", need("email_send", tolerated="email_read")), of("read", "email_read")],
                [],
                id="a trusted row of its own tolerates it",
            ),
            pytest.param(
                [of("both", "email_send"), of("read", need("email_read", doubt="inferred"))],
                ["MCS202 error email_read"],
                id="a doubtful call of the other log-in excuses nothing",
            ),
            pytest.param(
                [of("both", "email_send | email_read"), of("read", "email_read")],
                ["MCS202 error email_send"],
                id="either would do for it: said once, of all calls",
            ),
        ],
    )
    def test_fires(self, calls: list[CallMade], told: list[str]) -> None:
        given = self.given(scopes(self.DECLARED), *calls, logins=(self.BOTH, self.READ))
        assert given.told("MCS202") == told

    @pytest.mark.parametrize(
        ("mark", "told"),
        [
            pytest.param(scopes(DECLARED), ["MCS202 error email_read"], id="exact"),
            pytest.param(scopes(DECLARED, "at_least"), ["MCS202 error email_read"], id="at_least"),
            pytest.param(scopes(DECLARED, "at_most"), [], id="at_most"),
            pytest.param(LEAST, ["MCS202 error email_read"], id="least privilege"),
            pytest.param(NO_TOKEN, [], id="no token"),
        ],
    )
    def test_by_mark(self, mark: Expectation, told: list[str]) -> None:
        calls = self.of("both", "email_send"), self.of("read", "email_read")
        given = self.given(mark, *calls, logins=(self.BOTH, self.READ))
        assert given.told("MCS202") == told

    def test_a_log_in_that_names_nothing_is_another_rules_business(self) -> None:
        calls = self.of("omitted", "email_send"), self.of("read", "email_read")
        given = self.given(scopes(self.DECLARED), *calls, logins=(self.OMITTED, self.READ))
        assert given.told("MCS202") == []

    def test_a_log_in_that_is_not_declared_is_too(self) -> None:
        calls = self.of("both", "email_send"), self.of("read", "email_read")
        given = self.given(scopes("email_send"), *calls, logins=(self.BOTH, self.READ))
        assert given.told() == ["MCS102 error email_read"]

    @pytest.mark.parametrize(
        ("row", "what"),
        [
            pytest.param("email_send", "email_read", id="one"),
            pytest.param("push_read", "any one of email_read email_send, or all of them", id="two"),
            pytest.param(
                "push_read | email_read email_send",
                "any one of email_read email_send push_read",
                id="not all at once",
            ),
        ],
    )
    def test_its_text(self, row: str, what: str) -> None:
        three = words("email_read email_send push_read")
        login = Login(scopes=three, named=three, tokens=frozenset({"both"}))
        calls = [self.of("both", row)]
        calls += [self.of("read", each) for each in three if each not in row or "|" in row]
        if row == "email_send":
            login = self.BOTH
        given = self.given(scopes(" ".join(three)), *calls, logins=(login, self.READ))
        asks = " ".join(sorted(login.scopes))
        assert given.texts("MCS202")[-1] == (
            f"unused scope: {what}, in the log-in that asks for {asks}: its own calls would do"
            " without, and another log-in has it for its calls"
        )


class TestTokensOfTheTestsOwn:
    """What the test looks up for itself excuses nothing that the code asks for."""

    BOTH = (scopes("email_read email_send"), ask("email_read email_send"), call("email_send"))

    @staticmethod
    def own(row: CallRequirements | str, granted: str | None = ASSIGNED) -> CallMade:
        return replace(call(row, granted), own=True)

    @pytest.mark.parametrize(
        ("given", "told"),
        [
            pytest.param(
                row(*BOTH, own("email_read")), ["MCS202 error email_read"], id="uses nothing"
            ),
            pytest.param(
                row(*BOTH, own(need("email_read", doubt="inferred"))),
                ["MCS202 error email_read"],
                id="explains nothing",
            ),
            pytest.param(
                row(*BOTH, own(need("push_read", tolerated="email_read"))),
                ["MCS202 error email_read"],
                id="tolerates nothing",
            ),
            pytest.param(
                row(LEAST, ask("email_read email_send"), call("email_send"), own("email_read")),
                ["MCS102 error email_read"],
                id="is no part of the minimum",
            ),
            pytest.param(
                row(LEAST, ask("email_read"), own("email_read")),
                ["MCS108 error"],
                id="is no minimum by itself",
            ),
            pytest.param(
                row(scopes("email_send"), ask("email_send"), own("email_read", "")),
                ["MCS201 error email_read"],
                id="is denied as any other",
            ),
            pytest.param(
                row(NO_TOKEN, own("email_read", "")),
                ["MCS201 error email_read"],
                id="is denied where the code asks for none",
            ),
        ],
    )
    def test_fires(self, given: Row, told: list[str]) -> None:
        assert given.told() == told

    def test_the_text_says_whose_calls_do_not_count(self) -> None:
        assert row(LEAST, ask("email_read"), self.own("email_read")).texts() == [
            (
                "undetermined: the minimum of the calls is not shown, as no call with a token that"
                " the code itself asked for was allowed"
            )
        ]


class TestUnmappedCall:
    """MCS203: the catalogue does not know the route."""

    NEAR = find_need(load_catalogue(), "GET", "/asset/v1/content/asset", "", "rest", "attested")

    @pytest.mark.parametrize(
        ("calls", "texts"),
        [
            pytest.param([call("email_read")], [], id="mapped"),
            pytest.param(
                [call(UNMAPPED), call(UNMAPPED, None)],
                ["unmapped call: GET /nowhere is not in the catalogue"],
                id="once for each route",
            ),
            pytest.param(
                [call(UNMAPPED, None)],
                ["unmapped call: GET /nowhere is not in the catalogue"],
                id="also without a good token",
            ),
            pytest.param(
                [call(NEAR)],
                [
                    (
                        "unmapped call: GET /asset/v1/content/asset is not in the catalogue; near:"
                        " GET /asset/v1/content/assets, POST /asset/v1/content/assets"
                    )
                ],
                id="with near misses",
            ),
        ],
    )
    @pytest.mark.parametrize("mark", [scopes("email_read"), LEAST, NO_TOKEN], ids=lambda m: m.kind)
    def test_fires_under_every_mark(
        self, calls: Iterable[CallMade], texts: list[str], mark: Expectation
    ) -> None:
        given = row(mark, *calls)
        assert given.texts("MCS203") == texts
        assert {each.severity for each in given.findings("MCS203")} <= {"note"}
