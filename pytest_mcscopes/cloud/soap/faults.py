"""Everything that the SOAP host refuses as a whole, by name.

Texts that were seen on the wire or are documented are verbatim; the others are
our own words, marked *own*, because no real sample is public. So is how a fault
looks in SOAP 1.2, but for what SOAP itself says.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from ..error_answers import Fault
from ..http import Response
from .messages import NAMESPACES, Version
from .writer import TYPES, write_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..fault_order import FaultName, Ordered

_ENVELOPE_START = '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{}"><soap:Body>'
_PLAIN_TYPE = "text/plain; charset=utf-8"
_LONGEST = 100
_SECURITY, _CLIENT, _SERVER = "q0:Security", "soap:Client", "soap:Server"


class Service(NamedTuple):
    """What answers: the address of the service, and the version of SOAP that it speaks."""

    address: str
    version: Version


def _fault(
    code: str,
    text: str,
    service: Service,
    reason: str,
    *,
    status: int = 500,
    api_code: int | None = None,
) -> Fault:
    actor = None if code == _CLIENT else service.address
    body = write_fault(service.version, code, text, actor, api_code)
    return Fault(Response(status, {"Content-Type": TYPES[service.version]}, body), text, reason)


token_expired = partial(_fault, _SECURITY, "Token Expired")
"""Refuse a token that has expired or was revoked (seen)."""
login_failed = partial(_fault, _SECURITY, "Login failed")
"""Refuse user name and password (text seen, status by convention)."""
token_unreadable = partial(
    _fault, _SECURITY, "SOAP Authorization failed for Oauth token: .... Reason: ParseError."
)
"""Refuse what is no token (text seen); the token itself is never repeated."""
rate_limited = partial(_fault, _SERVER, "Rate Limited", api_code=17)
"""Refuse for too many requests (documented)."""
outage = partial(_fault, _SERVER, "Unplanned Outage", api_code=2)
"""Fail as a service does that is down (text documented, other statuses than 500 own)."""
not_permitted = partial(_fault, _CLIENT, "API Permission Failed.")
"""Refuse a call that is not permitted, where the answer has no place for a status (own)."""


def action_unknown(name: str, service: Service) -> Fault:
    """Refuse a SOAP action that is no operation (documented)."""
    shown = shorten(name)
    text = f"Server did not recognize the value of HTTP Header SOAPAction: {shown}."
    reason = f'the SOAPAction "{shown}" is the name of no operation'
    return _fault(_CLIENT, text, service, reason)


def action_undetermined(service: Service) -> Fault:
    """Refuse an action of WS-Addressing that is no operation (documented, in other words)."""
    text = "SOAP Action could not be determined from HTTP or SOAP header."
    reason = "the WS-Addressing Action is the name of no operation"
    return _fault(_CLIENT, text, service, reason)


def malformed(service: Service, reason: str) -> Fault:
    """Refuse what is no message of the API (own)."""
    return _fault(_CLIENT, f"Malformed request: {reason.removesuffix('.')}.", service, reason)


def refused_unread(status: int, reason: str, headers: Mapping[str, str] | None = None) -> Fault:
    """Refuse what is not read as a message: for its body, its path or its method (own)."""
    text = f"MCSCOPES: {reason}."
    response = Response(status, {"Content-Type": _PLAIN_TYPE, **(headers or {})}, text.encode())
    return Fault(response, str(status), text)


def fault_of(ordered: Ordered, service: Service) -> Fault | None:
    """Build the fault that a test ordered by `fail_next`; None: an answer comes, if late."""
    if isinstance(ordered.name, int):
        return outage(service, ordered.written, status=ordered.name)
    build = _ORDERED.get(ordered.name)
    return build(service, ordered.written) if build else ordered.fault()


def shorten(text: str) -> str:
    """Make a client's words short and one line, without control characters."""
    line = "".join(char if char.isprintable() else " " for char in text)
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def _broken_answer(rest: str, service: Service, _: str) -> Fault:
    body = _ENVELOPE_START.format(NAMESPACES[service.version]) + rest
    response = Response(200, {"Content-Type": TYPES[service.version]}, body.encode())
    return Fault(response, "malformed", "")


# Others look as at any host.
_ORDERED: Mapping[FaultName, Callable[[Service, str], Fault]] = {
    "unauthorized": token_expired,
    "rate_limited": rate_limited,
    "unavailable": partial(outage, status=503),
    "malformed": partial(_broken_answer, "</soap:Envelope>"),
    "truncated": partial(_broken_answer, "<Retr"),
}
