"""Whether evidence is of what is in the folder now: of its project, commit and manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..settings.manifest_file import ManifestFile, find_manifest_above
from .data_file import digest_manifest
from .origin import COMMIT_LENGTH, Origin, find_origin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .data_file import RunRecord


class ProjectState(NamedTuple):
    """What is in a folder now."""

    origin: Origin
    manifest: ManifestFile | None
    """That of the folder, or the nearest one above."""


def find_state(folder: Path) -> ProjectState:
    """Look up of which project and commit a folder is: that of its manifest, or else itself.

    Raises:
        ConfigError: the manifest cannot be read.
    """
    manifest = find_manifest_above(folder)
    return ProjectState(find_origin(manifest.path.parent if manifest else folder), manifest)


def find_stale(run: RunRecord, state: ProjectState) -> str:
    """Say that evidence is of something else than what is here; empty: it may be of it."""
    return _find_other_commit(run, state) or _find_other_entries(run, state)


def find_changes(run: RunRecord, state: ProjectState) -> Iterator[str]:
    """Say what is not as it was at the run, and fails nothing: a run may itself change files."""
    manifest = state.manifest  # that there is none is said by `find_stale`, and fails
    if manifest and run["digests"]["manifest"] != digest_manifest(manifest.table)[0]:
        yield "the manifest has changed since the run"
    here = state.origin
    known = None not in {run["dirty"], here.dirty}
    if known and run["commit"] == here.commit and run["digests"]["changes"] != here.changes:
        yield "what is not committed has changed since the run"


def _find_other_commit(run: RunRecord, state: ProjectState) -> str:
    """Say that evidence is of another project or commit than this folder; empty: it may be of it.

    A commit is of one project alone, whatever the folders are called that it is checked out in.
    Without a manifest, who looks at the evidence of another project has no state of it.
    """
    there, here = run["commit"], state.origin
    if there and there == here.commit:
        return ""
    if run["project"] != here.project:
        return _of_another_project(run["project"], here.project) if state.manifest else ""
    if not (there and here.commit):
        return ""
    return (
        f"it is of commit {there[:COMMIT_LENGTH]}, and this folder is at"
        f" {here.commit[:COMMIT_LENGTH]}: run pytest --mc-data here, and leave out files of"
        " earlier commits; or add --allow-mixed"
    )


def _of_another_project(theirs: str, ours: str) -> str:
    return (
        f'it is of the project "{theirs}", and the manifest here is of "{ours}": name the files of'
        " this project, or call mcscopes check in the folder of the other one; if they are the"
        " same, say so by [project] name in pyproject.toml; or add --allow-mixed"
    )


def _find_other_entries(run: RunRecord, state: ProjectState) -> str:
    """Say that a run had other catalogue entries than there are here; empty: it had the same."""
    there, manifest = run["digests"], state.manifest
    if there["manifest"] and not manifest:
        return (
            "it is of a run with a manifest, and there is none in this folder or above it: call"
            " mcscopes check in the folder of mcscopes.toml; or add --allow-mixed"
        )
    if there["overlay"] != digest_manifest(manifest.table if manifest else {})[1]:
        return (
            "it is of a run with other catalogue entries of your own than the manifest has here:"
            " run pytest --mc-data again; or add --allow-mixed"
        )
    return ""
