"""Requests and responses as plain values, whatever door they came through."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..ledger.facts import HostKind
    from ..ledger.ledger import Entry

JSON_TYPE = "application/json; charset=utf-8"
# One encoder for all: `json.dumps` builds another for each call with separators.
_write_json = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request to one host of one tenant."""

    method: str
    """In capitals."""
    host: HostKind
    path: str
    """As sent: still percent-encoded, slashes not folded, without the query."""
    query: str = field(default="", repr=False)
    """As sent, without the question mark."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By lower-case name."""
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One HTTP answer. The door adds what belongs to the connection."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)

    @classmethod
    def of_json(
        cls, status: int, body: object, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Build an answer as the service does: compact JSON, UTF-8."""
        return cls(
            status=status,
            headers={"Content-Type": JSON_TYPE, **(headers or {})},
            body=_write_json(body).encode(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """The cloud lets a call through: the test's stub may answer it."""

    request: Request
    entry: Entry
    """Where the call was written down; its `answered` is set by `Cloud.complete`."""
    otherwise: Response
    """What the cloud answers where the test has no stub for the call."""
