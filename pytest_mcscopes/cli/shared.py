"""What the commands of `mcscopes` have in common: the catalogue, the output, common arguments."""

from __future__ import annotations

import argparse
import os
import re
import sys
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, get_args

from ..config import Trust
from ..errors import McScopesError
from ..words import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..catalogue.catalogue import Catalogue
    from ..settings.manifest import Manifest


_AT_ONCE = 1000
_NONE_IS_LEFT = "No part of it is left; an older file of this name is as it was."


class Parser(argparse.ArgumentParser):
    """A parser that takes no abbreviations, and whose complaints do not repeat what a URL holds."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - those of argparse
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        """Complain about the command line, and exit with 2."""
        super().error(re.sub(r"(?<=//)[^/\s]*@|(?<=\?)[^\s']+", "...", message))


def add_trust(parser: argparse.ArgumentParser) -> None:
    """Add the option that says which rows of the catalogue are believed."""
    parser.add_argument(
        "--trust",
        choices=get_args(Trust),
        default="attested",
        help="what an entry must be to be trusted, as the setting mc_trust (default: attested)",
    )


def load_catalogue() -> Catalogue:
    """Load the catalogue, with the overlay of this folder or the nearest one above."""
    from ..catalogue.catalogue import Catalogue, load_catalogue

    manifest = load_manifest()
    if manifest is None:
        return load_catalogue()
    from ..catalogue.index import packaged_data

    return Catalogue(packaged_data(), manifest.overlay)


def load_manifest() -> Manifest | None:
    """Read the manifest of this folder or the nearest one above; None: there is none.

    Raises:
        ConfigError: it says something impossible.
    """
    from ..settings.manifest_file import find_manifest_above

    file = find_manifest_above(Path.cwd())
    if file is None:
        return None
    from ..catalogue.catalogue import load_catalogue
    from ..settings.manifest import read_manifest

    return read_manifest(file, load_catalogue())


@contextmanager
def writing(path: Path, then: str = _NONE_IS_LEFT) -> Iterator[None]:
    """Say of a file that could not be written what is left of it, or what to do then.

    Raises:
        McScopesError: it could not be written.
    """
    try:
        yield
    except OSError as error:
        raise McScopesError(
            f"{path} could not be written: {error.strerror or error}. {then}"
        ) from None


def write_lines(lines: Iterable[str]) -> int:
    """Write lines to standard output as they come, some at once: there may be a great many.

    Ids of tests are in them, and whatever else is in files that may come from anywhere.
    """
    left = iter(lines)
    while some := [*islice(left, _AT_ONCE)]:
        write("".join(f"{printable(line)}\n" for line in some))
    return 0


def complain(error: McScopesError) -> None:
    """Write an error, in which there may be names of files and tests, to standard error."""
    if sys.stderr:
        sys.stderr.write("".join(f"{printable(line)}\n" for line in str(error).splitlines()))


def write(text: str) -> int:
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
