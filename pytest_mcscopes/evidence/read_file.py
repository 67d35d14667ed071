"""Data files read back: whole, or refused with what is wrong and in which line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, cast, get_args

from ..errors import McScopesError
from .data_file import FORMAT, RunRecord
from .results import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_OUTCOMES = get_args(Outcome)
_AGAIN = "Take it from where it was written once more, or leave it out."


class ResultLine(NamedTuple):
    """The line of a test, and the few facts that are needed of all of them at once."""

    outcome: Outcome
    judged: bool
    text: str
    """The line: a hundred thousand of them are small as text only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """One file, as it was read."""

    name: str
    run: RunRecord
    tests: Mapping[str, ResultLine]


def find_data_files(paths: Iterable[Path], but: Path) -> list[Path]:
    """List files, and in place of a folder the data files in and below it; each once.

    Args:
        paths: of files and folders.
        but: what is to be written, which is left out of a folder.

    Raises:
        McScopesError: a path is not there, or a folder has none.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        if not path.exists():
            raise McScopesError(f"{path} is not there. Name a data file of pytest --mc-data.")
        below = (each for each in path.rglob("*.jsonl") if each.resolve() != but.resolve())
        files = sorted(below) if path.is_dir() else [path]
        if not files:
            raise McScopesError(
                f"{path} has no data file (*.jsonl) in it. Run pytest --mc-data, or name the"
                " folder that it wrote to."
            )
        for file in files:
            found.setdefault(file.resolve(), file)
    return [*found.values()]


def read_data_file(path: Path) -> DataFile:
    """Read a file.

    Raises:
        McScopesError: it cannot be read, is of another kind or a newer format, or is cut off.
    """
    try:
        with path.open(encoding="utf-8", newline="\n") as lines:
            run = _read_run(path, next(lines, ""))
            tests = _read_tests(path, lines)
    except OSError as error:
        raise McScopesError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise McScopesError(f"{path} is no text, and so no data file. Leave it out.") from None
    if len(tests) != run["tests"]:
        raise McScopesError(
            f"{path} is cut off: it has {len(tests)} of {run['tests']} tests. {_AGAIN}"
        )
    return DataFile(name=path.name, run=run, tests=tests)


def _read_tests(path: Path, lines: Iterable[str]) -> dict[str, ResultLine]:
    tests: dict[str, ResultLine] = {}
    for number, text in enumerate(lines, start=2):
        record = _read_line(path, number, text)
        test, outcome, judged = (record.get(key) for key in ("test", "outcome", "judged"))
        known = isinstance(test, str) and outcome in _OUTCOMES and isinstance(judged, bool)
        if not known or test in tests:
            raise McScopesError(f"{path}:{number} is not the line of one more test. {_AGAIN}")
        tests[record["test"]] = ResultLine(
            outcome=record["outcome"], judged=record["judged"], text=text
        )
    return tests


def _read_run(path: Path, text: str) -> RunRecord:
    record = _read_line(path, 1, text)
    number = record.get("format")
    if isinstance(number, int) and number > FORMAT:
        raise McScopesError(
            f"{path} is of format {number}, and this version reads format {FORMAT}. Install the"
            " version of pytest-mcscopes here that wrote it."
        )
    if number != FORMAT or not RunRecord.__annotations__.keys() <= record.keys():
        raise McScopesError(f"{path}:1 is not what pytest --mc-data writes. Leave the file out.")
    return cast("RunRecord", record)


def _read_line(path: Path, number: int, text: str) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise McScopesError(f"{path}:{number} is no JSON object, or cut off. {_AGAIN}")
    return record
