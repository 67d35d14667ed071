"""The SOAP action of a request: what its headers call the operation.

Clients send it as a SOAPAction header, in SOAP 1.2 as the parameter `action` of
the Content-Type, or as the Action of WS-Addressing. The message in the Body says
what is done; an action that is the name of no operation is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .faults import Service, action_undetermined, action_unknown
from .messages import OPERATION_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .envelope import Envelope

_PARAMETER = re.compile(r";\s*action\s*=\s*(\"[^\"]*\"|[^\s;]*)", re.IGNORECASE)
_NAMES = frozenset(map(str.casefold, OPERATION_NAMES))


def check_action(
    headers: Mapping[str, str],
    envelope: Envelope,
    service: Service,
    redact: Callable[[str], str],
) -> None:
    """Refuse an action that names no operation, as the vendor documents it.

    A request without any action is answered by its Body; a WS-Addressing header
    of the envelope serves where those of HTTP name nothing.
    """
    actions = tuple(_find_actions(headers))
    for name in actions:
        if name and name.casefold() not in _NAMES:
            raise action_unknown(redact(name), service)
    if any(actions):
        return
    if envelope.action is None:
        if actions:
            raise action_unknown("", service)
    elif envelope.action.casefold() not in _NAMES:
        raise action_undetermined(service)


def _find_actions(headers: Mapping[str, str]) -> Iterator[str]:
    parameter = _PARAMETER.search(headers.get("content-type", ""))
    for each in (headers.get("soapaction"), parameter and parameter[1]):
        if each is not None:
            yield each.strip().strip("\"'").strip()
