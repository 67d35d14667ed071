"""Access tokens: their text, their life, and where they are kept."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..config import Config, PackageType
    from .state import Package

REDACTED = "<redacted>"
STACK_KEY = "S0"
# One encoder for all: `json.dumps` builds another for each call with separators.
_write_json = json.JSONEncoder(separators=(",", ":")).encode
_ALPHANUMERIC = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Any byte to one of the 62. The slight bias does not matter to a made-up token.
_TO_ALPHANUMERIC = bytes(_ALPHANUMERIC[byte % 62] for byte in range(256))
_HEADER = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"4","ver":"1","typ":"JWT"}').rstrip(b"=")
_LENGTH = 512
_SIGNATURE = 43
_OPAQUE = b"mcscopes"
_OPAQUE_LENGTH = 32
_PREFIXES = {"segments": f"{_HEADER.decode()}.", "opaque": _OPAQUE.decode()}
_SHAPES = {
    form: re.compile(rf"{re.escape(prefix)}[\w.-]{{{length - len(prefix)}}}", re.ASCII)
    for (form, prefix), length in zip(_PREFIXES.items(), (_LENGTH, _OPAQUE_LENGTH), strict=True)
}
_LONGER_THAN_ANY_SCOPE = 100
_SHORTEST_SECRET = 20
_CLIENT_TYPES = {
    "server-to-server": "ServerToServer",
    "web-app": "Confidential",
    "public-app": "Public",
}


def fingerprint(text: str) -> str:
    """Tell a secret or token apart from others without holding it."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def looks_secret(word: str) -> bool:
    """Whether a word is more like a secret or token than like a misspelt scope."""
    if len(word) >= _LONGER_THAN_ANY_SCOPE:
        return True
    mixed = any(map(str.isupper, word)) and any(map(str.isdigit, word))
    return len(word) >= _SHORTEST_SECRET and mixed and "_" not in word


def claims_of(client_id: str, enterprise_id: int, package_type: PackageType) -> bytes:
    """Write the part of a token's payload that stays the same for one client."""
    claims = {
        "client_id": client_id,
        "eid": enterprise_id,
        "stack_key": STACK_KEY,
        "platform_version": 2,
        "client_type": _CLIENT_TYPES[package_type],
    }
    return _write_json(claims)[1:].encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One access token that the tenant issued."""

    text: str = field(repr=False)
    fingerprint: str
    package: Package
    scopes: frozenset[str]
    account_id: int
    """MID of the one business unit that it works in."""
    expires_at: float

    def lives(self, at: float) -> bool:
        """Whether it is taken at that moment."""
        return at < self.expires_at


class TokenMaker:
    """Makes the text of tokens: the same ones for the same seed, in the same order."""

    def __init__(self, form: str, seed: int | str) -> None:
        self._random = Random(f"{seed}/tokens")  # noqa: S311 - must be repeatable
        makers = {"segments": self._segments, "opaque": self._opaque}
        self.make = makers[form]
        self.prefix = _PREFIXES[form]
        """What all its tokens begin with."""
        self.shape = _SHAPES[form]
        """What all its tokens look like, and those of every other tenant of the session."""

    def _segments(self, claims: bytes) -> str:
        """Make 512 characters in four segments, as seen: no JWT library takes them."""
        name = self._random.randbytes(24).translate(_TO_ALPHANUMERIC)
        payload = b'{"access_token":"%b",%b' % (name, claims)
        noise = base64.urlsafe_b64encode(self._random.randbytes(300))
        head = b"%b.%b.%b." % (
            _HEADER,
            base64.urlsafe_b64encode(payload).rstrip(b"="),
            noise[:_SIGNATURE],
        )
        return (head + noise[_SIGNATURE : _SIGNATURE + _LENGTH - len(head)]).decode()

    def _opaque(self, _claims: bytes) -> str:
        """Make a short token that neither looks like a JWT nor trips secret scanners."""
        noise = self._random.randbytes(_OPAQUE_LENGTH - len(_OPAQUE))
        return (_OPAQUE + noise.translate(_TO_ALPHANUMERIC)).decode()


class TokenStore:
    """The tokens that one tenant has issued. Several of one client live at once."""

    def __init__(self, config: Config, seed: int | str) -> None:
        self._maker = TokenMaker(config.token_form, seed)
        self._life = config.token_life
        self._tokens: dict[str, Token] = {}

    def __len__(self) -> int:
        return len(self._tokens)

    def issue(self, package: Package, scopes: frozenset[str], account_id: int, at: float) -> Token:
        """Make a token and keep it."""
        text = self._maker.make(package.claims)
        token = Token(
            text=text,
            fingerprint=fingerprint(text),
            package=package,
            scopes=scopes,
            account_id=account_id,
            expires_at=at + self._life,
        )
        self._tokens[text] = token
        return token

    def find(self, text: str) -> Token | None:
        """Find a token by its text, alive or expired."""
        return self._tokens.get(text)

    def redact(self, text: str) -> str:
        """Replace every token in a text, another tenant's too."""
        return self._maker.shape.sub(REDACTED, text) if self._maker.prefix in text else text

    def occur_in(self, text: str) -> bool:
        """Tell whether a text holds a token, of whichever tenant."""
        return self._maker.prefix in text and self._maker.shape.search(text) is not None
