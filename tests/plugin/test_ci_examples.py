"""`examples/ci` runs as it is written: its script, and the commands of its CI services' files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from check_jsonschema import main as check_jsonschema
from ruamel.yaml import YAML

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

EXAMPLE = Path(__file__).parents[2] / "examples" / "ci"
GITHUB, GITLAB = EXAMPLE / "github-actions.yml", EXAMPLE / "gitlab-ci.yml"
SCHEMAS = {
    GITHUB: ("--builtin-schema=vendor.github-workflows",),
    GITLAB: ("--builtin-schema=vendor.gitlab-ci", "--data-transform=gitlab-ci"),
}
# What `pip install -r requirements.txt` brings, from here instead of from the network.
PROGRAMS = {
    "pip": 'test "$1 $2" = "install -r" && grep -qx pytest-mcscopes "$3"',
    "pytest": (
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD=1"
        f' exec "{sys.executable}" -m pytest -p pytest_mcscopes.plugin -p no:cacheprovider "$@"'
    ),
    "mcscopes": f'exec "{sys.executable}" -m pytest_mcscopes "$@"',
}
PASSES = "MCSCOPES: the gate passes: no finding fails it, 25 tests judged."


def load(file: Path) -> Any:  # noqa: ANN401 - what a document of the service's may be
    """Read a YAML file."""
    return YAML(typ="safe").load(file)


class Job(NamedTuple):
    """One job on a machine of its own."""

    commands: Sequence[tuple[str, Mapping[str, str]]]
    """Each with its environment."""
    keeps: Sequence[str] = ()
    """Folders that further jobs get."""


class Service:
    """Runs jobs in fresh clones of the example."""

    def __init__(self, folder: Path) -> None:
        """Make a repository of the example."""
        self._folder = folder
        self._kept = folder / "kept"
        self._kept.mkdir()
        programs = folder / "bin"
        programs.mkdir()
        for name, line in PROGRAMS.items():
            (programs / name).write_text(f"#!/bin/sh\n{line}\n")
            (programs / name).chmod(0o755)
        self._environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
        self._origin = folder / "origin"
        shutil.copytree(EXAMPLE, self._origin, ignore=shutil.ignore_patterns("__pycache__"))
        author = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
        for command in (("init", "-q"), ("add", "."), (*author, "commit", "-qm", "all of it")):
            self._git("-C", str(self._origin), *command)

    def run(self, job: Job) -> tuple[int, str]:
        """Run it to its end or to the first command that fails; give the code and the output."""
        clone = self._folder / f"job-{len([*self._folder.iterdir()])}"
        self._git("clone", "-q", str(self._origin), str(clone))
        shutil.copytree(self._kept, clone, dirs_exist_ok=True)
        code, output = 0, []
        for command, environment in job.commands:
            done = subprocess.run(
                ["sh", "-ec", command],
                cwd=clone,
                env={**self._environment, **environment},
                capture_output=True,
                text=True,
                check=False,
            )
            output.append(done.stdout + done.stderr)
            if code := done.returncode:
                break
        for folder in job.keeps:
            shutil.copytree(clone / folder, self._kept / folder, dirs_exist_ok=True)
        return code, "".join(output)

    def _git(self, *command: str) -> None:
        subprocess.run(["git", *command], check=True, capture_output=True)


def read_github(job: Mapping[str, Any]) -> Iterator[Job]:
    """Read a job of a workflow, for each row of its matrix."""
    rows = job.get("strategy", {}).get("matrix", {}).get("include", [{}])
    for row in rows:

        def filled(text: str, row: Mapping[str, str] = row) -> str:
            return re.sub(r"\$\{\{ matrix\.(\w+) \}\}", lambda found: row[found[1]], text)

        yield Job(
            commands=[
                (step["run"], {key: filled(of) for key, of in step.get("env", {}).items()})
                for step in job["steps"]
                if "run" in step
            ],
            keeps=[
                step["with"]["path"]
                for step in job["steps"]
                if step.get("uses", "").startswith("actions/upload-artifact@")
            ],
        )


def read_gitlab(job: Mapping[str, Any], default: Mapping[str, Any]) -> Iterator[Job]:
    """Read a job of a pipeline, for each row of its matrix."""
    for row in job.get("parallel", {}).get("matrix", [{}]):
        yield Job(
            commands=[(line, row) for line in (*default["before_script"], *job["script"])],
            keeps=[path for path in job["artifacts"]["paths"] if path.endswith("/")],
        )


def github_jobs() -> tuple[list[Job], Job]:
    """The shards, and the gate."""
    jobs = load(GITHUB)["jobs"]
    (gate,) = read_github(jobs["gate"])
    return [*read_github(jobs["tests"])], gate


def gitlab_jobs() -> tuple[list[Job], Job]:
    """The shards, and the gate."""
    document = load(GITLAB)
    (gate,) = read_gitlab(document["gate"], document["default"])
    return [*read_gitlab(document["tests"], document["default"])], gate


@pytest.fixture
def service(tmp_path: Path) -> Service:
    """Give fresh clones."""
    return Service(tmp_path)


def test_the_script(service: Service) -> None:
    """It runs all tests, in two shards, and passes."""
    code, output = service.run(Job([("./run-shards.sh", {})]))
    assert code == 0, output
    assert PASSES in output.splitlines()


@pytest.mark.parametrize("jobs", [github_jobs, gitlab_jobs])
def test_the_commands_of_a_service(service: Service, jobs: Any) -> None:  # noqa: ANN401
    """With a shard that never ran the gate fails and names it; with both it passes."""
    (first, second), gate = jobs()
    for shard, expected in ((first, 1), (second, 0)):
        code, output = service.run(shard)
        assert code == 0, output
        code, output = service.run(gate)
        assert code == expected, output
        assert (PASSES in output.splitlines()) == (not expected)
        assert ("shard 2/2 is not here" in output) == bool(expected)


def is_valid(file: Path, *how: str) -> bool:
    """Tell whether a file is what the service's schema says."""
    with pytest.raises(SystemExit) as stop:
        check_jsonschema([*how, str(file)])
    assert stop.value.code in {0, 1}
    return stop.value.code == 0


@pytest.mark.parametrize("file", SCHEMAS, ids=lambda file: file.name)
def test_a_service_takes_its_file(file: Path, tmp_path: Path) -> None:
    """By its schema, which a broken file does not fit."""
    assert is_valid(file, *SCHEMAS[file])
    broken = tmp_path / file.name
    text = file.read_text()
    key = "runs-on:" if file == GITHUB else "parallel:"
    assert key in text
    broken.write_text(text.replace(key, "runs-of:" if file == GITHUB else "parallel: 0\n  of:"))
    assert not is_valid(broken, *SCHEMAS[file])


def test_the_rights_of_a_workflow() -> None:
    """It reads the repository; who writes findings into it may do just that besides."""
    workflow = load(GITHUB)
    assert workflow["permissions"] == {"contents": "read"}
    more = {name: of["permissions"] for name, of in workflow["jobs"].items() if "permissions" in of}
    assert more == {}
    for job in workflow["jobs"].values():
        (checkout,) = (each for each in job["steps"] if "checkout" in each.get("uses", ""))
        assert checkout["with"]["persist-credentials"] is False
        for step in job["steps"]:
            hidden = step.get("with", {}).get("path", "").startswith(".")
            if "upload-artifact" in step.get("uses", ""):
                assert step["with"]["include-hidden-files"] is hidden
