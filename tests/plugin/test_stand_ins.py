"""`mc_no_token` where something stands in for an HTTP library: who was called is known, or not.

One inner run holds all cases, each as three tests: with the URL of a tenant's port, of
another Marketing Cloud, and of a shop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suites import Suite

pytestmark = pytest.mark.measured

MAILER = """
import httpx
from httpx import Client, post
from urllib import request

def by_urllib(url):
    request.urlopen(url)

def send(url):
    httpx.post(url)

def by_client(url):
    with Client(base_url=url) as client:
        client.post("/x")

def by_post(url):
    post(url)
"""

SOURCE = """
import asyncio
import functools
import http.client
import urllib.request
from contextlib import suppress
from unittest import mock
from urllib.parse import urlsplit

import httpx
import mailer
import pytest
import requests
import respx
import urllib3

REAL = "https://mcreal.auth.marketingcloudapis.com/v2/token"
SHOP = "https://shop.test/orders"
HTTP = httpx.Client(verify=False)


def fake(*args, **named):
    return "answered"


async def fake_later(*args, **named):
    return "answered"


class Fake:
    def post(self, *args, **named):
        return "answered"

    get = post


class Made(httpx.Client):
    def post(self, *args, **named):
        return "answered"


class Plain(httpx.Client):
    pass


class Called:
    def __call__(self, *args, **named):
        return "answered"


def plain_client(**how):
    return httpx.Client(verify=False, **how)


def bearer(tenant):
    return {"Authorization": f"Bearer {tenant.issue_token()}"}


def quick(tenant):
    return {"verify": False, "headers": bearer(tenant)}


def netloc(url):
    return urlsplit(url).netloc


def by_connection(url):
    http.client.HTTPSConnection(host=netloc(url)).request("POST", "/v2/token")


def by_tunnel(url):
    connection = http.client.HTTPSConnection("proxy.test")
    connection.set_tunnel(netloc(url))
    connection.request("POST", "/v2/token")


async def post_later(url, tenant=None):
    async with httpx.AsyncClient(verify=False) as http:
        return await http.post(url, headers=bearer(tenant) if tenant else None)


@pytest.fixture(params=["port", "real", "shop"])
def url(request, mc_server):
    port = mc_server.auth_url + "v2/token"
    return {"port": port, "real": REAL, "shop": SHOP}[request.param]


@pytest.fixture
def t(mc_server):
    return mc_server
"""
CASE = """

@pytest.mark.mc_no_token(reason="asks for none")
def test_NUMBER(t, url, monkeypatch):
    BODY
"""

FAILED = "failed: MCS109"
BY_HOST = {"port": FAILED, "real": FAILED, "shop": "passed"}
"""It is known who was called."""
UNSEEN = dict.fromkeys(BY_HOST, FAILED)
"""It cannot be seen who was called."""
NEVER = dict.fromkeys(BY_HOST, "passed")


@pytest.fixture
def mailing(suite: Suite) -> Suite:
    """Runs inner suites that have a mailer."""
    suite.pytester.makepyfile(mailer=MAILER)
    return suite


CASES = [
    pytest.param(
        "with mock.patch.object(httpx.Client, 'post'): HTTP.post(url)",
        BY_HOST,
        "httpx.Client.post",
        id="a method's mock",
    ),
    pytest.param(
        "with mock.patch.object(httpx.Client, 'post', autospec=True):\n"
        "        plain_client(base_url=url).post('/v2/token')",
        BY_HOST,
        "httpx.Client.post",
        id="a mock that is given its client",
    ),
    pytest.param(
        "with mock.patch.object(httpx.Client, 'post'):\n"
        "        plain_client(base_url=url).post('/v2/token')",
        UNSEEN,
        "httpx.Client.post",
        id="a mock that is told a path alone",
    ),
    pytest.param(
        "with plain_client(base_url=url) as http, mock.patch.object(http, 'post'):\n"
        "        http.post('/v2/token')",
        BY_HOST,
        "httpx.Client.post",
        id="a mock of one client's method",
    ),
    pytest.param(
        "with mock.patch.object(httpx.Client, 'send'): HTTP.post(url)",
        BY_HOST,
        "httpx.Client.send",
        id="a request that is built",
    ),
    pytest.param(
        "with mock.patch.object(httpx.Client, 'post', side_effect=fake): HTTP.post(url)",
        BY_HOST,
        "httpx.Client.post",
        id="a mock that answers by a function",
    ),
    pytest.param(
        "monkeypatch.setattr(httpx.Client, 'post', fake); HTTP.post(url)",
        BY_HOST,
        "httpx.Client.post",
        id="a method's fake",
    ),
    pytest.param(
        "monkeypatch.setattr('httpx.Client.post', staticmethod(fake)); HTTP.post(url)",
        BY_HOST,
        "httpx.Client.post",
        id="a static fake, by its name",
    ),
    pytest.param(
        "httpx.Client.post, real = fake, httpx.Client.post\n"
        "    try: HTTP.post(url)\n"
        "    finally: httpx.Client.post = real",
        NEVER,
        "",
        id="set without a word to anybody, and gone: nobody can know",
    ),
    pytest.param(
        "monkeypatch.setattr(httpx.AsyncClient, 'post', fake_later)\n"
        "    asyncio.run(post_later(url))",
        BY_HOST,
        "httpx.AsyncClient.post",
        id="an async fake",
    ),
    pytest.param(
        "monkeypatch.setattr(httpx.AsyncClient, 'post', lambda *a, **k: fake_later())\n"
        "    asyncio.run(post_later(url))",
        BY_HOST,
        "httpx.AsyncClient.post",
        id="a fake that gives what is awaited",
    ),
    pytest.param(
        "monkeypatch.setattr(httpx, 'post', functools.partial(fake)); httpx.post(url)",
        BY_HOST,
        "httpx.post",
        id="a partial",
    ),
    pytest.param(
        "monkeypatch.setattr(httpx, 'post', Called()); httpx.post(url)",
        UNSEEN,
        "httpx.post",
        id="an object that can be called",
    ),
    pytest.param(
        "monkeypatch.setattr(httpx, 'Client', Fake); httpx.Client().post(url)",
        UNSEEN,
        "httpx.Client",
        id="a hand-made class",
    ),
    pytest.param(
        "monkeypatch.setattr(httpx, 'Client', Made); httpx.Client(verify=False).post(url)",
        BY_HOST,
        "httpx.Client.post",
        id="a class that inherits",
    ),
    pytest.param(
        "monkeypatch.setattr(httpx, 'Client', Plain)\n"
        "    httpx.Client(verify=False, transport=httpx.MockTransport("
        "lambda r: httpx.Response(200))).post(SHOP)",
        NEVER,
        "",
        id="a class that inherits all",
    ),
    pytest.param(
        "with mock.patch('mailer.httpx'): mailer.send(url)",
        BY_HOST,
        "httpx",
        id="the library in a module of the code",
    ),
    pytest.param(
        "monkeypatch.setattr('mailer.httpx', Fake()); mailer.send(url)",
        UNSEEN,
        "httpx",
        id="an object in place of the library",
    ),
    pytest.param(
        "with mock.patch('mailer.Client'): mailer.by_client(url)",
        BY_HOST,
        "httpx.Client",
        id="the client in a module of the code",
    ),
    pytest.param(
        "with mock.patch('mailer.post'): mailer.by_post(url)",
        BY_HOST,
        "httpx.post",
        id="the function in a module of the code",
    ),
    pytest.param(
        "with mock.patch('requests.post'): requests.post(url)",
        BY_HOST,
        "requests.post",
        id="requests",
    ),
    pytest.param(
        "with mock.patch.object(requests.Session, 'send'): requests.Session().post(url)",
        BY_HOST,
        "requests.Session.send",
        id="a session of requests",
    ),
    pytest.param(
        "with mock.patch('urllib.request.urlopen'):\n"
        "        urllib.request.urlopen(urllib.request.Request(url))",
        BY_HOST,
        "urllib.request.urlopen",
        id="urllib",
    ),
    pytest.param(
        "with mock.patch('mailer.request'): mailer.by_urllib(url)",
        BY_HOST,
        "urllib.request",
        id="urllib's module in one of the code",
    ),
    pytest.param(
        "monkeypatch.setattr(urllib.request.OpenerDirector, 'open', fake)\n"
        "    urllib.request.urlopen(url)",
        BY_HOST,
        "urllib.request.OpenerDirector.open",
        id="an opener of urllib",
    ),
    pytest.param(
        "monkeypatch.setattr(http.client.HTTPConnection, 'request', fake); by_connection(url)",
        BY_HOST,
        "http.client.HTTPConnection.request",
        id="a connection of the standard library's",
    ),
    pytest.param(
        "monkeypatch.setattr(http.client.HTTPConnection, 'request', fake); by_tunnel(url)",
        BY_HOST,
        "http.client.HTTPConnection.request",
        id="one through a tunnel",
    ),
    pytest.param(
        "with mock.patch('http.client.HTTPSConnection'): by_connection(url)",
        BY_HOST,
        "http.client.HTTPSConnection",
        id="the class of connections",
    ),
    pytest.param(
        "with mock.patch('http.client.HTTPSConnection'):\n"
        "        http.client.HTTPSConnection(netloc(url)).request('POST', '/v2/token')",
        BY_HOST,
        "http.client.HTTPSConnection",
        id="that class, given the host alone",
    ),
    pytest.param(
        "with mock.patch('http.client.HTTPSConnection'):\n"
        "        http.client.HTTPSConnection().request('POST', '/v2/token')",
        UNSEEN,
        "http.client.HTTPSConnection",
        id="that class, given no host",
    ),
    pytest.param(
        "with mock.patch('urllib3.connectionpool.HTTPConnectionPool.urlopen', fake):\n"
        "        urllib3.connection_from_url(url).urlopen('POST', '/v2/token')",
        BY_HOST,
        "urllib3.HTTPConnectionPool.urlopen",
        id="a pool of urllib3",
    ),
    pytest.param(
        "with mock.patch('http.client.HTTPConnection.endheaders', autospec=True):\n"
        "        by_connection(url)",
        BY_HOST,
        "http.client.HTTPConnection.endheaders",
        id="what sends a connection's request",
    ),
    pytest.param(
        "with mock.patch('urllib3.connectionpool.HTTPConnectionPool._make_request', autospec=True"
        ",\n        return_value=mock.Mock(status=200, headers={})):\n"
        "        urllib3.connection_from_url(url).urlopen('POST', '/v2/token', redirect=False)",
        BY_HOST,
        "urllib3.HTTPConnectionPool._make_request",
        id="what sends a pool's request",
    ),
    pytest.param(
        "kind = type('VCRConnection', (), {'__module__': 'vcr.stubs'})\n"
        "    monkeypatch.setattr(http.client, 'HTTPSConnection', kind)",
        NEVER,
        "",
        id="a cassette, which tells by itself what it plays",
    ),
    pytest.param(
        "with mock.patch.object(httpx.Client, 'post'): pass",
        NEVER,
        "",
        id="a mock that is never called",
    ),
    pytest.param(
        "monkeypatch.setattr(httpx.Client, 'post', fake)",
        NEVER,
        "",
        id="a fake that is never called",
    ),
    pytest.param(
        "with mock.patch('httpx.Client') as made: httpx.Client(base_url=url)",
        NEVER,
        "",
        id="a client that sends nothing",
    ),
    pytest.param(
        "with mock.patch('httpx.Response.request'), mock.patch('httpx.codes'): pass\n"
        "    with mock.patch('requests.certs.where'), mock.patch('mailer.send'): pass",
        NEVER,
        "",
        id="what sends nothing",
    ),
    pytest.param(
        "with mock.patch.object(httpx.Client, 'post', autospec=True,"
        " side_effect=httpx.Client.post), plain_client() as http:\n"
        "        http.post(t.rest_url + 'messaging/v1/email/messages/1', headers=bearer(t))",
        NEVER,
        "",
        id="a spy",
    ),
    pytest.param(
        "real = httpx.AsyncClient.post\n"
        "    monkeypatch.setattr(httpx.AsyncClient, 'post', lambda *a, **k: real(*a, **k))\n"
        "    asyncio.run(post_later(t.rest_url + 'messaging/v1/email/messages/1', t))",
        NEVER,
        "",
        id="an async one that only looks",
    ),
    pytest.param(
        "real = httpx.stream\n"
        "    monkeypatch.setattr(httpx, 'stream', lambda *a, **k: real(*a, **k))\n"
        "    with httpx.stream('GET', t.rest_url + 'platform/v1/endpoints', **quick(t)): pass",
        NEVER,
        "",
        id="a stream that is yet to be sent",
    ),
    pytest.param(
        "def fails(*a, **k): raise LookupError\n"
        "    monkeypatch.setattr(httpx, 'post', fails)\n"
        "    with suppress(LookupError): httpx.post(url)",
        BY_HOST,
        "httpx.post",
        id="a fake that fails",
    ),
    pytest.param(
        "monkeypatch.setattr(httpx.Client, 'post', fake)\n    HTTP.post('https://shop.test:port/')",
        NEVER,
        "",
        id="a URL that is none",
    ),
]


def test_what_stands_in_is_asked_what_it_was_asked_for(mailing: Suite) -> None:
    """Where that is not to be seen nothing is known, and the test fails too."""
    tests = (
        CASE.replace("NUMBER", str(number)).replace("BODY", str(case.values[0]))
        for number, case in enumerate(CASES)
    )
    check_cases(mailing, mailing.run(SOURCE + "".join(tests)))


def check_cases(mailing: Suite, result: pytest.RunResult) -> None:
    """Compare each case with what it is to come to."""
    told = mailing.told(result)
    reports = result.reprec.getreports("pytest_runtest_logreport")  # type: ignore[attr-defined]
    texts = {each.nodeid: " ".join(str(each.longrepr).split()) for each in reports if each.failed}
    for number, case in enumerate(CASES):
        _, outcomes, name = case.values
        assert isinstance(outcomes, dict)
        seen = {where: told[f"test_{number}[{where}]"] for where in outcomes}
        assert (case.id, seen) == (case.id, outcomes)
        for where in (where for where, outcome in outcomes.items() if outcome == FAILED):
            text = texts[f"test_it.py::test_{number}[{where}]"]
            assert f"as far as can be told: a stand-in for {name} " in text


RESPONSES = """
from unittest import mock

def started():
    def send(adapter, request, **how):
        raise ConnectionError("Connection refused by Responses")
    return mock.patch("requests.adapters.HTTPAdapter.send", new=send)
"""
REQUESTS_MOCK = """
import requests

class MockerCore:
    def start(self):
        self._mock_target = requests.Session
        self.below = requests.Session.send
        requests.Session.send = lambda session, request, **how: "answered"

    def stop(self):
        requests.Session.send = self.below
"""
TOOLS = """
import httpx
import pytest
import requests
import respx
import responses
from contextlib import suppress

SHOP = "https://shop.test/orders"
NO_TOKEN = pytest.mark.mc_no_token(reason="asks for none")
HTTP = httpx.Client(verify=False)

@pytest.fixture
def url(mc_server):
    return mc_server.auth_url + "v2/token"

@pytest.fixture
def started():
    with responses.started():
        yield

def by_requests_mock(url):
    from requests_mock.mocker import MockerCore
    mocker = MockerCore()
    mocker.start()
    try:
        send(url)
    finally:
        mocker.stop()

def send(url):
    with requests.Session() as http, suppress(ConnectionError):
        http.send(requests.Request("POST", url).prepare())

@NO_TOKEN
def test_imported_late(url):
    by_requests_mock(SHOP)

@NO_TOKEN
def test_requests_mock(url):
    by_requests_mock(url)

@NO_TOKEN
def test_requests_mock_elsewhere(mc_server):
    by_requests_mock(SHOP)

@NO_TOKEN
def test_responses(url, started):
    send(url)

@NO_TOKEN
def test_responses_elsewhere(mc_server, started):
    send(SHOP)

@NO_TOKEN
def test_own_transport(url):
    httpx.Client(transport=httpx.MockTransport(lambda r: httpx.Response(200))).post(url)

@NO_TOKEN
def test_respx(url):
    with respx.mock, suppress(AssertionError):
        HTTP.post(url)

@NO_TOKEN
def test_a_mock_that_fails(url, monkeypatch):
    import respx.mocks
    def refuse(transport, request):
        raise LookupError
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", refuse)
    with suppress(LookupError):
        HTTP.post(url)

def test_set_aside(monkeypatch):
    monkeypatch.setattr(httpx.Client, "post", lambda *args: "answered")

@NO_TOKEN
def test_after_it(url):
    pass
"""


def test_tools_are_told_by_their_names(suite: Suite) -> None:
    """Stand-ins for them here; tests/compat/test_interceptors.py runs the real ones."""
    suite.pytester.mkpydir("requests_mock").joinpath("mocker.py").write_text(REQUESTS_MOCK)
    suite.pytester.makepyfile(responses=RESPONSES)
    result = suite.run(TOOLS)
    assert suite.told(result) == {
        "test_imported_late": FAILED,
        "test_requests_mock": FAILED,
        "test_requests_mock_elsewhere": "passed",
        "test_responses": FAILED,
        "test_responses_elsewhere": "passed",
        "test_own_transport": FAILED,
        "test_respx": FAILED,
        "test_a_mock_that_fails": "passed",
        "test_set_aside": "passed",
        "test_after_it": "passed",
    }
    text = " ".join(result.stdout.str().split())
    for name in (
        "requests-mock stood before the tenant, and whom it was to call cannot be seen",
        "responses took a request to 127.0.0.1:",
        "a transport= of the client's own, or another mock, took a request to 127.0.0.1:",
        "a route of the test's respx took a request to 127.0.0.1:",
    ):
        assert text.count(f"as far as can be told: {name}") == 1


def test_the_text(suite: Suite) -> None:
    """What cannot be seen, and how it can."""
    result = suite.run(
        """
        import httpx
        import pytest
        from unittest import mock

        @pytest.mark.mc_no_token(reason="asks for none")
        def test_it(mc_tenant):
            with mock.patch.object(httpx.Client, "post"):
                httpx.Client(verify=False).post("/v2/token")
        """
    )
    text = result.stdout.str()
    assert text[text.index("  MCS109  ") :].partition("\n===")[0] == (
        """\
  MCS109  unexpected token request, as far as can be told: a stand-in for httpx.Client.post stood
          before the tenant, and whom it was to call cannot be seen
  Let the code call httpx itself, so that mc_tenant answers what the code asks for; or, if it is to
  ask for a token, declare its scopes. If it is another service that is replaced, replace a function
  by mock.patch(..., autospec=True), or let a mock of HTTP answer: both show whom the code calls.
  More: mcscopes explain MCS109"""
    )
