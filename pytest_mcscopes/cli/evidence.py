"""The commands about data files: `mcscopes combine` and `mcscopes schema`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import McScopesError
from .shared import write

if TYPE_CHECKING:
    from .shared import Parser


def add_commands(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the commands to the parser of `mcscopes`."""
    _add_combine(commands)
    schema = commands.add_parser(
        "schema",
        help="the JSON Schema of the data files that pytest --mc-data writes",
        description="Print the JSON Schema of a line of a data file. pytest --mc-data writes these"
        " files, which are JSON Lines: the first line is about the run, each further one about a"
        " test.",
        allow_abbrev=False,
    )
    schema.set_defaults(run=run_schema)


def _add_combine(commands: argparse._SubParsersAction[Parser]) -> None:
    combine = commands.add_parser(
        "combine",
        help="put the data files of several runs of a suite together",
        description="Put the data files of shards, or of runs of parts of a suite, together. The"
        " result is complete when together they ran all that there is. Of a test that several"
        " ran, the run that began last counts, and the others stand there as earlier attempts.",
        epilog="exit codes: 0 a file was written, also one that is not complete, 2 it was not.",
        allow_abbrev=False,
    )
    combine.add_argument("paths", nargs="+", type=Path, metavar="FILE|DIR", help="what to read")
    combine.add_argument(
        "-o", dest="output", type=Path, required=True, metavar="FILE", help="what to write"
    )
    combine.add_argument(
        "--expect",
        type=_number,
        metavar="N",
        help="how many data files there must be; with fewer or more the result is not complete",
    )
    combine.add_argument(
        "--allow-mixed",
        action="store_true",
        help="take runs of different commits, catalogue entries or settings; the result says so",
    )
    combine.set_defaults(run=run_combine)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        msg = f"{text!r} is no number of files, write it as 4"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def run_combine(options: argparse.Namespace) -> int:
    """Read what can be read, and write what comes of it."""
    from ..evidence.combine import combine
    from ..evidence.data_file import replace_data_file
    from ..evidence.describe_run import describe_run
    from ..evidence.read_file import find_data_files, read_data_file

    output: Path = options.output
    files, unreadable = [], []
    for path in find_data_files(options.paths, but=output):
        try:
            files.append(read_data_file(path))
        except McScopesError as error:
            sys.stderr.write(f"{error}\n")
            unreadable.append(str(error).removeprefix("MCSCOPES: "))
    if not files:
        raise McScopesError("none of the files could be read, so nothing was written.")
    found = combine(files, unreadable, expected=options.expect, allow_mixed=options.allow_mixed)
    replace_data_file(output, found.run, found.records())
    return write("".join(f"{line}\n" for line in describe_run(found.run, str(output))))


def run_schema(_: argparse.Namespace) -> int:
    """Write the schema."""
    from ..evidence.data_file import read_schema

    return write(read_schema())
