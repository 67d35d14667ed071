"""The gate's result as plain values, for texts and reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..privilege.findings import Severity


_OF_OMISSION = frozenset({"MCS101", "MCS106"})


class FindingKey(NamedTuple):
    """What identifies a finding in a later run: neither its place nor its text may change it."""

    rule: str
    test: str
    package: str
    scope: str
    union: str
    """Of MCS405, the scopes that its mark lists: a scope may be in several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFinding:
    """One thing that fails the gate, or is noted by it."""

    rule: str
    severity: Severity
    """`error`: it fails the gate."""
    text: str
    """One line without the id, made of values."""
    scopes: tuple[str, ...] = ()
    package: str = ""
    test: str = ""
    """Node id; empty for what is about the suite."""
    where: str = ""
    """`tests/test_mailer.py:5` of the mark, `mcscopes.toml:3` of the package; or empty."""
    union: tuple[str, ...] = ()
    """Of MCS405, the scopes that the mark lists."""

    @property
    def keys(self) -> frozenset[FindingKey]:
        """One for each scope that it is about; of a missing `scope`, which asks for all, one."""
        union = " ".join(self.union)
        scopes = ("",) if self.rule in _OF_OMISSION else self.scopes or ("",)
        return frozenset(
            FindingKey(self.rule, self.test, self.package, scope, union) for scope in scopes
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Undetermined:
    """What a rule of the gate cannot decide, and why."""

    rule: str
    text: str
    scopes: tuple[str, ...] = ()
    package: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxed:
    """What let the suite or the gate pass where it would have failed, or may have."""

    by: str
    """`mc_allow`, `mc_rules`, `at_least`, `xfail`, `expect_findings`, `skip`, `mc_no_token`,
    `rerun`, `own catalogue entry`, `exception`, `-m`, `incomplete evidence`, `mixed evidence`,
    `superseded`."""
    what: str = ""
    """The rule, the scope, the catalogue entry or the expression; empty where *by* says it all."""
    reason: str = ""
    where: str = ""
    tests: tuple[str, ...] = ()
    """Empty for what is about the suite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """What the gate makes of a suite's evidence."""

    complete: bool
    """Whether the evidence is of the whole suite."""
    why: tuple[str, ...]
    """Why it is not, each reason with what to do."""
    failures: tuple[str, ...]
    """What fails the gate beside findings: there is no record, nothing was judged, or the evidence
    is not complete and has to be."""
    findings: tuple[GateFinding, ...] = ()
    """The errors first; then by rule, test and scope."""
    known: tuple[GateFinding, ...] = ()
    """Errors that the baseline has, and that do not fail the gate."""
    gone: tuple[FindingKey, ...] = ()
    """What the baseline has and complete evidence has not."""
    undetermined: tuple[Undetermined, ...] = ()
    relaxed: tuple[Relaxed, ...] = ()

    @property
    def errors(self) -> tuple[GateFinding, ...]:
        """The findings that fail the gate."""
        return tuple(each for each in self.findings if each.severity == "error")

    @property
    def gaps(self) -> tuple[str, ...]:
        """Each thing once that the evidence does not show and that fails the gate, or might."""
        return tuple(dict.fromkeys([*self.failures, *self.why]))

    @property
    def passed(self) -> bool:
        """Whether the gate lets the suite through."""
        return not (self.errors or self.failures)
