"""A client upon aiohttp, at the hosts that it builds from its subdomain, under the marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from suites import unwrapped

if TYPE_CHECKING:
    from suites import Suite

CLIENT = '''
import aiohttp


class Mailer:
    """Knows its hosts by its subdomain, as most integrations do."""

    def __init__(self, subdomain, client_id, client_secret, scope=None):
        self.host = f"https://{subdomain}.%s.marketingcloudapis.com"
        self.login = {"grant_type": "client_credentials", "client_id": client_id}
        self.login |= {"client_secret": client_secret} | ({"scope": scope} if scope else {})

    async def send(self, key):
        async with aiohttp.ClientSession(raise_for_status=True) as session:
            async with session.post(self.host % "auth" + "/v2/token", json=self.login) as answer:
                token = (await answer.json())["access_token"]
            url = self.host % "rest" + f"/messaging/v1/email/messages/{key}"
            headers = {"Authorization": f"Bearer {token}"}
            async with session.post(url, json={"to": "ada"}, headers=headers) as answer:
                return await answer.json()
'''
BEGIN = """
import asyncio

import aiohttp
import pytest
from mailer import Mailer

pytestmark = [
    pytest.mark.mc_package(scopes=["email_send", "email_read"], subdomain="mcmailer"),
    pytest.mark.anyio,
]


@pytest.fixture
def anyio_backend():
    return "asyncio"


def mailer(tenant, scope):
    return Mailer("mcmailer", tenant.client_id, tenant.client_secret, scope)
"""
SENDING = """
@pytest.mark.mc_scopes("email_send")
async def test_anyio(mc_tenant):
    await mailer(mc_tenant, SCOPE).send("r-1")


@pytest.mark.mc_scopes("email_send")
def test_asyncio(mc_tenant):
    asyncio.run(mailer(mc_tenant, SCOPE).send("r-1"))
"""


@pytest.fixture
def aio(suite: Suite) -> Suite:
    """Runs suites that import the client."""
    suite.pytester.makepyfile(mailer=CLIENT)
    return suite


def run(suite: Suite, source: str) -> tuple[dict[str, str], str]:
    """Run tests; give each one's outcome, and what was printed."""
    result = suite.run(BEGIN + source, "-p", "anyio")
    return suite.told(result), result.stdout.str()


@pytest.mark.parametrize(
    ("scope", "outcome", "texts"),
    [
        pytest.param("email_send", "passed", [], id="the minimum"),
        pytest.param(
            "email_send email_read",
            "failed: MCS102",
            [
                "MCS102 excess scope: email_read",
                'Request scope="email_send" instead.',
            ],
            id="too much",
        ),
        pytest.param(
            "",
            "failed: MCS101",
            [
                "MCS101 scope omitted: the request asks for everything that is assigned,",
                'Request scope="email_send"; or, if the client cannot send a scope,',
            ],
            id="none named",
        ),
    ],
)
def test_what_it_asks_for_is_judged(scope: str, outcome: str, texts: list[str], aio: Suite) -> None:
    """Under pytest's own loop and under one of the test's."""
    found, printed = run(aio, SENDING.replace("SCOPE", repr(scope)))
    assert found == {"test_anyio": outcome, "test_asyncio": outcome}
    shown = " ".join(printed.split())
    for text in texts:
        assert shown.count(text) >= 2, printed


def test_what_is_arranged_is_not_judged(aio: Suite) -> None:
    """Although it is answered in a task of the door's own."""
    found, _ = run(
        aio,
        """
        @pytest.mark.mc_scopes("email_send")
        async def test_it(mc_tenant):
            with mc_tenant.arrange():
                await mailer(mc_tenant, "email_read email_send").send("r-0")
            await mailer(mc_tenant, "email_send").send("r-1")
        """.replace("\n        ", "\n"),
    )
    assert found == {"test_it": "passed"}


def test_a_connector_of_its_own_is_named(aio: Suite) -> None:
    """What it was asked for cannot be seen."""
    found, printed = run(
        aio,
        """
        class Own(aiohttp.TCPConnector):
            async def _create_connection(self, *args):
                raise aiohttp.ClientConnectionError("nobody there")

        @pytest.mark.mc_no_token(reason="a shop's orders")
        async def test_it(mc_tenant):
            async with aiohttp.ClientSession(connector=Own()) as session:
                with pytest.raises(aiohttp.ClientConnectionError):
                    await session.post(mc_tenant.auth_url + "v2/token")
        """.replace("\n        ", "\n"),
    )
    assert found == {"test_it": "failed: MCS109"}, printed
    shown = " ".join(printed.split())
    assert "a connector= of the client's own took a request to mcmailer.auth." in shown
    assert "Let the session connect by aiohttp's own TCPConnector, so that mc_tenant" in shown


@pytest.mark.measured
def test_a_task_of_an_earlier_test_is_that_tests(aio: Suite) -> None:
    """It sends when its tenant has ended; by whom aiohttp has it written is no matter."""
    aio.pytester.makepyfile(kept="KEPT = {}")
    result = aio.run(
        BEGIN.replace("    pytest.mark.anyio,\n", "")
        + """
from kept import KEPT

LOOP = pytest.mark.asyncio(loop_scope="session")
mark = pytest.mark.mc_scopes("email_send")


async def later(tenant):
    await KEPT["go"].wait()
    with pytest.raises(aiohttp.ClientConnectorError):
        await mailer(tenant, "email_send email_read").send("r-2")
    KEPT["done"].set()


@LOOP
@mark
async def test_before(mc_tenant):
    await mailer(mc_tenant, "email_send").send("r-0")


@LOOP
@mark
async def test_guilty(mc_tenant):
    await mailer(mc_tenant, "email_send").send("r-1")
    KEPT["go"], KEPT["done"] = asyncio.Event(), asyncio.Event()
    KEPT["task"] = asyncio.create_task(later(mc_tenant))
    await asyncio.sleep(0)


@LOOP
@pytest.mark.mc_package(subdomain="mcother")
@mark
async def test_innocent(mc_tenant):
    KEPT["go"].set()
    await KEPT["done"].wait()
    login = Mailer("mcother", mc_tenant.client_id, mc_tenant.client_secret, "email_send")
    await login.send("r-3")
""",
        "-p",
        "asyncio",
        "-o",
        "asyncio_default_fixture_loop_scope=session",
    )
    assert aio.told(result) == {
        "test_before": "passed",
        "test_guilty": "passed",
        "test_innocent": "passed",
    }
    unwrapped(result).fnmatch_lines(
        [
            "test_it.py::test_guilty: note late: POST mcmailer.auth.* from task Task-*",
            "test_it.py::test_guilty: note MCS102 late, *",
        ]
    )
