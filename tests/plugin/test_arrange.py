"""arrange() and expect_denied() belong to the context that opened them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from suites import unwrapped

if TYPE_CHECKING:
    from suites import Suite

COMMON = """
import asyncio, threading
from concurrent.futures import ThreadPoolExecutor
import httpx, pytest
from asking import CLIENT, ask, call, send

mark = pytest.mark.mc_scopes("email_send")
CAMPAIGNS = "hub/v1/campaigns", "GET"

@pytest.fixture(scope="session", autouse=True)
def closes():
    yield
    CLIENT.close()

def in_thread(do, *args):
    thread = threading.Thread(target=do, args=args)
    thread.start()
    thread.join()

def by_pool(do, *args):
    with ThreadPoolExecutor() as pool:
        pool.submit(do, *args).result()

async def ask_async(tenant, scope=None):
    body = {"client_id": tenant.client_id, "client_secret": tenant.client_secret}
    body |= {"grant_type": "client_credentials"} | ({} if scope is None else {"scope": scope})
    async with httpx.AsyncClient(verify=False) as client:
        await client.post(tenant.auth_url + "v2/token", json=body)

def meanwhile(block, other, *, started_in_it=False):
    \"\"\"Run the other in a task of its own while the block is open.\"\"\"
    async def main():
        opened, done = asyncio.Event(), asyncio.Event()
        async def elsewhere():
            await opened.wait()
            await other()
            done.set()
        async def here():
            with block:
                if started_in_it:
                    await asyncio.create_task(other())
                    return
                opened.set()
                await done.wait()
        await asyncio.gather(here(), *([] if started_in_it else [elsewhere()]))
    asyncio.run(main())
"""

SETS_UP = {
    "here": "with {block}: ask(mc_tenant)",
    "in a task that is started in it": (
        "meanwhile({block}, lambda: ask_async(mc_tenant), started_in_it=True)"
    ),
    "by to_thread": """
    async def main():
        with {block}:
            await asyncio.to_thread(ask, mc_tenant)
    asyncio.run(main())
""",
    "in a block around another one": """
    with {block}:
        with {block}:
            pass
        ask(mc_tenant)
""",
    "in one of two that end in another order": """
    one, other = {block}, {block}
    one.__enter__(); other.__enter__(); one.__exit__(None, None, None)
    ask(mc_tenant)
    other.__exit__(None, None, None)
""",
}
OF_OTHERS = {
    "in another task": "meanwhile({block}, lambda: ask_async(mc_tenant))",
    "in a thread": "with {block}: in_thread(ask, mc_tenant)",
    "in a pool": "with {block}: by_pool(ask, mc_tenant)",
}
NEVER = {
    "before": "ask(mc_tenant)\n    with {block}: pass",
    "after": "with {block}: pass\n    ask(mc_tenant)",
    "in a task that outlives it": """
    async def main():
        left = asyncio.Event()
        async def later():
            await left.wait()
            await ask_async(mc_tenant)
        with {block}:
            task = asyncio.create_task(later())
        left.set()
        await task
    asyncio.run(main())
""",
    "of another tenant": "with other.arrange(): ask(mc_tenant)",
}


def suite_of(how: str, block: str) -> str:
    text = how.format(block=block).strip("\n")
    body = text if text.startswith(" ") else f"    {text}"
    return f"""{COMMON}
@pytest.fixture
def other(mc_cloud):
    with mc_cloud.tenant() as tenant:
        yield tenant

@pytest.mark.mc_scopes("email_send")
def test_it(request, mc_tenant, other):
{body}
    send(mc_tenant, "email_send")
"""


@pytest.mark.parametrize("how", SETS_UP.values(), ids=SETS_UP)
@pytest.mark.parametrize("block", ["mc_tenant.arrange()", "mc_tenant.arrange(everywhere=True)"])
def test_set_up(suite: Suite, how: str, block: str) -> None:
    """What is done in the block, or started there, is never judged."""
    assert suite.judge(suite_of(how, block)) == {"test_it": "passed"}


@pytest.mark.parametrize("how", OF_OTHERS.values(), ids=OF_OTHERS)
def test_what_others_do_meanwhile(suite: Suite, how: str) -> None:
    """It is judged, in a text that names the block; unless that is for everybody."""
    result = suite.run(suite_of(how, "mc_tenant.arrange()"))
    assert suite.told(result) == {"test_it": "failed: MCS101, note"}
    result.stdout.fnmatch_lines(
        [
            "  note  a request came from another task or thread while arrange() was open (test_it*",
            "        *write arrange(everywhere=True) there",
        ]
    )
    everywhere = suite_of(how, "mc_tenant.arrange(everywhere=True)")
    assert suite.judge(everywhere) == {"test_it": "passed"}


@pytest.mark.parametrize("how", NEVER.values(), ids=NEVER)
@pytest.mark.parametrize("block", ["mc_tenant.arrange()", "mc_tenant.arrange(everywhere=True)"])
def test_what_is_not_in_the_block(suite: Suite, how: str, block: str) -> None:
    """It is judged, and the block has nothing to do with it."""
    result = suite.run(suite_of(how, block))
    assert suite.told(result) == {"test_it": "failed: MCS101"}


def test_a_block_open_elsewhere_is_no_news_where_nothing_is_wrong(suite: Suite) -> None:
    """Requests of other tasks are as they should be."""
    assert suite.judge(
        suite_of(
            'with mc_tenant.arrange(): in_thread(send, mc_tenant, "email_send")',
            "mc_tenant.arrange()",
        )
    ) == {"test_it": "passed: note MCS303"}


@pytest.mark.measured
def test_blocks_of_judged_blocks(suite: Suite) -> None:
    """A judged block tells of it as a test does."""
    result = suite.run(
        f"""{COMMON}
def test_it(mc_tenant):
    with mc_tenant.judged("email_send"), mc_tenant.arrange():
        in_thread(send, mc_tenant)
"""
    )
    assert suite.told(result) == {"test_it": "failed: MCS101, note"}
    result.stdout.fnmatch_lines(["  note  a request came from another task or thread while *"])


@pytest.mark.parametrize("door", ["mc_server", "mc_tenant"])
def test_over_a_port_it_is_a_switch(suite: Suite, door: str) -> None:
    """No request there has a context, whichever object opens the block."""
    assert suite.judge(
        f"""{COMMON}
@mark
def test_arranged(mc_tenant, mc_server):
    with {door}.arrange():
        ask(mc_server)
        by_pool(ask, mc_server)
    send(mc_server, "email_send")

@mark
def test_in_process_meanwhile(mc_tenant, mc_server):
    with {door}.arrange():
        in_thread(ask, mc_tenant)
    send(mc_server, "email_send")

@mark
def test_afterwards(mc_tenant, mc_server):
    with {door}.arrange():
        pass
    send(mc_server)
"""
    ) == {
        "test_arranged": "passed",
        "test_in_process_meanwhile": "failed: MCS101, note",
        "test_afterwards": "failed: MCS101",
    }


@pytest.mark.parametrize(
    ("plugin", "marks", "fixture"),
    [
        pytest.param("asyncio", "pytest.mark.asyncio", "pytest_asyncio.fixture", id="asyncio"),
        pytest.param("anyio", "pytest.mark.anyio", "pytest.fixture", id="anyio"),
    ],
)
def test_async_fixtures(suite: Suite, plugin: str, marks: str, fixture: str) -> None:
    """Around a yield: it is left in another context than it was opened in, perhaps."""
    if plugin == "asyncio":
        suite.pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    name = "pytest_asyncio" if plugin == "asyncio" else "pytest"
    assert suite.judge(
        f"""{COMMON}
import {name}

@pytest.fixture
def anyio_backend():
    return "asyncio"

@{fixture}
async def arranged(mc_tenant):
    with mc_tenant.arrange():
        await ask_async(mc_tenant)
        yield mc_tenant

@pytest.fixture
def arranged_sync(mc_tenant):
    with mc_tenant.arrange():
        yield mc_tenant

@{marks}
@mark
async def test_in_it(arranged):
    await ask_async(arranged)

@mark
def test_sync(arranged_sync):
    send(arranged_sync)

@{marks}
@mark
async def test_after_it(mc_tenant):
    await ask_async(mc_tenant)
""",
        "-p",
        plugin,
    ) == {
        "test_in_it": "failed: MCS105, note",
        "test_sync": "failed: MCS105, note",
        "test_after_it": "failed: MCS101",
    }


def test_a_block_that_is_left_in_another_context(suite: Suite) -> None:
    """It is no error, and it has an end."""
    assert suite.judge(
        f"""{COMMON}
@mark
def test_it(mc_tenant):
    async def set_up():
        with mc_tenant.arrange():
            await ask_async(mc_tenant)
            yield
    async def main():
        generator = set_up()
        await asyncio.create_task(anext(generator))
        await asyncio.create_task(anext(generator, None))
        await ask_async(mc_tenant)
    asyncio.run(main())
"""
    ) == {"test_it": "failed: MCS101"}


LEFT_OPEN = """
KEPT = []

@pytest.fixture(scope="module")
def shared(mc_cloud):
    with mc_cloud.tenant() as tenant:
        yield tenant

@pytest.fixture
def own(shared):
    {own}

def leave_open(block):
    KEPT.append(block)  # or else it would end when nobody knows it any more
    block.__enter__()

@pytest.fixture(scope="module")
def of_all(shared):
    {of_all}

@pytest.mark.mc_no_token(reason="none")
def test_leaves_it_open(shared, of_all, own):
    {body}

@pytest.mark.mc_no_token(reason="none")
def test_asks(shared):
    ask(shared)

@pytest.mark.mc_no_token(reason="none")
def test_asks_in_a_thread(shared):
    in_thread(ask, shared)
"""


@pytest.mark.parametrize("block", ["shared.arrange()", "shared.arrange(everywhere=True)"])
@pytest.mark.parametrize("where", ["body", "own"])
def test_a_block_that_an_earlier_test_has_left_open(suite: Suite, block: str, where: str) -> None:
    """It was that test's: what the next ones ask for is judged, and says nothing of it."""
    does = dict.fromkeys(["body", "own", "of_all"], "pass") | {where: f"leave_open({block})"}
    assert suite.judge(COMMON + LEFT_OPEN.format(**does)) == {
        "test_leaves_it_open": "passed",
        "test_asks": "failed: MCS109",
        "test_asks_in_a_thread": "failed: MCS109",
    }


@pytest.mark.measured
def test_a_block_of_a_fixture_that_tests_share_stays_open(suite: Suite) -> None:
    """As long as that says; a line tells what it kept from being judged."""
    left = "leave_open(shared.arrange(everywhere=True))"
    source = LEFT_OPEN.format(body="pass", own="pass", of_all=left)
    assert suite.judge(COMMON + source) == {
        "test_leaves_it_open": "passed",
        "test_asks": "passed: note",
        "test_asks_in_a_thread": "passed: note",
    }


@pytest.mark.parametrize("marks", ["mc_no_token(reason='none')", "mc_scopes('email_send')"])
def test_a_fixture_that_yields_in_it(suite: Suite, marks: str) -> None:
    """All that the code does is then the test's own: whatever it passes by, that is told."""
    result = suite.run(
        f"""{COMMON}
@pytest.fixture
def seeded(mc_tenant):
    with mc_tenant.arrange():
        ask(mc_tenant)
        yield mc_tenant

@pytest.fixture
def seeded_before(mc_tenant):
    with mc_tenant.arrange():
        ask(mc_tenant)
    return mc_tenant

pytestmark = pytest.mark.{marks}

def test_within(seeded):
    send(seeded)

def test_nothing_came(seeded):
    pass

def test_after(seeded_before):
    send(seeded_before)

def test_in_the_body(mc_tenant):
    with mc_tenant.arrange():
        send(mc_tenant)
"""
    )
    none = "no_token" in marks
    passed_without_a_token = "passed" if none else "failed: MCS105"
    assert suite.told(result) == {
        "test_within": "passed: note" if none else "failed: MCS105, note",
        "test_nothing_came": passed_without_a_token,
        "test_after": "failed: MCS109" if none else "failed: MCS101",
        "test_in_the_body": passed_without_a_token,
    }
    unwrapped(result).fnmatch_lines(
        [
            (
                "test_it.py::test_within: note arrange() (test_it.py:*) was still open when the"
                " test's body ended: what came in it is the test's own set-up, and was not judged."
                " If the code under test sent it, end the block first; a fixture yields outside of"
                " it"
            )
        ]
    )


class TestDenials:
    """A call that is denied in another task is no denial of the block's."""

    @pytest.mark.measured
    @pytest.mark.parametrize("do", ["in_thread", "by_pool"])
    def test_elsewhere(self, suite: Suite, do: str) -> None:
        """The text says how to take it."""
        source = f"""{COMMON}
@mark
def test_it(mc_tenant):
    token = ask(mc_tenant, "email_send")
    call(mc_tenant, token)
    with {{block}}: {do}(call, mc_tenant, token, *CAMPAIGNS)
"""
        result = suite.run(source.replace("{block}", "mc_tenant.expect_denied()"))
        assert suite.told(result) == {"test_it": "failed: MCS201"}
        result.stdout.fnmatch_lines(
            [
                "*the test expects a denied call, and none was denied.",
                "  A call was denied meanwhile in another task or thread. *",
                "  expect_denied(..., everywhere=True);",
            ]
        )
        everywhere = source.replace("{block}", "mc_tenant.expect_denied(everywhere=True)")
        assert suite.judge(everywhere) == {"test_it": "passed"}

    def test_of_the_block_s_own_tasks_and_over_a_port(self, suite: Suite) -> None:
        assert suite.judge(
            f"""{COMMON}
@mark
def test_task(mc_tenant):
    token = ask(mc_tenant, "email_send")
    call(mc_tenant, token)
    async def main():
        with mc_tenant.expect_denied("campaign_read"):
            await asyncio.to_thread(call, mc_tenant, token, *CAMPAIGNS)
    asyncio.run(main())

@mark
def test_port(mc_tenant, mc_server):
    token = ask(mc_server, "email_send")
    call(mc_server, token)
    with mc_tenant.expect_denied("campaign_read"):
        by_pool(call, mc_server, token, *CAMPAIGNS)
"""
        ) == {"test_task": "passed", "test_port": "passed"}

    @pytest.mark.parametrize("everywhere", [False, True])
    def test_one_that_was_left_open(self, suite: Suite, *, everywhere: bool) -> None:
        """It takes no denial of the next test's."""
        denied = """
    token = ask(shared, "email_send")
    call(shared, token)
    {how}(call, shared, token, *CAMPAIGNS)
"""
        source = LEFT_OPEN.partition("@pytest.fixture\ndef own")[0]
        source += f"""
def here(do, *args):
    do(*args)

@mark
def test_leaves_it_open(shared):
    KEPT.append(shared.expect_denied(everywhere={everywhere}))
    KEPT[0].__enter__()
{denied.format(how="here")}
@mark
def test_denied(shared):
{denied.format(how="here")}
@mark
def test_denied_in_a_thread(shared):
{denied.format(how="in_thread")}
"""
        assert suite.judge(COMMON + source) == {
            "test_leaves_it_open": "passed",
            "test_denied": "failed: MCS201",
            "test_denied_in_a_thread": "failed: MCS201",
        }
