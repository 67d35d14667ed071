"""The command `mcscopes check`: the gate over the data files of a suite."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..words import count
from .checking import add_gate_options, check_evidence
from .shared import load_catalogue, load_manifest, write, write_lines

if TYPE_CHECKING:
    import argparse

    from ..evidence.gate_result import GateResult
    from ..settings.manifest import Manifest
    from ..settings.production import ProductionDifference
    from .shared import Parser


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
    )
    add_gate_options(parser)
    parser.add_argument(
        "--write-baseline",
        type=Path,
        metavar="FILE",
        help="write what fails today to this file, for --baseline",
    )
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


def run(options: argparse.Namespace) -> int:
    """Check the evidence, and what the manifest says against production."""
    from ..evidence.gate_json import write_gate_json
    from ..evidence.gate_text import describe_gate

    manifest = load_manifest()
    difference = _compare_production(options, manifest)
    checked = check_evidence(options, manifest)
    if options.json:
        write(write_gate_json(*checked, difference))
    else:
        accepts = options.write_baseline is not None
        write_lines(describe_gate(*checked, differs=bool(difference), accepts=accepts))
        write_lines(() if difference is None else difference.lines())
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
    sys.stderr.write(
        f"{count(number, 'finding', 'is')} in the baseline {path}. With --baseline {path} the gate"
        " fails for others alone.\n"
    )
    return 0


def _compare_production(
    options: argparse.Namespace, manifest: Manifest | None
) -> ProductionDifference | None:
    """Compare the manifest with a saved answer of production; None: none is given."""
    if options.production is None:
        return None
    from ..settings.production import compare_production, read_production_answer

    answer = read_production_answer(options.production, load_catalogue().wire_ids)
    packages = manifest.packages if manifest else ()
    return compare_production(packages, answer, options.package)
