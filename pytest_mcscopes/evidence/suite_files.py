"""Which test files a suite has, whatever a run collects of them."""

from __future__ import annotations

import os
from fnmatch import fnmatch
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_ENVIRONMENT = ("pyvenv.cfg", "conda-meta/history")
"""What a folder has that holds a Python and its packages."""


def find_test_files(
    folders: Sequence[Path],
    testpaths: Iterable[str],
    patterns: Iterable[str],
    not_in: Iterable[str],
    of_text: Iterable[str] = (),
) -> frozenset[str]:
    """List the files that pytest collects by its settings alone, as paths from the root folder.

    Args:
        folders: the root folder of the suite, and others that it may lie in.
        testpaths: where tests are, as patterns below these; none: anywhere.
        patterns: what files of tests are called, as in `python_files`.
        not_in: the folders without tests, as in `norecursedirs`.
        of_text: what files that are no Python and hold doctests are called.
    """
    # Not by a Path, which takes no pattern that is absolute.
    named = [
        folder / path
        for each in testpaths
        for folder in folders
        for path in glob(each, root_dir=folder, recursive=True)  # noqa: PTH207
    ]
    tops = {Path(os.path.normpath(each)) for each in named or folders}
    root = folders[0]
    python, text, skipped = (*patterns,), (*of_text,), (*not_in,)
    files = (file for top in tops for file in _files_under(top, python, text, skipped))
    return frozenset(Path(os.path.relpath(file, root)).as_posix() for file in files)


def _files_under(
    top: Path, python: Iterable[str], text: Iterable[str], not_in: Iterable[str]
) -> Iterator[Path]:
    if top.is_file():
        yield top
        return
    for name, folders, files in os.walk(top):
        folder = Path(name)
        folders[:] = [each for each in folders if _may_hold_tests(folder / each, not_in)]
        for file in files:
            patterns = python if file.endswith(".py") else text
            if any(fits(folder / file, each) for each in patterns):
                yield folder / file


def _may_hold_tests(folder: Path, not_in: Iterable[str]) -> bool:
    if folder.name == "__pycache__" or any(fits(folder, each) for each in not_in):
        return False
    return not any((folder / each).is_file() for each in _ENVIRONMENT)


def fits(path: Path, pattern: str) -> bool:
    """Tell whether a path fits a pattern as pytest has them: of a name, or of a path's end."""
    if os.sep not in pattern:
        return fnmatch(path.name, pattern)
    return fnmatch(str(path), pattern if Path(pattern).is_absolute() else f"*{os.sep}{pattern}")
