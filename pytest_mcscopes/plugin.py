"""The pytest plugin: options, markers, fixtures, and hooks that delegate.

Nothing heavy is imported before a fixture or a marker of ours is used.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from . import hooks
from .config import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from .clock import CloudClock
    from .session import MarketingCloud
    from .tenant import Tenant

MARKERS = (
    'mc_scopes("email_send", match="exact", package=None): what the code must request, exactly.',
    "mc_least_privilege(package=None): the code must request the minimum of its calls.",
    "mc_no_token(reason=..., package=None): no token at all; refused=True: all requests refused.",
    'mc_allow("MCS201", reason=...): these findings are notes in this test.',
    "mc_package(scopes=[...], name=..., ...): configure an Installed Package of the tenant.",
    "mc_user(name=..., permissions=[...], ...): configure a user of the tenant, who logs in.",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add a setting `mc_<name>` for each field of `Config`, and options for two of them."""
    group = parser.getgroup("mcscopes", "Marketing Cloud scopes (pytest-mcscopes)")
    for name in ("enforce", "trust"):
        told = f"{SETTINGS[name].help} Overrides mc_{name}."
        group.addoption(f"--mc-{name}", metavar="WORD", help=told)
    told = "Tell for each test that talked to a tenant which mark to paste, and why."
    group.addoption("--mc-suggest", action="store_true", help=told)
    told = "Write these suggestions to FILE as JSON."
    group.addoption("--mc-suggest-json", metavar="FILE", help=told)
    for name, setting in SETTINGS.items():
        parser.addini(f"mc_{name}", setting.help, type=setting.ini_type, default=None)


def pytest_configure(config: pytest.Config) -> None:
    """Check every setting, and begin to gather what the tests come to."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    hooks.configure(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give httpx back its own."""
    hooks.unconfigure(config)


def pytest_report_header(config: pytest.Config) -> str:
    """Say what is refused and by which catalogue: a mistyped mode must not go unseen."""
    return hooks.header(config)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn bad marks of a file into its collection error."""
    report = yield
    hooks.check_marks(collector, report)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let a parametrised `mc_tenant` or `mc_package` parametrise the marked tests that get it."""
    hooks.add_tenant_to_closure(metafunc)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Read the test's marks; mount the guard before the fixtures of the first marked test."""
    hooks.set_up(item)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Know which fixture builds a tenant, and check what `mc_package` and `mc_user` give."""
    with hooks.setting_up(fixturedef, request.config):
        value = yield
    hooks.check_settings(fixturedef, value, request.config)
    return value


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Judge a marked test by what arrived while it ran."""
    with hooks.judging(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Tell what was raised while a port answered the test's fixtures, and what blocks found."""
    result = yield
    hooks.raise_from_ports(item)
    hooks.fail_for_blocks(item)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach the findings, as a section and as plain data."""
    report = yield
    hooks.attach(item, call, report)
    return report


@pytest.fixture(scope="session")
def mc_cloud(request: pytest.FixtureRequest) -> MarketingCloud:
    """The simulated Marketing Cloud: `with mc_cloud.tenant(...)` makes a tenant of any life."""
    return hooks.cloud_of(request.config)


@pytest.fixture(scope="session")  # that costs least; who overrides it may take any scope
def mc_package() -> Mapping[str, Any]:
    """Override me to configure the Installed Package: a mapping of the marker's keywords."""
    return {}


@pytest.fixture(scope="session")
def mc_user() -> Mapping[str, Any]:
    """Override me to configure the user who logs in: a mapping of the marker's keywords."""
    return {}


@pytest.fixture
def mc_tenant(
    request: pytest.FixtureRequest,
    mc_package: Mapping[str, Any],
    mc_user: Mapping[str, Any],
) -> Iterator[Tenant]:
    """A fresh tenant that answers the test's httpx calls in process, without sockets."""
    packages = hooks.packages_for(request.node, mc_package)
    users = hooks.users_for(request.node, mc_user)
    # Not by the fixture mc_cloud: every fixture in its closure costs a test some 10 us.
    with hooks.cloud_of(request.config).tenant(packages=packages, users=users) as tenant:
        yield tenant


@pytest.fixture
def mc_server(mc_cloud: MarketingCloud, mc_tenant: Tenant) -> Iterator[Tenant]:
    """The test's tenant at real ports of 127.0.0.1, for any HTTP library or process."""
    with mc_cloud.served(mc_tenant) as server:
        yield server


@pytest.fixture
def mc_clock(request: pytest.FixtureRequest) -> Iterator[CloudClock]:
    """Move Marketing Cloud's time, `mc_clock.advance(minutes=20)`; `travel` moves the process's."""
    with closing(hooks.clock_of(request)) as clock:
        yield clock
