"""Of which project, commit and CI run the data are."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from pytest_mcscopes.evidence.origin import find_origin

if TYPE_CHECKING:
    from pathlib import Path


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    command = ["git", "-C", str(folder), *who, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_repository(tmp_path: Path) -> None:
    """Its commit, and whether tracked files differ from it; what is not tracked is no matter."""
    git(tmp_path, "init", "-q")
    (tmp_path / "code.py").write_text("1\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    (tmp_path / "notes.txt").touch()
    clean = find_origin(tmp_path, {"GITHUB_SHA": "of the merge"})
    assert (clean.commit, clean.dirty) == (git(tmp_path, "rev-parse", "HEAD"), False)
    (tmp_path / "code.py").write_text("2\n")
    assert find_origin(tmp_path, {}) == clean._replace(dirty=True)


def test_a_plain_folder(tmp_path: Path) -> None:
    """Nothing is known of its commit."""
    assert find_origin(tmp_path, {}) == (tmp_path.name, None, None, None)


def test_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the CI service says is taken."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_origin(tmp_path, {"CI_COMMIT_SHA": "abc"}).commit == "abc"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param('[project]\nname = "mailer"', "mailer", id="named"),
        pytest.param("[tool.other]", None, id="no project"),
        pytest.param("project = 1", None, id="no table"),
        pytest.param("[project", None, id="no TOML"),
    ],
)
def test_the_project(tmp_path: Path, text: str, name: str | None) -> None:
    """Its name in pyproject.toml, or else the folder's."""
    (tmp_path / "pyproject.toml").write_text(text)
    assert find_origin(tmp_path, {}).project == (name or tmp_path.name)


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        pytest.param(
            {
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_REPOSITORY": "acme/mailer",
                "GITHUB_RUN_ID": "7",
            },
            "https://github.com/acme/mailer/actions/runs/7",
            id="GitHub",
        ),
        pytest.param({"CI_JOB_URL": "https://gitlab/7"}, "https://gitlab/7", id="GitLab"),
        pytest.param({"BUILD_URL": "https://jenkins/7/"}, "https://jenkins/7/", id="Jenkins"),
        pytest.param(
            {
                "SYSTEM_COLLECTIONURI": "https://dev.azure.com/acme/",
                "SYSTEM_TEAMPROJECT": "mailer",
                "BUILD_BUILDID": "7",
            },
            "https://dev.azure.com/acme/mailer/_build/results?buildId=7",
            id="Azure",
        ),
        pytest.param(
            {"BUILD_URL": "https://bot:secret@jenkins/7/@x"},
            "https://jenkins/7/@x",
            id="a password",
        ),
        pytest.param({"GITHUB_RUN_ID": "7"}, None, id="too little"),
    ],
)
def test_the_address_of_a_run(
    tmp_path: Path, environment: dict[str, str], address: str | None
) -> None:
    """As each CI service lets it be put together."""
    assert find_origin(tmp_path, environment).ci_run == address
