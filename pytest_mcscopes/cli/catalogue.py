"""The command `mcscopes catalogue`: what the packaged catalogue holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .shared import add_trust, load_catalogue, write

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from ..config import Trust
    from .shared import Parser

_ROW = "{:<16}{:>8}{:>9}{:>10}"


def add_command(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser of `mcscopes`."""
    parser = commands.add_parser(
        "catalogue",
        help="what the packaged catalogue of scopes and routes holds",
        description="Print what the packaged catalogue of scopes and routes holds. A denied call"
        " on a trusted entry fails its test; on a doubtful one it leaves a note.",
    )
    add_trust(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the table of services."""
    return write("".join(f"{line}\n" for line in _lines(options.trust)))


def _lines(trust: Trust) -> Iterator[str]:
    from ..catalogue.find_requirements import need_of

    catalogue = load_catalogue()
    counts = catalogue.counts
    yield f"Catalogue of Marketing Cloud Engagement, checked {catalogue.checked}"
    yield (
        f"{counts.scopes} scopes, {counts.permissions} permissions,"
        f" {counts.routes} REST routes, {counts.soap} SOAP operations"
    )
    overlay = catalogue.overlay
    if overlay.summary:
        yield f"with your own catalogue entries in {overlay.file}: {overlay.summary}"
    yield ""
    yield _ROW.format("service", "routes", "trusted", "doubtful")
    all_routes = trusted_in_all = 0
    for service in sorted(catalogue.services):
        routes = catalogue.routes(service)
        trusted = sum(need_of(route, catalogue, trust).trusted for route in routes)
        all_routes, trusted_in_all = all_routes + len(routes), trusted_in_all + trusted
        yield _ROW.format(service, len(routes), trusted, len(routes) - trusted)
    yield _ROW.format("all", all_routes, trusted_in_all, all_routes - trusted_in_all)
