"""A baseline: the findings of today, written down so that only new ones fail the gate."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..errors import McScopesError
from .gate_result import FindingKey
from .whole_file import replace_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .gate_result import GateFinding

_FORMAT = 1
_AGAIN = "Write it anew by mcscopes check --write-baseline FILE, or correct it."


def write_baseline(path: Path, findings: Iterable[GateFinding]) -> int:
    """Write findings, a line each, sorted and without times; return how many keys they have.

    Raises:
        McScopesError: it could not be written; an old file is as it was.
    """
    keys = sorted({key for each in findings for key in each.keys})
    members = ({name: value for name, value in key._asdict().items() if value} for key in keys)
    rows = [f"    {json.dumps(each)}" for each in members]
    body = ",\n".join(rows)
    listed = f"[\n{body}\n  ]" if rows else "[]"
    text = f'{{\n  "format": {_FORMAT},\n  "findings": {listed}\n}}\n'
    try:
        replace_file(path, lambda stream: stream.write(text))
    except OSError as error:
        raise McScopesError(
            f"the baseline {path} cannot be written: {error.strerror}. Name a file in a folder that"
            " can be written to."
        ) from None
    return len(keys)


def read_baseline(path: Path) -> frozenset[FindingKey]:
    """Read what `write_baseline` wrote.

    Raises:
        McScopesError: it cannot be read, or is none.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise McScopesError(f"the baseline {path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        at = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise McScopesError(f"the baseline {path}{at} is no JSON. {_AGAIN}") from None
    number = document.get("format") if isinstance(document, dict) else None
    if isinstance(number, int) and number > _FORMAT:
        raise McScopesError(
            f"the baseline {path} is of format {number}, and this version reads format {_FORMAT}."
            " Install the version of pytest-mcscopes here that wrote it."
        )
    rows = document.get("findings") if number == _FORMAT else None
    if not isinstance(rows, list):
        raise McScopesError(f"{path} is no baseline. {_AGAIN}")
    return frozenset(_key(row, number, path) for number, row in enumerate(rows, 1))


def _key(row: object, number: int, path: Path) -> FindingKey:
    known = isinstance(row, dict) and row.keys() <= {*FindingKey._fields} and "rule" in row
    if isinstance(row, dict) and known and all(isinstance(each, str) for each in row.values()):
        return FindingKey(*(row.get(name, "") for name in FindingKey._fields))
    raise McScopesError(f"finding {number} of the baseline {path} is none. {_AGAIN}")
