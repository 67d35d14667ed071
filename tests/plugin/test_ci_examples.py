"""`examples/ci` runs as it is written: its script, and the commands of its CI services' files."""

from __future__ import annotations

import json
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
    "pip": 'test "$1 $2" = "install -r" && grep -q "^pytest-mcscopes @ git+" "$3"',
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
    """Folders and files that are there at its end, and that further jobs get."""


class Service:
    """Runs jobs in fresh clones of the example."""

    def __init__(self, folder: Path) -> None:
        """Make a repository of the example."""
        self._folder = folder
        self.kept = folder / "kept"
        self.kept.mkdir()
        programs = folder / "bin"
        programs.mkdir()
        for name, line in PROGRAMS.items():
            (programs / name).write_text(f"#!/bin/sh\n{line}\n")
            (programs / name).chmod(0o755)
        self.summary = folder / "summary.md"
        self._environment = {
            **os.environ,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "GITHUB_STEP_SUMMARY": str(self.summary),
        }
        self._origin = folder / "origin"
        shutil.copytree(EXAMPLE, self._origin, ignore=shutil.ignore_patterns("__pycache__"))
        author = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
        for command in (("init", "-q"), ("add", "."), (*author, "commit", "-qm", "all of it")):
            self._git("-C", str(self._origin), *command)

    def run(self, job: Job) -> tuple[int, str]:
        """Run it to its end or to the first command that fails; give the code and the output."""
        clone = self._folder / f"job-{len([*self._folder.iterdir()])}"
        self._git("clone", "-q", str(self._origin), str(clone))
        shutil.copytree(self.kept, clone, dirs_exist_ok=True)
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
        for name in job.keeps:
            if (clone / name).is_dir():
                shutil.copytree(clone / name, self.kept / name, dirs_exist_ok=True)
            else:
                shutil.copy(clone / name, self.kept)
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
                step["with"].get("path") or step["with"]["sarif_file"]
                for step in job["steps"]
                if "/upload-" in step.get("uses", "")
            ],
        )


def read_gitlab(job: Mapping[str, Any], default: Mapping[str, Any]) -> Iterator[Job]:
    """Read a job of a pipeline, for each row of its matrix."""
    for row in job.get("parallel", {}).get("matrix", [{}]):
        yield Job(
            commands=[(line, row) for line in (*default["before_script"], *job["script"])],
            keeps=job["artifacts"]["paths"],
        )


def read_jobs(file: Path) -> dict[str, list[Job]]:
    """Read all jobs of a service's file, by their names."""
    document = load(file)
    if file == GITHUB:
        return {name: [*read_github(job)] for name, job in document["jobs"].items()}
    return {name: [*read_gitlab(document[name], document["default"])] for name in ("tests", "gate")}


@pytest.fixture
def service(tmp_path: Path) -> Service:
    """Give fresh clones."""
    return Service(tmp_path)


def test_the_script(service: Service) -> None:
    """It runs all tests, in two shards, and passes."""
    code, output = service.run(Job([("./run-shards.sh", {})]))
    assert code == 0, output
    assert PASSES in output.splitlines()


def run_all(service: Service, file: Path) -> None:
    """With a shard that never ran the gate fails and names it; with both it passes."""
    jobs = read_jobs(file)
    first, second = jobs["tests"]
    (gate,) = jobs["gate"]
    for shard, expected in ((first, 1), (second, 0)):
        code, output = service.run(shard)
        assert code == 0, output
        code, output = service.run(gate)
        assert code == expected, output
        assert (PASSES in output.splitlines()) == (not expected)
        assert ("shard 2/2 is not here" in output) == bool(expected)


def test_the_commands_for_github(service: Service) -> None:
    """The summary of the gate's job says how it ends, and code scanning gets what it takes."""
    run_all(service, GITHUB)
    titles = [line for line in service.summary.read_text().splitlines() if line[:2] == "# "]
    assert titles == [
        "# Marketing Cloud scopes: fails: not complete",
        "# Marketing Cloud scopes: passes",
    ]
    (scanning,) = read_jobs(GITHUB)["code-scanning"]
    assert service.run(scanning)[0] == 0
    assert json.loads((service.kept / "mcscopes.sarif").read_text())["version"] == "2.1.0"


def test_the_commands_for_gitlab(service: Service) -> None:
    """The gate leaves a page, also where it fails."""
    run_all(service, GITLAB)
    assert "<!doctype html>" in (service.kept / "scopes.html").read_text().lower()


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
    assert more == {"code-scanning": {"contents": "read", "security-events": "write"}}
    for job in workflow["jobs"].values():
        (checkout,) = (each for each in job["steps"] if "checkout" in each.get("uses", ""))
        assert checkout["with"]["persist-credentials"] is False
        for step in job["steps"]:
            hidden = step.get("with", {}).get("path", "").startswith(".")
            if "upload-artifact" in step.get("uses", ""):
                assert step["with"]["include-hidden-files"] is hidden
