"""One request to the SOAP host: who sends it, what its operations need, what is answered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ...catalogue.find_requirements import need_of_nothing, need_of_unmapped
from ...catalogue.model import label_of_soap
from ...ledger.facts import CallMade
from ..api_call import read_presented
from ..fingerprints import fingerprint
from ..http import Request, Response
from ..rights import Rights, rights_to
from ..url_leaks import find_exposed
from .action import check_action
from .continued_retrieves import AnsweredRetrieve, ContinuedRetrieves
from .envelope import Envelope, find_tokens, read_envelope, version_by_type
from .faults import (
    Service,
    fault_of,
    login_failed,
    malformed,
    not_permitted,
    refused_unread,
    shorten,
    token_expired,
    token_unreadable,
)
from .message_parser import EnvelopeError
from .operations import Operation, SoapStubSource, StubReply, find_operation_need
from .results import (
    DENIED,
    WITH_ROWS,
    WITHOUT_STATUS,
    OperationResult,
    message_of,
    results_of,
    rows_of,
)
from .writer import TYPES, XML_TYPE, write_answer
from .wsdl import wsdl_for
from .xml import XmlRefused

if TYPE_CHECKING:
    from ...catalogue.call_requirements import CallRequirements
    from ..error_answers import Fault
    from ..fault_order import Ordered
    from ..state import TenantState
    from ..tokens import Token
    from .messages import Version

_SERVICE = "Service.asmx"
_WSDL = "etframework.wsdl"
_FILES = {each.casefold(): each for each in (_SERVICE, _WSDL)}
_UNKNOWN_RETRIEVE = StubReply(
    status="Error", message="ContinueRequest names no RequestID of a Retrieve of this tenant."
)


@dataclass(slots=True, eq=False)
class _JudgedOperation:
    """An operation, and whether the token allows it."""

    operation: Operation
    need: CallRequirements
    rights: Rights | None = None
    """None until the token is known to live."""


class SoapExchange:
    """One request to the SOAP host: as much of it as could be read so far."""

    admitted = False
    """Never: stubs answer on the way, each operation on its own."""

    def __init__(
        self,
        state: TenantState,
        request: Request,
        at: float,
        retrieves: ContinuedRetrieves,
        stubs: SoapStubSource | None = None,
    ) -> None:
        self.delay = 0.0
        """How much later it is answered, in seconds."""
        self._request = request
        self._at = at
        self._state = state
        self._retrieves = retrieves
        self._stubs = stubs
        self._need = _need_of_whole(request, state)
        """Of the request as a whole, where no operation of it could be read."""
        self._needs: dict[tuple[str, str, bool], CallRequirements] = {}
        self._version: Version = version_by_type(request.headers.get("content-type", ""))
        self._presented: tuple[str, ...] = ()
        """What the `fueloauth` headers have, good or not."""
        # Nothing is granted for a bearer here, but it may be a token all the same.
        self._sent = tuple(filter(None, (*find_tokens(request.body), read_presented(request))))
        """What may be tokens anywhere in the request, found without reading it."""
        state.redaction.remember(self._sent)
        self._token: Token | None = None
        """The token that was presented, once it is known to live."""
        self._judged: list[_JudgedOperation] = []

    @property
    def _service(self) -> Service:
        """The service at the door by which the request came."""
        address = f"{self._state.urls_for(self._request).soap_url}{_SERVICE}"
        return Service(address, self._version)

    def answer(self) -> Response:
        """Answer the request, or raise a fault."""
        match _file_of(self._request.path), self._request.method:
            case "service.asmx", "POST":
                return self._answer_envelope()
            case "etframework.wsdl", "GET" | "HEAD":
                urls = self._state.urls_for(self._request)
                return Response(200, {"Content-Type": XML_TYPE}, wsdl_for(urls.soap_url))
            case "service.asmx" | "etframework.wsdl" as file, method:
                allowed = "POST" if file == "service.asmx" else "GET"
                reason = f"the method is {method}. Use {allowed}"
                raise refused_unread(405, reason, {"Allow": allowed})
        where = f"Send envelopes to {self._service.address}"
        raise refused_unread(404, f"the SOAP host has no such path. {where}")

    def facts(self, status: int, _fault: Fault | None) -> tuple[CallMade, ...]:
        """Write down each operation on its own, or the request where none could be read."""
        token = self._token
        tokens = tuple(dict.fromkeys((*self._presented, *self._sent)))
        whole = CallMade(
            at=self._at,
            tenant=self._state.subdomain,
            host="soap",
            method=self._request.method,
            path=self._state.redaction.redact(self._request.path),
            need=self._need,
            package=token.package.name if token else None,
            token=fingerprint(tokens[0]) if tokens else None,
            granted=None,
            used=frozenset(),
            scope_denied=False,
            # Whether that user may is open: no SOAP row tells the ids of permissions.
            user=token.user.name if token and token.user else None,
            status=status,
            exposed=find_exposed(self._request, self._state.redaction),
        )
        calls = [_call_of(whole, each) for each in self._judged] or [whole]
        # Another token that came along may hide the log-in of a package: it is judged as well.
        others = filter(self._state.tokens.knows, tokens[1:])
        unused = whole._replace(package=None, user=None)
        return (*calls, *(unused._replace(token=fingerprint(other)) for other in others))

    def _answer_envelope(self) -> Response:
        envelope = self._read()
        check_action(self._request.headers, envelope, self._service, self._state.redaction.redact)
        self._judged = self._find_needs(envelope)
        self._apply_fault(envelope)
        self._token = token = self._find_token(envelope)
        return self._respond(envelope, token)

    def _read(self) -> Envelope:
        headers = self._request.headers
        content_type, coding = (
            headers.get(name, "") for name in ("content-type", "content-encoding")
        )
        max_bytes = self._state.config.soap_bytes
        try:
            envelope = read_envelope(self._request.body, content_type, coding, max_bytes)
        except XmlRefused as refused:
            if refused.status is not None:
                raise refused_unread(refused.status, refused.reason) from None
            raise malformed(self._service, refused.reason) from None
        except EnvelopeError as refused:
            self._note(refused.version or self._version, *refused.tokens)
            raise malformed(self._service, refused.reason) from None
        self._note(envelope.version, envelope.token)
        return envelope

    def _note(self, version: Version, *presented: str | None) -> None:
        """Keep what is known of a request, whether or not it can be answered."""
        self._version = version
        self._presented = tuple(filter(None, presented))
        self._state.redaction.remember(self._presented)

    def _find_needs(self, envelope: Envelope) -> list[_JudgedOperation]:
        """Say what each operation needs; a Retrieve that goes on what the first one needed."""
        first, *_ = envelope.operations
        if first.continues is None:
            return [self._with_need(operation) for operation in envelope.operations]
        self._need = need_of_nothing(label_of_soap("", "Retrieve"))
        earlier = self._retrieves.by_request_id.get(first.continues)
        if earlier is None:
            return []
        return [self._with_need(replace(earlier.operation, continues=first.continues))]

    def _with_need(self, operation: Operation) -> _JudgedOperation:
        key = operation.object_type, operation.name, operation.upsert
        if key not in self._needs:  # the objects of a batch are mostly of one type
            state = self._state
            need = find_operation_need(operation, state.catalogue, state.config.trust, self._at)
            label = shorten(self._state.redaction.redact(need.label))
            self._needs[key] = replace(need, label=label)
        return _JudgedOperation(operation, self._needs[key])

    def _apply_fault(self, envelope: Envelope) -> None:
        """Apply the fault that the test ordered, if any."""

        def note(order: Ordered) -> None:
            if order.name != "unauthorized":  # an outage hides no scope that the token lacks
                self._token = token = self._find_token(envelope)
                for each in self._judged:
                    each.rights = self._rights_to(each, token)

        def build(order: Ordered) -> Fault | None:
            return fault_of(order, self._service)

        self.delay = self._state.fault_queue.apply("soap", build=build, note=note)

    def _find_token(self, envelope: Envelope) -> Token:
        """Find the living token; a user name that came along with one does not matter."""
        if envelope.token is None and envelope.has_username:
            raise login_failed(self._service, "user name and password are for no OAuth 2.0 package")
        token = self._state.tokens.find(envelope.token or "")
        if token is None:
            reason = "the fueloauth header has no token of this tenant"
            raise token_unreadable(self._service, reason)
        if not token.lives(self._at):
            raise token_expired(self._service, "the access token expired or was revoked")
        return token

    def _respond(self, envelope: Envelope, token: Token) -> Response:
        first, *_ = envelope.operations
        name = first.name
        # Some clients send the first RequestID for every page.
        known = self._judged and first.continues
        request_id = known or self._retrieves.next_request_id(self._state.subdomain)
        results = [self._carry_out(each, token, request_id) for each in self._judged]
        if name in WITHOUT_STATUS and all(each.reply.failed for each in results):
            raise not_permitted(self._service, f"the token does not allow {name}")
        if name in WITH_ROWS:
            fields = rows_of(results[0].reply if results else _UNKNOWN_RETRIEVE, request_id)
        else:
            fields = results_of(name, results, request_id)
        body = write_answer(
            self._version, message_of(name), fields, f"{name}Response", envelope.message_id
        )
        return Response(status=200, headers={"Content-Type": TYPES[self._version]}, body=body)

    def _carry_out(
        self, judged: _JudgedOperation, token: Token, request_id: str
    ) -> OperationResult:
        judged.rights = rights = self._rights_to(judged, token)
        operation = judged.operation
        if not rights.refused:
            reply = self._reply_to(operation)
        else:
            silent = self._state.config.soap_silent and operation.name in WITH_ROWS
            reply = StubReply() if silent else DENIED
        # A token that may not go on leaves the pages for one that may.
        if operation.name == "Retrieve" and not (operation.continues and rights.refused):
            self._retrieves.keep(request_id, AnsweredRetrieve(operation, reply.pages[1:]))
        return OperationResult(operation, reply)

    def _rights_to(self, judged: _JudgedOperation, token: Token) -> Rights:
        return rights_to(judged.need, token, self._state.config.enforce)

    def _reply_to(self, operation: Operation) -> StubReply:
        """Ask the test's stubs; a Retrieve that goes on is answered by the stub that began it."""
        reply = self._stubs.answer(operation) if self._stubs else None
        if operation.continues is not None:
            left = self._retrieves.by_request_id[operation.continues].pages
            return StubReply(pages=left or ((),))
        return reply or StubReply()


def _call_of(whole: CallMade, judged: _JudgedOperation) -> CallMade:
    rights = judged.rights
    if rights is None:
        return whole._replace(need=judged.need)
    return whole._replace(
        need=judged.need,
        granted=rights.granted,
        used=rights.used,
        scope_denied=rights.scope_denied,
    )


def _need_of_whole(request: Request, state: TenantState) -> CallRequirements:
    known = _FILES.get(_file_of(request.path))
    if known:
        return need_of_nothing(f"{request.method} /{known}")
    path = state.redaction.redact(request.path)
    return need_of_unmapped(request.method, path, request.query, state.catalogue, "soap")


def _file_of(path: str) -> str:
    """Name the file of a path in small letters, whatever a client put before it."""
    return unquote(path.rstrip("/").rpartition("/")[2]).casefold()
