"""MCS105, MCS109 and MCS110: whether a token was requested, and granted or refused as expected."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import user_cases
from facts import LEAST, NO_TOKEN, scopes, summaries_of, texts_of
from rule_cases import INFERRED, ask, call, case

from pytest_mcscopes.privilege.expectation import Allowance, Expectation
from pytest_mcscopes.privilege.refusals import EXCHANGE_THE_CODE
from pytest_mcscopes.privilege.verdict import judge
from pytest_mcscopes.privilege.verdict_text import render

if TYPE_CHECKING:
    from pytest_mcscopes.ledger.facts import TokenRequested
    from pytest_mcscopes.privilege.rules.case import Case

REFUSED = Expectation(kind="no_token", refused=True)


class TestUnreadableRequest:
    """MCS110: a judged token request whose body cannot be read."""

    BROKEN = ask("", error="invalid_request")._replace(
        grant_type=None,
        scope=None,
        unreadable="the body is not valid JSON",
    )

    @pytest.mark.parametrize(
        ("given", "findings"),
        [
            pytest.param(
                case(scopes("email_read"), BROKEN, ask("email_read")),
                ["MCS110 error"],
                id="beside one that can be read",
            ),
            pytest.param(
                case(scopes("email_read"), BROKEN, BROKEN),
                ["MCS105 error", "MCS110 error"],
                id="alone: what is missing cannot be known",
            ),
            pytest.param(
                case(scopes("email_read", "at_most"), BROKEN, ask("email_read")),
                ["MCS110 error"],
                id="at_most",
            ),
            pytest.param(
                case(scopes("email_read", "at_least"), BROKEN, ask("email_read")),
                ["MCS110 error"],
                id="at_least",
            ),
            pytest.param(
                case(LEAST, BROKEN, ask("email_read"), call("email_read")),
                ["MCS110 error"],
                id="least privilege",
            ),
            pytest.param(case(NO_TOKEN, BROKEN), ["MCS109 error"], id="no token: MCS109"),
            pytest.param(case(scopes("email_read"), ask("email_read")), [], id="none"),
        ],
    )
    def test_fires(self, given: Case, findings: list[str]) -> None:
        assert summaries_of(given) == findings

    def test_its_text_says_why(self) -> None:
        given = case(scopes("email_read"), self.BROKEN, ask("email_read"))
        assert texts_of(given, "MCS110") == ["unreadable token request: the body is not valid JSON"]

    def test_under_mc_no_token_the_text_says_so_too(self) -> None:
        assert texts_of(case(NO_TOKEN, self.BROKEN)) == [
            "unexpected token request: a body that cannot be read"
        ]


class TestNoTokenGranted:
    """MCS105: no judged request was granted."""

    @pytest.mark.parametrize(
        ("given", "text"),
        [
            pytest.param(case(scopes("email_read")), "no token request arrived", id="none arrived"),
            pytest.param(
                case(scopes("email_read"), others=("api.test", "other.test")),
                "no token request arrived; the code was seen to call api.test, other.test",
                id="none arrived, other hosts were called",
            ),
            pytest.param(
                case(
                    scopes("email_read"),
                    ask("x_read", error="invalid_scope", reason="x_read is unknown"),
                    ask("x_read", error="invalid_scope", reason="x_read is unknown"),
                    ask("email_read", error="50200"),
                ),
                "every token request was refused (400 invalid_scope: x_read is unknown; 400 50200)",
                id="all refused",
            ),
            pytest.param(
                case(
                    scopes("email_read"),
                    ask(
                        "email_read", error="timeout", reason='fail_next("token", "timeout")'
                    )._replace(
                        status=0,
                    ),
                    ask("email_read", error="50200"),
                ),
                'every token request failed (no answer: timeout, fail_next("token", "timeout");'
                " 400 50200)",
                id="not answered",
            ),
            pytest.param(
                case(
                    scopes("email_read"),
                    own_tokens=frozenset({"issue_token", "arrange"}),
                    unpresented="a",
                ),
                "the only tokens were the test's own, from arrange() and issue_token(); the code"
                " under test asked for none",
                id="only the test's own tokens",
            ),
            pytest.param(
                case(
                    scopes("email_read"),
                    unpresented="tests/test_a.py::test_a",
                    others=("x.test",),
                ),
                "the code was granted a token earlier (tests/test_a.py::test_a) and presented none"
                " in this test",
                id="a fixture's token, never presented",
            ),
            pytest.param(
                case(scopes("email_read"), own_request="arrange"),
                "the only token request was the test's own, in arrange(); the code under test asked"
                " for none",
                id="the test's own request",
            ),
            pytest.param(
                case(scopes("email_read"), own_request="admin", others=("x.test",)),
                "the only token request was the test's own, by the package admin, whose traffic is"
                " never judged; the code under test asked for none; the code was seen to call"
                " x.test",
                id="that of the admin, and a call elsewhere",
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
    def test_fires_with_the_reason(self, given: Case, text: str, mark: Expectation) -> None:
        given = replace(given, expectation=mark)
        assert texts_of(given, "MCS105") == [f"no token granted: {text}"]
        assert summaries_of(given, "MCS105") == ["MCS105 error"]

    @pytest.mark.parametrize(
        "given",
        [
            pytest.param(case(scopes("email_read"), ask("email_read")), id="granted"),
            pytest.param(
                case(scopes("email_read"), ask("email_read", error="50200"), ask("email_read")),
                id="granted at the second attempt",
            ),
            pytest.param(case(LEAST, ask("")), id="granted without any scope"),
            pytest.param(case(NO_TOKEN), id="no token is expected"),
            pytest.param(case(NO_TOKEN, ask("", error="x")), id="no token is expected, refused"),
        ],
    )
    def test_does_not_fire(self, given: Case) -> None:
        assert summaries_of(given, "MCS105") == []


class TestUnexpectedRequest:
    """MCS109: a judged token request under mc_no_token; nothing else is asked of such a test."""

    @pytest.mark.parametrize(
        ("given", "findings"),
        [
            pytest.param(case(NO_TOKEN), [], id="none"),
            pytest.param(case(NO_TOKEN, call("-")), [], id="a token of the test's own"),
            pytest.param(
                case(NO_TOKEN, ask("email_read")), ["MCS109 error email_read"], id="granted"
            ),
            pytest.param(case(NO_TOKEN, ask("", error="x")), ["MCS109 error"], id="refused"),
            pytest.param(
                case(
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
            pytest.param(case(scopes("email_read"), ask("email_read")), [], id="expected"),
            pytest.param(
                case(NO_TOKEN, others=("api.test", "mc1.auth.marketingcloudapis.com")),
                ["MCS109 error"],
                id="of a mock of the test's own",
            ),
            pytest.param(case(NO_TOKEN, others=("api.test",)), [], id="other hosts"),
        ],
    )
    def test_fires(self, given: Case, findings: list[str]) -> None:
        assert summaries_of(given) == findings

    def test_its_text_tells_what_was_asked_for_as_sent(self) -> None:
        given = case(NO_TOKEN, ask("email_send email_read"), ask(None), ask(""), ask(None))
        assert texts_of(given, "MCS109") == [
            'unexpected token request: scope="email_send email_read", no scope parameter, scope=""'
        ]


LOG_IN = ask("email_send", grant_type="authorize")._replace(
    granted=None, also_issued=("a code",), status=302
)
EXCHANGED = ask(None, grant_type="authorization_code", error="invalid_grant")._replace(
    presented="a code"
)
AUTH_HOST = "mc1.auth.marketingcloudapis.com"


class TestExpectedRefusal:
    """Under mc_no_token(refused=True) the code must ask, and every request must be refused."""

    @pytest.mark.parametrize(
        ("given", "findings"),
        [
            pytest.param(case(REFUSED, ask("email_send", error="x")), [], id="refused"),
            pytest.param(case(REFUSED, ask("email_snd", error="x")), [], id="no such scope"),
            pytest.param(
                case(REFUSED, ask(None, error="x"), ask(None, error="y"), dropped=True),
                [],
                id="whatever was asked for",
            ),
            pytest.param(
                case(REFUSED, LOG_IN._replace(also_issued=(), error="access_denied")),
                [],
                id="a log-in that the user denied",
            ),
            pytest.param(case(REFUSED, LOG_IN, EXCHANGED), [], id="a code that was refused"),
            pytest.param(case(REFUSED), ["MCS105 error"], id="nothing asked for"),
            pytest.param(
                case(REFUSED, call("-")), ["MCS105 error"], id="only a token of the test's own"
            ),
            pytest.param(
                case(REFUSED, others=(AUTH_HOST,)), ["MCS105 error"], id="another tool answered"
            ),
            pytest.param(
                case(REFUSED, ask("email_send", error="x"), others=(AUTH_HOST,)),
                ["MCS109 error"],
                id="another tool answered one more",
            ),
            pytest.param(
                case(REFUSED, ask("email_send")), ["MCS109 error email_send"], id="granted"
            ),
            pytest.param(
                case(REFUSED, ask("push_read", error="x"), ask("email_send")),
                ["MCS109 error email_send"],
                id="one of two granted",
            ),
            pytest.param(
                case(REFUSED, LOG_IN), ["MCS109 error email_send"], id="a code that is left"
            ),
            pytest.param(
                case(REFUSED, LOG_IN, ask("email_read")._replace(presented="a code")),
                ["MCS109 error email_read"],
                id="a code that was exchanged",
            ),
            pytest.param(
                case(REFUSED, ask("email_send", error="reset")._replace(status=0)),
                [],
                id="not answered, as the test ordered",
            ),
            pytest.param(
                case(REFUSED, ask("", error="x")._replace(unreadable="the body is no JSON")),
                ["MCS109 error"],
                id="refused, and not to be read",
            ),
            pytest.param(
                case(REFUSED, ask("email_send", error="broken")._replace(status=200)),
                ["MCS109 error email_send"],
                id="answered without a token, as if all were well",
            ),
            pytest.param(
                case(REFUSED, ask("push_read", error="x"), call("email_send", "push_read")),
                ["MCS201 error email_send"],
                id="a denied call",
            ),
        ],
    )
    def test_fires(self, given: Case, findings: list[str]) -> None:
        assert summaries_of(given) == findings

    def test_nothing_asked_for_cannot_be_allowed(self) -> None:
        """A test of a refusal that never asks would pass, and prove nothing."""
        allowed = [Allowance(rule=rule, reason="x") for rule in ("MCS105", "MCS109")]
        (found,) = judge([case(REFUSED)], (), allowed).errors
        assert found.text == (
            "no token request to refuse, and the mark says that each one is refused: no token"
            " request arrived"
        )

    def test_texts(self) -> None:
        garbled = ask("", error="x")._replace(unreadable="the body is no JSON")
        given = case(REFUSED, ask("email_send"), garbled, LOG_IN, ask("email_read", error="x"))
        rest = ", and the mark says that each one is refused: "
        assert texts_of(given, "MCS109") == [
            f'a token request was granted{rest}scope="email_send"',
            f"a token request has a body that cannot be read{rest}a body that cannot be read",
            f'a token request got a code that was never exchanged{rest}scope="email_send"',
        ]


class TestCodeWithoutToken:
    """MCS105: a code is no token."""

    CODE = user_cases.ask("email_send", "authorize")
    WRONG = user_cases.ask("email_send", presented="another code", error="invalid_grant")

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
                [CODE, WRONG._replace(presented="code")],
                "every token request was refused (400 invalid_grant)",
                id="exchanged in vain",
            ),
            pytest.param(
                [
                    user_cases.ask(
                        "email_send", "authorize", error="access_denied", reason="the user said no"
                    )
                ],
                "every token request was refused (400 access_denied: the user said no)",
                id="not logged in",
            ),
        ],
    )
    def test_why(self, requests: list[TokenRequested], why: str) -> None:
        assert texts_of(user_cases.case("email_send", *requests), "MCS105") == [
            f"no token granted: {why}"
        ]

    @pytest.mark.parametrize(
        ("requests", "step"),
        [
            pytest.param(
                [CODE],
                EXCHANGE_THE_CODE,
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
        text = render(judge([user_cases.case("email_send", *requests)]))
        assert re.sub(r"\s+", " ", text).partition(" More: ")[0].endswith(step)
