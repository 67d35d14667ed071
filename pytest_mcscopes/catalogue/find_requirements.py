"""The one place that decides what a call needs, and how far that can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .call_requirements import UNSTATED, YOURS, CallRequirements, least_power_key
from .model import OVERLAY, Route, SoapRow, label_of_soap

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from ..config import Trust
    from .call_requirements import Scopes
    from .catalogue import Catalogue

_NOT_KNOWN = "not in the catalogue"
_ROWS_DIFFER = "what it does needs different scopes"
_DECIDED = frozenset({"single", "all", "any", "none-required"})


def find_need(  # noqa: PLR0917  (the parts of a request, in their order)
    catalogue: Catalogue, method: str, path: str, query: str, host: str, trust: Trust
) -> CallRequirements:
    """Say what a request needs, whose path and query are as sent."""
    route = catalogue.match(method, path, query, host)
    if route is None:
        return need_of_unmapped(method, path, query, catalogue, host)
    need = catalogue.needs.get((route, trust))
    if need is None:
        need = catalogue.needs[route, trust] = need_of(route, catalogue, trust)
    return need


def find_soap_need(
    catalogue: Catalogue, object_type: str, operation: str, trust: Trust, at: date
) -> CallRequirements:
    """Say what an operation on an object type, empty where it has none, needs on a date."""
    row = catalogue.soap_pairs.find(object_type, operation)
    if row is not None:
        return need_of(row, catalogue, trust, at)
    near = catalogue.soap_pairs.near_misses(object_type, operation)
    around = _scopes_around(object_type, catalogue)
    return _unmapped(label_of_soap(object_type, operation), around, (each.label for each in near))


def need_of(
    row: Route | SoapRow, catalogue: Catalogue, trust: Trust, at: date | None = None
) -> CallRequirements:
    """Say what a row needs, by the rule that is in force on a date, and whether it is trusted."""
    earlier = bool(at and row.effective_from and at < row.effective_from)
    before = () if row.before is None else (frozenset(row.before),)
    minimal = before if earlier else _minimal_sets(row)
    others = _least_first(frozenset(other.all_of) for other in row.alternatives)
    doubt = _doubt(row, minimal, others, trust, earlier=earlier)
    # What a trusted row's alternatives name may be needed too.
    tolerated = frozenset(row.tolerated).union(*(() if doubt else others))
    return CallRequirements(
        label=row.label,
        minimal_sets=minimal,
        alternatives=others,
        tolerated=tolerated,
        explains=_explains(row, minimal, catalogue) if doubt else frozenset(),
        confidence="inferred" if earlier else _confidence(row),
        doubt=doubt,
        permission_ids=row.permission_ids,
        every_permission=row.needs_every_permission,
    )


def need_of_unmapped(
    method: str, path: str, query: str, catalogue: Catalogue, host: str = "rest"
) -> CallRequirements:
    """Say how little is known of a call that the catalogue has no row for."""
    near = catalogue.near_misses(method, path, query, host)
    return _unmapped(f"{method} {path}", catalogue.scopes_under(path, host), near)


def need_of_nothing(label: str) -> CallRequirements:
    """Say that a request needs no scope: it asks for nothing that a scope would guard."""
    return CallRequirements(label=label, minimal_sets=(frozenset(),))


def need_of_both(first: CallRequirements, second: CallRequirements, label: str) -> CallRequirements:
    """Say what a call needs that does two things at once: what both need.

    Where the two differ in what they need, or either is doubtful, so is the whole.
    """
    same = first.minimal_sets == second.minimal_sets
    unions = {one | other for one in first.minimal_sets for other in second.minimal_sets}
    narrow = (each for each in unions if not any(other < each for other in unions))
    minimal = first.minimal_sets if same else _least_first(narrow)
    doubt = _both(first.doubt, second.doubt) or ("" if same else _ROWS_DIFFER)
    explained = (first.explains, second.explains, *minimal) if doubt else ()
    return CallRequirements(
        label=label,
        minimal_sets=minimal,
        tolerated=first.tolerated | second.tolerated,
        explains=frozenset().union(*explained),
        mapped=first.mapped and second.mapped,
        confidence=_both(first.confidence, second.confidence),
        doubt=doubt,
        permission_ids=tuple(dict.fromkeys((*first.permission_ids, *second.permission_ids))),
        near_misses=(*first.near_misses, *second.near_misses),
    )


def _unmapped(label: str, explains: Scopes, near: Iterable[str]) -> CallRequirements:
    return CallRequirements(
        label=label,
        minimal_sets=(),
        explains=explains,
        mapped=False,
        confidence=_NOT_KNOWN,
        doubt=_NOT_KNOWN,
        near_misses=tuple(near),
    )


def _minimal_sets(row: Route | SoapRow) -> tuple[Scopes, ...]:
    if row.all_of is not None:
        return (frozenset(row.all_of),)
    return _least_first(frozenset({scope}) for scope in row.any_of)


def _both(one: str, other: str) -> str:
    """Say two things as one, or once where they are the same."""
    return "; ".join(dict.fromkeys(filter(None, (one, other))))


def _least_first(sets: Iterable[Scopes]) -> tuple[Scopes, ...]:
    return tuple(sorted(sets, key=least_power_key))


def _doubt(
    row: Route | SoapRow,
    minimal: tuple[Scopes, ...],
    others: tuple[Scopes, ...],
    trust: Trust,
    *,
    earlier: bool,
) -> str:
    """Give the first reason to doubt a row, the weightiest first; "" if there is none."""
    grade = row.attestation_grade
    attested = row.confidence == "community-attested"
    believed = {"A"} if trust == "documented" else {"A", "B"}
    reasons = {
        "scope unknown": not minimal,
        "suspect": row.suspect,
        # No source states what was enough before a rule changed: it follows from the change.
        "inferred": earlier or row.confidence == "inferred",
        f"attested {grade}": attested and grade not in believed,
        UNSTATED: row.semantics not in _DECIDED,
        "an alternative contradicts it": not all(
            any(other >= needed for needed in minimal) for other in others
        ),
    }
    return next((why for why, holds in reasons.items() if holds), "")


def _explains(row: Route | SoapRow, minimal: tuple[Scopes, ...], catalogue: Catalogue) -> Scopes:
    if minimal:
        return row.scopes
    if isinstance(row, Route):
        return catalogue.scopes_under(row.path, row.host)
    return _scopes_around(row.object_type, catalogue)


def _scopes_around(object_type: str, catalogue: Catalogue) -> Scopes:
    """List every scope of the families that the object type's rows name; all, if they name none."""
    kin = [each for each in catalogue.soap_rows if each.object_type == object_type]
    families = catalogue.families({scope for each in kin for scope in each.all_of or each.any_of})
    return catalogue.of_families(families) or catalogue.wire_ids


def _confidence(row: Route | SoapRow) -> str:
    match row.confidence:
        case "overlay":
            return YOURS
        case "community-attested":
            said = f"attested {row.attestation_grade}"
        case "inferred" if row.inference_strength:
            said = f"inferred, {row.inference_strength}"
        case other:
            said = other
    return f"{YOURS}: {said}" if row.basis == OVERLAY else said
