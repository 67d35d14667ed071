"""The evidence of a project, and that of others that share an Installed Package with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .combine import Combined, combine
from .gate_rules import OtherProject
from .grouping import group_by
from .read_suite import read_suite

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from .read_file import DataFile


class Projects(NamedTuple):
    """What was put together, project by project."""

    own: Combined
    others: Mapping[str, OtherProject]


def combine_by_project(
    files: Sequence[DataFile],
    missing: Sequence[str],
    project: str,
    sharing: Collection[str],
    *,
    expected: int | None,
    allow_mixed: bool,
) -> Projects:
    """Put files together, those of each project by themselves.

    Args:
        files: at least one; where all are of one project, it is the one that is looked at.
        missing: what is wrong with further files of it.
        project: the one that is looked at, among several.
        sharing: the projects that share a package with it.
        expected: how many files of it there must be for a complete result; None: any number.
        allow_mixed: whether files may differ in commit, catalogue entries and settings.

    Raises:
        McScopesError: they may not be put together.
    """
    by_project = group_by(files, lambda file: file.run["project"])
    own = project if len(by_project) > 1 else files[0].run["project"]
    if own not in by_project or not by_project.keys() - {own} <= {*sharing}:
        combine(files)  # which refuses several projects, and names them
    combined = combine(by_project.pop(own), missing, expected=expected, allow_mixed=allow_mixed)
    others: dict[str, OtherProject] = {}
    for name, some in by_project.items():
        other = combine(some, allow_mixed=allow_mixed)
        gaps = tuple(other.run["why_not_complete"])
        others[name] = OtherProject(gaps, read_suite(other.records()))
    return Projects(combined, others)
