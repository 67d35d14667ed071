"""Which process runs the tests: a forked child has a copy of their tenants that no test sees."""

from __future__ import annotations

import os
from mmap import mmap
from typing import NamedTuple

_ROOM = 4096
"""Bytes that a child may leave behind."""
_COUNT = 8
"""The first of them: how many calls there were."""


class ForkedCall(NamedTuple):
    """A forked child tried to call a Marketing Cloud in process."""

    host: str
    test: str
    """Node id of the test that was running when the child was forked."""


class HomeProcess:
    """The process that runs the tests, and what its forked children leave for it to find.

    The memory that they share is written without a lock: of two calls at the
    same moment one text may be garbled, and that there was a call is known.
    """

    def __init__(self) -> None:
        self._pid = os.getpid()
        self.test = ""
        """Node id of the test that runs, or was the last to run."""
        self._shared = mmap(-1, _ROOM)
        self._taken = self.calls

    def begin_test(self, test: str) -> None:
        """Take this process for the home of a test: pytest-forked runs each one in a child."""
        self.test = test
        if self.is_left():  # what its parent is to find stays there
            self._pid, self._shared = os.getpid(), mmap(-1, _ROOM)
        self._taken = self.calls

    def is_left(self) -> bool:
        """Tell whether this code runs in a child that was forked from the tests' process."""
        return os.getpid() != self._pid

    def leave_call(self, host: str) -> None:
        """Let the parent find, from a child, that a host was called."""
        room = _ROOM - _COUNT
        self._shared[_COUNT:] = f"{host}\n{self.test}".encode()[:room].ljust(room, b"\0")
        self._shared[:_COUNT] = (int.from_bytes(self.calls) + 1).to_bytes(_COUNT)

    @property
    def calls(self) -> bytes:
        """How many calls children have left; of two at the same moment one may be missing."""
        return self._shared[:_COUNT]

    def call_since(self, calls: bytes) -> ForkedCall | None:
        """Give the last call that a child has left since there were so many; None: there was none.

        A child finds none: its parent is to, also where the child's own error
        goes up through the test.
        """
        if self.calls == calls or self.is_left():
            return None
        text = self._shared[_COUNT:].rstrip(b"\0").decode(errors="replace")
        host, _, test = text.partition("\n")
        return ForkedCall(host, test)

    def take_call(self) -> ForkedCall | None:
        """Give the last call since the test began, once; None: there was none."""
        if self._shared[:_COUNT] == self._taken:  # as mostly
            return None
        if call := self.call_since(self._taken):
            self._taken = self.calls
        return call
