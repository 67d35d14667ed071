"""The simulated Marketing Cloud of one test session: its tenants, and what a test did with them."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import takewhile
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

from ..cloud.fingerprints import fingerprint
from ..errors import ConfigError, McScopesError
from ..ledger.facts import CallMade, ForeignUsed, Taken, TokenRequested
from ..ledger.ledger import Stage
from ..privilege.hints import (
    CAME_BY_TLS,
    ENDED_BY_ADVANCE,
    WITHOUT_BEARER,
    ended_by_advance,
    lacks_bearer,
    left_stub,
)
from ..privilege.lineage import by_mark
from ..privilege.permissive_marks import open_marks
from ..privilege.remarks import not_taken, rights_unknown, whose_it_may_be
from ..privilege.rules.case import Case
from ..privilege.rules.foreign_tenant import foreign_tenant
from ..privilege.rules.logs import found_in_log
from ..privilege.set_up import unused_logins
from ..privilege.verdict import ABSENCE_RULES, judge
from ..settings.packages import read_package
from ..settings.severities import read_severities
from ..settings.users import read_user
from ..tenant.blocks import Outcome, Register, shown_by
from ..tenant.core import SessionLinks, TenantCore
from ..tenant.tenant import Tenant
from ..transport.hosts import Hosts, Stray
from ..transport.in_process.mount import Mount
from ..transport.interceptors import (
    SOCKETS,
    behind_proxy,
    in_the_way,
    misdirected,
    refuser,
    require_sockets,
)
from ..transport.loopback.server import Loopback
from .leftovers import Left, Leftovers
from .log_listener import LogListener

if TYPE_CHECKING:
    from collections.abc import (
        Callable,
        Collection,
        Iterable,
        Iterator,
        Mapping,
        Sequence,
    )

    from ..catalogue.catalogue import Catalogue
    from ..cloud.http import Urls
    from ..config import Config, PackageConfig, UserConfig
    from ..ledger.facts import Fact, HostKind
    from ..ledger.ledger import Entry, Ledger
    from ..privilege.expectation import Allowance, Expectation
    from ..privilege.findings import Finding
    from ..privilege.observed import Observed, TenantActivity
    from ..privilege.rules.logs import Logged
    from ..privilege.verdict import Verdict
    from ..tenant.blocks import Close, Failure
    from ..tenant.clock import Clock


@dataclass(slots=True, eq=False, kw_only=True)
class Member:
    """A tenant with the circumstances of its birth."""

    tenant: TenantCore
    hosts: dict[str, HostKind]
    """The tenant's host names, and what each is for."""
    built_by: str
    """For people: the test, or the fixture and the test that it was first set up for."""
    number: int
    fixtures: frozenset[str]
    """The fixtures that were being set up; empty for a tenant of a test's body."""
    ports: dict[str, HostKind] = field(default_factory=dict)
    """Addresses of the ports at which it answers or answered, and what each is for."""
    own: bool
    """Whether one test alone has it: a body or a function-scoped fixture made it."""
    test: str | None
    living: bool = True

    @property
    def clients(self) -> frozenset[str]:
        """Fingerprints of the client ids of its packages."""
        return self.tenant.clients

    def owns(self, fingerprint: str) -> bool:
        """Tell whether a token or client is one of the tenant's."""
        return fingerprint in self.tenant.ledger.tokens or fingerprint in self.clients

    def belongs_to(self, test: str | None, fixtures: frozenset[str]) -> bool:
        """Tell whether it is a tenant of the test with these fixtures in its closure."""
        return self.test == test if self.own else bool(self.fixtures & fixtures)

    def judged_in(
        self, test: str | None, fixtures: frozenset[str], touched: Collection[Any]
    ) -> bool:
        """Tell whether a test answers for it.

        One that another test alone had and that still lives was made on demand:
        it is that of any test which touches it.
        """
        return self.belongs_to(test, fixtures) or (self.own and self.living and self in touched)


class Raised(NamedTuple):
    """What was raised, by a stub or by us, while a port of a tenant was called."""

    test: str | None
    """Node id of the test that the call belongs to."""
    error: BaseException


class Late(NamedTuple):
    """A note on what an earlier test left behind, under its own name."""

    test: str
    rule: str
    """Empty where it is of no rule."""
    text: str


_OVER_ASKING = frozenset({"MCS101", "MCS102", "MCS106", "MCS109", "MCS110"})
"""What a late request shows for sure."""


class UnmarkedVerdict(NamedTuple):
    """What a test did, seen without its own marks."""

    verdict: Verdict
    """Of marks that let it ask for anything."""
    set_by_marks: bool
    """Whether `mc_package` marks of the test configure all its tenants."""


@dataclass(slots=True, eq=False)
class Window:
    """What happens while one test's call phase runs."""

    entries: dict[Member, list[Entry]] = field(default_factory=dict)
    """By the tenants that had any."""
    earlier: list[Entry] = field(default_factory=list)
    """What the code did in the same test before: a judged block begins later than its test."""
    ended: list[Member] = field(default_factory=list)
    """The tenants that ended in it."""
    foreign: list[ForeignUsed] = field(default_factory=list)
    others: dict[str, None] = field(default_factory=dict)
    """Hosts that are none of ours and that httpx was seen to call."""
    logged: dict[Logged, None] = field(default_factory=dict)
    """Records that held a secret or token, each place once."""
    taken: dict[Taken, None] = field(default_factory=dict)
    """Requests to a Marketing Cloud that another tool took before they got here."""
    taken_by: str = ""
    """The module whose patch of httpx took requests before they got here, if any."""


PROVEN_AT_THE_END = ABSENCE_RULES | {"MCS103"}
"""What may still have come, had a block not ended by an exception."""


@dataclass(slots=True, eq=False)
class Told:
    """What the judged blocks of a test have come to so far, each thing once."""

    findings: dict[Finding, None] = field(default_factory=dict)
    texts: dict[str, None] = field(default_factory=dict)
    """Of the blocks that passed with something to tell."""
    remarks: dict[str, None] = field(default_factory=dict)
    """Lines that belong to no rule."""


class MarketingCloud:
    """What the `mc_cloud` fixture gives: tenants of any life.

    `with mc_cloud.tenant(scopes=["email_send"]) as tenant:` in a fixture of
    class, module or session scope makes a tenant that lives as long.
    """

    def __init__(
        self,
        config: Config,
        catalogue: Catalogue,
        building: list[str],
        scopes: Sequence[str] = (),
    ) -> None:
        """Begin to answer.

        Args:
            config: how every tenant behaves.
            catalogue: what Marketing Cloud documents.
            building: names of the fixtures that are being set up; the plugin changes it.
            scopes: the scope of each of them; the plugin changes it too.
        """
        self.catalogue = catalogue
        self._config = config
        self._severities = read_severities(config.rules)
        self._building, self._scopes = building, scopes
        self._stage = Stage(building=building)
        # A token that outlived an earlier session must not be known in this one.
        self._seed = uuid4().hex
        self._number = self._built = self._reported = 0
        self._members: dict[Member, None] = {}
        self._clients: dict[str, Member] = {}
        """Fingerprint of a client id -> the living tenant that was built with it."""
        self._of_fixture: dict[str, dict[Member, None]] = {}
        """Name of a fixture -> the living tenants that it made and that tests may share."""
        self._of_test: dict[str | None, dict[Member, None]] = {}
        """Node id of a test -> the living tenants that it made for itself."""
        self._changed: dict[TenantCore, None] = {}
        """Those at which the running test did what the next one is not to find."""
        self._past: dict[str, str] = {}
        """Fingerprint of a token or client of an ended tenant -> what built it."""
        self._test: str | None = None
        self._allowances: Sequence[Allowance] = ()
        self._window: Window | None = None
        self._blocks: list[Window] = []
        self._told: Told | None = None
        self._in_body = False
        """Whether the call phase of a test runs."""
        self._register = Register(in_body=lambda: self._in_body and not self._building)
        self._leftovers = Leftovers()
        self._ended: list[Member] = []
        """The tenants that ended since the running test began."""
        self._late: dict[Late, None] = {}
        self._judged_in_set_up: dict[tuple[Member, str], frozenset[str]] = {}
        """Tenant and name of a package -> what the granted requests asked for that a block in a
        fixture of the running test's own judged."""
        self._unowned: list[tuple[str, str]] = []
        """Tests that had ended, and what a block failed by that no report could show."""
        self.render: Callable[[Verdict], str] = str
        """Writes a verdict for people; the plugin knows how."""
        self._listener = LogListener(self._tenants, self._saw_logged)
        self._hosts = hosts = Hosts()
        hosts.on_stray, hosts.on_other, hosts.on_taken = (
            self._saw_stray,
            self._saw_other,
            self._saw_taken,
        )
        self._loopback: Loopback | None = None
        self._served: list[TenantCore] = []
        self._ports: set[int | None] = set()
        """Those that tenants have or had."""
        self._raised: list[Raised] = []
        self._raising = Lock()
        self._tls: str | None = ""
        """The last test in which TLS came to a port."""
        self._mount = Mount(self._hosts)
        self._mount.mount()

    def __repr__(self) -> str:
        return f"<MarketingCloud with {len(self._members)} tenants>"

    @cached_property
    def _links(self) -> SessionLinks:
        return SessionLinks(
            in_fixture=partial(bool, self._building),
            in_child=self._hosts.home.is_left,
            on_request=self._saw_request,
            on_change=self._changed.setdefault,
            watch_block=self._watch_block,
            keep_outcome=self._tell,
            register=self._register,
        )

    def close(self) -> None:
        """Give httpx back its own; the last thing of a session."""
        self._mount.unmount()
        if self._loopback is not None:
            self._loopback.shutdown()

    def covered_by(self) -> str:
        """Name the module whose patch of httpx is asked before ours; empty: none is."""
        return self._mount.covered_by()

    def in_the_way(self, test: object, called: Collection[str]) -> str:
        """Name the package that refuses the tenants' ports, as far as is known; empty: none."""
        return in_the_way(test, called) if self._served else ""

    def refuser(self, error: BaseException | None) -> str:
        """Name the package that raised an error instead of calling a port; empty: none."""
        return refuser(error, self._ports) if self._ports else ""

    def misdirected(self, error: BaseException | None) -> str:
        """Say what a failed connection was meant for, as far as is known; else empty."""
        if self._tls == self._test:
            return CAME_BY_TLS
        if text := misdirected(error, self._hosts):
            return text
        # What a tenant has answered came by no proxy.
        return behind_proxy(error) if self._served and not self._stage.talked else ""

    @contextmanager
    def tenant(
        self,
        *,
        packages: Sequence[Mapping[str, Any]] = (),
        users: Sequence[Mapping[str, Any]] = (),
        server: bool = False,
        **package: Any,  # noqa: ANN401 - checked by name
    ) -> Iterator[Tenant]:
        """Build a tenant that lives as long as the block.

        Args:
            server: whether it is given with the URLs of real ports, for any HTTP client.
            packages: the keywords of `mc_package`, a mapping each, where there are several.
            users: the keywords of `mc_user`, a mapping each; the first one logs in by default.
            package: the keywords of `mc_package`, where there is one.

        Raises:
            ConfigError: a setting makes no sense, or a living tenant has the same client id or
                subdomain.
        """
        member = self._open(self._configs(packages, package), self._users(users))
        tenant = member.tenant
        try:
            face = Tenant(tenant)
            with self.served(face) if server else nullcontext(face) as given:
                yield given
        except BaseException:
            tenant.blocks.end(aborted=True)
            raise
        finally:
            self._end(member)
        tenant.blocks.refuse_unfinished()

    @contextmanager
    def served(self, tenant: Tenant) -> Iterator[Tenant]:
        """Let a tenant answer at real ports of 127.0.0.1 too, and give it with their URLs.

        The ports refuse from the block's end until the session's.
        """
        require_sockets()
        if self._loopback is None or self._loopback.is_forsaken:
            self._loopback = Loopback(self._saw_error, on_tls=self._saw_tls)
        # By the ledger: the tenant behind another door is another object.
        member = _member_of(tenant.ledger)
        core = member.tenant
        urls = self._loopback.open(core)
        member.ports |= _ports_of(urls)
        self._served.append(core)
        self._ports |= {urlsplit(url).port for url in (urls.auth_url, urls.rest_url, urls.soap_url)}
        try:
            core.open_door(urls)
            yield Tenant(core, urls)
        finally:
            self._served.remove(core)
            self._loopback.close(urls)
            self._hosts.end_ports(urls, member.built_by)

    def _configs(
        self, packages: Sequence[Mapping[str, Any]], package: Mapping[str, Any]
    ) -> tuple[PackageConfig, ...]:
        if packages and package:
            raise ConfigError(
                "mc_cloud.tenant: packages=[...] and the keywords of one package"
                f" ({', '.join(package)}) are both given. Write one or the other."
            )
        given = packages or [package]
        return tuple(read_package(each, self.catalogue, "mc_cloud.tenant") for each in given)

    def _users(self, users: Sequence[Mapping[str, Any]]) -> tuple[UserConfig, ...]:
        return tuple(read_user(each, self.catalogue, "mc_cloud.tenant") for each in users)

    def _open(
        self, packages: tuple[PackageConfig, ...], users: tuple[UserConfig, ...] = ()
    ) -> Member:
        self._built += 1
        seed = f"{self._seed}/{self._built}"
        tenant = TenantCore(self._config, packages, seed, self.catalogue, users, links=self._links)
        member = Member(
            tenant=tenant,
            hosts=_hosts_of(tenant.state.urls),
            built_by=self._builder(),
            number=self._built,
            fixtures=frozenset(self._building),
            own=not self._building or self._in_own_fixture(),
            test=self._test,
        )
        self._refuse_twin(member)
        for host, kind in member.hosts.items():
            self._hosts.add(host, kind, member.tenant, member.built_by)
        self._mount.ensure()
        self._enrol(member)
        tenant.ledger.owner, tenant.ledger.stage = member, self._stage
        return member

    def _in_own_fixture(self) -> bool:
        """Tell whether a fixture is being set up that is made anew for each test."""
        return self._scopes[-1:] == ["function"]

    def _enrol(self, member: Member) -> None:
        self._members[member] = None
        self._clients |= dict.fromkeys(member.clients, member)
        for index, key in self._places_of(member):
            index.setdefault(key, {})[member] = None

    def _strike(self, member: Member) -> None:
        member.living = False
        del self._members[member]
        self._changed.pop(member.tenant, None)
        for client in member.clients:
            self._clients.pop(client, None)
        for index, key in self._places_of(member):
            index[key].pop(member)
            if not index[key]:
                del index[key]

    def _places_of(self, member: Member) -> list[tuple[dict[Any, dict[Member, None]], str | None]]:
        if member.own:
            return [(self._of_test, member.test)]
        return [(self._of_fixture, name) for name in member.fixtures]

    def _builder(self) -> str:
        test = self._test or "the start of the session"
        return f"fixture {self._building[-1]} for {test}" if self._building else test

    def _refuse_twin(self, new: Member) -> None:
        for client in new.clients:
            if member := self._clients.get(client):
                raise ConfigError(
                    "two living tenants have the same client id: one was built by"
                    f" {member.built_by}, one by {new.built_by}. Leave client_id= out of one of"
                    " them, or let the tests share one tenant."
                )

    def _end(self, member: Member) -> None:
        for host in member.hosts:
            self._hosts.end(host)
        self._strike(member)
        self._ended.append(member)
        # What comes now is of no test that runs.
        member.tenant.ledger.stage = Stage(test=member.test)
        if self._window is not None:
            self._window.ended.append(member)
        mine = [*member.tenant.ledger.tokens, *member.clients]
        self._past |= dict.fromkeys(mine, member.built_by)

    def begin_test(self, test: str, allowances: Sequence[Allowance] = ()) -> None:
        """Name the test that is running from here on, and the rules that it turns into notes."""
        self._disown_failures()
        self._test, self._allowances = test, allowances
        self._number += 1
        stage = self._stage
        stage.test, stage.talked = test, False
        stage.touched.clear()
        self._judged_in_set_up.clear()
        self._ended.clear()
        self._hosts.home.begin_test(test)
        stage.started_in = self._started_in if self._leftovers.begin_test() else None
        for tenant in self._changed:
            tenant.forget_visits()
        self.unfired()  # what an earlier test left is none of this one's
        self._changed.clear()
        self._mount.ensure()

    def builders_of(self, test: str, fixtures: Iterable[str]) -> frozenset[str]:
        """Name the fixtures of the user's own that made the living tenants of a test."""
        mine = self._judged(test, frozenset(fixtures), ())
        return frozenset().union(*(each.fixtures for each in mine)) - {"mc_tenant", "mc_server"}

    def hints(self, test: str) -> Iterator[str]:
        """Say what is known to lie behind a failure of a test, a line each."""
        for tenant in self._tenants():
            ledger = tenant.ledger
            mine = [*takewhile(lambda entry: entry.test == test, reversed(ledger.entries))]
            if lacks_bearer(mine, ledger.tokens):
                yield WITHOUT_BEARER
            if ended_by_advance(mine, ledger.tokens, tenant.clock.ahead):
                yield ENDED_BY_ADVANCE
            if left := tenant.authors.left_for(test):
                yield left_stub(left.author, left.call, soap=left.soap)

    def talked(self) -> bool:
        """Tell whether the code talked to any tenant since the running test began."""
        return self._stage.talked

    def take_built(self) -> bool:
        """Tell whether a tenant was built since this was asked last."""
        new, self._reported = self._built > self._reported, self._built
        return new

    def begin_body(self) -> None:
        """Note that the call phase of the running test begins."""
        self._in_body = True
        self._leftovers.begin_body()

    def end_body(
        self,
        *,
        aborted: bool,
        fixtures: Callable[[], Iterable[str]] = tuple,
        expectations: Sequence[Expectation] = (),
    ) -> None:
        """Judge the blocks that the body of the running test has left open, and see what runs on.

        Args:
            aborted: the test failed by itself.
            fixtures: gives the names in its closure.
            expectations: what its marks declare.
        """
        self._in_body = False
        self._register.end_of_body(aborted=aborted)
        self._leftovers.end_body(lambda: self._left_by_test(fixtures(), expectations))

    def _left_by_test(self, fixtures: Iterable[str], expectations: Sequence[Expectation]) -> Left:
        touched = self._stage.touched
        mine = self._judged(self._test, frozenset(fixtures), touched, self._ended)
        hosts = ((member, {**member.hosts, **member.ports}) for member in mine)
        return Left(
            test=str(self._test),
            number=self._number,
            had={
                host: partial(self._see_late, str(self._test), member, kind, expectations)
                for member, kinds in hosts
                for host, kind in kinds.items()
            },
        )

    def _started_in(self) -> str:
        """Tell by which thread or task of an earlier test something comes, if by one."""
        current = self._leftovers.current()
        return f"{current[1]}, which {current[0].test} started" if current else ""

    def _see_late(
        self,
        test: str,
        member: Member,
        kind: HostKind,
        expectations: Sequence[Expectation],
        stray: Stray,
    ) -> Iterator[Late]:
        """Write a late request down at its tenant, and tell whether it asks for too much."""
        stage = member.tenant.ledger.stage = Stage(test=test, window={})
        # A body that is sent as a stream has not been read, and another door may not tell.
        with suppress(Exception):
            member.tenant.handle(stray.read(kind))  # type: ignore[misc]
        entries = (stage.window or {}).get(member, [])
        cases = self._cases([member.tenant.scene(entries)], expectations) if expectations else ()
        with suppress(ConfigError):  # which the test itself has been told
            for each in judge([*cases], severities=self._severities).errors:
                if each.rule in _OVER_ASKING:
                    yield Late(test, each.rule, f"late, when the test had ended: {each.text}")

    def _is_late(self, stray: Stray) -> bool:
        """Tell whether a request is an earlier test's for sure, and keep it as that."""
        current = self._leftovers.current()
        if current is None:
            return False
        left, what, certain = current
        see = left.had.get(stray.host)
        if not certain or see is None or left.number == self._number:
            return False
        text = (
            f"late: {stray.method} {stray.host} was called when its tenant had ended, from {what},"
            " which the test left running. Let the test wait for it, or stop it"
        )
        self._late[Late(left.test, "", text)] = None
        self._late |= dict.fromkeys(see(stray))
        return True

    def take_late(self) -> list[Late]:
        """Give what came late from earlier tests since this was asked last."""
        late, self._late = self._late, {}
        return [*late]

    def tenants_of(self, test: str, fixtures: Iterable[str]) -> list[TenantCore]:
        """List the living tenants of a test with these fixtures in its closure.

        Raises:
            McScopesError: there is none.
        """
        closure = frozenset(fixtures)
        mine = [each.tenant for each in self._judged(test, closure, self._stage.touched)]
        if not mine:
            raise McScopesError(
                "mc_clock: the test has no tenant whose time could be moved. Let it ask for"
                " mc_tenant, or for a fixture that has a tenant, before mc_clock moves."
            )
        return mine

    def _judged(
        self,
        test: str | None,
        fixtures: frozenset[str],
        touched: Collection[Any],
        ended: Iterable[Member] = (),
    ) -> list[Member]:
        """List the tenants that a test answers for, in the order in which they were made.

        Args:
            test: its node id.
            fixtures: the names in its closure.
            touched: the tenants that it had to do with.
            ended: those that it may have had and that live no more.
        """
        of_fixtures = [self._of_fixture[name] for name in fixtures & self._of_fixture.keys()]
        found = dict.fromkeys([*self._of_test.get(test, ()), *ended])
        for each in (*of_fixtures, touched):
            found |= dict.fromkeys(each)
        mine = (each for each in found if each.judged_in(test, fixtures, touched))
        return sorted(mine, key=lambda each: each.number)

    def open_window(self) -> None:
        """Begin to collect what the running test is answerable for."""
        self._settle()
        self._window = window = Window()
        self._stage.window = window.entries  # type: ignore[assignment]  # owners are members
        self._listener.listen()
        self._mount.begin_window()

    def close_window(self) -> Window:
        """Stop collecting."""
        self._settle()
        self._mount.end_window()
        window, self._window = self._window, None
        assert window is not None
        self._listener.rest()
        self._stage.window = None
        if forked := self._hosts.home.take_call():
            used = ForeignUsed(what="fork", name=forked.host, built_by=forked.test)
            window.foreign.append(used)
        return window

    def _settle(self) -> None:
        """Let what was sent so far be counted as sent so far."""
        if self._loopback is not None:
            self._loopback.settle()

    def judge(
        self,
        window: Window,
        fixtures: Iterable[str],
        expectations: Sequence[Expectation],
        allowances: Sequence[Allowance],
        *,
        aborted: bool,
    ) -> Verdict:
        """Judge the running test by what its window holds.

        Args:
            window: what happened in it.
            fixtures: the names in its closure; tenants of other fixtures are foreign to it.
            expectations: what its marks declare, the closest first.
            allowances: the rules that it turns into notes.
            aborted: the test failed by itself.

        Raises:
            ConfigError: a mark names a package that no tenant of the test has.
        """
        mine = self._judged(self._test, frozenset(fixtures), window.entries, window.ended)
        if window.taken_by == SOCKETS:  # which leaves nothing to be seen at all
            window.taken[Taken(host="", by=SOCKETS)] = None
        verdict = self._judge(
            window,
            mine,
            expectations,
            allowances,
            aborted=aborted,
            set_up=self._judged_in_set_up,
        )
        if aborted or any(case.lacks_token for case in verdict.cases):  # which says why
            return verdict
        unused = [text for each in mine for text in self._unused_logins(each, verdict, window)]
        remarks = dict.fromkeys((*verdict.remarks, *unused))
        return replace(verdict, remarks=tuple(remarks))

    def _unused_logins(self, member: Member, verdict: Verdict, window: Window) -> Iterator[str]:
        # The log-ins at a tenant that tests share may be for another test.
        if member.own and member.test == self._test:
            judged = [name for each, name in self._judged_in_set_up if each is member]
            came = window.entries.get(member, ())
            ledger = member.tenant.ledger
            yield from unused_logins(verdict.cases, ledger, self._test, came, judged)

    def _judge(
        self,
        window: Window,
        mine: Sequence[Member],
        expectations: Sequence[Expectation],
        allowances: Sequence[Allowance],
        *,
        aborted: bool,
        set_up: Mapping[tuple[Member, str], frozenset[str]] | None = None,
    ) -> Verdict:
        scenes = [self._scene(each, window) for each in mine]
        cases = [
            replace(
                case,
                others=tuple(window.others),
                taken=tuple(window.taken) if case.expectation in expectations else (),
                taken_by=window.taken_by,
                judged_in_set_up=_judged_before(case.observed.package, mine, set_up or {}),
            )
            for case in self._cases(scenes, expectations)
        ]
        used = dict.fromkeys(self._foreign(window, mine))
        # Where no token was granted, MCS105 says why the code has the word None for one.
        in_vain = any(case.lacks_token for case in cases)
        foreign = foreign_tenant(each for each in used if not (in_vain and each.word))
        strays = [*foreign, *found_in_log(window.logged)]
        return judge(cases, strays, allowances, aborted=aborted, severities=self._severities)

    def _cases(
        self, scenes: Sequence[TenantActivity], expectations: Sequence[Expectation]
    ) -> Iterator[Case]:
        for mark, observed in by_mark(scenes, expectations):
            yield Case(expectation=mark, observed=observed, catalogue=self.catalogue)

    def _scene(self, member: Member, window: Window) -> TenantActivity:
        # The tenant of mc_tenant and mc_server lives for one test, and its set-up is that test's.
        alone = "mc_tenant" in member.fixtures and member.test == self._test
        entries = window.entries.get(member, ())
        return member.tenant.scene(entries, window.earlier, alone=alone)

    def _done_before(self, number: int, ledger: Ledger) -> Iterator[Entry]:
        """Yield what the code did in the running test's body before an entry, the latest first."""
        for entry in (ledger.entries[place] for place in range(number - 1, -1, -1)):
            if entry.test != self._test:
                return
            if entry.origin == "code" and not entry.fixture:
                yield entry

    def look(
        self,
        window: Window,
        fixtures: Iterable[str],
        allowances: Sequence[Allowance],
        *,
        aborted: bool,
    ) -> UnmarkedVerdict:
        """See what the running test did, whatever its marks say that it may ask for.

        Args:
            window: what happened in it.
            fixtures: the names in its closure.
            allowances: the rules that it turns into notes.
            aborted: the test failed by itself.
        """
        closure = frozenset(fixtures)
        mine = self._judged(self._test, closure, window.entries, window.ended)
        marks = open_marks([self._scene(each, window) for each in mine])
        return UnmarkedVerdict(
            verdict=self.judge(window, closure, marks, allowances, aborted=aborted),
            set_by_marks=all(
                "mc_tenant" in each.fixtures for each in mine if each in window.entries
            ),
        )

    def _watch_block(self, tenant: TenantCore, mark: Expectation) -> Close:
        """Begin to watch a judged block; what is given ends it with the verdict."""
        window = Window()
        self._blocks.append(window)
        self._listener.listen()
        ledger = tenant.ledger
        member = _member_of(ledger)
        start = len(ledger.entries)

        def close(*, aborted: bool) -> Outcome:
            self._blocks.remove(window)
            self._listener.rest()
            came = [entry for entry in ledger.entries[start:] if entry.origin == "code"]
            window.entries[member] = came
            window.earlier = [*self._done_before(start, ledger)][::-1]
            verdict = self._judge(window, [member], [mark], self._allowances, aborted=aborted)
            if self._in_own_fixture() and not self._in_body:
                for observed in (case.observed for case in verdict.cases):
                    if observed.granted is not None:
                        place = member, observed.package
                        before = self._judged_in_set_up.get(place, frozenset())
                        self._judged_in_set_up[place] = before | _asked_and_granted(observed)
            # Whether an allowance is of use, or why nothing came, is a question to the whole test.
            of_block = {
                *rights_unknown(verdict.cases),
                *not_taken(verdict.cases),
                *whose_it_may_be(verdict.cases, verdict.findings),
            }
            remarks = tuple(each for each in verdict.remarks if each in of_block)
            return self._outcome(replace(verdict, remarks=remarks), aborted=aborted)

        return close

    def _outcome(self, verdict: Verdict, *, aborted: bool) -> Outcome:
        # An exception gets no note that has nothing to do with it.
        speaks = verdict.findings or (verdict.remarks and not aborted)
        unsure = PROVEN_AT_THE_END if aborted else frozenset()
        return Outcome(
            text=self.render(verdict) if speaks else "",
            errors=frozenset(each.rule for each in verdict.errors) - unsure,
            rules=frozenset(each.rule for each in verdict.findings) - unsure,
            aborted=aborted,
            verdict=verdict,
        )

    def _tell(self, outcome: Outcome, without: frozenset[str]) -> None:
        """Keep what a block came to for the test's report.

        Args:
            outcome: of the block.
            without: ids of the findings that the test expects of it.
        """
        verdict = outcome.verdict
        with self._raising:
            told = self._told = self._told or Told()
            told.findings |= {each: None for each in verdict.findings if each.rule not in without}
            told.remarks |= dict.fromkeys(verdict.remarks)
            if outcome.text and not outcome.aborted and not verdict.errors:
                told.texts[outcome.text] = None

    @property
    def has_failures(self) -> bool:
        """Whether a block failed by what no report has shown."""
        return bool(self._register.failures)

    def failures(self) -> list[Failure]:
        """Give what blocks of the running test failed by and no report has shown, once."""
        return self._register.take()

    def shown(self, error: BaseException | None) -> None:
        """Note that a report shows an error, and with it what blocks failed by that it holds."""
        if self._register.failures:
            self._register.shown(shown_by(error))

    def _disown_failures(self) -> None:
        test = self._test or "the start of the session"
        self._unowned += [(test, each.text) for each in self._register.take()]

    def take_unowned(self) -> list[tuple[str, str]]:
        """Give what blocks failed by outside of any test; those that are open are judged."""
        self._register.end_of_session()
        self._disown_failures()
        taken, self._unowned = self._unowned, []
        return taken

    def take_told(self) -> Told | None:
        """Give what judged blocks came to since this was asked last; None: there were none."""
        told, self._told = self._told, None
        return told

    def _foreign(self, window: Window, mine: Sequence[Member]) -> Iterator[ForeignUsed]:
        yield from window.foreign
        for member, entries in window.entries.items():
            if member in mine:
                yield from self._refused_as_foreign(entries, member)
            else:
                name = _host_called(member, entries[0])
                yield ForeignUsed(what="host", name=name, built_by=member.built_by)

    def _refused_as_foreign(
        self, entries: Iterable[Entry], member: Member
    ) -> Iterator[ForeignUsed]:
        """Find the tokens and clients that a tenant refused and that are not its own."""
        unknown: dict[str, ForeignUsed] = {}
        for fact in (entry.fact for entry in entries):
            for what, used in _presented(fact):
                if not used or member.owns(used):
                    continue
                owner = self._owner(used)
                if owner is not None:
                    yield ForeignUsed(what=what, name=used, built_by=owner)
                elif isinstance(fact, CallMade):
                    unknown.setdefault(used, _bearer_of_none(fact, used))
        yield from unknown.values()

    def _owner(self, fingerprint: str) -> str | None:
        living = (member.built_by for member in self._members if member.owns(fingerprint))
        return next(living, self._past.get(fingerprint))

    def _saw_tls(self) -> None:
        self._tls = self._test

    def _saw_request(self) -> None:
        self._hosts.arrived += 1
        self._leftovers.see_loop()

    def _saw_stray(self, stray: Stray) -> None:
        if self._is_late(stray):
            return
        used = ForeignUsed(
            what="host",
            name=stray.host,
            built_by=stray.built_by,
            started_in=self._started_in(),
        )
        for window in self._windows():
            window.foreign.append(used)

    def _saw_other(self, host: str) -> None:
        for window in self._windows():
            window.others[host] = None

    def _saw_taken(self, host: str, by: str) -> None:
        for window in self._windows():
            window.taken[Taken(host=host, by=by)] = None

    def _saw_logged(self, logged: Logged) -> None:
        for window in self._windows():
            window.logged[logged] = None

    def _tenants(self) -> list[TenantCore]:
        return [member.tenant for member in self._members]

    def unfired(self) -> list[str]:
        """Say what was ordered by `fail_next` and did not happen, and forget it."""
        return [text for tenant in self._changed for text in tenant.unfired()]

    def _saw_error(self, test: str | None, error: BaseException) -> None:
        with self._raising:
            self._raised.append(Raised(test or self._test, error))

    def take_errors(self) -> list[BaseException]:
        """Give what was raised by calls of the running test, since this was asked last."""
        with self._raising:
            mine = [each.error for each in self._raised if each.test == self._test]
            self._raised = [each for each in self._raised if each.test != self._test]
        return mine

    def take_late_errors(self) -> list[Raised]:
        """Give what was raised when its test had ended; the last thing that is asked."""
        if self._loopback is not None:
            self._loopback.wait_for_stubs()
        with self._raising:
            late, self._raised = self._raised, []
        return late

    def clocks(self) -> list[Clock]:
        """Give the clocks of all living tenants."""
        return [tenant.clock for tenant in self._tenants()]

    def _windows(self) -> Iterator[Window]:
        yield from self._blocks
        if self._window is not None:
            yield self._window


def _judged_before(
    package: str, mine: Iterable[Member], set_up: Mapping[tuple[Member, str], frozenset[str]]
) -> frozenset[str] | None:
    """Tell what blocks in the set-up judged of a package at a test's tenants; None: nothing."""
    places = [(each, package) for each in mine if (each, package) in set_up]
    return frozenset[str]().union(*(set_up[place] for place in places)) if places else None


def _asked_and_granted(observed: Observed) -> frozenset[str]:
    """Join what the granted requests asked for."""
    granted = (each.requested for each in observed.requests if each.granted is not None)
    return frozenset[str]().union(*granted)


def _presented(fact: Fact) -> Iterator[tuple[Literal["client", "token"], str]]:
    """Tell by what a request says whose it is."""
    if isinstance(fact, TokenRequested):
        yield "client", fact.client
        yield "token", fact.presented or ""
    else:
        yield "token", fact.token or ""


def _ports_of(urls: Urls) -> dict[str, HostKind]:
    kinds: dict[HostKind, str] = {
        "auth": urls.auth_url,
        "rest": urls.rest_url,
        "soap": urls.soap_url,
    }
    return {urlsplit(url).netloc: kind for kind, url in kinds.items()}


_NO_TOKENS = {fingerprint(word): word for word in ("None", "null", "undefined", "nil", "False")}
"""What programs write where they have no token."""


def _bearer_of_none(call: CallMade, used: str) -> ForeignUsed:
    return ForeignUsed(
        what="bearer",
        name=used,
        built_by=None,
        call=call.need.label,
        word=_NO_TOKENS.get(used, ""),
    )


def _member_of(ledger: Ledger) -> Member:
    assert isinstance(ledger.owner, Member)
    return ledger.owner


def _hosts_of(urls: Urls) -> dict[str, HostKind]:
    kinds: dict[HostKind, str] = {
        "auth": urls.auth_url,
        "rest": urls.rest_url,
        "soap": urls.soap_url,
    }
    # Not by urlsplit, which takes a fifth of what a tenant costs.
    return {url.removeprefix("https://").rstrip("/"): kind for kind, url in kinds.items()}


def _host_called(member: Member, entry: Entry) -> str:
    kind = entry.fact.host if isinstance(entry.fact, CallMade) else "auth"
    return next(host for host, its_kind in member.hosts.items() if its_kind == kind)
