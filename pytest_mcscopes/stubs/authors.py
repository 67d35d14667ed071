"""Which test wrote a stub: on a shared tenant stubs stay, and answer the tests that follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..ledger.ledger import Ledger


class Left(NamedTuple):
    """A stub of another test, and the last call that it answered."""

    author: str
    call: str
    soap: bool


class StubAuthors:
    """Knows which test writes a stub, and remembers tests that another test's stub answered."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._left: dict[str | None, Left] = {}

    def author(self) -> str:
        """Name the test that writes a stub at this moment; empty: it is none of a test's."""
        stage = self._ledger.stage
        # What a fixture writes is for all its tests.
        return "" if stage.building else stage.test or ""

    def answered(self, author: str, call: str, *, soap: bool = False) -> None:
        """Note that a stub answered a call of the running test."""
        test = self._ledger.stage.test
        if author and author != test:
            self._left[test] = Left(author, call, soap)

    def left_for(self, test: str) -> Left | None:
        """Find a stub of another test that answered this one, if any did."""
        return self._left.get(test)
