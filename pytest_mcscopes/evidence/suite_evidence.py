"""What the records of a whole suite show together: which scopes are needed, and how well shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Rung = Literal[
    "declared only",
    "requested",
    "used on a doubtful row",
    "used on an attested row",
    "used on a documented row",
    "proven",
]
"""How well a scope is shown to be needed, weakest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvidence:
    """An allowed call of judged tests for which a scope was needed, or may have been."""

    label: str
    """The catalogue entry, as `POST /messaging/v1/email/messages/{messageKey}`."""
    confidence: str
    doubt: str
    """Why the entry is doubtful; empty where it is trusted."""
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeEvidence:
    """What a suite shows of one scope of one package."""

    scope: str
    rung: Rung
    declared_by: tuple[str, ...]
    """Tests whose mark names it."""
    requested_by: tuple[str, ...]
    """Judged tests that asked for it by name."""
    calls: tuple[CallEvidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageEvidence:
    """What a suite shows of one Installed Package."""

    name: str
    assigned: frozenset[str]
    """In any test."""
    omitted_by: tuple[str, ...]
    """Judged tests in which a token request left `scope` out."""
    scopes: Mapping[str, ScopeEvidence]
    """Those that any test declared, requested by name or used."""
