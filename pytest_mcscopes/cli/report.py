"""The command `mcscopes report`: what a suite shows, for people and for other programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import McScopesError
from .checking import add_gate_options, check_evidence
from .shared import load_catalogue, load_manifest, write, writing

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Mapping

    from ..report.model import Report
    from ..settings.assigned_packages import AssignedPackage
    from .shared import Parser

_STANDARD_OUTPUT = Path("-")


class Format(NamedTuple):
    """A format of reports."""

    about: str
    write: Callable[[Report, tuple[AssignedPackage, ...]], Iterable[str]]
    """Writes a report piece by piece; the second is what the manifest assigns."""


def _json(report: Report, _: object) -> Iterable[str]:
    from ..report.json_document import write_json

    return write_json(report)


def _markdown(report: Report, _: object) -> Iterable[str]:
    from ..report.markdown import write_markdown

    return [write_markdown(report)]


def _github(report: Report, _: object) -> Iterable[str]:
    from ..report.annotations import write_annotations

    return (f"{line}\n" for line in write_annotations(report))


def _sarif(report: Report, _: object) -> Iterable[str]:
    from ..report.sarif import write_sarif

    return [write_sarif(report)]


def _html(report: Report, manifest: tuple[AssignedPackage, ...]) -> Iterable[str]:
    from ..report.html import write_page

    return [write_page(report, manifest=manifest, catalogue=load_catalogue())]


def _review_page(report: Report, manifest: tuple[AssignedPackage, ...]) -> Iterable[str]:
    from ..report.review_pack import write_review_page

    return [write_review_page(report, manifest=manifest, catalogue=load_catalogue())]


def _review_text(report: Report, manifest: tuple[AssignedPackage, ...]) -> Iterable[str]:
    from ..report.review_pack import write_review_text

    return [write_review_text(report, manifest=manifest, catalogue=load_catalogue())]


FORMATS: Mapping[str, Format] = {
    "json": Format("all that is known; mcscopes schema report prints its schema", _json),
    "markdown": Format("a page for people, such as a step summary of GitHub", _markdown),
    "html": Format("one file with every scope and test, for a browser", _html),
    "github": Format("annotations of GitHub Actions, at the lines of the marks", _github),
    "sarif": Format("SARIF 2.1.0, for code scanning and editors", _sarif),
}
REVIEWS: Mapping[str, Format] = {
    "markdown": Format("", _review_text),
    "html": Format("", _review_page),
}
"""The formats of the page for a reviewer."""


def add_command(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser of `mcscopes`."""
    about = "; ".join(f"{name}: {each.about}" for name, each in FORMATS.items())
    parser = commands.add_parser(
        "report",
        help="what a suite shows, as a page, JSON, Markdown, annotations or SARIF",
        description="Write a report of what data files of pytest --mc-data show together, with the"
        f" findings of mcscopes check, whose options it takes. The formats are {about}. The same"
        " files make the same report, byte for byte, on the same day.",
        epilog="exit codes: 0 the report was written, whatever it says; 2 it was not.",
        allow_abbrev=False,
    )
    add_gate_options(parser)
    parser.add_argument("--format", choices=FORMATS, required=True, help="which one to write")
    parser.add_argument(
        "--for-review",
        action="store_true",
        help="write the page for whoever approves the scopes of an Installed Package: what each"
        f" is needed for, and what to remove ({' or '.join(REVIEWS)})",
    )
    parser.add_argument(
        "--folder",
        default="",
        metavar="PATH",
        help="the project's folder in its repository, where it is not the top: before the paths of"
        " github and sarif",
    )
    parser.add_argument(
        "-o",
        dest="output",
        type=Path,
        default=_STANDARD_OUTPUT,
        metavar="FILE",
        help="where to write it (default: -, standard output)",
    )
    parser.set_defaults(run=run, complain=parser.error)


def run(options: argparse.Namespace) -> int:
    """Read the data files that can be read, and write the report.

    Raises:
        McScopesError: there is nothing to report, or it cannot be read.
    """
    from ..evidence.whole_file import replace_file
    from ..report.model import Report

    formats = REVIEWS if options.for_review else FORMATS
    if options.format not in formats:
        options.complain(f"a page for review is {' or '.join(REVIEWS)}, not {options.format}")
    output: Path = options.output
    to_file = output != _STANDARD_OUTPUT
    manifest = load_manifest()
    run, suite, gate = check_evidence(options, manifest, output if to_file else None)
    if run is None:
        raise McScopesError("\n  - ".join(["there is nothing to report:", *gate.failures]))
    report = Report(run=run, suite=suite, gate=gate, folder=options.folder)
    pieces = formats[options.format].write(report, manifest.packages if manifest else ())
    if to_file:
        with writing(output):
            replace_file(output, lambda stream: stream.writelines(pieces))
    else:
        for piece in pieces:
            write(piece)
    for gap in gate.gaps:
        what = "not complete" if gap in gate.why else "does not pass"
        sys.stderr.write(f"{what}: {gap}\n")
    return 0
