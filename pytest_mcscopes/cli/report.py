"""The command `mcscopes report`: what a suite shows, for people and for other programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import McScopesError
from .checking import add_gate_options, check_evidence
from .shared import load_catalogue, load_manifest, write, writing

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping

    from ..report.model import Report
    from ..settings.assigned_packages import AssignedPackage
    from .shared import Parser

_STANDARD_OUTPUT = Path("-")


FORMATS: Mapping[str, str] = {
    "json": "all that is known; mcscopes schema report prints its schema",
    "markdown": "a page for people, such as a step summary of GitHub",
    "html": "one file with every scope and test, for a browser",
    "github": "annotations of GitHub Actions, at the lines of the marks",
    "sarif": "SARIF 2.1.0, for code scanning and editors",
}
REVIEWS = ("markdown", "html")
"""The formats of the page for a reviewer."""


def add_command(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser of `mcscopes`."""
    about = "; ".join(f"{name}: {text}" for name, text in FORMATS.items())
    parser = commands.add_parser(
        "report",
        help="what a suite shows, as a page, JSON, Markdown, annotations or SARIF",
        description="Write a report of what data files of pytest --mc-data show together, with the"
        f" findings of mcscopes check, whose options it takes. The formats are {about}. The same"
        " files make the same report, byte for byte, on the same day.",
        epilog="exit codes: 0 the report was written, whatever it says; 2 it was not.",
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
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read the data files that can be read, and write the report."""
    from ..evidence.whole_file import replace_file
    from ..report.model import Report

    if options.for_review and options.format not in REVIEWS:
        options.parser.error(f"a page for review is {' or '.join(REVIEWS)}, not {options.format}")
    output: Path = options.output
    to_file = output != _STANDARD_OUTPUT
    manifest = load_manifest()
    run, suite, gate = check_evidence(options, manifest, output if to_file else None)
    if run is None:
        raise McScopesError("\n  - ".join(["there is nothing to report:", *gate.failures]))
    report = Report(run=run, suite=suite, gate=gate, folder=options.folder)
    write_pieces = _write_review if options.for_review else write_report
    pieces = write_pieces(options.format, report, manifest.packages if manifest else ())
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


def write_report(
    format_: str, report: Report, manifest: tuple[AssignedPackage, ...]
) -> Iterable[str]:
    """Write a report piece by piece; the last argument is what the manifest assigns."""
    if format_ == "json":
        from ..report.json_document import write_json

        return write_json(report)
    if format_ == "markdown":
        from ..report.markdown import write_markdown

        return [write_markdown(report)]
    if format_ == "github":
        from ..report.annotations import write_annotations

        return (f"{line}\n" for line in write_annotations(report))
    if format_ == "sarif":
        from ..report.sarif import write_sarif

        return [write_sarif(report)]
    from ..report.html import write_page

    return [write_page(report, manifest=manifest, catalogue=load_catalogue())]


def _write_review(
    format_: str, report: Report, manifest: tuple[AssignedPackage, ...]
) -> Iterable[str]:
    from ..report.review_pack import write_review_page, write_review_text

    write_review = write_review_page if format_ == "html" else write_review_text
    return [write_review(report, manifest=manifest, catalogue=load_catalogue())]
