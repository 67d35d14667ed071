"""What differs from the commit, as a digest: by it two working trees are told apart."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

STATUS = ("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all")
"""The command of git that lists what differs."""
_UNTRACKED = "??"
_CODE = frozenset({".py", ".toml", ".ini", ".cfg"})
"""What new files count by: others are what runs write, as reports."""
_BYTES = 64 * 1024**2
"""Of so many the content is read; of what is beyond only names and sizes."""


def digest_changes(top: Path, status: str) -> str | None:
    """Give the SHA-256 of all that differs, by what git says of it; None: nothing does."""
    paths = sorted(_changed(status))
    known, left = sha256(), _BYTES
    for path in paths:
        file = top / path
        size = file.stat().st_size if file.is_file() else -1  # deleted, or a submodule
        known.update(os.fsencode(f"{path}\0{size}\0"))
        left -= max(size, 0)
        if size > 0 and left >= 0:
            known.update(sha256(_read(file)).digest())
    return known.hexdigest() if paths else None


def _changed(status: str) -> Iterator[str]:
    for entry in filter(None, status.split("\0")):
        path = entry[3:]
        if not entry.startswith(_UNTRACKED) or Path(path).suffix in _CODE:
            yield path


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # not for us to read
        return b""
