"""Marketing Cloud's time."""

from __future__ import annotations

import math

import pytest
from freezegun import freeze_time

from pytest_mcscopes.clock import Clock
from pytest_mcscopes.errors import McScopesError


def test_time_is_the_process_s() -> None:
    """A new clock tells the process's time, also where that is frozen and moved."""
    clock = Clock()
    with freeze_time("2026-11-21T12:00:00Z") as frozen:
        start = clock.now()
        frozen.tick(30)
        assert clock.now() == start + 30


def test_advance_adds_up() -> None:
    """Steps add up, in whatever units, and move this clock only."""
    with freeze_time("2026-11-21T12:00:00Z"):
        clock, other = Clock(), Clock()
        clock.advance(1)
        clock.advance(0.5, minutes=1, hours=1, days=1)
        assert clock.now() - other.now() == 1.5 + 60 + 3_600 + 86_400


@pytest.mark.parametrize("step", [0, -1, math.nan])
def test_time_goes_forward(step: float) -> None:
    """A step that is none is refused, and nothing is moved."""
    with freeze_time("2026-11-21T12:00:00Z"):
        clock = Clock()
        with pytest.raises(McScopesError, match=r"^MCSCOPES: advance needs a time to come, got "):
            clock.advance(step)
        assert clock.now() == Clock().now()
