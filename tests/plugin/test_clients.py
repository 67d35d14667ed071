"""Clients as they are, unmodified, in process: a vendor's SDK, and one upon requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suites import Suite

FUEL = """
import pytest
from FuelSDK import ET_Campaign, ET_Client

SETTINGS = {"scope": "campaign_read"}

@pytest.fixture
def hosts(mc_tenant):
    host = f"https://{mc_tenant.subdomain}.%s.marketingcloudapis.com"
    return {"authenticationurl": host % "auth", "defaultwsdl": host % "soap" + "/etframework.wsdl"}

@pytest.fixture
def log_in(hosts, mc_tenant, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))  # where it looks for settings
    def client(package=None, **settings):
        mine = package or mc_tenant.package
        return ET_Client(params={
            "clientid": mine.client_id,
            "clientsecret": mine.client_secret,
            "useOAuth2Authentication": "True",
            **hosts,
            "wsdl_file_local_loc": str(tmp_path / "etframework.wsdl"),
            **settings,
        })
    return client

@pytest.fixture
def client(log_in, request):
    return log_in(**getattr(request, "param", SETTINGS))

def campaigns(client):
    campaign = ET_Campaign()
    campaign.auth_stub = client
    return campaign.get()

def logs_in_with(**settings):
    return pytest.mark.parametrize("client", [settings], indirect=True, ids=["-"])
"""
# The SDK leaves the file open that it writes the WSDL to.
CARELESS = ("-W", "ignore::ResourceWarning")


def judge(suite: Suite, tests: str) -> dict[str, str]:
    """Run tests of code that uses FuelSDK."""
    suite.pytester.makepyfile(fuel=FUEL)
    return suite.judge(f"import pytest\nfrom fuel import *\n{tests}", *CARELESS)


def test_fuelsdk_is_judged_by_the_token_that_it_got_in_a_fixture(suite: Suite) -> None:
    """It logs in inside its constructor, before the test; that counts once it calls in the test."""
    outcomes = judge(
        suite,
        """
@pytest.mark.mc_scopes("campaign_read")
def test_exact(client):
    assert campaigns(client).code == 200

@pytest.mark.mc_least_privilege
def test_minimum(client):
    campaigns(client)

@pytest.mark.mc_scopes("campaign_read")
@logs_in_with()
def test_no_scope(client):
    campaigns(client)

@pytest.mark.mc_scopes("campaign_read")
@logs_in_with(scope="campaign_read campaign_write")
def test_too_much(client):
    campaigns(client)

@pytest.mark.mc_scopes("email_read")
@logs_in_with(scope="email_read")
def test_the_wrong_one(client):
    assert campaigns(client).code == 403

@pytest.mark.mc_scopes("campaign_read")
def test_never_used(client):
    pass

@pytest.mark.mc_scopes("campaign_read")
def test_within_the_test(log_in):
    campaigns(log_in(scope="campaign_read"))
""",
    )
    assert outcomes == {
        "test_exact": "passed",
        "test_minimum": "passed",
        "test_no_scope[-]": "failed: MCS101",
        "test_too_much[-]": "failed: MCS102",
        "test_the_wrong_one[-]": "failed: MCS201",
        "test_never_used": "failed: MCS105",
        "test_within_the_test": "passed",
    }


def test_fuelsdk_at_a_port_is_judged_alike(suite: Suite) -> None:
    """As one that runs in another process is; its slashes are glued together."""
    outcomes = judge(
        suite,
        """
@pytest.fixture
def hosts(mc_server):
    wsdl = f"{mc_server.soap_url}etframework.wsdl"
    return {"authenticationurl": mc_server.auth_url, "defaultwsdl": wsdl}

@pytest.mark.mc_scopes("campaign_read")
def test_exact(client, mc_server):
    assert campaigns(client).code == 200
    assert client.soap_endpoint == mc_server.soap_url + "service.asmx"

@pytest.mark.mc_scopes("campaign_read")
@logs_in_with(scope="campaign_read campaign_write")
def test_too_much(client):
    campaigns(client)

@pytest.mark.mc_scopes("email_read")
@logs_in_with(scope="email_read")
def test_the_wrong_one(client):
    assert campaigns(client).code == 403
""",
    )
    assert outcomes == {
        "test_exact": "passed",
        "test_too_much[-]": "failed: MCS102",
        "test_the_wrong_one[-]": "failed: MCS201",
    }


def test_fuelsdk_meets_what_it_expects(suite: Suite) -> None:
    """The WSDL before the log-in, stubs under glued slashes, a time to renew, refused keys."""
    outcomes = judge(
        suite,
        """
def test_wsdl(client, mc_tenant, tmp_path):
    wsdl = (tmp_path / "etframework.wsdl").read_text()
    assert f'location="{mc_tenant.soap_url}Service.asmx"' in wsdl
    assert "Retrieve" in client.soap_client.wsdl.services[0].ports[0].methods
    first, second = (entry.fact for entry in mc_tenant.ledger.entries)
    assert (first.host, first.path, first.status) == ("soap", "/etframework.wsdl", 200)
    assert (second.client, second.status) == (mc_tenant.package.client, 200)
    assert client.soap_endpoint == mc_tenant.soap_url + "service.asmx"

def test_stub(client, mc_tenant):
    route = mc_tenant.rest.get("/hub/v1/campaigns")
    route.respond(json={"page": 1, "pageSize": 1, "count": 2, "items": [{"id": "7"}]})
    answer = campaigns(client)
    assert (answer.results["items"], answer.more_results) == ([{"id": "7"}], True)
    assert route.call_count == 1

@pytest.mark.mc_scopes("campaign_read")
def test_renews(client, mc_tenant, mc_clock):
    campaigns(client)
    mc_clock.travel(minutes=14)
    campaigns(client)
    assert [entry.answered for entry in mc_tenant.ledger.entries[-2:]] == [200, 200]
    assert len(mc_tenant.ledger.tokens) == 2

@pytest.mark.mc_package(name="reader", scopes=["campaign_read"])
@pytest.mark.mc_package(name="writer", scopes=["campaign_read", "campaign_write"])
@pytest.mark.mc_scopes("campaign_read", package="reader")
@pytest.mark.mc_scopes("campaign_read", package="writer")
def test_packages(log_in, mc_tenant):
    for package in mc_tenant.packages.values():
        campaigns(log_in(package, scope=" ".join(package.scopes)))

@pytest.mark.mc_scopes("campaign_read")
def test_refused(log_in):
    log_in(clientsecret="wrong", scope="campaign_read")
""",
    )
    assert outcomes == {
        "test_wsdl": "passed",
        "test_stub": "passed",
        "test_renews": "passed",
        "test_packages": "failed: MCS102",
        "test_refused": "failed: note",
    }


def test_fuelsdk_is_told_that_the_wsdl_of_all_tenants_is_not_here(suite: Suite) -> None:
    """Unless it is told of another, it downloads that before it does anything else."""
    suite.pytester.makepyfile(fuel=FUEL)
    result = suite.run(
        """
from fuel import *

@pytest.fixture
def hosts(mc_tenant):
    return {"authenticationurl": mc_tenant.auth_url}

@pytest.mark.mc_scopes("campaign_read")
def test_it(log_in):
    log_in(scope="campaign_read")
""",
        *CARELESS,
    )
    assert suite.told(result) == {"test_it": "failed: MCS107, note"}
    text = " ".join(result.stdout.str().split())
    assert "or answer webservice.exacttarget.com by a mock of your own." in text


REQUESTS = """
import time
import requests

class Mailer:
    '''Keeps a session and a token, as many integrations do.'''

    def __init__(self, settings, scope):
        self.settings, self.scope, self.ends = settings, scope, float("-inf")
        self.session = requests.Session()

    def send(self, key):
        return self.session.post(
            f"{self.rest_url}messaging/v1/email/messages/{key}",
            json={"recipient": {"to": "ada@example.com"}},
            headers={"Authorization": f"Bearer {self.token()}"},
            timeout=60,
        )

    @property
    def rest_url(self):
        self.token()
        return self._rest_url

    def token(self):
        if time.time() >= self.ends:
            answer = self.session.post(self.settings["MC_AUTH_URL"] + "v2/token", timeout=60, json={
                "grant_type": "client_credentials",
                "client_id": self.settings["MC_CLIENT_ID"],
                "client_secret": self.settings["MC_CLIENT_SECRET"],
                **({"scope": self.scope} if self.scope else {}),
            })
            answer.raise_for_status()
            got = answer.json()
            self._token, self._rest_url = got["access_token"], got["rest_instance_url"]
            self.ends = time.time() + got["expires_in"]
        return self._token
"""


def test_requests_is_judged(suite: Suite) -> None:
    """A plain client with a session of its own, built from the settings of `environment()`."""
    suite.pytester.makepyfile(mailer=REQUESTS)
    outcomes = suite.judge(
        """
        import httpx, pytest, requests
        from mailer import Mailer

        @pytest.fixture
        def mailer(mc_tenant, request):
            scope = getattr(request, "param", "email_send")
            mailer = Mailer(mc_tenant.environment(), scope)
            with mailer.session:
                yield mailer

        def asks(scope):
            return pytest.mark.parametrize("mailer", [scope], indirect=True, ids=["-"])

        pytestmark = pytest.mark.mc_scopes("email_send")

        def test_exact(mailer, mc_tenant):
            route = mc_tenant.rest.post("/messaging/v1/email/messages/r-1")
            route.respond(202, json={"requestId": "r-1"})
            answer = mailer.send("r-1")
            assert (answer.status_code, answer.json()) == (202, {"requestId": "r-1"})
            assert route.calls.last.request.content == b'{"recipient": {"to": "ada@example.com"}}'

        @asks(None)
        def test_no_scope(mailer):
            mailer.send("r-1")

        @asks("email_send email_read")
        def test_too_much(mailer):
            mailer.send("r-1")

        @asks("email_read")
        def test_the_wrong_one(mailer):
            assert mailer.send("r-1").status_code == 403

        def test_renews(mailer, mc_tenant, mc_clock):
            for _ in range(3):
                assert mailer.send("r-1").status_code == 200
                mc_clock.travel(minutes=18)
            assert len(mc_tenant.ledger.tokens) == 3

        def test_troubles(mailer, mc_tenant):
            mailer.send("r-0")
            mc_tenant.fail_next("rest", "rate_limited")
            assert mailer.send("r-1").headers["Retry-After"] == "5"
            mc_tenant.fail_next("rest", "reset")
            with pytest.raises(requests.ConnectionError):
                mailer.send("r-2")
            assert mailer.send("r-3").status_code == 200

        def test_stub_raises_an_error_of_httpx(mailer, mc_tenant):
            mc_tenant.rest.post("/messaging/v1/email/messages/r-1").mock(
                side_effect=[httpx.ConnectError, httpx.Response(200)]
            )
            with pytest.raises(requests.ConnectionError):
                mailer.send("r-1")
            assert mailer.send("r-1").status_code == 200
        """
    )
    assert outcomes == {
        "test_exact": "passed",
        "test_no_scope[-]": "failed: MCS101",
        "test_too_much[-]": "failed: MCS102",
        "test_the_wrong_one[-]": "failed: MCS102, MCS201",
        "test_renews": "passed",
        "test_troubles": "passed",
        "test_stub_raises_an_error_of_httpx": "passed",
    }
