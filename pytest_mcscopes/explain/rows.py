"""Describe rows of the catalogue in full: what a call needs, who says so, how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..catalogue.call_requirements import power
from ..catalogue.find_requirements import need_of
from ..catalogue.model import Route
from .answers import CallRequirement, Change, Named, Source, Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from ..catalogue.call_requirements import CallRequirements
    from ..catalogue.catalogue import Catalogue
    from ..catalogue.model import SoapRow
    from ..config import Trust

_LOOKING = frozenset({"GET", "Retrieve", "Describe"})


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One catalogue, seen with one bar of trust, on one day."""

    catalogue: Catalogue
    trust: Trust
    on: date

    def need_of(self, row: Route | SoapRow) -> CallRequirements:
        """Say what a row needs."""
        return need_of(row, self.catalogue, self.trust, self.on)

    def ordered(self, scopes: Iterable[str]) -> tuple[str, ...]:
        """List scopes in the order of token answers."""
        return self.catalogue.in_token_order(scopes)

    def sources(self, keys: Iterable[str]) -> tuple[Source, ...]:
        """Add their addresses to the keys of sources."""
        return tuple(Source(key=key, address=self.catalogue.sources[key]) for key in keys)


def routes_in(view: View) -> Iterator[Route]:
    """Yield every route, by host and path."""
    for service in sorted(view.catalogue.services):
        yield from view.catalogue.routes(service)


def rows_in(view: View) -> Iterator[Route | SoapRow]:
    """Yield every row: the routes, and then the SOAP operations."""
    yield from routes_in(view)
    yield from view.catalogue.soap_rows


def describe_row(row: Route | SoapRow, view: View) -> CallRequirement:
    """Describe all that is known of a row."""
    need = view.need_of(row)
    return CallRequirement(
        label=need.label,
        door=row.host,
        reads=_looks_only(row, need),
        enough=tuple(map(view.ordered, need.minimal_sets)),
        trusted=need.trusted,
        confidence=need.confidence,
        doubt=need.doubt,
        may_need=view.ordered(need.explains),
        families=view.catalogue.families(need.explains),
        sources=view.sources(row.source),
        note=row.note,
        tolerated=view.ordered(row.tolerated),
        elsewhere=tuple(
            Statement(
                all_of=view.ordered(other.all_of),
                confidence=other.confidence,
                sources=view.sources(other.source),
                why=other.why,
            )
            for other in row.alternatives
        ),
        permissions=tuple(_name_permission(number, view) for number in row.permission_ids),
        always_available=row.always_available,
        change=_change(row, view),
        permission_texts=row.documented_permission_paths,
    )


def _change(row: Route | SoapRow, view: View) -> Change | None:
    if row.effective_from is None:
        return None
    return Change(
        effective_from=row.effective_from,
        enough_before=view.ordered(row.before or ()),
        enough_since=view.ordered(row.all_of or ()),
    )


def _name_permission(number: int, view: View) -> Named:
    """Name a permission as v2/userinfo does, or as near to that as is known."""
    links = (link for link in view.catalogue.scope_permissions if link.permission_id == number)
    known = view.catalogue.permissions.get(number) or next(links)
    return Named(id=number, object_type=known.object_type, operation=known.operation)


def _looks_only(row: Route | SoapRow, need: CallRequirements) -> bool:
    action = row.method if isinstance(row, Route) else row.operation.partition(" ")[0]
    if action in _LOOKING:
        return True
    return need.trusted and bool(need.listed) and not any(map(power, need.listed))
