"""Read what somebody typed as a question, and keep what is secret out of what is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..cloud.domains import SUBDOMAINS
from ..words import LONGEST_WORD, printable

if TYPE_CHECKING:
    from collections.abc import Iterable

_METHOD = re.compile(r"GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS", re.IGNORECASE)
_CALL = re.compile(
    rf"(?:(?P<method>{_METHOD.pattern})\s+)?(?P<target>[^\s/]*/\S*)(?:\s+HTTP/[\d.]+)?",
    re.IGNORECASE | re.ASCII,
)
_LOOPBACK = re.compile(r"localhost|127\.[\d.]+|::1")
_SCOPE = re.compile(r"offline|openid|[A-Za-z0-9]+(?:_[A-Za-z0-9]+)+", re.ASCII)
_LONG_SEGMENT = 40
"""A GUID has 36 characters; what is longer may be a token."""
LONGEST = 8_000
"""A URL with a token in its query is shorter: what is longer is not read at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLine:
    """A request line or URL, taken apart."""

    method: str | None
    """In capitals; None where it was left out."""
    hosts: tuple[str, ...]
    """The kinds of host that it may be meant for; empty: none of Marketing Cloud's."""
    path: str
    query: str

    @property
    def shown(self) -> str:
        """What may be printed of it: no query, nobody's address, nothing as long as a token."""
        segments = (_hide_user(each.replace("%40", "@")) for each in self.path.split("/"))
        path = "/".join(_cut(each, _LONG_SEGMENT) for each in segments)
        line = f"{self.method or ''} {path}".lstrip()
        return printable(line) + ("?..." if self.query else "")


def things_in(lines: Iterable[str]) -> tuple[str, ...]:
    """Give what a list asks for, a thing a line; empty lines and comments are left out."""
    bare = (line.strip("\ufeff \t\r\n") for line in lines)
    return tuple(line for line in bare if line and not line.startswith("#"))


def join_request_lines(words: Iterable[str]) -> tuple[str, ...]:
    """Put a method and the path behind it together, as they are typed without quotes."""
    joined: list[str] = []
    for word in words:
        if joined and _METHOD.fullmatch(joined[-1]) and "/" in word:
            joined[-1] += f" {word}"
        else:
            joined.append(word)
    return tuple(joined)


def scopes_in(things: Iterable[str]) -> tuple[str, ...]:
    """Cut things into words that may be scope ids, each once; none if any word is not."""
    words = dict.fromkeys(word for thing in things for word in re.split(r"[\s,]+", thing) if word)
    return tuple(words) if all(map(_SCOPE.fullmatch, words)) else ()


def read_call(text: str) -> RequestLine | None:
    """Read a path or URL, with or without a method before it; None: it is neither.

    Raises:
        ValueError: it is a URL that cannot be read.
    """
    call = _CALL.fullmatch(text)
    if call is None:
        return None
    head, _, query = call["target"].partition("#")[0].partition("?")
    host, path = _split_host(head)
    if not (call["method"] or host is not None or head.startswith("/")):
        return None
    return RequestLine(
        method=call["method"].upper() if call["method"] else None,
        hosts=("rest", "auth") if host is None else _kinds_of(host),
        path=path,
        query=query,
    )


def show(text: str) -> str:
    """Give what may be printed of something that is no call."""
    head, *rest = re.split(r"[?#]", text[:LONGEST], maxsplit=1)
    bare = re.sub(r"\S+", lambda word: _hide_user(word[0]), head)
    return printable(_cut(bare, LONGEST_WORD)) + ("?..." if rest else "")


def soap_words(text: str) -> tuple[str, ...]:
    """Cut `DataExtensionObject[key] Retrieve` and the like into words, without their case."""
    plain = re.sub(r"\[[^\[\]]*\]|\(also [^()]*\)", " ", text).casefold()
    words = tuple(word for word in re.split(r"[\s./:|]+", plain) if word)
    return words[1:] if words[:1] == ("soap",) else words


def _split_host(head: str) -> tuple[str | None, str]:
    """Cut the host off; None where there is only a path."""
    if "://" not in head:
        bare = head.removeprefix("//")
        if not re.search(r"[.@:]", bare.partition("/")[0]):
            return None, f"/{head.removeprefix('/')}"
        head = f"https://{bare}"
    parts = urlsplit(head)
    return parts.hostname or "", parts.path


def _kinds_of(host: str) -> tuple[str, ...]:
    host = host.removesuffix(".")
    if _LOOPBACK.fullmatch(host):
        return ("rest", "auth")
    if not host.endswith(SUBDOMAINS):
        return ()
    words = host.split(".")
    if "soap" in words or words[0] == "webservice":
        return ("soap",)
    return ("auth",) if "auth" in words else ("rest",)


def _hide_user(word: str) -> str:
    """Leave out what stands before an at sign: of an address or a URL, somebody's name."""
    *user, rest = word.rsplit("@", maxsplit=1)
    return f"...@{rest}" if user else word


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most // 4]}..."
