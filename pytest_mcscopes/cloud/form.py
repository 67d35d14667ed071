"""The body of a token request, read once at the edge."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from .faults import Fault, invalid_request

if TYPE_CHECKING:
    from .http import Request

Form = Mapping[str, object]

BODY_LIMIT = 1024 * 1024
# Members whose values are secrets or tokens, in the spelling of either endpoint.
_SECRET_MEMBERS = (
    "client_secret",
    "clientSecret",
    "code",
    "refresh_token",
    "refreshToken",
    "access_token",
    "assertion",
)


def read_form(request: Request) -> Form:
    """Read the members of a body by its content type.

    The vendor documents JSON, and its production clients send forms as well;
    anything else is refused, never guessed: a guess would hide a client's bug.
    """
    if len(request.body) > BODY_LIMIT:
        raise invalid_request(f"the body has more than {BODY_LIMIT} bytes", 413)
    content_type = request.headers.get("content-type", "").partition(";")[0].strip()
    reader = _READERS.get(content_type.lower())
    if reader is None:
        sent = f'Content-Type is "{content_type}"' if content_type else "Content-Type is missing"
        raise invalid_request(f"{sent}; send application/json or a urlencoded form", 415)
    try:
        text = request.body.decode()
    except UnicodeDecodeError:
        raise invalid_request("the body is not UTF-8") from None
    return reader(text)


def _read_json(text: str) -> Form:
    try:
        value: object = json.loads(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except RecursionError:
        raise invalid_request("the JSON body is nested too deeply") from None
    except UnicodeEncodeError:
        raise invalid_request("the JSON body has half a surrogate pair") from None
    except ValueError:
        raise invalid_request("the body is not valid JSON") from None
    if not isinstance(value, dict):
        raise invalid_request("the JSON body is not an object")
    return value


def _read_urlencoded(text: str) -> Form:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise invalid_request("the form is not UTF-8") from None
    form = dict(pairs)
    if len(form) < len(pairs):
        names = [name for name, _ in pairs]
        twin = next(name for name in form if names.count(name) > 1)
        raise invalid_request(f'the form has "{twin}" more than once')
    return form


_READERS: Mapping[str, Callable[[str], Form]] = {
    "application/json": _read_json,
    "application/x-www-form-urlencoded": _read_urlencoded,
}


def text_of(form: Form, name: str) -> str | None:
    """Read a member that must be a non-empty text; anything else counts as missing."""
    value = form.get(name)
    return value if isinstance(value, str) and value else None


def secrets_in(form: Form) -> Iterator[str]:
    """List the values of a form that may be secrets or tokens, good or not."""
    values = (text_of(form, member) for member in _SECRET_MEMBERS)
    return filter(None, values)


def secrets_of(request: Request) -> tuple[str, ...]:
    """List what a request that no endpoint reads may have sent as secrets."""
    try:
        return tuple(secrets_in(read_form(request)))
    except Fault:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeParameter:
    """The `scope` of a request, as sent and as understood."""

    text: str | None = None
    """As sent, or what kind of thing it is; None where omitted, and JSON null is that."""
    words: tuple[str, ...] | None = None
    """In the order sent, without repetitions; None where omitted or unreadable."""
    fault: Fault | None = None
    """Why it cannot be understood."""


OMITTED = ScopeParameter()


def read_scope(form: Form) -> ScopeParameter:
    """Tell apart: omitted, asks for nothing, asks for these words, no text at all."""
    value = form.get("scope")
    if value is None:
        return OMITTED
    if isinstance(value, str):
        return ScopeParameter(text=value, words=tuple(dict.fromkeys(value.split())))
    kind = {list: "an array", dict: "an object", bool: "a boolean"}.get(type(value), "a number")
    fault = invalid_request(f"scope is {kind}; send one text with spaces between the scopes")
    return ScopeParameter(text=f"<{kind}>", fault=fault)
