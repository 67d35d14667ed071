"""What every test file has."""

from __future__ import annotations

import logging
import os
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import watch_look_ups
from hypothesis import HealthCheck, settings
from loaded import load_all
from measuring import unmeasured_hooks
from suites import ASKING, Suite, refuse_own_fixtures
from xdist.workermanage import NodeManager

from pytest_mcscopes.evidence.origin import COMMIT_OF_CI

if TYPE_CHECKING:
    from collections.abc import Iterator

    from all_doors import Door

pytest_plugins = ["pytester"]

# Found examples must not depend on the machine or on its speed.
settings.register_profile(
    "mcscopes",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("mcscopes")


def _is_no_stopwatch(record: logging.LogRecord) -> bool:
    """Tell whether a record is none of those by which asyncio's debug mode tells a slow machine."""
    return not str(record.msg).startswith("Executing ")


# tox runs all in Python's development mode, which is asyncio's debug mode too: inner
# runs would tell of each step of a task that took 0.1 s.
logging.getLogger("asyncio").addFilter(_is_no_stopwatch)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Give workers the time to write what coverage has seen, however busy the machine is.

    xdist kills those that have not ended within ten seconds, and nobody hears of what is lost.
    This process runs no test itself, and what it does from now on is not measured.
    """
    NodeManager.EXIT_TIMEOUT = 600
    threading.settrace(None)
    sys.settrace(None)


# What tells of each test is pytest's own work, and what inner runs reach.
pytest_runtest_makereport = pytest_runtest_logstart = unmeasured_hooks
pytest_runtest_logreport = pytest_runtest_logfinish = unmeasured_hooks


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let no test wake the run that it is in."""
    refuse_own_fixtures(item.nodeid, getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session", autouse=True)
def _measured_here_alone() -> None:
    """Let coverage measure the processes that run our tests, and none that these start.

    Some of those are measured by their time and memory, and all would be slower.
    """
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)


@pytest.fixture(scope="session", autouse=True)
def _of_no_ci() -> None:
    """Let no CI service that runs our tests say of which commit the made-up evidence is."""
    for name in COMMIT_OF_CI:
        os.environ.pop(name, None)


@pytest.fixture(scope="session", autouse=True)
def _without_certificates() -> None:
    """Spare each client that is built the reading of the machine's certificates.

    It takes longer than most tests, and nothing here speaks TLS to anybody.
    """
    os.environ.pop("SSL_CERT_FILE", None)
    os.environ["SSL_CERT_DIR"] = str(Path(__file__).parent)  # a folder that has none


@pytest.fixture(scope="session", autouse=True)
def _loaded_once() -> None:
    """Load all that inner runs load, before pytester looks what is loaded.

    It drops what has been loaded since after each test, which would load it anew.
    """
    load_all()


@pytest.fixture(scope="session", autouse=True)
def _look_ups_watched() -> Iterator[None]:
    """Keep what is looked up, in whatever process of ours."""
    with watch_look_ups.kept():
        yield


@pytest.fixture(autouse=True)
def _no_name_is_resolved(_look_ups_watched: None) -> Iterator[None]:
    """Fail a test that resolves a name of Marketing Cloud's."""
    yield
    watch_look_ups.fail_for_any()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which the test is."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """Runs inner suites."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for name, value in watch_look_ups.inherited(os.environ.get("PYTHONPATH", "")).items():
        monkeypatch.setenv(name, value)
    pytester.makepyfile(asking=ASKING)
    pytester.syspathinsert()
    return Suite(pytester)


@pytest.fixture(
    scope="module",
    params=[
        *("aiohttp", "core", "http_client", "httpx", "httpx2", "httpx2_async", "httpx_async"),
        *("loopback", "requests"),
    ],
)
def door(request: pytest.FixtureRequest) -> Door:
    """Each way to send a request to a tenant."""
    # Only where it is asked for: it needs httpx2.
    opens: Door = import_module("all_doors").DOORS[request.param]
    return opens
