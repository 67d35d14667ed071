"""The overlay's lines that would settle what a call needs."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest

from pytest_mcscopes.catalogue.needs import Need
from pytest_mcscopes.catalogue.overlay import Overlay
from pytest_mcscopes.ledger.facts import CallMade, HostKind
from pytest_mcscopes.privilege.missing_row import missing_row

NONE = frozenset[str]()


def call(label: str, *, used: str = "", host: HostKind = "soap") -> CallMade:
    need = Need(
        label=label,
        minimal_sets=(),
        alternatives=(),
        listed=NONE,
        tolerated=NONE,
        explains=NONE,
        trusted=False,
        mapped=False,
        confidence="not in the catalogue",
        doubt="not in the catalogue",
        permission_ids=(),
        near_misses=(),
    )
    return CallMade(
        at=0,
        tenant="tenant",
        host=host,
        method="POST",
        path="/test",
        need=need,
        package="integration",
        token="token",
        granted=NONE,
        used=frozenset(used.split()),
        lacking=False,
        status=200,
    )


@pytest.mark.parametrize(
    ("made", "lines"),
    [
        pytest.param(
            call("POST /loyalty/v1/cards?state=open", host="rest"),
            [
                "[[route]]",
                'method = "POST"',
                'path = "/loyalty/v1/cards"',
                'query = "state=open"',
                'all_of = ["email_read"]',
            ],
            id="route",
        ),
        pytest.param(
            call("SOAP Subscriber Create", used="email_send"),
            [
                "[[soap]]",
                'object_type = "Subscriber"',
                'operation = "Create"',
                'all_of = ["email_read", "email_send"]',
            ],
            id="SOAP",
        ),
    ],
)
def test_each_call_has_its_row(made: CallMade, lines: list[str]) -> None:
    assert missing_row(Overlay(), made, ["email_read"]) == ("# mcscopes.toml", *lines)


NEAR = call("SOAP Emial Retrieve")
NEAR = replace(NEAR, need=replace(NEAR.need, near_misses=("SOAP Email Retrieve",)))


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(call("SOAP Log it all Execute"), id="a word that no row may have"),
        pytest.param(call("SOAP VersionInfo"), id="for every object type: too wide"),
        pytest.param(call("SOAP List Create and Update"), id="two rows, one of which may be sure"),
        pytest.param(NEAR, id="a known pair was meant"),
    ],
)
def test_a_row_that_could_do_harm_is_not_offered(made: CallMade) -> None:
    """Pasted, it would be trusted: more than this one call would be let off."""
    assert missing_row(Overlay(), made, ["email_read"]) == ()


@pytest.mark.parametrize(
    ("host", "label", "table"),
    [
        pytest.param("rest", "POST /loyalty/v1/cards", "route", id="route"),
        pytest.param("soap", "SOAP Subscriber Create", "soap", id="SOAP"),
    ],
)
def test_rows_are_for_the_file_that_there_is(host: HostKind, label: str, table: str) -> None:
    overlay = Overlay(file="pyproject.toml", prefix="tool.mcscopes.")
    remark, *lines = missing_row(overlay, call(label, host=host), [])
    assert remark == "# pyproject.toml"
    assert [*tomllib.loads("\n".join(lines))["tool"]["mcscopes"]] == [table]


def test_where_many_may_be_needed_the_choice_is_left_open() -> None:
    *_, last = missing_row(Overlay(), call("SOAP List Query"), ["a", "b", "c", "d", "e", "f", "g"])
    assert last == "all_of = []  # which of these 7 scopes, if any"
