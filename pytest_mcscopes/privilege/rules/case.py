"""What a rule judges, and what every rule makes of it: a finding.

Rules know nothing of one another: `replaces` says which finding takes the place of which.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from ..findings import RULES, Finding, Severity
from ..minimum import Scopes, minima
from ..observed import NO_SCOPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ...catalogue.call_requirements import CallRequirements
    from ...catalogue.catalogue import Catalogue
    from ...ledger.facts import CallMade, Taken
    from ..expectation import Expectation
    from ..observed import Observed

    RuleFunction = Callable[["Case"], Iterator[Finding]]

NONE = NO_SCOPES


@dataclass(kw_only=True)
class Case:
    """One mark, and what the test did with the package that it judges."""

    expectation: Expectation
    observed: Observed
    catalogue: Catalogue
    others: tuple[str, ...] = ()
    """Hosts that are not ours and that the code was seen to call."""
    taken: tuple[Taken, ...] = ()
    """Requests to a Marketing Cloud that another tool took before they got here."""
    taken_by: str = ""
    """The module whose patch of httpx took the test's requests before they got here, if any."""
    judged_in_set_up: Scopes | None = None
    """What the granted requests asked for that a block in a fixture of the test's own judged in
    its set-up; None: it judged none."""
    lacks_token: bool = field(init=False)
    """Whether a token was to be judged, and none was granted: MCS105 fails the test."""
    compares_below: bool = field(init=False)
    """Whether every declared scope must be requested and used."""
    comparable: bool = field(init=False)
    """Whether there is anything to hold the requested scopes against."""
    undeclared: Scopes = field(init=False)
    """What was requested by name, and is not on the list that the mark has, if it has one."""
    missing: Scopes = field(init=False)
    """What the mark lists, where each of that must be requested, and no judged request asks for."""
    unrecognised: Scopes = field(init=False)
    """What was requested and is not in the catalogue."""

    def __post_init__(self) -> None:
        """Settle what most rules look at."""
        kind, observed, declared = self.expectation.kind, self.observed, self.expectation.declared
        granted = observed.granted is not None or self.judged_in_set_up is not None
        self.lacks_token = kind != "no_token" and not granted
        self.compares_below = kind == "scopes" and self.expectation.match != "at_most"
        self.comparable = kind == "scopes" or (kind == "least_privilege" and bool(observed.allowed))
        self.undeclared = observed.named - declared if kind == "scopes" else observed.named
        self.missing = declared - observed.requested if self.compares_below else NONE
        self.unrecognised = observed.requested - self.catalogue.wire_ids

    @cached_property
    def limit(self) -> Scopes:
        """What may be requested: what the mark lists, or what the calls need."""
        if self.expectation.kind == "scopes":
            return self.expectation.declared
        return max(self.minima, key=lambda tied: len(tied & self.observed.requested))

    @cached_property
    def minima(self) -> tuple[Scopes, ...]:
        """The minimum of the allowed calls on trusted rows; several where they tie."""
        needs = (call.need.minimal_sets for call in self.observed.trusted)
        return minima(needs, self.observed.requested)

    @cached_property
    def needed(self) -> Scopes:
        """The declared scopes without which a call on a trusted row would be refused."""
        declared, found = self.expectation.declared, NONE
        for call in self.observed.trusted:
            have = had(call, declared)
            # In all sets that would do. Where none would, whatever was declared is needed.
            found |= have.intersection(*(each for each in call.need.minimal_sets if each <= have))
        return found & declared

    @cached_property
    def reasons(self) -> dict[str, CallMade]:
        """Scope -> the first call that leaves open whether it is needed.

        A doubtful call may have needed whatever it explains, even where it was
        let through; a call on a trusted row tolerates more than the row lists.
        What a user may not do shows nothing of the scopes that it needs, nor does
        what was denied for want of a scope that was asked for and not granted.
        """
        return self.reasons_in(self.observed.by_code)

    def reasons_in(self, calls: Sequence[CallMade]) -> dict[str, CallMade]:
        """Find the same among some of the calls."""
        denied = [call for call in calls if call.scope_denied or call.user_denied]
        open_scopes = [
            *((call, call.need.explains) for call in calls),
            *((call, call.need.tolerated) for call in calls if call not in denied),
            *(
                (call, call.need.used_with(call.granted or NONE))
                for call in denied
                if is_barred(call)
            ),
            *((call, self.withheld(call)) for call in denied),
        ]
        return dict(reversed([(scope, call) for call, scopes in open_scopes for scope in scopes]))

    def withheld(self, call: CallMade) -> Scopes:
        """Tell what a denied call on a trusted row lacked although its token was asked for it."""
        if not (call.scope_denied and call.need.trusted):
            return NONE
        asked = (each.requested for each in self.observed.requests if each.token == call.token)
        return call.lacks & NONE.union(*asked)


def had(call: CallMade, declared: Scopes) -> Scopes:
    """Give the scopes that an allowed call had, as far as they were declared.

    A call that the declared scopes do not allow in the first place was allowed
    by more than was declared: it then speaks for a scope only if nothing else
    that it had would have done.
    """
    enough = call.need.satisfied_by(declared)
    return declared if enough else declared | (call.granted or NONE)


def is_barred(call: CallMade) -> bool:
    """Tell whether a call on a trusted row would have been allowed, had the user been another."""
    return call.user_denied and call.need.trusted and not call.scope_denied


def is_refused(call: CallMade) -> bool:
    """Tell whether a trusted row says that a call was denied: by its scopes or its user."""
    return call.need.trusted and (call.scope_denied or call.user_denied)


def make_finding(
    rule: str,
    case: Case,
    text: str | Callable[[Scopes], str],
    scopes: Iterable[str] = (),
    severity: Severity | None = None,
    *,
    causes: Iterable[object] = (),
    meant: Scopes = NONE,
) -> Finding:
    """Make a finding of the severity that the rule has by default, or the given one.

    Where the scopes may become fewer, *text* is what writes it of them.
    """
    about = frozenset(scopes)
    return Finding(
        rule=rule,
        severity=severity or RULES[rule].severity,
        text=text if isinstance(text, str) else text(about),
        scopes=about,
        package=case.observed.package,
        by_mark=severity not in {None, RULES[rule].severity},
        causes=frozenset(causes),
        meant=meant,
        say=None if isinstance(text, str) else text,
    )


def row_and_token(call: CallMade) -> tuple[CallRequirements, Scopes | None]:
    """Name what findings on a call share: its row, and what its token carries."""
    return call.need, call.granted
