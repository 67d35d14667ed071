"""Runs of pytest in processes of their own, which load no plugin but those that are named.

A start takes a second, and tests/compat makes a hundred. So some runs are forks of a process that
has loaded the plugins already: run_template.py, where it says what is left to the fork.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

import watch_look_ups

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TEMPLATE = Path(__file__).with_name("run_template.py")


class RunPytest(Protocol):
    """Runs pytest in a folder, and gives its output."""

    def __call__(self, folder: Path, *args: str) -> str: ...


def run_pytest(
    folder: Path, *args: str, autoload: bool = False, python: str = sys.executable
) -> str:
    """Run pytest in a folder, without what the outer run put there for itself; give its output."""
    run = subprocess.run(
        [python, "-m", "pytest", *args],
        cwd=folder,
        env=_environment(".", autoload=autoload),
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout + run.stderr


@contextmanager
def loaded(
    *plugins: str, libraries: Sequence[str] = (), autoload: bool = False
) -> Iterator[RunPytest]:
    """Give what does as run_pytest, in forks of a process that has loaded what all runs load.

    Args:
        plugins: what the runs load first, in this order, before anything that is not here.
        libraries: what the tests import at the top of their files.
        autoload: whether the runs load all plugins that are installed.
    """
    ours, theirs = socket.socketpair()
    asked = {"plugins": plugins, "libraries": libraries}
    with theirs:
        template = subprocess.Popen(
            [sys.executable, TEMPLATE, str(theirs.fileno()), json.dumps(asked)],
            env=_environment("", autoload=autoload),
            pass_fds=[theirs.fileno()],
        )

    def run(folder: Path, *args: str) -> str:
        with TemporaryDirectory() as place:
            files = [Path(place, name) for name in ("stdout", "stderr")]
            environment = _environment(".", autoload=autoload)
            run = {"folder": str(folder), "environment": environment, "args": args}
            ours.sendall(json.dumps(run | {"files": [*map(str, files)]}).encode() + b"\n")
            assert ours.recv(1), "the process that was to fork a run has ended: see above"
            return "".join(file.read_text(encoding="utf-8") for file in files)

    with template, ours:
        yield run


def _environment(path: str, *, autoload: bool) -> dict[str, str]:
    outer = ("COV_CORE_", "COVERAGE_", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(outer)}
    off = {} if autoload else {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return {**kept, **off, **watch_look_ups.inherited(path)}


def run_file(
    source: str, asking: str, folder: Path, *args: str, run: RunPytest = run_pytest
) -> str:
    """Run one file, which may import what `asking` has."""
    folder.joinpath("asking.py").write_text(asking, encoding="utf-8")
    folder.joinpath("test_own.py").write_text(source, encoding="utf-8")
    return run(folder, "-p", "no:cacheprovider", *args)
