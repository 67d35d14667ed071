"""`mc_no_token` where another tool took the requests: it cannot be seen what they asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from suites import unwrapped

if TYPE_CHECKING:
    from suites import Suite

SOURCE = '''
import asyncio
import urllib.request
from contextlib import suppress
from unittest import mock

import httpx
import pytest
import requests
import respx

from asking import ask, call

MARK = pytest.mark.mc_no_token(reason="asks for none")
REAL = "https://mcreal.auth.marketingcloudapis.com/v2/token"
SHOP = "https://shop.test/orders"
GRANT = httpx.Response(200, json={"access_token": "made-up"})


def by_own(url, answer=GRANT):
    with httpx.Client(transport=httpx.MockTransport(lambda request: answer)) as http:
        return http.post(url)


async def by_own_async(url):
    transport = httpx.MockTransport(lambda request: GRANT)
    async with httpx.AsyncClient(transport=transport) as http:
        return await http.post(url)


class Own(httpx.BaseTransport):
    def handle_request(self, request):
        raise RuntimeError


def by_respx(url, **how):
    with respx.mock(**how) as router:
        router.post(url).mock(return_value=GRANT)
        with httpx.Client(verify=False) as http:
            http.post(url)


def by_patch(url, **how):
    with mock.patch("httpx.post", return_value=GRANT, **how):
        httpx.post(url, json={})


def by_client(url):
    with mock.patch("httpx.Client"), httpx.Client(base_url=url) as http:
        http.post(url="/v2/token")


def by_fake(url):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx, "post", lambda url, json: GRANT)
        httpx.post(httpx.URL(url), json={})


class Adapter(requests.adapters.BaseAdapter):
    def __init__(self, answer=200, location=""):
        self.answer, self.location = answer, location

    def send(self, request, **how):
        if not self.answer:
            raise requests.ConnectionError
        answer = requests.Response()
        answer.status_code, answer.url, answer.request = self.answer, request.url, request
        answer.headers["Location"], answer.raw = self.location, mock.MagicMock()
        return answer

    def close(self):
        pass


class Patient(requests.adapters.HTTPAdapter):
    def send(self, request, **how):
        return super().send(request, **{**how, "timeout": 5})


class Handler(urllib.request.BaseHandler):
    def https_open(self, request):
        return mock.MagicMock(code=200)


def by_opener(url):
    opener = urllib.request.OpenerDirector()
    opener.add_handler(Handler())
    opener.open(url)


def by_session(url, adapter, token="none"):
    with requests.Session() as session:
        session.mount("https://", adapter)
        return session.post(url, headers={"Authorization": f"Bearer {token}"})


class LogIn(httpx.Auth):
    """Asks for a token on its own, and gives up where that is refused."""

    requires_response_body = True

    def auth_flow(self, request):
        answer = yield httpx.Request("POST", REAL)
        raise RuntimeError
'''


@pytest.mark.parametrize(
    ("body", "name"),
    [
        pytest.param("by_own(t.auth_url)", "a transport= of the client's own", id="a tenant"),
        pytest.param("by_own(REAL)", "a transport= of the client's own", id="own transport="),
        pytest.param("asyncio.run(by_own_async(REAL))", "a transport=", id="an async one"),
        pytest.param(
            "by_own(SHOP, httpx.Response(307, headers={'Location': REAL})); "
            "httpx.Client(follow_redirects=True, transport=httpx.MockTransport(lambda r: GRANT if"
            " 'mcreal' in r.url.host else httpx.Response(307, headers={'Location': REAL})))"
            ".get(SHOP)",
            "a transport=",
            id="after a redirect",
        ),
        pytest.param(
            "\n    with suppress(RuntimeError): httpx.Client(transport=Own()).get(REAL)",
            "a transport=",
            id="one that fails",
        ),
        pytest.param(
            "\n    with suppress(RuntimeError):\n"
            "        transport = httpx.MockTransport(lambda request: GRANT)\n"
            "        httpx.Client(transport=transport, auth=LogIn()).get(SHOP)",
            "a transport=",
            id="a log-in within another request",
        ),
        pytest.param(
            "by_session(t.auth_url, Adapter())", "an adapter of the session's", id="own adapter"
        ),
        pytest.param(
            "\n    with suppress(requests.ConnectionError): by_session(REAL, Adapter(0))",
            "an adapter of the session's own took a request to mcreal.auth.",
            id="an adapter that fails",
        ),
        pytest.param(
            "\n    with suppress(requests.TooManyRedirects):\n"
            "        by_session(SHOP, Adapter(307, REAL))",
            "an adapter of the session's own took a request to mcreal.auth.",
            id="an adapter, after a redirect",
        ),
        pytest.param(
            "by_opener(REAL)", "a handler of the opener's own took a request to mc", id="handler"
        ),
        pytest.param("by_patch(REAL)", "a stand-in for httpx.post took", id="mock.patch"),
        pytest.param("by_patch(REAL, autospec=True)", "a stand-in for httpx.post", id="autospec"),
        pytest.param("by_client(REAL)", "a stand-in for httpx.Client took", id="a mocked client"),
        pytest.param("by_fake(REAL)", "a stand-in for httpx.post took", id="monkeypatch"),
        pytest.param("by_respx(REAL)", "a route of the test's respx took", id="respx"),
        pytest.param("by_respx(REAL, using='httpx')", 'respx.mock(using="httpx")', id="above us"),
    ],
)
def test_a_request_to_marketing_cloud_fails_the_test(body: str, name: str, suite: Suite) -> None:
    """The text names who took it."""
    result = suite.run(f"{SOURCE}\n@MARK\ndef test_it(mc_tenant):\n    t = mc_tenant\n    {body}\n")
    assert suite.told(result) == {"test_it": "failed: MCS109"}
    text = " ".join(result.stdout.str().split())
    assert f"unexpected token request, as far as can be told: {name}" in text


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("by_own(SHOP)", id="own transport="),
        pytest.param("by_session(SHOP, Adapter())", id="own adapter"),
        pytest.param(
            "by_session(t.rest_url + 'messaging/v1/email/messages/1', Patient(),"
            " t.issue_token()).raise_for_status()",
            id="an adapter that hands on",
        ),
        pytest.param("by_patch(SHOP)", id="mock.patch"),
        pytest.param("by_fake(SHOP)", id="monkeypatch"),
        pytest.param(
            "real = httpx.post\n    token = t.issue_token()\n"
            "    with pytest.MonkeyPatch.context() as patch:\n"
            "        patch.setattr(httpx, 'post', lambda *a, **k: real(*a, **k))\n"
            "        httpx.post(t.rest_url + 'messaging/v1/email/messages/1',"
            " headers={'Authorization': f'Bearer {token}'}, verify=False).raise_for_status()",
            id="one that only looks",
        ),
        pytest.param(
            "token = t.issue_token()\n"
            "    with mock.patch('httpx.post', wraps=httpx.post):\n"
            "        httpx.post(t.rest_url + 'messaging/v1/email/messages/1',"
            " headers={'Authorization': f'Bearer {token}'}, verify=False).raise_for_status()",
            id="a mock that only looks",
        ),
        pytest.param("by_respx(SHOP)", id="respx"),
        pytest.param("by_respx(SHOP, using='httpx')", id="respx above us"),
        pytest.param("call(t, t.issue_token())", id="answered by the tenant"),
        pytest.param(
            "\n    with respx.mock(assert_all_called=False): call(t, t.issue_token())",
            id="a router that asks nobody",
        ),
        pytest.param(
            "t.rest.route().mock(side_effect=httpx.ReadTimeout)\n"
            "    with suppress(httpx.ReadTimeout): call(t, t.issue_token())",
            id="a stub that raises",
        ),
    ],
)
def test_what_has_nothing_to_do_with_it_passes(body: str, suite: Suite) -> None:
    """Requests to other hosts, and those that came to the tenant."""
    source = f"{SOURCE}\n@MARK\ndef test_it(mc_tenant):\n    t = mc_tenant\n    {body}\n"
    assert suite.judge(source) == {"test_it": "passed"}


def test_a_request_that_was_never_sent_is_none(suite: Suite) -> None:
    """A log-in of the client's own that is refused ends its request before it leaves."""
    result = suite.run(
        SOURCE
        + """
class Refused(httpx.Auth):
    def __init__(self, tenant):
        self.tenant = tenant

    def auth_flow(self, request):
        answer = yield httpx.Request("POST", self.tenant.auth_url + "v2/token", json={})
        answer.raise_for_status()

@pytest.mark.mc_no_token(refused=True, reason="a test of the refusal")
def test_it(mc_tenant):
    with httpx.Client(auth=Refused(mc_tenant)) as http, pytest.raises(httpx.HTTPStatusError):
        http.get(mc_tenant.rest_url)
"""
    )
    assert suite.told(result) == {"test_it": "passed"}


def test_the_text(suite: Suite) -> None:
    """What was taken, and how to write the test."""
    result = suite.run(f"{SOURCE}\n@MARK\ndef test_it(mc_tenant):\n    by_respx(REAL)\n")
    text = result.stdout.str()
    assert text[text.index("MCS109: ") :].partition("\n===")[0] == (
        """\
MCS109: MCSCOPES: the code under test asks Marketing Cloud for a token that nobody expects.
  declared   no token at all                    @pytest.mark.mc_no_token, test_it.py:105
  requested  nothing: no token request
  granted    nothing: no token                  package "integration" is assigned 86 scopes
                                                the default: everything
  used       not shown                          no call was made
  MCS109  unexpected token request, as far as can be told: a route of the test's respx took a
          request to mcreal.auth.marketingcloudapis.com
  Leave out the route, so that mc_tenant answers what the code asks for; or, if it is to ask for a
  token, declare its scopes.
  More: mcscopes explain MCS109"""
    )


@pytest.mark.measured
def test_beside_a_judged_log_in_it_is_a_note(suite: Suite) -> None:
    """Of a mark and of a block: nobody knows how much was asked for there."""
    result = suite.run(
        SOURCE
        + """
@pytest.mark.mc_scopes("email_send")
def test_marked(mc_tenant):
    call(mc_tenant, ask(mc_tenant, "email_send"))
    by_own(REAL)

def test_block(mc_tenant):
    with mc_tenant.judged("email_send"):
        call(mc_tenant, ask(mc_tenant, "email_send"))
        by_own(REAL)

@pytest.mark.mc_scopes("email_send")
def test_plain_http(mc_tenant):
    call(mc_tenant, ask(mc_tenant, "email_send"))
    with suppress(httpx.ConnectError), httpx.Client(verify=False) as http:
        http.post(mc_tenant.auth_url.replace("https:", "http:") + "v2/token")

@pytest.mark.mc_scopes("email_send")
def test_of_other_calls(mc_tenant):
    call(mc_tenant, ask(mc_tenant, "email_send"))
    by_own(SHOP)
    by_own(mc_tenant.rest_url)
"""
    )
    noted = dict.fromkeys(("test_marked", "test_block", "test_plain_http"), "passed: note")
    assert suite.told(result) == {**noted, "test_of_other_calls": "passed"}
    notes = [line for line in unwrapped(result).lines if ": note " in line]
    elsewhere, taken = sorted(notes, key=len)
    assert elsewhere.startswith("test_it.py::test_plain_http: note the code called mc")
    assert elsewhere.endswith(
        ".auth.marketingcloudapis.com, where no tenant answered, so that what it asked for is not"
        " judged"
    )
    assert taken == (
        "2 tests, first test_it.py::test_block: note a transport= of the client's own, or another"
        " mock, took a request to mcreal.auth.marketingcloudapis.com, so that what it asked for is"
        " not judged. Let the client send by httpx itself, so that mc_tenant answers."
    )


@pytest.mark.measured
def test_a_test_without_a_mark_is_named_where_a_suite_is_learnt(suite: Suite) -> None:
    """What another tool answers is in no suggestion: a union without it would be too small."""
    source = f"""{SOURCE}
def test_by_own():
    by_own(REAL)

def test_by_respx():
    by_respx(REAL)

def test_of_another_service():
    by_own("https://shop.test/orders")

@MARK
def test_marked(mc_tenant):
    pass

def test_answered_by_a_tenant(mc_tenant):
    call(mc_tenant, ask(mc_tenant))
"""
    told = " ".join(suite.run(source, "--mc-suggest").stdout.str().split())
    unseen = "answered for Marketing Cloud, and no tenant saw what was asked for: no suggestion"
    assert told.count(unseen) == 2
    assert f"test_it.py::test_by_respx: a route of the test's respx {unseen}" in told
    assert (
        f"test_it.py::test_by_own: a transport= of the client's own, or another mock, {unseen}"
        in (told)
    )
    assert unseen not in " ".join(suite.run(source).stdout.str().split())
