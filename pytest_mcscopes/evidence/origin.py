"""Where a run took place: of which project and commit, and at which address of a CI service."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .uncommitted import STATUS, digest_changes

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMIT_OF_CI = ("GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT", "BUILD_SOURCEVERSION")
"""GitHub, GitLab, Jenkins, Azure."""
_RUN_OF_CI = (
    "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",
    "{CI_JOB_URL}",
    "{BUILD_URL}",
    "{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",
)
"""In the same order."""
COMMIT_LENGTH = 12
"""So many characters of a commit tell it from others."""
_PATIENCE = 30
"""Seconds for git to answer, on the slowest disk."""


class Origin(NamedTuple):
    """What a run was of. None: not known."""

    project: str
    commit: str | None
    dirty: bool | None
    """Whether anything differed from the commit."""
    changes: str | None
    """The digest of what did; None where nothing did, too."""
    ci_run: str | None


def find_origin(root: Path, environment: Mapping[str, str] = os.environ) -> Origin:
    """Look it up in the project's folder and in what CI services set."""
    commit, _, top = (_git(root, "rev-parse", "HEAD", "--show-toplevel") or "").partition("\n")
    status = _git(root, *STATUS) if commit else None
    changes = None if status is None else digest_changes(Path(top), status)
    of_ci = (environment.get(name) for name in COMMIT_OF_CI)
    return Origin(
        project=_project(root),
        commit=commit or next(filter(None, of_ci), None),
        dirty=None if status is None else changes is not None,
        changes=changes,
        ci_run=_ci_run(environment),
    )


def _project(root: Path) -> str:
    """Give the name in pyproject.toml, or else that of the folder."""
    try:
        table = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8-sig"))
        return str(table["project"]["name"])
    except (OSError, ValueError, KeyError, TypeError):  # there is none, or none that says it
        return root.name


def _git(root: Path, *command: str) -> str | None:
    """Ask git; None where there is no git, or no repository."""
    try:
        answer = subprocess.run(  # noqa: S603 - fixed words
            ["git", "-C", str(root), *command],  # noqa: S607 - the user's own git
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=True,
            timeout=_PATIENCE,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return answer.stdout.rstrip("\n")


def _ci_run(environment: Mapping[str, str]) -> str | None:
    """Give the address, without the name and password of a service that puts them there."""
    for address in _RUN_OF_CI:
        try:
            return re.sub(r"(?<=//)[^/\s]*@", "", address.format_map(environment))
        except KeyError:
            continue
    return None
