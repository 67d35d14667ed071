"""An integration upon each HTTP library, as it is: what it asks for is judged in process.

It knows a subdomain and builds its hosts itself. Nothing but the call of the library differs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suites import Suite

MAILER = '''
"""What an integration is made of; it knows nothing of tests."""

import json


class Base:
    def __init__(self, subdomain, client_id, client_secret, scope):
        self.login = {"grant_type": "client_credentials", "client_id": client_id}
        self.login |= {"client_secret": client_secret} | ({"scope": scope} if scope else {})
        self.token_url = f"https://{subdomain}.auth.marketingcloudapis.com/v2/token"

    def log_in(self):
        status, token = self.post(self.token_url, self.login, {})
        if status != 200:
            raise PermissionError(token["error"])
        return token

    def send(self, key):
        token = self.log_in()
        url = f"{token['rest_instance_url']}messaging/v1/email/messages/{key}"
        return self.post(url, {}, {"Authorization": f"Bearer {token['access_token']}"})
'''
LIBRARIES = {
    "aiohttp": """
import asyncio, aiohttp

class Mailer(Base):
    def post(self, url, body, headers):
        async def posted():
            async with aiohttp.ClientSession() as session:
                async with session.post(url, json=body, headers=headers) as answer:
                    return answer.status, await answer.json()
        return asyncio.run(posted())
""",
    "httplib2": """
import httplib2

class Mailer(Base):
    def post(self, url, body, headers):
        http = httplib2.Http(timeout=60)
        headers = headers | {"Content-Type": "application/json"}
        answer, content = http.request(url, "POST", json.dumps(body), headers)
        http.close()
        return answer.status, json.loads(content)
""",
    "httpx": """
import httpx

class Mailer(Base):
    def post(self, url, body, headers):
        answer = httpx.post(url, json=body, headers=headers)
        return answer.status_code, answer.json()
""",
    "requests": """
import requests

class Mailer(Base):
    def post(self, url, body, headers):
        answer = requests.post(url, json=body, headers=headers, timeout=60)
        return answer.status_code, answer.json()
""",
    "urllib": """
from urllib.error import HTTPError
from urllib.request import Request, urlopen

class Mailer(Base):
    def post(self, url, body, headers):
        headers = headers | {"Content-Type": "application/json"}
        try:
            with urlopen(Request(url, json.dumps(body).encode(), headers)) as answer:
                return answer.status, json.load(answer)
        except HTTPError as refusal:
            with refusal:
                return refusal.status, json.load(refusal)
""",
    "urllib3": """
import urllib3

class Mailer(Base):
    def post(self, url, body, headers):
        with urllib3.PoolManager() as pools:
            answer = pools.request("POST", url, json=body, headers=headers)
        return answer.status, answer.json()
""",
}
TESTS = """
import pytest
from mailer import Mailer

pytestmark = pytest.mark.mc_package(scopes=["email_read", "email_send"])
SENDS = pytest.mark.mc_scopes("email_send")


def mailer(tenant, scope):
    settings = tenant.environment()
    login = (settings[f"MC_{name}"] for name in ("SUBDOMAIN", "CLIENT_ID", "CLIENT_SECRET"))
    return Mailer(*login, scope)


def mailer_at(server, scope):
    made = mailer(server, scope)
    made.token_url = f"{server.auth_url}v2/token"
    return made
"""


def run(library: str, suite: Suite, tests: str) -> tuple[dict[str, str], str]:
    """Run tests of a mailer upon a library; give each one's outcome, and what was printed."""
    suite.pytester.makepyfile(mailer=MAILER + LIBRARIES[library])
    result = suite.run(TESTS + tests)
    return suite.told(result), result.stdout.str()


every_library = pytest.mark.parametrize("library", LIBRARIES)

ABOVE = "MCSCOPES: the code under test asks Marketing Cloud for more than it needs."
DECLARED = "  declared   email_send                         @pytest.mark.mc_scopes, test_it.py:N"
USED = """\
  used       email_send                         POST /messaging/v1/email/messages/{messageKey} \
(documented)"""
OVER_ASKED = f"""\
MCS102 email_read: {ABOVE}
{DECLARED}
  requested  email_read email_send
  granted    email_read email_send              package "integration" is assigned 2 scopes
{USED}
  MCS102  excess scope: email_read
  Request scope="email_send" instead.
  More: mcscopes explain MCS102
"""
OMITTED = f"""\
MCS101 email_read: {ABOVE}
{DECLARED}
  requested  everything assigned (no scope parameter)
  granted    email_read email_send              package "integration" is assigned 2 scopes
{USED}
  MCS101  scope omitted: the request asks for everything that is assigned, email_read more than
          declared
  Request scope="email_send"; or, if the client cannot send a scope, assign the package just that:
  @pytest.mark.mc_package(scopes=["email_send"]), and the same on the real Installed Package.
  More: mcscopes explain MCS101
"""
DENIED = """\
MCS201 email_send: MCSCOPES: the code under test calls what its token does not allow.
  declared   email_read                         @pytest.mark.mc_scopes, test_it.py:N
"""


@every_library
def test_what_it_asks_for_is_judged_as_it_is(library: str, suite: Suite) -> None:
    """The minimum passes; more, everything, and a call that is denied each say what to do."""
    outcomes, printed = run(
        library,
        suite,
        """
@SENDS
def test_minimum(mc_tenant):
    stub = mc_tenant.rest.post("/messaging/v1/email/messages/r-7").respond(202, json={"n": 7})
    assert mailer(mc_tenant, "email_send").send("r-7") == (202, {"n": 7})
    assert str(stub.calls.last.request.url).startswith(mc_tenant.rest_url)

@SENDS
def test_over_asked(mc_tenant):
    mailer(mc_tenant, "email_send email_read").send("r-7")

@SENDS
def test_omitted(mc_tenant):
    mailer(mc_tenant, "").send("r-7")

@pytest.mark.mc_scopes("email_read")
def test_denied(mc_tenant):
    assert mailer(mc_tenant, "email_read").send("r-7")[0] == 403
""",
    )
    assert outcomes == {
        "test_minimum": "passed",
        "test_over_asked": "failed: MCS102",
        "test_omitted": "failed: MCS101",
        "test_denied": "failed: MCS201",
    }
    printed = re.sub(r"test_it\.py:\d+", "test_it.py:N", printed)
    for text in OVER_ASKED, OMITTED, DENIED:
        assert printed.count(text) == 1, printed


@every_library
def test_what_it_is_answered_is_that_of_a_port(library: str, suite: Suite) -> None:
    """But for the instance URLs, which are those of the door that it came by."""
    outcomes, printed = run(
        library,
        suite,
        """
def test_instance_urls(mc_tenant, mc_server):
    name = mc_tenant.subdomain
    inside, outside = (
        {kind: token.pop(f"{kind}_instance_url") for kind in ("rest", "soap")}
        for token in (mailer(mc_tenant, "").log_in(), mailer_at(mc_server, "").log_in())
    )
    assert inside == {
        "rest": f"https://{name}.rest.marketingcloudapis.com/",
        "soap": f"https://{name}.soap.marketingcloudapis.com/",
    }
    assert outside == {"rest": mc_server.rest_url, "soap": mc_server.soap_url}

def test_denied(mc_tenant, mc_server):
    denied = mailer(mc_tenant, "email_read").send("r-7")
    assert denied == mailer_at(mc_server, "email_read").send("r-7")
    assert denied[0] == 403

def test_refused(mc_tenant, mc_server):
    refused = []
    for asking in mailer(mc_tenant, "push_write"), mailer_at(mc_server, "push_write"):
        with pytest.raises(PermissionError) as raised:
            asking.log_in()
        refused.append(str(raised.value))
    assert refused == ["invalid_scope", "invalid_scope"]

@pytest.mark.mc_scopes("email_read")
def test_expected(mc_tenant):
    with mc_tenant.expect_denied("email_send"):
        mailer(mc_tenant, "email_read").send("r-7")
""",
    )
    assert outcomes == {
        "test_instance_urls": "passed",
        "test_denied": "passed",
        "test_refused": "passed",
        "test_expected": "passed",
    }, printed
