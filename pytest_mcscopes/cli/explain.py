"""The command `mcscopes explain`: its arguments, and how its answers are put together."""

from __future__ import annotations

import argparse
import shutil
import sys
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from ..errors import McScopesError
from ..tenant.clock import today
from .shared import add_trust, load_catalogue, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..explain.answers import Answer
    from ..explain.terms import Term
    from .shared import Parser

_PIPE, _NARROW, _WIDE = 80, 40, 100
"""Columns: where nobody looks, and the bounds where somebody does."""

_EXAMPLES = """\
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


def add_command(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser of `mcscopes`."""
    parser = commands.add_parser(
        "explain",
        help="what a scope opens, what a call needs, what a rule or mark means",
        description="Explain scopes, labels, calls, SOAP operations and permissions by the packaged"
        "\ncatalogue: what needs what, how sure that is, and who says so. And what a rule, mark,"
        "\nfixture, block or setting of pytest-mcscopes means, with an example.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", nargs="+", metavar="WHAT", help="see below")
    parser.add_argument("--json", action="store_true", help="write JSON, in full")
    parser.add_argument("--all", action="store_true", help="write long lists in full")
    parser.add_argument(
        "--on",
        type=_day,
        metavar="DATE",
        help="the day whose rules are asked for, as 2026-06-19 (default: today, in UTC)",
    )
    add_trust(parser)
    parser.set_defaults(run=run)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        msg = f"{text!r} is no day, write it as 2026-06-19"
        raise argparse.ArgumentTypeError(msg) from None


def run(options: argparse.Namespace) -> int:
    """Answer the command line: our own words by their terms, the rest by the catalogue."""
    from ..explain.explain import explain, explain_line
    from ..explain.page import Page
    from ..explain.question import things_in
    from ..explain.rows import View
    from ..explain.terms import find_term, load_terms
    from ..explain.text import render_json, render_text

    listed = "-" in options.what
    lines = _with_list(options.what) if listed else options.what
    things = things_in(lines)
    if not things:
        options.parser.error("there is nothing to explain")
    view = View(catalogue=load_catalogue(), trust=options.trust, on=options.on or today())
    terms = load_terms()
    # "SOAP Subscriber Create" is one question, whose first word is none of ours.
    words = [thing for thing in things if len(things) == 1 or thing.lower() not in {"rest", "soap"}]
    ours = {word: term for word in words if (term := find_term(word, terms))}
    rest = [thing for thing in things if thing not in ours]
    answers: list[Answer | Term] = [*ours.values()]
    answers += _hinted((explain if listed else explain_line)(rest, view), terms) if rest else []
    page = Page(width=_width(), full=options.all)
    text = render_json(answers, view) if options.json else render_text(answers, view, page)
    return write(text) or int(not all(answer.found for answer in answers))


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
    """Measure how wide lines may be."""
    if not sys.stdout or not sys.stdout.isatty():
        return _PIPE
    return max(_NARROW, min(shutil.get_terminal_size().columns, _WIDE))
