"""A REST, SOAP or other call on its way to becoming a fact."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..catalogue.find_requirements import find_need
from ..catalogue.permissions import known_permissions
from ..ledger.facts import CallMade
from .fingerprints import fingerprint
from .form import secrets_of
from .rights import NOT_JUDGED, Rights
from .url_leaks import find_exposed

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..catalogue.call_requirements import CallRequirements
    from .error_answers import Fault
    from .fault_order import Endpoint, Ordered
    from .http import Request, Response, Urls
    from .state import TenantState
    from .tokens import Token

INVALID = "The access token is invalid"


@dataclass(slots=True, eq=False, kw_only=True)
class Call:
    """What is known of a call: as much of it as could be read so far."""

    state: TenantState
    request: Request
    at: float
    respond: Callable[[Call], Response]
    path: str
    """The path as sent, redacted."""
    need: CallRequirements
    bearer: str | None = field(repr=False)
    """What was presented as bearer, good or not; None where nothing was."""
    presented: str | None = field(repr=False)
    """The same, or what came in its place by another scheme or by none."""
    token: Token | None = None
    """The token that was presented, once it is known to live."""
    rights: Rights = NOT_JUDGED
    admitted: bool = False
    delay: float = 0
    """How much later it is answered, in seconds."""

    @property
    def urls(self) -> Urls:
        """The tenant's base URLs at the door by which the call came."""
        return self.state.urls_for(self.request)

    def answer(self) -> Response:
        """Answer the call, or raise a fault."""
        return self.respond(self)

    def challenge(self, description: str) -> str:
        """Say in a WWW-Authenticate header what is wrong with the token."""
        realm = f"{self.state.subdomain}.{self.request.host}.marketingcloudapis.com"
        return f'Bearer realm="{realm}", error="invalid_token", error_description="{description}"'

    def apply_fault(self, endpoint: Endpoint, note: Callable[[Ordered], object]) -> None:
        """Apply the fault that the test ordered, if any, as `FaultQueue.apply` says."""
        self.delay = self.state.fault_queue.apply(
            endpoint,
            self.need.label,
            build=lambda order: order.fault(self.challenge(INVALID)),
            note=note,
        )

    def find_token(self, refuse: Callable[[str, str], Fault]) -> Token:
        """Find the living token that the call presents, or raise what *refuse* builds."""
        token = self.state.tokens.find(self.bearer or "")
        if token is None or not token.lives(self.at):
            text = "The access token expired" if token else INVALID
            raise refuse(self.challenge(text), text)
        self.token = token
        return token

    def facts(self, status: int, _fault: Fault | None) -> tuple[CallMade]:
        """Write down the one thing that happened, without secrets."""
        token, rights, presented = self.token, self.rights, self.presented
        fact = CallMade(
            at=self.at,
            tenant=self.state.subdomain,
            host=self.request.host,
            method=self.request.method,
            path=self.path,
            need=self.need,
            package=token.package.name if token else None,
            token=token.fingerprint if token else presented and fingerprint(presented),
            granted=token.scopes if token else None,
            used=rights.used,
            scope_denied=rights.scope_denied,
            user=token.user.name if token and token.user else None,
            missing_permissions=tuple(map(self.permission, rights.missing_permissions)),
            user_denied=rights.user_denied,
            status=None if self.admitted else status,
            exposed=find_exposed(self.request, self.state.redaction),
            no_bearer=presented is not None and self.bearer is None,
        )
        return (fact,)

    def permission(self, number: int) -> str:
        """Name a permission: `152 TriggeredSendDefinition Create`."""
        known = known_permissions(self.state.catalogue)[number]
        return f"{number} {known.object_type} {known.operation}"


def open_call(
    state: TenantState,
    request: Request,
    at: float,
    respond: Callable[[Call], Response],
    route: tuple[str, str] | None = None,
) -> Call:
    """Look up what a call needs, by its path as sent or by the *route* that serves it."""
    presented = read_presented(request)
    state.redaction.remember(
        (*(secrets_of(request) if request.host == "auth" else ()), presented or "")
    )
    path = state.redaction.redact(request.path)
    host, known_as = route or (request.host, request.path)
    trust = state.config.trust
    need = find_need(state.catalogue, request.method, known_as, request.query, host, trust)
    if not need.mapped and path != request.path:
        need = replace(need, label=f"{request.method} {path}")
    return Call(
        state=state,
        request=request,
        at=at,
        respond=respond,
        path=path,
        need=need,
        bearer=read_bearer(request),
        presented=presented,
    )


def read_bearer(request: Request) -> str | None:
    """Read what an Authorization header presents as bearer."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    return text.strip() or None if scheme.lower() == "bearer" else None


def read_presented(request: Request) -> str | None:
    """Read what an Authorization header has in a token's place: by any scheme but Basic, or none.

    `Authorization: <token>` is refused as no bearer, and shows all the same what the code has.
    """
    scheme, _, text = request.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == "basic":
        return None
    alone = "" if scheme.lower() == "bearer" else scheme
    return text.strip() or alone or None
