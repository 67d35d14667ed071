"""Who answers when a tenant, the user's respx and the real network compete.

The user's routers of httpx2 are those of pytest-httpx2.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import httpx
import pytest
import respx
from in_process import AUTH, STALE, TLS, UNOWNED
from respx.mocks import Mocker
from tenants import AnsweringTenant

from pytest_mcscopes.errors import ConfigError
from pytest_mcscopes.transport.hosts import Hosts, Stray
from pytest_mcscopes.transport.in_process.mount import Mount
from pytest_mcscopes.transport.names import is_marketing_cloud

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import ModuleType

    from in_process import Sender


@pytest.fixture
def mount(hosts: Hosts) -> Iterator[Mount]:
    """Give the door; unmounted in the end, and respx as we found it."""
    mount = Mount(hosts)
    yield mount
    mount.unmount()
    assert not any(each.routers for each in Mocker.registry.values())


def user_router(kind: str, network: str, using: str) -> respx.MockRouter | None:
    """Build the user's respx router of some kind, with two routes of the user's."""
    if kind == "none":
        return None
    lenient = kind == "lenient"
    router = respx.mock(using=using, assert_all_called=False, assert_all_mocked=not lenient)
    router.get(f"{network}/users").respond(text="user's")
    router.get(f"https://{UNOWNED}/known").respond(text="user's")
    if kind == "pass-through":
        router.route().pass_through()
    return router


@contextmanager
def arranged(order: str, router: respx.MockRouter | None, mount: Mount) -> Iterator[None]:
    """Start the user's router, where there is one, and mount our door, in some order."""
    if order == "ours first":
        mount.mount()
    with router or nullcontext():
        if order == "user's first":
            mount.mount()
        yield


WITHOUT_US = {
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


@pytest.mark.parametrize("order", ["ours first", "user's first", "without ours"])
@pytest.mark.parametrize("kind", ["strict", "lenient", "pass-through", "none"])
class TestBesideTheUsersRespx:
    """Each asks every host once, in one arrangement of the two."""

    @pytest.fixture(autouse=True)
    def _arranged(
        self, order: str, kind: str, network: str, mount: Mount, using: str
    ) -> Iterator[None]:
        with arranged(order, user_router(kind, network, using), mount):
            yield

    def test_the_users_host_is_as_without_us(self, send: Sender, kind: str, network: str) -> None:
        """A host that has nothing to do with Marketing Cloud behaves as ever."""
        assert send.outcome(f"{network}/users") == WITHOUT_US[kind][0]

    def test_an_unknown_host_is_as_without_us(self, send: Sender, kind: str, network: str) -> None:
        """What the user's routers do not know, they refuse, invent or let through as ever."""
        assert send.outcome(f"{network}/unknown") == WITHOUT_US[kind][1]


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("order", ["ours first", "user's first"])
@pytest.mark.parametrize("kind", ["strict", "lenient", "pass-through", "none"])
class TestMarketingCloudHosts:
    """No host of Marketing Cloud is ever connected to or resolved."""

    @pytest.fixture(autouse=True)
    def _arranged(self, order: str, kind: str, mount: Mount, using: str) -> Iterator[None]:
        with arranged(order, user_router(kind, "http://users.test", using), mount):
            yield

    def test_our_host_is_answered_by_its_tenant(self, send: Sender, strays: list[Stray]) -> None:
        """No router of the user's comes before the tenant."""
        assert send.outcome(f"https://{AUTH}/v2/token") == "ours GET"
        assert strays == []

    def test_a_stale_host_is_refused(self, send: Sender, strays: list[Stray]) -> None:
        """A host that we minted is refused once ended, whatever the user's routers say."""
        assert send.outcome(f"https://{STALE}/v2/token") == "refused by ours"
        assert strays == [Stray(host=STALE, method="GET", built_by="tests/test_a.py::test_one")]

    def test_an_unowned_host_is_offered_to_the_user_and_never_passes(
        self, send: Sender, kind: str, strays: list[Stray], others: list[str]
    ) -> None:
        """The user's routers answer or refuse it; their pass-through is refused."""
        assert send.outcome(f"https://{UNOWNED}/v2/token") == UNOWNED_IS[kind]
        refused = UNOWNED_IS[kind] == "refused by ours"
        assert strays == [Stray(host=UNOWNED, method="GET", built_by=None)] * refused
        if kind != "none":
            assert send.outcome(f"https://{UNOWNED}/known") == "user's"
            assert others == [UNOWNED, UNOWNED]


class TestTheUsersRouteOfAnUnownedHost:
    """A test may mock a Marketing Cloud of its own beside ours."""

    @pytest.fixture(autouse=True)
    def _mounted(self, mount: Mount) -> None:
        mount.mount()

    def test_its_answer_arrives_as_respx_gives_it(
        self, send: Sender, using: str, others: list[str]
    ) -> None:
        """Status, headers and body arrive, the call is recorded once, and the host is heard of."""
        with respx.mock(using=using) as router:
            route = router.get(f"https://{UNOWNED}/x").respond(
                418, headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")], json={"a": 1}
            )
            answer = send("GET", f"https://{UNOWNED}/x")
            assert (answer.status_code, answer.json()) == (418, {"a": 1})
            assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
            assert route.call_count == 1
            assert route.calls.last.response.json() == {"a": 1}
        assert others == [UNOWNED]

    def test_it_sees_the_request(self, send: Sender, using: str) -> None:
        """As httpx's, which respx's patterns know."""
        with respx.mock(using=using) as router:
            route = router.post(
                f"https://{UNOWNED}/x", params={"a": "1"}, headers={"X-A": "1"}, json={"b": 2}
            ).respond(text="user's")
            answer = send("POST", f"https://{UNOWNED}/x?a=1", headers={"X-A": "1"}, json={"b": 2})
            assert answer.text == "user's"
            assert type(route.calls.last.request) is httpx.Request
            assert route.call_count == 1

    def test_its_errors_are_the_librarys(self, send: Sender, using: str) -> None:
        """A route's side effect is respx's, which knows httpx's errors only."""
        with respx.mock(using=using) as router:
            router.get(f"https://{UNOWNED}/x").mock(side_effect=httpx.ReadTimeout)
            with pytest.raises(send.library.ReadTimeout):
                send("GET", f"https://{UNOWNED}/x")

    def test_its_body_may_be_generated(self, send_asyncio: Sender, using: str) -> None:
        """By a coroutine."""

        async def chunks() -> AsyncIterator[bytes]:
            yield b"user"
            yield b"'s"

        with respx.mock(using=using) as router:
            answer = httpx.Response(200, content=chunks())
            router.get(f"https://{UNOWNED}/x").mock(return_value=answer)
            assert send_asyncio.outcome(f"https://{UNOWNED}/x") == "user's"

    def test_each_router_is_asked_once(self, send: Sender, using: str) -> None:
        """A side effect that declines is not called again by our asking."""
        asked: list[str] = []
        with (
            respx.mock(using=using, assert_all_called=False) as first,
            respx.mock(using=using) as second,
        ):
            first.route().mock(side_effect=lambda request: asked.append(request.method))
            second.get(f"https://{UNOWNED}/x").respond(text="second's")
            assert send.outcome(f"https://{UNOWNED}/x") == "second's"
        assert asked == ["GET"]


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
            "test was expected to call the tenant of its test. Give it mc_tenant.subdomain, or "
            "mc_tenant.auth_url and the instance URLs of its token answers; or, where the code has "
            "this subdomain written in it, give the tenant the same: "
            f'@pytest.mark.mc_package(subdomain="{UNOWNED.partition(".")[0]}"). '
            "To answer this host without a tenant, mock it: by a route of respx for httpx, by "
            "responses for requests.",
            id="never minted",
        ),
        pytest.param(
            "https://webservice.exacttarget.com/etframework.wsdl",
            "MCSCOPES: https://webservice.exacttarget.com is not simulated here and was not "
            "called. The code under test was expected to call the tenant of its test. Give it "
            "mc_tenant.subdomain, or mc_tenant.auth_url and the instance URLs of its token "
            "answers. To answer this host without a tenant, mock it: by a route of respx for "
            "httpx, by responses for requests.",
            id="no tenant's kind of host",
        ),
        pytest.param(
            f"http://user:s3cret@{AUTH}/v2/token?access_token=s3cret",
            f"MCSCOPES: http://{AUTH} was called, and Marketing Cloud listens at https://{AUTH} "
            "only. Use mc_tenant.auth_url and the instance URLs of its token answers as they are.",
            id="http",
        ),
        pytest.param(
            f"https://{AUTH}:8443/v2/token",
            f"MCSCOPES: https://{AUTH}:8443 was called, and Marketing Cloud listens at "
            f"https://{AUTH} only. Use mc_tenant.auth_url and the instance URLs of its token "
            "answers as they are.",
            id="another port",
        ),
    ],
)
@pytest.mark.usefixtures("no_network")
def test_a_refusal_says_what_to_do_and_tells_no_secret(
    url: str, text: str, send: Sender, mount: Mount
) -> None:
    """The library's own error names who, what, the expected and the next step."""
    mount.mount()
    request = send.library.Request("GET", url)
    with pytest.raises(send.library.ConnectError) as caught:
        send.send(request)
    assert caught.value.request is request
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
@pytest.mark.parametrize(
    ("url", "expected", "stray"),
    [
        pytest.param(f"https://{AUTH}/v2/token", "ours GET", None, id="ours"),
        pytest.param(f"https://{AUTH.upper()}./", "ours GET", None, id="ours in another spelling"),
        pytest.param(f"http://{AUTH}/", "refused by ours", None, id="ours by http"),
        pytest.param(f"https://{AUTH}:8443/", "refused by ours", None, id="ours at a port"),
        pytest.param(f"https://{STALE}/", "refused by ours", STALE, id="ended"),
        pytest.param(f"https://{STALE.upper()}/", "refused by ours", STALE, id="capitals"),
        pytest.param(f"https://{STALE}./", "refused by ours", STALE, id="trailing dot"),
        pytest.param(f"https://{UNOWNED}/", "refused by ours", UNOWNED, id="unowned"),
        pytest.param(
            "https://exacttargetapis.com/", "refused by ours", "exacttargetapis.com", id="legacy"
        ),
        pytest.param(
            "https://auth.exacttargetapis.com/",
            "refused by ours",
            "auth.exacttargetapis.com",
            id="legacy host",
        ),
    ],
)
def test_no_spelling_slips_past_the_guard(
    url: str,
    expected: str,
    stray: str | None,
    send: Sender,
    mount: Mount,
    *,
    strays: list[Stray],
    others: list[str],
) -> None:
    """The tenant answers its own; whatever else lies there is refused, and heard of."""
    mount.mount()
    assert send.outcome(url) == expected
    assert [each.host for each in strays] == ([stray] if stray else [])
    # One of ours at an address where it has no ear is heard of as any other.
    assert others == ([AUTH] if expected != "ours GET" and AUTH in url else [])


@pytest.mark.usefixtures("no_network")
def test_a_call_at_the_wrong_address_is_heard_of(
    send_sync: Sender, mount: Mount, others: list[str]
) -> None:
    """It never reaches the tenant, and yet somebody meant to."""
    mount.mount()
    with pytest.raises(send_sync.library.ConnectError, match="listens at"):
        send_sync("GET", f"http://{AUTH}/v2/token")
    assert others == [AUTH]


@pytest.mark.usefixtures("no_network")
def test_a_path_joined_without_a_slash_is_told(send_sync: Sender, mount: Mount) -> None:
    """The name would be asked of a name server, and the answer tells a beginner nothing."""
    mount.mount()
    with pytest.raises(send_sync.library.ConnectError, match="joined to the host without a slash"):
        send_sync("GET", f"https://{AUTH}v2/token")


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "https://127.0.0.1:9"])
@pytest.mark.parametrize(
    ("host", "expected"),
    [(AUTH, "ours GET"), (STALE, "refused by ours"), (UNOWNED, "refused by ours")],
    ids=["ours", "stale", "unowned"],
)
def test_a_proxy_is_no_way_around(
    host: str,
    expected: str,
    proxy: str,
    *,
    send_sync: Sender,
    mount: Mount,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """HTTPS_PROXY of a CI machine changes nothing for Marketing Cloud hosts."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.setenv("NO_PROXY", "")
    mount.mount()
    assert send_sync.outcome(f"https://{host}/v2/token", trust_env=True) == expected


def test_a_redirect_to_a_marketing_cloud_is_refused(
    library: ModuleType, using: str, mount: Mount
) -> None:
    """What follows a redirect is guarded like any request."""
    mount.mount()
    with respx.mock(using=using) as router:
        router.get("https://users.test/").respond(307, headers={"Location": f"https://{STALE}/"})
        with (
            library.Client(verify=TLS, follow_redirects=True, trust_env=False) as client,
            pytest.raises(library.ConnectError, match="belongs to a Marketing Cloud that ended"),
        ):
            client.get("https://users.test/")


def test_without_listeners_nobody_is_told(
    send_sync: Sender, mount: Mount, hosts: Hosts, network: str
) -> None:
    """A session that asks for nothing hears nothing, and nothing breaks."""
    plain = Hosts()
    hosts.on_stray, hosts.on_other = plain.on_stray, plain.on_other
    mount.mount()
    assert send_sync.outcome(f"https://{STALE}/") == "refused by ours"
    assert send_sync.outcome(f"{network}/unknown") == "real"


def test_other_hosts_are_reached_and_heard_of(
    send: Sender, mount: Mount, network: str, others: list[str]
) -> None:
    """The layer above can name the hosts that the code under test called instead of ours."""
    mount.mount()
    assert send.outcome(f"{network}/unknown") == "real"
    send("GET", f"https://{AUTH}/v2/token")
    assert others == ["127.0.0.1"]


def test_a_host_may_live_again() -> None:
    """Tests that name their subdomain mint the same host one after the other."""
    hosts = Hosts()
    hosts.add(AUTH.upper(), "auth", AnsweringTenant(), "test_one")
    hosts.end(AUTH)
    assert (list(hosts.live), hosts.ended) == ([], {AUTH: "test_one"})
    hosts.add(AUTH, "auth", AnsweringTenant(), "test_two")
    assert (hosts.live[AUTH].built_by, hosts.ended) == ("test_two", {})


def test_two_running_tenants_cannot_share_a_host() -> None:
    """The second is refused, and told who has it."""
    hosts = Hosts()
    hosts.add(AUTH, "auth", AnsweringTenant(), "tests/test_a.py::test_one")
    with pytest.raises(ConfigError) as caught:
        hosts.add(f"{AUTH}.", "auth", AnsweringTenant(), "tests/test_a.py::test_two")
    assert str(caught.value) == (
        f"MCSCOPES: {AUTH} is answered by a Marketing Cloud that tests/test_a.py::test_one built "
        "and that still runs. Two of them cannot share a subdomain: leave subdomain= out of one "
        "of the packages, or let the tests share one tenant."
    )
