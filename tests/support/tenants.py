"""Tenants without a session, for tests that drive them as a session and its doors do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.config import Config, PackageConfig
from pytest_mcscopes.tenant.clock import Clock
from pytest_mcscopes.tenant.core import TenantCore
from pytest_mcscopes.tenant.tenant import Tenant

if TYPE_CHECKING:
    from pytest_mcscopes.catalogue.catalogue import Catalogue
    from pytest_mcscopes.config import UserConfig


class StoppedClock(Clock):
    """Marketing Cloud's time, at a moment that the test sets."""

    def __init__(self, at: float) -> None:
        super().__init__()
        self.at = at

    def now(self) -> float:
        return self.at


def build_tenant(
    *packages: PackageConfig,
    config: Config | None = None,
    users: tuple[UserConfig, ...] = (),
    seed: int | str = 1,
    catalogue: Catalogue | None = None,
    clock: Clock | None = None,
) -> Tenant:
    """Build a tenant, of one default package where none is given."""
    core = TenantCore(
        config or Config(),
        packages or (PackageConfig(),),
        seed,
        catalogue or load_catalogue(),
        users,
        clock=clock,
    )
    return Tenant(core)


def core_of(tenant: Tenant) -> TenantCore:
    """Give what stands behind a tenant."""
    return tenant._core  # noqa: SLF001 - what a test must not see
