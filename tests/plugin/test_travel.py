"""`mc_clock.travel`: the process's time moves till the test ends, and Marketing Cloud's with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suites import Suite

CLIENT = '''
import time
from asking import CLIENT, call


class Client:
    """Keeps its token for as long as the answer said."""

    def __init__(self, tenant, clock=time.time):
        self.tenant, self.clock, self.ends, self.logins = tenant, clock, float("-inf"), 0

    def send(self):
        if self.clock() >= self.ends:
            self.log_in()
        return call(self.tenant, self.token)

    def log_in(self):
        answer = CLIENT.post(self.tenant.auth_url + "v2/token", json={
            "grant_type": "client_credentials",
            "client_id": self.tenant.client_id,
            "client_secret": self.tenant.client_secret,
            "scope": "email_send",
        }).json()
        self.token, self.ends = answer["access_token"], self.clock() + answer["expires_in"]
        self.logins += 1
'''


def test_a_client_and_its_tenant_see_one_time(suite: Suite) -> None:
    """A client renews in time by whatever clock it counts, and not before it must."""
    suite.pytester.makepyfile(client=CLIENT)
    assert suite.judge(
        """
        import datetime, time
        import pytest
        from asking import call
        from client import Client

        pytestmark = pytest.mark.mc_scopes("email_send")

        def utc():
            return datetime.datetime.now(datetime.UTC).timestamp()

        @pytest.mark.parametrize("name", ["time", "monotonic"])
        def test_renews(mc_tenant, mc_clock, name):
            client = Client(mc_tenant, lambda: getattr(time, name)())
            assert client.send() == 200
            mc_clock.travel(minutes=17)
            assert (client.send(), client.logins) == (200, 1)
            mc_clock.travel(minutes=1)
            assert (client.send(), client.logins) == (200, 2)

        def test_renews_by_dates(mc_tenant, mc_clock):
            client = Client(mc_tenant, utc)
            assert client.send() == 200
            mc_clock.travel(minutes=17)
            assert (client.send(), client.logins) == (200, 1)
            mc_clock.travel(minutes=1)
            assert (client.send(), client.logins) == (200, 2)

        def test_by_the_sum(mc_tenant, mc_clock):
            client = Client(mc_tenant)
            assert client.send() == 200
            mc_clock.advance(minutes=10)
            mc_clock.travel(minutes=9)
            assert client.send() == 200
            mc_clock.advance(minutes=2)
            assert (client.send(), client.logins) == (401, 1)
        """
    ) == {
        "test_renews[time]": "passed",
        "test_renews[monotonic]": "passed",
        "test_renews_by_dates": "passed",
        "test_by_the_sum": "passed",
    }


def test_a_journey_ends_with_its_test(suite: Suite) -> None:
    """The process gets its own time back; a token that has run out stays that, in every tenant."""
    result = suite.run(
        """
        import time
        import pytest
        from asking import ask, call

        real = {"time": time.time}

        @pytest.fixture(scope="module")
        def tenant(mc_cloud):
            with mc_cloud.tenant() as tenant:
                yield tenant

        @pytest.fixture(scope="module")
        def token(tenant):
            return ask(tenant)

        def test_of_another_tenant(tenant, token, mc_tenant):
            assert call(tenant, token) == 200

        def test_travels(mc_tenant, mc_clock):
            mc_clock.travel(hours=1)
            assert 3_540 < time.time() - real["time"]() < 3_660
            assert 3_540 < mc_tenant.clock.now() - real["time"]() < 3_660

        def test_fails_on_its_way(mc_tenant, mc_clock):
            mc_clock.travel(hours=1)
            assert time.time() == "failed"

        def test_is_back(tenant, token, mc_tenant):
            assert time.time is real["time"]
            assert abs(mc_tenant.clock.now() - time.time()) < 60
            assert 7_140 < tenant.clock.now() - time.time() < 7_260
            assert call(tenant, token) == 401
        """
    )
    assert suite.told(result) == {
        "test_of_another_tenant": "passed",
        "test_travels": "passed",
        "test_fails_on_its_way": "failed",
        "test_is_back": "passed",
    }


def test_pytest_s_own_times_are_real(suite: Suite) -> None:
    """How long a test took, and when, is told without the journey."""
    result = suite.run(
        """
        def test_travels(mc_tenant, mc_clock):
            mc_clock.travel(hours=1)
        """
    )
    reports = result.reprec.getreports("pytest_runtest_logreport")  # type: ignore[attr-defined]
    assert [report.when for report in reports] == ["setup", "call", "teardown"]
    for report in reports:
        assert 0 <= report.duration < 60
        assert 0 <= report.stop - report.start < 60
    assert reports[-1].stop - reports[0].start < 60


def test_what_cannot_be_travelled(suite: Suite) -> None:
    """Not before the test has a tenant, not backwards, and not for ever."""
    result = suite.run(
        """
        def test_no_tenant(mc_clock):
            mc_clock.travel(1)

        def test_back(mc_tenant, mc_clock):
            mc_clock.travel(hours=-1)

        def test_too_far(mc_tenant, mc_clock):
            mc_clock.travel(days=10_000_000)
        """
    )
    assert suite.told(result) == {
        "test_no_tenant": "failed",
        "test_back": "failed",
        "test_too_far": "failed",
    }
    result.stdout.fnmatch_lines(
        [
            "MCSCOPES: mc_clock: the test has no tenant whose time could be moved.*",
            "  at test_it.py:2",
            "MCSCOPES: travel needs a time to come, got -3600 seconds.*",
            "  at test_it.py:5",
            "MCSCOPES: travel cannot go beyond the year 9999, got 864000000000 seconds.*",
            "  at test_it.py:8",
        ]
    )


def test_async_code_is_not_disturbed(suite: Suite) -> None:
    """Sleeps and time-outs that are under way when the test travels last as they would."""
    assert suite.judge(
        """
        import time
        import anyio, httpx, pytest

        pytestmark = pytest.mark.anyio

        @pytest.fixture
        async def http():
            async with httpx.AsyncClient(timeout=60, verify=False) as http:
                yield http

        @pytest.fixture
        async def send(mc_tenant, http):
            answer = await http.post(mc_tenant.auth_url + "v2/token", json={
                "grant_type": "client_credentials",
                "client_id": mc_tenant.client_id,
                "client_secret": mc_tenant.client_secret,
                "scope": "email_send",
            })
            headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
            url = mc_tenant.rest_url + "messaging/v1/email/messages/1"
            async def send():
                return (await http.post(url, headers=headers)).status_code
            return send

        @pytest.mark.mc_scopes("email_send")
        async def test_on_the_way(send, mc_clock):
            woken = []

            async def sleep(seconds):
                await anyio.sleep(seconds)
                woken.append(seconds)

            with anyio.fail_after(600):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(sleep, 600)
                    tasks.start_soon(sleep, 0.1)
                    await anyio.sleep(0.01)
                    mc_clock.travel(minutes=19)
                    assert await send() == 200
                    mc_clock.travel(minutes=2)
                    assert await send() == 401
                    while not woken:
                        await anyio.sleep(0.01)
                    tasks.cancel_scope.cancel()
            assert woken == [0.1]

        async def test_in_threads(mc_tenant, mc_clock):
            mc_clock.travel(hours=1)
            told = await anyio.to_thread.run_sync(mc_tenant.clock.now)
            assert abs(told - time.time()) < 60
        """,
        "-p",
        "anyio",
    ) == {
        "test_on_the_way[asyncio]": "passed",
        "test_on_the_way[trio]": "passed",
        "test_in_threads[asyncio]": "passed",
        "test_in_threads[trio]": "passed",
    }
