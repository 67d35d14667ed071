"""Whether a line of a data file is what the shipped JSON Schema says, and may be.

A word of the wrong type or spelling deep inside would else be decided over as if
nothing was found. pydantic checks it, from the schema itself; the line is parsed
before that, since pydantic's own parser takes two members of one name.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic_core import SchemaValidator, ValidationError, core_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic_core import CoreSchema

    from .results import ResultRecord

    Check = Callable[[object], str | None]
    """Gives None for a value that fits, else the place in it that does not: `.parts[0].calls`."""

_TYPES: Mapping[str, Callable[[], CoreSchema]] = {
    "boolean": core_schema.bool_schema,
    "integer": core_schema.int_schema,
}


@cache
def check_of(schema: str, name: str) -> Check:
    """Make the check of one of the schema's definitions, once."""
    definitions: dict[str, Any] = json.loads(schema)["$defs"]
    validator = SchemaValidator(_translate(definitions[name], definitions))

    def check(value: object) -> str | None:
        try:
            validator.validate_python(value, strict=True)
        except ValidationError as error:
            place = error.errors(include_url=False, include_context=False)[0]["loc"]
            return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place)
        return None

    return check


def _translate(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> CoreSchema:
    """Translate the keywords that the schema uses, which are few."""
    core: CoreSchema
    match node:
        case {"$ref": name}:
            core = _translate(definitions[name.rpartition("/")[2]], definitions)
        case {"anyOf": [of, {"type": "null"}]}:
            core = core_schema.nullable_schema(_translate(of, definitions))
        case {"anyOf": [of, _]}:  # a long list, or its place, in whose stead it is by now
            core = _translate(of, definitions)
        case {"type": [of, "null"]}:
            core = core_schema.nullable_schema(_translate({"type": of}, definitions))
        case {"properties": members}:
            fields = {
                key: core_schema.typed_dict_field(_translate(of, definitions))
                for key, of in members.items()
            }
            core = core_schema.typed_dict_schema(fields, extra_behavior="forbid")
        case {"items": of}:
            core = core_schema.list_schema(_translate(of, definitions), fail_fast=True)
        case {"enum": words}:
            core = core_schema.literal_schema(words)
        case {"const": number}:  # not as a literal, of which `true` is 1
            core = core_schema.int_schema(ge=number, le=number)
        case {"type": "string"}:
            core = core_schema.str_schema(pattern=node.get("pattern"))
        case _:
            core = _TYPES[node["type"]]()
    return core


def find_contradiction(record: ResultRecord) -> str | None:
    """Find the place of a call that cannot have been made so, in a record that fits the schema.

    What a call used, its token carried; and one that a trusted catalogue entry
    allows had what that entry needs.
    """
    for number, part in enumerate(record["parts"]):
        for place, call in enumerate(part["calls"]):
            granted = {*(call["granted"] or ())}
            need, denied = call["need"], call["scope_denied"] or call["user_denied"]
            unsure = call["granted"] is None or denied or need["doubt"]
            enough = unsure or any(map(granted.issuperset, need["minimal_sets"]))
            if not (enough and granted.issuperset(call["used"])):
                return f".parts[{number}].calls[{place}]"
    return None
