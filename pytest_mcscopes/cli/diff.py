"""The command `mcscopes diff`: what a change adds to or takes from the needed scopes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import McScopesError
from .data_files import add_allow_mixed, read_runs
from .shared import write_lines

if TYPE_CHECKING:
    import argparse

    from ..evidence.suite_diff import Side
    from .shared import Parser

_SAME_OR_LESS = {"the same", "less"}


def add_command(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser of `mcscopes`."""
    parser = commands.add_parser(
        "diff",
        help="what a change adds to or takes from the needed scopes",
        description="Compare the data files of pytest --mc-data before and after a change: which"
        " scopes calls on trusted catalogue entries used, package by package, and who asks for"
        " what is added. Where AFTER does not show everything (it is not complete, a test failed,"
        " has no mark or is skipped now, a doubtful call is new), it is undetermined.",
        epilog="exit codes: 0 the same or less, 1 more or undetermined, 2 what cannot be compared.",
    )
    parser.add_argument(
        "before", type=Path, metavar="BEFORE", help="a data file, or a folder of them"
    )
    parser.add_argument("after", type=Path, metavar="AFTER", help="the same, with the change")
    parser.add_argument(
        "--format",
        choices=("text", "markdown"),
        default="text",
        help="markdown: for a comment on a pull request (default: text)",
    )
    add_allow_mixed(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the difference."""
    from ..evidence.suite_diff import compare
    from ..report.suite_diff import render_markdown, render_text

    before, after = (
        _read(path, allow_mixed=options.allow_mixed) for path in (options.before, options.after)
    )
    old, new = (side.run["project"] for side in (before, after))
    if old != new:
        raise McScopesError(
            f'{before.name} is of the project "{old}" and {after.name} of "{new}". Compare two runs'
            " of one project."
        )
    diff = compare(before, after)
    write_lines((render_markdown if options.format == "markdown" else render_text)(diff))
    return int(diff.answer not in _SAME_OR_LESS)


def _read(path: Path, *, allow_mixed: bool) -> Side:
    from ..evidence.suite_diff import read_side

    read = read_runs([path], allow_mixed=allow_mixed)
    return read_side(str(path), read.run, read.records())
