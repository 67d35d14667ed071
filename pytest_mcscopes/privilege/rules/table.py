"""Every rule, what it looks at, and the marks that it is for.

A rule is asked only where there is something of what it looks at.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from . import calls, hygiene, requested, tokens, users

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ..expectation import Kind
    from ..findings import Finding
    from .case import Case


class RuleRow(NamedTuple):
    """A rule."""

    looks_at: str
    """The attribute of a case: where that is empty, the rule finds nothing."""
    find: Callable[[Case], Iterator[Finding]]


OF_TOKENS = (
    RuleRow("observed.omitting", requested.scope_omitted),
    RuleRow("undeclared", requested.excess_scope),
    RuleRow("missing", requested.missing_scope),
    RuleRow("unrecognised", requested.unrecognised_scope),
    RuleRow("lacks_token", tokens.no_token_granted),
    RuleRow("observed.dropped", requested.scope_dropped),
    RuleRow("observed.unreadable", tokens.unreadable_request),
    RuleRow("observed.allowed", calls.unused_scope),
    RuleRow("observed.uncompared", users.userinfo_not_compared),
)
"""What is held against a mark that lists scopes, or asks for the fewest."""
OF_NO_TOKEN = (
    RuleRow("expectation.refused", tokens.nothing_refused),
    RuleRow("expectation", tokens.unexpected_request),
)
"""What is held against a mark by which no token is granted."""
OF_ALL = (
    RuleRow("observed.scope_denied", calls.denied_call),
    RuleRow("observed.unmapped", calls.unmapped_call),
    RuleRow("observed.user_denied", users.user_lacks_permission),
    RuleRow("observed.exposing", hygiene.exposed_in_url),
    RuleRow("observed.repeated", hygiene.token_not_reused),
    RuleRow("observed.insisted", hygiene.requested_after_403),
)
"""What is wrong whatever the mark says."""
RULE_ROWS: Mapping[Kind, tuple[RuleRow, ...]] = {
    "scopes": (*OF_TOKENS, RuleRow("observed.by_code", calls.undetermined), *OF_ALL),
    "least_privilege": (*OF_TOKENS, RuleRow("expectation", calls.undetermined_minimum), *OF_ALL),
    "no_token": (*OF_NO_TOKEN, *OF_ALL),
}
LOOKS_AT: Mapping[Kind, Callable[[Case], Sequence[object]]] = {
    kind: attrgetter(*(row.looks_at for row in rows)) for kind, rows in RULE_ROWS.items()
}
"""Gives what each of these rules looks at, in their order."""
