"""The overlay's lines that would settle what a call needs."""

from __future__ import annotations

import tomllib
from datetime import date
from typing import TYPE_CHECKING

import pytest
from facts import call_made, requirements, words

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.catalogue.find_requirements import find_need, find_soap_need
from pytest_mcscopes.catalogue.overlay import Overlay
from pytest_mcscopes.privilege.overlay_hint import missing_row

if TYPE_CHECKING:
    from pytest_mcscopes.catalogue.call_requirements import CallRequirements
    from pytest_mcscopes.ledger.facts import CallMade, HostKind

AND_OR = "AND/OR unstated"


def call(
    label: str, *enough: str, others: tuple[str, ...] = (), doubt: str = "suspect"
) -> CallMade:
    """Make a call whose row says that each of some sets of scopes is enough."""
    need = requirements(
        "|".join(each or "-" for each in enough) or None,
        label=label,
        alternatives=tuple(map(words, others)),
        mapped=bool(enough),
        confidence="documented",
        doubt=doubt,
    )
    return made(need, "soap" if label.startswith("SOAP") else "rest", "email_send")


def made(need: CallRequirements, host: HostKind, *carried: str) -> CallMade:
    """Make a call with a token that carries, and used, some scopes."""
    more = {"used": frozenset(carried), "scope_denied": False, "status": 200}
    return call_made(need, " ".join(carried), host=host, method="POST", **more)


ROUTE = ["[[route]]", 'method = "POST"', 'path = "/loyalty/v1/cards"']
SOAP = ["[[soap]]", 'object_type = "Subscriber"', 'operation = "Create"']


@pytest.mark.parametrize(
    ("made", "lines"),
    [
        pytest.param(
            call("POST /loyalty/v1/cards?state=open", "email_read"),
            [*ROUTE, 'query = "state=open"', 'all_of = ["email_read"]'],
            id="route",
        ),
        pytest.param(
            call("SOAP Subscriber Create", "email_read sms_read"),
            [*SOAP, 'all_of = ["email_read", "sms_read"]'],
            id="SOAP",
        ),
        pytest.param(
            call("POST /loyalty/v1/cards", "email_read", "sms_read"),
            [*ROUTE, 'any_of = ["email_read", "sms_read"]'],
            id="one of several",
        ),
        pytest.param(
            call("POST /loyalty/v1/cards", "email_read sms_read", doubt=AND_OR),
            [
                *ROUTE,
                (
                    'all_of = ["email_read", "sms_read"]'
                    "  # or any_of: no source says whether both are needed"
                ),
            ],
            id="it is not said whether both are needed",
        ),
        pytest.param(
            call("POST /loyalty/v1/cards", "email_read", others=("sms_read", "push_read sms_read")),
            [
                *ROUTE,
                'all_of = ["email_read"]',
                "# another source: sms_read",
                "# another source: push_read sms_read",
            ],
            id="sources that contradict each other",
        ),
        pytest.param(call("POST /loyalty/v1/cards", ""), [*ROUTE, "all_of = []"], id="nothing"),
    ],
)
def test_a_row_says_what_its_sources_say(made: CallMade, lines: list[str]) -> None:
    """Whatever the call used: that is what the code asked for."""
    assert missing_row(Overlay(), made) == ("# mcscopes.toml", *lines)
    tomllib.loads("\n".join(lines))


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(call("POST /loyalty/v1/cards"), id="a route that no source knows"),
        pytest.param(call("SOAP Subscriber Create"), id="a SOAP call of which nothing is stated"),
        pytest.param(call("SOAP Log it all Execute", "a"), id="a word that no row may have"),
        pytest.param(call("SOAP VersionInfo", "a"), id="for every object type: too wide"),
        pytest.param(call("SOAP List Create and Update", "a"), id="two rows, of which one is sure"),
    ],
)
def test_a_row_that_could_do_harm_is_not_offered(made: CallMade) -> None:
    """Pasted, it would be trusted: more would be let off than was shown."""
    assert missing_row(Overlay(), made) == ()


@pytest.mark.parametrize(
    "need",
    [
        pytest.param(
            find_need(
                load_catalogue(),
                "POST",
                "/interaction/v1/interactions/contactexit",
                "",
                "rest",
                "attested",
            ),
            id="REST",
        ),
        pytest.param(
            find_soap_need(
                load_catalogue(), "DataFolder", "Retrieve", "attested", date(2026, 11, 28)
            ),
            id="SOAP",
        ),
        pytest.param(
            find_need(load_catalogue(), "POST", "/hub/v1/campaing", "", "rest", "attested"),
            id="a near miss: never",
        ),
    ],
)
def test_clients_that_ask_for_different_scopes_are_offered_the_same(need: CallRequirements) -> None:
    """What each asked for is no evidence."""
    host: HostKind = "soap" if need.label.startswith("SOAP") else "rest"
    clients: tuple[list[str], ...] = (
        [],
        ["journeys_execute"],
        ["journeys_read", "list_and_subscribers_read"],
    )
    offered = {missing_row(Overlay(), made(need, host, *carried)) for carried in clients}
    assert len(offered) == 1
    assert (offered == {()}) is bool(need.near_misses)


@pytest.mark.parametrize(
    ("label", "table"),
    [
        pytest.param("POST /loyalty/v1/cards", "route", id="route"),
        pytest.param("SOAP Subscriber Create", "soap", id="SOAP"),
    ],
)
def test_rows_are_for_the_file_that_there_is(label: str, table: str) -> None:
    overlay = Overlay(file="pyproject.toml", prefix="tool.mcscopes.")
    remark, *lines = missing_row(overlay, call(label, "a"))
    assert remark == "# pyproject.toml"
    assert [*tomllib.loads("\n".join(lines))["tool"]["mcscopes"]] == [table]
