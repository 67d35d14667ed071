"""Runs of pytest in processes of their own, which load no plugin but those that are named."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import watch_look_ups

if TYPE_CHECKING:
    from pathlib import Path


def run_pytest(
    folder: Path, *args: str, autoload: bool = False, python: str = sys.executable
) -> str:
    """Run pytest in a folder, without what the outer run put there for itself; give its output."""
    outer = ("COV_CORE_", "COVERAGE_", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(outer)}
    off = {} if autoload else {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    run = subprocess.run(
        [python, "-m", "pytest", *args],
        cwd=folder,
        env={**kept, **off, **watch_look_ups.inherited(".")},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout + run.stderr


def run_file(source: str, asking: str, folder: Path, *args: str) -> str:
    """Run one file, which may import what `asking` has."""
    folder.joinpath("asking.py").write_text(asking, encoding="utf-8")
    folder.joinpath("test_own.py").write_text(source, encoding="utf-8")
    return run_pytest(folder, "-p", "no:cacheprovider", *args)
