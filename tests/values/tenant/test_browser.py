"""What a test does in place of a user at a browser: log in, say no, log out, revoke."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from messages import authorized, read_json
from tenants import build_tenant, core_of

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.cloud.http import Admitted, Request, Urls
from pytest_mcscopes.cloud.state import build_state
from pytest_mcscopes.config import Config, PackageConfig, UserConfig
from pytest_mcscopes.errors import ConfigError, McScopesError
from pytest_mcscopes.ledger.facts import TokenRequested

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_mcscopes.tenant.tenant import Tenant

URI = "https://127.0.0.1:80/"
AUTH = "https://mcexample.auth.marketingcloudapis.com/"


def build() -> Tenant:
    """Build a tenant with a web app, a server-to-server package and two users."""
    packages = (
        PackageConfig(type="web-app", subdomain="mcexample"),
        PackageConfig(name="nightly"),
    )
    users = (UserConfig(name="Ada"), UserConfig(name="Grace"))
    return build_tenant(*packages, users=users)


@pytest.fixture
def tenant() -> Tenant:
    return build()


def link(tenant: Tenant, base: str = AUTH, **query: str) -> str:
    """Build the link that an app sends the browser to."""
    asked = {"response_type": "code", "client_id": tenant.client_id, "redirect_uri": URI, **query}
    return f"{base}v2/authorize?{urlencode(asked)}"


def exchange(tenant: Tenant, call_back: str) -> str:
    """Do what an app does when it is called back; gives the access token."""
    form = {
        "grant_type": "authorization_code",
        "client_id": tenant.client_id,
        "client_secret": tenant.client_secret,
        "code": parse_qs(urlsplit(call_back).query)["code"][0],
        "redirect_uri": URI,
    }
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = core_of(tenant).handle(
        Request(
            method="POST",
            host="auth",
            path="/v2/token",
            headers=headers,
            body=urlencode(form).encode(),
        )
    )
    token: str = read_json(answer)["access_token"]
    return token


def userinfo(tenant: Tenant, token: str) -> str | None:
    """Ask for whom a token acts; None: for nobody any more."""
    request = authorized(token, "/v2/userinfo", method="GET", host="auth")
    name: str | None = read_json(core_of(tenant).handle(request)).get("user", {}).get("name")
    return name


def test_a_tenant_has_its_users_in_the_order_written(tenant: Tenant) -> None:
    """The first logs in where nobody else is named."""
    assert list(tenant.users) == ["Ada", "Grace"]
    assert tenant.user is tenant.users["Ada"]


@pytest.mark.parametrize(
    ("who", "name"),
    [
        pytest.param(lambda _: None, "Ada", id="the first"),
        pytest.param(lambda _: "Grace", "Grace", id="by name"),
        pytest.param(lambda tenant: tenant.users["Grace"], "Grace", id="the user"),
        pytest.param(lambda _: {"name": "Edsger", "profile": "nothing"}, "Edsger", id="a new one"),
    ],
)
def test_who_logs_in(tenant: Tenant, who: Callable[[Tenant], Any], name: str) -> None:
    """By any of the ways to name a user, until somebody else does."""
    assert tenant.log_in(who(tenant)).name == name
    tokens = [exchange(tenant, tenant.authorize(link(tenant))) for _ in range(2)]
    assert [userinfo(tenant, token) for token in tokens] == [name, name]


def test_a_new_user_stays_a_user_of_the_tenant(tenant: Tenant) -> None:
    """The same keywords again mean the same user."""
    made = tenant.log_in({"name": "Edsger", "permissions": [5]})
    assert tenant.users["Edsger"] is made
    assert tenant.log_in({"name": "Edsger", "permissions": [5]}) is made
    assert tenant.user.name == "Ada"
    assert made.permission_ids == {5}


def test_users_without_a_name_get_one_each(tenant: Tenant) -> None:
    """Whoever needs no name writes none; the same keywords again mean the same user."""
    looks = tenant.log_in({"profile": "read_only"})
    again, nothing = tenant.log_in({"profile": "read_only"}), tenant.log_in({"profile": "nothing"})
    assert again is looks
    assert (looks.name, nothing.name) == ("Example User", "Example User 2")
    assert nothing.permission_ids == frozenset()


def test_the_call_back_is_given_whole(tenant: Tenant) -> None:
    """Ready for the app's test client, with the state that the app sent."""
    address = tenant.authorize(link(tenant, state="a b"))
    assert address.startswith(f"{URI}?code=mccode")
    assert address.endswith("&state=a%20b")
    fact = tenant.ledger.entries[-1].fact
    assert isinstance(fact, TokenRequested)
    assert (fact.grant_type, fact.user) == ("authorize", "Ada")
    assert tenant.ledger.entries[-1].origin == "code"


def test_a_user_who_visits_once_changes_nobody_s_place(tenant: Tenant) -> None:
    """`authorize(..., user=)` is for that one visit, also when it fails."""
    tenant.log_in("Grace")
    visited = exchange(tenant, tenant.authorize(link(tenant), "Ada"))
    with pytest.raises(McScopesError):
        tenant.authorize(link(tenant, redirect_uri="https://evil.example.com/"), user="Ada")
    after = exchange(tenant, tenant.authorize(link(tenant)))
    assert [userinfo(tenant, token) for token in (visited, after)] == ["Ada", "Grace"]


def test_users_at_once_do_not_mix(tenant: Tenant) -> None:
    """Each thread gets tokens of the user whom it named."""
    names = ["Ada", "Grace"] * 20
    with ThreadPoolExecutor(4) as pool:
        tokens = pool.map(
            lambda name: exchange(tenant, tenant.authorize(link(tenant), name)), names
        )
        assert [userinfo(tenant, token) for token in tokens] == names


@pytest.mark.parametrize(
    "base",
    [
        pytest.param(AUTH, id="as given"),
        pytest.param(f"{AUTH}/", id="doubled slash"),
        pytest.param(AUTH.replace("https", "HTTPS"), id="capital scheme"),
        pytest.param(AUTH.replace("mcexample", "MCExample"), id="capitals in the host"),
        pytest.param(AUTH.replace(".com/", ".com:443/"), id="the usual port"),
        pytest.param("http://127.0.0.1:5000/", id="another door"),
        pytest.param("http://127.0.0.1:6000/prefix/", id="another door, under a path"),
    ],
)
def test_links_to_any_door_of_the_tenant_are_followed(tenant: Tenant, base: str) -> None:
    """The browser goes where a real one would."""
    for door in ("http://127.0.0.1:5000/", "http://127.0.0.1:6000/prefix/"):
        core_of(tenant).open_door(Urls(auth_url=door, rest_url="", soap_url=""))
    assert tenant.authorize(link(tenant, base)).startswith(f"{URI}?code=")


def test_a_client_s_own_kind_of_address_will_do(tenant: Tenant) -> None:
    """Apps and their test clients have them as objects."""
    url: Any = httpx.URL(link(tenant))
    assert tenant.authorize(url).startswith(f"{URI}?code=")


@pytest.mark.parametrize(
    ("url", "where"),
    [
        pytest.param("https://login.example.com/v2/authorize", "https://login.example.com", id="?"),
        pytest.param("http://mcexample.auth.marketingcloudapis.com/v2/authorize", None, id="http"),
        pytest.param("/v2/authorize?response_type=code", "no host at all", id="path alone"),
        pytest.param("https://[mcexample/v2/authorize", "no host at all", id="no address"),
        pytest.param("https://mcexample:p/v2/authorize", "no host at all", id="no port"),
        pytest.param(None, "no host at all", id="nothing"),
    ],
)
def test_a_link_that_leads_elsewhere_is_not_followed(
    tenant: Tenant,
    url: Any,  # noqa: ANN401 - what users may write
    where: str | None,
) -> None:
    """The error says where it leads, and where it should."""
    with pytest.raises(McScopesError) as told:
        tenant.authorize(url)
    assert str(told.value) == (
        f"MCSCOPES: authorize: the URL leads to {where or url[: -len('/v2/authorize')]}, and the"
        f" tenant's auth host is {AUTH}. Give the whole URL that the app sends the browser to,"
        " built from mc_tenant.auth_url."
    )
    assert tenant.ledger.entries == []


@pytest.mark.parametrize(
    ("url", "did"),
    [
        pytest.param(
            f"{AUTH}v2/authorize?response_type=code",
            "answered 400 and sent the browser nowhere: client_id is missing, or given twice",
            id="page",
        ),
        pytest.param(
            f"{AUTH}v2/token",
            "answered 405 and sent the browser nowhere: the method is GET; use POST",
            id="another endpoint",
        ),
        pytest.param(
            f"{AUTH}authorize",
            "answered 404 and sent the browser nowhere: nothing more is known",
            id="no endpoint",
        ),
    ],
)
def test_a_browser_that_is_sent_nowhere(tenant: Tenant, url: str, did: str) -> None:
    """The error says what Marketing Cloud has against the link."""
    with pytest.raises(McScopesError) as told:
        tenant.authorize(url)
    assert str(told.value) == (
        f"MCSCOPES: authorize: Marketing Cloud {did}. Look at the URL that the app built."
    )


@pytest.mark.parametrize("fault", ["timeout", "reset"])
def test_a_browser_that_gets_no_answer(tenant: Tenant, fault: Any) -> None:  # noqa: ANN401
    """The test ordered it; the link may be a good one."""
    tenant.fail_next("authorize", fault)
    with pytest.raises(McScopesError, match="no answer came, as the test ordered: fail_next"):
        tenant.authorize(link(tenant))
    assert tenant.authorize(link(tenant)).startswith(f"{URI}?code=")


def test_the_user_says_no_once(tenant: Tenant) -> None:
    """The app is called back with an error, and the next time with a code."""
    tenant.deny()
    assert "?error=access_denied&" in tenant.authorize(link(tenant))
    assert "?code=" in tenant.authorize(link(tenant))


def test_a_log_out_is_of_one_user(tenant: Tenant) -> None:
    """Tokens without `offline` end; those of other users, and those with it, stay."""
    plain, kept = (
        exchange(tenant, tenant.authorize(link(tenant, scope=scope)))
        for scope in ("email_read", "email_read offline")
    )
    other = exchange(tenant, tenant.authorize(link(tenant, scope="email_read"), "Grace"))
    tenant.log_out()
    alive = [userinfo(tenant, token) for token in (plain, kept, other)]
    assert alive == [None, "Ada", "Grace"]
    tenant.log_out("Grace")
    assert userinfo(tenant, other) is None


def test_a_token_can_be_revoked(tenant: Tenant) -> None:
    """It ends before its time, and no other with it."""
    tokens = [tenant.issue_token() for _ in range(2)]
    tenant.revoke(tokens[0])
    assert [userinfo(tenant, token) for token in tokens] == [None, "Ada"]


@pytest.mark.parametrize(
    ("user", "name"),
    [
        pytest.param(None, "Ada", id="the first"),
        pytest.param("Grace", "Grace", id="by name"),
        pytest.param({"name": "Edsger"}, "Edsger", id="a new one"),
    ],
)
def test_an_issued_token_of_an_app_acts_for_a_user(tenant: Tenant, user: Any, name: str) -> None:  # noqa: ANN401
    """As one that came of a log-in would; its fact names the user."""
    assert userinfo(tenant, tenant.issue_token(user=user)) == name
    fact = tenant.ledger.entries[0].fact
    assert isinstance(fact, TokenRequested)
    assert fact.user == name


def test_an_issued_token_of_a_user_ends_with_the_log_out(tenant: Tenant) -> None:
    """It is a token like any other."""
    token = tenant.issue_token(["email_read"])
    tenant.log_out("Ada")
    assert userinfo(tenant, token) is None


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        pytest.param(
            lambda tenant: tenant.log_in("Gracie"),
            'the tenant has no user "Gracie", but "Ada", "Grace". Did you mean "Grace"? Add it by'
            ' @pytest.mark.mc_user(name="Gracie"), or, where mc_cloud.tenant(...) makes the tenant,'
            " by users=[{...}].",
            id="unknown user",
        ),
        pytest.param(
            lambda tenant: tenant.authorize(link(tenant), "Gracie"),
            'the tenant has no user "Gracie", but "Ada", "Grace". Did you mean "Grace"? Add it by'
            ' @pytest.mark.mc_user(name="Gracie"), or, where mc_cloud.tenant(...) makes the tenant,'
            " by users=[{...}].",
            id="unknown visitor",
        ),
        pytest.param(
            lambda tenant: tenant.log_in({"name": "Ada", "permissions": [5]}),
            'two users of one tenant have the name "Ada". Give each a name of its own.',
            id="another user of the name",
        ),
        pytest.param(
            lambda tenant: tenant.log_out(build().users["Ada"]),
            'log_out: user "Ada" is of another tenant. Give the name, or one of the users of this'
            " tenant.",
            id="another tenant's user",
        ),
        pytest.param(
            lambda tenant: tenant.revoke("nonsense"),
            "revoke: the tenant never issued this token. Give the text of an access token or a"
            " refresh token of one of its answers.",
            id="unknown token",
        ),
        pytest.param(
            lambda tenant: tenant.issue_token(package="nightly", user="Ada"),
            'issue_token: package "nightly" is server-to-server and acts for itself, not for user'
            ' "Ada". Leave user= out, or mark mc_package(name="nightly", type="web-app").',
            id="a user for a package without",
        ),
    ],
)
def test_misuse(tenant: Tenant, wrong: Callable[[Tenant], None], complaint: str) -> None:
    """What cannot work is refused at once, with the way that does."""
    with pytest.raises(ConfigError) as told:
        wrong(tenant)
    assert str(told.value) == f"MCSCOPES: {complaint}"
    assert tenant.ledger.entries == []


def test_misuse_of_a_user_s_keywords_names_the_door(tenant: Tenant) -> None:
    """The checks are those of the marker."""
    with pytest.raises(ConfigError, match=r'log_in: .*profil.*Did you mean "profile"\?'):
        tenant.log_in({"name": "Edsger", "profil": "nothing"})


def test_what_is_assigned_changes_at_once_or_later(tenant: Tenant) -> None:
    """By the tenant's clock; a token that is out keeps its scopes."""
    package = tenant.package
    before = tenant.issue_token()
    package.assign("email_read", "email_send")
    assert package.scopes == {"email_read", "email_send"}
    package.assign("email_read", lag=300)
    assert package.scopes == {"email_read", "email_send"}
    tenant.clock.advance(300)
    with pytest.raises(ConfigError, match="cannot grant email_send"):
        tenant.issue_token(["email_send"])
    assert package.scopes == {"email_read"}
    assert tenant.packages["nightly"].scopes > package.scopes
    request = Request(
        method="POST",
        host="rest",
        path="/messaging/v1/email/messages/1",
        headers={"authorization": f"Bearer {before}"},
    )
    assert isinstance(core_of(tenant).handle(request), Admitted)


def test_a_later_change_takes_the_place_of_what_was_to_come(tenant: Tenant) -> None:
    """Whatever comes at its moment or after it; what comes before it stays."""
    package = tenant.package
    package.assign("email_send", lag=200)
    package.assign("sms_read", lag=50)
    package.assign("email_read", lag=100)
    tenant.packages["nightly"].assign("sms_send", lag=300)
    seen = []
    for _ in range(3):
        tenant.clock.advance(100)
        tenant.issue_token([], package="nightly")
        seen.append(package.scope_text)
    assert seen == ["email_read", "email_read", "email_read"]
    assert tenant.packages["nightly"].scopes == {"sms_send"}


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        pytest.param(
            lambda package: package.assign("email_sned"),
            'assign: unknown scope "email_sned". Did you mean "email_send"?',
            id="unknown scope",
        ),
        pytest.param(
            lambda package: package.assign("email_send", lag=-1),
            "assign: lag is a number of seconds to come, got -1.",
            id="negative lag",
        ),
        pytest.param(
            lambda package: package.assign(["email_send"]),
            "assign: a scope is a text such as \"email_send\", got ['email_send']. Write the scopes"
            " one by one, without the brackets",
            id="a list",
        ),
    ],
)
def test_misuse_of_assign(tenant: Tenant, wrong: Callable[[Any], None], complaint: str) -> None:
    """What is assigned stays."""
    before = tenant.package.scopes
    with pytest.raises(ConfigError) as told:
        wrong(tenant.package)
    assert str(told.value) == f"MCSCOPES: {complaint}"
    assert tenant.package.scopes == before


def test_a_package_of_no_tenant_cannot_be_changed() -> None:
    """One that was built by itself has nobody to tell."""
    package = build_state(Config(), (PackageConfig(),), 1, load_catalogue()).packages["integration"]
    with pytest.raises(ConfigError, match='package "integration" is of no tenant'):
        package.assign("email_send")
