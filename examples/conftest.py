"""What the tests of all examples have."""

from __future__ import annotations

import pytest

# One is a project of its own; the other fails, and is meant to: run it by its name.
collect_ignore = ["ci", "over_asking"]


@pytest.fixture
def anyio_backend() -> str:
    """Run async tests on asyncio, by the plugin of anyio, which comes with httpx."""
    return "asyncio"
