"""What to do next: it narrows, or it asks a person to decide; it never widens rights."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import facts
import pytest
from facts import LEAST, call_made, requirements, scopes, token_requested, words
from hypothesis import given
from hypothesis import strategies as st
from measuring import unmeasured

from pytest_mcscopes.ledger.facts import CallMade, ForeignUsed, TokenRequested
from pytest_mcscopes.privilege.advice import advise
from pytest_mcscopes.privilege.expectation import Allowance, Expectation
from pytest_mcscopes.privilege.observed import Login
from pytest_mcscopes.privilege.rules.foreign_tenant import foreign_tenant
from pytest_mcscopes.privilege.verdict import judge

if TYPE_CHECKING:
    from pytest_mcscopes.catalogue.call_requirements import CallRequirements
    from pytest_mcscopes.ledger.facts import HostKind
    from pytest_mcscopes.privilege.expectation import Match
    from pytest_mcscopes.privilege.rules.case import Case

IDS = ("email_read", "email_send", "email_write", "push_read")
ASSIGNED = " ".join(IDS)
NO_TOKEN = Expectation(kind="no_token", origin="@pytest.mark.mc_no_token")
UNMARKED = Expectation(kind="no_token", package="second", origin='no mark names package "second"')
DENY = "if the denial is what you test, write the call in a block: with mc_tenant.expect_denied("

LACKS = (
    'The package "integration" lacks push_read: take it out of the marker if the code can do'
    " without, or test with a package that has it."
)
NARROW = (
    'Narrow the marker to @pytest.mark.mc_scopes("email_send"): the calls of this test need no'
    " more."
)
SETTLE = (
    "Write the scopes that you expect in the marker, @pytest.mark.mc_scopes(...), once your own"
    " tenant has shown what is needed: the catalogue is not sure enough to judge by."
)


def ask(scope: str | None, *, assigned: str = ASSIGNED, error: str | None = None) -> TokenRequested:
    return token_requested(scope, words(assigned), error=error)


def need(minimal: str, **more: Any) -> CallRequirements:  # noqa: ANN401 - of the row
    """What a row says, as `requirements` has it; `?` is not known."""
    label = f"GET /needs/{minimal.replace(' ', '+')}"
    return requirements(None if minimal == "?" else minimal, label=label, **more)


def call(row: CallRequirements | str, granted: str = ASSIGNED) -> CallMade:
    return call_made(need(row) if isinstance(row, str) else row, granted)


def case(
    mark: Expectation,
    *made: TokenRequested | CallMade,
    own: str = "",
    **more: Any,  # noqa: ANN401 - fields of it
) -> Case:
    return facts.case(mark, *made, **{"assigned": ASSIGNED, "own_tokens": words(own), **more})


def advice(*cases: Case, allow: str = "") -> list[str]:
    allowances = [Allowance(rule=rule, reason="a test") for rule in allow.split()]
    return advise(judge(cases, (), allowances))


DOUBTFUL = need("email_send", doubt="inferred")
TOLERANT = need("email_read", tolerated="email_write")


class TestWhereTheMarkListsScopes:
    @pytest.mark.parametrize(
        ("given", "steps"),
        [
            pytest.param(
                case(scopes("email_send"), ask("email_read email_send"), call("email_send")),
                ['Request scope="email_send" instead.'],
                id="too much was requested, and used bears out the marker",
            ),
            pytest.param(
                case(scopes("email_send"), ask("email_read email_send")),
                ['Request scope="email_send" instead.'],
                id="too much was requested, and used is not shown",
            ),
            pytest.param(
                case(scopes("email_send email_read"), ask("email_send")),
                ['Request scope="email_read email_send" instead.'],
                id="too little was requested",
            ),
            pytest.param(
                case(scopes("email_send email_read"), ask("email_send"), call("email_send")),
                [NARROW],
                id="too little was requested, and it is enough",
            ),
            pytest.param(
                case(
                    scopes("email_send email_read"),
                    ask("email_send email_read"),
                    call("email_send"),
                ),
                [
                    NARROW,
                    'Request scope="email_send" instead.',
                ],
                id="the marker declares more than is used",
            ),
            pytest.param(
                case(scopes("email_send"), ask("email_send email_read"), call("-")),
                [
                    (
                        "Narrow the marker to @pytest.mark.mc_least_privilege (no scope at all):"
                        " the calls of this test need no more."
                    ),
                    'Request scope="" instead.',
                ],
                id="the calls need nothing",
            ),
            pytest.param(
                case(
                    scopes("email_send email_read"),
                    ask("email_send email_read"),
                    call("email_send | email_read"),
                ),
                [
                    (
                        'Narrow the marker to @pytest.mark.mc_scopes("email_read") or'
                        ' @pytest.mark.mc_scopes("email_send"): the calls of this test need no'
                        " more."
                    ),
                    'Request scope="email_read" or scope="email_send" instead.',
                ],
                id="two ways to narrow it that tie",
            ),
            pytest.param(
                case(
                    scopes("email_read email_send email_write"),
                    ask("email_read email_send email_write"),
                    call("email_read | push_read"),
                    call("email_send | push_read"),
                ),
                [
                    (
                        'Narrow the marker to @pytest.mark.mc_scopes("email_read", "email_send"):'
                        " the calls of this test need no more."
                    ),
                    'Request scope="email_read email_send" instead.',
                ],
                id="never to a scope that nobody declared, even if it would do alone",
            ),
            pytest.param(
                case(
                    scopes("email_send email_read offline"),
                    ask("email_send email_read"),
                    call("email_send"),
                    assigned=f"{ASSIGNED} offline",
                ),
                [
                    (
                        'Narrow the marker to @pytest.mark.mc_scopes("email_send", "offline"): the'
                        " calls of this test need no more."
                    ),
                    'Request scope="email_send offline" instead.',
                ],
                id="a declared flow scope stays",
            ),
            pytest.param(
                case(
                    scopes("email_read email_write push_read"),
                    ask("email_read email_write push_read"),
                    call(TOLERANT),
                ),
                [
                    (
                        'Narrow the marker to @pytest.mark.mc_scopes("email_read", "email_write"):'
                        " the calls of this test need no more."
                    ),
                    'Request scope="email_read email_write" instead.',
                    (
                        "Or, if email_write is not needed after all, narrow the marker to"
                        ' @pytest.mark.mc_scopes("email_read") and request scope="email_read": GET'
                        " /needs/email_read (documented) may need it, though its catalogue entry"
                        " does not list"
                        " it."
                    ),
                ],
                id="what a row tolerates stays, with the other way out",
            ),
            pytest.param(
                case(
                    scopes("email_read email_send"),
                    ask("email_read email_send push_read"),
                    call("email_read"),
                    call(DOUBTFUL),
                ),
                [
                    'Request scope="email_read email_send" instead.',
                    (
                        "Or, if email_send is not needed after all, narrow the marker to"
                        ' @pytest.mark.mc_scopes("email_read") and request scope="email_read": GET'
                        " /needs/email_send (doubtful: inferred)."
                    ),
                ],
                id="undetermined: both, with the row",
            ),
            pytest.param(
                case(
                    scopes("email_read email_send push_read"),
                    ask("email_read email_send push_read"),
                    call("email_read | email_send"),
                    call(DOUBTFUL),
                ),
                [
                    NARROW,
                    'Request scope="email_send" instead.',
                ],
                id="no other way out where the doubtful scope is the one that serves",
            ),
            pytest.param(
                case(
                    scopes("email_read email_send"),
                    ask("email_read email_send"),
                    call(DOUBTFUL),
                ),
                [
                    NARROW,
                    'Request scope="email_send" instead.',
                ],
                id="what no row speaks of can go, although the only row is doubtful",
            ),
            pytest.param(
                case(
                    scopes("email_read"),
                    ask("email_read push_read"),
                    call(need("?", doubt="scope unknown", explains="email_read push_read")),
                ),
                ['Request scope="email_read" instead.'],
                id="a call of which nothing is known narrows nothing",
            ),
            pytest.param(
                case(scopes("email_read"), ask("email_read email_send"), call("email_send")),
                [
                    (
                        "The call GET /needs/email_send (documented) used email_send, which the"
                        " marker does not declare: drop it, or have email_send approved and"
                        " declared."
                    ),
                    'Without it, request scope="email_read" instead.',
                ],
                id="used contradicts the marker",
            ),
            pytest.param(
                case(
                    scopes("email_read"),
                    ask("email_read"),
                    call("email_send"),
                ),
                [
                    (
                        "The call GET /needs/email_send (documented) used email_send, which the"
                        " marker does not declare: drop it, or have email_send approved and"
                        " declared."
                    ),
                ],
                id="used contradicts the marker, with a token of the test's own",
            ),
            pytest.param(
                case(
                    scopes("email_send push_read"),
                    ask("email_send push_read"),
                    call("email_send"),
                    assigned="email_send",
                ),
                [
                    NARROW,
                    'Request scope="email_send" instead.',
                ],
                id="the package lacks what is not used either",
            ),
            pytest.param(
                case(scopes("email_read"), ask("email_write"), call("email_write", "email_write")),
                [
                    (
                        "The call GET /needs/email_write (documented) used email_write, which the"
                        " marker does not declare: drop it, or have email_write approved and"
                        " declared."
                    ),
                    'Without it, request scope="email_read" instead.',
                ],
                id="used contradicts the marker altogether",
            ),
            pytest.param(
                case(
                    scopes("email_send push_read"),
                    ask("email_send"),
                    assigned="email_send",
                ),
                [LACKS],
                id="the package lacks what is declared",
            ),
            pytest.param(
                case(
                    scopes("email_send push_read"),
                    ask("email_send email_read"),
                    assigned="email_send email_read",
                ),
                [
                    LACKS,
                    'Request scope="email_send" instead.',
                ],
                id="the package lacks one, and another is too much",
            ),
            pytest.param(
                case(
                    scopes("email_send email_read", "at_most"),
                    ask("email_send push_read"),
                    call("email_send"),
                ),
                ['Request scope="email_send" instead.'],
                id="at_most: a member that this test does not use stays in the marker",
            ),
            pytest.param(
                case(scopes("email_send push_read", "at_most"), ask("email_read"), assigned=IDS[1]),
                [
                    (
                        "Name none but declared scopes, or have email_read approved and declared:"
                        " which of them the code needs, no call of this test shows."
                    )
                ],
                id="at_most: nothing that was requested is declared",
            ),
            pytest.param(
                case(
                    scopes("email_send email_read", "at_most"),
                    ask("email_send email_read push_read"),
                    call("email_read"),
                    call(DOUBTFUL),
                ),
                ['Request scope="email_read email_send" instead.'],
                id="at_most: a doubtful member stays in the marker",
            ),
            pytest.param(
                case(scopes("email_send email_read", "at_least"), ask("email_send push_read")),
                ["Request email_read too, as the marker declares."],
                id="at_least: add what is missing",
            ),
            pytest.param(
                case(
                    scopes("email_send push_read", "at_least"),
                    ask("email_send"),
                    assigned="email_send",
                ),
                [
                    LACKS,
                ],
                id="at_least: the package lacks it",
            ),
            pytest.param(
                case(
                    scopes("email_send email_read", "at_least"),
                    ask("email_send email_read push_read"),
                    call("email_send push_read"),
                ),
                [NARROW],
                id="at_least: what is used beyond the marker is no matter",
            ),
        ],
    )
    def test_steps(self, given: Case, steps: list[str]) -> None:
        assert advice(given) == steps


class TestWhereScopeIsLeftOut:
    @pytest.mark.parametrize(
        ("given", "steps"),
        [
            pytest.param(
                case(scopes("email_send"), ask(None), call("email_send")),
                [
                    (
                        'Request scope="email_send"; or, if the client cannot send a scope, assign'
                        " the package just that:"
                        ' @pytest.mark.mc_package(scopes=["email_send"]), and the same on the real'
                        " Installed Package."
                    )
                ],
                id="by every request: both fixes",
            ),
            pytest.param(
                case(scopes("email_send email_read"), ask(None), call("email_send")),
                [
                    NARROW,
                    (
                        'Request scope="email_send"; or, if the client cannot send a scope, assign'
                        " the package just that:"
                        ' @pytest.mark.mc_package(scopes=["email_send"]), and the same on the real'
                        " Installed Package."
                    ),
                ],
                id="and the minimum is known: both fixes with the minimum",
            ),
            pytest.param(
                case(scopes("push_read", package="second"), ask(None)),
                [
                    (
                        'Request scope="push_read"; or, if the client cannot send a scope, assign'
                        " the package just that:"
                        ' @pytest.mark.mc_package(name="second", scopes=["push_read"]), and the'
                        " same on the real Installed Package."
                    )
                ],
                id="for a package by name",
            ),
            pytest.param(
                case(scopes("email_send"), ask("email_send"), ask(None), dropped=True),
                [
                    'Request scope="email_send" each time, on renewal too.',
                ],
                id="on renewal: a client that named scopes once can send them",
            ),
            pytest.param(
                case(scopes(ASSIGNED), ask("email_send"), ask(None), dropped=True),
                [
                    (
                        'Request scope="email_read email_send email_write push_read" each time, on'
                        " renewal too."
                    )
                ],
                id="on renewal, where just that is assigned",
            ),
            pytest.param(
                case(
                    scopes("email_send"),
                    ask(None, assigned=f"{ASSIGNED} offline")._replace(grant_type="authorize"),
                    ask("email_send")._replace(grant_type="authorization_code"),
                    assigned="email_read email_send offline",
                ),
                [
                    'Request scope="email_send offline" at each log-in.',
                ],
                id="at a user's log-in",
            ),
            pytest.param(
                case(
                    scopes("email_send"),
                    ask("email_read email_send offline")._replace(
                        grant_type="refresh_token",
                    ),
                ),
                ['Request scope="email_send offline" instead.'],
                id="of a user, whose log-in is not judged",
            ),
            pytest.param(
                case(
                    scopes("email_send"),
                    ask("email_read email_send")._replace(grant_type="refresh_token"),
                    ask(None, assigned="email_send offline")._replace(grant_type="refresh_token"),
                ),
                ['Request scope="email_send" instead.'],
                id="of a user, where offline was not asked for",
            ),
            pytest.param(
                case(LEAST, ask(None), call("email_send")),
                [
                    (
                        'Request scope="email_send"; or, if the client cannot send a scope, assign'
                        " the package just that:"
                        ' @pytest.mark.mc_package(scopes=["email_send"]), and the same on the real'
                        " Installed Package."
                    )
                ],
                id="under least privilege",
            ),
            pytest.param(
                case(scopes("email_read"), ask(None), call("email_send")),
                [
                    (
                        "The call GET /needs/email_send (documented) used email_send, which the"
                        " marker does not declare: drop it, or have email_send approved and"
                        " declared."
                    ),
                    (
                        'Without it, request scope="email_read"; or, if the client cannot send a'
                        " scope, assign the package just that:"
                        ' @pytest.mark.mc_package(scopes=["email_read"]), and the same on the real'
                        " Installed Package."
                    ),
                ],
                id="and used contradicts the marker",
            ),
        ],
    )
    def test_steps(self, given: Case, steps: list[str]) -> None:
        assert advice(given) == steps


class TestLeastPrivilege:
    @pytest.mark.parametrize(
        ("given", "steps"),
        [
            pytest.param(
                case(LEAST, ask("email_read email_send"), call("email_send")),
                ['Request scope="email_send" instead.'],
                id="the minimum",
            ),
            pytest.param(
                case(
                    LEAST,
                    ask("email_read email_send email_write"),
                    call("email_send | email_read | push_read"),
                ),
                ['Request scope="email_read" or scope="email_send" instead.'],
                id="ties, as far as they were requested",
            ),
            pytest.param(
                case(
                    LEAST,
                    ask("email_read email_send"),
                    call("email_read | push_read"),
                    call("email_send | push_read"),
                ),
                [
                    (
                        "The calls could do with push_read, which was not requested. Whether that"
                        " is the lesser right is for a person to decide: write the choice down with"
                        " @pytest.mark.mc_scopes(...)."
                    )
                ],
                id="the minimum was not requested",
            ),
            pytest.param(
                case(
                    LEAST,
                    ask("email_read email_write push_read"),
                    call(TOLERANT),
                    call("email_read"),
                ),
                [
                    'Request scope="email_read" instead.',
                    (
                        'Or request scope="email_read email_write", if that is needed: GET'
                        " /needs/email_read (documented) may need it, though its catalogue entry"
                        " does not list"
                        " it."
                    ),
                    SETTLE,
                ],
                id="undetermined: both, with the row",
            ),
            pytest.param(
                case(LEAST, ask("email_send email_read"), call(DOUBTFUL)),
                [
                    (
                        'Request scope="email_send", if that is needed: GET /needs/email_send'
                        " (doubtful: inferred)."
                    ),
                    SETTLE,
                ],
                id="only a doubtful row",
            ),
            pytest.param(
                case(LEAST, ask("email_read offline")),
                [
                    (
                        "Request the same scopes each time, and only those that the calls need: no"
                        " call of this test shows which."
                    ),
                    (
                        "Let the test make the calls that the code logs in for, or write the scopes"
                        " that you expect in the marker, @pytest.mark.mc_scopes(...)."
                    ),
                ],
                id="no call",
            ),
        ],
    )
    def test_steps(self, given: Case, steps: list[str]) -> None:
        assert advice(given) == steps


class TestDeniedCalls:
    @pytest.mark.parametrize(
        ("given", "step"),
        [
            pytest.param(
                case(scopes("email_send"), ask(""), call("email_send", "")),
                'Request scope="email_send", as the marker declares',
                id="declared and not requested",
            ),
            pytest.param(
                case(scopes("email_send"), ask("email_send"), call("email_send", "")),
                "Make the call with a token that carries email_send, as the marker declares",
                id="declared and requested, with another token",
            ),
            pytest.param(
                case(scopes("email_read"), ask("email_read"), call("email_send", "email_read")),
                "Drop the call, or have email_send approved and added to the mark and the request",
                id="not declared",
            ),
            pytest.param(
                case(scopes("email_send"), ask(""), call("email_read | email_send", "")),
                'Request scope="email_send", as the marker declares',
                id="of two ways the declared one",
            ),
            pytest.param(
                case(
                    scopes("email_read"),
                    ask("email_read"),
                    call("email_send", "email_read"),
                    assigned="email_read",
                ),
                'Drop the call, or have email_send approved for the package "integration" and'
                " declared",
                id="neither declared nor assigned",
            ),
            pytest.param(
                case(
                    scopes("email_send"),
                    ask(None, assigned=""),
                    call("email_send", ""),
                    assigned="",
                ),
                'Drop the call, or have email_send approved for the package "integration"',
                id="declared and not assigned",
            ),
            pytest.param(
                case(NO_TOKEN, call(DOUBTFUL, ""), call("email_send", "")),
                "Drop the call, or have email_send approved and requested",
                id="no list",
            ),
        ],
    )
    def test_the_first_for_sure(self, given: Case, step: str) -> None:
        assert advice(given)[0].startswith(f'{step}; {DENY}"')


REFUSAL = 'mark it @pytest.mark.mc_no_token(refused=True, reason="...").'
MEND = (
    "Fix the token request: the answer's error tells what is wrong with it. Or, if the test is"
    f" about that refusal, {REFUSAL}"
)
EXCHANGE = (
    "Let the app follow its call-back and exchange the code, for example:"
    " client.get(mc_tenant.authorize(url)). A test client keeps its session by host: where the"
    " app's log-in begins at another host than its call-back, say base_url=."
)
UNANSWERED = ask("email_send", error="timeout")._replace(status=0, reason="fail_next()")
LOG_IN = ask("email_send")._replace(
    grant_type="authorize", granted=None, token=None, also_issued=("code",)
)


@pytest.mark.parametrize(
    ("given", "step"),
    [
        pytest.param(
            case(scopes("email_send"), ask("email_send", error="invalid_client")),
            MEND,
            id="refused",
        ),
        pytest.param(
            case(scopes("email_send"), UNANSWERED),
            "Let the code ask again when no answer comes; or, if the test is about a log-in without"
            ' an answer, mark it @pytest.mark.mc_no_token(refused=True, reason="...").',
            id="not answered",
        ),
        pytest.param(
            case(scopes("email_send"), UNANSWERED, ask("email_send", error="invalid_client")),
            MEND,
            id="not answered, then refused",
        ),
        pytest.param(case(scopes("email_send"), LOG_IN), EXCHANGE, id="a code alone"),
        pytest.param(
            case(
                scopes("email_send"),
                LOG_IN._replace(also_issued=(), status=302, error="invalid_scope"),
                LOG_IN,
            ),
            f"{EXCHANGE} {MEND}",
            id="a code after a refusal",
        ),
        pytest.param(
            case(
                scopes("email_send"),
                LOG_IN._replace(also_issued=(), status=302, error="access_denied"),
            ),
            "The test lets the log-in fail, and then there is no token to judge by: let a log-in"
            f" succeed in it too, or, if it is a test of that, {REFUSAL}",
            id="the user says no",
        ),
        pytest.param(
            case(
                scopes("email_send"),
                LOG_IN,
                ask(None, error="invalid_grant")._replace(
                    grant_type="authorization_code",
                    presented="code",
                ),
            ),
            MEND,
            id="a code that was exchanged in vain",
        ),
        pytest.param(
            case(scopes("email_send"), own="issue_token", unpresented="tests/a.py::b"),
            "Let the code under test log in itself; a token of the test's own shows nothing of what"
            " it asks for. If it is always handed one, mark the test"
            " @pytest.mark.mc_no_token(reason=...).",
            id="the test's own token",
        ),
        pytest.param(
            case(scopes("email_send"), own_request="issue_token"),
            "Let the code under test log in itself; a token of the test's own shows nothing of what"
            " it asks for. If it is always handed one, mark the test"
            " @pytest.mark.mc_no_token(reason=...).",
            id="the test's own request",
        ),
        pytest.param(
            case(scopes("email_send"), own_request="admin"),
            "Point the code at mc_tenant.auth_url with mc_tenant.client_id and"
            " mc_tenant.client_secret; in another process, or with a library that mc_tenant does"
            " not answer, such as pycurl, give it those of mc_server; or, if it needs no token,"
            " mark the test @pytest.mark.mc_no_token(reason=...).",
            id="the secret of admin",
        ),
        pytest.param(
            case(scopes("email_send"), unpresented="tests/a.py::b"),
            "Let the test use the client that logged in; or, if it needs no token, mark the test"
            " @pytest.mark.mc_no_token(reason=...).",
            id="never presented",
        ),
        pytest.param(
            case(scopes("email_send")),
            "Point the code at mc_tenant.auth_url with mc_tenant.client_id and"
            " mc_tenant.client_secret; in another process, or with a library that mc_tenant does"
            " not answer, such as pycurl, give it those of mc_server; or, if it needs no token,"
            " mark the test"
            " @pytest.mark.mc_no_token(reason=...).",
            id="none arrived",
        ),
        pytest.param(
            case(scopes("email_send"), is_app=True),
            "Let a user log in to the app: give mc_tenant.authorize(url) the address that it sends"
            " the browser to, and let it follow the one that comes back, client.get(...). Point the"
            " code at mc_tenant.auth_url with mc_tenant.client_id and mc_tenant.client_secret; in"
            " another process, or with a library that mc_tenant does not answer, such as pycurl,"
            " give it those of mc_server; or, if it needs no token, mark the test"
            " @pytest.mark.mc_no_token(reason=...).",
            id="none arrived, of an app",
        ),
        pytest.param(
            case(scopes("email_send"), others=("my-old-one.auth.test",)),
            "Point the code at mc_tenant.auth_url (or, where it builds addresses, give it"
            " mc_tenant.subdomain) with mc_tenant.client_id and mc_tenant.client_secret; in another"
            " process, or with a library that mc_tenant does not answer, such as pycurl, give it"
            " those of mc_server; or, if it needs no token, mark the test"
            " @pytest.mark.mc_no_token(reason=...).",
            id="none arrived, and another host was called",
        ),
        pytest.param(
            case(NO_TOKEN, ask("email_send")),
            "Stop the code from asking, or replace mc_no_token by the scopes that it may ask for.",
            id="no token is expected",
        ),
        pytest.param(
            case(UNMARKED, ask("email_send")),
            'Say what it may ask for: @pytest.mark.mc_scopes(..., package="second").',
            id="a package without a mark",
        ),
    ],
)
def test_where_no_scopes_are_compared(given: Case, step: str) -> None:
    assert " ".join(advice(given)) == step


def for_users(request: TokenRequested, grant_type: str) -> TokenRequested:
    return request._replace(grant_type=grant_type, error="unauthorized_client", granted=None)


BEYOND = (
    'The package "integration" is assigned email_send, and not sms_read: leave it out of the'
    " request, or have it approved for the package and add it to mc_package(scopes=[...])."
)
OF_AN_APP = (
    'The package "integration" acts for users, and client_credentials is for one that acts for'
    " itself: let a user log in, mc_tenant.authorize(url), or, if it is no app, write"
    ' mc_package(type="server-to-server").'
)
TELLS_ITSELF = "Fix the token request: the answer's error tells what is wrong with it."


@pytest.mark.parametrize(
    ("request_", "step"),
    [
        (ask("email_send sms_read", assigned="email_send", error="invalid_scope"), BEYOND),
        (ask("email_send", assigned="email_send", error="invalid_scope"), TELLS_ITSELF),
        (ask("no_such", assigned="email_send", error="invalid_scope"), TELLS_ITSELF),
        (for_users(ask("email_send"), "client_credentials"), OF_AN_APP),
        (for_users(ask("email_send"), "authorization_code"), TELLS_ITSELF),
        (
            ask("sms_read", assigned="email_send", error="invalid_scope")._replace(package=None),
            TELLS_ITSELF,
        ),
    ],
    ids=["not assigned", "assigned", "no scope", "of an app", "another grant", "unknown client"],
)
def test_a_refusal_by_what_the_package_is(request_: TokenRequested, step: str) -> None:
    """The way out stands in the advice, and in the line under a failure of the test's own."""
    given = case(scopes("email_send"), request_)
    aborted = judge([given], aborted=True)
    assert f"{step} Or, if the test is about that refusal, {REFUSAL}" in advice(given)
    told = [each for each in aborted.remarks if each.startswith("until the test failed")]
    assert [each.endswith(f". {step.removesuffix('.')}") for each in told] == [step != TELLS_ITSELF]


def test_a_scope_to_request_is_said_once() -> None:
    """Of a call that was denied, the scope as a whole; not as "too", and then "instead"."""
    given = case(scopes("email_send"), ask("email_read"), call("email_send", "email_read"))
    assert advice(given) == [
        f'Request scope="email_send", as the marker declares; {DENY}"email_send"):'
    ]


def test_what_lets_a_request_be_denied_is_not_taken_for_the_same_advice() -> None:
    """Where more has to be said of the request than of the call, both stand there."""
    given = case(
        scopes("email_send", "at_least"), ask("email_read"), call("email_send", "email_read")
    )
    assert advice(given)[0].startswith("Request email_send too, as the marker declares; ")


def test_a_step_that_goes_on_in_a_sentence_begins_with_a_plain_word() -> None:
    """What a call is named by keeps its capitals."""
    given = case(scopes("email_read"), ask("email_read email_send"), call("email_send"))
    first, second = advise(judge([given]), {"integration": frozenset({"push_read"})})
    assert first.startswith("If this client serves one purpose: the call GET /needs/email_send ")
    assert second.startswith("If it asks with one token for everything: ")


@pytest.mark.parametrize(
    ("given", "steps"),
    [
        (case(scopes("email_send")), []),
        (case(scopes("email_send"), ask("email_send", error="invalid_client")), [TELLS_ITSELF]),
        (
            case(scopes("email_send"), ask("email_read email_send"), call("email_send")),
            ['Request scope="email_send" instead.'],
        ),
    ],
    ids=["no request", "a refused one", "excess"],
)
def test_what_is_used_of_another_tenant_is_the_first_thing_to_change(
    given: Case, steps: list[str]
) -> None:
    """Where no token came to this one for it, there is no mark to write."""
    used = ForeignUsed(what="client", name="x", built_by="a test")
    first, *more = advise(judge([given], [foreign_tenant(used)]))
    assert first.startswith("Build the client in a function-scoped fixture")
    assert more == steps


@pytest.mark.parametrize(
    ("given", "steps"),
    [
        (
            case(scopes("email_send")),
            ["Make a call in this block with the client, or open the block before it logs in."],
        ),
        (
            case(scopes("email_read email_send"), ask("email_send"), call("email_send")),
            [
                (
                    'Narrow this block to mc_tenant.judged("email_send"): the calls of this block'
                    " need no more."
                )
            ],
        ),
    ],
    ids=["nothing came", "narrower"],
)
def test_a_block_is_called_a_block(given: Case, steps: list[str]) -> None:
    block = replace(given.expectation, of_block=True)
    assert advice(replace(given, expectation=block)) == steps


def test_a_foreign_tenant() -> None:
    """Its finding brings its own step, told once for several."""
    used = [
        ForeignUsed(what="token", name="x", built_by="a test"),
        ForeignUsed(what="client", name="x", built_by="a test"),
    ]
    assert advise(judge([], [*map(foreign_tenant, used)])) == [
        (
            "Build the client in a function-scoped fixture from this test's mc_tenant, or give it a"
            " tenant of its own life: with mc_cloud.tenant() as tenant: ... in a fixture of the"
            " client's scope."
        )
    ]


def test_notes_need_no_advice() -> None:
    given = case(scopes("email_send"), ask("email_read email_send"), call("email_send"))
    assert advice(given, allow="MCS102") == []


@pytest.mark.parametrize(
    ("hosts", "parts"),
    [
        pytest.param(("rest",), "method and path", id="REST"),
        pytest.param(("soap",), "object type and operation", id="SOAP"),
        pytest.param(
            ("rest", "soap"), "method and path or object type and operation", id="REST and SOAP"
        ),
    ],
)
def test_an_unmapped_call_may_be_misspelt(hosts: tuple[HostKind, ...], parts: str) -> None:
    unmapped = replace(need("?", doubt="not in the catalogue"), mapped=False)
    calls = [call(unmapped)._replace(host=each) for each in hosts]
    given = case(scopes("email_send"), ask("email_send"), call("email_send"), *calls)
    verdict = judge([given], severities={"MCS203": "error"})
    assert advise(verdict) == [
        f"Compare {parts} with Marketing Cloud's documentation: such a call is not judged."
    ]


def test_several_packages_are_told_apart() -> None:
    one = case(scopes("email_send"), ask("email_send email_read"))
    two = case(scopes("push_read", package="second"), ask("push_read email_read"))
    assert advice(one, two) == [
        'Request scope="email_send" instead. [package "integration"]',
        'Request scope="push_read" instead. [package "second"]',
    ]


some_scopes = st.frozensets(st.sampled_from(IDS), max_size=3).map(sorted).map(" ".join)
minimal_sets = st.lists(some_scopes.map(lambda each: each or "-"), min_size=1, max_size=2)


@st.composite
def rows(draw: st.DrawFn) -> CallRequirements:
    doubt = draw(st.sampled_from(("", "", "inferred")))
    known = draw(minimal_sets.map("|".join))
    minimal = draw(st.sampled_from((known, "?"))) if doubt else known
    return need(minimal, doubt=doubt, tolerated=draw(some_scopes), explains=draw(some_scopes))


@pytest.mark.parametrize(
    ("taken_by", "step"),
    [
        pytest.param("", "Let the code ask for a token in this test, of mc_tenant or", id="none"),
        pytest.param(
            "pytest_httpx", "Mark the test @pytest.mark.httpx_mock(", id="by another tool"
        ),
    ],
)
def test_nothing_to_refuse(taken_by: str, step: str) -> None:
    """A test of a refusal needs a request: asked of the tenant, and not taken by another tool."""
    refused = Expectation(kind="no_token", refused=True)
    (first,) = advice(replace(case(refused), taken_by=taken_by))
    assert first.startswith(step)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A package, some requests, and calls with their tokens or with tokens of the test's own."""
    assigned = draw(some_scopes)
    requests = [
        ask(draw(st.none() | some_scopes), assigned=assigned)
        for _ in range(draw(st.integers(min_value=1, max_value=2)))
    ]
    tokens = [" ".join(sorted(each.granted or ())) for each in requests]
    if draw(st.booleans()):
        tokens.append(assigned)
    calls = [
        call(draw(rows()), draw(st.sampled_from(tokens)))
        for _ in range(draw(st.integers(min_value=0, max_value=3)))
    ]
    declared = draw(some_scopes.filter(bool))
    match: Match = draw(st.sampled_from(("exact", "at_most", "at_least")))
    mark = draw(st.sampled_from((scopes(declared, match), LEAST)))
    return case(mark, *requests, *calls, assigned=assigned)


def lists_in(steps: list[str]) -> list[frozenset[str]]:
    """Read every list of scopes that a step proposes to request, declare or assign."""
    text = " ".join(steps)
    requested = re.findall(r'scope="([^"]*)"', text)
    written = re.findall(r"(?:mc_scopes\(|scopes=\[)([^)\]]*)[)\]]", text)
    return [words(re.sub(r'[",]|\.\.\.', " ", each)) for each in (*requested, *written)]


quick_judge, quick_advise = unmeasured(judge), unmeasured(advise)
"""For whatever is drawn, where another property is measured."""


@given(cases())
def test_no_step_widens_rights(given: Case) -> None:
    """Whatever is proposed was declared by the marker, or requested already."""
    declared, requested = given.expectation.declared, given.observed.requested
    for proposed in lists_in(quick_advise(quick_judge([given]))):
        assert proposed <= declared or proposed <= requested
        assert not (proposed > declared and proposed > requested)


@given(cases())
def test_every_failure_says_what_to_do(given: Case) -> None:
    verdict = judge([given])
    assert bool(verdict.errors) == bool(advise(verdict))


@st.composite
def plain_cases(draw: st.DrawFn) -> Case:
    """Cases in which the marker, the package and the calls do not contradict each other."""
    drawn = draw(cases().filter(lambda each: each.observed.assigned))
    observed = drawn.observed
    declared = (drawn.expectation.declared & observed.assigned) or observed.assigned
    calls = tuple(each for each in observed.allowed if each.need.allows(declared))
    return replace(
        drawn,
        expectation=Expectation(kind="scopes", declared=declared),
        observed=replace(observed, calls=calls),
    )


@given(plain_cases())
def test_who_follows_it_passes(given: Case) -> None:
    """The marker and the request become what the first steps say, and the calls are made again."""
    steps = " ".join(advise(judge([given])))
    marker = re.search(r"Narrow the marker to @pytest.mark.mc_(?:scopes\(([^)]*)|least)", steps)
    request = re.search(r'Request scope="([^"]*)"', steps)
    quoted = marker and (marker[1] or "")
    declared = given.expectation.declared
    if quoted is not None:
        declared = words(re.sub(r'[",]', " ", quoted))
    asked = words(request[1]) if request else given.observed.requested
    calls = [call(each.need, " ".join(asked)) for each in given.observed.calls]
    mark = replace(given.expectation, declared=declared)
    assert quick_judge([case(mark, ask(" ".join(asked)), *calls)]).errors == ()


class TestLogIns:
    """What a log-in is to ask for, where only another one's calls use what it names."""

    @staticmethod
    def steps(mark: Expectation, *rows: str, asked: str = "email_read email_send") -> list[str]:
        two = words("email_read email_send")
        logins = [Login(scopes=two, named=two, tokens=frozenset({"two"}))]
        logins += [
            Login(scopes=words(each), named=words(each), tokens=frozenset({each}))
            for each in ("email_read", "email_send")
        ]
        calls = [call(each)._replace(token="two") for each in rows]
        calls += [call(each)._replace(token=each) for each in ("email_read", "email_send")]
        given = case(mark, ask(asked), *calls)
        return advice(replace(given, observed=replace(given.observed, logins=tuple(logins))))

    @pytest.mark.parametrize("mark", [scopes("email_read email_send"), LEAST], ids=lambda m: m.kind)
    def test_it_is_told_what_is_left(self, mark: Expectation) -> None:
        assert self.steps(mark, "email_send") == [
            (
                'In the log-in that asks for email_read email_send, request scope="email_send"'
                " alone: an app that steps up asks for the new scope alone. Or, if it is one client"
                " with one token for everything, say so:"
                ' @pytest.mark.mc_scopes("email_read", "email_send", match="at_most").'
            )
        ]

    def test_no_mark_is_offered_that_would_fail_too(self) -> None:
        """Not while more is asked for than the marker declares."""
        steps = self.steps(
            scopes("email_read email_send"), "email_send", asked="email_read email_send push_read"
        )
        assert steps == [
            (
                'In the log-in that asks for email_read email_send, request scope="email_send"'
                " alone: an app that steps up asks for the new scope alone."
            ),
            'Request scope="email_read email_send" instead.',
        ]

    def test_where_either_would_do_a_person_chooses(self) -> None:
        [step] = self.steps(scopes("email_read email_send"), "email_read | email_send")
        assert ", request only what its own calls need: an app" in step


def test_an_unreadable_request_is_to_be_sent_as_is_documented() -> None:
    broken = ask("", error="invalid_request")
    broken = broken._replace(scope=None, grant_type=None, unreadable="it is broken")
    [step] = advice(case(scopes("email_send", "at_most"), broken, ask("email_send")))
    assert step.startswith("Send the token request as JSON or as a urlencoded form, in UTF-8,")


@pytest.mark.parametrize(
    ("mark", "steps"),
    [
        pytest.param(scopes("email_send"), ['Request scope="email_send" instead.'], id="a list"),
        pytest.param(
            LEAST, ['Request scope="email_send push_read" instead.'], id="least privilege"
        ),
    ],
)
def test_the_line_to_request_has_the_id_that_was_meant(mark: Expectation, steps: list[str]) -> None:
    """It never has more than was meant, and under a list no more than is declared."""
    given = case(mark, ask("email_sent Push-Read", error="invalid_scope"))
    assert advice(given)[:-1] == steps
