"""What the plugin's hooks do: the way from pytest's objects to values and back."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .config import SETTINGS, Config, build_config
from .errors import ConfigError, McScopesError
from .summary import Summary

if TYPE_CHECKING:
    from .catalogue.catalogue import Catalogue
    from .markers.levels import Declared
    from .privilege.verdict import Verdict
    from .session import MarketingCloud

TENANTS = frozenset({"mc_tenant", "mc_cloud"})
"""Fixtures with which a marked test has a tenant of its own making."""

CONFIG = pytest.StashKey[Config]()
CLOUD = pytest.StashKey["MarketingCloud"]()
SUMMARY = pytest.StashKey[Summary]()
DECLARED = pytest.StashKey["Declared"]()
VERDICT = pytest.StashKey["tuple[Verdict, str]"]()


def configure(config: pytest.Config) -> None:
    """Read and check the settings.

    Raises:
        pytest.UsageError: an unknown `mc_` key, or a value that makes no sense.
    """
    _refuse_unknown_keys(config)
    given = {name: _setting(config, name) for name in SETTINGS}
    try:
        config.stash[CONFIG] = build_config(given)
    except ConfigError as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[SUMMARY] = summary = Summary()
    config.pluginmanager.register(summary, "mcscopes-summary")


def _setting(config: pytest.Config, name: str) -> object:
    option = config.getoption(f"mc_{name}", None)
    if option is not None:
        return option
    try:
        value: object = config.getini(f"mc_{name}")
    except (TypeError, ValueError) as error:
        msg = f"MCSCOPES: mc_{name}: {error}. {SETTINGS[name].help}"
        raise pytest.UsageError(msg) from None
    return value or (False if value is False else None)


def _refuse_unknown_keys(config: pytest.Config) -> None:
    import difflib

    known = [f"mc_{name}" for name in SETTINGS]
    # pytest has no public way to list the keys of its file, and tells unknown ones by a warning only.
    in_file = config._inicfg if hasattr(config, "_inicfg") else config.inicfg  # noqa: SLF001 - 9.1 renamed it
    overridden = [each.partition("=")[0] for each in config.getoption("override_ini") or ()]
    for key in [*in_file, *overridden]:
        if key.startswith("mc_") and key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            where = f" in {config.inipath}" if key in in_file and config.inipath else ""
            msg = f"MCSCOPES: unknown setting {key}{where}.{hint} There are {', '.join(known)}."
            raise pytest.UsageError(msg)


def unconfigure(config: pytest.Config) -> None:
    """Unmount what was mounted."""
    if CLOUD in config.stash:
        config.stash[CLOUD].close()


def header(config: pytest.Config) -> str:
    """Write the line of pytest's header."""
    from .catalogue.index import packaged_index

    settings, index = config.stash[CONFIG], packaged_index()
    return (
        f"mcscopes: enforce {settings.enforce}, trust {settings.trust}; catalogue of {index.checked}:"
        f" {index.counts.scopes} scopes, {index.counts.routes} REST routes, {index.counts.soap} SOAP operations"
    )


def catalogue() -> Catalogue:
    """Load the catalogue, once."""
    from .catalogue.catalogue import load_catalogue

    return load_catalogue()


def cloud_of(config: pytest.Config) -> MarketingCloud:
    """Give the session's Marketing Cloud; the first call mounts it."""
    if CLOUD not in config.stash:
        from .session import MarketingCloud

        config.stash[CLOUD] = MarketingCloud(config.stash[CONFIG], catalogue())
    return config.stash[CLOUD]


def check_marks(collector: pytest.Collector, report: pytest.CollectReport) -> None:
    """Fail the collection of a file whose marks are wrong, all of them at once."""
    if not (isinstance(collector, pytest.Module) and report.passed):
        return
    from .markers.levels import errors_in, levels_in_module

    classes = [node.obj for node in report.result if isinstance(node, pytest.Class)]
    levels = levels_in_module(collector.obj, classes)
    if levels and (errors := errors_in(levels, catalogue())):
        report.outcome = "failed"
        report.result = []
        report.longrepr = "\n".join(["MCSCOPES: these markers cannot be read.", *errors])


def add_tenant_to_closure(metafunc: pytest.Metafunc) -> None:
    """Give a marked test function `mc_tenant`, if it has no tenant, before fixtures parametrise it."""
    from .markers.levels import levels_of, parameter_levels

    definition = metafunc.definition
    levels = [*levels_of(definition), *parameter_levels(metafunc.function, Path())]
    if any(judges(mark) for level in levels for mark in level.marks) and not TENANTS & set(metafunc.fixturenames):
        # pytest has no public way to add a fixture to a test in time for its parameters.
        info = definition._fixtureinfo  # noqa: SLF001
        names, definitions = definition.session._fixturemanager.getfixtureclosure(  # noqa: SLF001
            parentnode=definition.parent, initialnames=("mc_tenant", *info.initialnames), ignore_args=set()
        )
        info.names_closure[:] = [*dict.fromkeys(["mc_tenant", *info.names_closure, *names])]
        info.name2fixturedefs.update({name: found for name, found in definitions.items() if name not in info.name2fixturedefs})


def judges(mark: pytest.Mark) -> bool:
    """Tell whether a mark makes its test a judged one."""
    return mark.name in {"mc_scopes", "mc_least_privilege", "mc_no_token"}


def set_up(item: pytest.Item) -> None:
    """Read the marks of a test that is about to be set up, and make it ready to be judged."""
    item.stash[DECLARED] = declared = _declared(item)
    if VERDICT in item.stash:
        del item.stash[VERDICT]
    if declared.expectations and hasattr(item, "fixturenames"):
        if not TENANTS & set(item.fixturenames):
            item.fixturenames.insert(0, "mc_tenant")
        cloud_of(item.config)
    if CLOUD in item.config.stash:
        item.config.stash[CLOUD].begin_test(item.nodeid)
    item.config.stash[SUMMARY].begin(item.nodeid)


def _declared(item: pytest.Item) -> Declared:
    from .markers.levels import Declared, levels_of, read_levels

    levels = [level for level in levels_of(item) if level.marks]
    if not levels:
        return Declared()
    try:
        return read_levels(levels, catalogue())
    except ConfigError as error:
        pytest.fail(str(error), pytrace=False)


def tear_down(item: pytest.Item) -> None:
    """Let what arrives from now on belong to no test's window."""
    if CLOUD in item.config.stash:
        item.config.stash[CLOUD].fixture_stack.clear()


def packages_for(item: pytest.Item, fixture: object) -> list[dict[str, Any]]:
    """Join the `mc_package` fixture and marks into the packages of the test's tenant.

    The fixture speaks of the package that it names, or else of the first; a
    mark's keyword goes before the fixture's.

    Raises:
        ConfigError: the fixture gives something else than a mapping.
    """
    if not isinstance(fixture, Mapping):
        msg = f"the mc_package fixture must give a mapping of mc_package(...)'s keywords, got {fixture!r}."
        raise ConfigError(msg)
    base = dict(fixture)
    marked = list(item.stash[DECLARED].packages)
    first = marked[0].get("name") if marked else None
    name = base.get("name", first)
    if name not in [package.get("name") for package in marked]:
        return [base, *marked]
    return [{**base, **package} if package.get("name") == name else package for package in marked]


@contextmanager
def setting_up(fixturedef: pytest.FixtureDef[Any], config: pytest.Config) -> Iterator[None]:
    """Name the fixture that is being set up; say plainly what a user did wrong in it."""
    cloud = config.stash.get(CLOUD, None)
    stack = cloud.fixture_stack if cloud else []
    stack.append(fixturedef.argname)
    try:
        with plain_errors():
            yield
    finally:
        if stack:
            stack.pop()


@contextmanager
def plain_errors() -> Iterator[None]:
    """Show a misuse of ours as file, line and text, not as a traceback through our code."""
    try:
        yield
    except McScopesError as error:
        pytest.fail(_located(error), pytrace=False)


def _located(error: McScopesError) -> str:
    """Put the innermost line that is neither ours nor a library's of ours before the text."""
    own = Path(__file__).parent
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if own not in Path(frame.filename).parents and "site-packages" not in frame.filename and "/lib/python" not in frame.filename
    ]
    if not frames:
        return str(error)
    from .markers.levels import shown_path

    return f"{shown_path(Path(frames[-1].filename))}:{frames[-1].lineno}\n{error}"


@contextmanager
def judging(item: pytest.Item) -> Iterator[None]:
    """Watch the call phase of a marked test, and fail it by what was found."""
    declared = item.stash[DECLARED]
    cloud = item.config.stash.get(CLOUD, None)
    if not declared.expectations or cloud is None:
        with plain_errors():
            yield
        return
    cloud.open_window()
    try:
        with plain_errors():
            yield
    except (pytest.skip.Exception, pytest.xfail.Exception, pytest.exit.Exception, KeyboardInterrupt):
        cloud.close_window(())
        raise
    except BaseException:
        _judge(item, cloud, aborted=True)
        raise
    own = _own_outcome(item)
    if own == "skipped":
        cloud.close_window(())
        return
    verdict, text = _judge(item, cloud, aborted=own == "failed")
    if verdict.errors and own is None:
        pytest.fail(text, pytrace=False)


def _own_outcome(item: pytest.Item) -> str | None:
    """Tell what a test came to whose failure or skip is not raised: a unittest's, or a subtest's."""
    # unittest hands its results to the item, which keeps them for makereport.
    results: Sequence[pytest.ExceptionInfo[BaseException]] = getattr(item, "_excinfo", None) or ()
    if results:
        skips = (pytest.skip.Exception, pytest.xfail.Exception)
        return "skipped" if all(isinstance(each.value, skips) for each in results) else "failed"
    return "failed" if item.config.stash[SUMMARY].failed_within(item.nodeid) else None


def _judge(item: pytest.Item, cloud: MarketingCloud, *, aborted: bool) -> tuple[Verdict, str]:
    from .privilege.foreign import foreign_tenant
    from .privilege.lineage import by_mark
    from .privilege.rules import Case
    from .privilege.verdict import judge
    from .report.text import render

    declared = item.stash[DECLARED]
    # Fixtures that the test asked for by getfixturevalue stand in its request alone.
    request: pytest.FixtureRequest = item._request  # type: ignore[attr-defined]  # noqa: SLF001
    seen = cloud.close_window(request.fixturenames)
    with plain_errors():
        cases = [
            Case(expectation=mark, observed=observed, catalogue=cloud.catalogue, others=seen.others)
            for mark, observed in by_mark(seen.scenes, declared.expectations)
        ]
    verdict = judge(cases, list(foreign_tenant(seen.foreign)), declared.allowances, aborted=aborted)
    item.stash[VERDICT] = verdict, render(verdict)
    return item.stash[VERDICT]


def attach(item: pytest.Item, report: pytest.TestReport) -> None:
    """Put a verdict on the test's own report; a subtest's comes before there is one."""
    if VERDICT not in item.stash:
        return
    verdict, text = item.stash[VERDICT]
    failed_by_us = report.failed and "MCSCOPES: " in str(report.longrepr) and verdict.errors
    if (verdict.findings or verdict.remarks) and not failed_by_us:
        report.sections.append(("MCSCOPES", text))
    # Plain data: the report goes from an xdist worker to its controller as JSON.
    report.mcscopes = [  # type: ignore[attr-defined]
        {"rule": each.rule, "severity": each.severity, "text": each.text} for each in verdict.findings
    ] + [{"rule": "", "severity": "note", "text": text} for text in verdict.remarks]


class CloudClock:
    """Moves Marketing Cloud's time in every tenant of the running test."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request

    def advance(self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        """Move Marketing Cloud's time forward; the process's own time stays.

        Raises:
            McScopesError: the step is not forward, or the test has no tenant.
        """
        cloud = cloud_of(self._request.config)
        tenants = cloud.tenants_of(self._request.node.nodeid, self._request.fixturenames)
        if not tenants:
            msg = "mc_clock.advance: the test has no tenant. Ask for mc_tenant too, or for a fixture that has one."
            raise McScopesError(msg)
        for tenant in tenants:
            tenant.clock.advance(seconds, minutes=minutes, hours=hours, days=days)
