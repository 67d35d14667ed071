"""A suite of a hundred thousand tests: what is kept of each is small, whatever a record holds."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest
from data_files import write_suite
from facts import call_made, requirements, scopes, token_requested
from measuring import unmeasured
from records import EVERYTHING, result

from pytest_mcscopes.evidence.read_file import read_data_file
from pytest_mcscopes.evidence.suite_diff import read_side
from pytest_mcscopes.learn.suggest import suggest
from pytest_mcscopes.learn.suggestions_text import render_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_mcscopes.evidence.results import ResultRecord

FEW, MANY = 40, 200
MOST = 5_000
MARK = scopes("email_send", origin="@pytest.mark.mc_scopes, a.py:1")
OPEN = token_requested(None, EVERYTHING)
CALLS = [
    call_made(requirements("email_send", label=f"POST /messages/{number}"), "email_send")
    for number in range(10)
]
LARGE = result("a.py::test", MARK, OPEN, *CALLS)


def records(number: int) -> list[ResultRecord]:
    """Tests with ten calls and everything assigned, twenty in a file."""
    return [
        LARGE | {"test": f"tests/{each // 20:05}.py::test_{each % 20:02}"} for each in range(number)
    ]


def peak(work: Callable[[], object]) -> int:
    """Measure the most that is allocated at once beyond what there was, in bytes."""
    tracemalloc.start()
    try:
        found = unmeasured(work)()  # what it gives is there at the end
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found is not None
    return most


def read(path: Path) -> object:
    return read_data_file(path)


def read_whole(path: Path) -> object:
    return [*read_data_file(path).records()]


def tell_marks(path: Path) -> object:
    suggested = suggest(read_data_file(path).records)
    return sum(len(line) for line in render_text(suggested.tests, suggested.shared, None))


def read_one_side(path: Path) -> object:
    file = read_data_file(path)
    return read_side(path.name, file.run, file.records())


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The files of a small suite and of a larger one."""
    folder = tmp_path_factory.mktemp("scale")
    return [write_suite(folder / f"{number}.jsonl", records(number)) for number in (FEW, MANY)]


def per_test(files: list[Path], work: Callable[[Path], object]) -> float:
    """Measure what a test more takes, in bytes."""
    work(files[1])  # what is loaded or cached once is no matter
    small, large = (peak(lambda path=path: work(path)) for path in files)  # type: ignore[misc]
    return (large - small) / (MANY - FEW)


def test_a_whole_record_is_large(files: list[Path]) -> None:
    """Or else the others show nothing."""
    assert per_test(files, read_whole) > 4 * MOST


@pytest.mark.parametrize("work", [read, tell_marks, read_one_side])
def test_what_a_test_more_takes(files: list[Path], work: Callable[[Path], object]) -> None:
    """A record is read, used and let go."""
    assert per_test(files, work) < MOST
