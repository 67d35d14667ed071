"""Made-up ids: the same ones for the same tenant and request, so that tests repeat."""

from __future__ import annotations

import string
from hashlib import blake2b, sha256

_LOWER = (string.ascii_lowercase + string.digits).encode()
_MIXED = (string.ascii_letters + string.digits).encode()
# Any byte to one of them. The slight bias does not matter to made-up ids.
TO_LOWER = bytes(_LOWER[byte % len(_LOWER)] for byte in range(256))
TO_MIXED = bytes(_MIXED[byte % len(_MIXED)] for byte in range(256))
_HIGHEST_BITS = 0xF000 << 64 | 0xC000 << 48
_NUMBERS = 50_000_000
_VERSION_4 = 4 << 76 | 0x8000 << 48


def make_noise(seed: str) -> bytes:
    """Make 64 bytes that look random; to seed a `random.Random` takes ten times as long.

    By a hash that Python has built in: one of OpenSSL's takes longer to begin than to compute.
    """
    return blake2b(seed.encode()).digest()


def pick_number(noise: bytes, first: int) -> int:
    """Pick one of the fifty million numbers that begin with *first*."""
    return first + int.from_bytes(noise) % _NUMBERS


def write_guid(random: bytes) -> str:
    """Write 16 random bytes as a GUID of version 4; `uuid` takes longer to load than a tenant."""
    number = int.from_bytes(random) & ~_HIGHEST_BITS | _VERSION_4
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def made_up_id(seed: str) -> str:
    """Make an id as Marketing Cloud's objects have: the same one for the same seed."""
    return write_guid(sha256(seed.encode()).digest()[:16])


def made_up_number(seed: str) -> int:
    """Make a number as Marketing Cloud's objects have: the same one for the same seed."""
    return int.from_bytes(sha256(seed.encode()).digest()[:4]) % 900_000_000 + 100_000_000
