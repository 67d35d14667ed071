"""Secrets and tokens as they may be written down: a fingerprint, or nothing."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

REDACTED = "<redacted>"
SHORTEST_REDACTED = 6
"""A secret that is shorter may be a part of any word, and is not looked for within words."""
_LONGER_THAN_ANY_SCOPE = 100
_SHORTEST_SECRET = 20
_RANDOM = 0.45
"""Of random letters and digits, six in ten are followed by one of another kind; in names that are
written like TestOfJourney2, a quarter is."""
_WORDS = re.compile(r"[A-Za-z0-9]{20,}")
_CHANGES = re.compile(r"[a-z](?![a-z])|[A-Z](?![A-Z])|[0-9](?![0-9])")
_SEPARATORS = re.compile(r"""[,;|"'\[\]]+""")
"""What a client may put between scopes by mistake, and no secret or token has."""


def fingerprint(text: str) -> str:
    """Tell a secret or token apart from others without holding it."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def hide_parameters(test: str) -> str:
    """Write a fingerprint for the parameters in a test's id; without any it stays as it is.

    Nothing but the id decides what comes of it, so that it is the same in each run and shard.
    """
    parameters = parameters_of(test)
    if not parameters:
        return test
    head, _, tail = test.rpartition(f"[{parameters}]")
    return f"{head}[{REDACTED}-{fingerprint(f'{head}[{parameters}]')}]{tail}"


def parameters_of(test: str) -> str:
    """Give what stands in brackets in a test's id, behind the names of its file and function."""
    _, _, name = test.partition("::")
    return name.partition("[")[2].rpartition("]")[0]


def looks_secret(word: str) -> bool:
    """Whether a word is more like a secret or token than like a misspelt scope."""
    if len(word) >= _LONGER_THAN_ANY_SCOPE:
        return True
    mixed = any(map(str.isupper, word)) and any(map(str.isdigit, word))
    return len(word) >= _SHORTEST_SECRET and mixed and "_" not in word


def secrets_among(words: Iterable[str], known: Collection[str]) -> Iterator[str]:
    """Find what looks secret in words of a `scope`: a list with commas is a word of many ids."""
    for part in (part for word in words for part in _SEPARATORS.split(word)):
        if part not in known and looks_secret(part):
            yield part


def redact_lookalikes(text: str) -> str:
    """Replace what looks as a secret does in a text of a run whose secrets are not known."""
    return _WORDS.sub(lambda found: REDACTED if _looks_random(found[0]) else found[0], text)


def _looks_random(word: str) -> bool:
    return looks_secret(word) and len(_CHANGES.findall(word)) > _RANDOM * len(word)
