"""What pages name in code is there: commands, options, marks, fixtures and settings."""

from __future__ import annotations

import pytest
from guides import read_pages
from named import find_unknown_names


@pytest.mark.parametrize("page", [pytest.param(page, id=page) for page in read_pages()])
def test_all_names_are_known(page: str) -> None:
    assert find_unknown_names(read_pages()[page]) == []


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        pytest.param("Run `mcscopes merge`.", ["mcscopes merge"], id="a command"),
        pytest.param("`mcscopes check --all`", ["mcscopes check --all"], id="its option"),
        pytest.param("`pytest --mc-sugest`", ["--mc-sugest"], id="an option of pytest"),
        pytest.param("The mark `mc_scope`.", ["mc_scope"], id="a mark"),
        pytest.param("```toml\nmc_gates = true\n```\n", ["mc_gates"], id="a setting in a block"),
        pytest.param("`pytest\n--mc-dat`", ["--mc-dat"], id="over two lines"),
        pytest.param("`mcscopes check --json` and `mc_gate`", [], id="what there is"),
        pytest.param("```text\nmc_rest\n```\n", [], id="what a command writes"),
        pytest.param("```sh\\nls # .mcscopes is one\\n```\\n", [], id="the folder"),
        pytest.param("mcscopes means what it says", [], id="plain words"),
    ],
)
def test_what_there_is_not_is_found(text: str, unknown: list[str]) -> None:
    assert find_unknown_names(text) == unknown
