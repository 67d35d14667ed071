"""What the SOAP host of one tenant remembers between two requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from .asked import Asked
    from .message import Fields

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


def made_up_id(seed: str) -> str:
    """Make an id as Marketing Cloud's objects have: the same one for the same seed."""
    return str(UUID(bytes=sha256(seed.encode()).digest()[:16], version=4))


def made_up_number(seed: str) -> int:
    """Make a number as Marketing Cloud's objects have: the same one for the same seed."""
    return int.from_bytes(sha256(seed.encode()).digest()[:4]) % 900_000_000 + 100_000_000
