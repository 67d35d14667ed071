"""Installed Packages: their credentials, their scopes, and what their tokens say of them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from ..arguments.calls import takes
from ..arguments.keywords import NUMBER
from ..errors import ConfigError
from .fingerprints import fingerprint
from .http import write_json
from .ids import TO_LOWER, TO_MIXED, make_noise, pick_number, write_guid
from .redirect_uris import check_redirect_uri

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..catalogue.catalogue import Catalogue
    from ..config import Config, PackageConfig, PackageType, Pkce, Unassigned

    OnAssign = Callable[["Package", tuple[str, ...], float], None]
    """Package, scopes and lag in seconds."""


# The id is written into a token of 512 characters; real ones have 24.
_CLIENT_ID = re.compile(r"[!-~]{1,64}")
_DEFAULT_REDIRECT_URI = "https://127.0.0.1:80/"


def assign_nothing(package: Package, *_: object) -> None:
    """Refuse to change a package: it is of no tenant, or the admin's."""
    raise ConfigError(f'package "{package.name}" is of no tenant whose packages could be changed.')


@dataclass(slots=True, eq=False, kw_only=True)
class Package:
    """One Installed Package with one API integration."""

    name: str
    """By what marks and `tenant.packages[name]` find it."""
    type: PackageType
    """The kind of its API integration: server-to-server, web-app or public-app."""
    client_id: str
    """What the code is configured with."""
    client: str
    """Fingerprint of the client id."""
    client_secret: str = field(repr=False)
    """The secret that is active."""
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
    redirect_uris: tuple[str, ...]
    """Where a web or public app is called back; compared to the letter."""
    pkce: Pkce
    published: bool
    assigned_in: str
    """Where the manifest says what is assigned; empty: a test does, or it is the default."""
    on_assign: OnAssign = field(default=assign_nothing, repr=False)
    """Changes what is assigned, for the tenant."""

    @takes("assign", lag=NUMBER)
    def assign(self, *scopes: str, lag: float = 0) -> None:
        """Assign just these scopes from now on, as in Setup; tokens that are out keep theirs.

        What a test's body assigns ends with the test, whoever shares the tenant; what a fixture
        assigns stays.

        Args:
            scopes: scope ids.
            lag: seconds of Marketing Cloud's time until codes and tokens show it; the vendor
                tells of 5 minutes (documented).

        Raises:
            ConfigError: an unknown scope, or a negative lag.
        """
        self.on_assign(self, scopes, lag)


_Changes = list[tuple[float, Package, frozenset[str]]]
"""From when on which package has which scopes."""


class AssignedLater:
    """Changes of what packages are assigned, and from when on they count."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._changes: _Changes = []
        self._before: list[tuple[_Changes, Package, tuple[frozenset[str], str, str]]] = []
        """What was to come, and what a package had, before each change that is to be undone."""

    def keep(self, package: Package) -> None:
        """Note what a package has, for `undo`."""
        now = package.scopes, package.scope_text, package.assigned_in
        self._before.append(([*self._changes], package, now))

    def undo(self) -> None:
        """Let all packages have what they had when each was kept first, if any was."""
        while self._before:
            self._changes, package, before = self._before.pop()
            package.scopes, package.scope_text, package.assigned_in = before

    def assign(self, package: Package, scopes: frozenset[str], at: float) -> None:
        """Assign just these scopes to a package from a moment on, whatever was to come after it."""
        self._changes = [each for each in self._changes if each[0] < at or each[1] is not package]
        self._changes.append((at, package, scopes))
        self._changes.sort(key=lambda each: each[0])

    def apply_due(self, at: float) -> None:
        """Apply the changes that are due by now, in their order."""
        while self._changes and self._changes[0][0] <= at:
            _, package, scopes = self._changes.pop(0)
            package.scopes, package.scope_text = scopes, self._catalogue.token_text(scopes)
            package.assigned_in = ""


def build_package(
    given: PackageConfig,
    config: Config,
    seed: int | str,
    catalogue: Catalogue,
    account_id: int,
    *,
    on_assign: OnAssign = assign_nothing,
) -> Package:
    """Make a package; *account_id* is its business unit where it is given none."""
    # Of its own, so that one package's settings never move another's ids.
    noise = make_noise(f"{seed}/package/{given.name}")
    client_id, client_secret = _credentials(given, noise)
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
        user_id=pick_number(noise[48:], 600_000_001),
        application_id=write_guid(noise[48:]),
        redirect_uris=_redirect_uris(given, config),
        pkce=given.pkce or config.pkce,
        published=given.published,
        assigned_in=given.assigned_in,
        on_assign=on_assign,
    )


def _redirect_uris(given: PackageConfig, config: Config) -> tuple[str, ...]:
    """Take those that the vendor takes, and by default those of a local test too."""
    if not given.redirect_uris:
        return () if given.type == "server-to-server" else (_DEFAULT_REDIRECT_URI,)
    for uri in given.redirect_uris if config.redirect_uris == "vendor" else ():
        if why := check_redirect_uri(uri):
            raise ConfigError(
                f'package "{given.name}": Marketing Cloud refuses the redirect URI {uri}: {why}.'
                " Use one like https://app.example.com/callback, or let mc_redirect_uris be"
                ' "loopback".'
            )
    return given.redirect_uris


def _credentials(given: PackageConfig, noise: bytes) -> tuple[str, str]:
    client_id, client_secret = given.client_id, given.client_secret
    if client_id is None:
        client_id = noise[:24].translate(TO_LOWER).decode()
    elif _CLIENT_ID.fullmatch(client_id) is None:
        raise ConfigError(
            f"client_id {client_id!r} cannot be written into a token. Use 1 to 64 visible ASCII"
            " characters; real ones are 24 lowercase letters and digits."
        )
    if client_secret is None:
        client_secret = noise[24:48].translate(TO_MIXED).decode()
    return client_id, client_secret


def refuse_twins(packages: list[Package]) -> None:
    """Refuse packages that share a name or a client id."""
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


STACK_KEY = "S0"
CLIENT_TYPES: Mapping[PackageType, str] = {
    "server-to-server": "ServerToServer",
    "web-app": "Confidential",
    "public-app": "Public",
}
"""As a token's payload spells them."""


@lru_cache(maxsize=64)
def claims_of(client_id: str, enterprise_id: int, package_type: PackageType) -> bytes:
    """Write the part of a token's payload that stays the same for one client."""
    return (
        f'"client_id":{write_json(client_id)},"eid":{enterprise_id},"stack_key":"{STACK_KEY}",'
        f'"platform_version":2,"client_type":"{CLIENT_TYPES[package_type]}"}}'
    ).encode()
