"""Marks and settings that had no effect on a test which uses our fixtures."""

from __future__ import annotations

import sys
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import pytest

from ..markers.levels import CONFIGURING, JUDGING, OURS, Level, levels_of, marks_on
from ..markers.without_effect import (
    idle_fixture,
    idle_settings,
    idle_users,
    idle_users_of_others,
    unreached,
    unread_by_doctest,
)
from ..words import shown_path
from .fixtures import fixture_place, named_fixture
from .stash import IdleMarks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .stash import Attempt, Configured


def find_idle_marks(item: pytest.Item, attempt: Attempt, closure: frozenset[str]) -> IdleMarks:
    """Find the marks and fixtures that had no effect on a test which uses our fixtures."""
    configured = attempt.configured
    texts = [*_unread_above(item, configured=configured is not None)]
    inherited: list[str] = []
    if configured is None:
        texts += _idle_settings(item, closure)
        inherited = _idle_fixtures(item, closure)
    elif not configured.acts_for_users and (attempt.declared.users or configured.by_fixture):
        if users := _users_without_app(item, own=True):
            texts.append(idle_users(users))
        inherited = _inherited_users(item, configured)
    return IdleMarks("\n".join(texts), tuple(inherited))


def _idle_settings(item: pytest.Item, closure: frozenset[str]) -> list[str]:
    marks = [(level, mark) for level in levels_of(item) for mark in level.marks]
    things = {
        f"@pytest.mark.{mark.name} ({level.shown_place(mark)})": mark.name
        for level, mark in marks
        if mark.name in CONFIGURING
    }
    for fixture, own in _overridden(item, closure):
        if own:
            things[named_fixture(fixture, item.config)] = fixture.argname
    about = set(things.values())
    return [idle_settings(list(things), about, _maker(item, closure))] if things else []


def _idle_fixtures(item: pytest.Item, closure: frozenset[str]) -> list[str]:
    """Say which fixtures of a conftest do not configure the test's tenant."""
    return [
        idle_fixture(named_fixture(fixture, item.config), fixture.argname, _maker(item, closure))
        for fixture, own in _overridden(item, closure)
        if not own
    ]


def _inherited_users(item: pytest.Item, configured: Configured) -> list[str]:
    """Say which `mc_user` marks and fixtures have no effect on a test that others have too."""
    things = _users_without_app(item, own=False)
    if configured.by_fixture:
        fixtures = item.session._fixturemanager.getfixturedefs("mc_user", item) or ()  # noqa: SLF001
        things += [named_fixture(each, item.config) for each in fixtures[-1:]]
    return [idle_users_of_others(each) for each in things]


def _users_without_app(item: pytest.Item, *, own: bool) -> list[str]:
    """Name the `mc_user` marks of a test for whose tenant no user can log in.

    *own* are those that were written for this test or its class; else those of its file, its
    package or a hook, and of a function that is parametrised: other tests may need them.
    """
    parameters = getattr(item, "callspec", None)
    classes = getattr(getattr(item, "cls", None), "__mro__", ())
    places = [*classes] if parameters else [*classes, getattr(item, "function", item)]
    written = [mark for each in places for mark in marks_on(each)]
    written += getattr(parameters, "marks", ())
    return [
        f"@pytest.mark.mc_user ({level.shown_place(mark)})"
        for level in levels_of(item)
        for mark in level.marks
        if mark.name == "mc_user" and any(mark is each for each in written) == own
    ]


def _overridden(
    item: pytest.Item, closure: frozenset[str]
) -> Iterator[tuple[pytest.FixtureDef[Any], bool]]:
    """Yield the user's own `mc_package` and `mc_user`, where nothing asks for them.

    With each: whether it stands in the test's own file or class.
    """
    module = item.getparent(pytest.Module)
    file = module.nodeid if module else ""
    for name in CONFIGURING:
        # pytest has no public way to find a fixture that a test does not ask for.
        found = item.session._fixturemanager.getfixturedefs(name, item) or ()  # noqa: SLF001
        fixture = found[-1]
        if name not in closure and len(found) > 1:
            yield fixture, bool(file) and fixture.baseid.partition("::")[0] == file


def _maker(item: pytest.Item, closure: frozenset[str]) -> str:
    """Name the fixture of the test that makes a tenant by `mc_cloud`, or else nothing."""
    found = item.session._fixturemanager.getfixturedefs  # noqa: SLF001
    for name in sorted(closure):
        for fixture in found(name, item) or ():
            if "mc_cloud" in fixture.argnames and (place := fixture_place(fixture, item.config)):
                return f" in fixture {name}{place}"
    return ""


def _unread_above(item: pytest.Item, *, configured: bool) -> Iterator[str]:
    """Say of the marks above a test, of its file or folder, that they do not reach it."""
    unreached_levels = [*_unreached(item)]
    if not unreached_levels:
        return
    own = {_family(mark.name) for level in levels_of(item) for mark in level.marks}
    for level, gap in unreached_levels:
        things = [
            f"@pytest.mark.{mark.name} ({level.shown_place(mark)})"
            for mark in level.marks
            if mark.name in OURS - {"mc_allow"}
            and _family(mark.name) not in own
            and (configured or mark.name in JUDGING)
        ]
        if things:
            functions = isinstance(item, pytest.Function)
            yield unreached(things, gap) if functions else unread_by_doctest(things)


def _family(name: str) -> str:
    return "judging" if name in JUDGING else name


def _unreached(item: pytest.Item) -> Iterator[tuple[Level, str | None]]:
    """Yield the marks above a test that are not read for it, and the folder in between."""
    if not isinstance(item, pytest.Function):
        module = getattr(item.getparent(pytest.Module), "obj", None)
        if marks := marks_on(module) if module is not None else []:
            yield Level(marks=tuple(marks), path=item.path), None
    for node in item.listchain():
        if isinstance(node, pytest.Package):
            file = node.path / "__init__.py"
            marks = [] if str(file) in _reached(item) else _marks_in(file)
            if marks:
                yield Level(marks=tuple(marks), path=file), _gap(node.path, item.path)


def _reached(item: pytest.Item) -> set[str]:
    """Give the files of the packages that a test function is imported from."""
    if not isinstance(item, pytest.Function):
        return set()
    packages = accumulate(item.module.__name__.split(".")[:-1], "{}.{}".format)
    return {str(getattr(sys.modules.get(name), "__file__", "")) for name in packages}


def _marks_in(file: Path) -> list[pytest.Mark]:
    """Read the `pytestmark` of a package."""
    # pytest imports a package's file before its tests run, by a name that it chooses.
    modules = list(sys.modules.values())
    of_file = (each for each in modules if getattr(each, "__file__", None) == str(file))
    package = next(of_file, None)
    return marks_on(package) if package else []


def _gap(package: Path, test: Path) -> str | None:
    """Find the first folder from a package down to a test that is no package itself."""
    between = [each for each in reversed(test.parents) if package in each.parents]
    return next((shown_path(each) for each in between if not (each / "__init__.py").exists()), None)
