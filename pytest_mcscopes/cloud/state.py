"""What one simulated tenant is: its packages, business units, URLs and tokens."""

from __future__ import annotations

import re
import string
from base64 import b64encode
from collections import Counter, deque
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote
from uuid import UUID

from ..config import PackageConfig
from ..errors import ConfigError
from ..ledger.facts import ADMIN
from .http import Urls
from .redirects import check_redirect_uri
from .tokens import REDACTED, TokenStore, claims_of, fingerprint
from .trouble import Troubles
from .users import Users

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..catalogue.catalogue import Catalogue
    from ..config import Config, PackageType, Pkce, Unassigned, UserConfig
    from .http import Request
    from .ordered import Endpoint
    from .users import User

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


_DEFAULT_REDIRECT_URI = "https://127.0.0.1:80/"


def _assign_nothing(package: Package, *_: object) -> None:
    raise ConfigError(f'package "{package.name}" is of no tenant whose packages could be changed.')


@dataclass(slots=True, eq=False, kw_only=True)
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
    redirect_uris: tuple[str, ...]
    """Where a web or public app is called back; compared to the letter."""
    pkce: Pkce
    published: bool
    on_assign: Callable[[Package, tuple[str, ...], float], None] = field(
        default=_assign_nothing, repr=False
    )
    """Changes what is assigned, for the tenant."""

    def assign(self, *scopes: str, lag: float = 0) -> None:
        """Assign just these scopes from now on, as in Setup; tokens that are out keep theirs.

        Args:
            scopes: scope ids.
            lag: seconds of Marketing Cloud's time until codes and tokens show it; the vendor
                tells of 5 minutes (documented).

        Raises:
            ConfigError: an unknown scope, or a negative lag.
        """
        self.on_assign(self, scopes, lag)


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

    def befall(self, endpoint: Endpoint, label: str = "", challenge: str = "") -> float:
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
        redirect_uris=_redirect_uris(given, config),
        pkce=given.pkce or config.pkce,
        published=given.published,
    )


def _redirect_uris(given: PackageConfig, config: Config) -> tuple[str, ...]:
    """Take those that the vendor takes, and by default those of a local test too."""
    for uri in given.redirect_uris if config.redirect_uris == "vendor" else ():
        if why := check_redirect_uri(uri):
            raise ConfigError(
                f'package "{given.name}": Marketing Cloud refuses the redirect URI {uri}: {why}.'
                " Use one like https://app.example.com/callback, or let mc_redirect_uris be"
                ' "loopback".'
            )
    is_app = given.type != "server-to-server"
    return given.redirect_uris or ((_DEFAULT_REDIRECT_URI,) if is_app else ())


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


def _secrets_of(package: Package) -> Iterable[str]:
    """List a package's secrets, plain and as a header of HTTP Basic has them."""
    for secret in package.secrets:
        yield secret
        yield b64encode(f"{package.client_id}:{secret}".encode()).decode()


def _spellings(secrets: Iterable[str]) -> tuple[str, ...]:
    """List the secrets as they are and as they look in a URL, the longest first."""
    spelt = {spelling for secret in secrets for spelling in (secret, quote(secret, safe=""))}
    return tuple(sorted(spelt, key=len, reverse=True))
