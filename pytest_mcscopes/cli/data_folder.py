"""Where `pytest --mc-data` writes here: as pytest's configuration says, or the manifest."""

from __future__ import annotations

import os
import tomllib
from configparser import ConfigParser, Error
from pathlib import Path
from typing import Any

from ..settings.manifest_file import find_manifest_above

_KEY = "mc_data_dir"
FOLDER = Path(".mcscopes")
"""Where nothing is said."""
_TOML = (
    ("pytest.toml", "pytest"),
    (".pytest.toml", "pytest"),
    ("pyproject.toml", "tool", "pytest"),
    ("pyproject.toml", "tool", "pytest", "ini_options"),
)
_INI = {
    "pytest.ini": "pytest",
    ".pytest.ini": "pytest",
    "tox.ini": "pytest",
    "setup.cfg": "tool:pytest",
}


def find_data_folder(here: Path) -> Path:
    """Find the folder that the setting `mc_data_dir` names for the project that *here* is in.

    Raises:
        ConfigError: the manifest cannot be read.
    """
    for folder in (here, *here.parents):
        if named := _named_by_pytest(folder):
            return _relative(folder / named, here)
    manifest = find_manifest_above(here)
    of_manifest = manifest and manifest.table.get("data_dir")
    if manifest and isinstance(of_manifest, str):
        return _relative(manifest.path.parent / of_manifest, here)
    return FOLDER


def _relative(path: Path, here: Path) -> Path:
    return Path(os.path.relpath(path, here))


def _named_by_pytest(folder: Path) -> str:
    """Read the ini key of the files that pytest reads; a file that is broken is pytest's to say."""
    for name, *keys in _TOML:
        value: Any = _read_toml(folder / name)
        for key in (*keys, _KEY):
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, str) and value:
            return value
    for name, section in _INI.items():
        parser = ConfigParser(interpolation=None)
        try:
            parser.read(folder / name, encoding="utf-8")
        except (Error, UnicodeDecodeError):
            continue
        if named := parser.get(section, _KEY, fallback=""):
            return named
    return ""


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return {}
