"""What the catalogue holds, without reading it: cheap enough for the command line.

Named tuples, because a frozen dataclass takes longer to define than this file to read.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .toml_files import fields, reading

if TYPE_CHECKING:
    from datetime import date
    from importlib.resources.abc import Traversable


class Counts(NamedTuple):
    """How many rows there are of each kind."""

    scopes: int
    """Ids that travel on the wire."""
    permissions: int
    routes: int
    soap: int


class ServiceFile(NamedTuple):
    """One service and the file that its routes are in."""

    name: str
    host: str
    first_segments: tuple[str, ...]
    """The first segments of its paths; no two services of a host share one."""
    file: str
    routes: int


class Index(NamedTuple):
    """The date, the counts and the files."""

    checked: date
    """The day on which the facts were last compared with their sources."""
    counts: Counts
    services: tuple[ServiceFile, ...]


def packaged_data() -> Traversable:
    """Find the data folder that comes with the package."""
    return Path(__file__).parent / "data"


def read_index(root: Traversable) -> Index:
    """Read the index of a data folder."""
    with reading(root, "index.toml") as table:
        return Index(
            checked=table["checked"],
            counts=Counts(**table["counts"]),
            services=tuple(ServiceFile(**fields(row)) for row in table["service"]),
        )
