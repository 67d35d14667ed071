"""A plain class upon requests that keeps a session, at the host that it builds from a subdomain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suites import Suite

MAILER = '''
"""What an integration is made of; it knows nothing of tests."""

import requests


class Mailer:
    def __init__(self, subdomain, client_id, client_secret, scope):
        self.login = {"grant_type": "client_credentials", "client_id": client_id}
        self.login |= {"client_secret": client_secret, "scope": scope}
        self.token_url = f"https://{subdomain}.auth.marketingcloudapis.com/v2/token"
        self.session = requests.Session()

    def send(self, key):
        answer = self.session.post(self.token_url, json=self.login, timeout=5)
        answer.raise_for_status()
        token = answer.json()
        url = f"{token['rest_instance_url']}messaging/v1/email/messages/{key}"
        bearer = {"Authorization": f"Bearer {token['access_token']}"}
        return self.session.post(url, headers=bearer, timeout=5)
'''
SOURCE = """
import pytest
from mailer import Mailer


def mailer(tenant, scope):
    settings = tenant.environment()
    login = (settings[f"MC_{name}"] for name in ("SUBDOMAIN", "CLIENT_ID", "CLIENT_SECRET"))
    return Mailer(*login, scope)

"""


@pytest.fixture
def mailing(suite: Suite) -> Suite:
    """Runs inner suites that have a mailer."""
    suite.pytester.makepyfile(mailer=MAILER)
    return suite


def test_a_session_that_outlives_its_tenant_is_told(mailing: Suite) -> None:
    """Its connections are kept in a pool, and whose they were is known."""
    result = mailing.run(
        f"""{SOURCE}
kept = []

def test_first(mc_tenant):
    kept.append(mailer(mc_tenant, "email_send"))
    kept[0].send("r-7")

@pytest.mark.mc_scopes("email_send")
def test_it(mc_tenant):
    try:
        kept[0].send("r-8")
    except OSError:
        pass
    mailer(mc_tenant, "email_send").send("r-8")
"""
    )
    assert mailing.told(result) == {"test_first": "passed", "test_it": "failed: MCS107"}
    text = " ".join(result.stdout.str().split())
    assert (
        ".auth.marketingcloudapis.com, but it belongs to the tenant of fixture mc_tenant for"
        in text
    )


HARD_WIRED = """
import pytest
from mailer import Mailer


{mark}
@pytest.mark.mc_scopes("email_send")
def test_it(mc_tenant):
    Mailer("mcprod", mc_tenant.client_id, mc_tenant.client_secret, "email_send").send("r-7")
"""
SAME = '@pytest.mark.mc_package(subdomain="mcprod")'


def test_a_subdomain_that_is_written_in_the_code_is_given_to_the_tenant(mailing: Suite) -> None:
    """The error and the verdict both have the line, and the line is all that it needs."""
    result = mailing.run(HARD_WIRED.format(mark=""))
    assert mailing.told(result) == {"test_it": "failed: MCS107, note"}
    text = " ".join(result.stdout.str().split())
    assert "mc_tenant answers httpx" not in text
    assert (
        "MCSCOPES: https://mcprod.auth.marketingcloudapis.com is not simulated here and was not"
        " called." in text
    )
    assert f"give the tenant the same: {SAME}" in text
    assert f"if mcprod is written in the code, give the tenant that subdomain: {SAME}." in text
    result = mailing.run(HARD_WIRED.format(mark=SAME))
    assert mailing.told(result) == {"test_it": "passed"}


def test_a_subdomain_that_only_another_test_gave_is_given_here_too(mailing: Suite) -> None:
    """Its client is new, and has no tenant of an earlier test."""
    forgetful = HARD_WIRED.format(mark=SAME) + HARD_WIRED.format(mark="").replace(
        "test_it", "test_that"
    )
    result = mailing.run(forgetful)
    assert mailing.told(result) == {"test_it": "passed", "test_that": "failed: MCS107, note"}
    text = " ".join(result.stdout.str().split())
    assert (
        "ended with fixture mc_tenant for test_it.py::test_it. Where mcprod is written in the code,"
        f" give the tenant of this test the same: {SAME}. Where the client under test outlives its"
        " tenant, build the client in a function-scoped fixture, or give it" in text
    )
    step = "If mcprod is written in the code, give the tenant of this test that subdomain too: "
    assert f"{step}{SAME}." in text


def test_what_a_stub_fails_by_fails_the_test(mailing: Suite) -> None:
    """It is raised in the code under test, in its own thread."""
    result = mailing.run(
        f"""{SOURCE}
def refuse(request):
    pytest.fail("sent twice")

def test_it(mc_tenant):
    mc_tenant.rest.post("/messaging/v1/email/messages/r-7").mock(side_effect=refuse)
    mailer(mc_tenant, "email_send").send("r-7")
"""
    )
    assert mailing.told(result) == {"test_it": "failed"}
    result.stdout.fnmatch_lines(["*Failed: sent twice"])
