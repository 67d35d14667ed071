"""The record of a test of several users: what each asked for and did is told apart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from facts import NO_SCOPE, NO_TOKEN, call_made, case, packaged, token_requested

from pytest_mcscopes.evidence.record import PartRecord, record_findings, record_test
from pytest_mcscopes.privilege.findings import Finding
from pytest_mcscopes.privilege.verdict import UnmarkedVerdict, judge

if TYPE_CHECKING:
    from pytest_mcscopes.ledger.facts import CallMade, TokenRequested

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


def part(*made: CallMade | TokenRequested) -> PartRecord:
    """What is recorded of these facts."""
    verdict = judge([case(NO_TOKEN, *made, assigned=NO_SCOPE)])
    look = UnmarkedVerdict(verdict=verdict, set_by_marks=True)
    (recorded,) = record_test("test_a.py::test_a", look, [], [], aborted=False)["parts"]
    return recorded


def test_what_one_user_may_do_is_not_lost_by_another() -> None:
    """The same call is two rows, whoever comes first; the barred one leaves open what it needs."""
    user_denied = replace(SENT, user="Grace", user_denied=True, used=frozenset())
    for calls in ((SENT, user_denied, SENT), (user_denied, SENT, user_denied)):
        rows = {each["user"]: each for each in part(*calls)["calls"]}
        assert len(part(*calls)["calls"]) == len(rows) == 2
        assert [rows[user]["user_denied"] for user in ("Ada", "Grace")] == [False, True]
        assert [rows[user]["may_need"] for user in ("Ada", "Grace")] == [[], ["email_send"]]


@pytest.mark.parametrize(
    ("other", "number"),
    [
        pytest.param(REFUSED, 1, id="the same again"),
        pytest.param(replace(REFUSED, at=9, token="x"), 1, id="the same later"),
        pytest.param(replace(REFUSED, user="Grace"), 2, id="another user"),
        pytest.param(replace(REFUSED, requested=SCOPES), 2, id="a code that stands for more"),
        pytest.param(replace(REFUSED, granted=SCOPES), 2, id="granted"),
        pytest.param(replace(REFUSED, scope=""), 2, id="by name"),
        pytest.param(replace(REFUSED, grant_type="refresh_token"), 2, id="a renewal"),
    ],
)
def test_requests(other: TokenRequested, number: int) -> None:
    """A request is recorded once, and for each user."""
    assert len(part(REFUSED, other)["requests"]) == number


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
