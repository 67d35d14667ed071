"""README.md does what it says: every block of it is run, compared or parsed."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import freezegun
import pytest

from pytest_mcscopes.cli.main import main
from pytest_mcscopes.config import Config, words_of
from pytest_mcscopes.privilege.findings import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text()
PLUGINS = ("-p", "anyio", "-p", "respx", "-p", "pytest_mcscopes.plugin")


@dataclass(frozen=True, kw_only=True)
class Block:
    """A fenced block with the comment on the line before it, which says what it is."""

    line: int
    language: str
    about: str
    text: str

    @property
    def kind(self) -> str:
        """The language and the first word about it, as in `python run`."""
        return f"{self.language} {self.about.partition(':')[0]}".strip()

    @property
    def argument(self) -> str:
        """What stands after the colon."""
        return self.about.partition(": ")[2]


def read_blocks(text: str) -> Iterator[Block]:
    """Yield the fenced blocks of a Markdown text in order."""
    fence = re.compile(r"(?:^<!-- ([^\n]+) -->\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    for found in fence.finditer(text):
        line = text.count("\n", 0, found.start(2)) + 1
        yield Block(line=line, language=found[2], about=found[1] or "", text=found[3])


BLOCKS = tuple(read_blocks(TEXT))
FILES = {block.argument: block.text for block in BLOCKS if block.kind.endswith(" file")}


def blocks_of(*kinds: str) -> list[pytest.ParameterSet]:
    """Give the blocks of some kinds as parameters, named by their lines."""
    return [pytest.param(block, id=f"line {block.line}") for block in BLOCKS if block.kind in kinds]


def outputs_of(command: str) -> list[pytest.ParameterSet]:
    """Give the blocks that show what a command writes, named by its arguments."""
    shown = [block for block in BLOCKS if block.kind == "text output of"]
    parts = [(block.argument.partition(" "), block) for block in shown]
    return [pytest.param(block, id=rest) for (first, _, rest), block in parts if first == command]


def output_after(block: Block) -> list[str]:
    """Give the output that is shown of a recipe, if the next block is that."""
    following = BLOCKS[BLOCKS.index(block) + 1 :][:1]
    return [each.text for each in following if each.kind == "text output"]


def failures_in(result: pytest.RunResult) -> str:
    """Cut the failures, and what this plugin adds to the summary, out of a run's output."""
    _, _, rest = result.stdout.str().partition("= FAILURES =")
    return re.split("^=+ short test summary", rest.partition("\n")[2], flags=re.MULTILINE)[0]


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """pytest draws its lines as wide as the terminal."""
    monkeypatch.setenv("COLUMNS", "80")


def rows_under(heading: str) -> list[list[str]]:
    """Read the rows of the table under a heading, the header left out."""
    section = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line.strip("| ") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.split(" | ")] for line in lines[2:]]


def test_no_block_is_left_out() -> None:
    """Every fence is seen, and each block is of a kind that a test below takes."""
    assert len(re.findall(r"^\s*(?:```|~~~)", TEXT, re.MULTILINE)) == 2 * len(BLOCKS)
    assert Counter(block.kind for block in BLOCKS) == {
        "ini settings": 1,
        "json file": 1,
        "python file": 5,
        "python run": 37,
        "python run beside pytest-httpx": 1,  # by tests/compat
        "python run with FuelSDK": 1,
        "sh": 1,
        "sh benchmark command": 1,
        "sh test command": 1,
        "text output": 2,
        "text output of": 3,
        "text prints": 1,
        "text suggestions": 1,
        "toml overlay": 2,
        "toml settings": 1,
    }


def test_lines_fit_a_window() -> None:
    """All but rows of tables, and output as it comes, wraps at 100 columns."""
    shown = {
        line for block in BLOCKS if block.language == "text" for line in block.text.splitlines()
    }
    long = [line for line in TEXT.splitlines() if len(line) > 100 and not line.startswith("|")]
    assert set(long) <= shown


@pytest.mark.parametrize("block", blocks_of("python run", "python run with FuelSDK"))
def test_a_recipe_comes_to_what_it_says(block: Block, pytester: pytest.Pytester) -> None:
    """Run beside the README's own files; output that is shown is what comes out."""
    for name, text in FILES.items():
        pytester.path.joinpath(name).write_text(text)
    pytester.makepyfile(test_recipe=block.text)
    careless = ("-W", "ignore::ResourceWarning") if block.kind.endswith("FuelSDK") else ()
    result = pytester.runpytest_inprocess(*PLUGINS, "-W", "error", *careless)
    count, outcome = block.argument.split()
    result.assert_outcomes(**{outcome: int(count)})
    assert output_after(block) == [failures_in(result)] * result.ret


@pytest.mark.parametrize("block", blocks_of("text prints"))
def test_what_a_recipe_prints_is_what_is_shown(block: Block, pytester: pytest.Pytester) -> None:
    """Of the recipe before it."""
    for name, text in FILES.items():
        pytester.path.joinpath(name).write_text(text)
    pytester.makepyfile(test_recipe=BLOCKS[BLOCKS.index(block) - 1].text)
    result = pytester.runpytest_inprocess(*PLUGINS, "-W", "error", "-s")
    assert block.text in result.stdout.str()


@pytest.mark.parametrize("block", blocks_of("toml overlay"))
def test_an_overlay_lets_the_recipe_above_it_pass(block: Block, pytester: pytest.Pytester) -> None:
    """Which fails without it."""
    above = [each for each in BLOCKS[: BLOCKS.index(block)] if each.kind == "python run"]
    assert above[-1].argument == "1 failed"
    for name, text in (FILES | {block.argument: block.text}).items():
        pytester.path.joinpath(name).write_text(text)
    pytester.makepyfile(test_recipe=above[-1].text)
    result = pytester.runpytest_inprocess(*PLUGINS, "-W", "error")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [f"mcscopes: *; your own catalogue entries in {block.argument}: ? route*"]
    )


@pytest.mark.parametrize("block", blocks_of("text suggestions"))
def test_the_suggestions_that_are_shown_are_made(block: Block, pytester: pytest.Pytester) -> None:
    """Of the recipe before it."""
    for name, text in FILES.items():
        pytester.path.joinpath(name).write_text(text)
    pytester.makepyfile(test_recipe=BLOCKS[BLOCKS.index(block) - 1].text)
    result = pytester.runpytest_inprocess(*PLUGINS, "--mc-suggest")
    _, _, rest = result.stdout.str().partition(": marks to paste ")
    section = re.split("^=+ ", rest.partition("\n")[2], flags=re.MULTILINE)[0]
    assert block.text == f"{section.rstrip()}\n"


def test_each_output_is_of_a_command_that_is_tried() -> None:
    """There is a test below for each command."""
    tried = [*outputs_of("pytest"), *outputs_of("mcscopes")]
    assert len(tried) == len(blocks_of("text output of"))


@pytest.mark.parametrize("block", outputs_of("mcscopes"))
def test_the_answer_that_is_shown_is_given(
    block: Block, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the command, on the day that the answer names."""
    monkeypatch.chdir(ROOT)
    today = block.text.rpartition("rules as of ")[2].rstrip(".\n")
    with freezegun.freeze_time(today):
        assert main(block.argument.split()[1:]) == 0
    assert block.text == capsys.readouterr().out


@pytest.mark.parametrize("block", outputs_of("pytest"))
def test_the_output_that_is_shown_is_what_comes_out(
    block: Block, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the example that fails, run from the top of the project."""
    monkeypatch.chdir(ROOT)
    arguments = block.argument.split()[1:]
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", *PLUGINS, *arguments)
    assert block.text == failures_in(result)


@pytest.mark.parametrize("block", blocks_of("toml settings", "ini settings"))
def test_the_settings_that_are_shown_are_taken(block: Block, pytester: pytest.Pytester) -> None:
    """As a project's configuration, and either file says the same."""
    pytester.path.joinpath(block.argument).write_text(block.text)
    pytester.makepyfile("""
        def test_settings(mc_tenant, pytestconfig):
            assert len(mc_tenant.issue_token()) < 512
            assert pytestconfig.getini("mc_rules") == ["MCS303=error", "MCS108=error"]
    """)
    result = pytester.runpytest_inprocess(*PLUGINS)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["mcscopes: *, trust documented; *"])


def test_the_table_of_settings_is_complete() -> None:
    """Each setting with its default and the words that it may be."""
    table = {
        name.strip("`"): (default.strip("`"), about)
        for name, default, about in rows_under("Settings")
    }
    given = Config()._asdict() | {"rules": []}  # as it is written
    defaults = {name: str(value).lower() for name, value in given.items()}
    assert {name: default for name, (default, _) in table.items()} == {
        f"mc_{name}": defaults[name] for name in Config._fields
    }
    for name in Config._fields:
        default, about = table[f"mc_{name}"]
        assert all(f"`{word}`" in about or word == default for word in words_of(name)), name


def test_the_table_of_rules_is_complete() -> None:
    """Each rule by id, name and severity."""
    table = {
        rule: (name, severity.split()[0].rstrip(","))
        for rule, name, severity, *_ in rows_under("Rules")
    }
    assert table == {rule: (each.name, each.severity) for rule, each in RULES.items()}


def test_the_first_command_runs_the_examples() -> None:
    """In one line, by the oldest Python that is supported; test_examples.py runs its end."""
    (command,) = (block.text for block in BLOCKS if block.kind == "sh")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    oldest = project["requires-python"].removeprefix(">=")
    assert command == (
        f"python{oldest} -m venv .venv && .venv/bin/pip install . requests"
        " && .venv/bin/python -m pytest examples\n"
    )


def test_the_second_command_is_what_ci_runs(tmp_path: Path) -> None:
    """.ci/run runs the very line, here with a Python that only says how it was called."""
    (command,) = (block.text for block in BLOCKS if block.kind == "sh test command")
    python = tmp_path / "python3.11"
    python.write_text('#!/bin/sh\necho "$0 $@"\nexit 3\n')
    python.chmod(0o755)
    run = subprocess.run(
        ["bash", ROOT / ".ci" / "run"],
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout == f"+ {command}{python} -m venv .venv\n"
    assert run.returncode == 3


def test_the_plugin_does_without_the_plugins_of_its_dependencies(
    pytester: pytest.Pytester,
) -> None:
    """`-p no:respx -p no:anyio` leaves it working, and its summary too."""
    for name, text in FILES.items():
        pytester.path.joinpath(name).write_text(text)
    pytester.makepyfile(
        test_recipe=next(block.text for block in BLOCKS if block.kind == "python run")
    )
    result = pytester.runpytest_inprocess(
        "-p", "pytest_mcscopes.plugin", "-p", "no:respx", "-p", "no:anyio"
    )
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["1 test judged: no errors"])


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(target, id=target)
        for target in sorted(set(re.findall(r"\]\((?!https://)([^)#]+)", TEXT)))
    ],
)
def test_what_is_linked_in_the_project_is_there(target: str) -> None:
    """A link to a file or folder leads somewhere."""
    assert (ROOT / target).exists()
