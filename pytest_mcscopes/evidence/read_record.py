"""Records read back: as the values that the rules decide over.

What differs between two runs of one suite is not in a record: no time, no
tenant, no token. A log-in is known by its number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..catalogue.call_requirements import CallRequirements
from ..ledger.facts import CallMade, TokenRequested
from ..privilege.expectation import Expectation
from ..privilege.observed import Login, Observed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from .record import CallRecord, FoundRecord, PartRecord, Record, RequestRecord
    from .results import ResultRecord

_NO_CALL: dict[str, Any] = {"at": 0, "tenant": "", "package": None}
_NO_REQUEST = _NO_CALL | {"client": "", "assigned": frozenset(), "token": None, "account_id": 0}
"""What no record holds."""
_NOT_OF_A_CALL = ("need", "login", "route", "lacks", "may_need", "missing_permissions")
"""What of a call's record is read in another way, or follows from the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a test did with what one mark judges, as in `PartRecord`."""

    mark_names: str | None
    observed: Observed
    everything: bool
    dropped: bool
    refused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TestedCode:
    """What the code under one test did, in the test's last attempt."""

    test: str
    aborted: bool
    set_by_marks: bool
    own_packages: frozenset[str]
    marks: tuple[Expectation, ...]
    parts: tuple[Part, ...]
    errors: tuple[FoundRecord, ...]


def read_record(record: Record) -> TestedCode:
    """Read what a test did."""
    return TestedCode(
        test=record["test"],
        aborted=record["aborted"],
        set_by_marks=record["set_by_marks"],
        own_packages=frozenset(record["own_packages"]),
        marks=read_marks(record),
        parts=read_parts(record),
        errors=tuple(record["errors"]),
    )


def read_marks(record: Record | ResultRecord) -> tuple[Expectation, ...]:
    """Read the marks that a test has."""
    return tuple(Expectation(**_with_sets(mark)) for mark in record["marks"])


def read_parts(record: Record | ResultRecord) -> tuple[Part, ...]:
    """Read what it did, package by package."""
    return tuple(map(_part, record["parts"]))


def _part(part: PartRecord) -> Part:
    observed = Observed(
        package=part["package"],
        assigned=frozenset(part["assigned"]),
        requests=tuple(map(_request, part["requests"])),
        inherited=tuple(map(_request, part["inherited"])),
        calls=tuple(map(_call, part["calls"])),
        logins=tuple(
            Login(scopes=named, named=named, tokens=frozenset({_token(number)}))
            for number, named in enumerate(map(frozenset, part["logins"]))
        ),
        own_tokens=frozenset(part["own_tokens"]),
    )
    return Part(
        mark_names=part["mark_names"],
        observed=observed,
        everything=part["everything"],
        dropped=part["dropped"],
        refused=part["refused"],
    )


def _request(request: RequestRecord) -> TokenRequested:
    return TokenRequested(**_NO_REQUEST, **_with_sets(request))


def _call(call: CallRecord) -> CallMade:
    row = call["need"]
    need = CallRequirements(
        **_with_sets(row, skip=("minimal_sets", "near_misses")),
        minimal_sets=tuple(map(frozenset, row["minimal_sets"])),
        near_misses=tuple(row["near_misses"]),
    )
    return CallMade(
        **_NO_CALL,
        **_with_sets(call, skip=_NOT_OF_A_CALL),
        path=call["route"],
        need=need,
        missing_permissions=tuple(call["missing_permissions"]),
        token=_token(call["login"]),
    )


def _token(login: int | None) -> str:
    return f"of log-in {login}"


def _with_sets(record: Mapping[str, Any], skip: Collection[str] = ()) -> dict[str, Any]:
    """Give fields with sets in place of lists, but for those that are read in another way."""
    return {
        key: frozenset(value) if isinstance(value, list) else value
        for key, value in record.items()
        if key not in skip
    }
