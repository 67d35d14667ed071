"""Every route of a catalogue, and catalogues with entries of the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mcscopes.catalogue.catalogue import Catalogue
from pytest_mcscopes.catalogue.index import packaged_data
from pytest_mcscopes.catalogue.model import OVERLAY, SoapRow
from pytest_mcscopes.catalogue.overlay import Overlay

if TYPE_CHECKING:
    from pytest_mcscopes.catalogue.model import Route


def routes_of(catalogue: Catalogue) -> list[Route]:
    """Every route, of all services."""
    return [route for service in catalogue.services for route in catalogue.routes(service)]


def overlay_row(object_type: str, operation: str, *scopes: str) -> SoapRow:
    """What the user says of an operation: it needs all of these."""
    return SoapRow(
        object_type=object_type,
        operation=operation,
        all_of=scopes,
        confidence="overlay",
        basis=OVERLAY,
        source=(OVERLAY,),
    )


def catalogue_with(*rows: SoapRow) -> Catalogue:
    """The packaged catalogue under an overlay of these entries."""
    return Catalogue(packaged_data(), Overlay(file="mcscopes.toml", soap_rows=rows))
