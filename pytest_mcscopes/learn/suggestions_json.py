"""Suggestions as JSON, for tools: the same input gives the same bytes."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .suggestion import Suggestion

SCHEMA_VERSION = 1


def render_json(suggestions: Iterable[Suggestion]) -> str:
    """Write all suggestions, each with its file."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "tests": [{**asdict(each), "file": each.file} for each in suggestions],
    }
    return json.dumps(document, indent=2, sort_keys=True) + "\n"
