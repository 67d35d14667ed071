"""The records of a whole suite, read in one pass: which scopes are needed, and how well shown.

`what_counts` says what is taken for use.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

from ..catalogue.call_requirements import YOURS
from .gate_result import Relaxed
from .grouping import list_under
from .read_record import read_marks, read_parts
from .results import error_rules
from .suite_evidence import (
    RUNGS,
    CallEvidence,
    MarkEvidence,
    OwnEntry,
    PackageEvidence,
    ScopeEvidence,
    SuiteEvidence,
    TestFinding,
)
from .what_counts import fails_by_itself, is_unmarked, judges, place_of, shows_use

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..catalogue.call_requirements import CallRequirements
    from ..privilege.expectation import Expectation, Match
    from .read_record import Part
    from .record import BlockCallRecord
    from .results import Outcome, ResultRecord
    from .suite_evidence import Rung, Scopes, Tests

    Used = tuple[CallRequirements, Scopes]
    """A catalogue entry, and what of the token's scopes a call on it needed."""

_place_in_list = attrgetter("test", "rule", "scopes", "package", "severity")


def read_suite(records: Iterable[ResultRecord]) -> SuiteEvidence:
    """Read the records of a suite, each once and in any order."""
    reader = _Reader()
    for record in records:
        reader.add(record)
    return reader.evidence()


@dataclass(slots=True, eq=False)
class _Package:
    """What is gathered of one package; all that is listed is a list of tests."""

    assigned: set[str] = field(default_factory=set)
    assignments: set[Scopes] = field(default_factory=set)
    by_default: list[str] = field(default_factory=list)
    omitted: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    logins: dict[Scopes, list[str]] = field(default_factory=dict)
    users: dict[str, list[str]] = field(default_factory=dict)
    declared: dict[str, list[str]] = field(default_factory=dict)
    requested: dict[str, list[str]] = field(default_factory=dict)
    calls: dict[Used, list[str]] = field(default_factory=dict)

    def add_judged(self, test: str, part: Part) -> None:
        """Note what a judged test asked for."""
        seen = part.observed
        if part.everything:
            self.by_default.append(test)
        else:
            self.assignments.add(seen.assigned)
        if seen.omitting:
            self.omitted.append(test)
        if any(each.scope is not None for each in seen.requests):
            self.named.append(test)
        list_under({each.named for each in seen.logins}, test, self.logins)
        users = {each.user for each in seen.requests} | {each.user for each in seen.calls}
        list_under(filter(None, users), test, self.users)
        self.add_requested(test, part)

    def add_requested(self, test: str, part: Part) -> None:
        """Note what a test asked for by name."""
        list_under(part.observed.named, test, self.requested)

    def evidence(self, name: str) -> PackageEvidence:
        """Give what was gathered, sorted."""
        calls = _calls(self.calls)
        of_scope: dict[str, list[CallEvidence]] = {}
        for call in calls:
            list_under(call.used, call, of_scope)
        scopes = {
            scope: _scope(
                scope,
                _sorted(self.declared.get(scope, ())),
                _sorted(self.requested.get(scope, ())),
                of_scope.get(scope, ()),
            )
            for scope in sorted({*self.declared, *self.requested, *of_scope})
        }
        return PackageEvidence(
            name=name,
            assigned=frozenset(self.assigned),
            assignments=tuple(sorted(self.assignments, key=sorted)),
            by_default=_sorted(self.by_default),
            omitted_by=_sorted(self.omitted),
            named_by=_sorted(self.named),
            logins={each: _sorted(self.logins[each]) for each in sorted(self.logins, key=sorted)},
            users={each: _sorted(tests) for each, tests in sorted(self.users.items())},
            scopes=scopes,
            calls=calls,
        )


@dataclass(slots=True, eq=False)
class _Mark:
    places: set[str] = field(default_factory=set)
    tests: list[str] = field(default_factory=list)
    judged: list[str] = field(default_factory=list)
    calls: dict[Used, list[str]] = field(default_factory=dict)


class _Reader:
    """Gathers what records show, and keeps no record."""

    def __init__(self) -> None:
        self._packages = defaultdict[str, _Package](_Package)
        self._marks: defaultdict[tuple[str, Scopes, Match], _Mark] = defaultdict(_Mark)
        self._outcomes: Counter[Outcome] = Counter()
        self._not_judged: Counter[str] = Counter()
        self._judged = 0
        self._unmarked: list[str] = []
        self._findings: list[TestFinding] = []
        self._relaxed: dict[tuple[str, str, str, str], list[str]] = {}
        self._own_entries: dict[tuple[str, str], list[str]] = {}
        self._failed: list[str] = []
        self._xfailed: list[str] = []
        self._rerun: dict[str, tuple[str, ...]] = {}

    def add(self, record: ResultRecord) -> None:
        """Note what one test shows."""
        test, marks, parts = record["test"], read_marks(record), read_parts(record)
        self._add_outcome(record)
        self._add_findings(record, marks)
        shown = shows_use(record)
        for mark in marks:
            if mark.kind == "scopes":
                judged = [part for part in parts if judges(mark, part, marks)]
                self._add_mark(mark, record, judged, shown=shown)
            if mark.refused:
                refusal = "mc_no_token", "refused=True", "", mark.origin
                list_under([refusal], test, self._relaxed)
        for part in parts:
            judging = [mark for mark in marks if judges(mark, part, marks)]
            refused = any(mark.refused for mark in judging)
            if record["judged"]:
                used = _used_in(part) if shown and (judging or not marks) else set()
                if not marks:
                    used &= _used_in_blocks(part, record["block_calls"])
                self._add_judged(test, part, used, refused=refused)
            elif judging and not refused:
                # It failed before it could be judged: what it asked for is known all the same.
                self._packages[part.observed.package].add_requested(test, part)

    def _add_judged(self, test: str, part: Part, used: Iterable[Used], *, refused: bool) -> None:
        """Note what a judged test did with one package, and what its calls show a use of."""
        package = self._packages[part.observed.package]
        package.assigned |= part.observed.assigned
        if not refused:
            package.add_judged(test, part)
        entries = {
            (call.need.label, call.need.confidence)
            for call in part.observed.calls
            if YOURS in call.need.confidence
        }
        list_under(entries, test, self._own_entries)
        list_under(used, test, package.calls)

    def _add_outcome(self, record: ResultRecord) -> None:
        test = record["test"]
        self._outcomes[record["outcome"]] += 1
        if record["judged"]:
            self._judged += 1
        else:
            self._not_judged[record["why_not_judged"]] += 1
        if is_unmarked(record):
            self._unmarked.append(test)
        if fails_by_itself(record):
            self._failed.append(test)
        if record["outcome"] == "xfailed":
            self._xfailed.append(test)

    def _add_findings(self, record: ResultRecord, marks: Iterable[Expectation]) -> None:
        places = {mark.package: place_of(mark.origin) for mark in reversed([*marks])}
        first = places.get(None) or next(iter(places.values()), "")
        for found in record["findings"]:
            self._findings.append(
                TestFinding(
                    test=record["test"],
                    rule=found["rule"],
                    severity=found["severity"],
                    scopes=tuple(found["scopes"]),
                    package=found["package"],
                    where=places.get(found["package"], first),
                    expected=record["outcome"] == "xfailed",
                )
            )
        relaxed = {
            (each["by"], each["rule"], each["reason"], each["origin"]) for each in record["relaxed"]
        }
        list_under(relaxed, record["test"], self._relaxed)
        errors = error_rules(record["findings"])
        earlier = {rule for each in record["earlier"] for rule in error_rules(each["findings"])}
        if earlier - errors:
            self._rerun[record["test"]] = tuple(sorted(earlier - errors))

    def _add_mark(
        self, mark: Expectation, record: ResultRecord, parts: Iterable[Part], *, shown: bool
    ) -> None:
        """Note what the test under a mark declares, and what it used of that."""
        test = record["test"]
        key = mark.package or "", mark.declared, mark.match
        known = self._marks[key]
        known.places.add(place_of(mark.origin))
        known.tests.append(test)
        if record["judged"] and "MCS105" not in error_rules(record["findings"]):
            known.judged.append(test)
        for name in {part.observed.package for part in parts} or {mark.package} - {None}:
            package = self._packages[str(name)]
            list_under(mark.declared, test, package.declared)
        if shown:
            list_under({used for part in parts for used in _used_in(part)}, test, known.calls)

    def evidence(self) -> SuiteEvidence:
        """Give what was gathered, sorted."""
        return SuiteEvidence(
            packages={name: each.evidence(name) for name, each in sorted(self._packages.items())},
            marks=tuple(_mark(*key, self._marks[key]) for key in sorted(self._marks, key=_as_text)),
            outcomes=dict(sorted(self._outcomes.items())),
            judged=self._judged,
            not_judged=dict(sorted(self._not_judged.items())),
            unmarked=_sorted(self._unmarked),
            findings=tuple(sorted(self._findings, key=_place_in_list)),
            relaxed=tuple(
                Relaxed(by=by, what=what, reason=why, where=place_of(origin), tests=_sorted(tests))
                for (by, what, why, origin), tests in sorted(self._relaxed.items())
            ),
            own_entries=tuple(
                OwnEntry(label=label, confidence=confidence, tests=_sorted(tests))
                for (label, confidence), tests in sorted(self._own_entries.items())
            ),
            failed=_sorted(self._failed),
            xfailed=_sorted(self._xfailed),
            rerun=dict(sorted(self._rerun.items())),
        )


def _used_in(part: Part) -> set[Used]:
    return {(call.need, call.used) for call in part.observed.allowed}


def _used_in_blocks(part: Part, blocks: Iterable[BlockCallRecord]) -> set[Used]:
    """Give what a part used in judged blocks: what came before and after these shows no use."""
    covered = {
        (each["label"], frozenset(each["used"]))
        for each in blocks
        if each["package"] == part.observed.package
    }
    return {(need, used) for need, used in _used_in(part) if (need.label, used) in covered}


def _calls(used: Mapping[Used, Iterable[str]]) -> tuple[CallEvidence, ...]:
    """Sort calls, the best shown first."""
    found = [
        CallEvidence(
            label=need.label,
            confidence=need.confidence,
            doubt=need.doubt,
            used=scopes,
            minimal_sets=need.minimal_sets,
            may_need=(need.explains | need.tolerated) - scopes,
            tests=_sorted(tests),
        )
        for (need, scopes), tests in used.items()
    ]
    return tuple(
        sorted(found, key=lambda each: (-RUNGS.index(each.rung), each.label, sorted(each.used)))
    )


def _scope(
    scope: str, declared: Tests, requested: Tests, calls: Iterable[CallEvidence]
) -> ScopeEvidence:
    rungs: list[Rung] = ["requested" if requested else "declared only"]
    rungs += [call.rung for call in calls]
    return ScopeEvidence(
        scope=scope,
        rung=max(rungs, key=RUNGS.index),
        declared_by=declared,
        requested_by=requested,
        calls=tuple(calls),
    )


def _mark(package: str, declared: Scopes, match: Match, found: _Mark) -> MarkEvidence:
    calls = _calls(found.calls)
    return MarkEvidence(
        package=package or None,
        declared=declared,
        match=match,
        places=tuple(sorted(found.places)),
        tests=_sorted(found.tests),
        judged=_sorted(found.judged),
        calls={
            scope: tuple(call for call in calls if scope in call.used) for scope in sorted(declared)
        },
        perhaps={
            scope: tuple(call for call in calls if scope in call.may_need)
            for scope in sorted(declared)
        },
    )


def _as_text(key: tuple[str, Scopes, Match]) -> tuple[str, list[str], str]:
    return key[0], sorted(key[1]), key[2]


def _sorted(tests: Iterable[str]) -> Tests:
    return tuple(sorted(tests))
