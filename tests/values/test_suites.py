"""What all tests stand on."""

from __future__ import annotations

import logging

import pytest
from suites import refuse_own_fixtures


def test_a_slow_machine_is_not_told_of(caplog: pytest.LogCaptureFixture) -> None:
    """asyncio's debug mode times each step; whatever else it says is heard."""
    logger = logging.getLogger("asyncio")
    logger.warning("Executing %s took %.3f seconds", "a step", 0.2)
    logger.warning("another trouble")
    assert caplog.messages == ["another trouble"]


def test_no_test_has_a_tenant_of_the_run_that_it_is_in() -> None:
    """Its doors would stay open to that run's end; of others' fixtures nothing is said."""
    refuse_own_fixtures("test_a.py::test_it", ["tmp_path", "suite"])
    with pytest.raises(pytest.UsageError, match=r"^test_a\.py::test_it asks for mc_cloud "):
        refuse_own_fixtures("test_a.py::test_it", ["tmp_path", "mc_cloud"])
