"""Where the marks of a test stand, level by level.

Not `get_closest_marker`: it prefers a function's mark to its parameter set's,
and a base class's to the subclass's.

Every test run imports this module. Plain classes, because a named tuple or a
dataclass takes longer to define than all else here.
"""

from __future__ import annotations

import sys
from functools import cache
from itertools import chain
from operator import attrgetter
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import CellType

    from ..arguments.keywords import Checked
    from ..privilege.expectation import Allowance, Expectation
    from .parse import Mark


JUDGING = ("mc_scopes", "mc_least_privilege", "mc_no_token")
"""The family of marks that make a test a judged one."""
CONFIGURING = ("mc_package", "mc_user")
"""Those that may stand in one place more than once, each about a package or user of its name."""
OURS = frozenset({*JUDGING, *CONFIGURING, "mc_allow"})
"""All that are read."""
PREFIX = "mc_"
"""What all of them begin with; another mark that does is a slip, unless somebody registered it."""


_SHORTEST, _LONGEST = 9, 13
"""Lengths of what `pytestmark` may be mistyped as."""


def fold(name: str) -> str:
    """Leave only the letters and digits of a name, in lower case."""
    return "".join(filter(str.isalnum, name.lower()))


_FOLDED = frozenset(fold(name) + end for name in OURS for end in ("", "s"))
_MISTYPED = tuple(fold(name) for name in (*JUDGING, "mc_allow"))
"""Names that count as meant even with a letter wrong: without these marks nothing is judged."""


@cache
def is_ours_or_near(name: str) -> bool:
    """Tell whether a mark's name is one of ours, or a slip for one."""
    if name.startswith(PREFIX):
        return True
    folded = fold(name)
    return folded in _FOLDED or any(one_slip(folded, each) for each in _MISTYPED)


def one_slip(written: str, meant: str) -> bool:
    """Tell whether two words differ by one letter too many, missing, wrong, or in turn."""
    if abs(len(written) - len(meant)) > 1:
        return False
    pairs = zip(written, meant, strict=False)
    same = next((at for at, (one, other) in enumerate(pairs) if one != other), len(meant))
    left, right = written[same:], meant[same:]
    swapped = left[:2] == right[:2][::-1] and left[2:] == right[2:]
    return swapped or left[1:] == right[1:] or left[1:] == right or left == right[1:]


class Declared:
    """What the marks of one test declare."""

    def __init__(
        self,
        expectations: tuple[Expectation, ...] = (),
        allowances: tuple[Allowance, ...] = (),
        packages: tuple[Checked, ...] = (),
        users: tuple[Checked, ...] = (),
    ) -> None:
        """Keep it: expectations with the closest first, settings in the order of reading."""
        self.expectations = expectations
        self.allowances = allowances
        self.packages = packages
        self.users = users


class Level:
    """The marks of ours that stand in one place, in the order in which they read."""

    def __init__(self, marks: tuple[pytest.Mark, ...], path: Path, qualname: str = "") -> None:
        self.marks = marks
        self.path = path
        self.qualname = qualname

    def place(self, mark: Mark) -> tuple[int, int] | None:
        """Find line and column of a mark."""
        from .source_lines import find_place  # noqa: PLC0415 - unmarked tests need no places

        return find_place(self.path, mark, self.qualname)

    def shown_place(self, mark: Mark) -> str:
        """Write `tests/test_mailer.py:5`."""
        from ..words import shown_path  # noqa: PLC0415 - nor are they written down

        place = self.place(mark)
        return shown_path(self.path) + (f":{place[0]}" if place else "")


NO_MARKS = Level(marks=(), path=Path())
_MARKS, _OWN_MARKERS = attrgetter("marks"), attrgetter("own_markers")


def judges(level: Level) -> bool:
    """Tell whether a mark of the level makes its tests judged ones."""
    return any(mark.name in JUDGING for mark in level.marks)


def levels_of(item: pytest.Item) -> list[Level]:
    """List the levels of a test that have marks of ours, the closest first."""
    in_class = False
    above: list[Level] = []
    for node in reversed(item.listchain()[:-1]):
        if isinstance(node, pytest.Class):
            in_class = True
            above += _levels_of_class(node)
        # A module's marks speak of its functions, not of its doctests.
        elif node.own_markers and (
            isinstance(item, pytest.Function) or not isinstance(node, pytest.Module)
        ):
            above.append(_level(node.own_markers, node.path))
    if isinstance(item, pytest.Function):
        above += _package_levels(item.module)
    return [*filter(_MARKS, (*_own_levels(item, in_class=in_class), *above))]


def _own_levels(item: pytest.Item, *, in_class: bool) -> Iterator[Level]:
    """Yield what stands at a test's parameter set, and then above its function."""
    function = getattr(item, "obj", None)
    qualname = getattr(function, "__qualname__", "")
    # A method may be a base class's in another file. A function is its file's own,
    # whoever wrapped it: pytest-bdd's are code of pytest-bdd.
    path = function.__module__ if function is not None and in_class else item.path
    own = item.own_markers
    if parameters := getattr(getattr(item, "callspec", None), "marks", ()):
        yield _level(parameters, path, qualname)
        own = [mark for mark in own if not _among(mark, parameters)]
    yield _level(reversed(own), path, qualname)


def _among(mark: pytest.Mark, marks: Iterable[pytest.Mark]) -> bool:
    return any(mark is each for each in marks)


def _levels_of_class(node: pytest.Class) -> Iterator[Level]:
    """Yield what hooks added to a class, then its own marks, then its bases'."""
    written = [mark for cls in node.obj.__mro__ for mark in marks_on(cls)]
    yield _level((mark for mark in node.own_markers if not _among(mark, written)), node.path)
    for cls in node.obj.__mro__:
        yield _level_of_class(cls)


def _level_of_class(cls: type) -> Level:
    return _level(reversed(marks_on(cls)), cls.__module__, cls.__qualname__)


def _package_levels(module: ModuleType) -> Iterator[Level]:
    """Yield the `pytestmark` of each package that a module is in, the closest first.

    pytest itself applies no `pytestmark` of an `__init__.py`; a mark that is
    written there must not be without effect, or its tests would pass unjudged.
    """
    name = module.__name__
    while "." in name:
        name = name.rpartition(".")[0]
        written = getattr(sys.modules.get(name), "pytestmark", ())
        yield _level(unpacked(written), name)


def marks_on(owner: object) -> list[pytest.Mark]:
    """Read the marks that are stored on a function, class, module or package itself."""
    return unpacked(vars(owner).get("pytestmark", ()))


def unpacked(stored: object) -> list[pytest.Mark]:
    """Read marks as pytest lets them be written: one or several, called or not."""
    several = stored if isinstance(stored, list | tuple) else [stored]
    marks = [getattr(each, "mark", each) for each in several]
    return [mark for mark in marks if isinstance(mark, pytest.Mark)]


def _level(marks: Iterable[pytest.Mark], where: Path | str, qualname: str = "") -> Level:
    """Keep our marks; only then is a module's name made a path: every test comes through here."""
    ours = tuple(filter(is_ours, marks))
    if not ours:
        return NO_MARKS
    if isinstance(where, str):
        where = Path(getattr(sys.modules.get(where), "__file__", None) or where)
    return Level(marks=ours, path=where, qualname=qualname)


def marks_of_nodes(item: pytest.Item) -> list[pytest.Mark]:
    """List the marks of ours that a test has by now, put there by whomever and whenever."""
    nodes = item.listchain()
    if not isinstance(item, pytest.Function):
        nodes = [node for node in nodes if not isinstance(node, pytest.Module)]
    return [*filter(is_ours, chain.from_iterable(map(_OWN_MARKERS, nodes)))]


def is_ours(mark: pytest.Mark) -> bool:
    """Tell whether a mark is to be read, or refused as unknown."""
    return is_ours_or_near(mark.name)


class Unread:
    """Marks of ours that nobody reads: in a variable, or on what is not the test's function."""

    def __init__(self, level: Level, variable: str, where: str) -> None:
        """Keep it; *variable* may be what is nearly called `pytestmark`, or name the function.

        *where* is "conftest", "plugin", "tests", "decorator", "set-up" or "definition".
        """
        self.level = level
        self.variable = variable
        self.where = where


def unread_below(collector: pytest.Collector, report: pytest.CollectReport) -> list[Unread]:
    """List marks that pytest does not read: of a conftest, a plugin, a mistyped `pytestmark`."""
    plugins = collector.config.pluginmanager
    if isinstance(collector, pytest.Directory):
        conftest = plugins.get_plugin(str(collector.path / "conftest.py"))
        return _unread(conftest, "conftest", ("pytestmark",)) if conftest else []
    if isinstance(collector, pytest.Session):
        found = (each for each in plugins.get_plugins() if _is_plugin_file(each, collector.config))
        return [unread for each in found for unread in _unread(each, "plugin", ("pytestmark",))]
    if not (isinstance(collector, pytest.Module) and report.result):
        return []
    if not isinstance(collector.obj, ModuleType):
        return []  # a text file of doctests
    classes = [node.obj for node in report.result if isinstance(node, pytest.Class)]
    owners = [collector.obj, *(base for each in _with_nested(classes) for base in each.__mro__)]
    return [unread for each in dict.fromkeys(owners) for unread in _unread(each, "tests")]


def _is_plugin_file(plugin: object, config: pytest.Config) -> bool:
    """Tell whether a plugin is a module with a `pytestmark`, and no conftest and no test file."""
    if not isinstance(plugin, ModuleType) or "pytestmark" not in vars(plugin):
        return False
    file = Path(plugin.__file__ or plugin.__name__)
    tests: list[str] = config.getini("python_files")
    return file.name != "conftest.py" and not any(map(file.match, tests))


def _unread(owner: object, where: str, variables: tuple[str, ...] = ()) -> list[Unread]:
    module: str = getattr(owner, "__module__", "") or getattr(owner, "__name__", "")
    qualname = getattr(owner, "__qualname__", "")
    found = []
    for name, value in list(vars(owner).items()):
        if name in variables or _is_mistyped(name):
            level = _level(unpacked(value), module, qualname)
            found += [Unread(level, name, where)] if level.marks else []
        function = getattr(value, "__func__", value)
        if where == "tests" and (getattr(function, "__closure__", None) or _is_partial(function)):
            found += _lost(name, function)
    return found


def _is_partial(value: object) -> bool:
    return getattr(type(value), "__name__", "") == "partial"


def _lost(name: str, function: Any) -> Iterator[Unread]:  # noqa: ANN401 - a function, or a partial
    """Yield the marks of a test that a decorator above them has left behind.

    `functools.wraps` takes them along. What a function merely refers to has another name.
    """
    seen, left, kept = {id(function)}, [function], marks_on(function)
    while left:
        each = left.pop()
        cells = getattr(each, "__closure__", None) or ()
        within = [_content(cell) for cell in cells]
        within += [each.func] if _is_partial(each) else []
        # What a wrapper has may be another wrapper; what a test itself refers to is no matter.
        wraps = getattr(each, "__name__", "") != name
        for inner in within:
            if id(inner) in seen or not (isinstance(inner, FunctionType) and wraps):
                continue
            seen.add(id(inner))
            left.append(inner)
            if not (_is_partial(each) or inner.__name__ == name):
                continue
            lost = [mark for mark in marks_on(inner) if mark not in kept]
            level = _level(reversed(lost), inner.__module__, inner.__qualname__)
            if level.marks:
                yield Unread(level, name, "decorator")


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # nothing has been put there yet
        return None


def _is_mistyped(variable: str) -> bool:
    right = variable == "pytestmark" or variable.startswith("__")
    if right or not _SHORTEST <= len(variable) <= _LONGEST:
        return False  # as most are: every variable of every test file comes through here
    return one_slip(fold(variable), "pytestmark")


def levels_of_function(definition: pytest.Function) -> list[Level]:
    """List the levels of a function, those of its parameter sets among them."""
    parameters = parameter_levels(definition.iter_markers("parametrize"), definition.path)
    return [*levels_of(definition), *parameters]


def levels_below(collector: pytest.Collector, report: pytest.CollectReport) -> list[Level]:
    """List where marks of ours stand in a file of tests that was collected."""
    found = [
        node for node in report.result or () if isinstance(node, pytest.Class | pytest.Function)
    ]
    if not (isinstance(collector, pytest.Module) and found):
        return []
    classes = [node.obj for node in found if isinstance(node, pytest.Class)]
    return levels_in_module(collector.obj, classes)


def levels_in_module(module: ModuleType, classes: Iterable[type]) -> list[Level]:
    """List where marks of ours stand in a file with these test classes, without collecting."""
    levels = [_level(marks_on(module), module.__name__), *_package_levels(module)]
    owners: list[ModuleType | type] = [module]
    for cls in _with_nested(classes):
        owners += cls.__mro__
    for owner in dict.fromkeys(owners):
        levels += _levels_in(owner)
    return [level for level in levels if level.marks]


def _with_nested(classes: Iterable[type]) -> Iterator[type]:
    for cls in classes:
        yield cls
        # By name: what a class merely refers to may refer back to it.
        yield from _with_nested(
            each
            for each in vars(cls).values()
            if isinstance(each, type) and each.__qualname__ == f"{cls.__qualname__}.{each.__name__}"
        )


def _levels_in(owner: ModuleType | type) -> Iterator[Level]:
    if isinstance(owner, type):
        yield _level_of_class(owner)
    for each in vars(owner).values():
        function = getattr(each, "__func__", each)
        if isinstance(function, FunctionType):
            marks, module = marks_on(function), function.__module__
            yield _level(reversed(marks), module, function.__qualname__)
            yield from parameter_levels(marks, module, function.__qualname__)


def parameter_levels(
    marks: Iterable[pytest.Mark], where: Path | str, qualname: str = ""
) -> Iterator[Level]:
    """Yield a level for each `pytest.param(..., marks=...)` of parametrize marks."""
    for mark in marks:
        values = mark.kwargs.get("argvalues", mark.args[1] if len(mark.args) > 1 else ())
        if mark.name == "parametrize" and isinstance(values, list | tuple):
            for value in values:
                yield _level(unpacked(getattr(value, "marks", ())), where, qualname)
