"""Two sides in turns, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median, quantiles
from time import process_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How much is measured."""

    rounds: int
    """In-process rounds; one is shorter than a scheduler's or a thermal mood."""
    calls: int
    """Calls in a fifth of a side's part of a round."""
    starts: int
    """Start-ups of pytest, per side."""
    tests: int
    """Tests in a side's part of a round of pytest runs."""
    session: int
    """Tests in the one long session."""


FULL = Scale(rounds=50, calls=10, starts=70, tests=50, session=4000)
QUICK = Scale(rounds=2, calls=2, starts=2, tests=2, session=40)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """What the two sides took in one round, in seconds."""

    ours: float
    theirs: float


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table."""

    name: str
    ours: str
    theirs: str
    budget: float
    """What our side may cost, in theirs."""
    measure: Callable[[Scale], Sequence[Pair]]

    def line(self, pairs: Sequence[Pair]) -> str:
        """Write the medians of all rounds; each has a ratio of its own, so that drift cancels."""
        ratios = [pair.ours / pair.theirs for pair in pairs]
        low, middle, high = quantiles(ratios, n=4, method="inclusive")
        ours = spell(median(pair.ours for pair in pairs))
        theirs = spell(median(pair.theirs for pair in pairs))
        verdict = "ok" if middle <= self.budget else "over"
        return (
            f"{self.name:9}{ours:>9}{theirs:>10}{middle:>7.2f}{f'{low:.2f}-{high:.2f}':>14}"
            f"{self.budget:>8.2f}  {verdict}\n"
        )

    def legend(self) -> str:
        """Say what the two sides are."""
        return f"{self.name:9}{self.ours}; against {self.theirs}\n"


def spell(seconds: float) -> str:
    """Write a time with three figures or so."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.1f} us"
    return f"{seconds * 1e3:.2f} ms" if seconds < 0.1 else f"{seconds * 1e3:.0f} ms"


def alternate(rounds: int, ours: Callable[[], float], theirs: Callable[[], float]) -> list[Pair]:
    """Measure both sides in turns, each as often the first; the first round warms up."""
    pairs = []
    for number in range(rounds + 1):
        if number % 2:
            pairs.append(Pair(ours=ours(), theirs=theirs()))
        else:
            late = theirs()
            pairs.append(Pair(ours=ours(), theirs=late))
    return pairs[1:]


def per_call(call: Callable[[], object], count: int) -> float:
    """Tell the processor time of a call, by the best of five tries: a disturbance only adds."""
    call()
    return min(_once(call, count) for _ in range(5))


def _once(call: Callable[[], object], count: int) -> float:
    begun = process_time()
    for _ in range(count):
        call()
    return (process_time() - begun) / count


def undisturbed(times: Sequence[float]) -> float:
    """Tell what a test takes, by the quickest tenth: a disturbance only adds."""
    return quantiles(times, n=10, method="inclusive")[0]
