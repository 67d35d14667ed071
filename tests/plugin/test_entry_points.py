"""Inner runs load the same plugins as other runs do, and read less metadata for it."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from suites import Suite

LOADED = """
def test_it(pytestconfig):
    assert pytestconfig.pluginmanager.has_plugin("{}")
"""


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """One entry for each time that all metadata is read."""
    found: list[None] = []
    read = metadata.distributions

    def count() -> Iterable[metadata.Distribution]:
        found.append(None)
        return read()

    monkeypatch.setattr(metadata, "distributions", count)
    return found


def test_a_plugin_that_a_package_lists(suite: Suite, readings: list[None]) -> None:
    """pytest finds the module by the metadata."""
    suite.run(LOADED.format("anyio"), "-p", "anyio").assert_outcomes(passed=1)
    assert readings == [None]


def test_a_plugin_that_is_a_module(suite: Suite, readings: list[None]) -> None:
    """pytest imports it."""
    suite.run(LOADED.format("asking"), "-p", "asking").assert_outcomes(passed=1)
    assert readings == []
