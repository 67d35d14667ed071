"""Which mark counts for a test: the closest one, level by level.

Not `get_closest_marker`: it prefers a function's mark to its parameter set's,
and a base class's to the subclass's.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest

from ..catalogue.catalogue import Catalogue
from ..errors import ConfigError
from ..privilege.expectation import Allowance, Expectation
from .parse import FAMILY, read_allowances, read_expectation, read_package
from .source import find_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """The marks of ours that were written in one place, in the order in which they read."""

    marks: tuple[pytest.Mark, ...]
    path: Path
    qualname: str = ""

    def origin(self, mark: pytest.Mark) -> str:
        """Write `@pytest.mark.mc_scopes, tests/test_mailer.py:5`."""
        line = find_line(self.path, mark, self.qualname)
        return f"@pytest.mark.{mark.name}, {shown_path(self.path)}{f':{line}' if line else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the marks of one test come to."""

    expectations: tuple[Expectation, ...] = ()
    allowances: tuple[Allowance, ...] = ()
    packages: tuple[dict[str, Any], ...] = ()
    """Settings by keyword, a package each, in the order in which they read."""


def shown_path(path: Path) -> str:
    """Write a path as a person types it: relative to where they are, if it is below."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def levels_of(item: pytest.Item) -> Iterator[Level]:
    """Yield a test's levels, the closest first."""
    parameter_marks = list(getattr(getattr(item, "callspec", None), "marks", ()))
    own = [mark for mark in item.own_markers if not _among(mark, parameter_marks)]
    function = getattr(item, "obj", None)
    qualname = getattr(function, "__qualname__", "")
    path = _path_of(function.__module__) if qualname else item.path
    yield _level(parameter_marks, path, qualname)
    yield _level(reversed(own), path, qualname)
    for node in reversed(item.listchain()[:-1]):
        yield from _levels_of_collector(node)


def _among(mark: pytest.Mark, marks: Iterable[pytest.Mark]) -> bool:
    return any(mark is each for each in marks)


def _levels_of_collector(node: pytest.Item | pytest.Collector) -> Iterator[Level]:
    if isinstance(node, pytest.Class):
        written = [mark for cls in node.obj.__mro__ for mark in marks_on(cls)]
        added = [mark for mark in node.own_markers if not _among(mark, written)]
        yield _level(added, node.path)
        for cls in node.obj.__mro__:
            yield class_level(cls)
        return
    yield _level(node.own_markers, node.path)
    if isinstance(node, pytest.Module):
        yield from package_levels(node.obj)


def class_level(cls: type) -> Level:
    """Give the marks that are written on one class, not on its bases."""
    return _level(reversed(marks_on(cls)), _path_of(cls.__module__), cls.__qualname__)


def package_levels(module: ModuleType) -> Iterator[Level]:
    """Yield the `pytestmark` of each package that a module is in, the closest first.

    pytest itself applies no `pytestmark` of an `__init__.py`; a mark that is
    written there must not be without effect, or its tests would pass unjudged.
    """
    name = module.__name__
    while "." in name:
        name = name.rpartition(".")[0]
        package = sys.modules.get(name)
        if package is not None and getattr(package, "__file__", None):
            yield _level(marks_on(package), Path(str(package.__file__)))


def _path_of(module: str) -> Path:
    return Path(getattr(sys.modules.get(module), "__file__", None) or module)


def marks_on(owner: object) -> list[pytest.Mark]:
    """Read the marks that are stored on a function, class, module or package itself."""
    stored = vars(owner).get("pytestmark", [])
    marks = stored if isinstance(stored, list | tuple) else [stored]
    return [getattr(mark, "mark", mark) for mark in marks]


def _level(marks: Iterable[pytest.Mark], path: Path, qualname: str = "") -> Level:
    return Level(marks=tuple(mark for mark in marks if mark.name in FAMILY), path=path, qualname=qualname)


def read_levels(levels: Iterable[Level], catalogue: Catalogue) -> Declared:
    """Read all marks and keep, of one family, the closest: per package name and per rule.

    Raises:
        ConfigError: a bad mark, or two of one family on one level.
    """
    expectations: dict[str | None, Expectation] = {}
    allowances: dict[str, Allowance] = {}
    packages: dict[str, dict[str, Any]] = {}
    for level in levels:
        read = read_level(level, catalogue)
        for each in read.expectations:
            expectations.setdefault(each.package, each)
        for allowance in read.allowances:
            allowances.setdefault(allowance.rule, allowance)
        for package in read.packages:
            name = package.get("name", "integration")
            packages[name] = package | packages.get(name, {})
    return Declared(
        expectations=tuple(expectations.values()),
        allowances=tuple(allowances.values()),
        packages=tuple(packages.values()),
    )


def read_level(level: Level, catalogue: Catalogue) -> Declared:
    """Read the marks of one level.

    Raises:
        ConfigError: as `read_levels`; the text names file and line.
    """
    expectations: list[Expectation] = []
    allowances: list[Allowance] = []
    packages: list[dict[str, Any]] = []
    seen: dict[tuple[str, str | None], pytest.Mark] = {}
    for mark in level.marks:
        try:
            for key in _keys(mark):
                _refuse_second(seen, key, mark)
            if mark.name == "mc_package":
                packages.append(read_package(mark, catalogue))
            elif mark.name == "mc_allow":
                allowances += read_allowances(mark, level.origin(mark))
            else:
                expectations.append(read_expectation(mark, catalogue, level.origin(mark)))
        except ConfigError as error:
            raise ConfigError(_located(level, mark, error)) from None
    return Declared(
        expectations=tuple(expectations), allowances=tuple(allowances), packages=tuple(packages)
    )


def _keys(mark: pytest.Mark) -> list[tuple[str, str | None]]:
    """Say what two marks of one level may not both be about."""
    family = FAMILY[mark.name]
    if family == "allow":
        return [(family, str(rule)) for rule in mark.args]
    return [(family, mark.kwargs.get("name" if family == "package" else "package"))]


def _refuse_second(
    seen: dict[tuple[str, str | None], pytest.Mark], key: tuple[str, str | None], mark: pytest.Mark
) -> None:
    first = seen.setdefault(key, mark)
    if first is not mark:
        both = f"two {mark.name}" if first.name == mark.name else f"{first.name} and {mark.name}"
        about = f' for "{key[1]}"' if key[1] else ""
        msg = f"@pytest.mark.{mark.name}: {both} marks{about} stand in one place; keep the one that is meant."
        raise ConfigError(msg)


def _located(level: Level, mark: pytest.Mark, error: ConfigError) -> str:
    line = find_line(level.path, mark, level.qualname)
    text = str(error).removeprefix("MCSCOPES: ")
    of = f", {level.qualname}" if level.qualname else ""
    return f"{shown_path(level.path)}{f':{line}' if line else ''}{of}\n  {text}"


def levels_in_module(module: ModuleType, classes: Sequence[type]) -> list[Level]:
    """Read where marks of ours stand in a file, without collecting anything.

    Args:
        module: the collected module.
        classes: the test classes that pytest collected in it.
    """
    levels = [_level(marks_on(module), Path(str(module.__file__))), *package_levels(module)]
    functions = _functions(module)
    for cls in _with_nested(classes):
        for base in cls.__mro__:
            levels.append(class_level(base))
            functions += _functions(base)
    for function in functions:
        path = _path_of(function.__module__)
        levels.append(_level(reversed(marks_on(function)), path, function.__qualname__))
        levels += parameter_levels(function, path)
    return [level for level in levels if level.marks]


def _functions(owner: object) -> list[FunctionType]:
    return [each for each in vars(owner).values() if isinstance(each, FunctionType)]


def _with_nested(classes: Iterable[type]) -> Iterator[type]:
    for cls in classes:
        yield cls
        yield from _with_nested([each for each in vars(cls).values() if isinstance(each, type)])


def parameter_levels(function: FunctionType, path: Path) -> Iterator[Level]:
    """Yield a level per `pytest.param(..., marks=...)` of a function's own parametrize marks."""
    for mark in marks_on(function):
        values = mark.kwargs.get("argvalues", mark.args[1] if len(mark.args) > 1 else ())
        if mark.name == "parametrize" and isinstance(values, list | tuple):
            for value in values:
                marks = [getattr(each, "mark", each) for each in getattr(value, "marks", ())]
                yield _level(marks, path, function.__qualname__)


def errors_in(levels: Iterable[Level], catalogue: Catalogue) -> list[str]:
    """Say all that is wrong with the marks of these levels."""
    return list(dict.fromkeys(text for level in levels for text in _errors(level, catalogue)))


def _errors(level: Level, catalogue: Catalogue) -> list[str]:
    try:
        read_level(level, catalogue)
    except ConfigError as error:
        return [str(error).removeprefix("MCSCOPES: ")]
    return []
