"""Run the tests of beside.toml with each tool alone: a fresh environment for each.

Not a part of the suite, for it takes minutes and installs: `tox -e compat-each`, or
`python tests/compat/each.py [NAME ...]`. Prints a line for each tool; fails if one does.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import TYPE_CHECKING

from beside import COMPAT, TOOLS, arguments, read_outcomes, write_tests
from processes import run_pytest

if TYPE_CHECKING:
    from beside import Tool

CLIENTS = ("aiohttp", "requests")
"""What the tests send by, beside what we bring."""


def install(tool: Tool, folder: Path) -> str:
    """Make an environment that has us, the clients and one tool; give its Python."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    wanted = [str(COMPAT.parents[1]), *CLIENTS, *tool.install]
    subprocess.run([python, "-m", "pip", "install", "-q", *wanted], check=True)
    return python


def run(tool: Tool) -> bool:
    """Run a tool's tests in an environment of its own; tell whether all is well."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        python = install(tool, folder / "venv")
        write_tests(folder, [tool])
        text = run_pytest(folder, *arguments([tool]), autoload=True, python=python)
        wrong = tool.wrong(read_outcomes(folder)) if (folder / "told.json").exists() else ["no end"]
    said = "; ".join([*wrong, f"pytest printed:\n{text}"]) if wrong else "ok"
    print(f"{tool.name:20} {said}", flush=True)  # noqa: T201 - what it is run for
    return not wrong


if __name__ == "__main__":
    chosen = sys.argv[1:] or [*TOOLS]
    well = [run(TOOLS[name]) for name in chosen]
    sys.exit(0 if all(well) else 1)
