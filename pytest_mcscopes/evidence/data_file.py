"""The data file of a run: JSON Lines, the first of them about the run, then one for each test.

Nothing outside the first line differs between two runs of the same suite. What each member is,
data_file.schema.json says.
"""

from __future__ import annotations

import json
import os
import tempfile
from datetime import UTC, datetime
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from platform import node
from shutil import copyfileobj
from typing import TYPE_CHECKING, Any, TextIO, TypedDict

from .long_lists import LongLists
from .whole_file import replace_file

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMAT = 1
ID_LENGTH = 16


class Versions(TypedDict):
    """Of the programs and data that a run was made with."""

    mcscopes: str
    pytest: str
    python: str
    catalogue: str


class Digests(TypedDict):
    """SHA-256 of what must be equal for two files to be of one suite; None: there is none."""

    manifest: str | None
    overlay: str | None
    settings: str
    changes: str | None


OVERLAY = ("route", "soap", "scope")
"""The manifest's tables of catalogue entries."""


class SelectionRecord(TypedDict):
    """Tests that runs leave out for good, by an expression of `-m` that the manifest declares."""

    expression: str
    reason: str


class SeenRecord(TypedDict):
    """What a run saw of the suite, by which several runs can add up to a complete one."""

    test_files: list[str]
    opened: list[str]
    left_out: list[str]
    not_selected: list[str]
    not_run: list[str]
    uncollectable: list[str]
    crashed: int
    counted: bool
    unended: list[str]
    irregular: list[str]
    unreadable: list[str]


class RunRecord(TypedDict):
    """The first line: what is true of the whole run."""

    format: int
    id: str
    project: str
    commit: str | None
    dirty: bool | None
    ci_run: str | None
    started: str
    ended: str
    versions: Versions
    digests: Digests
    tests: int
    complete: bool
    why_not_complete: list[str]
    seen: SeenRecord
    selections: list[SelectionRecord]
    shards: list[str]
    combined: list[str]
    superseded: list[str]
    mixed: bool
    lists: list[list[str]]


def new_id() -> str:
    """Make the id of a run."""
    return os.urandom(ID_LENGTH // 2).hex()


def digest(value: object) -> str:
    """Give the SHA-256 of bytes, or of a value as JSON."""
    known = (
        value
        if isinstance(value, bytes)
        else json.dumps(value, sort_keys=True, default=str).encode()
    )
    return sha256(known).hexdigest()


def digest_manifest(table: dict[str, Any]) -> tuple[str | None, str | None]:
    """Give the digests of a manifest and of its catalogue entries; None: there are none."""
    overlay = {name: table[name] for name in OVERLAY if name in table}
    return digest(table) if table else None, digest(overlay) if overlay else None


def show_time(at: float) -> str:
    """Write a time in seconds since the epoch as a header has it."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def read_schema() -> str:
    """Read the JSON Schema of a line, which comes with the package."""
    return files(__package__).joinpath("data_file.schema.json").read_text("utf-8")


def name_data_file(started: float, run_id: str) -> str:
    """Give the name of a run's file, which no other run has."""
    at = datetime.fromtimestamp(started, UTC)
    return f"{at:%Y%m%dT%H%M%SZ}-{node() or 'host'}-{os.getpid()}-{run_id}.jsonl"


def replace_data_file(path: Path, run: RunRecord, tests: Iterable[object]) -> None:
    """Write a file of this name, whole, or leave the old one as it is.

    Raises:
        OSError: it could not be written.
    """
    special = path.exists() and not path.is_file()  # a device or a pipe
    folder = Path(tempfile.gettempdir()) if special else path.parent
    replace_file(path, lambda stream: _write_lines(stream, folder, run, tests))


def _write_lines(stream: TextIO, folder: Path, run: RunRecord, tests: Iterable[object]) -> None:
    """Write the lines of the tests aside first: the line before them has their long lists."""
    lists = LongLists()
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n", dir=folder) as aside:
        aside.writelines(_line(lists.shorten(each)) for each in tests)
        aside.seek(0)
        stream.write(_line({**run, "lists": lists.lists}))
        copyfileobj(aside, stream)


def _line(record: object) -> str:
    return json.dumps(record, separators=(",", ":")) + "\n"
