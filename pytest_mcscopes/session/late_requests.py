"""Requests that no tenant answers, those of threads and tasks among them that a test left."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from ..cloud.domains import subdomain_of
from ..errors import ConfigError
from ..ledger.facts import ForeignUsed
from ..transport.interceptors import say_if_urllib3_is_replaced
from .leftovers import Left, Leftovers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..ledger.facts import HostKind
    from ..ledger.ledger import Entry, Ledger
    from ..privilege.expectation import Expectation
    from ..transport.hosts import Stray
    from .members import Member, Members
    from .running_test import RunningTest
    from .verdicts import Judge
    from .windows import Windows


class Late(NamedTuple):
    """A note on what came of a test and no mark judges, under the test's own name."""

    test: str
    rule: str
    """Empty where it is of no rule."""
    text: str


_OVER_ASKING = frozenset({"MCS101", "MCS102", "MCS106", "MCS109", "MCS110"})
"""What a late request shows for sure."""
_WAIT = "Let the test wait for the threads and tasks that its code starts"
_NEEDS_SERVER = ": its code needs the URLs of mc_server"


class LateRequests:
    """Finds requests of earlier tests that no tenant answers now, and keeps them for a note."""

    def __init__(
        self,
        running: RunningTest,
        members: Members,
        windows: Windows,
        judge: Judge,
        *,
        refuses: bool,
    ) -> None:
        self.leftovers = Leftovers()
        self._running = running
        self._members = members
        self._windows = windows
        self._judge = judge
        self._refuses = refuses
        self._late: dict[Late, None] = {}
        self._body: tuple[str, Sequence[Expectation]] = "", ()
        """The test whose body has left something running, and what its marks declare."""
        self._in_teardown: dict[Ledger, list[Entry]] = {}
        """What came since that body ended, from what it has left running."""

    def begin_test(self) -> None:
        """Check what earlier tests have left running."""
        stage = self._running.stage
        stage.in_teardown = None
        stage.started_in = self._started_in if self.leftovers.begin_test() else None

    def left_by_test(self, fixtures: Iterable[str], expectations: Sequence[Expectation]) -> Left:
        """Tell of the running test, whose body has left something running; watch that now."""
        test, members = str(self._running.nodeid), self._members
        self._body = test, expectations
        self._running.stage.in_teardown = self._see_in_teardown
        mine = members.judged_in(frozenset(fixtures), members.touched(), members.ended)
        hosts = ((member, {**member.hosts, **member.ports}) for member in mine)
        return Left(
            test=test,
            number=self._running.number,
            had={
                host: partial(self._see_late, test, member, kind, expectations)
                for member, kinds in hosts
                for host, kind in kinds.items()
            },
        )

    def _see_in_teardown(self, ledger: Ledger, entry: Entry) -> None:
        if self.leftovers.from_body(self._running.number):
            self._in_teardown.setdefault(ledger, []).append(entry)

    def _see_late(
        self,
        test: str,
        member: Member,
        kind: HostKind,
        expectations: Sequence[Expectation],
        stray: Stray,
    ) -> Iterator[Late]:
        """Write a late request down at its tenant, and yield what it asks for too much."""
        ledger = member.tenant.ledger
        ledger.leave_stage(test)
        # A body that is sent as a stream has not been read, and another door may not have it.
        with suppress(Exception):
            member.tenant.handle(stray.read(kind))  # type: ignore[misc]
        entries = (ledger.stage.window or {}).get(ledger, [])
        for rule, text in self._judge_late(member, entries, expectations):
            yield Late(test, rule, f"late, when the test had ended: {text}")

    def _judge_late(
        self, member: Member, entries: Sequence[Entry], expectations: Sequence[Expectation]
    ) -> Iterator[tuple[str, str]]:
        with suppress(ConfigError):  # which the test itself was given
            for each in self._judge.judge_late(member, entries, expectations).errors:
                if each.rule in _OVER_ASKING:
                    yield each.rule, each.text

    def _see_end_of_teardown(self) -> None:
        """Note what came while a test was torn down; another one may have begun since."""
        came, self._in_teardown = self._in_teardown, {}
        test, expectations = self._body
        for ledger, entries in came.items():
            member = self._members.of(ledger)
            for rule, text in self._judge_late(member, entries, expectations):
                told = f"late, while the test was torn down: {text}. {_WAIT}"
                self._late[Late(test, rule, told)] = None

    def see_stray(self, stray: Stray) -> None:
        """Note a request to a Marketing Cloud host that no living tenant owns."""
        unknown = stray.built_by is None
        if stray.lives or not self._is_late(stray):
            used = ForeignUsed(
                what="name" if stray.lives else "host",
                name=stray.host,
                built_by=stray.built_by,
                subdomain=subdomain_of(stray.host) if unknown or stray.given else "",
                started_in=self._started_in(),
                reason=say_if_urllib3_is_replaced() if stray.lives else "",
            )
            self._windows.see_foreign(used)
            judged = self._windows.are_judged(marked=self._running.marked)
            if not (stray.method or stray.passed or judged):
                # No rule fires, and the library may have kept the error's text to itself.
                advice = _NEEDS_SERVER if stray.lives else ""
                self._note(f"{stray.what_came} by name, and that was refused{advice}")

    def see_fork(self, host: str) -> None:
        """Note that a forked child called a host, where no mark judges the running test."""
        if self._refuses and not self._running.marked:
            self._note(f"a forked process called {host}, and that was refused{_NEEDS_SERVER}")

    def _note(self, text: str) -> None:
        self._late[Late(str(self._running.nodeid), "", text)] = None

    def _started_in(self) -> str:
        """Tell by which thread or task of an earlier test something comes, if by one."""
        current = self.leftovers.current()
        return f"{current[1]}, which {current[0].test} started" if current else ""

    def _is_late(self, stray: Stray) -> bool:
        """Tell whether a request is an earlier test's for sure, and keep it as that."""
        current = self.leftovers.current()
        if current is None:
            return False
        left, what, certain = current
        see = left.had.get(stray.host)
        if left.number == self._running.number:  # which is being torn down
            certain = self.leftovers.from_body(left.number)
        if not certain or see is None:
            return False
        text = (
            f"late: {stray.what_came} when its tenant had ended, from {what},"
            " which the test left running. Let the test wait for it, or stop it"
        )
        self._late[Late(left.test, "", text)] = None
        self._late |= dict.fromkeys(see(stray))
        return True

    def take(self) -> list[tuple[str, str, str]]:
        """Give what came late since the last call: the test, the rule and the text."""
        if self._in_teardown:
            self._see_end_of_teardown()
        if not self._late:
            return []
        late, self._late = self._late, {}
        # Plain, as a report goes from an xdist worker to its controller.
        return [(each.test, each.rule, each.text) for each in late]
