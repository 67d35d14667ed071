"""What the plugin drives: a session's Marketing Cloud, from test to test."""

from __future__ import annotations

from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING

from ..errors import ConfigError, McScopesError
from ..ledger.facts import Taken
from ..privilege.advice import advise
from ..privilege.expected import beside_a_mark
from ..privilege.hints import (
    CAME_BY_TLS,
    ENDED_BY_ADVANCE,
    WITHOUT_BEARER,
    ended_by_advance,
    lacks_bearer,
    last_refusal,
    left_stub,
)
from ..privilege.shared_logins import SharedLogins
from ..privilege.taken_requests import describe_unseen
from ..privilege.verdict_text import aside, render
from ..settings.severities import read_severities
from ..transport.hosts import Hosts
from ..transport.in_process.mount import Mount
from ..transport.interceptors import (
    SOCKETS,
    behind_proxy,
    came_from,
    in_the_way,
    misdirected,
    refuser,
    refuser_by_name,
)
from .block_verdicts import BlockVerdicts
from .cloud import MarketingCloud, live_tenant
from .conclusion import BodyEnd, Conclusion, PhaseReport
from .late_requests import LateRequests
from .members import Members
from .port_errors import PortErrors
from .running_test import RunningTest
from .tenant_builder import TenantBuilder
from .verdicts import Judge
from .windows import Windows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ..arguments.keywords import Checked
    from ..catalogue.catalogue import Catalogue
    from ..config import Config
    from ..evidence.record import Record
    from ..privilege.expectation import Allowance
    from ..privilege.minimum import Scopes
    from ..privilege.verdict import Verdict
    from ..tenant.clock import Clock
    from .members import Member
    from .port_errors import Raised
    from .windows import Window


class SessionDriver:
    """Tells the parts of a session what pytest does, and concludes each test."""

    def __init__(
        self,
        config: Config,
        catalogue: Catalogue,
        building: Sequence[str] = (),
        scopes: Sequence[str] = (),
        *,
        packages: Sequence[Checked] = (),
        hidden: dict[str, str] | None = None,
    ) -> None:
        """Begin to answer; see `RunningTest` and `TenantBuilder` for what the arguments are."""
        self._running = running = RunningTest(building, scopes, {} if hidden is None else hidden)
        self._members = members = Members(running)
        self._windows = windows = Windows(running.stage, members)
        self._judge = judge = Judge(running, members, catalogue, read_severities(config.rules))
        refuses = config.guard != "off"
        self._late = LateRequests(running, members, windows, judge, refuses=refuses)
        self._port_errors = PortErrors(running)
        self._logins = SharedLogins()
        self._window: Window | None = None
        """What the running test's body did, once that has been collected."""
        self._hosts = Hosts(
            on_stray=self._late.see_stray,
            on_other=windows.see_other,
            on_taken=windows.see_taken,
            refuses=refuses,
        )
        self._blocks = BlockVerdicts(running, members, windows, judge, self._hosts)
        self._mount = Mount(self._hosts)
        self._builder = TenantBuilder(
            config=config,
            catalogue=catalogue,
            running=running,
            members=members,
            windows=windows,
            blocks=self._blocks,
            leftovers=self._late.leftovers,
            port_errors=self._port_errors,
            hosts=self._hosts,
            mount=self._mount,
            packages=packages,
        )
        self.cloud = MarketingCloud(self._builder)
        """What users get."""
        self.live_tenant = partial(live_tenant, self._builder)
        """Yields a tenant of the packages and users that it is given."""
        self.serve = self._builder.serve
        self.note_shown = self._blocks.note_shown
        self.take_failures = self._blocks.take_failures
        self.take_unowned = self._blocks.take_unowned
        self.take_errors = self._port_errors.take
        self._mount.mount()

    def close(self) -> None:
        """Take our patches out of HTTP libraries; called last in a session."""
        self._mount.unmount()
        self._builder.close()

    def begin_test(
        self,
        test: str,
        allowances: Sequence[Allowance] = (),
        closure: Callable[[], Iterable[str]] = tuple,
        *,
        marked: bool = False,
    ) -> None:
        """Let a test run from here on; see `RunningTest` for what the arguments are."""
        self._blocks.begin_test()
        self._running.begin(test, allowances, closure, marked=marked)
        self._window = None
        self._hosts.home.begin_test(test)
        self._late.begin_test()
        self._members.begin_test()
        self._members.hide_id()
        self._mount.ensure()

    def begin_body(self, *, watched: bool = False) -> None:
        """Note that the call phase begins; *watched*: what arrives is to be judged or recorded."""
        self._running.in_body = True
        self._late.leftovers.begin_body()
        if watched:
            self._builder.settle()
            self._windows.open()
            self._mount.begin_window()

    def end_window(self) -> None:
        """Stop collecting for the running test, if it is watched and still collected."""
        if self._windows.of_test is None:
            return
        self._builder.settle()
        self._mount.end_window()
        self._window = window = self._windows.close()
        if forked := self._hosts.home.take_call():
            window.see_fork(forked)
            self._late.see_fork(forked.host)

    def conclude(self, end: BodyEnd) -> Conclusion:
        """Judge the running test, whose body has ended, and the blocks that it has left open."""
        self.end_window()
        self._members.hide_id()
        if not end.expectations and (forked := self._hosts.home.take_call()):
            self._late.see_fork(forked.host)  # of a body that was not watched
        window, self._window = self._window, None
        record: Record | None = None
        unseen: tuple[str, ...] = ()
        found = Conclusion()
        if window is not None and (end.judged or end.expectations):
            mine = self._members.judged_in(frozenset(end.fixtures), window.entries, window.ended)
            if end.own_packages is not None:
                record = self._record(window, mine, end, end.own_packages)
            if not end.expectations:
                unseen = describe_unseen(window.taken)
            elif end.judged:
                found = self._judge_by_marks(window, mine, end)
        failure, raised = self._end_body(end, found.failure)
        return found._replace(
            record=record,
            unseen=unseen,
            failure=failure,
            raised=raised,
            report=self.take_report(),
        )

    def _end_body(self, end: BodyEnd, failure: str) -> tuple[str, BaseException | None]:
        """End the blocks that the body has left open; return what the test fails by."""
        self._running.in_body = False
        self._blocks.register.end_of_body(aborted=end.aborted or bool(failure))
        left = partial(self._late.left_by_test, end.fixtures, end.expectations)
        self._late.leftovers.end_body(left)
        for error in end.shown:
            self.note_shown(error)
        if not failure and end.fails_by != "nothing":
            failure = "\n".join(self.take_failures())
        raised = None
        if not failure and end.fails_by == "all":
            raised = next(iter(self.take_errors()), None)
            failure = "" if raised else self.take_unfired()
        return failure, raised

    def _record(
        self, window: Window, mine: Sequence[Member], end: BodyEnd, own_packages: Iterable[str]
    ) -> Record:
        from ..evidence.record import record_test  # noqa: PLC0415 - few runs want it

        seen = self._judge.judge_without_marks(
            window, mine, aborted=end.aborted, set_up=self._blocks.judged_in_set_up
        )
        return record_test(
            str(self._running.nodeid),
            seen,
            end.expectations,
            own_packages,
            aborted=end.aborted,
        )

    def _judge_by_marks(self, window: Window, mine: Sequence[Member], end: BodyEnd) -> Conclusion:
        window.taken_by = in_the_way(end.function, window.others) if self._builder.served else ""
        covered_by = "" if window.taken_by else self._mount.covered_by()
        if covered_by and not end.leaves_hosts_out():
            window.taken_by = covered_by
        if window.taken_by == SOCKETS:  # which leaves nothing to be seen at all
            window.taken[Taken(host="", by=SOCKETS)] = None
        set_up, marks = self._blocks.judged_in_set_up, end.expectations
        verdict: Verdict | None = None
        advice: tuple[str, ...] = ()
        text = ""
        try:
            first = self._judge.judge(window, mine, marks, aborted=end.aborted, set_up=set_up)
            verdict = (
                first if end.aborted else self._judge.remark_set_up(first, window, mine, set_up)
            )
            for case in verdict.cases:
                self._logins.remember(str(self._running.nodeid), case)
            advice = self._advise(verdict, end) if verdict.errors else ()
            if end.aborted and not verdict.errors:
                text = aside(verdict)
            elif verdict.findings or verdict.remarks:
                text = render(verdict, advice)
        except ConfigError as misuse:
            return Conclusion(verdict, advice, failure="" if end.aborted else str(misuse))
        fails = bool(verdict.errors) and not end.aborted
        return Conclusion(verdict, advice, text, fails, failure=text if fails else "")

    def _advise(self, verdict: Verdict, end: BodyEnd) -> tuple[str, ...]:
        """Say what there is to do about the errors of a verdict."""
        expected = {each.rule for each in verdict.errors} & self._blocks.register.expected
        more = [beside_a_mark(expected)] if expected else []
        return (*advise(verdict, self._used_by_others(verdict, end)), *more)

    def _used_by_others(self, verdict: Verdict, end: BodyEnd) -> dict[str, Scopes]:
        """Find, by package, what other tests use a login with the same scopes for."""
        if end.siblings is None:
            return {}
        living = self._members.judged_in(frozenset(end.fixtures), ())
        builders = frozenset[str]().union(*(each.fixtures for each in living))
        siblings = end.siblings(builders - {"mc_tenant", "mc_server"})
        return {
            case.observed.package: self._logins.others(case, siblings) for case in verdict.cases
        }

    def take_report(self) -> PhaseReport:
        """Return what a report that is made now has to say; each thing once."""
        return PhaseReport(
            blocks=self._blocks.take_report(),
            built=self._builder.take_built(),
            talked=self._running.stage.talked,
            late=self._late.take(),
        )

    def redact(self, text: str) -> str:
        """Take the secrets and tokens of all living tenants out of a text."""
        for tenant in self._members.tenants():
            text = tenant.state.redaction.redact(text)
        return text

    def take_unfired(self) -> str:
        """Say what was ordered by `fail_next` and did not happen, once; empty: nothing."""
        return "\n".join(map("MCSCOPES: {}".format, self._members.take_unfired()))

    def take_late_errors(self) -> list[Raised]:
        """Return what was raised after its test had ended; called last."""
        self._builder.wait_for_stubs()
        return self._port_errors.take_all()

    def hints(self, test: str) -> Iterator[str]:
        """Say what is known to lie behind a failure of a test, a line each."""
        for tenant in self._members.tenants():
            ledger = tenant.ledger
            mine = [*takewhile(lambda entry: entry.test == test, reversed(ledger.entries))]
            if lacks_bearer(mine, ledger.tokens):
                yield WITHOUT_BEARER
            if ended_by_advance(mine, ledger.tokens, tenant.clock.ahead):
                yield ENDED_BY_ADVANCE
            if left := tenant.authors.left_for(test):
                yield left_stub(left.author, left.call, soap=left.soap)
            if not self._running.marked and (
                refused := last_refusal(mine, ledger.tokens, self._members.owner)
            ):
                yield refused

    def refuser(self, error: BaseException | None) -> str:
        """Name the package that raised an error instead of calling a port; empty: none."""
        return refuser(error, self._builder.ports) if self._builder.ports else ""

    def refuser_by_name(self, error: BaseException | None) -> str:
        """Name what raised an error for a request to a tenant's host, or lies over our patches."""
        return refuser_by_name(error, self._hosts.live) or self._mount.covered_by()

    def misdirected(self, error: BaseException | None) -> str:
        """Say what a failed connection was meant for, as far as is known; else empty."""
        if self._port_errors.came_by_tls():
            return CAME_BY_TLS
        talked = self._running.stage.talked
        text = misdirected(error, self._hosts, talked=talked) or self._lost_refusal(error)
        if text:
            return text
        # What a tenant has answered came by no proxy.
        return behind_proxy(error) if self._builder.served and not talked else ""

    def _lost_refusal(self, error: BaseException | None) -> str:
        """Say why a name was not resolved, where the library has kept that to itself."""
        refused = self._mount.refused_look_ups()
        if any("MCSCOPES: " in str(each) for each in came_from(error)):
            return ""
        return next(iter(refused), "")

    def clocks(self) -> list[Clock]:
        """Give the clocks of all living tenants."""
        return [tenant.clock for tenant in self._members.tenants()]

    def clocks_of_test(self, fixtures: Iterable[str]) -> list[Clock]:
        """Give the clocks of the running test's tenants, of which it must have some."""
        mine = self._members.judged_in(frozenset(fixtures), self._members.touched())
        if not mine:
            raise McScopesError(
                "mc_clock: the test has no tenant whose time could be moved. Let it ask for"
                " mc_tenant, or for a fixture that has a tenant, before mc_clock moves."
            )
        return [each.tenant.clock for each in mine]
