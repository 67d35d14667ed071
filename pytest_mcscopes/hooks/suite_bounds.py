"""What the whole suite is, however little of it a run was called with."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from ..evidence.suite_files import find_test_files
from ..words import FEW, count, first_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pytest

    from ..evidence.results import Results

_KEYS = (
    *("testpaths", "norecursedirs", "python_files", "python_classes", "python_functions"),
    "collect_imported_tests",
)
"""By which pytest finds tests."""
_OF_A_PROJECT = (
    *(".git", "pyproject.toml", "pytest.ini", "pytest.toml", "setup.cfg", "setup.py", "tox.ini"),
)


def find_suite_files(config: pytest.Config) -> frozenset[str]:
    """List the test files that there are, as paths from the root folder."""
    return find_test_files(
        [config.rootpath, *_further_folders(config)],
        config.getini("testpaths"),
        config.getini("python_files"),
        config.getini("norecursedirs"),
        _of_doctests(config),
    )


def _of_doctests(config: pytest.Config) -> Sequence[str]:
    """Give the patterns of the text files in which pytest looks for doctests."""
    given: list[str] | None = config.getoption("doctestglob", None)  # None: without that plugin
    return given or ["test*.txt"] if given is not None else ()


def find_irregular(config: pytest.Config, results: Results) -> Iterator[str]:
    """Say what was otherwise than in a plain run of the suite, and what to do."""
    if replaced := results.replaced:
        tests = count(len(replaced), "test", "was")
        first = min(replaced).partition("[")[0]  # no parameter: it may be a secret
        yield (
            f"{tests} reported by another plugin or a conftest.py in place of pytest, first"
            f" {first}: what such a test asked for is not known, so let pytest run it and"
            " make the report, and change that"
        )
    if doubled := results.find_doubled():
        tests = count(len(doubled), "test", "was")
        yield (
            f"{tests} run by several workers of pytest-xdist, first {min(doubled)}: run pytest"
            " without --dist each and --keep-duplicates"
        )
    if absent := _find_absent(config):
        are = "is" if len(absent) == 1 else "are"
        yield f"{first_of(absent, FEW)} {are} not there, so nothing was run: correct the command"
    overridden: list[str] = config.getoption("override_ini") or []
    given = {each.partition("=")[0].strip() for each in overridden}
    for key in _KEYS:
        if key in given:
            yield (
                f"-o {key} sets which tests there are for one run alone: write {key} into pytest's"
                " configuration file"
            )


def _find_absent(config: pytest.Config) -> list[str]:
    """List the paths that pytest was called with and that are not there.

    It then runs nothing, also of the others; its workers under pytest-xdist do not say why.
    """
    if config.getoption("pyargs"):  # names of modules
        return []
    paths = dict.fromkeys(re.split(r"::|\[", each)[0] for each in config.args)
    return [each for each in paths if not (config.invocation_params.dir / each).exists()]


def _further_folders(config: pytest.Config) -> Iterator[Path]:
    """Give the folders besides the root folder that the suite may lie in.

    Who names the root folder or the configuration file may name a part of the
    project, and without such a file the root folder is what the arguments have in common,
    or where pytest is called: then the project is the nearest folder above that looks like one.
    """
    if config.inipath:
        yield config.inipath.parent
    named = config.getoption("rootdir") or config.getoption("inifilename")
    here = config.invocation_params.dir
    if (named or not config.inipath) and _looks_like_a_project(here):
        yield here
    if not config.inipath:
        above = (config.rootpath, *config.rootpath.parents)
        yield from islice(filter(_looks_like_a_project, above), 1)


def _looks_like_a_project(folder: Path) -> bool:
    return any((folder / each).exists() for each in _OF_A_PROJECT)
