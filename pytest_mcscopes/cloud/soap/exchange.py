"""The SOAP host: who calls, what each thing that is asked for needs, whether it may be done."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from ...catalogue.needs import label_of_soap, need_of_nothing, need_of_unmapped
from ...ledger.facts import CallMade
from ..call import read_bearer
from ..exposed import find_exposed
from ..faults import Fault
from ..http import Response
from ..rights import rights_to
from ..tokens import fingerprint
from .action import check_action
from .continued_retrieves import Retrieved
from .envelope import find_tokens, read_envelope, version_by_type
from .faults import (
    Service,
    fault_of,
    login_failed,
    malformed,
    no_such_path,
    not_permitted,
    shown,
    token_expired,
    token_unreadable,
    unreadable,
    wrong_method,
)
from .message_parser import EnvelopeError
from .messages import Retrieve
from .operations import Told, need_of_asked, read_asked
from .results import DENIED, LOOKING, WITHOUT_STATUS, Outcome, message_of, results_of, rows_of
from .writer import TYPES, XML_TYPE, write_answer
from .wsdl import wsdl_for
from .xml import XmlRefused

if TYPE_CHECKING:
    from ...catalogue.catalogue import Catalogue
    from ...catalogue.needs import Need
    from ..http import Request
    from ..rights import Rights
    from ..state import TenantState
    from ..tokens import Token
    from .continued_retrieves import SoapMemory
    from .envelope import Envelope
    from .messages import Version
    from .operations import Answers, Asked

_SERVICE = "Service.asmx"
_WSDL = "etframework.wsdl"
_FILES = {each.casefold(): each for each in (_SERVICE, _WSDL)}
_UNKNOWN_RETRIEVE = Told(
    status="Error", message="ContinueRequest names no RequestID of a Retrieve of this tenant."
)


class SoapSettings(NamedTuple):
    """How the SOAP host behaves."""

    silent: bool = False
    """Whether a read without its scope is answered OK with no rows, as some accounts do."""
    max_bytes: int = 1_048_576
    """How large an envelope may be."""


USUAL = SoapSettings()


@dataclass(slots=True, eq=False, kw_only=True)
class _Part:
    """One thing that is asked for."""

    asked: Asked
    need: Need
    earlier: Retrieved | None = None
    """The Retrieve that it goes on with."""
    request_id: str | None = None
    """Of that Retrieve."""
    rights: Rights | None = None
    """None until the token is known to live."""


@dataclass(slots=True, eq=False, kw_only=True)
class SoapExchange:
    """One request to the SOAP host: as much of it as could be read so far."""

    state: TenantState
    catalogue: Catalogue
    request: Request
    at: float
    memory: SoapMemory
    answers: Answers | None
    settings: SoapSettings
    need: Need
    """Of the request as a whole, where nothing in it could be told apart."""
    version: Version
    """Of SOAP: that of the request, as far as it could be read."""
    sent: tuple[str, ...] = field(default=(), repr=False)
    """What may be tokens anywhere in the request, found without reading it."""
    presented: str | None = field(default=None, repr=False)
    """What the `fueloauth` header has, good or not."""
    token: Token | None = None
    """The token that was presented, once it is known to live."""
    parts: list[_Part] = field(default_factory=list, repr=False)
    admitted: bool = False
    """Never: stubs are asked on the way, for each thing on its own."""
    delay: float = 0
    """How much later it is answered, in seconds."""
    _needs: dict[tuple[str, str, bool], Need] = field(default_factory=dict, repr=False)

    @property
    def service(self) -> Service:
        """The service at the door by which the request came."""
        address = f"{self.state.urls_for(self.request).soap_url}{_SERVICE}"
        return Service(address, self.version)

    def answer(self) -> Response:
        """Answer the request, or raise a fault."""
        match _file_of(self.request.path), self.request.method:
            case "service.asmx", "POST":
                return self._converse()
            case "service.asmx", method:
                raise wrong_method("POST", f"the method is {method}")
            case "etframework.wsdl", "GET" | "HEAD":
                urls = self.state.urls_for(self.request)
                headers = {"Content-Type": XML_TYPE}
                return Response(status=200, headers=headers, body=wsdl_for(urls.soap_url))
            case "etframework.wsdl", method:
                raise wrong_method("GET", f"the method is {method}")
        raise no_such_path(self.service.address)

    def facts(self, status: int, _fault: Fault | None) -> tuple[CallMade, ...]:
        """Write down each thing on its own, or the request where there is none in it."""
        token = self.token
        presented, others = self._all_presented()
        whole = CallMade(
            at=self.at,
            tenant=self.state.subdomain,
            host="soap",
            method=self.request.method,
            path=self.state.redact(self.request.path),
            need=self.need,
            package=token.package.name if token else None,
            token=fingerprint(presented) if presented else None,
            granted=None,
            used=frozenset(),
            lacking=False,
            # Whether that user may is open: no SOAP row tells the ids of permissions.
            user=token.user.name if token and token.user else None,
            status=status,
            exposed=find_exposed(self.request, self.state),
        )
        done = [_single(whole, part) for part in self.parts] or [whole]
        beside = replace(whole, package=None, user=None)
        done += [replace(beside, token=fingerprint(other)) for other in others]
        return tuple(done)

    def _all_presented(self) -> tuple[str | None, list[str]]:
        """Give what counts as presented, and what of the tenant's tokens came along with it."""
        first = self.presented or next(iter(self.sent), None)
        knows = self.state.tokens.knows
        return first, [each for each in self.sent if each != first and knows(each)]

    def _converse(self) -> Response:
        envelope = self._read()
        check_action(self.request.headers, envelope, self.service, self.state.redact)
        self.parts = self._tell_apart(envelope)
        self._befall(envelope)
        self.token = token = self._find_token(envelope)
        return self._respond(envelope, token)

    def _read(self) -> Envelope:
        headers = self.request.headers
        content_type, coding = (
            headers.get(name, "") for name in ("content-type", "content-encoding")
        )
        try:
            read = read_envelope(self.request.body, content_type, coding, self.settings.max_bytes)
        except XmlRefused as refused:
            if refused.status is not None:
                raise unreadable(refused.status, refused.reason) from None
            raise malformed(self.service, refused.reason) from None
        except EnvelopeError as refused:
            self._note(refused.version or self.version, *refused.tokens)
            raise malformed(self.service, refused.reason) from None
        self._note(read.version, read.token)
        return read

    def _note(self, version: Version, *presented: str | None) -> None:
        """Keep what is known of a request, whether or not it can be answered."""
        self.version = version
        tokens = tuple(filter(None, presented))
        self.state.remember(tokens)
        self.presented = next(iter(tokens), None)
        self.sent = tuple(dict.fromkeys((*tokens, *self.sent)))

    def _tell_apart(self, envelope: Envelope) -> list[_Part]:
        """List what is asked for; of a Retrieve that goes on, what the first one asked for."""
        message = envelope.message
        if isinstance(message, Retrieve) and message.continues is not None:
            earlier = self.memory.retrieved.get(message.continues)
            self.need = need_of_nothing(label_of_soap("", "Retrieve"))
            if earlier is None:
                return []
            part = self._part(earlier.asked)
            part.earlier, part.request_id = earlier, message.continues
            return [part]
        return [self._part(asked) for asked in read_asked(envelope)]

    def _part(self, asked: Asked) -> _Part:
        key = asked.object_type, asked.operation, asked.upsert
        if key not in self._needs:  # the objects of a batch are mostly of one type
            need = need_of_asked(asked, self.catalogue, self.state.config.trust, self.at)
            label = shown(self.state.redact(need.label))
            self._needs[key] = replace(need, label=label)
        return _Part(asked=asked, need=self._needs[key])

    def _befall(self, envelope: Envelope) -> None:
        """Let happen what the test ordered, if anything."""
        ordered = self.state.troubles.due("soap")
        if ordered is None:
            return
        if fault := fault_of(ordered, self.service):
            if ordered.name != "unauthorized":
                self._judge_all_the_same(envelope)
            raise fault
        self.delay = ordered.delay

    def _judge_all_the_same(self, envelope: Envelope) -> None:
        """Note what calls needed that fail by the test's order: their token had it, or had not."""
        with suppress(Fault):
            self.token = token = self._find_token(envelope)
            for part in self.parts:
                part.rights = self._rights_to(part, token)

    def _find_token(self, envelope: Envelope) -> Token:
        """Find the living token; with one, a user name beside it does not matter."""
        if envelope.token is None and envelope.has_username:
            raise login_failed(self.service, "user name and password are for no OAuth 2.0 package")
        token = self.state.tokens.find(envelope.token) if envelope.token else None
        if token is None:
            raise token_unreadable(self.service, "the fueloauth header has no token of this tenant")
        if not token.lives(self.at):
            raise token_expired(self.service, "the access token expired or was revoked")
        return token

    def _respond(self, envelope: Envelope, token: Token) -> Response:
        operation = envelope.operation
        # Some clients send the first RequestID for every page.
        going_on = next((part.request_id for part in self.parts), None)
        request_id = going_on or self.memory.next_request_id(self.state.subdomain)
        outcomes = [self._carry_out(part, token, request_id) for part in self.parts]
        if operation in WITHOUT_STATUS and all(each.failed for each in outcomes):
            raise not_permitted(self.service, f"the token does not allow {operation}")
        if operation in LOOKING:
            told = outcomes[0].told if outcomes else _UNKNOWN_RETRIEVE
            fields = rows_of(told, request_id)
        else:
            fields = results_of(operation, outcomes, request_id)
        name, action = message_of(operation), f"{operation}Response"
        body = write_answer(self.version, name, fields, action, envelope.message_id)
        return Response(status=200, headers={"Content-Type": TYPES[self.version]}, body=body)

    def _carry_out(self, part: _Part, token: Token, request_id: str) -> Outcome:
        part.rights = rights = self._rights_to(part, token)
        asked = part.asked
        if not rights.refused:
            told = self._told(part)
        else:
            told = Told() if self.settings.silent and asked.operation in LOOKING else DENIED
        denied_to_go_on = part.earlier and rights.refused  # whose pages are still to be had
        if asked.operation == "Retrieve" and not denied_to_go_on:
            self.memory.keep(request_id, Retrieved(asked=asked, pages=told.pages[1:]))
        return Outcome(asked=asked, told=told)

    def _rights_to(self, part: _Part, token: Token) -> Rights:
        return rights_to(part.need, token, self.state.config.enforce)

    def _told(self, part: _Part) -> Told:
        """Ask the test's stubs; a Retrieve that goes on is answered by the stub that began it."""
        earlier = part.earlier
        asked = replace(part.asked, continues=True) if earlier else part.asked
        told = self.answers.answer(asked) if self.answers else None
        if earlier:
            return Told(pages=earlier.pages or ((),))
        return told or Told()


def _single(whole: CallMade, part: _Part) -> CallMade:
    rights = part.rights
    if rights is None:
        return replace(whole, need=part.need)
    return replace(
        whole, need=part.need, granted=rights.granted, used=rights.used, lacking=rights.lacking
    )


def open_soap(
    request: Request,
    at: float,
    *,
    state: TenantState,
    catalogue: Catalogue,
    memory: SoapMemory,
    answers: Answers | None = None,
    settings: SoapSettings = USUAL,
) -> SoapExchange:
    """Take a request in.

    Args:
        request: what came.
        at: the time by which tokens and rules are judged.
        state: the tenant.
        catalogue: says what is needed.
        memory: what this host of the tenant remembers.
        answers: the test's stubs, if there may be any.
        settings: how the host behaves.
    """
    # Nothing is granted for a bearer here, but it may be a token all the same.
    sent = tuple(filter(None, (*find_tokens(request.body), read_bearer(request))))
    state.remember(sent)
    return SoapExchange(
        state=state,
        catalogue=catalogue,
        request=request,
        at=at,
        memory=memory,
        answers=answers,
        settings=settings,
        version=version_by_type(request.headers.get("content-type", "")),
        sent=tuple(dict.fromkeys(sent)),
        need=_need_of_whole(request, state, catalogue),
    )


def _need_of_whole(request: Request, state: TenantState, catalogue: Catalogue) -> Need:
    known = _FILES.get(_file_of(request.path))
    if known:
        return need_of_nothing(f"{request.method} /{known}")
    path = state.redact(request.path)
    return need_of_unmapped(request.method, path, request.query, catalogue, "soap")


def _file_of(path: str) -> str:
    """Tell what is asked for, whatever path prefix a client glued before it, in any case."""
    return unquote(path.rstrip("/").rpartition("/")[2]).casefold()
