"""Tests of a refusal: the code must ask, and every token request must be refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from suites import unwrapped

if TYPE_CHECKING:
    from suites import Suite

pytestmark = pytest.mark.measured

REFUSALS = """
    import httpx
    import pytest
    from asking import ask, call, send

    pytestmark = pytest.mark.mc_scopes("email_send")
    refused = pytest.mark.mc_no_token(refused=True, reason="a test of the refusal")

    def wrong(tenant, scope=None):
        class package:
            client_id, client_secret = tenant.client_id, "wrong"
        return ask(tenant, scope, package)

    def test_sends(mc_tenant):
        send(mc_tenant, "email_send")

    @refused
    def test_wrong_secret(mc_tenant):
        assert wrong(mc_tenant) is None

    @refused
    def test_over_a_port(mc_server):
        assert httpx.post(mc_server.auth_url + "v2/token", json={}, verify=False).is_error

    @refused
    @pytest.mark.mc_package(scopes=["email_send"], unassigned="reject")
    def test_scope_that_is_not_assigned(mc_tenant):
        assert ask(mc_tenant, "email_send push_write") is None

    @refused
    def test_unavailable(mc_tenant):
        mc_tenant.fail_next("token", 503)
        ask(mc_tenant, "email_send")

    @refused
    @pytest.mark.parametrize("trouble", ["timeout", "reset"])
    def test_unanswered(mc_tenant, trouble):
        mc_tenant.fail_next("token", trouble)
        with pytest.raises(httpx.TransportError):
            ask(mc_tenant, "email_send")

    @refused
    def test_unreadable(mc_tenant):
        assert httpx.post(mc_tenant.auth_url + "v2/token", content="{").is_error

    @refused
    def test_recovers(mc_tenant):
        mc_tenant.fail_next("token", 503)
        ask(mc_tenant, "email_send")
        ask(mc_tenant, "email_send")

    @refused
    def test_is_granted(mc_tenant):
        send(mc_tenant, "email_send")

    @refused
    def test_never_asks(mc_tenant):
        pass

    @refused
    def test_asks_in_set_up_alone(mc_tenant):
        with mc_tenant.arrange():
            wrong(mc_tenant)

    @refused
    def test_fails_before_it_asks(mc_tenant):
        assert not mc_tenant

    @refused
    def test_goes_on_with_another_token(mc_tenant):
        assert wrong(mc_tenant) is None
        assert call(mc_tenant, mc_tenant.issue_token(["email_send"])) == 200

    def test_has_no_mark_of_its_own(mc_tenant):
        assert wrong(mc_tenant, "email_send") is None
"""


def test_tests_of_a_refusal(suite: Suite) -> None:
    """Under a mark of the module too; what comes of it is counted."""
    result = suite.run(REFUSALS)
    assert suite.told(result) == {
        "test_sends": "passed",
        "test_wrong_secret": "passed",
        "test_over_a_port": "passed",
        "test_scope_that_is_not_assigned": "passed",
        "test_unavailable": "passed",
        "test_unanswered[timeout]": "passed",
        "test_unanswered[reset]": "passed",
        "test_unreadable": "failed: MCS109",
        "test_recovers": "failed: MCS109",
        "test_is_granted": "failed: MCS109",
        "test_never_asks": "failed: MCS105",
        "test_asks_in_set_up_alone": "failed: MCS105",
        "test_fails_before_it_asks": "failed: note",
        "test_goes_on_with_another_token": "passed",
        "test_has_no_mark_of_its_own": "failed: MCS105",
    }
    unwrapped(result).fnmatch_lines(
        [
            "MCS109 email_send: MCSCOPES: the test expects that every token request is refused*",
            "  declared   every token request is refused *",
            "MCS105: MCSCOPES: the test expects that token requests are refused, and none came.",
            "  MCS105  no token request to refuse, and the mark says that each one is refused*",
            "  Let the code ask for a token in this test, of mc_tenant or mc_server; or*",
            "7 tests of a refused token request (mc_no_token(refused=True)): what they ask for*",
        ],
        consecutive=False,
    )


def test_the_suggestion(suite: Suite) -> None:
    """A test in which all was refused gets the mark for that, and is marked so with it."""
    result = suite.run(REFUSALS, "--mc-suggest", "-k", "no_mark or secret")
    result.stdout.fnmatch_lines(
        [
            "  test_has_no_mark_of_its_own",
            '    @pytest.mark.mc_no_token(refused=True, reason="a test of the refusal")',
            "      in place of @pytest.mark.mc_scopes, test_it.py:5",
            "      if the test is about this: no token granted: every token request was refused*",
            "  test_wrong_secret",
            '    @pytest.mark.mc_no_token(refused=True, reason="a test of the refusal")',
            "    so it is marked",
        ],
        consecutive=False,
    )
