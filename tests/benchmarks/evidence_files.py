"""The rows that are about the commands that read data files."""

from __future__ import annotations

import subprocess
import sys
from contextlib import redirect_stdout
from datetime import date
from functools import cache
from io import StringIO
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from tempfile import TemporaryDirectory
from time import process_time
from typing import TYPE_CHECKING

from pages import LONG, SHORT, from_support
from timing import Pair

if TYPE_CHECKING:
    from timing import Scale

    from pytest_mcscopes.report.model import Report

ROUNDS = 2
"""A command takes half a minute."""
WRITES = 5
"""A report takes a second or three."""
MOST_BYTES = 500e6
KILOBYTE = 1024


def read_tests(command: str, scale: Scale) -> list[Pair]:
    """Run a command on the data file of a suite, and of one with a tenth of its tests."""
    ours, theirs = (int(scale.session * each) for each in (LONG, SHORT))
    return [Pair(ours=_time(command, ours), theirs=_time(command, theirs)) for _ in range(ROUNDS)]


def write_report(output: str, scale: Scale) -> list[Pair]:
    """Write a report of a suite that has been read, and of one with a tenth of its tests.

    Of the latter as many as are as long together: a single one stays in the processor's cache.
    """
    ours, theirs = (int(scale.session * each) for each in (LONG, SHORT))
    many = range(ours // theirs)

    def write_short() -> float:
        return sum(_write(output, theirs, number) for number in many) / len(many)

    return [Pair(ours=_write(output, ours), theirs=write_short()) for _ in range(WRITES)]


def hold_tests(scale: Scale) -> list[Pair]:
    """Tell the memory of the command that takes the most."""
    path = _file(int(scale.session * LONG))
    command = [sys.executable, "-m", "pytest_mcscopes", "diff", str(path), str(path)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    most = float(getrusage(RUSAGE_CHILDREN).ru_maxrss * KILOBYTE)
    return [Pair(ours=most, theirs=MOST_BYTES, unit="bytes")] * ROUNDS


def _time(command: str, tests: int) -> float:
    from pytest_mcscopes.cli.main import main  # noqa: PLC0415 - for these rows alone

    path = str(_file(tests))
    arguments = {"combine": [path, "-o", f"{path}.whole"], "diff": [path, path]}
    begun = process_time()
    with redirect_stdout(StringIO()):
        main([command, *arguments.get(command, [path])])
    return process_time() - begun


def _write(output: str, tests: int, number: int = 0) -> float:
    from pytest_mcscopes.cli.report import write_report  # noqa: PLC0415 - for these rows alone

    report = _report(tests, number)
    begun = process_time()
    for _ in write_report(output, report, ()):
        pass
    return process_time() - begun


@cache
def _report(tests: int, number: int) -> Report:  # noqa: ARG001 - of equal ones that share nothing
    from pytest_mcscopes.evidence.combine import combine  # noqa: PLC0415 - for these rows alone
    from pytest_mcscopes.evidence.gate import check_suite  # noqa: PLC0415
    from pytest_mcscopes.evidence.read_file import read_data_file  # noqa: PLC0415
    from pytest_mcscopes.evidence.read_suite import read_suite  # noqa: PLC0415
    from pytest_mcscopes.report.model import Report  # noqa: PLC0415

    combined = combine([read_data_file(_file(tests))])
    suite = read_suite(combined.records())
    gate = check_suite(combined.run, suite, (), today=date(2026, 11, 28))
    return Report(run=combined.run, suite=suite, gate=gate)


@cache
def _folder() -> TemporaryDirectory[str]:
    """Make a folder that is gone when Python ends."""
    return TemporaryDirectory()


@cache
def _file(tests: int) -> Path:
    """Write the data file of a suite; of fifty tests in a file some do well, and others do not."""
    records, facts = from_support("records"), from_support("facts")
    mark = facts.scopes("email_send", origin="@pytest.mark.mc_scopes, test_it.py:1")
    call = facts.call_made(facts.packaged("POST", "/messaging/v1/email/messages/1"), "email_send")
    made = [
        records.result("test", mark, facts.token_requested(asks, records.EVERYTHING), call)
        for asks in ("email_send", "email_send email_read", None)
    ]
    suite = [
        made[number % len(made)] | {"test": f"tests/{number // 50:05}.py::test_{number % 50:02}"}
        for number in range(tests)
    ]
    path = Path(_folder().name) / f"{tests}.jsonl"
    written: Path = from_support("data_files").write_suite(path, suite)
    return written
