"""A simulated Marketing Cloud tenant, and the test's hand on it."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, get_args

from .blocks import Blocks, calling_place, read_block, scopes_of_block
from .clock import Clock
from .cloud.cloud import Cloud
from .cloud.state import FailingEndpoint, FaultName
from .config import either
from .errors import ConfigError
from .ledger.facts import ADMIN
from .ledger.ledger import Ledger
from .markers.scopes import read_scopes
from .privilege.lineage import Scene
from .transport.stubs import Stubs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from .catalogue.catalogue import Catalogue
    from .cloud.http import Admitted, Request, Response
    from .cloud.state import Package, TenantState
    from .ledger.ledger import Entry
    from .privilege.expectation import Match
    from .transport.stubs import Router


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
        self._catalogue = catalogue
        self._cloud = Cloud(state, catalogue, self.ledger.append)
        self._stubs = Stubs(state.urls.rest_url)
        self._blocks = Blocks(self.ledger)
        self._turn = Lock()

    def __repr__(self) -> str:
        return f"<Tenant {self.subdomain} with {', '.join(self.packages)}>"

    @property
    def auth_url(self) -> str:
        """Base URL of the auth host, with trailing slash."""
        return self._state.urls.auth_url

    @property
    def rest_url(self) -> str:
        """Base URL of the REST host, with trailing slash; the `rest_instance_url` of tokens."""
        return self._state.urls.rest_url

    @property
    def soap_url(self) -> str:
        """Base URL of the SOAP host, with trailing slash; the `soap_instance_url` of tokens."""
        return self._state.urls.soap_url

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
    def stubs(self) -> Stubs:
        """What the doors ask for the test's answers."""
        return self._stubs

    @property
    def blocks(self) -> Blocks:
        """The judged blocks, and those of a denial, which the session looks after."""
        return self._blocks

    def environment(self, prefix: str = "MC_") -> dict[str, str]:
        """Give the settings that most integrations read, by usual names."""
        settings = {
            "AUTH_URL": self.auth_url,
            "REST_URL": self.rest_url,
            "SOAP_URL": self.soap_url,
            "SUBDOMAIN": self.subdomain,
            "CLIENT_ID": self.client_id,
            "CLIENT_SECRET": self.client_secret,
            "ACCOUNT_ID": str(self.account_id),
            "ENTERPRISE_ID": str(self.enterprise_id),
        }
        return {prefix + name: value for name, value in settings.items()}

    def issue_token(
        self, scopes: Iterable[str] | None = None, *, package: str | None = None
    ) -> str:
        """Issue a token without a request, for code that is handed one.

        The request is the test's own doing and is never judged; what the code
        calls with the token is.

        Args:
            scopes: what the token carries; None: everything assigned, empty: nothing.
            package: name of the package; None: the first.

        Raises:
            ConfigError: an unknown package or scope, or one that the package is not assigned.
        """
        owner = self.package if package is None else self._package_named(package)
        carried = None if scopes is None else self._read_scopes(scopes)
        with self._turn:
            return self._cloud.issue_token(owner, carried, self.clock.now())

    def _package_named(self, name: str) -> Package:
        if name == ADMIN:
            return self.admin
        if name not in self.packages:
            known = ", ".join(f'"{each}"' for each in self.packages)
            raise ConfigError(
                f'issue_token: the tenant has no package "{name}", but {known}. Add it by'
                f' @pytest.mark.mc_package(name="{name}").'
            )
        return self.packages[name]

    def _read_scopes(self, scopes: Iterable[str]) -> frozenset[str]:
        if isinstance(scopes, str):
            raise ConfigError(
                f'issue_token: scopes is a list, got {scopes!r}. Write scopes=["{scopes}"].'
            )
        return read_scopes(
            scopes,
            self._catalogue,
            lambda text: ConfigError(f"issue_token: {text}"),
            'scopes=["{}"]',
        )

    @contextmanager
    def arrange(self) -> Iterator[None]:
        """Mark the block's traffic as set-up: it is answered and recorded, never judged."""
        with self.ledger.arranging():
            yield

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
        mark = read_block(scopes, match, package, self.packages, self._catalogue)
        return self._blocks.judged(mark)

    def expect_denied(self, *scopes: str) -> AbstractContextManager[None]:
        """Expect that a call in the block is denied for want of one of these scopes; none: of any.

        Such denials are no MCS201 then; others still are. What counts is what the
        call needs, whatever its status.

        Raises:
            ConfigError: an unknown scope.
            ScopeAssertionError: at the block's end, if no such call came.
        """
        wanted = scopes_of_block(scopes, "expect_denied", self._catalogue)
        origin = f"mc_tenant.expect_denied(...), {calling_place()}"
        return self._blocks.denied(wanted, origin)

    def fail_next(self, endpoint: FailingEndpoint, fault: FaultName, times: int = 1) -> None:
        """Make the next requests to an endpoint fail.

        Args:
            endpoint: "token", "rest" or "userinfo".
            fault: "rate_limited" (429, errorcode 50100, Retry-After), "blocked" (429, errorcode
                50200) or "unavailable" (503).
            times: how many requests fail.

        Raises:
            ConfigError: an unknown endpoint or fault, or a number that is not positive.
        """
        for what, word, words in (
            ("endpoint", endpoint, get_args(FailingEndpoint)),
            ("fault", fault, get_args(FaultName)),
        ):
            if word not in words:
                raise ConfigError(f"fail_next: {what} must be {either(words)}, got {word!r}.")
        if times < 1:
            raise ConfigError(f"fail_next: times must be at least 1, got {times}.")
        self._state.fail_next(endpoint, fault, times)

    def handle(self, request: Request) -> Response | Admitted:
        """Answer one request as of now. What every door calls."""
        with self._turn:
            return self._cloud.handle(request, self.clock.now())

    def complete(self, admitted: Admitted, answer: Response | None) -> Response:
        """Answer an admitted call: as the test's stub says, or as the cloud does without."""
        return self._cloud.complete(admitted, answer or admitted.otherwise)

    def scene(self, window: Iterable[Entry]) -> Scene:
        """Give the rules what they judge by."""
        packages = {name: package.scopes for name, package in self._state.packages.items()}
        return Scene(ledger=self.ledger, window=tuple(window), packages=packages)
