"""POST /v2/token beyond single answers: what is granted, and what is written down."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from clouds import CloudOfOneTenant
from hypothesis import given
from hypothesis import strategies as st
from ledgers import every_word

from pytest_mcscopes.cloud.fingerprints import fingerprint
from pytest_mcscopes.cloud.http import Request, Response
from pytest_mcscopes.config import Config, PackageConfig
from pytest_mcscopes.ledger.facts import TokenRequested

if TYPE_CHECKING:
    from pytest_mcscopes.config import NullScope

SECRET = "CanarySecretNobodyMaySee"
ASSIGNED = frozenset({"email_read", "email_send", "email_write", "offline"})
TWO = frozenset({"email_read", "email_send"})
NONE: frozenset[str] = frozenset()
NOW = 1_750_000_000.0


PACKAGE = PackageConfig(client_id="client", client_secret=SECRET, scopes=ASSIGNED)


class Server(CloudOfOneTenant):
    """A tenant whose token endpoint is asked."""

    def __init__(self, package: PackageConfig = PACKAGE, config: Config | None = None) -> None:
        super().__init__(package, config=config, at=NOW)
        self.credentials = {
            "client_id": "client",
            "client_secret": SECRET,
            "grant_type": "client_credentials",
        }

    def send(
        self,
        body: bytes,
        content_type: str = "application/json",
        *,
        method: str = "POST",
        path: str = "/v2/token",
        authorization: str = "",
        coding: str = "",
        query: str = "",
    ) -> Response:
        headers = {
            "content-type": content_type,
            "content-encoding": coding,
            "authorization": authorization,
        }
        return self.handle(
            Request(method=method, host="auth", path=path, query=query, headers=headers, body=body)
        )

    def ask(self, **members: object) -> Response:
        return self.send(json.dumps(self.credentials | members).encode())


@pytest.fixture
def server() -> Server:
    return Server()


def test_a_granted_request_is_written_down_whole(server: Server) -> None:
    """The fact holds all that the rules judge by, and only a fingerprint of the token."""
    token = json.loads(server.ask(scope="email_send  email_read").body)["access_token"]
    package = server.state.packages["integration"]
    assert server.fact == TokenRequested(
        at=NOW,
        tenant=server.state.subdomain,
        package="integration",
        client=fingerprint("client"),
        grant_type="client_credentials",
        scope="email_send  email_read",
        requested=frozenset({"email_read", "email_send"}),
        assigned=ASSIGNED,
        granted=frozenset({"email_read", "email_send"}),
        token=fingerprint(token),
        expires_in=1079,
        account_id=package.account_id,
        status=200,
    )
    assert server.ledger.tokens[fingerprint(token)].fact == server.fact


@pytest.mark.parametrize(
    ("members", "scope", "requested", "status"),
    [
        pytest.param({}, None, ASSIGNED, 200, id="omitted"),
        pytest.param({"scope": None}, None, ASSIGNED, 200, id="null"),
        pytest.param({"scope": ""}, "", frozenset(), 200, id="empty"),
        pytest.param({"scope": " \t"}, " \t", frozenset(), 200, id="blank"),
        pytest.param({"client_secret": "wrong!"}, None, ASSIGNED, 401, id="omitted, refused"),
        pytest.param({"client_id": "other"}, None, frozenset(), 401, id="omitted, unknown client"),
        pytest.param(
            {"client_id": "other", "scope": "email_read"},
            "email_read",
            frozenset({"email_read"}),
            401,
            id="named, unknown client",
        ),
        pytest.param(
            {"scope": "email_sned"}, "email_sned", frozenset({"email_sned"}), 400, id="misspelt"
        ),
        pytest.param(
            {"scope": ["email_read", "email_send sms_read", ["x"], None]},
            "<an array>",
            frozenset({"email_read", "email_send", "sms_read", "x"}),
            400,
            id="array: its words",
        ),
        pytest.param({"scope": []}, "<an array>", frozenset(), 400, id="empty array"),
        pytest.param(
            {"scope": {"email_read": True}},
            "<an object>",
            frozenset({"email_read", "true"}),
            400,
            id="object",
        ),
        pytest.param({"scope": {}}, "<an object>", frozenset(), 400, id="empty object"),
        pytest.param({"scope": True}, "<a boolean>", frozenset({"true"}), 400, id="boolean"),
        pytest.param({"scope": 1.5}, "<a number>", frozenset({"1.5"}), 400, id="number"),
        pytest.param({"grant_type": "refresh_token"}, None, frozenset(), 401, id="another flow"),
        pytest.param(
            {"grant_type": "password", "scope": "email_read"},
            "email_read",
            frozenset({"email_read"}),
            400,
            id="named, unknown flow",
        ),
    ],
)
def test_effective_scopes(
    server: Server,
    members: dict[str, Any],
    scope: str | None,
    requested: frozenset[str],
    status: int,
) -> None:
    """A refused request counts as requested too, as far as it can be read."""
    answer = server.ask(**members)
    assert (answer.status, server.fact.status) == (status, status)
    assert (server.fact.scope, server.fact.requested) == (scope, requested)
    assert (server.fact.granted is None) is (status != 200)
    assert not server.fact.unreadable


@pytest.mark.parametrize(
    ("setting", "granted", "text"),
    [
        pytest.param("nothing", frozenset(), "grants nothing, as the one public", id="nothing"),
        pytest.param("omitted", ASSIGNED, "grants everything here", id="as if omitted"),
    ],
)
def test_a_null_scope_is_judged_as_omitted_whatever_it_is_granted(
    setting: NullScope, granted: frozenset[str], text: str
) -> None:
    server = Server(config=Config(null_scope=setting))
    server.ask(scope=None)
    assert (server.fact.scope, server.fact.requested) == (None, ASSIGNED)
    assert server.fact.granted == granted
    assert text in server.fact.remark


def test_a_list_of_scopes_in_depth_is_read_in_time(server: Server) -> None:
    """A client may send a million of them; each once is what counts."""
    deep = '{"scope":' + "[" * 300 + '"email_read"' + "]" * 300 + "}"
    server.send(deep.encode(), "application/json")
    assert server.fact.requested == {"email_read"}
    wide = json.dumps({"scope": ["email_read"] * 70_000}).encode()
    server.send(wide, "application/json")
    assert server.fact.requested == {"email_read"}


OF_THE_SECRET = (
    ". Give the code mc_tenant.client_secret; or, if one is written in it, the package the same:"
    " mc_package(client_secret=...)"
)


@pytest.mark.parametrize(
    ("members", "error", "reason"),
    [
        pytest.param({"client_id": ""}, "invalid_client", "client_id is missing", id="no id"),
        pytest.param(
            {"client_id": "x"},
            "invalid_client",
            "no package of this tenant has this client_id. Give the code mc_tenant.client_id; or,"
            " if one is written in it, the package the same: mc_package(client_id=...)",
            id="unknown id",
        ),
        pytest.param(
            {"client_secret": None},
            "invalid_client",
            f'client_secret of package "integration" is missing{OF_THE_SECRET}',
            id="no secret",
        ),
        pytest.param(
            {"client_secret": "x"},
            "invalid_client",
            f'client_secret of package "integration" is wrong{OF_THE_SECRET}',
            id="wrong secret",
        ),
        pytest.param(
            {"grant_type": None}, "unsupported_grant_type", "grant_type is missing", id="no flow"
        ),
        pytest.param(
            {"grant_type": "password"},
            "unsupported_grant_type",
            'grant_type "password" is unknown',
            id="unknown flow",
        ),
        pytest.param(
            {"grant_type": "refresh_token"},
            "unauthorized_client",
            "a server-to-server package has no grant type refresh_token",
            id="another flow",
        ),
        pytest.param(
            {"account_id": 1},
            "invalid_client",
            'account_id names no business unit that package "integration" is enabled in (7, 8)',
            id="business unit",
        ),
        pytest.param(
            {"account_id": "9" * 5000},
            "invalid_client",
            'account_id names no business unit that package "integration" is enabled in (7, 8)',
            id="huge business unit",
        ),
        pytest.param(
            {"scope": "journeys_read email_sned email_read zzzzzzzzzz"},
            "invalid_scope",
            'not assigned to package "integration": journeys_read, email_sned (did you mean'
            " email_send?), zzzzzzzzzz",
            id="unassigned",
        ),
        pytest.param(
            {"scope": "email_read,email_send"},
            "invalid_scope",
            'not assigned to package "integration": email_read,email_send (separate scopes by'
            " spaces, not commas)",
            id="comma",
        ),
        pytest.param(
            {"scope": "a" * 61},
            "invalid_scope",
            'not assigned to package "integration": a word of 61 characters',
            id="long word",
        ),
        pytest.param(
            {"scope": " ".join(f"{number}," for number in range(12))},
            "invalid_scope",
            'not assigned to package "integration": '
            + ", ".join(f"{n}, (separate scopes by spaces, not commas)" for n in range(10))
            + " and 2 more",
            id="many words",
        ),
        pytest.param(
            {"scope": 1},
            "invalid_request",
            "scope is a number; send one text with spaces between the scopes",
            id="number",
        ),
    ],
)
def test_a_refusal_says_why(members: dict[str, Any], error: str, reason: str) -> None:
    """The fact tells more than the wire does."""
    server = Server(PACKAGE._replace(account_id=7, business_units=(8,)))
    server.ask(**members)
    assert (server.fact.error, server.fact.reason) == (error, reason)


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        pytest.param(b"{", "application/json", "the body is not valid JSON", id="broken"),
        pytest.param(b"[]", "application/json", "the JSON body is not an object", id="no object"),
        pytest.param(
            b"[" * 100_000, "application/json", "the JSON body is nested too deeply", id="deep"
        ),
        pytest.param(
            b'{"a":"\\ud800"}',
            "application/json",
            "the JSON body has half a surrogate pair",
            id="surrogate",
        ),
        pytest.param(b"\xff", "application/json", "the body is not UTF-8", id="bytes"),
        pytest.param(
            b"a=%ff", "application/x-www-form-urlencoded", "the form is not UTF-8", id="form bytes"
        ),
        pytest.param(
            b"{}",
            "Text/Plain; charset=utf-8",
            'Content-Type is "Text/Plain"; send application/json or a urlencoded form',
            id="content type",
        ),
        pytest.param(
            b"{}",
            "",
            "Content-Type is missing; send application/json or a urlencoded form",
            id="no content type",
        ),
    ],
)
def test_a_body_that_cannot_be_read_is_written_down(
    server: Server, body: bytes, content_type: str, reason: str
) -> None:
    """An attempt is never hidden, however it fails."""
    server.send(body, content_type)
    assert (server.fact.error, server.fact.reason) == ("invalid_request", reason)
    assert (server.fact.client, server.fact.grant_type) == ("", None)
    assert server.fact.unreadable == reason


@pytest.mark.parametrize(
    ("coding", "unreadable"),
    [
        pytest.param("gzip", 'Content-Encoding is "gzip"; send the body as it is', id="gzip"),
        pytest.param("br, gzip", 'Content-Encoding is "br, gzip"; send the body as it is', id="2"),
        pytest.param("Identity", "", id="identity"),
    ],
)
def test_a_body_in_another_coding_is_not_read(server: Server, coding: str, unreadable: str) -> None:
    """Not even where the header is wrong and the body is plain."""
    body = json.dumps(server.credentials).encode()
    answer = server.send(body, coding=coding)
    assert answer.status == (415 if unreadable else 200)
    assert server.fact.unreadable == unreadable


def test_a_body_that_is_too_large_is_not_read(server: Server) -> None:
    assert server.send(b" " * (1024 * 1024 + 1)).status == 413
    assert server.fact.unreadable == "the body has more than 1048576 bytes"


def test_who_sends_an_unreadable_body_is_told_by_its_header(server: Server) -> None:
    """So that it is laid at the door of the right package."""
    basic = base64.b64encode(f"client:{SECRET}".encode()).decode()
    server.send(b"{", authorization=f"Basic {basic}")
    assert (server.fact.package, server.fact.unreadable) == (
        "integration",
        "the body is not valid JSON",
    )


@pytest.mark.parametrize(
    ("members", "unreadable"),
    [
        pytest.param('"scope":"email_read","scope":"email_send"', "scope", id="two scopes"),
        pytest.param('"scope":"email_read","scope":null', "scope", id="text and null"),
        pytest.param('"scope":["a"],"scope":["a"]', "", id="alike"),
        pytest.param('"client_id":"other"', "client_id", id="two clients"),
        pytest.param('"scope":true,"scope":1', "scope", id="alike to Python only"),
    ],
)
def test_a_member_twice_with_different_values_cannot_be_read(
    server: Server, members: str, unreadable: str
) -> None:
    """Which of them counts is anybody's guess."""
    server.send(f"{json.dumps(server.credentials)[:-1]},{members}}}".encode())
    told = f'the body has "{unreadable}" more than once, with different values'
    assert server.fact.unreadable == (told if unreadable else "")
    assert server.fact.status == 400


@pytest.mark.parametrize(
    ("body", "content_type", "name"),
    [
        pytest.param(b"a=1&b=2&b=3", "application/x-www-form-urlencoded", "b", id="form"),
        pytest.param(b'{"b":{},"a":1,"b":2}', "application/json", "b", id="JSON"),
    ],
)
def test_a_member_twice_is_refused(
    server: Server, body: bytes, content_type: str, name: str
) -> None:
    server.send(body, content_type)
    reason = f'the body has "{name}" more than once'
    assert (server.fact.error, server.fact.reason) == ("invalid_request", reason)
    assert server.fact.unreadable == f"{reason}, with different values"


@pytest.mark.parametrize(
    ("query", "scope", "unreadable"),
    [
        pytest.param("scope=email_read%20email_send", "email_send", True, id="more"),
        pytest.param("scope=email_send&scope=email_read", "email_send", True, id="one of two"),
        pytest.param("scope=email_send", "email_send", False, id="the same"),
        pytest.param("state=1", "email_send", False, id="something else"),
        pytest.param("scope=email_send", None, True, id="null in the body"),
    ],
)
def test_a_url_that_asks_for_other_scopes_than_the_body_cannot_be_read(
    server: Server, query: str, scope: str | None, *, unreadable: bool
) -> None:
    """It is answered by the body; which of them the real service takes is not public."""
    answer = server.send(json.dumps(server.credentials | {"scope": scope}).encode(), query=query)
    assert answer.status == 200
    told = 'the URL has a "scope" too, with another value than the body'
    assert server.fact.unreadable == (told if unreadable else "")


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("body", "content_type", "requested"),
    [
        pytest.param("scope=email_read&scope=email_send", FORM, TWO, id="form"),
        pytest.param(
            '"scope":"email_read","scope":"email_send"', "application/json", TWO, id="JSON"
        ),
        pytest.param(
            '"scope":["email_read"],"scope":"email_send"', "application/json", TWO, id="no text"
        ),
        pytest.param('"scope":null,"scope":null', "application/json", ASSIGNED, id="null"),
        pytest.param("scope=email_read&x=1&x=2", FORM, {"email_read"}, id="another member"),
    ],
)
def test_all_scopes_count_of_a_body_with_a_member_twice(
    server: Server, body: str, content_type: str, requested: frozenset[str]
) -> None:
    """It is refused, whichever half a server would take, and nothing asked for is hidden."""
    if content_type == FORM:
        body = f"{urlencode(server.credentials)}&{body}"
    else:
        body = f"{json.dumps(server.credentials)[:-1]},{body}}}"
    answer = server.send(body.encode(), content_type)
    assert (answer.status, server.fact.error) == (400, "invalid_request")
    assert (server.fact.package, server.fact.granted) == ("integration", None)
    assert server.fact.requested == requested


def test_escaped_text_is_read_like_any_other(server: Server) -> None:
    """A whole surrogate pair is a character; only half a one is no text."""
    server.ask(scope="email_read \U0001f600")
    assert server.fact.requested == {"email_read", "\U0001f600"}


def test_a_wrong_method_is_written_down_with_what_it_asked_for(server: Server) -> None:
    """PUT with good credentials is an attempt like any other."""
    server.send(json.dumps(server.credentials).encode(), method="PUT")
    assert (server.fact.status, server.fact.package) == (405, "integration")
    assert server.fact.requested == ASSIGNED
    assert server.fact.reason == "the method is PUT; use POST"


@pytest.mark.parametrize(
    ("path", "query", "requested"),
    [
        pytest.param("/v2/token", "client_id=client&scope=email_read+email_send", TWO, id="named"),
        pytest.param("/v1/requestToken", "clientId=client", ASSIGNED, id="legacy"),
        pytest.param(
            "/v1/requestToken", "client_id=client&scope=email_read", ASSIGNED, id="no scopes"
        ),
    ],
)
def test_what_has_no_body_asks_by_its_query(
    server: Server, path: str, query: str, requested: frozenset[str]
) -> None:
    """It is refused, and what it asked for is not hidden."""
    query = f"grant_type=client_credentials&{query}"
    server.send(b"", method="GET", path=path, query=query)
    assert (server.fact.status, server.fact.package) == (405, "integration")
    assert server.fact.requested == requested
    server.send(b"", method="OPTIONS", path=path)
    assert (server.fact.requested, server.fact.unreadable) == (NONE, "")


def test_a_body_of_another_method_that_cannot_be_read_is_told(server: Server) -> None:
    server.send(b"{", method="PUT")
    assert server.fact.unreadable == "the body is not valid JSON"


def test_a_legacy_request_that_cannot_be_read_is_told(server: Server) -> None:
    server.send(b"{", path="/v1/requestToken")
    assert server.fact.unreadable == "the body is not valid JSON"


def test_the_legacy_endpoint_is_a_token_request(server: Server) -> None:
    """It is refused, and tells the client which one it asked as."""
    body = json.dumps({"clientId": "client", "clientSecret": SECRET}).encode()
    server.send(body, path="/v1/requestToken")
    assert (server.fact.package, server.fact.error) == ("integration", "10007")
    assert (server.fact.grant_type, server.fact.scope) == ("client_credentials", None)
    assert server.fact.requested == ASSIGNED
    assert server.fact.remark.startswith("a token was asked for at /v1/requestToken, whose tokens")


def test_a_legacy_request_has_no_use_for_a_scope(server: Server) -> None:
    body = {"clientId": "client", "clientSecret": SECRET, "scope": "email_read"}
    server.send(json.dumps(body).encode(), path="/v1/requestToken")
    assert (server.fact.scope, server.fact.requested) == (None, ASSIGNED)


def test_a_legacy_request_says_each_thing_once(server: Server) -> None:
    """Where it does not it is refused, and what it asked for is not hidden."""
    body = b'{"clientId": "client", "clientSecret": "s", "clientSecret": "t"}'
    answer = server.send(body, path="/v1/requestToken")
    assert (answer.status, server.fact.error) == (400, "invalid_request")
    assert server.fact.requested == ASSIGNED


def test_an_ordered_fault_leaves_the_request_readable(server: Server) -> None:
    """It comes first, each time it was ordered, and the scopes asked for are kept."""
    server.state.fault_queue.order("token", "rate_limited", times=2)
    answers = [server.ask(scope="email_read").status for _ in range(3)]
    assert answers == [429, 429, 200]
    first = server.ledger.entries[0].fact
    assert isinstance(first, TokenRequested)
    assert first.error == "50100"
    assert first.requested == {"email_read"}


@pytest.mark.parametrize("life", [1200, 60])
def test_a_token_lives_for_the_configured_life(life: int) -> None:
    """Up to the last moment, and not in it."""
    server = Server(config=Config(token_life=life))
    server.ask()
    token = server.state.tokens.find(json.loads(server.ask().body)["access_token"])
    assert token is not None
    assert token.lives(NOW + life - 0.001)
    assert not token.lives(NOW + life)


def test_basic_credentials_are_told_apart_from_missing_ones(server: Server) -> None:
    """The reason names the header; the package is known all the same."""
    basic = "Basic Y2xpZW50OkNhbmFyeVNlY3JldE5vYm9keU1heVNlZQ=="
    server.send(
        b"grant_type=client_credentials", "application/x-www-form-urlencoded", authorization=basic
    )
    assert server.fact.package == "integration"
    assert server.fact.reason == (
        "the credentials came in an HTTP Basic header, which Marketing Cloud does not document;"
        " send client_id and client_secret in the body"
    )


def basic(credentials: str) -> str:
    return f"Basic {base64.b64encode(credentials.encode()).decode()}"


@pytest.mark.parametrize(
    ("header", "members", "error"),
    [
        pytest.param(f"client:{SECRET}", {}, None, id="header alone"),
        pytest.param(f"client:{SECRET}", {"client_id": "client"}, None, id="id in both"),
        pytest.param("client:wrong", {"client_id": "client"}, "invalid_client", id="wrong secret"),
        pytest.param(f"other:{SECRET}", {"client_id": "client"}, "invalid_client", id="two ids"),
        pytest.param(f":{SECRET}", {}, "invalid_client", id="no id"),
        pytest.param("client:", {}, "invalid_client", id="no secret"),
        pytest.param(
            "client:wrong", {"client_id": "client", "client_secret": SECRET}, None, id="all in body"
        ),
    ],
)
def test_basic_credentials_where_they_are_allowed(
    header: str, members: dict[str, str], error: str | None
) -> None:
    """The header tells what the body leaves out, if both mean the same client."""
    server = Server(config=Config(basic_auth=True))
    body = urlencode({"grant_type": "client_credentials"} | members).encode()
    server.send(body, FORM, authorization=basic(header))
    assert server.fact.error == error


@pytest.mark.parametrize(
    ("header", "members", "error"),
    [
        pytest.param("client:", {}, "invalid_grant", id="header alone"),
        pytest.param("client:", {"client_id": "client"}, "invalid_grant", id="id in both"),
        pytest.param(f"client:{SECRET}", {}, "invalid_client", id="a secret"),
        pytest.param(
            f"client:{SECRET}", {"client_id": "client"}, "invalid_client", id="a secret, id in both"
        ),
    ],
)
def test_an_empty_secret_of_a_header_is_none(
    header: str, members: dict[str, str], error: str
) -> None:
    """A public app gets as far as its code with it, and with a secret it does not."""
    package = PACKAGE._replace(type="public-app", redirect_uris=("https://127.0.0.1:80/",))
    server = Server(package, Config(basic_auth=True))
    grant = {"grant_type": "refresh_token", "refresh_token": "unknown"}
    server.send(urlencode(grant | members).encode(), FORM, authorization=basic(header))
    assert server.fact.error == error


WORDS = st.sampled_from(
    [*sorted(ASSIGNED), "journeys_read", "email_sned", "a,b", "EMAIL_READ", "\0"]
)
SPACES = st.text(" \t\n\r\u00a0", min_size=1, max_size=3)


@given(
    words=st.lists(WORDS, max_size=6),
    spaces=st.lists(SPACES, min_size=8, max_size=8),
    form=st.booleans(),
)
def test_whitespace_order_and_repetition_do_not_matter(
    words: list[str],
    spaces: list[str],
    form: bool,  # noqa: FBT001
) -> None:
    """What is granted depends on the set of the words alone."""
    text = spaces[-1] + "".join(word + space for word, space in zip(words, spaces, strict=False))
    server = Server()
    members = server.credentials | {"scope": text}
    if form:
        answer = server.send(urlencode(members).encode(), "application/x-www-form-urlencoded")
    else:
        answer = server.send(json.dumps(members).encode())
    assert server.fact.requested == set(words)
    assert server.fact.granted == (set(words) if set(words) <= ASSIGNED else None)
    assert answer.status == (200 if set(words) <= ASSIGNED else 400)


@given(words=st.lists(WORDS, max_size=6))
def test_drop_grants_what_is_assigned_in_the_order_asked(words: list[str]) -> None:
    """The rest is left out of token and answer, and still counts as requested."""
    server = Server(PACKAGE._replace(unassigned="drop"))
    told = json.loads(server.ask(scope=" ".join(words)).body)["scope"]
    assert told.split() == [word for word in dict.fromkeys(words) if word in ASSIGNED]
    assert server.fact.granted == frozenset(told.split())
    assert server.fact.requested == set(words)


@pytest.mark.parametrize("scopes", [ASSIGNED, frozenset()], ids=["some assigned", "none assigned"])
def test_an_empty_scope_grants_nothing(scopes: frozenset[str]) -> None:
    """Whether the request asks for none or the package has none."""
    server = Server(PACKAGE._replace(scopes=scopes))
    assert json.loads(server.ask(scope="").body)["scope"] == ""
    assert server.fact.granted == frozenset()


def test_a_package_without_scopes_grants_nothing() -> None:
    """Omitting `scope` gives what is assigned, and that is none."""
    server = Server(PACKAGE._replace(scopes=frozenset()))
    assert json.loads(server.ask().body)["scope"] == ""
    assert server.fact.granted == frozenset()


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
MEMBERS = st.dictionaries(
    st.sampled_from(["client_id", "client_secret", "grant_type", "scope", "account_id", "code"]),
    JSON_VALUES
    | st.sampled_from(
        ["client", SECRET, "client_credentials", "email_read", "", "authorization_code"]
    ),
)
BODIES = st.binary(max_size=40) | MEMBERS.map(lambda members: json.dumps(members).encode())
TYPES = st.sampled_from(["application/json", "application/x-www-form-urlencoded", "text/xml", ""])


@given(
    body=BODIES,
    content_type=TYPES,
    method=st.sampled_from(["POST", "GET", "PUT"]),
    authorization=st.text(max_size=10) | st.just("Basic Y2xpZW50OngK"),
    basic=st.booleans(),
)
def test_no_request_breaks_the_endpoint_or_gets_a_token_by_accident(
    body: bytes,
    content_type: str,
    method: str,
    authorization: str,
    basic: bool,  # noqa: FBT001
) -> None:
    """Junk is answered 4xx and written down, and a 4xx issues nothing."""
    server = Server(config=Config(basic_auth=basic))
    answer = server.send(body, content_type, method=method, authorization=authorization)
    granted = answer.status == 200
    assert granted or 400 <= answer.status < 500
    assert len(server.ledger.entries) == 1
    assert (len(server.state.tokens), len(server.ledger.tokens)) == (granted, granted)
    assert (server.fact.granted is not None, server.fact.token is not None) == (granted, granted)
    assert SECRET not in every_word(server.ledger)


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"scope": f"email_read {SECRET}"}, id="the secret in the scope"),
        pytest.param({"scope": f"x,{SECRET}"}, id="the secret behind a comma"),
        pytest.param({"grant_type": SECRET}, id="the secret as flow"),
        pytest.param({"client_id": SECRET, "scope": SECRET}, id="the secret as client id"),
        pytest.param(
            {"scope": "CanaryWrong1", "client_secret": "CanaryWrong1"}, id="a wrong secret"
        ),
        pytest.param({"scope": "CanaryCode1", "code": "CanaryCode1"}, id="a code"),
        pytest.param({"scope": "CanaryTokenOfAnotherTenant0"}, id="what looks like a token"),
    ],
)
def test_no_fact_holds_what_was_sent_as_a_secret(server: Server, members: dict[str, Any]) -> None:
    """Wherever a client puts it; the rest of the text stays."""
    server.ask(**members)
    assert server.fact.status >= 400
    assert "Canary" not in every_word(server.ledger)
    assert "<redacted>" in every_word(server.ledger)


def test_no_fact_holds_a_token(server: Server) -> None:
    """A token pasted into the scope parameter is told as redacted."""
    token = json.loads(server.ask().body)["access_token"]
    server.ask(scope=f"email_read {token}")
    assert server.fact.scope == "email_read <redacted>"
    assert server.fact.requested == {"email_read", "<redacted>"}
    assert token not in every_word(server.ledger)
