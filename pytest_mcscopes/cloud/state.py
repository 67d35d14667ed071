"""What one simulated tenant is: its packages, business units, URLs and tokens."""

from __future__ import annotations

import re
from base64 import b64encode
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from ..config import PackageConfig
from ..errors import ConfigError
from ..ledger.facts import ADMIN
from .fault_queue import Troubles
from .fingerprints import REDACTED
from .http import Urls
from .packages import _TO_LOWER, Package, _build_package, _refuse_twins, _text
from .tokens import TokenStore
from .users import Users

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..catalogue.catalogue import Catalogue
    from ..config import Config, UserConfig
    from .fault_order import Endpoint
    from .http import Request
    from .users import User

_SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# A wrong secret that is shorter than this is no secret, and may be part of any word.
_SENT_SECRET = 6
# A secret that is shorter than this is looked for as a whole word only.
_LONG_SECRET = 20
# Of wrong secrets and foreign tokens, the last ones: a session must not grow with them.
_REMEMBERED = 64


@dataclass(slots=True, eq=False, kw_only=True)
class TenantState:
    """Everything that a tenant remembers between two requests."""

    config: Config
    subdomain: str
    enterprise_id: int
    packages: dict[str, Package]
    """By name, in the order written."""
    urls: Urls
    """Those of the real service; a request that came by another door has its own."""
    tokens: TokenStore = field(repr=False)
    clients: dict[str, Package] = field(repr=False)
    """By client id."""
    secrets: tuple[str, ...] = field(repr=False)
    """Every secret as it may be spelt in a text, the longest first."""
    mint: Callable[[PackageConfig], Package] = field(repr=False)
    users: Users
    troubles: Troubles = field(repr=False)
    """What the test ordered to go wrong."""
    _coming: list[tuple[float, Package, frozenset[str]]] = field(default_factory=list)
    """Changes of what is assigned, and from when on they count."""
    _visitor: User | None = None
    _sent: deque[str] = field(default_factory=lambda: deque(maxlen=_REMEMBERED), repr=False)
    _admin: Package | None = None

    @property
    def admin(self) -> Package:
        """A package with every scope beside the others. Minted on first use: few tests need it."""
        if self._admin is None:
            units = {unit: None for each in self.packages.values() for unit in each.business_units}
            first = next(iter(self.packages.values())).account_id
            given = PackageConfig(name=ADMIN, account_id=first, business_units=tuple(units))
            self._admin = admin = self.mint(given)
            self.clients[admin.client_id] = admin
            self.secrets = (*self.secrets, admin.client_secret)
        return self._admin

    def urls_for(self, request: Request) -> Urls:
        """Give the base URLs at the door by which a request came."""
        return request.urls or self.urls

    def apply_fault(self, endpoint: Endpoint, label: str = "", challenge: str = "") -> float:
        """Let happen to a request what the test ordered, if anything.

        Args:
            endpoint: where it arrives.
            label: the route of a REST call.
            challenge: what a WWW-Authenticate header would say.

        Returns:
            How much later it is answered, in seconds.

        Raises:
            Fault: it is not answered as usual.
        """
        ordered = self.troubles.due(endpoint, label)
        if ordered is None:
            return 0
        if fault := ordered.fault(challenge):
            raise fault
        return ordered.delay

    @property
    def visitor(self) -> User:
        """Who sits at the browser that comes to v2/authorize."""
        return self._visitor or self.users.first

    def visit(self, user: User | None) -> User | None:
        """Let a user sit at the browser, None: the first; tells who sat there before."""
        before, self._visitor = self._visitor, user
        return before

    def assign(self, package: Package, scopes: frozenset[str], at: float) -> None:
        """Assign just these scopes to a package from a moment on, whatever was to come after it."""
        self._coming = [each for each in self._coming if each[0] < at or each[1] is not package]
        self._coming.append((at, package, scopes))
        self._coming.sort(key=lambda each: each[0])

    def settle(self, at: float, catalogue: Catalogue) -> None:
        """Let the changes count that are due, in the order in which they are."""
        while self._coming and self._coming[0][0] <= at:
            _, package, scopes = self._coming.pop(0)
            package.scopes, package.scope_text = scopes, catalogue.token_text(scopes)

    def remember(self, sent: Iterable[str]) -> None:
        """Keep what clients sent as secrets or tokens, although wrong: it is not to be told."""
        for secret in sent:
            unknown = secret not in self.secrets and not self.tokens.knows(secret)
            if unknown and secret not in self._sent and len(secret) >= _SENT_SECRET:
                self._sent.append(secret)

    def holds_secret(self, text: str) -> bool:
        """Tell whether a secret of the tenant occurs in a text, and not by chance."""
        return any(secret in text and _stands(secret, text) for secret in self.secrets)

    def redact(self, text: str) -> str:
        """Replace every secret and token of the tenant, and those that clients sent, in a text."""
        hidden = self._hide(text)
        if "%" in hidden:
            plain = unquote(hidden)
            if (hidden_plain := self._hide(plain)) != plain:
                return hidden_plain
        return hidden

    def _hide(self, text: str) -> str:
        text = self.tokens.redact(text)  # first: a short secret may be a part of a token
        for secret in (*self.secrets, *self._sent):
            text = text.replace(secret, REDACTED)
        return text


def build_state(
    config: Config,
    packages: tuple[PackageConfig, ...],
    seed: int | str,
    catalogue: Catalogue,
    users: tuple[UserConfig, ...] = (),
) -> TenantState:
    """Mint a tenant: the same one for the same arguments.

    Raises:
        ConfigError: the packages contradict each other, a name cannot be a host's, or the vendor
            refuses a redirect URI.
    """
    chance = Random(f"{seed}/tenant")  # noqa: S311 - must be repeatable
    subdomain = _subdomain(packages, _mint_subdomain(chance))
    enterprise_id, account_id = chance.sample(range(500_000_001, 600_000_000), 2)
    minted = enterprise_id, account_id
    mint = partial(_build_package, config=config, seed=seed, catalogue=catalogue, minted=minted)
    built = [mint(package) for package in packages]
    if len(built) > 1:
        _refuse_twins(built)
    return TenantState(
        config=config,
        subdomain=subdomain,
        enterprise_id=enterprise_id,
        packages={package.name: package for package in built},
        urls=Urls.of_subdomain(subdomain),
        tokens=TokenStore(config, seed),
        clients={package.client_id: package for package in built},
        secrets=_spellings(secret for package in built for secret in _secrets_of(package)),
        mint=mint,
        users=Users(users, catalogue, seed),
        troubles=Troubles(catalogue),
    )


def _subdomain(packages: tuple[PackageConfig, ...], minted: str) -> str:
    given = {package.subdomain for package in packages if package.subdomain is not None}
    if len(given) > 1:
        raise ConfigError(
            f"two packages of one tenant give different subdomains: {', '.join(sorted(given))}."
            " A subdomain belongs to the tenant. Give it once, or give the same one."
        )
    subdomain = given.pop() if given else minted
    if _SUBDOMAIN.fullmatch(subdomain) is None:
        raise ConfigError(
            f"subdomain {subdomain!r} cannot be part of a host name. Use at most 63 lowercase"
            " letters, digits and inner hyphens; real ones have 28 characters and start with mc."
        )
    return subdomain


def _mint_subdomain(chance: Random) -> str:
    return f"mc{_text(chance, _TO_LOWER, 15)}-{_text(chance, _TO_LOWER, 10)}"


def _stands(secret: str, text: str) -> bool:
    """Tell whether a secret that occurs in a text is more than a part of another word."""
    if len(secret) < _SENT_SECRET:
        return False
    alone = rf"(?<!\w){re.escape(secret)}(?!\w)"
    return len(secret) >= _LONG_SECRET or re.search(alone, text) is not None


def _secrets_of(package: Package) -> Iterable[str]:
    """List a package's secrets, plain and as a header of HTTP Basic has them."""
    for secret in package.secrets:
        yield secret
        yield b64encode(f"{package.client_id}:{secret}".encode()).decode()


def _spellings(secrets: Iterable[str]) -> tuple[str, ...]:
    """List the secrets as they are and as they look in a URL, the longest first."""
    spelt = {spelling for secret in secrets for spelling in (secret, quote(secret, safe=""))}
    return tuple(sorted(spelt, key=len, reverse=True))
