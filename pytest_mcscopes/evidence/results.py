"""The results of a run's tests, put together from what is said of each phase and attempt.

What each member of a record is, data_file.schema.json says.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypedDict, TypeVar, get_args
from zlib import compress, decompress

from ..cloud.fingerprints import hide_parameters

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from .record import (
        AllowanceRecord,
        BlockCallRecord,
        CallRecord,
        DeclaredRecord,
        FindingRecord,
        FoundRecord,
        MarkRecord,
        PartRecord,
        Record,
    )

T = TypeVar("T")
Outcome = Literal[
    "unfinished", "passed", "xpassed", "skipped", "xfailed", "error", "failed", "crashed"
]
"""How an attempt ended: of what its phases say, the last of these counts. `unfinished`: the run
ended before it did; `error`: its set-up or teardown failed; `crashed`: its process died."""
_ASKED = "after it had asked for a token, so that it was not judged"
_QUICK = 1
"""A level of zlib."""
_BY_WEIGHT: tuple[Outcome, ...] = get_args(Outcome)
_UNSEEN = frozenset[Outcome]({"unfinished", "skipped", "xfailed", "crashed"})
"""Outcomes that say themselves why there is no verdict."""

Phase = Literal["setup", "call", "teardown"]
Unjudged = Literal["before a token", "in set-up", "unmarked"]
"""What a report says of a test that has to do with a tenant and was not judged."""
By = Literal["mc_allow", "mc_rules", "at_least", "xfail", "expect_findings", "skip"]


class RelaxedRecord(TypedDict):
    """What made a test pass that would have failed, or may have."""

    by: By
    rule: str
    reason: str
    origin: str


class UnloggedAttempt(TypedDict):
    """An attempt that was followed by another, and of which no report was made known."""

    outcome: Outcome
    findings: list[FindingRecord]


class AttemptRecord(TypedDict):
    """An attempt that was followed by another."""

    outcome: Outcome
    findings: list[FoundRecord]


class ResultRecord(TypedDict):
    """One test, as its last attempt left it."""

    test: str
    outcome: Outcome
    judged: bool
    why_not_judged: str
    aborted: bool
    set_by_marks: bool
    own_packages: list[str]
    marks: list[MarkRecord]
    allowances: list[AllowanceRecord]
    parts: list[PartRecord]
    block_calls: list[BlockCallRecord]
    findings: list[FoundRecord]
    errors: list[FoundRecord]
    relaxed: list[RelaxedRecord]
    earlier: list[AttemptRecord]


@dataclass(slots=True, eq=False)
class Attempt:
    """What is known of one attempt of a test; it grows with each report."""

    outcome: Outcome = "unfinished"
    declared: DeclaredRecord | None = None
    """What the test's marks say, once it was set up."""
    packed: bytes = b""
    """Its record: of a hundred thousand tests they would take as much memory as all else."""
    findings: list[FindingRecord] = field(default_factory=list)
    expected: set[str] = field(default_factory=set)
    """The rules of errors that its blocks were to find."""
    block_calls: list[BlockCallRecord] = field(default_factory=list)
    """What its judged blocks cover."""
    concluded: bool = False
    """Whether a mark or block of it was judged."""
    unjudged: Unjudged | None = None
    worker: str = ""
    """Which process of xdist made it; empty where there is one process."""
    set_up: bool = False
    """Whether its set-up has been reported."""
    run_again: bool = False
    """Whether a phase of it has failed, after which the test is run again."""
    ended: bool = False

    def is_over_before(self, phase: Phase) -> bool:
        """Tell whether a report of this phase is of a further attempt."""
        if phase == "teardown":
            return self.ended
        return self.ended or self.run_again or (phase == "setup" and self.set_up)

    def keep(self, record: Record) -> None:
        """Keep what the test did."""
        self.packed = compress(json.dumps(record).encode(), _QUICK)

    @property
    def record(self) -> Record | None:
        """What the test did, as far as it was recorded."""
        return json.loads(decompress(self.packed)) if self.packed else None

    def reach(self, outcome: Outcome) -> None:
        """Note the outcome of a phase, or of a subtest."""
        self.outcome = max(self.outcome, outcome, key=_BY_WEIGHT.index)

    def add_findings(self, findings: Iterable[FindingRecord]) -> None:
        """Note what was judged; a block in a fixture may be when the test itself is over."""
        self.concluded = True
        self.findings += [each for each in findings if each not in self.findings]

    @property
    def judged(self) -> bool:
        """Whether it has a verdict: not where it failed before it showed enough for one."""
        failed = bool(error_rules(self.findings))
        return self.concluded and (self.unjudged != "before a token" or failed)

    @property
    def why_not_judged(self) -> str:
        """Why there is no verdict; empty where there is one."""
        if self.judged:
            return ""
        if self.outcome in _UNSEEN:
            return self.outcome
        marked = self.declared is not None and bool(self.declared["marks"])
        return self.unjudged or (self.outcome if marked else "no tenant")


class Results:
    """All tests of a run, each once."""

    def __init__(self, made_notes: Collection[str] = ()) -> None:
        """Begin without any; *made_notes* are the rules that `mc_rules` turns into notes."""
        self._made_notes = made_notes
        self._attempts: dict[str, list[Attempt]] = {}
        self.replaced: set[str] = set()
        """Tests of which a report came that nothing of ours has seen being made."""
        self._hidden: set[str] = set()
        """The tests whose parameters hold a secret."""

    def attempt_of(self, test: str, phase: Phase = "call", worker: str = "") -> Attempt:
        """Give the attempt that a report is of: the last one, or a new one where that is over.

        A plugin that runs tests again may report subtests before the set-up, and no teardown. Each
        worker of xdist has attempts of its own.
        """
        attempts = self._attempts.setdefault(test, [])
        last = next((each for each in reversed(attempts) if each.worker == worker), None)
        if last is None or last.is_over_before(phase):
            last = Attempt(worker=worker)
            attempts.append(last)
        last.set_up = last.set_up or phase == "setup"
        last.ended = phase == "teardown"
        return last

    def add_unlogged(self, test: str, unlogged: Iterable[UnloggedAttempt]) -> None:
        """Note attempts before the last one of which no report came, or none of what failed."""
        *earlier, last = self._attempts[test]
        while earlier and earlier[-1].outcome == "unfinished":
            earlier.pop()
        found = (
            Attempt(each["outcome"], findings=each["findings"], worker=last.worker)
            for each in unlogged
        )
        self._attempts[test] = [*earlier, *found, last]

    def crash(self, test: str) -> None:
        """Note that the process died in a test: what was said of it by then is left out."""
        attempts = self._attempts.get(test, [])
        whole = [each for each in attempts if each is not attempts[-1] or each.ended]
        self._attempts[test] = [*whole, Attempt("crashed")]

    def outcomes(self) -> dict[str, Outcome]:
        """Give the outcome of each test."""
        return {self.shown(test): each[-1].outcome for test, each in self._attempts.items()}

    def find_doubled(self) -> list[str]:
        """List the tests that several processes ran, as with `--dist each`.

        Which of them is to count is not known. A test is run by another one too when
        its own has died.
        """
        return [
            self.shown(test)
            for test, attempts in self._attempts.items()
            if len({each.worker for each in attempts if each.outcome != "crashed"}) > 1
        ]

    def rename(self, names: Mapping[str, str]) -> None:
        """Give tests the ids that they have by themselves, where xdist gave them others."""
        self._attempts = {names.get(test, test): of for test, of in self._attempts.items()}
        self._hidden = {names.get(test, test) for test in self._hidden}

    def hide(self, test: str) -> None:
        """Write no parameters of a test: they hold a secret."""
        self._hidden.add(test)

    def shown(self, test: str) -> str:
        """Give the id by which a test is written down."""
        return hide_parameters(test) if test in self._hidden else test

    def any_judged(self) -> bool:
        """Tell whether there is a verdict on any test."""
        return any(attempts[-1].judged for attempts in self._attempts.values())

    def records(self) -> Iterator[ResultRecord]:
        """Write down each test, in the order of their ids, which is that of no run."""
        for test, attempts in sorted((self.shown(test), of) for test, of in self._attempts.items()):
            *earlier, last = attempts
            yield self._write(test, earlier, last)

    def _write(self, test: str, earlier: Iterable[Attempt], last: Attempt) -> ResultRecord:
        declared = last.declared or {"marks": [], "allowances": []}
        record: Record = last.record or {
            "test": test,
            "aborted": False,
            "set_by_marks": False,
            "own_packages": [],
            "marks": [],
            "parts": [],
            "errors": [],
        }
        block_calls = {_key(each): each for each in last.block_calls}
        return ResultRecord(
            test=test,
            outcome=last.outcome,
            judged=last.judged,
            why_not_judged=last.why_not_judged,
            aborted=record["aborted"],
            set_by_marks=record["set_by_marks"],
            own_packages=record["own_packages"],
            marks=declared["marks"],
            allowances=declared["allowances"],
            parts=[_in_order(part) for part in record["parts"]],
            block_calls=[] if declared["marks"] else _sorted(block_calls.values()),
            findings=_found(last.findings),
            errors=_sorted(record["errors"]),
            relaxed=_relaxed(declared, last, record, self._made_notes),
            earlier=[
                AttemptRecord(outcome=each.outcome, findings=_found(each.findings))
                for each in earlier
            ],
        )


def error_rules(findings: Iterable[FoundRecord]) -> set[str]:
    """Give the rules whose findings fail a test."""
    return {each["rule"] for each in findings if each["severity"] == "error"}


def _found(findings: Iterable[FindingRecord]) -> list[FoundRecord]:
    """Leave out the remarks, which belong to no rule, and the texts."""
    found: list[FoundRecord] = [
        {
            "rule": each["rule"],
            "severity": each["severity"],
            "scopes": each["scopes"],
            "package": each["package"],
        }
        for each in findings
        if each["rule"]
    ]
    return _sorted(found)


def _relaxed(
    declared: DeclaredRecord, attempt: Attempt, record: Record, made_notes: Collection[str]
) -> list[RelaxedRecord]:
    """List what the suite says that lets a test pass."""
    allowed = [
        _relaxing("mc_allow", _written(each), reason=each["reason"], origin=each["origin"])
        for each in declared["allowances"]
    ]
    open_marks = [
        _relaxing("at_least", origin=mark["origin"])
        for mark in declared["marks"]
        if mark["match"] == "at_least"
    ]
    notes = {each["rule"] for each in attempt.findings if each["severity"] == "note"}
    notes -= {each["rule"] for each in declared["allowances"]}
    by_setting = [_relaxing("mc_rules", rule) for rule in notes.intersection(made_notes)]
    expected = error_rules(attempt.findings) if attempt.outcome == "xfailed" else set()
    by_xfail = [_relaxing("xfail", rule) for rule in expected]
    by_block = [_relaxing("expect_findings", rule) for rule in attempt.expected]
    asked = any(part["requests"] for part in record["parts"])
    skips = attempt.outcome == "skipped" and declared["marks"] and asked
    by_skip = [_relaxing("skip", reason=_ASKED)] if skips else []
    return _sorted([*allowed, *open_marks, *by_setting, *by_xfail, *by_block, *by_skip])


def _relaxing(by: By, rule: str = "", *, reason: str = "", origin: str = "") -> RelaxedRecord:
    return {"by": by, "rule": rule, "reason": reason, "origin": origin}


def _written(allowance: AllowanceRecord) -> str:
    """Write an allowed rule as the mark does: `MCS201`, `MCS107:bearer`."""
    return ":".join(filter(None, [allowance["rule"], allowance["only"]]))


def _in_order(part: PartRecord) -> PartRecord:
    """Put what threads and tasks did in an order that is that of every run."""
    logins = part["logins"]

    def calls_of(number: int) -> list[CallRecord]:
        calls = (call for call in part["calls"] if call["login"] == number)
        return _sorted({**call, "login": None} for call in calls)

    order = sorted(range(len(logins)), key=lambda each: _key((logins[each], calls_of(each))))
    number_of = {old: new for new, old in enumerate(order)}
    calls: list[CallRecord] = [
        call if call["login"] is None else {**call, "login": number_of[call["login"]]}
        for call in part["calls"]
    ]
    return {
        **part,
        "requests": _sorted(part["requests"]),
        "inherited": _sorted(part["inherited"]),
        "calls": _sorted(calls),
        "logins": [logins[number] for number in order],
    }


def _sorted(records: Iterable[T]) -> list[T]:
    return sorted(records, key=_key)


def _key(record: object) -> str:
    return json.dumps(record, sort_keys=True)
