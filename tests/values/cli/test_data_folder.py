"""Where the commands look for data files if nobody names any."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_mcscopes.cli.data_folder import FOLDER, find_data_folder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.toml", '[pytest]\nmc_data_dir = "kept"'),
        (".pytest.toml", '[pytest]\nmc_data_dir = "kept"'),
        ("pyproject.toml", '[tool.pytest]\nmc_data_dir = "kept"'),
        ("pyproject.toml", '[tool.pytest.ini_options]\nmc_data_dir = "kept"'),
        ("pytest.ini", "[pytest]\nmc_data_dir = kept\naddopts = %s"),
        (".pytest.ini", "[pytest]\nmc_data_dir = kept"),
        ("tox.ini", "[pytest]\nmc_data_dir = kept"),
        ("setup.cfg", "[tool:pytest]\nmc_data_dir = kept"),
        ("mcscopes.toml", 'data_dir = "kept"'),
    ],
)
def test_who_says_it(tmp_path: Path, name: str, text: str) -> None:
    """Below the file's folder; from a folder below that, too."""
    (tmp_path / name).write_text(text)
    (tmp_path / "below").mkdir()
    folders = [str(find_data_folder(tmp_path / each)) for each in (".", "below")]
    assert folders == ["kept", "../kept"]


def test_pytest_goes_before_the_manifest(tmp_path: Path) -> None:
    """As in a run."""
    (tmp_path / "mcscopes.toml").write_text('data_dir = "of the manifest"')
    (tmp_path / "pytest.ini").write_text("[pytest]\nmc_data_dir = kept\n")
    assert str(find_data_folder(tmp_path)) == "kept"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[tool.pytest"),
        ("pyproject.toml", "[tool]\npytest = 1"),
        ("pyproject.toml", "[tool.pytest]\nmc_data_dir = 1"),
        ("pytest.ini", "[pytest"),
        ("pytest.ini", "[pytest]\naddopts = -q"),
        ("mcscopes.toml", "trust = 'attested'"),
        ("mcscopes.toml", "data_dir = 1"),
    ],
)
def test_nobody_says_it(tmp_path: Path, name: str, text: str) -> None:
    """What is wrong with a file is pytest's to say."""
    (tmp_path / name).write_text(text)
    assert find_data_folder(tmp_path) == FOLDER


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    for name in ("pytest.toml", "tox.ini"):
        (tmp_path / name).write_bytes(b"\xff\xfe[")
    assert find_data_folder(tmp_path) == FOLDER
