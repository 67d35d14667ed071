"""What one test is answerable for: what it asked for, called and was denied, package by package."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ..ledger.facts import CallMade, TokenRequested, asks_for_everything

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..ledger.ledger import Entry, Ledger
    from .minimum import Scopes


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantActivity:
    """One tenant, as a test saw it."""

    ledger: Ledger
    window: Sequence[Entry]
    packages: Mapping[str, frozenset[str]]
    """Name -> assigned scopes; the first is the package of a mark without `package=`."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """The judged requests that ask for the same effective scopes, with their renewals."""

    scopes: frozenset[str]
    """What they ask for."""
    named: frozenset[str]
    """What of that they name; where `scope` is left out, nothing."""
    tokens: frozenset[str]
    """Fingerprints of the tokens that came of them."""


@dataclass(frozen=True, kw_only=True)  # no slots: what rules ask for many times is kept
class Observed:
    """What one test is answerable for with one package."""

    package: str
    """Its name; empty where the test had no tenant."""
    assigned: frozenset[str] = frozenset()
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

    @cached_property
    def requested(self) -> Scopes:
        """The union of the effective scopes of the judged requests."""
        return frozenset().union(*(request.requested for request in self.requests))

    @cached_property
    def granted(self) -> Scopes | None:
        """What the tokens of the judged requests carry; None where all were refused."""
        tokens = [each.granted for each in self.requests if each.granted is not None]
        return frozenset().union(*tokens) if tokens else None

    @cached_property
    def omitting(self) -> tuple[TokenRequested, ...]:
        """The judged requests whose missing `scope` asked for everything assigned."""
        return tuple(each for each in self.requests if asks_for_everything(each))

    @cached_property
    def authenticated(self) -> tuple[CallMade, ...]:
        """The judged calls that presented a living token."""
        return tuple(call for call in self.calls if call.authenticated)

    @cached_property
    def by_code(self) -> tuple[CallMade, ...]:
        """Those with a token that the code asked for: a token of the test's own shows nothing."""
        return tuple(call for call in self.authenticated if not call.own)

    @cached_property
    def allowed(self) -> tuple[CallMade, ...]:
        """The calls of the code's own tokens that app and user may make, by the catalogue."""
        return tuple(
            call for call in self.by_code if not call.scope_denied and not call.user_denied
        )

    @cached_property
    def trusted(self) -> tuple[CallMade, ...]:
        """The allowed calls whose rows may be judged by."""
        return tuple(call for call in self.allowed if call.need.trusted)

    @cached_property
    def scope_denied(self) -> tuple[CallMade, ...]:
        """The judged calls that needed more than the token had, and that nobody expects to."""
        return tuple(call for call in self.authenticated if call.scope_denied and not call.expected)

    @cached_property
    def user_denied(self) -> tuple[CallMade, ...]:
        """The judged calls whose scopes would do, that the user may not make, and nobody expects.

        On a doubtful row such a call is let through, and counts as allowed too.
        """
        return tuple(
            call
            for call in self.authenticated
            if call.missing_permissions and not call.scope_denied and not call.expected
        )


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
