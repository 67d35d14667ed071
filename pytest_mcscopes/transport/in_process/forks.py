"""Which process runs the tests: a forked child has a copy of their tenants that no test sees."""

from __future__ import annotations

import os
from mmap import mmap
from typing import NamedTuple

_ROOM = 4096
"""Bytes that a child may leave behind."""


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

    def begin_test(self, test: str) -> None:
        """Take this process for the home of a test: pytest-forked runs each one in a child."""
        self.test = test
        if self.is_left():  # what its parent is to find stays there
            self._pid, self._shared = os.getpid(), mmap(-1, _ROOM)
        self.take_call()

    def is_left(self) -> bool:
        """Tell whether this code runs in a child that was forked from the tests' process."""
        return os.getpid() != self._pid

    def leave_call(self, host: str) -> None:
        """Let the parent find, from a child, that a host was called."""
        text = f"{host}\n{self.test}".encode()[: _ROOM - 1]
        self._shared[1:] = text.ljust(_ROOM - 1, b"\0")
        self._shared[0] = 1

    def take_call(self) -> ForkedCall | None:
        """Give the last call that a child has left, once; None: there was none.

        A child finds none: its parent is to, also where the child's own error
        goes up through the test.
        """
        if not self._shared[0] or self.is_left():
            return None
        self._shared[0] = 0
        host, _, test = self._shared[1:].rstrip(b"\0").decode(errors="replace").partition("\n")
        return ForkedCall(host, test)
