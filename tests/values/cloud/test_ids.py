"""Made-up ids."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

import pytest

from pytest_mcscopes.cloud.http import Request, Response
from pytest_mcscopes.cloud.ids import make_noise, pick_number, write_guid


@pytest.mark.parametrize("raw", [bytes(16), b"\xff" * 16, sha256(b"seed").digest()[:16]])
def test_a_guid_is_one_of_version_4(raw: bytes) -> None:
    """It is written as the standard library does, which is slow to load."""
    assert write_guid(raw) == str(UUID(bytes=raw, version=4))


def test_an_answer_shows_no_token_when_it_is_printed() -> None:
    """Failing assertions print reprs."""
    assert repr(Response.of_json(200, {"access_token": "canary"})) == "<Response 200>"
    assert repr(Response(status=0, trouble="reset")) == "<Response reset>"


def test_a_printed_request_shows_no_secret() -> None:
    """Neither of its query nor of its headers or body."""
    secrets = {"query": "canary", "headers": {"authorization": "canary"}, "body": b"canary"}
    request = Request(method="POST", host="auth", path="/v2/token", **secrets)  # type: ignore[arg-type]
    assert repr(request) == "<Request POST /v2/token at the auth host>"


def test_the_seed_decides_what_is_made() -> None:
    """Equal seeds make equal bytes; the numbers of tenants and users stay in their range."""
    assert make_noise("a") == make_noise("a") != make_noise("b")
    assert len(make_noise("a")) == 64
    numbers = {pick_number(make_noise(str(each)), 500_000_001) for each in range(100)}
    assert len(numbers) == 100
    assert all(500_000_001 <= each < 550_000_001 for each in numbers)
