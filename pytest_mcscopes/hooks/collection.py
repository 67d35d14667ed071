"""What is done when tests are collected: marks are read, and what is wrong with them is said."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from ..errors import ConfigError
from ..markers.closest import Readings, no_such_mark, read_errors, read_levels
from ..markers.levels import (
    OURS,
    Declared,
    Level,
    levels_below,
    levels_of,
    marks_of_nodes,
    unread_below,
)
from .fixture_names import in_words_of
from .more import with_more
from .start import catalogue, first_package
from .stash import READINGS, TENANTS

if TYPE_CHECKING:
    from collections.abc import Sequence


def check_marks(collector: pytest.Collector, report: pytest.CollectReport) -> None:
    """Fail the collection of a file whose marks are wrong, all of them at once."""
    levels = levels_below(collector, report)
    errors = read_errors(levels, _readings(collector.config)) if levels else []
    lines = ["MCSCOPES: these marks cannot be read.", *errors] if errors else []
    if unread := unread_below(collector, report):
        from ..markers.without_effect import unread_marks

        foreign = foreign_marks(collector.config, *(each.level for each in unread))
        lines += unread_marks(unread, foreign)
    if lines:
        report.outcome = "failed"
        report.result = []
        report.longrepr = with_more("\n".join(lines))


def explain_unregistered(report: pytest.CollectReport, name: str) -> None:
    """Add to pytest's own error, that a mark is not registered, which of ours may be meant."""
    text = with_more(f"MCSCOPES: {no_such_mark(name)}")
    report.longrepr = f"{report.longrepr}\n{text}"


def _readings(config: pytest.Config) -> Readings:
    if READINGS not in config.stash:
        foreign = partial(foreign_marks, config)
        config.stash[READINGS] = Readings(catalogue(config), foreign, first_package(config))
    return config.stash[READINGS]


def foreign_marks(config: pytest.Config, *levels: Level) -> frozenset[str]:
    """Name the registered marks that are not ours, if one of these may be."""
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


def refuse_late_marks(item: pytest.Item, known: Sequence[pytest.Mark], when: str) -> None:
    """Refuse marks that a fixture, a hook or the test itself added after they were read.

    Raises:
        pytest.fail.Exception: they would be without effect, and the test would pass unjudged.
    """
    if text := describe_late_marks(item, known, when):
        raise pytest.fail.Exception(with_more(in_words_of(item, text)), pytrace=False)


def describe_late_marks(item: pytest.Item, known: Sequence[pytest.Mark], when: str) -> str:
    """Say which marks a test has by now but for the known ones; empty: none."""
    now = marks_of_nodes(item)
    if now == known:  # mostly
        return ""
    late = [mark for mark in now if not any(mark is each for each in known)]
    if not late:
        return ""
    foreign = foreign_marks(item.config, Level(marks=tuple(late), path=item.path))
    names = [mark.name for mark in late if mark.name not in foreign]
    if not names:
        return ""
    from ..markers.without_effect import late_marks

    return late_marks(names, when)


def read_declared(item: pytest.Item) -> Declared:
    """Read what the marks of a test declare.

    Raises:
        pytest.fail.Exception: they cannot be read.
    """
    levels = levels_of(item)
    if not levels:
        return Declared()
    try:
        return read_levels(levels, _readings(item.config))
    except ConfigError as error:
        raise pytest.fail.Exception(with_more(str(error)), pytrace=False) from None
