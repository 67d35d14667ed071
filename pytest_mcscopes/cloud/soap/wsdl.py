"""The description of the SOAP service: what clients load, and how objects are built.

The file is our own, kept by hand, and read when somebody first asks for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Mapping

_ADDRESS = b"https://tenant.invalid/Service.asmx"
_XSD = "{http://www.w3.org/2001/XMLSchema}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One property of an object of the SOAP API."""

    name: str
    type: str | None
    """Such as "string", "dateTime", "Subscriber"; None where it wraps a list."""
    many: bool
    """Whether the element is repeated, as `Attributes` is."""
    wraps: Property | None = None
    """What is repeated inside it, as `Field` is inside `Fields`."""


def wsdl_for(soap_url: str) -> bytes:
    """Give the WSDL of the tenant with this base URL, the one with the slash at its end."""
    return _text().replace(_ADDRESS, escape(f"{soap_url}Service.asmx").encode())


@cache
def properties_of(object_type: str) -> tuple[Property, ...]:
    """List an object's properties in the order of the wire; none for an unknown type."""
    shape = _shapes().get(object_type)
    if shape is None:
        return ()
    extension = shape.find(f"{_XSD}complexContent/{_XSD}extension")
    if extension is None:
        return _own(shape)
    return (*properties_of(_local(extension.get("base", ""))), *_own(extension))


def is_plain(known: Property) -> bool:
    """Tell whether a property is one plain value, neither a list nor an object."""
    return not known.many and known.type is not None and known.type not in _shapes()


@cache
def _text() -> bytes:
    return (Path(__file__).parent / "etframework.wsdl").read_bytes()


@cache
def _shapes() -> Mapping[str, etree._Element]:
    types = etree.fromstring(_text()).iter(f"{_XSD}complexType")
    return {name: shape for shape in types if (name := shape.get("name"))}


def _own(shape: etree._Element) -> tuple[Property, ...]:
    return tuple(_property(element) for element in shape.iterfind(f"{_XSD}sequence/{_XSD}element"))


def _property(element: etree._Element) -> Property:
    inner = element.find(f"{_XSD}complexType/{_XSD}sequence/{_XSD}element")
    return Property(
        name=element.get("name", ""),
        type=_local(element.get("type", "")) if inner is None else None,
        many=element.get("maxOccurs") == "unbounded",
        wraps=None if inner is None else _property(inner),
    )


def _local(name: str) -> str:
    return name.removeprefix("tns:")
