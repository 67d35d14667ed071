"""Tests that a Python file holds and that never came to pytest, because a hook kept them back."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest

from ..evidence.suite_files import fits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Tests = pytest.Module | pytest.Class


def find_hidden(
    collector: pytest.Collector, found: Sequence[pytest.Item | pytest.Collector]
) -> Iterator[str]:
    """Give the ids of tests and classes that pytest's rules make of a file or class, and are not.

    Left alone is what says of itself that it is no test (`__test__ = False`), what is no plain
    function or class, of which pytest itself may make nothing, and a file that is none of tests.
    Another plugin's collector of the same file gives the ids of its tests, too.
    """
    if isinstance(collector, pytest.Class) or (
        collects_python(collector) and _is_of_tests(collector)
    ):
        names = {getattr(each, "originalname", None) or each.name for each in found}
        for name, thing in _members(collector.obj).items():  # type: ignore[attr-defined]
            if name not in names and _is_test(collector, name, thing):  # type: ignore[arg-type]
                yield f"{collector.nodeid}::{name}"


def collects_python(collector: pytest.Collector) -> bool:
    """Tell whether something collects the functions and classes of a file."""
    doctest = collector.config.pluginmanager.get_plugin("doctest")
    of_doctests: type = getattr(doctest, "DoctestModule", type(None))
    return isinstance(collector, pytest.Module) and not isinstance(collector, of_doctests)


def _is_of_tests(collector: pytest.Collector) -> bool:
    patterns = collector.config.getini("python_files")
    named = collector.session.isinitpath(collector.path)
    return named or any(fits(collector.path, each) for each in patterns)


def _members(thing: object) -> Mapping[str, object]:
    """Give what pytest looks at in a module or class: of one name the first counts."""
    if not getattr(thing, "__test__", True) or _has_other_rules(thing):
        return {}
    above = thing.__mro__ if isinstance(thing, type) else (thing,)
    members: dict[str, object] = {}
    for each in reversed(above):
        members |= vars(each)
    return members


def _has_other_rules(thing: object) -> bool:
    """Tell of a class whether it is unittest's, or made in a way for which pytest leaves it out."""
    if not isinstance(thing, type):
        return False
    of_unittest = hasattr(thing, "assertEqual") and hasattr(thing, "run")
    made = (getattr(thing, name) is getattr(object, name) for name in ("__init__", "__new__"))
    return of_unittest or not all(made)


def _is_test(collector: Tests, name: str, thing: object) -> bool:
    if isinstance(thing, staticmethod | classmethod):
        thing = thing.__func__
    is_test = (inspect.isclass(thing) and collector.istestclass(thing, name)) or (
        inspect.isfunction(thing) and collector.istestfunction(thing, name)
    )
    return is_test and bool(getattr(thing, "__test__", True)) and _is_own(collector, thing)


def _is_own(collector: Tests, thing: object) -> bool:
    """Tell whether a function or class counts where it is, also if it was imported from another."""
    imported = collector.config.getini("collect_imported_tests")
    own = getattr(thing, "__module__", None) == getattr(collector.obj, "__name__", None)
    return imported or own or not isinstance(collector, pytest.Module)
