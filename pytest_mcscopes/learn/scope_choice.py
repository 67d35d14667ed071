"""Which scopes a line lists: never more than the calls used that it stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..ledger.facts import USER_GRANTS
from ..privilege.expectation import FLOW_SCOPES, OFFLINE
from ..privilege.minimum import minima
from .suggestion import file_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..evidence.record import CallRecord, PartRecord, Record
    from ..privilege.minimum import Scopes

    Key = tuple[str, str | None, Scopes]
    Kin = Mapping[Key, Sequence[PartRecord]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The scopes of one line."""

    scopes: Scopes
    match: Literal["exact", "at_most"]
    ties: tuple[Scopes, ...]
    """What would have done as well."""
    elsewhere: Scopes
    """What was asked for and used only by tests of other files that ask for the same."""
    kin: tuple[PartRecord, ...]
    """The parts, of this and other tests, whose calls used them."""
    kept: Scopes
    """What no line lists, and a request or package keeps: `offline`, where users log in."""

    @property
    def to_ask(self) -> Scopes:
        """What a request is to name, or a package to have."""
        return self.scopes | self.kept


def named(part: PartRecord) -> Scopes:
    """Join what the requests answer for; what renews a judged request names nothing."""
    answering = (each for each in part["requests"] if each["scope"] is not None or each["inherits"])
    return join(each["requested"] for each in answering)


def asked(part: PartRecord) -> Scopes:
    """Join what the requests asked for, less the scopes of the flow itself."""
    return join(each["requested"] for each in part["requests"]) - FLOW_SCOPES


def omits(part: PartRecord) -> bool:
    """Tell whether a request asked for everything assigned by leaving `scope` out."""
    return any(each["omitted"] for each in part["requests"])


def join(lists: Iterable[Iterable[str]]) -> Scopes:
    """Join lists of scopes into one set."""
    return frozenset(scope for each in lists for scope in each)


def allowed(part: PartRecord) -> list[CallRecord]:
    """List the calls of the code's own tokens that app and user may make."""
    made = [each for each in part["calls"] if each["authenticated"] and not each["own"]]
    return [each for each in made if not (each["scope_denied"] or each["user_denied"])]


def trusted(part: PartRecord) -> list[CallRecord]:
    """List the allowed calls whose rows may be judged by."""
    return [each for each in allowed(part) if each["trusted"]]


def find_kin(records: Iterable[Record]) -> Kin:
    """Gather, file by file, the parts of tests whose code asks for the very same scopes.

    They may share one client, which asks for all that it will ever need.
    """
    kin: dict[Key, list[PartRecord]] = {}
    for record in records:
        for part in record["parts"]:
            if _may_share(record, part):
                kin.setdefault(_key(record, part), []).append(part)
    return kin


def _may_share(record: Record, part: PartRecord) -> bool:
    """Tell whether a test's part can speak for others.

    Where nothing is asked for by name and the test's own marks set the package,
    the package can be as narrow as the test.
    """
    whole = bool(trusted(part)) and not record["aborted"]
    return whole and not (omits(part) and record["set_by_marks"])


def _key(record: Record, part: PartRecord) -> Key:
    return (file_of(record["test"]), part["mark_names"], asked(part))


def choose(record: Record, part: PartRecord, kin: Kin) -> Choice:
    """Choose the scopes of a part's line: its own minimum, or that of all that share a client.

    Args:
        record: of the test.
        part: one that asked for a token and made an allowed call on a trusted row.
        kin: what `find_kin` found.
    """
    family = kin[_key(record, part)] if _may_share(record, part) else [part]
    alike = len({_minima([each], asked(part))[0] for each in family}) == 1
    parts = [part] if alike else family
    scopes, *ties = _minima(parts, asked(part))
    return Choice(
        scopes=scopes,
        match="exact" if alike else "at_most",
        ties=tuple(ties),
        elsewhere=_used_elsewhere(record, part, kin) & (asked(part) - scopes),
        kin=tuple(parts),
        kept=_kept(part),
    )


def _kept(part: PartRecord) -> Scopes:
    # A code or refresh token has what was asked for before, and asks for nothing.
    asking = (each for each in part["requests"] if each["omitted"] or each["scope"] is not None)
    for_users = (each for each in asking if each["grant_type"] in USER_GRANTS)
    return OFFLINE & join(each["requested"] for each in for_users)


def _used_elsewhere(record: Record, part: PartRecord, kin: Kin) -> Scopes:
    file, *alike = _key(record, part)
    others = [parts for key, parts in kin.items() if key[0] != file and [*key[1:]] == alike]
    calls = [call for parts in others for each in parts for call in trusted(each)]
    return join(call["enough"][0] for call in calls)


def _minima(parts: Iterable[PartRecord], wanted: Scopes) -> list[Scopes]:
    """Find the smallest sets, of what the tokens carried, that the calls can do with.

    The first is what was asked for, if that is one of them, or else the least powerful.
    """
    calls = [call for part in parts for call in trusted(part)]
    sets = minima((tuple(map(frozenset, call["enough"])) for call in calls), wanted)
    return sorted(sets, key=lambda each: each != wanted)


def unasked(choice: Choice) -> Scopes | None:
    """Find a set that the calls could do with and that is smaller than what they used."""
    calls = [call for part in choice.kin for call in trusted(part)]
    fewest = minima(tuple(map(frozenset, call["needs"])) for call in calls)[0]
    used = minima(tuple(map(frozenset, call["enough"])) for call in calls)[0]
    return fewest if len(fewest) < len(used) else None
