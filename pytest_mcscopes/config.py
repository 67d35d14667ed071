"""The settings, each as one frozen value, and the one place that checks them.

Doors lead here from ini keys, command line options, markers, the `mc_package`
fixture and `mc_cloud.tenant(...)`; a test keeps the doors equal.

Every run with a test of ours imports this module. Named tuples, because a
frozen dataclass takes longer to define than all else here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from .errors import ConfigError
from .ini_keys import INI_KEYS
from .words import did_you_mean, either

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .ini_keys import IniType

Enforce = Literal["documented", "all", "off"]
Trust = Literal["attested", "documented"]
Unassigned = Literal["reject", "drop"]
TokenForm = Literal["segments", "opaque"]
PackageType = Literal["server-to-server", "web-app", "public-app"]
RedirectUris = Literal["loopback", "vendor"]
Pkce = Literal["optional", "require"]
Rotation = Literal["grace", "strict", "reusable"]
RefreshTokens = Literal["always", "offline"]
NullScope = Literal["nothing", "omitted"]
Profile = Literal["nothing", "read_only", "all_but_send", "everything"]

FIRST_PACKAGE = "integration"
"""Name of the Installed Package that nobody has named."""
FIRST_USER = "Example User"
"""Name of the user that nobody has named."""


class Config(NamedTuple):
    """How every tenant of a test session behaves, unless a package says otherwise."""

    enforce: Enforce = "documented"
    """Which calls the REST host refuses for want of a scope."""
    trust: Trust = "attested"
    """Which rows of the catalogue are believed: "attested" also believes grade A and B."""
    unassigned: Unassigned = "reject"
    """What becomes of a requested scope that the package lacks."""
    token_form: TokenForm = "segments"
    """Tokens of 512 characters in four segments, or short opaque ones."""
    expires_in: int = 1079
    """The life in seconds that a token answer tells."""
    token_life: int = 1200
    """The life in seconds that a token has."""
    basic_auth: bool = False
    """Whether client credentials are taken from an HTTP Basic header too."""
    redirect_uris: RedirectUris = "loopback"
    """Whether packages may have redirect URIs that the vendor refuses: http, or localhost, on the
    loopback address."""
    pkce: Pkce = "optional"
    """Whether an authorize request must have a code challenge. One that is sent always counts."""
    null_scope: NullScope = "nothing"
    """What a request is granted whose `scope` is JSON null: nothing, or as if it were omitted. It
    is judged as omitted either way."""
    code_life: int = 300
    """The life in seconds of an authorization code."""
    refresh_life: int = 2_592_000
    """The life in seconds of a refresh token."""
    rotation: Rotation = "grace"
    """A used refresh token works for 5 more minutes, not at all, or for good."""
    refresh_tokens: RefreshTokens = "always"
    """Whether apps get a refresh token always, or with the scope `offline` only."""
    soap_silent: bool = False
    """Whether a SOAP read without its scope is answered OK with no rows."""
    soap_bytes: int = 1_048_576
    """How many bytes a SOAP envelope may have."""
    rules: tuple[str, ...] = ()
    """What the findings of a rule are, a line each: `MCS303=error`."""


class PackageConfig(NamedTuple):
    """One Installed Package with one API integration. None: minted or defaulted."""

    name: str = FIRST_PACKAGE
    scopes: frozenset[str] | None = None
    """What is assigned; None: every scope of the catalogue but `openid`. Empty: none."""
    type: PackageType = "server-to-server"
    client_id: str | None = None
    client_secret: str | None = None
    staged_secret: str | None = None
    """A second secret that works as well, as during a rotation."""
    account_id: int | None = None
    """MID of the business unit that the integration was created in."""
    business_units: tuple[int, ...] = ()
    """MIDs of the further business units that it is enabled in."""
    subdomain: str | None = None
    """Belongs to the tenant: every package that gives one must give the same."""
    unassigned: Unassigned | None = None
    enabled: bool = True
    """Whether the package is installed and enabled."""
    user_active: bool = True
    """Whether the service user "{name} app user" is active."""
    redirect_uris: tuple[str, ...] = ()
    """Where a web or public app is called back; empty: `https://127.0.0.1:80/`."""
    pkce: Pkce | None = None
    published: bool = False
    """Whether it is a published AppExchange app: it is told the tenant's subdomain, `tssd`."""

    def __repr__(self) -> str:
        """Tell no secret."""
        return f"<PackageConfig {self.name}>"


class UserConfig(NamedTuple):
    """A user of the tenant, and what the user may do."""

    name: str = FIRST_USER
    locale: str = "en-US"
    licensed: bool = True
    """Whether the user has a licence to the packages."""
    profile: Profile | None = None
    """One of our sets of permissions; None: everything, or nothing but what the others say."""
    permissions: tuple[int | str, ...] = ()
    """More of them: each an id, a scope, a family of scopes, or a name as `Email Send`."""
    without: tuple[int | str, ...] = ()
    """Fewer of them, said in the same way."""
    observed: tuple[Any, ...] = ()
    """Those of a real userinfo answer: `catalogue.model.Permission`, as read from its file."""


class Setting(NamedTuple):
    """One field of `Config` as an ini key or option."""

    help: str
    ini_type: IniType = "string"
    words: tuple[str, ...] = ()
    """The words that it may be, where it is one of few."""


WORDS = {
    "enforce": get_args(Enforce),
    "trust": get_args(Trust),
    "unassigned": get_args(Unassigned),
    "token_form": get_args(TokenForm),
    "redirect_uris": get_args(RedirectUris),
    "pkce": get_args(Pkce),
    "null_scope": get_args(NullScope),
    "rotation": get_args(Rotation),
    "refresh_tokens": get_args(RefreshTokens),
}
"""What a setting may be that is one of few words."""

SETTINGS = {
    name: Setting(told, ini_type, WORDS.get(name, ()))
    for name, (ini_type, told) in INI_KEYS.items()
}
"""By the names of `Config`'s fields. Never changed."""


def build_config(given: Mapping[str, object]) -> Config:
    """Make the session's settings of what ini keys and options say.

    Args:
        given: by the names of `Config`'s fields; None: not given.

    Raises:
        ConfigError: a value is none of the words that it may be, or no positive number.
    """
    known = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in given.items()
        if value is not None
    }
    for name, value in known.items():
        setting = SETTINGS[name]
        if setting.words and value not in setting.words:
            hint = did_you_mean(str(value), setting.words)
            raise ConfigError(f"mc_{name} must be {either(setting.words)}, got {value!r}.{hint}")
        if setting.ini_type == "int" and not (isinstance(value, int) and value > 0):
            unit = "" if name.startswith("soap_") else " of seconds"
            raise ConfigError(f"mc_{name} must be a positive number{unit}, got {value!r}.")
    return Config(**known)  # type: ignore[arg-type]  # checked above, name by name
