"""What all tests stand on."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def test_a_slow_machine_is_not_told_of(caplog: pytest.LogCaptureFixture) -> None:
    """asyncio's debug mode times each step; whatever else it says is heard."""
    logger = logging.getLogger("asyncio")
    logger.warning("Executing %s took %.3f seconds", "a step", 0.2)
    logger.warning("another trouble")
    assert caplog.messages == ["another trouble"]
