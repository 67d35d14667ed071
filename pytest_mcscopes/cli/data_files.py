"""How commands read data files: what can be read of them, put together."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import McScopesError
from .data_folder import FOLDER, find_data_folder
from .progress import show_progress
from .shared import complain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..evidence.combine import Combined
    from ..evidence.data_file import RunRecord
    from ..evidence.read_file import DataFile
    from ..evidence.results import ResultRecord
    from .shared import Parser


class NamedPaths(NamedTuple):
    """What is to be read."""

    paths: list[Path]
    by_default: bool
    """Whether nobody named any: it is the folder that `pytest --mc-data` writes to here."""


class ReadRuns(NamedTuple):
    """What was read."""

    combined: Combined
    unreadable: tuple[str, ...]
    """What is wrong with each file that was left out; written to standard error already."""

    @property
    def run(self) -> RunRecord:
        """What is true of the whole."""
        return self.combined.run

    def records(self) -> Iterable[ResultRecord]:
        """Give the record of each test, in the order of their ids."""
        return show_progress(self.combined.records(), len(self.combined.tests))


def add_paths(parser: Parser) -> None:
    """Add the arguments that say which data files are read."""
    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="FILE|DIR",
        help="data files of pytest --mc-data, and folders of them (default: that of mc_data_dir,"
        f" or {FOLDER})",
    )
    add_allow_mixed(parser)


def name_paths(options: argparse.Namespace) -> NamedPaths:
    """Give the paths that were named, or else the folder of data files."""
    if options.paths:
        return NamedPaths(options.paths, by_default=False)
    try:
        folder = find_data_folder(Path.cwd())
    except OSError:  # the folder that we are in is gone, which whoever reads or writes there says
        folder = FOLDER
    return NamedPaths([folder], by_default=True)


def add_allow_mixed(parser: Parser) -> None:
    """Add the option that lets files differ."""
    parser.add_argument(
        "--allow-mixed",
        action="store_true",
        help="take runs of different commits, uncommitted changes, catalogue entries or settings;"
        " the result says so",
    )


def read_runs(
    paths: Sequence[Path],
    skip: Path | None = None,
    *,
    expected: int | None = None,
    allow_mixed: bool = False,
) -> ReadRuns:
    """Read all files that can be read, and put them together; complain of the others at once.

    Args:
        paths: of files and folders.
        skip: the file that is to be written, which is left out where it lies in a folder.
        expected: how many files there must be for a complete result; None: any number.
        allow_mixed: whether they may differ in commit, catalogue entries and settings.

    Raises:
        McScopesError: none can be read, or they may not be put together.
    """
    from ..evidence.combine import combine

    files, unreadable = read_files(paths, skip)
    combined = combine(files, unreadable, expected=expected, allow_mixed=allow_mixed)
    return ReadRuns(combined, tuple(unreadable))


def read_files(paths: Sequence[Path], skip: Path | None = None) -> tuple[list[DataFile], list[str]]:
    """Read the files that can be read; say at once what is wrong with the others, and return it.

    Raises:
        McScopesError: none can be read.
    """
    from ..evidence.read_file import find_data_files, read_data_file

    files, unreadable = [], []
    for path in find_data_files(paths, skip=skip):
        try:
            files.append(read_data_file(path, show_progress))
        except McScopesError as error:
            complain(error)
            unreadable.append(str(error).removeprefix("MCSCOPES: "))
    if not files:
        raise McScopesError("none of the files could be read, so there is nothing to go by.")
    return files, unreadable


def add_expect(parser: Parser) -> None:
    """Add the option that says how many files there must be."""
    parser.add_argument(
        "--expect",
        type=_number_of_files,
        metavar="N",
        help="how many data files there must be; with fewer or more the result is not complete",
    )


def _number_of_files(text: str) -> int:
    """Read the value of an option."""
    if not (text.isascii() and text.isdigit() and int(text)):
        msg = f"{text!r} is no number of files, write it as 4"
        raise argparse.ArgumentTypeError(msg)
    return int(text)
