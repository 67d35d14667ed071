"""Who answers when a tenant, the user's respx and the real network compete."""

from __future__ import annotations

import http.server
import socket
import ssl
import threading
from typing import TYPE_CHECKING
from unittest import mock

import anyio
import httpx
import pytest
import respx
from respx.mocks import HTTPCoreMocker
from respx.models import AllMockedAssertionError

from pytest_mcscopes.cloud.http import Response
from pytest_mcscopes.errors import ConfigError
from pytest_mcscopes.transport.hosts import Hosts, Stray, is_marketing_cloud
from pytest_mcscopes.transport.in_process.mount import Mount

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_mcscopes.cloud.http import Request

OURS = "mcours.auth.marketingcloudapis.com"
STALE = "mcstale.auth.marketingcloudapis.com"
UNOWNED = "mcunowned.rest.marketingcloudapis.com"


class Tenant:
    """Answers everything itself."""

    stubs = None

    def handle(self, request: Request) -> Response:
        """Answer."""
        return Response(status=200, body=b"ours " + request.method.encode())

    complete = mock.Mock()  # nothing is admitted


class Real(http.server.BaseHTTPRequestHandler):
    """The network that a pass-through reaches."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"real")

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture(scope="module")
def network() -> Iterator[str]:
    """Yield the base URL of a real server."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Real) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def strays() -> list[Stray]:
    """Give the list that refused requests are told to."""
    return []


@pytest.fixture
def hosts(strays: list[Stray]) -> Hosts:
    """Give one live host and one that has ended."""
    hosts = Hosts()
    hosts.on_stray = strays.append
    hosts.add(OURS, "auth", Tenant(), "tests/test_a.py::test_two")
    hosts.add(STALE, "auth", Tenant(), "tests/test_a.py::test_one")
    hosts.end(STALE)
    return hosts


@pytest.fixture
def mount(hosts: Hosts) -> Iterator[Mount]:
    """Give the door; unmounted in the end, and respx as we found it."""
    mount = Mount(hosts)
    yield mount
    mount.unmount()
    assert HTTPCoreMocker.routers == []


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every connection and every name look-up fail the test."""
    touched = mock.Mock(side_effect=AssertionError("the network was touched"))
    monkeypatch.setattr(socket.socket, "connect", touched)
    monkeypatch.setattr(socket, "getaddrinfo", touched)
    yield
    touched.assert_not_called()


def fetch_sync(url: str) -> httpx.Response:
    """Get a URL by a client that blocks."""
    with httpx.Client(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), trust_env=False) as client:
        return client.get(url)


async def _fetch(url: str) -> httpx.Response:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with httpx.AsyncClient(verify=context, trust_env=False) as client:
        return await client.get(url)


def fetch_asyncio(url: str) -> httpx.Response:
    """Get a URL by a client on asyncio."""
    return anyio.run(_fetch, url, backend="asyncio")


def fetch_trio(url: str) -> httpx.Response:
    """Get a URL by a client on trio."""
    return anyio.run(_fetch, url, backend="trio")


every_client = pytest.mark.parametrize(
    "fetch",
    [
        pytest.param(fetch_sync, id="sync"),
        pytest.param(fetch_asyncio, id="asyncio"),
        pytest.param(fetch_trio, id="trio"),
    ],
)


def outcome(fetch: Callable[[str], httpx.Response], url: str) -> str:
    """Tell who answered a GET, or how it was refused."""
    try:
        answer = fetch(url)
    except AllMockedAssertionError:
        return "refused by the user's"
    except httpx.ConnectError as error:
        return "refused by ours" if "MCSCOPES: " in str(error) else repr(error)
    return answer.text or "empty"


def user_router(kind: str, network: str) -> respx.MockRouter:
    """Build the user's respx router of some kind, with one route of the user's."""
    router = respx.mock(assert_all_called=False, assert_all_mocked=kind != "lenient")
    router.get(f"{network}/users").respond(text="user's")
    if kind == "pass-through":
        router.route().pass_through()
    return router


WITHOUT_OURS = {
    # user's router: (the user's URL, an unknown URL)
    "strict": ("user's", "refused by the user's"),
    "lenient": ("user's", "empty"),
    "pass-through": ("user's", "real"),
    "none": ("real", "real"),
}
UNOWNED_IS = {
    "strict": "refused by the user's",
    "lenient": "empty",
    "pass-through": "refused by ours",
    "none": "refused by ours",
}


@every_client
@pytest.mark.parametrize("order", ["ours first", "user's first", "without ours"])
@pytest.mark.parametrize("kind", ["strict", "lenient", "pass-through", "none"])
class TestBesideTheUsersRespx:
    """Each asks every host once, in one arrangement of the two."""

    @pytest.fixture(autouse=True)
    def _arranged(self, order: str, kind: str, network: str, mount: Mount) -> Iterator[None]:
        if order == "ours first":
            mount.mount()
        router = user_router(kind, network)
        if kind != "none":
            router.start()
        if order == "user's first":
            mount.mount()
        yield
        if kind != "none":
            router.stop()

    def test_the_users_host_is_as_without_us(
        self, fetch: Callable[[str], httpx.Response], kind: str, network: str
    ) -> None:
        """A host that has nothing to do with Marketing Cloud behaves as ever."""
        assert outcome(fetch, f"{network}/users") == WITHOUT_OURS[kind][0]

    def test_an_unknown_host_is_as_without_us(
        self, fetch: Callable[[str], httpx.Response], kind: str, network: str
    ) -> None:
        """What the user's routers do not know, they refuse, invent or let through as ever."""
        assert outcome(fetch, f"{network}/unknown") == WITHOUT_OURS[kind][1]


@every_client
@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("order", ["ours first", "user's first"])
@pytest.mark.parametrize("kind", ["strict", "lenient", "pass-through", "none"])
class TestMarketingCloudHosts:
    """No host of Marketing Cloud is ever connected to or resolved."""

    @pytest.fixture(autouse=True)
    def _arranged(self, order: str, kind: str, mount: Mount) -> Iterator[None]:
        if order == "ours first":
            mount.mount()
        router = user_router(kind, "http://users.test")
        if kind != "none":
            router.start()
        if order == "user's first":
            mount.mount()
        yield
        if kind != "none":
            router.stop()

    def test_our_host_is_answered_by_its_tenant(
        self, fetch: Callable[[str], httpx.Response], strays: list[Stray]
    ) -> None:
        """No router of the user's comes before the tenant."""
        assert outcome(fetch, f"https://{OURS}/v2/token") == "ours GET"
        assert strays == []

    def test_a_stale_host_is_refused(
        self, fetch: Callable[[str], httpx.Response], strays: list[Stray]
    ) -> None:
        """A host that we minted is refused once ended, whatever the user's routers say."""
        assert outcome(fetch, f"https://{STALE}/v2/token") == "refused by ours"
        assert strays == [Stray(host=STALE, method="GET", built_by="tests/test_a.py::test_one")]

    def test_an_unowned_host_is_offered_to_the_user_and_never_passes(
        self, fetch: Callable[[str], httpx.Response], kind: str, strays: list[Stray]
    ) -> None:
        """The user's routers answer or refuse it; their pass-through is refused."""
        assert outcome(fetch, f"https://{UNOWNED}/v2/token") == UNOWNED_IS[kind]
        refused = UNOWNED_IS[kind] == "refused by ours"
        assert strays == [Stray(host=UNOWNED, method="GET", built_by=None)] * refused


@every_client
class TestTheUsersRouteOfAnUnownedHost:
    """A test may mock a Marketing Cloud of its own beside ours."""

    @pytest.fixture(autouse=True)
    def _mounted(self, mount: Mount) -> None:
        mount.mount()

    def test_its_answer_arrives_as_respx_gives_it(
        self, fetch: Callable[[str], httpx.Response], hosts: Hosts
    ) -> None:
        """Status, headers and body arrive, the call is recorded once, and the host is heard of."""
        seen: list[str] = []
        hosts.on_other = seen.append
        with respx.mock() as router:
            route = router.get(f"https://{UNOWNED}/x").respond(
                418, headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")], json={"a": 1}
            )
            answer = fetch(f"https://{UNOWNED}/x")
            assert (answer.status_code, answer.json()) == (418, {"a": 1})
            assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
            assert route.call_count == 1
            assert route.calls.last.response.json() == {"a": 1}
        assert seen == [UNOWNED]

    def test_each_router_is_asked_once(self, fetch: Callable[[str], httpx.Response]) -> None:
        """A side effect that declines is not called again by our asking."""
        asked: list[str] = []
        with respx.mock(assert_all_called=False) as first, respx.mock() as second:
            first.route().mock(side_effect=lambda request: asked.append(request.method))
            second.get(f"https://{UNOWNED}/x").respond(text="second's")
            assert outcome(fetch, f"https://{UNOWNED}/x") == "second's"
        assert asked == ["GET"]


@every_client
@pytest.mark.parametrize(
    ("url", "text"),
    [
        pytest.param(
            f"https://{STALE}/v2/token?client_secret=s3cret",
            f"MCSCOPES: https://{STALE} belongs to a Marketing Cloud that ended with "
            "tests/test_a.py::test_one. The client under test outlives its tenant. Build the "
            "client in a function-scoped fixture, or give it a tenant of its own life: "
            "with mc_cloud.tenant() as tenant: ... in a fixture of the client's scope.",
            id="ended",
        ),
        pytest.param(
            f"https://{UNOWNED}/v2/token?access_token=s3cret",
            f"MCSCOPES: https://{UNOWNED} is not simulated here and was not called. The code under "
            "test was expected to call the tenant of its test. Use mc_tenant.auth_url, and the "
            "instance URLs of its token answers; or answer this host by a route of your own "
            "respx router.",
            id="never minted",
        ),
        pytest.param(
            f"http://user:s3cret@{OURS}/v2/token?access_token=s3cret",
            f"MCSCOPES: http://{OURS} was called, and Marketing Cloud listens at https://{OURS} "
            "only. Use mc_tenant.auth_url and the instance URLs of its token answers as they are.",
            id="http",
        ),
        pytest.param(
            f"https://{OURS}:8443/v2/token",
            f"MCSCOPES: https://{OURS}:8443 was called, and Marketing Cloud listens at "
            f"https://{OURS} only. Use mc_tenant.auth_url and the instance URLs of its token "
            "answers as they are.",
            id="another port",
        ),
    ],
)
@pytest.mark.usefixtures("no_network")
def test_a_refusal_says_what_to_do_and_tells_no_secret(
    url: str, text: str, fetch: Callable[[str], httpx.Response], mount: Mount
) -> None:
    """The error itself names who, what, the expected and the next step."""
    mount.mount()
    with pytest.raises(httpx.ConnectError) as caught:
        fetch(url)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        pytest.param("x.auth.marketingcloudapis.com", True, id="tenant host"),
        pytest.param("X.Rest.MarketingCloudAPIs.com", True, id="any case"),
        pytest.param("x.soap.marketingcloudapis.com.", True, id="trailing dot"),
        pytest.param("marketingcloudapis.com", True, id="apex"),
        pytest.param("auth.exacttargetapis.com", True, id="legacy APIs"),
        pytest.param("exacttargetapis.com", True, id="legacy apex"),
        pytest.param("webservice.s10.exacttarget.com", True, id="legacy SOAP"),
        pytest.param("exacttarget.com", True, id="oldest apex"),
        pytest.param("notmarketingcloudapis.com", False, id="no dot before the domain"),
        pytest.param("marketingcloudapis.com.evil.test", False, id="not at the end"),
        pytest.param("x.auth.marketingcloudapis.comv2", True, id="joined without a slash"),
        pytest.param("example.com", False, id="other"),
    ],
)
def test_marketing_cloud_is_known_by_its_domains(host: str, *, expected: bool) -> None:
    """Three domains, their apexes, in any spelling that resolves to them."""
    assert is_marketing_cloud(host) is expected


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("host", [STALE.upper(), f"{STALE}.", "auth.exacttargetapis.com"])
def test_no_spelling_slips_past_the_guard(host: str, mount: Mount) -> None:
    """Case and a trailing dot do not make another host."""
    mount.mount()
    assert outcome(fetch_sync, f"https://{host}/") == "refused by ours"


@pytest.mark.usefixtures("no_network")
def test_a_call_at_the_wrong_address_is_heard_of(mount: Mount, hosts: Hosts) -> None:
    """It never reaches the tenant, and yet somebody meant to."""
    heard: list[str] = []
    hosts.on_other = heard.append
    mount.mount()
    with pytest.raises(httpx.ConnectError, match="listens at"):
        fetch_sync(f"http://{OURS}/v2/token")
    assert heard == [OURS]


@pytest.mark.usefixtures("no_network")
def test_a_path_joined_without_a_slash_is_told(mount: Mount) -> None:
    """The name would be asked of a name server, and the answer tells a beginner nothing."""
    mount.mount()
    with pytest.raises(httpx.ConnectError, match="joined to the host without a slash"):
        fetch_sync(f"https://{OURS}v2/token")


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "https://127.0.0.1:9"])
@pytest.mark.parametrize(
    ("host", "expected"),
    [(OURS, "ours GET"), (STALE, "refused by ours"), (UNOWNED, "refused by ours")],
    ids=["ours", "stale", "unowned"],
)
def test_a_proxy_is_no_way_around(
    host: str, expected: str, proxy: str, mount: Mount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTPS_PROXY of a CI machine changes nothing for Marketing Cloud hosts."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.setenv("NO_PROXY", "")
    mount.mount()

    def fetch(url: str) -> httpx.Response:
        with httpx.Client(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)) as client:
            return client.get(url)

    assert outcome(fetch, f"https://{host}/v2/token") == expected


def test_a_redirect_to_a_marketing_cloud_is_refused(mount: Mount) -> None:
    """What follows a redirect is guarded like any request."""
    mount.mount()
    with respx.mock() as router:
        router.get("https://users.test/").respond(307, headers={"Location": f"https://{STALE}/"})
        with (
            httpx.Client(follow_redirects=True, trust_env=False) as client,
            pytest.raises(httpx.ConnectError, match="belongs to a Marketing Cloud that ended"),
        ):
            client.get("https://users.test/")


def test_without_listeners_nobody_is_told(mount: Mount, hosts: Hosts, network: str) -> None:
    """A session that asks for nothing hears nothing, and nothing breaks."""
    plain = Hosts()
    hosts.on_stray, hosts.on_other = plain.on_stray, plain.on_other
    mount.mount()
    assert outcome(fetch_sync, f"https://{STALE}/") == "refused by ours"
    assert outcome(fetch_sync, f"{network}/unknown") == "real"


def test_other_hosts_are_heard_of(mount: Mount, hosts: Hosts, network: str) -> None:
    """The layer above can name the hosts that the code under test called instead of ours."""
    seen: list[str] = []
    hosts.on_other = seen.append
    mount.mount()
    fetch_sync(f"{network}/unknown")
    fetch_sync(f"https://{OURS}/v2/token")
    assert seen == ["127.0.0.1"]


def test_a_host_may_live_again() -> None:
    """Tests that name their subdomain mint the same host one after the other."""
    hosts = Hosts()
    hosts.add(OURS.upper(), "auth", Tenant(), "test_one")
    hosts.end(OURS)
    assert (list(hosts.live), hosts.ended) == ([], {OURS: "test_one"})
    hosts.add(OURS, "auth", Tenant(), "test_two")
    assert (hosts.live[OURS].built_by, hosts.ended) == ("test_two", {})


def test_two_running_tenants_cannot_share_a_host() -> None:
    """The second is refused, and told who has it."""
    hosts = Hosts()
    hosts.add(OURS, "auth", Tenant(), "tests/test_a.py::test_one")
    with pytest.raises(ConfigError) as caught:
        hosts.add(f"{OURS}.", "auth", Tenant(), "tests/test_a.py::test_two")
    assert str(caught.value) == (
        f"MCSCOPES: {OURS} is answered by a Marketing Cloud that tests/test_a.py::test_one built "
        "and that still runs. Two of them cannot share a subdomain: leave subdomain= out of one "
        "of the packages, or let the tests share one tenant."
    )
