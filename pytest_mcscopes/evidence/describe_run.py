"""The text about a data file that was written or read: whether it shows the whole suite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..words import FEW, count, first_of, paragraph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .data_file import RunRecord


STATE = "commit, uncommitted changes, catalogue entries or settings"
"""By what runs of one suite may differ, and so not be of one suite as it is."""
SUPERSEDED = "a later run of the same stands in place of one that went wrong, or is outdated"


def describe_run(run: RunRecord, file: str) -> Iterator[str]:
    """Write the text line by line."""
    tests = count(run["tests"], "test", "is")
    complete = "complete" if run["complete"] else "not complete:"
    yield f"the data of {tests} in {file}, {complete}"
    for gap in run["why_not_complete"]:
        yield from paragraph(f"- {gap}", "  ")
    if left_out := describe_selections(run):
        yield from paragraph(left_out)
    if names := run["superseded"]:
        are = "is" if len(names) == 1 else "are"
        yield from paragraph(f"{first_of(names, FEW)} {are} not counted: {SUPERSEDED}")
    if run["mixed"]:
        yield f"they are of runs that differ in {STATE}"


def describe_selections(run: RunRecord) -> str:
    """Say how many tests are left out for good, and why; empty: none is."""
    if not run["selections"]:
        return ""
    number = count(len(run["seen"]["not_selected"]), "test", "is")
    ways = (f'-m "{each["expression"]}" ({each["reason"]})' for each in run["selections"])
    return f"{number} left out, as the manifest declares, by {' and '.join(ways)}"
