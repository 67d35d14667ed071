"""A token request on its way to becoming a fact."""

from __future__ import annotations

import base64
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...ledger.facts import NAMING_GRANTS, TokenRequested
from ..faults import Fault
from ..fingerprints import fingerprint, looks_secret
from ..form import (
    OMITTED,
    Form,
    Pairs,
    ScopeParameter,
    contradicting,
    gather,
    read_pairs,
    read_scope,
    refuse_twice,
    secrets_in,
    text_of,
)
from ..http import Response
from ..url_leaks import find_exposed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ...catalogue.catalogue import Catalogue
    from ...config import NullScope
    from ..http import Request
    from ..packages import Package
    from ..state import TenantState
    from ..tokens import Token
    from ..users import User

AUTHORIZE = "authorize"
CLIENT_CREDENTIALS = "client_credentials"
_NONE: frozenset[str] = frozenset()
_KNOWN_GRANTS = frozenset({AUTHORIZE, CLIENT_CREDENTIALS, "authorization_code", "refresh_token"})
_NULL: Mapping[NullScope, str] = {
    "nothing": (
        "scope was sent as null: that is judged as omitted, and grants nothing, as the one public"
        " statement on it says (mc_null_scope changes that). Name the scopes instead"
    ),
    "omitted": (
        "scope was sent as null: that is judged as omitted, and grants everything here, as"
        " mc_null_scope says. Name the scopes instead"
    ),
}
_PRESENTING = {"authorization_code": "code", "refresh_token": "refresh_token"}
"""Grant type -> the member that a log-in came to."""


@dataclass(slots=True, eq=False, kw_only=True)
class TokenRequest:
    """What is known of a token request: as much of it as could be read so far."""

    state: TenantState
    catalogue: Catalogue
    request: Request
    at: float
    respond: Callable[[TokenRequest], Response]
    admitted: bool = False
    delay: float = 0
    """How much later it is answered, in seconds."""
    form: Form = field(default_factory=dict, repr=False)
    client_id: str | None = None
    secret: str | None = field(default=None, repr=False)
    basic: bool = False
    """Whether the credentials came in an HTTP Basic header."""
    package: Package | None = None
    """The package with that client id; its secret may still be wrong."""
    grant_type: str | None = None
    scope: ScopeParameter = OMITTED
    held: frozenset[str] = _NONE
    """What the presented code or refresh token stands for."""
    presented: str | None = None
    """Fingerprint of the presented code or refresh token."""
    user: User | None = None
    issued: Token | None = None
    also_issued: tuple[str, ...] = ()
    """Fingerprints of the code or refresh token that was issued."""
    remark: str = ""
    twice: frozenset[str] = _NONE
    """Parameters that came more than once."""
    unreadable: str = ""
    """Why it cannot be known what the request asks for; empty where it can."""

    @property
    def wanted(self) -> tuple[str, ...] | None:
        """The words to grant; None where all that there is to grant."""
        null = self.scope.is_null and self.state.config.null_scope == "nothing"
        return () if null else self.scope.words

    def answer(self) -> Response:
        """Answer the request, or raise a fault."""
        return self.respond(self)

    def read(self) -> None:
        """Read the request once; what cannot be read is a fault."""
        self.take(self.read_body())
        refuse_twice(self.twice)
        if self.scope.fault is not None:
            raise self.scope.fault

    def read_body(self) -> Pairs:
        """Read the members of the body, noting why where that cannot be done."""
        try:
            pairs = read_pairs(self.request)
        except Fault as fault:
            self.unreadable = fault.reason
            self._identify_by_header()
            self.package = self.state.clients.get(self.client_id or "")
            raise
        if name := contradicting(pairs):
            self.unreadable = f'the body has "{name}" more than once, with different values'
        return pairs

    def take(self, pairs: Pairs) -> None:
        """Note who asks for what."""
        self.form, self.twice = gather(pairs)
        self.grant_type = text_of(self.form, "grant_type")
        self.scope = read_scope(self.form)
        if self.scope.is_null:
            self.remark = _NULL[self.state.config.null_scope]
        self.identify("client_id", "client_secret")
        self._recall()

    def identify(self, id_member: str, secret_member: str) -> None:
        """Note who asks: by the body, and by an HTTP Basic header for what is not in it."""
        self.client_id = text_of(self.form, id_member)
        self.secret = text_of(self.form, secret_member)
        if self.client_id is None or self.secret is None:
            self._identify_by_header()
        self.package = self.state.clients.get(self.client_id or "")

    def _identify_by_header(self) -> None:
        client_id, _, secret = (_read_basic(self.request) or "").partition(":")
        if not client_id:
            return
        # Clients that have no secret send an empty one, beside a body that says who they are.
        if self.client_id is None or (secret and self.client_id == client_id):
            self.basic = True
            self.client_id, self.secret = client_id, secret or None

    def _recall(self) -> None:
        """Note the log-in that a code or refresh token stands for, whatever comes of it."""
        member = _PRESENTING.get(self.grant_type or "")
        if member is None or (text := text_of(self.form, member)) is None:
            return
        self.presented = fingerprint(text)
        tokens = self.state.tokens
        held = tokens.find_code(text) if member == "code" else tokens.find_refresh_token(text)
        if held is not None and held.grant.package is self.package:
            self.held, self.user = held.scopes, held.grant.user

    def grant(self, members: Mapping[str, object], scope_text: str) -> Response:
        """Answer with tokens, the members in the order that was seen."""
        urls = self.state.urls_for(self.request)
        return Response.of_json(
            200,
            {
                **members,
                "token_type": "Bearer",
                "expires_in": self.state.config.expires_in,
                "scope": scope_text,
                "soap_instance_url": urls.soap_url,
                "rest_instance_url": urls.rest_url,
            },
        )

    def facts(self, status: int, fault: Fault | None) -> tuple[TokenRequested]:
        """Write down the one thing that happened."""
        return (self.fact(status, fault),)

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
            also_issued=self.also_issued,
            presented=self.presented,
            user=self.user.name if self.user else None,
            expires_in=self.state.config.expires_in if token else 0,
            account_id=token.account_id if token else None,
            status=status,
            error=fault.error if fault else None,
            reason=self._redact(fault.reason) if fault else None,
            remark=self.remark and self._redact(self.remark),
            null_scope=scope is None and self.scope.is_null,
            unreadable=self.unreadable and self._redact(self.unreadable),
            exposed=find_exposed(self.request, self.state.redaction),
            connection=self.request.connection,
        )

    def _asked(self, assigned: frozenset[str]) -> tuple[str | None, frozenset[str]]:
        """Tell the scope parameter as sent, and the effective scopes."""
        scope = self.scope
        if scope.text is None:
            return None, assigned if self.grant_type in NAMING_GRANTS else self.held
        asked = scope.asked
        unknown = asked - self.catalogue.wire_ids - assigned
        if not unknown:  # known words hold no secret
            return scope.text, asked
        self.state.redaction.remember(filter(looks_secret, unknown))
        text = self._redact(scope.text or "")
        return text, frozenset(self._redact(" ".join(scope.words or ())).split())

    def _client(self) -> str:
        if self.package:
            return self.package.client
        return fingerprint(self.client_id) if self.client_id else ""

    def _grant_type(self) -> str | None:
        if self.grant_type is None:
            return None
        if self.grant_type in _KNOWN_GRANTS:
            return sys.intern(self.grant_type)  # in thousands of facts
        return self._redact(self.grant_type)

    def _redact(self, text: str) -> str:
        self.state.redaction.remember((*secrets_in(self.form), self.secret or ""))
        return self.state.redaction.redact(text)


def _read_basic(request: Request) -> str | None:
    """Read `id:secret` of an HTTP Basic header; None where there is none to be read."""
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(sent.strip(), validate=True).decode()
    except ValueError:
        return None
