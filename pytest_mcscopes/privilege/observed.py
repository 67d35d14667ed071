"""What one test is answerable for: what it asked for, called and was denied, package by package."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from ..ledger.facts import USER_GRANTS, asks_for_everything
from .expectation import FLOW_SCOPES, OFFLINE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..ledger.facts import CallMade, TokenRequested
    from ..ledger.ledger import Entry, Ledger
    from .minimum import Scopes

NO_SCOPES: Scopes = frozenset()


class TenantActivity(NamedTuple):
    """One tenant, as a test saw it."""

    ledger: Ledger
    window: Sequence[Entry]
    packages: Mapping[str, frozenset[str]]
    """Name -> assigned scopes; the first is the package of a mark without `package=`."""
    assigned_in: Mapping[str, str] = MappingProxyType({})
    """Name -> where the manifest says what is assigned; empty: it does not."""
    apps: frozenset[str] = frozenset()
    """Names of the packages that act for users who log in: web and public apps."""
    alone: bool = False
    """Whether the tenant is this test's alone, so that what came before the window was for it."""
    earlier: Sequence[Entry] = ()
    """What the running test did before the window: a judged block begins later than its test."""

    @property
    def first_package(self) -> str:
        """Name of the package that a mark without `package=` judges."""
        return next(iter(self.packages))


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A request without `scope` after one of the same client that named scopes."""

    named: TokenRequested
    omitted: TokenRequested


class Login(NamedTuple):
    """The judged requests that ask for the same effective scopes, with their renewals."""

    scopes: frozenset[str]
    """What they ask for."""
    named: frozenset[str]
    """What of that they name; where `scope` is left out, nothing."""
    tokens: frozenset[str]
    """Fingerprints of the tokens that came of them."""


@dataclass(kw_only=True)
class Observed:
    """What one test is answerable for with one package, sorted by what the rules look at."""

    package: str
    """Its name; empty where the test had no tenant."""
    assigned: Scopes = NO_SCOPES
    assigned_in: str = ""
    """Where the manifest says so, as `mcscopes.toml:3`; empty: it does not."""
    is_app: bool = False
    """Whether it acts for users who log in."""
    requests: tuple[TokenRequested, ...] = ()
    """The judged requests, in order of arrival."""
    calls: tuple[CallMade, ...] = ()
    """The judged calls, in order of arrival."""
    logins: tuple[Login, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    inherited: tuple[TokenRequested, ...] = ()
    """The judged requests without `scope` that renew what no judged request asked for."""
    repeated: tuple[Repeated, ...] = ()
    insisted: tuple[Insisted, ...] = ()
    own_tokens: frozenset[str] = frozenset()
    """Which of the test's own doings gave tokens that were presented: issue_token, arrange."""
    uncompared: tuple[CallMade, ...] = ()
    """The calls for a user before the code had read v2/userinfo with a token of that user."""
    elsewhere: frozenset[str] = frozenset()
    """Where the test has an `arrange()` that was open elsewhere while something judged came."""
    started_in: frozenset[str] = frozenset()
    """Threads and tasks that sent something judged, with the earlier tests that started them."""
    unpresented: str | None = None
    """Where the code was granted a token that was never presented: a test, "between tests"."""
    made_in: frozenset[str] = frozenset()
    """The fixtures in which the judged requests were made; "" for what came at another time."""
    asked_in: str = ""
    """The fixture in which the code asked for a token last, if that was in this test's set-up."""
    own_request: str = ""
    """Whose doing it was, where the last request that was granted is the test's own."""

    requested: Scopes = field(init=False, default=NO_SCOPES)
    """The union of the effective scopes of the judged requests."""
    granted: Scopes | None = field(init=False, default=None)
    """What the tokens of the judged requests carry; None where all were refused."""
    naming: list[TokenRequested] = field(init=False, default_factory=list)
    """The judged requests that answer for what they ask for by name: those with `scope`, and the
    inherited ones."""
    named: Scopes = field(init=False, default=NO_SCOPES)
    """The union of what those ask for."""
    idle_flow: Scopes = field(init=False, default=NO_SCOPES)
    """Scopes of the flow itself that were named where that flow has no use for them."""
    omitting: list[TokenRequested] = field(init=False, default_factory=list)
    """The judged requests whose missing `scope` asked for everything assigned."""
    unreadable: list[TokenRequested] = field(init=False, default_factory=list)
    """The judged requests of which it cannot be known what they ask for."""
    remarks: list[str] = field(init=False, default_factory=list)
    """What the real service would not have taken, as was noted of the judged requests."""
    exposing: list[TokenRequested | CallMade] = field(init=False, default_factory=list)
    """The judged requests and calls with a secret or token in their URL."""
    authenticated: tuple[CallMade, ...] = field(init=False, default=())
    """The judged calls that presented a living token."""
    by_code: tuple[CallMade, ...] = field(init=False, default=())
    """Those with a token that the code asked for: a token of the test's own shows nothing."""
    allowed: tuple[CallMade, ...] = field(init=False, default=())
    """The calls of the code's own tokens that app and user may make, by the catalogue."""
    trusted: tuple[CallMade, ...] = field(init=False, default=())
    """The allowed calls whose rows may be judged by."""
    scope_denied: tuple[CallMade, ...] = field(init=False, default=())
    """The judged calls that needed more than the token had, and that nobody expects to."""
    user_denied: tuple[CallMade, ...] = field(init=False, default=())
    """The judged calls whose scopes would do, that the user may not make, and nobody expects.

    On a doubtful row such a call is let through, and counts as allowed too.
    """
    unmapped: tuple[CallMade, ...] = field(init=False, default=())
    """The judged calls of routes that the catalogue does not know."""

    def __post_init__(self) -> None:
        """Sort the requests and calls."""
        for request in self.requests:
            self._sort_request(request)
        self.naming += self.inherited
        for request in self.naming:
            self.named |= request.requested
            if request.grant_type == "client_credentials":
                self.idle_flow |= request.requested & FLOW_SCOPES
        if self.calls:
            self._sort_calls()

    def _sort_request(self, request: TokenRequested) -> None:
        self.requested |= request.requested
        if request.granted is not None:
            self.granted = request.granted | (self.granted or NO_SCOPES)
        if request.scope is not None:
            self.naming.append(request)
        elif asks_for_everything(request):
            self.omitting.append(request)
        if request.unreadable:
            self.unreadable.append(request)
        if request.exposed:
            self.exposing.append(request)
        if request.remark:
            self.remarks.append(request.remark)

    def _sort_calls(self) -> None:
        self.authenticated = tuple(each for each in self.calls if each.granted is not None)
        self.by_code = tuple(each for each in self.authenticated if not each.own)
        self.allowed = tuple(
            each for each in self.by_code if not (each.scope_denied or each.user_denied)
        )
        self.trusted = tuple(each for each in self.allowed if each.need.trusted)
        unexpected = [each for each in self.authenticated if not each.expected]
        self.scope_denied = tuple(each for each in unexpected if each.scope_denied)
        self.user_denied = tuple(
            each for each in unexpected if each.missing_permissions and not each.scope_denied
        )
        self.unmapped = tuple(each for each in self.calls if not each.need.mapped)
        self.exposing += filter(attrgetter("exposed"), self.calls)

    @property
    def kept(self) -> Scopes:
        """`offline` where a user lets the app act: without it no refresh outlives a log-out."""
        # A code or refresh token has what was asked for before, and asks for nothing.
        by_name = (each for each in self.requests if each.scope is not None)
        for_users = (each for each in (*by_name, *self.omitting) if each.grant_type in USER_GRANTS)
        return OFFLINE & NO_SCOPES.union(*(each.requested for each in for_users))


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """Two tokens for the same, of which the first was still good when the second came."""

    first: TokenRequested
    second: TokenRequested


@dataclass(frozen=True, slots=True, kw_only=True)
class Insisted:
    """A call that was denied, and a request for what its token had been asked for."""

    denied: CallMade
    again: TokenRequested
