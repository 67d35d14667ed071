"""What a test itself does, by arrange(), fail_next and log_in, excuses nothing in the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suites import Suite

pytestmark = pytest.mark.measured

APP = """
import pytest
from asking import call, consent, exchange, refresh

CALLBACK = "https://app.example.com/callback"
pytestmark = pytest.mark.mc_package(type="web-app", redirect_uris=[CALLBACK])

def log_in(tenant, **scope):
    return exchange(tenant, consent(tenant, **scope))
"""


class TestArrangedLogIns:
    """A judged exchange or refresh answers for the scopes that it takes over unasked."""

    @pytest.mark.parametrize(
        ("scope", "outcome"),
        [
            pytest.param('scope="email_send"', "passed", id="just enough"),
            pytest.param('scope="email_read email_send"', "failed: MCS102", id="more"),
            pytest.param("", "failed: MCS102", id="everything"),
        ],
    )
    def test_a_refresh(self, suite: Suite, scope: str, outcome: str) -> None:
        assert suite.judge(
            f"""{APP}
@pytest.mark.mc_scopes("email_send")
def test_it(mc_tenant):
    with mc_tenant.arrange():
        tokens = log_in(mc_tenant, {scope})
    assert call(mc_tenant, refresh(mc_tenant, tokens)["access_token"]) == 200
"""
        ) == {"test_it": outcome}

    def test_an_exchange(self, suite: Suite) -> None:
        assert suite.judge(
            f"""{APP}
@pytest.mark.mc_scopes("email_send")
def test_it(mc_tenant):
    with mc_tenant.arrange():
        code = consent(mc_tenant)
    token = exchange(mc_tenant, code)["access_token"]
    assert call(mc_tenant, token) == 200
"""
        ) == {"test_it": "failed: MCS102"}

    def test_the_codes_own_log_in_is_told_once(self, suite: Suite) -> None:
        """By its authorize request: the exchange and the refresh say nothing more."""
        assert suite.judge(
            f"""{APP}
@pytest.mark.mc_scopes("email_send")
def test_it(mc_tenant, mc_clock):
    tokens = log_in(mc_tenant)
    mc_clock.advance(minutes=20)
    assert call(mc_tenant, refresh(mc_tenant, tokens)["access_token"]) == 200
"""
        ) == {"test_it": "failed: MCS101"}


class TestOrderedFaults:
    """A call that fails by the test's order is judged by what it needed."""

    @pytest.mark.parametrize(
        ("fault", "outcome"),
        [
            pytest.param("503", "failed: MCS201", id="5xx"),
            pytest.param('"rate_limited"', "failed: MCS201", id="429"),
            pytest.param('"unauthorized"', "passed", id="401, which says nothing of scopes"),
        ],
    )
    def test_a_call_that_is_not_allowed(self, suite: Suite, fault: str, outcome: str) -> None:
        assert suite.judge(
            f"""
            import pytest
            from asking import ask, call

            @pytest.mark.mc_scopes("email_send")
            def test_it(mc_tenant):
                mc_tenant.fail_next("rest", {fault})
                token = ask(mc_tenant, "email_send")
                path = "hub/v1/dataevents/key:orders/rowset"
                assert call(mc_tenant, token, path) >= 400
            """
        ) == {"test_it": outcome}

    def test_a_call_that_is_allowed(self, suite: Suite) -> None:
        """It shows what is used, as one that a stub answers by 503 does."""
        assert suite.judge(
            """
            import pytest
            from asking import CLIENT, ask, call

            @pytest.mark.mc_least_privilege
            def test_needs_it(mc_tenant):
                mc_tenant.fail_next("rest", 503)
                assert call(mc_tenant, ask(mc_tenant, "email_send")) == 503

            @pytest.mark.mc_scopes("email_send", match="at_most")
            def test_needs_nothing(mc_tenant):
                mc_tenant.fail_next("rest", 503)
                mc_tenant.fail_next("userinfo", 503)
                token = ask(mc_tenant, "email_send")
                assert call(mc_tenant, token, "platform/v1/tokenContext", "GET") == 503
                bearer = {"Authorization": f"Bearer {token}"}
                answer = CLIENT.get(mc_tenant.auth_url + "v2/userinfo", headers=bearer)
                assert answer.status_code == 503
            """
        ) == {"test_needs_it": "passed", "test_needs_nothing": "passed"}


def test_to_allow_a_dropped_scope_is_not_to_allow_an_omitted_one(suite: Suite) -> None:
    """What MCS106 stands for is found as MCS101 where MCS106 only tells."""
    assert suite.judge(
        """
        import pytest
        from asking import ask, call

        @pytest.mark.mc_allow("MCS106", reason="known")
        @pytest.mark.mc_scopes("email_send")
        def test_it(mc_tenant):
            ask(mc_tenant, "email_send")
            assert call(mc_tenant, ask(mc_tenant)) == 200
        """
    ) == {"test_it": "failed: MCS101, note MCS106"}


def test_who_logs_in_is_forgotten_with_the_test(suite: Suite) -> None:
    """On a tenant that lives on; whom its fixture logged in stays."""
    assert suite.judge(
        """
        import pytest

        @pytest.fixture(scope="module")
        def tenant(mc_cloud):
            with mc_cloud.tenant(type="web-app", users=[{"name": "Ada"}, {"name": "Bob"}]) as given:
                given.log_in("Bob")
                yield given

        def test_one_logs_in_another(tenant):
            tenant.log_in("Ada")
            tenant.log_in({"name": "Cleo"})
            assert tenant._core.state.browser_user.name == "Cleo"

        def test_the_next_begins_as_before(tenant):
            assert tenant._core.state.browser_user.name == "Bob"
        """
    ) == {"test_one_logs_in_another": "passed", "test_the_next_begins_as_before": "passed"}


def test_a_test_that_fails_tells_what_never_happened(suite: Suite) -> None:
    """It may well be what the test failed by: the error that it waited for was not ordered."""
    result = suite.run(
        """
        import httpx
        import pytest
        from asking import send

        def test_it(mc_tenant):
            mc_tenant.fail_next("userinfo", "blocked")
            with pytest.raises(httpx.HTTPError):
                send(mc_tenant, "email_send")
        """
    )
    assert suite.told(result) == {"test_it": "failed"}
    result.stdout.fnmatch_lines(['MCSCOPES: fail_next("userinfo", "blocked") * never happened: *'])
