"""Which row of the catalogue a SOAP call is found by, and what it needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from catalogues import catalogue_with, overlay_row

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.catalogue.find_requirements import (
    find_soap_need,
    need_of_both,
    need_of_nothing,
)
from pytest_mcscopes.cloud.soap.operations import Operation, find_operation_need

if TYPE_CHECKING:
    from pytest_mcscopes.catalogue.call_requirements import CallRequirements
    from pytest_mcscopes.catalogue.model import SoapRow

TODAY = date(2026, 11, 21)
NOTHING = need_of_nothing("nothing")


def need(object_type: str, operation: str) -> CallRequirements:
    return find_soap_need(load_catalogue(), object_type, operation, "attested", TODAY)


class TestFinding:
    @pytest.mark.parametrize(
        ("object_type", "operation", "minimal", "doubt"),
        [
            pytest.param("Subscriber", "Retrieve", {"list_and_subscribers_read"}, "", id="pair"),
            pytest.param("SentEvent", "Retrieve", {"tracking_events_read"}, "", id="attested"),
            pytest.param("TimeZone", "Retrieve", set(), "inferred", id="needs nothing, inferred"),
            pytest.param("TrackingEvent", "Retrieve", set(), "", id="open to all"),
            pytest.param("FileTransferLocation", "Create", None, "scope unknown", id="(any)"),
            pytest.param("Unheard", "Describe", set(), "inferred", id="(any) object"),
        ],
    )
    def test_a_pair_has_a_row_of_its_own_or_an_open_one(
        self, object_type: str, operation: str, minimal: set[str] | None, doubt: str
    ) -> None:
        found = need(object_type, operation)
        assert found.label == f"SOAP {object_type} {operation}"
        assert found.minimal_sets == (() if minimal is None else (frozenset(minimal),))
        assert (found.doubt, found.mapped) == (doubt, True)

    def test_a_remark_in_a_row_is_no_part_of_its_operation(self) -> None:
        """`Retrieve (also SendSummary)` is found as Retrieve."""
        assert need("Send", "Retrieve").listed == {"email_read", "tracking_events_read"}
        assert need("Send", "Retrieve").label == "SOAP Send Retrieve"

    @pytest.mark.parametrize(
        ("object_type", "operation"),
        [
            pytest.param("subscriber", "Retrieve", id="type"),
            pytest.param("SUBSCRIBER", "retrieve", id="both"),
            pytest.param("Subscriber", "RETRIEVE", id="operation"),
        ],
    )
    def test_another_case_gets_round_no_row(self, object_type: str, operation: str) -> None:
        assert need(object_type, operation) == need("Subscriber", "Retrieve")

    @pytest.mark.parametrize(
        ("object_type", "operation", "near"),
        [
            pytest.param("TriggeredSend", "Perform", ["SOAP TriggeredSend Create"], id="operation"),
            pytest.param("subscribr", "Retrieve", ["SOAP Subscriber Retrieve"], id="case"),
            pytest.param("Emial", "Retrieve", ["SOAP Email Retrieve"], id="slip"),
            pytest.param("Xyzzy", "Retrieve", [], id="nothing like it"),
            pytest.param("", "VersionInfo", [], id="no object type"),
        ],
    )
    def test_an_unknown_pair_has_near_misses(
        self, object_type: str, operation: str, near: list[str]
    ) -> None:
        found = need(object_type, operation)
        assert not found.mapped
        assert not found.trusted
        assert found.doubt == "not in the catalogue"
        assert list(found.near_misses[: len(near) or 3]) == near

    def test_at_most_three_near_misses_are_told(self) -> None:
        near = need("Subscriber", "Configure").near_misses
        assert len(near) == 3
        assert all(each.startswith("SOAP Subscriber ") for each in near)

    def test_an_unknown_pair_may_need_what_its_object_type_does(self) -> None:
        families = load_catalogue().families(need("QueryDefinition", "Configure").explains)
        assert families == load_catalogue().families({"automations_read"})

    def test_an_unknown_object_type_may_need_anything(self) -> None:
        assert need("Xyzzy", "Retrieve").explains == load_catalogue().wire_ids
        assert need("", "Execute").label == "SOAP Execute"

    @pytest.mark.parametrize(
        "row",
        [
            pytest.param(overlay_row("LogUnsubEvent", "Execute", "email_send"), id="very pair"),
            pytest.param(overlay_row("LogUnsubEvent", "(any)", "email_send"), id="any operation"),
            pytest.param(overlay_row("(any)", "Execute", "email_send"), id="any object"),
        ],
    )
    def test_an_overlay_settles_what_the_catalogue_does_not_know(self, row: SoapRow) -> None:
        found = find_soap_need(catalogue_with(row), "LogUnsubEvent", "Execute", "attested", TODAY)
        assert (found.label, found.trusted) == ("SOAP LogUnsubEvent Execute", True)
        assert found.minimal_sets == (frozenset({"email_send"}),)

    def test_the_very_pair_goes_before_an_open_row(self) -> None:
        catalogue = catalogue_with(
            overlay_row("(any)", "Retrieve", "push_read"), overlay_row("List", "(any)", "push_read")
        )
        found = find_soap_need(catalogue, "List", "Retrieve", "attested", TODAY)
        assert found.listed == {"list_and_subscribers_read"}

    def test_object_types_are_listed_once_and_without_the_open_one(self) -> None:
        types = load_catalogue().soap_pairs.object_types
        assert len(types) == len(set(types))
        assert "(any)" not in types
        assert {"Subscriber", "DataExtensionObject"} <= set(types)


def one(*sets: str, trusted: bool = True, **changes: object) -> CallRequirements:
    minimal = tuple(frozenset(each.split()) for each in sets)
    base = replace(
        NOTHING,
        minimal_sets=minimal,
        doubt="" if trusted else "inferred",
        confidence="documented" if trusted else "inferred",
        explains=frozenset() if trusted else frozenset({"push_read"}),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


class TestBoth:
    @pytest.mark.parametrize(
        ("first", "second", "minimal", "doubt"),
        [
            pytest.param(one("a"), one("a"), ["a"], "", id="the same"),
            pytest.param(one("a", "b"), one("a", "b"), ["a", "b"], "", id="the same choice"),
            pytest.param(
                one("a"), one("b"), ["a b"], "what it does needs different scopes", id="both"
            ),
            pytest.param(
                one("a"), one("a", trusted=False), ["a"], "inferred", id="one of them doubtful"
            ),
            pytest.param(
                one("a", "b"),
                one("a", "c", trusted=False),
                ["a", "b c"],
                "inferred",
                id="the wider unions are left out",
            ),
            pytest.param(
                one("a"),
                one(trusted=False, doubt="scope unknown"),
                [],
                "scope unknown",
                id="one of them unknown",
            ),
        ],
    )
    def test_a_call_that_does_two_things_needs_what_both_need(
        self, first: CallRequirements, second: CallRequirements, minimal: list[str], doubt: str
    ) -> None:
        both = need_of_both(first, second, "both")
        assert [" ".join(sorted(each)) for each in both.minimal_sets] == minimal
        assert (both.label, both.doubt, both.trusted) == ("both", doubt, not doubt)
        assert both.listed == frozenset().union(*both.minimal_sets)
        assert bool(both.explains) == bool(doubt)

    def test_whatever_holds_of_either_holds_of_both(self) -> None:
        first = one("a", mapped=False, near_misses=("x",), permission_ids=(1, 2))
        second = one("a", tolerated=frozenset({"t"}), near_misses=("y",), permission_ids=(2, 3))
        both = need_of_both(first, second, "both")
        assert not both.mapped
        assert both.near_misses == ("x", "y")
        assert both.tolerated == {"t"}
        assert both.permission_ids == (1, 2, 3)
        assert both.confidence == "documented"


def need_of(object_type: str, operation: str, *, upsert: bool = False) -> CallRequirements:
    one = Operation(name=operation, object_type=object_type, upsert=upsert)  # type: ignore[arg-type]
    return find_operation_need(
        one, load_catalogue(), "attested", datetime(2026, 11, 21, tzinfo=UTC).timestamp()
    )


class TestOperations:
    def test_an_upsert_needs_what_create_and_update_need(self) -> None:
        found = need_of("DataExtension", "Create", upsert=True)
        assert found.label == "SOAP DataExtension Create and Update"
        assert (found.minimal_sets, found.trusted) == (
            (frozenset({"data_extensions_write"}),),
            True,
        )

    def test_an_upsert_of_which_one_half_is_unknown_is_doubtful(self) -> None:
        found = need_of("SMSTriggeredSend", "Create", upsert=True)
        assert (found.mapped, found.trusted, found.minimal_sets) == (False, False, ())
        assert "sms_send" in found.explains

    def test_an_upsert_whose_halves_differ_is_doubtful(self) -> None:
        found = need_of("TriggeredSend", "Update", upsert=True)
        assert found.minimal_sets == (frozenset({"email_read", "email_write", "email_send"}),)
        assert (found.trusted, found.doubt) == (False, "inferred")

    def test_without_it_create_alone_counts(self) -> None:
        assert need_of("DataExtension", "Create").label == "SOAP DataExtension Create"

    @pytest.mark.parametrize(
        ("moment", "minimal"),
        [
            pytest.param("2026-06-18T23:59:59", {"email_send"}, id="before"),
            pytest.param(
                "2026-06-19T00:00:00", {"email_read", "email_write", "email_send"}, id="since"
            ),
        ],
    )
    def test_the_rule_in_force_counts(self, moment: str, minimal: set[str]) -> None:
        at = datetime.fromisoformat(f"{moment}+00:00").timestamp()
        create = Operation(name="Create", object_type="TriggeredSend")
        found = find_operation_need(create, load_catalogue(), "attested", at)
        assert found.minimal_sets == (frozenset(minimal),)
