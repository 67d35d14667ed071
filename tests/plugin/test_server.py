"""`mc_server` in test runs: two doors of one tenant, what ends with it, stubs, faults and time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_mcscopes.cloud.fingerprints import hide_parameters
from pytest_mcscopes.config import Config
from pytest_mcscopes.hooks.hidden_ids import HIDDEN
from pytest_mcscopes.hooks.summary import Summary

if TYPE_CHECKING:
    from suites import Suite

PLAIN = '''
import json
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

SEND = "messaging/v1/email/messages/1"
open_url = build_opener(ProxyHandler({})).open

def post(url, body=None, **headers):
    """What the standard library makes of a request: status and body."""
    request = Request(url, body and json.dumps(body).encode(), headers, method="POST")
    try:
        with open_url(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except HTTPError as answer:
        with answer:
            return answer.status, json.loads(answer.read())

def log_in(tenant, scope):
    body = {"client_id": tenant.client_id, "client_secret": tenant.client_secret, "scope": scope}
    body |= {"grant_type": "client_credentials"}
    headers = {"Content-Type": "application/json"}
    return post(tenant.auth_url + "v2/token", body, **headers)[1]

def send(tenant, token, path=SEND):
    return post(tenant.rest_url + path, Authorization=f"Bearer {token}")[0]
'''


@pytest.fixture
def plain(suite: Suite) -> Suite:
    """Runs suites whose code under test knows the standard library alone."""
    suite.pytester.makepyfile(plain=PLAIN)
    return suite


def test_two_doors_of_one_tenant(plain: Suite) -> None:
    """Only the URLs differ: a token of one is one of the other, and all is counted together."""
    outcomes = plain.judge(
        """
        import pytest
        from asking import ask, call
        from plain import log_in, send

        KINDS = ("auth_url", "rest_url", "soap_url")

        @pytest.mark.mc_scopes("email_send")
        def test_tokens_and_ledger(mc_tenant, mc_server):
            got, inside = log_in(mc_server, "email_send"), ask(mc_tenant, "email_send")
            assert send(mc_server, inside) == call(mc_tenant, got["access_token"]) == 200
            assert mc_server.ledger is mc_tenant.ledger
            assert len(mc_server.ledger.entries) == 4

        @pytest.mark.mc_scopes("email_send")
        def test_excess_at_one_door(mc_tenant, mc_server):
            call(mc_tenant, ask(mc_tenant, "email_send"))
            log_in(mc_server, "email_send email_read")

        def test_urls(mc_tenant, mc_server):
            ports = {getattr(mc_server, kind) for kind in KINDS}
            assert len(ports) == 3
            assert all(port.startswith("http://127.0.0.1:") for port in ports)
            assert all("marketingcloudapis.com" in getattr(mc_tenant, kind) for kind in KINDS)
            got = log_in(mc_server, "email_send")
            assert got["rest_instance_url"] == mc_server.rest_url
            assert got["soap_instance_url"] == mc_server.soap_url
            assert mc_server.environment()["MC_AUTH_URL"] == mc_server.auth_url

        def test_stubs(mc_tenant, mc_server):
            stub = mc_tenant.rest.post("/messaging/v1/email/messages/1").respond(202, json={})
            token = mc_server.issue_token()
            assert send(mc_server, token) == call(mc_tenant, token) == 202
            assert stub.call_count == 2
            assert mc_server.rest is mc_tenant.rest

        @pytest.mark.parametrize("door", ["mc_tenant", "mc_server"])
        def test_stubs_by_whole_url(mc_tenant, mc_server, request, door):
            base = request.getfixturevalue(door).rest_url
            stub = mc_tenant.rest.post(f"{base}messaging/v1/email/messages/1").respond(202, json={})
            token = mc_server.issue_token()
            assert send(mc_server, token) == call(mc_tenant, token) == 202
            assert stub.call_count == 2

        def test_clock(mc_tenant, mc_server, mc_clock):
            token = log_in(mc_server, "email_send")["access_token"]
            mc_clock.advance(minutes=20)
            assert send(mc_server, token) == call(mc_tenant, token) == 401
            assert mc_server.clock is mc_tenant.clock

        def test_packages_and_users(mc_tenant, mc_server):
            assert mc_server.package is mc_tenant.package
            assert mc_server.user is mc_tenant.user
            mc_server.package.assign("email_read")
            assert log_in(mc_server, "email_send")["error"] == "invalid_scope"
            assert ask(mc_tenant, "email_send") is None
        """
    )
    assert outcomes == {
        "test_tokens_and_ledger": "passed: note MCS303",
        "test_excess_at_one_door": "failed: MCS102",
        "test_urls": "passed",
        "test_stubs": "passed",
        "test_stubs_by_whole_url[mc_tenant]": "passed",
        "test_stubs_by_whole_url[mc_server]": "passed",
        "test_clock": "passed",
        "test_packages_and_users": "passed",
    }


def test_a_user_logs_in_by_either_door(plain: Suite) -> None:
    """`authorize` follows a link to the port too; what comes of it works at both doors."""
    outcomes = plain.judge(
        """
        from urllib.parse import parse_qs, urlencode, urlsplit
        import pytest
        from asking import call
        from plain import post, send

        BACK = "https://127.0.0.1:80/"

        @pytest.mark.parametrize("door", ["mc_tenant", "mc_server"])
        @pytest.mark.mc_package(type="web-app", scopes=["email_send"])
        @pytest.mark.mc_scopes("email_send")
        def test_it(mc_tenant, mc_server, request, door):
            tenant = request.getfixturevalue(door)
            asked = {"response_type": "code", "client_id": tenant.client_id, "redirect_uri": BACK}
            asked["scope"] = "email_send"
            back = tenant.authorize(f"{tenant.auth_url}v2/authorize?{urlencode(asked)}")
            assert back.startswith(BACK)
            status, got = post(mc_server.auth_url + "v2/token", {
                "grant_type": "authorization_code",
                "client_id": tenant.client_id,
                "client_secret": tenant.client_secret,
                "redirect_uri": BACK,
                "code": parse_qs(urlsplit(back).query)["code"][0],
            }, **{"Content-Type": "application/json"})
            assert (status, got["rest_instance_url"]) == (200, mc_server.rest_url)
            assert send(mc_server, got["access_token"]) == 200
            assert call(mc_tenant, got["access_token"]) == 200
        """
    )
    assert outcomes == {"test_it[mc_tenant]": "passed", "test_it[mc_server]": "passed"}


def test_a_tenant_of_the_session_has_its_ports_all_along(plain: Suite) -> None:
    """Its client logs in once, in a fixture of its scope, and each test is judged by that."""
    outcomes = plain.judge(
        """
        import pytest
        from plain import log_in, send

        @pytest.fixture(scope="session")
        def server(mc_cloud):
            with mc_cloud.tenant(scopes=["email_send", "email_read"], server=True) as tenant:
                yield tenant

        @pytest.fixture(scope="session")
        def token(server):
            return log_in(server, "email_send")["access_token"]

        @pytest.mark.parametrize("number", [1, 2])
        @pytest.mark.mc_scopes("email_send")
        def test_exact(server, token, number):
            assert send(server, token) == 200
            assert len(server.ledger.entries) == number + 1

        @pytest.mark.mc_scopes("email_send", "email_read")
        def test_missing(server, token):
            send(server, token)
        """
    )
    assert outcomes == {
        "test_exact[1]": "passed",
        "test_exact[2]": "passed",
        "test_missing": "failed: MCS103",
    }


def test_the_port_of_an_ended_tenant_refuses(plain: Suite) -> None:
    """A client that outlives its tenant is told whose the port was: by httpx's error, and MCS107.

    Other libraries are refused by the system, and httpx's other errors stay as they are.
    """
    assert plain.judge(
        """
        import socket, urllib.error
        import httpx, pytest
        from asking import CLIENT
        from plain import post

        pytestmark = [pytest.mark.anyio, pytest.mark.mc_scopes("email_send", match="at_most")]
        TOLD = (
            r"^MCSCOPES: http://127\\.0\\.0\\.1:\\d+ belongs to a Marketing Cloud that ended with"
            r" fixture mc_tenant for test_it\\.py::test_first\\. The client under test outlives"
        )

        @pytest.fixture(scope="module")
        def kept():
            return []

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        @pytest.fixture
        def nobodys():
            with socket.socket() as bound:
                bound.bind(("127.0.0.1", 0))
                yield "http://127.0.0.1:%d/" % bound.getsockname()[1]

        async def apost(url):
            async with httpx.AsyncClient(verify=False) as client:
                await client.post(url)

        def test_first(mc_server, kept):
            kept.append(mc_server.auth_url + "v2/token")

        def test_httpx(mc_server, kept):
            with pytest.raises(httpx.ConnectError, match=TOLD):
                CLIENT.post(kept[0])

        async def test_httpx_async(mc_server, kept):
            with pytest.raises(httpx.ConnectError, match=TOLD):
                await apost(kept[0])

        def test_urllib(mc_server, kept):
            with pytest.raises(urllib.error.URLError, match="refused"):
                post(kept[0])

        def test_nobodys(mc_server, nobodys):
            with pytest.raises(httpx.ConnectError, match="refused"):
                CLIENT.post(nobodys)

        async def test_nobodys_async(mc_server, nobodys):
            with pytest.raises(httpx.ConnectError, match="^(?!MCSCOPES)"):
                await apost(nobodys)
        """,
        "-p",
        "anyio",
    ) == {
        "test_first": "failed: MCS105",
        "test_httpx": "failed: MCS105, MCS107",
        "test_httpx_async": "failed: MCS105, MCS107",
        "test_urllib": "failed: MCS105",
        "test_nobodys": "failed: MCS105",
        "test_nobodys_async": "failed: MCS105",
    }


@pytest.mark.measured
def test_a_stub_that_raises_fails_the_test_that_caused_it(plain: Suite) -> None:
    """Whether or not the client swallows the closed connection; in a fixture's phases too."""
    result = plain.run(
        """
        from contextlib import suppress
        import pytest
        from plain import SEND, send

        class BugOfTheStub(Exception):
            pass

        def stub(tenant, error=BugOfTheStub("look here")):
            tenant.rest.post(f"/{SEND}").mock(side_effect=error)

        def call(tenant):
            return send(tenant, tenant.issue_token())

        def swallow(tenant):
            with suppress(OSError):
                call(tenant)

        @pytest.fixture
        def at_the_end(mc_server):
            yield
            stub(mc_server)
            swallow(mc_server)

        @pytest.fixture
        def at_the_start(mc_server):
            stub(mc_server)
            swallow(mc_server)

        def test_raises(mc_server):
            stub(mc_server)
            call(mc_server)

        def test_swallows(mc_server):
            stub(mc_server)
            swallow(mc_server)

        @pytest.mark.mc_scopes("email_send")
        def test_marked(mc_server):
            stub(mc_server)
            swallow(mc_server)

        def test_checks(mc_server):
            def check(request):
                pytest.fail("the stub is not content")
            stub(mc_server, check)
            swallow(mc_server)

        def test_next(mc_server):
            assert call(mc_server) == 200

        def test_teardown(mc_server, at_the_end):
            pass

        def test_setup(mc_server, at_the_start):
            pass

        def test_last(mc_server):
            assert call(mc_server) == 200
        """
    )
    assert plain.told(result) == {
        "test_raises": "failed",
        "test_swallows": "failed",
        "test_marked": "failed: MCS105",
        "test_checks": "failed",
        "test_next": "passed",
        "test_teardown": "error",
        "test_setup": "failed",
        "test_last": "passed",
    }
    result.stdout.fnmatch_lines(["*BugOfTheStub: look here*"] * 5)
    result.stdout.fnmatch_lines(["*raised while a port of the tenant was called*"])
    result.stdout.fnmatch_lines(["*the stub is not content*"])


# A stub that works until the end of the run, unless a later test lets it go on.
SLOW_STUB = """
    from contextlib import suppress
    from threading import Event
    from plain import Request, SEND, open_url

    BEGAN, RAISES = Event(), Event()

    def leave_behind(tenant, let_go):
        def check(request):
            BEGAN.set()
            let_go.wait(60)
            RAISES.set()
            raise ValueError("the stub is not content")
        tenant.rest.post(f"/{SEND}").mock(side_effect=check)
        headers = {"Authorization": f"Bearer {tenant.issue_token()}"}
        with suppress(OSError):
            open_url(Request(tenant.rest_url + SEND, headers=headers, method="POST"), timeout=0.05)
        assert BEGAN.wait(60)

    def test_guilty(mc_server, let_go):
        leave_behind(mc_server, let_go)
"""
LET_GO = """
    import pytest
    from threading import Event

    LET_GO = Event()

    @pytest.fixture(scope="session")
    def let_go():
        return LET_GO

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish():
        LET_GO.set()
"""


@pytest.mark.parametrize(
    "after",
    [
        pytest.param("", id="after the last test"),
        pytest.param(
            "    def test_innocent(let_go):\n        let_go.set()\n        assert RAISES.wait(60)",
            id="during another one",
        ),
    ],
)
@pytest.mark.parametrize("options", [(), ("-p", "xdist", "-n", "1")], ids=["alone", "xdist"])
def test_what_is_raised_after_the_test_fails_the_run(
    plain: Suite, after: str, options: tuple[str, ...]
) -> None:
    """No other test has to do with it; the summary says whose stub it was."""
    plain.pytester.makeconftest(LET_GO)
    result = plain.run(f"{SLOW_STUB}\n{after}", *options)
    assert set(plain.told(result).values()) == {"passed"}
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "*= Marketing Cloud: raised after the test had ended =*",
            "MCSCOPES: test_it.py::test_guilty had ended when this was raised*",
            "ValueError: the stub is not content",
            "  More: mcscopes explain mc_server",
        ]
    )


def test_a_run_that_failed_already_keeps_its_exit_status(plain: Suite) -> None:
    """As where it was interrupted."""
    interrupt = "    def test_next():\n        import pytest\n        pytest.exit()"
    plain.pytester.makeconftest(LET_GO)
    result = plain.run(f"{SLOW_STUB}\n{interrupt}")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["MCSCOPES: test_it.py::test_guilty had ended when*"])


def test_an_expected_failure_by_a_stub_is_told_once(plain: Suite) -> None:
    """The test fails by its client as well, which is all that was expected."""
    result = plain.run(
        """
        import pytest
        from plain import SEND, send

        @pytest.mark.xfail(strict=True, reason="known")
        def test_it(mc_server):
            mc_server.rest.post(f"/{SEND}").mock(side_effect=ValueError("known"))
            send(mc_server, mc_server.issue_token())
        """
    )
    result.assert_outcomes(xfailed=1)
    assert result.ret == pytest.ExitCode.OK


def test_a_request_that_nobody_waits_for_is_judged_by_when_it_was_sent(
    plain: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the test: it counts; in a fixture: it does not."""
    # However long a busy machine takes to read it.
    monkeypatch.setattr("pytest_mcscopes.transport.loopback.server._LOOKS", 30_000)
    outcomes = plain.judge(
        """
        import socket
        from urllib.parse import urlencode, urlsplit
        import pytest
        from plain import log_in, send

        pytestmark = pytest.mark.mc_scopes("email_send")

        def hand_over(tenant):
            body = {"client_id": tenant.client_id, "client_secret": tenant.client_secret}
            form = urlencode(body | {"grant_type": "client_credentials"})
            lines = [
                "POST /v2/token HTTP/1.1",
                "Host: mc",
                "Content-Type: application/x-www-form-urlencoded",
                f"Content-Length: {len(form)}",
            ]
            auth = urlsplit(tenant.auth_url)
            with socket.create_connection((auth.hostname, auth.port)) as client:
                client.sendall("\\r\\n".join([*lines, "", form]).encode())

        @pytest.fixture
        def handed_over(mc_server):
            hand_over(mc_server)

        def work(tenant):
            send(tenant, log_in(tenant, "email_send")["access_token"])

        @pytest.mark.parametrize("number", range(5))
        def test_own(mc_server, number):
            work(mc_server)
            hand_over(mc_server)

        @pytest.mark.parametrize("number", range(5))
        def test_fixtures(mc_server, handed_over, number):
            work(mc_server)
        """,
        "-o",
        "mc_rules=MCS303=note",
    )
    own = {f"test_own[{number}]": "failed: MCS106" for number in range(5)}
    # Whether a note tells of the fixture's log-in depends on when the port's thread reads it.
    outcomes = {test: outcome.removesuffix(": note") for test, outcome in outcomes.items()}
    assert outcomes == own | {f"test_fixtures[{number}]": "passed" for number in range(5)}


def test_stubs_over_a_socket(plain: Suite) -> None:
    """What a side effect may be: async, an httpx error, a list of both; nothing passes through."""
    outcomes = plain.judge(
        """
        import http.client
        import asyncio, httpx, pytest
        from plain import SEND, send

        def calls(server, *times):
            token = server.issue_token()
            return [send(server, token) for _ in times or [1]]

        def test_async(mc_server):
            async def later(request):
                await asyncio.sleep(0)
                return httpx.Response(202, json={})
            mc_server.rest.post(f"/{SEND}").mock(side_effect=later)
            assert calls(mc_server) == [202]

        @pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadError("cut off")])
        def test_error(mc_server, error):
            route = mc_server.rest.post(f"/{SEND}")
            route.mock(side_effect=[error, httpx.Response(202, json={})])
            with pytest.raises(ConnectionResetError):
                calls(mc_server)
            assert calls(mc_server) == [202]
            assert route.call_count == 2

        def test_header(mc_server):
            seen = []
            def look(request):
                seen.append(request.headers["X-Name"])
                return httpx.Response(200)
            mc_server.rest.post(f"/{SEND}").mock(side_effect=look)
            netloc = mc_server.rest_url.split("/")[2]
            connection = http.client.HTTPConnection(netloc, timeout=60)
            token = mc_server.issue_token()
            headers = {"Authorization": f"Bearer {token}", "X-Name": "Ren\\u00e9"}
            connection.request("POST", f"/{SEND}", headers=headers)
            assert connection.getresponse().status == 200
            connection.close()
            assert seen == ["Ren\\u00e9"]

        def test_pass_through(mc_server):
            mc_server.rest.post(f"/{SEND}").pass_through()
        """,
    )
    assert outcomes == {
        "test_async": "passed",
        "test_error[ConnectError]": "passed",
        "test_error[error1]": "passed",
        "test_header": "passed",
        "test_pass_through": "failed",
    }


def test_passing_through_is_refused_with_the_reason(plain: Suite) -> None:
    """A side effect that hands the request on is refused as well, in the test that wrote it."""
    result = plain.run(
        """
        from contextlib import suppress
        from plain import SEND, send

        def test_it(mc_server):
            mc_server.rest.post(f"/{SEND}").mock(side_effect=lambda request: request)
            with suppress(OSError):
                send(mc_server, mc_server.issue_token())
        """
    )
    assert plain.told(result) == {"test_it": "failed"}
    result.stdout.fnmatch_lines(
        ["*MCSCOPES: a stub cannot pass a call through: no real Marketing Cloud is behind*"]
    )


def test_ordered_faults_over_a_socket(plain: Suite) -> None:
    """A reset is one, a time-out lasts as long as the client's, and slow is bounded real time."""
    outcomes = plain.judge(
        """
        import time
        import pytest
        from plain import Request, log_in, open_url, send

        def test_reset(mc_server):
            mc_server.fail_next("token", "reset")
            with pytest.raises(ConnectionResetError):
                log_in(mc_server, "email_send")
            assert "access_token" in log_in(mc_server, "email_send")

        def test_timeout(mc_server):
            token = mc_server.issue_token()
            mc_server.fail_next("rest", "timeout")
            headers = {"Authorization": f"Bearer {token}"}
            asked = Request(mc_server.rest_url + "hub/v1/campaigns", headers=headers)
            with pytest.raises(TimeoutError):
                open_url(asked, timeout=0.1)
            while not mc_server.ledger.entries:  # the fault waits for the call that gave up
                pass
            with open_url(asked, timeout=60) as answer:
                assert answer.status == 200

        def test_slow(mc_server):
            mc_server.fail_next("rest", "slow", seconds=90)
            token, began = mc_server.issue_token(), time.monotonic()
            then = mc_server.clock.now()
            assert send(mc_server, token) == 200
            assert time.monotonic() - began < 60
            assert mc_server.clock.now() - then >= 90

        def test_never_came(mc_server):
            mc_server.fail_next("rest", "reset")
        """
    )
    assert outcomes == {
        "test_reset": "passed",
        "test_timeout": "passed",
        "test_slow": "passed",
        "test_never_came": "failed",
    }


def test_time_may_travel_while_ports_answer(plain: Suite) -> None:
    """The process's clock stands or jumps, and the server goes on."""
    outcomes = plain.judge(
        """
        import time
        import pytest
        from plain import log_in, send

        @pytest.mark.mc_scopes("email_send")
        def test_it(mc_server, mc_clock):
            token = log_in(mc_server, "email_send")["access_token"]
            then = time.time()
            mc_clock.travel(minutes=21)
            assert time.time() - then >= 21 * 60
            assert send(mc_server, token) == 401
            token = log_in(mc_server, "email_send")["access_token"]
            assert send(mc_server, token) == 200
        """
    )
    assert outcomes == {"test_it": "passed"}


def test_async_clients(plain: Suite) -> None:
    """One event loop, several calls at a time, on asyncio and on trio."""
    assert plain.judge(
        """
        import anyio, httpx, pytest
        from plain import SEND

        pytestmark = [pytest.mark.anyio, pytest.mark.mc_scopes("email_send")]

        @pytest.mark.parametrize("scope", ["email_send", "email_send email_read"], ids=["-", "+"])
        async def test_it(mc_server, scope):
            body = {
                "client_id": mc_server.client_id,
                "client_secret": mc_server.client_secret,
                "grant_type": "client_credentials",
                "scope": scope,
            }
            async with httpx.AsyncClient(verify=False) as client:
                got = await client.post(mc_server.auth_url + "v2/token", json=body)
                token = got.json()["access_token"]
                statuses = []

                async def send():
                    headers = {"Authorization": f"Bearer {token}"}
                    answer = await client.post(mc_server.rest_url + SEND, headers=headers)
                    statuses.append(answer.status_code)

                async with anyio.create_task_group() as group:
                    for _ in range(10):
                        group.start_soon(send)
            assert statuses == [200] * 10
        """,
        "-p",
        "anyio",
    ) == {
        "test_it[asyncio--]": "passed",
        "test_it[asyncio-+]": "failed: MCS102",
        "test_it[trio--]": "passed",
        "test_it[trio-+]": "failed: MCS102",
    }


def test_each_worker_has_its_own_ports(plain: Suite) -> None:
    """Under xdist the verdicts and texts are the same as without."""
    outcomes = plain.judge(
        """
        import pytest
        from plain import log_in, send

        @pytest.mark.parametrize("number", range(6))
        @pytest.mark.mc_scopes("email_send")
        def test_exact(mc_server, number):
            assert send(mc_server, log_in(mc_server, "email_send")["access_token"]) == 200

        @pytest.mark.mc_scopes("email_send")
        def test_too_much(mc_server):
            send(mc_server, log_in(mc_server, "email_send email_read")["access_token"])
        """,
        "-p",
        "xdist",
        "-n",
        "2",
    )
    assert outcomes == {f"test_exact[{number}]": "passed" for number in range(6)} | {
        "test_too_much": "failed: MCS102"
    }


def test_a_test_that_fails_by_itself_tells_what_a_stub_raised(plain: Suite) -> None:
    """The client saw no more than a closed connection: the stub's error is what explains it."""
    result = plain.run(
        """
        from plain import log_in, send

        def test_it(mc_server):
            def checks(request):
                raise AssertionError("said by the stub")

            mc_server.rest.post("/messaging/v1/email/messages/1").mock(side_effect=checks)
            send(mc_server, log_in(mc_server, "email_send")["access_token"])
        """
    )
    assert plain.told(result) == {"test_it": "failed"}
    result.stdout.fnmatch_lines(["*raised while a port was called*", "*said by the stub*"])


def test_a_worker_leaves_what_came_late_to_its_controller() -> None:
    """And its exit status too: xdist has no use for one of a worker's. Ids may be hidden."""
    tests = ("test_guilty[s3cr3t]", "test_other[s3cr3t]", "test_third[s3cr3t]")
    guilty, other, third = (f"test_it.py::{each}" for each in tests)
    stash = pytest.Stash()
    stash[HIDDEN] = {each: hide_parameters(each) for each in (guilty, other, third)}
    driver: Any = SimpleNamespace(
        take_late_errors=lambda: [(guilty, ValueError("said by the stub"))],
        take_unowned=lambda: [(other, "said by a block")],
        take_report=lambda: SimpleNamespace(late=[(third, "MCS102", f"late, by {other}")]),
    )
    summary = Summary(Config(), None, lambda: driver, lambda: None, suggests=False)
    config = SimpleNamespace(workerinput={}, workeroutput={}, stash=stash)
    session: Any = SimpleNamespace(config=config, exitstatus=pytest.ExitCode.OK)
    summary.pytest_sessionfinish(session)
    assert config.workeroutput == {
        "mcscopes_after": {
            "errors": [(hide_parameters(guilty), "ValueError: said by the stub\n")],
            "blocks": [(hide_parameters(other), "said by a block")],
            "notes": [(hide_parameters(third), "MCS102", f"late, by {hide_parameters(other)}")],
        },
    }
    assert session.exitstatus == pytest.ExitCode.OK
