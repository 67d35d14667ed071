"""What the records of a whole suite show together, as plain values.

`what_counts` says what is taken for use.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..privilege.expectation import Match
    from ..privilege.findings import Severity
    from .gate_result import Relaxed
    from .results import Outcome

    Scopes = frozenset[str]
    Tests = tuple[str, ...]

Rung = Literal[
    "declared only",
    "requested",
    "used on a doubtful row",
    "used on an attested row",
    "used on a documented row",
    "proven",
]
"""How well a scope is shown to be needed, weakest first."""
RUNGS: tuple[Rung, ...] = get_args(Rung)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvidence:
    """An allowed call of judged tests, with one minimum of scopes that it needed."""

    label: str
    """The catalogue entry, as `POST /messaging/v1/email/messages/{messageKey}`."""
    confidence: str
    """`documented`, `attested A`, `your own entry`, ... of the entry."""
    doubt: str
    """Why the entry is doubtful; empty where it is trusted."""
    used: Scopes
    """What it needed of the scopes that its token carried; empty: none, or that is not known."""
    minimal_sets: tuple[Scopes, ...]
    """What the entry says: each is enough. One empty set: nothing is needed; none: not known."""
    may_need: Scopes
    """What a doubtful entry leaves open, beside what was used."""
    tests: Tests

    @property
    def rung(self) -> Rung:
        """How well it shows that what it used is needed."""
        if self.doubt:
            return "used on a doubtful row"
        documented = self.confidence == "documented"
        return "used on a documented row" if documented else "used on an attested row"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeEvidence:
    """What a suite shows of one scope of one package."""

    scope: str
    rung: Rung
    declared_by: Tests
    """Tests whose mark names it."""
    requested_by: Tests
    """Judged tests that asked for it by name."""
    calls: tuple[CallEvidence, ...]
    """Those that used it, the best shown first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageEvidence:
    """What a suite shows of one Installed Package; of one that no test uses, nothing."""

    name: str
    assigned: Scopes = frozenset()
    """In any test."""
    assignments: tuple[Scopes, ...] = ()
    """The different ones of judged tests that the suite wrote itself, by mark, fixture or
    `mc_cloud.tenant(...)`."""
    by_default: Tests = ()
    """Judged tests in which it was assigned everything, as where nobody says what."""
    omitted_by: Tests = ()
    """Judged tests in which a token request left `scope` out."""
    named_by: Tests = ()
    """Judged tests in which one named scopes."""
    logins: Mapping[Scopes, Tests] = field(default_factory=dict)
    """What log-ins of judged tests named."""
    users: Mapping[str, Tests] = field(default_factory=dict)
    """Whom judged tests had log in."""
    scopes: Mapping[str, ScopeEvidence] = field(default_factory=dict)
    """Those that any test declared, requested by name or used."""
    calls: tuple[CallEvidence, ...] = ()
    """All allowed calls of judged tests, those that need nothing and doubtful ones among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkEvidence:
    """An `mc_scopes` mark, wherever it is written just so, and what the tests under it used."""

    package: str | None
    """As it says; None: the first."""
    declared: Scopes
    match: Match
    places: tuple[str, ...]
    """`tests/test_mailer.py:5`"""
    tests: Tests
    """All under it, judged or not."""
    judged: Tests
    """Those that were, and whose code got a token: of the others nothing can be missed."""
    calls: Mapping[str, tuple[CallEvidence, ...]]
    """Scope -> the calls of its tests that used it."""
    perhaps: Mapping[str, tuple[CallEvidence, ...]]
    """Scope -> those that may need it, beside what they are known to have used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestFinding:
    """What a rule found in one test."""

    test: str
    rule: str
    severity: Severity
    scopes: tuple[str, ...]
    package: str
    where: str
    """Of the mark: `tests/test_mailer.py:5`; empty where the test has none."""
    expected: bool
    """Whether the test was expected to fail (xfail), and so did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnEntry:
    """A catalogue entry of the user's own that judged tests rest on."""

    label: str
    confidence: str
    tests: Tests


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteEvidence:
    """What the records of a suite show. All that is listed is sorted."""

    packages: Mapping[str, PackageEvidence]
    marks: tuple[MarkEvidence, ...]
    outcomes: Mapping[Outcome, int]
    judged: int
    not_judged: Mapping[str, int]
    """By why: `unmarked`, `before a token`, `in set-up`, `no tenant`, or the outcome."""
    unmarked: Tests
    """Tests that talked to a tenant and have no mark: MCS404."""
    findings: tuple[TestFinding, ...]
    relaxed: tuple[Relaxed, ...]
    """What let tests pass that would have failed, or may have."""
    own_entries: tuple[OwnEntry, ...]
    failed: Tests
    """Those that failed by themselves, which is pytest's to say."""
    xfailed: Tests
    """Those that were expected to fail, and did."""
    rerun: Mapping[str, tuple[str, ...]]
    """Test -> the rules of errors that its earlier attempts had, and its last one not."""

    @property
    def tests(self) -> int:
        """How many there are."""
        return sum(self.outcomes.values())
