"""From a path as sent to the row that describes it: a trie of path segments.

Words match in any case, as they do on the real host: a live-tenant log has
`/data/v1/customObjects`, and a widely used client sends every path in small
letters. What stands in braces is an id or a key, and keeps its case.

A literal goes before `key:{key}`, that before a bare `{id}`, and that before
`{rest+}`; a branch that leads nowhere is given up for the next. So `{id}` also
takes `key:abc` where the catalogue has no row of its own for it (the vendor
describes both as one resource), never the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .model import Route

_SMALL_LETTERS = str.maketrans(ascii_uppercase, ascii_lowercase)


def fold_word(word: str) -> str:
    """Forget the case of a word of a path.

    That of ASCII letters only, so that no other letter passes for one of them.
    """
    return word.translate(_SMALL_LETTERS)


def split_path(path: str) -> tuple[str, ...]:
    """Cut a path as sent into decoded segments, as a web server reads them.

    Empty ones and `.` are dropped, and `..` takes the one before it along. Cut
    first and decoded then, so that an encoded slash stays in its segment.
    """
    segments: list[str] = []
    for sent in path.split("/"):
        segment = unquote(sent)
        if segment == "..":
            del segments[-1:]
        elif segment and segment != ".":
            segments.append(segment)
    return tuple(segments)


def join_segments(segments: Iterable[str]) -> str:
    """Write decoded segments as one path, in which encoded slashes stay encoded."""
    return "/" + "/".join(segment.replace("/", "%2F") for segment in segments)


def words_in(template: str, path: str) -> tuple[tuple[str, str], ...]:
    """Tell the words of a path from the ids and keys in it, segment by segment.

    The words are spelt as in the row that describes the path, by its *template*, the rest as the
    client has sent it. Where there is no row, all is taken for the client's.
    """
    segments, wanted = split_path(path), split_path(template)
    wanted += ("{}",) * (len(segments) - len(wanted))
    words = (each.partition("{")[0] for each in wanted)
    pairs = zip(words, segments, strict=False)
    return tuple((word, segment[len(word) :]) for word, segment in pairs)


def query_fits(wanted: str, query: str) -> bool:
    """Tell whether a query has what a row asks for; the order and the rest do not matter."""
    if not wanted:
        return True
    sent = parse_qsl(query, keep_blank_values=True)
    return all(
        any(name == key and (value[:1] in {"", "{"} or value == given) for key, given in sent)
        for name, value in parse_qsl(wanted, keep_blank_values=True)
    )


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
        word = fold_word(prefix)
        if not brace:
            return self.literal.setdefault(word, _Node(self.spelt_out))
        kind = self.greedy if name.endswith("+}") else self.prefixed if word else self.bare
        return kind.setdefault(word, _Node(spelt_out=False))

    def add(self, route: Route) -> None:
        """Note a row that ends here."""
        rows = (*self.rows.get(route.method, ()), route)
        self.rows[route.method] = tuple(sorted(rows, key=lambda row: not row.query))

    def following(self, segment: str) -> Iterator[_Node]:
        """Yield the nodes that a segment as sent may lead to, best first."""
        word = fold_word(segment)
        prefix, colon, _ = word.partition(":")
        for branch, key in (
            (self.literal, word),
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

    def __init__(self, routes: Iterable[Route], added: Iterable[Route] = ()) -> None:
        """Plant the catalogue's rows, and a user's, which change the answer to no other call."""
        self._root = _Node(spelt_out=True)
        for route in routes:
            node = self._plant(route)
            node.closed = node.spelt_out
        for route in added:
            self._plant(route)

    def _plant(self, route: Route) -> _Node:
        node = self._root
        for segment in split_path(route.path):
            node = node.child(segment)
        node.add(route)
        return node

    def find(self, method: str, path: str, query: str = "") -> Route | None:
        """Find the row of a request."""
        for node in self._root.ends(split_path(path)):
            for route in node.rows.get(method, ()):
                if query_fits(route.query, query):
                    return route
            if node.closed:
                # GET .../assets/query is a wrong method, not the asset whose id is "query".
                return None
        return None
