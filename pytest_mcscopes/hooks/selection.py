"""Which tests pytest's own `-m` leaves out, told apart from those that something else does."""

from __future__ import annotations

from copy import copy
from types import SimpleNamespace
from typing import TYPE_CHECKING

from .stash import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from ..evidence.data_file import SelectionRecord


def declared_selection(config: pytest.Config) -> SelectionRecord | None:
    """Find what the manifest says of the `-m` that this run was given; None: nothing."""
    declared = config.stash.get(MANIFEST, {}).get("selection", ())
    words = config.getoption("markexpr").split()
    return next((each for each in declared if each["expression"].split() == words), None)


def find_deselected(config: pytest.Config, items: Iterable[pytest.Item]) -> set[pytest.Item]:
    """Find the tests that `-m` alone leaves out, as pytest itself decides it."""
    kept = [*items]
    deselected: list[pytest.Item] = []
    marks = config.pluginmanager.get_plugin("mark")
    alone = _ByMarksAlone(config, deselected)
    marks.pytest_collection_modifyitems(items=kept, config=alone)  # type: ignore[union-attr]
    return {*deselected}


class _ByMarksAlone:
    """A run's configuration without `-k`, whose reports of what is deselected go elsewhere."""

    def __init__(self, config: pytest.Config, deselected: list[pytest.Item]) -> None:
        self._config = config
        self._deselected = deselected
        self.option = copy(config.option)
        self.option.keyword = ""
        self.hook = SimpleNamespace(pytest_deselected=self._note)

    def _note(self, items: Iterable[pytest.Item]) -> None:
        self._deselected.extend(items)

    def __getattr__(self, name: str) -> object:
        return getattr(self._config, name)
