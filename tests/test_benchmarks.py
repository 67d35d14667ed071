"""tests/benchmarks runs from end to end. What it measures is for people: no time is asserted."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_mcscopes

ROOT = Path(__file__).parent.parent
NAMES = ["start-up", "alone", "tenant", "token", "passing", "verdict", "core", "route"]
ROW = re.compile(
    r"\S+ +\d+(\.\d+)? [mu]s +\d+(\.\d+)? [mu]s +-?\d+\.\d\d +-?\d+\.\d\d--?\d+\.\d\d"
    r" +\d\.\d\d  (ok|over)"
)


def printed_by(*arguments: str) -> tuple[list[str], list[str]]:
    """Run the benchmarks, and give the lines of the table and of the legend."""
    home = str(Path(pytest_mcscopes.__file__).parent.parent)
    run = subprocess.run(
        [sys.executable, ROOT / "tests" / "benchmarks", "--quick", *arguments],
        env=os.environ | {"PYTHONPATH": home},
        capture_output=True,
        text=True,
        check=True,
    )
    table, _, legend = run.stdout.partition("\n\n")
    return table.splitlines()[1:], legend.splitlines()


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        pytest.param([], NAMES, id="all"),
        pytest.param(["--only", "route", "core"], ["core", "route"], id="some, in their own order"),
    ],
)
def test_every_row_is_printed_and_explained(arguments: list[str], names: list[str]) -> None:
    """Two times, their ratio, its middle half, its budget and whether that is kept."""
    table, legend = printed_by(*arguments)
    assert [line.split()[0] for line in table] == names
    assert [line for line in table if ROW.fullmatch(line) is None] == []
    assert [line.split()[0] for line in legend] == names
    assert max(map(len, [*table, *legend])) <= 100


def test_the_readme_tells_the_command() -> None:
    """From a fresh clone, in one line."""
    assert (
        "\n<!-- benchmark command -->\n```sh\npython3.11 -m venv .venv && .venv/bin/pip install ."
        " && .venv/bin/python tests/benchmarks\n```\n"
    ) in (ROOT / "README.md").read_text()
