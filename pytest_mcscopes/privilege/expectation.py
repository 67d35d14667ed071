"""What a test declares about the rights of the code under test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["scopes", "least_privilege", "no_token"]
Match = Literal["exact", "at_most", "at_least"]

OFFLINE = frozenset({"offline"})
FLOW_SCOPES = OFFLINE | {"openid"}
"""Scopes of the OAuth flow itself; they open no data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One `mc_scopes`, `mc_least_privilege` or `mc_no_token` mark."""

    kind: Kind
    declared: frozenset[str] = frozenset()
    match: Match = "exact"
    package: str | None = None
    """Name of the package that is judged; None: the tenant's first."""
    refused: bool = False
    """Whether the code must ask, and every request must be refused; only with `no_token`."""
    origin: str = ""
    """Where it was written: `@pytest.mark.mc_scopes, tests/test_mailer.py:5`."""
    of_block: bool = False
    """Whether it is that of a judged block, and not of a mark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """One rule that an `mc_allow` mark turns into a note."""

    rule: str
    reason: str
    origin: str = ""
    only: str | None = None
    """The one kind of the rule's findings that it is about; None: all of them."""

    @property
    def written(self) -> str:
        """The rule as the mark writes it: `MCS201`, `MCS107:bearer`."""
        return f"{self.rule}:{self.only}" if self.only else self.rule
