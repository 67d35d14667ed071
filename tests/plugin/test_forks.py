"""A forked child has a copy of the tenant: it is refused, and the test fails whatever it swallows.

Over the ports of `mc_server` any process is right, however it was started.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suites import Suite

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")

STARTS = ("fork", "spawn", "forkserver")
WORK = '''
import multiprocessing
import os
from contextlib import suppress

import httpx
import pytest

from asking import ask, call, send

# Python 3.12 warns of a fork beside threads, such as those of mc_server.
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
FORK = multiprocessing.get_context("fork")
TOO_MUCH = "email_send journeys_read audiences_write"


def in_child(work, *args):
    """What prefork servers do, and multiprocessing: the child ends without a clean-up."""
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            work(*args)
        os._exit(0)
    os.waitpid(child, 0)


def received(work, tenant):
    """What a child sends by a pipe."""
    here, there = FORK.Pipe()
    child = FORK.Process(target=work, args=(tenant, there))
    child.start()
    text = here.recv()
    child.join()
    return text


async def ask_async(tenant, scope):
    async with httpx.AsyncClient(verify=False) as http:
        await http.post(tenant.auth_url + "v2/token")


def run_async(tenant, scope):
    import asyncio

    asyncio.run(ask_async(tenant, scope))
'''


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("in_child(ask, mc_tenant, TOO_MUCH)", id="os.fork"),
        pytest.param("in_child(run_async, mc_tenant, TOO_MUCH)", id="an async client"),
        pytest.param(
            """
            child = FORK.Process(target=ask, args=(mc_tenant, TOO_MUCH))
            child.start()
            child.join()
            assert child.exitcode == 1
            """,
            id="multiprocessing, and the child fails",
        ),
        pytest.param("in_child(in_child, ask, mc_tenant, TOO_MUCH)", id="a child's child"),
        pytest.param(
            "in_child(httpx.get, 'https://mcx.rest.marketingcloudapis.com/')",
            id="a Marketing Cloud of nobody",
        ),
    ],
)
@pytest.mark.parametrize("mark", ['mc_scopes("email_send")', 'mc_no_token(reason="none")'])
def test_what_a_child_asks_for_fails_its_parent(body: str, mark: str, suite: Suite) -> None:
    """Also where the child swallowed its error, and where the parent asks for what is right."""
    first = "ask(mc_tenant, 'email_send')" if "scopes" in mark else "pass"
    lines = "\n".join(f"    {line.strip()}" for line in body.strip().splitlines())
    result = suite.run(
        f"{WORK}\n@pytest.mark.{mark}\ndef test_it(mc_tenant):\n    {first}\n{lines}\n"
        "\n@pytest.mark.mc_no_token(reason='none')\ndef test_next(mc_tenant):\n    pass\n"
    )
    assert suite.told(result) == {"test_it": "failed: MCS107", "test_next": "passed"}
    text = " ".join(result.stdout.str().split())
    assert "a process that was forked in test_it.py::test_it called mc" in text
    assert "Give the forked process the URLs of mc_server in place of mc_tenant's" in text


def test_what_a_child_asks_for_fails_the_block_that_judges(suite: Suite) -> None:
    """A test may be judged by blocks alone; each answers for what came while it ran."""
    result = suite.run(
        WORK
        + """
def test_in_it(mc_tenant):
    with mc_tenant.judged("email_send"):
        send(mc_tenant, "email_send")
        in_child(ask, mc_tenant, TOO_MUCH)

def test_meant(mc_tenant):
    with mc_tenant.expect_findings("MCS107"), mc_tenant.judged("email_send"):
        send(mc_tenant, "email_send")
        in_child(ask, mc_tenant, TOO_MUCH)

@pytest.fixture
def forks_and_judges(mc_tenant):
    in_child(ask, mc_tenant, TOO_MUCH)
    with mc_tenant.judged("email_send"):
        send(mc_tenant, "email_send")

@pytest.mark.mc_scopes("email_send")
def test_in_set_up(forks_and_judges):
    pass

def test_before_and_after(mc_tenant):
    in_child(ask, mc_tenant, TOO_MUCH)
    with mc_tenant.judged("email_send"):
        send(mc_tenant, "email_send")
    in_child(ask, mc_tenant, TOO_MUCH)

@pytest.mark.mc_scopes("email_send")
@pytest.mark.parametrize("when", ["before", "within", "after"])
def test_marked(mc_tenant, when):
    def fork(now):
        if when == now:
            in_child(ask, mc_tenant, TOO_MUCH)

    fork("before")
    with suppress(AssertionError), mc_tenant.judged("email_send"):
        send(mc_tenant, "email_send")
        fork("within")
    fork("after")
"""
    )
    assert suite.told(result) == {
        "test_in_it": "failed: MCS107",
        "test_meant": "passed",
        "test_in_set_up": "failed: MCS107",
        "test_before_and_after": "passed",
        "test_marked[before]": "failed: MCS107",
        "test_marked[within]": "failed: MCS107",
        "test_marked[after]": "failed: MCS107",
    }
    text = " ".join(result.stdout.str().split())
    assert "a process that was forked in test_it.py::test_in_it called mc" in text


def test_the_childs_own_error_names_mc_server(suite: Suite) -> None:
    """The library's own, so that code under test handles it as it does any; nothing is granted."""
    result = suite.run(
        WORK
        + """
def fail(tenant, pipe):
    try:
        ask(tenant, TOO_MUCH)
    except httpx.ConnectError as error:
        pipe.send(str(error))

def test_it(mc_tenant):
    text = received(fail, mc_tenant)
    host = mc_tenant.auth_url.rstrip("/")
    assert text == (
        f"MCSCOPES: {host} was called by a process that was forked from the test's. mc_tenant"
        " answers in the test's own process only: a child has a copy of it, and no test would see"
        " what it asks for. Give the child the URLs of mc_server, which any number of processes"
        " may call."
    )
    assert mc_tenant.ledger.entries == []
"""
    )
    assert suite.told(result) == {"test_it": "passed"}


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        pytest.param("in_child(send, mc_server, 'email_send')", "passed", id="what is declared"),
        pytest.param("in_child(ask, mc_server, TOO_MUCH)", "failed: MCS102", id="too much"),
        pytest.param(
            "in_child(call, mc_server, ask(mc_tenant, 'email_send'))",
            "passed",
            id="a token of the parent's log-in",
        ),
        pytest.param("ask(mc_tenant, 'email_send'); in_child(print)", "passed", id="no call"),
    ],
)
def test_a_child_may_call_ports(body: str, outcome: str, suite: Suite) -> None:
    """The parent answers, and sees what was asked for."""
    mark = '@pytest.mark.mc_scopes("email_send")'
    source = f"{WORK}\n{mark}\ndef test_it(mc_tenant, mc_server):\n    {body}\n"
    assert suite.judge(source) == {"test_it": outcome}


STARTED = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest
import work

# Python 3.12 warns of a fork beside threads, such as those of mc_server.
pytestmark = [
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
    pytest.mark.mc_scopes("email_send"),
]


@pytest.mark.parametrize("start", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize("scope", ["email_send", "email_read email_send"])
def test_over_ports(mc_server, start, scope):
    start = multiprocessing.get_context(start)
    child = start.Process(target=work.log_in, args=(mc_server.environment(), scope))
    child.start()
    child.join()
    assert child.exitcode == 0


def test_a_pool(mc_tenant):
    work.log_in(mc_tenant.environment(), "email_send")
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        assert pool.submit(work.swallow, mc_tenant.environment()).result() == "ConnectError"
"""
BY_HTTPX = """
import httpx

def log_in(environment, scope):
    login = {"client_id": environment["MC_CLIENT_ID"], "grant_type": "client_credentials"}
    login |= {"client_secret": environment["MC_CLIENT_SECRET"], "scope": scope}
    with httpx.Client(verify=False) as http:
        http.post(environment["MC_AUTH_URL"] + "v2/token", json=login).raise_for_status()

def swallow(environment):
    try:
        log_in(environment, "email_read email_send")
    except httpx.HTTPError as error:
        return type(error).__name__
"""


def test_any_way_to_start_a_process_is_right_over_ports(suite: Suite) -> None:
    """Fork, spawn and forkserver, each for what is declared and for too much; and a pool.

    In a process of its own, as multiprocessing looks at the main module.
    """
    suite.pytester.makepyfile(work=BY_HTTPX, test_it=STARTED)
    plugin = ("-p", "pytest_mcscopes.plugin", "-W", "error", "-v")
    result = suite.pytester.runpytest_subprocess(*plugin, timeout=120)
    lines = [
        *(f"*test_over_ports?email_send-{start}? PASSED*" for start in STARTS),
        *(f"*test_over_ports?email_read email_send-{start}? FAILED*" for start in STARTS),
        "*test_a_pool FAILED*",
        "7 tests judged: MCS102 in 3, MCS107 in 1",
    ]
    result.stdout.fnmatch_lines(lines)


def test_a_server_that_an_earlier_test_forked_is_named(suite: Suite) -> None:
    """It works for the test that runs; the text says in which test it was forked."""
    result = suite.run(
        WORK
        + """
@pytest.fixture(scope="module")
def worker():
    calls, urls = FORK.Pipe()
    done, told = FORK.Pipe()
    child = FORK.Process(target=work, args=(urls, told))
    child.start()
    yield lambda url: (calls.send(url), done.recv())
    calls.send("")
    child.join()

def work(urls, told):
    while url := urls.recv():
        with suppress(httpx.ConnectError):
            httpx.post(url)
        told.send("done")

@pytest.mark.mc_no_token(reason="none")
def test_first(mc_tenant, worker):
    pass

@pytest.mark.mc_no_token(reason="none")
def test_second(mc_tenant, worker):
    worker(mc_tenant.auth_url)
"""
    )
    assert suite.told(result) == {"test_first": "passed", "test_second": "failed: MCS107"}
    text = " ".join(result.stdout.str().split())
    assert "a process that was forked in test_it.py::test_first called mc" in text


def test_a_port_that_has_ended_refuses_though_a_child_lives(suite: Suite) -> None:
    """The child inherits the sockets; it neither answers there nor keeps callers waiting."""
    result = suite.run(
        WORK
        + """
import socket

def linger(pipe):
    pipe.recv()

def test_it(mc_cloud):
    here, there = FORK.Pipe()
    with mc_cloud.tenant(server=True) as tenant:
        child = FORK.Process(target=linger, args=(there,))
        child.start()
        url = httpx.URL(tenant.auth_url)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((url.host, url.port), timeout=5)
    here.send("")
    child.join()
"""
    )
    assert suite.told(result) == {"test_it": "passed"}


@pytest.mark.parametrize(
    "move",
    [
        "issue_token()",
        'package.assign("email_read")',
        "log_in()",
        "log_out()",
        'authorize("https://x.test/")',
        'revoke("token")',
        'fail_next("rest", 500)',
        "arrange().__enter__()",
        'judged("email_send")',
        "expect_denied()",
    ],
)
def test_a_child_has_no_hand_on_the_tenant(move: str, suite: Suite) -> None:
    """What it would do, it would do to a copy."""
    result = suite.run(
        WORK
        + f"""
def fail(tenant, pipe):
    try:
        tenant.{move}
    except Exception as error:
        pipe.send(str(error))

def test_it(mc_tenant):
    text = received(fail, mc_tenant)
    assert text.startswith("MCSCOPES: mc_tenant.{move.partition("(")[0]} was called by a process")
"""
    )
    assert suite.told(result) == {"test_it": "passed"}


BOXED = '''
import os
import pickle

import pytest
from _pytest.runner import runtestprotocol


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    """Run a whole test in a child, as pytest-forked does, which knows no pytest 9 yet."""
    if "plain" in item.name:
        return None
    here, there = os.pipe()
    if os.fork() == 0:
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        with os.fdopen(there, "wb") as pipe:
            pickle.dump(reports, pipe)
        os._exit(0)
    os.close(there)
    with os.fdopen(here, "rb") as pipe:
        for report in pickle.load(pipe):
            item.ihook.pytest_runtest_logreport(report=report)
    os.wait()
    return True
'''


def test_a_whole_test_may_run_in_a_child(suite: Suite) -> None:
    """There the child is the tests' process; its own children are refused."""
    suite.pytester.makeconftest(BOXED)
    mark = '@pytest.mark.mc_scopes("email_send")'
    result = suite.run(
        WORK
        + f"""
def log_in(tenant):
    login = {{"client_id": tenant.client_id, "client_secret": tenant.client_secret}}
    login |= {{"grant_type": "client_credentials", "scope": "email_send"}}
    with httpx.Client(verify=False) as http:
        http.post(tenant.auth_url + "v2/token", json=login).raise_for_status()

{mark}
def test_plain(mc_server):
    log_in(mc_server)

{mark}
def test_right(mc_tenant):
    assert send(mc_tenant, "email_send") == 200

{mark}
def test_too_much(mc_tenant):
    send(mc_tenant, TOO_MUCH)

{mark}
def test_ports(mc_server):
    log_in(mc_server)

{mark}
def test_forks(mc_tenant):
    send(mc_tenant, "email_send")
    in_child(ask, mc_tenant, TOO_MUCH)

{mark}
def test_plain_again(mc_server):
    log_in(mc_server)
"""
    )
    told = {name: each.split(",")[0] for name, each in suite.told(result).items()}
    assert told == {
        "test_plain": "passed",
        "test_right": "passed",
        "test_too_much": "failed: MCS102",
        "test_ports": "passed",
        "test_forks": "failed: MCS107",
        "test_plain_again": "passed",
    }
