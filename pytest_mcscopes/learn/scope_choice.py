"""Which scopes a suggested mark lists: never more than its calls used."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Literal

from ..evidence.grouping import group_by
from ..privilege.expectation import FLOW_SCOPES
from ..privilege.minimum import minima
from ..privilege.observed import NO_SCOPES
from ..privilege.rules.calls import may_need

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..evidence.read_record import Part, TestedCode
    from ..ledger.facts import CallMade
    from ..privilege.minimum import Scopes

    RequestKey = tuple[str | None, Scopes]
    """What a mark says by `package=`, and the scopes that the code requests."""
    Families = Mapping[RequestKey, "Family"]


class Family:
    """The parts of tests of one file whose code requests the very same scopes.

    They may share one client, which requests all that it will ever need. There
    may be thousands, so what they need together is worked out once.
    """

    def __init__(self, requested: Scopes, parts: Sequence[Part]) -> None:
        self._requested = requested
        self.parts = parts
        self._doubts: dict[Scopes, list[tuple[CallMade, Scopes]]] = {}

    @cached_property
    def all_need_the_same(self) -> bool:
        """Whether each of them could do with the same."""
        return len({find_minima(uses_of(each), self._requested)[0] for each in self.parts}) == 1

    @cached_property
    def minima(self) -> Sequence[Scopes]:
        """The smallest sets that all their calls can do with, the one to choose first."""
        return find_minima(self._uses, self._requested)

    @cached_property
    def unasked(self) -> Scopes | None:
        """A set that the calls could do with and that is smaller than what they used."""
        fewest = minima(needed for _, needed in self._uses)[0]
        used = minima(enough for enough, _ in self._uses)[0]
        return fewest if len(fewest) < len(used) else None

    def doubts(self, excess: Scopes) -> list[tuple[CallMade, Scopes]]:
        """List the calls that leave open what they need, each with what it may need of these."""
        if excess not in self._doubts:
            calls = dict.fromkeys(
                call for each in self.parts for call in each.observed.authenticated
            )
            self._doubts[excess] = [
                (call, excess & may_need(call))
                for call in calls
                if not (call.need.trusted and call.scope_denied)
            ]
        return self._doubts[excess]

    @cached_property
    def _uses(self) -> list[Use]:
        return [*dict.fromkeys(chain.from_iterable(map(uses_of, self.parts)))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The scopes of one line."""

    scopes: Scopes
    match: Literal["exact", "at_most"]
    ties: tuple[Scopes, ...]
    """What would have done as well."""
    family: Family
    """The parts, of this and other tests, whose calls used them."""
    shared_by: str
    """Whose calls used them between them, where it is not this test alone."""
    elsewhere: Scopes = NO_SCOPES
    """What was asked for and used only by tests of other files that ask for the same."""
    kept: Scopes
    """What no line lists, and a request or package keeps: `offline`, where users log in."""

    @property
    def to_request(self) -> Scopes:
        """What a request is to name, or a package to have."""
        return self.scopes | self.kept


def join(sets: Iterable[Scopes]) -> Scopes:
    """Join sets of scopes into one."""
    return NO_SCOPES.union(*sets)


def find_families(tests: Iterable[TestedCode]) -> Families:
    """Gather the parts of tests of one file that may share a client."""
    sharing = (part for test in tests for part in test.parts if may_share(test, part))
    by_key = group_by(sharing, request_key)
    return {key: Family(key[1], parts) for key, parts in by_key.items()}


def may_share(test: TestedCode, part: Part) -> bool:
    """Tell whether a test's part can speak for others.

    Where nothing is asked for by name and the test's own marks set the package,
    the package can be as narrow as the test.
    """
    whole = bool(part.observed.trusted) and not test.aborted
    return whole and not (part.observed.omitting and test.set_by_marks)


def request_key(part: Part) -> RequestKey:
    """Give what parts have in common that may share a client."""
    return part.mark_names, part.observed.requested - FLOW_SCOPES


def choose(test: TestedCode, part: Part, families: Families) -> Choice:
    """Choose the scopes of a part's line: its own minimum, or that of all that share a client.

    Args:
        test: whose part it is.
        part: one that asked for a token and made an allowed call on a trusted row.
        families: what `find_families` found in the test's file.
    """
    key = request_key(part)
    alone = Family(key[1], [part])
    family = families[key] if may_share(test, part) else alone
    if family.all_need_the_same:
        family = alone
    scopes, *ties = family.minima
    return Choice(
        scopes=scopes,
        match="exact" if family is alone else "at_most",
        ties=tuple(ties),
        family=family,
        shared_by="" if family is alone else f"{len(family.parts)} tests of this file",
        kept=part.observed.kept,
    )


def enough(call: CallMade) -> tuple[Scopes, ...]:
    """Give the sets of scopes that would do for an allowed call and that its token carried."""
    granted = call.granted or NO_SCOPES
    return tuple(each for each in call.need.minimal_sets if each <= granted)


Use = tuple[tuple["Scopes", ...], tuple["Scopes", ...]]
"""What would do for a call, as far as its token carried it, and whatever it carried."""


def uses_of(part: Part) -> list[Use]:
    """List what would do for each of its allowed calls on trusted rows."""
    return [(enough(call), call.need.minimal_sets) for call in part.observed.trusted]


def find_minima(uses: Iterable[Use], wanted: Scopes) -> list[Scopes]:
    """Find the smallest sets, of what the tokens carried, that the calls can do with.

    The first is what was asked for, if that is one of them, or else the least powerful.
    """
    found = minima((enough for enough, _ in uses), wanted)
    return sorted(found, key=lambda each: each != wanted)
