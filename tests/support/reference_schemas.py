"""The data file and the manifest by their schemas, as the reference pages tell them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from markdown_text import paragraph, quoted, slug, table
from reference_members import attributes_of

from pytest_mcscopes.evidence.data_file import read_schema
from pytest_mcscopes.settings.manifest_model import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def write_schema() -> Iterator[str]:
    """Write the members of each object of a data file."""
    definitions: dict[str, dict[str, Any]] = json.loads(read_schema())["$defs"]
    for name, about in definitions.items():
        yield f"## {name}"
        yield ""
        yield from paragraph(about["description"])
        if "properties" in about:
            rows = (
                (quoted(member), shown_type(kind), kind.get("description", ""))
                for member, kind in about["properties"].items()
            )
            yield from table(("member", "type", "what it is"), rows)
        else:
            yield from paragraph(f"It is {shown_type(about)}.")


def shown_type(kind: Mapping[str, Any]) -> str:
    """Write what the schema says of a value, for people."""
    if "$ref" in kind:
        name = kind["$ref"].rpartition("/")[2]
        return f"[{name}](#{slug(name)})"
    if words := kind.get("enum", [kind["const"]] if "const" in kind else []):
        return " or ".join(quoted(json.dumps(word)) for word in words)
    if "anyOf" in kind:
        return " or ".join(map(shown_type, kind["anyOf"]))
    types = kind["type"] if isinstance(kind["type"], list) else [kind.get("format", kind["type"])]
    of = f" of {shown_type(kind['items'])}" if "items" in kind else ""
    return " or ".join(f"{each}{of}" if each == "array" else each for each in types)


def write_manifest() -> Iterator[str]:
    """Write the keys of each table of mcscopes.toml."""
    names = {model.__name__: name for name, model in TABLES.items()}
    for name, model in TABLES.items():
        yield f"## [[{name}]]"
        yield ""
        yield from paragraph(str(model.__doc__))
        schema = model.model_json_schema(ref_template="{model}")
        written = {
            key: each.about
            for owner in model.__mro__
            if owner.__module__ == model.__module__
            for key, each in attributes_of(owner).items()
        }
        rows = (
            (
                quoted(key),
                shown_type(in_toml(kind, names)),
                "yes" if key in schema.get("required", ()) else "",
                written[key],
            )
            for key, kind in schema["properties"].items()
        )
        yield from table(("key", "type", "must be there", "what it is"), rows)


def in_toml(kind: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 - a schema
    """Leave null out, which TOML does not have, and name tables as they are written."""
    if isinstance(kind, dict):
        ways = [each for each in kind.get("anyOf", ()) if each != {"type": "null"}]
        if ways:
            (kind,) = ways
        return {key: in_toml(value, names) for key, value in kind.items()}
    return names.get(kind, kind) if isinstance(kind, str) else kind
