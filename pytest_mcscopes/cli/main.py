"""The command `mcscopes`. It only wires: what a command knows lives below.

Exit codes: 0 done, 1 something that was asked for is not known, 2 it could not be done,
130 interrupted, as shells have it.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, get_args

from ..config import Trust
from ..errors import McScopesError
from ..tenant.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..catalogue.catalogue import Catalogue
    from ..explain.answers import Answer
    from ..explain.terms import Term

_ROW = "{:<16}{:>8}{:>9}{:>10}"
_PIPE, _NARROW, _WIDE = 80, 40, 100
"""Columns: where nobody looks, and the bounds where somebody does."""

"""So many are offered for an unknown word."""

_EXPLAIN = """\
what it can explain:
  email_send                              a scope: what it opens
  "Journeys"  "Email | Send"              a label: its scopes
  POST /messaging/v1/email/messages/x     a call, or a whole URL: what it needs
  /asset/v1/content/assets                a path: each method of it
  TriggeredSend Create                    a SOAP operation: what it needs
  1220                                    a permission of a user
  email_read email_send                   a package: what it could do
  MCS102                                  a rule, mark, fixture, block or setting of ours
  -                                       a list on standard input, a line each

exit codes: 0 all of it is known, 1 something is not, 2 the question makes no sense.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    parser = _build_parser()
    options = parser.parse_args(argv)
    try:
        if options.version:
            return _print(_version())
        if options.command == "catalogue":
            return _print(_catalogue(options.trust))
        if options.command == "explain":
            return _explain(options)
        parser.error("name a command; `mcscopes --help` lists them")
    except (McScopesError, OSError) as problem:
        said = problem if isinstance(problem, McScopesError) else f"MCSCOPES: {problem}"
        sys.stderr.write(f"{said}\n")
        return 2
    except KeyboardInterrupt:
        return 130


class _Parser(argparse.ArgumentParser):
    """Complains without repeating what a URL holds."""

    def error(self, message: str) -> NoReturn:
        """Complain of the command line, and exit with 2."""
        super().error(re.sub(r"(?<=//)[^/\s]*@|(?<=\?)[^\s']+", "...", message))


def _build_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="mcscopes",
        description="Least privilege for Marketing Cloud integrations.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    catalogue = commands.add_parser(
        "catalogue",
        help="what the packaged catalogue of scopes and routes holds",
        description="Print what the packaged catalogue of scopes and routes holds. A denied call"
        " on a trusted entry fails its test; on a doubtful one it leaves a note.",
        allow_abbrev=False,
    )
    _add_trust(catalogue)
    explain = commands.add_parser(
        "explain",
        help="what a scope opens, what a call needs, what a rule or mark means",
        description="Explain scopes, labels, calls, SOAP operations and permissions by the packaged"
        "\ncatalogue: what needs what, how sure that is, and who says so. And what a rule, mark,"
        "\nfixture, block or setting of pytest-mcscopes means, with an example.",
        epilog=_EXPLAIN,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_explain(explain)
    return parser


def _add_trust(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--trust",
        choices=get_args(Trust),
        default="attested",
        help="what an entry must be to be trusted, as the setting mc_trust (default: attested)",
    )


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="+", metavar="WHAT", help="see below")
    parser.add_argument("--json", action="store_true", help="write JSON, in full")
    parser.add_argument("--all", action="store_true", help="write long lists in full")
    parser.add_argument(
        "--on",
        type=_day,
        metavar="DATE",
        help="the day whose rules are asked for, as 2026-06-19 (default: today, in UTC)",
    )
    _add_trust(parser)
    # For the usage errors that show only once standard input is read.
    parser.set_defaults(complain=parser.error)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        msg = f"{text!r} is no day, write it as 2026-06-19"
        raise argparse.ArgumentTypeError(msg) from None


def _explain(options: argparse.Namespace) -> int:
    from ..explain.explain import explain, explain_line
    from ..explain.question import things_in
    from ..explain.rows import View
    from ..explain.terms import find_term, load_terms
    from ..explain.text import Page, render_json, render_text

    listed = "-" in options.what
    lines = _with_list(options.what) if listed else options.what
    things = things_in(lines)
    if not things:
        options.complain("there is nothing to explain")
    today = datetime.fromtimestamp(Clock().now(), UTC).date()
    view = View(catalogue=_load_catalogue(), trust=options.trust, on=options.on or today)
    terms = load_terms()
    ours = {thing: term for thing in things if (term := find_term(thing, terms))}
    rest = [thing for thing in things if thing not in ours]
    answers: list[Answer | Term] = [*ours.values()]
    answers += _hinted((explain if listed else explain_line)(rest, view), terms) if rest else []
    page = Page(width=_width(), full=options.all)
    text = render_json(answers, view) if options.json else render_text(answers, view, page)
    return _print(text) or int(not all(answer.found for answer in answers))


def _hinted(answers: Iterable[Answer], terms: Mapping[str, Term]) -> Iterator[Answer]:
    """Offer words of this plugin too for what nothing is known of."""
    from ..explain.answers import MOST_HINTS, NotFound
    from ..explain.terms import near_terms

    for answer in answers:
        if isinstance(answer, NotFound):
            near = (*near_terms(answer.asked, terms), *answer.did_you_mean)
            yield replace(answer, did_you_mean=near[:MOST_HINTS])
        else:
            yield answer


def _load_catalogue() -> Catalogue:
    """Load the catalogue, with the overlay of this folder or the nearest one above."""
    from ..catalogue.catalogue import Catalogue, load_catalogue
    from ..settings.manifest_file import find_manifest_above

    file = find_manifest_above(Path.cwd())
    if file is None:
        return load_catalogue()
    from ..catalogue.index import packaged_data
    from ..settings.manifest import read_manifest

    return Catalogue(packaged_data(), read_manifest(file, load_catalogue()).overlay)


def _with_list(words: Sequence[str]) -> Iterator[str]:
    """Put the lines of standard input where the first `-` is."""
    for word in words:
        if word != "-":
            yield word
        elif sys.stdin:
            try:
                yield from sys.stdin.read().splitlines()
            except UnicodeDecodeError as problem:
                raise McScopesError(f"standard input is no text: {problem}.") from None


def _width() -> int:
    """Tell how wide lines may be."""
    if not sys.stdout or not sys.stdout.isatty():
        return _PIPE
    return max(_NARROW, min(shutil.get_terminal_size().columns, _WIDE))


def _version() -> str:
    from .. import __version__

    return f"mcscopes {__version__}\n"


def _catalogue(trust: Trust) -> str:
    return "".join(f"{line}\n" for line in _catalogue_lines(trust))


def _catalogue_lines(trust: Trust) -> Iterator[str]:
    from ..catalogue.find_requirements import need_of

    catalogue = _load_catalogue()
    counts = catalogue.counts
    yield f"Catalogue of Marketing Cloud Engagement, checked {catalogue.checked}"
    yield (
        f"{counts.scopes} scopes, {counts.permissions} permissions,"
        f" {counts.routes} REST routes, {counts.soap} SOAP operations"
    )
    if overlay := catalogue.overlay.file:
        yield f"with your own catalogue entries in {overlay}: {catalogue.overlay.told}"
    yield ""
    yield _ROW.format("service", "routes", "trusted", "doubtful")
    all_routes = trusted_in_all = 0
    for service in sorted(catalogue.services):
        routes = catalogue.routes(service)
        trusted = sum(need_of(route, catalogue, trust).trusted for route in routes)
        all_routes, trusted_in_all = all_routes + len(routes), trusted_in_all + trusted
        yield _ROW.format(service, len(routes), trusted, len(routes) - trusted)
    yield _ROW.format("all", all_routes, trusted_in_all, all_routes - trusted_in_all)


def _print(text: str) -> int:
    """Write to standard output, whose reader may stop reading, as `head` does."""
    if not sys.stdout:
        return 0
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except OSError as problem:
        # What is still in the buffer has to go somewhere when Python exits.
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  (no path, a device)
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        if not isinstance(problem, BrokenPipeError):
            raise
    return 0
