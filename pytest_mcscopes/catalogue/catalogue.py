"""The catalogue: what is known, of which each file of the packaged data is read on first use."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .index import packaged_data, read_index
from .model import Alternative, Permission, Route, Scope, ScopePermission, SoapRow
from .nearest import LONGEST_WORD, nearest_routes, nearest_scope
from .overlay import NO_OVERLAY, Overlay, first_segment, lay_over_routes, lay_over_soap
from .route_trie import RouteTrie, fold_word, split_path
from .soap_rows import SoapPairs
from .toml_files import fields, reading

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping
    from importlib.resources.abc import Traversable

    from ..config import Trust
    from .call_requirements import CallRequirements


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    routes: tuple[Route, ...]
    trie: RouteTrie
    scopes: frozenset[str]
    """Every wire scope of the families that the routes name."""
    families: Mapping[str, tuple[str, ...]]
    """Word of a path -> the families of its calls, where the service has parts of several."""


class Catalogue:
    """Scopes, permissions, routes and SOAP objects; immutable, as far as callers see.

    Each file is read on first use. Two threads that come at once may both read
    it; they get equal values, and one of them is kept.
    """

    def __init__(self, data: Traversable, overlay: Overlay = NO_OVERLAY) -> None:
        self.overlay = overlay
        self._data = data
        index = read_index(data)
        self.checked = index.checked
        """The day on which the facts were last compared with their sources."""
        self.counts = index.counts
        """How many rows the files have, without reading them."""
        self._files = {service.name: service for service in index.services}
        self._names = {
            (service.host, first): service.name
            for service in index.services
            for first in service.first_segments
        }
        for first in map(first_segment, overlay.routes):
            # No service of the files has a slash in its name.
            self._names.setdefault(("rest", first), f"/{first}")
        self._services: dict[str, _Service] = {}
        self.needs: dict[tuple[Route, Trust], CallRequirements] = {}
        """What `find_need` has worked out already."""
        self._token_texts: dict[frozenset[str], str] = {}

    @property
    def services(self) -> tuple[str, ...]:
        """The names of the services that have routes."""
        return tuple(dict.fromkeys(self._names.values()))

    @cached_property
    def scopes(self) -> Mapping[str, Scope]:
        """Every known spelling of a scope, aliases and mistakes included, by id."""
        with reading(self._data, "scopes.toml") as table:
            rows = [Scope(**fields(row)) for row in table["scope"]]
        return MappingProxyType({row.id: row for row in (*rows, *self.overlay.scopes)})

    @cached_property
    def wire_ids(self) -> frozenset[str]:
        """The scope ids that travel on the wire."""
        return frozenset(scope.id for scope in self.scopes.values() if scope.on_the_wire)

    @cached_property
    def default_scopes(self) -> frozenset[str]:
        """What a package is assigned by default: all but `openid`."""
        return self.wire_ids - {"openid"}

    @cached_property
    def sources(self) -> Mapping[str, str]:
        """Source key -> address."""
        with reading(self._data, "sources.toml") as table:
            return MappingProxyType(table["address"] | self.overlay.sources)

    @cached_property
    def permissions(self) -> Mapping[int, Permission]:
        """What users may be allowed to do, by permission id."""
        with reading(self._data, "permissions.toml") as table:
            rows = [Permission(**row) for row in table["permission"]]
        return MappingProxyType({row.id: row for row in rows})

    @cached_property
    def scope_permissions(self) -> tuple[ScopePermission, ...]:
        """Which permission of a user goes with which scope."""
        with reading(self._data, "scope_permissions.toml") as table:
            return tuple(ScopePermission(**fields(row)) for row in table["scope_permission"])

    @cached_property
    def soap_rows(self) -> tuple[SoapRow, ...]:
        """Every SOAP object type and operation."""
        with reading(self._data, "soap.toml") as table:
            rows = tuple(SoapRow(**_said(row)) for row in table["soap"])
        return lay_over_soap(rows, self.overlay.soap_rows)

    @cached_property
    def soap_pairs(self) -> SoapPairs:
        """The same by object type and operation, as calls have them."""
        return SoapPairs(self.soap_rows)

    def routes(self, service: str) -> tuple[Route, ...]:
        """List the routes of one service."""
        return self._service(service).routes

    def in_token_order(self, scopes: Iterable[str]) -> tuple[str, ...]:
        """Sort scopes as a token answer lists them; those without a place come last."""
        return tuple(sorted(scopes, key=self._place))

    def token_text(self, scopes: frozenset[str]) -> str:
        """Write scopes as a token answer lists them; each set, which many tests share, once."""
        text = self._token_texts.get(scopes)
        if text is None:
            text = self._token_texts[scopes] = " ".join(self.in_token_order(scopes))
        return text

    def families(self, scopes: Iterable[str]) -> tuple[str, ...]:
        """Name the families of scopes, each once, in token order."""
        known = (
            self.scopes[scope] for scope in self.in_token_order(scopes) if scope in self.scopes
        )
        return tuple(dict.fromkeys(scope.family for scope in known))

    def did_you_mean(self, word: str) -> str | None:
        """Offer the wire id that an unrecognised scope may stand for."""
        return nearest_scope(word, self.scopes)

    def match(self, method: str, path: str, query: str = "", host: str = "rest") -> Route | None:
        """Find the row of a request, whose path and query are as sent."""
        name = self._names.get((host, _first_segment(path)))
        return self._service(name).trie.find(method, path, query) if name else None

    def template_of(self, method: str, path: str, query: str) -> str:
        """Give the path of the row that describes a REST call, "" where none does."""
        route = self.match(method, path, query)
        return route.path if route else ""

    def near_misses(
        self, method: str, path: str, query: str = "", host: str = "rest"
    ) -> tuple[str, ...]:
        """Name at most three rows that a request without a row comes close to."""
        from difflib import get_close_matches  # noqa: PLC0415 - what is known needs none

        divided = "/".join(split_path(path))
        if row := self.match(method, divided, query, host):
            return (row.label,)  # but for an encoded slash, which divides nothing
        first = _first_segment(path)
        firsts = [known for kind, known in self._names if kind == host]
        nearest = get_close_matches(first, firsts, n=1) if len(first) <= LONGEST_WORD else ()
        if not nearest:
            return ()
        return nearest_routes(self.routes(self._names[host, nearest[0]]), method, path, query)

    def scopes_under(self, path: str, host: str = "rest") -> frozenset[str]:
        """List what a request may need of which no more is known than the words of its path."""
        name = self._names.get((host, _first_segment(path)))
        if name is None:
            return self.wire_ids
        service = self._service(name)
        if not service.families:
            return service.scopes or self.wire_ids
        words = map(fold_word, split_path(path))
        families = {family for word in words for family in service.families.get(word, ())}
        return self.of_families(families) or self.wire_ids

    def of_families(self, families: Container[str]) -> frozenset[str]:
        """List the scopes of some families."""
        return frozenset(scope for scope in self.wire_ids if self.scopes[scope].family in families)

    def _place(self, scope: str) -> tuple[float, str]:
        known = self.scopes.get(scope)
        place = known.token_order if known else None
        return (math.inf if place is None else place, scope)

    def _service(self, name: str) -> _Service:
        if name not in self._services:
            self._services[name] = self._build_service(name)
        return self._services[name]

    def _build_service(self, name: str) -> _Service:
        mine = [
            route
            for route in self.overlay.routes
            if self._names["rest", first_segment(route)] == name
        ]
        rows, families = self._read_routes(name)
        kept, added = lay_over_routes(rows, mine)
        named = {scope for row in (*kept, *added) for scope in row.scopes}
        return _Service(
            routes=(*kept, *added),
            trie=RouteTrie(kept, added),
            scopes=self.of_families({self.scopes[scope].family for scope in named}),
            families=families,
        )

    def _read_routes(self, name: str) -> tuple[tuple[Route, ...], Mapping[str, tuple[str, ...]]]:
        """Read the rows of a service and its words; of a user's own, there are none."""
        if name not in self._files:
            return (), {}
        with reading(self._data, self._files[name].file) as table:
            rows = tuple(Route(host=table["host"], **_said(row)) for row in table["route"])
            return rows, {word: tuple(names) for word, names in table.get("families", {}).items()}


def _said(row: dict[str, Any]) -> dict[str, Any]:
    said = fields(row)
    others = tuple(Alternative(**fields(other)) for other in said.pop("alternative", ()))
    return said | {"alternatives": others}


def _first_segment(path: str) -> str:
    return fold_word(next(iter(split_path(path)), ""))


@cache
def load_catalogue() -> Catalogue:
    """Open the catalogue that comes with the package."""
    return Catalogue(packaged_data())
