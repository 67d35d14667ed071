"""Under which keys the plugin keeps what it knows, at the session's configuration and at tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..arguments.keywords import Checked
    from ..catalogue.catalogue import Catalogue
    from ..config import Config
    from ..markers.closest import Readings
    from ..markers.levels import Declared
    from ..privilege.expectation import Expectation
    from ..session.conclusion import Conclusion
    from ..session.driver import SessionDriver
    from ..settings.assigned_packages import AssignedPackage
    from .summary import Summary
    from .unlogged import Unlogged

TENANTS = frozenset({"mc_tenant", "mc_server", "mc_cloud"})
"""Fixtures with which a marked test has a tenant of its own making."""


class Configured(NamedTuple):
    """What our `mc_tenant` was built by."""

    acts_for_users: bool
    """Whether a package of it does: a web or public app. Else its users never log in."""
    by_fixture: bool
    """Whether an `mc_user` fixture of the user's own says something."""


class IdleMarks(NamedTuple):
    """What was without effect on a test."""

    own: str = ""
    """The marks on it, and the fixtures of its own file, for which it fails; empty: none."""
    inherited: tuple[str, ...] = ()
    """Lines about fixtures and marks that other tests have too, who may need them."""


class Attempt:
    """What is known of a test that runs; each time that it runs anew, it begins with nothing."""

    configured: Configured | None = None
    """Set when our `mc_tenant` was built for it, by what its marks and fixtures say."""
    in_body = False
    """Whether its call phase runs."""
    conclusion: Conclusion | None = None
    """What the session concluded of it, once its body has ended."""
    idle = IdleMarks()
    """What was without effect on it, once its body has ended."""

    def __init__(self, declared: Declared, marks: Sequence[pytest.Mark]) -> None:
        """Begin it, with the marks of ours that it had when they were read, and what they say."""
        self.declared = declared
        self.marks = marks


CONFIG: pytest.StashKey[Config] = pytest.StashKey()
SUMMARY: pytest.StashKey[Summary] = pytest.StashKey()
UNLOGGED: pytest.StashKey[Unlogged] = pytest.StashKey()
BUILDING: pytest.StashKey[list[str]] = pytest.StashKey()
"""Names of the fixtures that are being set up."""
SCOPES: pytest.StashKey[list[str]] = pytest.StashKey()
"""The scope of each of them."""
DRIVER: pytest.StashKey[SessionDriver] = pytest.StashKey()
RUNNING: pytest.StashKey[pytest.Item] = pytest.StashKey()
ATTEMPT: pytest.StashKey[Attempt] = pytest.StashKey()
"""Set at a test once its marks were read."""
READINGS: pytest.StashKey[Readings] = pytest.StashKey()
FIXTURES: pytest.StashKey[dict[str, tuple[object, Checked]]] = pytest.StashKey()
"""What the fixtures `mc_package` and `mc_user` gave last, and how it was read."""
CATALOGUE: pytest.StashKey[Catalogue] = pytest.StashKey()
"""Set only when the user has an overlay: the catalogue with it."""
MANIFEST: pytest.StashKey[dict[str, Any]] = pytest.StashKey()
"""Set only when the user has a manifest: all that it says."""
PACKAGES: pytest.StashKey[tuple[AssignedPackage, ...]] = pytest.StashKey()
"""Set only when the user has a manifest: the packages that it names."""
EXPECTED: pytest.StashKey[tuple[Expectation, ...]] = pytest.StashKey()
"""A test's marks, as they were read for another test's text."""
