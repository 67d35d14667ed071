"""Log-ins of a test's own fixtures that ask for too much, and that no test is judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ledger.facts import CallMade, TokenRequested
from .phrases import summary
from .rules.requested import excess_severity, surplus

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from ..ledger.ledger import Entry, Ledger
    from .rules.case import Case


def unused_logins(
    cases: Sequence[Case],
    ledger: Ledger,
    test: str | None,
    window: Iterable[Entry],
    judged: Container[str],
) -> Iterator[str]:
    """Tell of log-ins in a test's set-up that ask for too much and whose tokens it did not use.

    Left out are fixtures that tests share, and the packages that a block in the set-up has judged.
    """
    granted = _granted_in_set_up(ledger, test)
    by_package = {
        each.observed.package: each for each in cases if each.expectation.kind != "no_token"
    }
    used = {issuer.number for each in window for issuer in ledger.lineage(_presented(each))}
    for entry, request in reversed(granted):
        case = by_package.get(request.package or "")
        if case is None or entry.number in used or request.package in judged:
            continue
        excess = surplus(case, request.requested)
        if excess and excess_severity(case) == "error":
            yield (
                f"fixture {entry.fixture} asked for {summary(excess, case.catalogue)} in set-up,"
                " beyond the mark; this test used no token of that log-in, so it was not judged:"
                " if it is what you test, judge it in the fixture, with mc_tenant.judged(...):"
            )


def _granted_in_set_up(ledger: Ledger, test: str | None) -> list[tuple[Entry, TokenRequested]]:
    """List the code's requests that were granted in a test's set-up, the latest first."""
    granted = []
    for entry in reversed(ledger.entries):
        if entry.test != test:
            break
        fact, by_code = entry.fact, entry.of_own_fixture and entry.origin == "code"
        if by_code and isinstance(fact, TokenRequested) and fact.granted is not None:
            granted.append((entry, fact))
    return granted


def _presented(entry: Entry) -> str | None:
    return entry.fact.token if isinstance(entry.fact, CallMade) else entry.fact.presented
