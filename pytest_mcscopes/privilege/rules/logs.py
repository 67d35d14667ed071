"""MCS305: a secret or token was written to the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..findings import RULES, Finding

_WAY_OUT = (
    "Log a fingerprint of it, or nothing: logs are kept, and read by many. If this code has ever"
    " run against a real tenant, rotate the secret."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A log record that holds a secret or a token."""

    what: Literal["secret", "token"]
    logger: str
    level: str
    where: str
    """Who wrote it: `mailer.py:12`; never what it says."""


def found_in_log(logged: Logged) -> Finding:
    """Tell of a place that writes a secret, or a token."""
    text = f'{logged.what} in the log: logger "{logged.logger}", {logged.level}, {logged.where}'
    severity = RULES["MCS305"].severity
    return Finding(rule="MCS305", severity=severity, text=text, next_steps=(_WAY_OUT,))
