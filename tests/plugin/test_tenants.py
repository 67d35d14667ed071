"""Which traffic of which tenant a test answers for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from suites import unwrapped

if TYPE_CHECKING:
    from suites import Suite


def test_the_window_is_the_call_phase(suite: Suite) -> None:
    """What only sets up or tears down is not judged, though a set-up is told of."""
    assert suite.judge(
        """
        import pytest
        from asking import ask, send

        @pytest.fixture
        def busy(mc_tenant):
            send(mc_tenant, "sms_read")
            yield
            send(mc_tenant)

        @pytest.mark.mc_scopes("email_send")
        def test_minimum(mc_tenant, busy):
            send(mc_tenant, "email_send")

        @pytest.mark.mc_scopes("email_send")
        def test_arranged(mc_tenant):
            with mc_tenant.arrange():
                send(mc_tenant)
            send(mc_tenant, "email_send")

        @pytest.mark.mc_scopes("email_send")
        def test_only_arranged(mc_tenant):
            with mc_tenant.arrange():
                token = ask(mc_tenant, "email_send")

        @pytest.mark.mc_no_token(reason="it only arranges")
        def test_arranged_without_a_token(mc_tenant):
            with mc_tenant.arrange():
                send(mc_tenant)
        """
    ) == {
        "test_minimum": "passed: note",
        "test_arranged": "passed",
        "test_only_arranged": "failed: MCS105",
        "test_arranged_without_a_token": "passed",
    }


def test_tokens_are_judged_by_lineage(suite: Suite) -> None:
    """A client that logged in earlier is judged by each marked test that uses its token."""
    assert suite.judge(
        """
        import pytest
        from asking import ask, call

        class Client:
            def __init__(self, tenant, scope):
                self.tenant, self.token = tenant, ask(tenant, scope)

            def send(self):
                call(self.tenant, self.token)

        @pytest.fixture(scope="session")
        def broad(mc_cloud):
            with mc_cloud.tenant() as tenant:
                yield Client(tenant, None)

        @pytest.fixture(scope="module")
        def narrow(mc_cloud):
            with mc_cloud.tenant(scopes=["email_send", "email_read"]) as tenant:
                yield Client(tenant, "email_send")

        def test_unmarked(broad):
            broad.send()

        @pytest.mark.mc_scopes("email_send")
        def test_broad(broad):
            broad.send()

        @pytest.mark.mc_scopes("email_send")
        def test_broad_unused(broad):
            pass

        class TestAgain:
            @pytest.mark.mc_scopes("email_send")
            def test_broad(self, broad):
                broad.send()

            @pytest.mark.mc_scopes("email_send")
            def test_narrow(self, narrow):
                narrow.send()

        @pytest.mark.mc_scopes("email_send")
        def test_asked_for_by_name(request):
            request.getfixturevalue("narrow").send()

        @pytest.mark.mc_scopes("email_send")
        def test_both_and_one_of_its_own(narrow, broad, mc_tenant):
            narrow.send()
            Client(mc_tenant, "email_send").send()

        @pytest.mark.mc_scopes("email_send")
        def test_given(mc_tenant):
            call(mc_tenant, mc_tenant.issue_token(["email_send"]))

        @pytest.mark.mc_no_token(reason="it is handed one")
        def test_given_as_it_should(mc_tenant):
            call(mc_tenant, mc_tenant.issue_token(["email_send"]))
        """
    ) == {
        "test_unmarked": "passed",
        "test_broad": "failed: MCS101",
        "test_broad_unused": "failed: MCS105",
        "TestAgain::test_broad": "failed: MCS101",
        "TestAgain::test_narrow": "passed",
        "test_asked_for_by_name": "passed",
        "test_both_and_one_of_its_own": "passed",
        "test_given": "failed: MCS105",
        "test_given_as_it_should": "passed",
    }


def test_a_session_client_that_an_unmarked_test_made_first(suite: Suite) -> None:
    """A fixture owns its tenant even where it asked for `mc_cloud` in its body, first of all."""
    assert suite.judge(
        """
        import pytest
        from asking import send

        @pytest.fixture(scope="session")
        def tenant(request):
            with request.getfixturevalue("mc_cloud").tenant() as tenant:
                yield tenant

        def test_unmarked(tenant):
            pass

        @pytest.mark.mc_scopes("email_send")
        def test_marked(tenant):
            send(tenant, "email_send")
        """
    ) == {"test_unmarked": "passed", "test_marked": "passed"}


def test_tenants_of_the_test_body(suite: Suite) -> None:
    """A tenant that the test builds itself is its own, even once it has ended."""
    assert suite.judge(
        """
        import pytest
        from asking import send

        pytestmark = pytest.mark.mc_scopes("email_send")

        def test_ended(mc_cloud):
            with mc_cloud.tenant() as tenant:
                send(tenant, "email_send email_read")

        def test_two(mc_cloud):
            with mc_cloud.tenant() as one, mc_cloud.tenant() as other:
                assert str(mc_cloud) == repr(mc_cloud) == "<MarketingCloud with 2 tenants>"
                send(one, "email_send")
                send(other, "email_send")

        def test_none(mc_cloud):
            pass

        @pytest.mark.mc_no_token(reason="there is nothing to ask")
        def test_none_as_it_should(mc_cloud):
            pass
        """
    ) == {
        "test_ended": "failed: MCS102",
        "test_two": "passed",
        "test_none": "failed: MCS105",
        "test_none_as_it_should": "passed",
    }


def test_foreign_tenants(suite: Suite) -> None:
    """A client that outlives its tenant, or strays to another's, is named; no socket is opened."""
    result = suite.run(
        """
        import httpx, pytest
        from asking import CLIENT, ask, call, send

        kept = []

        @pytest.mark.mc_scopes("email_send")
        def test_first(mc_tenant):
            send(mc_tenant, "email_send")
            kept.append((mc_tenant, ask(mc_tenant, "email_send"), mc_tenant.client_id))

        @pytest.mark.mc_scopes("email_send")
        def test_stale_host(mc_tenant):
            call(*kept[0][:2])

        @pytest.mark.mc_scopes("email_send")
        def test_stale_host_survived(mc_tenant):
            with pytest.raises(httpx.ConnectError):
                call(*kept[0][:2])

        @pytest.mark.mc_scopes("email_send")
        def test_stale_token(mc_tenant):
            send(mc_tenant, "email_send")
            assert call(mc_tenant, kept[0][1]) == 401

        @pytest.mark.mc_scopes("email_send")
        def test_stale_client(mc_tenant):
            send(mc_tenant, "email_send")
            body = {"grant_type": "client_credentials", "client_id": kept[0][2]}
            body |= {"client_secret": "x"}
            assert CLIENT.post(mc_tenant.auth_url + "v2/token", json=body).status_code == 401

        @pytest.mark.mc_scopes("email_send")
        def test_made_up_token(mc_tenant):
            send(mc_tenant, "email_send")
            assert call(mc_tenant, "made-up") == 401

        @pytest.fixture
        def stale(mc_tenant):
            with pytest.raises(httpx.ConnectError):
                call(*kept[0][:2])

        @pytest.mark.mc_scopes("email_send")
        def test_stale_in_a_fixture_only(mc_tenant, stale):
            send(mc_tenant, "email_send")

        @pytest.fixture(scope="module")
        def other(mc_cloud):
            with mc_cloud.tenant() as tenant:
                kept.append(tenant)
                yield tenant

        def test_other(other):
            kept.append(ask(other, "email_send"))

        @pytest.mark.mc_scopes("email_send")
        def test_not_in_the_closure(mc_tenant):
            send(mc_tenant, "email_send")
            ask(kept[1], "email_send")
            call(kept[1], kept[2])

        @pytest.mark.mc_scopes("email_send")
        def test_its_token(mc_tenant):
            send(mc_tenant, "email_send")
            call(mc_tenant, kept[2])

        @pytest.mark.mc_scopes("email_send")
        def test_its_rest_host(mc_tenant):
            send(mc_tenant, "email_send")
            call(kept[1], kept[2])
        """
    )
    assert suite.told(result) == {
        "test_first": "passed: note MCS303",
        "test_stale_host": "failed: MCS107, note",
        "test_stale_host_survived": "failed: MCS105, MCS107",
        "test_stale_token": "failed: MCS107",
        "test_stale_client": "failed: MCS101, MCS107",
        "test_made_up_token": "failed: MCS107",
        "test_stale_in_a_fixture_only": "passed",
        "test_other": "passed",
        "test_not_in_the_closure": "failed: MCS107",
        "test_its_token": "failed: MCS107",
        "test_its_rest_host": "failed: MCS107",
    }
    result.stdout.fnmatch_lines(
        [
            (
                "*ConnectError: MCSCOPES: https://mc*.rest.marketingcloudapis.com belongs to a"
                " Marketing Cloud that ended with fixture mc_tenant for test_it.py::test_first*"
            ),
            "*MCSCOPES: the code under test used a tenant, client or token that is not this*",
            "*MCS107  foreign tenant: the code used a token*the tenant of fixture mc_tenant*",
            "*MCS107  foreign tenant: the code used a client, but it belongs to the tenant of*",
            "*MCS107  foreign tenant: the code used host",
            "*mc*.auth.marketingcloudapis.com, but it belongs to the tenant of",
            "*fixture other for test_it.py::test_other",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_mcscopes*in_process.py*")
    result.stdout.no_fnmatch_line("*pytest_mcscopes*guard.py*")


def test_unowned_hosts(suite: Suite) -> None:
    """Real hosts are never called, and other ones are named where no token was granted."""
    result = suite.run(
        """
        import httpx, pytest, respx
        from asking import CLIENT

        @pytest.mark.mc_scopes("email_send")
        def test_real_host(mc_tenant):
            with pytest.raises(httpx.ConnectError):
                CLIENT.post("https://mc1.auth.marketingcloudapis.com/v2/token")

        @pytest.mark.mc_scopes("email_send")
        def test_other_host(mc_tenant):
            with respx.mock:
                respx.post("https://login.example.com/token").respond(200)
                CLIENT.post("https://login.example.com/token")

        def test_unmarked(mc_tenant):
            with respx.mock:
                respx.post("https://login.example.com/token").respond(200)
                CLIENT.post("https://login.example.com/token")
        """
    )
    assert suite.told(result) == {
        "test_real_host": "failed: MCS105, MCS107",
        "test_other_host": "failed: MCS105",
        "test_unmarked": "passed",
    }
    result.stdout.fnmatch_lines(["*the code was seen to call login.example.com*"])


def test_several_packages(suite: Suite) -> None:
    """Each mark judges its package, by default the first written; others may ask for nothing."""
    assert suite.judge(
        """
        import pytest
        from asking import ask, call, send

        pytestmark = [
            pytest.mark.mc_package(name="mailer", scopes=["email_send", "email_read"]),
            pytest.mark.mc_scopes("email_send"),
        ]

        def both(tenant, mailer, reader):
            assert list(tenant.packages) == ["mailer", "reader"]
            assert tenant.package is tenant.packages["mailer"]
            call(tenant, ask(tenant, mailer))
            token = ask(tenant, reader, tenant.packages["reader"])
            call(tenant, token, "hub/v1/campaigns", "GET")

        @pytest.mark.mc_package(name="reader", scopes=["campaign_read"])
        @pytest.mark.mc_scopes("campaign_read", package="reader")
        class TestTwo:
            def test_minimum(self, mc_tenant):
                both(mc_tenant, "email_send", "campaign_read")

            def test_excess_of_the_first(self, mc_tenant):
                both(mc_tenant, None, "campaign_read")

            def test_only_the_first(self, mc_tenant):
                send(mc_tenant, "email_send")

            def test_refused(self, mc_tenant):
                both(mc_tenant, "email_send", "sms_read")

            @pytest.mark.mc_scopes("email_send", package="nobody")
            def test_unknown(self, mc_tenant):
                both(mc_tenant, "email_send", "campaign_read")

        @pytest.mark.mc_package(name="reader")
        def test_one_without_a_mark(mc_tenant):
            both(mc_tenant, "email_send", "campaign_read")

        @pytest.mark.mc_package(name="reader")
        def test_one_without_a_mark_unused(mc_tenant):
            send(mc_tenant, "email_send")
        """
    ) == {
        "TestTwo::test_minimum": "passed",
        "TestTwo::test_excess_of_the_first": "failed: MCS101",
        "TestTwo::test_only_the_first": "failed: MCS105",
        "TestTwo::test_refused": "failed: MCS102, MCS103, MCS105",
        "TestTwo::test_unknown": "failed",
        "test_one_without_a_mark": "failed: MCS109",
        "test_one_without_a_mark_unused": "passed",
    }


@pytest.mark.measured
def test_what_a_test_assigns_ends_with_it(suite: Suite) -> None:
    """Else the order of tests that share a tenant decides what is asked for without `scope`."""
    assert suite.judge(
        """
        import pytest
        from asking import send

        AT_MOST = pytest.mark.mc_scopes("email_send", match="at_most")

        @pytest.fixture(scope="module")
        def tenant(mc_cloud):
            with mc_cloud.tenant(scopes=["email_read", "email_send"]) as tenant:
                yield tenant

        @pytest.fixture(scope="module")
        def narrow(tenant):
            tenant.package.assign("email_send")

        @AT_MOST
        def test_less(tenant):
            tenant.package.assign("sms_read", lag=60)
            tenant.package.assign("email_send")
            send(tenant)

        @AT_MOST
        def test_afterwards(tenant):
            tenant.clock.advance(60)
            assert tenant.package.scopes == {"email_read", "email_send"}
            send(tenant)

        @AT_MOST
        def test_changed_by_a_fixture(narrow, tenant):
            send(tenant)

        @AT_MOST
        def test_changed_by_an_earlier_fixture(narrow, tenant):
            send(tenant)
        """
    ) == {
        "test_less": "passed",
        "test_afterwards": "failed: MCS101",
        "test_changed_by_a_fixture": "passed",
        "test_changed_by_an_earlier_fixture": "passed",
    }


def test_allowances(suite: Suite) -> None:
    """What is allowed is a note; an allowance that allows nothing is told."""
    result = suite.run(
        """
        import pytest
        from asking import send

        pytestmark = [
            pytest.mark.mc_scopes("email_read"),
            pytest.mark.mc_allow("MCS201", reason="the denial is what is tested"),
        ]

        def test_denied(mc_tenant):
            assert send(mc_tenant, "email_read") == 403

        def test_not_denied(mc_tenant):
            assert send(mc_tenant, "email_read email_send") == 200

        @pytest.mark.mc_allow("MCS102", "MCS202", reason="it asks for both")
        def test_closer(mc_tenant):
            assert send(mc_tenant, "email_read email_send") == 200
        """
    )
    assert suite.told(result) == {
        "test_denied": "passed: note MCS201",
        "test_not_denied": "failed: MCS102, MCS202, note",
        "test_closer": "passed: note MCS102, note MCS202, note",
    }
    unwrapped(result).fnmatch_lines(
        [
            "test_it.py::test_closer: note MCS102 excess scope: email_send",
            (
                '2 tests, first test_it.py::test_closer: note mc_allow("MCS201") allowed nothing'
                " here (@pytest.mark.mc_allow, test_it.py:6): remove it"
            ),
            "test_it.py::test_denied: note MCS201 denied call: *",
        ]
    )


def test_time(suite: Suite) -> None:
    """`mc_clock` moves the tenants of the test, and theirs alone, and never back."""
    result = suite.run(
        """
        import time
        import pytest
        from asking import CLIENT, ask, call

        @pytest.fixture(scope="module")
        def tenant(mc_cloud):
            with mc_cloud.tenant() as tenant:
                yield tenant

        def test_life(tenant, mc_tenant, mc_clock):
            answer = CLIENT.post(tenant.auth_url + "v2/token", json={
                "grant_type": "client_credentials",
                "client_id": tenant.client_id,
                "client_secret": tenant.client_secret,
            }).json()
            assert answer["expires_in"] == 1079
            token = answer["access_token"]
            mc_clock.advance(seconds=1079, minutes=1)
            assert call(tenant, token) == 200
            mc_clock.advance(62)
            assert call(tenant, token) == 401
            before, now, after = time.time(), mc_tenant.clock.now(), time.time()
            assert now - after <= 1201 <= now - before  # 1079 + 60 + 62

        def test_later(tenant, mc_tenant):
            assert tenant.clock.now() - time.time() > 1140
            assert mc_tenant.clock.now() - time.time() < 60

        def test_back(mc_tenant, mc_clock):
            mc_clock.advance(hours=-1)

        def test_no_tenant(mc_clock):
            mc_clock.advance(1)
        """
    )
    assert suite.told(result) == {
        "test_life": "passed",
        "test_later": "passed",
        "test_back": "failed",
        "test_no_tenant": "failed",
    }
    result.stdout.fnmatch_lines(
        [
            "MCSCOPES: advance needs a time to come, got -3600 seconds.*",
            "  at test_it.py:30",
            "MCSCOPES: mc_clock: the test has no tenant whose time could be moved.*",
            "  at test_it.py:33",
        ]
    )


def test_nobody_blinds_us(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither `mock.patch.stopall()` nor a patch that a test leaves behind unmounts us."""
    import httpx  # noqa: PLC0415 - as pytest found it

    # What the inner test leaves behind goes with this one.
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", httpx.HTTPTransport.handle_request)
    assert suite.judge(
        """
        from unittest import mock
        import httpx, pytest, respx
        from asking import send

        below = []

        @pytest.mark.mc_scopes("email_send")
        def test_stops_all(mc_tenant):
            respx.start()
            mock.patch.stopall()
            send(mc_tenant, "email_send email_read")
            respx.stop()  # it would stay blind itself, in the outer run too

        @pytest.mark.mc_scopes("email_send")
        def test_leaves_a_patch(mc_tenant):
            send(mc_tenant, "email_send email_read")
            httpx.HTTPTransport.handle_request = lambda transport, request: httpx.Response(200)

        @pytest.mark.mc_scopes("email_send")
        def test_afterwards(mc_tenant):
            send(mc_tenant, "email_send email_read")
        """
    ) == {
        "test_stops_all": "failed: MCS102",
        "test_leaves_a_patch": "failed: MCS102",
        "test_afterwards": "failed: MCS102",
    }


def test_runs_within_runs(suite: Suite) -> None:
    """A nested run in one process leaves the outer tenants working, and httpx as it was."""
    import httpx  # noqa: PLC0415 - as pytest found it

    before = httpx.HTTPTransport.handle_request
    outcomes = suite.judge(
        """
        import pytest
        from asking import send

        @pytest.mark.mc_scopes("email_send")
        def test_outer(mc_tenant, pytester):
            send(mc_tenant, "email_send")
            pytester.makepyfile('''
                import pytest
                from asking import send

                @pytest.mark.mc_scopes("email_send")
                def test_inner(mc_tenant):
                    send(mc_tenant, "email_send email_read")
            ''')
            pytester.runpytest_inprocess("-p", "pytest_mcscopes.plugin").assert_outcomes(failed=1)
            send(mc_tenant, "email_send sms_read")
        """,
        "-p", "pytester",
    )  # fmt: skip
    assert outcomes == {"test_outer": "failed: MCS102"}
    assert httpx.HTTPTransport.handle_request is before


@pytest.mark.parametrize("way", ["autouse=True", ""])
def test_xunit_set_up_is_no_window(suite: Suite, way: str) -> None:
    """A client of `setup_method` or of an autouse fixture is judged once its token is used."""
    fixture = f"@pytest.fixture({way or 'autouse=True'})\n        def client(self, mc_tenant):"
    outcomes = suite.judge(
        f"""
    import pytest
    from asking import ask, call

    @pytest.mark.mc_scopes("email_send")
    class TestClient:
        {fixture}
            self.tenant, self.token = mc_tenant, ask(mc_tenant, "email_send sms_read")

        def test_used(self):
            call(self.tenant, self.token)

        def test_unused(self):
            call(self.tenant, ask(self.tenant, "email_send"))
        """
    )
    assert outcomes == {
        "TestClient::test_used": "failed: MCS102",
        "TestClient::test_unused": "passed: note",
    }
