"""Packaged data files -> rows. The only place that opens them."""

from __future__ import annotations

import tomllib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

_FOR_READERS = frozenset(
    {"printed_in_docs", "printed_in_sample", "seen_in_token", "documented_by"}
    | {"doc_path", "doc_scopes", "doc_scope", "resources", "soap"}
)
"""Keys that tell who reads a file where a row comes from."""


@contextmanager
def reading(root: Traversable, name: str) -> Iterator[dict[str, Any]]:
    """Give the content of a data file, and blame the file for what its reader trips over.

    Raises:
        CatalogueError: the file is missing, is no TOML, or lacks a key.
    """
    file = root.joinpath(*name.split("/"))
    try:
        yield tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = (
            f"the catalogue's data file {file} cannot be read ({type(error).__name__}: {error}). "
            "It comes with the package: pip install --force-reinstall pytest-mcscopes"
        )
        raise CatalogueError(msg) from error


def fields(row: dict[str, Any]) -> dict[str, Any]:
    """Turn the arrays of a row into tuples, so that the value is frozen all through."""
    return {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in row.items()
        if key not in _FOR_READERS
    }
