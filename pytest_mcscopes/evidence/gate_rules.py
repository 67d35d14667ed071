"""The rules about a whole suite, MCS401 to MCS405: pure functions of its evidence.

Each yields what it found, and what it cannot decide. A scope is *exercised* where an allowed call
of a judged test used it, as `what_counts` says; that it was requested is not enough. Only complete
evidence shows absence.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from ..privilege.expectation import FLOW_SCOPES
from ..privilege.phrases import few
from ..words import name_tests
from .gate_result import GateFinding, Undetermined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from ..settings.assigned_packages import AssignedPackage, ScopeException
    from .suite_evidence import CallEvidence, MarkEvidence, PackageEvidence, Scopes, SuiteEvidence

    Found = Iterator[GateFinding | Undetermined]

_OPENID = frozenset({"openid"})
"""Is assigned to no package."""


_BY_TESTS = "given by each judged test to its package (no manifest says what production assigns)"


class Assignment(NamedTuple):
    """What a package is assigned, and who says so."""

    scopes: Scopes
    said: str
    where: str = ""
    scope_places: Mapping[str, str] = {}
    exceptions: tuple[ScopeException, ...] = ()
    projects: tuple[str, ...] = ()

    def where_listed(self, scope: str) -> str:
        """Write the place that gives the package a scope; empty where that are tests."""
        return self.scope_places.get(scope, self.where)


class OtherProject(NamedTuple):
    """The evidence of another project."""

    why_incomplete: tuple[str, ...]
    suite: SuiteEvidence


@dataclass(frozen=True, kw_only=True)
class GateCase:
    """All that the rules decide over."""

    suite: SuiteEvidence
    packages: Mapping[str, AssignedPackage]
    """Those of the manifest, by name."""
    project: str
    """That of the suite."""
    others: Mapping[str, OtherProject]
    """Further projects, by name: what their tests show of packages that are shared with them."""
    why_incomplete: tuple[str, ...]
    """(): the evidence is complete."""
    today: date
    """In UTC."""

    @cached_property
    def assignments(self) -> dict[str, Assignment]:
        """What each package is assigned: by the manifest, or where all tests had the same, that."""
        by_tests = {
            name: Assignment(seen.assignments[0], _BY_TESTS)
            for name, seen in self.suite.packages.items()
            if len(seen.assignments) == 1 and not seen.by_default
        }
        by_manifest = {
            name: Assignment(
                each.scopes,
                "assigned",
                each.where,
                each.scope_places,
                each.exceptions,
                each.projects,
            )
            for name, each in self.packages.items()
        }
        return by_tests | by_manifest

    def calls_of(self, package: str) -> tuple[CallEvidence, ...]:
        """Give the calls that show what of a package is exercised."""
        shared = self.assignments[package].projects if package in self.assignments else ()
        theirs = (self.others[name].suite for name in shared if name in self.others)
        seen = (suite.packages.get(package) for suite in (self.suite, *theirs))
        return tuple(call for each in seen if each for call in each.calls)

    def why_unshown(self, projects: Iterable[str]) -> str:
        """Say why it is not shown that something is exercised nowhere; empty: it is."""
        if self.why_incomplete:
            return f"the evidence is not complete: {_first(self.why_incomplete)}"
        others = sorted({*projects} - {self.project})
        if missing := [name for name in others if name not in self.others]:
            return f"the package is shared, and there is no evidence of {_names(missing)}"
        partial = (name for name in others if self.others[name].why_incomplete)
        if (name := next(partial, None)) is not None:
            gaps = self.others[name].why_incomplete
            return f'the evidence of "{name}" is not complete: {_first(gaps)}'
        return ""


class _Exercised(NamedTuple):
    """The scopes of a package that allowed calls used."""

    surely: Scopes
    perhaps: Mapping[str, CallEvidence]
    """Those that calls on doubtful entries alone used, each with one of these."""


def find_exercised(calls: Iterable[CallEvidence], assigned: Scopes) -> _Exercised:
    """Find what calls used, had their tokens carried no more than what is assigned."""
    surely: set[str] = set()
    perhaps: dict[str, CallEvidence] = {}
    for call in calls:
        used = _used(call, assigned)
        if call.doubt:
            perhaps |= {scope: call for scope in used if scope not in perhaps}
        else:
            surely |= used
    left = {scope: call for scope, call in perhaps.items() if scope not in surely}
    return _Exercised(frozenset(surely), left)


def _used(call: CallEvidence, assigned: Scopes) -> Scopes:
    """Choose what a call used: where one scope or another would do, one that is assigned."""
    if call.used <= assigned:
        return call.used
    return next((each for each in call.minimal_sets if each <= assigned), call.used)


def find_left_out(case: GateCase) -> Iterator[str]:
    """Say which packages are shared by other projects alone, although tests of this one use it.

    Nothing could ever be shown of such a package: one name in the list is likely misspelt.
    """
    for name, seen in case.suite.packages.items():
        package = case.packages.get(name)
        used = seen.calls or any(each.requested_by for each in seen.scopes.values())
        if package and package.projects and case.project not in package.projects and used:
            yield (
                f'package "{name}" ({package.where}) is of the projects'
                f' {_names(package.projects)}, and tests of "{case.project}" use it: put'
                " that name into its projects too"
            )


def requested_not_assigned(case: GateCase) -> Found:
    """MCS401: the code asks for, or uses, what the manifest does not assign to the package."""
    for name, seen in case.suite.packages.items():
        package = case.packages.get(name)
        if package is None:
            yield from _no_manifest("MCS401", case, seen)
            continue
        requested = {scope: each for scope, each in seen.scopes.items() if each.requested_by}
        declared = {scope for scope, each in seen.scopes.items() if each.declared_by}
        uncompared = _OPENID | (FLOW_SCOPES - declared)
        for scope, each in requested.items():
            if scope not in package.scopes | uncompared:
                text = f"{scope} is requested and not assigned: {name_tests(each.requested_by)}"
                yield _of_package("MCS401", name, scope, text, package.where)
        for scope, call in _used_beyond(package.scopes, seen.calls).items():
            if scope not in requested:
                text = (
                    f"{scope} is used and not assigned, and granted because scope was left out:"
                    f" {call.label}, {name_tests(call.tests)}"
                )
                yield _of_package("MCS401", name, scope, text, package.where)


def _used_beyond(assigned: Scopes, calls: Iterable[CallEvidence]) -> dict[str, CallEvidence]:
    """Find the scopes that calls used and the package is not assigned, each with its first call."""
    found: dict[str, CallEvidence] = {}
    for call in calls:
        if not call.doubt:
            for scope in sorted(_used(call, assigned) - assigned):
                found.setdefault(scope, call)
    return found


def _no_manifest(rule: str, case: GateCase, seen: PackageEvidence) -> Found:
    """Say that nobody says what a package is assigned that judged tests have to do with."""
    if not (seen.by_default or seen.assignments):
        return
    others = f" among {_names(case.packages)}" if case.packages else ""
    text = (
        f'no [[package]] of a manifest has name = "{seen.name}"{others}, so that it is not known'
        " what production assigns: write one in mcscopes.toml, with its scopes, or let mcscopes"
        " import FILE do it"
    )
    yield Undetermined(rule=rule, text=text, package=seen.name)


def assigned_not_exercised(case: GateCase) -> Found:
    """MCS402: a scope is assigned, and no test exercises it."""
    for name, seen in case.suite.packages.items():
        if name not in case.assignments:
            yield from _no_manifest("MCS402", case, seen)
    for name, package in case.assignments.items():
        exercised = find_exercised(case.calls_of(name), package.scopes)
        excepted = {each.scope for each in package.exceptions if not each.has_expired(case.today)}
        left = package.scopes - FLOW_SCOPES - exercised.surely
        for scope in sorted(left.intersection(exercised.perhaps) - excepted):
            text = (
                f"{scope} is exercised on a doubtful call only: {_doubt(exercised.perhaps[scope])}"
            )
            place = package.where_listed(scope)
            yield Undetermined(rule="MCS402", text=text, scopes=(scope,), package=name, where=place)
        idle = sorted(left.difference(exercised.perhaps) - excepted)
        yield from _idle(case, name, package, idle)


def _idle(case: GateCase, name: str, package: Assignment, idle: list[str]) -> Found:
    if idle and (why := case.why_unshown(package.projects)):
        text = f"not exercised by what there is: {few(idle, ' ')}; {why}"
        yield Undetermined(
            rule="MCS402", text=text, scopes=(*idle,), package=name, where=package.where
        )
        return
    for scope in idle:
        text = f"{scope} is {package.said} and exercised by no test{_what_else(case, name, scope)}"
        yield _of_package("MCS402", name, scope, text, package.where_listed(scope))


def _what_else(case: GateCase, package: str, scope: str) -> str:
    """Say what else a suite shows of a scope that no call used."""
    seen = case.suite.packages.get(package)
    known = seen.scopes.get(scope) if seen else None
    requested = known.requested_by if known else ()
    asked = f"; requested by {name_tests(requested)}" if requested else ""
    if failing := {*requested} & {*case.suite.failed, *case.suite.xfailed}:
        some = "" if len(failing) == len(requested) else f", {len(failing)} of which failed"
        asked += f"{some}: a test that fails shows no use"
    calls = [call for call in case.calls_of(package) if scope in call.may_need]
    return asked + _may_need(calls)


def _may_need(calls: Sequence[CallEvidence]) -> str:
    """Name the first of the calls that may need a scope, and what is not known of it."""
    return f"; {calls[0].label} may need it ({calls[0].doubt or 'not listed'})" if calls else ""


def exception_unused_or_expired(case: GateCase) -> Found:
    """MCS403: an exception of the manifest excuses nothing, or no longer."""
    for name, package in case.packages.items():
        exercised = find_exercised(case.calls_of(name), package.scopes).surely
        for each in package.exceptions:
            if each.has_expired(case.today):
                text = f"the exception for {each.scope} expired on {each.expires}"
            elif each.scope in exercised:
                text = f"the exception for {each.scope} is of no use: tests exercise it"
            elif each.scope in FLOW_SCOPES:
                text = (
                    f"the exception for {each.scope} is of no use: it is of the log-in itself, and"
                    " need not be exercised"
                )
            else:
                continue
            yield _of_package("MCS403", name, each.scope, text, each.where)


def traffic_without_mark(case: GateCase) -> Found:
    """MCS404: a test talked to a tenant, and nothing judges it."""
    for test in case.suite.unmarked:
        text = "talked to a tenant, and no mark judges it"
        yield GateFinding(rule="MCS404", severity="error", text=text, test=test)


def union_member_not_used(case: GateCase) -> Found:
    """MCS405: a member of a union mark that none of the tests under it used."""
    for mark in case.suite.marks:
        if mark.match == "at_most":
            yield from _members(case, mark)


def _members(case: GateCase, mark: MarkEvidence) -> Found:
    surely = {scope for scope, calls in mark.calls.items() if any(not call.doubt for call in calls)}
    left = sorted(mark.declared - FLOW_SCOPES - surely)
    perhaps = [scope for scope in left if mark.calls[scope]]
    idle = [scope for scope in left if not mark.calls[scope]]
    package, where = mark.package or "", mark.places[0]
    for scope in perhaps:
        text = f"{scope} is used on a doubtful call only: {_doubt(mark.calls[scope][0])}"
        yield Undetermined(rule="MCS405", text=text, scopes=(scope,), package=package, where=where)
    why = case.why_unshown(())
    if not (why or mark.judged):
        why = f"no test under it was judged and got a token: {name_tests(mark.tests)}"
    if idle and why:
        text = f"not used under the mark by what there is: {few(idle, ' ')}; {why}"
        yield Undetermined(rule="MCS405", text=text, scopes=(*idle,), package=package, where=where)
        return
    also = f", written in {len(mark.places)} places" if len(mark.places) > 1 else ""
    for scope in idle:
        text = f"{scope} is in a union, and used by no test under it: {name_tests(mark.tests)}"
        yield GateFinding(
            rule="MCS405",
            severity="error",
            text=f"{text}{also}{_may_need(mark.perhaps[scope])}",
            scopes=(scope,),
            package=package,
            where=where,
            union=tuple(sorted(mark.declared)),
        )


SUITE_RULES: tuple[Callable[[GateCase], Found], ...] = (
    requested_not_assigned,
    assigned_not_exercised,
    exception_unused_or_expired,
    traffic_without_mark,
    union_member_not_used,
)


def _of_package(rule: str, package: str, scope: str, text: str, where: str) -> GateFinding:
    return GateFinding(
        rule=rule, severity="error", text=text, scopes=(scope,), package=package, where=where
    )


def _first(gaps: tuple[str, ...]) -> str:
    """Give the first reason, without what to do, which is said with all of them."""
    return gaps[0].partition(": ")[0]


def _doubt(call: CallEvidence) -> str:
    return f"{call.label} ({call.doubt})"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
