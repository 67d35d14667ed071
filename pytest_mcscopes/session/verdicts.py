"""The verdict on what a window holds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from ..cloud.fingerprints import fingerprint
from ..ledger.facts import CallMade, ForeignUsed, TokenRequested
from ..privilege.lineage import by_mark
from ..privilege.permissive_marks import open_marks
from ..privilege.rules.case import Case
from ..privilege.rules.foreign_tenant import foreign_tenant
from ..privilege.rules.logs import found_in_log
from ..privilege.set_up import unused_logins
from ..privilege.verdict import UnmarkedVerdict, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..catalogue.catalogue import Catalogue
    from ..ledger.facts import Fact
    from ..ledger.ledger import Entry
    from ..privilege.expectation import Expectation
    from ..privilege.findings import Severity
    from ..privilege.observed import TenantActivity
    from ..privilege.verdict import Verdict
    from .members import Member, Members
    from .running_test import RunningTest
    from .windows import Window

    JudgedInSetUp = Mapping[tuple[Member, str], frozenset[str]]
    """Tenant and name of a package -> what the granted requests asked for that blocks judged."""


class Judge:
    """Judges what a window holds by the marks of a test or block."""

    def __init__(
        self,
        running: RunningTest,
        members: Members,
        catalogue: Catalogue,
        severities: Mapping[str, Severity],
    ) -> None:
        self._running = running
        self._members = members
        self._catalogue = catalogue
        self._severities = severities

    def judge(
        self,
        window: Window,
        mine: Sequence[Member],
        expectations: Sequence[Expectation],
        *,
        aborted: bool,
        set_up: JudgedInSetUp | None = None,
    ) -> Verdict:
        """Judge a test or a block.

        Args:
            window: what happened in it.
            mine: the tenants that it answers for.
            expectations: what its marks declare, the closest first.
            aborted: it failed by itself.
            set_up: what blocks in its own set-up have judged.

        Raises:
            ConfigError: a mark names a package that none of the tenants has.
        """
        activities = [self._activity(each, window) for each in mine]
        cases = [
            replace(
                case,
                others=tuple(window.others),
                taken=tuple(window.taken) if case.expectation in expectations else (),
                taken_by=window.taken_by,
                judged_in_set_up=_judged_before(case.observed.package, mine, set_up or {}),
            )
            for case in self._cases(activities, expectations)
        ]
        used = dict.fromkeys(self._foreign(window, mine))
        # Where no token was granted, MCS105 says why the code has the word None for one.
        in_vain = any(case.lacks_token for case in cases)
        foreign = foreign_tenant(each for each in used if not (in_vain and each.word))
        strays = [*foreign, *found_in_log(window.logged)]
        allowances = self._running.allowances
        return judge(cases, strays, allowances, aborted=aborted, severities=self._severities)

    def judge_without_marks(
        self,
        window: Window,
        mine: Sequence[Member],
        *,
        aborted: bool,
        set_up: JudgedInSetUp,
    ) -> UnmarkedVerdict:
        """Judge a test, whatever its marks say that it may ask for."""
        marks = open_marks([self._activity(each, window) for each in mine])
        return UnmarkedVerdict(
            verdict=self.judge(window, mine, marks, aborted=aborted, set_up=set_up),
            set_by_marks=all(
                "mc_tenant" in each.fixtures for each in mine if each in window.entries
            ),
        )

    def remark_unused_logins(
        self, verdict: Verdict, window: Window, mine: Sequence[Member], set_up: JudgedInSetUp
    ) -> Verdict:
        """Add to a test's verdict what its set-up asked for and nothing judges."""
        if any(case.lacks_token for case in verdict.cases):  # which says why
            return verdict
        unused = [text for each in mine for text in self._unused(each, verdict, window, set_up)]
        remarks = dict.fromkeys((*verdict.remarks, *unused))
        return replace(verdict, remarks=tuple(remarks)) if unused else verdict

    def _unused(
        self, member: Member, verdict: Verdict, window: Window, set_up: JudgedInSetUp
    ) -> Iterator[str]:
        judged = [name for each, name in set_up if each is member]
        ledger, test = member.tenant.ledger, self._running.nodeid
        yield from unused_logins(
            verdict.cases, ledger, test, window.entries.get(member, ()), judged
        )

    def judge_late(
        self, member: Member, entries: Sequence[Entry], expectations: Sequence[Expectation]
    ) -> Verdict:
        """Judge what came to a tenant that has ended, by the marks of its test."""
        cases = self._cases([member.tenant.activity(entries)], expectations) if expectations else ()
        return judge([*cases], severities=self._severities)

    def _cases(
        self, activities: Sequence[TenantActivity], expectations: Sequence[Expectation]
    ) -> Iterator[Case]:
        for mark, observed in by_mark(activities, expectations):
            yield Case(expectation=mark, observed=observed, catalogue=self._catalogue)

    def _activity(self, member: Member, window: Window) -> TenantActivity:
        # The tenant of mc_tenant and mc_server lives for one test, and its set-up is that test's;
        # but for one of a wider scope, which a test suite has put in their place.
        mine = member.own and member.test == self._running.nodeid
        alone = mine and "mc_tenant" in member.fixtures
        entries = window.entries.get(member, ())
        return member.tenant.activity(entries, window.earlier, alone=alone)

    def _foreign(self, window: Window, mine: Sequence[Member]) -> Iterator[ForeignUsed]:
        yield from window.foreign
        for member, entries in window.entries.items():
            if member in mine:
                yield from self._refused_as_foreign(entries, member)
            else:
                name = member.host_called(entries[0])
                yield ForeignUsed(what="host", name=name, built_by=member.built_by)

    def _refused_as_foreign(
        self, entries: Iterable[Entry], member: Member
    ) -> Iterator[ForeignUsed]:
        """Find the tokens and clients that a tenant refused and that are not its own."""
        unknown: dict[str, ForeignUsed] = {}
        for entry in entries:
            fact = entry.fact
            for what, used in _presented(fact):
                if not used or member.owns(used):
                    continue
                owner = self._members.owner(used)
                if owner is not None:
                    yield ForeignUsed(what=what, name=used, built_by=owner)
                elif isinstance(fact, CallMade):
                    unknown.setdefault(used, _bearer_of_none(fact, used))
        yield from unknown.values()


def _judged_before(
    package: str, mine: Iterable[Member], set_up: JudgedInSetUp
) -> frozenset[str] | None:
    """Tell what blocks in the set-up judged of a package at a test's tenants; None: nothing."""
    places = [(each, package) for each in mine if (each, package) in set_up]
    return frozenset[str]().union(*(set_up[place] for place in places)) if places else None


def _presented(fact: Fact) -> tuple[tuple[Literal["client", "token"], str], ...]:
    """Tell by what a request says whose it is."""
    if isinstance(fact, TokenRequested):
        return ("client", fact.client), ("token", fact.presented or "")
    return (("token", fact.token or ""),)


_NO_TOKENS = {fingerprint(word): word for word in ("None", "null", "undefined", "nil", "False")}
"""What programs write where they have no token."""


def _bearer_of_none(call: CallMade, used: str) -> ForeignUsed:
    return ForeignUsed(
        what="bearer",
        name=used,
        built_by=None,
        call=call.need.label,
        word=_NO_TOKENS.get(used, ""),
    )
