"""The words of the Partner API's messages: operations, filters, and fields as plain values."""

from __future__ import annotations

import re
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

OperationName = Literal[
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
OPERATION_NAMES: tuple[OperationName, ...] = get_args(OperationName)
Value = str | None | Sequence["Value"] | Mapping[str, "Value"]
Fields = Mapping[str, Value]
"""Text, None where `xsi:nil`, or a mapping by name; a list where a name comes repeatedly."""
KIND = "xsi:type"
"""The member of a mapping that is written as that attribute."""
_ROWS = re.compile(r"(DataExtensionObject)\s*\[(.*)\]", re.IGNORECASE | re.DOTALL)


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


def split_object_type(text: str) -> tuple[str, str | None]:
    """Split `DataExtensionObject[key]`; the key is empty if it is missing, None of other types."""
    rows = _ROWS.fullmatch(text)
    return (rows[1], rows[2].strip()) if rows else (text, None)
