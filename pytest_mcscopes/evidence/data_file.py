"""The data file of a run: JSON Lines, the first of them about the run, then one for each test.

Nothing outside the first line differs between two runs of the same suite.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from importlib.resources import files
from itertools import chain
from pathlib import Path
from platform import node
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .results import ResultRecord

FORMAT = 1


class Versions(TypedDict):
    """Of the programs and data that a run was made with."""

    mcscopes: str
    pytest: str
    python: str
    catalogue: str
    """The day on which it was checked."""


class Digests(TypedDict):
    """SHA-256 of what must be equal for two files to be of one suite; None: there is none."""

    manifest: str | None
    overlay: str | None
    settings: str


class RunRecord(TypedDict):
    """The first line: what is true of the whole run."""

    format: int
    project: str
    commit: str | None
    dirty: bool | None
    """Whether tracked files differed from the commit."""
    ci_run: str | None
    """The address of the CI service's page of the run."""
    started: str
    ended: str
    versions: Versions
    digests: Digests
    tests: int
    """How many lines follow."""
    complete: bool
    why_not_complete: list[str]


def digest(value: object) -> str:
    """Give the SHA-256 of bytes, or of a value as JSON."""
    known = (
        value
        if isinstance(value, bytes)
        else json.dumps(value, sort_keys=True, default=str).encode()
    )
    return sha256(known).hexdigest()


def show_time(at: float) -> str:
    """Write a time in seconds since the epoch as a header has it."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def read_schema() -> str:
    """Read the JSON Schema of a line, which comes with the package."""
    return files(__package__).joinpath("data_file.schema.json").read_text("utf-8")


def check_folder(folder: Path) -> None:
    """Make the folder of data files, unless it is there, and see whether files can be made in it.

    Raises:
        OSError: they cannot.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def write_data_file(folder: Path, run: RunRecord, tests: Iterable[ResultRecord]) -> Path:
    """Write a file of a name that no other run has, whole or not at all.

    Raises:
        OSError: it could not be written; no part of it is left.
    """
    at = datetime.fromisoformat(run["started"])
    stem = f"{at:%Y%m%dT%H%M%SZ}-{node() or 'host'}-{os.getpid()}-"
    number, part = tempfile.mkstemp(".part", stem, folder)
    try:
        with open(number, "w", encoding="utf-8", newline="\n") as stream:  # noqa: PTH123
            stream.writelines(json.dumps(line) + "\n" for line in chain([run], tests))
        written = Path(part).with_suffix(".jsonl")
        # What mkstemp makes is for its owner alone; CI services collect files as another user.
        Path(part).chmod(0o644)
        return Path(part).rename(written)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)  # noqa: PTH108
        raise
