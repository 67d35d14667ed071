"""Everything that the SOAP host refuses as a whole, by name.

Texts that were seen on the wire or are documented are verbatim; the others are
our own words, marked *own*, because no real sample is public.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..faults import Fault, garbled, unanswered
from ..http import Response
from .answer import XML_TYPE, write_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..ordered import FaultName, Ordered

_ENVELOPE = b'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="%b"><soap:Body>'
_OPENED = _ENVELOPE % b"http://schemas.xmlsoap.org/soap/envelope/"
_PLAIN_TYPE = "text/plain; charset=utf-8"
_OUTAGE = 2
_RATE_LIMITED = 17


def token_expired(actor: str, reason: str) -> Fault:
    """Refuse a token that has expired or was revoked (seen)."""
    return _security("Token Expired", actor, reason)


def login_failed(actor: str, reason: str) -> Fault:
    """Refuse user name and password (text seen, status by convention)."""
    return _security("Login failed", actor, reason)


def token_unreadable(actor: str, reason: str) -> Fault:
    """Refuse what is no token (text seen); the token itself is never repeated."""
    text = "SOAP Authorization failed for Oauth token: .... Reason: ParseError."
    return _security(text, actor, reason)


def rate_limited(actor: str, reason: str) -> Fault:
    """Refuse for too many requests (documented)."""
    return _server(500, "Rate Limited", _RATE_LIMITED, actor, reason)


def outage(status: int, actor: str, reason: str) -> Fault:
    """Fail as a service does that is down (text documented, other statuses than 500 own)."""
    return _server(status, "Unplanned Outage", _OUTAGE, actor, reason)


def malformed(reason: str) -> Fault:
    """Refuse what is no message of the API (own)."""
    return _client(f"Malformed request: {reason.removesuffix('.')}.", reason)


def not_permitted(reason: str) -> Fault:
    """Refuse for want of rights where the answer has no place for a status (own)."""
    return _client("API Permission Failed.", reason)


def unreadable(status: int, reason: str) -> Fault:
    """Refuse a body before it is parsed (own)."""
    return _plain(status, f"MCSCOPES: {reason}.")


def no_such_path(actor: str) -> Fault:
    """Refuse a path that the SOAP host is not known to have (own)."""
    return _plain(404, f"MCSCOPES: the SOAP host has no such path. Send envelopes to {actor}.")


def wrong_method(allowed: str, reason: str) -> Fault:
    """Refuse a method (own)."""
    return _plain(405, f"MCSCOPES: {reason}. Use {allowed}.", {"Allow": allowed})


def fault_of(ordered: Ordered, actor: str) -> Fault | None:
    """Build what a test ordered by `fail_next`; None: the request is answered, if late."""
    if isinstance(ordered.name, int):
        return outage(ordered.name, actor, ordered.written)
    build = _ORDERED.get(ordered.name)
    return build(actor, ordered.written) if build else None


def _broken(body: bytes) -> Fault:
    response = Response(status=200, headers={"Content-Type": XML_TYPE}, body=body)
    return Fault(response, error="malformed", reason="")


_ORDERED: Mapping[FaultName, Callable[[str, str], Fault]] = {
    "unauthorized": token_expired,
    "rate_limited": rate_limited,
    "unavailable": lambda actor, reason: outage(503, actor, reason),
    "timeout": lambda _, reason: unanswered("timeout", reason),
    "reset": lambda _, reason: unanswered("reset", reason),
    "malformed": lambda *_: _broken(_OPENED + b"</soap:Envelope>"),
    "truncated": lambda *_: _broken(_OPENED + b"<Retr"),
    "wrong_content_type": lambda _, reason: garbled("wrong_content_type", reason),
}


def _security(text: str, actor: str, reason: str) -> Fault:
    return _fault(500, write_fault("q0:Security", text, actor), text, reason)


def _server(status: int, text: str, code: int, actor: str, reason: str) -> Fault:
    return _fault(status, write_fault("soap:Server", text, actor, code), text, reason)


def _client(text: str, reason: str) -> Fault:
    return _fault(500, write_fault("soap:Client", text), text, reason)


def _fault(status: int, body: bytes, error: str, reason: str) -> Fault:
    response = Response(status=status, headers={"Content-Type": XML_TYPE}, body=body)
    return Fault(response, error=error, reason=reason)


def _plain(status: int, text: str, headers: Mapping[str, str] | None = None) -> Fault:
    response = Response(
        status=status,
        headers={"Content-Type": _PLAIN_TYPE, **(headers or {})},
        body=text.encode(),
    )
    return Fault(response, error=str(status), reason=text)
