"""What a tenant is made of: minted names, tokens, secrets that are never told."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import asdict
from typing import Any

import pytest

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.cloud.fingerprints import (
    REDACTED,
    fingerprint,
    hide_parameters,
    looks_secret,
    parameters_of,
    secrets_among,
)
from pytest_mcscopes.cloud.state import TenantState, build_state
from pytest_mcscopes.config import Config, PackageConfig
from pytest_mcscopes.errors import ConfigError


def built(
    *packages: PackageConfig, seed: int | str = 1, config: Config | None = None
) -> TenantState:
    return build_state(config or Config(), packages, seed, load_catalogue())


def minted(state: TenantState) -> dict[str, dict[str, Any]]:
    """Give what each package is made of."""
    return {name: asdict(package) for name, package in state.packages.items()}


def issued(state: TenantState, *, at: float = 0.0) -> str:
    package = next(iter(state.packages.values()))
    return state.tokens.issue(package, package.scopes, package.account_id, at).text


def test_what_is_minted_looks_like_the_vendors() -> None:
    """Subdomain, client id, secret and ids have the documented forms."""
    state = built(PackageConfig())
    package = state.packages["integration"]
    assert re.fullmatch(r"mc[a-z0-9-]{26}", state.subdomain)
    assert re.fullmatch(r"[a-z0-9]{24}", package.client_id)
    assert re.fullmatch(r"[a-zA-Z0-9]{24}", package.client_secret)
    assert state.urls.rest_url == f"https://{state.subdomain}.rest.marketingcloudapis.com/"
    assert len({state.enterprise_id, package.account_id, package.user_id}) == 3


def test_the_seed_decides_everything() -> None:
    """Equal seeds mint equal tenants and tokens; others differ."""
    once, again, other = (built(PackageConfig(), seed=seed) for seed in ("a", "a", "b"))
    assert (minted(once), once.subdomain) == (minted(again), again.subdomain)
    assert once.subdomain != other.subdomain
    assert minted(once) != minted(other)
    assert issued(once) == issued(again) != issued(other)


def test_one_packages_settings_do_not_move_anothers_ids() -> None:
    """A client id given to one package leaves the minted ones of another alone."""
    plain = built(PackageConfig(), PackageConfig(name="b"))
    given = built(PackageConfig(client_id="given"), PackageConfig(name="b"))
    assert minted(given)["b"] == minted(plain)["b"]


def test_what_a_package_gives_is_kept() -> None:
    """Given ids, secrets, scopes and business units are used as they are."""
    state = built(
        PackageConfig(
            client_id="my-client",
            client_secret="my-secret",
            staged_secret="my-next-secret",
            scopes=frozenset({"email_send", "email_read", "zebra"}),
            account_id=7,
            business_units=(8,),
            subdomain="acme",
        )
    )
    package = state.packages["integration"]
    assert (package.client_id, package.client_secret) == ("my-client", "my-secret")
    assert package.secrets == {"my-secret", "my-next-secret"}
    assert package.scope_text == "email_read email_send zebra"
    assert (package.account_id, sorted(package.business_units)) == (7, [7, 8])
    assert state.urls.auth_url == "https://acme.auth.marketingcloudapis.com/"


def test_a_package_has_every_scope_but_openid_by_default() -> None:
    """Over-asking is to be seen rather than refused."""
    catalogue = load_catalogue()
    assert built(PackageConfig()).packages["integration"].scopes == catalogue.wire_ids - {"openid"}


@pytest.mark.parametrize(
    ("packages", "says"),
    [
        pytest.param(
            (PackageConfig(subdomain="a"), PackageConfig(name="b", subdomain="b")),
            "MCSCOPES: two packages of one tenant give different subdomains: a, b."
            " A subdomain belongs to the tenant. Give it once, or give the same one.",
            id="two subdomains",
        ),
        pytest.param(
            (PackageConfig(subdomain="My_Tenant"),),
            "MCSCOPES: subdomain 'My_Tenant' cannot be part of a host name. Use at most 63"
            " lowercase letters, digits and inner hyphens; real ones have 28 characters and start"
            " with mc.",
            id="no host name",
        ),
        pytest.param(
            (PackageConfig(client_id=""),),
            "MCSCOPES: client_id '' cannot be written into a token. Use 1 to 64 visible ASCII"
            " characters; real ones are 24 lowercase letters and digits.",
            id="empty client id",
        ),
        pytest.param(
            (PackageConfig(), PackageConfig()),
            "MCSCOPES: two packages of one tenant have the name 'integration'."
            " Give each package a name of its own.",
            id="two of one name",
        ),
        pytest.param(
            (PackageConfig(client_id="x"), PackageConfig(name="b", client_id="x")),
            "MCSCOPES: two packages of one tenant have the client_id 'x'."
            " Give each package a client_id of its own.",
            id="two of one client id",
        ),
    ],
)
def test_packages_that_contradict_each_other(
    packages: tuple[PackageConfig, ...], says: str
) -> None:
    """The message says what is wrong and what to write instead."""
    with pytest.raises(ConfigError) as refused:
        built(*packages)
    assert str(refused.value) == says


@pytest.mark.parametrize(
    "client_id", ["minted", "x" * 64, '"\\' * 32], ids=["short", "long", "escaped"]
)
def test_a_token_has_the_form_of_the_real_ones(client_id: str) -> None:
    """512 characters in four segments, whose payload tells nothing about scopes or life."""
    state = built(PackageConfig(client_id=client_id, type="web-app"))
    token = issued(state)
    header, payload, signature, filler = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert len(token) == 512
    assert (
        base64.urlsafe_b64decode(header + "=") == b'{"alg":"HS256","kid":"4","ver":"1","typ":"JWT"}'
    )
    assert re.fullmatch(r"[A-Za-z0-9]{24}", claims.pop("access_token"))
    assert claims == {
        "client_id": client_id,
        "eid": state.enterprise_id,
        "stack_key": "S0",
        "platform_version": 2,
        "client_type": "Confidential",
    }
    assert (len(signature), filler != "") == (43, True)


def test_an_opaque_token_is_short_and_no_jwt() -> None:
    """32 letters and digits, and none twice."""
    state = built(PackageConfig(), config=Config(token_form="opaque"))
    tokens = {issued(state) for _ in range(100)}
    assert len(tokens) == len(state.tokens) == 100
    assert all(re.fullmatch(r"mcscopes[A-Za-z0-9]{24}", token) for token in tokens)


@pytest.mark.parametrize("form", ["segments", "opaque"])
@pytest.mark.parametrize("around", ["{}", "/a/{}/b", "x{}y{}", "eyJhbGci{}mcscopes"])
def test_every_token_is_redacted_wherever_it_stands(form: str, around: str) -> None:
    """Tokens are found in any text, expired ones too."""
    state = built(PackageConfig(), config=Config(token_form=form))  # type: ignore[arg-type]
    issued(state)
    token = issued(state)
    text = around.replace("{}", token)
    assert state.redaction.redact(text) == around.replace("{}", "<redacted>")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("nothing here", "nothing here", id="nothing"),
        pytest.param("/a%20b", "/a%20b", id="encoded, but no secret"),
        pytest.param("/x/s3cret+/=/y", "/x/<redacted>/y", id="plain"),
        pytest.param("/x/s3cret%2B%2F%3D/y", "/x/<redacted>/y", id="encoded"),
        pytest.param("/x/%733cret+/=", "/x/<redacted>", id="oddly encoded"),
        pytest.param("staged-s3cret+/=", "<redacted>", id="the longest first"),
        pytest.param("my wrong-secret!", "my <redacted>!", id="one that was sent"),
        pytest.param("short", "short", id="too short to be one"),
    ],
)
def test_secrets_are_redacted(text: str, shown: str) -> None:
    """In any spelling; what a client sent as secret counts as one, unless it is tiny."""
    state = built(PackageConfig(client_secret="s3cret+/=", staged_secret="staged-s3cret+/="))
    state.redaction.remember(["wrong-secret", "wrong-secret", "short", "", "s3cret+/="])
    assert state.redaction.redact(text) == shown


def test_the_memory_for_wrong_secrets_is_bounded() -> None:
    """A session that sends ever new ones keeps the last."""
    state = built(PackageConfig())
    state.redaction.remember(f"wrong-secret-{number}." for number in range(100))
    assert state.redaction.redact("wrong-secret-0.") == "wrong-secret-0."
    assert state.redaction.redact("wrong-secret-99.") == "<redacted>"


@pytest.mark.parametrize(
    ("word", "secret"),
    [
        pytest.param("email_read", False, id="scope"),
        pytest.param("EVENT_NOTIFICATION_CALLBACK_2", False, id="shouted scope"),
        pytest.param("ListAndSubscribersRead", False, id="camel case"),
        pytest.param("aB3aB3aB3aB3aB3aB3aB3aB3", True, id="client secret"),
        pytest.param("a_" * 50, True, id="longer than any scope"),
    ],
)
def test_what_looks_like_a_secret(word: str, secret: bool) -> None:  # noqa: FBT001
    """A misspelt scope is told, a pasted secret is not."""
    assert looks_secret(word) is secret


@pytest.mark.parametrize(
    ("word", "found"),
    [
        pytest.param(",".join(["email_read"] * 20), [], id="a list of known ids"),
        pytest.param(",".join(["email_raed"] * 20), [], id="a list of slips"),
        pytest.param('["email_read","journeys_read"]' * 9, [], id="JSON in a text"),
        pytest.param("email_read,aB3aB3aB3aB3aB3aB3aB3aB3", ["aB3" * 8], id="a secret in a list"),
        pytest.param("a_" * 50, ["a_" * 50], id="one long word"),
        pytest.param("a_" * 50 + ",x", ["a_" * 50], id="one long word in a list"),
    ],
)
def test_which_words_of_a_scope_look_secret(word: str, found: list[str]) -> None:
    """A list that is not separated by spaces is looked at word by word."""
    assert list(secrets_among([word], {"email_read", "journeys_read"})) == found


def test_no_repr_shows_a_secret() -> None:
    """Failing assertions print reprs."""
    state = built(PackageConfig(client_secret="CanarySecret", staged_secret="CanaryStaged"))
    token = state.tokens.find(issued(state))
    assert token is not None
    shown = repr(state) + repr(state.packages) + repr(token)
    assert "Canary" not in shown
    assert token.text not in shown
    assert fingerprint(token.text) in shown


@pytest.mark.parametrize(
    ("text", "occurs"),
    [
        pytest.param("s3cret+/=-1", True, id="a secret"),
        pytest.param("user_s3cret+/=x", True, id="as a part of a word"),
        pytest.param("staged-s3cret+/=", True, id="a staged one"),
        pytest.param("s3cret", False, id="another word"),
        pytest.param("mccode" + "a" * 34, True, id="a code"),
        pytest.param("mccode", False, id="a word that begins so"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_secrets_that_occur_in_an_id(text: str, occurs: bool) -> None:  # noqa: FBT001
    package = PackageConfig(client_secret="s3cret+/=", staged_secret="staged-s3cret+/=")
    assert built(package).redaction.occurs_in(text) is occurs


def test_a_package_that_comes_later_is_redacted_too() -> None:
    """The admin's, which is minted on first use; what is known of the others stays."""
    state = built(PackageConfig(client_secret="first-secret"))
    assert state.redaction.redact("first-secret") == REDACTED
    text = f"{state.admin.client_secret} first-secret"
    assert state.redaction.redact(text) == f"{REDACTED} {REDACTED}"


def test_a_secret_with_half_a_surrogate_pair_is_redacted_as_any_other() -> None:
    state = built(PackageConfig(client_secret="half-\ud800"))
    assert state.redaction.redact("half-\ud800") == REDACTED


def test_a_short_secret_is_a_word_as_any_other() -> None:
    """Or every id with an "x" would be hidden."""
    assert not built(PackageConfig(client_secret="x")).redaction.occurs_in("x-1")


@pytest.mark.parametrize(
    ("test", "parameters"),
    [
        ("tests/a.py::test_1[a-b]", "a-b"),
        ("tests/a.py::TestIt::test_1[a[b]::c]", "a[b]::c"),
        ("tests/[id]/a.py::test_1[x]@group", "x"),
        ("tests/[id]/a.py::test_1", ""),
        ("tests/[id]/a.txt", ""),
    ],
)
def test_the_parameters_of_a_test(test: str, parameters: str) -> None:
    """They alone are hidden, and each id keeps one of its own."""
    assert parameters_of(test) == parameters
    hidden = hide_parameters(test)
    if not parameters:
        assert hidden == test
        return
    head, tail = test.split(f"[{parameters}]")
    mark = fingerprint(f"{head}[{parameters}]")
    assert hidden == f"{head}[<redacted>-{mark}]{tail}"
    assert hide_parameters(f"{head}[{parameters}]") == hidden.removesuffix(tail)
