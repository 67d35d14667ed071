"""How commands read the evidence of a suite and check it, with the options of the gate."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..privilege.findings import RULES
from ..words import did_you_mean
from .data_files import FOLDER, add_expect, add_paths, read_files
from .progress import show_progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..evidence.combine import Combined
    from ..evidence.data_file import RunRecord
    from ..evidence.gate_result import GateResult
    from ..evidence.gate_rules import OtherProject
    from ..evidence.origin import Origin
    from ..evidence.read_file import DataFile
    from ..evidence.suite_evidence import SuiteEvidence
    from ..settings.assigned_packages import AssignedPackage
    from ..settings.manifest import Manifest
    from .shared import Parser


def add_gate_options(parser: Parser) -> None:
    """Add the arguments that say which files are read, and what fails the gate."""
    add_paths(parser)
    parser.add_argument(
        "--fail-on",
        type=_rules,
        default=frozenset(),
        metavar="RULES",
        help="fail for these rules also where they are notes, or are expected: MCS303,MCS404",
    )
    parser.add_argument(
        "--baseline", type=Path, metavar="FILE", help="fail for what is not in this file alone"
    )
    parser.add_argument(
        "--allow-incomplete",
        type=_reason,
        metavar="REASON",
        help="let the evidence of a part of the suite do; the output says so, with the reason",
    )
    add_expect(parser)


def _rules(text: str) -> frozenset[str]:
    rules = [each.strip() for each in text.split(",")]
    for rule in rules:
        if rule not in RULES:
            hint = did_you_mean(rule.upper(), [*RULES])
            msg = f"unknown rule {rule!r}.{hint} Write the rules with commas, as MCS303,MCS404"
            raise argparse.ArgumentTypeError(msg)
    return frozenset(rules)


def _reason(text: str) -> str:
    if not text.strip():
        msg = "a reason is wanted, as 'the integration tests run at night'"
        raise argparse.ArgumentTypeError(msg)
    return text


def check_evidence(
    options: argparse.Namespace, manifest: Manifest | None, but: Path | None = None
) -> tuple[RunRecord | None, SuiteEvidence, GateResult]:
    """Read the evidence and check it.

    Args:
        options: those that were added.
        manifest: what it says is assigned; None: there is none.
        but: what is to be written, which is left out of a folder.

    Returns:
        What is true of the run, or None where no file is there; what its records show; and what
        the gate makes of it.

    Raises:
        McScopesError: it cannot be read, or may not be put together; or the baseline cannot.
    """
    from ..evidence.baseline import read_baseline
    from ..evidence.gate import check_suite, fail_without_record
    from ..evidence.read_suite import read_suite
    from ..tenant.clock import today

    baseline = read_baseline(options.baseline) if options.baseline else frozenset()
    paths, empty = _part_empty(options.paths)
    if not paths:
        return None, read_suite(()), fail_without_record(empty)
    packages = manifest.packages if manifest else ()
    here = _find_here()
    files, unreadable = read_files(paths, but)
    own, others = _read(options, files, [*unreadable, *empty], here, packages)
    suite = read_suite(show_progress(own.records(), len(own.tests)))
    stale = _find_stale(own.run, here, bound=bool(manifest)) or _compare_manifests(
        own.run, overlay=True
    )
    changes = [stale if options.allow_mixed else "", *_find_changes(own.run, files, here)]
    unmarked = {"MCS404"} if manifest and manifest.settings.get("fail_unmarked") else set()
    result = check_suite(
        own.run,
        suite,
        packages,
        today=today(),
        fail_on=options.fail_on | unmarked,
        baseline=baseline,
        allow_incomplete=options.allow_incomplete or "",
        stale="" if options.allow_mixed else stale,
        changed="; ".join(filter(None, changes)),
        others=others,
    )
    return own.run, suite, result


def _part_empty(paths: Iterable[Path]) -> tuple[list[Path], list[str]]:
    """Part what may have data files from what shows that there are none, with what to do there."""
    parted: dict[bool, list[Path]] = {True: [], False: []}
    for path in paths:
        parted[_is_empty(path)].append(path)
    # Whoever named no folder may not be in that of the project.
    shown = (path.absolute() if path is FOLDER else path for path in parted[True])
    empty = [f"{path} has no data file in it: run pytest --mc-data" for path in shown]
    return parted[False], empty


def _is_empty(path: Path) -> bool:
    """Tell whether a folder has no data file; the one that nobody named need not be there."""
    if path is FOLDER and not path.exists():
        return True
    return path.is_dir() and not any(path.rglob("*.jsonl"))


class _Read(NamedTuple):
    own: Combined
    others: dict[str, OtherProject]


def _read(
    options: argparse.Namespace,
    files: Sequence[DataFile],
    missing: Sequence[str],
    here: Origin,
    packages: Iterable[AssignedPackage],
) -> _Read:
    """Put together what is of this project, and what is of others that share a package with it.

    Raises:
        McScopesError: it may not be put together.
    """
    from ..evidence.combine import combine
    from ..evidence.gate_rules import OtherProject
    from ..evidence.read_suite import read_suite

    by_project: dict[str, list[DataFile]] = {}
    for file in files:
        by_project.setdefault(file.run["project"], []).append(file)
    own = here.project if len(by_project) > 1 else files[0].run["project"]
    sharing = {name for each in packages for name in each.projects}
    if own not in by_project or not by_project.keys() - {own} <= sharing:
        combine(files)  # which refuses several projects, and names them
    parts = {
        name: combine(
            some,
            missing if name == own else (),
            expected=options.expect if name == own else None,
            allow_mixed=options.allow_mixed,
        )
        for name, some in by_project.items()
    }
    mine = parts.pop(own)
    return _Read(
        mine,
        {
            name: OtherProject(tuple(each.run["why_not_complete"]), read_suite(each.records()))
            for name, each in parts.items()
        },
    )


def _find_here() -> Origin:
    """Look up of which project and commit this is: of the folder of the manifest, or of this."""
    from ..evidence.origin import find_origin
    from ..settings.manifest_file import find_manifest_above

    file = find_manifest_above(Path.cwd())
    return find_origin(file.path.parent if file else Path.cwd(), {})


def _find_stale(run: RunRecord, here: Origin, *, bound: bool) -> str:
    """Say that evidence is of another project or commit than this folder; empty: it may be of it.

    A commit is of one project alone, whatever the folders are called that it is checked out in.

    Args:
        run: what is true of the run.
        here: of what this folder is.
        bound: whether there is a manifest here, with which the run is compared. Where there is
            none, whoever looks at the evidence of another project has no state of it.
    """
    from ..evidence.origin import COMMIT_LENGTH

    there = run["commit"]
    if there and there == here.commit:
        return ""
    if run["project"] != here.project:
        return _of_another_project(run["project"], here.project) if bound else ""
    if not (there and here.commit):
        return ""
    return (
        f"it is of commit {there[:COMMIT_LENGTH]}, and this folder is at"
        f" {here.commit[:COMMIT_LENGTH]}: run pytest --mc-data here, and leave out files of"
        " earlier commits; or add --allow-mixed"
    )


def _of_another_project(theirs: str, ours: str) -> str:
    return (
        f'it is of the project "{theirs}", and the manifest here is of "{ours}": name the files of'
        " this project, or call mcscopes check in the folder of the other one; if they are the"
        " same, say so by [project] name in pyproject.toml; or add --allow-mixed"
    )


def _find_changes(run: RunRecord, files: Iterable[DataFile], here: Origin) -> Iterator[str]:
    """Say what is not as it was at the run, and fails nothing: a run may itself change files."""
    from ..settings.manifest_file import find_manifest_above

    if find_manifest_above(Path.cwd()):  # that there is none has been said, and fails
        yield _compare_manifests(run, overlay=False)
    if run["commit"] == here.commit and run["dirty"] is False and here.dirty:
        yield "files have changes that are not committed, and were not there at the run"
    own = (each.run for each in files if each.run["project"] == run["project"])
    if {each["dirty"] for each in own} >= {True, False}:
        yield "some of the runs had changes that are not committed, and others had none"


def _compare_manifests(run: RunRecord, *, overlay: bool) -> str:
    """Say that a run was made with another manifest than there is here; empty: it was not.

    Args:
        run: what is true of the run.
        overlay: whether to look at what changes the verdicts on tests, or at the rest.
    """
    from ..evidence.data_file import digest_manifest
    from ..settings.manifest_file import find_manifest_above

    there, file = run["digests"], find_manifest_above(Path.cwd())
    manifest, entries = digest_manifest(file.table if file else {})
    if not overlay:
        return "the manifest has changed since the run" if there["manifest"] != manifest else ""
    if there["manifest"] and not file:
        return (
            "it is of a run with a manifest, and there is none in this folder or above it: call"
            " mcscopes check in the folder of mcscopes.toml; or add --allow-mixed"
        )
    if there["overlay"] != entries:
        return (
            "it is of a run with other catalogue entries of your own than the manifest has here:"
            " run pytest --mc-data again; or add --allow-mixed"
        )
    return ""
