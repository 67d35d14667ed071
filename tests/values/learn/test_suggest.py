"""From records to marks: what is in a line, what stands beside it, and when there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mcscopes.learn.suggest import suggest as suggest_from

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_mcscopes.evidence.record import (
        CallRecord,
        FoundRecord,
        PartRecord,
        Record,
        RequestRecord,
    )
    from pytest_mcscopes.learn.suggestion import Suggestion

    Requests = list[RequestRecord]

ALL = "email_read email_send email_write push_read push_write"


def ask(scope: str | None, *, assigned: str = ALL, refused: bool = False) -> RequestRecord:
    """A client_credentials request for these scopes; None: without `scope`."""
    requested = sorted((assigned if scope is None else scope).split())
    return {
        "grant_type": "client_credentials",
        "scope": scope,
        "null_scope": False,
        "unreadable": "",
        "is_probe": False,
        "requested": requested,
        "granted": None if refused else requested,
        "status": 400 if refused else 200,
        "error": "invalid_client" if refused else None,
        "user": None,
    }


def for_user(
    scope: str | None, exchange: str | None = None, *, user: str = "Ada", assigned: str = ALL
) -> Requests:
    """A user's log-in to a web app, and the exchange of its code; None: without `scope`."""
    log_in: RequestRecord = {
        **ask(scope, assigned=assigned),
        "grant_type": "authorize",
        "granted": None,
        "user": user,
    }
    held = " ".join(log_in["requested"]) if exchange is None else exchange
    exchanged: RequestRecord = {
        **ask(held, assigned=assigned),
        "grant_type": "authorization_code",
        "scope": exchange,
        "user": user,
    }
    return [log_in, exchanged]


def call(
    needs: str | None,
    carried: str = ALL,
    *,
    doubt: str = "",
    may_need: str = "",
    mapped: bool = True,
    authenticated: bool = True,
    near: tuple[str, ...] = (),
    user_denied: str = "",
    own: bool = False,
    login: int | None = 0,
) -> CallRecord:
    """A call on a row: `a b | c` is a and b, or c; `-` is nothing; None is not known."""
    sets = [] if needs is None else [each.split() for each in needs.replace("-", "").split("|")]
    enough = [each for each in sets if {*each} <= {*carried.split()}]
    denied = authenticated and bool(sets) and not enough
    route = f"/{(needs or 'unknown').replace(' ', '')}"
    return {
        "host": "rest",
        "method": "GET",
        "route": route,
        "status": 403 if denied else 200,
        "used": enough[0] if authenticated and enough and not user_denied else [],
        "lacks": [],
        "may_need": may_need.split(),
        "missing_permissions": [],
        "need": {
            "label": f"GET {route}",
            "minimal_sets": sets,
            "tolerated": [] if doubt else may_need.split(),
            "explains": may_need.split() if doubt else [],
            "mapped": mapped,
            "confidence": doubt or "documented",
            "doubt": doubt,
            "near_misses": [*near],
        },
        "granted": carried.split() if authenticated else None,
        "scope_denied": denied,
        "user_denied": bool(user_denied),
        "user": user_denied or None,
        "own": own,
        "login": login,
    }


def part(
    requests: list[RequestRecord],
    calls: list[CallRecord],
    **more: Any,  # noqa: ANN401 - of its keys
) -> PartRecord:
    return {
        "package": "integration",
        "mark_names": None,
        "assigned": ALL.split(),
        "everything": False,
        "requests": requests,
        "inherited": [],
        "calls": calls,
        "logins": [],
        "dropped": False,
        "refused": False,
        "own_tokens": [],
        **more,  # type: ignore[typeddict-item]  # of its keys
    }


def record(
    *parts: PartRecord,
    test: str = "test_a.py::test_a",
    **more: Any,  # noqa: ANN401 - of its keys
) -> Record:
    return {
        "test": test,
        "aborted": False,
        "set_by_marks": True,
        "own_packages": [],
        "marks": [],
        "parts": [*parts],
        "errors": [],
        **more,  # type: ignore[typeddict-item]  # of its keys
    }


def error(rule: str, *scopes: str, package: str = "integration") -> FoundRecord:
    return {"rule": rule, "severity": "error", "scopes": [*scopes], "package": package}


def suggest(records: Iterable[Record]) -> list[Suggestion]:
    """The suggestions for tests, given in any order."""
    known = sorted(records, key=lambda record: record["test"])
    return [*suggest_from(lambda: known).tests]


def only(*parts: PartRecord, **more: Any) -> Suggestion:  # noqa: ANN401 - of a record's keys
    """The suggestion for one test."""
    (suggestion,) = suggest([record(*parts, **more)])
    return suggestion


SEND = call("email_send")
SCOPES = "@pytest.mark.mc_scopes"
DOUBTFUL = call("push_read", doubt="AND/OR unstated", may_need="push_read push_write")
BARRED = call("push_read", may_need="push_read", user_denied="Grace")
OFFLINE = {"assigned": [*ALL.split(), "offline"]}
"""Of a package that may have refresh tokens outlive a log-out."""


@pytest.mark.parametrize(
    ("parts", "lines"),
    [
        pytest.param(
            [part([ask("email_send")], [SEND])], [f'{SCOPES}("email_send")'], id="what was used"
        ),
        pytest.param(
            [part([ask("email_send offline")], [SEND], mark_names="mails")],
            [f'{SCOPES}("email_send", package="mails")'],
            id="of a package by name",
        ),
        pytest.param(
            [part([ask(None)], [SEND, call("email_read")])],
            [
                '@pytest.mark.mc_package(scopes=["email_read", "email_send"])',
                f'{SCOPES}("email_read", "email_send")',
            ],
            id="scope left out",
        ),
        pytest.param(
            [part([ask(None)], [SEND], package="mails")],
            [
                '@pytest.mark.mc_package(name="mails", scopes=["email_send"])',
                f'{SCOPES}("email_send")',
            ],
            id="scope left out, of a package with a name",
        ),
        pytest.param(
            [part([ask(None, assigned="email_send")], [SEND], assigned=["email_send", "offline"])],
            [f'{SCOPES}("email_send")'],
            id="scope left out where that is the minimum",
        ),
        pytest.param(
            [part([ask("")], [call("-")])],
            ["@pytest.mark.mc_least_privilege"],
            id="nothing is needed",
        ),
        pytest.param(
            [part([ask("")], [call("-")], mark_names="mails")],
            ['@pytest.mark.mc_least_privilege(package="mails")'],
            id="nothing is needed of a named package",
        ),
        pytest.param(
            [part([], [SEND], own_tokens=["issue_token"])],
            ['@pytest.mark.mc_no_token(reason="is handed a token")'],
            id="handed a token",
        ),
        pytest.param(
            [
                part([ask("email_send")], [SEND], mark_names="mails"),
                part([ask("push_read")], [call("push_read")], mark_names="pushes"),
                part([], [SEND], package="other", own_tokens=["arrange"]),
            ],
            [
                f'{SCOPES}("email_send", package="mails")',
                f'{SCOPES}("push_read", package="pushes")',
            ],
            id="two packages, and one whose token was handed over",
        ),
        pytest.param(
            [part([ask("email_send")], [SEND, call(None, mapped=False, doubt="x", may_need=ALL)])],
            [f'{SCOPES}("email_send")'],
            id="an unmapped call adds nothing",
        ),
        pytest.param(
            [part([ask("email_send")], [SEND, call("email_read", "email_send")])],
            [f'{SCOPES}("email_send")'],
            id="a denied call adds nothing",
        ),
        pytest.param(
            [part([ask("push_read")], [call("email_read | push_read")])],
            [f'{SCOPES}("push_read")'],
            id="of a tie what was requested",
        ),
        pytest.param(
            [part([ask("email_send push_read")], [SEND, call("push_read", own=True)])],
            [f'{SCOPES}("email_send")'],
            id="what the test's own token was used for",
        ),
        pytest.param(
            [part([ask("email_send")], [SEND, BARRED])],
            [f'{SCOPES}("email_send")'],
            id="what a user may not do adds nothing",
        ),
        pytest.param(
            [part([ask("email_send")], [SEND, call("email_send", user_denied="Grace")])],
            [f'{SCOPES}("email_send")'],
            id="what one user may do and another may not",
        ),
        pytest.param(
            [part(for_user("email_send offline"), [SEND])],
            [f'{SCOPES}("email_send")'],
            id="of a user, by name",
        ),
        pytest.param(
            [part(for_user(None), [SEND])],
            ['@pytest.mark.mc_package(scopes=["email_send"])', f'{SCOPES}("email_send")'],
            id="of a user, scope left out",
        ),
        pytest.param(
            [part(for_user(None, assigned=f"{ALL} offline"), [SEND], **OFFLINE)],
            [
                '@pytest.mark.mc_package(scopes=["email_send", "offline"])',
                f'{SCOPES}("email_send")',
            ],
            id="of a user, scope left out of a package with offline",
        ),
        pytest.param(
            [part([ask(None, assigned=f"{ALL} offline")], [SEND], **OFFLINE)],
            ['@pytest.mark.mc_package(scopes=["email_send"])', f'{SCOPES}("email_send")'],
            id="offline is of no use without a user",
        ),
        pytest.param(
            [part(for_user(ALL)[1:], [SEND])],
            [f'{SCOPES}("email_send")'],
            id="of a user whose log-in was arranged",
        ),
    ],
)
def test_lines(parts: list[PartRecord], lines: list[str]) -> None:
    """What is pasted is what calls on trusted rows used."""
    assert list(only(*parts).lines) == lines


@pytest.mark.parametrize(
    ("requests", "calls", "more", "first"),
    [
        pytest.param([ask("email_send")], [SEND], {}, [], id="nothing"),
        pytest.param(
            [ask("email_send email_read push_read")],
            [SEND],
            {},
            ['request scope="email_send": no call used email_read push_read'],
            id="too much by name",
        ),
        pytest.param(
            [ask("email_send offline")],
            [SEND],
            {},
            ['request scope="email_send": no call used offline'],
            id="a scope of a flow that is not used",
        ),
        pytest.param(
            [ask("email_send offline") | {"grant_type": "authorize"}],
            [SEND],
            {},
            [],
            id="a scope of the flow that is used",
        ),
        pytest.param(
            [ask("email_send push_read email_read")],
            [SEND, DOUBTFUL, DOUBTFUL],
            {},
            [
                'request scope="email_send push_read": no call used email_read',
                (
                    "push_read is requested too, and GET /push_read (doubtful: AND/OR unstated) may"
                    " need it: add it to the line if your own tenant shows so, or else stop"
                    " requesting it"
                ),
            ],
            id="a doubtful call may need it",
        ),
        pytest.param(
            [ask("email_send push_read")],
            [SEND, call("push_read", "email_send", may_need="push_read")],
            {},
            ['request scope="email_send": no call used push_read'],
            id="a denied call tolerates nothing",
        ),
        pytest.param(
            [ask(None), ask("email_send")],
            [SEND],
            {},
            [
                (
                    'request scope="email_send" each time, on renewal too: without scope'
                    " everything assigned is asked for"
                )
            ],
            id="left out and named",
        ),
        pytest.param(
            [ask(None)],
            [SEND],
            {"dropped": True, "assigned": ["email_send"]},
            [
                (
                    'request scope="email_send" each time, on renewal too: without scope'
                    " everything assigned is asked for"
                )
            ],
            id="dropped",
        ),
        pytest.param(
            [ask(None)],
            [SEND, DOUBTFUL, call("email_send", doubt="x")],
            {},
            [
                (
                    "GET /push_read (doubtful: AND/OR unstated) may need more than the package"
                    " would have: add what your own tenant shows that it needs"
                )
            ],
            id="a narrow package and a doubtful call",
        ),
        pytest.param(
            [ask(None)],
            [
                SEND,
                BARRED,
                call("email_send", user_denied="Grace"),
                call("push_read", "email_send"),
                call("push_read", authenticated=False),
                call(None, mapped=False, doubt="x"),
            ],
            {},
            [
                (
                    "GET /push_read (documented) needs more than the package would have, and would"
                    ' be denied for that: add push_read if the denial to user "Grace" is what you'
                    " test"
                )
            ],
            id="a narrow package and what a user may not do",
        ),
        pytest.param(
            [ask("email_send push_read")],
            [SEND, BARRED],
            {},
            [
                (
                    'push_read is requested too, and user "Grace" may not do GET /push_read'
                    " (documented): let a user make that call who may, or else stop requesting it"
                )
            ],
            id="what a user may not do may need it",
        ),
        pytest.param(
            for_user("email_send email_read offline"),
            [SEND],
            {},
            ['request scope="email_send offline": no call used email_read'],
            id="of a user, too much by name",
        ),
        pytest.param(
            for_user("email_send email_read")[1:] + for_user("push_read", user="Grace")[1:],
            [SEND],
            {},
            [],
            id="what was asked for in a log-in that is not judged",
        ),
        pytest.param(
            for_user(None, "email_send"),
            [SEND],
            {},
            [
                (
                    'request scope="email_send" at each log-in: without scope everything assigned'
                    " is asked for"
                )
            ],
            id="of a user, left out at the log-in and named in the exchange",
        ),
        pytest.param(
            [*for_user(None), ask("email_send")],
            [SEND],
            {"dropped": True},
            [
                (
                    'request scope="email_send" at each log-in: without scope everything assigned'
                    " is asked for"
                )
            ],
            id="of a user, dropped",
        ),
    ],
)
def test_first(
    requests: list[RequestRecord], calls: list[CallRecord], more: dict[str, Any], first: list[str]
) -> None:
    """What keeps the test from passing with the line is told as a step, never by a wider line."""
    suggestion = only(part(requests, calls, **more))
    assert list(suggestion.first) == first
    assert suggestion.lines[-1] == f'{SCOPES}("email_send")'


LENIENT = f'{SCOPES}("email_send", match="at_least")'
MORE_THAN_NEEDED = ask("email_read email_send")


@pytest.mark.parametrize(
    ("parts", "more", "lines"),
    [
        pytest.param([part([MORE_THAN_NEEDED], [SEND])], {}, [LENIENT], id="too much"),
        pytest.param(
            [part([ask(None)], [SEND])], {"set_by_marks": False}, [LENIENT], id="scope left out"
        ),
        pytest.param([part([ask("email_send")], [SEND])], {}, [], id="just what it needs"),
        pytest.param([part([MORE_THAN_NEEDED], [call("-")])], {}, [], id="nothing is needed"),
        pytest.param(
            [part([MORE_THAN_NEEDED], [SEND])],
            {"errors": [error("MCS201", "push_read")]},
            [],
            id="another error",
        ),
        pytest.param(
            [part([MORE_THAN_NEEDED], [SEND, call("push_read", "email_read email_send")])],
            {},
            [],
            id="a call that is denied",
        ),
        pytest.param(
            [
                part([MORE_THAN_NEEDED], [SEND]),
                part([ask("push_read")], [call("push_read")], package="p", mark_names="p"),
            ],
            {},
            [LENIENT, f'{SCOPES}("push_read", match="at_least", package="p")'],
            id="two packages",
        ),
        pytest.param(
            [
                part([MORE_THAN_NEEDED], [SEND]),
                part([MORE_THAN_NEEDED], [call("-")], package="p", mark_names="p"),
            ],
            {},
            [],
            id="one of two needs nothing",
        ),
    ],
)
def test_what_it_passes_with_as_it_is(
    parts: list[PartRecord], more: dict[str, Any], lines: list[str]
) -> None:
    """Asking for too much is a note by these marks; where more is wrong there are none."""
    assert [*only(*parts, **more).leniently] == lines


@pytest.mark.parametrize(
    ("more", "lines", "first"),
    [
        pytest.param(
            {"set_by_marks": False},
            [f'{SCOPES}("email_send")'],
            'request scope="email_send", or build the tenant with'
            ' mc_cloud.tenant(scopes=["email_send"])',
            id="tenant of a fixture",
        ),
        pytest.param(
            {"own_packages": ["integration"]},
            [f'{SCOPES}("email_send")'],
            'request scope="email_send", or change the test\'s mc_package to scopes=["email_send"]',
            id="a mark on the test itself",
        ),
    ],
)
@pytest.mark.parametrize(
    "requests", [[ask(None)], for_user(None)], ids=["for itself", "for a user"]
)
def test_a_package_that_no_new_mark_can_set(
    requests: Requests, more: dict[str, Any], lines: list[str], first: str
) -> None:
    """No second mc_package is suggested for one place, and none that would do nothing."""
    suggestion = only(part(requests, [SEND]), **more)
    assert list(suggestion.lines) == lines
    assert suggestion.first == (first,)


DENIED = call("email_read", "email_send")
MAY_NOT = BARRED | {"missing_permissions": ["9 Push Send"]}
NEEDS = "documented) needs"
LACKED = "which its token lacked"
GRACE_LACKS = 'what user "Grace" lacks: 9 Push Send'
GET_IT = (
    "get the scope, drop the call or, if the denial is what you test, add"
    ' @pytest.mark.mc_allow("MCS201", reason="...")'
)
HIDE_IT = (
    "hide what the user may not do, let a user make the call who may or, if the denial is what you"
    ' test, add @pytest.mark.mc_allow("MCS204", reason="...")'
)
REFUSED_TOKEN = "no token granted: every token request was refused (400 invalid_client)"


@pytest.mark.parametrize(
    ("errors", "calls", "first"),
    [
        pytest.param([error("MCS106", "push_read")], [], (), id="told by what to request"),
        pytest.param(
            [error("MCS107"), error("MCS107")],
            [],
            ("MCS107 foreign tenant (mcscopes explain MCS107)",),
            id="by the rule's name, once",
        ),
        pytest.param(
            [error("MCS201", "email_read"), error("MCS301")],
            [DENIED, DENIED | {"login": 1}, call("push_read", "email_send")],
            (
                f"MCS201 denied call: GET /email_read ({NEEDS} email_read, {LACKED}; {GET_IT}",
                "MCS301 secret in url (mcscopes explain MCS301)",
            ),
            id="a denied call, of several the one that it is about",
        ),
        pytest.param(
            [error("MCS204")],
            [MAY_NOT],
            (f"MCS204 user may not: GET /push_read ({NEEDS} {GRACE_LACKS}; {HIDE_IT}",),
            id="a user who may not",
        ),
        pytest.param(
            [error("MCS201", "email_write", package="other")],
            [DENIED],
            (f"MCS201 denied call: email_write (mcscopes explain MCS201); {GET_IT}",),
            id="of a package that no part is of",
        ),
        pytest.param(
            [error("MCS999")],
            [],
            ("MCS999 a rule of a newer version (mcscopes explain MCS999)",),
            id="of a newer version",
        ),
    ],
)
def test_errors_that_no_list_of_scopes_mends(
    errors: list[FoundRecord], calls: list[CallRecord], first: tuple[str, ...]
) -> None:
    """They are told first, as far as the record has what it takes."""
    assert only(part([ask("email_send")], [SEND, *calls]), errors=errors).first == first


def test_a_doubtful_denial_is_no_error() -> None:
    """A trusted one beside it is told alone, and so is what a user may not do."""
    doubtful = call("email_read", "email_send", doubt="x")
    calls = [SEND, DENIED, doubtful, MAY_NOT, MAY_NOT | {"need": DOUBTFUL["need"]}]
    errors = [error("MCS201", "email_read"), error("MCS204")]
    steps = only(part([ask("email_send")], calls), errors=errors).first
    assert [each.partition(" needs ")[0] for each in steps] == [
        "MCS201 denied call: GET /email_read (documented)",
        "MCS204 user may not: GET /push_read (documented)",
    ]


def test_a_request_that_cannot_be_read() -> None:
    """Its reason is in the record."""
    unreadable: RequestRecord = {**ask(None), "grant_type": None, "unreadable": "broken JSON"}
    made = only(part([unreadable, ask("email_send")], [SEND]), errors=[error("MCS110")])
    assert made.first == ("MCS110 unreadable token request: broken JSON",)


LEFT_CODE: RequestRecord = {**for_user("email_send")[0], "status": 302}
UNASSIGNED: RequestRecord = {**ask("sms_read", refused=True), "error": "invalid_scope"}
UNANSWERED: RequestRecord = {**ask("email_send", refused=True), "status": 0, "error": "time-out"}


@pytest.mark.parametrize(
    ("requests", "why"),
    [
        pytest.param([ask("a", refused=True)] * 2, REFUSED_TOKEN, id="refused"),
        pytest.param(
            [UNASSIGNED, UNANSWERED],
            "no token granted: every token request was refused (400 invalid_scope: sms_read not"
            " assigned; no answer: time-out)",
            id="for two reasons",
        ),
        pytest.param(
            [LEFT_CODE],
            "no token granted: a code was issued and never exchanged",
            id="a code that was left",
        ),
        pytest.param(
            [LEFT_CODE, ask("a", refused=True)],
            "no token granted: a code was issued and never exchanged; every other request was"
            " refused (400 invalid_client)",
            id="a code that was left, and a refusal",
        ),
    ],
)
def test_why_no_token_was_granted(requests: Requests, why: str) -> None:
    """There is no line then, and the reason is told."""
    assert only(part(requests, []), errors=[error("MCS105")]).why_not == why


def test_steps_of_two_packages() -> None:
    """Each step names its package."""
    mails = part([ask("email_send email_read")], [SEND], package="mails", mark_names="mails")
    suggestion = only(mails, part([ask("email_send")], [SEND], package="b", mark_names="b"))
    assert suggestion.first == (
        'request scope="email_send": no call used email_read [package "mails"]',
    )


@pytest.mark.parametrize(
    ("parts", "more", "why_not"),
    [
        pytest.param(
            [part([ask("email_send")], [SEND])],
            {"aborted": True},
            "the test failed by itself, so it may have been about to do more",
            id="failed",
        ),
        pytest.param(
            [
                part([ask("email_send", refused=True)], []),
                part([ask("email_send")], [SEND], package="b"),
            ],
            {"errors": [error("MCS105")]},
            REFUSED_TOKEN,
            id="refused to one package",
        ),
        pytest.param(
            [part([ask("email_send", refused=True)], [], refused=True)],
            {"aborted": True},
            "the test failed by itself, so it may have been about to do more",
            id="refused, then failed",
        ),
        pytest.param(
            [part([], [call("email_send", authenticated=False)])],
            {},
            "no token was asked for, and none that lives was presented",
            id="no token",
        ),
        pytest.param(
            [part([ask("email_send")], [])],
            {},
            'no call was made with package "integration", so its minimum is not shown',
            id="no call",
        ),
        pytest.param(
            [part([ask("email_send")], [call("email_read", "email_send")])],
            {},
            'no call was allowed with package "integration", so its minimum is not shown',
            id="denied",
        ),
        pytest.param(
            [part(for_user("push_read"), [BARRED])],
            {},
            'no call was allowed with package "integration", so its minimum is not shown',
            id="what the user may not do",
        ),
        pytest.param(
            [part([ask("email_send")], [SEND]), part([ask("push_read")], [DOUBTFUL], package="b")],
            {},
            "the catalogue is sure of no call that was made with package"
            ' "b", so its minimum is not shown',
            id="doubtful, of one package",
        ),
    ],
)
def test_no_line(parts: list[PartRecord], more: dict[str, Any], why_not: str) -> None:
    """Where nothing trusted shows the minimum there is no line, and the reason is told."""
    suggestion = only(*parts, **more)
    assert (suggestion.lines, suggestion.why_not) == ((), why_not)


@pytest.mark.parametrize(
    ("requests", "calls", "told"),
    [
        pytest.param([ask("email_send")], [SEND], [], id="nothing"),
        pytest.param(
            [ask("email_send")],
            [SEND, DOUBTFUL, call("push_read", doubt="y", may_need=f"{ALL} offline openid")],
            [
                "GET /push_read (doubtful: AND/OR unstated) may need push_read push_write",
                "GET /push_read (doubtful: y) may need any of 7 scopes",
            ],
            id="doubtful",
        ),
        pytest.param(
            [ask("email_send")],
            [
                SEND,
                call(None, mapped=False, doubt="x", near=("GET /known",)),
                call(None, mapped=False, doubt="x"),
            ],
            [
                "GET /unknown is not in the catalogue; near: GET /known",
                "GET /unknown is not in the catalogue",
            ],
            id="unmapped",
        ),
        pytest.param(
            [ask("email_send")],
            [SEND, call("email_read | push_read", "email_send")],
            [
                (
                    "GET /email_read|push_read (documented) needs email_read or push_read,"
                    " which its token lacked"
                )
            ],
            id="denied",
        ),
        pytest.param(
            [ask("email_send push_read")],
            [call("email_send | push_read")],
            [f'as few would do: {SCOPES}("email_send")'],
            id="tie",
        ),
        pytest.param(
            for_user("email_send"),
            [SEND, call("email_send", user_denied="Grace"), DOUBTFUL, DOUBTFUL | {"user": "Ada"}],
            [
                (
                    'user "Grace" may not do GET /email_send (documented), so it shows nothing'
                    " of the scopes that it needs; if a user makes the call who may, it does"
                ),
                "GET /push_read (doubtful: AND/OR unstated) may need push_read push_write",
            ],
            id="two users",
        ),
        pytest.param(
            [ask("email_read email_send")],
            [
                call("email_read | push_read", "email_read email_send"),
                call("email_send | push_read", "email_read email_send"),
            ],
            [
                (
                    "the calls could do with push_read, which was not granted; whether that is"
                    " the lesser right is for a person to decide"
                )
            ],
            id="fewer that were not granted",
        ),
        pytest.param(
            [ask("email_send")],
            [SEND, call("push_read", own=True)],
            [
                (
                    "GET /push_read: called with a token of the test's own, which shows nothing"
                    " of the code"
                )
            ],
            id="the test's own token",
        ),
        pytest.param(
            [ask(None)],
            [SEND],
            [
                (
                    "the client sends no scope, so the package has to be narrow, the real one"
                    ' too; or send scope="email_send" and leave out'
                    ' @pytest.mark.mc_package(scopes=["email_send"])'
                )
            ],
            id="no scope sent",
        ),
    ],
)
def test_beside(requests: list[RequestRecord], calls: list[CallRecord], told: list[str]) -> None:
    """Ties, doubts and what else a person should know stands beside the line."""
    assert [*only(part(requests, calls)).caveats] == told


def test_what_shows_it() -> None:
    """Each call on a trusted row with the scopes of the line that it used, once."""
    calls = [call("email_send | push_read"), call("-"), call("-"), DOUBTFUL]
    suggestion = only(part([ask("push_read")], calls))
    assert [(each.scopes, each.call) for each in suggestion.shown_by] == [
        (("push_read",), "GET /email_send|push_read"),
        ((), "GET /-"),
    ]


READ = [call("email_read")]
BOTH = "email_read email_send"
UNION = f'{SCOPES}("email_read", "email_send", match="at_most")'


@pytest.mark.parametrize(
    ("records", "lines"),
    [
        pytest.param(
            [
                record(part([ask(BOTH)], [SEND])),
                record(part([ask(BOTH)], READ), test="test_a.py::test_b"),
            ],
            [UNION, UNION],
            id="one client for everything",
        ),
        pytest.param(
            [
                record(part([ask(BOTH)], [SEND])),
                record(part([ask(BOTH)], READ), test="test_b.py::test_a"),
            ],
            [f'{SCOPES}("email_send")', f'{SCOPES}("email_read")'],
            id="not over files",
        ),
        pytest.param(
            [
                record(part([ask(BOTH)], [SEND])),
                record(part([ask("email_read")], READ), test="test_a.py::test_b"),
            ],
            [f'{SCOPES}("email_send")', f'{SCOPES}("email_read")'],
            id="a client per purpose",
        ),
        pytest.param(
            [
                record(part([ask(f"{BOTH} push_read")], [SEND])),
                record(part([ask(f"{BOTH} push_read")], READ), test="test_a.py::test_b"),
            ],
            [UNION, UNION],
            id="no more than they used together",
        ),
        pytest.param(
            [
                record(part([ask(BOTH)], [SEND])),
                record(part([ask(BOTH)], [SEND]), test="test_a.py::test_b"),
            ],
            [f'{SCOPES}("email_send")'] * 2,
            id="all use the same",
        ),
        pytest.param(
            [
                record(part([ask(BOTH)], [SEND])),
                record(part([ask(BOTH)], READ), test="test_a.py::test_b", aborted=True),
            ],
            [f'{SCOPES}("email_send")', ""],
            id="a test that failed speaks for none",
        ),
        pytest.param(
            [
                record(part([ask(None)], [SEND]), set_by_marks=False),
                record(part([ask(None)], READ), set_by_marks=False, test="test_a.py::test_b"),
            ],
            [UNION, UNION],
            id="a tenant of a fixture, scope left out",
        ),
        pytest.param(
            [
                record(part([ask(None)], [SEND])),
                record(part([ask(None)], READ), test="test_a.py::test_b"),
            ],
            [
                f'@pytest.mark.mc_package(scopes=["{each}"]) {SCOPES}("{each}")'
                for each in ("email_send", "email_read")
            ],
            id="tenants of their own, scope left out",
        ),
    ],
)
def test_tests_that_share_what_they_ask_for(records: list[Record], lines: list[str]) -> None:
    """Where the code asks once for all that a file's tests need, the union is an upper bound."""
    assert [" ".join(each.lines) for each in suggest(reversed(records))] == lines


def test_what_other_files_use_is_told() -> None:
    """A client may be shared over files: that is said, and widens no line."""
    asks = ask(f"{BOTH} push_read")
    suggestions = suggest(
        [
            record(part([asks], [SEND])),
            record(part([asks], READ), test="test_b.py::test_a"),
            record(part([ask("push_read")], [call("push_read")]), test="test_c.py::test_a"),
        ]
    )
    told = (
        'request scope="{}": no call used {}; tests of other files that ask for the same used {}:'
        ' if they share the client, list all that they use together, match="at_most"'
    )
    assert [each.first for each in suggestions] == [
        (told.format("email_send", "email_read push_read", "email_read"),),
        (told.format("email_read", "email_send push_read", "email_send"),),
        (),
    ]


def test_sharing_is_told() -> None:
    """The line holds more than the one test used, so it says whose calls used the rest."""
    shared = suggest(
        record(part([ask(BOTH)], [each]), test=f"test_a.py::test_{number}")
        for number, each in enumerate([SEND, *READ])
    )
    assert [each.caveats for each in shared] == [
        ("2 tests of this file ask for the same scopes, and used these",)
    ] * 2


@pytest.mark.parametrize(
    ("tests", "places"),
    [
        pytest.param({"test_a": "email_send"}, ["test"], id="alone"),
        pytest.param(
            {"test_a[1]": "push_read", "test_a[2]": "email_send"},
            ["parameter set"] * 2,
            id="sets differ",
        ),
        pytest.param(
            {"test_a[1]": "email_send", "test_a[2]": ""},
            ["parameter set"],
            id="one set talks to nobody",
        ),
        pytest.param({"test_a": "push_read", "test_b": "email_send"}, ["test"] * 2, id="tests"),
        pytest.param(
            {"test_a[1]": "email_send", "test_a[2]": "email_send"},
            ['pytestmark = pytest.mark.mc_scopes("email_send")'] * 2,
            id="alike",
        ),
        pytest.param({"test_a": "email_send", "test_b": ""}, ["test"], id="a test without traffic"),
    ],
)
def test_places(tests: dict[str, str], places: list[str]) -> None:
    """A line is for a test, a parameter set, or once for a file whose tests are all alike."""
    records = [
        record(*([part([ask(scope)], [call(scope)])] if scope else []), test=f"test_a.py::{name}")
        for name, scope in tests.items()
    ]
    assert [each.once or each.on for each in suggest(records)] == places


def test_two_marks_once_for_a_file() -> None:
    """They are written as a list."""
    records = [
        record(part([ask(None)], [SEND]), test=f"test_a.py::{name}")
        for name in ("test_a", "test_b")
    ]
    assert {each.once for each in suggest(records)} == {
        (
            'pytestmark = [pytest.mark.mc_package(scopes=["email_send"]),'
            ' pytest.mark.mc_scopes("email_send")]'
        )
    }


def test_a_file_of_an_app_has_its_package_set() -> None:
    """A second mc_package for all the file may be an error, so it stands above each test only."""
    records = [
        record(part(for_user(None), [SEND]), test=f"test_a.py::{name}")
        for name in ("test_a", "test_b")
    ]
    assert [(len(each.lines), each.once) for each in suggest(records)] == [(2, "")] * 2
    named = [
        record(part(for_user("email_send"), [SEND]), test=f"test_a.py::{name}")
        for name in ("test_a", "test_b")
    ]
    assert {each.once for each in suggest(named)} == {
        'pytestmark = pytest.mark.mc_scopes("email_send")'
    }


REFUSED = part([ask("email_send", refused=True)], [], refused=True)
WHY = {"errors": [error("MCS105")]}
REFUSAL = '@pytest.mark.mc_no_token(refused=True, reason="a test of the refusal"'


def test_a_test_of_a_refusal() -> None:
    """Where every request was refused the mark says just that, if that is what is tested."""
    suggestion = only(REFUSED, **WHY)
    assert suggestion.lines == (f"{REFUSAL})",)
    caution = f"if the test is about this: {REFUSED_TOKEN}"
    assert suggestion.caveats == (caution,)
    assert (suggestion.first, suggestion.as_marked) == ((), False)
    named: PartRecord = {**REFUSED, "package": "mails", "mark_names": "mails"}
    assert only(REFUSED, named, **WHY).lines == (f"{REFUSAL})", f'{REFUSAL}, package="mails")')


@pytest.mark.parametrize(
    ("marks", "more", "marked"),
    [
        pytest.param([("no_token", True)], [], True, id="marked so"),
        pytest.param([("no_token", False)], [], False, id="marked to ask for nothing"),
        pytest.param([], [], False, id="not marked"),
        pytest.param([("no_token", True)], [error("MCS301")], False, id="other errors"),
    ],
)
def test_a_marked_test_of_a_refusal(
    marks: list[tuple[str, bool]], more: list[FoundRecord], *, marked: bool
) -> None:
    """It is marked so only where the mark expects refusals, and nothing else fails it."""
    written = [{**mark(kind), "refused": refused} for kind, refused in marks]
    suggestion = only(REFUSED, marks=written, errors=[*WHY["errors"], *more])
    assert suggestion.as_marked is marked
    told = ("MCS301 secret in url (mcscopes explain MCS301)",)
    assert suggestion.first == (told if more else ())
    replaces = any(text.startswith("in place of ") for text in suggestion.caveats)
    assert replaces == (bool(marks) and not marked)


def mark(kind: str, declared: str = "", match: str = "exact") -> dict[str, Any]:
    return {
        "kind": kind,
        "declared": declared.split(),
        "match": match,
        "refused": False,
        "package": None,
        "origin": f"@pytest.mark.mc_{kind}, test_a.py:5",
    }


@pytest.mark.parametrize(
    ("marks", "scope", "marked"),
    [
        pytest.param([], "email_send", False, id="none"),
        pytest.param([mark("scopes", "email_send")], "email_send", True, id="the same"),
        pytest.param([mark("scopes", "email_send", "at_most")], "email_send", False, id="looser"),
        pytest.param([mark("scopes", BOTH)], "email_send", False, id="wider"),
        pytest.param([mark("least_privilege")], "email_send", True, id="the minimum"),
        pytest.param([mark("no_token")], "email_send", False, id="no token"),
        pytest.param(
            [mark("scopes", "email_send") | {"package": "b"}], "email_send", False, id="another's"
        ),
        pytest.param(
            [mark("scopes", "email_send") | {"package": "integration"}],
            "email_send",
            True,
            id="by name",
        ),
        pytest.param([mark("scopes", "email_send")], BOTH, False, id="and fails"),
        pytest.param([mark("scopes", "email_send")], None, False, id="and needs a package"),
    ],
)
def test_as_marked(marks: list[dict[str, Any]], scope: str | None, *, marked: bool) -> None:
    """A test that has the mark and passes has nothing to paste; else the line replaces it."""
    suggestion = only(part([ask(scope)], [SEND]), marks=marks)
    assert suggestion.as_marked == marked
    assert [text for text in suggestion.caveats if text.startswith("in place of ")] == [
        f"in place of {each['origin']}" for each in marks if not marked
    ]


@pytest.mark.parametrize(
    ("kind", "marked"), [pytest.param("no_token", True, id="so"), pytest.param("x", False, id="no")]
)
def test_as_marked_without_a_token(kind: str, *, marked: bool) -> None:
    """A test that is handed its token and says so."""
    handed = part([], [SEND], own_tokens=["issue_token"])
    assert only(handed, marks=[mark(kind)]).as_marked == marked


SETS = st.lists(
    st.lists(st.sampled_from(ALL.split()), min_size=0, max_size=2, unique=True).map(" ".join),
    min_size=1,
    max_size=3,
)


KINDS = st.sampled_from(["plain", "doubtful", "user denied"])
ASKING = st.sampled_from([[ask(None)], [ask(ALL)], for_user(None), for_user(ALL)])


@given(st.lists(st.tuples(SETS, KINDS), min_size=1, max_size=4), ASKING)
def test_a_line_is_never_wider_than_what_was_used(
    rows: list[tuple[list[str], str]], requests: Requests
) -> None:
    """Whatever was called and requested: each scope of a line is in a set that a call used."""
    calls = [
        call(
            " | ".join(each or "-" for each in sets),
            doubt="x" * (kind == "doubtful"),
            user_denied="Grace" * (kind == "user denied"),
            may_need=ALL,
        )
        for sets, kind in rows
    ]
    suggestion = only(part(requests, calls))
    used = {
        scope for sets, kind in rows if kind == "plain" for each in sets for scope in each.split()
    }
    pasted = {
        scope for scope in ALL.split() if any(f'"{scope}"' in each for each in suggestion.lines)
    }
    assert pasted <= used


class TestLogIns:
    """An exact line fails where a log-in asks for what only another one's calls use."""

    @staticmethod
    def steps(*calls: CallRecord, logins: list[list[str]]) -> list[str]:
        requests = [ask(" ".join(each)) for each in logins]
        return [*only(part(requests, [*calls], logins=logins)).first]

    TWO: ClassVar[list[list[str]]] = [["email_read", "email_send"], ["email_read"]]

    @pytest.mark.parametrize(
        "calls",
        [
            pytest.param(
                [
                    call("email_send", login=0),
                    call("email_read", login=0),
                    call("email_read", "email_read", login=1),
                ],
                id="its own calls use both",
            ),
            pytest.param(
                [
                    call("email_send", login=0),
                    call("email_read", login=1),
                    call("push_read", doubt="inferred", may_need="email_read", login=0),
                ],
                id="a doubtful call of its own may need it",
            ),
            pytest.param(
                [call("-", login=0), call("email_read", login=1), call("email_send", login=1)],
                id="no call of its own needs a scope",
            ),
        ],
    )
    def test_nothing_is_to_be_done_first(self, calls: list[CallRecord]) -> None:
        assert self.steps(*calls, logins=self.TWO) == []

    def test_what_another_log_in_uses_is_to_be_left_out(self) -> None:
        calls = call("email_send", login=0), call("email_read", login=1)
        [step] = self.steps(*calls, logins=self.TWO)
        assert step == (
            "the log-in that asks for email_read email_send needs email_read for no call of its"
            ' own: leave it out, or, if it is one token for everything, add match="at_most"'
        )


def test_a_slip_that_kept_every_token_away_is_why_there_is_no_line() -> None:
    """Where a token was granted all the same, there is one."""
    errors = [error("MCS104", "email_sent"), error("MCS104", "colour")]
    refused = part([ask("email_sent", refused=True)], [])
    assert only(refused, errors=errors[:1]).why_not == (
        "did you mean email_send? unrecognised scope: email_sent"
    )
    assert only(refused, errors=errors[1:]).why_not == "unrecognised scope: colour"
    granted = part([ask("email_send")], [SEND])
    assert only(granted, errors=errors).why_not == ""


def test_a_client_that_sends_null_can_send_a_scope() -> None:
    """A narrow package would not do: null grants nothing."""
    request: RequestRecord = {**ask(None), "null_scope": True}
    made = only(part([request], [SEND]))
    assert not any("mc_package" in line for line in made.lines)
    [step] = made.first
    assert step.startswith('request scope="email_send" each time, on renewal too: without scope')
