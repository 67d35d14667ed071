"""What an operation of the Partner API is asked to do, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

PARTNER = "http://exacttarget.com/wsdl/partnerAPI"

Version = Literal["1.1", "1.2"]
"""Of SOAP."""
NAMESPACES: Mapping[Version, str] = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
    "1.2": "http://www.w3.org/2003/05/soap-envelope",
}
"""Of the envelope."""

Operation = Literal[
    "Retrieve",
    "Create",
    "Update",
    "Delete",
    "Perform",
    "Schedule",
    "Describe",
    "Execute",
    "Extract",
    "Configure",
    "Query",
    "VersionInfo",
    "GetSystemStatus",
]
OPERATIONS: tuple[Operation, ...] = get_args(Operation)
Value = str | None | Sequence["Value"] | Mapping[str, "Value"]
Fields = Mapping[str, Value]
"""Text, None where `xsi:nil`, or a mapping by name; a list where a name comes repeatedly."""
KIND = "xsi:type"
"""The member of a mapping that is written as that attribute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectType:
    """A type of objects, as Retrieve and Describe name it."""

    name: str
    data_extension: str | None = None
    """Whose rows: the key of `DataExtensionObject[key]`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoapObject:
    """One object as sent; its type is what `xsi:type` says."""

    type: str
    fields: Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class SimpleFilter:
    """A SimpleFilterPart."""

    property: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplexFilter:
    """A ComplexFilterPart."""

    operator: str
    operands: tuple[Filter, ...]
    """The left one, the right one, and any further ones."""


Filter = SimpleFilter | ComplexFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieve:
    """Which objects are asked for, or which earlier Retrieve goes on."""

    object_type: ObjectType | None = None
    """None only where `continues` is given."""
    properties: tuple[str, ...] = ()
    filter: Filter | None = None
    continues: str | None = None
    """The RequestID of the Retrieve whose next page is asked for."""
    accounts: tuple[str, ...] = ()
    """The MIDs of ClientIDs."""
    all_accounts: bool = False
    options: Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """What is created, updated or deleted."""

    objects: tuple[SoapObject, ...]
    save_actions: tuple[str, ...] = ()
    """The SaveAction of each SaveOption, for instance UpdateAdd."""
    options: Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Perform:
    """What is done with existing objects, for instance `start`."""

    action: str
    definitions: tuple[SoapObject, ...]
    options: Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What is done when."""

    action: str
    schedule: Fields
    interactions: tuple[SoapObject, ...]
    options: Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Describe:
    """Whose definitions are asked for."""

    object_types: tuple[ObjectType, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """The message of an operation that is not simulated."""

    fields: Fields


Message = Retrieve | Write | Perform | Schedule | Describe | Other


def as_list(value: Value) -> Sequence[Value]:
    """Give what a name stands for as a list, whether it came once or repeatedly."""
    return value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
