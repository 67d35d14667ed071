"""The manifest as its user wrote it, checked and turned into catalogue rows, packages and settings.

One error names everything that is wrong, each with its file, line and key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, time
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from pydantic import ValidationError

from ..arguments.keywords import Checked
from ..catalogue.model import OVERLAY, Route, Scope, SoapRow
from ..catalogue.overlay import Overlay, call_of, operation_of
from ..errors import ConfigError
from ..words import did_you_mean, either
from .assigned_packages import AssignedPackage, ScopeException
from .manifest_model import SETTINGS, TABLES, Context, Document
from .manifest_texts import MISSING, NOT_HERE
from .toml_lines import line_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    from pydantic_core import ErrorDetails

    from ..catalogue.catalogue import Catalogue
    from ..privilege.findings import Severity
    from .manifest_file import ManifestFile
    from .manifest_model import PackageRow, RouteRow, ScopeRow
    from .toml_lines import Keys

_SHOWN = 60
_WANTED = {
    "string_type": "a text",
    "bool_type": "true or false",
    "date_type": "a date without quotes, as 2027-03-31",
    "int_type": "a positive number",
    "greater_than": "a positive number",
    "list_type": "a list",
    "model_type": "a table",
    "dict_type": "a table",
}
"""What is wanted, by pydantic's types of errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What the file says."""

    file: str
    """As a person types it."""
    settings: Mapping[str, object]
    """By the names of `Config`'s fields; only what is given, and not the rules."""
    rules: Mapping[str, Severity]
    overlay: Overlay
    packages: tuple[AssignedPackage, ...]
    """In the order of the file."""

    def under(self, given: Mapping[str, object]) -> dict[str, object]:
        """Put what the file says where other doors, with None, say nothing; rule by rule."""
        said = {name: value for name, value in given.items() if value is not None}
        lines = cast("Iterable[str]", said.get("rules", ()))
        set_there = {line.partition("=")[0].strip() for line in lines}
        mine = [f"{rule}={word}" for rule, word in self.rules.items() if rule not in set_there]
        return {**self.settings, **said, "rules": [*mine, *lines]}


class _Problem(NamedTuple):
    keys: Keys
    text: str


def read_manifest(file: ManifestFile, catalogue: Catalogue) -> Manifest:
    """Check what a file says, and make rows and settings of it; the catalogue has no overlay yet.

    Raises:
        ConfigError: it says something impossible; the text has all of it, with the lines.
    """
    known = Context(catalogue, set(catalogue.wire_ids))
    try:
        document = Document.model_validate(file.table, context=known)
    except ValidationError as error:
        problems = [
            _Problem(tuple(key for key in each["loc"] if key != "[key]"), _explain(each))
            for each in error.errors(include_url=False)
        ]
        raise _unusable(file, problems) from None
    overlay = Overlay(
        file=file.shown,
        prefix="".join(f"{key}." for key in file.keys),
        routes=tuple(_route(row) for row in document.route),
        soap_rows=tuple(
            SoapRow(object_type=row.object_type, operation=row.operation, **row.said)
            for row in document.soap
        ),
        scopes=tuple(_scope(row, catalogue.scopes.get(row.id)) for row in document.scope),
    )
    if twins := [*_twins(overlay, file)]:
        raise _unusable(file, twins)
    settings = document.model_dump(exclude_none=True, include=set(SETTINGS))
    rules = settings.pop("rules")
    return Manifest(
        file=file.shown,
        settings=settings,
        rules=rules,
        overlay=overlay,
        packages=tuple(_package(row, n, file) for n, row in enumerate(document.package)),
    )


def _package(row: PackageRow, number: int, file: ManifestFile) -> AssignedPackage:
    keys: Keys = (*file.keys, "package", number)
    scopes = frozenset(row.scopes)
    said = row.model_dump(exclude_none=True, exclude={"projects", "exception"})
    lists = {name: tuple(value) for name, value in said.items() if isinstance(value, list)}
    line = line_of(file.text, keys)
    return AssignedPackage(
        name=row.name,
        type=row.type,
        scopes=scopes,
        exceptions=tuple(
            ScopeException(
                **each.model_dump(),
                where=f"{file.shown}:{line_of(file.text, (*keys, 'exception', which))}",
            )
            for which, each in enumerate(row.exception)
        ),
        projects=tuple(dict.fromkeys(row.projects)),
        file=file.shown,
        line=line,
        scope_places={
            scope: f"{file.shown}:{line_of(file.text, (*keys, 'scopes', which))}"
            for which, scope in enumerate(row.scopes)
        },
        settings=Checked(said | lists | {"scopes": scopes, "assigned_in": f"{file.shown}:{line}"}),
    )


def _route(row: RouteRow) -> Route:
    return Route(
        host="rest",
        method=row.method,
        path=row.path,
        query=row.query,
        semantics=row.semantics,
        **row.said,
    )


def _scope(row: ScopeRow, known: Scope | None) -> Scope:
    name, _, action = row.id.rpartition("_")
    family = name.replace("_", " ").capitalize()
    said: dict[str, Any] = {"status": OVERLAY, "confidence": OVERLAY}
    said |= {"independent_sources": 1, "sources": (OVERLAY,)}
    base = known or Scope(id=row.id, family=family, action=action, **said)
    return replace(
        base,
        family=row.family or base.family,
        action=row.action or base.action,
        category=row.category or base.category,
        maps_to=None,
        maps_to_confidence=None,
        note=row.note,
        **said,
    )


def _twins(overlay: Overlay, file: ManifestFile) -> Iterator[_Problem]:
    """Find the rows that speak of what an earlier one speaks of."""
    about: Mapping[str, list[Hashable]] = {
        "scope": [scope.id for scope in overlay.scopes],
        "route": [call_of(route) for route in overlay.routes],
        "soap": [operation_of(row) for row in overlay.soap_rows],
    }
    for table, things in about.items():
        for number, thing in enumerate(things):
            first = things.index(thing)
            if first != number:
                line = line_of(file.text, (*file.keys, table, first))
                text = f"speaks of the same {table} as the one of line {line}. Keep one of them"
                yield _Problem((table, number), text)


def _explain(error: ErrorDetails) -> str:
    """Say in our words what is wrong, and what would be right."""
    kind, keys, given = error["type"], error["loc"], error["input"]
    match kind:
        case "value_error":
            return str(error["ctx"]["error"])
        case "missing":
            return MISSING.get(_name(keys), "is missing")
        case "extra_forbidden":
            return NOT_HERE.get(_name(keys)) or _unknown_key(keys)
        case "literal_error":
            words = tuple(re.findall("'([^']*)'", error["ctx"]["expected"]))
            return f"must be {either(words)}, got {_shown(given)}.{did_you_mean(str(given), words)}"
        case "list_type" if _name(keys) in TABLES:
            return f"must be a list of tables. Write [[{_name(keys)}]]"
        case _:
            return f"must be {_WANTED.get(kind, error['msg'])}, got {_shown(given)}"


def _unknown_key(keys: Keys) -> str:
    names = tuple(TABLES.get(_name(keys[:-1]), Document).model_fields)
    hint = did_you_mean(str(keys[-1]), names)
    return f"unknown key.{hint} There are {', '.join(names)}"


def _shown(value: object) -> str:
    text = str(value) if isinstance(value, date | time) else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _unusable(file: ManifestFile, problems: Iterable[_Problem]) -> ConfigError:
    """Make one error of all that is wrong, in the order of the file."""
    placed = sorted(
        (line_of(file.text, (*file.keys, *keys)), f"{_name(keys)}: {text}")
        for keys, text in problems
    )
    lines = [
        f"{file.shown}:{line}: {text}{'' if text.endswith(('.', '?')) else '.'}"
        for line, text in placed
    ]
    return ConfigError("\n".join(["the manifest cannot be used.", *lines]))


def _name(keys: Keys) -> str:
    return ".".join(key for key in keys if isinstance(key, str))
