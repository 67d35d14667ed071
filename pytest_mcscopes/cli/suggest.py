"""The command `mcscopes suggest`: the marks to paste, from data files."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from .data_files import add_paths, name_paths, read_runs
from .shared import write_lines

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from ..evidence.results import ResultRecord
    from .data_files import ReadRuns
    from .shared import Parser


def add_command(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser of `mcscopes`."""
    parser = commands.add_parser(
        "suggest",
        help="which marks to paste, from the data files of pytest --mc-data",
        description="Tell for each test that talked to a tenant which mark to paste, and why, as"
        " pytest --mc-suggest does; and for a client that may serve several files, the one line"
        " for them and where it belongs. A line lists what calls used, and never more.",
        epilog="exit codes: 0 done, 1 a file that cannot be read was left out, 2 there was nothing"
        " to read.",
    )
    add_paths(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the suggestions, and then whether the runs show the whole suite."""
    from ..evidence.describe_run import describe_run
    from ..learn.suggest import suggest
    from ..learn.suggestions_text import render_text

    paths, _ = name_paths(options)
    read = read_runs(paths, allow_mixed=options.allow_mixed)
    suggested = suggest(partial(next, _passes(read)))
    write_lines(render_text(suggested.tests, suggested.shared, most_lines=None))
    write_lines(describe_run(read.run, ", ".join(map(str, paths))))
    return int(bool(read.unreadable))


def _passes(read: ReadRuns) -> Iterator[Iterable[ResultRecord]]:
    """Give the records twice; the lines come in the second pass, and no bar may run into them."""
    to_terminal = bool(sys.stdout and sys.stdout.isatty())
    yield read.records()
    yield read.combined.records() if to_terminal else read.records()
