"""What one simulated tenant is: its packages, business units, URLs and tokens."""

from __future__ import annotations

import re
import string
from collections import Counter, deque
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Literal, get_args
from urllib.parse import quote, unquote
from uuid import UUID

from ..config import PackageConfig
from ..errors import ConfigError
from ..ledger.facts import ADMIN
from . import faults
from .tokens import REDACTED, TokenStore, claims_of, fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..catalogue.catalogue import Catalogue
    from ..config import Config, PackageType, Unassigned

FailingEndpoint = Literal["token", "rest", "userinfo"]
FaultName = Literal["rate_limited", "blocked", "unavailable"]

_ENDPOINTS = get_args(FailingEndpoint)
_FAULTS = {
    "rate_limited": faults.rate_limited,
    "blocked": faults.blocked,
    "unavailable": faults.unavailable,
}
_SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# The id is written into a token of 512 characters; real ones have 24.
_CLIENT_ID = re.compile(r"[!-~]{1,64}")
_LOWER = (string.ascii_lowercase + string.digits).encode()
_MIXED = (string.ascii_letters + string.digits).encode()
# Any byte to one of them. The slight bias does not matter to made-up ids.
_TO_LOWER = bytes(_LOWER[byte % len(_LOWER)] for byte in range(256))
_TO_MIXED = bytes(_MIXED[byte % len(_MIXED)] for byte in range(256))
# A wrong secret that is shorter than this is no secret, and may be part of any word.
_SENT_SECRET = 6
# A secret that is shorter than this is looked for as a whole word only.
_LONG_SECRET = 20
# Of wrong secrets and foreign tokens, the last ones: a session must not grow with them.
_REMEMBERED = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One Installed Package with one API integration."""

    name: str
    type: PackageType
    client_id: str
    client: str
    """Fingerprint of the client id."""
    client_secret: str = field(repr=False)
    secrets: frozenset[str] = field(repr=False)
    """Those that work: the active one, and the staged one if there is one."""
    scopes: frozenset[str]
    """What is assigned."""
    scope_text: str
    """The assigned scopes as a token answer lists them."""
    account_id: int
    """MID of the business unit that the integration was created in."""
    business_units: frozenset[int]
    """MIDs of all business units that it is enabled in."""
    unassigned: Unassigned
    enabled: bool
    user_active: bool
    user_id: int
    """Employee id of the service user."""
    application_id: str
    claims: bytes = field(repr=False)
    """The part of its tokens' payload that stays the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Urls:
    """The tenant's three base URLs, with trailing slash as Installed Packages shows them."""

    auth_url: str
    rest_url: str
    soap_url: str

    @classmethod
    def of_subdomain(cls, subdomain: str) -> Urls:
        """Spell them as the real service does."""
        auth, rest, soap = (
            f"https://{subdomain}.{host}.marketingcloudapis.com/"
            for host in ("auth", "rest", "soap")
        )
        return cls(auth_url=auth, rest_url=rest, soap_url=soap)


@dataclass(slots=True, eq=False, kw_only=True)
class TenantState:
    """Everything that a tenant remembers between two requests."""

    config: Config
    subdomain: str
    enterprise_id: int
    packages: dict[str, Package]
    """By name, in the order written."""
    urls: Urls
    """Another door may put its own in place of those of the real service."""
    tokens: TokenStore = field(repr=False)
    clients: dict[str, Package] = field(repr=False)
    """By client id."""
    secrets: tuple[str, ...] = field(repr=False)
    """Every secret as it may be spelt in a text, the longest first."""
    mint: Callable[[PackageConfig], Package] = field(repr=False)
    _sent: deque[str] = field(default_factory=lambda: deque(maxlen=_REMEMBERED), repr=False)
    _pending: dict[FailingEndpoint, deque[FaultName]] = field(default_factory=dict)
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

    def fail_next(self, endpoint: FailingEndpoint, fault: FaultName, times: int = 1) -> None:
        """Make the next requests to an endpoint fail, whoever sends them.

        Raises:
            ConfigError: there is no such endpoint or fault, or not a single time.
        """
        if endpoint not in _ENDPOINTS or fault not in _FAULTS or times < 1:
            raise ConfigError(
                f"fail_next({endpoint!r}, {fault!r}, times={times}) would never happen."
                f" Use one of {', '.join(_ENDPOINTS)}, one of {', '.join(_FAULTS)},"
                " and times=1 or more."
            )
        self._pending.setdefault(endpoint, deque()).extend([fault] * times)

    def next_fault(self, endpoint: FailingEndpoint) -> faults.Fault | None:
        """Take the fault that is due, if any."""
        pending = self._pending.get(endpoint)
        return _FAULTS[pending.popleft()]() if pending else None

    def remember(self, sent: Iterable[str]) -> None:
        """Keep what clients sent as secrets or tokens, although wrong: it is not to be told."""
        for secret in sent:
            unknown = secret not in self.secrets and self.tokens.find(secret) is None
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
        for secret in (*self.secrets, *self._sent):
            text = text.replace(secret, REDACTED)
        return self.tokens.redact(text)


def build_state(
    config: Config, packages: tuple[PackageConfig, ...], seed: int | str, catalogue: Catalogue
) -> TenantState:
    """Mint a tenant: the same one for the same arguments.

    Raises:
        ConfigError: the packages contradict each other, or a name cannot be a host's.
    """
    chance = Random(f"{seed}/tenant")  # noqa: S311 - must be repeatable
    subdomain = _subdomain(packages, _mint_subdomain(chance))
    enterprise_id, account_id = chance.sample(range(500_000_001, 600_000_000), 2)
    minted = enterprise_id, account_id
    mint = partial(_build_package, config=config, seed=seed, catalogue=catalogue, minted=minted)
    built = [mint(package) for package in packages]
    _refuse_twins(built)
    return TenantState(
        config=config,
        subdomain=subdomain,
        enterprise_id=enterprise_id,
        packages={package.name: package for package in built},
        urls=Urls.of_subdomain(subdomain),
        tokens=TokenStore(config, seed),
        clients={package.client_id: package for package in built},
        secrets=_spellings(secret for package in built for secret in package.secrets),
        mint=mint,
    )


def _build_package(
    given: PackageConfig,
    config: Config,
    seed: int | str,
    catalogue: Catalogue,
    minted: tuple[int, int],
) -> Package:
    # A stream of its own, so that one package's settings never move another's ids.
    chance = Random(f"{seed}/package/{given.name}")  # noqa: S311 - must be repeatable
    client_id, client_secret = _credentials(given, chance)
    enterprise_id, account_id = minted
    account_id = account_id if given.account_id is None else given.account_id
    scopes = catalogue.default_scopes if given.scopes is None else given.scopes
    return Package(
        name=given.name,
        type=given.type,
        client_id=client_id,
        client=fingerprint(client_id),
        client_secret=client_secret,
        secrets=frozenset(filter(None, (client_secret, given.staged_secret))),
        scopes=scopes,
        scope_text=catalogue.token_text(scopes),
        account_id=account_id,
        business_units=frozenset((account_id, *given.business_units)),
        unassigned=given.unassigned or config.unassigned,
        enabled=given.enabled,
        user_active=given.user_active,
        user_id=chance.randrange(600_000_001, 700_000_000),
        application_id=str(UUID(bytes=chance.randbytes(16), version=4)),
        claims=claims_of(client_id, enterprise_id, given.type),
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


def _credentials(given: PackageConfig, chance: Random) -> tuple[str, str]:
    # Minted even where given, so that what is minted next does not move.
    minted_id, minted_secret = _text(chance, _TO_LOWER, 24), _text(chance, _TO_MIXED, 24)
    client_id = minted_id if given.client_id is None else given.client_id
    client_secret = minted_secret if given.client_secret is None else given.client_secret
    if _CLIENT_ID.fullmatch(client_id) is None:
        raise ConfigError(
            f"client_id {client_id!r} cannot be written into a token. Use 1 to 64 visible ASCII"
            " characters; real ones are 24 lowercase letters and digits."
        )
    return client_id, client_secret


def _refuse_twins(packages: list[Package]) -> None:
    for what, values in (
        ("name", [package.name for package in packages]),
        ("client_id", [package.client_id for package in packages]),
    ):
        twins = [value for value, count in Counter(values).items() if count > 1]
        if twins:
            raise ConfigError(
                f"two packages of one tenant have the {what} {twins[0]!r}."
                f" Give each package a {what} of its own."
            )


def _mint_subdomain(chance: Random) -> str:
    return f"mc{_text(chance, _TO_LOWER, 15)}-{_text(chance, _TO_LOWER, 10)}"


def _text(chance: Random, alphabet: bytes, length: int) -> str:
    return chance.randbytes(length).translate(alphabet).decode()


def _stands(secret: str, text: str) -> bool:
    """Tell whether a secret that occurs in a text is more than a part of another word."""
    if len(secret) < _SENT_SECRET:
        return False
    alone = rf"(?<!\w){re.escape(secret)}(?!\w)"
    return len(secret) >= _LONG_SECRET or re.search(alone, text) is not None


def _spellings(secrets: Iterable[str]) -> tuple[str, ...]:
    """List the secrets as they are and as they look in a URL, the longest first."""
    spelt = {spelling for secret in secrets for spelling in (secret, quote(secret, safe=""))}
    return tuple(sorted(spelt, key=len, reverse=True))
