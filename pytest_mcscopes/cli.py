"""The command `mcscopes`. It only wires: what a command knows lives below.

Exit codes: 0 done, 2 it could not be done.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, get_args

from .config import Trust
from .errors import McScopesError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ROW = "{:<16}{:>8}{:>9}{:>10}"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    parser = _build_parser()
    options = parser.parse_args(argv)
    if options.version:
        lines: Iterator[str] = _version()
    elif options.command == "catalogue":
        lines = _catalogue(options.trust)
    else:
        parser.error("name a command; `mcscopes --help` lists them")
    try:
        _print("".join(f"{line}\n" for line in lines))
    except McScopesError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    return 0


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mcscopes", description="Least privilege for Marketing Cloud integrations."
    )
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    catalogue = commands.add_parser(
        "catalogue",
        help="what the packaged catalogue of scopes and routes holds",
        description="Print what the packaged catalogue of scopes and routes holds. A denied call"
        " on a trusted row fails its test; on a doubtful one it leaves a note.",
    )
    catalogue.add_argument(
        "--trust",
        choices=get_args(Trust),
        default="attested",
        help="what a row must be to count as trusted, as the setting mc_trust (default: attested)",
    )
    return parser


def _version() -> Iterator[str]:
    from . import __version__

    yield f"mcscopes {__version__}"


def _catalogue(trust: Trust) -> Iterator[str]:
    from .catalogue.catalogue import load_catalogue
    from .catalogue.needs import need_of

    catalogue = load_catalogue()
    counts = catalogue.counts
    yield f"Catalogue of Marketing Cloud Engagement, checked {catalogue.checked}"
    yield (
        f"{counts.scopes} scopes, {counts.permissions} permissions,"
        f" {counts.routes} REST routes, {counts.soap} SOAP rows"
    )
    yield ""
    yield _ROW.format("service", "routes", "trusted", "doubtful")
    trusted_in_all = 0
    for service in sorted(catalogue.services):
        routes = catalogue.routes(service)
        trusted = sum(need_of(route, catalogue, trust).trusted for route in routes)
        trusted_in_all += trusted
        yield _ROW.format(service, len(routes), trusted, len(routes) - trusted)
    yield _ROW.format("all", counts.routes, trusted_in_all, counts.routes - trusted_in_all)


def _print(text: str) -> None:
    """Write to standard output, whose reader may stop reading, as `head` does."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still in the buffer has to go somewhere when Python exits.
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  (no path, a device)
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
