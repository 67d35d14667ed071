"""A bearer that no tenant ever issued goes round every other rule: 401, and MCS107."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suites import Suite

SOURCE = """
import httpx
import pytest

import asking
from asking import CLIENT, ask, call, retrieving, send

scopes = pytest.mark.mc_scopes("email_send")


def rest(tenant, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    url = tenant.rest_url + "messaging/v1/email/messages/r-1"
    return CLIENT.post(url, headers=headers).status_code


def soap(tenant, token, **headers):
    return asking.soap(tenant, token, retrieving("List"), **headers).status_code


def userinfo(tenant, token):
    headers = {"Authorization": f"Bearer {token}"}
    return CLIENT.get(tenant.auth_url + "v2/userinfo", headers=headers).status_code
"""


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        pytest.param("assert rest(t, 'Bearer kept-in-settings') == 401", "MCS107", id="REST"),
        pytest.param("assert rest(t, 'bearer None') == 401", "MCS107", id="no token, as a word"),
        pytest.param("assert soap(t, 'kept-in-settings') == 500", "MCS107", id="SOAP"),
        pytest.param("assert userinfo(t, 'kept-in-settings') == 401", "MCS107", id="userinfo"),
        pytest.param(
            "t.fail_next('rest', 503); rest(t, 'Bearer kept-in-settings')",
            "MCS107",
            id="a call that fails by order",
        ),
        pytest.param(
            "CLIENT.get(t.auth_url + 'a/b', headers={'Authorization': 'Bearer kept'})",
            "MCS107",
            id="a path of nobody",
        ),
        pytest.param("assert rest(t, 'kept-in-settings') == 401", "MCS107", id="no scheme"),
        pytest.param("assert rest(t, 'Token kept') == 401", "MCS107", id="a scheme of nobody"),
        pytest.param("assert rest(t, 'OAuth  kept') == 401", "MCS107", id="OAuth 1"),
        pytest.param("assert rest(t, 'None') == 401", "MCS107", id="no scheme, no token"),
        pytest.param("soap(t, '', Authorization='kept-in-settings')", "MCS107", id="SOAP's header"),
        pytest.param(
            "assert rest(t, t.issue_token()) == 401", "", id="no scheme, and a token of its own"
        ),
        pytest.param("assert rest(t, 'Bearer') == 401", "", id="a scheme alone"),
        pytest.param("assert rest(t, None) == 401", "", id="no header"),
        pytest.param("assert rest(t, '') == 401", "", id="an empty header"),
        pytest.param("assert rest(t, 'Bearer ') == 401", "", id="an empty bearer"),
        pytest.param("assert rest(t, 'Basic aWQ6') == 401", "", id="another scheme"),
        pytest.param("assert soap(t, '') == 500", "", id="an empty fueloauth"),
        pytest.param(
            "token = t.issue_token(); t.revoke(token); assert call(t, token) == 401",
            "",
            id="one that the tenant has ended",
        ),
        pytest.param(
            "token = ask(t, 'email_send'); t.clock.advance(1300); assert call(t, token) == 401",
            "",
            id="one that has expired",
        ),
        pytest.param(
            "t.fail_next('rest', 'unauthorized'); call(t, ask(t, 'email_send'))",
            "",
            id="a 401 that the test ordered",
        ),
        pytest.param("with t.arrange(): rest(t, 'Bearer made-up')", "", id="the test's own set-up"),
    ],
)
def test_which_bearers_are_found(body: str, outcome: str, suite: Suite) -> None:
    """Only what a program could take for a token, and no tenant ever gave out."""
    result = suite.run(
        f"{SOURCE}\n@scopes\ndef test_it(mc_tenant):\n    t = mc_tenant\n"
        f"    send(t, 'email_send')\n    {body}\n"
    )
    errors = re.sub(r"(: |, )note \w+", "", suite.told(result)["test_it"])
    assert errors == (f"failed: {outcome}" if outcome else "passed")
    assert "kept" not in result.stdout.str().replace(body, "")


def test_the_text(suite: Suite) -> None:
    """It tells the call, and the ways to mean a 401; the token itself is not shown."""
    result = suite.run(
        SOURCE
        + """
@scopes
def test_it(mc_tenant):
    ask(mc_tenant, "email_send")
    for _ in range(2):
        rest(mc_tenant, "Bearer kept")
    rest(mc_tenant, "Bearer None")
"""
    )
    text = result.stdout.str()
    start = text.index("MCSCOPES: the code")
    place = text[start:].partition("\n===")[0]
    assert place == (
        """\
MCSCOPES: the code under test used a tenant, client or token that is not this test's.
  declared   email_send                         @pytest.mark.mc_scopes, test_it.py:24
  requested  email_send
  granted    email_send                         package "integration" is assigned 86 scopes
                                                the default: everything
  used       not shown                          no call was allowed
  MCS107  foreign tenant: POST /messaging/v1/email/messages/{messageKey} came with a token that no
          tenant of this test session ever issued
  MCS107  foreign tenant: POST /messaging/v1/email/messages/{messageKey} came with the word "None"
          for a token that no tenant of this test session ever issued
  Let the code use the token that it was granted; if another mock granted it, here or in an earlier
  test, let mc_tenant answer the token request. If the test means the 401, order it,
  mc_tenant.fail_next("rest", "unauthorized"), or let the code present a token that the tenant
  itself has ended: token = mc_tenant.issue_token(), then mc_tenant.revoke(token). Last of all,
  @pytest.mark.mc_allow("MCS107:bearer", reason="...") allows just this.
  More: mcscopes explain MCS107"""
    )


def test_it_can_be_allowed_alone(suite: Suite) -> None:
    """`MCS107:bearer` leaves the rest of MCS107 an error, and says where it allowed nothing."""
    result = suite.run(
        SOURCE
        + """
allow = pytest.mark.mc_allow("MCS107:bearer", reason="a kept token is what is tested")
kept = []

@allow
@scopes
def test_allowed(mc_tenant):
    kept.append(ask(mc_tenant, "email_send"))
    rest(mc_tenant, "Bearer kept")

@allow
@scopes
def test_of_another_tenant(mc_tenant):
    ask(mc_tenant, "email_send")
    rest(mc_tenant, "Bearer " + kept[0])

@pytest.mark.mc_no_token(reason="none")
def test_without_a_log_in(mc_tenant):
    rest(mc_tenant, "Bearer kept")

@scopes
def test_where_the_log_in_is_refused(mc_tenant):
    rest(mc_tenant, f"Bearer {ask(mc_tenant, 'no_such')}")

@scopes
def test_where_it_is_refused_and_one_is_kept(mc_tenant):
    ask(mc_tenant, "no_such")
    rest(mc_tenant, "Bearer kept")
"""
    )
    told = {name: each.replace(", note MCS104", "") for name, each in suite.told(result).items()}
    assert told == {
        "test_allowed": "passed: note MCS107",
        "test_of_another_tenant": "failed: MCS107, note",
        "test_without_a_log_in": "failed: MCS107",
        "test_where_the_log_in_is_refused": "failed: MCS102, MCS103, MCS105",
        "test_where_it_is_refused_and_one_is_kept": "failed: MCS102, MCS103, MCS105, MCS107",
    }
    result.stdout.fnmatch_lines(['*mc_allow("MCS107:bearer") allowed nothing here*'])
