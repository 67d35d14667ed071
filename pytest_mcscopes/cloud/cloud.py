"""The door of the simulated cloud: a request comes in, an answer goes out, a fact stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..catalogue.route_trie import fold_word, join_segments, split_path
from ..errors import ConfigError
from ..ledger.facts import TokenRequested
from .api_call import Call, open_call
from .auth.authorize import answer_authorize
from .auth.misplaced import MisplacedRequest, seeks_token
from .auth.other_paths import (
    discover,
    refuse_authorize_method,
    refuse_legacy_method,
    refuse_method,
    refuse_path,
    refuse_token_method,
    request_legacy_token,
)
from .auth.token_endpoint import grant_token, is_app
from .auth.token_request import CLIENT_CREDENTIALS, TokenRequest
from .auth.userinfo import answer_userinfo
from .error_answers import Fault
from .http import Admitted, Request, Response, token_path_in
from .rest import answer_rest
from .soap.continued_retrieves import ContinuedRetrieves
from .tokens import Grant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..ledger.ledger import Entry, Ledger
    from .packages import Package
    from .soap.exchange import SoapExchange
    from .soap.operations import SoapStubSource
    from .state import TenantState
    from .users import User

    TokenHandler = Callable[[TokenRequest], Response]
    Exchange = TokenRequest | Call | SoapExchange

_USERINFO = "/v2/userinfo"
_AUTH = ".auth.marketingcloudapis.com"
_TOKEN_PATHS: Mapping[str, tuple[str, TokenHandler, TokenHandler]] = {
    "/v2/token": ("POST", grant_token, refuse_token_method),
    "/v2/authorize": ("GET", answer_authorize, refuse_authorize_method),
    "/v1/requesttoken": ("POST", request_legacy_token, refuse_legacy_method),
}
"""By path in small letters: its method, what answers that, and what refuses the others."""
_OTHER_PATHS: Mapping[str, Callable[[Call], Response]] = {
    _USERINFO: answer_userinfo,
    "/v2/discovery": discover,
}
"""What answers a GET."""


class Cloud:
    """One simulated tenant. One call at a time: a door with threads takes turns."""

    def __init__(
        self,
        state: TenantState,
        ledger: Ledger,
        soap_stubs: Callable[[], SoapStubSource] | None = None,
    ) -> None:
        self._soap_stubs = soap_stubs
        self._soap_retrieves = ContinuedRetrieves()
        self.state = state
        self._ledger = ledger

    def handle(self, request: Request, at: float) -> Response | Admitted:
        """Answer a request or admit it to the test's stub; write it down either way."""
        self.state.later.apply_due(at)
        exchange = self._open(request, at)
        fault = None
        try:
            answer = exchange.answer()
        except Fault as raised:
            fault, answer = raised, raised.response
        entries: list[Entry] = []
        for fact in exchange.facts(answer.status, fault):
            entries.append(self._ledger.append(fact, first=entries[0] if entries else None))
        if not isinstance(exchange, TokenRequest) and exchange.admitted:
            return Admitted(entry=entries[0], otherwise=answer, delay=exchange.delay)
        for entry in entries:
            entry.answered = None if answer.trouble else answer.status
        return answer._replace(delay=exchange.delay) if exchange.delay else answer

    def complete(self, admitted: Admitted, answer: Response) -> Response:
        """Note what the client of an admitted call got in the end."""
        admitted.entry.answered = answer.status
        return answer._replace(delay=admitted.delay) if admitted.delay else answer

    def issue_token(
        self,
        package: Package,
        scopes: frozenset[str] | None,
        at: float,
        user: User | None = None,
    ) -> str:
        """Give the test itself a token, without HTTP; *scopes* None: everything assigned.

        Raises:
            ConfigError: the package could never have a token with those scopes, or for a user.
        """
        self.state.later.apply_due(at)
        granted = package.scopes if scopes is None else scopes
        _refuse_unassigned(granted, package)
        grant = self._grant(package, user)
        token = self.state.tokens.issue(package, granted, package.account_id, at, grant)
        text = None if scopes is None else self.state.catalogue.token_text(scopes)
        fact = TokenRequested(
            at=at,
            tenant=self.state.subdomain,
            package=package.name,
            client=package.client,
            grant_type=CLIENT_CREDENTIALS,
            scope=text,
            requested=granted,
            assigned=package.scopes,
            granted=granted,
            token=token.fingerprint,
            user=token.user.name if token.user else None,
            expires_in=self.state.config.expires_in,
            account_id=package.account_id,
            status=200,
        )
        self._ledger.append(fact, "issue_token").answered = 200
        return token.text

    def _grant(self, package: Package, user: User | None) -> Grant | None:
        if is_app(package):
            return Grant(package=package, user=user or self.state.users.first)
        if user is not None:
            raise ConfigError(
                f'issue_token: package "{package.name}" is server-to-server and acts for itself,'
                f' not for user "{user.name}". Leave user= out, or mark'
                f' mc_package(name="{package.name}", type="web-app").'
            )
        return None

    def _open(self, request: Request, at: float) -> Exchange | MisplacedRequest:
        exchange: Exchange
        if request.host == "auth":
            exchange = self._open_auth(request, at)
        elif request.host == "rest":
            exchange = self._open_rest(request, at)
        else:
            exchange = self._open_soap(request, at)
        if isinstance(exchange, TokenRequest):
            return exchange
        ends = token_path_in(request.path)
        asks_there = bool(ends and (request.body or request.query or request.broken))
        if not asks_there and not seeks_token(request):
            return exchange
        *_, read = _TOKEN_PATHS[ends or "/v2/token"]
        token_request = TokenRequest(self.state, request, at, read)
        return MisplacedRequest(call=exchange, token_request=token_request)

    def _open_auth(self, request: Request, at: float) -> TokenRequest | Call:
        # Most requests come as documented, and need no other look.
        path = request.path if request.path in _TOKEN_PATHS else _place(request)
        if path in _TOKEN_PATHS:
            method, answer, refuse = _TOKEN_PATHS[path]
            respond = answer if request.method == method else refuse
            return TokenRequest(self.state, request, at, respond)
        if path not in _OTHER_PATHS:
            return open_call(self.state, request, at, refuse_path)
        answer_call = _OTHER_PATHS[path] if request.method == "GET" else refuse_method
        return open_call(self.state, request, at, answer_call, ("auth", path))

    def _open_rest(self, request: Request, at: float) -> TokenRequest | Call:
        if request.method == "GET" and _place(request) == _USERINFO:
            return self._open_auth(request, at)  # asked for here by a widely used client
        return open_call(self.state, request, at, answer_rest)

    def _open_soap(self, request: Request, at: float) -> SoapExchange:
        # Whoever makes no SOAP call does not pay for reading XML.
        from .soap.exchange import SoapExchange  # noqa: PLC0415

        stubs = self._soap_stubs() if self._soap_stubs else None
        return SoapExchange(self.state, request, at, self._soap_retrieves, stubs)


def _refuse_unassigned(scopes: frozenset[str], package: Package) -> None:
    if extra := scopes - package.scopes:
        place = f" in {package.assigned_in}" if package.assigned_in else ""
        raise ConfigError(
            f'issue_token cannot grant {" ".join(sorted(extra))}: package "{package.name}" is'
            f" not assigned that{place}. Assign it with mc_package(scopes=[...]), or leave it out."
        )


def _place(request: Request) -> str:
    """Name an endpoint of the auth host: its path in small letters, as it may come in any case.

    Over a port a client may have put the host's real URL before it, as in
    `/https://mcx.auth.marketingcloudapis.com/v2/token`: that is the only way to
    lead the npm package sfmc-sdk to another host. Nothing else is left off.
    """
    segments = split_path(request.path)
    glued = request.urls and segments[:1] == ("https:",) and len(segments) > 2
    real = glued and fold_word(segments[1]).endswith(_AUTH)
    return fold_word(join_segments(segments[2:] if real else segments))
