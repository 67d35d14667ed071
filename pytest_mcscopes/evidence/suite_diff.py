"""What a change adds to the scopes that a suite shows to be needed, and what it takes from them.

Two sides are compared: the suite before the change, and after it. "No more" is
said only where nothing is left that could be more: what the later side does not
show may be anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from ..words import count, first_of
from .grouping import list_under
from .read_suite import read_suite
from .what_counts import shows_use

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from .data_file import RunRecord
    from .results import Outcome, ResultRecord
    from .suite_evidence import ScopeEvidence, Scopes, SuiteEvidence, Tests

K = TypeVar("K")
Answer = Literal["more", "undetermined", "less", "the same"]
_Need = tuple[str, str]
"""A package, and a scope."""
_COMPARED = ("overlay", "settings")
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A call on a doubtful row, which may need more than it is known to have used."""

    package: str
    label: str
    doubt: str
    perhaps: Scopes


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of the comparison."""

    name: str
    """Of its files."""
    run: RunRecord
    suite: SuiteEvidence
    counted: frozenset[str]
    """The tests whose calls show use."""
    uncounted: Mapping[str, Outcome]
    """The others that talked to a tenant, or were to, and how they ended."""
    used_uncounted: Mapping[_Need, Tests]
    """What these used all the same, on trusted rows."""
    doubts: Mapping[Doubt, Tests]
    """Of all tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A scope that one side shows to be needed, and the other does not."""

    package: str
    scope: str
    evidence: ScopeEvidence


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteDiff:
    """The result of a comparison. All lists in it are sorted."""

    before: Side
    after: Side
    added: tuple[Change, ...]
    taken: tuple[Change, ...]
    needed: Mapping[str, tuple[str, ...]]
    """Package -> what it needs after the change."""
    open: tuple[str, ...]
    """Why it cannot be said that no more is needed, each with what to do."""
    remarks: tuple[str, ...]
    """What else is to be known."""

    @property
    def answer(self) -> Answer:
        """The result in a word."""
        if self.added:
            return "more"
        if self.open:
            return "undetermined"
        return "less" if self.taken else "the same"


def read_side(name: str, run: RunRecord, records: Iterable[ResultRecord]) -> Side:
    """Read the records of one side, each once."""
    left_out = _LeftOut()
    suite = read_suite(map(left_out.see, records))
    return Side(
        name=name,
        run=run,
        suite=suite,
        counted=frozenset(left_out.counted),
        uncounted=left_out.uncounted,
        used_uncounted=_sorted(left_out.used_uncounted),
        doubts=_sorted(left_out.doubts),
    )


class _LeftOut:
    """Gathers what `SuiteEvidence` does not hold: what tests that do not count used."""

    def __init__(self) -> None:
        self.counted: set[str] = set()
        self.uncounted: dict[str, Outcome] = {}
        self.used_uncounted: dict[_Need, list[str]] = {}
        self.doubts: dict[Doubt, list[str]] = {}

    def see(self, record: ResultRecord) -> ResultRecord:
        """Note what a record holds, and return it."""
        test, counts = record["test"], shows_use(record)
        if counts:
            self.counted.add(test)
        elif record["parts"] or record["marks"]:
            self.uncounted[test] = record["outcome"]
        calls = [
            (part["package"], call)
            for part in record["parts"]
            for call in part["calls"]
            if not (call["granted"] is None or call["own"])
        ]
        doubts = dict.fromkeys(
            Doubt(
                package=package,
                label=call["need"]["label"],
                doubt=call["need"]["doubt"],
                perhaps=frozenset((*call["used"], *call["may_need"])),
            )
            for package, call in calls
            if call["need"]["doubt"]
        )
        list_under(doubts, test, self.doubts)
        if not counts:
            trusted = [each for each in calls if not each[1]["need"]["doubt"]]
            needs = {(package, scope) for package, call in trusted for scope in call["used"]}
            list_under(needs, test, self.used_uncounted)
        return record


def _sorted(found: Mapping[K, list[str]]) -> Mapping[K, Tests]:
    return {key: tuple(sorted(tests)) for key, tests in sorted(found.items(), key=_as_text)}


def _as_text(item: tuple[object, list[str]]) -> tuple[str, list[str]]:
    key, tests = item
    return (
        f"{key.package} {key.label} {sorted(key.perhaps)}" if isinstance(key, Doubt) else str(key)
    ), tests


def compare(before: Side, after: Side) -> SuiteDiff:
    """Compare what two sides show."""
    old, new = _needed(before), _needed(after)
    return SuiteDiff(
        before=before,
        after=after,
        added=tuple(_changes(new, without=old)),
        taken=tuple(_changes(old, without=new)),
        needed={
            package: tuple(scope for each, scope in sorted(new) if each == package)
            for package in after.suite.packages
        },
        open=tuple(_open(before, after, old)),
        remarks=tuple(_remarks(before, after)),
    )


def _needed(side: Side) -> Mapping[_Need, ScopeEvidence]:
    """Find what calls on trusted rows used."""
    return {
        (name, scope): evidence
        for name, package in side.suite.packages.items()
        for scope, evidence in package.scopes.items()
        if any(not call.doubt for call in evidence.calls)
    }


def _changes(
    needed: Mapping[_Need, ScopeEvidence], without: Mapping[_Need, ScopeEvidence]
) -> Iterator[Change]:
    for package, scope in sorted(needed.keys() - without.keys()):
        yield Change(package=package, scope=scope, evidence=needed[package, scope])


def _open(before: Side, after: Side, old: Mapping[_Need, ScopeEvidence]) -> Iterator[str]:
    if not after.run["complete"]:
        whys = after.run["why_not_complete"]
        yield from (f"{after.name} is not complete: {why}" for why in whys)
    if after.run["mixed"]:
        yield f"{after.name} is of runs that differ: combine runs of one state of the project"
    if failed := after.suite.failed:
        yield (
            f"{count(len(failed), 'test')} of {after.name} failed, and may have been about to use"
            f" more, {_few(failed)}: fix what fails"
        )
    yield from _hidden(before, after)
    for need in sorted(after.used_uncounted.keys() - old.keys() - before.used_uncounted.keys()):
        package, scope = need
        yield (
            f'{scope} of package "{package}" is used by tests that do not count,'
            f" {_few(after.used_uncounted[need])}: mark them, and let them pass"
        )
    for doubt, tests in after.doubts.items():
        perhaps = {scope for scope in doubt.perhaps if (doubt.package, scope) not in old}
        if perhaps and doubt not in before.doubts:
            more = (
                ", ".join(sorted(perhaps)) if len(perhaps) <= _SHOWN else f"{len(perhaps)} scopes"
            )
            yield (
                f'package "{doubt.package}" may need {more} more for {doubt.label} (doubtful:'
                f" {doubt.doubt}), called in {_few(tests)}: say in mcscopes.toml what it needs"
            )


def _hidden(before: Side, after: Side) -> Iterator[str]:
    """Name the tests that counted before and no longer do, although they still exist."""
    hidden = {test: end for test, end in after.uncounted.items() if test in before.counted}
    failed = {*after.suite.failed}
    for end in sorted({*hidden.values()}):
        tests = [test for test in hidden if hidden[test] == end and test not in failed]
        if tests:
            is_now = "passed without a verdict" if end in {"passed", "xpassed"} else end
            yield (
                f"{_few(tests)} counted in {before.name} and in {after.name} {is_now}: what"
                f" {'it uses' if len(tests) == 1 else 'they use'} now is not shown; let them count"
            )


def _remarks(before: Side, after: Side) -> Iterator[str]:
    if not before.run["complete"] or before.run["mixed"]:
        yield (
            f"{before.name} is not the evidence of one whole run: what is added may have been"
            " needed before"
        )
    differ = [
        name
        for name in _COMPARED
        if before.run["digests"][name] != after.run["digests"][name]  # type: ignore[literal-required]
    ]
    if before.run["versions"]["catalogue"] != after.run["versions"]["catalogue"]:
        differ.append("catalogue")
    if differ:
        yield f"they differ in {' and '.join(differ)}: what is added or taken may come of that"


def _few(names: Iterable[str]) -> str:
    return first_of(sorted(names), _SHOWN)
