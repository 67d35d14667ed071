"""What other tests do with a login that asks for the same: it may be one token for everything.

A verdict sees one test. Advice that sees no more tells three tests of one
client to ask for three different things.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from .observed import NO_SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .expectation import Expectation
    from .minimum import Scopes
    from .rules.case import Case

    Login = tuple[str | None, Scopes]


class Sibling(NamedTuple):
    """Another test that may use the same client: one of the same file, or of the same tenant."""

    test: str
    marks: tuple[Expectation, ...]
    fixtures: frozenset[str]
    """The fixtures that both tests have."""
    clients: frozenset[str]
    """Those of them that both take by their arguments, and that have a tenant: clients, for one."""

    def may_share(self, made_in: frozenset[str]) -> bool:
        """Tell whether it shares a log-in that was made in these fixtures, before it has run.

        "" stands for the test's body, where a client that a fixture made may have logged in.
        """
        return all(self.clients if place == "" else place in self.fixtures for place in made_in)


class SharedLogins:
    """Remembers what each test that was judged used, by what its login asked for."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._used: dict[Login, dict[str, Scopes]] = {}
        self._login_of: dict[tuple[str | None, str], Login] = {}
        """Package and test -> the login that was seen."""

    def remember(self, test: str, case: Case) -> None:
        """Note what the trusted calls of a test used."""
        used = NO_SCOPES.union(*map(attrgetter("used"), case.observed.trusted))
        login = case.expectation.package, case.observed.requested
        self._used.setdefault(login, {})[test] = used
        self._login_of[case.expectation.package, test] = login

    def others(self, case: Case, siblings: Iterable[Sibling]) -> Scopes:
        """Join what siblings declare, or were seen to use, of what a test's login asked for.

        One that was seen to ask for something else has another client. One that has not run yet
        counts where it has the fixture that the log-in came of: of no other is anything known.
        """
        login, made_in = (case.expectation.package, case.observed.requested), case.observed.made_in
        used = self._used.get(login, {})
        found = set[str]()
        for sibling in siblings:
            seen = self._login_of.get((case.expectation.package, sibling.test))
            if seen == login or (seen is None and sibling.may_share(made_in)):
                found |= used.get(sibling.test, frozenset())
                found |= _declared(sibling.marks, case.expectation.package)
        return case.observed.requested & found


def _declared(marks: Iterable[Expectation], package: str | None) -> Scopes:
    mine = (mark for mark in marks if mark.package == package)
    return next((mark.declared for mark in mine), frozenset())
