"""What becomes of a test whose code looked up a Marketing Cloud by something without a door."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from suites import unwrapped

if TYPE_CHECKING:
    from suites import Suite

WORK = """
import multiprocessing
import os
import socket
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress

import pytest
from asking import ask, send

OTHER = "mcx.rest.marketingcloudapis.com"
FORK = multiprocessing.get_context("fork")


def look_up(host):
    try:
        socket.create_connection((host, 443), timeout=5)
    except OSError as error:
        return str(error)


def quietly(host):
    look_up(host)


def in_child(host):
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            look_up(host)
        os._exit(0)
    os.waitpid(child, 0)


def host_of(tenant):
    return tenant.auth_url.split("/")[2]
"""
MARKS = ("mc_scopes('email_send')", "mc_no_token(reason='none')")


def run(suite: Suite, mark: str, body: str, *args: str) -> tuple[dict[str, str], str]:
    """Run one test, which asks for what its mark says; give outcomes and the text in one line."""
    first = "send(mc_tenant, 'email_send')" if "scopes" in mark else "pass"
    decorator = f"@pytest.mark.{mark}\n" if mark else ""
    source = f"{WORK}\n\n{decorator}def test_it(mc_tenant):\n    {first}\n    {body}\n"
    result = suite.run(source, *args)
    return suite.told(result), " ".join(result.stdout.str().split())


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize(
    ("host", "text", "advice"),
    [
        pytest.param(
            "OTHER",
            "MCS107 foreign tenant: the code used host mcx.rest.marketingcloudapis.com, but no"
            " tenant of this test session has it",
            "Let the code call the tenant of this test: give it mc_tenant.subdomain, or the URLs"
            " that mc_tenant.environment() has; or, if mcx is written in the code, give the tenant"
            ' that subdomain: @pytest.mark.mc_package(subdomain="mcx").',
            id="nobody's",
        ),
        pytest.param(
            "host_of(mc_tenant)",
            ".auth.marketingcloudapis.com was looked up by name, by something that mc_tenant does"
            " not answer in this process; that was refused, and what it was to ask for cannot be"
            " judged",
            "Give this code the URLs of mc_server in place of mc_tenant's: they answer whatever"
            " speaks HTTP.",
            id="its tenant's",
        ),
    ],
)
def test_a_marked_test_fails_whatever_its_code_swallows(
    mark: str, host: str, text: str, advice: str, suite: Suite
) -> None:
    """What a library without a door was to ask for was seen by nobody."""
    told, output = run(suite, mark, f"quietly({host})")
    assert told == {"test_it": "failed: MCS107"}
    assert text in output
    assert advice in output


@pytest.mark.parametrize("mark", MARKS)
def test_other_names_are_no_concern(mark: str, suite: Suite) -> None:
    """They are looked up as ever, and addresses too."""
    body = "socket.getaddrinfo('127.0.0.1', 80); socket.getaddrinfo('localhost', 80)"
    assert run(suite, mark, body)[0] == {"test_it": "passed"}


@pytest.mark.parametrize("option", ["--mc-suggest", "-q"])
@pytest.mark.parametrize(
    ("host", "advice"), [("OTHER", ""), ("host_of(mc_tenant)", "needs the URLs of mc_server")]
)
def test_an_unmarked_test_that_goes_on_is_a_note(
    host: str, advice: str, option: str, suite: Suite
) -> None:
    """No rule fires; that the real service was to be called is said all the same.

    Also where the test is watched for its record.
    """
    told, output = run(suite, "", f"quietly({host})", option)
    assert told == {"test_it": "passed"}
    assert "test_it.py::test_it: note mc" in output
    assert ".marketingcloudapis.com was looked up by name, and that was refused" in output
    assert advice in output


@pytest.mark.measured("--mc-suggest")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
@pytest.mark.parametrize("option", ["--mc-suggest", "-q"])
def test_a_forked_child_of_a_test_that_nothing_judges_is_a_note(option: str, suite: Suite) -> None:
    """The child may have swallowed its error; what a mark or block has seen is not told twice."""
    result = suite.run(
        WORK
        + """

@pytest.mark.mc_scopes("email_send")
def test_marked(mc_tenant):
    with suppress(AssertionError), mc_tenant.judged("email_send"):
        send(mc_tenant, "email_send")
        in_child(host_of(mc_tenant))


def test_unmarked(mc_tenant):
    in_child(host_of(mc_tenant))


def test_by_block(mc_tenant):
    with mc_tenant.judged("email_send"):
        send(mc_tenant, "email_send")
        in_child(host_of(mc_tenant))


def test_next(mc_tenant):
    pass
""",
        option,
    )
    assert suite.told(result) == {
        "test_marked": "failed: MCS107",
        "test_unmarked": "passed",
        "test_by_block": "failed: MCS107",
        "test_next": "passed",
    }
    [note] = [line for line in unwrapped(result).lines if "a forked process called" in line]
    assert note.startswith("test_it.py::test_unmarked: note a forked process called mc")
    assert note.endswith(", and that was refused: its code needs the URLs of mc_server")


REPLACED = """
class HTTPConnection:
    __module__ = "urllib3.connection"


@pytest.fixture(autouse=True)
def replaced(monkeypatch):
    import sys
    from types import SimpleNamespace

    connection = SimpleNamespace(HTTPConnection=KIND)
    monkeypatch.setitem(sys.modules, "urllib3.connection", connection)


@pytest.mark.mc_scopes("email_send")
def test_marked(mc_tenant):
    send(mc_tenant, "email_send")
    quietly(host_of(mc_tenant))


def test_fails(mc_tenant):
    error = type("ConnectionError", (OSError,), {"__module__": "niquests.exceptions"})
    raise error(f"{host_of(mc_tenant)} could not be resolved")
"""


@pytest.mark.measured
@pytest.mark.parametrize(
    ("kind", "said"),
    [
        pytest.param("HTTPConnection", True, id="by urllib3-future"),
        pytest.param("__import__('http.client').client.HTTPConnection", False, id="by http.client"),
        pytest.param(
            "type('C', (__import__('http.client').client.HTTPConnection,),"
            " {'__module__': 'urllib3.connection'})",
            False,
            id="urllib3 itself",
        ),
        pytest.param("None", False, id="by a stub"),
    ],
)
def test_it_is_said_where_requests_cannot_be_answered(kind: str, said: bool, suite: Suite) -> None:  # noqa: FBT001
    """niquests brings a urllib3 of its own, which takes the real one's place for requests too."""
    result = suite.run(WORK + REPLACED.replace("KIND", kind))
    assert suite.told(result) == {"test_marked": "failed: MCS107", "test_fails": "failed"}
    output = " ".join(result.stdout.str().split())
    text = "urllib3-future, which niquests brings, has taken urllib3's place here, so that requests"
    assert output.count(text) == 2 * said
    assert ("there mc_tenant answers httpx, requests, urllib, aiohttp and" in output) is not said


def test_a_failure_tells_what_its_library_kept_to_itself(suite: Suite) -> None:
    """Once: where the error has the text itself, there is nothing to add."""
    told, output = run(suite, "", "quietly(OTHER); raise OSError('not resolved')")
    assert told == {"test_it": "failed"}
    assert " MCSCOPES: mcx.rest.marketingcloudapis.com was looked up by name, and is" in output
    told, output = run(suite, "", "raise OSError(look_up(OTHER))")
    assert output.count("is not simulated here") == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param("in_child(host_of(mc_tenant))", id="os.fork"),
        pytest.param(
            "each = FORK.Process(target=quietly, args=(OTHER,)); each.start(); each.join()",
            id="multiprocessing",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_is_refused_and_its_parent_fails(mark: str, body: str, suite: Suite) -> None:
    """The guard goes with it, and what it swallows its parent finds."""
    told, output = run(suite, mark, body)
    assert told == {"test_it": "failed: MCS107"}
    assert "a process that was forked in test_it.py::test_it called mc" in output


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_pool_of_forked_processes_is_refused(suite: Suite) -> None:
    """In a process of its own, as multiprocessing looks at the main module."""
    suite.pytester.makepyfile(
        work=WORK,
        test_it="""
        import pytest
        from work import FORK, OTHER, ProcessPoolExecutor, look_up

        @pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
        @pytest.mark.mc_no_token(reason="none")
        def test_it(mc_tenant):
            with ProcessPoolExecutor(1, mp_context=FORK) as pool:
                error = pool.submit(look_up, OTHER).result()
            assert "was called by a process that was forked from the test's" in error
        """,
    )
    plugin = ("-p", "pytest_mcscopes.plugin", "-W", "error")
    result = suite.pytester.runpytest_subprocess(*plugin, timeout=120)
    result.stdout.fnmatch_lines(["1 test judged: MCS107 in 1"])
