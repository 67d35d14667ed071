"""What somebody may have meant who wrote an unknown scope or called an unknown route."""

from __future__ import annotations

from difflib import SequenceMatcher, get_close_matches
from typing import TYPE_CHECKING

from .match import query_fits, split_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .model import Route, Scope

_AT_MOST = 3
_CLOSE_ID = 0.75
"""Below this, difflib pairs ids that share little but their action."""
_CLOSE_SEGMENT = 0.6


def nearest_scope(word: str, scopes: Mapping[str, Scope]) -> str | None:
    """Find the wire id that an unknown word may stand for."""
    if word in scopes:
        return scopes[word].maps_to
    known = {_plain(scope.id): scope.maps_to or scope.id for scope in scopes.values()}
    close = get_close_matches(_plain(word), known, n=1, cutoff=_CLOSE_ID)
    return known[close[0]] if close else None


def _plain(word: str) -> str:
    """Forget case, separators and plurals, in which ids differ without any system."""
    words = word.casefold().replace("-", "_").replace(" ", "_").split("_")
    return "_".join(part.removesuffix("s") for part in words)


def nearest_routes(routes: Iterable[Route], method: str, path: str, query: str) -> tuple[str, ...]:
    """Name the rows that a request misses by its method, query, case or a slip."""
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
    if all(want.casefold() == sent.casefold() for want, sent in misfits):
        return (1, 0, other_method)
    alike = SequenceMatcher(None, *misfits[0]).ratio()
    if len(misfits) == 1 and alike >= _CLOSE_SEGMENT:
        return (2, -alike, other_method)
    return None


def _admits(wanted: str, segment: str) -> bool:
    prefix, brace, _ = wanted.partition("{")
    return segment.startswith(prefix) if brace else segment == wanted
