"""The door of the simulated cloud: a request comes in, an answer goes out, a fact stays."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote

from ..errors import ConfigError
from ..ledger.facts import TokenRequested
from .attempt import CLIENT_CREDENTIALS, Attempt
from .auth import (
    discover,
    refuse_method,
    refuse_path,
    refuse_soap,
    refuse_token_method,
    request_legacy_token,
)
from .call import Call, open_call
from .faults import Fault
from .grants import grant_token
from .http import Admitted
from .rest import answer_rest
from .userinfo import answer_userinfo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..catalogue.catalogue import Catalogue
    from ..ledger.facts import Fact, HostKind
    from ..ledger.ledger import Entry, Origin
    from .http import Request, Response
    from .state import Package, TenantState

_USERINFO = "v2/userinfo"


class Record(Protocol):
    """Where facts go: `Ledger.append`, or anything that is called like it."""

    def __call__(self, fact: Fact, origin: Origin = "code") -> Entry:
        """Write a fact down."""


class Cloud:
    """One simulated tenant. One call at a time: a door with threads takes turns."""

    def __init__(self, state: TenantState, catalogue: Catalogue, record: Record) -> None:
        self.state = state
        self.catalogue = catalogue
        self._record = record
        self._hosts: Mapping[HostKind, Callable[[Request, float], Attempt | Call]] = {
            "auth": self._open_auth,
            "rest": self._open_rest,
            "soap": self._open_soap,
        }
        self._token_paths: Mapping[str, Mapping[str, Callable[[Attempt], Response]]] = {
            "v2/token": {"POST": grant_token},
            "v1/requestToken": {"POST": request_legacy_token},
        }
        self._other_paths: Mapping[str, Mapping[str, Callable[[Call], Response]]] = {
            _USERINFO: {"GET": partial(answer_userinfo, catalogue)},
            "v2/discovery": {"GET": discover},
        }

    def handle(self, request: Request, at: float) -> Response | Admitted:
        """Answer a request or admit it to the test's stub; write it down either way."""
        exchange = self._hosts[request.host](request, at)
        fault = None
        try:
            answer = exchange.answer()
        except Fault as raised:
            fault, answer = raised, raised.response
        entry = self._record(exchange.fact(answer.status, fault))
        if exchange.admitted:
            return Admitted(request=request, entry=entry, otherwise=answer)
        entry.answered = answer.status
        return answer

    def complete(self, admitted: Admitted, answer: Response) -> Response:
        """Note what the client of an admitted call got in the end."""
        admitted.entry.answered = answer.status
        return answer

    def issue_token(self, package: Package, scopes: frozenset[str] | None, at: float) -> str:
        """Give the test itself a token, without HTTP; None: everything assigned.

        Raises:
            ConfigError: the package could never have a token with those scopes.
        """
        granted = package.scopes if scopes is None else scopes
        _refuse_unassigned(granted, package)
        token = self.state.tokens.issue(package, granted, package.account_id, at)
        text = None if scopes is None else self.catalogue.token_text(scopes)
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
            expires_in=self.state.config.expires_in,
            account_id=package.account_id,
            status=200,
        )
        self._record(fact, "issue_token").answered = 200
        return token.text

    def _open_auth(self, request: Request, at: float) -> Attempt | Call:
        path = _last_two(request.path)
        if path in self._token_paths:
            return self._open_attempt(request, at, self._token_paths[path])
        if path not in self._other_paths:
            return self._open_call(request, at, refuse_path)
        methods = self._other_paths[path]
        respond = methods.get(request.method) or partial(refuse_method, tuple(methods))
        return self._open_call(request, at, respond, ("auth", f"/{path}"))

    def _open_rest(self, request: Request, at: float) -> Attempt | Call:
        if request.method == "GET" and _last_two(request.path) == _USERINFO:
            return self._open_auth(request, at)  # asked for here by a widely used client
        return self._open_call(request, at, answer_rest)

    def _open_soap(self, request: Request, at: float) -> Call:
        return self._open_call(request, at, refuse_soap)

    def _open_attempt(
        self, request: Request, at: float, methods: Mapping[str, Callable[[Attempt], Response]]
    ) -> Attempt:
        return Attempt(
            state=self.state,
            catalogue=self.catalogue,
            request=request,
            at=at,
            respond=methods.get(request.method) or partial(refuse_token_method, tuple(methods)),
        )

    def _open_call(
        self,
        request: Request,
        at: float,
        respond: Callable[[Call], Response],
        route: tuple[str, str] | None = None,
    ) -> Call:
        return open_call(
            request,
            at,
            state=self.state,
            catalogue=self.catalogue,
            respond=respond,
            route=route,
        )


def _refuse_unassigned(scopes: frozenset[str], package: Package) -> None:
    if extra := scopes - package.scopes:
        raise ConfigError(
            f'issue_token cannot grant {" ".join(sorted(extra))}: package "{package.name}" is'
            " not assigned that. Assign it with mc_package(scopes=[...]), or leave it out."
        )


def _last_two(path: str) -> str:
    """Name an endpoint of the auth host, whatever path prefix a client glued before it."""
    segments = [segment for segment in path.split("/") if segment]
    name = "/".join(segments[-2:])
    return "/".join(unquote(segment) for segment in segments[-2:]) if "%" in name else name
