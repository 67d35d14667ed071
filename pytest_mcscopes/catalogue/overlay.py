"""A user's own rows for routes, SOAP operations and scopes: further ones, and replacements."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qsl

from .model import OVERLAY, Route, Scope, SoapRow
from .route_trie import fold_word, split_path

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """What one file says."""

    file: str = ""
    """As a person types it."""
    prefix: str = ""
    """What its tables' names begin with, as in `tool.mcscopes.route`."""
    routes: tuple[Route, ...] = ()
    soap_rows: tuple[SoapRow, ...] = ()
    scopes: tuple[Scope, ...] = ()
    """All that is known of each: they replace what the catalogue knows."""

    @property
    def summary(self) -> str:
        """What it adds to the catalogue, in words; empty: nothing."""
        counts = {
            "route": len(self.routes),
            "SOAP row": len(self.soap_rows),
            "scope": len(self.scopes),
        }
        rows = [f"{count} {kind}{'s' * (count > 1)}" for kind, count in counts.items() if count]
        return ", ".join(rows)

    @property
    def remark(self) -> str:
        """The line that says where new rows go."""
        return f"# {self.file or 'mcscopes.toml'}"

    def heading(self, table: Literal["route", "soap"]) -> str:
        """Write the line that goes before those of a new row."""
        return f"[[{self.prefix}{table}]]"

    @property
    def sources(self) -> dict[str, str]:
        """Source key -> address, where there is a file."""
        return {OVERLAY: self.file} if self.file else {}


NO_OVERLAY = Overlay()


def first_segment(route: Route) -> str:
    """Give the segment that tells a route's service."""
    return fold_word(split_path(route.path)[0])


def lay_over_routes(
    rows: Iterable[Route], mine: Iterable[Route]
) -> tuple[tuple[Route, ...], tuple[Route, ...]]:
    """Return the catalogue's rows, some replaced by the user's, and the user's further rows.

    A replaced row keeps its label and its permissions, of which an overlay says nothing.
    """
    said = {call_of(route): route for route in mine}
    kept = tuple(_reworded(row, said.pop(call_of(row), None)) for row in rows)
    return kept, tuple(said.values())


def lay_over_soap(rows: Iterable[SoapRow], mine: Iterable[SoapRow]) -> tuple[SoapRow, ...]:
    """Return the catalogue's SOAP rows, some replaced by the user's, and then further ones."""
    said = {operation_of(row): row for row in mine}
    kept = tuple(_reworded_soap(row, said.pop(operation_of(row), None)) for row in rows)
    return (*kept, *said.values())


def call_of(route: Route) -> Hashable:
    """Tell what a row is about; how it names its variables, and case, do not matter."""
    query = parse_qsl(route.query, keep_blank_values=True)
    return (
        route.method,
        tuple(_shape(segment) for segment in split_path(route.path)),
        frozenset((name, "" if value.startswith("{") else value) for name, value in query),
    )


def operation_of(row: SoapRow) -> Hashable:
    """Tell what a SOAP row is about; remarks in its name, and case, do not matter."""
    return row.object_type.casefold(), row.operation.partition(" ")[0].casefold()


def _shape(segment: str) -> str:
    prefix, brace, name = segment.partition("{")
    return fold_word(prefix) + brace + "+" * name.endswith("+}")


def _reworded(row: Route, mine: Route | None) -> Route:
    if mine is None:
        return row
    return replace(
        mine,
        path=row.path,
        query=row.query,
        permission_ids=row.permission_ids,
        every_permission=row.needs_every_permission,  # the user's word is on scopes alone
    )


def _reworded_soap(row: SoapRow, mine: SoapRow | None) -> SoapRow:
    if mine is None:
        return row
    return replace(
        mine,
        object_type=row.object_type,
        operation=row.operation,
        documented_permission_paths=row.documented_permission_paths,
    )
