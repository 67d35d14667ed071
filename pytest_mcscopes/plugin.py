"""The pytest plugin: options, markers, fixtures, and hooks that delegate.

Every test run of everyone who has the plugin installed comes through here, most
of them without a test of ours. So nothing else of the package is loaded, and
nothing done for a test, until something turns up that is ours: a setting, a
mark, a fixture, or a failure, which we may have something to say about.
"""

from __future__ import annotations

from contextlib import ExitStack, closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from .ini_keys import EDITION, INI_KEYS, INI_TYPES, PREFIX, RUN_OPTIONS
from .markers.levels import (
    CONFIGURING,
    is_ours_or_near,
    judges,
    levels_below,
    levels_of,
    levels_of_function,
    marks_of_nodes,
    unread_below,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from pathlib import Path

    from .hooks.awake import TestHooks
    from .session.cloud import MarketingCloud
    from .tenant.clock import CloudClock
    from .tenant.tenant import Tenant
    from .transport.early_guard import EarlyGuard

MARKERS = (
    'mc_scopes("email_send", match="exact", package=None): what the code must request, exactly.',
    "mc_least_privilege(package=None): the code must request the minimum of its calls.",
    "mc_no_token(reason=..., package=None): no token at all; refused=True: all requests refused.",
    'mc_allow("MCS201", reason=...): these findings are notes in this test.',
    "mc_package(scopes=[...], name=..., ...): configure an Installed Package of the tenant.",
    "mc_user(name=..., permissions=[...], ...): configure a user of the tenant, who logs in.",
)


_FLAG = {"action": "store_const", "const": True}
OPTIONS: dict[str, dict[str, Any]] = {
    **{name: {"metavar": "WORD"} for name in ("enforce", "trust", "guard")},
    "data_dir": {"metavar": "DIR"},
    **dict.fromkeys(("fail_unjudged", "fail_unmarked", "gate", "gate_partial"), _FLAG),
}
"""Settings that are options of the command line too, each with what it takes."""


class Run:
    """What is known of a test run before something of ours turns up in it."""

    def __init__(self) -> None:
        self.hooks: type[TestHooks] | None = None
        """What works on each test once something of ours has turned up."""
        self.building: list[str] = []
        """Names of the fixtures that are being set up."""
        self.scopes: list[str] = []
        """The scope of each of them."""
        self.running: pytest.Item | None = None
        self.body: ExitStack | None = None
        """Open while the call phase of the running test is not watched."""
        self.guard: EarlyGuard | None = None
        """Where mc_guard is "always": what refuses to resolve names from pytest's start."""

    @property
    def has_work(self) -> bool:
        """Whether something of ours has turned up: it is known, or the guard has refused."""
        return self.hooks is not None or bool(self.guard and self.guard.refused)


RUN: pytest.StashKey[Run] = pytest.StashKey()


def wake(config: pytest.Config) -> type[TestHooks]:
    """Let the modules in hooks/ work from now on, unless they do already.

    A test that is running has had no mark of ours when it was set up.
    """
    run = config.stash[RUN]
    if run.hooks is not None:
        return run.hooks
    from .hooks.awake import TestHooks
    from .hooks.start import configure

    run.hooks = TestHooks
    settings = configure(config, run.building, run.scopes, lambda: run.guard)
    if settings.guard == "always":
        put_guard(config)
    if run.running is not None:
        TestHooks.begin_unmarked(run.running)
        if run.body is not None:
            run.body.enter_context(contextmanager(TestHooks.judging)(run.running))
    return TestHooks


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Add a setting `mc_<name>` for each field of `Config`, and options for some of them."""
    load_as_usual(pluginmanager)
    group = parser.getgroup("mcscopes", "Marketing Cloud scopes (pytest-mcscopes)")
    for name, takes in OPTIONS.items():
        about = f"{INI_KEYS[name]} Overrides mc_{name}."
        group.addoption(f"--mc-{name.replace('_', '-')}", **takes, help=about)
    for name, (value, about) in RUN_OPTIONS.items():
        takes = {"metavar": value} if value else _FLAG
        group.addoption(f"--mc-{name.replace('_', '-')}", **takes, help=about)
    for name, meaning in INI_KEYS.items():
        parser.addini(PREFIX + name, meaning, type=INI_TYPES.get(name, "string"), default=None)


def load_as_usual(pluginmanager: pytest.PytestPluginManager) -> None:
    """Have our other modules loaded as those of any library, which is a good deal quicker.

    pytest rewrites the assertions of all that comes with a plugin; ours say
    something to a type checker only. It has no public way to leave them alone.
    """
    to_rewrite: set[str] = getattr(pluginmanager.rewrite_hook, "_must_rewrite", set())
    to_rewrite.discard(str(__package__))


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers; check every setting, if there are any."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    config.stash.setdefault(RUN, Run())
    if has_settings(config):
        wake(config)
    guard_early(config)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Guard what a conftest.py does when it is imported."""
    early_config.stash[RUN] = Run()
    guard_early(early_config)


def guard_early(config: pytest.Config) -> None:
    """Refuse from here on to resolve names of Marketing Cloud's, if a setting says so."""
    word: object = getattr(config.known_args_namespace, "mc_guard", None)
    with suppress(pytest.UsageError, TypeError, ValueError):  # as pytest reads a wrong value
        if (config.getini(f"{PREFIX}guard") if word is None else word) == "always":
            put_guard(config)


def put_guard(config: pytest.Config) -> None:
    """Put the early guard on, unless it is, until the run ends."""
    run = config.stash[RUN]
    if run.guard is None:
        from .transport.early_guard import EarlyGuard

        run.guard = EarlyGuard(lambda: run.running.nodeid if run.running else "")
        config.add_cleanup(run.guard.leave)


def has_settings(config: pytest.Config) -> bool:
    """Tell whether an option, a key or a file may say something to us, be it wrong."""
    if any(says(name, config.getoption(f"mc_{name}")) for name in (*OPTIONS, *RUN_OPTIONS)):
        return True
    # pytest itself tells unknown keys by a warning only, and has no public way to list them.
    unknown = config._get_unknown_ini_keys()  # noqa: SLF001
    if any(key.startswith(PREFIX) for key in unknown):
        return True
    try:
        if any(says(name, config.getini(PREFIX + name)) for name in INI_KEYS):
            return True
    except (pytest.UsageError, TypeError, ValueError):  # as pytest reads a wrong value
        return True
    folders = {config.rootpath, config.inipath.parent if config.inipath else config.rootpath}
    return any(
        may_say(folder / "mcscopes.toml", b"") or may_say(folder / "pyproject.toml", b"mcscopes")
        for folder in folders
    )


def says(setting: str, value: object) -> bool:
    """Tell whether a setting is one to wake up for; the guard waits, or works, in our sleep."""
    return value is not None and not (setting == "guard" and value in ("tests", "always"))


def may_say(file: Path, word: bytes) -> bool:
    """Tell whether a file has a word in it, or cannot be read, which is to be said."""
    try:
        return word in file.read_bytes()
    except FileNotFoundError:
        return False
    except OSError:
        return True


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give HTTP libraries back their own."""
    # There is nothing where another plugin's pytest_configure raised before ours.
    if RUN in config.stash and config.stash[RUN].hooks is not None:
        from .hooks.stash import DRIVER

        if DRIVER in config.stash:
            config.stash[DRIVER].close()


def pytest_report_header(config: pytest.Config) -> str:
    """Say what is refused and by which catalogue: a mistyped mode must not go unseen."""
    if config.stash[RUN].hooks is not None:
        from .hooks.start import header

        return header(config)
    guard = ", guard always" if config.stash[RUN].guard else ""
    return f"mcscopes: enforce documented, trust attested{guard}; {EDITION}"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """Gather what the workers of xdist find."""
    wake(config)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn bad marks of a file into its collection error."""
    report = yield
    if report.failed and (name := unregistered_mark(str(report.longrepr))):
        from .hooks.collection import explain_unregistered

        explain_unregistered(report, name)
    run = collector.config.stash[RUN]
    if run.has_work or levels_below(collector, report) or unread_below(collector, report):
        from .hooks.collection import check_marks

        wake(collector.config)
        check_marks(collector, report)
    return report


def unregistered_mark(error: str) -> str:
    """Find in pytest's own error the name of a mark, if it is near ours; else give nothing."""
    # With strict markers pytest refuses a name before there is a mark that we could read.
    before, found, _ = error.partition("' not found in `markers` configuration option")
    name = before.rpartition("'")[2]
    return name if found and is_ours_or_near(name) else ""


@pytest.hookimpl(wrapper=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> Generator[None, object, object]:
    """Let a parametrised `mc_tenant` or `mc_package` parametrise the marked tests that get it.

    What others add to the definition meanwhile comes to no test.
    """
    definition = metafunc.definition
    if any(map(judges, levels_of_function(definition))):
        from .hooks.collection import add_tenant_to_closure

        add_tenant_to_closure(metafunc)
    known = [*definition.own_markers]
    result = yield
    if len(definition.own_markers) > len(known):
        from .hooks.collection import refuse_marks_of_definition

        refuse_marks_of_definition(definition, known)
    return result


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Read the test's marks; mount the guard before the fixtures of the first marked test."""
    run = item.config.stash[RUN]
    run.running = None
    if run.hooks is not None or levels_of(item):
        wake(item.config).set_up(item)
    run.running = item


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Know which fixture builds a tenant, and check what `mc_package` and `mc_user` give."""
    name, run = fixturedef.argname, request.config.stash[RUN]
    if name.startswith(PREFIX):
        wake(request.config)
    run.building.append(name)
    run.scopes.append(fixturedef.scope)
    try:
        value = yield
    finally:
        run.building.pop()
        run.scopes.pop()
    if name in CONFIGURING:
        from .hooks.fixtures import check_settings

        check_settings(fixturedef, value, request.config)
    return value


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Judge a marked test by what arrived while it ran."""
    run = item.config.stash[RUN]
    if run.hooks is not None:
        return (yield from run.hooks.judging(item))
    with ExitStack() as body:
        body.callback(setattr, run, "body", None)
        run.body = body
        result = yield
        if marks_of_nodes(item):  # added since the test was set up
            wake(item.config)
        return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Tell what was raised while a port answered the test's fixtures, and what blocks found."""
    before = marks_of_nodes(item)
    result = yield
    if item.config.stash[RUN].hooks is not None or len(marks_of_nodes(item)) > len(before):
        wake(item.config).fail_teardown(item, before)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach the findings, as a section and as plain data."""
    report = yield
    run = item.config.stash[RUN]
    if run.hooks is None and (report.failed or run.has_work):
        wake(item.config)
    if run.hooks is not None:
        run.hooks.attach(item, call, report)
    return report


@pytest.fixture(scope="session")
def mc_cloud(request: pytest.FixtureRequest) -> MarketingCloud:
    """The simulated Marketing Cloud: `with mc_cloud.tenant(...)` makes a tenant of any life."""
    from .hooks.fixtures import driver_of

    return driver_of(request.config).cloud


@pytest.fixture(scope="session")  # that costs least; who overrides it may take any scope
def mc_package() -> Mapping[str, Any]:
    """Override me to configure the Installed Package: a mapping of the marker's keywords."""
    return {}


@pytest.fixture(scope="session")
def mc_user() -> Mapping[str, Any]:
    """Override me to configure the user who logs in: a mapping of the marker's keywords."""
    return {}


@pytest.fixture(scope="session")
def _mc_run(request: pytest.FixtureRequest) -> Run:
    """What `mc_tenant` asks in place of `request`, which costs each test some 40 us."""
    return request.config.stash[RUN]


@pytest.fixture
def mc_tenant(
    _mc_run: Run, mc_package: Mapping[str, Any], mc_user: Mapping[str, Any]
) -> Iterator[Tenant]:
    """A fresh tenant that answers the test's HTTP calls in process, without sockets."""
    # Not by the fixture mc_cloud, for which a test's texts speak of its tenants otherwise.
    assert _mc_run.hooks is not None
    assert _mc_run.running is not None
    yield from _mc_run.hooks.tenant_for(_mc_run.running, mc_package, mc_user)


@pytest.fixture
def mc_server(request: pytest.FixtureRequest, mc_tenant: Tenant) -> Iterator[Tenant]:
    """The test's tenant at real ports of 127.0.0.1, for any HTTP library or process."""
    from .hooks.fixtures import driver_of

    with driver_of(request.config).serve(mc_tenant) as server:
        yield server


@pytest.fixture
def mc_clock(request: pytest.FixtureRequest) -> Iterator[CloudClock]:
    """Move Marketing Cloud's time, `mc_clock.advance(minutes=20)`; `travel` moves the process's."""
    from .hooks.fixtures import clock_of

    with closing(clock_of(request)) as clock:
        yield clock
