"""Made-up ids: the same ones for the same tenant and request, so that tests repeat."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID


def made_up_id(seed: str) -> str:
    """Make an id as Marketing Cloud's objects have: the same one for the same seed."""
    return str(UUID(bytes=sha256(seed.encode()).digest()[:16], version=4))


def made_up_number(seed: str) -> int:
    """Make a number as Marketing Cloud's objects have: the same one for the same seed."""
    return int.from_bytes(sha256(seed.encode()).digest()[:4]) % 900_000_000 + 100_000_000
