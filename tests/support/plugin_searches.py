"""Spares runs of pytest searches of plugins that find nothing."""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import pytest
from _pytest.config import default_plugins
from _pytest.fixtures import FixtureFunctionDefinition, FixtureManager

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def known() -> Iterator[None]:
    """Have runs in this process search neither of these; what is installed stays meanwhile.

    The metadata of all packages, for each module that is named by `-p`: pytest looks whether a
    package calls a plugin of its own so. And each name in pytest's own plugins for a fixture,
    where there is none: it takes an eighth of a small run.
    """
    names = entry_points(group="pytest11").names
    modules = (import_module(f"_pytest.{name}") for name in default_plugins)
    without = {id(module) for module in modules if not _has_fixtures(module)}
    load = pytest.PytestPluginManager.load_setuptools_entrypoints
    search = FixtureManager.pytest_plugin_registered

    def load_listed(
        manager: pytest.PytestPluginManager, group: str, name: str | None = None
    ) -> int:
        return load(manager, group, name) if name is None or name in names else 0

    def search_others(manager: FixtureManager, plugin: object, plugin_name: str) -> None:
        if id(plugin) not in without:
            search(manager, plugin, plugin_name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pytest.PytestPluginManager, "load_setuptools_entrypoints", load_listed)
        patch.setattr(FixtureManager, "pytest_plugin_registered", search_others)
        yield


def _has_fixtures(module: object) -> bool:
    return any(type(each) is FixtureFunctionDefinition for each in vars(module).values())
