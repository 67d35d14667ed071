"""The lines of an overlay that would settle what a doubtful call needs."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..catalogue.call_requirements import CallRequirements
    from ..catalogue.overlay import Overlay
    from ..ledger.facts import CallMade

_SOAP_CALL = re.compile(r"SOAP (\w+) (\w+)")
_AND_OR = "AND/OR unstated"


def missing_row(overlay: Overlay, call: CallMade) -> tuple[str, ...]:
    """Write the row that would settle what a call needs, by what its sources state.

    Never by what the code asked for: whoever pastes that, approves it unseen. There
    is none where no source states anything, or no row can name the call.
    """
    need = call.need
    row = tuple(_soap_row(need.label) if call.host == "soap" else _route(need.label))
    if not (row and need.minimal_sets):
        return ()
    table = overlay.heading("soap" if call.host == "soap" else "route")
    return (overlay.remark, table, *row, *_statements(need))


def _route(label: str) -> Iterator[str]:
    method, _, address = label.partition(" ")
    path, _, query = address.partition("?")
    yield _fact("method", method)
    yield _fact("path", path)
    if query:
        yield _fact("query", query)


def _soap_row(label: str) -> Iterator[str]:
    """Name object type and operation, where a row of these could not do harm.

    It could where no object is named, and where a call may create or update: of
    the rows of both, one may be sure.
    """
    if named := _SOAP_CALL.fullmatch(label):
        yield _fact("object_type", named[1])
        yield _fact("operation", named[2])


def _statements(need: CallRequirements) -> Iterator[str]:
    """Write what the row says, and as remarks what other sources say."""
    first, *more = need.minimal_sets
    if more:
        yield _scopes("any_of", frozenset(first).union(*more))
    else:
        open_ = "  # or any_of: no source says whether both are needed"
        yield _scopes("all_of", first) + open_ * (need.doubt == _AND_OR)
    yield from (f"# another source: {' '.join(sorted(other))}" for other in need.alternatives)


def _fact(name: str, value: str) -> str:
    return f"{name} = {json.dumps(value)}"


def _scopes(name: str, scopes: Iterable[str]) -> str:
    return f"{name} = {json.dumps(sorted(scopes))}"
