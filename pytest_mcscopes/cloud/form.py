"""The body of a token request, read once at the edge."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from .error_answers import Fault, invalid_request

if TYPE_CHECKING:
    from ..config import NullScope
    from .http import Request

Form = Mapping[str, object]
Pairs = Sequence[tuple[str, object]]

BODY_LIMIT = 1024 * 1024
# Members whose values are secrets or tokens, in the spelling of either endpoint.
_SECRET_MEMBERS = (
    "client_secret",
    "clientSecret",
    "code",
    "code_verifier",
    "refresh_token",
    "refreshToken",
    "access_token",
    "assertion",
)


# A tuple of pairs for each object: else the last member of a name would hide those before it.
_DECODER = json.JSONDecoder(object_pairs_hook=tuple)


def _gather(pairs: Pairs) -> tuple[Form, frozenset[str]]:
    """Make one form of what came, and give the names that came more than once."""
    form = dict(pairs)
    if len(form) == len(pairs):
        return form, frozenset()
    counted = Counter(name for name, _ in pairs)
    scopes = [value for name, value in pairs if name == "scope" and value is not None]
    if counted["scope"] > 1 and scopes:  # whatever is asked for counts, although it is refused
        form["scope"] = " ".join(word for value in scopes for word in _words_in(value))
    return form, frozenset(name for name, times in counted.items() if times > 1)


def contradicting(pairs: Pairs) -> str | None:
    """Name the first member that came more than once with different values, if any."""
    values: dict[str, str] = {}
    if len(dict(pairs)) == len(pairs):  # as in most bodies
        return None
    for name, value in pairs:
        if values.setdefault(name, repr(value)) != repr(value):
            return name
    return None


def duplicated(names: frozenset[str]) -> Fault:
    """Refuse a body with two members of one name: which of them counts is anybody's guess."""
    return invalid_request(f'the body has "{min(names)}" more than once')


def read_pairs(request: Request) -> Pairs:
    """Read the members of a body by its content type, in the order sent.

    The vendor documents JSON, and its production clients send forms as well;
    anything else is refused, never guessed: a guess would hide a client's bug.
    """
    if request.broken:
        raise invalid_request(request.broken)
    if len(request.body) > BODY_LIMIT:
        raise invalid_request(f"the body has more than {BODY_LIMIT} bytes", 413)
    coding = request.headers.get("content-encoding")
    if coding and (coding := coding.strip()).lower() not in {"", "identity"}:
        raise invalid_request(f'Content-Encoding is "{coding}"; send the body as it is', 415)
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


def _read_json(text: str) -> Pairs:
    try:
        value: object = _DECODER.decode(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except RecursionError:
        raise invalid_request("the JSON body is nested too deeply") from None
    except UnicodeEncodeError:
        raise invalid_request("the JSON body has half a surrogate pair") from None
    except ValueError:
        raise invalid_request("the body is not valid JSON") from None
    if not isinstance(value, tuple):
        raise invalid_request("the JSON body is not an object")
    return value


def _read_urlencoded(text: str) -> Pairs:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise invalid_request("the form is not UTF-8") from None


_READERS: Mapping[str, Callable[[str], Pairs]] = {
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
        form, duplicates = _gather(read_pairs(request))
    except Fault:
        return ()
    return () if duplicates else tuple(secrets_in(form))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeParameter:
    """The `scope` of a request, as sent and as understood."""

    text: str | None = None
    """As sent, or what kind of thing it is; None where omitted, and JSON null is that."""
    words: tuple[str, ...] | None = None
    """Those to grant, in the order sent, without repetitions; None: all that there are."""
    requested: frozenset[str] = frozenset()
    """The same words, as a set."""
    is_null: bool = False
    """Whether it came as JSON null, which is judged as omitted."""
    fault: Fault | None = None
    """Why it is refused, whatever its words."""


OMITTED = ScopeParameter()
_NULL: Mapping[NullScope, ScopeParameter] = {
    "nothing": ScopeParameter(is_null=True, words=()),
    "omitted": ScopeParameter(is_null=True),
}


@dataclass(slots=True, eq=False)
class Parameters:
    """The parameters of a body or query."""

    form: Form
    duplicates: frozenset[str]
    """The names that came more than once."""
    scope: ScopeParameter
    grant_type: str | None
    """As sent, or what stands for it in a fact."""


NO_PARAMETERS = Parameters({}, frozenset(), OMITTED, None)


def read_parameters(
    pairs: Pairs, null_scope: NullScope, grant_type: str | None = None
) -> Parameters:
    """Read the parameters of a token request, or of a log-in, which names no grant type."""
    form, duplicates = _gather(pairs)
    scope = _read_scope(form, null_scope)
    return Parameters(form, duplicates, scope, grant_type or text_of(form, "grant_type"))


def _read_scope(form: Form, null_scope: NullScope) -> ScopeParameter:
    """Tell apart: omitted, asks for nothing, asks for these words, no text at all."""
    value = form.get("scope")
    if value is None:
        return _NULL[null_scope] if "scope" in form else OMITTED
    if isinstance(value, str):
        return _read_words(value)
    kind = {list: "an array", tuple: "an object", bool: "a boolean"}.get(type(value), "a number")
    fault = invalid_request(f"scope is {kind}; send one text with spaces between the scopes")
    words = tuple(dict.fromkeys(_words_in(value)))
    return ScopeParameter(text=f"<{kind}>", words=words, requested=frozenset(words), fault=fault)


def _words_in(value: object) -> Iterator[str]:
    """List the words of a value of any JSON type: it is refused, and counts as requested."""
    waiting = [value]
    while waiting:  # no recursion: a body may nest deeper than Python does
        match waiting.pop():
            case str() as text:
                yield from text.split()
            case list() | tuple() as parts:
                waiting += reversed(parts)
            case None:
                pass
            case other:
                yield json.dumps(other)


# Remembered, not for the time it takes: a session keeps thousands of facts, and they share these.
@lru_cache(maxsize=64)
def _read_words(text: str) -> ScopeParameter:
    words = tuple(dict.fromkeys(text.split()))
    return ScopeParameter(text=text, words=words, requested=frozenset(words))
