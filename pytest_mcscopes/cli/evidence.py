"""The command `mcscopes schema`: what a line of a data file may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .shared import write

if TYPE_CHECKING:
    import argparse

    from .shared import Parser


def add_commands(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser of `mcscopes`."""
    parser = commands.add_parser(
        "schema",
        help="the JSON Schema of the data files that pytest --mc-data writes",
        description="Print the JSON Schema of a line of a data file. pytest --mc-data writes these"
        " files, which are JSON Lines: the first line is about the run, each further one about a"
        " test.",
        allow_abbrev=False,
    )
    parser.set_defaults(run=run_schema)


def run_schema(_: argparse.Namespace) -> int:
    """Write the schema."""
    from ..evidence.data_file import read_schema

    return write(read_schema())
