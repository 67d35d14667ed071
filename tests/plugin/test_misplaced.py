"""A log-in that is sent to a place which gives no tokens is a token request all the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suites import Suite

SOURCE = """
import httpx
import pytest

from asking import CLIENT, ask, call

FORM = "application/x-www-form-urlencoded"

def body(tenant, **more):
    return {{
        "grant_type": "client_credentials", "client_id": tenant.client_id,
        "client_secret": tenant.client_secret, "scope": "email_read", **more,
    }}

{mark}
def test_it(mc_tenant):
    t = mc_tenant
    {body}
"""
NO_TOKEN = "@pytest.mark.mc_no_token(reason='none')"
REFUSED = "@pytest.mark.mc_no_token(refused=True, reason='refused')"
SEND = "@pytest.mark.mc_scopes('email_send')"


@pytest.mark.measured("XML that speaks of it")
@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        pytest.param(
            "assert CLIENT.post(t.rest_url + 'v2/token', json=body(t)).status_code == 401",
            "failed: MCS109, note MCS203, note",
            id="REST",
        ),
        pytest.param(
            "CLIENT.post(t.rest_url + 'V2/Token/', data=body(t))",
            "failed: MCS109, note MCS203, note",
            id="a form, and a path in other letters",
        ),
        pytest.param(
            "CLIENT.post(t.rest_url + 'v2/token', content=b'x')",
            "failed: MCS109, note MCS203, note",
            id="the token path, and a body that cannot be read",
        ),
        pytest.param(
            "CLIENT.post(t.rest_url + 'login', json=body(t))",
            "failed: MCS109, note MCS203, note",
            id="another path",
        ),
        pytest.param(
            "CLIENT.post(t.rest_url + 'login', content=b'{\"grant_type\": ')",
            "failed: MCS109, note MCS203, note",
            id="another path, and a body that cannot be read",
        ),
        pytest.param(
            "CLIENT.post(t.auth_url + 'v3/token', json=body(t))",
            "failed: MCS109, note MCS203, note",
            id="a path that the auth host has not",
        ),
        pytest.param(
            "CLIENT.post(t.soap_url + 'v2/token', json=body(t))",
            "failed: MCS109, note MCS203, note",
            id="SOAP",
        ),
        pytest.param(
            "CLIENT.post(t.rest_url + 'v1/requestToken', json={'clientId': t.client_id})",
            "failed: MCS109, note MCS203, note",
            id="legacy",
        ),
        pytest.param(
            "CLIENT.get(t.rest_url + 'v2/authorize', params={'client_id': t.client_id})",
            "failed: MCS109, note MCS203, note",
            id="authorize",
        ),
        pytest.param(
            "CLIENT.post(t.rest_url + 'v2/token', json=body(t),"
            " headers={'Authorization': 'Bearer ' + t.issue_token()})",
            "failed: MCS109, note MCS203, note",
            id="with a token",
        ),
        pytest.param(
            "CLIENT.post(t.rest_url + 'messaging/v1/email/messages/1', json=body(t),"
            " headers={'Authorization': 'Bearer ' + t.issue_token()})",
            "passed",
            id="a call with a token, whose data has a member of that name",
        ),
        pytest.param(
            "CLIENT.post(t.rest_url + 'messaging/v1/email/messages/1', json={'a': 'grant_type'})",
            "passed",
            id="a body that speaks of it",
        ),
        pytest.param(
            "CLIENT.post(t.soap_url + 'Service.asmx', content=b'<a>grant_type</a>',"
            " headers={'Content-Type': 'text/xml'})",
            "passed",
            id="XML that speaks of it",
        ),
        pytest.param("CLIENT.get(t.rest_url + 'v2/token')", "passed: note MCS203", id="a look"),
    ],
)
def test_a_log_in_elsewhere(suite: Suite, body: str, outcome: str) -> None:
    """It is answered as a call is, and fails a test that expects no token request."""
    told = suite.judge(SOURCE.format(mark=NO_TOKEN, body=body))
    assert told == {"test_it": outcome}


def test_what_it_asks_for_counts(suite: Suite) -> None:
    """The text says where it went."""
    body = """
    CLIENT.post(t.rest_url + "v2/token", json=body(t))
    call(t, ask(t, "email_send"))
    """
    result = suite.run(SOURCE.format(mark=SEND, body=body))
    assert suite.told(result) == {"test_it": "failed: MCS102, note MCS203, note"}
    assert (
        "note a token was asked for at the rest host, POST /v2/token: Marketing Cloud gives tokens"
        " at POST /v2/token of the auth host"
    ) in re.sub(r"\s+", " ", result.stdout.str())


def test_it_is_refused(suite: Suite) -> None:
    """Also where the test's own stub answers it."""
    body = """
    t.rest.post("/v2/token").respond(200, json={})
    headers = {"Authorization": "Bearer " + t.issue_token()}
    answer = CLIENT.post(t.rest_url + "v2/token", json=body(t), headers=headers)
    assert answer.status_code == 200
    called, asked = t.ledger.entries[-2:]
    assert called.request == asked.request
    """
    told = suite.judge(SOURCE.format(mark=REFUSED, body=body))
    assert told == {"test_it": "passed: note MCS203, note"}
