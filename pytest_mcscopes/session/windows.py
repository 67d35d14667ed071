"""What happens while a test's call phase, or a judged block of it, runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..ledger.facts import ForeignUsed, Taken
from .log_listener import LogListener

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..ledger.ledger import Entry, Stage
    from ..privilege.rules.logs import Logged
    from .members import Member, Members


@dataclass(slots=True, eq=False)
class Window:
    """What happens while one test's call phase runs."""

    entries: dict[Member, list[Entry]] = field(default_factory=dict)
    """By the tenants that had any."""
    earlier: list[Entry] = field(default_factory=list)
    """What the code did in the same test before: a judged block begins later than its test."""
    ended: list[Member] = field(default_factory=list)
    """The tenants that ended in it."""
    foreign: list[ForeignUsed] = field(default_factory=list)
    others: dict[str, None] = field(default_factory=dict)
    """Hosts that are none of ours and that the code was seen to call."""
    logged: dict[Logged, None] = field(default_factory=dict)
    """Records that held a secret or token, each place once."""
    taken: dict[Taken, None] = field(default_factory=dict)
    """Requests to a Marketing Cloud that another tool took before they got here."""
    taken_by: str = ""
    """The module whose patch of httpx took requests before they got here, if any."""

    def see_fork(self, call: tuple[str, str]) -> None:
        """Note that a child called a host, and in which test it was forked."""
        host, test = call
        self.foreign.append(ForeignUsed(what="fork", name=host, built_by=test))


class Windows:
    """The windows that are open now: that of the test, and those of its judged blocks."""

    def __init__(self, stage: Stage, members: Members) -> None:
        self.of_test: Window | None = None
        self._stage = stage
        self._members = members
        self._of_blocks: list[Window] = []
        self._listener = LogListener(members.tenants, self.see_logged)

    def open(self) -> None:
        """Begin to collect what the running test is answerable for."""
        self.of_test = Window()
        self._stage.window = {}
        self._listener.listen()

    def close(self) -> Window:
        """Stop collecting."""
        window, self.of_test = self.of_test, None
        came, self._stage.window = self._stage.window, None
        assert window is not None
        assert came is not None
        for ledger, entries in came.items():
            window.entries[self._members.of(ledger)] = entries
        self._listener.rest()
        return window

    def open_for_block(self) -> Window:
        """Begin to collect what a judged block is answerable for, but for its tenant's entries."""
        window = Window()
        self._of_blocks.append(window)
        self._listener.listen()
        return window

    def close_of_block(self, window: Window) -> None:
        """Stop collecting for a block."""
        self._of_blocks.remove(window)
        self._listener.rest()

    def are_judged(self, *, marked: bool) -> bool:
        """Tell whether the mark of the test, or a block, judges what happens now."""
        return bool(self._of_blocks) or (marked and self.of_test is not None)

    def _all(self) -> Iterator[Window]:
        yield from self._of_blocks
        if self.of_test is not None:
            yield self.of_test

    def see_foreign(self, used: ForeignUsed) -> None:
        """Note that something of no tenant of the test was used."""
        for window in self._all():
            window.foreign.append(used)

    def see_other(self, host: str) -> None:
        """Note that the code called a host which is none of ours."""
        for window in self._all():
            window.others[host] = None

    def see_taken(self, host: str, by: str) -> None:
        """Note that another tool took a request to a Marketing Cloud."""
        for window in self._all():
            window.taken[Taken(host=host, by=by)] = None

    def see_logged(self, logged: Logged) -> None:
        """Note that a secret or token was logged."""
        for window in self._all():
            window.logged[logged] = None

    def see_end(self, member: Member) -> None:
        """Note that a tenant ended."""
        if self.of_test is not None:
            self.of_test.ended.append(member)
