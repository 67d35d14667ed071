"""MCS204 and MCS205, and all else that is particular where the code acts for a user."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import facts
import pytest
from facts import LEAST, call_made, packaged, scopes, summaries_of, texts_of, token_requested, words

from pytest_mcscopes.ledger.facts import CallMade, Exposed, TokenRequested
from pytest_mcscopes.privilege.expectation import Allowance
from pytest_mcscopes.privilege.expected_denial import no_denial
from pytest_mcscopes.privilege.observed import Insisted, Repeated
from pytest_mcscopes.privilege.verdict import judge
from pytest_mcscopes.privilege.verdict_text import render
from pytest_mcscopes.settings.severities import read_severities

if TYPE_CHECKING:
    from pytest_mcscopes.privilege.expectation import Match
    from pytest_mcscopes.privilege.findings import Severity
    from pytest_mcscopes.privilege.rules.case import Case

ASSIGNED = frozenset({"email_read", "email_send", "offline"})
SEND = "POST", "/messaging/v1/email/messages/r-1"
SEND_ROW = "POST /messaging/v1/email/messages/{messageKey} (documented)"
VALIDATE = "POST", "/address/v1/validateEmail"
DELETE = "POST", "/contacts/v1/contacts/actions/delete?type=ids"
PREFERENCES = "GET", "/contacts/v1/contacts/id:1/Preferences"
ADDRESSES = "POST", "/contacts/v1/attributes/search"
AUTOMATIONS = "GET", "/automation/v1/automations"
ASSETS = "GET", "/asset/v1/assets"
USERINFO = "GET", "/v2/userinfo"

CREATE = "152 TriggeredSendDefinition Create"
VIEW = "5 Email View"
ORIGIN = "@pytest.mark.mc_scopes, tests/test_mailer.py:5"


def ask(
    scope: str | None,
    grant_type: str = "authorization_code",
    **more: Any,  # noqa: ANN401 - of the fact
) -> TokenRequested:
    """A token request for Ada, or her log-in; `error` refuses it."""
    if grant_type == "authorize":
        more = {"granted": None, "token": None, **more}
        more.setdefault("also_issued", () if "error" in more else ("code",))
    return token_requested(scope, ASSIGNED, grant_type=grant_type, **{"user": "Ada", **more})


def call(
    route: tuple[str, str],
    granted: str,
    *missing_permissions: str,
    user_denied: bool | None = None,
    **more: Any,  # noqa: ANN401 - of the fact
) -> CallMade:
    """A call for Ada, who lacks these permissions. On a doubtful row she is let through."""
    method, address = route
    need = packaged(method, address, "auth" if route == USERINFO else "rest")
    if user_denied is None:
        user_denied = bool(missing_permissions) and need.trusted
    if user_denied:
        more = {"used": frozenset(), "status": 403, **more}
    return call_made(
        need,
        granted,
        method=method,
        path=address.partition("?")[0],
        missing_permissions=missing_permissions,
        user_denied=user_denied,
        **{"user": "Ada", **more},
    )


def case(
    declared: str | None,
    *made: TokenRequested | CallMade,
    match: Match = "exact",
    **seen: Any,  # noqa: ANN401 - of what was observed
) -> Case:
    """A mark with these scopes; without any, least privilege."""
    mark = replace(LEAST if declared is None else scopes(declared, match), origin=ORIGIN)
    return facts.case(mark, *made, **{"assigned": ASSIGNED, **seen})


SENT = ask("email_send"), call(SEND, "email_send", CREATE)
"""Ada's app calls what she may not."""


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
                replace(
                    call(SEND, "", CREATE),
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
                replace(
                    call(DELETE, "list_and_subscribers_write", "1020 A Edit", "1612 B Delete"),
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


class TestRemarks:
    """What is told beside the findings."""

    def remarks(self, *facts: TokenRequested | CallMade, aborted: bool = False) -> tuple[str, ...]:
        return judge([case("email_send", *facts)], aborted=aborted).remarks

    @pytest.mark.parametrize(
        ("made", "routes"),
        [
            pytest.param(
                call(AUTOMATIONS, "automations_read"), "GET /automation/v1/automations", id="one"
            ),
            pytest.param(call(SEND, "email_send"), None, id="the permission is known"),
            pytest.param(call(AUTOMATIONS, "automations_read", user=None), None, id="for nobody"),
            pytest.param(call(AUTOMATIONS, "email_send"), None, id="the scope denies it"),
            pytest.param(call(USERINFO, ""), None, id="needs no right"),
            pytest.param(call(("GET", "/nowhere"), ""), None, id="no route at all"),
        ],
    )
    def test_an_undetermined_right(self, made: CallMade, routes: str | None) -> None:
        """The scope alone decided."""
        remark = (
            "undetermined: it is not known which permission a user needs for"
            f" {routes}; the scope alone decided"
        )
        assert self.remarks(ask("email_send"), made, made) == ((remark,) if routes else ())

    def test_many_of_them_are_told_by_their_number(self) -> None:
        made = call(AUTOMATIONS, "automations_read")
        calls = [replace(made, need=replace(made.need, label=f"GET /{n}")) for n in range(8)]
        (remark,) = self.remarks(ask("email_send"), *calls)
        assert "for GET /0, GET /1, GET /2, GET /3, GET /4, GET /5 and 2 more; the" in remark

    def test_what_the_vendor_would_not_have_taken(self) -> None:
        remark = "redirect URI http://127.0.0.1/: the real Marketing Cloud refuses it"
        log_in = ask("email_send", "authorize", remark=remark)
        assert self.remarks(log_in, log_in, ask("email_send")) == (remark,)

    def test_where_the_test_fails_by_itself(self) -> None:
        """What was sent was sent; whether a call is right is not asked then."""
        facts = ask("email_send", remark="refused"), call(AUTOMATIONS, "automations_read")
        assert self.remarks(*facts, aborted=True) == ("refused",)


class TestNoTokenGranted:
    """MCS105: a code is no token."""

    CODE = ask("email_send", "authorize")
    WRONG = ask("email_send", presented="another code", error="invalid_grant")

    @pytest.mark.parametrize(
        ("requests", "why"),
        [
            pytest.param([CODE], "a code was issued and never exchanged", id="only a code"),
            pytest.param(
                [CODE, WRONG],
                "a code was issued and never exchanged; every other request was refused (400"
                " invalid_grant)",
                id="another code exchanged in vain",
            ),
            pytest.param(
                [CODE, replace(WRONG, presented="code")],
                "every token request was refused (400 invalid_grant)",
                id="exchanged in vain",
            ),
            pytest.param(
                [ask("email_send", "authorize", error="access_denied", reason="the user said no")],
                "every token request was refused (400 access_denied: the user said no)",
                id="not logged in",
            ),
        ],
    )
    def test_why(self, requests: list[TokenRequested], why: str) -> None:
        assert texts_of(case("email_send", *requests), "MCS105") == [f"no token granted: {why}"]

    @pytest.mark.parametrize(
        ("requests", "step"),
        [
            pytest.param(
                [CODE],
                "Let the app follow its call-back and exchange the code, for example:"
                " client.get(mc_tenant.authorize(url)).",
                id="only a code",
            ),
            pytest.param(
                [CODE, WRONG],
                "Fix the token request: the answer's error tells what is wrong with it. Or, if the"
                " test is about that refusal, mark it"
                ' @pytest.mark.mc_no_token(refused=True, reason="...").',
                id="another code exchanged in vain",
            ),
        ],
    )
    def test_what_to_do_next(self, requests: list[TokenRequested], step: str) -> None:
        text = render(judge([case("email_send", *requests)]))
        assert re.sub(r"\s+", " ", text).partition(" More: ")[0].endswith(step)


class TestRequestScope:
    """The advice keeps `offline` where a user logs in: the refresh after a log-out needs it."""

    @pytest.mark.parametrize(
        ("requests", "step"),
        [
            pytest.param(
                [ask("email_read email_send offline", "authorize"), ask(None)],
                'Request scope="email_send offline" instead.',
                id="named",
            ),
            pytest.param(
                [ask(None, "authorize"), ask(None)],
                'Request scope="email_send offline"; or, if the client cannot send a scope, assign'
                ' the package just that: @pytest.mark.mc_package(scopes=["email_send", "offline"]),'
                " and the same on the real Installed Package.",
                id="by omission",
            ),
            pytest.param(
                [ask("email_read email_send", "authorize"), ask(None)],
                'Request scope="email_send" instead.',
                id="not requested",
            ),
            pytest.param(
                [ask("email_read email_send offline", "client_credentials")],
                'Request scope="email_send" instead.',
                id="no user",
            ),
        ],
    )
    def test_offline_is_kept(self, requests: list[TokenRequested], step: str) -> None:
        text = render(judge([case("email_send", *requests, call(SEND, "email_send"))]))
        assert re.sub(r"\s+", " ", text).partition(" More: ")[0].endswith(step)

    def test_so_it_is_where_a_smaller_set_may_do(self) -> None:
        """With and without the scope that a doubtful row may need."""
        wide = "documents_and_images_read email_send offline push_read"
        given = case(
            "documents_and_images_read email_send",
            ask(wide, "authorize"),
            ask(wide),
            call(SEND, wide),
            call(ASSETS, wide),
            assigned=words(wide),
        )
        text = re.sub(r"\s+", " ", render(judge([given])))
        assert 'Request scope="documents_and_images_read email_send offline" instead.' in text
        assert 'and request scope="email_send offline": GET /asset/v1/assets' in text

    def test_so_it_is_where_the_calls_are_the_measure(self) -> None:
        wide = "documents_and_images_read email_send offline push_read"
        given = case(None, ask(wide, "authorize"), ask(wide), call(SEND, wide), call(ASSETS, wide))
        text = re.sub(r"\s+", " ", render(judge([given])))
        assert 'Request scope="email_send offline" instead.' in text
        assert 'Or request scope="documents_and_images_read email_send offline", if' in text


class TestHygiene:
    """The line that a request of the code flow should have read."""

    @pytest.mark.parametrize(
        ("request_", "exposed", "name", "lines"),
        [
            pytest.param(
                ask("email_send", "authorize"),
                Exposed(what="secret", where="query parameter client_secret"),
                "an authorize request",
                ("GET /v2/authorize?response_type=code&client_id=<id>&redirect_uri=<address>",),
                id="secret in an authorize request",
            ),
            pytest.param(
                ask("email_send", "authorize"),
                Exposed(what="token", where="the query"),
                "an authorize request",
                ("GET /v2/authorize?response_type=code&client_id=<id>&redirect_uri=<address>",),
                id="token in an authorize request",
            ),
            pytest.param(
                ask("email_send"),
                Exposed(what="secret", where="the query"),
                "a token request",
                (
                    "POST /v2/token",
                    (
                        '{"grant_type": "authorization_code", "code": "<code>", "redirect_uri":'
                        ' "<address>", "client_id": "<id>", "client_secret": "<secret>"}'
                    ),
                ),
                id="secret in an exchange",
            ),
            pytest.param(
                ask(None, "refresh_token"),
                Exposed(what="secret", where="the query"),
                "a token request",
                (
                    "POST /v2/token",
                    (
                        '{"grant_type": "refresh_token", "refresh_token": "<token>", "client_id":'
                        ' "<id>", "client_secret": "<secret>"}'
                    ),
                ),
                id="secret in a refresh",
            ),
        ],
    )
    def test_in_a_url(
        self, request_: TokenRequested, exposed: Exposed, name: str, lines: tuple[str, ...]
    ) -> None:
        given = case("email_send", replace(request_, exposed=(exposed,)), ask("email_send"))
        (finding,) = judge([given]).findings
        assert finding.text == f"{exposed.what} in a URL: {name} has it in {exposed.where}"
        assert finding.should_read == lines

    def test_a_token_that_is_not_reused_names_the_user(self) -> None:
        first, second = ask("email_send", expires_in=1000), ask("email_send", at=1)
        given = case("email_send", first, second, repeated=(Repeated(first=first, second=second),))
        assert texts_of(given, "MCS303") == [
            (
                'token not reused: another token for email_send for user "Ada", when the first one'
                " had 999 of its 1000 seconds left"
            )
        ]

    def test_no_request_helps_where_the_user_may_not(self) -> None:
        denied = call(SEND, "email_send", CREATE, expected=True)
        again = ask(None, "refresh_token")
        given = case(
            "email_send", ask("email_send"), insisted=(Insisted(denied=denied, again=again),)
        )
        assert [each.should_read for each in judge([given]).findings] == [
            ('no token request: user "Ada" may not do this, whatever the scopes',)
        ]


class TestNoDenial:
    """A block that expects a denial for want of a scope, and the user was denied."""

    def test_the_user_is_told(self) -> None:
        text = no_denial([call(SEND, "email_send", CREATE)], words("email_send"), "test_it.py:5")
        assert text == (
            "MCSCOPES: the test expects a denied call, and none was denied.\n"
            "  expected   a call denied because its token lacks email_send; test_it.py:5\n"
            f'  happened   {SEND_ROW}: denied to user "Ada", who lacks {CREATE}\n'
            "  Let the block make a call that needs email_send, with a token that lacks it;\n"
            "  or, if it is the user who may not, expect it without scopes: expect_denied();\n"
            "  or, if the code may make its calls by now, take expect_denied away."
        )

    def test_a_call_that_lacks_a_scope_too_is_told_by_the_scope(self) -> None:
        text = no_denial([call(SEND, "", CREATE)], words("email_read"), "test_it.py:5")
        assert f"{SEND_ROW}: denied because its token lacks email_send\n" in text
        assert "expect it without scopes" not in text
