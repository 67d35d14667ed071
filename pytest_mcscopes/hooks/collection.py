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
    Unread,
    is_ours,
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
    from collections.abc import Iterator, Sequence

_SET_UP = frozenset(
    {
        *("setup_module", "setup_class", "setup_method", "setup_function"),
        *("teardown_module", "teardown_class", "teardown_method", "teardown_function"),
        *("setUpModule", "setUpClass", "setUp", "asyncSetUp"),
        *("tearDownModule", "tearDownClass", "tearDown", "asyncTearDown"),
    }
)
"""What pytest and unittest call around tests, by name."""


def check_marks(collector: pytest.Collector, report: pytest.CollectReport) -> None:
    """Fail the collection of a file whose marks are wrong, all of them at once."""
    levels = levels_below(collector, report)
    errors = read_errors(levels, _readings(collector.config)) if levels else []
    lines = ["MCSCOPES: these marks cannot be read.", *errors] if errors else []
    lines += _describe_unread(
        collector.config, [*unread_below(collector, report), *_on_set_up(levels)]
    )
    if lines:
        report.outcome = "failed"
        report.result = []
        report.longrepr = with_more("\n".join(lines))


def _on_set_up(levels: Sequence[Level]) -> Iterator[Unread]:
    """Yield the marks of functions that are called around tests."""
    for level in levels:
        name = level.qualname.rpartition(".")[2]
        if name in _SET_UP:
            yield Unread(level, name, "set-up")


def _describe_unread(config: pytest.Config, unread: Sequence[Unread]) -> list[str]:
    if not unread:
        return []
    from ..markers.without_effect import unread_marks

    foreign = foreign_marks(config, *(each.level for each in unread))
    return [*unread_marks(unread, foreign)]


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


def refuse_marks_of_definition(definition: pytest.Function, known: Sequence[pytest.Mark]) -> None:
    """Refuse marks that were added where pytest makes tests of a function, and leaves them out."""
    added = [mark for mark in definition.own_markers if not any(mark is each for each in known)]
    level = Level(marks=tuple(filter(is_ours, added)), path=definition.path)
    unread = [Unread(level, definition.name, "definition")]
    if lines := _describe_unread(definition.config, unread):
        raise pytest.Collector.CollectError(with_more("\n".join(lines)))


def refuse_late_marks(item: pytest.Item, known: Sequence[pytest.Mark], when: str) -> None:
    """Refuse marks that a fixture, a hook or the test itself added after they were read."""
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
    """Read what the marks of a test declare; the test fails where they cannot be read."""
    levels = levels_of(item)
    if not levels:
        return Declared()
    try:
        return read_levels(levels, _readings(item.config))
    except ConfigError as error:
        raise pytest.fail.Exception(with_more(str(error)), pytrace=False) from None
