"""Whether a line of a data file is what the shipped JSON Schema says, quickly.

A word of the wrong type or spelling deep inside would else be decided over as if
nothing was found. The schema uses a few keywords only, and these are read here.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .results import ResultRecord

    Check = Callable[[object], str | None]
    """Gives None for a value that fits, else the place in it that does not: `.parts[0].calls`."""

_TYPES: Mapping[str, type] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "null": type(None),
}
_MISSING = object()


@cache
def check_of(schema: str, name: str) -> Check:
    """Make the check of one of the schema's definitions, once."""
    definitions: dict[str, Any] = json.loads(schema)["$defs"]
    return _compile({"$ref": f"#/$defs/{name}"}, definitions)


def find_contradiction(record: ResultRecord) -> str | None:
    """Find a call of a record that fits the schema that cannot be: None, there is none.

    What a call used, its token carried; and one that a trusted catalogue entry
    allows had what that entry needs.
    """
    for number, part in enumerate(record["parts"]):
        for place, call in enumerate(part["calls"]):
            granted = {*(call["granted"] or ())}
            need, denied = call["need"], call["scope_denied"] or call["user_denied"]
            if call["granted"] is None or denied or need["doubt"]:
                enough = True
            else:
                enough = any(granted.issuperset(each) for each in need["minimal_sets"])
            if not (enough and granted.issuperset(call["used"])):
                return f".parts[{number}].calls[{place}]"
    return None


def _compile(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> Check:
    if "$ref" in node:
        return _compile(definitions[node["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in node:
        return _any_of([_compile(each, definitions) for each in node["anyOf"]])
    if "enum" in node or "const" in node:
        return _one_of(frozenset(node.get("enum") or [node["const"]]))
    if "properties" in node:
        fields = {key: _compile(of, definitions) for key, of in node["properties"].items()}
        return _object(fields)
    if "items" in node:
        texts = node["items"].get("type") == "string"
        return _texts if texts else _array(_compile(node["items"], definitions))
    named = node["type"]
    types = {_TYPES[each] for each in ([named] if isinstance(named, str) else named)}
    return lambda value: None if type(value) in types else ""


def _any_of(checks: Sequence[Check]) -> Check:
    def check(value: object) -> str | None:
        places = [of(value) for of in checks]
        return None if None in places else places[0]

    return check


def _one_of(values: frozenset[object]) -> Check:
    types = {type(value) for value in values}

    def check(value: object) -> str | None:
        return None if type(value) in types and value in values else ""

    return check


def _object(fields: Mapping[str, Check]) -> Check:
    def check(value: object) -> str | None:
        if not isinstance(value, dict):
            return ""
        for key, of in fields.items():
            place = of(value.get(key, _MISSING))
            if place is not None:
                return f".{key}{place}"
        unknown = value.keys() - fields.keys() if len(value) > len(fields) else ()
        return next((f".{key}" for key in sorted(unknown)), None)

    return check


def _texts(value: object) -> str | None:
    return None if isinstance(value, list) and {*map(type, value)} <= {str} else ""


def _array(of: Check) -> Check:
    def check(value: object) -> str | None:
        if not isinstance(value, list):
            return ""
        for number, each in enumerate(value):
            place = of(each)
            if place is not None:
                return f"[{number}]{place}"
        return None

    return check
