"""The SOAP calls that a test sees, and which of them a stub's `where` picks out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from ..cloud.soap.messages import ComplexFilter, Filter, OperationName, SimpleFilter
from ..cloud.soap.python_values import from_wire, to_text

if TYPE_CHECKING:
    from ..cloud.soap.operations import Operation

    Row = Mapping[str, object]

# The types of what a message holds that is not about objects.
_HOLDERS: Mapping[str, str] = {
    "Execute": "ExecuteRequest",
    "Extract": "ExtractRequest",
    "Query": "QueryRequest",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SoapCall:
    """One operation that the code under test called at the SOAP host, and that its token allows.

    A request with several objects is as many calls.
    """

    operation: OperationName
    """What was called, as Retrieve."""
    object_type: str
    """Of Execute the name of what is to be done; empty where the operation has neither."""
    data_extension: str | None
    """Whose rows: the key of `DataExtensionObject[key]`."""
    properties: tuple[str, ...]
    """The properties that a Retrieve asked for."""
    filter: Filter | None
    """The filter of a Retrieve."""
    values: Mapping[str, object]
    """The object as sent, or else the whole request, as Python values."""
    action: str
    """Of Perform and Schedule, for instance `start`."""
    upsert: bool
    """Whether SaveAction UpdateAdd came along."""
    continues: bool
    """Whether it asked for the next page of an earlier Retrieve, whose filter is here."""


def build_call(operation: Operation, object_type: str) -> SoapCall:
    """Show an operation in Python's values; its type as the catalogue spells it says which."""
    kind = _HOLDERS.get(operation.name, object_type)
    return SoapCall(
        operation=operation.name,
        object_type=operation.object_type,
        data_extension=operation.data_extension,
        properties=operation.properties,
        filter=operation.filter,
        values=from_wire(kind, operation.values),
        action=operation.action,
        upsert=operation.upsert,
        continues=operation.continues is not None,
    )


class CallPattern(NamedTuple):
    """Which calls a stub answers."""

    operation: OperationName
    object_type: str
    data_extension: str | None = None
    where: Row | None = None
    action: str | None = None

    def matches(self, operation: Operation, call: SoapCall) -> bool:
        """Tell whether an operation, which the test sees as a call, is such a call."""
        return (
            self.operation == operation.name
            # The host finds the rows of a type in any case, too.
            and self.object_type.casefold() == operation.object_type.casefold()
            and self.data_extension in {None, operation.data_extension}
            and (self.action is None or self.action.casefold() == operation.action.casefold())
            and (self.where is None or _matches_where(self.where, operation, call))
        )


def _matches_where(where: Row, operation: Operation, call: SoapCall) -> bool:
    if operation.name != "Retrieve":
        return all(
            name in call.values
            and _property_equals(value, call.values[name], operation.values[name])
            for name, value in where.items()
        )
    filtered = _filter_values(operation.filter)
    return (
        filtered is not None
        and filtered.keys() == where.keys()
        and all(_values_match(value, filtered[name]) for name, value in where.items())
    )


def _property_equals(wanted: object, read: object, sent: object) -> bool:
    return read == wanted or (isinstance(sent, str) and _is_written(wanted, sent))


def _filter_values(filter_: Filter | None) -> dict[str, tuple[str, ...]] | None:
    """Read a filter as property -> values; None: it says something else."""
    match filter_:
        case None:
            return {}
        case SimpleFilter(operator="equals" | "IN", property=name, values=values):
            return {name: values}
        case ComplexFilter(operator="AND", operands=operands):
            sides = [_filter_values(each) for each in operands]
            found = [pair for side in sides if side is not None for pair in side.items()]
            whole = None not in sides and len(dict(found)) == len(found)
            return dict(found) if whole else None
    return None


def _values_match(wanted: object, texts: Sequence[str]) -> bool:
    values = wanted if isinstance(wanted, list | tuple) else [wanted]
    found = all(any(_is_written(each, text) for text in texts) for each in values)
    return found and len(values) == len(texts)


def _is_written(value: object, text: str) -> bool:
    """Tell whether a text stands for a value; times and truth values have several spellings."""
    match value:
        case bool():
            return text.casefold() in ({"true", "1"} if value else {"false", "0"})
        case datetime():
            return _read_time(text) == value
        case list() | tuple() | Mapping():
            return False
    return to_text(value, "where") == text


def _read_time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
