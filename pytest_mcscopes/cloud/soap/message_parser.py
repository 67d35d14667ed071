"""Reads the messages of the Partner API from their elements."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...config import did_you_mean
from .messages import (
    PARTNER,
    ComplexFilter,
    Describe,
    ObjectType,
    Other,
    Perform,
    Retrieve,
    Schedule,
    SimpleFilter,
    SoapObject,
    Write,
)
from .xml import Name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .messages import Fields, Filter, Message, Operation, Value, Version
    from .xml import Element

_ROWS = re.compile(r"(DataExtensionObject)\s*\[(.*)\]", re.IGNORECASE | re.DOTALL)


class EnvelopeError(Exception):
    """Raised for XML that is no message of the Partner API."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.version: Version | None = None
        """Of SOAP, where it is an envelope at least."""
        self.tokens: tuple[str, ...] = ()
        """What the Header presents all the same, where that could be read."""


def read_message(element: Element) -> tuple[Operation, Message]:
    """Read the one element of a Body."""
    known = _MESSAGES.get(element.name.local)
    if known is None or element.name.namespace != PARTNER:
        hint = _hint(element.name.local) if known is None else ""
        what = f'the Body has "{element.name.local}" of namespace "{element.name.namespace}"'
        raise EnvelopeError(f"{what}; send a message of {PARTNER}.{hint}")
    _check_namespaces(element)
    operation, read = known
    return operation, read(element)


def _hint(name: str) -> str:
    if name.startswith("Continue"):
        return " To go on with a Retrieve send RetrieveRequestMsg with ContinueRequest in it."
    return did_you_mean(name, tuple(_MESSAGES))


def _check_namespaces(element: Element) -> None:
    """Let nothing be overlooked because it is called something else than it seems."""
    for child in element.children:
        if child.name.namespace != PARTNER:
            what = f'"{child.name.local}" in "{element.name.local}"'
            raise EnvelopeError(
                f'{what} has the namespace "{child.name.namespace}"; it belongs to {PARTNER}'
            )
        _check_namespaces(child)


def _read_retrieve(message: Element) -> Retrieve:
    request = _needed(message, "RetrieveRequest")
    named = text_of(request, "ObjectType")
    continues = text_of(request, "ContinueRequest")
    if named is None and continues is None:
        raise EnvelopeError("RetrieveRequest has neither ObjectType nor ContinueRequest")
    return Retrieve(
        object_type=None if named is None else _read_object_type(named),
        properties=_texts(request, "Properties"),
        filter=_read_optional_filter(request),
        continues=continues,
        accounts=tuple(_read_accounts(request)),
        all_accounts=text_of(request, "QueryAllAccounts") in {"true", "1"},
        options=_read_options(request),
    )


def _read_object_type(named: str) -> ObjectType:
    rows = _ROWS.fullmatch(named)
    if rows is None:
        return ObjectType(name=named)
    key = rows[2].strip()
    if not key:
        raise EnvelopeError("DataExtensionObject[] names no data extension")
    return ObjectType(name=rows[1], data_extension=key)


def _read_accounts(request: Element) -> Iterator[str]:
    for client in all_of(request, "ClientIDs"):
        yield from _texts(client, "ID") or _texts(client, "ClientID")  # the latter is deprecated


def _read_optional_filter(request: Element) -> Filter | None:
    part = one_of(request, "Filter")
    return None if part is None else _read_filter(part)


def _read_filter(part: Element) -> Filter:
    kind = _type_of(part)
    if kind == "SimpleFilterPart":
        return SimpleFilter(
            property=_needed_text(part, "Property"),
            operator=_needed_text(part, "SimpleOperator"),
            values=tuple(
                _text(each) for name in ("Value", "DateValue") for each in all_of(part, name)
            ),
        )
    if kind == "ComplexFilterPart":
        sides = (_needed(part, "LeftOperand"), _needed(part, "RightOperand"))
        more = _inner(part, "AdditionalOperands", "Operand")
        return ComplexFilter(
            operator=_needed_text(part, "LogicalOperator"),
            operands=tuple(_read_filter(each) for each in (*sides, *more)),
        )
    what = f'"{part.name.local}" has xsi:type {kind}'
    raise EnvelopeError(f"{what}; send a SimpleFilterPart or a ComplexFilterPart")


def _read_write(message: Element) -> Write:
    saving = _inner(message, "Options", "SaveOptions", "SaveOption")
    return Write(
        objects=_read_objects(message, "Objects"),
        save_actions=tuple(action for each in saving for action in _texts(each, "SaveAction")),
        options=_read_options(message),
    )


def _read_perform(message: Element) -> Perform:
    return Perform(
        action=_needed_text(message, "Action"),
        definitions=_read_objects(message, "Definitions", "Definition"),
        options=_read_options(message),
    )


def _read_schedule(message: Element) -> Schedule:
    schedule = one_of(message, "Schedule")
    return Schedule(
        action=_needed_text(message, "Action"),
        schedule={} if schedule is None else _fields_of(schedule),
        interactions=_read_objects(message, "Interactions", "Interaction"),
        options=_read_options(message),
    )


def _read_describe(message: Element) -> Describe:
    asked = _inner(message, "DescribeRequests", "ObjectDefinitionRequest")
    if not asked:
        raise EnvelopeError(f"{message.name.local} has no ObjectDefinitionRequest")
    names = (_needed_text(each, "ObjectType") for each in asked)
    return Describe(object_types=tuple(map(_read_object_type, names)))


def _read_other(message: Element) -> Other:
    return Other(fields=_fields_of(message))


_MESSAGES: Mapping[str, tuple[Operation, Callable[[Element], Message]]] = {
    "RetrieveRequestMsg": ("Retrieve", _read_retrieve),
    "CreateRequest": ("Create", _read_write),
    "UpdateRequest": ("Update", _read_write),
    "DeleteRequest": ("Delete", _read_write),
    "PerformRequestMsg": ("Perform", _read_perform),
    "ScheduleRequestMsg": ("Schedule", _read_schedule),
    "DefinitionRequestMsg": ("Describe", _read_describe),
    "ExecuteRequestMsg": ("Execute", _read_other),
    "ExtractRequestMsg": ("Extract", _read_other),
    "ConfigureRequestMsg": ("Configure", _read_other),
    "QueryRequestMsg": ("Query", _read_other),
    "VersionInfoRequestMsg": ("VersionInfo", _read_other),
    "SystemStatusRequestMsg": ("GetSystemStatus", _read_other),
}


def _read_objects(message: Element, *path: str) -> tuple[SoapObject, ...]:
    objects = _inner(message, *path)
    if not objects:
        raise EnvelopeError(f"{message.name.local} has no {path[-1]}: there is nothing to do")
    return tuple(SoapObject(type=_type_of(each), fields=_fields_of(each)) for each in objects)


def _type_of(element: Element) -> str:
    if element.type is None:
        raise EnvelopeError(f'"{element.name.local}" has no xsi:type: it must say what it is')
    if element.type.namespace != PARTNER:
        what = f'xsi:type {element.type.local} of "{element.name.local}"'
        raise EnvelopeError(
            f'{what} has the namespace "{element.type.namespace}"; it belongs to {PARTNER}'
        )
    return element.type.local


def _read_options(holder: Element) -> Fields:
    options = one_of(holder, "Options")
    return {} if options is None else _fields_of(options)


def _fields_of(element: Element) -> dict[str, Value]:
    values: dict[str, list[Value]] = {}
    for child in element.children:
        values.setdefault(child.name.local, []).append(_value_of(child))
    return {name: each[0] if len(each) == 1 else each for name, each in values.items()}


def _value_of(element: Element) -> Value:
    if element.nil:
        return None
    return _fields_of(element) if element.children else element.text


def all_of(parent: Element, name: str) -> tuple[Element, ...]:
    """List the children of that name, in the namespace of their parent, less the nil ones."""
    full = Name(parent.name.namespace, name)
    return tuple(child for child in parent.children if child.name == full and not child.nil)


def one_of(parent: Element, name: str) -> Element | None:
    """Give the child of that name, in the namespace of its parent."""
    found = all_of(parent, name)
    if len(found) > 1:
        raise EnvelopeError(f"{parent.name.local} has more than one {name}")
    return found[0] if found else None


def text_of(parent: Element, name: str) -> str | None:
    """Give the text of the child of that name; empty counts as missing."""
    found = one_of(parent, name)
    return None if found is None else _text(found).strip() or None


def _inner(parent: Element, *path: str) -> tuple[Element, ...]:
    """List the elements at the end of a path; npm clients repeat those on the way."""
    found: tuple[Element, ...] = (parent,)
    for name in path:
        found = tuple(inner for outer in found for inner in all_of(outer, name))
    return found


def _needed(parent: Element, name: str) -> Element:
    found = one_of(parent, name)
    if found is None:
        raise EnvelopeError(f"{parent.name.local} has no {name}")
    return found


def _needed_text(parent: Element, name: str) -> str:
    text = text_of(parent, name)
    if text is None:
        raise EnvelopeError(f"{parent.name.local} has no {name}")
    return text


def _texts(parent: Element, name: str) -> tuple[str, ...]:
    texts = (_text(each).strip() for each in all_of(parent, name))
    return tuple(filter(None, texts))


def _text(element: Element) -> str:
    if element.children:
        raise EnvelopeError(f'"{element.name.local}" has elements in it, where text belongs')
    return element.text
