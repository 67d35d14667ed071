"""The log of one tenant, indexed so that a verdict reads only its own test."""

from __future__ import annotations

from bisect import bisect_left
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .facts import ADMIN, NAMING_GRANTS, CallMade, TokenRequested

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .facts import Fact

Origin = Literal["code", "arrange", "issue_token", "admin"]
"""Who caused the traffic: the code under test, or the test itself."""

USERINFO = "GET /v2/userinfo"
"""The label of its row, at whichever host it is read."""
_OK = 200


@dataclass(slots=True, eq=False)
class Entry:
    """One fact with the circumstances in which it came about."""

    number: int
    fact: Fact
    origin: Origin
    test: str | None
    """Node id of the test that was running; None between tests."""
    answered: int | None = None
    """The status that the client got, once it is known."""
    expected: bool = False
    """Whether the test had said that the call would be denied."""


@dataclass(slots=True)
class Ledger:
    """Facts in order of arrival. One ledger belongs to one tenant."""

    entries: list[Entry] = field(default_factory=list)
    tokens: dict[str, Entry] = field(default_factory=dict)
    """Fingerprint of a token, code or refresh token -> the request that it was issued for."""
    named: dict[str, dict[frozenset[str], tuple[int, TokenRequested]]] = field(default_factory=dict)
    """Fingerprint of a client -> sets of scopes that the code named -> number, first request."""
    granted: dict[str, Entry] = field(default_factory=dict)
    """Name of a package -> the code's latest request that was granted."""
    doings: dict[str | None, list[Entry]] = field(default_factory=dict)
    """Fingerprint -> the code's calls with that token (None: with none), or its requests as that
    client."""
    compared: dict[tuple[str | None, str], int] = field(default_factory=dict)
    """Name of a package, name of a user -> number of the code's first look at v2/userinfo with a
    token of both."""
    test: str | None = None
    """Node id of the running test, for the record."""
    talked: set[str | None] = field(default_factory=set)
    """Node ids of the tests in which the code under test, not the test itself, sent something."""
    window: list[Entry] | None = None
    """What arrived in the call phase of the running test, less `arranging`; None outside of one."""
    _arranging: int = 0
    _expecting: list[tuple[frozenset[str], list[Entry]]] = field(default_factory=list)

    def append(self, fact: Fact, origin: Origin = "code") -> Entry:
        """Write a fact down with the circumstances of this moment."""
        if origin == "code":
            origin = self._origin(fact)
        entry = Entry(len(self.entries), fact, origin, self.test)
        self.entries.append(entry)
        if origin == "code":
            self.talked.add(self.test)
        if self.window is not None and origin == "code":
            self.window.append(entry)
        if isinstance(fact, TokenRequested):
            self._index(fact, entry)
        elif origin == "code":
            self.doings.setdefault(fact.token, []).append(entry)
            self._expect(fact, entry)
            if fact.user is not None and fact.need.label == USERINFO and fact.status == _OK:
                self.compared.setdefault((fact.package, fact.user), entry.number)
        return entry

    def _origin(self, fact: Fact) -> Origin:
        # An expired token still tells whose it was.
        issued = self.tokens.get(fact.token) if fact.token else None
        if ADMIN in {fact.package, issued and issued.fact.package}:
            return "admin"
        return "arrange" if self._arranging else "code"

    def _expect(self, call: CallMade, entry: Entry) -> None:
        had = call.granted or frozenset()
        for wanted, found in self._expecting:
            named = any(needed - had <= wanted for needed in call.need.minimal_sets)
            # What bars a user is no scope, so it is no denial for want of one.
            denied = call.lacking and named if wanted else call.lacking or call.barred
            if denied:
                entry.expected = True
                found.append(entry)

    def _index(self, fact: TokenRequested, entry: Entry) -> None:
        if fact.token is not None:
            self.tokens[fact.token] = entry
        for each in fact.beside:
            # One that is given out again stays that of its first request: no lineage has a loop.
            self.tokens.setdefault(each, entry)
        if entry.origin != "code":
            return
        self.doings.setdefault(fact.client, []).append(entry)
        if fact.scope is not None and fact.grant_type in NAMING_GRANTS:
            earlier = self.named.setdefault(fact.client, {})
            earlier.setdefault(fact.requested, (entry.number, fact))
        if fact.token is not None and fact.package is not None:
            self.granted[fact.package] = entry

    @contextmanager
    def arranging(self) -> Iterator[None]:
        """Mark what arrives meanwhile as the test's own set-up traffic."""
        self._arranging += 1
        try:
            yield
        finally:
            self._arranging -= 1

    @contextmanager
    def expecting(self, wanted: frozenset[str]) -> Iterator[list[Entry]]:
        """Expect denials for want of one of these scopes, and collect them.

        Without scopes any denial is expected, that of a call which the user
        may not make too.
        """
        expected = wanted, list[Entry]()
        self._expecting.append(expected)
        try:
            yield expected[1]
        finally:
            self._expecting.remove(expected)

    def last_before(self, number: int, fingerprint: str | None) -> Entry | None:
        """Find the last call with a token (None: with none), or request of a client, before."""
        doings = self.doings.get(fingerprint, [])
        place = bisect_left(doings, number, key=lambda entry: entry.number)
        return doings[place - 1] if place else None

    def lineage(self, fingerprint: str | None) -> Iterator[Entry]:
        """Yield the request of a token, then those that it came from by code or renewal."""
        while fingerprint is not None and (entry := self.tokens.get(fingerprint)) is not None:
            yield entry
            fingerprint = entry.fact.renews if isinstance(entry.fact, TokenRequested) else None
