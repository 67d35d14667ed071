"""Everything that the SOAP host refuses as a whole, by name.

Texts that were seen on the wire or are documented are verbatim; the others are
our own words, marked *own*, because no real sample is public. So is how a fault
looks in SOAP 1.2, but for what SOAP itself says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..error_answers import Fault, garbled, unanswered
from ..http import Response
from .messages import NAMESPACES, Version
from .writer import TYPES, write_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..fault_order import FaultName, Ordered

_ENVELOPE_START = '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{}"><soap:Body>'
_PLAIN_TYPE = "text/plain; charset=utf-8"
_OUTAGE = 2
_RATE_LIMITED = 17
_LONGEST = 100


class Service(NamedTuple):
    """What answers: the address of the service, and the version of SOAP that it speaks."""

    address: str
    version: Version


def token_expired(service: Service, reason: str) -> Fault:
    """Refuse a token that has expired or was revoked (seen)."""
    return _security_fault("Token Expired", service, reason)


def login_failed(service: Service, reason: str) -> Fault:
    """Refuse user name and password (text seen, status by convention)."""
    return _security_fault("Login failed", service, reason)


def token_unreadable(service: Service, reason: str) -> Fault:
    """Refuse what is no token (text seen); the token itself is never repeated."""
    text = "SOAP Authorization failed for Oauth token: .... Reason: ParseError."
    return _security_fault(text, service, reason)


def rate_limited(service: Service, reason: str) -> Fault:
    """Refuse for too many requests (documented)."""
    return _server_fault(500, "Rate Limited", _RATE_LIMITED, service, reason)


def outage(status: int, service: Service, reason: str) -> Fault:
    """Fail as a service does that is down (text documented, other statuses than 500 own)."""
    return _server_fault(status, "Unplanned Outage", _OUTAGE, service, reason)


def action_unknown(name: str, service: Service) -> Fault:
    """Refuse a SOAP action that is no operation (documented)."""
    text = f"Server did not recognize the value of HTTP Header SOAPAction: {shorten(name)}."
    return _client_fault(
        text, service, f'the SOAPAction "{shorten(name)}" is the name of no operation'
    )


def action_undetermined(service: Service) -> Fault:
    """Refuse an action of WS-Addressing that is no operation (documented, in other words)."""
    text = "SOAP Action could not be determined from HTTP or SOAP header."
    return _client_fault(text, service, "the WS-Addressing Action is the name of no operation")


def malformed(service: Service, reason: str) -> Fault:
    """Refuse what is no message of the API (own)."""
    return _client_fault(f"Malformed request: {reason.removesuffix('.')}.", service, reason)


def not_permitted(service: Service, reason: str) -> Fault:
    """Refuse a call that is not permitted, where the answer has no place for a status (own)."""
    return _client_fault("API Permission Failed.", service, reason)


def unreadable(status: int, reason: str) -> Fault:
    """Refuse a body before it is parsed (own)."""
    return _plain_fault(status, f"MCSCOPES: {reason}.")


def no_such_path(address: str) -> Fault:
    """Refuse a path that the SOAP host is not known to have (own)."""
    return _plain_fault(
        404, f"MCSCOPES: the SOAP host has no such path. Send envelopes to {address}."
    )


def wrong_method(allowed: str, reason: str) -> Fault:
    """Refuse a method (own)."""
    return _plain_fault(405, f"MCSCOPES: {reason}. Use {allowed}.", {"Allow": allowed})


def fault_of(ordered: Ordered, service: Service) -> Fault | None:
    """Build the fault that a test ordered by `fail_next`; None: an answer comes, if late."""
    if isinstance(ordered.name, int):
        return outage(ordered.name, service, ordered.written)
    build = _ORDERED.get(ordered.name)
    return build(service, ordered.written) if build else None


def shorten(text: str) -> str:
    """Make a client's words short and one line, without control characters."""
    line = "".join(char if char.isprintable() else " " for char in text)
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def _broken_answer(service: Service, rest: str) -> Fault:
    body = _ENVELOPE_START.format(NAMESPACES[service.version]) + rest
    headers = {"Content-Type": TYPES[service.version]}
    response = Response(status=200, headers=headers, body=body.encode())
    return Fault(response, error="malformed", reason="")


_ORDERED: Mapping[FaultName, Callable[[Service, str], Fault]] = {
    "unauthorized": token_expired,
    "rate_limited": rate_limited,
    "unavailable": lambda service, reason: outage(503, service, reason),
    "timeout": lambda _, reason: unanswered("timeout", reason),
    "reset": lambda _, reason: unanswered("reset", reason),
    "malformed": lambda service, _: _broken_answer(service, "</soap:Envelope>"),
    "truncated": lambda service, _: _broken_answer(service, "<Retr"),
    "wrong_content_type": lambda _, reason: garbled("wrong_content_type", reason),
}


def _security_fault(text: str, service: Service, reason: str) -> Fault:
    body = write_fault(service.version, "q0:Security", text, service.address)
    return _fault(500, service, body, text, reason)


def _server_fault(status: int, text: str, code: int, service: Service, reason: str) -> Fault:
    body = write_fault(service.version, "soap:Server", text, service.address, code)
    return _fault(status, service, body, text, reason)


def _client_fault(text: str, service: Service, reason: str) -> Fault:
    return _fault(500, service, write_fault(service.version, "soap:Client", text), text, reason)


def _fault(status: int, service: Service, body: bytes, error: str, reason: str) -> Fault:
    headers = {"Content-Type": TYPES[service.version]}
    return Fault(Response(status=status, headers=headers, body=body), error=error, reason=reason)


def _plain_fault(status: int, text: str, headers: Mapping[str, str] | None = None) -> Fault:
    response = Response(
        status=status,
        headers={"Content-Type": _PLAIN_TYPE, **(headers or {})},
        body=text.encode(),
    )
    return Fault(response, error=str(status), reason=text)
