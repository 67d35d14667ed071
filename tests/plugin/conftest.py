"""What tests of inner runs have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from forked_workers import forked
from measuring import unmeasured
from plugin_searches import known

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session", autouse=True)
def _workers_are_forked() -> Iterator[None]:
    """Spare the workers of inner runs the loading of what all of them load."""
    with forked():
        yield


@pytest.fixture(scope="session", autouse=True)
def _plugins_are_known() -> Iterator[None]:
    """Spare inner runs searches that find nothing."""
    with known():
        yield


@pytest.fixture(autouse=True)
def _inner_runs_at_full_speed(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leave the inner runs of a test out of coverage, unless it is marked `measured`."""
    mark = request.node.get_closest_marker("measured")
    if mark is None or (mark.args and not any(part in request.node.name for part in mark.args)):
        monkeypatch.setattr(pytest.Pytester, "inline_run", unmeasured(pytest.Pytester.inline_run))
