"""The simulated Marketing Cloud of one test session: its tenants, and what a test did with them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

from .blocks import Outcome
from .cloud.state import build_state
from .config import PackageConfig
from .errors import ConfigError, McScopesError
from .ledger.facts import CallMade, ForeignUsed, TokenRequested
from .markers.packages import package_settings
from .privilege.foreign import foreign_tenant
from .privilege.lineage import by_mark
from .privilege.open_marks import open_marks
from .privilege.rules import Case
from .privilege.severities import read_severities
from .privilege.verdict import ABSENCE_RULES, judge
from .tenant import Tenant
from .transport.hosts import Hosts, Stray
from .transport.in_process import Mount

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from .blocks import Close
    from .catalogue.catalogue import Catalogue
    from .config import Config
    from .ledger.facts import HostKind
    from .ledger.ledger import Entry
    from .privilege.expectation import Allowance, Expectation
    from .privilege.findings import Finding
    from .privilege.verdict import Verdict


@dataclass(slots=True, eq=False, kw_only=True)
class Member:
    """A tenant with the circumstances of its birth."""

    tenant: Tenant
    hosts: dict[str, HostKind]
    """The tenant's host names, and what each is for."""
    built_by: str
    """For people: the test, or the fixture and the test that it was first set up for."""
    fixtures: frozenset[str]
    """The fixtures that were being set up; empty for a tenant of a test's body."""
    test: str | None

    @property
    def clients(self) -> frozenset[str]:
        """Fingerprints of the client ids of its packages."""
        return self.tenant.clients

    def owns(self, fingerprint: str) -> bool:
        """Tell whether a token or client is one of the tenant's."""
        return fingerprint in self.tenant.ledger.tokens or fingerprint in self.clients

    def belongs_to(self, test: str | None, fixtures: frozenset[str]) -> bool:
        """Tell whether it is a tenant of the test with these fixtures in its closure."""
        return bool(self.fixtures & fixtures) or (not self.fixtures and self.test == test)


class Look(NamedTuple):
    """What a test did, seen without its own marks."""

    verdict: Verdict
    """Of marks that let it ask for anything."""
    set_by_marks: bool
    """Whether `mc_package` marks of the test configure all its tenants."""


@dataclass(slots=True, eq=False)
class Window:
    """What happens while one test's call phase runs."""

    entries: dict[Member, list[Entry]] = field(default_factory=dict)
    """All tenants that lived in it, those that ended too."""
    foreign: list[ForeignUsed] = field(default_factory=list)
    others: dict[str, None] = field(default_factory=dict)
    """Hosts that are none of ours and that httpx was seen to call."""
    taken_by: str = ""
    """The module whose patch of httpx took requests before they got here, if any."""

    def watch(self, member: Member) -> None:
        """Collect what arrives at a tenant."""
        member.tenant.ledger.window = self.entries[member] = []


PROVEN_AT_THE_END = ABSENCE_RULES | {"MCS103"}
"""What may still have come, had a block not ended by an exception."""


@dataclass(slots=True, eq=False)
class Told:
    """What the judged blocks of a test have come to so far, each thing once."""

    findings: dict[Finding, None] = field(default_factory=dict)
    texts: dict[str, None] = field(default_factory=dict)
    """Of the blocks that passed with a note."""
    caught: dict[str, None] = field(default_factory=dict)
    """Of those that ended by an exception and with an error: nobody sees it if that is caught."""


class MarketingCloud:
    """What the `mc_cloud` fixture gives: tenants of any life.

    `with mc_cloud.tenant(scopes=["email_send"]) as tenant:` in a fixture of
    class, module or session scope makes a tenant that lives as long.
    """

    def __init__(self, config: Config, catalogue: Catalogue, building: list[str]) -> None:
        """Begin to answer.

        Args:
            config: how every tenant behaves.
            catalogue: what Marketing Cloud documents.
            building: names of the fixtures that are being set up; the plugin changes it.
        """
        self.catalogue = catalogue
        self._config = config
        self._severities = read_severities(config.rules)
        self._building = building
        # A token that outlived an earlier session must not be known in this one.
        self._seed = uuid4().hex
        self._built = 0
        self._members: list[Member] = []
        self._past: dict[str, str] = {}
        """Fingerprint of a token or client of an ended tenant -> what built it."""
        self._test: str | None = None
        self._allowances: Sequence[Allowance] = ()
        self._window: Window | None = None
        self._blocks: list[Window] = []
        self._told: Told | None = None
        self.render: Callable[[Verdict], str] = str
        """Writes a verdict for people; the plugin knows how."""
        self._hosts = Hosts()
        self._hosts.on_stray = self._saw_stray
        self._hosts.on_other = self._saw_other
        self._mount = Mount(self._hosts)
        self._mount.mount()

    def __repr__(self) -> str:
        return f"<MarketingCloud with {len(self._members)} tenants>"

    def close(self) -> None:
        """Give httpx back its own; the last thing of a session."""
        self._mount.unmount()

    def covered_by(self) -> str:
        """Name the module whose patch of httpx is asked before ours; empty: none is."""
        return self._mount.covered_by()

    @contextmanager
    def tenant(
        self,
        *,
        packages: Sequence[Mapping[str, Any]] = (),
        **package: Any,  # noqa: ANN401 - checked by name
    ) -> Iterator[Tenant]:
        """Build a tenant that lives as long as the block.

        Args:
            packages: the keywords of `mc_package`, a mapping each, where there are several.
            package: the keywords of `mc_package`, where there is one.

        Raises:
            ConfigError: a setting makes no sense, or a living tenant has the same client id or
                subdomain.
        """
        member = self._open(self._configs(packages, package))
        try:
            yield member.tenant
        finally:
            self._end(member)
        member.tenant.blocks.refuse_unfinished()

    def _configs(
        self, packages: Sequence[Mapping[str, Any]], package: Mapping[str, Any]
    ) -> tuple[PackageConfig, ...]:
        if packages and package:
            raise ConfigError(
                "mc_cloud.tenant: packages=[...] and the keywords of one package"
                f" ({', '.join(package)}) are both given. Write one or the other."
            )
        checked = (
            package_settings(each, self.catalogue, "mc_cloud.tenant")
            for each in packages or [package]
        )
        return tuple(PackageConfig(**each) for each in checked)

    def _open(self, packages: tuple[PackageConfig, ...]) -> Member:
        self._built += 1
        state = build_state(self._config, packages, f"{self._seed}/{self._built}", self.catalogue)
        tenant = Tenant(state, self.catalogue)
        member = Member(
            tenant=tenant,
            hosts=_hosts_of(tenant),
            built_by=self._builder(),
            fixtures=frozenset(self._building),
            test=self._test,
        )
        self._refuse_twin(member)
        for host, kind in member.hosts.items():
            self._hosts.add(host, kind, member.tenant, member.built_by)
        self._mount.ensure()
        self._members.append(member)
        member.tenant.ledger.test = self._test
        member.tenant.blocks.watch = partial(self._watch_block, member)
        if self._window is not None:
            self._window.watch(member)
        return member

    def _builder(self) -> str:
        test = self._test or "the start of the session"
        return f"fixture {self._building[-1]} for {test}" if self._building else test

    def _refuse_twin(self, new: Member) -> None:
        for member in self._members:
            if member.clients & new.clients:
                raise ConfigError(
                    "two living tenants have the same client id: one was built by"
                    f" {member.built_by}, one by {new.built_by}. Leave client_id= out of one of"
                    " them, or let the tests share one tenant."
                )

    def _end(self, member: Member) -> None:
        for host in member.hosts:
            self._hosts.end(host)
        self._members.remove(member)
        mine = [*member.tenant.ledger.tokens, *member.clients]
        self._past |= dict.fromkeys(mine, member.built_by)

    def begin_test(self, test: str, allowances: Sequence[Allowance] = ()) -> None:
        """Name the test that is running from here on, and the rules that it turns into notes."""
        self._test, self._allowances = test, allowances
        for member in self._members:
            member.tenant.ledger.test = test
        self._mount.ensure()

    def tenants_of(self, test: str, fixtures: Iterable[str]) -> list[Tenant]:
        """List the living tenants of a test with these fixtures in its closure.

        Raises:
            McScopesError: there is none.
        """
        closure = frozenset(fixtures)
        mine = [each.tenant for each in self._members if each.belongs_to(test, closure)]
        if not mine:
            raise McScopesError(
                "mc_clock: the test has no tenant whose time could be moved. Let it ask for"
                " mc_tenant, or for a fixture that has a tenant, before mc_clock moves."
            )
        return mine

    def open_window(self) -> None:
        """Begin to collect what the running test is answerable for."""
        self._window = Window()
        for member in self._members:
            self._window.watch(member)

    def close_window(self) -> Window:
        """Stop collecting."""
        window, self._window = self._window, None
        assert window is not None
        for member in window.entries:
            member.tenant.ledger.window = None
        return window

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
        closure = frozenset(fixtures)
        mine = [each for each in window.entries if each.belongs_to(self._test, closure)]
        return self._judge(window, mine, expectations, allowances, aborted=aborted)

    def _judge(
        self,
        window: Window,
        mine: Sequence[Member],
        expectations: Sequence[Expectation],
        allowances: Sequence[Allowance],
        *,
        aborted: bool,
    ) -> Verdict:
        scenes = [member.tenant.scene(window.entries[member]) for member in mine]
        cases = [
            Case(
                expectation=mark,
                observed=observed,
                catalogue=self.catalogue,
                others=tuple(window.others),
                taken_by=window.taken_by,
            )
            for mark, observed in by_mark(scenes, expectations)
        ]
        foreign = foreign_tenant(dict.fromkeys(self._foreign(window, mine)))
        return judge(cases, list(foreign), allowances, aborted=aborted, severities=self._severities)

    def look(
        self,
        window: Window,
        fixtures: Iterable[str],
        allowances: Sequence[Allowance],
        *,
        aborted: bool,
    ) -> Look:
        """See what the running test did, whatever its marks say that it may ask for.

        Args:
            window: what happened in it.
            fixtures: the names in its closure.
            allowances: the rules that it turns into notes.
            aborted: the test failed by itself.
        """
        closure = frozenset(fixtures)
        mine = [each for each in window.entries if each.belongs_to(self._test, closure)]
        marks = open_marks([each.tenant.scene(window.entries[each]) for each in mine])
        return Look(
            verdict=self.judge(window, closure, marks, allowances, aborted=aborted),
            set_by_marks=all("mc_tenant" in each.fixtures for each in mine if window.entries[each]),
        )

    def _watch_block(self, member: Member, mark: Expectation) -> Close:
        """Begin to watch a judged block; what is given ends it with the verdict."""
        window = Window()
        self._blocks.append(window)
        ledger = member.tenant.ledger
        start = len(ledger.entries)

        def close(*, aborted: bool) -> Outcome:
            self._blocks.remove(window)
            came = [entry for entry in ledger.entries[start:] if entry.origin == "code"]
            window.entries[member] = came
            verdict = self._judge(window, [member], [mark], self._allowances, aborted=aborted)
            # Whether an allowance is of use is a question to the whole test.
            return self._tell(replace(verdict, remarks=()), aborted=aborted)

        return close

    def _tell(self, verdict: Verdict, *, aborted: bool) -> Outcome:
        """Keep what a block came to for the test's report."""
        told = self._told = self._told or Told()
        told.findings |= dict.fromkeys(verdict.findings)
        text = self.render(verdict) if verdict.findings else ""
        fails = bool(verdict.errors)
        if text and not fails and not aborted:
            told.texts[text] = None
        if aborted and any(each.rule not in PROVEN_AT_THE_END for each in verdict.errors):
            told.caught[text] = None
        return Outcome(text, fails)

    def caught(self) -> list[str]:
        """List what blocks found that ended by an exception; to be told if the test passes."""
        return [*self._told.caught] if self._told else []

    def take_told(self) -> Told | None:
        """Give what judged blocks came to since this was asked last; None: there were none."""
        told, self._told = self._told, None
        return told

    def _foreign(self, window: Window, mine: Sequence[Member]) -> Iterator[ForeignUsed]:
        yield from window.foreign
        for member, entries in window.entries.items():
            if member in mine:
                yield from self._refused_as_foreign(entries, member)
            elif entries:
                name = _host_called(member, entries[0])
                yield ForeignUsed(what="host", name=name, built_by=member.built_by)

    def _refused_as_foreign(
        self, entries: Iterable[Entry], member: Member
    ) -> Iterator[ForeignUsed]:
        """Find the tokens and clients that a tenant refused and that are another one's."""
        for fact in (entry.fact for entry in entries):
            if isinstance(fact, TokenRequested):
                what, used = "client", fact.client
            else:
                what, used = "token", fact.token or ""
            owner = None if member.owns(used) else self._owner(used)
            if owner is not None:
                yield ForeignUsed(what=what, name=used, built_by=owner)  # type: ignore[arg-type]  # one of two words

    def _owner(self, fingerprint: str) -> str | None:
        living = (member.built_by for member in self._members if member.owns(fingerprint))
        return next(living, self._past.get(fingerprint))

    def _saw_stray(self, stray: Stray) -> None:
        used = ForeignUsed(what="host", name=stray.host, built_by=stray.built_by)
        for window in self._windows():
            window.foreign.append(used)

    def _saw_other(self, host: str) -> None:
        for window in self._windows():
            window.others[host] = None

    def _windows(self) -> Iterator[Window]:
        yield from self._blocks
        if self._window is not None:
            yield self._window


def _hosts_of(tenant: Tenant) -> dict[str, HostKind]:
    urls: dict[HostKind, str] = {
        "auth": tenant.auth_url,
        "rest": tenant.rest_url,
        "soap": tenant.soap_url,
    }
    return {str(urlsplit(url).hostname): kind for kind, url in urls.items()}


def _host_called(member: Member, entry: Entry) -> str:
    kind = entry.fact.host if isinstance(entry.fact, CallMade) else "auth"
    return next(host for host, its_kind in member.hosts.items() if its_kind == kind)
