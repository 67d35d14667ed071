"""Several runs of one suite put together: shards, and runs of parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..cloud.fingerprints import REDACTED, hide_parameters
from ..errors import McScopesError
from .completeness import RunFacts, find_flaws, find_gaps, find_unfinished
from .data_file import ID_LENGTH, RunRecord, SeenRecord, SelectionRecord, digest
from .grouping import group_by
from .shards import DeclaredShard, read_shard
from .superseded import differs_in_changes, is_whole_run_after, part_flawed, part_outdated

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from .read_file import DataFile, ResultLine
    from .results import AttemptRecord, ResultRecord

_MUST_BE_EQUAL = ("commit", "manifest", "overlay", "settings")


class Combined(NamedTuple):
    """Several files, put together."""

    run: RunRecord
    tests: Mapping[str, Sequence[ResultLine]]
    """The lines of each test, the one that counts last."""

    def records(self) -> Iterator[ResultRecord]:
        """Give the record of each test, in the order of their ids."""
        for _, lines in sorted(self.tests.items()):
            *others, last = (line.record() for line in lines)
            before: list[AttemptRecord] = []
            for each in others:
                before += each["earlier"]
                before.append({"outcome": each["outcome"], "findings": each["findings"]})
            yield {**last, "earlier": before + last["earlier"]}


def combine(
    files: Sequence[DataFile],
    unreadable: Iterable[str] = (),
    *,
    expected: int | None = None,
    allow_mixed: bool = False,
) -> Combined:
    """Put files together; of a test that several have, the run that began last counts.

    A test that a later whole run of the same test files has not is gone: it was renamed or deleted.
    What went wrong in a run counts no more where a later one did the same well: its tests then are
    earlier attempts. A run of other uncommitted changes than a later whole run is left out.

    Args:
        files: at least one, in any order.
        unreadable: what is wrong with further ones.
        expected: how many files there must be for a complete result; None: any number.
        allow_mixed: whether they may differ in commit, catalogue entries and settings.

    Raises:
        McScopesError: they may not be put together.
    """
    once = {file.run["id"]: file for file in files}.values()  # a copy is no other run
    in_order = sorted(once, key=lambda each: (each.run["started"], each.run["id"]))
    outdated, in_order = part_outdated(in_order)
    mixed = _check_alike(in_order, allow_mixed=allow_mixed)
    flawed, counting = part_flawed(in_order, _has_flaws)
    tests = _gather_tests(in_order, flawed)
    missing = [*unreadable]
    if expected not in {None, len(counting)}:
        missing.append(
            f"{len(counting)} of {expected} expected data files are there: add what is missing, or"
            " leave out what is too much"
        )
    facts = _add_up(counting, tests, missing)
    run = _sum_up([each.run for each in in_order], facts, mixed=mixed)
    run["combined"] = sorted(
        name for each in counting for name in each.run["combined"] or [each.name]
    )
    run["superseded"] = sorted({*run["superseded"], *(each.name for each in [*outdated, *flawed])})
    return Combined(run, tests)


def _gather_tests(
    in_order: Sequence[DataFile], superseded: Sequence[DataFile]
) -> dict[str, list[ResultLine]]:
    """Give the lines of each test, but of those that are gone.

    That are tests that a later whole run has no more, and those of superseded runs alone.
    """
    tests: dict[str, list[ResultLine]] = {}
    for number, file in enumerate(in_order):
        later = [each for each in in_order[number + 1 :] if is_whole_run_after(each.run, file.run)]
        for test, line in file.tests.items():
            if all(map(_has(test), later)):
                tests.setdefault(test, []).append(line)
    counting = (file for file in in_order if file not in superseded)
    there = {test for file in counting for test in file.tests} if superseded else tests.keys()
    return {test: lines for test, lines in tests.items() if test in there}


def _sum_up(runs: Sequence[RunRecord], facts: RunFacts, *, mixed: bool) -> RunRecord:
    """Write the first line of what several runs show together; the last one says what they are."""
    gaps = find_gaps(facts)
    last = runs[-1]
    dirty = [each["dirty"] for each in runs if each["dirty"] is not None]
    changes = (each["digests"]["changes"] for each in runs)
    return RunRecord(
        **last
        | {
            "id": digest([each["id"] for each in runs])[:ID_LENGTH],
            "commit": None if mixed else last["commit"],
            "dirty": any(dirty) if dirty else None,
            "digests": last["digests"] | {"changes": next(filter(None, changes), None)},
            "started": runs[0]["started"],
            "ended": max(each["ended"] for each in runs),
            "tests": len(facts.outcomes),
            "complete": not gaps,
            "why_not_complete": [*gaps],
            "seen": record_seen(facts),
            "selections": _selections(runs) if facts.not_selected else [],
            "shards": sorted(str(each.shard or "") for each in facts.shards),
            "superseded": sorted({name for each in runs for name in each["superseded"]}),
            "mixed": mixed,
            "lists": [],
        }
    )


def _has(test: str) -> Callable[[DataFile], bool]:
    """Tell of a whole run whether it has a test, or leaves it out for good."""
    return lambda file: test in file.tests or _is_among(test, file.run["seen"]["not_selected"])


def _is_among(test: str, names: Collection[str]) -> bool:
    """Tell whether a test is named, with its parameters or without them.

    A run knows that parameters hold a secret once it has run the test; of what it did not run, it
    does not.
    """
    return test in names or (REDACTED in test and test in map(hide_parameters, names))


def record_seen(facts: RunFacts) -> SeenRecord:
    """Write down what a run saw of the suite."""
    files = set(facts.test_files)
    return SeenRecord(
        test_files=sorted(files),
        opened=sorted(each for each in facts.opened if each in files or "::" in each),
        left_out=sorted(facts.left_out),
        not_selected=sorted(facts.not_selected),
        not_run=sorted(find_unfinished(facts.collected, facts.outcomes) - facts.outcomes.keys()),
        uncollectable=sorted(facts.uncollectable),
        crashed=facts.crashed,
        counted=facts.counted,
        unended=sorted(facts.unended),
        irregular=[*facts.irregular],
        unreadable=[*facts.unreadable],
    )


def _check_alike(files: Sequence[DataFile], *, allow_mixed: bool) -> bool:
    """Tell whether files differ in what they must not differ in; refuse them where they may not."""
    first, *others = files
    _check_of_one_project(files)
    mixed = any(file.run["mixed"] for file in files)
    for file in others:
        one, other = ({**each.run, **each.run["digests"]} for each in (first, file))
        differ = [what for what in _MUST_BE_EQUAL if one[what] != other[what]]
        if differs_in_changes(first.run, file.run):
            differ.append("uncommitted changes")
        if differ and not allow_mixed:
            raise McScopesError(
                f"{first.name} and {file.name} differ in {' and '.join(differ)}, and show nothing"
                " together. Delete the one that is of an earlier state of the project, or name the"
                " files of one state; or add --allow-mixed, which the result then says."
            )
        mixed = mixed or bool(differ)
    return mixed


def _check_of_one_project(files: Sequence[DataFile]) -> None:
    """Refuse files of several projects, whatever else they are of."""
    by_project = group_by(files, lambda file: file.run["project"])
    if len(by_project) > 1:
        head = (
            f"the data files are of {len(by_project)} projects. Combine those of each by itself:"
            " tests of the same id are not the same tests there."
        )
        lines = [
            f'  "{name}": {", ".join(sorted(file.name for file in by_project[name]))}'
            for name in sorted(by_project)
        ]
        raise McScopesError("\n".join([head, *lines]))


def _has_flaws(file: DataFile) -> bool:
    facts = _add_up([file], {test: [line] for test, line in file.tests.items()}, ())
    return next(find_flaws(facts), None) is not None


def _add_up(
    files: Sequence[DataFile], tests: Mapping[str, Sequence[ResultLine]], missing: Sequence[str]
) -> RunFacts:
    """Add up what runs saw: what one left out, another may have run."""
    seen = [each.run["seen"] for each in files]

    def all_of(key: str) -> set[str]:
        return {name for each in seen for name in each[key]}  # type: ignore[literal-required]

    opened = all_of("opened")

    def not_among_tests(key: str) -> set[str]:
        return {
            each for each in all_of(key) if tests.keys().isdisjoint({each, hide_parameters(each)})
        }

    not_selected = not_among_tests("not_selected")
    return RunFacts(
        test_files=all_of("test_files"),
        opened=opened,
        left_out=not_among_tests("left_out") - opened - not_selected,
        not_selected=not_selected,
        collected=not_among_tests("not_run") | tests.keys(),
        outcomes={test: lines[-1].outcome for test, lines in tests.items()},
        any_judged=any(lines[-1].judged for lines in tests.values()),
        uncollectable=all_of("uncollectable"),
        crashed=sum(each["crashed"] for each in seen),
        counted=all(each["counted"] for each in seen),
        unended=all_of("unended"),
        irregular=[*dict.fromkeys(text for each in seen for text in each["irregular"])],
        unreadable=[*dict.fromkeys(text for each in seen for text in each["unreadable"]), *missing],
        shards=_shards(files),
    )


def _selections(runs: Sequence[RunRecord]) -> list[SelectionRecord]:
    known = {
        (each["expression"], each["reason"]): each for run in runs for each in run["selections"]
    }
    return [known[key] for key in sorted(known)]


def _shards(files: Sequence[DataFile]) -> list[DeclaredShard]:
    if not any(each.run["shards"] for each in files):
        return []
    return [
        DeclaredShard(read_shard(text) if text else None, each.name)
        for each in files
        for text in each.run["shards"] or [""]
    ]
