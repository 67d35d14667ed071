"""What the plugin's hooks do: the way from pytest's objects to values and back."""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from traceback import format_exception, walk_tb
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pytest

from ..catalogue.edition import EDITION
from ..config import FIRST_PACKAGE, FIRST_USER, SETTINGS, Config, build_config, did_you_mean
from ..errors import ConfigError, McScopesError, ScopeAssertionError
from .summary import Summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import CodeType

    from ..catalogue.catalogue import Catalogue
    from ..clock import Clock, CloudClock
    from ..evidence.record import Record
    from ..markers.closest import Readings
    from ..markers.levels import Declared, Level
    from ..privilege.expectation import Expectation
    from ..privilege.findings import Finding
    from ..privilege.minimum import Scopes
    from ..privilege.shared_logins import SharedLogins
    from ..privilege.verdict import Verdict
    from ..session.cloud import MarketingCloud, Window
    from ..tenant.blocks import Failure
    from .summary import Unjudged

TENANTS = frozenset({"mc_tenant", "mc_server", "mc_cloud"})
"""Fixtures with which a marked test has a tenant of its own making."""


MOST_FAILURES = 5
"""What more blocks of a test fail by is told by its number: a loop may have a thousand."""


class Judged(NamedTuple):
    """The verdict on a test, and its text."""

    verdict: Verdict
    text: str
    """Empty where there is nothing to tell."""
    told: bool
    """Whether the text is what the test fails with."""


CONFIG = pytest.StashKey[Config]()
SUMMARY = pytest.StashKey[Summary]()
BUILDING = pytest.StashKey[list[str]]()
"""Names of the fixtures that are being set up."""
SCOPES = pytest.StashKey[list[str]]()
"""The scope of each of them."""
CLOUD = pytest.StashKey["MarketingCloud"]()
RUNNING = pytest.StashKey[pytest.Item]()
DECLARED = pytest.StashKey["Declared"]()
READINGS = pytest.StashKey["Readings"]()
MARKS = pytest.StashKey["Sequence[pytest.Mark]"]()
"""The marks of ours that a test had when they were read."""
CONFIGURED = pytest.StashKey[bool]()
"""There where our `mc_tenant` was built for the test, by what its marks and fixtures say."""
JUDGED = pytest.StashKey[Judged]()
CATALOGUE = pytest.StashKey["Catalogue"]()
"""That with the user's overlay; empty where there is none."""
RECORD = pytest.StashKey["Record"]()
LOGINS = pytest.StashKey["SharedLogins"]()
EXPECTED = pytest.StashKey[tuple["Expectation", ...]]()
"""A test's marks, as they were read for another test's text."""
IN_BODY = pytest.StashKey[bool]()
"""There while the call phase of a test runs."""


def configure(config: pytest.Config, building: list[str], scopes: list[str]) -> None:
    """Read and check the settings, and begin to gather what the tests come to.

    Args:
        config: pytest's.
        building: names of the fixtures that are being set up, kept by the plugin.
        scopes: the scope of each of them.

    Raises:
        pytest.UsageError: an unknown `mc_` key, or a value that makes no sense.
    """
    _refuse_unknown_keys(config)
    try:
        given = {name: _setting(config, name) for name in SETTINGS}
        settings = build_config(_with_overlay(config, given))
        config.stash[CONFIG] = settings
        if settings.rules:
            _check_rules(settings.rules)
    except ConfigError as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[BUILDING], config.stash[SCOPES] = building, scopes
    config.stash[SUMMARY] = summary = Summary(
        take_late=partial(_take_late_errors, config),
        take_unowned=partial(_take_unowned, config),
        take_left=partial(_take_late, config),
        suggests=config.getoption("mc_suggest"),
        suggestions=_file_of_suggestions(config),
    )
    config.pluginmanager.register(summary, "mcscopes-summary")


def _with_overlay(config: pytest.Config, given: dict[str, object]) -> dict[str, object]:
    """Read the user's overlay, if there is one, and put its settings where nothing is given."""
    from ..settings.manifest_file import find_manifest

    folders = [config.inipath.parent] if config.inipath else []
    file = find_manifest([*folders, config.rootpath])
    if file is None:
        return given
    from ..catalogue.catalogue import Catalogue, load_catalogue
    from ..catalogue.index import packaged_data
    from ..settings.manifest import read_manifest

    manifest = read_manifest(file, load_catalogue())
    config.stash[CATALOGUE] = Catalogue(packaged_data(), manifest.overlay)
    return manifest.under(given)


def _file_of_suggestions(config: pytest.Config) -> Path | None:
    given: str | None = config.getoption("mc_suggest_json")
    if given is None:
        return None
    path = config.invocation_params.dir / given
    if not given or path.is_dir():
        raise pytest.UsageError(f"MCSCOPES: --mc-suggest-json must name a file, got {given!r}.")
    return path


def _check_rules(lines: Iterable[str]) -> None:
    from ..settings.severities import read_severities

    read_severities(lines)


def _refuse_unknown_keys(config: pytest.Config) -> None:
    known = tuple(f"mc_{name}" for name in SETTINGS)
    # pytest itself tells unknown keys by a warning only, and has no public way to list them.
    unknown = config._get_unknown_ini_keys()  # noqa: SLF001
    for key in sorted(key for key in unknown if key.startswith("mc_")):
        where = f" in {config.inipath}" if config.inipath else ""
        raise pytest.UsageError(
            f"MCSCOPES: unknown setting {key}{where}.{did_you_mean(key, known)}"
            f" There are {', '.join(known)}."
        )


def _setting(config: pytest.Config, name: str) -> object:
    option: object = config.getoption(f"mc_{name}", None)
    if option is not None:
        return option
    try:
        return config.getini(f"mc_{name}")
    except (pytest.UsageError, TypeError, ValueError) as error:
        message = f"MCSCOPES: mc_{name}: {error}. {SETTINGS[name].help}"
        raise pytest.UsageError(message) from None


def unconfigure(config: pytest.Config) -> None:
    """Unmount what was mounted."""
    if CLOUD in config.stash:
        config.stash[CLOUD].close()


def header(config: pytest.Config) -> str:
    """Write the line of pytest's header."""
    settings = config.stash[CONFIG]
    rules = f"; {', '.join(settings.rules)}" if settings.rules else ""
    how = f"enforce {settings.enforce}, trust {settings.trust}{rules}"
    return f"mcscopes: {how}; {EDITION}{_overlay(config)}"


def _overlay(config: pytest.Config) -> str:
    if CATALOGUE not in config.stash:
        return ""
    overlay = config.stash[CATALOGUE].overlay
    return f"; your own catalogue entries in {overlay.file}: {overlay.told}"


def catalogue(config: pytest.Config) -> Catalogue:
    """Load the catalogue, once; with the user's overlay, if there is one."""
    if CATALOGUE in config.stash:
        return config.stash[CATALOGUE]
    from ..catalogue.catalogue import load_catalogue

    return load_catalogue()


def cloud_of(config: pytest.Config) -> MarketingCloud:
    """Give the session's Marketing Cloud; the first call mounts it."""
    if CLOUD not in config.stash:
        from ..privilege.verdict_text import render
        from ..session.cloud import MarketingCloud

        building, scopes = config.stash[BUILDING], config.stash[SCOPES]
        cloud = MarketingCloud(config.stash[CONFIG], catalogue(config), building, scopes)
        cloud.render = render
        config.stash[CLOUD] = cloud
        running = config.stash[RUNNING]
        _begin_test(cloud, running)
        if IN_BODY in running.stash:
            cloud.begin_body()
    return config.stash[CLOUD]


def _begin_test(cloud: MarketingCloud, item: pytest.Item) -> None:
    cloud.begin_test(item.nodeid, item.stash[DECLARED].allowances)


def check_marks(collector: pytest.Collector, report: pytest.CollectReport) -> None:
    """Fail the collection of a file whose marks are wrong, all of them at once."""
    from ..markers.levels import levels_below, unread_below

    levels = levels_below(collector, report)
    errors = _errors_in(levels, collector.config) if levels else []
    lines = ["MCSCOPES: these marks cannot be read.", *errors] if errors else []
    if unread := unread_below(collector, report):
        from ..markers.without_effect import unread_marks

        foreign = _foreign_marks(collector.config, [each.level for each in unread])
        lines += unread_marks(unread, foreign)
    if lines:
        report.outcome = "failed"
        report.result = []
        report.longrepr = "\n".join(lines)


def _errors_in(levels: Sequence[Level], config: pytest.Config) -> list[str]:
    from ..markers.closest import read_errors

    foreign = _foreign_marks(config, levels)
    return read_errors(levels, catalogue(config), foreign, _readings(config))


def _readings(config: pytest.Config) -> Readings:
    from ..markers.closest import Readings

    if READINGS not in config.stash:
        config.stash[READINGS] = Readings()
    return config.stash[READINGS]


def _foreign_marks(config: pytest.Config, levels: Iterable[Level]) -> frozenset[str]:
    """Name the registered marks that are not ours, if one of these may be."""
    from ..markers.levels import OURS

    if all(mark.name in OURS for level in levels for mark in level.marks):
        return frozenset()  # to read all that are registered takes longer than to read these
    names = {line.partition(":")[0].partition("(")[0].strip() for line in config.getini("markers")}
    return frozenset(names) - OURS


def add_tenant_to_closure(metafunc: pytest.Metafunc) -> None:
    """Give a marked function that has no tenant `mc_tenant`, before fixtures parametrise it."""
    definition = metafunc.definition
    if TENANTS & set(metafunc.fixturenames):
        return
    # pytest has no public way to add a fixture to a test in time for its parameters.
    info = definition._fixtureinfo  # noqa: SLF001
    assert definition.parent is not None
    names, definitions = definition.session._fixturemanager.getfixtureclosure(  # noqa: SLF001
        parentnode=definition.parent,
        initialnames=("mc_tenant", *info.initialnames),
        ignore_args=frozenset(),
    )
    info.names_closure[:] = dict.fromkeys(["mc_tenant", *info.names_closure, *names])
    for name, found in definitions.items():
        info.name2fixturedefs.setdefault(name, found)


def set_up(item: pytest.Item) -> None:
    """Read the marks of a test that is about to be set up, and make it ready to be judged."""
    from ..markers.levels import marks_of_nodes

    _begin(item, _declared(item), marks_of_nodes(item))


def begin_unmarked(item: pytest.Item) -> None:
    """Make a running test ready which had no marks of ours when it was set up."""
    from ..markers.levels import Declared

    _begin(item, Declared(), ())


def _begin(item: pytest.Item, declared: Declared, marks: Sequence[pytest.Mark]) -> None:
    item.stash[DECLARED] = declared
    item.stash[MARKS] = marks
    if JUDGED in item.stash:  # by an earlier attempt
        del item.stash[JUDGED]
    if RECORD in item.stash:
        del item.stash[RECORD]
    if CONFIGURED in item.stash:
        del item.stash[CONFIGURED]
    item.config.stash[RUNNING] = item
    item.config.stash[SUMMARY].begin(item.nodeid)
    if declared.expectations:
        names: list[str] = getattr(item, "fixturenames", [])
        if not TENANTS & set(names):
            names.insert(0, "mc_tenant")
    if declared.expectations or item.config.stash[SUMMARY].recording:
        cloud_of(item.config)
    if CLOUD in item.config.stash:
        _begin_test(item.config.stash[CLOUD], item)


def _refuse_late_marks(item: pytest.Item, when: str) -> None:
    """Refuse marks that a fixture, a hook or the test itself added after they were read.

    Raises:
        pytest.fail.Exception: they would be without effect, and the test would pass unjudged.
    """
    from ..markers.levels import Level, marks_of_nodes

    known = item.stash[MARKS]
    late = [mark for mark in marks_of_nodes(item) if not any(mark is each for each in known)]
    foreign = _foreign_marks(item.config, [Level(marks=tuple(late), path=item.path)])
    names = [mark.name for mark in late if mark.name not in foreign]
    if names:
        from ..markers.without_effect import late_marks

        raise pytest.fail.Exception(late_marks(names, when), pytrace=False)


def _declared(item: pytest.Item) -> Declared:
    from ..markers.levels import Declared, levels_of

    levels = levels_of(item)
    if not levels:
        return Declared()
    from ..markers.closest import read_levels

    try:
        foreign = _foreign_marks(item.config, levels)
        return read_levels(levels, catalogue(item.config), foreign, _readings(item.config))
    except ConfigError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


def packages_for(item: pytest.Item, fixture: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Join the `mc_package` fixture and marks into the packages of the test's tenant.

    The fixture speaks of the package that it names, or else of the first; a
    mark's keyword goes before the fixture's.
    """
    item.stash[CONFIGURED] = True
    return _joined(fixture, item.stash[DECLARED].packages, FIRST_PACKAGE)


def users_for(item: pytest.Item, fixture: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Join the `mc_user` fixture and marks into the users of the test's tenant, in the same way."""
    marked = item.stash[DECLARED].users
    return _joined(fixture, marked, FIRST_USER) if fixture or marked else []


def _joined(
    fixture: Mapping[str, Any], marked: Sequence[dict[str, Any]], unnamed: str
) -> list[dict[str, Any]]:
    names = [each.get("name", unnamed) for each in marked]
    name = fixture.get("name", names[0] if names else unnamed)
    if name not in names:
        return [dict(fixture), *marked]
    return [{**fixture, **each} if each.get("name", unnamed) == name else each for each in marked]


def check_settings(
    fixturedef: pytest.FixtureDef[Any],
    value: Any,  # noqa: ANN401 - whatever a user's fixture gives
    config: pytest.Config,
) -> None:
    """Check what the fixtures `mc_package` and `mc_user` give, where they can still be named.

    Raises:
        ConfigError: no mapping of the marker's keywords, or a wrong one.
    """
    # With --setup-plan no fixture is run: there is no value.
    planned = config.getoption("setupplan", default=False)
    if planned or fixturedef.argname not in {"mc_package", "mc_user"} or value == {}:
        return
    from ..settings.packages import package_settings
    from ..settings.users import user_settings

    fixture = f"the {fixturedef.argname} fixture{_placed_in(config)(fixturedef.func)}"
    check = package_settings if fixturedef.argname == "mc_package" else user_settings
    check(value, catalogue(config), fixture)


def _place(file: str, line: int | None, root: Path) -> str | None:
    """Write a place in the user's own files; None for one in a library, or in ours."""
    from ..markers.levels import shown_path

    path = Path(file)
    theirs = path.is_relative_to(root) and "site-packages" not in path.parts
    if theirs and not path.is_relative_to(Path(__file__).parents[1]):
        return f"{shown_path(path)}:{line}"
    return None


@contextmanager
def judging(item: pytest.Item) -> Iterator[None]:
    """Watch the call phase of a test, record it if asked to, and fail it by what was found."""
    _refuse_late_marks(item, "while the test was set up")
    _begin_body(item)
    try:
        yield from _judging(item)
    except BaseException as error:
        _end_body(item, aborted=True)
        if _is_skip(error):
            _shown(item, error)
            fail_for_blocks(item)
        raise
    own = _own_outcome(item)
    _end_body(item, aborted=own == "failed")
    if _fails_by_blocks(item):
        fail_for_blocks(item)
    if own is None:
        raise_from_ports(item)
    _fail_for_unfired(item)
    if own is None:
        _refuse_late_marks(item, "while the test ran")
        _fail_for_idle_marks(item)


def _begin_body(item: pytest.Item) -> None:
    item.stash[IN_BODY] = True
    if CLOUD in item.config.stash:
        item.config.stash[CLOUD].begin_body()


def _end_body(item: pytest.Item, *, aborted: bool) -> None:
    del item.stash[IN_BODY]
    if CLOUD in item.config.stash:
        item.config.stash[CLOUD].end_body(
            aborted=aborted,
            fixtures=partial(_closure, item),
            expectations=item.stash[DECLARED].expectations,
        )


def _judging(item: pytest.Item) -> Iterator[None]:
    if not (item.stash[DECLARED].expectations or item.config.stash[SUMMARY].recording):
        yield
        return
    from .unittest_teardown import before_teardown

    cloud = cloud_of(item.config)
    cloud.open_window()
    closed: list[Window] = []

    def close() -> Window:
        if not closed:
            closed.append(cloud.close_window())
        return closed[0]

    try:
        with before_teardown(getattr(item, "instance", None), close):
            yield
    except BaseException as error:
        window = close()
        if _is_failure(error):
            _conclude(item, cloud, window, aborted=True)
        raise
    window, own = close(), _own_outcome(item)
    if own != "skipped":
        _conclude(item, cloud, window, aborted=own == "failed")


def _shown(item: pytest.Item, error: BaseException | None) -> None:
    if CLOUD in item.config.stash:
        item.config.stash[CLOUD].shown(error)


def _fails_by_blocks(item: pytest.Item) -> bool:
    """Tell whether a test that raised nothing is to fail by its blocks.

    A unittest's own failure wins, and shows them as a section. A skip does not:
    the block had failed before.
    """
    results = _unittest_results(item)
    for each in results:
        _shown(item, each.value)
    if any(_is_failure(each.value) for each in results):
        return False
    if CLOUD in item.config.stash and item.config.stash[CLOUD].has_failures:
        results.clear()
    return True


def fail_for_blocks(item: pytest.Item) -> None:
    """Fail a test by what its blocks failed by and no report has shown.

    Raises:
        pytest.fail.Exception: what was found.
    """
    if told := _untold(item):
        pytest.fail("\n".join(told), pytrace=False)


def _untold(item: pytest.Item) -> list[str]:
    """Give what blocks failed by, once."""
    failures = item.config.stash[CLOUD].failures() if CLOUD in item.config.stash else []
    told = [f"{each.text}\n{_all_the_same(each)}" for each in failures[:MOST_FAILURES]]
    more = len(failures) - MOST_FAILURES
    return [*told, f"MCSCOPES: and {more} blocks more failed."] if more > 0 else told


def _all_the_same(failure: Failure) -> str:
    caught = "  The error was caught, or was raised in a thread or task. It counts all the same."
    if not failure.rules:
        return caught
    named = ", ".join(f'"{rule}"' for rule in failure.rules)
    around = f"with mc_tenant.expect_findings({named}):"
    return f"{caught}\n  If that is what the test is about, write around the block: {around}"


def raise_from_ports(item: pytest.Item) -> None:
    """Fail a test by what was raised, by a stub or by us, while a port answered it.

    Raises:
        BaseException: the first such thing; the client saw no more than a closed connection.
    """
    for error in _take_errors(item):
        error.add_note("MCSCOPES: this was raised while a port of the tenant was called.")
        raise error


def _take_errors(item: pytest.Item) -> list[BaseException]:
    return item.config.stash[CLOUD].take_errors() if CLOUD in item.config.stash else []


def _take_late_errors(config: pytest.Config) -> list[tuple[str, str]]:
    late = config.stash[CLOUD].take_late_errors() if CLOUD in config.stash else []
    # Without the chain: what a stub raises comes from an error of respx's that tells nothing.
    return [(str(test), "".join(format_exception(error, chain=False))) for test, error in late]


def _take_unowned(config: pytest.Config) -> list[tuple[str, str]]:
    return config.stash[CLOUD].take_unowned() if CLOUD in config.stash else []


def _fail_for_idle_marks(item: pytest.Item) -> None:
    """Fail a test that has marks or settings which were without effect on it.

    Raises:
        pytest.fail.Exception: what they are, and what to write instead.
    """
    if text := _idle_marks(item):
        raise pytest.fail.Exception(text, pytrace=False)


def _idle_marks(item: pytest.Item) -> str:
    from .idle_marks import find_idle_marks

    closure = frozenset(_closure(item))
    if not closure & TENANTS:
        return ""
    return find_idle_marks(
        item, closure, _placed_in(item.config), configured=CONFIGURED in item.stash
    )


def _placed_in(config: pytest.Config) -> Callable[[Any], str]:
    """Give what writes where a fixture's function stands in the user's files: " (test_it.py:5)"."""

    def place(function: Any) -> str:  # noqa: ANN401 - whatever a user makes a fixture of
        code: CodeType | None = getattr(function, "__code__", None)
        where = _place(code.co_filename, code.co_firstlineno, config.rootpath) if code else None
        return f" ({where})" if where else ""

    return place


def _fail_for_unfired(item: pytest.Item) -> None:
    """Fail a test that ordered a fault which never came: it has not tested what it says.

    Raises:
        pytest.fail.Exception: what was ordered.
    """
    if _own_outcome(item) is None and (unfired := _unfired(item)):
        pytest.fail(unfired, pytrace=False)


def _unfired(item: pytest.Item) -> str:
    """Say what was ordered and has not happened, once."""
    orders = item.config.stash[CLOUD].unfired() if CLOUD in item.config.stash else []
    return "\n".join(f"MCSCOPES: {order}" for order in orders)


def _is_failure(error: BaseException) -> bool:
    """Tell a failure from a skip, an expected failure and the end of the session."""
    others = (pytest.xfail.Exception, pytest.exit.Exception, KeyboardInterrupt)
    return not (isinstance(error, others) or _is_skip(error))


def _is_skip(error: BaseException) -> bool:
    from unittest import SkipTest

    return isinstance(error, (pytest.skip.Exception, SkipTest))


def _own_outcome(item: pytest.Item) -> Literal["failed", "skipped"] | None:
    """Tell what a test came to that raised nothing: a unittest's method, or one with subtests."""
    if results := _unittest_results(item):
        return "failed" if any(_is_failure(each.value) for each in results) else "skipped"
    return "failed" if item.config.stash[SUMMARY].failed_within else None


def _unittest_results(item: pytest.Item) -> list[pytest.ExceptionInfo[BaseException]]:
    # unittest hands its results to the item, which keeps them for makereport.
    return getattr(item, "_excinfo", None) or []


def _conclude(item: pytest.Item, cloud: MarketingCloud, window: Window, *, aborted: bool) -> None:
    if item.config.stash[SUMMARY].recording:
        item.stash[RECORD] = _record(item, cloud, window, aborted=aborted)
    if item.stash[DECLARED].expectations:
        _judge(item, cloud, window, aborted=aborted)


def _record(item: pytest.Item, cloud: MarketingCloud, window: Window, *, aborted: bool) -> Record:
    from ..evidence.record import record_test

    declared = item.stash[DECLARED]
    own = [mark for mark in item.own_markers if mark.name == "mc_package"]
    return record_test(
        item.nodeid,
        cloud.look(window, _closure(item), declared.allowances, aborted=aborted),
        declared.expectations,
        {mark.kwargs.get("name", FIRST_PACKAGE) for mark in own},
        aborted=aborted,
    )


def _closure(item: pytest.Item) -> Iterable[str]:
    # Fixtures that the test asked for by getfixturevalue stand in its request alone.
    request: pytest.FixtureRequest | None = getattr(item, "_request", None)
    return request.fixturenames if request else ()


def _judge(item: pytest.Item, cloud: MarketingCloud, window: Window, *, aborted: bool) -> None:
    """Judge a test, and fail it unless it failed by itself.

    Raises:
        pytest.fail.Exception: the code under test asks for the wrong rights.
    """
    from ..privilege.verdict_text import aside, render

    declared = item.stash[DECLARED]
    # A test without a function, such as a doctest's, has no decorators either.
    in_the_way = cloud.in_the_way(getattr(item, "obj", None), window.others)
    window.taken_by = in_the_way or _taken_by(item)
    try:
        verdict = cloud.judge(
            window,
            _closure(item),
            declared.expectations,
            declared.allowances,
            aborted=aborted,
        )
    except ConfigError as error:
        if aborted:
            return
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    others = _others(item, cloud, verdict)
    text = render(verdict, others) if verdict.findings or verdict.remarks else ""
    if aborted and not verdict.errors:
        text = aside(verdict)
    judged = Judged(verdict, text, bool(verdict.errors) and not aborted)
    item.stash[JUDGED] = judged
    if judged.told:
        pytest.fail(judged.text, pytrace=False)


def _others(item: pytest.Item, cloud: MarketingCloud, verdict: Verdict) -> dict[str, Scopes]:
    """Find, by package, what other tests do with a login that asks for the same."""
    from ..privilege.shared_logins import Sibling

    logins = _logins(item.config)
    for case in verdict.cases:
        logins.remember(item.nodeid, case)
    if not verdict.errors:
        return {}
    builders = cloud.builders_of(item.nodeid, _closure(item))
    siblings = [
        Sibling(each.nodeid, _expectations(each))
        for each in item.session.items
        if each.path == item.path or builders.intersection(getattr(each, "fixturenames", ()))
    ]
    return {
        case.observed.package: logins.others(item.nodeid, case, siblings) for case in verdict.cases
    }


def _logins(config: pytest.Config) -> SharedLogins:
    from ..privilege.shared_logins import SharedLogins

    return config.stash.setdefault(LOGINS, SharedLogins())


def _expectations(item: pytest.Item) -> tuple[Expectation, ...]:
    """Give the marks of a test that may not have run yet; none where they cannot be read."""
    if EXPECTED not in item.stash:
        try:
            item.stash[EXPECTED] = tuple(_declared(item).expectations)
        except pytest.fail.Exception:
            item.stash[EXPECTED] = ()
    return item.stash[EXPECTED]


def _taken_by(item: pytest.Item) -> str:
    """Name the module whose patch of httpx takes a tenant's requests; empty: none is known to."""
    # What a test tells httpx_mock to leave is the test's own business.
    told = any("should_mock" in mark.kwargs for mark in item.iter_markers("httpx_mock"))
    return "" if told else cloud_of(item.config).covered_by()


def _way_out(item: pytest.Item, error: BaseException) -> str:
    """Tell how to get the tenant's requests back, where a test failed by somebody else's answer."""
    told = JUDGED in item.stash and item.stash[JUDGED].told
    if told or CLOUD not in item.config.stash:
        return ""
    from ..privilege.takers import TAKERS

    refuser = item.config.stash[CLOUD].refuser(error)
    if not refuser and _of_marketing_cloud(error):
        refuser = _taken_by(item)
    taker = TAKERS.get(refuser)
    return f"MCSCOPES: {taker.name} {taker.does}.\n{taker.way_out}" if taker else ""


def _hints(item: pytest.Item, call: pytest.CallInfo[None], error: BaseException) -> Iterator[str]:
    """Say what may lie behind a failure that is not ours, where something is known."""
    from ..privilege.hints import wrong_scope

    asked = (
        r"ScopeMismatch: .* function scoped fixture (mc_tenant|mc_server|mc_clock) with a (\w+) "
    )
    if found := re.match(asked, str(error)):
        yield wrong_scope(*found.groups())
    told = JUDGED in item.stash and item.stash[JUDGED].told
    if call.when == "call" and CLOUD in item.config.stash and not told:
        yield from dict.fromkeys(item.config.stash[CLOUD].hints(item.nodeid))
    if CLOUD in item.config.stash and (hint := item.config.stash[CLOUD].misdirected(error)):
        yield hint


def _of_marketing_cloud(error: BaseException | None) -> bool:
    """Tell whether an error, or what it came from, speaks of a host of Marketing Cloud's."""
    from ..transport.interceptors import came_from

    return any("marketingcloudapis.com" in str(each) for each in came_from(error))


def attach(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Put the verdict on the test's report, and a misuse of ours in plain words."""
    error = call.excinfo.value if call.excinfo else None
    if report.failed and isinstance(error, McScopesError | ScopeAssertionError):
        report.longrepr = _in_plain_words(item, error)
    known = _known(item, call, report, error) if error is not None else ""
    if known:
        report.sections.append(("MCSCOPES", known))
    # An expected failure has been reported as one already, and needs no second one.
    failed = report.failed or hasattr(report, "wasxfail")
    for raised in _take_errors(item) if failed else ():
        told = "".join(format_exception(raised))
        report.sections.append(("MCSCOPES: raised while a port was called", told))
    if call.when == "call" and report.failed and (unfired := _unfired(item)):
        report.sections.append(("MCSCOPES", unfired))
    if call.when == "call" and not report.skipped:
        _attach_idle_marks(item, report)
    _shown(item, error)
    # A subtest's report, which is made in the body, leaves what it does not show to its test.
    if failed and IN_BODY not in item.stash:
        report.sections += [("MCSCOPES", told) for told in _untold(item)]
    _attach_verdict(item, call, report, known)
    _attach_blocks(item, report)
    _attach_unjudged(item, call, report)
    if late := _take_late(item.config):
        report.mcscopes_late = late  # type: ignore[attr-defined]


def _known(
    item: pytest.Item,
    call: pytest.CallInfo[None],
    report: pytest.TestReport,
    error: BaseException,
) -> str:
    """Say the one thing that is known of a failure which is not ours: two lines at most."""
    hints = _hints(item, call, error) if report.failed else iter(())
    return _way_out(item, error) or next(hints, "")


def _attach_verdict(
    item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport, known: str
) -> None:
    # A subtest's report, which is one of a call too, comes before there is a verdict.
    if call.when == "call" and RECORD in item.stash:
        report.mcscopes_record = item.stash[RECORD]  # type: ignore[attr-defined]
    if call.when != "call" or JUDGED not in item.stash:
        return
    if any(mark.refused for mark in item.stash[DECLARED].expectations):
        report.mcscopes_refusal = True  # type: ignore[attr-defined]
    verdict, text, told = item.stash[JUDGED]
    # Where it is known why the test failed, what else was seen is a line of the summary.
    if text and not told and (verdict.errors or not known):
        report.sections.append(("MCSCOPES", text))
    report.mcscopes = _plain(verdict.findings) + _told(verdict.remarks)  # type: ignore[attr-defined]


def _take_late(config: pytest.Config) -> list[tuple[str, str, str]]:
    """Give what came late from earlier tests: the test, the rule and the text."""
    late = config.stash[CLOUD].take_late() if CLOUD in config.stash else []
    # Plain, as a report goes from an xdist worker to its controller.
    return [(each.test, each.rule, each.text) for each in late]


def _attach_idle_marks(item: pytest.Item, report: pytest.TestReport) -> None:
    """Tell of marks and settings without effect, beside a failure and in the summary."""
    text = _idle_marks(item) if report.failed else ""
    if text and text not in str(report.longrepr):
        report.sections.append(("MCSCOPES", text))
    closure = frozenset(_closure(item))
    if CONFIGURED not in item.stash and closure & TENANTS:
        from .idle_marks import find_idle_fixtures

        if asides := find_idle_fixtures(item, closure, _placed_in(item.config)):
            report.mcscopes_asides = asides  # type: ignore[attr-defined]


def _attach_unjudged(
    item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport
) -> None:
    """Put on a report why the test was not judged, and that a tenant was built, for the summary."""
    if CLOUD not in item.config.stash:
        return
    cloud = item.config.stash[CLOUD]
    if cloud.take_built():
        report.mcscopes_built = True  # type: ignore[attr-defined]
    if why := _why_unjudged(item, call, report):
        report.mcscopes_unjudged = why  # type: ignore[attr-defined]


def _why_unjudged(
    item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport
) -> Unjudged | None:
    declared = item.stash.get(DECLARED, None)
    marked = declared is not None and bool(declared.expectations)
    if call.when == "setup":
        return "in set-up" if marked and report.failed else None
    if call.when != "call":
        return None
    if JUDGED in item.stash:
        return "before a token" if item.stash[JUDGED].verdict.before_token else None
    talked = item.config.stash[CLOUD].talked()
    return "unmarked" if talked and not (marked or report.skipped) else None


def _plain(findings: Iterable[Finding]) -> list[dict[str, str]]:
    # A report goes from an xdist worker to its controller as JSON.
    return [{"rule": each.rule, "severity": each.severity, "text": each.text} for each in findings]


def _told(remarks: Iterable[str]) -> list[dict[str, str]]:
    return [{"rule": "", "severity": "note", "text": remark} for remark in remarks]


def _attach_blocks(item: pytest.Item, report: pytest.TestReport) -> None:
    """Put on a report what judged blocks came to while it was made; of fixtures too."""
    told = item.config.stash[CLOUD].take_told() if CLOUD in item.config.stash else None
    skipped = report.skipped and not hasattr(report, "wasxfail")
    if told is None or skipped:
        return
    known: list[dict[str, str]] = getattr(report, "mcscopes", [])
    report.mcscopes = known + [  # type: ignore[attr-defined]
        each for each in [*_plain(told.findings), *_told(told.remarks)] if each not in known
    ]
    report.sections += [("MCSCOPES", text) for text in told.texts]


def _in_plain_words(item: pytest.Item, error: Exception) -> Any:  # noqa: ANN401 - as pytest says
    """Show a misuse of ours as file, line and text, not as a traceback through our code."""
    root = item.config.rootpath
    steps = [*walk_tb(error.__traceback__)]
    places = [_place(frame.f_code.co_filename, line, root) for frame, line in steps]
    frame, line = next(
        (step for step, place in zip(reversed(steps), reversed(places), strict=True) if place),
        steps[0],
    )
    place = _place(frame.f_code.co_filename, line, root)
    # After the first line, which is all that the short summary shows.
    first, *rest = str(error).split("\n")
    text = "\n".join([first, *([f"  at {place}"] if place else []), *rest])
    told = pytest.fail.Exception(text, pytrace=False)
    told.__traceback__ = TracebackType(None, frame, 0, line)
    return item.repr_failure(pytest.ExceptionInfo.from_exception(told))


def clock_of(request: pytest.FixtureRequest) -> CloudClock:
    """Give a hand on the time of the tenants that the test has when it moves it."""
    from ..clock import CloudClock

    cloud = cloud_of(request.config)

    def clocks() -> list[Clock]:
        mine = cloud.tenants_of(request.node.nodeid, request.fixturenames)
        return [tenant.clock for tenant in mine]

    return CloudClock(clocks, cloud.clocks)
