"""Files that are written whole or not at all."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable

    Write = Callable[[TextIO], object]

_FOR_ALL_TO_READ = 0o644
"""What mkstemp makes is for its owner alone; CI services collect files as another user."""


def replace_file(path: Path, write: Write) -> None:
    """Write a file of this name, whole, or leave the old one as it is.

    A device or a pipe is written to, and a link is followed: neither is replaced.

    Raises:
        OSError: it could not be written.
    """
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8", newline="\n") as stream:
            write(stream)
        return
    place = path.resolve()
    mode = place.stat().st_mode if place.exists() else _FOR_ALL_TO_READ
    _write_aside(place.parent, f"{place.name}-", write, mode).replace(place)


def _write_aside(folder: Path, stem: str, write: Write, mode: int = _FOR_ALL_TO_READ) -> Path:
    """Write a file of a name that is not the final one; where that fails, it is gone."""
    number, name = tempfile.mkstemp(".part", stem, folder)
    part = Path(name)
    try:
        with open(number, "w", encoding="utf-8", newline="\n") as stream:  # noqa: PTH123
            write(stream)
        part.chmod(mode)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    return part


def create_file(path: Path, text: str) -> None:
    """Write a file that is not there yet, whole or not at all.

    Raises:
        FileExistsError: it is there.
        OSError: it could not be written.
    """
    with path.open("x", encoding="utf-8", newline="\n") as stream:
        try:
            stream.write(text)
            stream.flush()
        except BaseException:
            path.unlink()
            raise
