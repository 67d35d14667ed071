"""What is shipped, and that the project's own lists agree with each other."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from configparser import ConfigParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist of the tree."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Iterator[zipfile.ZipFile]:
    """The wheel, open."""
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """The table `project` of pyproject.toml."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return table


@pytest.fixture(scope="module")
def tox() -> ConfigParser:
    """tox.ini as it stands, substitutions and all."""
    parser = ConfigParser(interpolation=None)
    parser.read(ROOT / "tox.ini")
    return parser


def files_of_the_package() -> set[str]:
    """Name each file of the package in the tree."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "pytest_mcscopes").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_the_package_and_nothing_else(
    wheel: zipfile.ZipFile, project: dict[str, Any]
) -> None:
    """Every file of the package is shipped, the data too; no test, no tool."""
    about = f"pytest_mcscopes-{project['version']}.dist-info/"
    names = set(wheel.namelist())
    assert {name for name in names if not name.startswith(about)} == files_of_the_package()
    assert {name.removeprefix(about) for name in names if name.startswith(about)} == {
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
        "licenses/LICENSE",
    }


def test_the_wheel_holds_what_is_easily_forgotten(wheel: zipfile.ZipFile) -> None:
    """The catalogue's data and the typing marker are among the package's files."""
    names = set(wheel.namelist())
    assert "pytest_mcscopes/py.typed" in names
    assert "pytest_mcscopes/catalogue/data/scopes.toml" in names
    assert "pytest_mcscopes/catalogue/data/rest/messaging.toml" in names
    assert "pytest_mcscopes/cloud/soap/etframework.wsdl" in names


def test_the_wheel_is_a_pytest_plugin_with_a_command(
    wheel: zipfile.ZipFile, project: dict[str, Any]
) -> None:
    """A test run finds the plugin, and a shell finds `mcscopes`."""
    (name,) = (name for name in wheel.namelist() if name.endswith("/entry_points.txt"))
    entry_points = ConfigParser()
    entry_points.read_string(wheel.read(name).decode())
    assert {section: dict(entry_points[section]) for section in entry_points.sections()} == {
        "console_scripts": {"mcscopes": "pytest_mcscopes.cli.main:main"},
        "pytest11": {"mcscopes": "pytest_mcscopes.plugin"},
    }
    (name,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
    assert f"\nVersion: {project['version']}\n" in wheel.read(name).decode()


def test_the_sdist_can_be_built_and_tested(built: Path, project: dict[str, Any]) -> None:
    """The sources, with tests, examples and how to run them; nothing that happens to lie there."""
    (path,) = built.glob("*.tar.gz")
    top = f"pytest_mcscopes-{project['version']}/"
    with tarfile.open(path) as archive:
        names = {name.removeprefix(top) for name in archive.getnames()}
    assert {name for name in names if name.startswith("pytest_mcscopes/")} == files_of_the_package()
    assert {name.split("/")[0] for name in names} - {"examples"} == {
        ".gitignore",
        "CHANGELOG.md",
        "LICENSE",
        "PKG-INFO",
        "README.md",
        "docs",
        "pyproject.toml",
        "pytest_mcscopes",
        "tests",
        "tox.ini",
    }


def test_the_changelog_knows_the_version(project: dict[str, Any]) -> None:
    """The newest heading is this version's, released or not."""
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert project["version"] in headings[0]


def test_the_lowest_dependencies_are_the_tested_ones(
    project: dict[str, Any], tox: ConfigParser
) -> None:
    """The tox env `lowest` installs the lower end of each range, and each has both ends."""
    ranges = [re.fullmatch(r"(\w+)>=([\d.]+),<[\d.]+", text) for text in project["dependencies"]]
    lowest = [f"{found[1]}=={found[2]}" for found in ranges if found]
    assert len(lowest) == len(ranges)
    assert tox["testenv:lowest"]["deps"].split() == lowest


def test_every_test_file_runs_in_exactly_one_env(tox: ConfigParser) -> None:
    """Each env has a folder of its own name, and no test file stands beside them."""
    for path in (ROOT / "tests").rglob("test_*.py"):
        folder = path.relative_to(ROOT / "tests").parts[0]
        assert f" tests/{folder} " in tox[f"testenv:{folder}"]["commands"], path


def test_each_python_that_is_supported_is_tested(
    project: dict[str, Any], tox: ConfigParser
) -> None:
    """Newer ones by envs of their own, which alone may be skipped; the oldest by all others."""
    names = re.findall(r"Python :: 3\.(\d+)", "\n".join(project["classifiers"]))
    oldest, *newer = map(int, names)
    assert project["requires-python"] == f">=3.{oldest}"
    *usual, ours = tox["tox"]["env_list"].split(", ")
    assert ours == "3.1{2,3,4,5}"
    assert {f"3.{minor}" for minor in newer} <= {"3.12", "3.13", "3.14", "3.15"}
    assert f"testenv:{ours}-all" in tox
    assert all("base_python" not in tox[f"testenv:{env}"] for env in usual)


@pytest.mark.parametrize(
    ("folder", "command"),
    [
        pytest.param(
            "compat", "pytest -n 2 --dist loadfile tests/compat", id="beside other plugins"
        ),
        pytest.param("pages", "-m pytest {[run]plugins} tests/pages", id="in a browser"),
    ],
)
def test_folders_with_needs_of_their_own(tox: ConfigParser, folder: str, command: str) -> None:
    """No other env collects them: it installs neither their plugins nor a browser."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["pytest"]["norecursedirs"].count(folder) == 1
    assert command in tox[f"testenv:{folder}"]["commands"]
    assert folder in tox["tox"]["env_list"]


def test_ci_runs_the_command_of_the_readme(tmp_path: Path) -> None:
    """.ci/run runs the first command after the marker, and passes its failure on."""
    script = tmp_path / ".ci" / "run"
    script.parent.mkdir()
    script.write_text((ROOT / ".ci" / "run").read_text())
    readme = tmp_path / "README.md"
    readme.write_text(
        "```console\n$ echo wrong\n```\n<!-- test command -->\n\n"
        "```console\n$ test ! -t 0 && pwd && exit 7\n```\n"
    )
    run = subprocess.run(["bash", str(script)], capture_output=True, text=True, check=False)
    assert run.stdout.splitlines()[1:] == [str(tmp_path)]
    assert run.returncode == 7


@pytest.mark.parametrize(
    "readme",
    [
        pytest.param("# Nothing here\n", id="no marker"),
        pytest.param("<!-- test command -->\n", id="no command"),
    ],
)
def test_ci_fails_without_a_command(readme: str, tmp_path: Path) -> None:
    """A README that lost its command cannot pass as a green run."""
    script = tmp_path / ".ci" / "run"
    script.parent.mkdir()
    script.write_text((ROOT / ".ci" / "run").read_text())
    (tmp_path / "README.md").write_text(readme)
    run = subprocess.run(["bash", str(script)], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "no command line after" in run.stderr


@pytest.mark.parametrize(
    ("command", "there", "installed"),
    [
        pytest.param("tox", [], "chromium fonts-dejavu-core npm", id="a bare machine"),
        pytest.param("tox", ["chromium"], "npm", id="one without npm"),
        pytest.param("tox", ["chromium", "npm"], "", id="one that has both"),
        pytest.param("true", [], "", id="a command that needs neither"),
    ],
)
def test_ci_installs_what_pages_are_looked_at_with(
    command: str, there: list[str], installed: str, tmp_path: Path
) -> None:
    """By Debian's packages, as root or by sudo, and only what is not there."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("awk", "bash", "dirname", "id"):
        (programs / name).symlink_to(shutil.which(name) or "")
    for name in ("tox", "true", "chromium", "npm"):
        if name in {command, *there}:
            (programs / name).write_text("#!/bin/bash\n")
    (programs / "apt-get").write_text(f'#!/bin/bash\necho "$*" >> {tmp_path}/asked\n')
    (programs / "sudo").write_text('#!/bin/bash\n"$@"\n')
    for program in programs.iterdir():
        if not program.is_symlink():
            program.chmod(0o755)
    script = tmp_path / ".ci" / "run"
    script.parent.mkdir()
    script.write_text((ROOT / ".ci" / "run").read_text())
    (tmp_path / "README.md").write_text(f"<!-- test command -->\n```sh\n{command}\n```\n")
    subprocess.run([programs / "bash", script], env={"PATH": str(programs)}, check=True)
    asked = tmp_path / "asked"
    assert (asked.read_text().splitlines() if asked.exists() else []) == (
        ["update -q", f"install -qy --no-install-recommends {installed}"] if installed else []
    )


def test_the_readme_has_the_command_that_ci_runs() -> None:
    """The marker stands before a command that runs tox, so CI runs everything."""
    _, _, rest = (ROOT / "README.md").read_text().partition("<!-- test command -->\n")
    command = next(line for line in rest.splitlines() if line and not line.startswith("```"))
    assert re.search(r"\btox( -p auto)?$", command)
