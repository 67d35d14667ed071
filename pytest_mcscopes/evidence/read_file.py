"""Data files read back: whole, or refused with what is wrong and in which line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, cast

from ..errors import McScopesError
from .data_file import FORMAT, RunRecord, read_schema
from .fits_schema import check_of, find_contradiction
from .long_lists import reads_objects
from .packed_lines import LinePacker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import TextIO

    from .results import Outcome, ResultRecord

    NumberedLines = Iterable[tuple[int, str]]
    Watch = Callable[[NumberedLines, int], NumberedLines]

_LONGEST = 64 * 1024**2
"""Characters of a line: so much is written of no test, and can still be read at once."""
_AGAIN = "Take it from where it was written once more, or leave it out."


class ResultLine(NamedTuple):
    """The line of a test, and the few facts that are needed of all of them at once."""

    outcome: Outcome
    judged: bool
    packed: bytes
    """The line: of a hundred thousand tests the records themselves would be too large."""
    packer: LinePacker
    """Of its file."""

    def record(self) -> ResultRecord:
        """Read the record in it."""
        return cast("ResultRecord", self.packer.read(self.packed))


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """One file, as it was read."""

    name: str
    run: RunRecord
    tests: Mapping[str, ResultLine]

    def records(self) -> Iterator[ResultRecord]:
        """Give the record of each test, in the order of their ids."""
        return (line.record() for _, line in sorted(self.tests.items()))


def find_data_files(paths: Iterable[Path], skip: Path | None = None) -> list[Path]:
    """List files, and in place of a folder the data files in and below it; each once.

    Args:
        paths: of files and folders.
        skip: the file that is to be written, which is left out where it lies in a folder.

    Raises:
        McScopesError: a path is not there, or a folder has none.
    """
    found: dict[Path, Path] = {}
    written = skip and skip.resolve()
    for path in paths:
        if not path.exists():
            raise McScopesError(
                f"{path} is not there. Run pytest --mc-data, or name a data file that it wrote."
            )
        below = (each for each in path.rglob("*.jsonl") if each.resolve() != written)
        files = sorted(below) if path.is_dir() else [path]
        if not files:
            raise McScopesError(
                f"{path} has no data file (*.jsonl) in it. Run pytest --mc-data, or name the"
                " folder that it wrote to."
            )
        for file in files:
            found.setdefault(file.resolve(), file)
    return [*found.values()]


def read_data_file(path: Path, watch: Watch | None = None) -> DataFile:
    """Read a file; *watch* gives on the lines of its tests, of which there may be so many.

    Raises:
        McScopesError: it cannot be read, is of another kind or a newer format, or is cut off.
    """
    try:
        with path.open(encoding="utf-8", newline="\n") as lines:
            numbered = _number(path, lines)
            run = _read_run(path, next(numbered, (1, ""))[1])
            watched = watch(numbered, run["tests"]) if watch else numbered
            tests = _read_tests(path, watched, run["lists"])
    except OSError as error:
        raise McScopesError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise McScopesError(f"{path} is no text, and so no data file. Leave it out.") from None
    if len(tests) != run["tests"]:
        raise McScopesError(
            f"{path} is cut off: it has {len(tests)} of {run['tests']} tests. {_AGAIN}"
        )
    return DataFile(name=path.name, run=run, tests=tests)


def _number(path: Path, stream: TextIO) -> Iterator[tuple[int, str]]:
    number = 0
    while text := stream.readline(_LONGEST + 1):
        number += 1
        if len(text) > _LONGEST:
            raise McScopesError(
                f"{path}:{number} is longer than any line of pytest --mc-data. Leave the file out."
            )
        yield number, text


def _read_tests(
    path: Path, lines: NumberedLines, lists: Sequence[list[str]]
) -> dict[str, ResultLine]:
    tests: dict[str, ResultLine] = {}
    packer = LinePacker(lists)
    find_misfit = check_of(read_schema(), "test")
    for number, text in lines:
        record = _read_line(path, number, text, lists)
        place = find_misfit(record)
        if place is None:
            place = find_contradiction(cast("ResultRecord", record))
        if place is not None:
            raise McScopesError(f"{path}:{number} is no record of a test{_see(place)}. {_AGAIN}")
        test: str = record["test"]
        if test in tests:
            raise McScopesError(f"{path}:{number} is a second record of {test}. {_AGAIN}")
        packed = packer.pack(text)
        tests[test] = ResultLine(record["outcome"], record["judged"], packed, packer)
    return tests


def _read_run(path: Path, text: str) -> RunRecord:
    record = _read_line(path, 1, text)
    number = record.get("format")
    if isinstance(number, int) and number > FORMAT:
        raise McScopesError(
            f"{path} is of format {number}, and this version reads format {FORMAT}. Install the"
            " version of pytest-mcscopes here that wrote it."
        )
    place = check_of(read_schema(), "run")(record) if number == FORMAT else ""
    if place is not None:
        raise McScopesError(
            f"{path}:1 is not what pytest --mc-data writes{_see(place)}. Leave the file out."
        )
    return cast("RunRecord", record)


def _see(place: str) -> str:
    """Say what of a line is not as it must be."""
    return f": see {place.removeprefix('.')}" if place else ""


def _read_line(
    path: Path, number: int, text: str, lists: Sequence[list[str]] = ()
) -> dict[str, Any]:
    try:
        record = json.loads(
            text, object_pairs_hook=reads_objects(lists), parse_constant=_refuse_number
        )
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise McScopesError(f"{path}:{number} is no JSON object, or cut off. {_AGAIN}")
    return record


def _refuse_number(word: str) -> NoReturn:
    """Refuse NaN and the infinities, which are no JSON."""
    raise ValueError(word)
