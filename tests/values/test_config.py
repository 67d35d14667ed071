"""The settings: one frozen value, and doors that are equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_mcscopes.config import Config, PackageConfig, build_config, words_of
from pytest_mcscopes.errors import ConfigError
from pytest_mcscopes.ini_keys import INI_KEYS, INI_TYPES
from pytest_mcscopes.settings.packages import package_settings
from pytest_mcscopes.words import either

if TYPE_CHECKING:
    from pytest_mcscopes.catalogue.catalogue import Catalogue

OTHERS: dict[str, object] = {
    "enforce": "off",
    "trust": "documented",
    "guard": "always",
    "unassigned": "drop",
    "token_form": "opaque",
    "expires_in": 5,
    "token_life": 7,
    "basic_auth": True,
    "redirect_uris": "vendor",
    "pkce": "require",
    "null_scope": "omitted",
    "code_life": 3,
    "refresh_life": 9,
    "rotation": "strict",
    "refresh_tokens": "offline",
    "soap_silent": True,
    "soap_bytes": 11,
    "rules": ("MCS303=error",),
    "data_dir": "evidence",
    "fail_unjudged": True,
    "fail_unmarked": True,
    "gate": True,
    "gate_partial": True,
}


@pytest.fixture
def catalogue() -> Catalogue:
    """The packaged catalogue."""
    from pytest_mcscopes.catalogue.catalogue import load_catalogue  # noqa: PLC0415 - few need it

    return load_catalogue()


def test_every_field_is_a_setting() -> None:
    """What a tenant can be told, the ini file can say; and each has its help."""
    assert tuple(INI_KEYS) == Config._fields
    assert set(OTHERS) == set(INI_KEYS)
    assert all(help_text.endswith(".") for help_text in INI_KEYS.values())


@pytest.mark.parametrize("name", [each for each in Config._fields if each != "rules"])
def test_what_a_setting_means_names_its_default(name: str) -> None:
    """And each word that it may be."""
    help_text = INI_KEYS[name]
    default = str(Config._field_defaults[name]).lower()
    assert any(each in help_text for each in (f"{default}, the default)", f"default {default}"))
    assert [word for word in words_of(name) if word not in help_text] == []


def test_every_ini_key_has_the_type_of_its_field() -> None:
    """What pytest makes of a value is what the field takes."""
    by_ini_type = {"int": int, "bool": bool, "linelist": tuple, "string": str}
    for name in INI_KEYS:
        ini_type = INI_TYPES.get(name, "string")
        assert type(Config._field_defaults[name]) is by_ini_type[ini_type]


def test_given_settings_are_taken() -> None:
    """Each given value is the field's."""
    config = build_config(OTHERS)
    assert {name: getattr(config, name) for name in OTHERS} == OTHERS


def test_nothing_given() -> None:
    """None is not given: the default stands."""
    assert build_config({}) == Config() == build_config(dict.fromkeys(INI_KEYS))


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        pytest.param(
            "enforce",
            "documentd",
            'mc_enforce must be "documented" or "all" or "off", got \'documentd\'.'
            ' Did you mean "documented"?',
            id="near word",
        ),
        pytest.param(
            "trust", "x", 'mc_trust must be "attested" or "documented", got \'x\'.', id="far word"
        ),
        pytest.param(
            "unassigned", "", 'mc_unassigned must be "reject" or "drop", got \'\'.', id="empty"
        ),
        pytest.param(
            "token_life",
            -1,
            "mc_token_life must be a positive number of seconds, got -1.",
            id="negative",
        ),
        pytest.param(
            "expires_in",
            "5",
            "mc_expires_in must be a positive number of seconds, got '5'.",
            id="text",
        ),
    ],
)
def test_senseless_settings(name: str, value: object, complaint: str) -> None:
    """A value that makes no sense is told with what it may be."""
    with pytest.raises(ConfigError) as told:
        build_config({name: value})
    assert str(told.value) == f"MCSCOPES: {complaint}"


SETTINGS_OF_A_PACKAGE = {
    "name": "mailer",
    "scopes": ["email_send", "email_read"],
    "type": "web-app",
    "client_id": "id",
    "client_secret": "secret",
    "staged_secret": "staged",
    "account_id": "500000002",
    "business_units": ["500000003", 500000004],
    "subdomain": "mc",
    "unassigned": "drop",
    "enabled": False,
    "user_active": False,
    "redirect_uris": ["https://app.example.com/callback"],
    "pkce": "require",
    "published": True,
}


def test_package_settings(catalogue: Catalogue) -> None:
    """Every field but a place in a file can be set, lists and digits as people write them."""
    assert (*SETTINGS_OF_A_PACKAGE, "assigned_in") == PackageConfig._fields
    assert PackageConfig(**package_settings(SETTINGS_OF_A_PACKAGE, catalogue, "me")) == (
        PackageConfig(
            name="mailer",
            scopes=frozenset({"email_send", "email_read"}),
            type="web-app",
            client_id="id",
            client_secret="secret",
            staged_secret="staged",
            account_id=500000002,
            business_units=(500000003, 500000004),
            subdomain="mc",
            unassigned="drop",
            enabled=False,
            user_active=False,
            redirect_uris=("https://app.example.com/callback",),
            pkce="require",
            published=True,
        )
    )


def test_none_is_the_default(catalogue: Catalogue) -> None:
    """None leaves minted and defaulted settings as they are."""
    names = ["scopes", "client_id", "client_secret", "staged_secret", "account_id", "subdomain"]
    given = dict.fromkeys([*names, "unassigned"])
    assert PackageConfig(**package_settings(given, catalogue, "me")) == PackageConfig()


@pytest.mark.parametrize(
    ("name", "value", "wanted", "shown"),
    [
        pytest.param("name", "", "a text that is not empty", "''", id="no name"),
        pytest.param("name", None, "a text that is not empty", "None", id="None as name"),
        pytest.param("client_id", 7, "a text that is not empty", "7", id="number as id"),
        pytest.param(
            "client_secret", " ", "a text that is not empty", "something else", id="empty secret"
        ),
        pytest.param(
            "scopes",
            {"email_send": True},
            'a list, as scopes=["email_send"] (an empty one assigns none)',
            "{'email_send': True}",
            id="mapping as scopes",
        ),
        pytest.param("account_id", True, "a MID, as account_id=500000002", "True", id="True"),
        pytest.param(
            "account_id", "12a", "a MID, as account_id=500000002", "'12a'", id="no digits"
        ),
        pytest.param("account_id", -5, "a MID, as account_id=500000002", "-5", id="negative"),
        pytest.param("business_units", 5, "a list of MIDs", "5", id="one unit"),
        pytest.param("business_units", ["x"], "a list of MIDs", "['x']", id="no unit"),
        pytest.param("unassigned", "keep", '"reject" or "drop"', "'keep'", id="word"),
        pytest.param(
            "type",
            ["web-app"],
            either(("server-to-server", "web-app", "public-app")),
            "['web-app']",
            id="list as type",
        ),
        pytest.param("enabled", 1, "True or False", "1", id="flag"),
        pytest.param("user_active", None, "True or False", "None", id="None as flag"),
    ],
)
def test_senseless_package_settings(
    name: str, value: object, wanted: str, shown: str, catalogue: Catalogue
) -> None:
    """A value of the wrong kind is told by its name; a secret is never shown."""
    with pytest.raises(ConfigError) as told:
        package_settings({name: value}, catalogue, "me")
    assert str(told.value) == f"MCSCOPES: me: {name} must be {wanted}, got {shown}."


def test_a_package_shows_no_secret() -> None:
    """Its representation, as in a traceback with local variables, has none."""
    package = PackageConfig(
        client_secret="S3cretOfTheActiveKey", staged_secret="S3cretOfTheNextOne"
    )
    assert repr(package) == "<PackageConfig integration>"
