"""What a block fails by fails its test, whatever becomes of the exception; and it is told once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from suites import unwrapped

if TYPE_CHECKING:
    from suites import Suite

pytestmark = pytest.mark.measured

COMMON = """
import asyncio, threading, unittest
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
import pytest
from asking import ask, call, send

def broad(tenant):
    with tenant.judged("email_send"):
        send(tenant, "email_send email_read")

def narrow(tenant):
    with tenant.judged("email_send"):
        send(tenant, "email_send")

async def broad_async(tenant):
    broad(tenant)

def not_denied(tenant):
    with tenant.expect_denied():
        send(tenant, "email_send")

def not_found(tenant):
    with tenant.expect_findings("MCS102"):
        narrow(tenant)

def nested(tenant):
    with tenant.judged("email_send"):
        send(tenant, "email_send")
        with suppress(Exception), tenant.judged("email_read"):
            pass

KEPT = []
"""
AGAIN = "  The error was caught, or was raised in a thread or task. It counts all the same."

SWALLOWED = {
    "suppressed": "with suppress(Exception): {block}(mc_tenant)",
    "expected by pytest.raises": "with pytest.raises(AssertionError): {block}(mc_tenant)",
    "in a pool": "with ThreadPoolExecutor() as pool: pool.submit({block}, mc_tenant)",
    "in a loop that tries again": """
    for do in ({block}, narrow):
        try:
            do(mc_tenant)
        except Exception:
            continue
""",
    "in a thread": """
    def work():
        with suppress(Exception):
            {block}(mc_tenant)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
""",
    "gathered": """
    async def gathered():
        await asyncio.gather(asyncio.to_thread({block}, mc_tenant), return_exceptions=True)
    asyncio.run(gathered())
""",
    "in a task that nobody awaits": """
    async def main():
        async def work():
            {block}(mc_tenant)
        KEPT.append(asyncio.create_task(work()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        with suppress(AssertionError):
            KEPT.pop().result()
    asyncio.run(main())
""",
}


def body(template: str, block: str) -> str:
    lines = template.format(block=block).strip("\n")
    return lines if lines.startswith(" ") else f"    {lines}"


@pytest.mark.parametrize("how", SWALLOWED.values(), ids=SWALLOWED)
def test_an_error_that_is_swallowed(suite: Suite, how: str) -> None:
    """It fails the test at its end, of each kind of block, unless the test says so."""
    result = suite.run(
        f"""{COMMON}
def test_found(mc_tenant):
{body(how, "broad")}

def test_not_denied(mc_tenant):
{body(how, "not_denied")}

def test_not_as_expected(mc_tenant):
{body(how, "not_found")}

@pytest.mark.mc_scopes("email_send", "email_read", match="at_most")
def test_marked(mc_tenant):
{body(how, "broad")}

def test_meant(mc_tenant):
  with mc_tenant.expect_findings("MCS102"):
{body(how, "broad")}
"""
    )
    assert suite.told(result) == {
        "test_found": "failed: MCS102",
        "test_not_denied": "failed",
        "test_not_as_expected": "failed",
        "test_marked": "failed: MCS102",
        "test_meant": "passed",
    }
    assert result.stdout.str().count(AGAIN) == 1 + 1 + 1 + 1
    result.stdout.fnmatch_lines(
        [
            "  MCS102  excess scope: email_read",
            AGAIN,
            '  If that is what the test is about, write around the block: with *s("MCS102"):',
        ]
    )


def test_a_block_that_is_refused(suite: Suite) -> None:
    """One that stands in another would not be judged: that is told too, though it is caught."""
    result = suite.run(f"{COMMON}\ndef test_it(mc_tenant):\n    nested(mc_tenant)\n")
    assert suite.told(result) == {"test_it": "failed"}
    result.stdout.fnmatch_lines(["MCSCOPES: mc_tenant.judged(...), * stands in *", AGAIN])


def test_no_error_is_told_twice(suite: Suite) -> None:
    """Where an exception ends the test, or a subtest, it shows what was found."""
    result = suite.run(
        f"""{COMMON}
def test_alone(mc_tenant):
    broad(mc_tenant)

def test_as_cause(mc_tenant):
    try:
        broad(mc_tenant)
    except AssertionError as error:
        raise RuntimeError from error

def test_as_context(mc_tenant):
    try:
        broad(mc_tenant)
    except AssertionError:
        raise RuntimeError

def test_in_a_group(mc_tenant):
    async def main():
        async with asyncio.TaskGroup() as group:
            group.create_task(broad_async(mc_tenant))
    asyncio.run(main())

def test_in_a_subtest(mc_tenant, subtests):
    with subtests.test("it"):
        broad(mc_tenant)

class TestIt(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _tenant(self, mc_tenant):
        self.tenant = mc_tenant

    def test_alone(self):
        broad(self.tenant)

    def test_in_a_subtest(self):
        with self.subTest("it"):
            broad(self.tenant)
"""
    )
    text = result.stdout.str()
    assert AGAIN not in text
    tests = 7
    assert text.count("MCS102  excess scope: email_read\n") == tests


def test_an_own_failure_shows_what_was_swallowed_before(suite: Suite) -> None:
    """As a section: the failure stays what it is. A skip is none, and a retry by xfail is one."""
    result = suite.run(
        f"""{COMMON}
def swallowed(tenant):
    with suppress(Exception):
        broad(tenant)

def test_own(mc_tenant):
    swallowed(mc_tenant)
    assert "my own" == "failure"

def test_without_context(mc_tenant):
    try:
        broad(mc_tenant)
    except AssertionError:
        raise RuntimeError("own") from None

def test_skip(mc_tenant):
    swallowed(mc_tenant)
    pytest.skip("halfway")

def test_skip_in_a_block(mc_tenant):
    with mc_tenant.judged("email_send"):
        send(mc_tenant, "email_send email_read")
        pytest.skip("halfway")

def test_skip_where_a_denial_is_expected(mc_tenant):
    with mc_tenant.expect_denied():
        pytest.skip("halfway")

@pytest.mark.xfail(strict=True)
def test_xfail(mc_tenant):
    swallowed(mc_tenant)

def test_subtest(mc_tenant, subtests):
    swallowed(mc_tenant)
    with subtests.test("it"):
        assert "my own" == "failure"

class TestIt(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _tenant(self, mc_tenant):
        self.tenant = mc_tenant

    def test_own(self):
        swallowed(self.tenant)
        self.fail("my own")

    def test_skip(self):
        swallowed(self.tenant)
        self.skipTest("halfway")

    def test_skip_alone(self):
        self.skipTest("halfway")

@pytest.fixture
def set_up(mc_tenant):
    swallowed(mc_tenant)

@pytest.fixture
def fails(set_up):
    raise RuntimeError("own")

def test_set_up(set_up):
    pass

def test_set_up_fails(fails):
    pass

@pytest.fixture
def torn_down(mc_tenant):
    yield
    swallowed(mc_tenant)

def test_torn_down(torn_down):
    pass
""",
        "-rA",
    )
    found = "failed: MCS102"
    assert suite.told(result) == {
        "test_own": found,
        "test_without_context": found,
        "test_skip": found,
        "test_skip_in_a_block": "skipped",
        "test_skip_where_a_denial_is_expected": "skipped",
        "test_xfail": "xfailed: MCS102",
        "test_subtest": "failed",  # by the call's report; the subtest's has what was found
        "TestIt::test_own": found,
        "TestIt::test_skip": found,
        "TestIt::test_skip_alone": "skipped",
        "test_set_up": "failed",  # by the call's report; the set-up's has what was found
        "test_set_up_fails": "error: MCS102",
        "test_torn_down": "error: MCS102",
    }
    tests = 9  # all but the expected failure, which pytest does not show
    assert result.stdout.str().count(AGAIN) == tests
    result.stdout.fnmatch_lines(["* tests judged: MCS102 in 9"])


def test_a_loop_of_many(suite: Suite) -> None:
    """What is the same is told once, and of more than a few how many there were."""
    result = suite.run(
        f"""{COMMON}
def test_same(mc_tenant):
    for _ in range(20):
        with suppress(Exception):
            broad(mc_tenant)

def test_different(mc_tenant):
    for number in range(20):
        with suppress(Exception), mc_tenant.judged("email_send"):
            send(mc_tenant, f"email_send word{{number}}")
"""
    )
    result.assert_outcomes(failed=2)
    assert result.stdout.str().count(AGAIN) == 1 + 5
    result.stdout.fnmatch_lines(["MCSCOPES: and 15 blocks more failed."])


@pytest.mark.parametrize(
    ("left_open", "outcome"),
    [
        pytest.param("{judged}.__enter__(); send(mc_tenant, {broad})", "failed: MCS102", id="more"),
        pytest.param("{judged}.__enter__()", "failed: MCS105", id="no token"),
        pytest.param("{judged}.__enter__(); send(mc_tenant, 'email_send')", "passed", id="clean"),
        pytest.param("{denied}.__enter__()", "failed", id="a denial that did not come"),
        pytest.param("{found}.__enter__()", "failed", id="findings that did not come"),
        pytest.param(
            "{found}.__enter__(); {judged}.__enter__(); send(mc_tenant, {broad})",
            "passed",
            id="findings that came",
        ),
        pytest.param(
            "{judged}.__enter__(); send(mc_tenant, {broad}); raise ValueError",
            "failed: MCS102",
            id="in a test that fails by itself",
        ),
    ],
)
def test_a_block_that_is_still_open(suite: Suite, left_open: str, outcome: str) -> None:
    """It is judged at the test's end; who leaves it later changes nothing."""
    words = {
        "judged": "keep(mc_tenant.judged('email_send'))",
        "denied": "keep(mc_tenant.expect_denied())",
        "found": "keep(mc_tenant.expect_findings('MCS102'))",
        "broad": "'email_send email_read'",
    }
    result = suite.run(
        f"""{COMMON}
def keep(block):
    KEPT.append(block)
    return block

def test_it(mc_tenant):
    {left_open.format(**words)}

def test_later(mc_tenant):
    while KEPT:
        KEPT.pop().__exit__(None, None, None)
"""
    )
    assert suite.told(result) == {"test_it": outcome, "test_later": "passed"}
    if outcome != "passed":
        result.stdout.fnmatch_lines(["  The block was still open when its test, or its tenant, *"])


def test_the_block_of_a_fixture_stays_open_for_its_life(suite: Suite) -> None:
    """Around a yield, of a fixture that the test's body asks for, and of one that lives longer."""
    assert suite.judge(
        f"""{COMMON}
@pytest.fixture(scope="module")
def shared(mc_cloud):
    with mc_cloud.tenant() as tenant, tenant.judged("email_send"):
        yield tenant

@pytest.fixture
def judged(mc_tenant):
    with mc_tenant.judged("email_send"):
        yield mc_tenant

def test_first(shared):
    send(shared, "email_send")

def test_fixture(judged):
    send(judged, "email_send")

def test_by_name(request):
    send(request.getfixturevalue("judged"), "email_send")

def test_last(shared):
    send(shared, "email_read")
"""
    ) == {
        "test_first": "passed",
        "test_fixture": "passed",
        "test_by_name": "passed",
        "test_last": "error: MCS102, MCS201",
    }


OUTSIDE = {
    "a thread that outlives all": """
def work(tenant, go):
    with suppress(Exception), tenant.judged("email_send"):
        ENTERED.set()
        go.wait()
        ask(tenant, "email_read")

GO, ENTERED = threading.Event(), threading.Event()

@pytest.fixture(scope="session", autouse=True)
def thread(mc_cloud):
    KEPT.append(mc_cloud.tenant())
    tenant = KEPT[-1].__enter__()
    thread = threading.Thread(target=work, args=(tenant, GO))
    thread.start()
    ENTERED.wait()
    ENDS.append(lambda: (GO.set(), thread.join()))
""",
    "a block that is never left": """
@pytest.fixture(scope="session", autouse=True)
def tenant(mc_cloud):
    KEPT.append(mc_cloud.tenant())
    tenant = KEPT[-1].__enter__()
    KEPT.append(tenant.judged("email_send"))
    KEPT[-1].__enter__()
    ask(tenant, "email_read")
""",
}


@pytest.mark.parametrize("workers", [[], ["-p", "xdist", "-n", "1"]], ids=["here", "by a worker"])
@pytest.mark.parametrize("source", OUTSIDE.values(), ids=OUTSIDE)
def test_a_block_that_fails_outside_of_any_test(
    suite: Suite, source: str, workers: list[str]
) -> None:
    """The run fails by it."""
    suite.pytester.makeconftest(
        """
        def pytest_sessionfinish():
            from test_it import ENDS
            for end in ENDS:
                end()
        """
    )
    result = suite.run(f"{COMMON}\nENDS = []\n{source}\ndef test_it():\n    pass\n", *workers)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=1)
    unwrapped(result).fnmatch_lines(
        [
            "*Marketing Cloud: a block failed outside of any test*",
            "MCSCOPES: this block failed after test_it.py::test_it had ended. The run fails by it.",
            "  MCS102  excess scope: email_read",
        ]
    )


def test_a_block_that_fails_between_two_tests(suite: Suite) -> None:
    """It is laid at the door of neither."""
    suite.pytester.makeconftest(
        """
        import pytest

        @pytest.hookimpl(trylast=True)
        def pytest_runtest_logfinish(nodeid):
            from test_it import AFTER
            while AFTER:
                AFTER.pop()()
        """
    )
    result = suite.run(
        f"""{COMMON}
AFTER = []

@pytest.fixture(scope="session")
def tenant(mc_cloud):
    with mc_cloud.tenant() as tenant:
        yield tenant

def swallowed(tenant):
    with suppress(Exception):
        broad(tenant)

def test_one(tenant):
    AFTER.append(lambda: swallowed(tenant))

def test_two(tenant):
    narrow(tenant)
"""
    )
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["MCSCOPES: this block failed after test_it.py::test_one had *"])


def test_a_session_fixture_that_swallows_it_at_its_end(suite: Suite) -> None:
    """Its last test has an error then."""
    result = suite.run(
        f"""{COMMON}
@pytest.fixture(scope="session")
def tenant(mc_cloud):
    with mc_cloud.tenant() as tenant:
        yield tenant
        with suppress(Exception):
            broad(tenant)

def test_it(tenant):
    narrow(tenant)
"""
    )
    result.assert_outcomes(passed=1, errors=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_each_attempt_is_judged_for_itself(suite: Suite) -> None:
    """A rerun that finds nothing passes."""
    result = suite.run(
        f"""{COMMON}
def test_it(mc_tenant):
    KEPT.append(None)
    with suppress(Exception):
        broad(mc_tenant) if len(KEPT) == 1 else narrow(mc_tenant)
""",
        "-p",
        "rerunfailures",
        "--reruns",
        "1",
    )
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.OK


def test_the_cloud_that_a_body_asks_for(suite: Suite) -> None:
    """The body runs already: what it leaves open is judged at its end."""
    assert suite.judge(
        f"""{COMMON}
def test_it(request):
    stack = ExitStack()
    KEPT.append(stack)
    tenant = stack.enter_context(request.getfixturevalue("mc_cloud").tenant())
    stack.enter_context(tenant.judged("email_send"))
    send(tenant, "email_send email_read")
"""
    ) == {"test_it": "failed: MCS102"}
