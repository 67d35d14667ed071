"""The text of a verdict, whole: who speaks, what happened, what was expected, what to do next."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import facts
import pytest
from facts import call_made, packaged, token_requested, words

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.privilege.expectation import Allowance, Expectation
from pytest_mcscopes.privilege.findings import Finding
from pytest_mcscopes.privilege.observed import Login
from pytest_mcscopes.privilege.verdict import judge
from pytest_mcscopes.privilege.verdict_text import WIDTH, render

if TYPE_CHECKING:
    from pytest_mcscopes.ledger.facts import CallMade, TokenRequested
    from pytest_mcscopes.privilege.rules.case import Case

EVERYTHING = load_catalogue().default_scopes
SEND = "POST", "/messaging/v1/email/messages/r-1"
SEND_ROW = "POST /messaging/v1/email/messages/{messageKey}"
QUERIES = "POST", "/automation/v1/queries"
EVENT = "POST", "/interaction/v1/interactions/contactexit"
USERINFO = "GET", "/v2/userinfo", "auth"
NOWHERE = "GET", "/nowhere/7"
AT = "tests/test_mailer.py:5"


def ask(
    scope: str | None,
    *,
    assigned: frozenset[str] = EVERYTHING,
    grant_type: str = "client_credentials",
    **more: Any,  # noqa: ANN401 - fields of it
) -> TokenRequested:
    more = {"client": "f1a9e2", "token": None if more.get("error") else "f1a9e2", **more}
    if scope is None and grant_type != "client_credentials":
        more["requested"] = more["granted"] = frozenset()
    return token_requested(scope, assigned, grant_type=grant_type, **more)


def call(route: tuple[str, ...], granted: str) -> CallMade:
    method, path, *_ = route
    return call_made(packaged(*route), granted, method=method, path=path, token="f1a9e2")


case = partial(facts.case, assigned=EVERYTHING)
scopes = partial(facts.scopes, origin=f"@pytest.mark.mc_scopes, {AT}")
LEAST = Expectation(kind="least_privilege", origin="@pytest.mark.mc_least_privilege, a.py:5")
NO_TOKEN = Expectation(kind="no_token", origin=f"@pytest.mark.mc_no_token, {AT}")


def held(scope: str, grant_type: str = "refresh_token") -> TokenRequested:
    """A request without `scope`, of a code or refresh token that stands for these scopes."""
    return ask(None, grant_type=grant_type)._replace(requested=words(scope), granted=words(scope))


def log_in(scope: str | None) -> TokenRequested:
    """A user's log-in, whose code is worth a token later."""
    return ask(scope)._replace(grant_type="authorize", granted=None, also_issued=("code",))


OVER_ASKING = case(
    scopes("email_send"),
    ask("email_read email_send"),
    call(SEND, "email_read email_send"),
)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        pytest.param(
            OVER_ASKING,
            """\
MCS102 email_read: MCSCOPES: the code under test asks Marketing Cloud for more than it needs.
  declared   email_send                         @pytest.mark.mc_scopes, tests/test_mailer.py:5
  requested  email_read email_send
  granted    email_read email_send              package "integration" is assigned 86 scopes
                                                the default: everything
  used       email_send                         SEND (documented)
  MCS102  excess scope: email_read
  Request scope="email_send" instead.
  More: mcscopes explain MCS102""",
            id="too much by name",
        ),
        pytest.param(
            case(scopes("email_send"), ask(None), call(SEND, "email_send")),
            """\
MCS101 84 scopes: MCSCOPES: the code under test asks Marketing Cloud for more than it needs.
  declared   email_send                         @pytest.mark.mc_scopes, tests/test_mailer.py:5
  requested  everything assigned (no scope parameter)
  granted    86 scopes                          package "integration" is assigned 86 scopes
                                                the default: everything
  used       email_send                         SEND (documented)
  MCS101  scope omitted: the request asks for everything that is assigned, 84 scopes (Documents and
          Images, Saved Content, Automations and 31 more families; offline not counted) more than
          declared
  Request scope="email_send"; or, if the client cannot send a scope, assign the package just that:
  @pytest.mark.mc_package(scopes=["email_send"]), and the same on the real Installed Package.
  More: mcscopes explain MCS101""",
            id="too much by omission",
        ),
        pytest.param(
            case(
                scopes("email_send"),
                ask("email_send"),
                ask(None),
                call(SEND, "email_send"),
                dropped=True,
            ),
            """\
MCS106 84 scopes: \
MCSCOPES: the code under test drops its scopes when it renews, and so asks for more.
  declared   email_send                         @pytest.mark.mc_scopes, tests/test_mailer.py:5
  requested  email_send and everything assigned (no scope parameter)
  granted    86 scopes                          package "integration" is assigned 86 scopes
                                                the default: everything
  used       email_send                         SEND (documented)
  MCS106  scope dropped on renewal: the client asked for "email_send" first and left scope out
          later, which asks for 84 scopes (Documents and Images, Saved Content, Automations and 31
          more families; offline not counted) more
  Request scope="email_send" each time, on renewal too.
  More: mcscopes explain MCS106""",
            id="dropped on renewal",
        ),
        pytest.param(
            case(
                scopes("email_read email_send"),
                ask("email_send", assigned=words("email_send")),
                assigned=words("email_send"),
            ),
            """\
MCS103 email_read: MCSCOPES: the code under test asks Marketing Cloud for less than is declared.
  declared   email_read email_send              @pytest.mark.mc_scopes, tests/test_mailer.py:5
  requested  email_send
  granted    email_send                         package "integration" is assigned 1 scope
  used       not shown                          no call was made
  MCS103  missing scope: email_read (not assigned to package "integration")
  The package "integration" lacks email_read: take it out of the marker if the code can do without,
  or test with a package that has it.
  More: mcscopes explain MCS103""",
            id="too little",
        ),
        pytest.param(
            case(
                scopes("email_send"),
                ask(
                    "email_send,email_read",
                    error="invalid_scope",
                    reason='not assigned to package "integration"',
                ),
            ),
            """\
MCS104 email_send,email_read: \
MCSCOPES: the code under test asks for a scope that Marketing Cloud is not known to have.
  declared   email_send                         @pytest.mark.mc_scopes, tests/test_mailer.py:5
  requested  email_send,email_read
  granted    nothing: no token                  package "integration" is assigned 86 scopes
                                                the default: everything
  used       not shown                          no call was made
  MCS104  did you mean email_read email_send? unrecognised scope: email_send,email_read; scopes are
          separated by spaces, not commas
  Request scope="email_send" instead.
  Ask for scopes by the ids that Marketing Cloud documents, with spaces between them.
  More: mcscopes explain MCS104""",
            id="refused for a slip alone",
        ),
        pytest.param(
            case(
                scopes("email_send"),
                ask("nonsense", error="invalid_scope", reason='not assigned to "integration"'),
            ),
            """\
MCS105: MCSCOPES: the code under test was never granted a token, so its scopes cannot be judged.
  declared   email_send                         @pytest.mark.mc_scopes, tests/test_mailer.py:5
  requested  nonsense
  granted    nothing: no token                  package "integration" is assigned 86 scopes
                                                the default: everything
  used       not shown                          no call was made
  MCS102  excess scope: nonsense
  MCS103  missing scope: email_send
  MCS105  no token granted: every token request was refused (400 invalid_scope: not assigned to
          "integration")
  note MCS104  unrecognised scope: nonsense
  Fix the token request: the answer's error tells what is wrong with it. Or, if the test is about
  that refusal, mark it @pytest.mark.mc_no_token(refused=True, reason="...").
  Request scope="email_send" instead.
  More: mcscopes explain MCS102 MCS103 MCS105""",
            id="refused",
        ),
        pytest.param(
            case(scopes("email_send"), package="", assigned=frozenset()),
            """\
MCS105: MCSCOPES: the code under test was never granted a token, so its scopes cannot be judged.
  declared   email_send                         @pytest.mark.mc_scopes, tests/test_mailer.py:5
  requested  nothing: no token request
  granted    nothing: no token                  the test had no tenant
  used       not shown                          no call was made
  MCS105  no token granted: no token request arrived
  Point the code at mc_tenant.auth_url with mc_tenant.client_id and mc_tenant.client_secret; in
  another process, or with a library that mc_tenant does not answer, such as pycurl, give it those
  of mc_server; or, if it needs no token, mark the test @pytest.mark.mc_no_token(reason=...).
  More: mcscopes explain MCS105""",
            id="no tenant",
        ),
        pytest.param(
            case(scopes("email_send"), ask("email_send"), call(QUERIES, "email_send")),
            """\
MCS201 automations_read automations_write: \
MCSCOPES: the code under test calls what its token does not allow.
  declared   email_send                         @pytest.mark.mc_scopes, tests/test_mailer.py:5
  requested  email_send
  granted    email_send                         package "integration" is assigned 86 scopes
                                                the default: everything
  used       not shown                          no call was allowed
  MCS201  denied call: POST /automation/v1/queries (attested B) needs automations_read
          automations_write; the token has email_send
  Drop the call, or have automations_read automations_write approved and added to the mark and the
  request; if the denial is what you test, write the call in a block: with
  mc_tenant.expect_denied("automations_read", "automations_write"):
  More: mcscopes explain MCS201""",
            id="denied",
        ),
        pytest.param(
            case(
                scopes("email_read email_send"),
                ask("email_read email_send"),
                call(SEND, "email_send"),
                call(SEND, "email_send"),
                call(USERINFO, "email_send"),
            ),
            """\
MCS202 email_read: MCSCOPES: the marker declares more than the calls of this test need.
  declared   email_read email_send              @pytest.mark.mc_scopes, tests/test_mailer.py:5
  requested  email_read email_send
  granted    email_read email_send              package "integration" is assigned 86 scopes
                                                the default: everything
  used       email_send                         SEND (documented)
             no scope                           GET /v2/userinfo (documented)
  MCS202  unused scope: email_read
  Narrow the marker to @pytest.mark.mc_scopes("email_send"): the calls of this test need no more.
  Request scope="email_send" instead.
  More: mcscopes explain MCS202""",
            id="unused",
        ),
        pytest.param(
            case(
                LEAST,
                ask("email_send journeys_execute sms_read"),
                call(SEND, "email_send"),
                call(NOWHERE, "email_send"),
            ),
            """\
MCS108 journeys_execute sms_read: \
MCSCOPES: it cannot be told whether the code under test asks for no more than it needs.
  declared   the minimum of the calls: email_send
                                                @pytest.mark.mc_least_privilege, a.py:5
  requested  email_send journeys_execute sms_read
  granted    email_send journeys_execute sms_read
                                                package "integration" is assigned 86 scopes
                                                the default: everything
  used       email_send                         SEND (documented)
             unknown                            GET /nowhere/7 (doubtful: not in the catalogue)
  MCS108  undetermined: whether journeys_execute sms_read is needed: GET /nowhere/7 (doubtful: not
          in the catalogue)
  note MCS203  unmapped call: GET /nowhere/7 is not in the catalogue
  Write the scopes that you expect in the marker, @pytest.mark.mc_scopes(...), once your own tenant
  has shown what is needed: the catalogue is not sure enough to judge by.
  More: mcscopes explain MCS108""",
            id="undetermined",
        ),
        pytest.param(
            case(LEAST, ask("")),
            """\
MCS108: MCSCOPES: it cannot be told whether the code under test asks for no more than it needs.
  declared   the minimum of the calls           @pytest.mark.mc_least_privilege, a.py:5
  requested  nothing (scope="")
  granted    a token without any scope          package "integration" is assigned 86 scopes
                                                the default: everything
  used       not shown                          no call was made
  MCS108  undetermined: the minimum of the calls is not shown, as no call was allowed
  Let the test make the calls that the code logs in for, or write the scopes that you expect in the
  marker, @pytest.mark.mc_scopes(...).
  More: mcscopes explain MCS108""",
            id="undetermined, no call",
        ),
        pytest.param(
            case(NO_TOKEN, ask("email_send"), ask(None, grant_type="refresh_token")),
            """\
MCS109 email_send: \
MCSCOPES: the code under test asks Marketing Cloud for a token that nobody expects.
  declared   no token at all                    @pytest.mark.mc_no_token, tests/test_mailer.py:5
  requested  email_send
  granted    email_send                         package "integration" is assigned 86 scopes
                                                the default: everything
  used       not shown                          no call was made
  MCS109  unexpected token request: scope="email_send", no scope parameter
  Stop the code from asking, or replace mc_no_token by the scopes that it may ask for.
  More: mcscopes explain MCS109""",
            id="a token that nobody expects",
        ),
    ],
)
def test_a_failure(given: Case, text: str) -> None:
    assert render(judge([given])).replace(SEND_ROW, "SEND") == text


def test_several_packages() -> None:
    """Each has its own facts, and each finding and step says of which it is."""
    mark = Expectation(kind="no_token", package="second", origin='no mark names package "second"')
    second = case(mark, ask("email_read"), package="second", assigned=words("email_read"))
    stray = Finding(
        rule="MCS107",
        severity="error",
        text="foreign tenant: a token was used",
        next_steps=("Build another client.",),
    )
    text = render(judge([OVER_ASKING, second], [stray]))
    assert text.replace(SEND_ROW, "SEND") == (
        """\
MCS107: MCSCOPES: the code under test used a tenant, client or token that is not this test's.
  package "integration"
  declared   email_send                         @pytest.mark.mc_scopes, tests/test_mailer.py:5
  requested  email_read email_send
  granted    email_read email_send              package "integration" is assigned 86 scopes
                                                the default: everything
  used       email_send                         SEND (documented)
  package "second"
  declared   no token at all                    no mark names package "second"
  requested  email_read
  granted    email_read                         package "second" is assigned 1 scope
  used       not shown                          no call was made
  MCS102  excess scope: email_read [package "integration"]
  MCS107  foreign tenant: a token was used
  MCS109  unexpected token request: scope="email_read" [package "second"]
  Build another client.
  Request scope="email_send" instead. [package "integration"]
  Say what it may ask for: @pytest.mark.mc_scopes(..., package="second"). [package "second"]
  More: mcscopes explain MCS102 MCS107 MCS109"""
    )


def test_notes_alone() -> None:
    """No step follows, as nothing fails; remarks stand with the notes."""
    given = case(
        replace(scopes("journeys_execute"), match="at_least"),
        ask("journeys_execute"),
        call(EVENT, "journeys_execute"),
    )
    allowances = [
        Allowance(rule="MCS202", reason="a test", origin="@pytest.mark.mc_allow, tests/a.py:1")
    ]
    need = given.observed.calls[0].need
    doubtful = replace(need, doubt="suspect", explains=words("journeys_execute"))
    calls = (given.observed.calls[0]._replace(need=doubtful),)
    seen = replace(given.observed, calls=calls)
    assert render(judge([replace(given, observed=seen)], (), allowances)) == (
        """\
MCSCOPES: nothing here fails the test; these are notes.
  declared   at least journeys_execute          @pytest.mark.mc_scopes, tests/test_mailer.py:5
  requested  journeys_execute
  granted    journeys_execute                   package "integration" is assigned 86 scopes
                                                the default: everything
  used       journeys_execute                   POST \
/interaction/v1/interactions/contactexit (doubtful: suspect)
  note MCS108  undetermined: whether journeys_execute is needed: POST
               /interaction/v1/interactions/contactexit (doubtful: suspect)
               If your tenant shows what the sources state, add it to your own catalogue entries:
                 # mcscopes.toml
                 [[route]]
                 method = "POST"
                 path = "/interaction/v1/interactions/contactexit"
                 all_of = ["journeys_aspr"]
                 # another source: journeys_read
                 # another source: journeys_execute
                 # another source: journeys_read journeys_write
                 # another source: data_extensions_read journeys_aspr journeys_execute \
journeys_read list_and_subscribers_read
  note  mc_allow("MCS202") allowed nothing here (@pytest.mark.mc_allow, tests/a.py:1): remove it"""
    )


@pytest.mark.parametrize(
    ("given", "line"),
    [
        pytest.param(
            case(replace(scopes("email_read email_send"), match="at_most"), ask("sms_read")),
            "  declared   at most email_read email_send      @pytest.mark.mc_scopes,"
            " tests/test_mailer.py:5",
            id="at_most",
        ),
        pytest.param(
            case(scopes("email_send"), ask(None, grant_type="refresh_token")),
            "  requested  nothing (no scope parameter)",
            id="no scope where that means the same again",
        ),
        pytest.param(
            case(scopes("email_send"), log_in("email_send"), held("email_send")),
            "  requested  email_send",
            id="a code that was asked for by name",
        ),
        pytest.param(
            case(scopes("email_send"), log_in(None), held(" ".join(EVERYTHING))),
            "  requested  everything assigned (no scope parameter)",
            id="a code that was asked for without scope",
        ),
        pytest.param(
            case(scopes("email_send"), log_in(None), ask("email_send", grant_type="x")),
            "  requested  email_send and everything assigned (no scope parameter)",
            id="a code that was asked for without scope, and is exchanged by name",
        ),
        pytest.param(
            case(scopes("email_send"), held("email_send offline")),
            "  requested  email_send offline (by its code or refresh token)",
            id="a refresh token of a log-in that is not judged",
        ),
        pytest.param(
            case(scopes("email_send"), held(" ".join(EVERYTHING), "authorization_code")),
            "  requested  86 scopes (by its code or refresh token)",
            id="a code of a log-in that is not judged, many scopes",
        ),
        pytest.param(
            case(scopes("email_send"), ask("email_send"), held("email_read email_send")),
            "  requested  email_send and email_read (by its code or refresh token)",
            id="by name, and a refresh token that has more",
        ),
        pytest.param(
            case(
                scopes("email_send"),
                ask("", error="invalid_request")._replace(scope="<an array>"),
            ),
            '  requested  nothing (scope="<an array>")',
            id="no text",
        ),
        pytest.param(
            case(scopes("email_send"), ask("x" * 61, error="invalid_scope")),
            "  requested  <a word of 61 characters>",
            id="what is no scope is not shown at length",
        ),
        pytest.param(
            case(scopes("email_send"), ask("email_read sms_read web_read a b c d")),
            "  granted    7 scopes                           package"
            ' "integration" is assigned 86 scopes',
            id="many scopes are counted",
        ),
        pytest.param(
            case(LEAST, ask(""), call(USERINFO, "")),
            "  declared   the minimum of the calls: no scope @pytest.mark.mc_least_privilege,"
            " a.py:5",
            id="a minimum of nothing",
        ),
        pytest.param(
            case(scopes("email_send"), ask("automations_execute automations_write")),
            "  requested  automations_execute automations_write",
            id="a long value",
        ),
    ],
)
def test_a_row(given: Case, line: str) -> None:
    assert line in render(judge([given])).splitlines()


def test_ties_are_shown() -> None:
    """Under least privilege any one of them would have done."""
    tied = replace(
        call(SEND, "email_send").need,
        minimal_sets=(words("email_read"), words("email_send")),
    )
    made = call(SEND, "email_send")._replace(need=tied)
    text = render(judge([case(LEAST, ask("email_read email_send"), made)]))
    assert "the minimum of the calls: email_read or email_send\n" in text


def test_no_line_is_too_long_but_for_a_route() -> None:
    everything = " ".join(sorted(EVERYTHING))
    text = render(judge([case(scopes(everything), ask("email_send"), call(SEND, "email_send"))]))
    long = [each for each in text.splitlines() if len(each) > WIDTH]
    assert [each for each in long if "/messages/" not in each] == []


def test_neither_fingerprints_nor_clients_are_shown() -> None:
    assert "f1a9e2" not in render(judge([OVER_ASKING]))


def test_a_log_in_that_asks_for_anothers_scopes_is_told_as_that() -> None:
    """And what to do names both shapes, with the narrower one first."""
    both, read = words("email_read email_send"), words("email_read")
    logins = (
        Login(scopes=both, named=both, tokens=frozenset({"both"})),
        Login(scopes=read, named=read, tokens=frozenset({"read"})),
    )
    reading = call(SEND, "email_read")._replace(
        need=replace(call(SEND, "").need, label="READ", minimal_sets=(read,)),
        used=read,
        scope_denied=False,
        token="read",
    )
    sending = call(SEND, "email_read email_send")._replace(token="both")
    given = case(
        scopes("email_read email_send"),
        ask("email_read email_send"),
        ask("email_read"),
        sending,
        reading,
    )
    given = replace(given, observed=replace(given.observed, logins=logins))
    text = " ".join(render(judge([given])).split())
    assert "a log-in of the code under test asks for more than its own calls need." in text
    assert (
        "In the log-in that asks for email_read email_send, request"
        ' scope="email_send" alone: an app that steps up asks for the new scope alone. Or, if it is'
        " one client with one token for everything, say so:"
        ' @pytest.mark.mc_scopes("email_read", "email_send", match="at_most").'
    ) in text


def test_a_text_is_short_whatever_a_client_sends() -> None:
    """More than ten of a kind are the first few and a count."""
    near = " ".join(f"email_rea{number:03}" for number in range(50))
    far = " ".join(f"zz{number:05}" for number in range(2000))
    made = [
        call(("GET", f"/nowhere{number}"), "email_send")._replace(user=f"user {number}")
        for number in range(300)
    ]
    unreadable = [
        ask("", error="invalid_request")._replace(
            scope=None,
            grant_type=None,
            unreadable=f"odd {number}",
        )
        for number in range(40)
    ]
    given = case(scopes("email_send"), ask(f"{near} {far}"), *unreadable, *made)
    lines = render(judge([given])).splitlines()
    assert len(lines) < 80
    assert max(map(len, lines)) < 120
    for told in (
        "  requested  2050 scopes (email_rea000, email_rea001, email_rea002 and 2047 more)",
        "  MCS104  and 47 more of this kind",
        "  MCS110  and 37 more of this kind",
        "  note MCS104  and 1997 more of this kind",
        "  note MCS203  and 297 more of this kind",
        "             and 297 more calls",
        "             and 290 more users",
    ):
        assert told in lines


def test_ten_of_a_kind_are_told_one_by_one() -> None:
    made = [call(("GET", f"/nowhere{number}"), "email_send") for number in range(10)]
    text = render(judge([case(scopes("email_send"), ask("email_send"), *made)]))
    assert text.count("note MCS203") == 10
    assert "more calls" not in text


@pytest.mark.parametrize(
    ("own", "line"),
    [
        pytest.param(
            [True], "not shown                          the only calls were made", id="only"
        ),
        pytest.param(
            [False, True], "calls with tokens of the test's own do not count", id="beside"
        ),
    ],
)
def test_calls_of_the_tests_own_are_told_as_that(own: list[bool], line: str) -> None:
    calls = [call(SEND, "email_send")._replace(own=each) for each in own]
    assert line in render(judge([case(scopes("email_read"), ask("email_read"), *calls)]))


def test_a_scope_that_was_sent_as_null_is_shown_so() -> None:
    null = ask(None)._replace(null_scope=True)
    text = render(judge([case(scopes("email_send"), null)]))
    assert "everything assigned (scope=null)" in text
    assert "assign the package" not in text
