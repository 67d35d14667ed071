"""What one simulated tenant is: its packages, business units, URLs and tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING

from ..config import Config, PackageConfig, UserConfig
from ..errors import ConfigError
from ..ledger.facts import ADMIN
from .by_name import ByName
from .fault_queue import FaultQueue
from .http import Request, Urls
from .ids import TO_LOWER, make_noise, pick_number
from .packages import AssignedLater, Package, assign_nothing, build_package, refuse_twins
from .redaction import Redaction
from .tokens import TokenStore
from .users import User, Users

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..catalogue.catalogue import Catalogue
    from .packages import OnAssign

_SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SUBDOMAIN_OF = attrgetter("subdomain")


@dataclass(slots=True, eq=False, kw_only=True)
class TenantState:
    """Everything that a tenant remembers between two requests."""

    config: Config
    catalogue: Catalogue = field(repr=False)
    subdomain: str
    enterprise_id: int
    packages: dict[str, Package]
    """By name, in the order written."""
    urls: Urls
    """Those of the real service; a request that came by another door has its own."""
    tokens: TokenStore = field(repr=False)
    clients: dict[str, Package] = field(repr=False)
    """By client id."""
    redaction: Redaction = field(repr=False)
    mint: Callable[[PackageConfig], Package] = field(repr=False)
    users: Users
    fault_queue: FaultQueue = field(repr=False)
    """What the test ordered to go wrong."""
    later: AssignedLater = field(repr=False)
    """What packages will be assigned."""
    _browser_user: User | None = None
    _admin: Package | None = None

    @property
    def admin(self) -> Package:
        """A further package, with every scope. Minted on first use: few tests need it."""
        if self._admin is None:
            units = {unit: None for each in self.packages.values() for unit in each.business_units}
            first = next(iter(self.packages.values())).account_id
            given = PackageConfig(name=ADMIN, account_id=first, business_units=tuple(units))
            self._admin = admin = self.mint(given)
            self.clients[admin.client_id] = admin
            self.redaction.add(admin)
        return self._admin

    def urls_for(self, request: Request) -> Urls:
        """Give the base URLs at the door by which a request came."""
        return request.urls or self.urls

    @property
    def browser_user(self) -> User:
        """The user who is logged in at the browser that comes to v2/authorize."""
        return self._browser_user or self.users.first

    def set_browser_user(self, user: User | None) -> User | None:
        """Log a user in at the browser, None: the first; return who was set before."""
        before, self._browser_user = self._browser_user, user
        return before


def build_state(
    config: Config,
    packages: tuple[PackageConfig, ...],
    seed: int | str,
    catalogue: Catalogue,
    users: tuple[UserConfig, ...] = (),
    *,
    later: AssignedLater | None = None,
    on_assign: OnAssign = assign_nothing,
) -> TenantState:
    """Mint a tenant, of one package at least: the same one for the same arguments.

    Raises:
        ConfigError: the packages contradict each other, a name cannot be a host's, or the vendor
            refuses a redirect URI.
    """
    noise = make_noise(f"{seed}/tenant")
    word = noise[:25].translate(TO_LOWER).decode()
    subdomain = _subdomain(packages, f"mc{word[:15]}-{word[15:]}")
    enterprise_id = pick_number(noise[32:40], 500_000_001)
    account_id = pick_number(noise[40:48], 550_000_001)
    mint = partial(
        build_package, config=config, seed=seed, catalogue=catalogue, account_id=account_id
    )
    built: list[Package] = []
    by_name: ByName[Package] = ByName("package")
    clients = {}
    for given in packages:
        package = mint(given, on_assign=on_assign)
        built.append(package)
        by_name[package.name] = clients[package.client_id] = package
    if len(built) > 1:
        refuse_twins(built)
    tokens = TokenStore(config, seed, enterprise_id)
    return TenantState(
        config=config,
        catalogue=catalogue,
        subdomain=subdomain,
        enterprise_id=enterprise_id,
        packages=by_name,
        urls=Urls.of_subdomain(subdomain),
        tokens=tokens,
        clients=clients,
        redaction=Redaction(built, tokens),
        mint=mint,
        users=Users(users, catalogue, seed),
        fault_queue=FaultQueue(catalogue),
        later=later or AssignedLater(catalogue),
    )


def _subdomain(packages: tuple[PackageConfig, ...], minted: str) -> str:
    given = {*map(_SUBDOMAIN_OF, packages)} - {None}
    if not given:
        return minted
    if len(given) > 1:
        raise ConfigError(
            f"two packages of one tenant give different subdomains: {', '.join(sorted(given))}."
            " A subdomain belongs to the tenant. Give it once, or give the same one."
        )
    subdomain: str = given.pop()
    if _SUBDOMAIN.fullmatch(subdomain) is None:
        raise ConfigError(
            f"subdomain {subdomain!r} cannot be part of a host name. Use at most 63 lowercase"
            " letters, digits and inner hyphens; real ones have 28 characters and start with mc."
        )
    return subdomain
