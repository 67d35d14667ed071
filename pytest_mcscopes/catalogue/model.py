"""The rows of the catalogue, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

if TYPE_CHECKING:
    from datetime import date

Host = Literal["auth", "rest"]
Status = Literal["current", "unlisted", "doc-alias", "rejected", "overlay"]
Confidence = Literal["documented", "community-attested", "inferred", "unknown", "overlay"]
Strength = Literal["strong", "medium", "weak"]
Grade = Literal["A", "B", "C"]
Naming = Literal["observed", "matched", "derived"]
Semantics = Literal[
    "single", "all", "any", "none-required", "unknown", "assumed-and", "comma-unstated"
]

OVERLAY = "overlay"
"""Status, confidence, basis and source of what a user's own file says."""
ANY = "(any)"
"""Stands in a SOAP row for every object type, or every operation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One spelling of a scope: a wire id, an alias of the docs, or a known mistake."""

    id: str
    family: str
    action: str
    status: Status
    confidence: Confidence
    independent_sources: int
    sources: tuple[str, ...]
    category: str | None = None
    ui_label: str | None = None
    """As a Salesforce page prints the label, where one was read."""
    on_scope_page: bool = False
    """Whether the vendor's scope page lists this family and action."""
    token_order: int | None = None
    """Position in the answer to a token request without `scope`."""
    maps_to: str | None = None
    """The wire id that an alias or a rejected spelling stands for."""
    maps_to_confidence: Confidence | None = None
    note: str = ""

    @property
    def on_the_wire(self) -> bool:
        """Whether tokens carry this id, as far as is known."""
        return self.status in {"current", "unlisted", "overlay"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """What another source says that a call needs."""

    all_of: tuple[str, ...]
    confidence: Confidence
    source: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method and path, and the scopes that it needs."""

    host: Host
    method: str
    path: str
    """A template: variables in braces, `key:{key}`, or `{rest+}` for all that follows."""
    query: str = ""
    """`name=value`, or `name=` and `name={value}` for any value; must be present."""
    all_of: tuple[str, ...] | None = None
    """Every one is needed. Empty: none is. None: see `any_of`, or not known."""
    any_of: tuple[str, ...] = ()
    semantics: Semantics
    alternatives: tuple[Alternative, ...] = ()
    tolerated: tuple[str, ...] = ()
    """Plausibly needed too, though not listed."""
    suspect: bool = False
    """Printed, and probably wrong."""
    confidence: Confidence
    inference_strength: Strength | None = None
    attestation_grade: Grade | None = None
    permission_ids: tuple[int, ...] = ()
    every_permission: bool | None = None
    """Whether a user needs all of these; None: as the semantics of the scopes say."""
    basis: str
    source: tuple[str, ...]
    note: str = ""

    # Of no route is it known that it changes on a day, or is open to every package.
    effective_from: ClassVar[None] = None
    before: ClassVar[None] = None
    always_available: ClassVar[bool] = False
    documented_permission_paths: ClassVar[tuple[str, ...]] = ()

    def __hash__(self) -> int:
        """Hash what tells rows apart, since every call looks its row up."""
        return hash((self.host, self.method, self.path, self.query))

    @property
    def needs_every_permission(self) -> bool:
        """Whether a user needs all of the permissions; else any one will do."""
        if self.every_permission is not None:
            return self.every_permission
        return self.semantics in {"single", "all"}

    @property
    def label(self) -> str:
        """The route in one line, as reports name it."""
        return f"{self.method} {self.path}" + (f"?{self.query}" if self.query else "")

    @property
    def scopes(self) -> frozenset[str]:
        """Every scope that the row names, in whatever role."""
        others = (scope for alternative in self.alternatives for scope in alternative.all_of)
        return frozenset((*(self.all_of or ()), *self.any_of, *self.tolerated, *others))


@dataclass(frozen=True, slots=True, kw_only=True)
class SoapRow:
    """One SOAP object type and operation, and the scopes that it needs."""

    object_type: str
    operation: str
    all_of: tuple[str, ...] | None = None
    any_of: tuple[str, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    tolerated: tuple[str, ...] = ()
    """Plausibly needed too, though not listed."""
    always_available: bool = False
    """Open to every package, whatever its scopes."""
    effective_from: date | None = None
    """The day on which `all_of` came into force."""
    before: tuple[str, ...] | None = None
    """What was enough until then."""
    confidence: Confidence
    inference_strength: Strength | None = None
    attestation_grade: Grade | None = None
    basis: str
    documented_permission_paths: tuple[str, ...] = ()
    source: tuple[str, ...]
    note: str = ""

    # The pages of SOAP objects print no ids of permissions, and say whether all scopes are needed.
    host: ClassVar[Literal["soap"]] = "soap"
    suspect: ClassVar[bool] = False
    semantics: ClassVar[Semantics] = "all"
    permission_ids: ClassVar[tuple[int, ...]] = ()
    needs_every_permission: ClassVar[bool] = True

    @property
    def label(self) -> str:
        """The operation in one line, as reports name it."""
        return label_of_soap(self.object_type, self.operation)

    @property
    def scopes(self) -> frozenset[str]:
        """Every scope that the row names, in whatever role."""
        others = (scope for alternative in self.alternatives for scope in alternative.all_of)
        listed = (*(self.all_of or ()), *self.any_of, *(self.before or ()))
        return frozenset((*listed, *self.tolerated, *others))


def label_of_soap(object_type: str, operation: str) -> str:
    """Name a SOAP operation in one line; those without an object type by their own name."""
    return " ".join(filter(None, ("SOAP", object_type, operation)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """What a user may do, as v2/userinfo lists it."""

    id: int
    object_type: str
    operation: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopePermission:
    """Which permission of a user goes with which scope of a package."""

    scope: str
    permission_id: int | None = None
    """As the REST permission table prints it; None on SOAP pages."""
    matched_permission_id: int | None = None
    """Our match by name, where none is printed."""
    object_type: str
    operation: str
    permission_name: str
    permission_path: str
    naming: Naming
    confidence: Confidence
    source: tuple[str, ...]
    note: str = ""
