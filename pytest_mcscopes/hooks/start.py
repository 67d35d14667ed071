"""The plugin's start and end: settings, the header, the catalogue, and what is left at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..config import FIRST_PACKAGE, build_config
from ..errors import ConfigError
from ..ini_keys import EDITION, INI_KEYS
from ..words import FEW, did_you_mean, first_of
from .early_end import EarlyEnd
from .more import with_more
from .selection import declared_selection
from .stash import (
    BUILDING,
    CATALOGUE,
    CONFIG,
    DRIVER,
    MANIFEST,
    PACKAGES,
    SCOPES,
    SUMMARY,
    UNLOGGED,
)
from .summary import Summary
from .unlogged import Unlogged

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..catalogue.catalogue import Catalogue
    from ..config import Config
    from ..evidence.results import Results
    from ..transport.early_guard import EarlyGuard
    from .evidence import RunEvidence

_SHARD_OF_NOTHING = (
    "MCSCOPES: --mc-shard says which part of the suite a data file is of, and none is written. Add"
    " --mc-data, or leave it out."
)
_WITHOUT_TESTS = (
    *("collectonly", "help", "markers", "showfixtures", "show_fixtures_per_test", "cacheshow"),
)
"""pytest's options by which it runs no test."""


def configure(
    config: pytest.Config,
    building: list[str],
    scopes: list[str],
    find_guard: Callable[[], EarlyGuard | None],
) -> Config:
    """Read and check the settings, and begin to gather the results of tests.

    The plugin goes on to change the two lists, and may put on an early guard.

    Raises:
        pytest.UsageError: an unknown `mc_` key, or a value that makes no sense.
    """
    _refuse_unknown_keys(config)
    try:
        settings = _read_settings(config)
        has_shard = _has_shard(config)
    except ConfigError as error:
        raise pytest.UsageError(with_more(str(error))) from None
    config.stash[BUILDING], config.stash[SCOPES] = building, scopes
    runs = not any(config.getoption(name, None) for name in _WITHOUT_TESTS)
    writes_data = config.getoption("mc_data") and runs
    gates = bool(settings.gate or config.getoption("mc_gate_partial")) and runs
    if has_shard and runs and not (writes_data or gates):
        raise pytest.UsageError(with_more(_SHARD_OF_NOTHING))
    suggests = config.getoption("mc_suggest")
    results = _gather_results(config) if writes_data or gates or suggests else None
    config.stash[SUMMARY] = summary = Summary(
        settings,
        results,
        lambda: config.stash.get(DRIVER, None),
        find_guard,
        suggests=suggests,
    )
    config.stash[UNLOGGED] = Unlogged()
    config.pluginmanager.register(summary, "mcscopes-summary")
    parts: list[Summary | RunEvidence | None] = [summary]
    if results is not None and (writes_data or gates):
        from .evidence import begin_evidence

        parts.append(begin_evidence(config, results, writes_data=writes_data, gates=gates))
    config.pluginmanager.register(EarlyEnd(filter(None, parts)), "mcscopes-early-end")
    return settings


def _gather_results(config: pytest.Config) -> Results:
    from .collected_results import CollectedResults

    collected = CollectedResults(config.stash[CONFIG].rules)
    if not hasattr(config, "workerinput"):  # whose reports are yet to be sent
        config.pluginmanager.register(collected, "mcscopes-results")
    return collected.results


def _read_settings(config: pytest.Config) -> Config:
    given = {name: _setting(config, name) for name in INI_KEYS}
    config.stash[CONFIG] = settings = build_config(_with_manifest(config, given))
    if settings.rules:
        from ..settings.severities import read_severities

        read_severities(settings.rules)
    return settings


def _has_shard(config: pytest.Config) -> bool:
    shard: str | None = config.getoption("mc_shard")
    if shard is None:
        return False
    from ..evidence.shards import read_shard

    read_shard(shard)
    return True


def _with_manifest(config: pytest.Config, given: dict[str, object]) -> dict[str, object]:
    """Read the user's manifest, if there is one, and put its settings where nothing is given."""
    from ..settings.manifest_file import find_manifest

    folders = [config.inipath.parent] if config.inipath else []
    file = find_manifest([*folders, config.rootpath])
    if file is None:
        return given
    from ..catalogue.catalogue import Catalogue, load_catalogue
    from ..catalogue.index import packaged_data
    from ..settings.manifest import read_manifest

    manifest = read_manifest(file, load_catalogue())
    config.stash[MANIFEST] = file.table
    config.stash[PACKAGES] = manifest.packages
    config.stash[CATALOGUE] = Catalogue(packaged_data(), manifest.overlay)
    return manifest.under(given)


def _refuse_unknown_keys(config: pytest.Config) -> None:
    known = tuple(f"mc_{name}" for name in INI_KEYS)
    # pytest itself tells unknown keys by a warning only, and has no public way to list them.
    unknown = config._get_unknown_ini_keys()  # noqa: SLF001
    for key in sorted(key for key in unknown if key.startswith("mc_")):
        where = f" in {config.inipath}" if config.inipath else ""
        text = (
            f"MCSCOPES: unknown setting {key}{where}.{did_you_mean(key, known)}"
            f" There are {', '.join(known)}."
        )
        from difflib import get_close_matches

        [nearest] = get_close_matches(key, known, n=1, cutoff=0)
        raise pytest.UsageError(with_more(text, nearest))


def _setting(config: pytest.Config, name: str) -> object:
    option: object = config.getoption(f"mc_{name}", None)
    if option is not None:
        return option
    try:
        return config.getini(f"mc_{name}")
    except (pytest.UsageError, TypeError, ValueError) as error:
        message = f"MCSCOPES: mc_{name}: {error}. {INI_KEYS[name]}"
        raise pytest.UsageError(with_more(message)) from None


def header(config: pytest.Config) -> str:
    """Write the line of pytest's header."""
    settings = config.stash[CONFIG]
    rules = f"; {', '.join(settings.rules)}" if settings.rules else ""
    guard = "" if settings.guard == "tests" else f", guard {settings.guard}"
    how = f"enforce {settings.enforce}, trust {settings.trust}{guard}{rules}"
    return f"mcscopes: {how}; {EDITION}{_manifest(config)}"


def _manifest(config: pytest.Config) -> str:
    """Say what the user's manifest holds."""
    if CATALOGUE not in config.stash:
        return ""
    overlay, packages = config.stash[CATALOGUE].overlay, config.stash[PACKAGES]
    parts = []
    if overlay.summary:
        parts.append(f"your own catalogue entries in {overlay.file}: {overlay.summary}")
    if packages:
        names = first_of([f'"{each.name}"' for each in packages], FEW)
        parts.append(f"packages of {overlay.file}: {names}")
    if selection := declared_selection(config):
        expression, reason = selection["expression"], selection["reason"]
        parts.append(f'-m "{expression}" by {overlay.file}: {reason}')
    return "".join(f"; {each}" for each in parts or [f"settings of {overlay.file}"])


def first_package(config: pytest.Config) -> str:
    """Name the package that a mark or fixture speaks of which names none."""
    packages = config.stash.get(PACKAGES, ())
    return packages[0].name if packages else FIRST_PACKAGE


def catalogue(config: pytest.Config) -> Catalogue:
    """Load the catalogue, once; with the user's overlay, if there is one."""
    if CATALOGUE in config.stash:
        return config.stash[CATALOGUE]
    from ..catalogue.catalogue import load_catalogue

    return load_catalogue()
