"""What a SOAP operation needs: the law of the routes, and the day on which a rule changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from pytest_mcscopes.catalogue.catalogue import Catalogue, load_catalogue
from pytest_mcscopes.catalogue.find_requirements import need_of
from pytest_mcscopes.catalogue.model import Alternative, SoapRow

if TYPE_CHECKING:
    from pytest_mcscopes.catalogue.call_requirements import CallRequirements
    from pytest_mcscopes.catalogue.model import Confidence, Grade
    from pytest_mcscopes.config import Trust

TODAY = date(2026, 11, 21)
EVE, DAY = date(2026, 6, 18), date(2026, 6, 19)
EMAIL = frozenset({"email_read", "email_write", "email_send"})


@pytest.fixture
def catalogue() -> Catalogue:
    return load_catalogue()


def row(
    all_of: str | None = "email_read",
    *,
    any_of: str = "",
    confidence: Confidence = "documented",
    attestation_grade: Grade | None = None,
    effective_from: date | None = None,
    before: str | None = None,
) -> SoapRow:
    """Build a row out of words."""
    return SoapRow(
        object_type="Test",
        operation="Retrieve",
        all_of=None if all_of is None else tuple(all_of.split()),
        any_of=tuple(any_of.split()),
        effective_from=effective_from,
        before=None if before is None else tuple(before.split()),
        confidence=confidence,
        inference_strength="weak" if confidence == "inferred" else None,
        attestation_grade=attestation_grade,
        basis="test",
        source=("test",),
    )


def packaged(catalogue: Catalogue, object_type: str, operation: str) -> SoapRow:
    return next(
        row
        for row in catalogue.soap_rows
        if (row.object_type, row.operation) == (object_type, operation)
    )


@pytest.mark.parametrize(
    ("soap", "trust", "doubt", "told"),
    [
        pytest.param(row(), "attested", "", "documented", id="documented"),
        pytest.param(row(), "documented", "", "documented", id="documented, higher bar"),
        pytest.param(
            row(confidence="community-attested", attestation_grade="A"),
            "documented",
            "",
            "attested A",
            id="grade A, higher bar",
        ),
        pytest.param(
            row(confidence="community-attested", attestation_grade="B"),
            "attested",
            "",
            "attested B",
            id="grade B",
        ),
        pytest.param(
            row(confidence="community-attested", attestation_grade="B"),
            "documented",
            "attested B",
            "attested B",
            id="grade B, higher bar",
        ),
        pytest.param(
            row(confidence="inferred", attestation_grade="C"),
            "attested",
            "inferred",
            "inferred, weak",
            id="a grade is but a hint on an inferred row",
        ),
        pytest.param(
            row(None, confidence="unknown"), "attested", "scope unknown", "unknown", id="unknown"
        ),
        pytest.param(
            row(before="", effective_from=DAY), "attested", "", "documented", id="rule in force"
        ),
        pytest.param(
            row(before="", effective_from=date(2027, 1, 1)),
            "attested",
            "inferred",
            "inferred",
            id="what was enough before a change is inferred",
        ),
        pytest.param(
            row(effective_from=date(2027, 1, 1)),
            "attested",
            "scope unknown",
            "inferred",
            id="nothing is known of the time before a change",
        ),
    ],
)
def test_a_soap_row_is_trusted_as_a_route_is(
    soap: SoapRow, trust: Trust, doubt: str, told: str, catalogue: Catalogue
) -> None:
    need = need_of(soap, catalogue, trust, TODAY)
    assert (need.doubt, need.trusted, need.confidence) == (doubt, not doubt, told)


@pytest.mark.parametrize(
    ("at", "enough", "trusted", "explains"),
    [
        pytest.param(EVE, frozenset({"email_send"}), False, EMAIL, id="the day before"),
        pytest.param(DAY, EMAIL, True, frozenset(), id="the day itself"),
        pytest.param(TODAY, EMAIL, True, frozenset(), id="later"),
    ],
)
def test_a_triggered_send_needs_what_the_rule_of_the_day_says(
    at: date,
    enough: frozenset[str],
    trusted: bool,  # noqa: FBT001
    explains: frozenset[str],
    catalogue: Catalogue,
) -> None:
    """Three email scopes since 2026-06-19; the time before is doubtful, so never an error."""
    need = need_of(packaged(catalogue, "TriggeredSend", "Create"), catalogue, "attested", at)
    assert need.minimal_sets == (enough,)
    assert (need.trusted, need.explains) == (trusted, explains)


READ_WRITE = frozenset({"data_extensions_read", "data_extensions_write"})


@pytest.mark.parametrize(
    ("held", "allowed"),
    [
        ("data_extensions_read", True),
        ("data_extensions_read data_extensions_write", True),
        ("data_extensions_write", False),
        ("email_read", False),
    ],
)
def test_reading_rows_never_calls_write_excess(
    held: str,
    allowed: bool,  # noqa: FBT001
    catalogue: Catalogue,
) -> None:
    """Vendors ask for both; without read it is denied."""
    soap = packaged(catalogue, "DataExtensionObject", "Retrieve")
    need = need_of(soap, catalogue, "attested", TODAY)
    assert (need.trusted, need.allows(frozenset(held.split()))) == (True, allowed)
    assert need.tolerated == READ_WRITE
    assert need.alternatives == (READ_WRITE,)


@pytest.mark.parametrize(
    ("others", "doubt", "tolerated", "explains"),
    [
        pytest.param(
            ("email_read email_send",), "", "sms_read email_read email_send", "", id="more"
        ),
        pytest.param(
            ("email_send",),
            "an alternative contradicts it",
            "sms_read",
            "email_read email_send sms_read",
            id="something else",
        ),
    ],
)
def test_alternatives_of_soap_rows_count_as_those_of_routes(
    others: tuple[str, ...], doubt: str, tolerated: str, explains: str, catalogue: Catalogue
) -> None:
    """They widen what a trusted row tolerates, or make it doubtful."""
    alternatives = tuple(
        Alternative(all_of=tuple(each.split()), confidence="inferred", source=("test",), why="test")
        for each in others
    )
    soap = replace(row(), tolerated=("sms_read",), alternatives=alternatives)
    need = need_of(soap, catalogue, "attested", TODAY)
    assert need.doubt == doubt
    assert need.tolerated == frozenset(tolerated.split())
    assert need.explains == frozenset(explains.split())


@pytest.mark.parametrize(
    ("object_type", "operation", "families"),
    [
        pytest.param("Link", "Retrieve", {"Email", "Tracking Events"}, id="one of several"),
        pytest.param("VoiceTriggeredSend", "Create", None, id="nothing known of the object"),
        pytest.param("Category", "Create", None, id="an object without any scope"),
    ],
)
def test_a_doubtful_soap_row_explains_what_it_may_need(
    object_type: str, operation: str, families: set[str] | None, catalogue: Catalogue
) -> None:
    """Its own scopes; without any, whatever a token can carry."""
    soap = packaged(catalogue, object_type, operation)
    need = need_of(soap, catalogue, "attested", TODAY)
    if families is None:
        assert need.explains == catalogue.wire_ids
    else:
        assert need.explains == frozenset(soap.any_of)
        assert set(catalogue.families(need.explains)) == families


def test_an_unknown_operation_may_need_the_families_of_its_object(catalogue: Catalogue) -> None:
    """Of a further operation on `Automation`, no more is known than the automation scopes."""
    soap = SoapRow(
        object_type="Automation",
        operation="Schedule",
        confidence="unknown",
        basis="test",
        source=("test",),
    )
    need = need_of(soap, catalogue, "attested", TODAY)
    assert need.explains == {"automations_read", "automations_write", "automations_execute"}


def needs(catalogue: Catalogue, trust: Trust) -> list[CallRequirements]:
    return [need_of(soap, catalogue, trust, TODAY) for soap in catalogue.soap_rows]


@pytest.mark.parametrize("trust", ["attested", "documented"])
def test_every_soap_row_is_trusted_or_says_why_not(trust: Trust, catalogue: Catalogue) -> None:
    """A doubtful row explains all that it lists; a trusted one explains nothing."""
    for need in needs(catalogue, trust):
        assert bool(need.doubt) is not need.trusted, need.label
        assert need.listed <= need.explains if need.doubt else not need.explains, need.label
        assert need.label.startswith("SOAP ")


def test_the_higher_bar_trusts_no_grade_b(catalogue: Catalogue) -> None:
    """61 rows can be trusted, 52 of them by the strictest reading."""
    trusted = [
        sum(need.trusted for need in needs(catalogue, trust))
        for trust in ("attested", "documented")
    ]
    assert trusted == [61, 52]
