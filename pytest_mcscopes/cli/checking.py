"""How commands read the evidence of a suite and check it, with the options of the gate."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..evidence.grouping import group_by
from ..privilege.findings import RULES
from ..words import did_you_mean
from .data_files import NamedPaths, add_expect, add_paths, name_paths, read_files
from .progress import show_progress

if TYPE_CHECKING:
    from ..evidence.data_file import RunRecord
    from ..evidence.gate_result import GateResult
    from ..evidence.staleness import ProjectState
    from ..evidence.suite_evidence import SuiteEvidence
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
    options: argparse.Namespace, manifest: Manifest | None, skip: Path | None = None
) -> tuple[RunRecord | None, SuiteEvidence, GateResult]:
    """Read the evidence and check it.

    Args:
        options: those that were added.
        manifest: what it says is assigned; None: there is none.
        skip: the file that is to be written, which is no evidence where it lies in a folder.

    Returns:
        What is true of the run, or None where there is no file; what its records show; and the
        gate's result.

    Raises:
        McScopesError: it cannot be read, or may not be put together; or the baseline cannot.
    """
    from ..evidence.baseline import read_baseline
    from ..evidence.gate import check_suite, fail_without_record
    from ..evidence.projects import combine_by_project
    from ..evidence.read_suite import read_suite
    from ..evidence.staleness import find_state
    from ..tenant.clock import today

    baseline = read_baseline(options.baseline) if options.baseline else frozenset()
    paths, empty = _part_empty(name_paths(options))
    if not paths:
        return None, read_suite(()), fail_without_record(empty)
    packages = manifest.packages if manifest else ()
    state = find_state(Path.cwd())
    files, unreadable = read_files(paths, skip)
    own, others = combine_by_project(
        files,
        [*unreadable, *empty],
        state.origin.project,
        {name for each in packages for name in each.projects},
        expected=options.expect,
        allow_mixed=options.allow_mixed,
    )
    suite = read_suite(show_progress(own.records(), len(own.tests)))
    stale, changed = _compare_with_folder(own.run, state, allow_mixed=options.allow_mixed)
    unmarked = {"MCS404"} if manifest and manifest.settings.get("fail_unmarked") else set()
    result = check_suite(
        own.run,
        suite,
        packages,
        today=today(),
        fail_on=options.fail_on | unmarked,
        baseline=baseline,
        allow_incomplete=options.allow_incomplete or "",
        stale=stale,
        changed=changed,
        others=others,
    )
    return own.run, suite, result


def _compare_with_folder(
    run: RunRecord, state: ProjectState, *, allow_mixed: bool
) -> tuple[str, str]:
    """Say by what evidence fails as it is not of this folder; and what has changed besides."""
    from ..evidence.staleness import find_changes, find_stale

    stale = find_stale(run, state)
    changes = [*find_changes(run, state)]
    if allow_mixed and stale:
        return "", "; ".join([stale, *changes])
    return stale, "; ".join(changes)


def _part_empty(named: NamedPaths) -> tuple[list[Path], list[str]]:
    """Part what may have data files from what shows that there are none, with what to do there."""
    by_emptiness = group_by(named.paths, lambda path: _is_empty(path, named.by_default))
    # Whoever named no folder may not be in that of the project.
    shown = (path.absolute() if named.by_default else path for path in by_emptiness.get(True, ()))
    empty = [f"{path} has no data file in it: run pytest --mc-data" for path in shown]
    return by_emptiness.get(False, []), empty


def _is_empty(path: Path, by_default: bool) -> bool:  # noqa: FBT001 - no flag, a fact
    """Tell whether a folder has no data file; the one that nobody named need not be there."""
    if by_default and not path.exists():
        return True
    return path.is_dir() and not any(path.rglob("*.jsonl"))
