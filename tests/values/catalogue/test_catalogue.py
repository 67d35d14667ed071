"""The catalogue as the rest of the package asks it."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from pytest_mcscopes.catalogue.catalogue import Catalogue, load_catalogue
from pytest_mcscopes.catalogue.index import packaged_data
from pytest_mcscopes.errors import CatalogueError


@pytest.fixture
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the packaged data, for a test to spoil."""
    return Path(shutil.copytree(str(packaged_data()), tmp_path / "data"))


def keep_only(data: Path, *names: str) -> Catalogue:
    """Remove every other data file, so that reading one fails."""
    for file in data.rglob("*.toml"):
        if file.relative_to(data).as_posix() not in names:
            file.unlink()
    return Catalogue(data)


class TestReading:
    def test_the_packaged_catalogue_is_opened_once(self) -> None:
        assert load_catalogue() is load_catalogue()

    def test_counts_and_date_need_the_index_only(self, data: Path) -> None:
        catalogue = keep_only(data, "index.toml")
        assert catalogue.counts == (87, 539, 485, 260)
        assert catalogue.counts.routes == 485
        assert catalogue.checked == date(2026, 11, 28)
        assert "messaging" in catalogue.services

    def test_a_token_request_needs_the_scopes_only(self, data: Path) -> None:
        catalogue = keep_only(data, "index.toml", "scopes.toml")
        assert catalogue.in_token_order(["sms_read", "email_read"]) == ("email_read", "sms_read")
        assert len(catalogue.default_scopes) == 86

    def test_a_call_needs_the_scopes_and_its_service_only(self, data: Path) -> None:
        catalogue = keep_only(data, "index.toml", "scopes.toml", "rest/messaging.toml")
        assert catalogue.match("POST", "/messaging/v1/email/messages/m") is not None
        assert catalogue.match("POST", "/nowhere/v1") is None
        with pytest.raises(CatalogueError):
            catalogue.match("GET", "/hub/v1/campaigns")

    def test_a_file_is_read_once(self, data: Path) -> None:
        catalogue = Catalogue(data)
        first = catalogue.routes("sms")
        shutil.rmtree(data / "rest")
        assert catalogue.routes("sms") is first

    def test_a_missing_file_is_named_with_the_way_out(self, data: Path) -> None:
        (data / "scopes.toml").unlink()
        with pytest.raises(CatalogueError) as error:
            _ = Catalogue(data).scopes
        file = data / "scopes.toml"
        assert str(error.value) == (
            f"MCSCOPES: the catalogue's data file {file} cannot be read (FileNotFoundError: "
            f"[Errno 2] No such file or directory: '{file}'). It comes with the package: "
            "pip install --force-reinstall pytest-mcscopes"
        )

    @pytest.mark.parametrize(
        ("content", "trouble"),
        [
            pytest.param(b"x = ", "TOMLDecodeError", id="no TOML"),
            pytest.param(b"# \xff", "UnicodeDecodeError", id="no UTF-8"),
            pytest.param(b"checked = 2026-11-21", "KeyError", id="without rows"),
            pytest.param(b"service = 's'\nhost = 'rest'\nroute = [{}]", "TypeError", id="bare row"),
        ],
    )
    def test_a_corrupt_file_is_named(self, content: bytes, trouble: str, data: Path) -> None:
        (data / "rest" / "sms.toml").write_bytes(content)
        with pytest.raises(CatalogueError, match=rf"sms\.toml cannot be read \({trouble}: "):
            Catalogue(data).match("GET", "/sms/v1/rest")

    @pytest.mark.parametrize(
        ("name", "ask"),
        [
            ("index.toml", "checked"),
            ("scopes.toml", "scopes"),
            ("permissions.toml", "permissions"),
            ("scope_permissions.toml", "scope_permissions"),
            ("soap.toml", "soap_rows"),
            ("sources.toml", "sources"),
        ],
    )
    def test_any_file_may_be_the_corrupt_one(self, name: str, ask: str, data: Path) -> None:
        (data / name).write_text("nonsense")
        with pytest.raises(CatalogueError, match=name):
            getattr(Catalogue(data), ask)


class TestScopes:
    def test_a_package_has_all_but_openid_by_default(self, catalogue: Catalogue) -> None:
        assert catalogue.wire_ids - catalogue.default_scopes == {"openid"}

    def test_aliases_and_mistakes_are_known_but_not_on_the_wire(self, catalogue: Catalogue) -> None:
        assert catalogue.scopes["ott_read"].maps_to == "ott_chat_messaging_read"
        assert "ott_read" not in catalogue.wire_ids

    def test_scopes_without_a_place_come_last_by_name(self, catalogue: Catalogue) -> None:
        scopes = {"zeta", "openid", "sms_read", "offline", "alpha"}
        expected = ("offline", "sms_read", "alpha", "openid", "zeta")
        assert catalogue.in_token_order(scopes) == expected
        assert catalogue.token_text(frozenset(scopes)) == " ".join(expected)

    def test_families_are_named_once_in_token_order(self, catalogue: Catalogue) -> None:
        scopes = ["sms_send", "email_write", "nonsense", "sms_read", "email_read"]
        assert catalogue.families(scopes) == ("Email", "SMS")

    @pytest.mark.parametrize(
        ("word", "meant"),
        [
            pytest.param("ott_read", "ott_chat_messaging_read", id="rejected"),
            pytest.param("Contacts_access", "list_and_subscribers_read", id="alias"),
            pytest.param("contacts_Access", "list_and_subscribers_read", id="alias, other case"),
            pytest.param("Email_Read", "email_read", id="case"),
            pytest.param("email-read", "email_read", id="hyphen"),
            pytest.param("Email Read", "email_read", id="blank"),
            pytest.param("journey_read", "journeys_read", id="singular"),
            pytest.param("emails_read", "email_read", id="plural"),
            pytest.param("email_raed", "email_read", id="typo"),
            pytest.param("email_read", None, id="right already"),
            pytest.param("nonsense", None, id="nothing near"),
            pytest.param("read", None, id="an action is no hint"),
            pytest.param("", None, id="empty"),
            pytest.param("email_" * 20_000, None, id="longer than any"),
        ],
    )
    def test_did_you_mean(self, word: str, meant: str | None, catalogue: Catalogue) -> None:
        assert catalogue.did_you_mean(word) == meant


@pytest.mark.parametrize(
    ("path", "families"),
    [
        pytest.param("/address/v1/nothing", ("Email",), id="one family"),
        pytest.param(
            "//asset/v2",
            ("Documents and Images", "Saved Content", "Email", "Web"),
            id="tolerated too",
        ),
        pytest.param("/push/v1/x", ("Push",), id="actions that no row has"),
        pytest.param("/legacy/v1/beta/automations/x", ("Automations",), id="by a word of its own"),
        pytest.param("/legacy/v1/beta/bulk/AUTOMATIONS/7", ("Automations",), id="anywhere in it"),
        pytest.param("/legacy/v1/beta/mobile/keyword/7", ("SMS",), id="by another word"),
        pytest.param("/legacy/v1/beta/mobile/automation", ("Automations", "SMS"), id="by both"),
    ],
)
def test_an_unknown_path_may_need_the_families_of_its_service(
    path: str, families: tuple[str, ...], catalogue: Catalogue
) -> None:
    found = catalogue.scopes_under(path)
    assert catalogue.families(found) == families
    assert found == {
        scope for scope in catalogue.wire_ids if catalogue.scopes[scope].family in families
    }


@pytest.mark.parametrize(
    ("path", "host"),
    [
        pytest.param("/nowhere/v1", "rest", id="unknown segment"),
        pytest.param("/", "rest", id="no segment"),
        pytest.param("/guide/v1/x", "rest", id="rows that name no scope"),
        pytest.param("/legacy/v1/beta/messaging/x", "rest", id="no word that tells"),
        pytest.param("/v2/token", "auth", id="auth host"),
    ],
)
def test_a_path_of_which_nothing_is_known_may_need_anything(
    path: str, host: str, catalogue: Catalogue
) -> None:
    assert catalogue.scopes_under(path, host) == catalogue.wire_ids


DELETE = "/contacts/v1/contacts/actions/delete"


@pytest.mark.parametrize(
    ("request_line", "labels"),
    [
        pytest.param(
            "PUT /hub/v1/campaigns",
            ("GET /hub/v1/campaigns", "PATCH /hub/v1/campaigns", "POST /hub/v1/campaigns"),
            id="method",
        ),
        pytest.param(
            f"POST {DELETE}",
            (
                f"POST {DELETE}?type=ids",
                f"POST {DELETE}?type=keys",
                f"POST {DELETE}?type=listReference",
            ),
            id="query absent",
        ),
        pytest.param(
            "GET /messaging/v1/email/messages?type=sent",
            (
                "GET /messaging/v1/email/messages?type=notSent",
                "POST /messaging/v1/email/messages",
            ),
            id="query differs",
        ),
        pytest.param(
            "GET /hub/v1/CampainS",
            ("GET /hub/v1/campaigns", "PATCH /hub/v1/campaigns", "POST /hub/v1/campaigns"),
            id="and case",
        ),
        pytest.param("POST /SMS/V1/QueueMi", ("POST /sms/v1/queueMO",), id="in any case"),
        pytest.param("GET /HUB%2Fv1%2Fcampaigns", ("GET /hub/v1/campaigns",), id="encoded slashes"),
        pytest.param(f"GET /{'a' * 100_000}/v1", (), id="a service longer than any"),
        pytest.param(f"GET /hub/v1/{'a' * 100_000}", (), id="a segment longer than any"),
        pytest.param("GET /hub/v1/nothing", (), id="another segment altogether"),
        pytest.param("GET /hub/v1/campaing/1/asset", (), id="two segments misspelt"),
        pytest.param(
            "GET /mesaging/v1/email/definitions",
            ("GET /messaging/v1/email/definitions", "POST /messaging/v1/email/definitions"),
            id="service misspelt",
        ),
        pytest.param(
            "DELETE /asset/v1/content/asset/1",
            (
                "DELETE /asset/v1/content/assets/{id}",
                "GET /asset/v1/content/assets/{id}",
                "PATCH /asset/v1/content/assets/{id}",
            ),
            id="segment misspelt",
        ),
        pytest.param(
            "GET /asset/v1/content/assets/query",
            (
                "POST /asset/v1/content/assets/query",
                "DELETE /asset/v1/content/assets/{id}",
                "PATCH /asset/v1/content/assets/{id}",
            ),
            id="spelt out before variable, and not the row that was passed over",
        ),
        pytest.param("GET /asset/v1/a/b/c/d/e", (), id="longer than any"),
        pytest.param("GET /nowhere/v1", (), id="unknown service"),
        pytest.param("GET /", (), id="root"),
    ],
)
def test_near_misses(request_line: str, labels: tuple[str, ...], catalogue: Catalogue) -> None:
    method, _, address = request_line.partition(" ")
    path, _, query = address.partition("?")
    assert catalogue.near_misses(method, path, query) == labels


def test_near_misses_stay_on_their_host(catalogue: Catalogue) -> None:
    assert catalogue.near_misses("POST", "/v2/tokn") == ()
    assert catalogue.near_misses("POST", "/v2/tokn", host="auth")[0] == "POST /v2/token"


def test_permissions_are_found_by_id(catalogue: Catalogue) -> None:
    permission = catalogue.permissions[5]
    assert (permission.object_type, permission.operation) == ("Email", "View")
