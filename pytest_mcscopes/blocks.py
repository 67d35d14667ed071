"""Blocks of a test: one that is judged like a marked test, one in which a call is to be denied."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from traceback import walk_stack
from typing import TYPE_CHECKING, NamedTuple, Protocol, get_args

from .config import either
from .errors import ConfigError, McScopesError, ScopeAssertionError
from .ledger.facts import CallMade
from .markers.scopes import read_scopes
from .privilege.denial import no_denial
from .privilege.expectation import Expectation, Match

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from contextlib import AbstractContextManager

    from .catalogue.catalogue import Catalogue
    from .ledger.ledger import Ledger


class Outcome(NamedTuple):
    """What a judged block comes to."""

    text: str
    """Empty where there is nothing to tell."""
    fails: bool


class Close(Protocol):
    """Ends a judged block."""

    def __call__(self, *, aborted: bool) -> Outcome:
        """Judge what happened in it; *aborted*: it failed by itself."""


def _watch_nothing(mark: Expectation) -> Close:
    raise McScopesError(
        f"{mark.origin}: this tenant is of no test session, where blocks are judged. Take one of"
        " mc_tenant or mc_cloud."
    )


class Blocks:
    """The blocks that a test makes with one tenant."""

    def __init__(self, ledger: Ledger) -> None:
        self.watch: Callable[[Expectation], Close] = _watch_nothing
        """Begins to watch a judged block, for the session."""
        self._ledger = ledger
        self._made: list[str] = []
        """Blocks that were written and not entered yet."""
        self._denying: list[str] = []
        """Blocks that were entered and not left yet, in which a call is to be denied."""
        self._judged = ""

    def refuse_unfinished(self) -> None:
        """Check, at the end, that every block has been entered and left.

        Raises:
            McScopesError: one has not, and so nobody was told what happened in it.
        """
        for origin in (*self._made, *self._denying, *filter(None, [self._judged])):
            raise McScopesError(f"{origin} was never entered and left. Write it after `with`.")

    def judged(self, mark: Expectation) -> AbstractContextManager[None]:
        """Make a block that is judged as a mark judges a test."""
        self._made.append(mark.origin)
        return self._judge(mark)

    @contextmanager
    def _judge(self, mark: Expectation) -> Iterator[None]:
        self._enter(mark.origin)
        if self._judged:
            raise McScopesError(
                f"{mark.origin} stands in {self._judged}. Judged blocks of one tenant come one"
                " after the other: leave the first one before."
            )
        close = self.watch(mark)
        self._judged = mark.origin
        try:
            yield
        except BaseException as error:
            self._judged = ""
            if told := close(aborted=True).text:
                error.add_note(told)
            raise
        self._judged = ""
        outcome = close(aborted=False)
        if outcome.fails:
            raise ScopeAssertionError(outcome.text)

    def _enter(self, origin: str) -> None:
        # One that decorates a function is written once and entered at each call.
        if origin in self._made:
            self._made.remove(origin)

    def denied(self, wanted: frozenset[str], origin: str) -> AbstractContextManager[None]:
        """Make a block in which a call is to be denied for want of these scopes; none: of any."""
        self._made.append(origin)
        return self._deny(wanted, origin)

    @contextmanager
    def _deny(self, wanted: frozenset[str], origin: str) -> Iterator[None]:
        self._enter(origin)
        self._denying.append(origin)
        start = len(self._ledger.entries)
        try:
            with self._ledger.expecting(wanted) as found:
                yield
        except Exception as error:
            # Whatever ended the block, it was not the denial; a test may well expect any error.
            if not found:
                raise self._no_denial(start, wanted, origin) from error
            raise
        finally:
            self._denying.remove(origin)
        if not found:
            raise self._no_denial(start, wanted, origin)

    def _no_denial(self, start: int, wanted: frozenset[str], origin: str) -> ScopeAssertionError:
        came = [each.fact for each in self._ledger.entries[start:] if each.origin == "code"]
        calls = [fact for fact in came if isinstance(fact, CallMade)]
        return ScopeAssertionError(no_denial(calls, wanted, origin))


def read_block(
    scopes: Iterable[object],
    match: str,
    package: str | None,
    packages: Collection[str],
    catalogue: Catalogue,
) -> Expectation:
    """Read the arguments of a judged block.

    Raises:
        ConfigError: they make no sense; the text says how to write them.
    """
    if match not in get_args(Match):
        raise ConfigError(f"judged: match must be {either(get_args(Match))}, got {match!r}.")
    if package is not None and package not in list(packages):
        known = ", ".join(f'"{each}"' for each in packages)
        raise ConfigError(f"judged: the tenant has no package {package!r}, but {known}.")
    declared = scopes_of_block(scopes, "judged", catalogue)
    if not declared:
        raise ConfigError(
            'judged: it names no scope. Write judged("email_send"); or mark the test mc_no_token'
            " or mc_least_privilege, if that is what you mean."
        )
    return Expectation(
        kind="scopes",
        declared=declared,
        match=match,  # type: ignore[arg-type]  # one of the words that it may be
        package=package,
        origin=f"mc_tenant.judged(...), {calling_place()}",
    )


def scopes_of_block(scopes: Iterable[object], block: str, catalogue: Catalogue) -> frozenset[str]:
    """Read the scopes that a block names.

    Raises:
        ConfigError: one is no scope of the catalogue.
    """

    def wrong(text: str) -> ConfigError:
        return ConfigError(f"{block}: {text}{'' if text.endswith('?') else '.'}")

    return read_scopes(scopes, catalogue, wrong, block + '("{}")')


def calling_place() -> str:
    """Write where a test called us: `tests/test_mailer.py:5`."""
    # It brings pytest, which nothing but a test needs.
    from .markers.levels import shown_path  # noqa: PLC0415

    ours = Path(__file__).parent
    steps = ((Path(frame.f_code.co_filename), line) for frame, line in walk_stack(None))
    path, line = next((path, line) for path, line in steps if not path.is_relative_to(ours))
    return f"{shown_path(path)}:{line}"
