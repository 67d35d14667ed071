"""What a test leaves running, and whose the requests are that it sends later."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from suites import unwrapped

if TYPE_CHECKING:
    from suites import Suite

pytestmark = pytest.mark.measured

COMMON = """
import asyncio, queue, sys, threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
import httpx, pytest
from asking import CLIENT, ask, call, send

mark = pytest.mark.mc_scopes("email_send")
GO, DONE = threading.Event(), threading.Event()
KEPT = {}

def later(tenant, scope):
    GO.wait()
    with suppress(httpx.ConnectError):
        ask(tenant, scope)
    DONE.set()

def later_kept():
    GO.wait()
    later(KEPT["tenant"], "email_send")

def released():
    GO.set()
    assert DONE.wait(60)

def thread_of(do, *args):
    thread = threading.Thread(target=do, args=args, name="left-over")
    thread.start()
    return thread

def waits_for_work(thread):
    frame = sys._current_frames()[thread.ident]
    inner, outer = (each.f_code.co_name for each in (frame, frame.f_back or frame))
    return inner == "_worker" or "get" in (inner, outer)

@pytest.fixture(scope="session", autouse=True)
def closes():
    yield
    GO.set()
    CLIENT.close()
    for each in KEPT.values():
        if isinstance(each, ThreadPoolExecutor):
            each.shutdown()
"""

INNOCENT = """
@mark
def test_innocent(mc_tenant):
    send(mc_tenant, "email_send")
    released()
"""

LEAVES = {
    "a thread": "thread_of(later, mc_tenant, {scope})",
    "a pool that is at work": """
    KEPT["pool"] = ThreadPoolExecutor(1)
    job = KEPT["pool"].submit(later, mc_tenant, {scope})
    while not job.running():
        pass
""",
    "a thread of a thread": """
    threading.Thread(target=thread_of, args=(later, mc_tenant, {scope})).start()
    while "left-over" not in {{each.name for each in threading.enumerate()}}:
        pass
""",
}


def leaving(how: str, scope: str, marks: str = "@mark") -> str:
    text = how.format(scope=scope).strip("\n")
    body = text if text.startswith(" ") else f"    {text}"
    return f"""{COMMON}
{marks}
def test_guilty(mc_tenant):
    send(mc_tenant, "email_send")
{body}
"""


@pytest.mark.parametrize("workers", [[], ["-p", "xdist", "-n", "1"]], ids=["here", "by a worker"])
@pytest.mark.parametrize("how", LEAVES.values(), ids=LEAVES)
def test_what_is_certainly_late(suite: Suite, how: str, workers: list[str]) -> None:
    """It is told of the test that left it, and an over-ask with its rule; no other test fails."""
    result = suite.run(leaving(how, "'email_send email_read'") + INNOCENT, *workers)
    assert suite.told(result) == {"test_guilty": "passed", "test_innocent": "passed"}
    unwrapped(result).fnmatch_lines(
        [
            "test_it.py::test_guilty: note late: POST mc*.auth.* was called when its tenant had*",
            "test_it.py::test_guilty: note MCS102 late, when the test had ended: excess scope: *",
        ]
    )


IN_TEARDOWN = """
@pytest.fixture
def releases():
    GO.clear()
    DONE.clear()
    yield
    released()

@pytest.fixture
def releases_first(mc_tenant, releases):
    yield
    released()

@pytest.fixture
def cleans_up(mc_tenant):
    with ThreadPoolExecutor(1, thread_name_prefix="cleans") as pool:
        yield pool
        pool.submit(ask, mc_tenant, "email_send email_read").result()

@pytest.fixture
def judged_too(mc_cloud):
    with mc_cloud.tenant() as tenant:
        yield tenant
        released()
"""


@pytest.mark.parametrize("how", LEAVES.values(), ids=LEAVES)
def test_what_comes_while_the_test_is_torn_down(suite: Suite, how: str) -> None:
    """From what its body has left at work: to a tenant that lives, or has ended by then."""

    def test(name: str, fixtures: str, marks: str = "@mark") -> str:
        source = leaving(how, "'email_send email_read'", marks).removeprefix(COMMON)
        return source.replace("test_guilty(mc_tenant)", f"{name}({fixtures})")

    result = suite.run(
        COMMON
        + IN_TEARDOWN
        + test("test_lives", "mc_tenant, releases_first")
        + test("test_ended", "releases, mc_tenant")
        + test(
            "test_none", "mc_tenant, releases_first", "@pytest.mark.mc_no_token(reason='x')"
        ).replace('send(mc_tenant, "email_send")', "pass")
        + test("test_unmarked", "mc_tenant, releases_first", "")
        + test("test_of_cloud", "judged_too, releases").replace("mc_tenant", "judged_too")
    )
    names = ("test_lives", "test_ended", "test_none", "test_unmarked", "test_of_cloud")
    assert suite.told(result) == dict.fromkeys(names, "passed")
    wait = "Let the test wait for the threads and tasks that its code starts"
    excess, unexpected = (
        f"late, while the test was torn down: {text}. {wait}"
        for text in (
            "excess scope: email_read",
            'unexpected token request: scope="email_send email_read"',
        )
    )
    refused = "test_it.py::test_ended: note late: POST mc"
    notes = [line for line in unwrapped(result).lines if ": note " in line]
    assert [line for line in notes if not line.startswith(refused)] == [
        f"2 tests, first test_it.py::test_lives: note MCS102 {excess}",
        (
            "test_it.py::test_ended: note MCS102 late, when the test had ended: excess scope:"
            " email_read"
        ),
        f"test_it.py::test_none: note MCS109 {unexpected}",
    ]
    assert len(notes) == 4


class ReleasesBetween:
    """Lets the left-over thread go on where one test is over and the next has not begun."""

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Wait for it, once."""
        if nodeid.endswith("::test_guilty"):
            sys.modules["test_it"].released()


def test_what_comes_between_two_tests_is_the_firsts(suite: Suite) -> None:
    """To a tenant that both have: the second one has not begun."""
    result = suite.run(
        COMMON
        + """
@pytest.fixture(scope="session")
def shared(mc_cloud):
    with mc_cloud.tenant() as tenant:
        yield tenant

@mark
def test_guilty(shared):
    send(shared, "email_send")
    thread_of(later, shared, "email_send email_read")

@mark
def test_innocent(shared):
    send(shared, "email_send")
""",
        plugins=[ReleasesBetween()],
    )
    assert suite.told(result) == {"test_guilty": "passed", "test_innocent": "passed"}
    unwrapped(result).fnmatch_lines(
        ["test_it.py::test_guilty: note MCS102 late, while the test was torn down: excess scope: *"]
    )


def test_what_a_fixture_cleans_up_is_not_late(suite: Suite) -> None:
    """Though it is by a pool whose thread the body started: that waited for work by then."""
    result = suite.run(
        COMMON
        + IN_TEARDOWN
        + """
@mark
def test_it(mc_tenant, cleans_up):
    cleans_up.submit(send, mc_tenant, "email_send").result()
    [thread] = [each for each in threading.enumerate() if each.name.startswith("cleans")]
    while not waits_for_work(thread):
        pass
"""
    )
    assert suite.told(result) == {"test_it": "passed"}
    assert ": note" not in result.stdout.str()


@pytest.mark.parametrize(
    ("marks", "scope"),
    [
        pytest.param("@mark", "'email_send'", id="the minimum"),
        pytest.param("", "None", id="of a test without a mark"),
    ],
)
def test_what_is_late_and_asks_for_no_more(suite: Suite, marks: str, scope: str) -> None:
    """One line, without a rule."""
    result = suite.run(leaving(LEAVES["a thread"], scope, marks) + INNOCENT)
    assert suite.told(result) == {"test_guilty": "passed", "test_innocent": "passed"}
    assert result.stdout.str().count("test_guilty: note") == 1


def test_what_is_sent_as_a_stream(suite: Suite) -> None:
    """Nobody knows what it asked for: it is late all the same."""
    result = suite.run(
        f"""{COMMON}
def streams(tenant):
    GO.wait()
    with suppress(httpx.ConnectError):
        CLIENT.post(tenant.auth_url + "v2/token", content=iter([b"{{}}"]))
    DONE.set()

@mark
def test_guilty(mc_tenant):
    send(mc_tenant, "email_send")
    thread_of(streams, mc_tenant)
{INNOCENT}"""
    )
    assert suite.told(result) == {"test_guilty": "passed", "test_innocent": "passed"}
    assert result.stdout.str().count("test_guilty: note") == 1


def test_a_port(suite: Suite) -> None:
    """Its refusal is known by the same names."""
    result = suite.run(
        leaving(LEAVES["a thread"], "'email_send email_read'").replace("mc_tenant", "mc_server")
        + INNOCENT
    )
    assert suite.told(result) == {"test_guilty": "passed", "test_innocent": "passed"}
    unwrapped(result).fnmatch_lines(["test_it.py::test_guilty: note MCS102 late, *"])


def test_a_task_of_a_loop_that_lives_on(suite: Suite) -> None:
    """One loop for all tests; what the loop runs for another test is that test's."""
    result = suite.run(
        f"""{COMMON}
LOOP = pytest.mark.asyncio(loop_scope="session")

async def ask_async(tenant, scope):
    body = {{"client_id": tenant.client_id, "client_secret": tenant.client_secret}}
    body |= {{"grant_type": "client_credentials", "scope": scope}}
    async with httpx.AsyncClient(verify=False) as client:
        await client.post(tenant.auth_url + "v2/token", json=body)

async def later_async(tenant, go, done):
    await go.wait()
    with suppress(httpx.ConnectError):
        await ask_async(tenant, "email_send email_read")
    done.set()

@LOOP
@mark
async def test_before(mc_tenant):
    await ask_async(mc_tenant, "email_send")

@LOOP
@mark
async def test_guilty(mc_tenant):
    await ask_async(mc_tenant, "email_send")
    KEPT["go"], KEPT["done"] = asyncio.Event(), asyncio.Event()
    KEPT["task"] = asyncio.create_task(later_async(mc_tenant, KEPT["go"], KEPT["done"]))
    await asyncio.sleep(0)

@LOOP
@mark
async def test_innocent(mc_tenant):
    await ask_async(mc_tenant, "email_send")
    KEPT["go"].set()
    await KEPT["done"].wait()
""",
        "-p",
        "asyncio",
        "-o",
        "asyncio_default_fixture_loop_scope=session",
    )
    assert suite.told(result) == {
        "test_before": "passed",
        "test_guilty": "passed",
        "test_innocent": "passed",
    }
    unwrapped(result).fnmatch_lines(
        [
            "test_it.py::test_guilty: note late: * from task Task-*",
            "test_it.py::test_guilty: note MCS102 late, *",
        ]
    )


NOT_LATE = {
    "a pool that waits for work": (
        """
    KEPT["pool"] = ThreadPoolExecutor(1)
    KEPT["pool"].submit(int).result()
    [KEPT["thread"]] = KEPT["pool"]._threads
    KEPT["tenant"] = mc_tenant
""",
        "KEPT['pool'].submit(later, KEPT['tenant'], 'email_send')",
    ),
    "a worker that waits for work": (
        """
    jobs = KEPT["jobs"] = queue.Queue()
    def work():
        while job := jobs.get():
            later(*job)
    KEPT["thread"] = thread_of(work)
    KEPT["tenant"] = mc_tenant
""",
        "KEPT['jobs'].put((KEPT['tenant'], 'email_send')); KEPT['jobs'].put(None)",
    ),
}


@pytest.mark.parametrize(("leaves", "uses"), NOT_LATE.values(), ids=NOT_LATE)
def test_where_it_cannot_be_told_apart(suite: Suite, leaves: str, uses: str) -> None:
    """It is judged, and the text says where the thread was started."""
    result = suite.run(
        leaving(leaves, "")
        + f"""
def test_between():
    # However long the thread takes to come to where it waits for work.
    while not waits_for_work(KEPT["thread"]):
        pass

@mark
def test_second(mc_tenant):
    send(mc_tenant, "email_send")
    {uses}
    released()
"""
    )
    assert suite.told(result) == {
        "test_guilty": "passed",
        "test_between": "passed",
        "test_second": "failed: MCS107",
    }
    assert "which test_it.py::test_guilty started" in " ".join(result.stdout.str().split())


def test_a_worker_that_works_for_another_test(suite: Suite) -> None:
    """It is judged in that test, as whatever arrives in its window, and the text names it."""
    result = suite.run(
        f"""{COMMON}
@mark
def test_first(mc_tenant):
    KEPT["pool"] = ThreadPoolExecutor(1, "crew")
    KEPT["pool"].submit(send, mc_tenant, "email_send").result()

@mark
def test_second(mc_tenant):
    KEPT["pool"].submit(send, mc_tenant, "email_send email_read").result()

@mark
def test_third(mc_tenant):
    KEPT["pool"].submit(send, mc_tenant, "email_send").result()
"""
    )
    assert suite.told(result) == {
        "test_first": "passed",
        "test_second": "failed: MCS102, note",
        "test_third": "passed",
    }
    text = " ".join(result.stdout.str().split())
    assert (
        "note a request came from thread crew_0, which test_it.py::test_first"
        " started, and is judged here, where it works"
    ) in text


@pytest.mark.parametrize(
    "starts",
    [
        pytest.param(
            """
@pytest.fixture(scope="session", autouse=True)
def starts(mc_cloud):
    thread_of(later_kept)
""",
            id="a thread of a fixture",
        ),
        pytest.param(
            """
def test_another(mc_tenant):
    thread_of(later_kept)
""",
            id="a thread of another test, which never had the tenant",
        ),
    ],
)
def test_what_the_tenant_s_own_test_did_not_start(suite: Suite, starts: str) -> None:
    """It is not late: the test whose window it is may have told it what to do."""
    outcomes = suite.judge(
        f"""{COMMON}
{starts}
@mark
def test_owner(mc_tenant):
    KEPT["tenant"] = mc_tenant
    send(mc_tenant, "email_send")
{INNOCENT}"""
    )
    assert outcomes.pop("test_innocent") == "failed: MCS107"
    assert set(outcomes.values()) == {"passed"}


def test_what_the_window_s_own_thread_sends(suite: Suite) -> None:
    """A test that calls an ended tenant from a thread of its own is to blame."""
    assert suite.judge(
        f"""{COMMON}
@mark
def test_owner(mc_tenant):
    KEPT["tenant"] = mc_tenant
    send(mc_tenant, "email_send")

@mark
def test_second(mc_tenant):
    send(mc_tenant, "email_send")
    thread_of(later, KEPT["tenant"], "email_send")
    released()
"""
    ) == {"test_owner": "passed", "test_second": "failed: MCS107"}


def test_a_thread_of_an_earlier_attempt(suite: Suite) -> None:
    """An attempt is a test like any: what the first one left is not the second one's."""
    result = suite.run(
        f"""{COMMON}
@mark
def test_it(mc_tenant):
    send(mc_tenant, "email_send")
    if "once" not in KEPT:
        KEPT["once"] = True
        thread_of(later, mc_tenant, "email_send")
        assert "my own" == "failure"
    released()
""",
        "-p",
        "rerunfailures",
        "--reruns",
        "1",
    )
    assert suite.told(result) == {"test_it": "passed"}
