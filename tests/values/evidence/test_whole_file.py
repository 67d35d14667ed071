"""Files that are there whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from pytest_mcscopes.evidence.whole_file import create_file, replace_file

if TYPE_CHECKING:
    from typing import TextIO


def test_a_file_is_created_once(tmp_path: Path) -> None:
    """What is there stays."""
    path = tmp_path / "file"
    create_file(path, "first\n")
    with pytest.raises(FileExistsError):
        create_file(path, "second\n")
    assert path.read_text() == "first\n"


def test_what_could_not_be_written_is_not_there(tmp_path: Path) -> None:
    """Here because it is no text that can be written."""
    path = tmp_path / "file"
    with pytest.raises(UnicodeEncodeError):
        create_file(path, "\udcff")
    assert not path.exists()


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """Or it is as it was, and what was written aside is gone."""
    path = tmp_path / "file"
    replace_file(path, lambda stream: stream.write("first\n"))
    path.chmod(0o640)

    def break_off(stream: TextIO) -> NoReturn:
        stream.write("half")
        raise OSError

    with pytest.raises(OSError, match=r"^$"):
        replace_file(path, break_off)
    assert [*tmp_path.iterdir()] == [path]
    assert path.read_text() == "first\n"
    replace_file(path, lambda stream: stream.write("second\n"))
    assert path.read_text() == "second\n"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_device_is_written_to() -> None:
    """And stays one."""
    replace_file(Path("/dev/null"), lambda stream: stream.write("text\n"))
    assert Path("/dev/null").is_char_device()
