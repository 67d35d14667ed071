"""The log of one tenant, indexed so that a verdict reads only its own test."""

from __future__ import annotations

from bisect import bisect_left
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ..arguments.calls import takes
from ..arguments.keywords import TEXT
from .contexts import opened, opened_here
from .facts import ADMIN, CallMade, Fact, TokenRequested, names_scopes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


Origin = Literal["code", "arrange", "issue_token", "admin"]
"""Who caused the traffic: the code under test, or the test itself."""

USERINFO = "GET /v2/userinfo"
"""The label of its row, at whichever host it is read."""
_OK = 200


@dataclass(slots=True, eq=False)
class Entry:
    """One fact with the circumstances in which it came about."""

    number: int
    fact: Fact
    """What arrived, and what became of it."""
    origin: Origin
    """Whose doing it was: the code's, or the test's own, by arrange(), issue_token() or admin."""
    test: str | None
    """Node id of the test that was running; None between tests."""
    fixture: str = ""
    """Name of the fixture that was being set up, if one was."""
    of_own_fixture: bool = False
    """Whether that fixture is made anew for each test."""
    answered: int | None = None
    """The status that the client got, once it is known."""
    expected: bool = False
    """Whether the test had said that the call would be denied."""
    started_in: str = ""
    """The thread or task that sent it, and the earlier test that had started that, if one had."""
    elsewhere: str = ""
    """Where an `arrange()` was written that was open in another context meanwhile, if one was."""
    first: Entry | None = field(default=None, repr=False)
    """The first one of the same HTTP request; None: it is this one."""

    def __repr__(self) -> str:
        return f"<Entry {self.number} {self.origin}: {self.fact.show(self.answered)}>"

    @property
    def request(self) -> int:
        """A number for the HTTP request, which over SOAP may be several facts."""
        return (self.first or self).number


@dataclass(slots=True, eq=False, kw_only=True)
class _Arranging:
    """An open `arrange()`."""

    everywhere: bool
    """Whether it is for all that arrives, and not just for its own context."""
    place: Callable[[], str]
    """Writes where it stands, for people."""
    opener: int | None
    """The number of the test whose own it is, as `Stage.opener` tells it."""
    hid_in: int | None = None
    """The number of the last test in whose call phase something came in it."""


@dataclass(slots=True, eq=False, kw_only=True)
class Denials:
    """The denials that a block of the test expects."""

    wanted: frozenset[str]
    everywhere: bool
    opener: int | None
    """The number of the test whose own it is, as `Stage.opener` tells it."""
    here: list[Entry] = field(default_factory=list)
    """Those that came in the block."""
    elsewhere: list[Entry] = field(default_factory=list)
    """Those that came meanwhile, in another task or thread."""


@dataclass(slots=True, eq=False)
class Stage:
    """What the ledgers of a session share: a test costs nothing at those it does not touch."""

    test: str | None = None
    """Node id of the running test."""
    number: int = 0
    """Which attempt of which test of the session it is."""
    building: Sequence[str] = ()
    """Names of the fixtures that are being set up, the innermost last."""
    scopes: Sequence[str] = ()
    """The scope of each of them."""
    window: dict[Ledger, list[Entry]] | None = None
    """What arrived in the call phase of the running test, less `arranging`; None outside of one."""
    touched: dict[Ledger, None] = field(default_factory=dict)
    """Those that had any traffic since the running test began."""
    started_in: Callable[[], str] | None = None
    """Tells by which thread or task of an earlier test something comes; None: there are none."""
    in_teardown: Callable[[Ledger, Entry], None] | None = None
    """Sees what the code does once the body has ended; None: it has left nothing running."""
    hidden: dict[str, str] = field(default_factory=dict)
    """Node id of a test whose parameters hold a secret -> the id that may be shown."""
    talked: bool = False
    """Whether any of it was of the code under test, and not of the test itself."""

    def opener(self) -> int | None:
        """Give the number of the test whose own code runs; None: that of a fixture for several."""
        return self.number if not self.scopes or self.is_in_own_fixture() else None

    def is_in_own_fixture(self) -> bool:
        """Tell whether a fixture is being set up that is made anew for each test."""
        return self.scopes[-1:] == ["function"]


@dataclass(slots=True, eq=False)
class Ledger:
    """Facts in order of arrival. One ledger belongs to one tenant."""

    stage: Stage = field(default_factory=Stage)
    entries: list[Entry] = field(default_factory=list)
    """All that arrived, in order."""
    tokens: dict[str, Entry] = field(default_factory=dict)
    """Fingerprint of a token, code or refresh token -> the request that it was issued for."""
    named: dict[str, dict[frozenset[str], tuple[int, TokenRequested]]] = field(default_factory=dict)
    """Fingerprint of a client -> sets of scopes that the code named -> number, first request."""
    granted: dict[str, Entry] = field(default_factory=dict)
    """Name of a package -> the code's latest request that was granted."""
    asked: dict[str | None, Entry] = field(default_factory=dict)
    """Name of a package (None: unknown client) -> the code's latest request, granted or not."""
    own: dict[str | None, Entry] = field(default_factory=dict)
    """Name of a package -> the test's own latest request that was granted."""
    doings: dict[str | None, list[Entry]] = field(default_factory=dict)
    """Fingerprint -> the code's calls with that token (None: with none), or its requests as that
    client."""
    compared: dict[tuple[str | None, str], int] = field(default_factory=dict)
    """Name of a package, name of a user -> number of the code's first look at v2/userinfo with a
    token of both."""
    by_port: bool = False
    """Whether what arrives now comes over a port, where no request has a context of the test's."""
    arranged: list[_Arranging] = field(default_factory=list)
    """The open `arrange()` blocks."""
    _expecting: list[Denials] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<Ledger of {len(self.entries)} entries: story() tells them>"

    @takes("ledger.story", test=TEXT)
    def story(self, test: str | None = None) -> str:
        """Write what happened for people, a line for each entry; of one test, by its node id."""
        shown = [each for each in self.entries if test is None or each.test == test]
        return "\n".join(_story_lines(shown, self.stage.hidden)) or "nothing happened"

    def append(self, fact: Fact, origin: Origin = "code", first: Entry | None = None) -> Entry:
        """Write a fact down with the circumstances of this moment.

        *first* was written down first of the same HTTP request, if that is another.
        """
        if origin == "code":
            origin = self._origin(fact)
        stage = self.stage
        of_code = origin == "code"
        entry = Entry(
            len(self.entries),
            fact,
            origin,
            stage.test,
            stage.building[-1] if stage.building else "",
            of_own_fixture=stage.is_in_own_fixture(),
            started_in=stage.started_in() if of_code and stage.started_in else "",
            elsewhere=self._arranged_elsewhere() if of_code and self.arranged else "",
            first=first,
        )
        self.entries.append(entry)
        stage.touched[self] = None
        if of_code:
            stage.talked = True
            if stage.window is not None:
                stage.window.setdefault(self, []).append(entry)
            elif stage.in_teardown is not None:
                stage.in_teardown(self, entry)
        if isinstance(fact, TokenRequested):
            self._index(fact, entry)
        elif of_code:
            self.doings.setdefault(fact.token, []).append(entry)
            self._expect(fact, entry)
            if fact.user is not None and fact.need.label == USERINFO and fact.status == _OK:
                self.compared.setdefault((fact.package, fact.user), entry.number)
        return entry

    def leave_stage(self, test: str | None) -> None:
        """Let what comes from here on be of this test, which has ended, and of none that runs."""
        self.stage = Stage(test=test, window={}, hidden=self.stage.hidden)

    def _origin(self, fact: Fact) -> Origin:
        # An expired token still tells whose it was.
        issued = self.tokens.get(fact.token) if fact.token else None
        if ADMIN in {fact.package, issued and issued.fact.package}:
            return "admin"
        for block in self.arranged:
            if self._covers(block):
                if self.stage.window is not None:
                    block.hid_in = self.stage.number
                return "arrange"
        return "code"

    def _covers(self, block: _Arranging | Denials) -> bool:
        """Tell whether what arrives now belongs to a block."""
        here = block.everywhere or self.by_port or block in opened_here()
        return here and self._is_in_force(block)

    def _is_in_force(self, block: _Arranging | Denials) -> bool:
        """Tell whether a block is of the running test, or of a fixture for several.

        One that an earlier test has left open was that test's.
        """
        return block.opener is None or block.opener == self.stage.number

    def arranged_to_the_end(self) -> list[str]:
        """Tell where each open `arrange()` stands in which something came in the running test."""
        return [each.place() for each in self.arranged if each.hid_in == self.stage.number]

    def _arranged_elsewhere(self) -> str:
        return next(
            (each.place() for each in reversed(self.arranged) if self._is_in_force(each)), ""
        )

    def _expect(self, call: CallMade, entry: Entry) -> None:
        had = call.granted or frozenset()
        for block in self._expecting:
            named = any(needed - had <= block.wanted for needed in call.need.minimal_sets)
            # What bars a user is no scope, so it is no denial for want of one.
            denied = (
                call.scope_denied and named
                if block.wanted
                else call.scope_denied or call.user_denied
            )
            if denied and self._covers(block):
                entry.expected = True
                block.here.append(entry)
            elif denied and self._is_in_force(block):
                block.elsewhere.append(entry)

    def _index(self, fact: TokenRequested, entry: Entry) -> None:
        if fact.token is not None:
            self.tokens[fact.token] = entry
        for each in fact.also_issued:
            # One that is given out again stays that of its first request: no lineage has a loop.
            self.tokens.setdefault(each, entry)
        if entry.origin != "code":
            if fact.token is not None:
                self.own[fact.package] = entry
            return
        self.asked[fact.package] = entry
        self.doings.setdefault(fact.client, []).append(entry)
        if names_scopes(fact):
            earlier = self.named.setdefault(fact.client, {})
            earlier.setdefault(fact.requested, (entry.number, fact))
        if fact.token is not None and fact.package is not None:
            self.granted[fact.package] = entry

    @contextmanager
    def arranging(
        self, *, everywhere: bool = False, place: Callable[[], str] = str
    ) -> Iterator[None]:
        """Mark what arrives meanwhile in this context as the test's own set-up traffic.

        Args:
            everywhere: mark what arrives from other tasks and threads too.
            place: writes where it stands, for people.
        """
        block = _Arranging(everywhere=everywhere, place=place, opener=self.stage.opener())
        self.arranged.append(block)
        try:
            with opened(block):
                yield
        finally:
            self.arranged.remove(block)

    @contextmanager
    def expecting(self, wanted: frozenset[str], *, everywhere: bool = False) -> Iterator[Denials]:
        """Expect denials for want of one of these scopes in this context, and collect them.

        Without scopes any denial is expected, that of a call which the user
        may not make too.
        """
        block = Denials(wanted=wanted, everywhere=everywhere, opener=self.stage.opener())
        self._expecting.append(block)
        try:
            with opened(block):
                yield block
        finally:
            self._expecting.remove(block)

    def last_before(self, number: int, fingerprint: str | None) -> Entry | None:
        """Find the last call with a token (None: with none), or request of a client, before."""
        doings = self.doings.get(fingerprint, [])
        place = bisect_left(doings, number, key=lambda entry: entry.number)
        return doings[place - 1] if place else None

    def lineage(self, fingerprint: str | None) -> list[Entry]:
        """Give the request of a token, then those that it came from by code or renewal."""
        found = []
        while fingerprint is not None and (entry := self.tokens.get(fingerprint)) is not None:
            found.append(entry)
            fingerprint = entry.fact.presented if isinstance(entry.fact, TokenRequested) else None
        return found


def _story_lines(entries: Sequence[Entry], hidden: Mapping[str, str]) -> Iterator[str]:
    """Write a line for each entry, under the test in which it came."""
    test: str | None = ""
    for entry in entries:
        if entry.test != test:
            test = entry.test
            yield hidden.get(test, test) if test else "between tests"
        seconds = f"+{entry.fact.at - entries[0].fact.at:.0f} s"
        what = entry.fact.show(entry.answered)
        yield f"{entry.number:>4} {seconds:>8}  {entry.origin:<11} {what}"
