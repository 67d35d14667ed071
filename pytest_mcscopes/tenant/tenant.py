"""What a test holds of a simulated Marketing Cloud tenant."""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import TYPE_CHECKING, Unpack

from ..arguments.calls import takes
from ..arguments.keywords import FLAG, NAME, TEXT, Kind
from ..cloud.fault_queue import fault_details
from ..errors import ConfigError
from .block_arguments import read_block, read_findings, scopes_of_block
from .calling_place import calling_place, place_of_call
from .environment import infixes_of, settings_of, without_proxy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import AbstractContextManager

    from ..cloud.fault_order import FaultName
    from ..cloud.fault_queue import Details as FaultDetails
    from ..cloud.http import Urls
    from ..cloud.packages import Package
    from ..cloud.users import User
    from ..ledger.ledger import Ledger
    from ..privilege.expectation import Match
    from ..stubs.rest import Router
    from ..stubs.soap import SoapStubs
    from .clock import Clock
    from .core import TenantCore

    UserLike = User | str | Mapping[str, object] | None

PREFIX = Kind(lambda value: isinstance(value, str), 'a text, as "MC_"', or_none=False)
SCOPES = Kind(lambda value: hasattr(value, "__iter__"), 'a list, as scopes=["email_send"]')


class Tenant:
    """One tenant of Marketing Cloud: its hosts, packages, clock and log.

    A test may have it more than once, by other URLs: it is the same tenant.
    """

    def __init__(self, core: TenantCore, urls: Urls | None = None) -> None:
        """Give a test its hand on a tenant, with the URLs of the door by which it finds it."""
        self._core = core
        self._urls = urls or core.state.urls

    @property
    def clock(self) -> Clock:
        """Marketing Cloud's time, for this tenant alone."""
        return self._core.clock

    @property
    def ledger(self) -> Ledger:
        """What happened so far."""
        return self._core.ledger

    def __repr__(self) -> str:
        return f"<Tenant {self.subdomain} with {', '.join(self.packages)}>"

    @property
    def auth_url(self) -> str:
        """Base URL of the auth host, with trailing slash."""
        return self._urls.auth_url

    @property
    def rest_url(self) -> str:
        """Base URL of the REST host, with trailing slash; the `rest_instance_url` of tokens."""
        return self._urls.rest_url

    @property
    def soap_url(self) -> str:
        """Base URL of the SOAP host, with trailing slash; the `soap_instance_url` of tokens."""
        return self._urls.soap_url

    @property
    def subdomain(self) -> str:
        """What the three hosts begin with."""
        return self._core.state.subdomain

    @property
    def enterprise_id(self) -> int:
        """MID of the enterprise, the EID."""
        return self._core.state.enterprise_id

    @property
    def packages(self) -> Mapping[str, Package]:
        """The Installed Packages by name, in the order written."""
        return MappingProxyType(self._core.state.packages)

    @property
    def package(self) -> Package:
        """The Installed Package; of several the first."""
        return next(iter(self._core.state.packages.values()))

    @property
    def admin(self) -> Package:
        """A package with every scope for what is the test's own: its traffic is never judged."""
        with self._core.turn:
            return self._core.state.admin

    @property
    def client_id(self) -> str:
        """The package's client id."""
        return self.package.client_id

    @property
    def client_secret(self) -> str:
        """The package's client secret."""
        return self.package.client_secret

    @property
    def account_id(self) -> int:
        """MID of the business unit that the package was created in."""
        return self.package.account_id

    @property
    def rest(self) -> Router:
        """Stubs for the REST host, in respx's routing language.

        Only calls that the cloud lets through are asked of them; one that no
        stub matches is answered 200 `{}`.
        """
        return self._core.rest.router

    @property
    def soap(self) -> SoapStubs:
        """Stubs for the SOAP host, and the calls that it let through.

        A call that no stub fits is answered OK, with nothing in it.
        """
        return self._core.soap

    @property
    def users(self) -> Mapping[str, User]:
        """The users by name, in the order written."""
        return self._core.state.users.by_name

    @property
    def user(self) -> User:
        """Who logs in where nobody else is named; of several users the first."""
        return self._core.state.users.first

    @takes("environment", prefix=PREFIX, package=TEXT)
    def environment(self, prefix: str = "MC_", *, package: str | None = None) -> dict[str, str]:
        """Give the settings that most integrations read, by usual names.

        `os.environ | tenant.environment()` is the environment of a subprocess: at a real
        port there is `NO_PROXY` too, with the hosts that it lists already.

        Args:
            prefix: what the names begin with.
            package: whose settings; None: those of the first package, and of each further one
                with its name, as `MC_WEB_CLIENT_ID`.

        Raises:
            ConfigError: an unknown package, or two whose names would become the same.
        """
        infixes = infixes_of(self.packages) if package is None else {package: ""}
        settings = {
            f"{prefix}{infix}{setting}": value
            for name, infix in infixes.items()
            for setting, value in self._settings_of(name).items()
        }
        at_ports = self._urls != self._core.state.urls
        return settings | (without_proxy(self._urls, os.environ) if at_ports else {})

    def _settings_of(self, name: str) -> dict[str, str]:
        package = self._core.find_package(name, "environment")
        return settings_of(package, self._urls, self.subdomain, self.enterprise_id)

    @takes("issue_token", scopes=SCOPES, package=TEXT)
    def issue_token(
        self,
        scopes: Iterable[str] | None = None,
        *,
        package: str | None = None,
        user: UserLike = None,
    ) -> str:
        """Issue a token without a request, for code that is handed one.

        The request is the test's own doing and is never judged; what the code
        calls with the token is.

        Args:
            scopes: what the token carries; None: everything assigned, empty: nothing.
            package: name of the package; None: the first.
            user: for whom it acts, where the package is a web or public app: as for `log_in`.

        Raises:
            ConfigError: an unknown package, scope or user, a scope that the package is not
                assigned, or a user where the package acts for itself.
        """
        self._core.links.refuse_in_child("issue_token")
        owner = self.package if package is None else self._core.find_package(package, "issue_token")
        carried = None if scopes is None else self._core.read_scopes(scopes, "issue_token")
        acting = None if user is None else self._core.browser.user_of(user, "issue_token")
        with self._core.turn:
            return self._core.cloud.issue_token(owner, carried, self.clock.now(), acting)

    @takes("log_in")
    def log_in(self, user: UserLike = None) -> User:
        """Let a user sit at the browser: who next comes to v2/authorize is logged in as them.

        Args:
            user: a name, the keywords of `mc_user` as a mapping, or what this gave before; None:
                the first.

        Raises:
            ConfigError: no such user, or a keyword makes no sense.
        """
        self._core.links.refuse_in_child("log_in")
        someone = self._core.browser.user_of(user, "log_in")
        self._core.log_in(someone)
        return someone

    @takes("authorize")
    def authorize(self, url: str, user: UserLike = None) -> str:
        """Follow the app's link to v2/authorize as a browser does, and log in.

        The request is judged, since the app built it.

        Args:
            url: where the app sends the browser.
            user: who logs in, as for `log_in`; None: who sits at the browser.

        Returns:
            The whole call-back address, with `code` and `state` or `error`.

        Raises:
            ConfigError: no such user.
            McScopesError: the URL is not the tenant's, or an answer that is no redirect: the
                client id or redirect URI is wrong.
        """
        self._core.links.refuse_in_child("authorize")
        someone = None if user is None else self._core.browser.user_of(user, "authorize")
        return self._core.browser.go(url, someone)

    @takes("deny")
    def deny(self) -> None:
        """Let the user say no, once: the next call-back has `error=access_denied`."""
        self.fail_next("authorize", "denied")

    @takes("log_out")
    def log_out(self, user: UserLike = None) -> None:
        """Log a user out: their tokens end, but for those with the scope `offline` (documented).

        Raises:
            ConfigError: no such user.
        """
        self._core.links.refuse_in_child("log_out")
        with self._core.turn:
            self._core.state.tokens.log_out(self._core.browser.user_of(user, "log_out"))

    @takes("revoke", token=NAME)
    def revoke(self, token: str) -> None:
        """End an access token, or a refresh token with all that came of the same log-in.

        Raises:
            ConfigError: the tenant never issued it.
        """
        self._core.links.refuse_in_child("revoke")
        with self._core.turn:
            issued = self._core.state.tokens.revoke(token)
        if not issued:
            raise ConfigError(
                "revoke: the tenant never issued this token. Give the text of an access token or a"
                " refresh token of one of its answers."
            )

    @takes("arrange", everywhere=FLAG)
    def arrange(self, *, everywhere: bool = False) -> AbstractContextManager[None]:
        """Mark the block's traffic as set-up: it is answered and recorded, never judged.

        It belongs to the task or thread that opens it, and to the tasks and
        `asyncio.to_thread` calls that are started in it. What comes over a port
        cannot be told apart: all of it is set-up meanwhile.

        Args:
            everywhere: take all traffic of the tenant for set-up meanwhile, for set-up through a
                pool, a thread or a live server in this process.
        """
        self._core.links.refuse_in_child("arrange")
        return self.ledger.arranging(everywhere=everywhere, place=place_of_call())

    @takes("judged")
    def judged(
        self, *scopes: str, match: Match = "exact", package: str | None = None
    ) -> AbstractContextManager[None]:
        """Judge a block as `mc_scopes` judges a test, whatever marks the test has.

        A mark of the test judges what happens in the block as well: a block can
        say more than its test, and never less.

        Args:
            scopes: the minimum that the code under test may request in the block.
            match: "exact", "at_most" or "at_least".
            package: name of the package that is judged; None: the first.

        Raises:
            ConfigError: an unknown scope, match or package.
            McScopesError: at its beginning, if it stands in another one.
            ScopeAssertionError: at its end, if the code asks for the wrong rights.
        """
        self._core.links.refuse_in_child("judged")
        mark = read_block(scopes, match, package, self.packages, self._core.state.catalogue)
        return self._core.blocks.judged(mark)

    @takes("expect_findings")
    def expect_findings(self, *rules: str) -> AbstractContextManager[None]:
        """Expect that judged blocks of the tenant in this block find just this.

        Their error is taken, whatever else becomes of it: it fails the test no more.

        Args:
            rules: ids of the findings, such as "MCS102".

        Raises:
            ConfigError: no id, or an unknown one.
            ScopeAssertionError: at the block's end, if one did not come, or another error did.
        """
        origin = f"mc_tenant.expect_findings(...), {calling_place()}"
        return self._core.blocks.expect(read_findings(rules), origin)

    @takes("expect_denied", everywhere=FLAG)
    def expect_denied(self, *scopes: str, everywhere: bool = False) -> AbstractContextManager[None]:
        """Expect that a call in the block is denied as its token lacks one of these scopes.

        Without scopes, any denial will do.

        Such denials are no MCS201 then; others still are. What counts is what the
        call needs, whatever its status. It belongs to the task or thread that
        opens it, as `arrange()` does.

        Args:
            scopes: one of which the call's token is to lack.
            everywhere: take calls of other tasks and threads too, such as those of a pool.

        Raises:
            ConfigError: an unknown scope.
            ScopeAssertionError: at the block's end, if no such call came.
        """
        self._core.links.refuse_in_child("expect_denied")
        wanted = scopes_of_block(scopes, "expect_denied", self._core.state.catalogue)
        origin = f"mc_tenant.expect_denied(...), {calling_place()}"
        return self._core.blocks.denied(wanted, origin, everywhere=everywhere)

    @takes("fail_next", fault_details)
    def fail_next(
        self, target: str, fault: FaultName | int, **details: Unpack[FaultDetails]
    ) -> None:
        """Make something go wrong for the next requests, whoever sends them.

        An order that never happens fails the test at its end.

        Args:
            target: "token", "userinfo", "rest", "soap", "authorize", or a route of the REST host as
                "POST /messaging/v1/email/messages/{messageKey}", or as it is called.
            fault: "unauthorized" (401), "rate_limited" (429, errorcode 50100, Retry-After: 5),
                "blocked" (429, errorcode 50200, without Retry-After), "unavailable" (503), a status
                from 500 to 599, "slow" (answered later by Marketing Cloud's time), "timeout",
                "reset", "malformed", "truncated" or "wrong_content_type" (200 all the same);
                "dropped_scope" (of a token); "denied" (of an authorize request).
            details: `times=1`, `after=0` (how many pass before), `retry_after=` (seconds, or None,
                of a 429), `seconds=30` (of "slow"), `scope=` (of "dropped_scope").

        Raises:
            ConfigError: it could never happen.
        """
        self._core.links.refuse_in_child("fail_next")
        placed: FaultDetails = {"origin": calling_place(), **details}
        with self._core.turn:
            self._core.state.fault_queue.order(target, fault, **placed)
        self._core.links.on_change(self._core)
