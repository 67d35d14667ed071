"""Secrets and tokens as they may be written down: a fingerprint, or nothing."""

from __future__ import annotations

from hashlib import sha256

REDACTED = "<redacted>"
_LONGER_THAN_ANY_SCOPE = 100
_SHORTEST_SECRET = 20


def fingerprint(text: str) -> str:
    """Tell a secret or token apart from others without holding it."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def looks_secret(word: str) -> bool:
    """Whether a word is more like a secret or token than like a misspelt scope."""
    if len(word) >= _LONGER_THAN_ANY_SCOPE:
        return True
    mixed = any(map(str.isupper, word)) and any(map(str.isdigit, word))
    return len(word) >= _SHORTEST_SECRET and mixed and "_" not in word
