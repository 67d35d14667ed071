"""A token request on its way to becoming a fact."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..ledger.facts import TokenRequested
from .exposed import find_exposed
from .form import OMITTED, Form, ScopeParameter, read_form, read_scope, secrets_in, text_of
from .tokens import fingerprint, looks_secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..catalogue.catalogue import Catalogue
    from .faults import Fault
    from .http import Request, Response
    from .state import Package, TenantState
    from .tokens import Token

CLIENT_CREDENTIALS = "client_credentials"
_NONE: frozenset[str] = frozenset()


@dataclass(slots=True, eq=False, kw_only=True)
class Attempt:
    """What is known of a token request: as much of it as could be read so far."""

    state: TenantState
    catalogue: Catalogue
    request: Request
    at: float
    respond: Callable[[Attempt], Response]
    admitted: bool = False
    form: Form = field(default_factory=dict, repr=False)
    client_id: str | None = None
    secret: str | None = field(default=None, repr=False)
    basic: bool = False
    """Whether the credentials came in an HTTP Basic header."""
    package: Package | None = None
    """The package with that client id; its secret may still be wrong."""
    grant_type: str | None = None
    scope: ScopeParameter = OMITTED
    issued: Token | None = None

    def answer(self) -> Response:
        """Answer the request, or raise a fault."""
        return self.respond(self)

    def read(self) -> None:
        """Read the request once; what cannot be read is a fault."""
        self.form = read_form(self.request)
        self.grant_type = text_of(self.form, "grant_type")
        self.scope = read_scope(self.form)
        self.identify("client_id", "client_secret")
        if self.scope.fault is not None:
            raise self.scope.fault

    def identify(self, id_member: str, secret_member: str) -> None:
        """Note who asks: by the body, else by an HTTP Basic header."""
        self.client_id = text_of(self.form, id_member)
        self.secret = text_of(self.form, secret_member)
        if self.client_id is None and (sent := _read_basic(self.request)):
            self.basic = True
            self.client_id, _, self.secret = sent.partition(":")
        self.package = self.state.clients.get(self.client_id or "")

    def fact(self, status: int, fault: Fault | None) -> TokenRequested:
        """Write down what is known by now, without secrets."""
        package, token = self.package, self.issued
        assigned = package.scopes if package else _NONE
        scope, requested = self._asked(assigned)
        return TokenRequested(
            at=self.at,
            tenant=self.state.subdomain,
            package=package.name if package else None,
            client=self._client(),
            grant_type=self._grant_type(),
            scope=scope,
            requested=requested,
            assigned=assigned,
            granted=token.scopes if token else None,
            token=token.fingerprint if token else None,
            expires_in=self.state.config.expires_in if token else 0,
            account_id=token.account_id if token else None,
            status=status,
            error=fault.error if fault else None,
            reason=self._redact(fault.reason) if fault else None,
            exposed=find_exposed(self.request, self.state),
        )

    def _asked(self, assigned: frozenset[str]) -> tuple[str | None, frozenset[str]]:
        """Tell the scope parameter as sent, and the effective scopes."""
        scope = self.scope
        if scope.words is None:
            everything = scope.text is None and self.grant_type == CLIENT_CREDENTIALS
            return scope.text, assigned if everything else _NONE
        asked = frozenset(scope.words)
        unknown = asked - self.catalogue.wire_ids - assigned
        if not unknown:  # known words hold no secret
            return scope.text, asked
        self.state.remember(filter(looks_secret, unknown))
        text = self._redact(scope.text or "")
        return text, frozenset(text.split())

    def _client(self) -> str:
        if self.package:
            return self.package.client
        return fingerprint(self.client_id) if self.client_id else ""

    def _grant_type(self) -> str | None:
        if self.grant_type is None or self.grant_type == CLIENT_CREDENTIALS:
            return self.grant_type
        return self._redact(self.grant_type)

    def _redact(self, text: str) -> str:
        self.state.remember((*secrets_in(self.form), self.secret or ""))
        return self.state.redact(text)


def _read_basic(request: Request) -> str | None:
    """Read `id:secret` of an HTTP Basic header; None where there is none to be read."""
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(sent.strip(), validate=True).decode()
    except ValueError:
        return None
