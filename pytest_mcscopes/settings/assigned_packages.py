"""What the manifest says of Installed Packages, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from ..arguments.keywords import Checked
    from ..config import PackageType


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeException:
    """A scope that may stay assigned for a while although no test exercises it."""

    scope: str
    reason: str
    owner: str
    expires: date
    """The last day, in UTC, on which it counts."""
    where: str
    """As `mcscopes.toml:9`."""

    def has_expired(self, day: date) -> bool:
        """Tell whether it counts no longer on a day, in UTC."""
        return day > self.expires


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedPackage:
    """An Installed Package of production."""

    name: str
    type: PackageType
    scopes: frozenset[str]
    """What it is assigned."""
    exceptions: tuple[ScopeException, ...]
    """In the order of the file, one for a scope."""
    projects: tuple[str, ...]
    """Where several projects share the package: those whose tests, together, show what of it is
    exercised. Empty: this project alone."""
    file: str
    """As a person types it."""
    line: int
    scope_places: Mapping[str, str]
    """Where each scope is listed, as `mcscopes.toml:7`."""
    settings: Checked
    """The keywords of `mc_package` that it stands for."""

    @property
    def where(self) -> str:
        """Write the place, as `mcscopes.toml:3`."""
        return f"{self.file}:{self.line}"
