"""Data files that inner runs write, and a small suite of two files to write them of."""

from __future__ import annotations

import json
from textwrap import dedent
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

Line = dict[str, Any]


def files_in(folder: Path) -> list[Path]:
    """What runs have written, the oldest first."""
    return sorted(folder.glob("*.jsonl"), key=lambda path: path.stat().st_mtime_ns)


def read(folder: Path) -> tuple[Line, dict[str, Line]]:
    """The run's line of the only file, and those of its tests by their names."""
    (path,) = files_in(folder)
    run, *tests = map(json.loads, path.read_text().splitlines())
    assert run["tests"] == len(tests) == len({each["test"] for each in tests})
    return run, {each["test"].partition("::")[2]: each for each in tests}


TWO = {
    "test_a.py": """
        import pytest
        from asking import send

        class TestIt:
            @pytest.mark.slow
            @pytest.mark.mc_scopes("email_send")
            def test_1(self, mc_tenant):
                send(mc_tenant, "email_send email_read")

        @pytest.mark.mc_scopes("email_send")
        def test_2(mc_tenant):
            send(mc_tenant, "email_send")
    """,
    "test_b.py": """
        def test_3():
            pass

        def test_4():
            pass
    """,
}


def write_two(folder: Path) -> None:
    """Write two files of tests in a folder of their own."""
    (folder / "tests").mkdir()
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = slow\n")
    for name, text in TWO.items():
        (folder / "tests" / name).write_text(dedent(text))
