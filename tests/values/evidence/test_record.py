"""The record of a test of several users: what each asked for and did is told apart."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from facts import NO_SCOPE, NO_TOKEN, call_made, case, packaged, token_requested

from pytest_mcscopes.evidence.read_record import Part, read_record
from pytest_mcscopes.evidence.record import record_findings, record_test
from pytest_mcscopes.privilege.findings import Finding
from pytest_mcscopes.privilege.phrases import describe
from pytest_mcscopes.privilege.rules.calls import may_need
from pytest_mcscopes.privilege.verdict import UnmarkedVerdict, judge

if TYPE_CHECKING:
    from pytest_mcscopes.ledger.facts import CallMade, TokenRequested
    from pytest_mcscopes.privilege.rules.case import Case

SEND = "POST", "/messaging/v1/email/messages/1"
SCOPES = frozenset({"email_read", "email_send"})
SENT = call_made(packaged(*SEND), " ".join(SCOPES), method=SEND[0], path=SEND[1], user="Ada")
REFUSED = token_requested(
    None,
    SCOPES,
    grant_type="authorization_code",
    requested=frozenset({"email_send"}),
    granted=None,
    token=None,
    user="Ada",
    account_id=None,
    status=400,
)


def observed(*made: CallMade | TokenRequested) -> Case:
    inherited = tuple(each for each in made if each is REFUSED)
    return case(NO_TOKEN, *made, assigned=NO_SCOPE, inherited=inherited)


def read(*made: CallMade | TokenRequested) -> Part:
    """What is read back of their record, which has been JSON."""
    look = UnmarkedVerdict(verdict=judge([observed(*made)]), set_by_marks=True)
    record = record_test("test_a.py::test_a", look, [], [], aborted=False)
    (part,) = read_record(json.loads(json.dumps(record))).parts
    return part


def test_what_one_user_may_do_is_not_lost_by_another() -> None:
    """The same call is two rows, whoever comes first; the barred one leaves open what it needs."""
    user_denied = SENT._replace(user="Grace", user_denied=True, used=frozenset())
    for calls in ((SENT, user_denied, SENT), (user_denied, SENT, user_denied)):
        made = read(*calls).observed.calls
        rows = {each.user: each for each in made}
        assert len(made) == len(rows) == 2
        assert [rows[user].user_denied for user in ("Ada", "Grace")] == [False, True]
        assert [may_need(rows[user]) for user in ("Ada", "Grace")] == [set(), {"email_send"}]


def test_what_is_read_back_decides_as_what_was_recorded() -> None:
    """Through JSON: the rules see the same calls and requests, less time, tenant and tokens."""
    log_in = REFUSED._replace(grant_type="authorize", requested=SCOPES | {"offline"})
    everything = log_in._replace(grant_type="client_credentials", user=None, granted=SCOPES)
    unmapped = packaged("GET", "/nowhere/v1")
    denied = SENT._replace(granted=frozenset(), used=frozenset(), scope_denied=True)
    facts = (
        log_in,
        everything,
        REFUSED._replace(scope="email_send"),
        REFUSED,
        SENT,
        denied,
        SENT._replace(own=True, granted=SCOPES | {"push_read"}),
        SENT._replace(granted=None, used=frozenset()),
        SENT._replace(need=unmapped, used=frozenset()),
    )
    before, after = observed(*facts).observed, read(*facts).observed
    for name in ("package", "assigned", "requested", "granted", "kept", "idle_flow"):
        assert getattr(after, name) == getattr(before, name), name
    for name in ("omitting", "naming"):
        asked = [
            [(each.grant_type, each.scope, each.requested, each.user) for each in getattr(of, name)]
            for of in (after, before)
        ]
        assert asked[0] == asked[1] != [], name
    for name in ("authenticated", "by_code", "allowed", "trusted", "scope_denied", "unmapped"):
        made = [
            [(describe(each.need), each.used, may_need(each)) for each in getattr(of, name)]
            for of in (after, before)
        ]
        assert made[0] == made[1] != [], name


@pytest.mark.parametrize(
    ("other", "number"),
    [
        pytest.param(REFUSED, 1, id="the same again"),
        pytest.param(REFUSED._replace(at=9, token="x"), 1, id="the same later"),
        pytest.param(REFUSED._replace(user="Grace"), 2, id="another user"),
        pytest.param(REFUSED._replace(requested=SCOPES), 2, id="a code that stands for more"),
        pytest.param(REFUSED._replace(granted=SCOPES), 2, id="granted"),
        pytest.param(REFUSED._replace(scope=""), 2, id="by name"),
        pytest.param(REFUSED._replace(grant_type="refresh_token"), 2, id="a renewal"),
    ],
)
def test_requests(other: TokenRequested, number: int) -> None:
    """A request is recorded once, and for each user."""
    assert len(read(REFUSED, other).observed.requests) == number


def test_a_finding_keeps_what_it_is_about() -> None:
    """Its scopes in order, those that are too long to be one by their length; and its package."""
    scopes = frozenset({"email_send", "email_read", "x" * 70})
    finding = Finding(
        rule="MCS102", severity="error", text="excess", scopes=scopes, package="mailer"
    )
    assert record_findings([finding], ["a remark"]) == [
        {
            "rule": "MCS102",
            "severity": "error",
            "text": "excess",
            "scopes": ["<a word of 70 characters>", "email_read", "email_send"],
            "package": "mailer",
        },
        {"rule": "", "severity": "note", "text": "a remark", "scopes": [], "package": ""},
    ]
