"""From a code to tokens, and from a refresh token to new ones: what is granted and written down."""

from __future__ import annotations

import base64
import json
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from clouds import CloudOfOneTenant
from ledgers import every_word
from messages import authorized, token_request

from pytest_mcscopes.cloud.fingerprints import fingerprint
from pytest_mcscopes.cloud.http import Admitted, Request, Response
from pytest_mcscopes.config import Config, PackageConfig, UserConfig
from pytest_mcscopes.ledger.facts import CallMade, TokenRequested

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET = "CanarySecretNobodyMaySee"
OTHER = "CanarySecretOfTheOtherApp"
ASSIGNED = frozenset({"email_read", "email_send", "email_write", "offline"})
NOW = 1_750_000_000.0
DAY = 86_400
URI = "https://127.0.0.1:80/"
VERIFIER = "CanaryVerifier-with-43-characters-or-more-0"
CHALLENGE = "VA79W7yEvrQis4RG_4dLmhgwtQlwmcbDgQ_BZNrsEeU"
BY_AUTHORIZE = (
    "mc_tenant.authorize(url) lets a user log in, and gives the address of the call-back with a"
    " code that is good"
)
BY_EXCHANGE = (
    "A user logs in by mc_tenant.authorize(url), and the code that comes back is exchanged for one"
)
WITH_PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}


class App(CloudOfOneTenant):
    """A web app at a tenant of two apps and two users, and the moment in which it asks."""

    def __init__(self, *, config: Config | None = None, **package: Any) -> None:  # noqa: ANN401
        mine: dict[str, Any] = {"client_id": "app", "client_secret": SECRET, "type": "web-app"}
        mine |= {"scopes": ASSIGNED, "account_id": 7, "business_units": (8,)}
        other = PackageConfig(name="other", type="web-app", client_id="other", client_secret=OTHER)
        users = (UserConfig(name="Ada"), UserConfig(name="Grace"))
        packages = PackageConfig(**mine | package), other
        super().__init__(*packages, config=config, users=users, at=NOW)

    def send(self, request: Request) -> Response:
        answer = self.cloud.handle(request, self.at)
        return answer.otherwise if isinstance(answer, Admitted) else answer

    def authorize(self, scope: str | None = None, **query: str) -> str:
        """Let the user who sits at the browser log in; gives the code."""
        asked = {"response_type": "code", "client_id": "app", "redirect_uri": URI, **query}
        asked |= {} if scope is None else {"scope": scope}
        request = Request(method="GET", host="auth", path="/v2/authorize", query=urlencode(asked))
        location = self.send(request).headers["Location"]
        return parse_qs(urlsplit(location).query)["code"][0]

    def ask(self, **members: object) -> dict[str, str]:
        """Send what is given, and the credentials; gives the body of the answer."""
        form = {"client_id": "app", "client_secret": SECRET, **members}
        body = {name: value for name, value in form.items() if value is not None}
        answer = self.send(token_request(body))
        told: dict[str, str] = json.loads(answer.body)
        return told

    def exchange(self, text: str, /, scope: str | None = None, **members: Any) -> dict[str, str]:  # noqa: ANN401
        grant = {"grant_type": "authorization_code", "code": text, "redirect_uri": URI}
        return self.ask(**{**grant, "scope": scope, **members})

    def refresh(self, text: str, /, scope: str | None = None, **members: Any) -> dict[str, str]:  # noqa: ANN401
        grant = {"grant_type": "refresh_token", "refresh_token": text}
        return self.ask(**{**grant, "scope": scope, **members})

    def connect(self, scope: str | None = None, **query: str) -> dict[str, str]:
        """Go the usual way to a pair of tokens."""
        return self.exchange(self.authorize(scope, **query))

    def lives(self, token: str) -> bool:
        """Ask the REST host, which tells whose token it is."""
        request = authorized(token, "/platform/v1/tokenContext", method="GET")
        return {202: True, 401: False}[self.send(request).status]


@pytest.fixture
def app() -> App:
    return App()


def test_an_exchange_is_written_down_whole(app: App) -> None:
    """The fact tells for whom, what came before, and what came with the access token."""
    code = app.authorize("email_send  email_read")
    told = app.exchange(code, account_id="8")
    assert app.fact == TokenRequested(
        at=NOW,
        tenant=app.state.subdomain,
        package="integration",
        client=fingerprint("app"),
        grant_type="authorization_code",
        scope=None,
        requested=frozenset({"email_read", "email_send"}),
        assigned=ASSIGNED,
        granted=frozenset({"email_read", "email_send"}),
        token=fingerprint(told["access_token"]),
        also_issued=(fingerprint(told["refresh_token"]),),
        presented=fingerprint(code),
        user="Ada",
        expires_in=1079,
        account_id=8,
        status=200,
    )


def test_a_refresh_is_written_down_whole(app: App) -> None:
    """It renews the refresh token that was presented, for the same user."""
    old = app.connect("offline email_read")["refresh_token"]
    told = app.refresh(old, "email_read")
    assert app.fact == TokenRequested(
        at=NOW,
        tenant=app.state.subdomain,
        package="integration",
        client=fingerprint("app"),
        grant_type="refresh_token",
        scope="email_read",
        requested=frozenset({"email_read"}),
        assigned=ASSIGNED,
        granted=frozenset({"email_read"}),
        token=fingerprint(told["access_token"]),
        also_issued=(fingerprint(told["refresh_token"]),),
        presented=fingerprint(old),
        user="Ada",
        expires_in=1079,
        account_id=7,
        status=200,
    )


def names(text: str | None) -> frozenset[str] | None:
    return None if text is None else frozenset(text.split())


ALL = " ".join(sorted(ASSIGNED))
TWO = "email_send email_read"


@pytest.mark.parametrize(
    ("authorized", "exchanged", "requested", "granted"),
    [
        pytest.param(None, None, ALL, ALL, id="omitted at both"),
        pytest.param(None, "", "", "", id="omitted, then empty"),
        pytest.param(None, "email_read", "email_read", "email_read", id="omitted, then named"),
        pytest.param("", None, "", "", id="empty, then omitted"),
        pytest.param("", "", "", "", id="empty at both"),
        pytest.param("", "email_read", "email_read", None, id="empty, then named"),
        pytest.param(TWO, None, TWO, TWO, id="named, then omitted"),
        pytest.param(TWO, "", "", "", id="named, then empty"),
        pytest.param(TWO, "email_read", "email_read", "email_read", id="named, then fewer"),
        pytest.param(TWO, ALL, ALL, None, id="named, then more"),
    ],
)
@pytest.mark.parametrize("step", ["exchange", "refresh"])
def test_scopes_are_narrowed_and_never_widened(
    step: str, authorized: str | None, exchanged: str | None, requested: str, granted: str | None
) -> None:
    """Omitted means what is held, empty means none, at a refresh as at an exchange."""
    app = App()
    if step == "exchange":
        app.exchange(app.authorize(authorized), exchanged)
    else:
        app.refresh(app.connect(authorized)["refresh_token"], exchanged)
    assert app.fact.requested == names(requested)
    assert app.fact.granted == names(granted)
    assert (app.fact.error == "invalid_scope") is (granted is None)


def test_what_was_narrowed_stays_narrow(app: App) -> None:
    """A refresh may ask for what the refresh before it carried, and no more."""
    narrow = app.refresh(app.connect(TWO)["refresh_token"], "email_read")["refresh_token"]
    assert app.refresh(narrow)["scope"] == "email_read"
    assert app.refresh(narrow, "email_send")["error"] == "invalid_scope"
    assert app.refresh(narrow, "")["scope"] == ""


def test_drop_leaves_out_what_is_not_held() -> None:
    """Of the named ones those stay that were authorized, in the order asked."""
    app = App(unassigned="drop")
    pair = app.connect("journeys_read email_send email_read")
    assert pair["scope"] == "email_send email_read"
    told = app.refresh(pair["refresh_token"], "email_write email_read email_send")
    assert told["scope"] == "email_read email_send"
    assert app.fact.requested == {"email_write", "email_read", "email_send"}


@pytest.mark.parametrize(
    ("members", "error", "reason"),
    [
        pytest.param({"code": None}, "invalid_request", "code is missing", id="no code"),
        pytest.param({"code": 5}, "invalid_request", "code is missing", id="code no text"),
        pytest.param(
            {"code": "unknown"},
            "invalid_grant",
            f'package "integration" was never given this code. {BY_AUTHORIZE}',
            id="unknown code",
        ),
        pytest.param(
            {"client_id": "other", "client_secret": OTHER},
            "invalid_grant",
            f'package "other" was never given this code. {BY_AUTHORIZE}',
            id="code of another package",
        ),
        pytest.param(
            {"redirect_uri": None},
            "invalid_request",
            "redirect_uri is missing; send that of the authorize request",
            id="no redirect URI",
        ),
        pytest.param(
            {"redirect_uri": "https://127.0.0.1:80"},
            "invalid_grant",
            "redirect_uri is not the one of the authorize request",
            id="another redirect URI",
        ),
        pytest.param(
            {"code_verifier": None},
            "invalid_grant",
            "code_verifier is missing: the authorize request had a challenge",
            id="no verifier",
        ),
        pytest.param(
            {"code_verifier": CHALLENGE},
            "invalid_grant",
            "code_verifier does not fit the challenge",
            id="wrong verifier",
        ),
        pytest.param(
            {"code_verifier": VERIFIER[:42]},
            "invalid_grant",
            "code_verifier is no text of 43 to 128 letters, digits, - . _ or ~",
            id="short verifier",
        ),
        pytest.param(
            {"code_verifier": 5},
            "invalid_request",
            "code_verifier is no text; send it as a string",
            id="verifier no text",
        ),
        pytest.param(
            {"scope": "email_read email_write nonsense"},
            "invalid_scope",
            "wider than what the user has let the app do: email_write nonsense",
            id="wider",
        ),
        pytest.param(
            {"account_id": 9},
            "invalid_client",
            'account_id names no business unit that package "integration" is enabled in (7, 8)',
            id="business unit",
        ),
    ],
)
def test_a_refused_exchange_says_why_and_leaves_the_code(
    app: App, members: Mapping[str, Any], error: str, reason: str
) -> None:
    """Only a code that was taken is used up."""
    code = app.authorize(TWO, **WITH_PKCE)
    refused = app.exchange(code, **{"code_verifier": VERIFIER, **members})
    assert (refused["error"], app.fact.error, app.fact.reason) == (error, error, reason)
    assert (app.fact.granted, app.fact.token, app.fact.also_issued) == (None, None, ())
    assert app.exchange(code, code_verifier=VERIFIER)["scope"] == TWO


def test_a_code_verifier_without_a_challenge_is_refused(app: App) -> None:
    """Else an attacker could strip the challenge of the authorize request (RFC 9700, 4.8.2)."""
    assert app.exchange(app.authorize(), code_verifier=VERIFIER)["error"] == "invalid_grant"
    assert app.fact.reason == "code_verifier was sent, but the authorize request had no challenge"


@pytest.mark.parametrize(
    ("verifier", "taken"),
    [
        pytest.param("v" * 42, False, id="too short"),
        pytest.param("v" * 43, True, id="shortest"),
        pytest.param("aZ09-._~" * 16, True, id="longest, all characters"),
        pytest.param("v" * 129, False, id="too long"),
        pytest.param("v" * 42 + "+", False, id="another character"),
        pytest.param("v" * 43 + "\n", False, id="line break at the end"),
        pytest.param("\u00fc" * 43, False, id="no ASCII"),
    ],
)
def test_what_a_code_verifier_may_be(app: App, verifier: str, *, taken: bool) -> None:
    """43 to 128 characters (RFC 7636, section 4.1), even where it fits the challenge."""
    challenge = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    code = app.authorize(code_challenge=challenge, code_challenge_method="S256")
    assert ("access_token" in app.exchange(code, code_verifier=verifier)) is taken
    assert app.fact.error == (None if taken else "invalid_grant")


@pytest.mark.parametrize(
    "verifier", [5, True, [], {}], ids=["number", "boolean", "array", "object"]
)
def test_a_code_verifier_that_is_no_text_is_refused(app: App, verifier: object) -> None:
    """With no challenge too: it is there, whatever it is."""
    assert app.exchange(app.authorize(), code_verifier=verifier)["error"] == "invalid_request"
    assert app.fact.reason == "code_verifier is no text; send it as a string"


def test_an_empty_code_verifier_is_none(app: App) -> None:
    """A parameter without a value counts as left out (RFC 6749, section 3.2)."""
    assert "access_token" in app.exchange(app.authorize(), code_verifier="")


@pytest.mark.parametrize(
    ("members", "error", "reason"),
    [
        pytest.param(
            {"refresh_token": ""}, "invalid_request", "refresh_token is missing", id="none"
        ),
        pytest.param(
            {"refresh_token": "unknown"},
            "invalid_grant",
            f'package "integration" was never given this refresh token. {BY_EXCHANGE}',
            id="unknown",
        ),
        pytest.param(
            {"client_id": "other", "client_secret": OTHER},
            "invalid_grant",
            f'package "other" was never given this refresh token. {BY_EXCHANGE}',
            id="of another package",
        ),
        pytest.param(
            {"scope": ALL},
            "invalid_scope",
            "wider than what the user has let the app do: email_write offline",
            id="wider",
        ),
        pytest.param(
            {"account_id": "9"},
            "invalid_client",
            'account_id names no business unit that package "integration" is enabled in (7, 8)',
            id="business unit",
        ),
    ],
)
def test_a_refused_refresh_says_why_and_leaves_the_refresh_token(
    members: Mapping[str, Any], error: str, reason: str
) -> None:
    """Only a refresh token that was taken is used up."""
    app = App(config=Config(rotation="strict"))
    token = app.connect(TWO)["refresh_token"]
    assert app.refresh(token, **members)["error"] == error
    assert (app.fact.error, app.fact.reason) == (error, reason)
    assert app.refresh(token)["scope"] == TWO


@pytest.mark.parametrize(
    ("step", "after", "reason"),
    [
        pytest.param("exchange", 300, "the code expired", id="code"),
        pytest.param("refresh", 30 * DAY, "the refresh token expired", id="refresh token"),
    ],
)
def test_codes_and_refresh_tokens_expire(app: App, step: str, after: float, reason: str) -> None:
    """They work up to the last moment, and not in it."""
    present = {
        "exchange": (app.exchange, app.authorize()),
        "refresh": (app.refresh, app.connect()["refresh_token"]),
    }
    ask, text = present[step]
    app.at = NOW + after
    assert ask(text)["error"] == "invalid_grant"
    assert (app.fact.reason, app.fact.presented) == (reason, fingerprint(text))
    assert (app.fact.requested, app.fact.user) == (ASSIGNED, "Ada")
    app.at -= 0.001
    assert ask(text)["token_type"] == "Bearer"


def test_lives_are_settings() -> None:
    """Codes and refresh tokens live as long as the settings say."""
    app = App(config=Config(code_life=10, refresh_life=20))
    code, late = app.authorize(), app.authorize()
    app.at += 9
    pair = app.exchange(code)
    app.at += 1
    assert app.exchange(late)["error"] == "invalid_grant"
    app.at += 18
    assert "access_token" in app.refresh(pair["refresh_token"])
    app.at += 1
    assert app.refresh(pair["refresh_token"])["error"] == "invalid_grant"


def test_a_code_that_comes_again_ends_all_that_came_of_it(app: App) -> None:
    """Refreshed tokens too; what the user has let the app do another time stays."""
    code = app.authorize(TWO)
    first, other = app.exchange(code), app.connect(TWO)
    second = app.refresh(first["refresh_token"])
    assert app.exchange(code)["error"] == "invalid_grant"
    assert app.fact.reason == "the code was used before, or ended with a log-out"
    assert app.fact.requested == names(TWO)
    mine = [pair["access_token"] for pair in (first, second)]
    assert [app.lives(token) for token in (*mine, other["access_token"])] == [False, False, True]
    assert app.refresh(second["refresh_token"])["error"] == "invalid_grant"
    assert app.fact.reason == "the refresh token was revoked, or ended with a log-out"
    assert app.fact.status == 401
    assert app.refresh(other["refresh_token"])["scope"] == TWO


@pytest.mark.parametrize(
    ("rotation", "works"),
    [
        pytest.param("strict", [True, False, False], id="strict"),
        pytest.param("grace", [True, True, True], id="grace"),
        pytest.param("reusable", [True, True, True], id="reusable"),
    ],
)
def test_rotation(rotation: Any, works: list[bool]) -> None:  # noqa: ANN401 - one of the words
    """A used refresh token works never again, for 5 more minutes, or for good."""
    app = App(config=Config(rotation=rotation))
    token = app.connect()["refresh_token"]
    assert ["access_token" in app.refresh(token) for _ in works] == works


def test_the_grace_counts_from_the_first_use(app: App) -> None:
    """Using a refresh token again within its 5 minutes does not make them longer."""
    token = app.connect()["refresh_token"]
    for moment in (0, 200, 299.9):
        app.at = NOW + moment
        assert "access_token" in app.refresh(token)
    app.at = NOW + 300
    assert app.refresh(token)["error"] == "invalid_grant"
    assert app.fact.reason == "the refresh token was used before, and works no more"


@pytest.mark.parametrize(("rotation", "later"), [("strict", 0), ("grace", 300)])
def test_a_refresh_token_that_comes_again_too_late_ends_the_session(
    rotation: Any,  # noqa: ANN401 - one of the words
    later: float,
) -> None:
    """One of the two who have it has stolen it: neither is to go on."""
    app = App(config=Config(rotation=rotation))
    first, other = app.connect(), app.connect()
    second = app.refresh(first["refresh_token"])
    app.at += later
    assert app.refresh(first["refresh_token"])["error"] == "invalid_grant"
    assert not app.lives(second["access_token"])
    assert app.refresh(second["refresh_token"])["error"] == "invalid_grant"
    assert app.fact.status == 401
    assert "access_token" in app.refresh(other["refresh_token"])


def test_a_reusable_refresh_token_remembers_what_it_was_narrowed_to() -> None:
    """Its text stays for its whole life; scopes and business unit are those of the last use."""
    app = App(config=Config(rotation="reusable"))
    pair = app.connect(TWO)
    told = app.refresh(pair["refresh_token"], "email_read", account_id=8)
    assert told["refresh_token"] == pair["refresh_token"]
    assert app.fact.also_issued == ()
    app.at += 29 * DAY
    again = app.refresh(pair["refresh_token"])
    assert (again["scope"], app.fact.account_id) == ("email_read", 8)
    assert app.refresh(pair["refresh_token"], "email_send")["error"] == "invalid_scope"
    app.at += DAY
    assert app.refresh(pair["refresh_token"])["error"] == "invalid_grant"
    assert app.fact.reason == "the refresh token expired"


def test_account_id_at_a_refresh_switches_the_business_unit_and_stays(app: App) -> None:
    """The new refresh token is bound to the new one, the old one to the old."""
    first = app.connect()["refresh_token"]
    second = app.refresh(first, account_id="8")["refresh_token"]
    units = [app.fact.account_id]
    for token in (second, first):
        app.refresh(token)
        units.append(app.fact.account_id)
    assert units == [8, 8, 7]


@pytest.mark.parametrize(
    ("scope", "refresh_tokens"),
    [
        pytest.param("email_read", [], id="without offline"),
        pytest.param("email_read offline", ["refresh_token"], id="with offline"),
    ],
)
def test_a_refresh_token_only_with_offline(scope: str, refresh_tokens: list[str]) -> None:
    """Where the setting says so; the fact has no refresh token either."""
    app = App(config=Config(refresh_tokens="offline"))
    pair = app.connect(scope)
    assert [name for name in pair if name == "refresh_token"] == refresh_tokens
    assert len(app.fact.also_issued) == len(refresh_tokens)


def test_a_refresh_that_leaves_offline_out_is_the_last_one() -> None:
    """Where it takes `offline` to get a refresh token."""
    app = App(config=Config(refresh_tokens="offline"))
    token = app.connect("email_read offline")["refresh_token"]
    assert "refresh_token" not in app.refresh(token, "email_read")


def test_a_log_out_ends_what_has_no_offline(app: App) -> None:
    """Access tokens, refresh tokens and codes of this user, and of no other (documented)."""
    user, other = app.state.users.by_name["Ada"], app.state.users.by_name["Grace"]
    plain, kept = app.connect("email_read"), app.connect("email_read offline")
    code = app.authorize("offline")
    app.state.set_browser_user(other)
    others = app.connect("email_read")
    app.state.tokens.log_out(user)
    pairs = (plain, kept, others)
    assert [app.lives(pair["access_token"]) for pair in pairs] == [False, True, True]
    renewed = ["access_token" in app.refresh(pair["refresh_token"]) for pair in pairs]
    assert renewed == [False, True, True]
    assert app.exchange(code)["error"] == "invalid_grant"


def test_a_log_out_leaves_server_to_server_tokens_alone(app: App) -> None:
    """They act for no user."""
    token = app.state.tokens.issue(app.package, ASSIGNED - {"offline"}, 7, NOW)
    app.state.tokens.log_out(app.state.users.by_name["Ada"])
    assert token.lives(NOW)


def test_revocation(app: App) -> None:
    """An access token ends alone; a refresh token with all that came of the same log-in."""
    pair, code = app.connect(), app.authorize()
    assert app.state.tokens.revoke(pair["access_token"])
    assert not app.lives(pair["access_token"])
    renewed = app.refresh(pair["refresh_token"])
    assert app.lives(renewed["access_token"])
    assert app.state.tokens.revoke(pair["refresh_token"])
    assert not app.lives(renewed["access_token"])
    assert app.refresh(renewed["refresh_token"])["error"] == "invalid_grant"
    assert not app.state.tokens.revoke(code)
    assert "access_token" in app.exchange(code)


def test_a_code_of_a_revoked_session_is_refused(app: App) -> None:
    """Another reason than that it was used, and the status of an ended session."""
    code = app.authorize()
    found = app.state.tokens.find_code(code)
    assert found is not None
    found.grant.revoked = True
    assert app.exchange(code)["error"] == "invalid_grant"
    assert (app.fact.status, app.fact.reason) == (401, "the session of the code was revoked")


def test_two_users_never_mix(app: App) -> None:
    """Each code is of the user who sat at the browser when it was issued."""
    ada = app.authorize()
    app.state.set_browser_user(app.state.users.by_name["Grace"])
    grace = app.authorize()
    said = []
    for code in (ada, grace):
        pair = app.exchange(code)
        said.append(app.fact.user)
        app.refresh(pair["refresh_token"])
        said.append(app.fact.user)
    assert said == ["Ada", "Ada", "Grace", "Grace"]


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        pytest.param(
            {},
            'package "integration" is a public app, which has no secret: a secret that ships with'
            " an app is none. Leave client_secret out",
            id="the package's",
        ),
        pytest.param({"client_secret": ""}, None, id="empty"),
        pytest.param({"client_secret": None}, None, id="none"),
    ],
)
def test_a_public_app_has_no_secret(members: dict[str, Any], reason: str | None) -> None:
    """One that sends a secret has shipped it to everybody."""
    app = App(type="public-app")
    code = app.authorize()
    assert ("access_token" in app.exchange(code, **members)) is (reason is None)
    assert app.fact.reason == reason


def test_what_a_package_loses_is_in_no_new_token(app: App) -> None:
    """Old tokens keep theirs; what comes back later was held all the time."""
    code, first = app.authorize(), app.connect()
    app.state.later.assign(app.package, frozenset({"email_read", "openid"}), NOW + 60)
    assert app.exchange(app.authorize("email_send"))["scope"] == "email_send"
    app.at += 60
    assert app.exchange(code)["scope"] == "email_read"
    assert app.fact.assigned == {"email_read", "openid"}
    assert app.refresh(first["refresh_token"])["scope"] == "email_read"
    assert app.refresh(first["refresh_token"], "email_send")["error"] == "invalid_scope"
    assert app.lives(first["access_token"])
    app.state.later.assign(app.package, ASSIGNED, app.at)
    assert names(app.refresh(first["refresh_token"])["scope"]) == ASSIGNED


def test_a_scope_that_the_server_drops_is_missing_once(app: App) -> None:
    """The test ordered it for one access token; the refresh token still stands for the scope."""
    app.state.fault_queue.order("token", "dropped_scope", scope="email_send")
    pair = app.connect(TWO)
    assert (pair["scope"], app.fact.requested) == ("email_read", names(TWO))
    assert app.fact.granted == names("email_read")
    assert app.refresh(pair["refresh_token"])["scope"] == TWO


@pytest.mark.parametrize("step", ["exchange", "refresh"])
@pytest.mark.parametrize(
    ("ordered", "members", "status"),
    [
        pytest.param("unavailable", {}, 503, id="fault"),
        pytest.param("rate_limited", {}, 429, id="rate limit"),
        pytest.param(None, {"client_secret": "wrong"}, 401, id="wrong secret"),
        pytest.param(None, {"client_secret": None}, 401, id="no secret"),
        pytest.param(None, {"scope": 5}, 400, id="a scope that is no text"),
    ],
)
def test_what_is_refused_early_belongs_to_the_log_in_all_the_same(
    app: App,
    step: str,
    ordered: Any,  # noqa: ANN401 - one of the words
    members: Mapping[str, Any],
    status: int,
) -> None:
    """The fact tells what was presented, for whom, and what scopes it stands for."""
    ask, text = {
        "exchange": (app.exchange, app.authorize(TWO)),
        "refresh": (app.refresh, app.connect(TWO)["refresh_token"]),
    }[step]
    if ordered:
        app.state.fault_queue.order("token", ordered)
    ask(text, **members)
    assert (app.fact.status, app.fact.granted) == (status, None)
    assert (app.fact.presented, app.fact.user) == (fingerprint(text), "Ada")
    assert app.fact.requested == (names(TWO) if "scope" not in members else {"5"})


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"client_id": "other", "client_secret": OTHER}, id="another package"),
        pytest.param({"client_id": "nobody"}, id="no package"),
    ],
)
def test_a_log_in_is_told_to_no_other_package(app: App, members: Mapping[str, Any]) -> None:
    """That it came is written down, and neither its scopes nor its user are the other's."""
    token = app.connect(TWO)["refresh_token"]
    app.refresh(token, **members)
    assert app.fact.presented == fingerprint(token)
    assert (app.fact.user, app.fact.requested) == (None, frozenset())


def test_a_code_belongs_to_no_other_grant(app: App) -> None:
    """Whoever sends one along with another grant type presents nothing."""
    app.ask(grant_type="client_credentials", code=app.authorize(TWO))
    assert (app.fact.error, app.fact.presented) == ("unauthorized_client", None)


@pytest.mark.parametrize("step", ["exchange", "refresh"])
def test_an_ordered_fault_uses_nothing_up(step: str) -> None:
    """The retry of a client that met one works."""
    app = App(config=Config(rotation="strict"))
    ask, text = {
        "exchange": (app.exchange, app.authorize()),
        "refresh": (app.refresh, app.connect()["refresh_token"]),
    }[step]
    app.state.fault_queue.order("token", "unavailable")
    assert "access_token" not in ask(text)
    assert "access_token" in ask(text)


def test_what_is_issued_looks_like_the_vendors(app: App) -> None:
    """A refresh token is like an access token but for a member; a code is shorter than 512."""
    code = app.authorize()
    token = app.exchange(code)["refresh_token"]
    _, payload, _, _ = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert len(token) == 512
    assert re.fullmatch(r"[A-Za-z0-9]{24}", claims["refresh_token"])
    assert (claims["client_type"], "access_token" in claims) == ("Confidential", False)
    assert re.fullmatch(r"mccode[A-Za-z0-9]{34}", code)


@pytest.mark.parametrize("form", ["segments", "opaque"])
def test_nothing_is_issued_twice_and_all_of_it_is_redacted(form: Any) -> None:  # noqa: ANN401
    """Codes, access tokens and refresh tokens, in whatever text."""
    app = App(config=Config(token_form=form))
    issued: list[str] = []
    for _ in range(20):
        code = app.authorize()
        pair = app.exchange(code)
        issued += [code, pair["access_token"], pair["refresh_token"]]
    assert len(set(issued)) == 60
    assert all(app.state.tokens.knows(text) for text in issued)
    assert app.state.redaction.redact("/".join(issued)) == "/".join(["<redacted>"] * 60)


def test_no_repr_shows_a_code_or_token(app: App) -> None:
    """Failing assertions print reprs."""
    code = app.authorize()
    pair = app.exchange(code)
    held = (
        app.state.tokens.find(pair["access_token"]),
        app.state.tokens.find_refresh_token(pair["refresh_token"]),
        app.state.tokens.find_code(code),
    )
    assert None not in held
    shown = repr(held) + repr(app.state)
    issued = (code, pair["access_token"], pair["refresh_token"])
    assert [text for text in issued if text in shown] == []
    assert [each for each in held if each and each.fingerprint not in shown] == []


@pytest.mark.parametrize("name", ["code", "refresh_token", "access_token"])
@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"grant_type": "{}"}, id="as flow"),
        pytest.param({"scope": "email_read {}"}, id="in the scope"),
        pytest.param({"scope": "x,{}"}, id="behind a comma"),
        pytest.param({"code": "{}"}, id="as code"),
        pytest.param({"code": "{}x", "scope": "{}x"}, id="as code and scope, with one character"),
        pytest.param({"grant_type": "refresh_token", "refresh_token": "{}"}, id="as refresh token"),
        pytest.param({"client_id": "{}", "client_secret": "{}"}, id="as credentials"),
        pytest.param({"redirect_uri": "https://127.0.0.1/?c={}"}, id="in the redirect URI"),
        pytest.param({"account_id": "{}"}, id="as business unit"),
    ],
)
def test_no_fact_holds_a_code_or_token(app: App, name: str, members: dict[str, str]) -> None:
    """Wherever a client puts it; the secret and the code verifier are in none either."""
    first = app.authorize("email_read", **WITH_PKCE)
    issued = {"code": first, **app.exchange(first, code_verifier=VERIFIER)}
    sent = {member: value.replace("{}", issued[name]) for member, value in members.items()}
    code = app.authorize("email_read", **WITH_PKCE)
    app.exchange(code, **{"code_verifier": VERIFIER, **sent})
    shown = every_word(app.ledger)
    assert issued[name] not in shown
    assert "Canary" not in shown


def test_calls_tell_for_whom_they_were_made(app: App) -> None:
    """The fact of a call names the user, and no fact the token."""
    token = app.connect()["access_token"]
    assert app.lives(token)
    fact = app.ledger.entries[-1].fact
    assert isinstance(fact, CallMade)
    assert (fact.user, fact.package, fact.token) == ("Ada", "integration", fingerprint(token))
