"""The verdicts on the judged blocks of a test."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING

from ..privilege.advice import advise
from ..privilege.remarks import (
    not_taken,
    rights_unknown,
    unseen_log_ins,
    whose_it_may_be,
)
from ..privilege.verdict import ABSENCE_RULES
from ..privilege.verdict_text import render
from ..tenant.blocks import BlockResult, Register, shown_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..ledger.facts import CallMade
    from ..ledger.ledger import Entry, Ledger
    from ..privilege.expectation import Expectation
    from ..privilege.findings import Finding
    from ..privilege.verdict import Verdict
    from ..tenant.blocks import Close, Failure
    from ..tenant.core import TenantCore
    from ..transport.hosts import Hosts
    from .members import Member, Members
    from .running_test import RunningTest
    from .verdicts import Judge
    from .windows import Windows

_PROVEN_AT_THE_END = ABSENCE_RULES | {"MCS103"}
"""What may still have come, had a block not ended by an exception."""

_MOST_FAILURES = 5
"""More failed blocks of a test are counted: a loop may have a thousand."""


@dataclass(slots=True, eq=False)
class BlockReport:
    """What the judged blocks of a test have given so far, each thing once."""

    findings: dict[Finding, None] = field(default_factory=dict)
    texts: dict[str, None] = field(default_factory=dict)
    """Of the blocks that passed with something to report."""
    remarks: dict[str, None] = field(default_factory=dict)
    """Lines that belong to no rule."""
    advice: dict[str, None] = field(default_factory=dict)
    """What there is to do about the errors."""
    expected: dict[str, None] = field(default_factory=dict)
    """The rules of the errors that `expect_findings` took."""
    calls: dict[tuple[str, CallMade], None] = field(default_factory=dict)
    """The allowed calls that they judged, each with the package of its token."""


class BlockVerdicts:
    """Judges the blocks of all tenants, and keeps what a report is to show of them."""

    def __init__(
        self,
        running: RunningTest,
        members: Members,
        windows: Windows,
        judge: Judge,
        hosts: Hosts,
    ) -> None:
        self.register = Register(
            in_body=running.runs_its_own_code, is_marked=lambda: running.marked
        )
        self.judged_in_set_up: dict[tuple[Member, str], frozenset[str]] = {}
        """Tenant and name of a package -> what the granted requests asked for that a block in a
        fixture of the running test's own judged."""
        self._running = running
        self._members = members
        self._windows = windows
        self._judge = judge
        self._home = hosts.home
        self._report: BlockReport | None = None
        self._turn = Lock()
        self._unowned: list[tuple[str, str]] = []
        """Tests that had ended, and what a block failed by that no report could show."""

    def watch(self, tenant: TenantCore, mark: Expectation) -> Close:
        """Begin to watch a judged block; the function returned ends it and gives the verdict."""
        window = self._windows.open_for_block()
        ledger = tenant.ledger
        member = self._members.of(ledger)
        start = len(ledger.entries)
        forks = self._home.calls
        # What runs outside of a test's body may be for other tests, with tenants of theirs.
        counted = self._members.count_entries() if self._running.runs_its_own_code() else {}

        def close(*, aborted: bool) -> BlockResult:
            self._windows.close_of_block(window)
            if forked := self._home.call_since(forks):
                window.see_fork(forked)
                if not self._running.marked:  # whose mark judges it as well
                    self._home.take_call()
            came = [entry for entry in ledger.entries[start:] if entry.origin == "code"]
            earlier = [*self._done_before(start, ledger)][::-1]
            entries = {member: came, **self._members.foreign_since(counted)}
            seen = replace(window, entries=entries, earlier=earlier)
            verdict = self._judge.judge(seen, [member], [mark], aborted=aborted)
            if self._running.stage.is_in_own_fixture() and not self._running.in_body:
                self._keep_for_test(member, verdict)
            # Whether an allowance is of use, or why nothing came, is a question to the whole test.
            of_block = {
                *rights_unknown(verdict.cases),
                *not_taken(verdict.cases),
                *unseen_log_ins(verdict.cases),
                *whose_it_may_be(verdict.cases, verdict.findings),
            }
            remarks = tuple(each for each in verdict.remarks if each in of_block)
            return _result(replace(verdict, remarks=remarks), aborted=aborted)

        return close

    def _done_before(self, number: int, ledger: Ledger) -> Iterator[Entry]:
        """Yield what the code did in the running test's body before an entry, the latest first."""
        for entry in (ledger.entries[place] for place in range(number - 1, -1, -1)):
            if entry.test != self._running.nodeid:
                return
            if entry.origin == "code" and not entry.fixture:
                yield entry

    def _keep_for_test(self, member: Member, verdict: Verdict) -> None:
        for observed in (case.observed for case in verdict.cases):
            if observed.granted is not None:
                place = member, observed.package
                before = self.judged_in_set_up.get(place, frozenset())
                granted = (each.requested for each in observed.requests if each.granted is not None)
                self.judged_in_set_up[place] = before.union(*granted)

    def keep(self, result: BlockResult, without: frozenset[str]) -> None:
        """Keep a block's result for its test's report, *without* findings that the test expects."""
        verdict = result.verdict
        with self._turn:
            report = self._report = self._report or BlockReport()
            kept = tuple(each for each in verdict.findings if each.rule not in without)
            report.expected |= {each.rule: None for each in verdict.errors if each.rule in without}
            seen = (case.observed for case in verdict.cases)
            report.calls |= {(each.package, call): None for each in seen for call in each.allowed}
            report.findings |= dict.fromkeys(kept)
            report.remarks |= dict.fromkeys(verdict.remarks)
            report.advice |= dict.fromkeys(advise(replace(verdict, findings=kept)))
            if result.text and not result.aborted and not verdict.errors:
                report.texts[result.text] = None

    def take_report(self) -> BlockReport | None:
        """Return the results of blocks since the last call; None: there were none."""
        report, self._report = self._report, None
        return report

    def note_shown(self, error: BaseException | None) -> None:
        """Note that a report shows an error, and with it what blocks failed by that it holds."""
        if self.register.failures:
            self.register.shown(shown_by(error))

    def take_failures(self) -> list[str]:
        """Write what blocks of the running test failed by and no report has shown, once."""
        if not self.register.failures:
            return []
        failures = self.register.take()
        texts = [f"{each.text}\n{_counts_all_the_same(each)}" for each in failures[:_MOST_FAILURES]]
        more = len(failures) - _MOST_FAILURES
        return [*texts, f"MCSCOPES: and {more} blocks more failed."] if more > 0 else texts

    def begin_test(self) -> None:
        """Set aside failures of the previous test that no report could show."""
        if self.register.failures:
            self._disown_failures()
        self.judged_in_set_up.clear()
        self.register.expected.clear()

    def _disown_failures(self) -> None:
        test = self._running.name
        self._unowned += [(test, each.text) for each in self.register.take()]

    def take_unowned(self) -> list[tuple[str, str]]:
        """Give what blocks failed by outside of any test; those that are open are judged."""
        self.register.end_of_session()
        self._disown_failures()
        taken, self._unowned = self._unowned, []
        return taken


def _result(verdict: Verdict, *, aborted: bool) -> BlockResult:
    # An exception gets no note that has nothing to do with it.
    speaks = verdict.findings or (verdict.remarks and not aborted)
    unsure = _PROVEN_AT_THE_END if aborted else frozenset()
    return BlockResult(
        text=render(verdict) if speaks else "",
        errors=frozenset(each.rule for each in verdict.errors) - unsure,
        rules=frozenset(each.rule for each in verdict.findings) - unsure,
        aborted=aborted,
        verdict=verdict,
    )


def _counts_all_the_same(failure: Failure) -> str:
    caught = "  The error was caught, or was raised in a thread or task. It counts all the same."
    if not failure.rules:
        return caught
    named = ", ".join(f'"{rule}"' for rule in failure.rules)
    around = f"with mc_tenant.expect_findings({named}):"
    return f"{caught}\n  If that is what the test is about, write around the block: {around}"
