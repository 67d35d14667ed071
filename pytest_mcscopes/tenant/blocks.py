"""Blocks of a test: one that is judged, one that expects findings, one that expects a denial."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from threading import get_ident
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ..errors import McScopesError, ScopeAssertionError
from ..ledger.contexts import opened, opened_here
from ..ledger.facts import CallMade
from ..privilege.expected import not_as_expected
from ..privilege.expected_denial import no_denial

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence

    from ..ledger.ledger import Denials, Ledger
    from ..privilege.expectation import Expectation
    from ..privilege.verdict import Verdict

_STILL_OPEN = "  The block was still open when its test, or its tenant, ended: it was judged there."


class BlockResult(NamedTuple):
    """The result of a judged block."""

    text: str
    """Empty where there is nothing to report."""
    errors: frozenset[str]
    """Ids of the rules that it fails by."""
    rules: frozenset[str]
    """Ids of all rules that found something for sure."""
    aborted: bool
    verdict: Verdict


class Close(Protocol):
    """Ends a judged block."""

    def __call__(self, *, aborted: bool) -> BlockResult:
        """Judge what happened in it; *aborted*: it failed by itself."""


class Failure(NamedTuple):
    """What a block fails by."""

    text: str
    rules: tuple[str, ...] = ()
    """What a test would have to expect that means it."""
    taken: bool = False
    """Whether it fails no test: another block expects it, or it is a note only."""


@dataclass(slots=True, eq=False)
class Register:
    """What a session knows of the blocks of all its tenants."""

    in_body: Callable[[], bool] = bool
    """Tells whether a test's body is running, and no fixture is being set up."""
    is_marked: Callable[[], bool] = bool
    """Tells whether the running test has a mark that judges it."""
    expected: set[str] = field(default_factory=set)
    """Ids of the findings that blocks of the running test were to find."""
    opened: dict[_Block, bool] = field(default_factory=dict)
    """The blocks that were entered and not left yet."""
    failures: dict[Failure, None] = field(default_factory=dict)
    """What no report has shown yet: the exception may have been caught, or lost in a thread."""

    def end_of_body(self, *, aborted: bool) -> None:
        """Judge what the body of a test has left open, the inner blocks first."""
        for block in reversed([*filter(attrgetter("of_body"), self.opened)]):
            block.end(aborted=aborted, why=_STILL_OPEN)

    def end_of_session(self) -> None:
        """Judge whatever is still open."""
        for block in reversed([*self.opened]):
            block.end(aborted=False, why=_STILL_OPEN)

    def shown(self, texts: Iterable[str]) -> None:
        """Forget failures whose text a report shows."""
        seen = set(texts)
        for failure in [each for each in self.failures if each.text in seen]:
            self.failures.pop(failure, None)

    def take(self) -> list[Failure]:
        """Give what no report has shown yet, once."""
        taken = [*self.failures]
        self.shown(each.text for each in taken)
        return taken


@dataclass(slots=True, eq=False, kw_only=True)
class _Block:
    """A block that was entered. It is judged once, wherever it is left."""

    origin: str
    register: Register
    of_body: bool
    """Whether a test's body opened it; else a fixture, which may keep it open for longer."""
    judge: Callable[[bool, str], Failure | None]

    def end(self, *, aborted: bool, why: str = "") -> Failure | None:
        """Judge it, unless that has been done."""
        # In one step: a thread may leave it while the test ends.
        left = self.register.opened.pop(self, False)
        return self.judge(aborted, why) if left else None


@dataclass(slots=True, eq=False, kw_only=True)
class _Expecting:
    """A block in which judged blocks are to find something."""

    blocks: Blocks
    named: frozenset[str]
    thread: int = field(default_factory=get_ident)
    open: bool = True
    results: list[BlockResult] = field(default_factory=list)

    def takes_in(self, blocks: Blocks) -> bool:
        """Tell whether it is open, and for blocks of this tenant."""
        return self.open and self.blocks is blocks


class Blocks:
    """The blocks that a test makes with one tenant."""

    def __init__(
        self,
        ledger: Ledger,
        register: Register,
        watch: Callable[[Expectation], Close],
        keep: Callable[[BlockResult, frozenset[str]], object],
    ) -> None:
        self._ledger = ledger
        self._register = register
        self._watch = watch
        self._keep = keep
        self._made: list[str] = []
        """Blocks that were made and not entered yet."""
        self._open: dict[_Block, bool] = {}
        self._judged = ""
        self._expecting: list[_Expecting] = []

    def end(self, *, aborted: bool) -> Failure | None:
        """Judge, at the tenant's end, what is still open; give the first thing that fails."""
        if not self._open:
            return None
        ended = [each.end(aborted=aborted, why=_STILL_OPEN) for each in reversed([*self._open])]
        self._open.clear()
        return next((each for each in ended if each and not each.taken), None)

    def refuse_unfinished(self) -> None:
        """Check, at the end, that every block has been entered, and judge what was not left.

        Raises:
            McScopesError: one was not entered, and so nothing was judged.
            ScopeAssertionError: one that was still open fails.
        """
        failure = self.end(aborted=False)
        for origin in self._made:
            raise McScopesError(f"{origin} was never entered and left. Write it after `with`.")
        if failure:
            raise ScopeAssertionError(failure.text)

    def _enter(self, origin: str) -> None:
        # One that decorates a function is written once and entered at each call.
        if origin in self._made:
            self._made.remove(origin)

    @contextmanager
    def _opened(
        self, origin: str, judge: Callable[[bool, str], Failure | None]
    ) -> Iterator[_Block]:
        of_body = self._register.in_body()
        block = _Block(origin=origin, register=self._register, of_body=of_body, judge=judge)
        self._register.opened[block] = self._open[block] = True
        try:
            yield block
        finally:
            self._open.pop(block, None)

    def _fail(self, text: str, rules: Iterable[str] = ()) -> Failure:
        failure = Failure(text, tuple(sorted(rules)))
        self._register.failures[failure] = None
        return failure

    def judged(self, mark: Expectation) -> AbstractContextManager[None]:
        """Make a block that is judged as a mark judges a test."""
        self._made.append(mark.origin)
        return self._judge(mark)

    @contextmanager
    def _judge(self, mark: Expectation) -> Iterator[None]:
        self._enter(mark.origin)
        if self._judged:
            misuse = McScopesError(
                f"{mark.origin} stands in {self._judged}. Judged blocks of one tenant come one"
                " after the other: leave the first one before."
            )
            self._fail(str(misuse))  # where it is caught, what follows would not be judged
            raise misuse
        close = partial(self._close, self._watch(mark), self._expecting_this())
        self._judged = mark.origin
        with self._opened(mark.origin, close) as block:
            try:
                yield
            except BaseException as error:
                if failure := block.end(aborted=True):
                    error.add_note(failure.text)
                raise
            failure = block.end(aborted=False)
            if failure and failure.rules:
                raise ScopeAssertionError(failure.text)

    def _close(
        self,
        close: Close,
        expecting: _Expecting | None,
        aborted: bool,  # noqa: FBT001
        why: str,
    ) -> Failure | None:
        self._judged = ""
        result = close(aborted=aborted)
        text = "\n".join(filter(None, [result.text, why if result.errors else ""]))
        if expecting is not None and expecting.open:
            expecting.results.append(result._replace(text=text))
        else:
            self._keep(result, frozenset())
            if result.errors:
                return self._fail(text, result.errors)
        return Failure(text, tuple(sorted(result.errors)), taken=True) if text else None

    def expect(self, named: frozenset[str], origin: str) -> AbstractContextManager[None]:
        """Make a block in which judged blocks are to find just this."""
        self._made.append(origin)
        return self._expect(named, origin)

    def _expecting_this(self) -> _Expecting | None:
        """Find the `expect_findings` block that a judged block belongs to which begins here.

        A thread has a context of its own: what is judged there belongs to the
        latest such block of another thread.
        """
        here = [each for each in opened_here() if isinstance(each, _Expecting)]
        elsewhere = [each for each in self._expecting if each.thread != get_ident()]
        fitting = (each for each in reversed([*elsewhere, *here]) if each.takes_in(self))
        return next(fitting, None)

    @contextmanager
    def _expect(self, named: frozenset[str], origin: str) -> Iterator[None]:
        self._enter(origin)
        expecting = _Expecting(blocks=self, named=named)
        self._expecting.append(expecting)
        self._register.expected |= named
        compare = partial(self._compare, expecting, origin)
        with opened(expecting), self._expecting_to(origin, compare, expecting.results):
            yield

    @contextmanager
    def _expecting_to(
        self,
        origin: str,
        compare: Callable[[bool, str], Failure | None],
        results: Sequence[BlockResult] = (),
    ) -> Iterator[None]:
        """Let a block fail where what it expects did not come, whatever else ended it."""
        with self._opened(origin, compare) as block:
            try:
                yield
            except BaseException as error:
                # Those of the blocks themselves are what is expected here.
                own = _without(error, {each.text for each in results})
                failure = block.end(aborted=own is not None)
                if failure is None and own is None:
                    return
                if failure and isinstance(error, Exception):
                    raise ScopeAssertionError(failure.text) from own
                _carry(error, failure)
                raise
            if failure := block.end(aborted=False):
                raise ScopeAssertionError(failure.text)

    def _compare(
        self,
        expecting: _Expecting,
        origin: str,
        aborted: bool,  # noqa: ARG002, FBT001 - whatever ended it, the findings did not come
        why: str,
    ) -> Failure | None:
        expecting.open = False
        self._expecting.remove(expecting)
        named, results = expecting.named, expecting.results
        errors = frozenset().union(*(each.errors for each in results))
        came = frozenset[str]().union(*(each.rules for each in results))
        fails = bool(named - came or errors - named)
        for result in results:
            self._keep(result, frozenset() if fails else named)
        if not fails:
            return None
        texts = dict.fromkeys(each.text for each in results if each.text)
        blocks = [sorted(each.rules) for each in results]
        marked = self._register.is_marked()
        unnamed = sorted(errors - named)
        text = not_as_expected(named, blocks, unnamed, origin, texts, marked=marked)
        return self._fail("\n".join(filter(None, [text, why])))

    def denied(
        self, wanted: frozenset[str], origin: str, *, everywhere: bool = False
    ) -> AbstractContextManager[None]:
        """Make a block in which a call must be denied for lack of these scopes; none: of any."""
        self._made.append(origin)
        return self._deny(wanted, origin, everywhere=everywhere)

    @contextmanager
    def _deny(self, wanted: frozenset[str], origin: str, *, everywhere: bool) -> Iterator[None]:
        self._enter(origin)
        start = len(self._ledger.entries)
        with self._ledger.expecting(wanted, everywhere=everywhere) as found:
            missing = partial(self._missing_denial, found, start, origin)
            with self._expecting_to(origin, missing):
                yield

    def _missing_denial(
        self,
        found: Denials,
        start: int,
        origin: str,
        aborted: bool,  # noqa: ARG002, FBT001 - whatever ended it, the denial did not come
        why: str,
    ) -> Failure | None:
        if found.here:
            return None
        came = [each.fact for each in self._ledger.entries[start:] if each.origin == "code"]
        calls = [fact for fact in came if isinstance(fact, CallMade)]
        text = no_denial(calls, found.wanted, origin, elsewhere=bool(found.elsewhere))
        return self._fail("\n".join(filter(None, [text, why])))


def _carry(error: BaseException, failure: Failure | None) -> None:
    """Note on an error that must go on, such as a skip, that a block failed by it.

    Not by a note, which would become part of a skip's reason.
    """
    if failure is not None:
        error.mcscopes_failed = failure.text  # type: ignore[attr-defined]


def _without(error: BaseException, texts: Container[str]) -> BaseException | None:
    """Return what else an error is than those of judged blocks with these texts; None: nothing."""
    if isinstance(error, BaseExceptionGroup):
        return error if any(_without(each, texts) for each in error.exceptions) else None
    ours = isinstance(error, ScopeAssertionError) and str(error) in texts
    return None if ours else error


def shown_by(error: BaseException | None) -> Iterator[str]:
    """Yield the texts of ours that need no other report: those of an error, and of its chain."""
    seen: set[int] = set()
    left = [error]
    while left:
        each = left.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, McScopesError | ScopeAssertionError):
            yield str(each)
        yield from getattr(each, "__notes__", ())
        yield getattr(each, "mcscopes_failed", "")
        left.append(each.__cause__ or (None if each.__suppress_context__ else each.__context__))
        if isinstance(each, BaseExceptionGroup):
            left += each.exceptions
