"""A simulated Marketing Cloud tenant, and the test's hand on it."""

from __future__ import annotations

import os
from copy import copy
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, Unpack

from ..cloud.cloud import Cloud
from ..cloud.http import Admitted, Response
from ..errors import ConfigError, McScopesError
from ..ledger.facts import ADMIN
from ..ledger.ledger import Ledger
from ..privilege.observed import TenantActivity
from ..settings.scopes import read_scopes
from ..stubs.authors import StubAuthors
from ..stubs.rest import Stubs
from .blocks import Blocks, calling_place, place_of_call, read_block, read_findings, scopes_of_block
from .browser import Browser
from .clock import Clock
from .environment import infixes_of, settings_of, without_proxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager

    from ..catalogue.catalogue import Catalogue
    from ..cloud.fault_order import FaultName
    from ..cloud.fault_queue import Details as FaultDetails
    from ..cloud.http import Request, Urls
    from ..cloud.packages import Package
    from ..cloud.state import TenantState
    from ..cloud.users import User
    from ..ledger.ledger import Entry
    from ..privilege.expectation import Match
    from ..stubs.rest import Router
    from ..stubs.soap import SoapStubs

    UserLike = User | str | Mapping[str, object] | None


class Tenant:
    """One tenant of Marketing Cloud: its hosts, packages, clock and log.

    The same object stands behind every door that a test opens to it.
    """

    def __init__(self, state: TenantState, catalogue: Catalogue) -> None:
        self.clock = Clock()
        """Marketing Cloud's time, for this tenant alone."""
        self.ledger = Ledger()
        """What happened so far."""
        self._state = state
        self._urls = state.urls
        self._catalogue = catalogue
        self._cloud = Cloud(state, catalogue, self.ledger.append, lambda: self.soap)
        self._soap: list[SoapStubs] = []
        self._visited: list[User | None] = []
        self.in_fixture: Callable[[], bool] = bool
        """Tells, for the session, whether a fixture is being set up."""
        self.on_request: Callable[[], object] = bool
        """Hears, for the session, that a request arrives."""
        self.on_change: Callable[[], object] = bool
        """Hears, for the session, of what the next test is not to find: visits and orders."""
        self.in_child: Callable[[], bool] = bool
        """Tells, for the session, whether this runs in a forked child of the test's process."""
        self.authors = StubAuthors(self.ledger)
        """Tells, for the session, of stubs that another test left."""
        self._stubs = Stubs(state.urls.rest_url, catalogue.template_of, self.authors)
        self._blocks = Blocks(self.ledger)
        self._turn = Lock()
        self._browser = Browser(state, catalogue, self.ledger, self._visit)
        for package in state.packages.values():
            package.on_assign = self._assign

    def behind(self, urls: Urls) -> Tenant:
        """Give the same tenant as it is found by another door: only the URLs differ."""
        self._stubs.also_at(urls.rest_url)
        self._browser.bases.append(urls.auth_url)
        other = copy(self)
        other._urls = urls  # noqa: SLF001 - one of us
        return other

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
        return self._state.subdomain

    @property
    def enterprise_id(self) -> int:
        """MID of the enterprise, the EID."""
        return self._state.enterprise_id

    @property
    def packages(self) -> Mapping[str, Package]:
        """The Installed Packages by name, in the order written."""
        return MappingProxyType(self._state.packages)

    @property
    def package(self) -> Package:
        """The Installed Package; of several the first."""
        return next(iter(self._state.packages.values()))

    @property
    def admin(self) -> Package:
        """A package with every scope for what is the test's own: its traffic is never judged."""
        with self._turn:
            return self._state.admin

    @property
    def clients(self) -> frozenset[str]:
        """Fingerprints of the client ids of all packages, the admin's too."""
        return frozenset(package.client for package in self._state.clients.values())

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
        return self._stubs.router

    @property
    def soap(self) -> SoapStubs:
        """Stubs for the SOAP host, and the calls that it let through.

        A call that no stub fits is answered OK, with nothing in it.
        """
        if not self._soap:
            from ..stubs.soap import SoapStubs  # noqa: PLC0415 - few tests speak SOAP

            # Asked for within a request too: not under the lock of those.
            self._soap.append(SoapStubs(self._catalogue, self.authors))
        return self._soap[0]

    @property
    def stubs(self) -> Stubs:
        """What the doors ask for the test's answers."""
        return self._stubs

    @property
    def blocks(self) -> Blocks:
        """The judged blocks, and those of a denial, which the session looks after."""
        return self._blocks

    @property
    def users(self) -> Mapping[str, User]:
        """The users by name, in the order written."""
        return self._state.users.by_name

    @property
    def user(self) -> User:
        """Who logs in where nobody else is named; of several users the first."""
        return self._state.users.first

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
        at_ports = self._urls != self._state.urls
        return settings | (without_proxy(self._urls, os.environ) if at_ports else {})

    def _settings_of(self, name: str) -> dict[str, str]:
        package = self._package_named(name, "environment")
        return settings_of(package, self._urls, self.subdomain, self.enterprise_id)

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
        self._refuse_in_child("issue_token")
        owner = self.package if package is None else self._package_named(package, "issue_token")
        carried = None if scopes is None else self._read_scopes(scopes, "issue_token")
        acting = None if user is None else self._browser.user_of(user, "issue_token")
        with self._turn:
            return self._cloud.issue_token(owner, carried, self.clock.now(), acting)

    def log_in(self, user: UserLike = None) -> User:
        """Let a user sit at the browser: who next comes to v2/authorize is logged in as them.

        Args:
            user: a name, the keywords of `mc_user` as a mapping, or what this gave before; None:
                the first.

        Raises:
            ConfigError: no such user, or a keyword makes no sense.
        """
        self._refuse_in_child("log_in")
        visitor = self._browser.user_of(user, "log_in")
        before = self._state.set_browser_user(visitor)
        if not self.in_fixture():
            self._visited.append(before)
            self.on_change()
        return visitor

    def forget_visits(self) -> None:
        """Let sit at the browser again who sat there before a test logged others in."""
        if self._visited:
            self._state.set_browser_user(self._visited[0])
            self._visited.clear()

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
        self._refuse_in_child("authorize")
        visitor = None if user is None else self._browser.user_of(user, "authorize")
        return self._browser.go(url, visitor)

    def deny(self) -> None:
        """Let the user say no, once: the next call-back has `error=access_denied`."""
        self.fail_next("authorize", "denied")

    def log_out(self, user: UserLike = None) -> None:
        """Log a user out: their tokens end, but for those with the scope `offline` (documented).

        Raises:
            ConfigError: no such user.
        """
        self._refuse_in_child("log_out")
        with self._turn:
            self._browser.log_out(self._browser.user_of(user, "log_out"))

    def revoke(self, token: str) -> None:
        """End an access token, or a refresh token with all that came of the same log-in.

        Raises:
            ConfigError: the tenant never issued it.
        """
        self._refuse_in_child("revoke")
        with self._turn:
            self._browser.revoke(token)

    def _refuse_in_child(self, what: str) -> None:
        if self.in_child():
            raise McScopesError(
                f"mc_tenant.{what} was called by a process that was forked from the test's: it has"
                " a copy of the tenant, and what it does with that nobody sees. Call it in the test"
                " and hand over what it gives; let the forked process call the URLs of mc_server."
            )

    def _visit(self, request: Request, user: User | None) -> Response:
        with self._turn:
            self.ledger.by_port = False  # whatever its address, the test itself sends it
            before = self._state.set_browser_user(user) if user else None
            try:
                answer = self._cloud.handle(request, self.clock.now())
            finally:
                if user:
                    self._state.set_browser_user(before)
        assert isinstance(answer, Response)  # only calls are admitted
        return self._later(answer)

    def _assign(self, package: Package, scopes: tuple[str, ...], lag: float) -> None:
        self._refuse_in_child("package.assign")
        if lag < 0:
            raise ConfigError(f"assign: lag is a number of seconds to come, got {lag}.")
        assigned = self._read_scopes(scopes, "assign")
        with self._turn:
            now = self.clock.now()
            self._state.assign(package, assigned, now + lag)
            self._state.apply_due_changes(now, self._catalogue)

    def _package_named(self, name: str, door: str) -> Package:
        if name == ADMIN:
            return self.admin
        if name not in self.packages:
            known = ", ".join(f'"{each}"' for each in self.packages)
            raise ConfigError(
                f'{door}: the tenant has no package "{name}", but {known}. Add it by'
                f' @pytest.mark.mc_package(name="{name}").'
            )
        return self.packages[name]

    def _read_scopes(self, scopes: Iterable[str], door: str) -> frozenset[str]:
        if isinstance(scopes, str):
            raise ConfigError(
                f'{door}: scopes is a list, got {scopes!r}. Write scopes=["{scopes}"].'
            )
        return read_scopes(
            scopes,
            self._catalogue,
            lambda text: ConfigError(f"{door}: {text}"),
            'assign("{}")' if door == "assign" else 'scopes=["{}"]',
        )

    def arrange(self, *, everywhere: bool = False) -> AbstractContextManager[None]:
        """Mark the block's traffic as set-up: it is answered and recorded, never judged.

        It belongs to the task or thread that opens it, and to the tasks and
        `asyncio.to_thread` calls that are started in it. What comes over a port
        cannot be told apart: all of it is set-up meanwhile.

        Args:
            everywhere: take all traffic of the tenant for set-up meanwhile, for set-up through a
                pool, a thread or a live server in this process.
        """
        self._refuse_in_child("arrange")
        return self.ledger.arranging(everywhere=everywhere, place=place_of_call())

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
        self._refuse_in_child("judged")
        mark = read_block(scopes, match, package, self.packages, self._catalogue)
        return self._blocks.judged(mark)

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
        return self._blocks.expect(read_findings(rules), origin)

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
        self._refuse_in_child("expect_denied")
        wanted = scopes_of_block(scopes, "expect_denied", self._catalogue)
        origin = f"mc_tenant.expect_denied(...), {calling_place()}"
        return self._blocks.denied(wanted, origin, everywhere=everywhere)

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
        self._refuse_in_child("fail_next")
        placed: FaultDetails = {"origin": calling_place(), **details}
        with self._turn:
            self._state.fault_queue.order(target, fault, **placed)
        self.on_change()

    def unfired(self) -> list[str]:
        """Say of each order of `fail_next` what it still waits for, and forget them all."""
        with self._turn:
            waiting = self._state.fault_queue.unfired()
            self._state.fault_queue.clear()
        return waiting

    def holds_secret(self, text: str) -> bool:
        """Tell whether a client secret of the tenant occurs in a text."""
        return self._state.redaction.holds_secret(text)

    def holds_token(self, text: str) -> bool:
        """Tell whether a text holds an access or refresh token, of whichever tenant."""
        return self._state.redaction.holds_token(text)

    def handle(self, request: Request) -> Response | Admitted:
        """Answer one request as of now. What every door calls."""
        self.on_request()
        with self._turn:
            self.ledger.by_port = request.urls is not None
            answer = self._cloud.handle(request, self.clock.now())
        return answer if isinstance(answer, Admitted) else self._later(answer)

    def complete(self, admitted: Admitted, answer: Response | None) -> Response:
        """Answer an admitted call: as the test's stub says, or as the cloud does without."""
        return self._later(self._cloud.complete(admitted, answer or admitted.otherwise))

    def _later(self, answer: Response) -> Response:
        """Let the time pass that an answer takes."""
        if answer.delay:
            self.clock.advance(answer.delay)
        return answer

    def scene(
        self, window: Iterable[Entry], earlier: Iterable[Entry] = (), *, alone: bool = False
    ) -> TenantActivity:
        """Give the rules what they judge by.

        Args:
            window: what is judged.
            earlier: what the same test did before.
            alone: whether the tenant is this test's alone.
        """
        packages = {name: package.scopes for name, package in self._state.packages.items()}
        return TenantActivity(
            ledger=self.ledger,
            window=tuple(window),
            packages=packages,
            alone=alone,
            earlier=tuple(earlier),
        )
