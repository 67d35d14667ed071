"""What refuses requests to a tenant, and the line that lets them pass.

Runs in the tox env `compat` alone, where all of them are installed. Each run is a
process of its own, forked when what all of them load is loaded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from processes import loaded, run_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ASKING = """
import asyncio
import re
from contextlib import suppress

import aiohttp
import aioresponses
import httpx
import pytest
import pytest_mcscopes
import requests
import requests_mock
import responses
import respx
from requests_mock import ANY

MARK = pytest.mark.mc_scopes("email_send")


def login(tenant):
    login = {"client_id": tenant.client_id, "client_secret": tenant.client_secret}
    return {"grant_type": "client_credentials", "scope": "email_send", **login}


def by_requests(tenant):
    requests.post(tenant.auth_url + "v2/token", json=login(tenant)).raise_for_status()
    requests.get(tenant.rest_url + "platform/v1/endpoints")


def by_httpx(tenant):
    httpx.post(tenant.auth_url + "v2/token", json=login(tenant)).raise_for_status()
    httpx.get(tenant.rest_url + "platform/v1/endpoints")


def by_aiohttp(tenant):
    asyncio.run(_by_aiohttp(tenant))


async def _by_aiohttp(tenant):
    async with aiohttp.ClientSession() as session:
        async with session.post(tenant.auth_url + "v2/token", json=login(tenant)) as answer:
            answer.raise_for_status()
        async with session.get(tenant.rest_url + "platform/v1/endpoints"):
            pass
"""

FAILS = """\
{before}
@MARK
def test_fails({fixtures}):
    {within}
    {ask}({tenant})

"""
SWALLOWS = """\
{before}
@MARK
def test_swallows({fixtures}):
    {within}
    with suppress(Exception):
        {ask}({tenant})

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuser:
    """A tool that refuses a tenant, and what a test writes to have it and to tell it."""

    name: str
    error: str
    """What users meet."""
    line: str
    """What our text says to write."""
    ask: str = "by_requests"
    before: str = ""
    within: str = ""
    tenant: str = "mc_server"
    fixtures: str = "mc_server"
    args: tuple[str, ...] = ()

    def source(self, *, told: bool) -> str:
        """Write the tests, in which the tool is told what our text says, or is not."""
        names = ("before", "within", "fixtures", "ask", "tenant")
        places = {name: getattr(self, name) for name in names}
        text = "from asking import *\n\n\n" + (FAILS + SWALLOWS).format(**places)
        if told:
            return text.replace("LINE", self.line)
        return re.sub(r"(, |respx\.|respx_mock\.)?LINE", "", text)


REFUSERS = {
    "pytest-socket": Refuser(
        name="pytest-socket",
        args=("-p", "pytest_socket", "--disable-socket", "--allow-hosts=192.0.2.1"),
        before="LINE",
        error='A test tried to use socket.socket.connect() with host "127.0.0.1"',
        line='@pytest.mark.allow_hosts(["127.0.0.1"])',
    ),
    "pytest-httpx": Refuser(
        name="pytest-httpx's httpx_mock",
        args=("-p", "pytest_httpx"),
        before="LINE\n@pytest.mark.httpx_mock(assert_all_requests_were_expected=False)",
        fixtures="mc_server, httpx_mock",
        ask="by_httpx",
        error="httpx.TimeoutException: No response can be found for POST request",
        line="@pytest.mark.httpx_mock(should_mock=pytest_mcscopes.not_marketing_cloud)",
    ),
    "respx": Refuser(
        name="respx",
        before="@respx.mock",
        within="respx.LINE",
        ask="by_httpx",
        error="respx.models.AllMockedAssertionError",
        line='route(host="127.0.0.1").pass_through()',
    ),
    "respx above httpx's transports": Refuser(
        name="respx",
        before='@pytest.mark.respx(using="httpx")',
        fixtures="mc_server, respx_mock",
        within="respx_mock.LINE",
        ask="by_httpx",
        error="respx.models.AllMockedAssertionError",
        line='route(host="127.0.0.1").pass_through()',
    ),
    "responses": Refuser(
        name="responses",
        before="@responses.activate",
        within="LINE",
        error="requests.exceptions.ConnectionError: Connection refused by Responses",
        line='responses.add_passthru("http://127.0.0.1:")',
    ),
    "requests-mock": Refuser(
        name="requests-mock",
        args=("-p", "requests_mock"),
        fixtures="mc_server, requests_mock",
        within="LINE",
        error="requests_mock.exceptions.NoMockAddress: No mock address: POST http://127.0.0.1:",
        line='requests_mock.register_uri(ANY, re.compile("^http://127.0.0.1:"), real_http=True)',
    ),
    "responses, by name": Refuser(
        name="responses",
        before="@responses.activate",
        tenant="mc_tenant",
        fixtures="mc_tenant",
        within="LINE",
        error="requests.exceptions.ConnectionError: Connection refused by Responses",
        line=r'responses.add_passthru(re.compile(r"https://[^/]+\.marketingcloudapis\.com"))',
    ),
    "requests-mock, by name": Refuser(
        name="requests-mock",
        args=("-p", "requests_mock"),
        tenant="mc_tenant",
        fixtures="mc_tenant, requests_mock",
        within="LINE",
        error="requests_mock.exceptions.NoMockAddress: No mock address: POST https://mc",
        line=(
            "requests_mock.register_uri(ANY,"
            r' re.compile(r"^https://[^/]+\.marketingcloudapis\.com"), real_http=True)'
        ),
    ),
    "aioresponses, by name": Refuser(
        name="aioresponses",
        tenant="mc_tenant",
        fixtures="mc_tenant, mocked",
        before="""
@pytest.fixture
def mocked(mc_tenant):
    with aioresponses.aioresponses(LINE):
        yield


""",
        ask="by_aiohttp",
        error="aiohttp.client_exceptions.ClientConnectionError: Connection refused: POST https://",
        line="passthrough=[mc_tenant.auth_url, mc_tenant.rest_url]",
    ),
    "aioresponses": Refuser(
        name="aioresponses",
        before="""
@pytest.fixture(autouse=True)
def mocked():
    with aioresponses.aioresponses(LINE):
        yield


""",
        ask="by_aiohttp",
        error="aiohttp.client_exceptions.ClientConnectionError: Connection refused: POST http://1",
        line='passthrough=["http://127.0.0.1"]',
    ),
}
EACH = pytest.mark.parametrize("refuser", REFUSERS.values(), ids=REFUSERS)


@pytest.fixture(scope="module")
def run() -> Iterator[Callable[..., str]]:
    """Runs one file with our plugin.

    Theirs are loaded after ours and before the libraries, as in a process that names one of them.
    """
    theirs = ("pytest_socket", "pytest_httpx", "requests_mock")
    libraries = ("aiohttp", "aioresponses", "httpx", "requests", "responses")
    ours = ("-p", "mcscopes", "-p", "respx", "--tb=short")
    with loaded("mcscopes", "respx", *theirs, libraries=libraries) as forked:
        yield lambda source, folder, *args: run_file(
            source, ASKING, folder, *ours, *args, run=forked
        )


@EACH
def test_the_refusal_comes_with_the_line_to_write(
    refuser: Refuser, run: Callable[..., str], tmp_path: Path
) -> None:
    """In a section where the test fails by it; in MCS105 where the code lives with it."""
    told = run(refuser.source(told=False), tmp_path, *refuser.args)
    assert "= 2 failed" in told, told
    assert refuser.error in told
    _, fails, swallows = re.split(r"^_+ test_(?:fails|swallows) _+$", told, flags=re.MULTILINE)
    for text, begins in (
        (fails, f"MCSCOPES: {refuser.name} "),
        (swallows, f"MCS105 no token granted: no token request arrived.*; {refuser.name} "),
    ):
        shown = " ".join(text.split())
        assert re.search(begins, shown), told
        assert refuser.line in shown, told


@EACH
def test_the_line_mends_it(refuser: Refuser, run: Callable[..., str], tmp_path: Path) -> None:
    """All that the code calls can be called with it."""
    told = run(refuser.source(told=True), tmp_path, *refuser.args)
    assert "= 2 passed" in told, told


@EACH
def test_what_it_takes_is_a_token_request_where_none_is_expected(
    refuser: Refuser, run: Callable[..., str], tmp_path: Path
) -> None:
    """Under mc_no_token; with the line the tenant sees it, and says what was asked for."""
    without, with_line = (
        refuser.source(told=told).replace("@MARK", '@pytest.mark.mc_no_token(reason="x")')
        for told in (False, True)
    )
    tmp_path.joinpath("test_with_line.py").write_text(with_line, encoding="utf-8")
    ran = run(without, tmp_path, *refuser.args, "-k", "test_swallows")
    assert "= 2 failed, 2 deselected" in ran, ran
    shown = [" ".join(text.split()) for text in re.split(r"(?m)^_+ test_swallows _+$", ran)]
    for text, said in (
        (shown[1], f"as far as can be told: (a route of the test's )?{refuser.name} "),
        (shown[2], ': scope="email_send"'),
    ):
        assert re.search(f"MCS109 unexpected token request.*{said}", text), ran
    assert refuser.line in shown[1], ran


ELSEWHERE = """
from asking import *

NO_TOKEN = pytest.mark.mc_no_token(reason="a shop's orders")
SHOP = "https://shop.test/orders"


@NO_TOKEN
@responses.activate
def test_responses(mc_server):
    responses.get(SHOP, json={})
    requests.get(SHOP)


@NO_TOKEN
def test_requests_mock(mc_server, requests_mock):
    requests_mock.get(SHOP, json={})
    requests.get(SHOP)


async def order():
    with aioresponses.aioresponses(), suppress(aiohttp.ClientConnectionError):
        async with aiohttp.ClientSession() as session:
            await session.get(SHOP)


@NO_TOKEN
def test_aioresponses(mc_server):
    asyncio.run(order())


@NO_TOKEN
def test_httpx_mock(mc_server, httpx_mock):
    httpx_mock.add_response(url=SHOP)
    httpx.get(SHOP)


@NO_TOKEN
@respx.mock
def test_respx(mc_server):
    respx.get(SHOP).respond(200)
    httpx.get(SHOP)


@NO_TOKEN
def test_none_is_called(mc_server):
    with responses.RequestsMock(), requests_mock.Mocker(), aioresponses.aioresponses():
        pass
"""


def test_requests_to_other_hosts_are_nobodys_concern(
    run: Callable[..., str], tmp_path: Path
) -> None:
    """Suites that mock a shop's answers are left alone."""
    told = run(ELSEWHERE, tmp_path, "-p", "pytest_httpx", "-p", "requests_mock", "-W", "error")
    assert "= 6 passed" in told, told


DISABLED = """
from asking import *


@MARK
def test_it(mc_server):
    by_requests(mc_server)
"""


def test_a_port_cannot_be_opened_without_sockets(run: Callable[..., str], tmp_path: Path) -> None:
    """Under --disable-socket the fixture says so itself, and how it can be had."""
    told = run(DISABLED, tmp_path, "-p", "pytest_socket", "--disable-socket", "-W", "error")
    assert "= 1 error" in told, told
    shown = " ".join(told.split())
    assert "MCSCOPES: a tenant's ports are sockets of 127.0.0.1, and pytest-socket refuses" in shown
    assert "Run pytest with --allow-hosts=127.0.0.1 beside --disable-socket" in shown
    assert '@pytest.mark.allow_hosts(["127.0.0.1"])' in shown
    assert "Traceback" not in told
    assert "socketpair" not in told


@pytest.mark.parametrize(
    ("args", "mark"),
    [
        pytest.param(("--allow-hosts=127.0.0.1",), "", id="by option"),
        pytest.param(
            ("--allow-hosts=192.0.2.1,127.0.0.1",), "", id="by option, beside another host"
        ),
        pytest.param((), '@pytest.mark.allow_hosts(["127.0.0.1"])', id="by mark"),
        pytest.param((), "@pytest.mark.enable_socket", id="by the mark that allows all"),
    ],
)
def test_sockets_to_loopback_alone_will_do(
    args: tuple[str, ...], mark: str, run: Callable[..., str], tmp_path: Path
) -> None:
    """Everything else stays refused."""
    source = DISABLED.replace("@MARK", f"@MARK\n{mark}")
    told = run(source, tmp_path, "-p", "pytest_socket", "--disable-socket", *args, "-W", "error")
    assert "= 1 passed" in told, told
