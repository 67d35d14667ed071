"""The one place that decides what a call needs, and how far that can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .model import OVERLAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet
    from datetime import date

    from ..config import Trust
    from .catalogue import Catalogue
    from .model import Route, SoapRow

    Scopes = frozenset[str]

YOURS = "your own entry"
"""The confidence in a row of the user's own."""
UNSTATED = "AND/OR unstated"
"""The doubt in a row of several scopes of which no source says whether all are needed."""
_NOT_KNOWN = "not in the catalogue"
_ROWS_DIFFER = "what it does needs different scopes"
_DECIDED = frozenset({"single", "all", "any", "none-required"})
_ACTIONS_BY_POWER = (
    frozenset({"read", "view", "offline", "openid"}),
    frozenset({"write", "create", "update", "configure", "package"}),
    frozenset({"delete", "rotate", "revoke"}),
)
"""Look, change, destroy. Anything else acts on the outside world: send, execute, publish."""


def power(scope: str) -> int:
    """Rank what a scope lets its holder do, from 0 for looking to 3 for acting."""
    action = scope.rpartition("_")[2]
    return next((rank for rank, some in enumerate(_ACTIONS_BY_POWER) if action in some), 3)


def least_power_key(scopes: Iterable[str]) -> tuple[int, tuple[int, ...], tuple[str, ...]]:
    """Sort sets of scopes: the smaller first, then the less powerful, then by name."""
    names = tuple(sorted(scopes))
    return (len(names), tuple(sorted(map(power, names), reverse=True)), names)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequirements:
    """What the catalogue says that a call needs."""

    label: str
    """The row's label; of a call without a row, its method and path."""
    minimal_sets: tuple[frozenset[str], ...]
    """Each is enough, the least first; one empty set: nothing is needed; none: not known."""
    alternatives: tuple[frozenset[str], ...]
    """What other sources say that is enough, the least first."""
    listed: frozenset[str]
    """Every scope of the minimal sets."""
    tolerated: frozenset[str]
    """Plausibly needed too: no finding may rest on their absence from the row."""
    explains: frozenset[str]
    """What a doubtful call may have needed; empty where the row is trusted."""
    trusted: bool
    mapped: bool
    """Whether the catalogue has a row for the call."""
    confidence: str
    doubt: str
    """Why the row is doubtful; empty where it is trusted."""
    permission_ids: tuple[int, ...]
    """What a user needs; empty where that is not known."""
    every_permission: bool = True
    """Whether a user needs all of them; else any one will do."""
    near_misses: tuple[str, ...]
    """Rows that a call without a row comes close to."""

    def lacked_by(self, permissions: AbstractSet[int]) -> tuple[int, ...]:
        """Give the ids of the permissions that a user lacks for the call; () if nothing bars it."""
        lacked = tuple(each for each in self.permission_ids if each not in permissions)
        enough = not self.every_permission and len(lacked) < len(self.permission_ids)
        return () if enough else lacked

    def satisfied_by(self, granted: AbstractSet[str]) -> bool:
        """Tell whether a minimal set is within the granted scopes."""
        return any(needed <= granted for needed in self.minimal_sets)

    def allows(self, granted: AbstractSet[str]) -> bool:
        """Tell whether a call passes: a doubtful row gives the benefit of its doubt."""
        if self.trusted or self.satisfied_by(granted):
            return self.satisfied_by(granted)
        if not self.minimal_sets:
            return True
        return bool(self.listed & granted) or any(other <= granted for other in self.alternatives)

    def used_with(self, granted: AbstractSet[str]) -> frozenset[str]:
        """Give the least of the granted scopes that the call needed; never more than granted."""
        enough = self.minimal_sets if self.trusted else (*self.minimal_sets, *self.alternatives)
        some = frozenset() if self.trusted else self.listed & granted
        return next((needed for needed in enough if needed <= granted), some)


def need_of(route: Route, catalogue: Catalogue, trust: Trust) -> CallRequirements:
    """Say what a row needs, and whether the row clears the bar of trust."""
    minimal = _minimal_sets(route)
    others = _others(route)
    doubt = _doubt(route, minimal, others, trust)
    return CallRequirements(
        label=route.label,
        minimal_sets=minimal,
        alternatives=others,
        listed=frozenset().union(*minimal),
        tolerated=_tolerated(route, others, doubt),
        explains=_explains(route, catalogue) if doubt else frozenset(),
        trusted=not doubt,
        mapped=True,
        confidence=_confidence(route),
        doubt=doubt,
        permission_ids=route.permission_ids,
        every_permission=route.needs_every_permission,
        near_misses=(),
    )


def need_of_soap(row: SoapRow, catalogue: Catalogue, trust: Trust, at: date) -> CallRequirements:
    """Say what a SOAP operation needs, by the rule that is in force on a date."""
    earlier = row.effective_from is not None and at < row.effective_from
    minimal = _minimal_sets_before(row) if earlier else _minimal_sets(row)
    others = _others(row)
    doubt = _doubt_of_soap(row, minimal, others, trust, earlier=earlier)
    return CallRequirements(
        label=soap_label(row),
        minimal_sets=minimal,
        alternatives=others,
        listed=frozenset().union(*minimal),
        tolerated=_tolerated(row, others, doubt),
        explains=_explains_soap(row, minimal, catalogue) if doubt else frozenset(),
        trusted=not doubt,
        mapped=True,
        confidence="inferred" if earlier else _confidence(row),
        doubt=doubt,
        permission_ids=(),
        near_misses=(),
    )


def find_soap_need(
    catalogue: Catalogue, object_type: str, operation: str, trust: Trust, at: date
) -> CallRequirements:
    """Say what an operation on an object type needs on a date.

    Args:
        catalogue: whose rows say it.
        object_type: as sent; empty where the operation has none.
        operation: as `Retrieve`.
        trust: which rows are believed.
        at: the date.
    """
    row = catalogue.soap_pairs.find(object_type, operation)
    if row is None:
        return need_of_unmapped_soap(object_type, operation, catalogue)
    return need_of_soap(row, catalogue, trust, at)


def need_of_unmapped_soap(
    object_type: str, operation: str, catalogue: Catalogue
) -> CallRequirements:
    """Say how little is known of a SOAP call that the catalogue has no row for."""
    near = catalogue.soap_pairs.near_misses(object_type, operation)
    return CallRequirements(
        label=label_of_soap(object_type, operation),
        minimal_sets=(),
        alternatives=(),
        listed=frozenset(),
        tolerated=frozenset(),
        explains=_scopes_around(object_type, catalogue),
        trusted=False,
        mapped=False,
        confidence=_NOT_KNOWN,
        doubt=_NOT_KNOWN,
        permission_ids=(),
        near_misses=tuple(map(soap_label, near)),
    )


def need_of_both(first: CallRequirements, second: CallRequirements, label: str) -> CallRequirements:
    """Say what a call needs that does two things at once: what both need.

    Where the two differ in what they need, or either is doubtful, so is the whole.
    """
    same = first.minimal_sets == second.minimal_sets
    trusted = same and first.trusted and second.trusted
    unions = {one | other for one in first.minimal_sets for other in second.minimal_sets}
    minimal = first.minimal_sets if same else _least_first(_without_wider(unions))
    named = frozenset().union(*minimal)
    return CallRequirements(
        label=label,
        minimal_sets=minimal,
        alternatives=(),
        listed=named,
        tolerated=first.tolerated | second.tolerated,
        explains=frozenset() if trusted else first.explains | second.explains | named,
        trusted=trusted,
        mapped=first.mapped and second.mapped,
        confidence=_both(first.confidence, second.confidence),
        doubt="" if trusted else (_both(first.doubt, second.doubt) or _ROWS_DIFFER),
        permission_ids=tuple(dict.fromkeys((*first.permission_ids, *second.permission_ids))),
        near_misses=(*first.near_misses, *second.near_misses),
    )


def need_of_nothing(label: str) -> CallRequirements:
    """Say that a request needs no scope: it asks for nothing that a scope would guard."""
    return CallRequirements(
        label=label,
        minimal_sets=(frozenset(),),
        alternatives=(),
        listed=frozenset(),
        tolerated=frozenset(),
        explains=frozenset(),
        trusted=True,
        mapped=True,
        confidence="documented",
        doubt="",
        permission_ids=(),
        near_misses=(),
    )


def soap_label(row: SoapRow) -> str:
    """Name a SOAP operation in one line, as reports do."""
    return label_of_soap(row.object_type, row.operation)


def label_of_soap(object_type: str, operation: str) -> str:
    """Name a SOAP operation in one line; those without an object type by their own name."""
    return " ".join(filter(None, ("SOAP", object_type, operation)))


def need_of_unmapped(
    method: str, path: str, query: str, catalogue: Catalogue, host: str = "rest"
) -> CallRequirements:
    """Say how little is known of a call that the catalogue has no row for."""
    return CallRequirements(
        label=f"{method} {path}",
        minimal_sets=(),
        alternatives=(),
        listed=frozenset(),
        tolerated=frozenset(),
        explains=catalogue.scopes_under(path, host),
        trusted=False,
        mapped=False,
        confidence=_NOT_KNOWN,
        doubt=_NOT_KNOWN,
        permission_ids=(),
        near_misses=catalogue.near_misses(method, path, query, host),
    )


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


def _minimal_sets(row: Route | SoapRow) -> tuple[Scopes, ...]:
    if row.all_of is not None:
        return (frozenset(row.all_of),)
    return _least_first(frozenset({scope}) for scope in row.any_of)


def _others(row: Route | SoapRow) -> tuple[Scopes, ...]:
    return _least_first(frozenset(other.all_of) for other in row.alternatives)


def _tolerated(row: Route | SoapRow, others: Iterable[Scopes], doubt: str) -> Scopes:
    """Collect what may be needed too: on a trusted row what its alternatives name, as well."""
    return frozenset(row.tolerated).union(*(() if doubt else others))


def _minimal_sets_before(row: SoapRow) -> tuple[Scopes, ...]:
    return () if row.before is None else (frozenset(row.before),)


def _without_wider(sets: AbstractSet[Scopes]) -> Iterator[Scopes]:
    return (each for each in sets if not any(other < each for other in sets))


def _both(one: str, other: str) -> str:
    """Say two things as one, or once where they are the same."""
    return "; ".join(dict.fromkeys(filter(None, (one, other))))


def _least_first(sets: Iterable[Scopes]) -> tuple[Scopes, ...]:
    return tuple(sorted(sets, key=least_power_key))


def _doubt(
    route: Route, minimal: tuple[Scopes, ...], others: tuple[Scopes, ...], trust: Trust
) -> str:
    """Give the first reason to doubt a row, the weightiest first; "" if there is none."""
    return _first(
        ("scope unknown", not minimal),
        ("suspect", route.suspect),
        ("inferred", route.confidence == "inferred"),
        _attested_too_little(route, trust),
        (UNSTATED, route.semantics not in _DECIDED),
        _contradicted(minimal, others),
    )


def _doubt_of_soap(
    row: SoapRow,
    minimal: tuple[Scopes, ...],
    others: tuple[Scopes, ...],
    trust: Trust,
    *,
    earlier: bool,
) -> str:
    return _first(
        ("scope unknown", not minimal),
        # What was enough before a rule changed is told by no source: it follows from the change.
        ("inferred", earlier or row.confidence == "inferred"),
        _attested_too_little(row, trust),
        _contradicted(minimal, others),
    )


def _contradicted(minimal: tuple[Scopes, ...], others: tuple[Scopes, ...]) -> tuple[str, bool]:
    return (
        "an alternative contradicts it",
        not all(_backs(other, minimal) for other in others),
    )


def _attested_too_little(row: Route | SoapRow, trust: Trust) -> tuple[str, bool]:
    believed = {"A"} if trust == "documented" else {"A", "B"}
    attested = row.confidence == "community-attested"
    return (
        f"attested {row.attestation_grade}",
        attested and row.attestation_grade not in believed,
    )


def _first(*reasons: tuple[str, bool]) -> str:
    return next((why for why, holds in reasons if holds), "")


def _backs(other: Scopes, minimal: tuple[Scopes, ...]) -> bool:
    return any(other >= needed for needed in minimal)


def _explains(route: Route, catalogue: Catalogue) -> Scopes:
    known = route.all_of is not None or route.any_of
    return route.scopes if known else catalogue.scopes_under(route.path, route.host)


def _explains_soap(row: SoapRow, minimal: tuple[Scopes, ...], catalogue: Catalogue) -> Scopes:
    if minimal:
        return row.scopes
    return _scopes_around(row.object_type, catalogue)


def _scopes_around(object_type: str, catalogue: Catalogue) -> Scopes:
    """List every scope of the families that the object type's rows name; all, if they name none."""
    kin = [each for each in catalogue.soap_rows if each.object_type == object_type]
    families = catalogue.families({scope for each in kin for scope in each.all_of or each.any_of})
    wide = {scope for scope in catalogue.wire_ids if catalogue.scopes[scope].family in families}
    return frozenset(wide) or catalogue.wire_ids


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
