"""The command `mcscopes check`: the gate over the data files of a suite."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..privilege.findings import RULES
from ..words import did_you_mean
from .data_files import FOLDER, add_expect, add_paths, read_files
from .progress import show_progress
from .shared import load_catalogue, load_manifest, write, write_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..evidence.combine import Combined
    from ..evidence.data_file import RunRecord
    from ..evidence.gate_result import GateResult
    from ..evidence.gate_rules import OtherProject
    from ..evidence.origin import Origin
    from ..evidence.read_file import DataFile
    from ..evidence.suite_evidence import SuiteEvidence
    from ..settings.assigned_packages import AssignedPackage
    from ..settings.manifest import Manifest
    from ..settings.production import ProductionDifference
    from .shared import Parser

_COMMIT = 12
"""Characters of a commit that tell it from another one."""


def add_command(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser of `mcscopes`."""
    parser = commands.add_parser(
        "check",
        help="the gate: fail where the evidence of a suite shows too many rights, or too little",
        description="Check what pytest --mc-data wrote of a whole suite. It fails for findings of"
        " tests, for scopes that are requested and not assigned (MCS401), assigned and exercised by"
        " no test (MCS402), exceptions that are unused or expired (MCS403) and members of a union"
        " that no test uses (MCS405); and where no test was judged or the evidence is not complete."
        " What is assigned stands in the manifest, mcscopes.toml. Several files are put together as"
        " by mcscopes combine.",
        epilog="exit codes: 0 it passes, or a baseline was written, 1 it does not pass, 2 it could"
        " not be checked.",
        allow_abbrev=False,
    )
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
        "--write-baseline",
        type=Path,
        metavar="FILE",
        help="write what fails today to this file, for --baseline",
    )
    parser.add_argument(
        "--allow-incomplete",
        type=_reason,
        metavar="REASON",
        help="let the evidence of a part of the suite do; the output says so, with the reason",
    )
    add_expect(parser)
    parser.add_argument(
        "--production",
        type=Path,
        metavar="FILE",
        help="a saved answer of v2/userinfo or v2/token of production: fail where the manifest"
        " differs from it",
    )
    parser.add_argument(
        "--package", metavar="NAME", help="which package of the manifest that answer is of"
    )
    parser.add_argument("--json", action="store_true", help="write one JSON document")
    parser.set_defaults(run=run)


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


def run(options: argparse.Namespace) -> int:
    """Check the evidence, and what the manifest says against production."""
    from ..evidence.gate_text import describe_gate, write_gate_json

    manifest = load_manifest()
    difference = _compare_production(options, manifest)
    checked = _check(options, manifest)
    if options.json:
        write(write_gate_json(*checked, difference))
    else:
        write_lines(describe_gate(*checked))
        write_lines(difference.lines() if difference else ())
    result = checked[2]
    if options.write_baseline:
        return _write_baseline(options.write_baseline, result) or int(bool(difference))
    return int(not result.passed or bool(difference))


def _write_baseline(path: Path, result: GateResult) -> int:
    """Write what fails today, unless the evidence may lack some of it."""
    from ..evidence.baseline import write_baseline

    if result.failures:
        sys.stderr.write("MCSCOPES: the evidence is not enough, so no baseline was written.\n")
        return 1
    number = write_baseline(path, [*result.errors, *result.known])
    are = "1 finding is" if number == 1 else f"{number} findings are"
    sys.stderr.write(f"{are} in the baseline {path}\n")
    return 0


def _compare_production(
    options: argparse.Namespace, manifest: Manifest | None
) -> ProductionDifference | None:
    """Compare the manifest with a saved answer of production; None: none is given.

    Raises:
        ConfigError: it cannot be read, or there is nothing to compare it with.
    """
    if options.production is None:
        return None
    from ..settings.production import compare_production, read_production_answer

    answer = read_production_answer(options.production, load_catalogue().wire_ids)
    packages = manifest.packages if manifest else ()
    return compare_production(packages, answer, options.package)


def _check(
    options: argparse.Namespace, manifest: Manifest | None
) -> tuple[RunRecord | None, SuiteEvidence, GateResult]:
    """Read the evidence and check it.

    Raises:
        McScopesError: it cannot be read, or may not be put together; or the baseline cannot.
    """
    from ..evidence.baseline import read_baseline
    from ..evidence.gate import check_suite, fail_without_record
    from ..evidence.origin import find_origin
    from ..evidence.read_suite import read_suite
    from ..tenant.clock import Clock

    baseline = read_baseline(options.baseline) if options.baseline else frozenset()
    paths, empty = _part_empty(options.paths)
    if not paths:
        return None, read_suite(()), fail_without_record()
    packages = manifest.packages if manifest else ()
    here = find_origin(Path.cwd(), {})
    own, others = _read(options, paths, empty, here, packages)
    suite = read_suite(show_progress(own.records(), len(own.tests)))
    unmarked = {"MCS404"} if manifest and manifest.settings.get("fail_unmarked") else set()
    result = check_suite(
        own.run,
        suite,
        packages,
        today=datetime.fromtimestamp(Clock().now(), UTC).date(),
        fail_on=options.fail_on | unmarked,
        baseline=baseline,
        allow_incomplete=options.allow_incomplete or "",
        stale="" if options.allow_mixed else _find_stale(own.run, here),
        others=others,
    )
    return own.run, suite, result


def _part_empty(paths: Iterable[Path]) -> tuple[list[Path], list[str]]:
    """Part what may have data files from what shows that there are none, with what to do there."""
    parted: dict[bool, list[Path]] = {True: [], False: []}
    for path in paths:
        parted[_is_empty(path)].append(path)
    empty = [f"{path} has no data file in it: run pytest --mc-data" for path in parted[True]]
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
    paths: Sequence[Path],
    empty: Sequence[str],
    here: Origin,
    packages: Iterable[AssignedPackage],
) -> _Read:
    """Put together what is of this project, and what is of others that share a package with it.

    Raises:
        McScopesError: it cannot be read, or may not be put together.
    """
    from ..evidence.combine import combine
    from ..evidence.gate_rules import OtherProject
    from ..evidence.read_suite import read_suite

    files, unreadable = read_files(paths)
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
            [*unreadable, *empty] if name == own else (),
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


def _find_stale(run: RunRecord, here: Origin) -> str:
    """Say that evidence is of another commit than this folder; empty: it is not known to be."""
    there = run["commit"]
    if run["project"] != here.project or not (there and here.commit) or there == here.commit:
        return ""
    return (
        f"it is of commit {there[:_COMMIT]}, and this folder is at {here.commit[:_COMMIT]}: run"
        " pytest --mc-data here, and leave out files of earlier commits; or add --allow-mixed"
    )
