"""The command `mcscopes`. It only wires: what a command knows lives below.

Exit codes: 0 done and well, 1 done and not well (the help of a command says what that is),
2 it could not be done, 130 interrupted, as shells have it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import McScopesError
from . import catalogue, check, combine, diff, explain, import_answer, init, report, schema, suggest
from .shared import Parser, complain, write

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMMANDS = (init, suggest, import_answer, check, report, combine, diff, explain, catalogue, schema)
"""In the order of the help."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    parser = build_parser()
    options, unknown = parser.parse_known_args(argv)
    if unknown:
        options.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        if options.version:
            from .. import __version__

            return write(f"mcscopes {__version__}\n")
        if options.command is None:
            parser.error("name a command; `mcscopes --help` lists them")
        exit_code: int = options.run(options)
    except (McScopesError, OSError) as problem:
        complain(problem if isinstance(problem, McScopesError) else McScopesError(str(problem)))
        return 2
    except KeyboardInterrupt:
        return 130
    return exit_code


def build_parser() -> Parser:
    """Build the parser of `mcscopes`, with all of its commands."""
    parser = Parser(
        prog="mcscopes",
        description="Least privilege for Marketing Cloud integrations. What tests show is written"
        " by pytest --mc-data, and most of these commands read it.",
    )
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for command in _COMMANDS:
        command.add_command(commands)
    for each in (parser, *commands.choices.values()):
        each.set_defaults(parser=each)  # whose usage is shown where an argument is not known
    return parser
