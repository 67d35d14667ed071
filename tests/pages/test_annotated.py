"""Annotations are what GitHub's own library makes of the same level, properties and message."""

from __future__ import annotations

from browsers import issue_commands
from reports import hostile_report, read_annotations

from pytest_mcscopes.report.annotations import write_annotations


def test_github_writes_them_so() -> None:
    """Each is escaped where that library escapes it, and nowhere else."""
    lines = [*write_annotations(hostile_report())]
    assert len(lines) > 1
    assert issue_commands(read_annotations("\n".join(lines))).splitlines() == lines


def test_an_escape_that_is_missing_is_seen() -> None:
    """In a property, and in a message."""
    broken = "::notice title=a:b::100% sure"
    written = issue_commands(read_annotations(broken))
    assert written == "::notice title=a%3Ab::100%25 sure\n"
