"""MCS107: the code under test used what belongs to another tenant, or to one that has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..ledger.facts import ForeignUsed


def foreign_tenant(used: Iterable[ForeignUsed]) -> Iterator[Finding]:
    """Find one thing for each foreign token, client or host."""
    for each in used:
        name = f"host {each.name}" if each.what == "host" else f"a {each.what}"
        whose = (
            f"it belongs to the tenant of {each.built_by}"
            if each.built_by
            else "no tenant of this test session has it"
        )
        by = f"; it came from {each.started_in}" if each.started_in else ""
        text = f"foreign tenant: the code used {name}, but {whose}{by}"
        yield Finding(rule="MCS107", severity="error", text=text)
