"""GET /v2/authorize beyond single answers: what is written down, and who has logged in."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from clouds import CloudOfOneTenant
from hypothesis import given
from hypothesis import strategies as st
from ledgers import every_word

from pytest_mcscopes.cloud.auth.token_endpoint import NO_SUCH_CLIENT
from pytest_mcscopes.cloud.fingerprints import fingerprint
from pytest_mcscopes.cloud.http import Request, Response
from pytest_mcscopes.config import Config, PackageConfig, UserConfig
from pytest_mcscopes.ledger.facts import TokenRequested

SECRET = "CanarySecretNobodyMaySee"
ASSIGNED = frozenset({"email_read", "email_send", "offline"})
NOW = 1_750_000_000.0
URI = "https://127.0.0.1:80/"
LOCAL = "http://localhost:5000/callback"
CHALLENGE = "VA79W7yEvrQis4RG_4dLmhgwtQlwmcbDgQ_BZNrsEeU"
ASKED = {"response_type": "code", "client_id": "app", "redirect_uri": URI}


class Server(CloudOfOneTenant):
    """A tenant with one web app, whose users may log in."""

    def __init__(self, *, config: Config | None = None, **package: Any) -> None:  # noqa: ANN401
        mine: dict[str, Any] = {"client_id": "app", "client_secret": SECRET, "type": "web-app"}
        mine |= {"scopes": ASSIGNED, "redirect_uris": (URI, LOCAL)}
        users = (UserConfig(name="Ada"), UserConfig(name="Grace", licensed=False))
        super().__init__(PackageConfig(**mine | package), config=config, users=users, at=NOW)

    def get(self, query: str, method: str = "GET", body: str = "") -> Response:
        headers = {"content-type": "application/x-www-form-urlencoded"} if body else {}
        return self.handle(
            Request(
                method=method,
                host="auth",
                path="/v2/authorize",
                query=query,
                headers=headers,
                body=body.encode(),
            )
        )

    def ask(self, **changes: str | None) -> dict[str, str]:
        """Send the usual query with changes, None leaves out; gives what the app is told."""
        asked = {name: value for name, value in (ASKED | changes).items() if value is not None}
        location = self.get(urlencode(asked)).headers.get("Location", "")
        return dict(parse_qsl(urlsplit(location).query))


@pytest.fixture
def server() -> Server:
    return Server()


def test_a_consent_is_written_down_whole(server: Server) -> None:
    """A code was issued, by its fingerprint, and no token yet."""
    code = server.ask(scope="email_send  email_read", state="CanaryState")["code"]
    assert server.fact == TokenRequested(
        at=NOW,
        tenant=server.state.subdomain,
        package="integration",
        client=fingerprint("app"),
        grant_type="authorize",
        scope="email_send  email_read",
        requested=frozenset({"email_read", "email_send"}),
        assigned=ASSIGNED,
        granted=None,
        token=None,
        also_issued=(fingerprint(code),),
        user="Ada",
        account_id=None,
        status=302,
    )
    shown = every_word(server.ledger)
    assert [text for text in (code, SECRET, "CanaryState") if text in shown] == []


@pytest.mark.parametrize(
    ("changes", "scope", "requested"),
    [
        pytest.param({}, None, ASSIGNED, id="omitted"),
        pytest.param({"scope": ""}, "", frozenset(), id="empty"),
        pytest.param({"scope": " email_read\t"}, " email_read\t", {"email_read"}, id="named"),
        pytest.param({"scope": "journeys_read"}, "journeys_read", {"journeys_read"}, id="refused"),
        pytest.param({"response_type": None}, None, ASSIGNED, id="omitted, refused"),
        pytest.param({"client_id": "nobody"}, None, frozenset(), id="omitted, unknown client"),
        pytest.param(
            {"redirect_uri": "https://evil.example.com", "scope": "email_read"},
            "email_read",
            {"email_read"},
            id="told on a page",
        ),
    ],
)
def test_effective_scopes(
    server: Server, changes: dict[str, str | None], scope: str | None, requested: frozenset[str]
) -> None:
    """Omitted means everything assigned, empty none; what was refused counts too."""
    server.ask(**changes)
    assert (server.fact.scope, server.fact.requested) == (scope, requested)


def test_all_scopes_count_of_a_query_that_has_it_twice(server: Server) -> None:
    """It is refused, and nothing that was asked for is hidden."""
    server.get(f"{urlencode(ASKED)}&scope=email_read&scope=email_send")
    assert server.fact.requested == {"email_read", "email_send"}
    assert server.fact.reason == "given twice: scope"


NO_URI = 'redirect_uri {} is none of package "integration", which has {}. Give it to the package'
BY_MARK = " by mc_package(redirect_uris=[...]); it is compared to the letter"


@pytest.mark.parametrize(
    ("package", "changes", "error", "reason"),
    [
        pytest.param(
            {},
            {"client_id": None},
            "invalid_client",
            "client_id is missing, or given twice",
            id="no client id",
        ),
        pytest.param(
            {},
            {"client_id": "nobody"},
            "invalid_client",
            NO_SUCH_CLIENT,
            id="unknown client id",
        ),
        pytest.param(
            {},
            {"redirect_uri": ""},
            "invalid_request",
            "redirect_uri is missing, or given twice",
            id="no redirect URI",
        ),
        pytest.param(
            {},
            {"redirect_uri": "https://127.0.0.1:80"},
            "invalid_request",
            NO_URI.format("https://127.0.0.1:80", f"{URI}, {LOCAL}") + BY_MARK,
            id="another redirect URI",
        ),
        pytest.param(
            {"type": "server-to-server", "redirect_uris": ()},
            {},
            "invalid_request",
            NO_URI.format(URI, "none: it is server-to-server")
            + BY_MARK.replace("redirect_uris", 'type="web-app", redirect_uris'),
            id="no app",
        ),
        pytest.param(
            {"type": "server-to-server"},
            {},
            "unauthorized_client",
            'package "integration" is server-to-server, and no user logs in to that. If it is to be'
            ' an app, write mc_package(type="web-app")',
            id="no app, with a redirect URI",
        ),
        pytest.param(
            {"enabled": False},
            {},
            "unauthorized_client",
            'package "integration" is not enabled',
            id="not enabled",
        ),
        pytest.param(
            {},
            {"response_type": ""},
            "invalid_request",
            "response_type is missing; send response_type=code",
            id="no response type",
        ),
        pytest.param(
            {},
            {"response_type": "id_token"},
            "unsupported_response_type",
            "response_type is not code",
            id="another response type",
        ),
        pytest.param(
            {},
            {"scope": "email_sned journeys_read"},
            "invalid_scope",
            'not assigned to package "integration": email_sned (did you mean email_send?),'
            " journeys_read",
            id="unassigned",
        ),
        pytest.param(
            {},
            {"code_challenge_method": "S256"},
            "invalid_request",
            "code_challenge_method without code_challenge",
            id="method alone",
        ),
        pytest.param(
            {},
            {"code_challenge": CHALLENGE},
            "invalid_request",
            "code_challenge_method must be S256, never plain",
            id="challenge alone",
        ),
        pytest.param(
            {},
            {"code_challenge": CHALLENGE, "code_challenge_method": "plain"},
            "invalid_request",
            "code_challenge_method must be S256, never plain",
            id="plain",
        ),
        pytest.param(
            {},
            {"code_challenge": CHALLENGE + "=", "code_challenge_method": "S256"},
            "invalid_request",
            "code_challenge is no SHA-256 in base64url, 43 characters",
            id="padded challenge",
        ),
        pytest.param(
            {"pkce": "require"},
            {},
            "invalid_request",
            "code_challenge is missing, and pkce is required",
            id="required challenge",
        ),
    ],
)
def test_a_refusal_says_why(
    package: dict[str, Any], changes: dict[str, str | None], error: str, reason: str
) -> None:
    """The fact tells more than the app is told; nobody has logged in."""
    server = Server(**package)
    server.ask(**changes)
    assert (server.fact.error, server.fact.reason) == (error, reason)
    assert (server.fact.user, server.fact.also_issued) == (None, ())


@pytest.mark.parametrize(
    ("setting", "package", "refused"),
    [
        pytest.param("optional", None, False, id="optional"),
        pytest.param("require", None, True, id="required"),
        pytest.param("require", "optional", False, id="a package's own setting"),
    ],
)
def test_whether_pkce_is_required(setting: Any, package: Any, *, refused: bool) -> None:  # noqa: ANN401
    """By the setting, and by that of the package before."""
    server = Server(config=Config(pkce=setting), pkce=package)
    assert ("error" in server.ask()) is refused
    assert "code" in server.ask(code_challenge=CHALLENGE, code_challenge_method="S256")


def test_a_user_without_a_licence_gets_no_code(server: Server) -> None:
    """The error is the one that was seen on call-backs."""
    server.state.set_browser_user(server.state.users.by_name["Grace"])
    assert server.ask(state="s")["error"] == "user_not_licensed"
    assert server.fact.reason == 'user "Grace" has no licence'


def test_who_sat_there_before_is_told(server: Server) -> None:
    """So that a visit can be taken back; without any it is the first user."""
    grace = server.state.users.by_name["Grace"]
    assert server.state.browser_user.name == "Ada"
    assert server.state.set_browser_user(grace) is None
    assert server.state.browser_user is grace
    assert server.state.set_browser_user(None) is grace
    assert server.state.browser_user.name == "Ada"


def test_a_denial_comes_once(server: Server) -> None:
    """The next attempt of the same user goes through."""
    server.state.fault_queue.order("authorize", "denied")
    assert server.ask(state="s") == {
        "error": "access_denied",
        "error_description": "The user denied the request.",
        "error_uri": "https://developer.salesforce.com/docs",
        "state": "s",
    }
    assert (server.fact.error, server.fact.status) == ("access_denied", 302)
    assert server.fact.reason == "deny()"
    assert "code" in server.ask(state="s")


@pytest.mark.parametrize(
    ("uri", "remark"),
    [
        pytest.param(URI, "", id="taken"),
        pytest.param(
            LOCAL,
            f"redirect URI {LOCAL}: the real Marketing Cloud refuses it, it is http:// and not"
            " https://",
            id="of this machine",
        ),
    ],
)
def test_what_the_vendor_would_refuse_is_remarked(server: Server, uri: str, remark: str) -> None:
    """The test goes on, and its report says so."""
    assert "code" in server.ask(redirect_uri=uri)
    assert server.fact.remark == remark


@pytest.mark.parametrize(
    ("uri", "joint"),
    [
        pytest.param("exampleapp://back/%7Eme?step=2&x=a%20b", "&", id="query, odd characters"),
        pytest.param("exampleapp:///callback", "?", id="three slashes"),
        pytest.param("com.example.app:/callback", "?", id="one slash"),
        pytest.param("https://127.0.0.1:80", "?", id="no path"),
    ],
)
def test_the_call_back_keeps_what_the_redirect_uri_has(uri: str, joint: str) -> None:
    """To the letter, with the parameters at its end."""
    server = Server(redirect_uris=(uri,))
    location = server.get(urlencode(ASKED | {"redirect_uri": uri})).headers["Location"]
    assert location.startswith(f"{uri}{joint}code=mccode")


AS_FORM = urlencode(ASKED | {"scope": "email_read"})


@pytest.mark.parametrize(
    ("query", "body", "requested"),
    [
        pytest.param(AS_FORM, "", {"email_read"}, id="in the query"),
        pytest.param("", AS_FORM, {"email_read"}, id="in a form"),
        pytest.param("scope=email_send", AS_FORM, {"email_read", "email_send"}, id="in both"),
        pytest.param("", urlencode(ASKED), ASSIGNED, id="omitted in a form"),
    ],
)
def test_another_method_is_written_down_with_what_it_asked_for(
    server: Server, query: str, body: str, requested: frozenset[str]
) -> None:
    """POST, as a form that should have been a link, is an attempt like any other."""
    server.get(query, "POST", body)
    assert (server.fact.status, server.fact.package) == (405, "integration")
    assert server.fact.requested == requested
    assert server.fact.reason == "the method is POST; use GET"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"client_secret": SECRET}, id="the secret"),
        pytest.param({"redirect_uri": f"https://127.0.0.1/{SECRET}"}, id="in the redirect URI"),
        pytest.param({"scope": f"email_read {SECRET}"}, id="in the scope"),
        pytest.param({"scope": "CanaryWrong1", "client_secret": "CanaryWrong1"}, id="a wrong one"),
        pytest.param({"client_id": SECRET}, id="as client id"),
        pytest.param({"code_challenge": SECRET}, id="as challenge"),
        pytest.param({"response_type": SECRET}, id="as response type"),
    ],
)
def test_no_fact_holds_a_secret(server: Server, changes: dict[str, str | None]) -> None:
    """Wherever an app puts it."""
    server.ask(**changes)
    assert "Canary" not in every_word(server.ledger)


def test_a_link_has_no_body(server: Server) -> None:
    """What comes in the body of a GET is none of its parameters."""
    server.get(urlencode(ASKED | {"scope": "email_read"}), body="scope=email_send")
    assert server.fact.status == 302
    assert server.fact.requested == {"email_read"}


@pytest.mark.parametrize("where", ["scope", "redirect_uri", "code_challenge", "state"])
def test_no_fact_holds_a_code(server: Server, where: str) -> None:
    """One that comes back in a later link is told as redacted, if at all."""
    code = server.ask()["code"]
    server.ask(**{where: f"https://127.0.0.1/?code={code}"})
    assert code not in every_word(server.ledger)


PARAMETERS = [*ASKED, "scope", "state", "code_challenge", "code_challenge_method"]
VALUES = ["code", "app", URI, "email_read", "S256", CHALLENGE, "", "é\0\n", "#&=%"]
QUERIES = st.lists(
    st.tuples(st.sampled_from(PARAMETERS), st.sampled_from(VALUES) | st.text(max_size=9)),
    max_size=7,
)


@given(extra=QUERIES, usual=st.booleans(), state=st.text(min_size=1, max_size=9))
def test_no_query_breaks_the_endpoint_or_leaves_the_app_s_address(
    extra: list[tuple[str, str]],
    usual: bool,  # noqa: FBT001
    state: str,
) -> None:
    """Either a page, or a call-back with a code or an error, and the state that came."""
    server = Server()
    pairs = [*(ASKED.items() if usual else ()), ("state", state), *extra]
    answer = server.get(urlencode(pairs, errors="replace"))
    location = answer.headers.get("Location")
    told = parse_qs(urlsplit(location or "").query)
    once = [name for name, _ in pairs].count("state") == 1
    assert answer.status == (400 if location is None else 302)
    assert (location or f"{URI}?code=").startswith((f"{URI}?code=", f"{URI}?error="))
    assert (len(server.ledger.entries), len(server.fact.also_issued)) == (
        1,
        len(told.get("code", ())),
    )
    as_sent = parse_qs(urlencode({"state": state}, errors="replace"))["state"]
    assert told.get("state") == (as_sent if location and once else None)
