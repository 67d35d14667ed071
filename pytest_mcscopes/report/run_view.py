"""The head of each page: which run it is about, and whether that passes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from ..evidence.describe_run import describe_selections
from ..evidence.origin import COMMIT_LENGTH
from ..privilege.findings import name_rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..evidence.data_file import RunRecord
    from ..evidence.gate_result import GateResult, Relaxed, Undetermined

_OF_RULES = frozenset({"mc_allow", "mc_rules", "at_least", "xfail", "expect_findings", "rerun"})
"""By what rules are relaxed, which have names that say what they are about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether the run passes, in a word and in a sentence."""

    kind: Literal["good", "bad", "note"]
    word: str
    sentence: str
    why: tuple[str, ...]
    """What is missing, each with what to do."""


def view_run(run: RunRecord) -> dict[str, object]:
    """Lay out which run a page is about: the first line of the data file, some of it for people."""
    ci_run = run["ci_run"] or ""
    ended = datetime.fromisoformat(run["ended"]).astimezone(UTC)
    return {
        **run,
        "commit": (run["commit"] or "")[:COMMIT_LENGTH],
        "ended": f"{ended:%Y-%m-%dT%H:%M:%SZ}",
        "date": f"{ended:%Y-%m-%d %H:%M} UTC",
        "ci_run": ci_run,
        # Empty where it is none that a browser should open.
        "ci_address": ci_run if re.fullmatch(r"https?://[^\s@]+", ci_run) else "",
        # From so many data files it was put together; 0: it is of one.
        "files": len(run["combined"]) if len(run["combined"]) > 1 else 0,
        "shards": ", ".join(filter(None, run["shards"])),
        "left_out": describe_selections(run),
    }


def view_verdict(result: GateResult, skipped: int) -> Verdict:
    """Say whether a run passes, in which so many tests were skipped."""
    if not result.complete:
        word = "Passes, not complete" if result.passed else "Not complete"
        sentence = "Not everything ran, so nothing is said of what no test used."
        return Verdict(kind="note", word=word, sentence=sentence, why=result.gaps)
    whole = "Complete: every test of the suite ran"
    if skipped:
        whole += f" or was skipped, as {'one was' if skipped == 1 else f'{skipped:,} were'}"
    if result.passed:
        rules = sorted({each.rule for each in result.undetermined})
        left = f"; undetermined: {', '.join(rules)}" if rules else ""
        sentence = f"{whole}, and nothing fails{left}."
        return Verdict(kind="good", word="Passes", sentence=sentence, why=())
    number = len(result.errors)
    found = "1 finding fails it" if number == 1 else f"{number:,} findings fail it"
    sentence = f"{whole}. {found}." if number else f"{whole}, which does not let it pass."
    return Verdict(kind="bad", word="Fails", sentence=sentence, why=result.gaps)


def write_undetermined(undetermined: Iterable[Undetermined]) -> tuple[str, ...]:
    """Write what the gate cannot decide, a line each."""
    return tuple(
        f"{each.rule} {': '.join(filter(None, [each.package, each.text]))}" for each in undetermined
    )


def write_relaxed(relaxed: Iterable[Relaxed]) -> tuple[str, ...]:
    """Write what let the suite pass, a line each."""
    return tuple(map(_write_relaxed, relaxed))


def _write_relaxed(relaxed: Relaxed) -> str:
    rules = " and ".join(map(name_rule, relaxed.what.split()))
    what = rules if relaxed.by in _OF_RULES else relaxed.what
    text = " ".join(filter(None, [relaxed.by, what]))
    if relaxed.reason:
        text += f": {relaxed.reason}"
    tests = relaxed.tests[0] if len(relaxed.tests) == 1 else f"{len(relaxed.tests):,} tests"
    about = [relaxed.where, tests if relaxed.tests else ""]
    return f"{text} ({', '.join(filter(None, about))})" if any(about) else text
