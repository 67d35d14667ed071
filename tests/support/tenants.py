"""Tenants without a session, for tests that drive them as a session and its doors do."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest import mock

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.cloud.http import Admitted, Request, Response
from pytest_mcscopes.config import Config, PackageConfig
from pytest_mcscopes.ledger.ledger import Entry
from pytest_mcscopes.tenant.clock import Clock
from pytest_mcscopes.tenant.core import TenantCore
from pytest_mcscopes.tenant.tenant import Tenant

if TYPE_CHECKING:
    from pytest_mcscopes.catalogue.catalogue import Catalogue
    from pytest_mcscopes.config import UserConfig
    from pytest_mcscopes.ledger.facts import HostKind
    from pytest_mcscopes.stubs.rest import Stubs


class AnsweringTenant:
    """Answers some hosts itself, by default auth and SOAP, and admits every call to the others."""

    def __init__(
        self, answer: Response | None = None, *, own: tuple[HostKind, ...] = ("auth", "soap")
    ) -> None:
        self.own = own
        self.stubs: Stubs | None = None
        self.seen: list[Request] = []
        self.completed: list[Response | None] = []
        self.answer = answer
        """In place of one that says who answered which method; where it admits, of `{}`."""

    def handle(self, request: Request) -> Response | Admitted:
        """Answer or admit."""
        self.seen.append(request)
        if request.host in self.own:
            return self.answer or Response(status=200, body=f"ours {request.method}".encode())
        entry = Entry(0, mock.sentinel.fact, "code", "the running test")
        otherwise = self.answer or Response.of_json(200, {})
        return Admitted(entry=entry, otherwise=otherwise)

    def complete(self, admitted: Admitted, answer: Response | None) -> Response:
        """Note the stub's answer down; give it, or the cloud's own."""
        self.completed.append(answer)
        return answer or admitted.otherwise


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
