"""From a path as sent to the row that describes it: a trie of path segments.

A literal goes before `key:{key}`, that before a bare `{id}`, and that before
`{rest+}`; a branch that leads nowhere is given up for the next. So `{id}` also
takes `key:abc` where the catalogue has no row of its own for it (the vendor
describes both as one resource), never the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .model import Route


def split_path(path: str) -> tuple[str, ...]:
    """Cut a path as sent into decoded segments; empty ones are dropped.

    Cut first and decoded then, so that an encoded slash stays in its segment.
    """
    return tuple(unquote(segment) for segment in path.split("/") if segment)


def query_fits(wanted: str, query: str) -> bool:
    """Tell whether a query has what a row asks for; the order and the rest do not matter."""
    if not wanted:
        return True
    sent = parse_qsl(query, keep_blank_values=True)
    return all(
        any(name == key and (_any_value(value) or value == given) for key, given in sent)
        for name, value in parse_qsl(wanted, keep_blank_values=True)
    )


def _any_value(value: str) -> bool:
    return not value or value.startswith("{")


@dataclass(slots=True)
class _Node:
    """What may follow one beginning of a path, and the rows that end here."""

    spelt_out: bool
    """No variable leads here."""
    closed: bool = False
    """Spelt out by the catalogue: of another method than those of its rows, nothing is known."""
    literal: dict[str, _Node] = field(default_factory=dict)
    prefixed: dict[str, _Node] = field(default_factory=dict)
    bare: dict[str, _Node] = field(default_factory=dict)
    """At most one; under the empty prefix."""
    greedy: dict[str, _Node] = field(default_factory=dict)
    rows: dict[str, tuple[Route, ...]] = field(default_factory=dict)
    """By method; rows that ask for a query first."""

    def child(self, segment: str) -> _Node:
        """Find or make the node behind a segment of a template."""
        prefix, brace, name = segment.partition("{")
        if not brace:
            return self.literal.setdefault(segment, _Node(self.spelt_out))
        kind = self.greedy if name.endswith("+}") else self.prefixed if prefix else self.bare
        return kind.setdefault(prefix, _Node(spelt_out=False))

    def add(self, route: Route) -> None:
        """Note a row that ends here."""
        rows = (*self.rows.get(route.method, ()), route)
        self.rows[route.method] = tuple(sorted(rows, key=lambda row: not row.query))

    def following(self, segment: str) -> Iterator[_Node]:
        """Yield the nodes that a segment as sent may lead to, best first."""
        prefix, colon, _ = segment.partition(":")
        for branch, key in (
            (self.literal, segment),
            (self.prefixed, prefix + colon),
            (self.bare, ""),
        ):
            if key in branch:
                yield branch[key]

    def ends(self, segments: tuple[str, ...]) -> Iterator[_Node]:
        """Yield the nodes that a whole path may end at, best first."""
        if not segments:
            yield self
            return
        for node in self.following(segments[0]):
            yield from node.ends(segments[1:])
        yield from self.greedy.values()


class RouteTrie:
    """The rows of one service, found in steps of the path's length, not of their number."""

    def __init__(
        self, routes: Iterable[Route], *, ignores_case: bool = False, added: Iterable[Route] = ()
    ) -> None:
        """Plant the rows.

        Args:
            routes: the catalogue's.
            ignores_case: the service takes paths in any case.
            added: a user's, which change the answer to no call but their own.
        """
        rows, more = tuple(routes), tuple(added)
        self._exact = _grow(rows, more, str)
        self._folded = _grow(rows, more, str.casefold) if ignores_case else None

    def find(self, method: str, path: str, query: str = "") -> Route | None:
        """Find the row of a request; another case counts only where the service ignores it."""
        segments = split_path(path)
        found = _find(self._exact, method, segments, query)
        if found is None and self._folded is not None:
            folded = tuple(segment.casefold() for segment in segments)
            found = _find(self._folded, method, folded, query)
        return found


def _grow(routes: Iterable[Route], added: Iterable[Route], spell: Callable[[str], str]) -> _Node:
    root = _Node(spelt_out=True)
    for route in routes:
        node = _plant(root, route, spell)
        node.closed = node.spelt_out
    for route in added:
        _plant(root, route, spell)
    return root


def _plant(root: _Node, route: Route, spell: Callable[[str], str]) -> _Node:
    node = root
    for segment in split_path(route.path):
        node = node.child(spell(segment))
    node.add(route)
    return node


def _find(root: _Node, method: str, segments: tuple[str, ...], query: str) -> Route | None:
    for node in root.ends(segments):
        for route in node.rows.get(method, ()):
            if query_fits(route.query, query):
                return route
        if node.closed:
            # GET .../assets/query is a wrong method, not the asset whose id is "query".
            return None
    return None
