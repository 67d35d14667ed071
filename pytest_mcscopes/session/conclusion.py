"""What pytest tells of a test whose body has ended, and what the session concludes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ..evidence.record import Record
    from ..privilege.expectation import Expectation
    from ..privilege.shared_logins import Sibling
    from ..privilege.verdict import Verdict
    from .block_verdicts import BlockReport


class BodyEnd(NamedTuple):
    """How the body of a test ended."""

    expectations: Sequence[Expectation] = ()
    """What its marks declare, the closest first."""
    fixtures: Iterable[str] = ()
    """The names in its closure; tenants of other fixtures are foreign to it."""
    aborted: bool = False
    """Whether it failed by itself, or was left by an exception that is no failure."""
    judged: bool = True
    """Whether a verdict is given on what it did: not so for one that was skipped."""
    fails_by: Literal["all", "blocks", "nothing"] = "all"
    """What may still fail it, where its marks do not."""
    shown: Sequence[BaseException] = ()
    """What its report shows anyhow."""
    function: object = None
    """The test's function, whose decorators may stand in a port's way; None: it has none."""
    leaves_hosts_out: Callable[[], bool] = bool
    """Tells whether it tells pytest-httpx which requests to leave."""
    own_packages: frozenset[str] | None = None
    """Names of the packages that marks on the very test configure; None: no record is wanted."""
    siblings: Callable[[frozenset[str]], Sequence[Sibling]] | None = None
    """Lists other tests that may use the same client: those of the same file, or with one of these
    fixtures."""


class PhaseReport(NamedTuple):
    """What the report of a test's phase is to say besides a verdict."""

    blocks: BlockReport | None = None
    built: bool = False
    """Whether a tenant was built."""
    talked: bool = False
    """Whether the code talked to any tenant since the running test began."""
    late: Sequence[tuple[str, str, str]] = ()
    """What came late from earlier tests: the test, the rule and the text."""


class Conclusion(NamedTuple):
    """The outcome of one test. What it does not fail by is left for its report."""

    verdict: Verdict | None = None
    """By its marks; None: it has none, or was not judged."""
    advice: tuple[str, ...] = ()
    """What there is to do about its errors."""
    text: str = ""
    """The verdict's text; empty where there is nothing to tell."""
    fails_by_verdict: bool = False
    """Whether the test fails with this text."""
    record: Record | None = None
    unseen: tuple[str, ...] = ()
    """Who answered for Marketing Cloud in a test that no mark judges, as far as was watched."""
    failure: str = ""
    """What the test fails with; empty: nothing of ours that can be written."""
    raised: BaseException | None = None
    """What was raised while a port was called, if the test fails by it."""
    report: PhaseReport = PhaseReport()
