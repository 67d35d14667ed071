"""The tables and keys of the manifest as pydantic models: what each may be, and why not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date  # noqa: TC003 - pydantic reads it
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import parse_qsl

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PositiveInt,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)

from ..catalogue.model import ANY, OVERLAY, Grade, Semantics
from ..catalogue.route_trie import split_path
from ..config import FIRST_PACKAGE, PackageType, Pkce, Unassigned, setting_types
from ..ledger.facts import ADMIN
from ..privilege.findings import RULES, TEST_RULES, Severity, unknown_rule
from ..words import did_you_mean, either, meant
from .packages import NAME_TAKEN, why_no_redirect_uris
from .scopes import may_be_scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..catalogue.catalogue import Catalogue

Word = Literal["overlay", "documented", "community-attested", "inferred"]
"""How sure a user may be; a row of none of these words would say nothing."""

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_SEGMENT = re.compile(r"[^{}]+|(?:[^{}:]+:)?\{\w+\}")
_REST = re.compile(r"\{\w+\+\}")
_OPERATION = re.compile(rf"\w+|{re.escape(ANY)}")


@dataclass(slots=True)
class Context:
    """What the checks of a manifest need to know, and what they have read so far."""

    catalogue: Catalogue
    ids: set[str]
    """Grows by the scopes that the file adds, which are read first."""
    packages: set[str] = field(default_factory=set)
    """The names of the packages."""
    assigned: set[str] | None = None
    """The scopes of the package that is being read; None while they are not known."""
    excepted: set[str] = field(default_factory=set)
    """The scopes that it has an exception for."""
    expressions: set[str] = field(default_factory=set)
    """Of the selections."""


def _known(info: ValidationInfo) -> Context:
    known = info.context
    assert isinstance(known, Context)
    return known


def _known_scope(word: str, info: ValidationInfo) -> str:
    known = _known(info)
    if word in known.ids:
        return word
    if re.search(r"[\s,]", word):
        raise ValueError(f"{word!r} is not one scope. Write the scopes one by one")
    hint = meant(known.catalogue.did_you_mean(word))
    raise ValueError(f'unknown scope "{word}".{hint} A new one needs a [[scope]] with that id')


def _known_rule(word: str) -> str:
    if word not in TEST_RULES:
        raise ValueError(unknown_rule(word))
    if RULES[word].fixed:
        raise ValueError(f"{RULES[word].name} cannot be changed: nothing else would be judged")
    return word


def _meaningful(text: str) -> str:
    if not text.strip():
        raise ValueError("must be a text that is not empty")
    return text


_Scopes = list[Annotated[str, AfterValidator(_known_scope)]]
_Text = Annotated[str, AfterValidator(_meaningful)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ScopeRow(_Table):
    """A scope id that tokens carry, whatever the catalogue knows of it."""

    id: str
    """As it stands in tokens."""
    family: str = ""
    """What it belongs to, as `email`."""
    action: str = ""
    """What it allows there, as `read`."""
    category: str | None = None
    """The heading under which Setup shows it."""
    note: str = ""
    """For people."""

    @field_validator("id")
    @classmethod
    def _is_an_id(cls, value: str, info: ValidationInfo) -> str:
        if not may_be_scope(value):
            raise ValueError('must be an id, as in "email_send"')
        _known(info).ids.add(value)
        return value


class _Row(_Table):
    """What a call needs."""

    all_of: _Scopes | None = None
    """The scopes that are needed together; an empty list: none is needed."""
    any_of: _Scopes | None = None
    """The scopes of which one is enough, in place of `all_of`."""
    confidence: Word = "overlay"
    """How sure that is; left out: it is your word, and trusted."""
    attestation_grade: Grade | None = None
    """How good the sources are, where it is `community-attested`."""
    note: str = ""
    """For people."""

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
    """The HTTP method."""
    path: str
    """With `{name}` where an id or key stands, as `/asset/v1/assets/{id}`."""
    query: str = ""
    """What the query must have, as `type=keys`, if that makes a difference."""

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
    """As `Subscriber`."""
    operation: str
    """As `Retrieve`."""

    @field_validator("object_type", "operation")
    @classmethod
    def _is_a_name(cls, value: str) -> str:
        if not _OPERATION.fullmatch(value):
            raise ValueError(f'must be one word, as in "TriggeredSend" or "Create", got {value!r}')
        return value


class ExceptionRow(_Table):
    """A scope that may stay assigned for a while although no test exercises it."""

    scope: str
    """One of those that are assigned."""
    reason: _Text
    """Why it is assigned and not exercised."""
    owner: _Text
    """Who answers for that."""
    expires: date
    """The last day, in UTC, on which the exception counts."""

    @field_validator("scope")
    @classmethod
    def _is_assigned(cls, value: str, info: ValidationInfo) -> str:
        known = _known(info)
        if value in known.excepted:
            raise ValueError(f'an earlier exception is for "{value}" already. Keep one of them')
        known.excepted.add(value)
        if known.assigned is not None and value not in known.assigned:
            hint = did_you_mean(value, known.assigned)
            raise ValueError(
                f'"{value}" is not among the scopes of this package, so there is nothing to'
                f" except.{hint} Take the exception out, or correct its scope"
            )
        return value


class PackageRow(_Table):
    """An Installed Package of production, and what it is assigned there."""

    name: str = Field(default=FIRST_PACKAGE, validate_default=True)
    """By what marks and `tenant.packages[name]` find it."""
    type: PackageType = "server-to-server"
    """The kind of its API integration."""
    scopes: _Scopes
    """What it is assigned; an empty list: nothing."""
    account_id: PositiveInt | None = None
    """MID of the business unit that it was created in."""
    business_units: list[PositiveInt] | None = None
    """MIDs of the further business units that it is enabled in."""
    redirect_uris: list[str] | None = None
    """Where a web or public app is called back."""
    pkce: Pkce | None = None
    """Whether an app must send a code challenge."""
    published: bool | None = None
    """Whether it is a published AppExchange app."""
    unassigned: Unassigned | None = None
    """What becomes of a requested scope that it lacks."""
    projects: list[_Text] = Field(default_factory=list)
    """The projects that share it, of all of which the evidence is needed."""
    # After the scopes, which it names.
    exception: list[ExceptionRow] = Field(default_factory=list)
    """The scopes that may stay assigned for a while although no test exercises them."""

    @field_validator("name")
    @classmethod
    def _is_a_new_name(cls, value: str, info: ValidationInfo) -> str:
        known = _known(info)
        # The name is read first, so that a package begins here.
        known.assigned, known.excepted = None, set()
        _meaningful(value)
        if value == ADMIN:
            raise ValueError(NAME_TAKEN)
        if value in known.packages:
            raise ValueError(
                f'an earlier package has the name "{value}". Give each a name of its own'
            )
        known.packages.add(value)
        return value

    @field_validator("scopes")
    @classmethod
    def _remember_scopes(cls, value: list[str], info: ValidationInfo) -> list[str]:
        _known(info).assigned = set(value)
        return value

    @field_validator("redirect_uris")
    @classmethod
    def _are_redirect_uris(cls, value: list[str]) -> list[str]:
        if why := why_no_redirect_uris(value):
            raise ValueError(why)
        return value


class SelectionRow(_Table):
    """What runs leave out by pytest's `-m` for good, and why."""

    expression: _Text
    """What stands after `-m`, to the letter."""
    reason: _Text
    """Why the tests that it leaves out are none of this suite's."""

    @field_validator("expression")
    @classmethod
    def _is_a_new_one(cls, value: str, info: ValidationInfo) -> str:
        known = _known(info)
        if value in known.expressions:
            raise ValueError("an earlier selection has that expression already. Keep one of them")
        known.expressions.add(value)
        return value


class _Rows(_Table):
    # The scopes come first: the rows may name them.
    scope: list[ScopeRow] = Field(default_factory=list)
    package: list[PackageRow] = Field(default_factory=list)
    route: list[RouteRow] = Field(default_factory=list)
    soap: list[SoapOperation] = Field(default_factory=list)
    selection: list[SelectionRow] = Field(default_factory=list)


SETTINGS: dict[str, Any] = {
    name: ((PositiveInt if kind is int else kind) | None, None)
    for name, kind in setting_types().items()
}
SETTINGS["rules"] = (dict[Annotated[str, AfterValidator(_known_rule)], Severity], {})

Document = create_model("Document", __base__=_Rows, **SETTINGS)
"""All that the file may say."""


TABLES: Mapping[str, type[_Table]] = {
    "package": PackageRow,
    "package.exception": ExceptionRow,
    "scope": ScopeRow,
    "route": RouteRow,
    "soap": SoapOperation,
    "selection": SelectionRow,
}
"""By the names of their keys, from the top."""
