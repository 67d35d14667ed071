"""Spares runs of pytest the search for plugins that no installed package has."""

from __future__ import annotations

from contextlib import contextmanager
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def listed_once() -> Iterator[None]:
    """Have runs in this process read no package's metadata for a module that is named by `-p`.

    pytest first looks whether a package calls a plugin of its own so: for each `-p`, and in the
    metadata of all packages. What is installed stays the same meanwhile.
    """
    names = entry_points(group="pytest11").names
    load = pytest.PytestPluginManager.load_setuptools_entrypoints

    def load_listed(
        manager: pytest.PytestPluginManager, group: str, name: str | None = None
    ) -> int:
        return load(manager, group, name) if name is None or name in names else 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pytest.PytestPluginManager, "load_setuptools_entrypoints", load_listed)
        yield
