"""What tests of inner runs have."""

from __future__ import annotations

import pytest
from measuring import unmeasured


@pytest.fixture(autouse=True)
def _inner_runs_at_full_speed(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leave the inner runs of a test that is marked `unmeasured` out of coverage; not the test."""
    if request.node.get_closest_marker("unmeasured"):
        monkeypatch.setattr(pytest.Pytester, "inline_run", unmeasured(pytest.Pytester.inline_run))
