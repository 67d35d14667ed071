"""README.md and the guides do what they say: every block of them is run or compared."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from typing import TYPE_CHECKING

import freezegun
import pytest
from guides import (
    ROOT,
    Block,
    all_blocks,
    block_after,
    blocks_before,
    blocks_of,
    cut_failures,
    files_beside,
)
from pictures import COMMAND, FAILURE, terminal_lines, words_in

from pytest_mcscopes.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PLUGINS = ("-p", "anyio", "-p", "respx", "-p", "pytest_mcscopes.plugin")


def named(blocks: Iterable[Block]) -> list[pytest.ParameterSet]:
    """Give blocks as parameters, named by their places."""
    return [pytest.param(block, id=block.place) for block in blocks]


def outputs_of(command: str) -> list[pytest.ParameterSet]:
    """Give the blocks that show what a command writes, named by its arguments."""
    shown = [(block.argument.partition(" "), block) for block in blocks_of("text output of")]
    return [pytest.param(block, id=rest) for (first, _, rest), block in shown if first == command]


def write_files(block: Block, pytester: pytest.Pytester) -> None:
    """Write what lies beside a block's code."""
    for name, text in files_beside(block.page).items():
        pytester.path.joinpath(name).write_text(text)


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """pytest draws its lines as wide as the terminal."""
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.parametrize("block", named(blocks_of("python run", "python run with FuelSDK")))
def test_a_recipe_comes_to_what_it_says(block: Block, pytester: pytest.Pytester) -> None:
    """Run beside the page's files; output that is shown is what comes out."""
    write_files(block, pytester)
    pytester.makepyfile(test_recipe=block.text)
    careless = ("-W", "ignore::ResourceWarning") if block.kind.endswith("FuelSDK") else ()
    result = pytester.runpytest_inprocess(*PLUGINS, "-W", "error", *careless)
    count, outcome = block.argument.split()
    result.assert_outcomes(**{outcome: int(count)})
    following = block_after(block)
    shown = [following.text] if following and following.kind == "text output" else []
    assert shown == [cut_failures(result.stdout.str())] * result.ret


@pytest.mark.parametrize("block", named(blocks_of("text prints")))
def test_what_a_recipe_prints_is_what_is_shown(block: Block, pytester: pytest.Pytester) -> None:
    """Of the recipe before it."""
    write_files(block, pytester)
    pytester.makepyfile(test_recipe=blocks_before(block)[-1].text)
    result = pytester.runpytest_inprocess(*PLUGINS, "-W", "error", "-s")
    assert block.text in result.stdout.str()


@pytest.mark.parametrize("block", named(blocks_of("toml overlay")))
def test_an_overlay_lets_the_recipe_above_it_pass(block: Block, pytester: pytest.Pytester) -> None:
    """Which fails without it."""
    recipe = [each for each in blocks_before(block) if each.kind == "python run"][-1]
    assert recipe.argument == "1 failed"
    write_files(block, pytester)
    pytester.path.joinpath(block.argument).write_text(block.text)
    pytester.makepyfile(test_recipe=recipe.text)
    result = pytester.runpytest_inprocess(*PLUGINS, "-W", "error")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [f"mcscopes: *; your own catalogue entries in {block.argument}: ? route*"]
    )


@pytest.mark.parametrize("block", named(blocks_of("text suggestions")))
def test_the_suggestions_that_are_shown_are_made(block: Block, pytester: pytest.Pytester) -> None:
    """Of the recipe before it."""
    write_files(block, pytester)
    pytester.makepyfile(test_recipe=blocks_before(block)[-1].text)
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
        assert main(shlex.split(block.argument)[1:]) == 0
    assert block.text == capsys.readouterr().out


@pytest.mark.parametrize("block", outputs_of("pytest"))
def test_the_output_that_is_shown_is_what_comes_out(
    block: Block, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the example that fails, run from the top of the project; and the picture has it too."""
    monkeypatch.chdir(ROOT)
    assert block.argument == COMMAND
    arguments = block.argument.split()[1:]
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", *PLUGINS, *arguments)
    assert block.text == cut_failures(result.stdout.str())
    assert words_in(FAILURE.read_text()) == terminal_lines(result.stdout.str())


@pytest.mark.parametrize("block", named(blocks_of("toml settings", "ini settings")))
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


@pytest.mark.parametrize("block", named(blocks_of("sh steps")))
def test_steps_can_be_taken(
    block: Block, pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    """One after the other, each with the exit code that it says; and the last writes what it says.

    In this process, as it takes a second to start another.
    """
    write_files(block, pytester)
    for line in block.text.splitlines():
        command, _, exit_code = line.partition("  # exit ")
        program, *arguments = shlex.split(command)
        capsys.readouterr()
        assert program in {"mcscopes", "pytest"}, line
        code = (
            main(arguments)
            if program == "mcscopes"
            else pytester.runpytest_inprocess(*PLUGINS, *arguments).ret
        )
        assert code == int(exit_code or 0), line
    following = block_after(block)
    shown = following.text if following and following.kind == "text last step writes" else ""
    assert shown in capsys.readouterr().out


def test_the_second_command_is_what_ci_runs(tmp_path: Path) -> None:
    """.ci/run runs the very line, here with a Python that only says how it was called."""
    (command,) = (block.text for block in blocks_of("sh test command"))
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
    recipe = next(block for block in all_blocks() if block.kind == "python run")
    write_files(recipe, pytester)
    pytester.makepyfile(test_recipe=recipe.text)
    result = pytester.runpytest_inprocess(
        "-p", "pytest_mcscopes.plugin", "-p", "no:respx", "-p", "no:anyio"
    )
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["Marketing Cloud scopes: 1 test judged, no errors"])
