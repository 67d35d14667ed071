"""The lines of an overlay that would settle what a doubtful or unknown call needs."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..catalogue.overlay import Overlay
    from ..ledger.facts import CallMade

_FEW = 6
"""A row that needs more scopes than this is not known: the number is told instead."""
_SOAP_CALL = re.compile(r"SOAP (\w+) (\w+)")


def missing_row(overlay: Overlay, call: CallMade, scopes: Iterable[str]) -> tuple[str, ...]:
    """Write the row that would settle it, if the call needs what it seems to need.

    Args:
        overlay: where the row is to go.
        call: the one that leaves it open.
        scopes: what it may need beside what it used.

    Returns:
        Lines of TOML; none where no row can name the call.
    """
    rows = _soap_rows(call) if call.host == "soap" else [_route(call.need.label)]
    table = overlay.heading("soap" if call.host == "soap" else "route")
    needed = _all_of(call.used.union(scopes))
    lines = [each for row in rows for each in (table, *row, needed)]
    return (overlay.remark, *lines) if lines else ()


def _route(label: str) -> Iterable[str]:
    method, _, address = label.partition(" ")
    path, _, query = address.partition("?")
    yield _fact("method", method)
    yield _fact("path", path)
    if query:
        yield _fact("query", query)


def _soap_rows(call: CallMade) -> Iterator[Iterable[str]]:
    """Name object type and operation, where a row of these could not do harm.

    It could where no object is named, where a known pair is near and was meant,
    and where a call may create or update: of the rows of both, one may be sure.
    """
    named = _SOAP_CALL.fullmatch(call.need.label)
    if named and not call.need.near_misses:
        yield _fact("object_type", named[1]), _fact("operation", named[2])


def _fact(name: str, value: str) -> str:
    return f"{name} = {json.dumps(value)}"


def _all_of(scopes: frozenset[str]) -> str:
    if len(scopes) > _FEW:
        return f"all_of = []  # which of these {len(scopes)} scopes, if any"
    return f"all_of = {json.dumps(sorted(scopes))}"
