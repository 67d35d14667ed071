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


CONFIG: pytest.StashKey[Config] = pytest.StashKey()
SUMMARY: pytest.StashKey[Summary] = pytest.StashKey()
BUILDING: pytest.StashKey[list[str]] = pytest.StashKey()
"""Names of the fixtures that are being set up."""
SCOPES: pytest.StashKey[list[str]] = pytest.StashKey()
"""The scope of each of them."""
DRIVER: pytest.StashKey[SessionDriver] = pytest.StashKey()
RUNNING: pytest.StashKey[pytest.Item] = pytest.StashKey()
DECLARED: pytest.StashKey[Declared] = pytest.StashKey()
READINGS: pytest.StashKey[Readings] = pytest.StashKey()
MARKS: pytest.StashKey[Sequence[pytest.Mark]] = pytest.StashKey()
"""The marks of ours that a test had when they were read."""
FIXTURES: pytest.StashKey[dict[str, tuple[object, Checked]]] = pytest.StashKey()
"""What the fixtures `mc_package` and `mc_user` gave last, and how it was read."""
CONFIGURED: pytest.StashKey[Configured] = pytest.StashKey()
"""Set when our `mc_tenant` was built for the test, by what its marks and fixtures say."""
CONCLUSION: pytest.StashKey[Conclusion] = pytest.StashKey()
"""What the session concluded of the test, whose body has ended."""
IDLE: pytest.StashKey[IdleMarks] = pytest.StashKey()
"""What was without effect on the test, whose body has ended."""
CATALOGUE: pytest.StashKey[Catalogue] = pytest.StashKey()
"""Set only when the user has an overlay: the catalogue with it."""
MANIFEST: pytest.StashKey[dict[str, Any]] = pytest.StashKey()
"""Set only when the user has a manifest: all that it says."""
PACKAGES: pytest.StashKey[tuple[AssignedPackage, ...]] = pytest.StashKey()
"""Set only when the user has a manifest: the packages that it names."""
EXPECTED: pytest.StashKey[tuple[Expectation, ...]] = pytest.StashKey()
"""A test's marks, as they were read for another test's text."""
IN_BODY: pytest.StashKey[bool] = pytest.StashKey()
"""Set while the call phase of a test runs."""
