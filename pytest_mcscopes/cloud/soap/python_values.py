"""Converts between Python values and SOAP fields, by what the WSDL says of an object type.

What is awkward there is plain here: a wrapped list is a list, a list of names and
values is a mapping, and numbers, dates, truth and nil are Python's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from ...errors import ConfigError
from .messages import KIND, Fields, Value
from .wsdl import Property, properties_of

ROWS = "DataExtensionObject"
"""The type whose objects are rows: their columns are names and values."""
_PAIRS = ("APIProperty", "Attribute")
_PAIR_MEMBERS = {"Name", "Value", "Compression"}
_NAME = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TRUTH = {"true": True, "1": True, "false": False, "0": False}
_READERS: Mapping[str, Callable[[str], object]] = {
    "boolean": lambda text: _TRUTH[text.casefold()],
    **dict.fromkeys(("byte", "short", "int", "long"), int),
    "dateTime": datetime.fromisoformat,
}


def to_wire(kind: str, values: Mapping[str, object], where: str) -> Fields:
    """Write the members of an object; a kind that the WSDL does not know stands for no type.

    Raises:
        ConfigError: a name or value that cannot be written; *where* says who gave it.
    """
    known = {each.name: each for each in properties_of(kind)}
    written = {
        name: _to_value(value, known.get(name), f"{where}: {name}")
        for name, value in _check_names(values, where).items()
    }
    return in_wire_order(kind, written)


def row_to_wire(kind: str, row: Mapping[str, object], where: str) -> Fields:
    """Write an object that a Retrieve found; a row of a data extension may be its columns."""
    columns = kind == ROWS and not isinstance(row.get("Properties"), Mapping | list | tuple)
    return {KIND: kind, **to_wire(kind, {"Properties": row} if columns else row, where)}


def in_wire_order(kind: str, fields: Fields) -> dict[str, Value]:
    """Put members in the order of the wire; those that the WSDL does not know come last."""
    places = {each.name: place for place, each in enumerate(properties_of(kind))}
    names = sorted(fields, key=lambda name: places.get(name, len(places)))
    return {name: fields[name] for name in names}


def to_text(value: object, where: str) -> str | None:
    """Write one plain value, or refuse what there is no way to write."""
    from uuid import UUID  # noqa: PLC0415 - tests without SOAP need none

    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case str():
            return _check_text(value, where)
        case datetime() | date():
            return value.isoformat()
        case int() | float() | Decimal() | UUID():
            return str(value)
    raise ConfigError(
        f"{where} is {value!r}, which SOAP has no way to write. Use text, a number, True or False,"
        " a date or datetime, None, or a mapping or list of such."
    )


def from_wire(kind: str, fields: Fields) -> dict[str, object]:
    """Read the members of an object; text that is not of the WSDL's type stays text."""
    known = {each.name: each for each in properties_of(kind)}
    return {name: _from_value(value, known.get(name)) for name, value in fields.items()}


def _check_names(values: Mapping[str, object], where: str) -> Mapping[str, object]:
    for name in values:
        if name != KIND and not _NAME.fullmatch(str(name)):
            raise ConfigError(
                f"{where}: {name!r} cannot be the name of an element. Use a property of the SOAP"
                ' API, as in "SubscriberKey".'
            )
    return values


def _check_text(text: str, where: str) -> str:
    if found := _NOT_XML.search(text):
        raise ConfigError(
            f"{where} has the character {found[0]!a}, which XML cannot carry. Leave it out."
        )
    return text


def _to_value(value: object, known: Property | None, where: str) -> Value:
    if isinstance(value, Mapping):
        return _to_mapping(value, known, where)
    if not isinstance(value, list | tuple):
        return to_text(value, where)
    inner = known.wraps if known and known.wraps else None
    listed = [_to_value(each, inner or known, where) for each in value]
    return {inner.name: listed} if inner else listed


def _to_mapping(value: Mapping[str, object], known: Property | None, where: str) -> Value:
    if known and known.wraps:
        inner = known.wraps
        one = value[inner.name] if set(value) == {inner.name} else value
        return {inner.name: _to_value(one, inner, where)}
    kind = (known.type if known else None) or ""
    if known and known.many and kind in _PAIRS and not set(value) <= _PAIR_MEMBERS:
        return [
            {"Name": _check_text(str(name), where), "Value": to_text(each, f"{where}: {name}")}
            for name, each in value.items()
        ]
    return to_wire(str(value.get(KIND, kind)), value, where)


def _from_value(value: Value, known: Property | None) -> object:
    if known is None:
        return _from_one(value, "")
    if known.wraps:
        inner = value.get(known.wraps.name, ()) if isinstance(value, Mapping) else ()
        return _from_many(_as_list(inner), known.wraps.type or "")
    if known.many:
        return _from_many(_as_list(value), known.type or "")
    return _from_one(value, known.type or "")


def _from_many(values: Sequence[Value], kind: str) -> object:
    listed = [_from_one(each, kind) for each in values]
    if kind not in _PAIRS:
        return listed
    pairs = [each for each in listed if isinstance(each, dict) and "Name" in each]
    named = {each["Name"]: each.get("Value") for each in pairs}
    return named if len(named) == len(listed) else listed


def _from_one(value: Value, kind: str) -> object:
    if isinstance(value, str):
        return _from_text(value, kind)
    if isinstance(value, Mapping):
        return from_wire(kind, value)
    return None if value is None else [_from_one(each, kind) for each in value]


def _from_text(text: str, kind: str) -> object:
    try:
        return _READERS.get(kind, str)(text)
    except (ValueError, KeyError):
        return text


def _as_list(value: Value) -> Sequence[Value]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
