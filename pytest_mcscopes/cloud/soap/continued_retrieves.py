"""What the SOAP host of one tenant remembers between two requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .ids import made_up_id

if TYPE_CHECKING:
    from .messages import Fields
    from .operations import Asked

# The latest ones: a session must not grow with its Retrieves.
_KEPT = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """A Retrieve that was answered, which a ContinueRequest may go on with."""

    asked: Asked
    pages: tuple[tuple[Fields, ...], ...]
    """Those that the client has not got."""


@dataclass(slots=True, eq=False)
class SoapMemory:
    """How many requests there were, and the latest Retrieves."""

    answered: int = 0
    retrieved: dict[str, Retrieved] = field(default_factory=dict)
    """By RequestID."""

    def next_request_id(self, tenant: str) -> str:
        """Make a RequestID: the same ones for the same tenant, in the same order."""
        self.answered += 1
        return made_up_id(f"{tenant}/request/{self.answered}")

    def keep(self, request_id: str, retrieved: Retrieved) -> None:
        """Remember a Retrieve, and forget the oldest of too many."""
        self.retrieved[request_id] = retrieved
        if len(self.retrieved) > _KEPT:
            del self.retrieved[next(iter(self.retrieved))]
