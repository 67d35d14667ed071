"""Every kind of test is judged, by its last attempt, and its own outcome wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suites import Suite


def test_functions(suite: Suite) -> None:
    """A marked function fails by what it asks for; an unmarked one is never judged."""
    assert suite.judge(
        """
        import pytest
        from asking import send

        @pytest.mark.mc_scopes("email_send")
        def test_minimum(mc_tenant):
            send(mc_tenant, "email_send")

        @pytest.mark.mc_scopes("email_send")
        def test_excess(mc_tenant):
            send(mc_tenant, "email_send email_read")

        @pytest.mark.mc_scopes("email_send")
        def test_omitted(mc_tenant):
            send(mc_tenant)

        @pytest.mark.mc_scopes("email_send")
        def test_never():
            pass

        def test_unmarked(mc_tenant):
            send(mc_tenant)
        """
    ) == {
        "test_minimum": "passed",
        "test_excess": "failed: MCS102",
        "test_omitted": "failed: MCS101",
        "test_never": "failed: MCS105",
        "test_unmarked": "passed",
    }


def test_own_outcomes(suite: Suite) -> None:
    """A test that fails by itself keeps its failure; a skip is a skip; absence proves nothing."""
    result = suite.run(
        """
        import pytest
        from asking import send

        pytestmark = pytest.mark.mc_scopes("email_send", "email_read")

        def test_fails(mc_tenant):
            send(mc_tenant, "email_send email_read sms_read")
            assert "my own" == "failure"

        def test_fails_early(mc_tenant):
            raise SystemExit("before any request")

        def test_skips(mc_tenant):
            send(mc_tenant)
            pytest.skip("in the body")

        @pytest.mark.skip
        def test_skipped(mc_tenant):
            send(mc_tenant)

        @pytest.mark.xfail
        def test_xfails(mc_tenant):
            send(mc_tenant)

        @pytest.mark.xfail(strict=True)
        def test_strictly_xfails(mc_tenant):
            send(mc_tenant)

        @pytest.mark.xfail(strict=True)
        @pytest.mark.mc_scopes("email_send")
        def test_passes_against_expectation(mc_tenant):
            send(mc_tenant, "email_send")

        def test_xfails_in_the_body(mc_tenant):
            send(mc_tenant)
            pytest.xfail("as said")

        def test_asks_for_a_package_that_is_not_there(mc_tenant, request):
            raise ValueError("my own, too")
        test_asks_for_a_package_that_is_not_there.pytestmark = [
            pytest.mark.mc_scopes("email_send", package="nobody").mark
        ]
        """
    )
    assert suite.told(result) == {
        "test_fails": "failed: MCS102",
        "test_fails_early": "failed: note",
        "test_skips": "skipped",
        "test_skipped": "skipped",
        "test_xfails": "xfailed: MCS101, MCS202",
        "test_strictly_xfails": "xfailed: MCS101, MCS202",
        "test_passes_against_expectation": "failed",
        "test_xfails_in_the_body": "xfailed",
        "test_asks_for_a_package_that_is_not_there": "failed",
    }
    result.stdout.fnmatch_lines(
        [
            "*AssertionError: assert 'my own' == 'failure'",
            "*- MCSCOPES -*",
            "MCS102 sms_read: MCSCOPES: the code under test asks Marketing Cloud for more *",
            "*ValueError: my own, too",
        ]
    )


def test_unittest_s_skip_in_a_function(suite: Suite) -> None:
    """`unittest.SkipTest` is a skip wherever it is raised; no verdict is told."""
    outcomes = suite.judge(
        """
        import unittest
        import pytest
        from asking import send

        @pytest.mark.mc_scopes("email_send")
        def test_skips(mc_tenant):
            send(mc_tenant)
            raise unittest.SkipTest("in the body")
        """
    )
    # pytest 9.0.0, and no other, takes it for a failure.
    assert outcomes["test_skips"] in {"skipped", "failed"}


def test_the_end_of_the_session_is_not_judged(suite: Suite) -> None:
    """Ctrl-C in a marked test stops the run, as ever."""
    result = suite.run(
        """
        import pytest
        from asking import send

        @pytest.mark.mc_scopes("email_send")
        def test_stopped(mc_tenant):
            send(mc_tenant)
            pytest.exit("enough")
        """
    )
    result.stdout.fnmatch_lines(["*Exit: enough*"])
    result.stdout.no_fnmatch_line("*MCS101*")


ASYNC = """
    import httpx, pytest

    pytestmark = [pytest.mark.mc_scopes("email_send"), {mark}]

    async def ask(tenant, scope):
        async with httpx.AsyncClient(verify=False) as client:
            body = {{"grant_type": "client_credentials", "client_id": tenant.client_id}}
            body |= {{"client_secret": tenant.client_secret, "scope": scope}}
            answer = await client.post(tenant.auth_url + "v2/token", json=body)
            return answer.json()["access_token"]

    async def test_minimum(mc_tenant):
        await ask(mc_tenant, "email_send")

    async def test_excess(mc_tenant):
        await ask(mc_tenant, "email_send email_read")

    @pytest.fixture
    {fixture}
    async def token(mc_tenant):
        return await ask(mc_tenant, "email_read")

    async def test_token_of_a_fixture(mc_tenant, token):
        mc_tenant.rest.get("/hub/v1/campaigns").respond(200)
        async with httpx.AsyncClient(verify=False) as client:
            headers = {{"Authorization": "Bearer " + token}}
            await client.get(mc_tenant.rest_url + "hub/v1/campaigns", headers=headers)
"""
EXCESS = "failed: MCS102"


def test_async_with_asyncio(suite: Suite) -> None:
    """pytest-asyncio's tests and fixtures are judged."""
    mark = "pytest.mark.asyncio"
    source = ASYNC.format(mark=mark, fixture="").replace("@pytest.fixture", "@loop.fixture")
    source = source.replace("import httpx, pytest", "import httpx, pytest, pytest_asyncio as loop")
    outcomes = suite.judge(
        source, "-p", "asyncio", "-o", "asyncio_default_fixture_loop_scope=function"
    )
    assert outcomes == {
        "test_minimum": "passed",
        "test_excess": EXCESS,
        "test_token_of_a_fixture": "failed: MCS102, MCS103, MCS201",
    }


def test_async_with_anyio(suite: Suite) -> None:
    """anyio's tests and fixtures are judged, on asyncio and on trio."""
    outcomes = suite.judge(ASYNC.format(mark="pytest.mark.anyio", fixture=""), "-p", "anyio")
    assert outcomes == {
        "test_minimum[asyncio]": "passed",
        "test_minimum[trio]": "passed",
        "test_excess[asyncio]": EXCESS,
        "test_excess[trio]": EXCESS,
        "test_token_of_a_fixture[asyncio]": "failed: MCS102, MCS103, MCS201",
        "test_token_of_a_fixture[trio]": "failed: MCS102, MCS103, MCS201",
    }


def test_unittest(suite: Suite) -> None:
    """A TestCase's methods are judged, setUp too; their own outcome wins."""
    assert suite.judge(
        """
        import unittest
        import pytest
        from asking import ask, send

        class Base(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _tenant(self, mc_tenant):
                self.tenant = mc_tenant

        @pytest.mark.mc_scopes("email_send")
        class TestMailer(Base):
            def test_minimum(self):
                send(self.tenant, "email_send")

            def test_excess(self):
                send(self.tenant, "email_send email_read")

            def test_fails(self):
                send(self.tenant, "email_send email_read")
                self.assertEqual("my own", "failure")

            def test_errs(self):
                raise ValueError("before any request")

            def test_skips(self):
                send(self.tenant)
                self.skipTest("in the body")

            @unittest.skip("always")
            def test_skipped(self):
                send(self.tenant)

            @unittest.expectedFailure
            def test_is_expected_to_fail(self):
                send(self.tenant)
                self.fail()

            @unittest.expectedFailure
            def test_passes_unexpectedly(self):
                send(self.tenant, "email_send")

            def test_fails_in_a_part(self):
                with self.subTest("a part"):
                    self.fail()

            def test_never(self):
                pass

        @pytest.mark.mc_scopes("email_send")
        class TestSetUp(Base):
            def setUp(self):
                self.token = ask(self.tenant)

            def test_omitted(self):
                pass

        class TestAsync(unittest.IsolatedAsyncioTestCase):
            @pytest.fixture(autouse=True)
            def _tenant(self, mc_tenant):
                self.tenant = mc_tenant

            async def asyncSetUp(self):
                ask(self.tenant, "email_send")

            @pytest.mark.mc_scopes("email_send")
            async def test_minimum(self):
                send(self.tenant, "email_send")

            @pytest.mark.mc_scopes("email_send")
            async def test_excess(self):
                send(self.tenant, "email_send email_read")
        """
    ) == {
        "TestMailer::test_minimum": "passed",
        "TestMailer::test_excess": EXCESS,
        "TestMailer::test_fails": EXCESS,
        "TestMailer::test_errs": "failed: note",
        "TestMailer::test_skips": "skipped",
        "TestMailer::test_skipped": "skipped",
        "TestMailer::test_is_expected_to_fail": "xfailed",
        "TestMailer::test_passes_unexpectedly": "failed",
        # pytest reports the part as failed, the whole as passed; no MCS105.
        "TestMailer::test_fails_in_a_part": "passed: note",
        "TestMailer::test_never": "failed: MCS105",
        "TestSetUp::test_omitted": "failed: MCS101",
        "TestAsync::test_minimum": "passed: note MCS303",
        "TestAsync::test_excess": EXCESS,
    }


def test_subtests(suite: Suite) -> None:
    """A failed subtest counts as the test's own failure, one that passed does not."""
    outcomes = suite.judge(
        """
        import pytest
        from asking import send

        pytestmark = pytest.mark.mc_scopes("email_send")

        def test_a_part_fails(mc_tenant, subtests):
            with subtests.test("a part"):
                send(mc_tenant, "email_send email_read")
                assert "my own" == "failure"

        def test_a_part_fails_early(subtests):
            with subtests.test("a part"):
                assert "my own" == "failure"

        def test_parts_pass(mc_tenant, subtests):
            with subtests.test("a part"):
                send(mc_tenant, "email_send email_read")

        def test_next(subtests):
            pass
        """
    )
    assert outcomes == {
        # pytest turns its outcome when it tells it, after our report was written.
        "test_a_part_fails": "failed: MCS102",
        "test_a_part_fails_early": "failed: note",
        "test_parts_pass": EXCESS,
        "test_next": "failed: MCS105",
    }


def test_parametrised(suite: Suite) -> None:
    """Each parameter set is judged by itself, by its own mark before the function's."""
    assert suite.judge(
        """
        import pytest
        from asking import send

        @pytest.mark.parametrize("scope", [
            "email_send",
            "email_read",
            pytest.param("email_read", marks=pytest.mark.mc_scopes("email_read"), id="its own"),
            pytest.param(None, marks=[pytest.mark.mc_no_token(reason="asks nothing")], id="none"),
        ])
        @pytest.mark.mc_scopes("email_send")
        def test_scope(mc_tenant, scope):
            if scope:
                send(mc_tenant, scope)
        """
    ) == {
        "test_scope[email_send]": "passed",
        "test_scope[email_read]": "failed: MCS102, MCS201",
        "test_scope[its own]": "failed: MCS201",
        "test_scope[none]": "passed",
    }


def test_reruns(suite: Suite) -> None:
    """Of several attempts the last one counts."""
    result = suite.run(
        """
        import pytest
        from asking import send

        attempts = []

        @pytest.mark.mc_scopes("email_send")
        def test_flaky(mc_tenant):
            attempts.append(mc_tenant.client_id)
            send(mc_tenant, "email_send" if len(attempts) == 2 else "email_send email_read")

        @pytest.fixture
        def flaky_fixture():
            attempts.append("more")
            assert len(attempts) < 4

        @pytest.mark.mc_scopes("email_send")
        def test_fails_later_in_a_fixture(mc_tenant, flaky_fixture):
            send(mc_tenant)
        """,
        "-p", "rerunfailures", "--reruns", "1",
    )  # fmt: skip
    assert suite.told(result) == {
        "test_flaky": "passed",
        "test_fails_later_in_a_fixture": "error",
    }
    result.stdout.fnmatch_lines(["1 test judged: no errors"])


@pytest.mark.measured
def test_items_that_are_no_functions(suite: Suite) -> None:
    """A file format's own tests can be marked; without fixtures they have no tenant."""
    suite.pytester.makeconftest(
        """
        import pytest

        class Item(pytest.Item):
            def runtest(self):
                pass

        class File(pytest.File):
            def collect(self):
                yield Item.from_parent(self, name="unmarked")
                marked = Item.from_parent(self, name="marked")
                marked.add_marker(pytest.mark.mc_scopes("email_send"))
                yield marked

        def pytest_collect_file(file_path, parent):
            if file_path.suffix == ".steps":
                return File.from_parent(parent, path=file_path)
        """
    )
    suite.pytester.makefile(".steps", test_it="")
    assert suite.told(suite.run_files()) == {"unmarked": "passed", "marked": "failed: MCS105"}


def test_doctests(suite: Suite) -> None:
    """A module's marks are about its test functions, not its doctests."""
    outcomes = suite.judge(
        '''
        """
        >>> 1 + 1
        2
        """
        import pytest

        pytestmark = pytest.mark.mc_scopes("email_send")

        def test_function():
            pass
        ''',
        "--doctest-modules",
    )
    assert outcomes == {"test_it": "passed", "test_function": "failed: MCS105"}
