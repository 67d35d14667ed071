"""A token request that came to a place which gives no tokens."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..api_call import Call, read_presented
from ..error_answers import Fault, auth_not_found
from ..form import read_pairs

if TYPE_CHECKING:
    from ...ledger.facts import Fact
    from ..http import Request, Response
    from ..soap.exchange import SoapExchange
    from .token_request import TokenRequest


@dataclass(slots=True, eq=False, kw_only=True)
class MisplacedRequest:
    """A request that is answered as the call that it is by its place, and judged as both."""

    call: Call | SoapExchange
    token_request: TokenRequest

    @property
    def admitted(self) -> bool:
        """Whether the test's stub may answer the call."""
        return self.call.admitted

    @property
    def delay(self) -> float:
        """How much later it is answered, in seconds."""
        return self.call.delay

    def answer(self) -> Response:
        """Answer the call, or raise a fault; note who asks for what."""
        with suppress(Fault):
            self.token_request.answer()
        return self.call.answer()

    def facts(self, status: int, fault: Fault | None) -> tuple[Fact, ...]:
        """Write down the call, and what was asked for."""
        request = self.token_request.request
        self.token_request.remark = (
            f"a token was asked for at the {request.host} host, {request.method} {request.path}:"
            " Marketing Cloud gives tokens at POST /v2/token of the auth host"
        )
        refusal = fault or auth_not_found("no token is given there")
        return (*self.call.facts(status, fault), *self.token_request.facts(status, refusal))


def seeks_token(request: Request) -> bool:
    """Tell whether what comes with a POST is a log-in: it names a grant type, and no token.

    A body that names one and cannot be read counts, but for XML, which may hold any word.
    """
    if request.method != "POST" or b"grant_type" not in request.body or read_presented(request):
        return False
    try:
        return any(name == "grant_type" for name, _ in read_pairs(request))
    except Fault:
        return request.host != "soap"
