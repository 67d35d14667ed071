"""The command `mcscopes import`: what production assigns, written into the manifest."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from .shared import write_lines, writing

if TYPE_CHECKING:
    from .shared import Parser


def add_command(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser of `mcscopes`."""
    parser = commands.add_parser(
        "import",
        help="write into the manifest what production assigns a package",
        description="Write into the manifest what production assigns a package: mcscopes.toml of"
        " this folder, or [tool.mcscopes] of its pyproject.toml where that is there, or that of the"
        " nearest folder above which has one. The file is a saved answer of v2/userinfo, or of"
        " v2/token to a request without scope. Nothing but scopes, name and type is read of it. All"
        " else that the manifest says stays as it is.",
        epilog="exit codes: 0 the manifest says what the answer shows, 2 it was left as it was.",
    )
    parser.add_argument("answer", type=Path, metavar="FILE", help="a saved answer of production")
    parser.add_argument(
        "-o", dest="output", type=Path, metavar="FILE", help="the manifest, in place of that"
    )
    parser.add_argument(
        "--package",
        type=_name,
        metavar="NAME",
        help="which package of the manifest the answer is of; a new name adds one",
    )
    parser.set_defaults(run=run)


def _name(text: str) -> str:
    if not (text.strip() and text.isprintable()):
        msg = "a package has a name that is not empty, and that can be read"
        raise argparse.ArgumentTypeError(msg)
    return text


def run(options: argparse.Namespace) -> int:
    """Change the manifest, and say what was changed."""
    from ..catalogue.catalogue import load_catalogue
    from ..settings.import_answer import find_target, import_answer
    from ..settings.manifest_file import open_manifest

    output: Path | None = options.output
    target = open_manifest(output) if output else find_target(Path.cwd())
    imported = import_answer(target, options.answer, options.package, load_catalogue())
    if imported.text is not None:
        _replace(imported.path, imported.text)
    return write_lines(imported.lines)


def _replace(path: Path, text: str) -> None:
    """Write a manifest with the line ends, and the byte mark, that it had."""
    from ..evidence.whole_file import replace_file

    before = path.read_bytes() if path.is_file() else b""
    if b"\r\n" in before:
        text = text.replace("\n", "\r\n")
    mark = "\ufeff" if before.startswith(b"\xef\xbb\xbf") else ""
    with writing(path, "Nothing was changed."):
        replace_file(path, lambda stream: stream.write(mark + text))
