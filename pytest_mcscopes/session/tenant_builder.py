"""How a tenant of a session is built, served at ports, and ended."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING
from uuid import uuid4

from ..tenant.core import SessionLinks, TenantCore
from ..tenant.tenant import Tenant
from ..transport.interceptors import require_sockets
from ..transport.loopback.server import Loopback
from .members import Member

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..arguments.keywords import Checked
    from ..catalogue.catalogue import Catalogue
    from ..config import Config, PackageConfig, UserConfig
    from ..transport.hosts import Hosts
    from ..transport.in_process.mount import Mount
    from .block_verdicts import BlockVerdicts
    from .leftovers import Leftovers
    from .members import Members
    from .port_errors import PortErrors
    from .running_test import RunningTest
    from .windows import Windows


@dataclass(slots=True, eq=False, kw_only=True)
class TenantBuilder:
    """Builds tenants, and connects each to the rest of the session."""

    config: Config
    catalogue: Catalogue
    running: RunningTest
    members: Members
    windows: Windows
    blocks: BlockVerdicts
    leftovers: Leftovers
    port_errors: PortErrors
    hosts: Hosts
    mount: Mount
    packages: Sequence[Checked] = ()
    """What the manifest says of each package."""
    # A token that outlived an earlier session must not be known in this one.
    _seed: str = field(default_factory=lambda: uuid4().hex)
    _built: int = 0
    _reported: int = 0
    _loopback: Loopback | None = None
    _links: SessionLinks = field(init=False)
    served: list[TenantCore] = field(default_factory=list)
    """Those that answer at ports now."""
    ports: set[int | None] = field(default_factory=set)
    """Those that tenants have or had."""

    def __post_init__(self) -> None:
        self._links = SessionLinks(
            stage=self.running.stage,
            in_fixture=partial(bool, self.running.building),
            in_child=self.hosts.home.is_left,
            on_request=self._see_request,
            on_change=self.members.changed.setdefault,
            watch_block=self.blocks.watch,
            keep_result=self.blocks.keep,
            register=self.blocks.register,
        )

    def build(
        self, packages: tuple[PackageConfig, ...], users: tuple[UserConfig, ...] = ()
    ) -> Member:
        """Build a tenant that answers from here on, and has no living one's client or subdomain."""
        self._built += 1
        seed = f"{self._seed}/{self._built}"
        tenant = TenantCore(self.config, packages, seed, self.catalogue, users, links=self._links)
        self.running.hide_id(tenant.state.redaction.occurs_in)
        member = Member(
            tenant=tenant,
            hosts=tenant.state.urls.hosts,
            built_by=self.running.builder,
            number=self._built,
            fixtures=frozenset(self.running.building),
            own=not self.running.building or self.running.stage.is_in_own_fixture(),
            test=self.running.nodeid,
        )
        self.members.refuse_twin(member)
        given = any(map(attrgetter("subdomain"), packages))
        for host, kind in member.hosts.items():
            self.hosts.add(host, kind, member.tenant, member.built_by, given=given)
        self.mount.ensure()
        self.members.add(member)
        return member

    def _see_request(self) -> None:
        self.hosts.arrived += 1
        self.leftovers.see_loop()

    def end(self, member: Member) -> None:
        """Let a tenant answer no more."""
        for host in member.hosts:
            self.hosts.end(host)
        self.members.end(member)
        self.windows.see_end(member)

    def take_built(self) -> bool:
        """Tell whether a tenant was built since the last call."""
        new, self._reported = self._built > self._reported, self._built
        return new

    @contextmanager
    def serve(self, tenant: Tenant) -> Iterator[Tenant]:
        """Let a tenant answer at real ports of 127.0.0.1 too, and give it with their URLs.

        The ports refuse from the block's end until the session's.
        """
        require_sockets()
        if self._loopback is None or self._loopback.is_forsaken:
            self._loopback = Loopback(self.port_errors.see, on_tls=self.port_errors.see_tls)
        # By the ledger: the tenant behind another door is another object.
        member = self.members.of(tenant.ledger)
        core = member.tenant
        urls = self._loopback.open(core)
        member.ports |= urls.hosts
        self.served.append(core)
        self.ports |= {int(host.rpartition(":")[2]) for host in urls.hosts}
        try:
            core.open_door(urls)
            yield Tenant(core, urls)
        finally:
            self.served.remove(core)
            self._loopback.close(urls)
            self.hosts.end_ports(urls, member.built_by)

    def settle(self) -> None:
        """Wait until the tenants have seen what was sent to ports so far."""
        if self._loopback is not None:
            self._loopback.settle()

    def wait_for_stubs(self) -> None:
        """Wait for stubs that still answer at ports."""
        if self._loopback is not None:
            self._loopback.wait_for_stubs()

    def close(self) -> None:
        """Close all ports."""
        if self._loopback is not None:
            self._loopback.shutdown()
