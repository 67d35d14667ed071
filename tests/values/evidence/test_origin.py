"""Of which project, commit and CI run the data are."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pytest_mcscopes.evidence import uncommitted
from pytest_mcscopes.evidence.origin import find_origin


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    command = ["git", "-C", str(folder), *who, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


FILES = {"code.py": "1\n", "notes.txt": "", "data.bin": "\0", ".gitignore": "out.py\n"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder of a repository, with a commit."""
    git(tmp_path, "init", "-q")
    folder = tmp_path / "mailer"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    return folder


def edit(folder: Path, changes: dict[str, str | None]) -> None:
    """Write files, or delete them where there is no text."""
    for name, text in changes.items():
        if text is None:
            (folder / name).unlink()
        else:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)


@pytest.mark.parametrize(
    ("changes", "dirty"),
    [
        pytest.param({}, False, id="nothing"),
        pytest.param({"junit.xml": "", "out/log.txt": ""}, False, id="what runs write"),
        pytest.param({"out.py": ""}, False, id="what git ignores"),
        pytest.param({"code.py": "2\n"}, True, id="code"),
        pytest.param({"notes.txt": "x"}, True, id="any file that is tracked"),
        pytest.param({"data.bin": None}, True, id="a deleted file"),
        pytest.param({"conftest.py": ""}, True, id="a new file of code"),
        pytest.param({"deep/tox.ini": ""}, True, id="a new file of settings"),
    ],
)
def test_a_repository(project: Path, changes: dict[str, str | None], *, dirty: bool) -> None:
    """Its commit, and whether anything that tests may go by differs from it."""
    edit(project, changes)
    origin = find_origin(project, {"GITHUB_SHA": "of the merge"})
    assert (origin.commit, origin.dirty) == (git(project, "rev-parse", "HEAD"), dirty)
    assert (origin.changes is not None) == dirty
    assert find_origin(project, {}) == origin


def test_two_states_of_one_commit(project: Path) -> None:
    """Each has another digest, and the same one again when it is back."""
    states: list[dict[str, str | None]] = [
        {"code.py": "2\n"},
        {"code.py": "3\n"},
        {"new.py": "2\n"},
        {"code.py": "1\n"},
        {"new.py": "3\n"},
        {"n\nö w.py": ""},
        {"code.py": None},
        {"code.py": ""},
    ]
    known = []
    for changes in states:
        edit(project, changes)
        known.append(find_origin(project, {}).changes)
    assert len({*known}) == len(states)
    git(project, "add", ".")
    assert find_origin(project, {}).changes == known[-1], "added, and the same"
    git(project, "commit", "-qm", "second")
    assert find_origin(project, {}).changes is None


def test_large_and_unreadable_changes(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what is too much only the size counts; what cannot be read is told by its name."""
    monkeypatch.setattr(uncommitted, "_BYTES", 3)
    known = []
    for text in ("2222", "3333", "33"):
        edit(project, {"code.py": text})
        known.append(find_origin(project, {}).changes)
    assert known[0] == known[1] != known[2]
    monkeypatch.setattr(Path, "read_bytes", Path.rmdir)  # which raises as one that may not
    edit(project, {"code.py": "44"})
    assert find_origin(project, {}).changes not in {None, *known}


def test_a_plain_folder(tmp_path: Path) -> None:
    """Nothing is known of its commit."""
    assert find_origin(tmp_path, {}) == (tmp_path.name, None, None, None, None)


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
