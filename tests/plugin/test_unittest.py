"""unittest's tearDown, asyncTearDown and cleanups come after what is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suites import Suite

CASES = """
    import unittest
    import pytest
    from asking import ask, call, send

    class Base:
        @pytest.fixture(autouse=True)
        def _tenant(self, mc_tenant):
            self.tenant = mc_tenant

    mark = pytest.mark.mc_scopes("email_send")

    @mark
    class TestCleanup(Base, unittest.TestCase):
        def clean(self):
            send(self.tenant)

        async def async_clean(self):
            send(self.tenant)

        def test_passes(self):
            self.addCleanup(self.clean)
            send(self.tenant, "email_send")

        def test_asks_for_too_much(self):
            self.addCleanup(self.clean)
            send(self.tenant, "email_send email_read")

        def test_only_the_cleanup_asks(self):
            self.addCleanup(self.clean)

        def test_fails(self):
            self.addCleanup(self.clean)
            send(self.tenant, "email_send")
            self.fail()

        def test_skips(self):
            self.addCleanup(self.clean)
            self.skipTest("in the body")

        def test_fails_in_a_part(self):
            self.addCleanup(self.clean)
            send(self.tenant, "email_send")
            with self.subTest("a part"):
                self.fail()

        def test_parts_pass(self):
            self.addCleanup(self.clean)
            with self.subTest("a part"):
                send(self.tenant, "email_send")

        @unittest.expectedFailure
        def test_is_expected_to_fail(self):
            self.addCleanup(self.clean)
            send(self.tenant, "email_send")
            self.fail()

        def test_cleans_up_itself(self):
            self.addCleanup(self.clean)
            self.doCleanups()
            send(self.tenant, "email_send")

        def test_the_cleanup_fails(self):
            self.addCleanup(self.fail)
            send(self.tenant, "email_send")

    @mark
    class TestTearDown(Base, unittest.TestCase):
        def tearDown(self):
            super().tearDown()
            send(self.tenant)

        def test_passes(self):
            send(self.tenant, "email_send")

        def test_asks_for_too_much(self):
            send(self.tenant, "email_send email_read")

        def test_begins_anew(self):
            self.tearDown()
            send(self.tenant, "email_send")

        def test_with_two(self):
            self.addCleanup(send, self.tenant)
            send(self.tenant, "email_send")

    @mark
    class TestSetUp(Base, unittest.TestCase):
        def setUp(self):
            self.addCleanup(send, self.tenant)
            send(self.tenant)

        def test_set_up_is_judged(self):
            pass

    @mark
    class TestAsync(Base, unittest.IsolatedAsyncioTestCase):
        async def asyncTearDown(self):
            send(self.tenant)

        def tearDown(self):
            send(self.tenant)

        async def clean(self):
            send(self.tenant)

        async def test_passes(self):
            self.addAsyncCleanup(self.clean)
            self.addCleanup(send, self.tenant)
            send(self.tenant, "email_send")

        async def test_asks_for_too_much(self):
            send(self.tenant, "email_send email_read")

        async def test_begins_anew(self):
            await self.asyncTearDown()
            send(self.tenant, "email_send")

        def test_that_is_no_coroutine(self):
            send(self.tenant, "email_send")

        async def test_fails(self):
            send(self.tenant, "email_send")
            self.fail()

    @mark
    class TestAsyncCleanup(Base, unittest.IsolatedAsyncioTestCase):
        async def clean(self):
            send(self.tenant)

        async def test_passes(self):
            self.addAsyncCleanup(self.clean)
            send(self.tenant, "email_send")

    @mark
    class TestOfPytest(Base):
        def tearDown(self):
            raise AssertionError("a method like others")

        def test_calls_it_itself(self):
            with pytest.raises(AssertionError):
                self.tearDown()
            send(self.tenant, "email_send")

    @mark
    class TestAssigned(Base, unittest.TestCase):
        def __init__(self, name):
            super().__init__(name)
            self.tearDown = lambda: send(self.tenant)

        def test_passes(self):
            send(self.tenant, "email_send")

        def test_assigns_another(self):
            self.tearDown = lambda: None
            self.addCleanup(send, self.tenant)
            send(self.tenant, "email_send")
"""
EXCESS = "failed: MCS102"
OMITTED = "failed: MCS101"


@pytest.mark.measured("recorded too")
@pytest.mark.parametrize("args", [(), ("--mc-suggest",)], ids=["judged", "recorded too"])
def test_teardown_is_not_judged(suite: Suite, args: tuple[str, ...]) -> None:
    """Sync or async, with cleanups, whatever comes of the test; what a test calls itself is."""
    told = suite.judge(CASES, *args)
    assert {test: outcome.partition(", note")[0] for test, outcome in told.items()} == {
        "TestCleanup::test_passes": "passed",
        "TestCleanup::test_asks_for_too_much": EXCESS,
        "TestCleanup::test_only_the_cleanup_asks": "failed: MCS105",
        "TestCleanup::test_fails": "failed",
        "TestCleanup::test_skips": "skipped",
        "TestCleanup::test_fails_in_a_part": "passed",
        "TestCleanup::test_parts_pass": "passed",
        "TestCleanup::test_is_expected_to_fail": "xfailed",
        "TestCleanup::test_cleans_up_itself": OMITTED,
        "TestCleanup::test_the_cleanup_fails": "failed",
        "TestTearDown::test_passes": "passed",
        "TestTearDown::test_asks_for_too_much": EXCESS,
        "TestTearDown::test_begins_anew": OMITTED,
        "TestTearDown::test_with_two": "passed",
        "TestSetUp::test_set_up_is_judged": OMITTED,
        "TestAsync::test_passes": "passed",
        "TestAsync::test_asks_for_too_much": EXCESS,
        "TestAsync::test_begins_anew": OMITTED,
        "TestAsync::test_that_is_no_coroutine": "passed",
        "TestAsync::test_fails": "failed",
        "TestAsyncCleanup::test_passes": "passed",
        "TestOfPytest::test_calls_it_itself": "passed",
        "TestAssigned::test_passes": "passed",
        "TestAssigned::test_assigns_another": "passed",
    }


def test_the_methods_are_left_as_they_were(suite: Suite) -> None:
    """What was put on an instance is taken off again, and tearDown runs once."""
    assert suite.judge(
        """
        import unittest
        import pytest
        from asking import send

        cases, torn = [], []

        @pytest.mark.mc_no_token(reason="nothing is asked")
        class TestIt(unittest.TestCase):
            def setUp(self):
                cases.append(self)

            def tearDown(self):
                torn.append(self)

            def test_first(self):
                pass

            def test_second(self):
                names = {"tearDown", "asyncTearDown", "doCleanups"}
                assert not names & vars(cases[0]).keys()
                assert torn == cases[:1]
        """
    ) == {"TestIt::test_first": "passed", "TestIt::test_second": "passed"}
