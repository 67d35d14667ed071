"""The simulated Marketing Cloud of one test session: its tenants, and what belongs to none of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from .catalogue.catalogue import Catalogue
from .cloud.state import build_state
from .config import Config, PackageConfig
from .errors import ConfigError
from .ledger.facts import CallMade, ForeignUsed, TokenRequested
from .ledger.ledger import Entry
from .markers.parse import package_settings
from .privilege.lineage import Scene
from .tenant import Tenant
from .transport.hosts import Hosts, Stray
from .transport.in_process import Mount


@dataclass(slots=True, eq=False)
class Membership:
    """A tenant with the circumstances of its birth."""

    tenant: Tenant
    built_by: str
    """For people: the test, or the fixture and the test that it was first set up for."""
    fixtures: frozenset[str]
    """The fixtures that were being set up; empty for a tenant of a test's body."""
    test: str | None

    def belongs_to(self, test: str | None, fixtures: frozenset[str]) -> bool:
        """Tell whether it is a tenant of the test with these fixtures in its closure."""
        return bool(self.fixtures & fixtures) or (not self.fixtures and self.test == test)


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnessed:
    """What a test's window held, over all tenants."""

    scenes: tuple[Scene, ...]
    foreign: tuple[ForeignUsed, ...]
    others: tuple[str, ...]


class MarketingCloud:
    """What the `mc_cloud` fixture gives: tenants of any life.

    `with mc_cloud.tenant(scopes=["email_send"]) as tenant:` in a fixture of
    class, module or session scope makes a tenant that lives as long.
    """

    def __init__(self, config: Config, catalogue: Catalogue) -> None:
        self.config = config
        self.catalogue = catalogue
        self.fixture_stack: list[str] = []
        """Names of the fixtures that are being set up; the plugin keeps it."""
        self._seed = uuid4().hex
        # A token that outlived an earlier session must not be known in this one.
        self._built = 0
        self._members: list[Membership] = []
        self._gone: list[Membership] = []
        """Tenants that ended in the open window."""
        self._known: dict[str, str] = {}
        """Fingerprint of a token or client of an ended tenant -> what built it."""
        self._test: str | None = None
        self._windows: dict[Tenant, list[Entry]] | None = None
        self._foreign: list[ForeignUsed] = []
        self._others: dict[str, None] = {}
        self._hosts = Hosts()
        self._hosts.on_stray = self._saw_stray
        self._hosts.on_other = self._saw_other
        self._mount = Mount(self._hosts)
        self._mount.mount()

    def __repr__(self) -> str:
        return f"<MarketingCloud with {len(self._members)} tenants>"

    def close(self) -> None:
        """Give httpx back its own; the last thing of a session."""
        self._mount.unmount()

    @contextmanager
    def tenant(self, *, packages: Sequence[Mapping[str, Any]] = (), **package: Any) -> Iterator[Tenant]:  # noqa: ANN401 - checked by name below
        """Build a tenant that lives as long as the block.

        Args:
            packages: the keywords of `mc_package`, a mapping each, where there are several.
            package: the keywords of `mc_package`, where there is one.

        Raises:
            ConfigError: a setting makes no sense, or a living tenant has the same client id or subdomain.
        """
        member = self._open(self._configs(packages, package))
        try:
            yield member.tenant
        finally:
            self._end(member)

    def _configs(
        self, packages: Sequence[Mapping[str, Any]], package: Mapping[str, Any]
    ) -> tuple[PackageConfig, ...]:
        if packages and package:
            msg = f"mc_cloud.tenant(...): give packages=[...] or the keywords of one package ({', '.join(package)}), not both."
            raise ConfigError(msg)
        who = "mc_cloud.tenant(...)"
        checked = [package_settings(each, self.catalogue, who) for each in packages or [package]]
        return tuple(PackageConfig(**each) for each in checked)

    def _open(self, packages: tuple[PackageConfig, ...]) -> Membership:
        self._built += 1
        state = build_state(self.config, packages, f"{self._seed}/{self._built}", self.catalogue)
        member = Membership(
            tenant=Tenant(state, self.catalogue),
            built_by=self._builder(),
            fixtures=frozenset(self.fixture_stack),
            test=self._test,
        )
        self._refuse_twin(member)
        self._mount.ensure()
        for kind, url in (("auth", member.tenant.auth_url), ("rest", member.tenant.rest_url), ("soap", member.tenant.soap_url)):
            self._hosts.add(str(urlsplit(url).hostname), kind, member.tenant, member.built_by)  # type: ignore[arg-type]  # the three kinds
        self._members.append(member)
        member.tenant.ledger.test = self._test
        if self._windows is not None:
            self._watch(member)
        return member

    def _builder(self) -> str:
        test = self._test or "the start of the session"
        return f"fixture {self.fixture_stack[-1]} for {test}" if self.fixture_stack else test

    def _refuse_twin(self, new: Membership) -> None:
        for member in self._members:
            for package in new.tenant.packages.values():
                if any(package.client_id == other.client_id for other in member.tenant.packages.values()):
                    msg = (
                        f'two living tenants have the client id "{package.client_id}": one of {member.built_by}, one of'
                        f" {new.built_by}. Leave client_id= out of one of them, or let the tests share one tenant."
                    )
                    raise ConfigError(msg)

    def _end(self, member: Membership) -> None:
        tenant = member.tenant
        for url in (tenant.auth_url, tenant.rest_url, tenant.soap_url):
            self._hosts.end(str(urlsplit(url).hostname))
        self._members.remove(member)
        known = [*tenant.ledger.tokens, *(package.client for package in tenant.packages.values())]
        self._known |= dict.fromkeys(known, member.built_by)
        if self._windows is not None:
            self._gone.append(member)

    def begin_test(self, test: str | None) -> None:
        """Name the test that is running from here on; None between tests."""
        self._test = test
        for member in self._members:
            member.tenant.ledger.test = test
        self._mount.ensure()

    def tenants_of(self, test: str, fixtures: Iterable[str]) -> list[Tenant]:
        """List the living tenants of a test with these fixtures in its closure."""
        closure = frozenset(fixtures)
        return [member.tenant for member in self._members if member.belongs_to(test, closure)]

    def open_window(self) -> None:
        """Begin to collect what a test is answerable for."""
        self._windows, self._foreign, self._others, self._gone = {}, [], {}, []
        for member in self._members:
            self._watch(member)

    def _watch(self, member: Membership) -> None:
        assert self._windows is not None
        member.tenant.ledger.window = self._windows[member.tenant] = []

    def close_window(self, fixtures: Iterable[str]) -> Witnessed:
        """Stop collecting, and sort what was seen.

        Args:
            fixtures: the names in the test's fixture closure; tenants of other fixtures are foreign to it.
        """
        windows, self._windows = self._windows or {}, None
        closure = frozenset(fixtures)
        scenes, foreign = [], [*self._foreign]
        for member in [*self._members, *self._gone]:
            window = windows.get(member.tenant, [])
            member.tenant.ledger.window = None
            if member.belongs_to(self._test, closure):
                scenes.append(member.tenant.scene(window))
                foreign += self._foreign_in(window, member)
            elif window:
                foreign.append(ForeignUsed(what="host", name=_host_of(member, window), built_by=member.built_by))
        return Witnessed(scenes=tuple(scenes), foreign=tuple(dict.fromkeys(foreign)), others=tuple(self._others))

    def _foreign_in(self, window: Iterable[Entry], at: Membership) -> Iterator[ForeignUsed]:
        """Find tokens and clients that the tenant refused because they are another one's."""
        for entry in window:
            fact = entry.fact
            if isinstance(fact, TokenRequested) and fact.package is None:
                yield from self._owned("client", fact.client, at)
            elif isinstance(fact, CallMade) and not fact.authenticated and fact.token is not None:
                yield from self._owned("token", fact.token, at)

    def _owned(self, what: Any, fingerprint: str, at: Membership) -> Iterator[ForeignUsed]:  # noqa: ANN401 - one of two words
        owner = self._known.get(fingerprint)
        for member in self._members:
            clients = {package.client for package in member.tenant.packages.values()}
            if member is not at and (fingerprint in member.tenant.ledger.tokens or fingerprint in clients):
                owner = member.built_by
        if owner is not None and fingerprint not in at.tenant.ledger.tokens:
            yield ForeignUsed(what=what, name=fingerprint, built_by=owner)

    def _saw_stray(self, stray: Stray) -> None:
        self._foreign.append(ForeignUsed(what="host", name=stray.host, built_by=stray.built_by))

    def _saw_other(self, host: str) -> None:
        self._others[host] = None


def _host_of(member: Membership, window: Sequence[Entry]) -> str:
    fact = window[0].fact
    kind = fact.host if isinstance(fact, CallMade) else "auth"
    return f"{member.tenant.subdomain}.{kind}.marketingcloudapis.com"
