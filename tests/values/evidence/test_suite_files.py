"""Which files hold the tests of a suite, by its settings and not by what a run collects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_mcscopes.evidence.suite_files import find_test_files

if TYPE_CHECKING:
    from pathlib import Path

FILES = (
    "test_top.py",
    "tool.py",
    "test_data.txt",
    "tests/test_a.py",
    "tests/deep/b_test.py",
    "tests/deep/checks/all.py",
    "tests/__pycache__/test_a.py",
    "build/test_c.py",
    ".hidden/test_d.py",
    "my-env/test_e.py",
    "my-env/pyvenv.cfg",
)
USUAL = ("test_*.py", "*_test.py")
NOT_IN = ("build", ".*")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of a suite."""
    for name in FILES:
        file = tmp_path / "suite" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return tmp_path / "suite"


@pytest.mark.parametrize(
    ("testpaths", "patterns", "not_in", "found"),
    [
        pytest.param(
            (), USUAL, NOT_IN, {"test_top.py", "tests/test_a.py", "tests/deep/b_test.py"}, id="all"
        ),
        pytest.param(
            ("tests",), USUAL, NOT_IN, {"tests/test_a.py", "tests/deep/b_test.py"}, id="testpaths"
        ),
        pytest.param(("te*s/d*",), USUAL, NOT_IN, {"tests/deep/b_test.py"}, id="as a pattern"),
        pytest.param(("tool.py",), USUAL, NOT_IN, {"tool.py"}, id="a file, whatever its name"),
        pytest.param(
            ("nowhere",),
            ("test_t*.py",),
            NOT_IN,
            {"test_top.py"},
            id="testpaths of nothing",
        ),
        pytest.param((), ("checks/*.py",), NOT_IN, {"tests/deep/checks/all.py"}, id="by folder"),
        pytest.param(("build",), USUAL, NOT_IN, {"build/test_c.py"}, id="named, and not searched"),
        pytest.param(
            (), USUAL, ("tests", ".*", "build"), {"test_top.py"}, id="folders without tests"
        ),
        pytest.param(
            (),
            USUAL,
            ("tests/deep", ".*", "build"),
            {"test_top.py", "tests/test_a.py"},
            id="a folder in a folder",
        ),
        pytest.param((), ("*.txt",), NOT_IN, set(), id="no Python"),
    ],
)
def test_files(
    root: Path,
    testpaths: tuple[str, ...],
    patterns: tuple[str, ...],
    not_in: tuple[str, ...],
    found: set[str],
) -> None:
    """As pytest finds them, and no Python environment."""
    assert find_test_files([root], testpaths, patterns, not_in) == found


@pytest.mark.parametrize(
    ("of_text", "found"),
    [
        pytest.param((), set(), id="none"),
        pytest.param(("test*.txt",), {"test_data.txt"}, id="by name"),
        pytest.param(("*.md", "top/*.txt"), set(), id="others"),
        pytest.param(("*",), {"test_data.txt"}, id="never Python"),
    ],
)
def test_files_of_text(root: Path, of_text: tuple[str, ...], found: set[str]) -> None:
    """They hold doctests, whatever files of Python are called."""
    assert find_test_files([root], (), (), (*NOT_IN, "my-env"), of_text) == found


def test_absolute_settings(root: Path) -> None:
    """A pattern or testpath may be absolute, or lead out of the folder."""
    inside = root / "tests"
    pattern = (f"{inside}/test_*.py",)
    assert find_test_files([root], [str(inside)], pattern, ()) == {"tests/test_a.py"}
    assert find_test_files([inside / "deep"], [".."], pattern, ()) == {"../test_a.py"}


def test_further_folders(root: Path) -> None:
    """What is in them counts as well, once, and is named from the first."""
    deep = root / "tests" / "deep"
    tests = [deep, root / "tests"]
    assert find_test_files(tests, (), USUAL, NOT_IN) == {"b_test.py", "../test_a.py"}
    assert find_test_files([deep, root], ["tests/test_*"], USUAL, NOT_IN) == {"../test_a.py"}
