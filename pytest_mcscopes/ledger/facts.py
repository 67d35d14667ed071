"""The facts that a simulated Marketing Cloud writes down.

No fact holds a secret or a token: a *fingerprint* stands for either, and text
that the client sent is redacted before it comes here.

What comes once in each request is a named tuple, which is made in a fifth of
the time of a frozen dataclass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from .shown import show_answer, show_scopes, show_words

if TYPE_CHECKING:
    from ..catalogue.call_requirements import CallRequirements

HostKind = Literal["auth", "rest", "soap"]

ADMIN = "admin"
"""Name of the package that is the test's own: what it does is never judged."""
INHERITING_GRANTS = frozenset({"authorization_code", "refresh_token"})
"""Where a request without `scope` asks for what its code or refresh token stands for. With any
other, known or not, the client names what it wants, and without `scope` asks for everything."""
USER_GRANTS = INHERITING_GRANTS | {"authorize"}
"""Where an app acts for a user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """A secret or token that came in a URL, which servers and proxies log."""

    what: Literal["secret", "token"]
    where: str
    """`the path` or `query parameter client_secret`; never the value."""


class TokenRequested(NamedTuple):
    """A token was asked for, or a user's consent to one, and granted or refused."""

    at: float
    """Seconds since the epoch, by the tenant's clock."""
    tenant: str
    """The tenant's subdomain."""
    package: str | None
    """Name of the Installed Package; None where the client id is unknown."""
    client: str
    """Fingerprint of the client id; empty where none was sent."""
    grant_type: str | None
    """As sent, and "authorize" for a request of v2/authorize; None where missing or unreadable."""
    scope: str | None
    """The parameter as sent; None where it was omitted, or JSON null."""
    requested: frozenset[str]
    """The effective scopes; where `scope` was omitted, everything assigned, or what the code or
    refresh token stands for."""
    assigned: frozenset[str]
    """What the package had been assigned at that moment."""
    granted: frozenset[str] | None
    """What the token carries; None where there was none: refused, or a code in its place."""
    token: str | None
    """Fingerprint of the issued access token."""
    account_id: int | None
    """The business unit's MID that the token is for; None where refused."""
    status: int
    """The HTTP status of the answer."""
    also_issued: tuple[str, ...] = ()
    """Fingerprints of the code or refresh token that was issued."""
    presented: str | None = None
    """Fingerprint of the code or refresh token that was presented."""
    user: str | None = None
    """Name of the user for whom the token acts; None where the client acts for itself."""
    expires_in: int = 0
    """The life of the token in seconds, as the answer says; 0 where refused."""
    error: str | None = None
    """`error`, or `errorcode` as text, of a refusal's body."""
    reason: str | None = None
    """Why it was refused, for the report: more than the answer says."""
    remark: str = ""
    """What the real service would not have taken, for the report."""
    null_scope: bool = False
    """Whether `scope` was sent as JSON null, which is judged as omitted."""
    unreadable: str = ""
    """Why it cannot be known what the request asks for; empty where it can."""
    is_probe: bool = False
    """Whether it is no POST and says neither who asks nor how: it asks for no scope."""
    exposed: tuple[Exposed, ...] = ()
    connection: int = 0
    """Which connection it came by, where it came by a port; else 0."""

    def __repr__(self) -> str:
        return f"<TokenRequested {self.show()}>"

    def show(self, answered: int | None = None) -> str:
        """Write it in a line for people; *answered*: the status, if the client got another."""
        sent = "no scope parameter" if self.scope is None else self.scope
        scope = sent if self.scope is None else f'scope="{show_words(sent.split())}"'
        user = f" for {self.user}" if self.user else ""
        request = f"token request ({self.grant_type or 'no grant type'}), {scope}{user}"
        return show_answer(request, answered or self.status, [self._outcome], self.package)

    @property
    def _outcome(self) -> str:
        if self.error:
            return f"{self.error}: {self.reason}" if self.reason else self.error
        if self.granted is None:
            return f"a code for {show_scopes(self.requested)}"
        return f"granted {show_scopes(self.granted)}"


def names_scopes(request: TokenRequested) -> bool:
    """Tell whether a request names scopes where leaving them out would ask for everything."""
    return request.scope is not None and request.grant_type not in INHERITING_GRANTS


def asks_for_everything(request: TokenRequested) -> bool:
    """Tell whether the request left `scope` out where that means everything assigned."""
    if request.scope is not None or request.grant_type in INHERITING_GRANTS:
        return False
    # Of one that cannot be read nothing is known but that, which MCS110 says.
    unknown = request.grant_type is None and request.unreadable
    return not (unknown or request.is_probe)


class CallMade(NamedTuple):
    """A REST, SOAP or userinfo request arrived."""

    at: float
    """Seconds since the epoch, by the tenant's clock."""
    tenant: str
    """The tenant's subdomain."""
    host: HostKind
    """The host that it came to: rest, soap or auth."""
    method: str
    """The HTTP method."""
    path: str
    """The path as sent, redacted, without its query."""
    need: CallRequirements
    """What the catalogue says that the call needs."""
    package: str | None
    """Name of the package that the token belongs to; None without a good token."""
    token: str | None
    """Fingerprint of what was presented as bearer; None where nothing was."""
    granted: frozenset[str] | None
    """What the token carries; None where the call was not authenticated."""
    used: frozenset[str]
    """The minimum, within `granted`, that the call needed; empty if denied or let through."""
    scope_denied: bool
    """By the catalogue's row, whatever the status: needed is not within granted."""
    status: int | None
    """Of our own answer; None where the call was admitted to the test's stub."""
    user: str | None = None
    """Name of the user for whom the token acts; None where the client acts for itself."""
    missing_permissions: tuple[str, ...] = ()
    """The permissions that the call needs and the user lacks: `152 TriggeredSendDefinition Create`.
    Empty too where the catalogue does not know which it needs."""
    user_denied: bool = False
    """By the catalogue's row, whatever the status: the user may not do this."""
    exposed: tuple[Exposed, ...] = ()
    expected: bool = False
    """Whether the test had said that it would be denied."""
    own: bool = False
    """Whether its token was the test's own: of `issue_token`, or of a request in `arrange`."""
    no_bearer: bool = False
    """Whether what was presented came without the word Bearer before it."""

    def __repr__(self) -> str:
        return f"<CallMade {self.show()}>"

    def show(self, answered: int | None = None) -> str:
        """Write it in a line for people; *answered*: the status, if the client got another."""
        row = f" ({self.need.label})" if self.host == "soap" else ""
        user = f" for {self.user}" if self.user else ""
        request = f"{self.method} {self.path}{row} with {self._bearer}{user}"
        outcomes = (
            f"lacks {show_scopes(self.lacks)}" if self.scope_denied else "",
            f"the user lacks {' and '.join(self.missing_permissions)}" if self.user_denied else "",
            f"used {show_scopes(self.used)}" if self.used else "",
            "" if self.need.mapped else "not in the catalogue",
        )
        return show_answer(request, answered or self.status, outcomes, self.package)

    @property
    def _bearer(self) -> str:
        if self.granted is not None:
            return show_scopes(self.granted)
        return "a token that is not good" if self.token else "no token"

    @property
    def lacks(self) -> frozenset[str]:
        """What the row names and the token does not carry."""
        return self.need.listed - (self.granted or frozenset())

    @property
    def right_unknown(self) -> bool:
        """Whether it is undetermined if the user may do this: the scope alone decided."""
        known = self.need.permission_ids or () in map(tuple, self.need.minimal_sets)
        return self.user is not None and self.need.mapped and not known

    @property
    def authenticated(self) -> bool:
        """Whether a token that lives was presented."""
        return self.granted is not None


Fact = TokenRequested | CallMade


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignUsed:
    """Something of another tenant, or of one that has ended, was used. Belongs to no tenant."""

    what: Literal["token", "client", "host", "name", "bearer", "fork"]
    """"name": a running tenant's host, looked up by what is not answered in process; "bearer": a
    token that no tenant of the session ever issued; "fork": this test's own tenant, called in
    process by a forked child."""
    name: str
    """What may be shown of it: a host name, or a fingerprint."""
    built_by: str | None
    """The test or fixture that built the tenant whose it is; None where no tenant ever had it.
    Of a "fork", the test in which the child was forked."""
    subdomain: str = ""
    """Of a "host" that no tenant ever had, or whose subdomain a test gave its tenant: that one."""
    started_in: str = ""
    """What used it, and the earlier test that had started that: `thread Thread-1 of test_a.py::..`;
    empty where none had."""
    call: str = ""
    """Of a "bearer", the call that presented it."""
    word: str = ""
    """Of a "bearer", the word that it is in place of a token: `None`."""
    reason: str = ""
    """Of a "name", why not even a library of which that is expected is answered; mostly empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A request to a Marketing Cloud that another tool took before it came to us."""

    host: str
    by: str
    """The tool's module or package; empty where it is not known."""
