"""A token request that says neither what grant it wants nor what scope: it asks for everything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suites import Suite

SOURCE = """
import pytest
from asking import CLIENT, ask, call

{mark}
def test_it(mc_tenant):
    t = mc_tenant
    url = t.auth_url + "v2/token"
    mine = {{"client_id": t.client_id, "client_secret": t.client_secret}}
    {body}
    call(t, ask(t, "email_send"))
"""
SCOPES = "@pytest.mark.mc_scopes('email_send')"
EVERYTHING = "@pytest.mark.mc_package(scopes=['email_send'])\n" + SCOPES


@pytest.mark.parametrize(
    ("mark", "body", "outcome"),
    [
        pytest.param(SCOPES, "CLIENT.post(url, json=mine)", "failed: MCS101", id="JSON"),
        pytest.param(SCOPES, "CLIENT.post(url, data=mine)", "failed: MCS101", id="form"),
        pytest.param(SCOPES, "CLIENT.post(url, json={})", "failed: MCS101", id="nothing at all"),
        pytest.param(
            SCOPES,
            "CLIENT.post(url, json=mine | {'grant_type': 'password'})",
            "failed: MCS101",
            id="a grant that is unknown",
        ),
        pytest.param(
            SCOPES,
            "CLIENT.put(url, json=mine)",
            "failed: MCS101",
            id="another method",
        ),
        pytest.param(
            SCOPES,
            "CLIENT.post(t.rest_url + 'v2/token', json=mine)",
            "failed: MCS101, note MCS203, note",
            id="another host",
        ),
        pytest.param(
            SCOPES,
            "CLIENT.post(url, json=mine | {'scope': 'email_read'})",
            "failed: MCS102",
            id="a scope alone",
        ),
        pytest.param(
            SCOPES,
            "CLIENT.post(url, json=mine | {'scope': 'email_send'})",
            "passed",
            id="the scope that is declared, alone",
        ),
        pytest.param(EVERYTHING, "CLIENT.post(url, json=mine)", "passed", id="all is declared"),
        pytest.param(SCOPES, "CLIENT.get(url)", "passed", id="a look"),
        pytest.param(SCOPES, "CLIENT.options(url)", "passed", id="what a browser asks before"),
        pytest.param(
            SCOPES,
            "CLIENT.post(url, json=mine | {'grant_type': 'refresh_token'})",
            "passed",
            id="a renewal of nothing",
        ),
    ],
)
def test_what_it_asks_for(suite: Suite, mark: str, body: str, outcome: str) -> None:
    assert suite.judge(SOURCE.format(mark=mark, body=body)) == {"test_it": outcome}


def test_the_text(suite: Suite) -> None:
    """It says what was left out, and how a token is asked for."""
    body = "assert CLIENT.post(url, json=mine).status_code == 400"
    text = re.sub(r"\s+", " ", suite.run(SOURCE.format(mark=SCOPES, body=body)).stdout.str())
    assert "scope omitted: the request asks for everything that is assigned, 84 scopes" in text
