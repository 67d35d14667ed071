"""Which scopes a line lists: never more than the calls used that it stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..privilege.expectation import FLOW_SCOPES
from ..privilege.minimum import minima
from ..privilege.observed import NO_SCOPES
from .suggestion import file_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..evidence.read_record import Part, TestedCode
    from ..ledger.facts import CallMade
    from ..privilege.minimum import Scopes

    Key = tuple[str, str | None, Scopes]
    Kin = Mapping[Key, Sequence[Part]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The scopes of one line."""

    scopes: Scopes
    match: Literal["exact", "at_most"]
    ties: tuple[Scopes, ...]
    """What would have done as well."""
    elsewhere: Scopes
    """What was asked for and used only by tests of other files that ask for the same."""
    kin: tuple[Part, ...]
    """The parts, of this and other tests, whose calls used them."""
    kept: Scopes
    """What no line lists, and a request or package keeps: `offline`, where users log in."""

    @property
    def to_ask(self) -> Scopes:
        """What a request is to name, or a package to have."""
        return self.scopes | self.kept


def join(sets: Iterable[Scopes]) -> Scopes:
    """Join sets of scopes into one."""
    return NO_SCOPES.union(*sets)


def find_kin(tests: Iterable[TestedCode]) -> Kin:
    """Gather, file by file, the parts of tests whose code asks for the very same scopes.

    They may share one client, which asks for all that it will ever need.
    """
    kin: dict[Key, list[Part]] = {}
    for test in tests:
        for part in test.parts:
            if _may_share(test, part):
                kin.setdefault(_key(test, part), []).append(part)
    return kin


def _may_share(test: TestedCode, part: Part) -> bool:
    """Tell whether a test's part can speak for others.

    Where nothing is asked for by name and the test's own marks set the package,
    the package can be as narrow as the test.
    """
    whole = bool(part.observed.trusted) and not test.aborted
    return whole and not (part.observed.omitting and test.set_by_marks)


def _key(test: TestedCode, part: Part) -> Key:
    return (file_of(test.test), part.mark_names, part.observed.requested - FLOW_SCOPES)


def choose(test: TestedCode, part: Part, kin: Kin) -> Choice:
    """Choose the scopes of a part's line: its own minimum, or that of all that share a client.

    Args:
        test: whose part it is.
        part: one that asked for a token and made an allowed call on a trusted row.
        kin: what `find_kin` found.
    """
    asked = part.observed.requested - FLOW_SCOPES
    family = kin[_key(test, part)] if _may_share(test, part) else [part]
    alike = len({_minima([each], asked)[0] for each in family}) == 1
    parts = [part] if alike else family
    scopes, *ties = _minima(parts, asked)
    return Choice(
        scopes=scopes,
        match="exact" if alike else "at_most",
        ties=tuple(ties),
        elsewhere=_used_elsewhere(test, part, kin) & (asked - scopes),
        kin=tuple(parts),
        kept=part.observed.kept,
    )


def _used_elsewhere(test: TestedCode, part: Part, kin: Kin) -> Scopes:
    file, *alike = _key(test, part)
    others = [parts for key, parts in kin.items() if key[0] != file and [*key[1:]] == alike]
    return join(call.used for parts in others for call in _trusted(parts))


def _trusted(parts: Iterable[Part]) -> list[CallMade]:
    return [call for part in parts for call in part.observed.trusted]


def enough(call: CallMade) -> tuple[Scopes, ...]:
    """Give the sets of scopes that would do for an allowed call and that its token carried."""
    granted = call.granted or NO_SCOPES
    return tuple(each for each in call.need.minimal_sets if each <= granted)


def _minima(parts: Iterable[Part], wanted: Scopes) -> list[Scopes]:
    """Find the smallest sets, of what the tokens carried, that the calls can do with.

    The first is what was asked for, if that is one of them, or else the least powerful.
    """
    return sorted(minima(map(enough, _trusted(parts)), wanted), key=lambda each: each != wanted)


def unasked(choice: Choice) -> Scopes | None:
    """Find a set that the calls could do with and that is smaller than what they used."""
    calls = _trusted(choice.kin)
    fewest = minima(call.need.minimal_sets for call in calls)[0]
    used = minima(map(enough, calls))[0]
    return fewest if len(fewest) < len(used) else None
