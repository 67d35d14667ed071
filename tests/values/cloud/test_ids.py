"""Made-up ids."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

import pytest

from pytest_mcscopes.cloud.ids import write_guid


@pytest.mark.parametrize("raw", [bytes(16), b"\xff" * 16, sha256(b"seed").digest()[:16]])
def test_a_guid_is_one_of_version_4(raw: bytes) -> None:
    """It is written as the standard library does, which is slow to load."""
    assert write_guid(raw) == str(UUID(bytes=raw, version=4))
