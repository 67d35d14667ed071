"""A SOAP request as the single things that it asks for, each judged and answered on its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from ...catalogue.needs import find_soap_need, label_of_soap, need_of_both
from .messages import Describe, Perform, Retrieve, Schedule, Write, as_list

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...catalogue.catalogue import Catalogue
    from ...catalogue.needs import Need
    from ...config import Trust
    from .envelope import Envelope
    from .messages import Fields, Filter, ObjectType, Operation, SoapObject, Value

_UPSERT = "UpdateAdd"
# Where an operation that is not simulated says what it is about, if it does.
_ITEMS: Mapping[str, tuple[str, ...]] = {
    "Execute": ("Requests",),
    "Extract": ("Requests",),
    "Configure": ("Configurations", "Configuration"),
    "Query": ("QueryRequest",),
}
_NAMES: Mapping[str, tuple[str, ...]] = {
    "Execute": ("Name",),
    "Query": ("Query", "Object", "ObjectType"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One operation on one object or object type."""

    operation: Operation
    object_type: str
    """Of Execute the name of what is to be done; empty where the operation has neither."""
    data_extension: str | None = None
    """Whose rows: the key of `DataExtensionObject[key]`."""
    properties: tuple[str, ...] = ()
    filter: Filter | None = None
    values: Fields = field(default_factory=dict, repr=False)
    """The object as sent; of an operation that is not simulated, what was asked."""
    action: str = ""
    """Of Perform and Schedule, for instance `start`."""
    upsert: bool = False
    """Whether a Create may update, and an Update create: SaveAction UpdateAdd."""
    continues: bool = False
    """Whether a Retrieve goes on with an earlier one, whose type and filter are here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the test's stub answers."""

    pages: tuple[tuple[Fields, ...], ...] = ((),)
    """Of a Retrieve or Query: the rows, page by page."""
    members: Fields = field(default_factory=dict)
    """Of any other operation: members of the result, over the usual ones."""
    status: str = "OK"
    code: int | None = None
    message: str = ""


class Answers(Protocol):
    """Where the test's stubs are asked: `SoapStubs`, or anything that answers like it."""

    def answer(self, asked: Asked) -> Told | None:
        """Answer something that may be done; None: as the cloud does without a stub.

        Of a Retrieve that goes on the answer is not used: the earlier one's pages are.
        """
        ...


def read_asked(envelope: Envelope) -> tuple[Asked, ...]:
    """List what an envelope asks for, but for a Retrieve that goes on with an earlier one."""
    return tuple(_read(envelope.operation, envelope))


def _read(operation: Operation, envelope: Envelope) -> Iterator[Asked]:
    match envelope.message:
        case Retrieve(object_type=kind, properties=properties, filter=filter_):
            assert kind is not None  # without one it goes on with an earlier Retrieve
            yield _of_type(operation, kind, properties, filter_)
        case Describe(object_types=kinds):
            yield from (_of_type(operation, kind) for kind in kinds)
        case Write(objects=objects, save_actions=saving):
            upsert = _UPSERT in saving and operation != "Delete"
            yield from (_of_object(operation, each, upsert=upsert) for each in objects)
        case Perform(definitions=objects, action=action):
            yield from (_of_object(operation, each, action) for each in objects)
        case Schedule(interactions=objects, action=action):
            yield from (_of_object(operation, each, action) for each in objects)
        case other:
            yield from _of_other(operation, other.fields)


def _of_type(
    operation: Operation,
    kind: ObjectType,
    properties: tuple[str, ...] = (),
    filter_: Filter | None = None,
) -> Asked:
    return Asked(
        operation=operation,
        object_type=kind.name,
        data_extension=kind.data_extension,
        properties=properties,
        filter=filter_,
    )


def _of_object(
    operation: Operation, sent: SoapObject, action: str = "", *, upsert: bool = False
) -> Asked:
    return Asked(
        operation=operation,
        object_type=sent.type,
        values=sent.fields,
        action=action,
        upsert=upsert,
    )


def _of_other(operation: Operation, fields: Fields) -> Iterator[Asked]:
    items = _inside(fields, _ITEMS[operation]) if operation in _ITEMS else ()
    for item in [each for each in items if isinstance(each, Mapping)] or [fields]:
        names = _inside(item, _NAMES[operation]) if operation in _NAMES else ()
        name = next((each for each in names if isinstance(each, str)), "")
        kind = name.strip().partition("[")[0]
        yield Asked(operation=operation, object_type=kind, values=item)


def _inside(value: Value, path: tuple[str, ...]) -> tuple[Value, ...]:
    """List what is at the end of a path, whether or not names come repeatedly on the way."""
    found: tuple[Value, ...] = (value,)
    for name in path:
        inner = (each[name] for each in found if isinstance(each, Mapping) and name in each)
        found = tuple(one for each in inner for one in as_list(each))
    return found


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
