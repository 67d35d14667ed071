"""Reads the messages of the Partner API straight into the operations that they ask for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ...words import did_you_mean
from .messages import PARTNER, ComplexFilter, SimpleFilter, split_object_type
from .operations import Operation
from .xml import Name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .messages import Filter, OperationName, Value, Version
    from .xml import Element

    Reader = Callable[[OperationName, Element], Iterator[Operation]]


class EnvelopeError(Exception):
    """Raised for XML that is no message of the Partner API."""

    def __init__(
        self, reason: str, version: Version | None = None, tokens: tuple[str, ...] = ()
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.version = version
        """Of SOAP, where it is an envelope at least."""
        self.tokens = tokens
        """What the Header presents all the same, where that could be read."""


def read_message(message: Element) -> tuple[Operation, ...]:
    """Read the one element of a Body: one operation at least, all of the same name."""
    known = _MESSAGES.get(message.name.local)
    if known is None or message.name.namespace != PARTNER:
        hint = _hint(message.name.local) if known is None else ""
        what = f'the Body has "{message.name.local}" of namespace "{message.name.namespace}"'
        raise EnvelopeError(f"{what}; send a message of {PARTNER}.{hint}")
    _check_namespaces(message)
    name, read = known
    return tuple(read(name, message))


def _hint(name: str) -> str:
    if name.startswith("Continue"):
        return " To go on with a Retrieve send RetrieveRequestMsg with ContinueRequest in it."
    return did_you_mean(name, tuple(_MESSAGES))


def _check_namespaces(element: Element) -> None:
    """Refuse elements of another namespace, which would be overlooked."""
    for child in element.children:
        if child.name.namespace != PARTNER:
            what = f'"{child.name.local}" in "{element.name.local}"'
            raise EnvelopeError(
                f'{what} has the namespace "{child.name.namespace}"; it belongs to {PARTNER}'
            )
        _check_namespaces(child)


def _read_retrieve(name: OperationName, message: Element) -> Iterator[Operation]:
    request = _needed(message, "RetrieveRequest")
    object_type = text_of(request, "ObjectType")
    continues = text_of(request, "ContinueRequest")
    if object_type is None and continues is None:
        raise EnvelopeError("RetrieveRequest has neither ObjectType nor ContinueRequest")
    kind, key = _read_object_type(object_type or "")
    yield Operation(
        name=name,
        object_type=kind,
        data_extension=key,
        properties=_texts(request, "Properties"),
        filter=_read_optional_filter(request),
        continues=continues,
    )


def _read_object_type(text: str) -> tuple[str, str | None]:
    """Read an object type, and the key of the data extension whose rows it stands for."""
    kind, key = split_object_type(text)
    if key == "":
        raise EnvelopeError("DataExtensionObject[] names no data extension")
    return kind, key


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


def _read_write(name: OperationName, message: Element) -> Iterator[Operation]:
    objects = _find_objects(message, "Objects")
    saving = _inner(message, "Options", "SaveOptions", "SaveOption")
    actions = [action for each in saving for action in _texts(each, "SaveAction")]
    upsert = name != "Delete" and "UpdateAdd" in actions
    for each in objects:
        yield Operation(
            name=name, object_type=_type_of(each), values=_fields_of(each), upsert=upsert
        )


def _read_action(
    name: OperationName, message: Element, *, objects: tuple[str, str]
) -> Iterator[Operation]:
    action = _needed_text(message, "Action")
    for each in _find_objects(message, *objects):
        yield Operation(
            name=name, object_type=_type_of(each), values=_fields_of(each), action=action
        )


def _read_describe(name: OperationName, message: Element) -> Iterator[Operation]:
    requests = _inner(message, "DescribeRequests", "ObjectDefinitionRequest")
    if not requests:
        raise EnvelopeError(f"{message.name.local} has no ObjectDefinitionRequest")
    for each in requests:
        kind, key = _read_object_type(_needed_text(each, "ObjectType"))
        yield Operation(name=name, object_type=kind, data_extension=key)


def _read_other(
    name: OperationName,
    message: Element,
    *,
    requests: tuple[str, ...] = (),
    object_type: tuple[str, ...] = (),
) -> Iterator[Operation]:
    """Read a message of an operation that is not simulated, request by request.

    The message itself is the only one where there are none at the end of the path *requests*, or
    empty ones; *object_type* is the path in a request to what it is about.
    """
    found = [each for each in _inner(message, *requests) if each.children]
    for request in found or [message]:
        named = _inner(request, *object_type) if object_type else ()
        text = next((each.text for each in named if not each.children), "")
        kind = text.strip().partition("[")[0]
        yield Operation(name=name, object_type=kind, values=_fields_of(request))


_MESSAGES: Mapping[str, tuple[OperationName, Reader]] = {
    "RetrieveRequestMsg": ("Retrieve", _read_retrieve),
    "CreateRequest": ("Create", _read_write),
    "UpdateRequest": ("Update", _read_write),
    "DeleteRequest": ("Delete", _read_write),
    "PerformRequestMsg": (
        "Perform",
        partial(_read_action, objects=("Definitions", "Definition")),
    ),
    "ScheduleRequestMsg": (
        "Schedule",
        partial(_read_action, objects=("Interactions", "Interaction")),
    ),
    "DefinitionRequestMsg": ("Describe", _read_describe),
    "ExecuteRequestMsg": (
        "Execute",
        partial(_read_other, requests=("Requests",), object_type=("Name",)),
    ),
    "ExtractRequestMsg": ("Extract", partial(_read_other, requests=("Requests",))),
    "ConfigureRequestMsg": (
        "Configure",
        partial(_read_other, requests=("Configurations", "Configuration")),
    ),
    "QueryRequestMsg": (
        "Query",
        partial(
            _read_other,
            requests=("QueryRequest",),
            object_type=("Query", "Object", "ObjectType"),
        ),
    ),
    "VersionInfoRequestMsg": ("VersionInfo", _read_other),
    "SystemStatusRequestMsg": ("GetSystemStatus", _read_other),
}


def _find_objects(message: Element, *path: str) -> tuple[Element, ...]:
    objects = _inner(message, *path)
    if not objects:
        raise EnvelopeError(f"{message.name.local} has no {path[-1]}: there is nothing to do")
    return objects


def _type_of(element: Element) -> str:
    if element.type is None:
        raise EnvelopeError(f'"{element.name.local}" has no xsi:type: it must say what it is')
    if element.type.namespace != PARTNER:
        what = f'xsi:type {element.type.local} of "{element.name.local}"'
        raise EnvelopeError(
            f'{what} has the namespace "{element.type.namespace}"; it belongs to {PARTNER}'
        )
    return element.type.local


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
