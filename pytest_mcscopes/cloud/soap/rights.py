"""What each thing that a SOAP request asks for needs, by the catalogue."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ...catalogue.needs import find_soap_need, label_of_soap, need_of_both

if TYPE_CHECKING:
    from ...catalogue.catalogue import Catalogue
    from ...catalogue.needs import Need
    from ...config import Trust
    from .asked import Asked


def need_of_asked(asked: Asked, catalogue: Catalogue, trust: Trust, at: float) -> Need:
    """Say what is needed for it, by the rules in force at a moment."""
    on = datetime.fromtimestamp(at, UTC).date()
    kind = asked.object_type
    if not asked.upsert:
        return find_soap_need(catalogue, kind, asked.operation, trust, on)
    create, update = (
        find_soap_need(catalogue, kind, each, trust, on) for each in ("Create", "Update")
    )
    return need_of_both(create, update, label_of_soap(kind, "Create and Update"))
