"""A SOAP request as a plain value: its version, what its Header presents, what its Body asks for.

The message in its Body decides what is done; `action.py` looks at what the
headers call it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from .message_parser import EnvelopeError, all_of, one_of, read_message
from .messages import NAMESPACES, Version
from .xml import Element, XmlRefused, read_document

if TYPE_CHECKING:
    from .operations import Operation

SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_ADDRESSING = (
    "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "http://www.w3.org/2005/08/addressing",
)
_VERSIONS = {namespace: version for version, namespace in NAMESPACES.items()}
# Clients send either kind with the media type of the other, and are answered.
_MEDIA_TYPES = ("text/xml", "application/soap+xml", "application/xml")
_TOKEN_HEADER = "fueloauth"
# A request that is refused unread may present a token all the same, however it is
# written: in an element of its own, behind a comment or in a CDATA section.
_TOKENS = re.compile(
    rb"""
    (?: fueloauth[^<>]{0,300}>\s{0,100}
      | <(?:[^<>/\s:]{1,100}:)?fueloauth(?:\s[^<>]{0,300})?(?<!/)>
        (?:\s{1,100} | <!\[CDATA\[ | <[!?][^<>]{0,300}> | <[^<>/!?](?:[^<>]{0,300}[^<>/])?>){1,12}+
    )
    ([^<>\s\]]{1,4096})
    """,
    re.VERBOSE,
)
_MOST_TOKENS = 4
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One SOAP request."""

    version: Version
    """Of SOAP, by the namespace of the envelope."""
    operations: tuple[Operation, ...]
    """What the message in its Body asks for: one at least, all of the same name."""
    token: str | None = field(default=None, repr=False)
    """What the `fueloauth` header has; empty counts as missing."""
    has_username: bool = False
    """Whether a WS-Security UsernameToken was sent, which OAuth 2.0 packages cannot use."""
    action: str | None = None
    """By WS-Addressing, as the next."""
    message_id: str | None = None


def read_envelope(
    body: bytes, content_type: str, content_encoding: str, max_bytes: int
) -> Envelope:
    """Read the body of a request with two of its headers, empty where it had none.

    Raises:
        XmlRefused: it is not read to its end.
        EnvelopeError: it is XML, and no message of the Partner API.
    """
    _check_coding(content_encoding)
    envelope = read_document(body, max_bytes, _read_charset(content_type))
    version = _read_version(envelope)
    tokens = _find_presented(envelope)
    try:
        return _read_parts(envelope, version, tokens)
    except EnvelopeError as refused:
        raise EnvelopeError(refused.reason, version, tokens) from None


def _read_parts(envelope: Element, version: Version, tokens: tuple[str, ...]) -> Envelope:
    if len(tokens) > 1:
        raise EnvelopeError(f"the Header has several {_TOKEN_HEADER} that differ; send one token")
    header = one_of(envelope, "Header")
    headers = () if header is None else header.children
    return Envelope(
        version=version,
        operations=read_message(_read_body(envelope)),
        token=next(filter(None, tokens), None),
        has_username=any(
            each.name == (SECURITY, "Security") and all_of(each, "UsernameToken")
            for each in headers
        ),
        action=_addressing_header(headers, "Action"),
        message_id=_addressing_header(headers, "MessageID"),
    )


def version_by_type(content_type: str) -> Version:
    """Tell the version of SOAP by a Content-Type, for what cannot be read any further."""
    return "1.2" if _media_type(content_type) == "application/soap+xml" else "1.1"


def find_tokens(body: bytes) -> tuple[str, ...]:
    """Find what a body presents in `fueloauth`, the first few, without reading it as XML."""
    plain = body.replace(b"\0", b"")  # as UTF-16 has them
    found = islice(_TOKENS.finditer(plain), _MOST_TOKENS)
    return tuple(each[1].decode("ascii", "replace") for each in found)


def _check_coding(content_encoding: str) -> None:
    """Refuse compressed bodies: a few bytes could become gigabytes."""
    if content_encoding.strip().lower() not in {"", "identity"}:
        reason = f'the body has the Content-Encoding "{content_encoding}"'
        raise XmlRefused("type", f"{reason}: send it as it is")


def _read_charset(content_type: str) -> str | None:
    if _media_type(content_type) not in _MEDIA_TYPES:
        sent = f'is "{content_type}"' if content_type else "is missing"
        raise XmlRefused("type", f"the Content-Type {sent}; send text/xml; charset=utf-8")
    charset = _CHARSET.search(content_type)
    return None if charset is None else charset[1]


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _read_version(envelope: Element) -> Version:
    version = _VERSIONS.get(envelope.name.namespace)
    if version is None or envelope.name.local != "Envelope":
        what = f'"{envelope.name.local}" of namespace "{envelope.name.namespace}"'
        raise EnvelopeError(f"the body is {what}; send a SOAP envelope")
    return version


def _read_body(envelope: Element) -> Element:
    body = one_of(envelope, "Body")
    if body is None:
        raise EnvelopeError("the envelope has no Body")
    if len(body.children) != 1:
        raise EnvelopeError(f"the Body has {len(body.children)} elements; send one message in it")
    return body.children[0]


def _find_presented(envelope: Element) -> tuple[str, ...]:
    """List the different tokens that an envelope presents; one that is empty is "".

    The vendor's page has the header in no namespace of its own, its SDKs in one, and
    zeep puts the token into a child element: the name alone is looked at.
    """
    headers = (each for header in all_of(envelope, "Header") for each in header.children)
    tokens = (_texts(each) or ("",) for each in headers if each.name.local == _TOKEN_HEADER)
    return tuple(dict.fromkeys(text for texts in tokens for text in texts))


def _texts(element: Element) -> tuple[str, ...]:
    """List what is written in an element and those inside of it, but for blanks."""
    inner = (text for child in element.children for text in _texts(child))
    return tuple(filter(None, (element.text.strip(), *inner)))


def _addressing_header(headers: tuple[Element, ...], local: str) -> str | None:
    """Give the text of a header of WS-Addressing; a second one would contradict it."""
    texts = [
        each.text.strip()
        for each in headers
        if each.name.local == local and each.name.namespace in _ADDRESSING
    ]
    if len(texts) > 1:
        raise EnvelopeError(f"the Header has more than one {local}")
    return texts[0] or None if texts else None
