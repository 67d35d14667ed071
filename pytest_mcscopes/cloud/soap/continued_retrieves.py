"""The RequestIDs of one tenant's SOAP host, and the Retrieves that may be continued by them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ..ids import made_up_id

if TYPE_CHECKING:
    from .messages import Fields
    from .operations import Operation

# Only the latest are kept: a session must not grow with its Retrieves.
_KEPT = 256


class AnsweredRetrieve(NamedTuple):
    """A Retrieve that a ContinueRequest may go on with."""

    operation: Operation
    pages: tuple[tuple[Fields, ...], ...]
    """Those that the client has not got."""


@dataclass(slots=True, eq=False)
class ContinuedRetrieves:
    """How many requests were answered, and the latest Retrieves among them."""

    answered: int = 0
    by_request_id: dict[str, AnsweredRetrieve] = field(default_factory=dict)

    def next_request_id(self, tenant: str) -> str:
        """Make a RequestID: the same ones for the same tenant, in the same order."""
        self.answered += 1
        return made_up_id(f"{tenant}/request/{self.answered}")

    def keep(self, request_id: str, retrieve: AnsweredRetrieve) -> None:
        """Remember a Retrieve, and forget the oldest of too many."""
        self.by_request_id[request_id] = retrieve
        if len(self.by_request_id) > _KEPT:
            del self.by_request_id[next(iter(self.by_request_id))]
