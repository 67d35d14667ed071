"""Two sides in turns, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median, quantiles
from time import process_time
from typing import TYPE_CHECKING, Literal

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
    burst: float
    """Seconds of requests over real ports, in a side's part of a round."""
    servers: int
    """Start-ups of each server."""


FULL = Scale(rounds=50, calls=10, starts=70, tests=50, session=4000, burst=0.12, servers=15)
QUICK = Scale(rounds=2, calls=2, starts=2, tests=2, session=40, burst=0.01, servers=2)


class NotMeasured(Exception):  # noqa: N818 - nothing went wrong
    """Raised where this machine lacks the other side."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """What the two sides took in one round."""

    ours: float
    theirs: float
    unit: Literal["seconds", "instructions", "bytes"] = "seconds"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table."""

    name: str
    ours: str
    theirs: str
    budget: float | None
    """What our side may cost, in theirs; of a rate, what it must reach. None: it is only told."""
    measure: Callable[[Scale], Sequence[Pair]]
    rate: bool = False
    """Whether it tells how many a second, not what one takes."""

    def line(self, pairs: Sequence[Pair]) -> str:
        """Write the medians of all rounds; each has a ratio of its own, so that drift cancels."""
        shown = [self._shown(pair) for pair in pairs]
        ratios = [ours / theirs for ours, theirs in shown]
        low, middle, high = quantiles(ratios, n=4, method="inclusive")
        counted = pairs[0].unit != "seconds"
        digits = 3 if pairs[0].unit == "instructions" else 2  # of these a thousandth counts
        ours, theirs = (self._spell(median(side), counted) for side in zip(*shown, strict=True))
        return (
            f"{self.name:11}{ours:>9}{theirs:>10}{middle:>7.{digits}f}"
            f"{f'{low:.{digits}f}-{high:.{digits}f}':>14}{self._judge(middle, digits)}\n"
        )

    def _judge(self, ratio: float, digits: int) -> str:
        if self.budget is None:
            return ""
        kept = ratio >= self.budget if self.rate else ratio <= self.budget
        bound = f"{'>' if self.rate else '<'} {self.budget:.{digits}f}"
        return f"{bound:>8}  {'ok' if kept else 'missed'}"

    def _shown(self, pair: Pair) -> tuple[float, float]:
        return (1 / pair.ours, 1 / pair.theirs) if self.rate else (pair.ours, pair.theirs)

    def _spell(self, figure: float, counted: bool) -> str:  # noqa: FBT001 - of one's own
        if counted:
            return f"{figure / 1e6:.0f} M"
        return f"{figure:.0f}/s" if self.rate else spell(figure)

    def absence(self, why: NotMeasured) -> str:
        """Say why there are no figures."""
        return f"{self.name:11}not measured: {why}\n"

    def legend(self) -> str:
        """Say what the two sides are."""
        return f"{self.name:11}{self.ours}; against {self.theirs}\n"


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
