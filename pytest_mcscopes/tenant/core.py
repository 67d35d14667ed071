"""What stands behind the `Tenant` that a test holds: the session and the doors drive it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from ..cloud.cloud import Cloud
from ..cloud.http import Admitted, Request, Response, Urls
from ..cloud.packages import AssignedLater, Package
from ..cloud.state import build_state
from ..errors import ConfigError, McScopesError, UnknownNameError
from ..ledger.facts import ADMIN
from ..ledger.ledger import Entry, Ledger, Stage
from ..privilege.observed import TenantActivity
from ..settings.scopes import read_scopes
from ..stubs.authors import StubAuthors
from .blocks import BlockResult, Blocks, Close, Register
from .browser import Browser
from .clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..catalogue.catalogue import Catalogue
    from ..cloud.users import User
    from ..config import Config, PackageConfig, UserConfig
    from ..privilege.expectation import Expectation
    from ..stubs.rest import Stubs
    from ..stubs.soap import SoapStubs


_MAKING = Lock()
"""Of two threads that use something first, one makes it."""


def _watch_nothing(_: TenantCore, mark: Expectation) -> Close:
    raise McScopesError(
        f"{mark.origin}: this tenant is of no test session, where blocks are judged. Take one of"
        " mc_tenant or mc_cloud."
    )


def _keep_nothing(result: BlockResult, without: frozenset[str]) -> None:
    """Keep nothing for a report that is never made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLinks:
    """How a tenant reaches the test session that it lives in; by default it lives in none."""

    stage: Stage = field(default_factory=Stage)
    """What its ledger shares with the others."""
    in_fixture: Callable[[], bool] = bool
    """Tells whether a fixture is being set up."""
    in_child: Callable[[], bool] = bool
    """Tells whether this runs in a forked child of the test's process."""
    on_request: Callable[[], object] = bool
    """Called when a request arrives."""
    on_change: Callable[[TenantCore], object] = bool
    """Called when something is ordered to go wrong, which the next test must not find."""
    watch_block: Callable[[TenantCore, Expectation], Close] = _watch_nothing
    """Begins to watch a judged block."""
    keep_result: Callable[[BlockResult, frozenset[str]], object] = _keep_nothing
    """Keeps a block's result for the report, without the rules that the test expects."""
    register: Register = field(default_factory=Register)
    """The blocks of all tenants."""

    def refuse_in_child(self, method: str) -> None:
        """Refuse a method to a forked child of the test's process."""
        if self.in_child():
            raise McScopesError(
                f"mc_tenant.{method} was called by a process that was forked from the test's: it"
                " has a copy of the tenant, and what it does with that nobody sees. Call it in the"
                " test and hand over what it gives; let the forked process call the URLs of"
                " mc_server."
            )


class _Assigning(NamedTuple):
    """Changes what a package is assigned."""

    links: SessionLinks
    catalogue: Catalogue
    clock: Clock
    turn: Lock
    later: AssignedLater

    def assign(self, package: Package, scopes: tuple[str, ...], lag: float) -> None:
        """Assign just these scopes from so many seconds on, as `Package.assign` says."""
        self.links.refuse_in_child("package.assign")
        if lag < 0:
            raise ConfigError(f"assign: lag is a number of seconds to come, got {lag}.")
        assigned = _read_scopes(scopes, self.catalogue, "assign")
        with self.turn:
            now = self.clock.now()
            if not self.links.in_fixture():
                self.later.keep(package)
            self.later.assign(package, assigned, now + lag)
            self.later.apply_due(now)


class TenantCore:
    """One tenant: its state, cloud, ledger, clock, stubs and blocks.

    What each test has holds no reference to it, so that it goes as soon as nobody needs it, and
    the garbage collector has nothing to look for.
    """

    def __init__(
        self,
        config: Config,
        packages: tuple[PackageConfig, ...],
        seed: int | str,
        catalogue: Catalogue,
        users: tuple[UserConfig, ...] = (),
        *,
        links: SessionLinks | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Mint a tenant, as `build_state` does; without *links* it lives in no session."""
        self.links = links = links or SessionLinks()
        self.clock = clock or Clock()
        self.ledger = Ledger(links.stage)
        self.turn = Lock()
        """One request, or change of what the next one finds, at a time."""
        later = AssignedLater(catalogue)
        assign = _Assigning(links, catalogue, self.clock, self.turn, later).assign
        self.state = build_state(
            config, packages, seed, catalogue, users, later=later, on_assign=assign
        )
        self.authors = StubAuthors(self.ledger)
        self._soap = partial(_soap_stubs, [], catalogue, self.authors)
        self.cloud = Cloud(self.state, self.ledger, self._soap)
        self.made_blocks: Blocks | None = None
        """None: `blocks` was never read."""
        self.stubs: Stubs | None = None
        """What the doors ask for the test's answers; None: `rest` was never read."""
        self._rest_urls = [self.state.urls.rest_url]
        self._auth_urls = [self.state.urls.auth_url]
        self._browser_users_before: list[User | None] = []
        """Who was logged in before each log-in of the running test."""

    def open_door(self, urls: Urls) -> None:
        """Let the tenant be found at other URLs too."""
        self._rest_urls.append(urls.rest_url)
        if self.stubs is not None:
            self.stubs.also_at(urls.rest_url)
        self._auth_urls.append(urls.auth_url)

    @property
    def clients(self) -> frozenset[str]:
        """Fingerprints of the client ids of all packages, the admin's too."""
        return frozenset(map(attrgetter("client"), self.state.clients.values()))

    @property
    def rest(self) -> Stubs:
        """The stubs of the REST host. Made on first use: respx takes longer than all the rest."""
        if self.stubs is None:
            from ..stubs.rest import Stubs  # noqa: PLC0415 - heavy

            first, *more = self._rest_urls
            stubs = Stubs(first, self.state.catalogue.template_of, self.authors)
            for url in more:
                stubs.also_at(url)
            self.stubs = stubs
        return self.stubs

    @property
    def soap(self) -> SoapStubs:
        """The stubs of the SOAP host."""
        return self._soap()

    @property
    def blocks(self) -> Blocks:
        """The blocks that the test makes with it. Made on first use: few tests have any."""
        with _MAKING:
            if self.made_blocks is None:
                links, watch = self.links, partial(self.links.watch_block, self)
                self.made_blocks = Blocks(self.ledger, links.register, watch, links.keep_result)
        return self.made_blocks

    @property
    def browser(self) -> Browser:
        """The browser of its users."""
        return Browser(self.state, self.ledger, self._send_from_browser, self._auth_urls)

    def handle(self, request: Request) -> Response | Admitted:
        """Answer one request as of now. What every door calls."""
        self.links.on_request()
        with self.turn:
            self.ledger.by_port = request.urls is not None
            answer = self.cloud.handle(request, self.clock.now())
        return answer if isinstance(answer, Admitted) else self._delayed(answer)

    def complete(self, admitted: Admitted, answer: Response | None) -> Response:
        """Answer an admitted call: as the test's stub says, or as the cloud does without."""
        return self._delayed(self.cloud.complete(admitted, answer or admitted.otherwise))

    def _delayed(self, answer: Response) -> Response:
        """Advance the clock by the time that an answer takes."""
        if answer.delay:
            self.clock.advance(answer.delay)
        return answer

    def log_in(self, user: User) -> None:
        """Log a user in at the browser; after the test the earlier user is there again."""
        before = self.state.set_browser_user(user)
        if not self.links.in_fixture():
            self._browser_users_before.append(before)

    def restore(self) -> None:
        """Undo what a test's body changed: who is logged in, what packages are assigned."""
        self.state.later.undo()
        if self._browser_users_before:
            self.state.set_browser_user(self._browser_users_before[0])
            self._browser_users_before.clear()

    def _send_from_browser(self, request: Request, user: User | None) -> Response:
        with self.turn:
            self.ledger.by_port = False  # whatever its address, the test itself sends it
            before = self.state.set_browser_user(user) if user else None
            try:
                answer = self.cloud.handle(request, self.clock.now())
            finally:
                if user:
                    self.state.set_browser_user(before)
        assert isinstance(answer, Response)  # only calls are admitted
        return self._delayed(answer)

    def find_package(self, name: str, method: str) -> Package:
        """Find a package by its name, for a method of `Tenant`, or refuse it."""
        packages = self.state.packages
        if name == ADMIN:
            with self.turn:
                return self.state.admin
        try:
            return packages[name]
        except UnknownNameError as error:
            text = str(error).removeprefix("MCSCOPES: ")
            raise ConfigError(f"{method}: {text}") from None

    def read_scopes(self, scopes: Iterable[str], method: str) -> frozenset[str]:
        """Read the scopes that a method of `Tenant` or of a package is given, or refuse them."""
        return _read_scopes(scopes, self.state.catalogue, method)

    def unfired(self) -> list[str]:
        """Say of each order of `fail_next` what it still waits for, and forget them all."""
        with self.turn:
            waiting = self.state.fault_queue.unfired()
            self.state.fault_queue.clear()
        return waiting

    def activity(
        self, window: Iterable[Entry], earlier: Iterable[Entry] = (), *, alone: bool = False
    ) -> TenantActivity:
        """Give the rules what they judge by; *alone*: no other test has this tenant."""
        packages, assigned_in, apps = {}, {}, set()
        for name, package in self.state.packages.items():
            packages[name] = package.scopes
            assigned_in[name] = package.assigned_in
            if package.type != "server-to-server":
                apps.add(name)
        return TenantActivity(
            ledger=self.ledger,
            window=tuple(window),
            packages=packages,
            assigned_in=assigned_in,
            apps=frozenset(apps),
            alone=alone,
            earlier=tuple(earlier),
        )


def _soap_stubs(made: list[SoapStubs], catalogue: Catalogue, authors: StubAuthors) -> SoapStubs:
    """Give the stubs of a tenant's SOAP host, which are made on first use."""
    if not made:
        from ..stubs.soap import SoapStubs  # noqa: PLC0415 - few tests speak SOAP

        # Asked for within a request too: not under the lock of those.
        made.append(SoapStubs(catalogue, authors))
    return made[0]


def _read_scopes(scopes: Iterable[str], catalogue: Catalogue, method: str) -> frozenset[str]:
    if isinstance(scopes, str):
        raise ConfigError(f'{method}: scopes is a list, got {scopes!r}. Write scopes=["{scopes}"].')
    return read_scopes(
        scopes,
        catalogue,
        lambda text: ConfigError(f"{method}: {text}"),
        'assign("{}")' if method == "assign" else 'scopes=["{}"]',
    )
