"""The web app: plain WSGI, so that nothing stands between a reader and the flow."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from hmac import compare_digest
from html import escape
from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import httpx

from .marketing_cloud import LogIn, MarketingCloud

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from wsgiref.types import StartResponse, WSGIEnvironment

    from .marketing_cloud import Settings, Tokens

_SEND = (
    '<form method="post" action="/send">'
    '<input name="receipt"> <input name="to"> <button>Send</button></form>'
)


@dataclass(frozen=True)
class Request:
    """What a browser asks for."""

    page: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    cookies: Mapping[str, str]

    @classmethod
    def read(cls, environ: WSGIEnvironment) -> Request:
        """Read a request as the server hands it over."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        cookies = SimpleCookie(environ.get("HTTP_COOKIE", ""))
        return cls(
            page=f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}",
            query=dict(parse_qsl(environ["QUERY_STRING"])),
            form=dict(parse_qsl(body.decode())),
            cookies={name: morsel.value for name, morsel in cookies.items()},
        )


@dataclass(frozen=True)
class Answer:
    """What the browser gets."""

    status: HTTPStatus = HTTPStatus.OK
    body: str = ""
    location: str = ""
    cookie: str = ""

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers that are not empty."""
        told = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Cache-Control", "no-store"),
            ("Location", self.location),
            ("Set-Cookie", self.cookie),
        ]
        return [(name, value) for name, value in told if value]


class ReceiptsApp:
    """Keeps what it knows of its users in memory: enough for one thread of one process."""

    def __init__(self, settings: Settings) -> None:
        self._cloud = MarketingCloud(settings)
        self._log_ins: dict[str, LogIn] = {}
        self._sessions: dict[str, Tokens] = {}
        self._pages = {
            "GET /": self._home,
            "GET /login": self._log_in,
            "GET /callback": self._call_back,
            "POST /send": self._send,
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request = Request.read(environ)
        answer = self._answer(request)
        start_response(f"{answer.status.value} {answer.status.phrase}", answer.headers)
        return [answer.body.encode()]

    def _answer(self, request: Request) -> Answer:
        if request.page not in self._pages:
            return _refusal(HTTPStatus.NOT_FOUND, "There is no such page.")
        try:
            return self._pages[request.page](request)
        except httpx.HTTPStatusError as error:
            return self._told_by(error.response, request)
        except httpx.TransportError:
            return _trouble()

    def _told_by(self, refused: httpx.Response, request: Request) -> Answer:
        """Hand on what Marketing Cloud refused."""
        status, tokens_asked = refused.status_code, refused.url.path.endswith("/v2/token")
        if status == HTTPStatus.UNAUTHORIZED or (tokens_asked and status == HTTPStatus.BAD_REQUEST):
            # The log-in is over: it was revoked, or the refresh token ran out.
            self._sessions.pop(request.cookies.get("session", ""), None)
            return _logged_out()
        if status == HTTPStatus.FORBIDDEN:
            # No retry: another token of the same user would be denied the same.
            return _refusal(HTTPStatus.FORBIDDEN, "You may not do that.")
        return _trouble()

    def _log_in(self, _: Request) -> Answer:
        """Send the browser to Marketing Cloud, and remember which browser it is."""
        log_in, number = LogIn(), secrets.token_urlsafe(32)
        self._log_ins[number] = log_in
        return _redirect(self._cloud.log_in_url(log_in), _cookie("login", number))

    def _call_back(self, request: Request) -> Answer:
        """Take the code from the browser that began the log-in, and from no other."""
        log_in = self._log_ins.pop(request.cookies.get("login", ""), None)
        state = request.query.get("state", "")
        if log_in is None or not compare_digest(log_in.state.encode(), state.encode()):
            return _refusal(HTTPStatus.BAD_REQUEST, "This log-in did not begin here.")
        if "code" not in request.query:
            return _refusal(HTTPStatus.FORBIDDEN, f"No log-in: {request.query.get('error')}.")
        # A new number: nobody else can have left it in this browser before.
        number = secrets.token_urlsafe(32)
        self._sessions[number] = self._cloud.exchange(request.query["code"], log_in)
        return _redirect("/", _cookie("session", number))

    def _home(self, request: Request) -> Answer:
        """Show what this user may do, and hide the rest."""
        tokens = self._tokens(request)
        if tokens is None:
            return Answer(body='<a href="/login">Log in</a>')
        rights = self._cloud.rights(tokens)
        parts = [f"<h1>Receipts of {escape(rights.name)}</h1>"]
        if "look" in rights.actions:
            parts += [f"<p>{escape(each)}</p>" for each in self._cloud.receipts(tokens)]
        if "send" in rights.actions:
            parts.append(_SEND)
        return Answer(body="\n".join(parts))

    def _send(self, request: Request) -> Answer:
        """Send a receipt. Who may not, although the form is hidden, is told so by a 403."""
        tokens = self._tokens(request)
        if tokens is None:
            return _logged_out()
        if not {"receipt", "to"} <= request.form.keys():
            return _refusal(HTTPStatus.BAD_REQUEST, "Say which receipt, and to whom.")
        self._cloud.send(tokens, receipt=request.form["receipt"], to=request.form["to"])
        return _redirect("/")

    def _tokens(self, request: Request) -> Tokens | None:
        """Give the tokens of the browser's session, renewed if they are about to run out."""
        number = request.cookies.get("session", "")
        if number not in self._sessions:
            return None
        self._sessions[number] = self._cloud.renewed(self._sessions[number])
        return self._sessions[number]


def _cookie(name: str, value: str) -> str:
    # Lax: a browser brings it along when it is sent back from another site, as after
    # a log-in, and leaves it out when another site posts a form.
    return f"{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax"


def _redirect(location: str, cookie: str = "") -> Answer:
    return Answer(status=HTTPStatus.SEE_OTHER, location=location, cookie=cookie)


def _refusal(status: HTTPStatus, text: str) -> Answer:
    return Answer(status=status, body=f'<p>{escape(text)}</p><a href="/">Home</a>')


def _logged_out() -> Answer:
    return _refusal(HTTPStatus.UNAUTHORIZED, "You are logged out.")


def _trouble() -> Answer:
    return _refusal(HTTPStatus.BAD_GATEWAY, "Marketing Cloud is in trouble. Try again later.")
