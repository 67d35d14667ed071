"""The data of the catalogue: whole, sorted, sourced, and spelt in known words."""

from __future__ import annotations

import tomllib
from collections import Counter
from itertools import chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
from catalogues import routes_of

from pytest_mcscopes.catalogue import model
from pytest_mcscopes.catalogue.catalogue import Catalogue, load_catalogue
from pytest_mcscopes.catalogue.index import packaged_data, read_index
from pytest_mcscopes.ini_keys import EDITION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_mcscopes.catalogue.model import Route

SCOPE_PAGE = {
    "Approvals": "write",
    "Audiences": "read write",
    "Automations": "execute read write",
    "Calendar": "read write",
    "Campaign": "read write",
    "Data Extensions": "read write",
    "Documents and Images": "read write",
    "Email": "read send write",
    "File Locations": "read write",
    "Journeys (Interactions)": "execute read write",
    "Lists and Subscribers": "read write",
    "OTT": "read send",
    "OTT Channels": "read write",
    "Organizations": "read write",
    "Push": "read send write",
    "SMS": "read send write",
    "Saved Content": "read write",
    "Social": "post publish read write",
    "Tags": "write",
    "Tracking Events": "read",
    "Users": "read write",
    "Web": "publish read write",
    "Webhooks": "read write",
    "Workflows": "write",
}
"""Families of the vendor's scope page and the actions that it lists for each."""

TOKEN_ORDER = """\
offline documents_and_images_read documents_and_images_write saved_content_read
saved_content_write automations_execute automations_read automations_write journeys_execute
journeys_read journeys_write email_read email_send email_write push_read push_send push_write
sms_read sms_send sms_write social_post social_publish social_read social_write web_publish
web_read web_write audiences_read audiences_write list_and_subscribers_read
list_and_subscribers_write data_extensions_read data_extensions_write file_locations_read
file_locations_write tracking_events_read calendar_read calendar_write campaign_read
campaign_write accounts_read accounts_write users_read users_write webhooks_read webhooks_write
workflows_write approvals_write tags_write approvals_read tags_read workflows_read
ott_chat_messaging_read ott_chat_messaging_send ott_channels_read ott_channels_write
marketing_cloud_connect_read marketing_cloud_connect_write marketing_cloud_connect_send
event_notification_callback_create event_notification_callback_read
event_notification_callback_update event_notification_callback_delete
event_notification_subscription_create event_notification_subscription_read
event_notification_subscription_update event_notification_subscription_delete
tracking_events_write key_manage_view key_manage_rotate key_manage_revoke dfu_configure
journeys_aspr journeys_delete package_manager_package package_manager_deploy
deep_linking_asset_read deep_linking_asset_write deep_linking_asset_delete
deep_linking_settings_read deep_linking_settings_write
"""
"""As real tokens listed them that were asked for without a scope parameter."""


@pytest.fixture
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture
def routes(catalogue: Catalogue) -> list[Route]:
    return routes_of(catalogue)


def table(name: str) -> dict[str, Any]:
    return tomllib.loads(packaged_data().joinpath(*name.split("/")).read_text(encoding="utf-8"))


def unsorted(keys: Iterable[Any]) -> list[Any]:
    """List the neighbours that are out of order or equal."""
    return [pair for pair in pairwise(keys) if not pair[0] < pair[1]]


def data_files() -> list[str]:
    root = Path(str(packaged_data()))
    return sorted(file.relative_to(root).as_posix() for file in root.rglob("*.toml"))


def test_as_many_rows_as_the_sources_gave(catalogue: Catalogue, routes: list[Route]) -> None:
    found = {
        "spellings": len(catalogue.scopes),
        "wire ids": len(catalogue.wire_ids),
        "permissions": len(catalogue.permissions),
        "scopes with permissions": len(catalogue.scope_permissions),
        "routes": len(routes),
        "services": len(catalogue.services),
        "soap": len(catalogue.soap_rows),
        "soap, always available": sum(row.always_available for row in catalogue.soap_rows),
        "sources": len(catalogue.sources),
    }
    assert found == {
        "spellings": 106,
        "wire ids": 87,
        "permissions": 539,
        "scopes with permissions": 99,
        "routes": 485,
        "services": 16,
        "soap": 260,
        "soap, always available": 28,
        "sources": 120,
    }


def test_the_index_tells_the_truth(catalogue: Catalogue, routes: list[Route]) -> None:
    """pytest's header prints the index, which nothing else would correct."""
    index = read_index(packaged_data())
    assert index.counts._asdict() == {
        "scopes": len(catalogue.wire_ids),
        "permissions": len(catalogue.permissions),
        "routes": len(routes),
        "soap": len(catalogue.soap_rows),
    }
    found = {
        service: (
            {route.host for route in catalogue.routes(service)},
            {route.path.split("/")[1] for route in catalogue.routes(service)},
            len(catalogue.routes(service)),
        )
        for service in catalogue.services
    }
    assert {
        row.name: ({row.host}, set(row.first_segments), row.routes) for row in index.services
    } == found


def test_no_data_file_is_forgotten() -> None:
    named = {service.file for service in read_index(packaged_data()).services}
    rest = {"index", "permissions", "scope_permissions", "scopes", "soap", "sources"}
    assert set(data_files()) == named | {f"{name}.toml" for name in rest}


@pytest.mark.parametrize("name", data_files())
def test_a_data_file_says_what_it_is_and_when_it_was_checked(name: str) -> None:
    text = packaged_data().joinpath(*name.split("/")).read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert table(name)["checked"] == read_index(packaged_data()).checked


def test_no_two_services_of_a_host_share_a_first_segment() -> None:
    places = Counter(
        (service.host, first)
        for service in read_index(packaged_data()).services
        for first in service.first_segments
    )
    assert set(places.values()) == {1}


class TestScopes:
    def test_sorted_and_unique(self) -> None:
        assert unsorted(row["id"] for row in table("scopes.toml")["scope"]) == []

    def test_each_pair_of_the_scope_page_is_one_wire_id(self, catalogue: Catalogue) -> None:
        listed = Counter(
            (scope.family, scope.action)
            for scope in catalogue.scopes.values()
            if scope.on_the_wire and scope.on_scope_page
        )
        pairs = {(family, action) for family, some in SCOPE_PAGE.items() for action in some.split()}
        assert len(pairs) == 52
        assert listed == Counter(pairs)

    def test_wire_ids_are_alone_in_their_family_and_action(self, catalogue: Catalogue) -> None:
        pairs = Counter(
            (catalogue.scopes[scope].family, catalogue.scopes[scope].action)
            for scope in catalogue.wire_ids
        )
        assert [pair for pair, times in pairs.items() if times > 1] == []

    def test_wire_ids_end_in_their_action(self, catalogue: Catalogue) -> None:
        """Which lets `needs.power` rank ids that the catalogue does not know."""
        assert [
            scope
            for scope in catalogue.wire_ids
            if scope.rpartition("_")[2] != catalogue.scopes[scope].action
        ] == []

    def test_token_order(self, catalogue: Catalogue) -> None:
        placed = [scope for scope in catalogue.scopes.values() if scope.token_order is not None]
        assert sorted(scope.token_order or 0 for scope in placed) == list(range(1, 82))
        assert list(catalogue.in_token_order(scope.id for scope in placed)) == TOKEN_ORDER.split()

    def test_aliases_and_mistakes_lead_to_wire_ids(self, catalogue: Catalogue) -> None:
        for scope in catalogue.scopes.values():
            assert (scope.maps_to in catalogue.wire_ids) is not scope.on_the_wire, scope.id
        kinds = Counter(scope.status for scope in catalogue.scopes.values())
        assert kinds == {"current": 53, "unlisted": 34, "doc-alias": 7, "rejected": 12}

    def test_known_words(self, catalogue: Catalogue) -> None:
        for scope in catalogue.scopes.values():
            assert scope.status in get_args(model.Status), scope.id
            assert scope.confidence in get_args(model.Confidence), scope.id


class TestRoutes:
    def test_sorted_and_unique(self, catalogue: Catalogue) -> None:
        for service in catalogue.services:
            keys = [(row.path, row.query, row.method) for row in catalogue.routes(service)]
            assert unsorted(keys) == []

    def test_every_scope_is_a_wire_id(self, catalogue: Catalogue, routes: list[Route]) -> None:
        named = frozenset().union(*(route.scopes for route in routes))
        assert named - catalogue.wire_ids == frozenset()

    def test_printed_scopes_are_known_spellings(self, catalogue: Catalogue) -> None:
        files = [table(each.file)["route"] for each in read_index(packaged_data()).services]
        rows = chain.from_iterable(files)
        printed = set(chain.from_iterable(row.get("doc_scopes", ()) for row in rows))
        assert printed
        assert printed - catalogue.scopes.keys() == set()

    def test_known_words(self, routes: list[Route]) -> None:
        for route in routes:
            assert route.host in get_args(model.Host), route.label
            assert route.semantics in get_args(model.Semantics), route.label
            assert route.method in {"GET", "POST", "PUT", "PATCH", "DELETE"}, route.label

    def test_semantics_agree_with_the_scopes(self, routes: list[Route]) -> None:
        """How many scopes a row may list, by its semantics."""
        fits: dict[str, Callable[[Route], bool]] = {
            "none-required": lambda row: row.all_of == (),
            "single": lambda row: row.all_of is not None and len(row.all_of) == 1,
            "unknown": lambda row: row.all_of is None and not row.any_of,
            "any": lambda row: row.all_of is None and len(row.any_of) > 1,
        }
        several = ("all", "assumed-and", "comma-unstated")
        fits |= dict.fromkeys(several, lambda row: row.all_of is not None and len(row.all_of) > 1)
        assert [row.label for row in routes if not fits[row.semantics](row)] == []

    def test_confidence_is_told_in_full(self, routes: list[Route]) -> None:
        """Attested rows have a grade, inferred ones a strength, unknown ones no scope."""
        for row in routes:
            attested = row.confidence == "community-attested"
            assert not attested or row.attestation_grade in get_args(model.Grade), row.label
            inferred = row.confidence == "inferred"
            assert (row.inference_strength in get_args(model.Strength)) is inferred, row.label
            assert (row.confidence == "unknown") is (row.semantics == "unknown"), row.label

    def test_permission_ids_are_observed_ones(
        self, catalogue: Catalogue, routes: list[Route]
    ) -> None:
        """All but 600, which the permission table prints and no user was seen to have."""
        ids = set(chain.from_iterable(route.permission_ids for route in routes))
        assert ids - catalogue.permissions.keys() == {600}

    def test_kinds_of_evidence(self, routes: list[Route]) -> None:
        kinds = Counter(route.confidence for route in routes)
        assert kinds == {
            "documented": 204,
            "community-attested": 46,
            "inferred": 186,
            "unknown": 49,
        }
        assert sum(route.suspect for route in routes) == 29


class TestSoap:
    def test_sorted_and_unique(self, catalogue: Catalogue) -> None:
        assert unsorted((row.object_type, row.operation) for row in catalogue.soap_rows) == []

    def test_every_scope_is_a_wire_id(self, catalogue: Catalogue) -> None:
        for row in catalogue.soap_rows:
            assert row.scopes <= catalogue.wire_ids, row

    def test_always_available_rows_need_nothing(self, catalogue: Catalogue) -> None:
        assert {row.all_of for row in catalogue.soap_rows if row.always_available} == {()}

    def test_kinds_of_evidence(self, catalogue: Catalogue) -> None:
        kinds = Counter((row.confidence, row.attestation_grade) for row in catalogue.soap_rows)
        assert kinds == {
            ("documented", None): 32,
            ("community-attested", "A"): 20,
            ("community-attested", "B"): 9,
            ("inferred", "C"): 24,
            ("inferred", None): 148,
            ("unknown", None): 27,
        }


class TestPermissions:
    def test_sorted_and_unique(self) -> None:
        assert unsorted(row["id"] for row in table("permissions.toml")["permission"]) == []

    def test_links_lead_to_wire_ids_and_observed_permissions(self, catalogue: Catalogue) -> None:
        for row in catalogue.scope_permissions:
            ids = {row.permission_id, row.matched_permission_id} - {None, 600}
            assert row.scope in catalogue.wire_ids, row
            assert ids <= catalogue.permissions.keys(), row
            assert row.naming in get_args(model.Naming), row

    def test_observed_names_are_those_of_the_permission(self, catalogue: Catalogue) -> None:
        for row in catalogue.scope_permissions:
            found = catalogue.permissions.get(row.permission_id or row.matched_permission_id or 0)
            same = found is not None and (row.object_type, row.operation, row.permission_name) == (
                found.object_type,
                found.operation,
                found.name,
            )
            assert same is (row.naming != "derived"), row


class TestSources:
    def test_sorted_and_unique(self) -> None:
        assert unsorted(table("sources.toml")["address"]) == []

    def test_every_row_names_sources_that_have_an_address(
        self, catalogue: Catalogue, routes: list[Route]
    ) -> None:
        rows: list[tuple[str, ...]] = [
            *(scope.sources for scope in catalogue.scopes.values()),
            *(row.source for row in catalogue.scope_permissions),
            *(row.source for row in catalogue.soap_rows),
            *(route.source for route in routes),
            *(other.source for route in routes for other in route.alternatives),
            *(other.source for row in catalogue.soap_rows for other in row.alternatives),
        ]
        assert [row for row in rows if not row] == []
        assert set(chain.from_iterable(rows)) <= catalogue.sources.keys()

    def test_documents_that_print_an_id_have_an_address(self, catalogue: Catalogue) -> None:
        named = {row.get("documented_by") for row in table("scopes.toml")["scope"]} - {None}
        assert named == {"postman-userinfo"}
        assert named <= catalogue.sources.keys()


def test_the_edition_in_the_header_is_that_of_the_data() -> None:
    """pytest's header tells the date and counts without reading the data."""
    index = read_index(packaged_data())
    assert (
        f"catalogue of {index.checked}: {index.counts.scopes} scopes,"
        f" {index.counts.routes} REST routes, {index.counts.soap} SOAP operations"
    ) == EDITION
