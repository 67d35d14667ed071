"""The verdict on what a window holds."""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Literal

from ..cloud.fingerprints import fingerprint
from ..ledger.facts import CallMade, ForeignUsed
from ..privilege.lineage import by_mark
from ..privilege.permissive_marks import open_marks
from ..privilege.remarks import arranged_to_the_end
from ..privilege.rules.case import Case
from ..privilege.rules.foreign_tenant import foreign_tenant
from ..privilege.rules.logs import found_in_log
from ..privilege.set_up import unused_logins
from ..privilege.verdict import UnmarkedVerdict, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..catalogue.catalogue import Catalogue
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
        """Judge a test or a block, by its marks, the closest first, and the tenants that are its.

        *set_up* is what blocks in its own set-up have judged; *aborted*: it failed by itself.
        """
        activities = [self._activity(each, window) for each in mine]
        cases = [
            Case(
                expectation=mark,
                observed=observed,
                catalogue=self._catalogue,
                others=tuple(window.others),
                taken=tuple(window.taken) if mark in expectations else (),
                taken_by=window.taken_by,
                judged_in_set_up=_judged_before(observed.package, mine, set_up) if set_up else None,
            )
            for mark, observed in by_mark(activities, expectations)
        ]
        foreign = list(dict.fromkeys(self._foreign(window, mine)))
        if foreign and _lack_token(cases):
            # MCS105 says why the code has the word None for a token.
            foreign = [each for each in foreign if not each.word]
        strays = [*map(foreign_tenant, foreign), *map(found_in_log, window.logged)]
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

    def remark_set_up(
        self, verdict: Verdict, window: Window, mine: Sequence[Member], set_up: JudgedInSetUp
    ) -> Verdict:
        """Add to a test's verdict what its set-up kept from being judged.

        That is log-ins whose tokens the body did not use, and what came in an `arrange()` that was
        open to the body's end.
        """
        remarks, unused = [*verdict.remarks], list[str]()
        test = self._running.nodeid
        for member in mine:
            came, ledger = window.entries.get(member, ()), member.tenant.ledger
            if len(came) < len(ledger.entries):  # not all of it came in the body
                judged = [name for each, name in set_up if each is member]
                unused += unused_logins(verdict.cases, ledger, test, came, judged)
                if ledger.arranged:
                    remarks += map(arranged_to_the_end, ledger.arranged_to_the_end())
        if unused and not _lack_token(verdict.cases):  # which says why
            remarks += unused
        if len(remarks) == len(verdict.remarks):
            return verdict
        return replace(verdict, remarks=tuple(dict.fromkeys(remarks)))

    def judge_late(
        self, member: Member, entries: Sequence[Entry], expectations: Sequence[Expectation]
    ) -> Verdict:
        """Judge what came to a tenant that has ended, by the marks of its test."""
        seen = by_mark([member.tenant.activity(entries)], expectations) if expectations else ()
        cases = [
            Case(expectation=mark, observed=observed, catalogue=self._catalogue)
            for mark, observed in seen
        ]
        return judge(cases, severities=self._severities)

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
        tokens = member.tenant.ledger.tokens
        for entry in entries:
            fact = entry.fact
            presented: list[tuple[Literal["client", "token"], str | None]]
            if isinstance(fact, CallMade):
                presented = [("token", fact.token)]
            else:
                client = None if fact.package else fact.client  # a package's is the tenant's own
                presented = [("client", client), ("token", fact.presented)]
            for what, used in presented:
                if not used or used in tokens or used in member.tenant.clients:
                    continue
                owner = self._members.owner(used)
                if owner is not None:
                    yield ForeignUsed(what=what, name=used, built_by=owner)
                elif isinstance(fact, CallMade):
                    unknown.setdefault(used, _bearer_of_none(fact, used))
        yield from unknown.values()


def _lack_token(cases: Iterable[Case]) -> bool:
    return any(map(attrgetter("lacks_token"), cases))


def _judged_before(
    package: str, mine: Iterable[Member], set_up: JudgedInSetUp
) -> frozenset[str] | None:
    """Join the scopes that blocks in the set-up judged of a package; None: nothing was judged."""
    places = [(each, package) for each in mine if (each, package) in set_up]
    return frozenset[str]().union(*(set_up[place] for place in places)) if places else None


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
