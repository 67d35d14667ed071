"""Marks that let a test ask for anything: what still fails it is no matter of its list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .expectation import Expectation
from .lineage import observe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .observed import TenantActivity


def open_marks(scenes: Sequence[TenantActivity]) -> list[Expectation]:
    """Give a mark for each package that the test asked for a token of.

    The marks name their packages only where they must: a mark without
    `package=` speaks of the first package of every tenant.
    """
    asked = [
        (name, name == scene.first_package, seen)
        for scene in scenes
        for name, seen in observe(scene, scene.first_package).items()
        if seen.requests
    ]
    every = (scopes for *_, seen in asked for scopes in (seen.requested, seen.assigned))
    anything = frozenset[str]().union(*every)
    names = [None] if all(first for _, first, _ in asked) else [name for name, *_ in asked]
    return [
        Expectation(kind="scopes", declared=anything, match="at_most", package=name)
        for name in dict.fromkeys(names if asked else ())
    ]
