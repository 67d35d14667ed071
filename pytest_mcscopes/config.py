"""The settings, each as one frozen value, and the one place that checks them.

Doors lead here from ini keys, command line options, markers, the `mc_package`
fixture and `mc_cloud.tenant(...)`; a test keeps the doors equal.

Every run with a test of ours imports this module. Named tuples, because a
frozen dataclass takes longer to define than all else here.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from .errors import ConfigError
from .words import did_you_mean, either

if TYPE_CHECKING:
    from collections.abc import Mapping

Enforce = Literal["documented", "all", "off"]
Trust = Literal["attested", "documented"]
Guard = Literal["tests", "always", "off"]
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
    """How every tenant of a test session behaves, unless a package says otherwise.

    What each setting means is written in `ini_keys`: pytest's `--help` needs it in every test run,
    which is to be spared the making of this class.
    """

    enforce: Enforce = "documented"
    trust: Trust = "attested"
    guard: Guard = "tests"
    unassigned: Unassigned = "reject"
    token_form: TokenForm = "segments"
    expires_in: int = 1079
    token_life: int = 1200
    basic_auth: bool = False
    redirect_uris: RedirectUris = "loopback"
    pkce: Pkce = "optional"
    null_scope: NullScope = "nothing"
    code_life: int = 300
    refresh_life: int = 2_592_000
    rotation: Rotation = "grace"
    refresh_tokens: RefreshTokens = "always"
    soap_silent: bool = False
    soap_bytes: int = 1_048_576
    rules: tuple[str, ...] = ()
    data_dir: str = ".mcscopes"
    fail_unjudged: bool = False
    fail_unmarked: bool = False
    gate: bool = False
    gate_partial: bool = False


class PackageConfig(NamedTuple):
    """One Installed Package with one API integration. None: minted or defaulted."""

    name: str = FIRST_PACKAGE
    """By what marks and `tenant.packages[name]` find it."""
    scopes: frozenset[str] | None = None
    """What is assigned; None: every scope of the catalogue but `openid`. Empty: none."""
    type: PackageType = "server-to-server"
    """What kind of API integration it has: an app acts for a user who logs in."""
    client_id: str | None = None
    """For code that has its own written in it; None: a made-up one."""
    client_secret: str | None = None
    """The same of its secret."""
    staged_secret: str | None = None
    """A second secret that works as well, as during a rotation."""
    account_id: int | None = None
    """MID of the business unit that the integration was created in."""
    business_units: tuple[int, ...] = ()
    """MIDs of the further business units that it is enabled in."""
    subdomain: str | None = None
    """Belongs to the tenant: every package that gives one must give the same."""
    unassigned: Unassigned | None = None
    """What becomes of a requested scope that it lacks; None: what mc_unassigned says."""
    enabled: bool = True
    """Whether the package is installed and enabled."""
    user_active: bool = True
    """Whether the service user "{name} app user" is active."""
    redirect_uris: tuple[str, ...] = ()
    """Where a web or public app is called back; empty: `https://127.0.0.1:80/`."""
    pkce: Pkce | None = None
    """Whether an app must send a code challenge; None: what mc_pkce says."""
    published: bool = False
    """Whether it is a published AppExchange app: it is told the tenant's subdomain, `tssd`."""
    assigned_in: str = ""
    """Where the manifest says what is assigned, as `mcscopes.toml:3`; empty: nothing is of it."""

    def __repr__(self) -> str:
        """Tell no secret."""
        return f"<PackageConfig {self.name}>"


class UserConfig(NamedTuple):
    """A user of the tenant, and what the user may do."""

    name: str = FIRST_USER
    """By what `authorize(url, user=...)` and `tenant.users[name]` find the user."""
    locale: str = "en-US"
    """What v2/userinfo says of it."""
    licensed: bool = True
    """Whether the user has a licence to the packages."""
    profile: Profile | None = None
    """One of our sets of permissions; None: everything, or nothing but what the others say."""
    permissions: tuple[int | str, ...] = ()
    """More of them: each an id, a scope, a family of scopes, or a name as `Email Send`."""
    without: tuple[int | str, ...] = ()
    """Fewer of them, said in the same way."""
    observed: tuple[Any, ...] = ()
    """Those of a real answer of v2/userinfo, as read from its file."""


@cache
def setting_types() -> Mapping[str, Any]:
    """Read the type of each setting off `Config`, for those who check what is given."""
    return get_type_hints(Config)


def words_of(setting: str) -> tuple[str, ...]:
    """List what a setting may be that is one of few words; () for any other."""
    hint = setting_types()[setting]
    return get_args(hint) if get_origin(hint) is Literal else ()


def build_config(given: Mapping[str, object]) -> Config:
    """Make the session's settings of what ini keys and options say; None: not given.

    Raises:
        ConfigError: a value is none of the words that it may be, or no positive number.
    """
    known = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in given.items()
        if value is not None
    }
    for name, value in known.items():
        words = words_of(name)
        if words and value not in words:
            hint = did_you_mean(str(value), words)
            raise ConfigError(f"mc_{name} must be {either(words)}, got {value!r}.{hint}")
        if setting_types()[name] is int and not (isinstance(value, int) and value > 0):
            unit = "" if name.startswith("soap_") else " of seconds"
            raise ConfigError(f"mc_{name} must be a positive number{unit}, got {value!r}.")
    if not known.get("data_dir", True):
        raise ConfigError("mc_data_dir must name a folder, as .mcscopes, got ''.")
    return Config(**known)  # type: ignore[arg-type]  # checked above, name by name
