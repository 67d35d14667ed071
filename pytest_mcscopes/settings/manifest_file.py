"""Where a user keeps the manifest: found without reading more than that takes.

Every test run comes through here, so it imports next to nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import ConfigError
from ..words import shown_path

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

OWN_FILE = "mcscopes.toml"
_SHARED_FILE = "pyproject.toml"
_TABLE = ("tool", "mcscopes")
_MENTION = re.compile(rb"""(?<![-\w])mcscopes["']?\s*[\].=]""")
"""The table's name where TOML may have a key, and not in a list of requirements."""


class ManifestFile(NamedTuple):
    """A file that says something, and what it says."""

    path: Path
    text: str
    table: dict[str, Any]
    keys: tuple[str, ...]
    """Those that lead to the table within the file."""

    @property
    def shown(self) -> str:
        """The file as a person types it: relative to where they are, if it is below."""
        return shown_path(self.path)


def find_manifest(folders: Iterable[Path]) -> ManifestFile | None:
    """Read `mcscopes.toml`, or `[tool.mcscopes]` of `pyproject.toml`; None: there is neither.

    Raises:
        ConfigError: there is more than one, or one cannot be read.
    """
    found = [
        file
        for folder in dict.fromkeys(folders)
        for file in (_read(folder / OWN_FILE), _read(folder / _SHARED_FILE, *_TABLE))
        if file
    ]
    if len(found) > 1:
        named = " and ".join(f"{file.path}{_section(file)}" for file in found)
        raise ConfigError(
            f"both {named} are a manifest, and there may be only one."
            " Move all that they say into one."
        )
    return next(iter(found), None)


def find_manifest_above(folder: Path) -> ManifestFile | None:
    """Read the manifest of the first folder that has one, from a folder upwards.

    Raises:
        ConfigError: that folder has two, or one cannot be read.
    """
    found = (find_manifest([each]) for each in (folder, *folder.parents))
    return next(filter(None, found), None)


def _section(file: ManifestFile) -> str:
    return f" ([{'.'.join(file.keys)}])" if file.keys else ""


def open_manifest(path: Path) -> ManifestFile:
    """Read a file that is to become a manifest: it may say nothing yet, or not be there.

    Raises:
        ConfigError: it cannot be read.
    """
    keys = _TABLE if path.name == _SHARED_FILE else ()
    if path.exists() and not (path.is_file() or path.is_dir()):
        return ManifestFile(path, "", {}, keys)  # a device: /dev/full gives zeros without end
    return _parse_table(path, _content(path) or b"", keys)


def _read(path: Path, *keys: str) -> ManifestFile | None:
    """Read a file whose table at *keys*, if it has one, is ours."""
    content = _content(path)
    if content is None or (keys and not _MENTION.search(content)):
        return None
    file = _parse_table(path, content, keys)
    return file if file.table else None


def _content(path: Path) -> bytes | None:
    """Read a file; None: it is not there."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}. Make it readable, or remove it."
        ) from None


def _parse_table(path: Path, content: bytes, keys: tuple[str, ...]) -> ManifestFile:
    text, document = _parse(path, content)
    table: Any = document
    for key in keys:
        table = table.get(key, {}) if isinstance(table, dict) else {}
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: {'.'.join(keys)} must be a table. Write [{'.'.join(keys)}].")
    return ManifestFile(path, text, table, keys)


def _parse(path: Path, content: bytes) -> tuple[str, dict[str, Any]]:
    import tomllib  # noqa: PLC0415 - every test run imports this module, and few have a file

    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
        return text, tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: no UTF-8 text. Save the file as UTF-8.") from None
    except (ValueError, RecursionError) as error:  # TOML's own, and what Python has limits for
        said, _, place = str(error).partition(" (at ")
        found = re.search(r"line (\d+)", place)
        where = found[1] if found else text.count("\n") + 1
        raise ConfigError(f"{path}:{where}: no TOML: {said}. Fix that line.") from None
