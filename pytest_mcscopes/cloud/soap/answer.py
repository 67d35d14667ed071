"""The bytes of SOAP answers: SOAP 1.1, with the literal prefix that npm clients look for.

They come from a tree, never from text put together: what is written is XML,
whatever a client or a test has sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lxml import etree

from .envelope import SECURITY
from .message import PARTNER
from .xml import XSI

if TYPE_CHECKING:
    from lxml.etree import _Element

    from .message import Fields, Value

XML_TYPE = "text/xml; charset=utf-8"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
KIND = "xsi:type"
"""The member of a mapping that is written as that attribute."""
_FAULT = f"{ADDRESSING}/fault"
_API_FAULT = "urn:fault.partner.exacttarget.com"
_DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>'


def write_answer(message: str, fields: Fields, action: str, relates_to: str | None) -> bytes:
    """Write an answer.

    Args:
        message: the name of the one element of its Body.
        fields: what is in that.
        action: what its WS-Addressing header says.
        relates_to: the MessageID of the request, where it had one.
    """
    envelope, body = _envelope(action, {"soap": SOAP, "xsi": XSI, "wsa": ADDRESSING}, relates_to)
    _write_members(_begin(body, PARTNER, message), fields)
    return _to_bytes(envelope)


def write_fault(
    code: str, text: str, actor: str | None = None, api_code: int | None = None
) -> bytes:
    """Write a fault.

    Args:
        code: `q0:Security`, `soap:Client` or `soap:Server`.
        text: what clients compare.
        actor: the address of the service; a fault of the client has none.
        api_code: the number of a fault of the server.
    """
    envelope, body = _envelope(_FAULT, {"soap": SOAP, "wsa": ADDRESSING})
    fault = etree.SubElement(body, f"{{{SOAP}}}Fault")
    named = {"q0": SECURITY} if code.startswith("q0:") else None
    etree.SubElement(fault, "faultcode", nsmap=named).text = code
    etree.SubElement(fault, "faultstring").text = text
    if actor is None:
        etree.SubElement(fault, "detail")
    else:
        etree.SubElement(fault, "faultactor").text = actor
    if api_code is not None:
        told = _begin(etree.SubElement(fault, "detail"), _API_FAULT, "apifault")
        etree.SubElement(told, f"{{{_API_FAULT}}}Code").text = str(api_code)
        etree.SubElement(told, f"{{{_API_FAULT}}}Message").text = text
    return _to_bytes(envelope)


def _envelope(
    action: str, prefixes: dict[str, str], relates_to: str | None = None
) -> tuple[_Element, _Element]:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap=prefixes)
    header = etree.SubElement(envelope, f"{{{SOAP}}}Header")
    etree.SubElement(header, f"{{{ADDRESSING}}}Action").text = action
    if relates_to is not None:
        etree.SubElement(header, f"{{{ADDRESSING}}}RelatesTo").text = relates_to
    return envelope, etree.SubElement(envelope, f"{{{SOAP}}}Body")


def _begin(parent: _Element, namespace: str, name: str) -> _Element:
    """Add an element whose namespace is the default one inside of it."""
    prefixes: dict[Any, str] = {None: namespace}  # which the stubs do not know
    return etree.SubElement(parent, f"{{{namespace}}}{name}", nsmap=prefixes)


def _write_members(parent: _Element, fields: Fields) -> None:
    for name, value in fields.items():
        if name == KIND:
            parent.set(f"{{{XSI}}}type", str(value))
        else:
            _write(parent, f"{{{PARTNER}}}{name}", value)


def _write(parent: _Element, name: str, value: Value) -> None:
    if isinstance(value, Sequence) and not isinstance(value, str):
        for each in value:
            _write(parent, name, each)
        return
    element = etree.SubElement(parent, name)
    if value is None:
        element.set(f"{{{XSI}}}nil", "true")
    elif isinstance(value, Mapping):
        _write_members(element, value)
    else:
        element.text = value


def _to_bytes(envelope: _Element) -> bytes:
    return _DECLARATION + etree.tostring(envelope, encoding="utf-8")
