"""When a run shows what the whole suite does, and what is said where it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_mcscopes.evidence.completeness import RunFacts, find_gaps

COMPLETE = RunFacts(
    test_files={"tests/test_a.py", "tests/test_b.py"},
    opened={"", "tests", "tests/test_a.py", "tests/test_b.py"},
    collected={"tests/test_a.py::test_1", "tests/test_b.py::test_2"},
    outcomes={"tests/test_a.py::test_1": "passed", "tests/test_b.py::test_2": "skipped"},
)
MANY = {f"tests/test_{letter}.py" for letter in "abcdef"}


def test_a_complete_run() -> None:
    """Every test that there is has passed, failed or been skipped."""
    assert find_gaps(COMPLETE) == ()


@pytest.mark.parametrize(
    ("facts", "gap"),
    [
        pytest.param(
            {"opened": {"tests/test_a.py"}},
            "1 test file was not collected, tests/test_b.py: run pytest without paths, --ignore and"
            " --lf, or name the folders that hold tests in the ini key testpaths, in a"
            " configuration file of the suite's own",
            id="a file",
        ),
        pytest.param(
            {"test_files": MANY, "opened": ()},
            "6 test files were not collected, tests/test_a.py, tests/test_b.py, tests/test_c.py and"
            " 3 more: run pytest without paths, --ignore and --lf, or name the folders that hold"
            " tests in the ini key testpaths, in a configuration file of the suite's own",
            id="many files",
        ),
        pytest.param(
            {"opened": {"tests/test_b.py"}, "uncollectable": {"tests/test_a.py"}},
            "tests/test_a.py could not be collected: fix the error that pytest shows",
            id="a collection error",
        ),
        pytest.param(
            {"left_out": {"tests/test_a.py::test_3"}},
            "1 test was left out of the run, tests/test_a.py::test_3: run pytest without -k, -m,"
            " --deselect, --lf and ids of tests",
            id="deselected",
        ),
        pytest.param(
            {"outcomes": {"tests/test_a.py::test_1": "passed"}},
            "1 test was not run to the end, tests/test_b.py::test_2: run pytest without -x and"
            " --maxfail, and let it end",
            id="stopped before a test",
        ),
        pytest.param(
            {"outcomes": {**COMPLETE.outcomes, "tests/test_a.py::test_1": "unfinished"}},
            "1 test was not run to the end, tests/test_a.py::test_1: run pytest without -x and"
            " --maxfail, and let it end",
            id="stopped within a test",
        ),
        pytest.param(
            {"crashed": 1, "outcomes": {**COMPLETE.outcomes, "tests/test_a.py::test_1": "crashed"}},
            "a worker process of pytest-xdist crashed in tests/test_a.py::test_1: run that without"
            " -n to see why",
            id="a killed worker",
        ),
        pytest.param(
            {"crashed": 2},
            "2 worker processes of pytest-xdist crashed: run that without -n to see why",
            id="workers between tests",
        ),
        pytest.param(
            {"irregular": ["another: do it otherwise"]}, "another: do it otherwise", id="otherwise"
        ),
        pytest.param(
            {"counted": False, "opened": ()},
            "it stopped before any process could tell what it left out: run it again to its end",
            id="nothing is known",
        ),
        pytest.param(
            {"test_files": (), "collected": (), "outcomes": {}, "any_judged": False},
            "no test was collected: run pytest in the folder of the suite",
            id="an empty folder",
        ),
        pytest.param(
            {"any_judged": False},
            "no test was judged: mark those that talk to a tenant (pytest --mc-suggest writes"
            " the marks)",
            id="nothing judged",
        ),
    ],
)
def test_a_gap(facts: dict[str, Any], gap: str) -> None:
    """Each alone makes a run incomplete, and says what to do."""
    assert find_gaps(replace(COMPLETE, **facts)) == (gap,)
