"""Tools that stand between code and its HTTP library: tests with each, run in one process.

The tox env `compat` runs all of them at once; `tests/compat/each.py` runs each alone.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COMPAT = Path(__file__).parents[1] / "compat"
DATA = tomllib.loads(COMPAT.joinpath("beside.toml").read_text(encoding="utf-8"))
RECORDER: str = tomllib.loads(COMPAT.joinpath("neighbours.toml").read_text(encoding="utf-8"))[
    "files"
]["recorder.py"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool, and what becomes of tests that use it."""

    name: str
    install: tuple[str, ...]
    """What pip installs to have it."""
    source: str
    outcomes: Mapping[str, str]
    """By test, or by a pattern of tests."""
    plugins: tuple[str, ...] = ()
    """What pytest loads first, in a process of the tool's own."""
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """The name of its test file."""
        return f"test_{re.sub(r'[^a-z0-9]', '_', self.name)}.py"

    def wrong(self, told: Mapping[str, str]) -> list[str]:
        """List what did not come out as it should: tests, and patterns that match none."""
        tests = {
            name.partition("::")[2]: outcome
            for name, outcome in told.items()
            if name.startswith(f"{self.file}::")
        }
        wrong = []
        for pattern, outcome in self.outcomes.items():
            pattern_ = pattern.replace("[", "[[]")
            found = [name for name in tests if name == pattern or fnmatchcase(name, pattern_)]
            wrong += [f"{name}: {tests[name]}" for name in found if tests[name] != outcome]
            wrong += [] if found else [f"{pattern}: no such test"]
            tests = {name: each for name, each in tests.items() if name not in found}
        return wrong + [f"{name}: {outcome}, unexpected" for name, outcome in tests.items()]


def _tools() -> Iterable[Tool]:
    rows = {row["name"]: row for row in DATA["tools"]}
    for row in rows.values():
        own = {**rows[row["like"]], **row} if "like" in row else row
        yield Tool(**{name: value for name, value in own.items() if name != "like"})


TOOLS = {tool.name: tool for tool in _tools()}


def write_tests(folder: Path, tools: Iterable[Tool]) -> None:
    """Write the tests of some tools."""
    files = {"recorder.py": RECORDER, **DATA["files"]}
    for tool in tools:
        files |= {tool.file: tool.source, **tool.files}
    for name, text in files.items():
        folder.joinpath(name).write_text(text, encoding="utf-8")


def read_outcomes(folder: Path) -> Mapping[str, str]:
    """Read what the last run came to, by node id."""
    told: dict[str, str] = json.loads(folder.joinpath("told.json").read_text(encoding="utf-8"))
    return told


def arguments(tools: Iterable[Tool]) -> list[str]:
    """Give what pytest is called with."""
    plugins = [name for tool in tools for name in tool.plugins]
    words = [word for name in (*plugins, "recorder") for word in ("-p", name)]
    return [*words, "-p", "no:cacheprovider", "--tb=short", *(tool.file for tool in tools)]
