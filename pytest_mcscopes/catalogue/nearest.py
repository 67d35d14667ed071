"""What somebody may have meant who wrote an unknown scope or called an unknown route."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .route_trie import fold_word, query_fits, split_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .model import Route, Scope

LONGEST_WORD = 100
"""Nothing that the catalogue knows is as long: what is longer is a slip of nothing."""
_AT_MOST = 3
_CLOSE_ID = 0.75
"""Below this, difflib pairs ids that share little but their action."""
_CLOSE_SEGMENT = 0.6


def nearest_scope(word: str, scopes: Mapping[str, Scope]) -> str | None:
    """Find the wire id that an unknown word may stand for."""
    from difflib import get_close_matches  # noqa: PLC0415 - what is known needs none

    if word in scopes:
        return scopes[word].maps_to
    if len(word) > LONGEST_WORD:
        return None
    known = {_plain(scope.id): scope.maps_to or scope.id for scope in scopes.values()}
    close = get_close_matches(_plain(word), known, n=1, cutoff=_CLOSE_ID)
    return known[close[0]] if close else None


def _plain(word: str) -> str:
    """Forget case, separators and plurals, in which ids differ without any system."""
    words = word.casefold().replace("-", "_").replace(" ", "_").split("_")
    return "_".join(part.removesuffix("s") for part in words)


def nearest_routes(routes: Iterable[Route], method: str, path: str, query: str) -> tuple[str, ...]:
    """Name the rows that a request misses by its method, its query or a slip."""
    segments = split_path(path)
    ranked = [(_distance(route, method, segments, query), route.label) for route in routes]
    near = sorted((rank, label) for rank, label in ranked if rank is not None)
    return tuple(label for _, label in near[:_AT_MOST])


def _distance(
    route: Route, method: str, segments: tuple[str, ...], query: str
) -> tuple[int, float, bool] | None:
    wanted = route.path.split("/")[1:]
    if len(wanted) != len(segments):
        return None
    misfits = [pair for pair in zip(wanted, segments, strict=True) if not _admits(*pair)]
    other_method = route.method != method
    if not misfits:
        # A row that fits in all was passed over for one that spells the path out.
        missed = other_method or not query_fits(route.query, query)
        return (0, sum("{" in want for want in wanted), other_method) if missed else None
    alike = _likeness(*misfits[0]) if len(misfits) == 1 else 0
    return (1, -alike, other_method) if alike >= _CLOSE_SEGMENT else None


def _likeness(wanted: str, segment: str) -> float:
    """Measure how alike two segments are; one that is too long is like no other."""
    from difflib import SequenceMatcher  # noqa: PLC0415 - what is known needs none

    short = len(segment) <= LONGEST_WORD
    return SequenceMatcher(None, fold_word(wanted), fold_word(segment)).ratio() if short else 0


def _admits(wanted: str, segment: str) -> bool:
    prefix, brace, _ = wanted.partition("{")
    word, sent = fold_word(prefix), fold_word(segment)
    return sent.startswith(word) if brace else sent == word


def fold_words(text: str) -> tuple[str, ...]:
    """Forget what people forget in labels: case, separators, plurals, what is in parentheses."""
    plain = re.sub(r"\([^()]*\)", " ", text.casefold())
    return tuple(word.removesuffix("s") for word in re.findall(r"\w+", plain))
