"""The keywords of `mc_user`, and those of `mc_package` that speak of users."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_mcscopes.arguments.keywords import Checked
from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.catalogue.model import Permission
from pytest_mcscopes.config import UserConfig
from pytest_mcscopes.errors import ConfigError
from pytest_mcscopes.settings.packages import package_settings
from pytest_mcscopes.settings.users import read_user, user_settings

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_mcscopes.catalogue.catalogue import Catalogue

EMAIL_SEND = Permission(id=9, object_type="Email", operation="Send", name="Send")
FLOW_RUN = Permission(id=9001, object_type="Flow", operation="Run", name="Run Flows")
ANSWER = [
    {"objectTypeName": "Flow", "operationName": "Run", "name": "Run Flows", "id": 9001},
    {"objectTypeName": "Email", "operationName": "Send", "name": "Once", "id": 9},
    {"objectTypeName": "Email", "operationName": "Send", "name": "Send", "id": 9},
]
WORDS = 'a list of ids, scopes, families or names, as {}=[5, "email_send", "Email Send"]'


@pytest.fixture
def catalogue() -> Catalogue:
    """The packaged catalogue."""
    return load_catalogue()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, with a recorded answer."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ada.json").write_text(json.dumps(ANSWER), encoding="utf-8-sig")
    return tmp_path


def complaint_of(settings: Any, catalogue: Catalogue) -> str:  # noqa: ANN401 - what users write
    """Read the settings and give the error's text."""
    with pytest.raises(ConfigError) as told:
        user_settings(settings, catalogue, "me")
    return str(told.value).removeprefix("MCSCOPES: me: ")


def test_every_setting(catalogue: Catalogue) -> None:
    """Each field of a user can be said; the file stands for what was observed."""
    settings = {
        "name": "Ada",
        "locale": "de-DE",
        "licensed": False,
        "profile": "read_only",
        "permissions": ["email_send"],
        "without": {300},
        "permissions_from": "ada.json",
    }
    assert {*settings, "observed"} - {"permissions_from"} == set(UserConfig._fields)
    assert read_user(settings, catalogue, "me") == UserConfig(
        name="Ada",
        locale="de-DE",
        licensed=False,
        profile="read_only",
        permissions=("email_send",),
        without=(300,),
        observed=(FLOW_RUN, EMAIL_SEND),
    )


def test_none_is_the_default(catalogue: Catalogue) -> None:
    """None takes back what another door said."""
    names = ["profile", "permissions", "without", "permissions_from"]
    assert read_user(dict.fromkeys(names), catalogue, "me") == UserConfig()


@pytest.mark.parametrize(
    ("settings", "profile"),
    [
        pytest.param({"permissions": []}, "nothing", id="empty list"),
        pytest.param({"permissions": [], "profile": "read_only"}, "read_only", id="and a profile"),
        pytest.param({"permissions": None}, None, id="None"),
        pytest.param({"without": []}, None, id="nothing taken away"),
    ],
)
def test_an_empty_list_is_no_permission(
    settings: dict[str, Any], profile: str | None, catalogue: Catalogue
) -> None:
    """Whoever lists no permission does not get all of them."""
    assert read_user(settings, catalogue, "me").profile == profile


def test_a_file_that_was_read_goes_before_another(catalogue: Catalogue) -> None:
    """A mark, read already, goes before the fixture that it is joined with."""
    fixture = user_settings({"permissions_from": "ada.json", "locale": "de-DE"}, catalogue, "me")
    mark = Checked({"observed": (FLOW_RUN,)})
    joined = {"observed": (FLOW_RUN,), "locale": "de-DE"}
    assert mark.over(fixture) == joined


def test_a_path(catalogue: Catalogue, folder: Path) -> None:
    """A file may be given as a path, and hold the whole answer."""
    file = folder / "answers" / "whole.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"exp": 1, "permissions": ANSWER}))
    found = user_settings({"permissions_from": file}, catalogue, "me")
    assert found == {"observed": (FLOW_RUN, EMAIL_SEND)}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        pytest.param(
            b"[]",
            ' has no permissions. For a user who may do nothing, write profile="nothing".',
            id="empty",
        ),
        pytest.param(
            b"{}",
            " makes no sense: permissions: Field required. It must be the JSON answer of"
            " v2/userinfo, or its permissions array.",
            id="another answer",
        ),
        pytest.param(
            b"\xff",
            " makes no sense: 'utf-8' codec can't decode byte 0xff in position 0: invalid start"
            " byte. It must be the JSON answer of v2/userinfo, or its permissions array.",
            id="no text",
        ),
    ],
)
def test_files_that_tell_nothing(
    content: bytes, complaint: str, catalogue: Catalogue, folder: Path
) -> None:
    """The file is named, and what it has to be."""
    (folder / "eve.json").write_bytes(content)
    told = complaint_of({"permissions_from": "eve.json"}, catalogue)
    assert told == f"permissions_from: eve.json{complaint}"


def test_a_file_that_is_not_there(catalogue: Catalogue, folder: Path) -> None:
    """It is told where the path begins."""
    assert complaint_of({"permissions_from": "eve.json"}, catalogue) == (
        "permissions_from: eve.json cannot be read: No such file or directory."
        f" Write its path from {folder}."
    )


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        pytest.param("name", " ", "a text that is not empty", id="no name"),
        pytest.param("name", None, "a text that is not empty", id="None as name"),
        pytest.param("locale", 7, 'a locale, as "en-US"', id="number as locale"),
        pytest.param("licensed", "no", "True or False", id="text as flag"),
        pytest.param(
            "profile",
            "admin",
            '"nothing" or "read_only" or "all_but_send" or "everything"',
            id="role",
        ),
        pytest.param("permissions", "email", WORDS.format("permissions"), id="text as list"),
        pytest.param("permissions", [True], WORDS.format("permissions"), id="flag as id"),
        pytest.param("permissions", [""], WORDS.format("permissions"), id="no word"),
        pytest.param("without", [5.0], WORDS.format("without"), id="fraction as id"),
        pytest.param(
            "permissions_from", 5, 'the path of a file, as "tests/userinfo.json"', id="no path"
        ),
    ],
)
def test_values_of_the_wrong_kind(
    name: str, value: object, wanted: str, catalogue: Catalogue
) -> None:
    """What is wanted is told with what was got."""
    assert complaint_of({name: value}, catalogue) == f"{name} must be {wanted}, got {value!r}."


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        pytest.param(
            {"permission": [5]},
            "unknown keyword 'permission'. Did you mean \"permissions\"? It takes name, locale,"
            " licensed, profile, permissions, without, permissions_from.",
            id="keyword",
        ),
        pytest.param(
            {"observed": [5]},
            "unknown keyword 'observed'. It takes name, locale, licensed, profile, permissions,"
            " without, permissions_from.",
            id="name of ours",
        ),
        pytest.param({"profile": "nothing", "without": [0]}, "without: unknown permis", id="word"),
        pytest.param({"permissions": ["offline"]}, 'permissions: "offline" goes', id="no effect"),
    ],
)
def test_settings_that_say_nothing(
    settings: dict[str, Any], complaint: str, catalogue: Catalogue
) -> None:
    """A slip in a keyword or in a word is told where it was written."""
    assert complaint_of(settings, catalogue).startswith(complaint)


def test_no_mapping(catalogue: Catalogue) -> None:
    """A fixture may give anything."""
    told = complaint_of(["Ada"], catalogue)
    assert told == "MCSCOPES: me must be a mapping of mc_user's keywords, got ['Ada']."


def test_settings_of_an_app(catalogue: Catalogue) -> None:
    """Redirect URIs are kept in their order, each once; loopback ones are left to the tenant."""
    uris = ["https://app.example.com/", "http://localhost:8000/", "https://app.example.com/"]
    settings = {"redirect_uris": uris, "pkce": "require", "published": True}
    assert package_settings(settings, catalogue, "me") == {
        "redirect_uris": ("https://app.example.com/", "http://localhost:8000/"),
        "pkce": "require",
        "published": True,
    }


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        pytest.param(
            {"redirect_uris": ["http://app.example.com/"]},
            "redirect_uris: Marketing Cloud refuses 'http://app.example.com/': it is http:// and"
            " not https://. Use one like https://app.example.com/callback, or"
            " http://127.0.0.1:8000/callback in tests.",
            id="http",
        ),
        pytest.param(
            {"redirect_uris": [f"https://example.com/{number}" for number in range(11)]},
            "redirect_uris: Marketing Cloud takes 10 for a package, got 11. Leave some out.",
            id="too many",
        ),
        pytest.param(
            {"redirect_uris": "https://example.com/"},
            'redirect_uris must be a list of addresses, as redirect_uris=["https://app.example.com/'
            "callback\"], got 'https://example.com/'.",
            id="text as list",
        ),
        pytest.param(
            {"redirect_uris": [7]},
            'redirect_uris must be a list of addresses, as redirect_uris=["https://app.example.com/'
            'callback"], got [7].',
            id="number as address",
        ),
        pytest.param(
            {"pkce": "plain"}, 'pkce must be "optional" or "require", got \'plain\'.', id="pkce"
        ),
        pytest.param({"published": 1}, "published must be True or False, got 1.", id="published"),
    ],
)
def test_senseless_settings_of_an_app(
    settings: dict[str, Any], complaint: str, catalogue: Catalogue
) -> None:
    """What no setting makes right is an error at once."""
    with pytest.raises(ConfigError) as told:
        package_settings(settings, catalogue, "me")
    assert str(told.value) == f"MCSCOPES: me: {complaint}"
