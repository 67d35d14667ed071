"""A token request on its way to becoming a fact."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from ...ledger.facts import INHERITING_GRANTS, TokenRequested
from ..error_answers import Fault
from ..fingerprints import fingerprint, secrets_among
from ..form import (
    NO_PARAMETERS,
    Pairs,
    Parameters,
    contradicting,
    duplicated,
    read_pairs,
    read_parameters,
    secrets_in,
    text_of,
)
from ..http import JSON_HEADERS, Request, Response, write_json
from ..url_leaks import find_exposed
from .credentials import NO_CREDENTIALS, Credentials, read_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ...config import NullScope
    from ..packages import Package
    from ..state import TenantState
    from ..tokens import Code, RefreshToken, Token
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
"""Grant type -> the member that has what it presents."""


@dataclass(slots=True, eq=False)
class Presented:
    """A code or refresh token that came with a token request."""

    fingerprint: str
    issued: Code | RefreshToken | None
    """As it was issued to the package; None where it never was."""
    scopes: frozenset[str]
    """What it stood for when it came: an answer may change that."""


@dataclass(slots=True, eq=False)
class TokenRequest:
    """What is known of a token request: as much of it as could be read so far."""

    state: TenantState
    request: Request
    at: float
    respond: Callable[[TokenRequest], Response]
    delay: float = 0
    """How much later it is answered, in seconds."""
    parameters: Parameters = field(default=NO_PARAMETERS, repr=False)
    credentials: Credentials = NO_CREDENTIALS
    presented: Presented | None = None
    user: User | None = None
    issued: Token | None = None
    also_issued: tuple[str, ...] = ()
    """Fingerprints of the code or refresh token that was issued."""
    remark: str = ""
    unreadable: str = ""
    """Why it cannot be known what the request asks for; empty where it can."""

    @property
    def package(self) -> Package | None:
        """The package with that client id; its secret may still be wrong."""
        return self.state.clients.get(self.credentials.client_id or "")

    def answer(self) -> Response:
        """Answer the request, or raise a fault."""
        return self.respond(self)

    def read(self) -> None:
        """Read the request once; what cannot be read is a fault."""
        self.take(self.read_body())
        if self.parameters.duplicates:
            raise duplicated(self.parameters.duplicates)
        if self.parameters.scope.fault is not None:
            raise self.parameters.scope.fault

    def read_body(self) -> Pairs:
        """Read the members of the body, noting why where that cannot be done."""
        try:
            pairs = read_pairs(self.request)
        except Fault as fault:
            self.unreadable = fault.reason
            self.credentials = read_credentials(self.request, {})
            raise
        if name := contradicting(pairs):
            self.unreadable = f'the body has "{name}" more than once, with different values'
        elif self.request.query and self._asks_otherwise_in_url(pairs):
            self.unreadable = 'the URL has a "scope" too, with another value than the body'
        return pairs

    def _asks_otherwise_in_url(self, pairs: Pairs) -> bool:
        """Tell whether the query asks for other scopes than the body, by which we answer."""
        in_query = [pair for pair in parse_qsl(self.request.query) if pair[0] == "scope"]
        return bool(in_query and contradicting([*pairs, *in_query]))

    def take(self, pairs: Pairs) -> None:
        """Note who asks for what."""
        null_scope = self.state.config.null_scope
        self.parameters = read_parameters(pairs, null_scope)
        if self.parameters.scope.is_null:
            self.remark = _NULL[null_scope]
        if fault := self.parameters.scope.fault:
            refused = f"scope was sent in a form that is refused ({fault.response.status})"
            self.remark = f"{refused}: {fault.reason}"
        self.credentials = read_credentials(self.request, self.parameters.form)
        if member := _PRESENTING.get(self.parameters.grant_type or ""):
            self._find_presented(member)

    def _find_presented(self, member: str) -> None:
        """Find the code or refresh token that is presented, whatever comes of it."""
        if (text := text_of(self.parameters.form, member)) is None:
            return
        tokens = self.state.tokens
        issued = tokens.find_code(text) if member == "code" else tokens.find_refresh_token(text)
        if issued is not None and issued.grant.package is self.package:
            self.user = issued.grant.user
            self.presented = Presented(fingerprint(text), issued, issued.scopes)
        else:
            self.presented = Presented(fingerprint(text), None, _NONE)

    def facts(self, status: int, fault: Fault | None) -> tuple[TokenRequested]:
        """Write down the one thing that happened, as far as it is known, without secrets."""
        package, token, client_id = self.package, self.issued, self.credentials.client_id or ""
        assigned = package.scopes if package else _NONE
        scope, requested = self._effective_scopes(assigned)
        fact = TokenRequested(
            at=self.at,
            tenant=self.state.subdomain,
            package=package.name if package else None,
            client=package.client if package else client_id and fingerprint(client_id),
            grant_type=self._grant_type(),
            scope=scope,
            requested=requested,
            assigned=assigned,
            granted=token.scopes if token else None,
            token=token.fingerprint if token else None,
            also_issued=self.also_issued,
            presented=self.presented.fingerprint if self.presented else None,
            user=self.user.name if self.user else None,
            expires_in=self.state.config.expires_in if token else 0,
            account_id=token.account_id if token else None,
            status=status,
            error=fault.error if fault else None,
            reason=self._redact(fault.reason) if fault else None,
            remark=self.remark and self._redact(self.remark),
            null_scope=scope is None and self.parameters.scope.is_null,
            unreadable=self.unreadable and self._redact(self.unreadable),
            is_probe=self._is_probe(),
            exposed=find_exposed(self.request, self.state.redaction),
            connection=self.request.connection,
        )
        return (fact,)

    def _effective_scopes(self, assigned: frozenset[str]) -> tuple[str | None, frozenset[str]]:
        """Give the scope parameter as sent, and the scopes that it asks for."""
        scope = self.parameters.scope
        if scope.text is None:
            if self.parameters.grant_type in INHERITING_GRANTS:
                return None, self.presented.scopes if self.presented else _NONE
            unread = self.parameters.grant_type is None and self.unreadable
            return None, _NONE if unread or self._is_probe() else assigned
        unknown = scope.requested - self.state.catalogue.wire_ids - assigned
        if not unknown:  # known words hold no secret
            return scope.text, scope.requested
        self.state.redaction.remember(secrets_among(unknown, self.state.catalogue.wire_ids))
        text = self._redact(scope.text)
        return text, frozenset(self._redact(" ".join(scope.words or ())).split())

    def _is_probe(self) -> bool:
        says_who_or_how = self.credentials.client_id or self.parameters.grant_type
        return self.request.method != "POST" and not says_who_or_how

    def _grant_type(self) -> str | None:
        grant_type = self.parameters.grant_type
        if grant_type in _KNOWN_GRANTS:
            return sys.intern(grant_type)  # in thousands of facts
        return grant_type and self._redact(grant_type)

    def _redact(self, text: str) -> str:
        redaction = self.state.redaction
        redaction.remember((*secrets_in(self.parameters.form), self.credentials.secret or ""))
        return redaction.redact(text)


def token_answer(
    token_request: TokenRequest, tokens: Mapping[str, str], scope_text: str
) -> Response:
    """Answer with tokens, the members in the order that was seen."""
    state = token_request.state
    urls = state.urls_for(token_request.request)
    # No token and no URL has a character that JSON escapes.
    given = '","'.join(map('":"'.join, tokens.items()))
    body = (
        f'{{"{given}","token_type":"Bearer","expires_in":{state.config.expires_in},'
        f'"scope":{write_json(scope_text)},"soap_instance_url":"{urls.soap_url}",'
        f'"rest_instance_url":"{urls.rest_url}"}}'
    )
    return Response(200, JSON_HEADERS, body.encode())
