"""XML of unknown origin, read into a plain tree or refused, in bounded time and memory.

A SOAP message has no document type, so none ever reaches the parser: neither do
its entities, and nothing can be fetched. Bytes are decoded here, so that the
parser never guesses an encoding. What remains is counted while it is read.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lxml.etree import _Element

Kind = Literal["size", "type", "dtd", "limit", "syntax"]

XSI = "http://www.w3.org/2001/XMLSchema-instance"
MAX_LEVELS = 100
"""How deep elements may nest. The parser itself takes no more than 256."""
MAX_ELEMENTS = 50_000
MAX_ATTRIBUTES = 100
"""Of one element; declarations of namespaces are some."""
# How much the parser is fed at once: no more than that is read beyond a limit.
_PIECE = 16 * 1024
_STATUS: dict[Kind, int] = {"size": 413, "type": 415}
# What a body begins with, and how it is encoded; without a match it is UTF-8.
_BEGINNINGS = (
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_CHARSETS = {
    "utf-8": ("utf-8", "utf8"),
    "utf-16-le": ("utf-16", "utf-16le"),
    "utf-16-be": ("utf-16", "utf-16be"),
}
# By their names in a header or declaration; what is ASCII is UTF-8 too.
_ASCII = ("us-ascii", "ascii")
_DECLARED = re.compile(r"\ufeff?<\?xml\s[^?]*?\sencoding\s*=\s*[\"']([^\"']*)")
# All that may stand before a document type. The byte order mark is left in for
# the parser to skip: were it taken off here, a second one would hide what follows.
_DOCUMENT_TYPE = re.compile(r"\ufeff?(?:\s|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE", re.DOTALL)


class XmlRefused(Exception):  # noqa: N818 - it becomes an answer, not an error of ours
    """Raised for a body that is not read to its end."""

    def __init__(self, kind: Kind, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.status = _STATUS.get(kind)
        """Of the answer; None: a SOAP fault."""


class Name(NamedTuple):
    """The name of an element or of a type: prefixes are resolved."""

    namespace: str
    local: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element; comments and processing instructions are left out."""

    name: Name
    type: Name | None = None
    """What `xsi:type` says."""
    nil: bool = False
    """Whether `xsi:nil` is set."""
    text: str = field(default="", repr=False)
    """Before the first child: all of it, where there is none."""
    children: tuple[Element, ...] = ()


def read_document(body: bytes, max_bytes: int, charset: str | None = None) -> Element:
    """Read a body into a tree, or refuse it; `charset` is what the HTTP header said."""
    if len(body) > max_bytes:
        raise XmlRefused("size", f"the body has more than {max_bytes} bytes")
    text = _decode(body, charset)
    if _DOCUMENT_TYPE.match(text):
        raise XmlRefused("dtd", "the body has a DOCTYPE: SOAP messages have none")
    parser = _build_parser()
    builder = _TreeBuilder()
    try:
        for step in _steps(parser, text.encode()):
            try:
                step()
            finally:  # where a limit is passed too, that says more than the parser
                builder.take_events(parser)
    except etree.XMLSyntaxError:
        raise XmlRefused("syntax", f"the body is not XML: {_first_error(parser)}") from None
    return builder.root


def _decode(body: bytes, charset: str | None) -> str:
    coding = next((name for mark, name in _BEGINNINGS if body.startswith(mark)), "utf-8")
    ascii_ = coding == "utf-8" and body.isascii()
    allowed = (*_CHARSETS[coding], *(_ASCII if ascii_ else ()))
    _check_charset(charset, allowed, coding, "its Content-Type")
    try:
        text = body.decode(coding)
    except UnicodeDecodeError:
        raise XmlRefused("syntax", f"the body is not {coding.upper()}: send UTF-8") from None
    declared = _DECLARED.match(text)
    _check_charset(declared and declared[1], allowed, coding, "its XML declaration")
    if "\0" in text:
        raise XmlRefused("syntax", "the body has a NUL character: send UTF-8")
    return text


def _check_charset(said: str | None, allowed: tuple[str, ...], coding: str, where: str) -> None:
    if said is not None and said.lower() not in allowed:
        reason = f'the body is {coding.upper()}, and {where} says "{said}"'
        raise XmlRefused("type", f"{reason}: send UTF-8 or UTF-16, and say so")


def _build_parser() -> etree.XMLPullParser:
    return etree.XMLPullParser(
        events=("start-ns", "start", "end", "end-ns"),
        encoding="UTF-8",  # whatever the declaration says: it was compared
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        resolve_entities=False,
        huge_tree=False,
        recover=False,
        collect_ids=False,
        remove_comments=True,
        remove_pis=True,
    )


def _steps(parser: etree.XMLPullParser, data: bytes) -> Iterator[Callable[[], object]]:
    """Give what is to be done in turn; elements may come with any of it, the last included."""
    for start in range(0, len(data), _PIECE):
        yield partial(parser.feed, data[start : start + _PIECE])
    yield parser.close


def _first_error(parser: etree.XMLPullParser) -> str:
    """Say what is wrong first; the exception itself does not tell of unknown entities."""
    for error in parser.feed_error_log.filter_from_errors():
        # After ": <" libxml2 quotes the document, which may have a secret there.
        what = error.message.strip().partition(": <")[0]
        return f"{what} (line {error.line}, column {error.column})"
    return "it has no element"


class _TreeBuilder:
    """Builds the tree of a document from the parser's events, within limits."""

    def __init__(self) -> None:
        self.elements = 0
        self.open: list[list[Element]] = [[]]
        """The children so far of the document and of each open element."""
        self.declared: list[str] = []
        """The prefixes that the open elements declare, a prefix as often as it is declared."""
        self.namespaces: dict[str, list[str]] = {"": [""]}
        """What each prefix means, the innermost declaration last."""
        self.declared_here = 0
        """How many of the declarations belong to the element that starts next."""

    @property
    def root(self) -> Element:
        return self.open[0][0]

    def take_events(self, parser: etree.XMLPullParser) -> None:
        for event in parser.read_events():
            match event:
                case "start-ns", (str(prefix), str(namespace)):
                    self.declare(prefix, namespace)
                case "start", element:
                    self.start(element)
                case "end", element:
                    self.end(element)
                case _:
                    self.namespaces[self.declared.pop()].pop()

    def declare(self, prefix: str, namespace: str) -> None:
        self.declared.append(prefix)
        self.declared_here += 1
        self.namespaces.setdefault(prefix, []).append(namespace)

    def start(self, element: _Element) -> None:
        self.elements += 1
        self.open.append([])
        attributes = len(element.attrib) + self.declared_here
        _check_limit(self.elements, MAX_ELEMENTS, "elements in all")
        _check_limit(len(self.open) - 1, MAX_LEVELS, "levels of elements in each other")
        _check_limit(attributes, MAX_ATTRIBUTES, "attributes in one element")
        self.declared_here = 0

    def end(self, element: _Element) -> None:
        namespace, _, local = str(element.tag).rpartition("}")
        said = element.get(f"{{{XSI}}}type")
        read = Element(
            name=Name(namespace[1:], local),
            type=None if said is None else self.resolve(said),
            nil=element.get(f"{{{XSI}}}nil") in {"true", "1"},
            text=element.text or "",
            children=tuple(self.open.pop()),
        )
        self.open[-1].append(read)

    def resolve(self, qualified: str) -> Name:
        """Resolve a prefix by the declarations around; without one, the default namespace."""
        prefix, _, local = qualified.strip().rpartition(":")
        meanings = self.namespaces.get(prefix)
        if not meanings:
            raise XmlRefused("syntax", f'xsi:type="{qualified}": nothing declares that prefix')
        return Name(meanings[-1], local)


def _check_limit(count: int, most: int, what: str) -> None:
    if count > most:
        raise XmlRefused("limit", f"the body has more than {most} {what}")
