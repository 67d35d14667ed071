"""Secrets and tokens in a URL, where they do not belong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote

from ..ledger.facts import Exposed
from .http import TOKEN_PATHS, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .redaction import Redaction

    What = Literal["secret", "token"]

# By name, whatever the value: a wrong or foreign one has no business there either.
_PARAMETERS: Mapping[str, What] = {
    "clientsecret": "secret",
    "accesstoken": "token",
    "refreshtoken": "token",
}
_PATH = "the path"
_QUERY = "the query"
# What is not like a name is not shown: it may be a secret itself.
_NAME = re.compile(r"[\w.$-]{1,40}", re.ASCII)


def find_exposed(request: Request, redaction: Redaction) -> tuple[Exposed, ...]:
    """List the secrets and tokens in path and query, however they are encoded."""
    if request.path in TOKEN_PATHS and not request.query:  # as of most token requests
        return ()
    found = _exposed(_kinds(request.path, redaction), _PATH)
    for parameter in request.query.split("&") if request.query else ():
        found += _in_parameter(parameter, redaction)
    return tuple(dict.fromkeys(found)) if found else ()


def _exposed(kinds: set[What], where: str) -> list[Exposed]:
    return [Exposed(what=what, where=where) for what in sorted(kinds)]


def _in_parameter(parameter: str, redaction: Redaction) -> list[Exposed]:
    name, _, value = parameter.partition("=")
    shown = redaction.redact(unquote(name))
    where = f"query parameter {shown}" if _NAME.fullmatch(shown) else _QUERY
    kinds = _kinds(value, redaction)
    if value and (named := _PARAMETERS.get(re.sub("[_-]", "", shown).lower())):
        kinds.add(named)
    return [*_exposed(_kinds(name, redaction), _QUERY), *_exposed(kinds, where)]


def _kinds(text: str, redaction: Redaction) -> set[What]:
    """Tell what a text holds, as sent or decoded once or twice."""
    kinds: set[What] = set()
    for reading in _decoded(text) if "%" in text or "+" in text else (text,):
        if redaction.holds_secret(reading):
            kinds.add("secret")
        if redaction.holds_token(reading):
            kinds.add("token")
    return kinds


def _decoded(text: str) -> set[str]:
    plain = {unquote(text), unquote(text.replace("+", " "))}
    return {text} | plain | {unquote(each) for each in plain}
