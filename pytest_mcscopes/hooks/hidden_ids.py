"""The ids of tests whose parameters hold a secret, taken out of texts."""

from __future__ import annotations

import pytest

HIDDEN: pytest.StashKey[dict[str, str]] = pytest.StashKey()
"""Node id of a test whose parameters hold a secret -> the id that may be shown."""


def hide_ids(config: pytest.Config, text: str) -> str:
    """Write the ids of tests in a text without parameters that hold a secret."""
    for test, shown in config.stash.get(HIDDEN, {}).items():
        text = text.replace(test, shown)
    return text
