"""MCS303 over ports and among several users of one app: what may be another process or browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suites import Suite

pytestmark = pytest.mark.measured

OVER_PORTS = """
import httpx
import pytest

pytestmark = pytest.mark.mc_scopes("email_send")


def log_in(tenant, http):
    login = {"client_id": tenant.client_id, "client_secret": tenant.client_secret}
    login |= {"grant_type": "client_credentials", "scope": "email_send"}
    http.post(tenant.auth_url + "v2/token", json=login).raise_for_status()


def test_one_connection(mc_server):
    with httpx.Client() as http:
        log_in(mc_server, http)
        log_in(mc_server, http)


def test_two_connections(mc_server):
    for _ in range(2):
        with httpx.Client() as http:
            log_in(mc_server, http)


def test_in_process(mc_tenant):
    for _ in range(2):
        with httpx.Client() as http:
            log_in(mc_tenant, http)
"""


def test_another_connection_may_be_another_process(suite: Suite) -> None:
    """It stays a note whatever `mc_rules` says, and the text says why."""
    suite.pytester.makeini("[pytest]\nmc_rules = MCS303=error\n")
    result = suite.run(OVER_PORTS)
    assert suite.told(result) == {
        "test_one_connection": "failed: MCS303",
        "test_two_connections": "passed: note MCS303",
        "test_in_process": "failed: MCS303",
    }
    text = result.stdout.str()
    assert text.count("the client asked again, or another process did") == 1


BROWSERS = """
import pytest
from asking import consent, exchange, refresh

pytestmark = [
    pytest.mark.mc_package(type="web-app", scopes=["email_send"]),
    pytest.mark.mc_scopes("email_send"),
]


def log_in(tenant):
    return exchange(tenant, consent(tenant, scope="email_send", state="s"))


def renew(tenant, got):
    return refresh(tenant, got, scope="email_send")


def test_two_browsers(mc_tenant):
    log_in(mc_tenant)
    log_in(mc_tenant)


def test_each_renews_in_time(mc_tenant):
    first = log_in(mc_tenant)
    mc_tenant.clock.advance(800)
    second = log_in(mc_tenant)
    renew(mc_tenant, first)
    mc_tenant.clock.advance(800)
    renew(mc_tenant, second)


def test_one_renews_at_once(mc_tenant):
    renew(mc_tenant, log_in(mc_tenant))
"""


def test_two_browsers_of_one_user_never_fire(suite: Suite) -> None:
    """Each log-in is compared with what came of itself alone."""
    assert suite.judge(BROWSERS) == {
        "test_two_browsers": "passed",
        "test_each_renews_in_time": "passed",
        "test_one_renews_at_once": "passed: note MCS303",
    }
