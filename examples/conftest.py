"""What the tests of all examples have."""

from __future__ import annotations

import pytest

collect_ignore = ["over_asking"]  # it fails, and is meant to: run it by its name


@pytest.fixture
def anyio_backend() -> str:
    """Run async tests on asyncio, by the plugin of anyio, which comes with httpx."""
    return "asyncio"
