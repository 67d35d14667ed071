"""The command `mcscopes combine`: the data files of several runs, put together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .data_files import add_allow_mixed, add_expect, read_runs
from .shared import write_lines, writing

if TYPE_CHECKING:
    import argparse

    from .shared import Parser


def add_command(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser of `mcscopes`."""
    parser = commands.add_parser(
        "combine",
        help="put the data files of several runs of a suite together",
        description="Put the data files of shards, or of runs of parts of a suite, together. The"
        " result is complete when together they ran all that there is. Of a test that several"
        " ran, the run that began last counts, and the others stand there as earlier attempts.",
        epilog="exit codes: 0 a file was written, also one that is not complete, 2 it was not.",
    )
    parser.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="FILE|DIR",
        help="data files of pytest --mc-data, and folders of them, such as .mcscopes",
    )
    parser.add_argument(
        "-o",
        dest="output",
        type=Path,
        required=True,
        metavar="FILE",
        help="the data file to write, which mcscopes check and report read",
    )
    add_expect(parser)
    add_allow_mixed(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read the data files that can be read, and write them as one."""
    from ..evidence.data_file import replace_data_file
    from ..evidence.describe_run import describe_run

    output: Path = options.output
    read = read_runs(
        options.paths, skip=output, expected=options.expect, allow_mixed=options.allow_mixed
    )
    with writing(output):
        replace_data_file(output, read.run, read.records())
    return write_lines(describe_run(read.run, str(output)))
