"""Inner runs have the plugins and fixtures that other runs have, and search less for them."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

import pytest
from _pytest.fixtures import FixtureManager

if TYPE_CHECKING:
    from collections.abc import Iterable

    from suites import Suite

pytestmark = pytest.mark.measured

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


def test_fixtures_of_plugins(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of pytest's own are there, and of others; what has none is not searched."""
    searched: list[str] = []
    search = FixtureManager.parsefactories

    def note(manager: FixtureManager, *args: object, **named: object) -> None:
        searched.append(getattr([*args, *named.values()][0], "__name__", ""))
        search(manager, *args, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(FixtureManager, "parsefactories", note)
    suite.pytester.makepyfile(
        theirs="import pytest\n\n@pytest.fixture\ndef of_a_plugin():\n    return 1"
    )
    source = "def test_it(of_a_plugin, tmp_path, capsys, mc_tenant):\n    assert of_a_plugin == 1"
    suite.run(source, "-p", "theirs").assert_outcomes(passed=1)
    assert {"theirs", "_pytest.tmpdir"} <= {*searched}
    assert "_pytest.python" not in searched
