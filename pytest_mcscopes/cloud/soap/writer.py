"""Writes SOAP answers, with the literal prefix that npm clients look for.

A request is answered in the version of SOAP that it is written in. Answers are
built as a tree, never put together as text: what is written is XML, whatever a
client or a test has sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lxml import etree

from .envelope import SECURITY
from .messages import KIND, NAMESPACES, PARTNER, Fields, Value, Version
from .xml import XSI

if TYPE_CHECKING:
    from lxml.etree import _Element


XML_TYPE = "text/xml; charset=utf-8"
TYPES: Mapping[Version, str] = {"1.1": XML_TYPE, "1.2": "application/soap+xml; charset=utf-8"}
"""The Content-Type of answers."""
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_FAULT = f"{ADDRESSING}/fault"
_API_FAULT = "urn:fault.partner.exacttarget.com"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_SENDER = "soap:Sender"
_CODES_12: Mapping[str, str] = {"soap:Client": _SENDER, "soap:Server": "soap:Receiver"}
_DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>'


def write_answer(
    version: Version, message: str, fields: Fields, action: str, relates_to: str | None
) -> bytes:
    """Write an answer, whose Body has one element *message* with *fields* in it."""
    envelope, body = _envelope(version, action, {"xsi": XSI, "wsa": ADDRESSING}, relates_to)
    _write_members(_begin(body, PARTNER, message), fields)
    return _to_bytes(envelope)


def write_fault(
    version: Version, code: str, text: str, actor: str | None = None, api_code: int | None = None
) -> bytes:
    """Write a fault of either version, given in the names of SOAP 1.1.

    *actor* is the address of the service, which a fault of the client has not; *api_code* the
    number of a fault of the server.
    """
    envelope, body = _envelope(version, _FAULT, {"wsa": ADDRESSING})
    fault = etree.SubElement(body, f"{{{NAMESPACES[version]}}}Fault")
    if version == "1.1":
        detail = _write_fault_11(fault, code, text, actor)
    else:
        detail = _write_fault_12(fault, code, text, actor)
    if api_code is not None:
        api_fault = _begin(etree.SubElement(fault, detail), _API_FAULT, "apifault")
        etree.SubElement(api_fault, f"{{{_API_FAULT}}}Code").text = str(api_code)
        etree.SubElement(api_fault, f"{{{_API_FAULT}}}Message").text = text
    elif actor is None:
        etree.SubElement(fault, detail)
    return _to_bytes(envelope)


def _write_fault_11(fault: _Element, code: str, text: str, actor: str | None) -> str:
    """Write what a fault of SOAP 1.1 begins with, and name the element that ends it."""
    etree.SubElement(fault, "faultcode", nsmap=_prefixes_of(code)).text = code
    etree.SubElement(fault, "faultstring").text = text
    if actor is not None:
        etree.SubElement(fault, "faultactor").text = actor
    return "detail"


def _write_fault_12(fault: _Element, code: str, text: str, actor: str | None) -> str:
    """Write what a fault of SOAP 1.2 begins with, and name the element that ends it.

    Its codes are few; another one stands below that of the sender.
    """
    soap = f"{{{NAMESPACES['1.2']}}}"
    codes = etree.SubElement(fault, f"{soap}Code")
    etree.SubElement(codes, f"{soap}Value").text = _CODES_12.get(code, _SENDER)
    if code not in _CODES_12:
        below = etree.SubElement(codes, f"{soap}Subcode")
        etree.SubElement(below, f"{soap}Value", nsmap=_prefixes_of(code)).text = code
    reason = etree.SubElement(etree.SubElement(fault, f"{soap}Reason"), f"{soap}Text")
    reason.set(_LANGUAGE, "en")
    reason.text = text
    if actor is not None:
        etree.SubElement(fault, f"{soap}Role").text = actor
    return f"{soap}Detail"


def _prefixes_of(code: str) -> dict[str, str] | None:
    return {"q0": SECURITY} if code.startswith("q0:") else None


def _envelope(
    version: Version, action: str, prefixes: dict[str, str], relates_to: str | None = None
) -> tuple[_Element, _Element]:
    soap = NAMESPACES[version]
    envelope = etree.Element(f"{{{soap}}}Envelope", nsmap={"soap": soap, **prefixes})
    header = etree.SubElement(envelope, f"{{{soap}}}Header")
    etree.SubElement(header, f"{{{ADDRESSING}}}Action").text = action
    if relates_to is not None:
        etree.SubElement(header, f"{{{ADDRESSING}}}RelatesTo").text = relates_to
    return envelope, etree.SubElement(envelope, f"{{{soap}}}Body")


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
