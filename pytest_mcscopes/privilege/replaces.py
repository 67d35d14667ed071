"""One cause, one finding: which finding takes the place of which.

The rules know nothing of one another. A finding replaces another only while it
fails the test itself: what is a note (by `mc_allow`, `mc_rules` or at_least)
takes no other finding's place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .findings import Finding

    Left = Callable[[Finding, Sequence[Finding]], Finding | None]


class Replacement(NamedTuple):
    """A rule whose errors take the place of another rule's findings of the same package."""

    by: str
    replaced: str
    left: Left
    """What is left of a replaced finding beside the errors; None: nothing."""


def _same_scopes(finding: Finding, errors: Sequence[Finding]) -> Finding | None:
    return finding.without(frozenset().union(*(each.scopes for each in errors)))


def _meant_scopes(finding: Finding, errors: Sequence[Finding]) -> Finding | None:
    return finding.without(frozenset().union(*(each.meant for each in errors)))


def _same_causes(finding: Finding, errors: Sequence[Finding]) -> Finding | None:
    told = finding.causes <= frozenset().union(*(each.causes for each in errors))
    return None if finding.causes and told else finding


def _without_causes(finding: Finding, errors: Sequence[Finding]) -> Finding | None:
    return finding if all(each.causes for each in errors) else None


def _nothing(_finding: Finding, _errors: Sequence[Finding]) -> None:
    return None


REPLACES = (
    # A slip in an id explains that it is asked for, that the right one is not, and the refusal.
    Replacement("MCS104", "MCS102", _same_scopes),
    Replacement("MCS104", "MCS103", _meant_scopes),
    Replacement("MCS104", "MCS105", _same_causes),
    # Where no request came at all, every declared scope is missing.
    Replacement("MCS105", "MCS103", _without_causes),
    Replacement("MCS106", "MCS101", _same_causes),
    # What an unreadable request asks for may be the very scope that seems to be missing.
    Replacement("MCS110", "MCS103", _nothing),
    Replacement("MCS201", "MCS103", _meant_scopes),
    # A call that was denied leaves open what it needs, and that it was denied is the cause.
    Replacement("MCS201", "MCS108", _same_causes),
    Replacement("MCS204", "MCS108", _same_causes),
)
"""MCS103 and MCS202 need no row: one speaks of what is not requested, one of what is."""


def replace_findings(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Leave out what other findings replace, or the scopes that they speak of.

    A finding that is itself replaced still takes another one's place.
    """
    errors: dict[tuple[str, str], list[Finding]] = {}
    for each in findings:
        if each.severity == "error":
            errors.setdefault((each.rule, each.package), []).append(each)
    for each in findings:
        left: Finding | None = each
        for row in REPLACES:
            mine = errors.get((row.by, each.package), ())
            if left is not None and row.replaced == each.rule and mine:
                left = row.left(left, mine)
        if left is not None:
            yield left
