"""Beside tools that mock, record or patch what HTTP libraries send: each does its work.

Runs in the tox env `compat` alone, where all of them are installed; all but those that need
a process of their own share one. `tests/compat/each.py` runs each of them without the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from beside import TOOLS, arguments, read_outcomes, write_tests
from processes import run_pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = {name: tool for name, tool in TOOLS.items() if not name.startswith("vcrpy ")}
"""Of a package that has several rows the newest is installed."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """What becomes of all their tests, with every plugin loaded that is installed."""
    told: dict[str, str] = {}
    shared = [tool for tool in HERE.values() if not tool.plugins]
    for run in (shared, *([tool] for tool in HERE.values() if tool.plugins)):
        folder = tmp_path_factory.mktemp("beside")
        write_tests(folder, run)
        text = run_pytest(folder, *arguments(run), autoload=True)
        assert folder.joinpath("told.json").exists(), text
        print(text)  # noqa: T201 - for who reads a failure
        told |= read_outcomes(folder)
    return told


@pytest.mark.parametrize("name", HERE)
def test_both_do_their_work(name: str, told: Mapping[str, str]) -> None:
    """As if the others were not there."""
    assert HERE[name].wrong(told) == []
