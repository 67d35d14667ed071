"""The operations that a SOAP request consists of: each is judged and answered on its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from ...catalogue.find_requirements import find_soap_need, need_of_both
from ...catalogue.model import label_of_soap

if TYPE_CHECKING:
    from ...catalogue.call_requirements import CallRequirements
    from ...catalogue.catalogue import Catalogue
    from ...config import Trust
    from .messages import Fields, Filter, OperationName


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation on one object or object type."""

    name: OperationName
    object_type: str = ""
    """Of Execute the name of what is to be done; empty where the operation has neither."""
    data_extension: str | None = None
    """Whose rows: the key of `DataExtensionObject[key]`."""
    properties: tuple[str, ...] = ()
    filter: Filter | None = None
    values: Fields = field(default_factory=dict, repr=False)
    """The object as sent; of an operation that is not simulated, the whole request."""
    action: str = ""
    """Of Perform and Schedule, for instance `start`."""
    upsert: bool = False
    """Whether a Create may update, and an Update create: SaveAction UpdateAdd."""
    continues: str | None = None
    """The RequestID of the Retrieve whose next page is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StubReply:
    """What the test's stub answers to an operation."""

    pages: tuple[tuple[Fields, ...], ...] = ((),)
    """Of a Retrieve or Query: the rows, page by page."""
    members: Fields = field(default_factory=dict)
    """Of any other operation: members of the result, over the usual ones."""
    status: str = "OK"
    code: int | None = None
    message: str = ""

    @property
    def failed(self) -> bool:
        """Whether the status is not OK."""
        return self.status != "OK"


class SoapStubSource(Protocol):
    """Where replies come from: `SoapStubs`, or anything that answers like it."""

    def answer(self, operation: Operation) -> StubReply | None:
        """Answer an operation that is permitted; None: as the cloud does without a stub.

        Of a Retrieve that goes on the reply is not used: the earlier one's pages are.
        """
        ...


def find_operation_need(
    operation: Operation, catalogue: Catalogue, trust: Trust, at: float
) -> CallRequirements:
    """Find what an operation needs, by the rules in force at a moment."""
    on = datetime.fromtimestamp(at, UTC).date()
    kind = operation.object_type
    if not operation.upsert:
        return find_soap_need(catalogue, kind, operation.name, trust, on)
    create, update = (
        find_soap_need(catalogue, kind, each, trust, on) for each in ("Create", "Update")
    )
    return need_of_both(create, update, label_of_soap(kind, "Create and Update"))
