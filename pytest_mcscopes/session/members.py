"""The tenants of a session, and which of them a test answers for."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError
from ..ledger.facts import CallMade

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ..ledger.facts import HostKind
    from ..ledger.ledger import Entry, Ledger
    from ..tenant.core import TenantCore
    from .running_test import RunningTest


@dataclass(slots=True, eq=False, kw_only=True)
class Member:
    """A tenant, and in which test or fixture it was built."""

    tenant: TenantCore
    hosts: dict[str, HostKind]
    """The tenant's host names, and what each is for."""
    built_by: str
    """For people: the test, or the fixture and the test that it was first set up for."""
    number: int
    fixtures: frozenset[str]
    """The fixtures that were being set up; empty for a tenant of a test's body."""
    ports: dict[str, HostKind] = field(default_factory=dict)
    """Addresses of the ports at which it answers or answered, and what each is for."""
    own: bool
    """Whether one test alone has it: a body or a function-scoped fixture made it."""
    test: str | None
    living: bool = True

    def owns(self, fingerprint: str) -> bool:
        """Tell whether a token or client is one of the tenant's."""
        return fingerprint in self.tenant.ledger.tokens or fingerprint in self.tenant.clients

    def judged_in(
        self, test: str | None, fixtures: frozenset[str], touched: Collection[Member]
    ) -> bool:
        """Tell whether a test answers for it.

        One that another test alone had and that still lives was made on demand:
        it is that of any test which touches it.
        """
        if not self.own:
            return bool(self.fixtures & fixtures)
        return self.test == test or (self.living and self in touched)

    def host_called(self, entry: Entry) -> str:
        """Name the host that a request went to."""
        kind = entry.fact.host if isinstance(entry.fact, CallMade) else "auth"
        return next(host for host, its_kind in self.hosts.items() if its_kind == kind)


class Members:
    """The living tenants, found by test, fixture or client, and what is known of ended ones."""

    def __init__(self, running: RunningTest) -> None:
        self.ended: list[Member] = []
        """The tenants that ended since the running test began."""
        self.changed: dict[TenantCore, None] = {}
        """Those at which the running test did what the next one is not to find."""
        self._running = running
        self._living: dict[Member, None] = {}
        self._of_ledger: dict[Ledger, Member] = {}
        """The living tenants, and those that ended since the running test began."""
        self._clients: dict[str, Member] = {}
        """Fingerprint of a client id -> the living tenant that was built with it."""
        self._of_fixture: dict[str, dict[Member, None]] = {}
        """Name of a fixture -> the living tenants that it made and that tests may share."""
        self._of_test: dict[str | None, dict[Member, None]] = {}
        """Node id of a test -> the living tenants that it made for itself."""
        self._past: dict[str, str] = {}
        """Fingerprint of a token or client of an ended tenant -> what built it."""

    def __len__(self) -> int:
        return len(self._living)

    def tenants(self) -> list[TenantCore]:
        """List the living tenants."""
        return [member.tenant for member in self._living]

    def of(self, ledger: Ledger) -> Member:
        """Give the tenant that a ledger belongs to: one that lives, or lived in this test."""
        return self._of_ledger[ledger]

    def touched(self) -> list[Member]:
        """List the tenants that had any traffic since the running test began."""
        return [*map(self.of, self._running.stage.touched)]

    def refuse_twin(self, new: Member) -> None:
        """Refuse a tenant that has a client id of a living one."""
        for client in new.tenant.clients:
            if member := self._clients.get(client):
                raise ConfigError(
                    "two living tenants have the same client id: one was built by"
                    f" {member.built_by}, one by {new.built_by}. Leave client_id= out of one of"
                    " them, or let the tests share one tenant."
                )

    def add(self, member: Member) -> None:
        """Add a tenant to every index."""
        self._living[member] = None
        self._of_ledger[member.tenant.ledger] = member
        self._clients |= dict.fromkeys(member.tenant.clients, member)
        for index, key in self._places_of(member):
            index.setdefault(key, {})[member] = None

    def end(self, member: Member) -> None:
        """Forget a tenant, but for the tokens and clients that it owned."""
        member.living = False
        del self._living[member]
        self.changed.pop(member.tenant, None)
        clients = member.tenant.clients
        for client in clients:
            self._clients.pop(client, None)
        for index, key in self._places_of(member):
            index[key].pop(member)
            if not index[key]:
                del index[key]
        self.ended.append(member)
        member.tenant.ledger.leave_stage(member.test)
        mine = [*member.tenant.ledger.tokens, *clients]
        self._past |= dict.fromkeys(mine, member.built_by)

    def _places_of(self, member: Member) -> list[tuple[dict[Any, dict[Member, None]], str | None]]:
        if member.own:
            return [(self._of_test, member.test)]
        return [(self._of_fixture, name) for name in member.fixtures]

    def begin_test(self) -> None:
        """Undo what the previous test did to tenants that go on living."""
        for member in self.ended:
            del self._of_ledger[member.tenant.ledger]
        self.ended.clear()
        for member in self._living:
            member.tenant.restore()
        for tenant in self.changed:
            tenant.unfired()  # what an earlier test left is none of this one's
        self.changed.clear()

    def take_unfired(self) -> list[str]:
        """Say what was ordered by `fail_next` and did not happen, and forget it."""
        return [text for tenant in self.changed for text in tenant.unfired()]

    def owner(self, fingerprint: str) -> str | None:
        """Tell what built the tenant that a token or client is of; None: nobody knows."""
        living = (member.built_by for member in self._living if member.owns(fingerprint))
        return next(living, self._past.get(fingerprint))

    def judged_in(
        self, fixtures: frozenset[str], touched: Collection[Member], ended: Iterable[Member] = ()
    ) -> list[Member]:
        """List the tenants that the running test answers for, in the order in which they were made.

        It had to do with those *touched*, and may have had those *ended*, which live no more.
        """
        test = self._running.nodeid
        found = dict.fromkeys([*self._of_test.get(test, ()), *ended, *touched])
        for name, made in self._of_fixture.items():
            if name in fixtures:
                found |= made
        mine = [each for each in found if each.judged_in(test, fixtures, touched)]
        mine.sort(key=attrgetter("number"))
        return mine

    def count_entries(self) -> dict[Member, int]:
        """Tell how many entries each living tenant has by now."""
        return {member: len(member.tenant.ledger.entries) for member in self._living}

    def foreign_since(self, counted: Mapping[Member, int]) -> dict[Member, list[Entry]]:
        """Give what the code has sent since then to tenants that the running test does not have."""
        touched = self.touched()
        mine = self.judged_in(frozenset(self._running.closure()), touched)
        sent = {
            member: [
                entry
                for entry in member.tenant.ledger.entries[counted[member] :]
                if entry.origin == "code"
            ]
            for member in touched
            if member in counted and member not in mine
        }
        return {member: entries for member, entries in sent.items() if entries}

    def hide_id(self) -> None:
        """Let no text show the running test's id as it is, if it holds a secret of its tenants."""
        if not self._running.parameters:
            return  # there is nothing to hide
        fixtures = frozenset(self._running.closure())
        for member in self.judged_in(fixtures, self.touched(), self.ended):
            self._running.hide_id(member.tenant.state.redaction.occurs_in)
