"""Secrets and tokens found in a text, and taken out of it."""

from __future__ import annotations

import re
from base64 import b64encode
from collections import deque
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from .fingerprints import REDACTED, SHORTEST_REDACTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .packages import Package
    from .tokens import TokenStore

# A secret that is shorter than this is looked for as a whole word only.
_LONG = 20
# Of wrong secrets and foreign tokens, the last ones: a session must not grow with them.
_REMEMBERED = 64


class Redaction:
    """What must not be written down by one tenant: its secrets and tokens, and wrong ones too."""

    def __init__(self, packages: Iterable[Package], tokens: TokenStore) -> None:
        self._packages = [*packages]
        self._spelt: tuple[int, tuple[str, ...]] = (0, ())
        """The secrets as they may be spelt in a text, and of how many packages they are."""
        self._tokens = tokens
        self._sent: deque[str] = deque(maxlen=_REMEMBERED)

    def add(self, package: Package) -> None:
        """Redact the secrets of a further package from now on."""
        self._packages.append(package)

    @property
    def _secrets(self) -> tuple[str, ...]:
        """Every secret as it may be spelt in a text, the longest first.

        Spelt on first use, as most tests write no text that could hold one; and again when there
        are more packages, also if another thread spelt those before meanwhile.
        """
        of, spelt = self._spelt
        if of != (count := len(self._packages)):
            secrets = (secret for package in self._packages for secret in _secrets_of(package))
            found = {spelling for each in secrets for spelling in (each, _quoted(each))}
            spelt = tuple(sorted(found, key=len, reverse=True))
            self._spelt = count, spelt
        return spelt

    def remember(self, sent: Iterable[str]) -> None:
        """Remember wrong secrets and tokens too, so that reports redact them."""
        for secret in sent:
            unknown = secret not in self._secrets and not self._tokens.knows(secret)
            if unknown and secret not in self._sent and len(secret) >= SHORTEST_REDACTED:
                self._sent.append(secret)

    def holds_secret(self, text: str) -> bool:
        """Tell whether a client secret of the tenant occurs in a text, and not by chance."""
        return any(secret in text and _is_no_part(secret, text) for secret in self._secrets)

    def occurs_in(self, text: str) -> bool:
        """Tell whether a secret that is no short word, or a token, is any part of a text."""
        secrets = (each for each in self._secrets if len(each) >= SHORTEST_REDACTED)
        return any(each in text for each in secrets) or self._tokens.redact(text) != text

    def holds_token(self, text: str) -> bool:
        """Tell whether a text holds an access or refresh token, of whichever tenant."""
        return self._tokens.occur_in(text)

    def redact(self, text: str) -> str:
        """Replace every secret and token of the tenant, and those that clients sent, in a text."""
        hidden = self._replace_all(text)
        if "%" in hidden:
            plain = unquote(hidden)
            if (hidden_plain := self._replace_all(plain)) != plain:
                return hidden_plain
        return hidden

    def _replace_all(self, text: str) -> str:
        text = self._tokens.redact(text)  # first: a short secret may be a part of a token
        for secret in (*self._secrets, *self._sent):
            text = text.replace(secret, REDACTED)
        return text


def _is_no_part(secret: str, text: str) -> bool:
    """Tell whether a secret stands in a text by itself, and not as a part of another word."""
    if len(secret) < SHORTEST_REDACTED:
        return False
    alone = rf"(?<!\w){re.escape(secret)}(?!\w)"
    return len(secret) >= _LONG or re.search(alone, text) is not None


def _quoted(secret: str) -> str:
    return quote(secret, safe="", errors="surrogatepass")


def _secrets_of(package: Package) -> Iterator[str]:
    """List a package's secrets, plain and as a header of HTTP Basic has them."""
    for secret in package.secrets:
        yield secret
        basic = f"{package.client_id}:{secret}".encode("utf-8", "surrogatepass")
        yield b64encode(basic).decode()
