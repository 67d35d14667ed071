"""The rows that are about whole tests, in runs of pytest."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import TYPE_CHECKING

import pytest
from timing import Pair, alternate, undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from timing import Scale

PLUGIN = ("-p", "pytest_mcscopes.plugin")
RESPX = ("-p", "respx")
LEAN = ("-p", "no:cacheprovider")
UNUSUAL = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTHONDEVMODE", "PYTHONDONTWRITEBYTECODE"}

BARE = "def test_bare(number): pass\n"
HELPERS = """\
import httpx
import pytest

CLIENT = httpx.Client(verify=False)  # no certificates are read

def login(client_id, client_secret):
    names = {"grant_type": "client_credentials", "scope": "email_send"}
    return names | {"client_id": client_id, "client_secret": client_secret}

def ask(tenant):
    body = login(tenant.client_id, tenant.client_secret)
    return CLIENT.post(tenant.auth_url + "v2/token", json=body)
"""
OURS = """\
@pytest.mark.mc_scopes("email_send")
def test_measured(number, mc_tenant):
    ask(mc_tenant)
"""
THEIRS = """\
URL = "https://mc0123456789abcdefghijklmnop.auth.marketingcloudapis.com/v2/token"

def test_measured(number, respx_mock):
    respx_mock.post(URL).respond(json={"access_token": "0" * 512})
    CLIENT.post(URL, json=login("0" * 24, "0" * 24))
"""
LONG_LIVED = """\
@pytest.fixture(scope="session")
def tenant(mc_cloud):
    with mc_cloud.tenant(scopes=["email_read", "email_send"]) as tenant:
        yield tenant

@pytest.mark.mc_scopes("email_send")
def test_measured(number, tenant):
    bearer = f"Bearer {ask(tenant).json()['access_token']}"
    url = tenant.rest_url + "messaging/v1/email/messages/1"
    CLIENT.post(url, headers={"Authorization": bearer}).raise_for_status()
"""


class Stopwatch:
    """A plugin that notes what each test takes, set-up and teardown included."""

    def __init__(self, count: int) -> None:
        self.times = defaultdict[str, list[float]](list)
        self._count = count

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make many tests of each function."""
        metafunc.parametrize("number", range(self._count))

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Let the functions take turns."""
        items.sort(key=lambda item: int(item.name.partition("[")[2].rstrip("]")))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Time a test."""
        begun = process_time()
        result = yield
        self.times[item.name.partition("[")[0]].append(process_time() - begun)
        return result


@contextmanager
def suite(*parts: str) -> Iterator[Path]:
    """Write a test file into a folder of its own, by a name of its own: it stays imported."""
    with TemporaryDirectory(prefix="test_") as folder:
        path = Path(folder) / f"{Path(folder).name}.py"
        path.write_text("\n".join(parts))
        (Path(folder) / "pytest.ini").write_text("[pytest]\n")
        yield path


class Within:
    """A plugin that measures in place of a test's body: some libraries look at the whole stack."""

    def __init__(self, measure: Callable[[], list[Pair]]) -> None:
        self.pairs: list[Pair] = []
        self._measure = measure

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self) -> bool:
        """Measure."""
        self.pairs = self._measure()
        return True


def measure_in_test(measure: Callable[[], list[Pair]]) -> list[Pair]:
    """Measure where users have what is measured: in a test of pytest."""
    within = Within(measure)
    with suite("def test_it(): pass\n") as path:
        _run(path, within)
    return within.pairs


def run_here(path: Path, count: int, *plugins: str) -> dict[str, list[float]]:
    """Run a suite in this process, which has all imports behind it."""
    watch = Stopwatch(count)
    _run(path, watch, *plugins)
    return watch.times


def _run(path: Path, plugin: object, *plugins: str) -> None:
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    quiet = ("-p", "no:terminal", "--assert=plain", "--import-mode=importlib")
    status = pytest.main([str(path), *LEAN, *quiet, *plugins], plugins=[plugin])
    assert status == pytest.ExitCode.OK, status


def start_up(scale: Scale) -> list[Pair]:
    """Start pytest for one test of somebody else, with all plugins that are installed."""
    return _start_both(scale)


def start_alone(scale: Scale) -> list[Pair]:
    """Do so without the plugins that come with our dependencies."""
    return _start_both(scale, "-p", "no:respx", "-p", "no:anyio")


def start_guarded(scale: Scale) -> list[Pair]:
    """Do so with the guard on from pytest's start, against the plugin as it is by default."""
    return _start_both(scale, ours=("-o", "mc_guard=always"), theirs=("-o", "mc_guard=tests"))


def _start_both(
    scale: Scale,
    *switches: str,
    ours: Sequence[str] = (),
    theirs: Sequence[str] = ("-p", "no:mcscopes"),
) -> list[Pair]:
    counter = shutil.which("valgrind")
    with suite("def test_it(): pass\n") as path:
        start = _seconds if counter is None else partial(_instructions, counter)
        command = [sys.executable, "-m", "pytest", *LEAN, *switches]
        sides = [partial(start, [*command, *side, str(path)]) for side in (ours, theirs)]
        if counter is None:
            return alternate(scale.starts, *sides)
        # The same every time, if only the byte code has been written, and slow to count.
        pairs = alternate(1, *sides)
        return [replace(pair, unit="instructions") for pair in pairs * 2]


def _seconds(command: Sequence[str]) -> float:
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run(command, env=usual_environment(), stdout=subprocess.DEVNULL, check=True)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _instructions(counter: str, command: Sequence[str]) -> float:
    run = subprocess.run(
        [counter, "--tool=callgrind", f"--callgrind-out-file={os.devnull}", *command],
        env=usual_environment() | {"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    (told,) = re.findall(r"Collected : (\d+)", run.stderr)
    return float(told)


def usual_environment() -> dict[str, str]:
    """Give that of an ordinary machine: every plugin is loaded, from what was compiled earlier."""
    return {name: value for name, value in os.environ.items() if name not in UNUSUAL}


def set_up_tenant(scale: Scale) -> list[Pair]:
    """Compare what a test pays for a tenant, and for a mock of respx, over a bare test.

    In runs of their own: the plugin's hooks are ours to answer for, in bare tests too.
    """
    with suite(HELPERS, OURS) as mine, suite(HELPERS, BARE, THEIRS) as respx:
        pairs = []
        for number in range(scale.rounds + 1):
            runs = [(mine, (*RESPX, *PLUGIN)), (respx, RESPX)]
            done = {}
            for path, plugins in runs if number % 2 else reversed(runs):
                done[path] = run_here(path, scale.tests, *plugins)
            times = done[respx]
            bare = undisturbed(times["test_bare"])
            ours, theirs = (
                undisturbed(each["test_measured"]) - bare for each in (done[mine], times)
            )
            pairs.append(Pair(ours=ours, theirs=theirs))
        return pairs[1:]


def judge_late(scale: Scale) -> list[Pair]:
    """Compare late tests of a long session with early ones.

    They cannot take turns, so that each is measured by the bare test beside it.
    """
    with suite(HELPERS, BARE, LONG_LIVED) as path:
        times = run_here(path, scale.session, *PLUGIN)
    usual = median(times["test_bare"])
    costs = [
        marked / bare * usual
        for marked, bare in zip(times["test_measured"], times["test_bare"], strict=True)
    ]
    some = scale.session // 20
    early = costs[scale.session // 10 - some : scale.session // 10]
    return [
        Pair(ours=ours, theirs=theirs) for ours, theirs in zip(costs[-some:], early, strict=True)
    ]
