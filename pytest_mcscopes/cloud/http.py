"""Requests and responses as plain values, whatever door they came through."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..ledger.facts import HostKind
    from ..ledger.ledger import Entry

JSON_TYPE = "application/json; charset=utf-8"
TOKEN_PATHS = ("/v2/token", "/v2/authorize", "/v1/requesttoken")
"""Where the auth host is asked for tokens and codes, in small letters."""
JSON_HEADERS: Mapping[str, str] = MappingProxyType({"Content-Type": JSON_TYPE})
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
Trouble = Literal["timeout", "reset"]
# One encoder for all: `json.dumps` builds another for each call with separators.
write_json = json.JSONEncoder(separators=(",", ":")).encode


class Urls(NamedTuple):
    """The tenant's three base URLs, with trailing slash as Installed Packages shows them."""

    auth_url: str
    rest_url: str
    soap_url: str

    @classmethod
    def of_subdomain(cls, subdomain: str) -> Urls:
        """Spell them as the real service does."""
        return cls(
            f"https://{subdomain}.auth.marketingcloudapis.com/",
            f"https://{subdomain}.rest.marketingcloudapis.com/",
            f"https://{subdomain}.soap.marketingcloudapis.com/",
        )

    @property
    def hosts(self) -> dict[str, HostKind]:
        """The hosts that they name, with their ports if any, and what each is for."""
        # Not by urlsplit, which takes a fifth of what a tenant costs.
        return {
            self.auth_url.partition("://")[2].rstrip("/"): "auth",
            self.rest_url.partition("://")[2].rstrip("/"): "rest",
            self.soap_url.partition("://")[2].rstrip("/"): "soap",
        }


class Request(NamedTuple):
    """One HTTP request to one host of one tenant."""

    method: str
    """In capitals."""
    host: HostKind
    path: str
    """As sent: still percent-encoded, slashes not folded, without the query."""
    query: str = ""
    """As sent, without the question mark."""
    headers: Mapping[str, str] = NO_HEADERS
    """By lower-case name."""
    body: bytes = b""
    urls: Urls | None = None
    """The tenant's base URLs at the door by which it came; None: those of the real service."""
    connection: int = 0
    """Which connection it came by, where it came by a port: the client's own port; else 0."""
    broken: str = ""
    """Why its body did not come, where HTTP itself was broken off or too much; empty: it came."""

    def __repr__(self) -> str:
        """Show no secret, nor a token."""
        return f"<Request {self.method} {self.path} at the {self.host} host>"


def token_path_in(path: str) -> str:
    """Tell at which of the token paths a path ends, whatever comes before it; empty: at none."""
    folded = path.lower().rstrip("/")
    return next((each for each in TOKEN_PATHS if folded.endswith(each)), "")


class Response(NamedTuple):
    """One HTTP answer. The door adds what belongs to the connection."""

    status: int
    headers: Mapping[str, str] = NO_HEADERS
    body: bytes = b""
    trouble: Trouble | None = None
    """What becomes of the connection in place of an answer."""
    delay: float = 0
    """How much later the answer comes, in seconds of Marketing Cloud's time."""

    def __repr__(self) -> str:
        """Show no token."""
        return f"<Response {self.trouble or self.status}>"

    @classmethod
    def of_json(
        cls, status: int, body: object, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Build an answer as the service does: compact JSON, UTF-8."""
        return cls(
            status=status,
            headers={**JSON_HEADERS, **headers} if headers else JSON_HEADERS,
            body=write_json(body).encode(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """The cloud lets a call through: the test's stub may answer it."""

    entry: Entry
    """Where the call was written down; its `answered` is set by `Cloud.complete`."""
    otherwise: Response
    """What the cloud answers where the test has no stub for the call."""
    delay: float = 0
    """How much later the answer comes, in seconds of Marketing Cloud's time."""
