"""Calls to the REST, SOAP and auth hosts: who is let through, and what is written down."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, get_args

import pytest
from clouds import CloudOfOneTenant
from hypothesis import given
from hypothesis import strategies as st
from ledgers import every_word
from messages import authorized

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.cloud.cloud import Cloud
from pytest_mcscopes.cloud.fingerprints import fingerprint
from pytest_mcscopes.cloud.http import Admitted, Request, Response
from pytest_mcscopes.cloud.state import build_state
from pytest_mcscopes.config import Config, Enforce, PackageConfig
from pytest_mcscopes.errors import ConfigError
from pytest_mcscopes.ledger.facts import CallMade, HostKind, TokenRequested
from pytest_mcscopes.ledger.ledger import Ledger

if TYPE_CHECKING:
    from pytest_mcscopes.cloud.fault_order import FaultName
    from pytest_mcscopes.config import TokenForm

SECRET = "CanarySecretNobodyMaySee"
NOW = 1_750_000_000.0
SEND = "/messaging/v1/email/messages/r-1"


class Server(CloudOfOneTenant):
    """A tenant that is called with tokens of the test's own."""

    def __init__(self, config: Config | None = None) -> None:
        package = PackageConfig(client_id="client", client_secret=SECRET)
        super().__init__(package, config=config, at=NOW)

    def call(
        self,
        token: str | None,
        path: str = SEND,
        *,
        method: str = "POST",
        host: HostKind = "rest",
        query: str = "",
    ) -> Response | Admitted:
        request = authorized(token, path, method=method, host=host, query=query)
        return self.cloud.handle(request, NOW)

    @property
    def made(self) -> CallMade:
        """The last fact, which must be of a call."""
        fact = self.ledger.entries[-1].fact
        assert isinstance(fact, CallMade)
        return fact


@pytest.fixture
def server() -> Server:
    return Server()


def test_an_admitted_call_is_written_down_whole(server: Server) -> None:
    """The status is not ours to tell; `answered` follows when the stub has spoken."""
    token = server.token({"email_send", "email_read"})
    admitted = server.call(token, query="secret=CanaryInQuery")
    assert isinstance(admitted, Admitted)
    assert server.made == CallMade(
        at=NOW,
        tenant=server.state.subdomain,
        host="rest",
        method="POST",
        path=SEND,
        need=server.made.need,
        package="integration",
        token=fingerprint(token),
        granted=frozenset({"email_send", "email_read"}),
        used=frozenset({"email_send"}),
        scope_denied=False,
        status=None,
    )
    assert server.made.need.label == "POST /messaging/v1/email/messages/{messageKey}"
    assert admitted.entry is server.ledger.entries[-1]
    assert admitted.entry.answered is None
    answer = Response(status=418)
    assert server.cloud.complete(admitted, answer) is answer
    assert admitted.entry.answered == 418


@pytest.mark.parametrize(
    ("path", "method", "scopes", "enforce", "status", "used", "scope_denied"),
    [
        pytest.param(
            SEND, "POST", "email_send", "documented", None, "email_send", False, id="enough"
        ),
        pytest.param(
            SEND, "POST", "email_read", "documented", 403, "", True, id="trusted, lacking"
        ),
        pytest.param(
            SEND, "POST", "email_read", "off", None, "", True, id="off, lacking all the same"
        ),
        pytest.param(
            "/contacts/v1/contacts",
            "PATCH",
            "list_and_subscribers_read",
            "documented",
            None,
            "list_and_subscribers_read",
            False,
            id="doubtful, one of the listed",
        ),
        pytest.param(
            "/contacts/v1/contacts",
            "PATCH",
            "email_read",
            "documented",
            None,
            "",
            True,
            id="doubtful, none",
        ),
        pytest.param(
            "/contacts/v1/contacts",
            "PATCH",
            "list_and_subscribers_read",
            "all",
            403,
            "",
            True,
            id="all: one of the listed will not do",
        ),
        pytest.param(
            "/messaging/v1/email/definitions",
            "POST",
            "email_send",
            "all",
            None,
            "email_send",
            False,
            id="all: an alternative will do",
        ),
        pytest.param(
            "/data/v1/integration/member/salesforce/workflowobjects",
            "GET",
            "",
            "all",
            None,
            "",
            False,
            id="all: what is not known is not enforced",
        ),
        pytest.param("/nowhere", "GET", "", "all", None, "", False, id="all: nor what has no row"),
        pytest.param(
            "/platform/v1/tokenContext", "GET", "", "documented", 202, "", False, id="needs nothing"
        ),
    ],
)
def test_what_a_call_used_and_lacked(
    *,
    path: str,
    method: str,
    scopes: str,
    enforce: Enforce,
    status: int | None,
    used: str,
    scope_denied: bool,
) -> None:
    """By the catalogue's row, whatever the mode; the mode decides on the answer."""
    server = Server(Config(enforce=enforce))
    server.call(server.token(scopes.split()), path, method=method)
    assert (server.made.status, server.made.scope_denied) == (status, scope_denied)
    assert server.made.used == frozenset(used.split())


ROUTES = [
    (route.method, route.path.replace("{", "").replace("}", ""), route.query)
    for service in load_catalogue().services
    for route in load_catalogue().routes(service)
    if route.host == "rest"
]
SCOPES = st.frozensets(st.sampled_from(sorted(load_catalogue().default_scopes)), max_size=12)


@given(route=st.sampled_from(ROUTES), scopes=SCOPES, enforce=st.sampled_from(get_args(Enforce)))
def test_used_is_granted_and_denied_is_not(
    route: tuple[str, str, str], scopes: frozenset[str], enforce: Enforce
) -> None:
    """For an allowed call used is within granted; for a denied one no minimal set is."""
    server = Server(Config(enforce=enforce))
    method, path, query = route
    answer = server.call(server.token(scopes), path, method=method, query=query)
    fact = server.made
    assert fact.used <= scopes
    assert not (fact.scope_denied and fact.used)
    assert not (fact.scope_denied and fact.need.satisfied_by(scopes))
    if fact.status == 403:
        assert fact.scope_denied
    else:
        assert isinstance(answer, Admitted) or fact.status in {200, 202, 404}


@pytest.mark.parametrize(
    ("token", "status"),
    [
        pytest.param(None, 401, id="none"),
        pytest.param("CanaryUnknownToken", 401, id="unknown"),
        pytest.param("expired", 401, id="expired"),
    ],
)
def test_a_call_without_a_good_token_is_not_authenticated(
    server: Server, token: str | None, status: int
) -> None:
    """What was presented is known by its fingerprint; nothing was granted, used or lacked."""
    shown = server.token(age=1200) if token == "expired" else token
    answer = server.call(shown)
    assert isinstance(answer, Response)
    assert (answer.status, server.made.status, server.ledger.entries[-1].answered) == (status,) * 3
    assert server.made.token == (None if shown is None else fingerprint(shown))
    assert (server.made.package, server.made.granted, server.made.scope_denied) == (
        None,
        None,
        False,
    )
    assert not server.made.authenticated


def test_several_tokens_live_at_once(server: Server) -> None:
    """A new one does not void an older one, and each carries its own scopes."""
    older, newer = server.token({"email_send"}), server.token({"email_read"})
    assert isinstance(server.call(older), Admitted)
    assert isinstance(server.call(newer), Response)


def test_a_token_is_of_one_tenant(server: Server) -> None:
    """Another tenant's is as good as none."""
    other = Server(Config(token_form="opaque"))
    assert isinstance(server.call(other.token()), Response)
    assert server.made.status == 401


@pytest.mark.parametrize(
    ("fault", "status", "granted", "used"),
    [
        pytest.param("unavailable", 503, "email_send", "email_send", id="judged all the same"),
        pytest.param("unauthorized", 401, None, "", id="its token is refused"),
    ],
)
def test_an_ordered_fault_hides_nothing_of_the_rights(
    server: Server, fault: FaultName, status: int, granted: str | None, used: str
) -> None:
    """The token counts as presented, and the next call is answered."""
    token = server.token({"email_send"})
    server.state.fault_queue.order("rest", fault)
    server.call(token)
    assert (server.made.status, server.made.token) == (status, fingerprint(token))
    carried = None if granted is None else frozenset(granted.split())
    assert (server.made.granted, server.made.used) == (carried, frozenset(used.split()))
    assert isinstance(server.call(token), Admitted)


@pytest.mark.parametrize(
    ("host", "path"),
    [("auth", "/v2/userinfo"), ("auth", "//v2//UserInfo/"), ("rest", "//v2/userinfo")],
)
def test_userinfo_is_a_call_that_needs_nothing(server: Server, host: HostKind, path: str) -> None:
    """On either host, by the row of the auth host."""
    server.call(server.token([]), path, method="GET", host=host)
    assert (server.made.status, server.made.host, server.made.path) == (200, host, path)
    assert (server.made.need.label, server.made.need.trusted) == ("GET /v2/userinfo", True)
    assert (server.made.granted, server.made.scope_denied) == (frozenset(), False)


def test_userinfo_tells_the_business_unit_of_the_token(server: Server) -> None:
    """`member_id` is the token's, `enterprise_id` the tenant's, `exp` the end of its life."""
    answer = server.call(server.token(), "/v2/userinfo", method="GET", host="auth")
    assert isinstance(answer, Response)
    told = json.loads(answer.body)
    assert told["organization"]["member_id"] == server.package.account_id
    assert told["organization"]["enterprise_id"] == server.state.enterprise_id
    assert told["exp"] == NOW + 1200
    assert len(told["application"]["appScopes"]) == len(server.package.scopes)
    assert [entry["id"] for entry in told["permissions"]] == sorted(
        {entry["id"] for entry in told["permissions"]}
    )


@pytest.mark.parametrize(
    ("host", "method", "path", "status", "mapped"),
    [
        pytest.param("soap", "POST", "/Service.asmx", 415, True, id="SOAP without an envelope"),
        pytest.param("soap", "POST", "/Other.asmx", 404, False, id="SOAP elsewhere"),
        pytest.param("soap", "GET", "/etframework.wsdl", 200, True, id="WSDL"),
        pytest.param("auth", "POST", "/v2/tokens", 404, False, id="mistyped token path"),
        pytest.param("auth", "DELETE", "/v2/userinfo", 405, False, id="method of userinfo"),
        pytest.param("auth", "GET", "/v2/discovery", 400, True, id="discovery"),
    ],
)
def test_no_attempt_passes_silently(
    *,
    server: Server,
    host: HostKind,
    method: str,
    path: str,
    status: int,
    mapped: bool,
) -> None:
    """What is refused, or not simulated, is written down as an unauthenticated call."""
    server.call(server.token(), path, method=method, host=host)
    assert (server.made.host, server.made.status, server.made.need.mapped) == (host, status, mapped)
    assert (server.made.granted, server.made.used) == (None, frozenset())


REAL = "https://mcexample0000-made-up-tenant.auth.marketingcloudapis.com"


@pytest.mark.parametrize(
    ("path", "in_process", "over_a_port"),
    [
        pytest.param("/v2/token", True, True, id="as documented"),
        pytest.param("/v2/Token", True, True, id="as a published iOS client has it"),
        pytest.param("/V2/TOKEN/", True, True, id="capitals and a closing slash"),
        pytest.param("//v2//token", True, True, id="slashes"),
        pytest.param("/v2/%74oken", True, True, id="a letter encoded"),
        pytest.param("/v2/%54oken", True, True, id="a capital encoded"),
        pytest.param("/v1/requesttoken", True, True, id="legacy, in small letters"),
        pytest.param("/v2/token/v2/token", False, False, id="the path twice"),
        pytest.param("/x/v2/token", False, False, id="a prefix"),
        pytest.param("/v2%2Ftoken", False, False, id="an encoded slash"),
        pytest.param("/v2/token%2F", False, False, id="an encoded slash at the end"),
        pytest.param("/v2/tokena", False, False, id="another word"),
        pytest.param(f"/{REAL}//v2/token/", False, True, id="the real URL before it"),
        pytest.param(f"/{REAL}/v2/token/v2/token", False, False, id="that, and the path twice"),
        pytest.param(f"/{REAL}/x/v2/token", False, False, id="that, and a prefix"),
        pytest.param("/https://auth.example.com/v2/token", False, False, id="another URL before"),
        pytest.param(f"/x/{REAL}/v2/token", False, False, id="a prefix before the real URL"),
        pytest.param("/https:/", False, False, id="nothing but a scheme"),
    ],
)
def test_where_the_token_endpoint_is(
    server: Server,
    path: str,
    *,
    in_process: bool,
    over_a_port: bool,
) -> None:
    """No prefix is left off, but the one by which a known client can be led to a port at all."""
    urls = type(server.state.urls)(
        auth_url="http://127.0.0.1:1/",
        rest_url="http://127.0.0.1:2/",
        soap_url="http://127.0.0.1:3/",
    )
    found = []
    for door in (None, urls):
        server.cloud.handle(Request(method="POST", host="auth", path=path, urls=door), NOW)
        found.append(isinstance(server.ledger.entries[-1].fact, TokenRequested))
    assert found == [in_process, over_a_port]


def test_another_door_may_put_its_own_urls(server: Server) -> None:
    """Token answers, endpoints and userinfo follow."""
    urls = type(server.state.urls)(
        auth_url="http://127.0.0.1:1/",
        rest_url="http://127.0.0.1:2/",
        soap_url="http://127.0.0.1:3/",
    )
    server.state.urls = urls
    answer = server.call(server.token(), "/platform/v1/endpoints", method="GET")
    assert isinstance(answer, Response)
    assert [item["url"] for item in json.loads(answer.body)["items"][1:]] == [
        "http://127.0.0.1:2/",
        "http://127.0.0.1:3/Service.asmx",
    ]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/platform/v1/endpoints/rest", 200),
        ("//Platform/v1/ENDPOINTS//rest/", 200),
        ("/platform/v1/endpoints/x/../rest", 200),
        ("/platform/v1/endpoints/REST", 404),
    ],
)
def test_an_endpoint_is_named_as_sent(server: Server, path: str, status: int) -> None:
    """The words around it may be in any case."""
    server.call(server.token(), path, method="GET")
    assert server.made.status == status


@pytest.mark.parametrize(
    ("scopes", "scope", "granted"),
    [
        pytest.param(None, None, None, id="everything"),
        pytest.param([], "", set(), id="nothing"),
        pytest.param(
            ["email_send", "email_read"],
            "email_read email_send",
            {"email_read", "email_send"},
            id="some",
        ),
    ],
)
def test_an_issued_token_is_the_tests_own_doing(
    server: Server, scopes: list[str] | None, scope: str | None, granted: set[str] | None
) -> None:
    """It is written down with that origin, and works like any other."""
    token = server.token(scopes)
    entry = server.ledger.entries[-1]
    assert isinstance(entry.fact, TokenRequested)
    assert (entry.origin, entry.answered) == ("issue_token", 200)
    expected = server.package.scopes if granted is None else granted
    assert entry.fact.scope == scope
    assert entry.fact.requested == expected
    assert entry.fact.granted == expected
    assert server.ledger.tokens[fingerprint(token)] is entry
    assert server.state.tokens.find(token) is not None


def test_no_token_can_carry_what_its_package_lacks(server: Server) -> None:
    """Such a token would show a program working that cannot work."""
    with pytest.raises(ConfigError) as refused:
        server.token({"openid", "email_read"})
    assert str(refused.value) == (
        'MCSCOPES: issue_token cannot grant openid: package "integration" is not assigned that.'
        " Assign it with mc_package(scopes=[...]), or leave it out."
    )
    assert (len(server.state.tokens), server.ledger.entries) == (0, [])


@pytest.mark.parametrize("form", ["segments", "opaque"])
@pytest.mark.parametrize(
    "path",
    ["/nowhere/{}", "/hub/v1/campaigns/{}", "/{}", "/platform/v1/endpoints/{}"],
    ids=["unmapped", "mapped", "first", "built in"],
)
@pytest.mark.parametrize("host", get_args(HostKind))
def test_no_fact_holds_a_secret_of_the_path(host: HostKind, path: str, form: TokenForm) -> None:
    """Neither path nor label nor near miss tells a token, secret or foreign bearer."""
    server = Server(Config(token_form=form))
    token = server.token()
    for secret in (SECRET, token, "CanaryForeignBearer"):
        server.call(token, path.format(secret), method="GET", host=host)
        server.call("CanaryForeignBearer", path.format(secret), method="GET", host=host)
        server.call(None, path.format(secret), method="GET", host=host, query=f"t={secret}")
    assert "Canary" not in every_word(server.ledger, 2)
    assert token not in every_word(server.ledger)


def test_a_secret_in_the_path_does_not_change_what_is_needed() -> None:
    """The row is found by the path as sent, although a secret is part of it."""
    catalogue = load_catalogue()
    state = build_state(Config(), (PackageConfig(client_secret="email"),), 1, catalogue)
    ledger = Ledger()
    request = Request(method="POST", host="rest", path=SEND)
    Cloud(state, ledger).handle(request, NOW)
    fact = ledger.entries[0].fact
    assert isinstance(fact, CallMade)
    assert fact.path == "/messaging/v1/<redacted>/messages/r-1"
    assert fact.need.label == "POST /messaging/v1/email/messages/{messageKey}"


def test_a_wrong_secret_is_redacted_where_no_endpoint_read_it(server: Server) -> None:
    """A mistyped token path has the same body as the right one."""
    body = json.dumps({"client_secret": "CanaryWrong"}).encode()
    headers = {"content-type": "application/json"}
    path = "/v2/tokens/CanaryWrong"
    server.cloud.handle(
        Request(method="POST", host="auth", path=path, headers=headers, body=body), NOW
    )
    assert server.made.path == "/v2/tokens/<redacted>"
    assert server.made.need.label == "POST /v2/tokens/<redacted>"


TEXT = st.text(max_size=20)
PATHS = st.one_of(
    TEXT.map(lambda text: f"/{text}"),
    st.lists(
        st.sampled_from(
            ["v2", "userinfo", "discovery", "hub", "v1", "%2F", "%", "", "key:x", "..", "é"]
        ),
        max_size=5,
    ).map("/".join),
    st.just("/Service.asmx"),
)
REQUESTS = st.builds(
    Request,
    method=st.sampled_from(["GET", "POST", "OPTIONS"]) | TEXT,
    host=st.sampled_from(get_args(HostKind)),
    path=PATHS,
    query=TEXT,
    headers=st.dictionaries(
        st.sampled_from(["authorization", "content-type", "x"]), TEXT | st.just("text/xml")
    ),
    body=st.binary(max_size=30),
)


@given(request=REQUESTS, bearer=st.booleans())
def test_no_request_breaks_the_cloud(request: Request, bearer: bool) -> None:  # noqa: FBT001
    """Junk is answered and written down once; never an exception, never a 5xx but a SOAP fault."""
    server = Server()
    token = server.token()
    good = {"authorization": f"Bearer {token}"} if bearer else {}
    answer = server.cloud.handle(request._replace(headers={**request.headers, **good}), NOW)
    told = answer.otherwise if isinstance(answer, Admitted) else answer
    assert 200 <= told.status < 500 or b"<soap:Fault>" in told.body
    assert len(server.ledger.entries) == 2
    assert len(server.state.tokens) == 1
    assert token not in every_word(server.ledger)
