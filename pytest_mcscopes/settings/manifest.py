"""The overlay as its user wrote it: checked, and turned into rows and settings.

Whatever is wrong is told at once, each with its file, line and key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, cast
from urllib.parse import parse_qsl

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PositiveInt,
    ValidationError,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)

from ..catalogue.model import OVERLAY, Grade, Route, Scope, Semantics, SoapRow
from ..catalogue.overlay import Overlay, call_of, operation_of
from ..catalogue.route_trie import split_path
from ..config import setting_types
from ..errors import ConfigError
from ..privilege.findings import RULES, Severity
from ..words import did_you_mean, either
from .toml_lines import line_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    from pydantic_core import ErrorDetails

    from ..catalogue.catalogue import Catalogue
    from .manifest_file import ManifestFile
    from .toml_lines import Keys

Word = Literal["overlay", "documented", "community-attested", "inferred"]
"""How sure a user may be; a row of none of these words would say nothing."""

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_SEGMENT = re.compile(r"[^{}]+|(?:[^{}:]+:)?\{\w+\}")
_REST = re.compile(r"\{\w+\+\}")
_SCOPE = re.compile(r"[A-Za-z0-9]+(?:_[A-Za-z0-9]+)+", re.ASCII)
_OPERATION = re.compile(r"\w+|\(any\)")
_SHOWN = 60
_WANTED = {
    "string_type": "a text",
    "bool_type": "true or false",
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


class _Known(NamedTuple):
    catalogue: Catalogue
    ids: set[str]
    """Grows by the scopes that the file adds, which are read first."""


def _known(info: ValidationInfo) -> _Known:
    known = info.context
    assert isinstance(known, _Known)
    return known


def _known_scope(word: str, info: ValidationInfo) -> str:
    known = _known(info)
    if word in known.ids:
        return word
    if re.search(r"[\s,]", word):
        raise ValueError(f"{word!r} is not one scope. Write the scopes one by one")
    guess = known.catalogue.did_you_mean(word)
    hint = f' Did you mean "{guess}"?' if guess else ""
    raise ValueError(f'unknown scope "{word}".{hint} A new one needs a [[scope]] with that id')


def _known_rule(word: str) -> str:
    if word not in RULES:
        raise ValueError(f"unknown rule.{did_you_mean(word.upper(), tuple(RULES))}")
    if RULES[word].fixed:
        raise ValueError(f"{RULES[word].name} cannot be changed: nothing else would be judged")
    return word


_Scopes = list[Annotated[str, AfterValidator(_known_scope)]]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ScopeRow(_Table):
    """A scope id that tokens carry, whatever the catalogue knows of it."""

    id: str
    family: str = ""
    action: str = ""
    category: str | None = None
    note: str = ""

    @field_validator("id")
    @classmethod
    def _is_an_id(cls, value: str, info: ValidationInfo) -> str:
        if not _SCOPE.fullmatch(value) or len(value) > _SHOWN:
            raise ValueError('must be an id, as in "email_send"')
        _known(info).ids.add(value)
        return value


class _Row(_Table):
    """What a call needs."""

    all_of: _Scopes | None = None
    any_of: _Scopes | None = None
    confidence: Word = "overlay"
    attestation_grade: Grade | None = None
    note: str = ""

    @model_validator(mode="after")
    def _says_one_thing(self) -> _Row:
        if self.all_of is not None and self.any_of is not None:
            raise ValueError("all_of and any_of contradict each other. Keep one of them")
        if self.all_of is None and not self.any_of:
            raise ValueError(
                'it must say what is needed: all_of = ["..."] or any_of = ["..."], or all_of = []'
                " if nothing is"
            )
        if (self.confidence == "community-attested") != (self.attestation_grade is not None):
            raise ValueError(
                'confidence = "community-attested" and attestation_grade = "A", "B" or "C" go'
                " together. Write both, or neither"
            )
        return self

    @property
    def semantics(self) -> Semantics:
        """How the scopes are to be read."""
        if self.all_of is None:
            return "any"
        return ("none-required", "single", "all")[min(len(set(self.all_of)), 2)]

    @property
    def said(self) -> dict[str, Any]:
        """What routes and SOAP rows have in common."""
        return {
            "all_of": None if self.all_of is None else tuple(dict.fromkeys(self.all_of)),
            "any_of": tuple(dict.fromkeys(self.any_of or ())),
            "confidence": self.confidence,
            "attestation_grade": self.attestation_grade,
            "basis": OVERLAY,
            "source": (OVERLAY,),
            "note": self.note,
        }


class RouteRow(_Row):
    """A call of the REST host, and what it needs."""

    method: str
    path: str
    query: str = ""

    @field_validator("method")
    @classmethod
    def _is_a_method(cls, value: str) -> str:
        if value.upper() not in _METHODS:
            hint = did_you_mean(value.upper(), _METHODS)
            raise ValueError(f"must be {either(_METHODS)}, got {value!r}.{hint}")
        return value.upper()

    @field_validator("path")
    @classmethod
    def _is_a_path(cls, value: str) -> str:
        if not value.startswith("/"):
            raise ValueError(f'must begin with "/", as in "/asset/v1/assets/{{id}}", got {value!r}')
        if "?" in value or "#" in value:
            raise ValueError('ends where "?" or "#" is. What follows "?" goes into query')
        segments = split_path(value)
        if not segments or "{" in segments[0]:
            raise ValueError(f"{value!r} fits no call: its first segment must be spelt out")
        wrong = [each for each in segments[:-1] if not _SEGMENT.fullmatch(each)]
        if not (_SEGMENT.fullmatch(segments[-1]) or _REST.fullmatch(segments[-1])):
            wrong.append(segments[-1])
        if wrong:
            raise ValueError(
                f'"{wrong[0]}" fits no call. A segment is text, "{{name}}" or "key:{{name}}", and'
                ' the last one may be "{name+}", for all that follows'
            )
        return value

    @field_validator("query")
    @classmethod
    def _is_a_query(cls, value: str) -> str:
        query = value.removeprefix("?")
        if value and not parse_qsl(query, keep_blank_values=True):
            raise ValueError(f'must be as "name=value", or "name=" for any value, got {value!r}')
        return query


class SoapOperation(_Row):
    """An operation on a SOAP object type, and what it needs."""

    object_type: str
    operation: str

    @field_validator("object_type", "operation")
    @classmethod
    def _is_a_name(cls, value: str) -> str:
        if not _OPERATION.fullmatch(value):
            raise ValueError(f'must be one word, as in "TriggeredSend" or "Create", got {value!r}')
        return value


class _Rows(_Table):
    # The scopes come first: the rows may name them.
    scope: list[ScopeRow] = Field(default_factory=list)
    route: list[RouteRow] = Field(default_factory=list)
    soap: list[SoapOperation] = Field(default_factory=list)


_SETTINGS: dict[str, Any] = {
    name: ((PositiveInt if kind is int else kind) | None, None)
    for name, kind in setting_types().items()
}
_SETTINGS["rules"] = (dict[Annotated[str, AfterValidator(_known_rule)], Severity], {})

Document = create_model("Document", __base__=_Rows, **_SETTINGS)
"""All that the file may say."""


_TABLES: Mapping[str, type[_Table]] = {
    "scope": ScopeRow,
    "route": RouteRow,
    "soap": SoapOperation,
}


def read_manifest(file: ManifestFile, catalogue: Catalogue) -> Manifest:
    """Check what a file says, and make rows and settings of it.

    Args:
        file: the file as it was found.
        catalogue: knows the scope ids, without any overlay.

    Raises:
        ConfigError: it says something impossible; the text has all of it, with the lines.
    """
    known = _Known(catalogue, set(catalogue.wire_ids))
    try:
        document = Document.model_validate(file.table, context=known)
    except ValidationError as error:
        told = error.errors(include_url=False)
        raise _unusable(file, (_Problem(_keys_of(each), _explain(each)) for each in told)) from None
    overlay = Overlay(
        file=file.shown,
        prefix="".join(f"{key}." for key in file.keys),
        routes=tuple(_route(row) for row in document.route),
        soap_rows=tuple(_soap_row(row) for row in document.soap),
        scopes=tuple(_scope(row, catalogue.scopes.get(row.id)) for row in document.scope),
    )
    if twins := [*_twins(overlay, file)]:
        raise _unusable(file, twins)
    settings = document.model_dump(exclude_none=True, include=set(_SETTINGS))
    rules = settings.pop("rules")
    return Manifest(file=file.shown, settings=settings, rules=rules, overlay=overlay)


def _route(row: RouteRow) -> Route:
    return Route(
        service="",
        host="rest",
        method=row.method,
        path=row.path,
        query=row.query,
        semantics=row.semantics,
        **row.said,
    )


def _soap_row(row: SoapOperation) -> SoapRow:
    return SoapRow(object_type=row.object_type, operation=row.operation, **row.said)


def _scope(row: ScopeRow, known: Scope | None) -> Scope:
    name, _, action = row.id.rpartition("_")
    base = known or Scope(
        id=row.id,
        family=name.replace("_", " ").capitalize(),
        action=action,
        status="overlay",
        confidence="overlay",
        independent_sources=1,
        sources=(OVERLAY,),
    )
    return replace(
        base,
        family=row.family or base.family,
        action=row.action or base.action,
        category=row.category or base.category,
        status="overlay",
        maps_to=None,
        maps_to_confidence=None,
        confidence="overlay",
        independent_sources=1,
        sources=(OVERLAY,),
        note=row.note,
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


def _keys_of(error: ErrorDetails) -> Keys:
    return tuple(key for key in error["loc"] if key != "[key]")


def _explain(error: ErrorDetails) -> str:
    """Say in our words what is wrong, and what would be right."""
    kind, keys, given = error["type"], error["loc"], error["input"]
    match kind:
        case "value_error":
            return str(error["ctx"]["error"])
        case "missing":
            return "is missing"
        case "extra_forbidden":
            model = _TABLES[str(keys[0])] if len(keys) > 1 else Document
            names = tuple(model.model_fields)
            hint = did_you_mean(str(keys[-1]), names)
            return f"unknown key.{hint} There are {', '.join(names)}"
        case "literal_error":
            words = tuple(re.findall("'([^']*)'", error["ctx"]["expected"]))
            return f"must be {either(words)}, got {_shown(given)}.{did_you_mean(str(given), words)}"
        case "list_type" if keys[-1] in _TABLES:
            return f"must be a list of tables. Write [[{keys[-1]}]]"
        case _:
            return f"must be {_WANTED.get(kind, error['msg'])}, got {_shown(given)}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _unusable(file: ManifestFile, problems: Iterable[_Problem]) -> ConfigError:
    """Make one error of all that is wrong, in the order of the file."""
    told = sorted(
        (line_of(file.text, (*file.keys, *keys)), f"{_name(keys)}: {text}")
        for keys, text in problems
    )
    lines = [
        f"{file.shown}:{line}: {text}{'' if text.endswith(('.', '?')) else '.'}"
        for line, text in told
    ]
    return ConfigError("\n".join(["your own catalogue entries cannot be used.", *lines]))


def _name(keys: Keys) -> str:
    return ".".join(key for key in keys if isinstance(key, str))
