"""Every rule, what it looks at, and the marks that it is for.

A rule is asked only where there is something of what it looks at.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from . import calls, hygiene, requested, tokens, users

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ..expectation import Kind
    from ..findings import Finding
    from .case import Case


class RuleRow(NamedTuple):
    """A rule."""

    looks_at: Callable[[Case], object]
    find: Callable[[Case], Iterator[Finding]]


def _row(looks_at: str, find: Callable[[Case], Iterator[Finding]]) -> RuleRow:
    return RuleRow(attrgetter(looks_at), find)


OF_TOKENS = (
    _row("observed.omitting", requested.scope_omitted),
    _row("undeclared", requested.excess_scope),
    _row("missing", requested.missing_scope),
    _row("unrecognised", requested.unrecognised_scope),
    _row("lacks_token", tokens.no_token_granted),
    _row("observed.dropped", requested.scope_dropped),
    _row("observed.unreadable", tokens.unreadable_request),
    _row("observed.allowed", calls.unused_scope),
    _row("observed.uncompared", users.userinfo_not_compared),
)
"""What is held against a mark that lists scopes, or asks for the fewest."""
OF_NO_TOKEN = (
    _row("expectation.refused", tokens.nothing_refused),
    _row("expectation", tokens.unexpected_request),
)
"""What is held against a mark by which no token is granted."""
OF_ALL = (
    _row("observed.scope_denied", calls.denied_call),
    _row("observed.unmapped", calls.unmapped_call),
    _row("observed.user_denied", users.user_lacks_permission),
    _row("observed.exposing", hygiene.secret_in_url),
    _row("observed.exposing", hygiene.token_in_url),
    _row("observed.repeated", hygiene.token_not_reused),
    _row("observed.insisted", hygiene.requested_after_403),
)
"""What is wrong whatever the mark says."""
RULE_ROWS: Mapping[Kind, tuple[RuleRow, ...]] = {
    "scopes": (*OF_TOKENS, _row("observed.by_code", calls.undetermined), *OF_ALL),
    "least_privilege": (*OF_TOKENS, _row("expectation", calls.undetermined_minimum), *OF_ALL),
    "no_token": (*OF_NO_TOKEN, *OF_ALL),
}
