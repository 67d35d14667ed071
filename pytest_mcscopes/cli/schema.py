"""The command `mcscopes schema`: the JSON Schemas of what this version writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .shared import write

if TYPE_CHECKING:
    import argparse

    from .shared import Parser


def add_command(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser of `mcscopes`."""
    parser = commands.add_parser(
        "schema",
        help="the JSON Schema of the data files that pytest --mc-data writes, or of a report",
        description="Print the JSON Schema of a line of a data file. pytest --mc-data writes these"
        " files, which are JSON Lines: the first line is about the run, each further one about a"
        " test. Or that of what mcscopes report --format json writes, which is one document.",
    )
    parser.add_argument(
        "what",
        nargs="?",
        choices=("data", "report"),
        default="data",
        help="data: that of a line of a data file; report: that of a report (default: data)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write a schema."""
    from ..evidence import data_file
    from ..report import json_document

    modules = {"data": data_file, "report": json_document}
    return write(modules[options.what].read_schema())
