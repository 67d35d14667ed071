"""MCS305: a secret or token was written to the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..findings import RULES, Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A log record that holds a secret or a token."""

    what: Literal["secret", "token"]
    logger: str
    level: str
    where: str
    """Who wrote it: `mailer.py:12`; never what it says."""


def found_in_log(logged: Iterable[Logged]) -> Iterator[Finding]:
    """Find one thing for each place that writes a secret, or a token."""
    for each in dict.fromkeys(logged):
        text = f'{each.what} in the log: logger "{each.logger}", {each.level}, {each.where}'
        yield Finding(rule="MCS305", severity=RULES["MCS305"].severity, text=text)
