"""What the plugin's fixtures give, and how fixtures of the user's configure it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ..arguments.keywords import Checked
from ..config import FIRST_USER, PackageConfig
from ..markers.levels import CONFIGURING
from ..settings.packages import lay_over_manifest, package_settings
from ..settings.users import build_user, user_settings
from ..words import user_place
from .hidden_ids import HIDDEN
from .start import catalogue, first_package
from .stash import (
    ATTEMPT,
    BUILDING,
    CONFIG,
    DRIVER,
    FIXTURES,
    PACKAGES,
    RUNNING,
    SCOPES,
    Configured,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from types import CodeType

    import pytest

    from ..session.driver import SessionDriver
    from ..tenant.clock import CloudClock
    from ..tenant.tenant import Tenant
    from .stash import Attempt


_PLUGIN = f"{__name__.partition('.')[0]}.plugin"
_OF_ALL_TESTS = ("_mc_run", *CONFIGURING)
"""What `mc_tenant` takes."""


def driver_of(config: pytest.Config) -> SessionDriver:
    """Give what drives the session's Marketing Cloud; the first call mounts it."""
    if DRIVER not in config.stash:
        from ..session.driver import SessionDriver

        building, scopes = config.stash[BUILDING], config.stash[SCOPES]
        driver = SessionDriver(
            config.stash[CONFIG],
            catalogue(config),
            building,
            scopes,
            packages=packages_of_manifest(config),
            hidden=config.stash.setdefault(HIDDEN, {}),
        )
        config.stash[DRIVER] = driver
        running = config.stash[RUNNING]
        begin_test(driver, running, running.stash[ATTEMPT])
        if running.stash[ATTEMPT].in_body:
            driver.begin_body()
    return config.stash[DRIVER]


def begin_test(driver: SessionDriver, item: pytest.Item, attempt: Attempt) -> None:
    """Tell the session which test runs from here on."""
    declared = attempt.declared
    marked = bool(declared.expectations)
    closure = partial(closure_of, item)
    driver.begin_test(item.nodeid, declared.allowances, closure, marked=marked)


def packages_of_manifest(config: pytest.Config) -> tuple[Checked, ...]:
    """Give what the user's manifest says of each package, as keywords of `mc_package`."""
    return tuple(each.settings for each in config.stash.get(PACKAGES, ()))


def reuse_defaults(item: pytest.Item) -> None:
    """Give a test what our own fixtures of the session gave earlier ones.

    pytest would look each of them up anew, which takes it some 10 us, and has no public way to be
    spared; a pytest without these private names does so. An `mc_package` or `mc_user` that a user
    puts over ours, or in its place, is left to it.
    """
    request = getattr(item, "_request", None)
    known: dict[str, Sequence[pytest.FixtureDef[Any]]] = getattr(request, "_arg2fixturedefs", {})
    given: dict[str, pytest.FixtureDef[Any]] = getattr(request, "_fixture_defs", {})
    for name in _OF_ALL_TESTS:
        found = known.get(name, ())
        if len(found) == 1 and found[0].func.__module__ == _PLUGIN and found[0].cached_result:
            given[name] = found[0]


def tenant_for(
    item: pytest.Item, package: Mapping[str, Any], user: Mapping[str, Any]
) -> Iterator[Tenant]:
    """Yield a test's tenant, by its marks, the fixtures `mc_package` and `mc_user`, the manifest.

    A fixture speaks of the package or user that it names, or else of the first;
    a mark's keyword goes before the fixture's, and that before the manifest's.
    """
    config, attempt = item.config, item.stash[ATTEMPT]
    marked = attempt.declared
    packages, users = [Checked()], list[Checked]()
    if package or marked.packages:
        checked = _checked(config, "mc_package", package)
        packages = _joined(checked, marked.packages, first_package(config))
    if PACKAGES in config.stash:
        packages = lay_over_manifest(packages, packages_of_manifest(config))
    if user or marked.users:
        users = _joined(_checked(config, "mc_user", user), marked.users, FIRST_USER)
    for_users, built = False, list[PackageConfig]()
    for each in packages:
        built.append(PackageConfig(**each))
        for_users |= built[-1].type != "server-to-server"
    attempt.configured = Configured(acts_for_users=for_users, by_fixture=bool(user))
    return driver_of(config).live_tenant(tuple(built), tuple(map(build_user, users)))


def _joined(fixture: Checked, marked: Sequence[Checked], unnamed: str) -> list[Checked]:
    names = [each.get("name", unnamed) for each in marked]
    name = fixture.get("name", names[0] if names else unnamed)
    if name not in names:
        return [fixture, *marked]
    return [each.over(fixture) if each.get("name", unnamed) == name else each for each in marked]


def _checked(config: pytest.Config, name: str, value: Mapping[str, Any]) -> Checked:
    """Return a fixture's value as read when it was set up; read it here if that was another."""
    last, checked = config.stash.get(FIXTURES, {}).get(name, (None, None))
    if checked is not None and last is value:
        return checked
    return _read_fixture(config, name, value, f"the {name} fixture")


def _read_fixture(config: pytest.Config, name: str, value: Any, who: str) -> Checked:  # noqa: ANN401
    check = package_settings if name == "mc_package" else user_settings
    return check(value, catalogue(config), who)


def check_settings(
    fixturedef: pytest.FixtureDef[Any],
    value: Any,  # noqa: ANN401 - whatever a user's fixture gives
    config: pytest.Config,
) -> None:
    """Read what the fixtures `mc_package` and `mc_user` give, where they can still be named."""
    if config.getoption("setupplan", default=False):
        return  # no fixture is run: there is no value
    name = fixturedef.argname
    checked = _read_fixture(config, name, value, named_fixture(fixturedef, config))
    config.stash.setdefault(FIXTURES, {})[name] = value, checked


def named_fixture(fixture: pytest.FixtureDef[Any], config: pytest.Config) -> str:
    """Name a fixture, and where it stands in the user's files."""
    return f"the {fixture.argname} fixture{fixture_place(fixture, config)}"


def fixture_place(fixture: pytest.FixtureDef[Any], config: pytest.Config) -> str:
    """Write where a fixture stands in the user's files, as " (conftest.py:5)"; else nothing."""
    code: CodeType | None = getattr(fixture.func, "__code__", None)
    where = user_place(code.co_filename, code.co_firstlineno, config.rootpath) if code else None
    return f" ({where})" if where else ""


def closure_of(item: pytest.Item) -> Iterable[str]:
    """Name the fixtures that a test has had so far."""
    # Fixtures that the test asked for by getfixturevalue stand in its request alone.
    request: pytest.FixtureRequest | None = getattr(item, "_request", None)
    return request.fixturenames if request else ()


def clock_of(request: pytest.FixtureRequest) -> CloudClock:
    """Return what moves the time of the tenants that the test has at that moment."""
    from ..tenant.clock import CloudClock

    driver = driver_of(request.config)
    return CloudClock(lambda: driver.clocks_of_test(request.fixturenames), driver.clocks)
