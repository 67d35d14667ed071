"""Other tests that may use the same client as a test: what pytest knows of that before they run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ..privilege.shared_logins import Sibling
from .collection import read_declared
from .stash import EXPECTED, TENANTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..privilege.expectation import Expectation

    Fixtures = Mapping[str, Sequence[pytest.FixtureDef[Any]]]


def find_siblings(item: pytest.Item, builders: frozenset[str]) -> list[Sibling]:
    """List tests of the same file, and those with one of the fixtures that built its tenants."""
    mine, clients = _fixtures_of(item), _clients_of(item) - builders
    return [
        _sibling(each, mine, clients)
        for each in item.session.items
        if each is not item
        and (each.path == item.path or builders.intersection(getattr(each, "fixturenames", ())))
    ]


def _sibling(item: pytest.Item, mine: Fixtures, clients: frozenset[str]) -> Sibling:
    theirs = _fixtures_of(item)
    # Of one name there may be several, in classes and files.
    shared = {name for name, found in theirs.items() if mine.get(name, ())[-1:] == found[-1:]}
    return Sibling(
        item.nodeid,
        _expectations(item),
        fixtures=frozenset(shared),
        clients=clients & _clients_of(item) & shared,
    )


def _fixtures_of(item: pytest.Item) -> Fixtures:
    # pytest has no public way to tell which fixture a name stands for.
    info = getattr(item, "_fixtureinfo", None)
    return info.name2fixturedefs if info else {}


def _clients_of(item: pytest.Item) -> frozenset[str]:
    """Name the fixtures with a tenant that a test takes by its arguments, directly or not.

    One that is merely used, as an autouse fixture is, gives the test no client.
    """
    fixtures, found = _fixtures_of(item), dict[str, bool]()

    def has_tenant(name: str) -> bool:
        if name not in found:
            found[name] = False  # a fixture may ask for that of its own name further out
            arguments = fixtures[name][-1].argnames if name in fixtures else ()
            for each in arguments:  # all of them: each may be a client
                found[name] |= has_tenant(each) or each in TENANTS
        return found[name]

    for name in item._fixtureinfo.argnames if fixtures else ():  # type: ignore[attr-defined] # noqa: SLF001
        has_tenant(name)
    return frozenset(name for name, has in found.items() if has) - TENANTS


def _expectations(item: pytest.Item) -> tuple[Expectation, ...]:
    """Give the marks of a test that may not have run yet; none where they cannot be read."""
    if EXPECTED not in item.stash:
        try:
            item.stash[EXPECTED] = tuple(read_declared(item).expectations)
        except pytest.fail.Exception:
            item.stash[EXPECTED] = ()
    return item.stash[EXPECTED]
