"""What tests of inner runs have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from entry_points import listed_once
from forked_workers import forked
from measuring import unmeasured

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session", autouse=True)
def _workers_are_forked() -> Iterator[None]:
    """Spare the workers of inner runs the loading of what all of them load."""
    with forked():
        yield


@pytest.fixture(scope="session", autouse=True)
def _plugins_are_listed_once() -> Iterator[None]:
    """Spare inner runs the reading of what is installed."""
    with listed_once():
        yield


@pytest.fixture(autouse=True)
def _inner_runs_at_full_speed(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leave the inner runs of a test that is marked `unmeasured` out of coverage; not the test."""
    if request.node.get_closest_marker("unmeasured"):
        monkeypatch.setattr(pytest.Pytester, "inline_run", unmeasured(pytest.Pytester.inline_run))
