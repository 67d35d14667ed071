"""Blocks in test runs: phases, hypothesis, fixtures, subtests, async, and what is reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from suites import unwrapped

if TYPE_CHECKING:
    from suites import Suite


def test_phases(suite: Suite) -> None:
    """Unmarked tests are judged by their blocks, marked ones by their mark as well."""
    result = suite.run(
        """
        import pytest
        from asking import ask, call, send

        def test_clean(mc_tenant):
            send(mc_tenant)
            with mc_tenant.judged("email_send"):
                send(mc_tenant, "email_send")
            with mc_tenant.judged("email_read"):
                ask(mc_tenant, "email_read")

        def test_excess(mc_tenant):
            with mc_tenant.judged("email_send"):
                send(mc_tenant, "email_send")
            with mc_tenant.judged("email_read"):
                ask(mc_tenant, "email_read email_write")

        def test_none(mc_tenant):
            with mc_tenant.judged("email_send"):
                pass

        @pytest.mark.mc_scopes("email_read", "email_send", match="at_most")
        def test_marked(mc_tenant):
            with mc_tenant.judged("email_send"):
                send(mc_tenant, "email_send")
            ask(mc_tenant, "email_read")

        @pytest.mark.mc_scopes("email_send")
        def test_more_than_the_mark(mc_tenant):
            with mc_tenant.judged("email_read"):
                ask(mc_tenant, "email_read")
            send(mc_tenant, "email_send")

        @pytest.mark.mc_allow("MCS102", reason="to be mended")
        def test_allowed(mc_tenant):
            with mc_tenant.judged("email_send"):
                send(mc_tenant, "email_send email_read")

        def test_fails_by_itself(mc_tenant):
            with mc_tenant.judged("email_send", "sms_send"):
                send(mc_tenant, "email_send email_read")
                assert "my own" == "failure"

        def test_skips(mc_tenant):
            with mc_tenant.judged("email_send"):
                send(mc_tenant, "email_send email_read")
                pytest.skip("halfway")

        @pytest.mark.xfail
        def test_expected(mc_tenant):
            with mc_tenant.judged("email_send"):
                send(mc_tenant, "email_send email_read")
        """
    )
    assert suite.told(result) == {
        "test_clean": "passed",
        "test_excess": "failed: MCS102",
        "test_none": "failed: MCS105",
        "test_marked": "passed",
        "test_more_than_the_mark": "failed: MCS102",
        "test_allowed": "passed: note MCS102",
        "test_fails_by_itself": "failed: MCS102, MCS103",
        "test_skips": "skipped",
        "test_expected": "xfailed: MCS102",
    }
    result.stdout.fnmatch_lines(
        [
            "7 tests judged: MCS102 in 3, MCS103 in 1, MCS105 in 1",
            "1 expected failure with findings: MCS102 in 1",
        ]
    )


def test_what_is_shown(suite: Suite) -> None:
    """A failing block is shown as its place and text, without a traceback through us."""
    result = suite.run(
        """
        from asking import ask, call, send

        def test_excess(mc_tenant):
            with mc_tenant.judged("email_send"):
                send(mc_tenant, "email_send email_read")

        def test_note(mc_tenant):
            for _ in range(2):
                with mc_tenant.judged("email_send"):
                    token = ask(mc_tenant, "email_send")
                    call(mc_tenant, token)
                    call(mc_tenant, token, "nowhere")

        def test_own(mc_tenant):
            with mc_tenant.judged("email_send"):
                send(mc_tenant, "email_send email_read")
                raise ValueError("my own")
        """,
        "-rA",
    )
    result.stdout.fnmatch_lines(
        [
            "_* test_excess _*",
            "MCS102 email_read: MCSCOPES: the code under test asks Marketing Cloud for more *",
            "  at test_it.py:4",
            "  declared   email_send                         mc_tenant.judged(...), test_it.py:4",
            "  requested  email_read email_send",
            "  granted    email_read email_send              package *",
            "  * the default: everything",
            "  used       email_send                         POST *",
            "  MCS102  excess scope: email_read",
            '  Request scope="email_send" instead.',
            "  More: mcscopes explain MCS102",
            "_* test_own _*",
        ],
        consecutive=True,
    )
    unwrapped(result).fnmatch_lines(
        [
            "E *ValueError: my own",
            "E *MCS102 email_read: MCSCOPES: the code under test asks Marketing Cloud for *",
            "E *MCS102  excess scope: email_read",
            "_* test_note _*",
            "-* MCSCOPES -*",
            "MCSCOPES: nothing here fails the test; these are notes.",
            "test_it.py::test_note: note MCS203 unmapped call: POST /nowhere is not in the *",
            "3 tests judged: MCS102 in 2",
        ]
    )
    assert result.stdout.str().count("-- MCSCOPES --") == 1


def test_an_exception_that_is_caught_hides_nothing(suite: Suite) -> None:
    """What a block found before it is told all the same, but for what may still have come."""
    result = suite.run(
        """
        import unittest
        import pytest
        from asking import send

        @pytest.mark.parametrize("more", ["", " email_write"])
        @pytest.mark.parametrize("scope", ["email_send email_read", "email_send", "email_read"])
        def test_caught(mc_tenant, scope, more):
            with pytest.raises(KeyError), mc_tenant.judged("email_send", "email_read"):
                send(mc_tenant, scope + more)
                raise KeyError

        @pytest.mark.mc_scopes("email_send", "email_read", match="at_most")
        def test_marked(mc_tenant):
            with pytest.raises(KeyError), mc_tenant.judged("email_send"):
                send(mc_tenant, "email_send email_read")
                raise KeyError

        class TestIt(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _tenant(self, mc_tenant):
                self.tenant = mc_tenant

            def send(self):
                with self.tenant.judged("email_send"):
                    send(self.tenant, "email_send email_read")
                    raise KeyError

            def test_caught(self):
                with self.assertRaises(KeyError):
                    self.send()

            def test_not_caught(self):
                self.send()
        """
    )
    excess = "failed: MCS102"
    assert suite.told(result) == {
        "test_caught[email_send email_read-]": "passed",
        "test_caught[email_send-]": "passed: MCS103",
        "test_caught[email_read-]": "failed: MCS201",
        "test_caught[email_send email_read- email_write]": excess,
        "test_caught[email_send- email_write]": "failed: MCS102, MCS103",
        "test_caught[email_read- email_write]": "failed: MCS102, MCS201",
        "test_marked": excess,
        "TestIt::test_caught": excess,
        "TestIt::test_not_caught": excess,
    }
    result.stdout.fnmatch_lines(
        [
            "_* TestIt.test_caught _*",
            "MCS102 email_read: MCSCOPES: the code under test asks Marketing Cloud for more *",
            "  MCS102  excess scope: email_read",
            "  The error was caught, or was raised in a thread or task. It counts all the same.",
            '  If that is what the test is about, write around the block: with*findings("MCS102"):',
            "_* TestIt.test_not_caught _*",
        ]
    )
    assert result.stdout.str().count("It counts all the same") == 6


def test_blocks_of_fixtures(suite: Suite) -> None:
    """A block may stand around a fixture's yield; what it finds at the end is an error there."""
    result = suite.run(
        """
        import pytest
        from asking import ask, call, send

        @pytest.fixture
        def judged(mc_tenant):
            with mc_tenant.judged("email_send"):
                yield mc_tenant

        def test_clean(judged):
            send(judged, "email_send")

        def test_excess(judged):
            send(judged, "email_send email_read")

        def test_note(judged):
            token = ask(judged, "email_send")
            call(judged, token)
            call(judged, token, "nowhere")

        @pytest.mark.mc_scopes("email_send")
        def test_marked(judged):
            token = ask(judged, "email_send")
            call(judged, token)
            call(judged, token, "nowhere")

        @pytest.fixture
        def set_up(mc_tenant):
            with mc_tenant.judged("email_send"):
                send(mc_tenant, "email_send email_read")

        def test_set_up(set_up):
            pass

        def test_forgotten(mc_tenant):
            mc_tenant.judged("email_send")
        """
    )
    assert suite.told(result) == {
        "test_clean": "passed",
        "test_excess": "error: MCS102",
        "test_note": "passed",
        "test_marked": "passed: note MCS203",
        "test_set_up": "error: MCS102",
        "test_forgotten": "error",
    }
    result.stdout.fnmatch_lines(
        [
            "MCSCOPES: mc_tenant.judged(...), test_it.py:35 was never entered and left. Write it*",
            "2 tests, first test_it.py::test_marked: note MCS203 *",
            "5 tests judged: MCS102 in 2",
        ]
    )
    assert result.stdout.str().count("test_marked: note MCS203") == 1


def test_hypothesis(suite: Suite) -> None:
    """Each example is judged by itself, and the smallest one that fails is shown."""
    result = suite.run(
        """
        from asking import ask, send
        from hypothesis import HealthCheck, given, settings, strategies as st

        @settings(
            database=None,
            deadline=None,
            max_examples=20,
            suppress_health_check=[HealthCheck.function_scoped_fixture],
        )
        @given(st.booleans())
        def test_clean(mc_tenant, again):
            with mc_tenant.judged("email_send"):
                send(mc_tenant, "email_send")

        @settings(
            database=None,
            deadline=None,
            max_examples=20,
            suppress_health_check=[HealthCheck.function_scoped_fixture],
        )
        @given(st.sampled_from(["email_send", "email_send email_read"]))
        def test_excess(mc_tenant, scope):
            with mc_tenant.judged("email_send"):
                send(mc_tenant, scope)
        """
    )
    assert suite.told(result) == {"test_clean": "passed", "test_excess": "failed: MCS102"}


def test_subtests(suite: Suite) -> None:
    """A block in a subtest fails that one; the others go on."""
    result = suite.run(
        """
        from asking import send

        def test_two(mc_tenant, subtests):
            for scope in ("email_send", "email_send email_read", "email_send"):
                with subtests.test(scope), mc_tenant.judged("email_send"):
                    send(mc_tenant, scope)
        """
    )
    result.assert_outcomes(failed=1 + 1)
    result.stdout.fnmatch_lines(["1 test judged: MCS102 in 1"])


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_async_blocks(suite: Suite, backend: str) -> None:
    """A block may await."""
    outcomes = suite.judge(
        f"""
        import httpx, pytest

        @pytest.fixture
        def anyio_backend():
            return "{backend}"

        @pytest.mark.anyio
        @pytest.mark.parametrize("scope", ["email_send", "email_send email_read"])
        async def test_it(mc_tenant, scope):
            body = {{"grant_type": "client_credentials", "client_id": mc_tenant.client_id}}
            body |= {{"client_secret": mc_tenant.client_secret, "scope": scope}}
            with mc_tenant.judged("email_send"):
                async with httpx.AsyncClient(verify=False) as client:
                    await client.post(mc_tenant.auth_url + "v2/token", json=body)
        """,
        "-p",
        "anyio",
    )
    assert outcomes == {
        "test_it[email_send]": "passed",
        "test_it[email_send email_read]": "failed: MCS102",
    }


def test_workers(suite: Suite) -> None:
    """What blocks find goes from a worker to its controller."""
    result = suite.run(
        """
        from asking import ask, call, send

        def test_excess(mc_tenant):
            with mc_tenant.judged("email_send"):
                send(mc_tenant, "email_send email_read")

        def test_note(mc_tenant):
            with mc_tenant.judged("email_send"):
                token = ask(mc_tenant, "email_send")
                call(mc_tenant, token, "nowhere")
        """,
        "-p",
        "xdist",
        "-n",
        "1",
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["test_it.py::test_note: note MCS203 *", "2 tests judged: MCS102 in 1"]
    )


def test_denials(suite: Suite) -> None:
    """An expected denial fails nothing; one that did not come does, in a test without marks too."""
    result = suite.run(
        """
        import pytest
        from asking import ask, call, send

        CAMPAIGNS = "hub/v1/campaigns", "GET"

        @pytest.mark.mc_scopes("email_send")
        def test_expected(mc_tenant):
            token = ask(mc_tenant, "email_send")
            call(mc_tenant, token)
            with mc_tenant.expect_denied("campaign_read"):
                assert call(mc_tenant, token, *CAMPAIGNS) == 403

        @pytest.mark.mc_scopes("email_send")
        def test_twice(mc_tenant):
            token = ask(mc_tenant, "email_send")
            call(mc_tenant, token)
            with mc_tenant.expect_denied():
                call(mc_tenant, token, *CAMPAIGNS)
            call(mc_tenant, token, *CAMPAIGNS)

        @pytest.mark.mc_scopes("email_send")
        def test_other_findings(mc_tenant):
            token = ask(mc_tenant, "email_send email_read")
            call(mc_tenant, token)
            with mc_tenant.expect_denied():
                call(mc_tenant, token, *CAMPAIGNS)

        def test_not_denied(mc_tenant):
            with mc_tenant.expect_denied("campaign_read"):
                send(mc_tenant, "email_send")

        @pytest.mark.mc_scopes("email_send")
        def test_admin(mc_tenant):
            token = ask(mc_tenant, None, mc_tenant.admin)
            assert call(mc_tenant, token, *CAMPAIGNS) == 200
            send(mc_tenant, "email_send")

        @pytest.mark.mc_no_token(reason="the admin's are the test's own")
        def test_admin_alone(mc_tenant):
            assert call(mc_tenant, ask(mc_tenant, None, mc_tenant.admin)) == 200

        @pytest.mark.mc_scopes("email_send", package="admin")
        def test_admin_is_never_judged(mc_tenant):
            send(mc_tenant)
        """
    )
    assert suite.told(result) == {
        "test_expected": "passed",
        "test_twice": "failed: MCS201",
        "test_other_findings": "failed: MCS102",
        "test_not_denied": "failed",
        "test_admin": "passed",
        "test_admin_alone": "passed",
        "test_admin_is_never_judged": "failed",
    }
    result.stdout.fnmatch_lines(
        [
            "MCSCOPES: the test expects a denied call, and none was denied.",
            "  at test_it.py:*",
            "  expected   a call denied because its token lacks campaign_read; mc_tenant.expect_*",
            '*mc_scopes, test_it.py:* names package "admin", but the test has "integration".',
        ]
    )


def test_the_admin_s_name_is_taken(suite: Suite) -> None:
    """Where a mark or the fixture says it."""
    result = suite.run(
        """
        import pytest

        @pytest.mark.mc_package(name="admin", scopes=[])
        def test_mark(mc_tenant):
            pass
        """
    )
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(
        ['*@pytest.mark.mc_package: the name "admin" is taken, by mc_tenant.admin, *']
    )


def test_the_first_test_is_known_though_it_has_no_mark(suite: Suite) -> None:
    """A tenant that its body builds is that test's."""
    outcomes = suite.judge(
        """
        def test_first(mc_cloud, mc_clock):
            with mc_cloud.tenant() as tenant:
                mc_clock.advance(5)
                assert tenant.ledger.stage.test == "test_it.py::test_first"
        """
    )
    assert outcomes == {"test_first": "passed"}


def test_what_a_block_s_code_sends_to_tenants_of_other_tests(suite: Suite) -> None:
    """It is a client of another test's, as under a mark: the block does not know its tenant."""
    result = suite.run(
        """
        import pytest
        from asking import ask, send

        KEPT = {}

        @pytest.fixture(scope="module")
        def shared(mc_cloud):
            with mc_cloud.tenant() as tenant:
                KEPT["shared"] = tenant
                yield tenant

        def test_first(shared):
            pass

        def test_of_another_test(mc_tenant):
            with mc_tenant.judged("email_send"):
                send(mc_tenant, "email_send")
                ask(KEPT["shared"])

        def test_before_and_after(mc_tenant):
            ask(KEPT["shared"])
            with mc_tenant.judged("email_send"):
                send(mc_tenant, "email_send")
            ask(KEPT["shared"])

        def test_arranged(mc_tenant):
            with mc_tenant.judged("email_send"):
                send(mc_tenant, "email_send")
                with KEPT["shared"].arrange():
                    ask(KEPT["shared"])

        def test_its_own(mc_tenant, shared):
            with mc_tenant.judged("email_send"):
                send(mc_tenant, "email_send")
                ask(shared)

        def test_asked_for_in_its_body(mc_tenant, request):
            with mc_tenant.judged("email_send"):
                send(mc_tenant, "email_send")
                ask(request.getfixturevalue("shared"))

        def test_made_there(mc_tenant, mc_cloud):
            with mc_tenant.judged("email_send"), mc_cloud.tenant() as other:
                send(mc_tenant, "email_send")
                ask(other)

        @pytest.fixture
        def judges(mc_tenant):
            with mc_tenant.judged("email_send"):
                send(mc_tenant, "email_send")
                ask(KEPT["shared"])

        def test_in_a_fixture(judges):
            pass
        """
    )
    assert suite.told(result) == {
        "test_first": "passed",
        "test_of_another_test": "failed: MCS107",
        "test_before_and_after": "passed",
        "test_arranged": "passed",
        "test_its_own": "passed",
        "test_asked_for_in_its_body": "passed",
        "test_made_there": "passed",
        "test_in_a_fixture": "passed",
    }
    text = " ".join(result.stdout.str().split())
    assert "but it belongs to the tenant of fixture shared for test_it.py::test_first" in text
