"""Which test shows what of which scope: a table for each file of tests, within a size."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from ..evidence.suite_evidence import RUNGS
from .templating import sanitise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .package_view import PackageView

_DECLARED, _REQUESTED = (RUNGS.index(word) + 1 for word in ("declared only", "requested"))
_OF_A_ROW = 64
_OF_A_CELL = 24
_OF_A_FILE = 1024
"""More bytes than the tags of each of them take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRow:
    """What one test shows of the scopes of its file's table."""

    name: str
    """The test's id, less its file."""
    levels: tuple[int, ...]
    """How well each is shown by this test, as a place on the ladder; 0: not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixFile:
    """The table of a file."""

    path: str
    scopes: tuple[str, ...]
    """Those of which any of its tests shows something."""
    rows: tuple[MatrixRow, ...]
    left_out: int
    """How many of its tests have no row, for want of space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The tables of a package."""

    files: tuple[MatrixFile, ...]
    left_out: tuple[tuple[str, int], ...]
    """The files that have no table, for want of space, with the number of their tests."""

    @property
    def tests_left_out(self) -> int:
        """How many tests have no row."""
        of_files = sum(each.left_out for each in self.files)
        return of_files + sum(number for _, number in self.left_out)


def build_matrix(package: PackageView, most_bytes: int) -> Matrix:
    """Build the tables of a package within a size as HTML: only whole rows are left out."""
    files: list[MatrixFile] = []
    left_out: list[tuple[str, int]] = []
    place = {each.scope: number for number, each in enumerate(package.scopes)}
    for path, tests in _by_file(package).items():
        scopes = tuple(sorted({each for some in tests.values() for each in some}, key=place.get))  # type: ignore[arg-type]
        rows = tuple(_rows_within(tests, scopes, most_bytes - _OF_A_FILE - _width(scopes)))
        if not rows:
            left_out.append((path, len(tests)))
            continue
        files.append(
            MatrixFile(path=path, scopes=scopes, rows=rows, left_out=len(tests) - len(rows))
        )
        most_bytes -= _OF_A_FILE + _width(scopes) + sum(map(_size, rows))
    return Matrix(files=tuple(files), left_out=tuple(left_out))


def _width(scopes: Sequence[str]) -> int:
    """Estimate the bytes of a table's head, and of the scopes beside its file's name."""
    return sum(2 * (_OF_A_ROW + len(scope)) for scope in scopes)


def _size(row: MatrixRow) -> int:
    return _OF_A_ROW + len(escape(sanitise(row.name)).encode()) + _OF_A_CELL * len(row.levels)


def _rows_within(
    tests: Mapping[str, Mapping[str, int]], scopes: Sequence[str], most_bytes: int
) -> Iterator[MatrixRow]:
    for name, levels in tests.items():
        row = MatrixRow(name=name, levels=tuple(levels.get(scope, 0) for scope in scopes))
        most_bytes -= _size(row)
        if most_bytes < 0:
            return
        yield row


def _by_file(package: PackageView) -> dict[str, dict[str, dict[str, int]]]:
    """Sort what tests show by file, test and scope."""
    shown: defaultdict[str, dict[str, int]] = defaultdict(dict)

    def note(tests: Iterable[str], scope: str, level: int) -> None:
        for test in tests:
            shown[test][scope] = max(level, shown[test].get(scope, 0))

    for each in package.scopes:
        note(each.declared_by, each.scope, _DECLARED)
        note(each.requested_by, each.scope, _REQUESTED)
        for call in each.calls:
            note(call.tests, each.scope, call.level)
    files: dict[str, dict[str, dict[str, int]]] = {}
    for test in sorted(shown):
        path, _, name = test.partition("::")
        files.setdefault(path, {})[name or path] = shown[test]
    return files
