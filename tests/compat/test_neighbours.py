"""Beside each plugin that our users may have, both do their work.

Runs in the tox env `compat` alone, where all of them are installed. Each run of the
suite, which is in neighbours.toml, is a process of its own: a fork of one that has loaded
all plugins, or ours, where nothing else was to be loaded first.
"""

from __future__ import annotations

import json
import random
import re
import tomllib
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from guides import blocks_of, files_beside
from processes import loaded, run_pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from processes import RunPytest

DATA = tomllib.loads(Path(__file__).with_name("neighbours.toml").read_text(encoding="utf-8"))
OURS = "mcscopes"
"""Our entry point: -p takes an entry point's name, or a module's."""
THEIRS = (
    "pytest.PytestAssertRewriteWarning",  # two entry points are named as modules of Python's
    "pytest.PytestDeprecationWarning",  # pytest-asyncio wants a setting, unknown without it
)
"""Warnings that are not about us."""
SUITE: dict[str, str] = DATA["outcomes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Another plugin, and what shows it at work."""

    name: str
    plugin: str
    own: str
    """A test file for it and us."""
    outcomes: Mapping[str, str]
    args: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)


NEIGHBOURS = tuple(Neighbour(**each) for each in DATA["neighbours"])
BY_NAME = {each.name: each for each in NEIGHBOURS}
EVERYBODY = (OURS, "respx", *(each.plugin for each in NEIGHBOURS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one run came to."""

    outcomes: Mapping[str, Mapping[str, str]]
    """By file and test, in the order in which the tests were told of."""
    text: str


class Neighbourhood:
    """A folder with the suite."""

    def __init__(self, folder: Path, forked: Mapping[str | None, RunPytest]) -> None:
        self.folder = folder
        self._forked = forked
        self.write(DATA["files"])

    def write(self, files: Mapping[str, str]) -> None:
        """Put files beside the suite."""
        for name, text in files.items():
            self.folder.joinpath(name).write_text(text, encoding="utf-8")

    def run(self, *args: str, plugins: Sequence[str] | None = (OURS,)) -> Told:
        """Run pytest with these plugins in this order; None: with all that are installed."""
        told = self.folder / "told.json"
        told.unlink(missing_ok=True)
        chosen = [word for name in plugins or () for word in ("-p", name)]
        strict = ("-W", "error", *(word for each in THEIRS for word in ("-W", f"ignore::{each}")))
        chosen = ["-p", "recorder", *chosen, *strict, *args]
        text = self._starter(args, plugins)(self.folder, *chosen)
        assert told.exists(), text
        return Told(outcomes=_by_file(json.loads(told.read_text())), text=text)

    def _starter(self, args: Sequence[str], plugins: Sequence[str] | None) -> RunPytest:
        anew = partial(run_pytest, autoload=plugins is None)
        if "-n" in args:  # xdist's workers search where it did when it was imported
            return anew
        return self._forked.get(None if plugins is None else plugins[0], anew)


def _by_file(told: Mapping[str, str]) -> dict[str, dict[str, str]]:
    outcomes: dict[str, dict[str, str]] = {}
    for nodeid, outcome in told.items():
        file, _, name = nodeid.partition("::")
        outcomes.setdefault(file, {})[name] = outcome
    return outcomes


@pytest.fixture(scope="module")
def forked() -> Iterator[Mapping[str | None, RunPytest]]:
    """What forks the runs that load us first, and None: those that load all that is installed."""
    with loaded(OURS) as by_us, loaded(autoload=True) as by_all:
        yield {OURS: by_us, None: by_all}


@pytest.fixture
def neighbourhood(tmp_path: Path, forked: Mapping[str | None, RunPytest]) -> Neighbourhood:
    """A place where the suite can be run."""
    return Neighbourhood(tmp_path, forked)


def test_alone(neighbourhood: Neighbourhood) -> None:
    """What all other runs are compared with."""
    assert neighbourhood.run().outcomes == {"test_suite.py": SUITE}


@pytest.mark.parametrize(
    "crowd", [pytest.param(False, id="the two of us"), pytest.param(True, id="all at once")]
)
@pytest.mark.parametrize("neighbour", NEIGHBOURS, ids=lambda neighbour: neighbour.name)
def test_both_do_their_work(
    neighbour: Neighbour,
    neighbourhood: Neighbourhood,
    crowd: bool,  # noqa: FBT001 - a parameter
) -> None:
    """The suite comes to what it does without the other, and the other's tests pass."""
    neighbourhood.write({**neighbour.files, "test_own.py": neighbour.own})
    plugins = None if crowd else (OURS, neighbour.plugin)
    told = neighbourhood.run(*neighbour.args, plugins=plugins)
    assert told.outcomes == {"test_suite.py": SUITE, "test_own.py": neighbour.outcomes}, told.text


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_plugins_is_nothing_to_us(seed: int, neighbourhood: Neighbourhood) -> None:
    """Whoever was loaded first, the suite comes to the same."""
    order = random.Random(seed).sample(EVERYBODY, len(EVERYBODY))  # noqa: S311 - a shuffle
    told = neighbourhood.run(plugins=order)
    assert told.outcomes == {"test_suite.py": SUITE}, f"{order}\n{told.text}"


def test_the_order_of_the_tests_is_nothing_to_us(neighbourhood: Neighbourhood) -> None:
    """pytest-randomly shuffles them, and they come to the same."""
    randomly = (OURS, BY_NAME["pytest-randomly"].plugin)
    runs = [neighbourhood.run(f"--randomly-seed={seed}", plugins=randomly) for seed in (1, 2, 3)]
    assert [run.outcomes for run in runs] == [{"test_suite.py": SUITE}] * len(runs)
    assert len({tuple(run.outcomes["test_suite.py"]) for run in runs}) > 1


def test_a_timeout_is_the_tests_own_failure(neighbourhood: Neighbourhood) -> None:
    """A test that was cut short is told as that; what it did till then is beside it."""
    timeout = BY_NAME["pytest-timeout"]
    neighbourhood.write({"test_own.py": timeout.own})
    told = neighbourhood.run("test_own.py", plugins=(OURS, timeout.plugin))
    assert told.outcomes == {"test_own.py": timeout.outcomes}
    failures = re.findall(r"^E +Failed: (.*)$", told.text, re.MULTILINE)
    assert failures == ["Timeout (>600.0s) from pytest-timeout."] * 2
    assert "MCS102  excess scope: email_read" in told.text


WITHOUT_THE_PREDICATE = """
import httpx
import pytest
from asking import ask

scopes = pytest.mark.mc_scopes("email_send")


@scopes
def test_failed(mc_tenant, httpx_mock):
    ask(mc_tenant, "email_send")


@scopes
@pytest.mark.httpx_mock(assert_all_requests_were_expected=False)
def test_swallowed(mc_tenant, httpx_mock):
    with pytest.raises(httpx.TimeoutException):
        ask(mc_tenant, "email_send")


@pytest.fixture
def logged_in(mc_tenant, httpx_mock):
    ask(mc_tenant, "email_send")


@scopes
@pytest.mark.httpx_mock(assert_all_requests_were_expected=False)
def test_set_up(logged_in):
    pass
"""


@pytest.mark.parametrize(
    ("test", "outcome"),
    [
        pytest.param("test_failed", "error in teardown", id="the test fails by itself"),
        pytest.param("test_swallowed", "failed: error MCS105", id="the code swallows the error"),
        pytest.param("test_set_up", "error in setup", id="a fixture fails"),
    ],
)
def test_httpx_mock_is_told_from_what_to_keep_off(
    test: str, outcome: str, neighbourhood: Neighbourhood
) -> None:
    """Where pytest-httpx has taken our requests, the text names it, and the line to add."""
    neighbourhood.write({"test_own.py": WITHOUT_THE_PREDICATE})
    told = neighbourhood.run("-k", test, "test_own.py", plugins=(OURS, "pytest_httpx"))
    assert told.outcomes == {"test_own.py": {test: outcome}}
    text = " ".join(told.text.split())
    assert "pytest-httpx's httpx_mock takes httpx's requests first" in text
    assert "@pytest.mark.httpx_mock(should_mock=pytest_mcscopes.not_marketing_cloud)" in text


def test_the_recipe_of_the_guide_works(neighbourhood: Neighbourhood) -> None:
    """Its block beside pytest-httpx; tests/plugin/test_guides.py runs the others."""
    (recipe,) = blocks_of("python run beside pytest-httpx")
    assert recipe.argument == "1 passed"
    neighbourhood.write({**files_beside(recipe.page), "test_recipe.py": recipe.text})
    told = neighbourhood.run("test_recipe.py", plugins=(OURS, "pytest_httpx"))
    assert [*told.outcomes["test_recipe.py"].values()] == ["passed"], told.text


MEASURED = {
    "shop.py": """
import httpx


def scope_for(task):
    if task == "send":
        return "email_send"
    return None


def log_in(tenant, task):
    body = {"grant_type": "client_credentials", "client_id": tenant.client_id}
    body["client_secret"] = tenant.client_secret
    if scope := scope_for(task):
        body["scope"] = scope
    answer = httpx.post(tenant.auth_url + "v2/token", json=body)
    if answer.is_error:
        raise RuntimeError(answer.text)
    return answer.json()["access_token"]
""",
    "test_shop.py": """
import pytest
from shop import log_in


@pytest.mark.mc_scopes("email_send")
@pytest.mark.parametrize("task", ["send", "everything"])
def test_logs_in(mc_tenant, task):
    assert log_in(mc_tenant, task)
""",
    "stand_in.py": '''
from types import SimpleNamespace

import httpx
import pytest


def pytest_configure(config):
    config.addinivalue_line("markers", "mc_scopes: as in pytest-mcscopes")


@pytest.fixture
def mc_tenant(monkeypatch):
    """Answers everything, and judges nothing."""
    answer = httpx.Response(200, json={"access_token": "token"})
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda *_: answer)
    return SimpleNamespace(auth_url="https://shop.test/", client_id="id", client_secret="secret")
''',
}


def test_the_coverage_of_the_code_under_test_is_the_same(
    neighbourhood: Neighbourhood,
) -> None:
    """Lines and branches, as counted in a run without us."""
    neighbourhood.write(MEASURED)
    measuring = ("--cov=shop", "--cov-branch", "--cov-report=json:cov.json", "test_shop.py")

    def run(plugin: str) -> tuple[object, Mapping[str, str]]:
        told = neighbourhood.run(*measuring, plugins=("pytest_cov", plugin))
        report = json.loads(neighbourhood.folder.joinpath("cov.json").read_text())
        return report["files"], told.outcomes["test_shop.py"]

    measured, outcomes = run(OURS)
    assert outcomes["test_logs_in[everything]"] == "failed: error MCS101"
    without, outcomes = run("stand_in")
    assert outcomes["test_logs_in[everything]"] == "passed"
    assert measured == without
    assert measured["shop.py"]["executed_branches"]  # type: ignore[index]
