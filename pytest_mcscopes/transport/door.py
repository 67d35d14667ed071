"""What a tenant offers to every door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ..cloud.http import Admitted, Request, Response, Trouble


class StubSource(Protocol):
    """The test's own answers. What a stub raises is raised here."""

    def answer(self, request: Request) -> Response | None:
        """Give the answer of the stub that matches; None: none does."""

    async def answer_async(self, request: Request) -> Response | None:
        """Give it to a client that awaits."""

    def trouble_of(self, error: Exception) -> Trouble | None:
        """Tell which trouble of a connection a stub means that raised this; None: none."""


class AnsweringTenant(Protocol):
    """What a tenant offers to every door. Doors may call from any thread."""

    @property
    def stubs(self) -> StubSource | None:
        """The test's own answers to admitted calls, where it has any."""

    def handle(self, request: Request) -> Response | Admitted:
        """Answer a request or admit it, and write the fact down."""

    def complete(self, admitted: Admitted, answer: Response | None) -> Response:
        """Write down what an admitted call is answered, and give that answer.

        None: no stub matched. Where the stub raised instead of answering, this
        is not called, and the call stays without an answer.
        """
