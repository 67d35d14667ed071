"""What of a test's record counts for the whole suite.

What is *used* is what the allowed calls of a judged test needed, as in a single test. It counts of
tests that end by themselves only: of one that passed, or that nothing but a finding of ours failed.
A test that failed by itself, was skipped or was expected to fail shows no use here, because a suite
must not rest on what does not work; what such a test asked for counts as requested all the same.
Nothing that the code did in an unmarked test counts, nor does what the test itself did, by
`issue_token`, in `arrange()` or as `admin`. A request that `mc_no_token(refused=True)` expects to
be refused is compared with nothing, and counts for nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .results import error_rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..privilege.expectation import Expectation
    from .read_record import Part
    from .results import ResultRecord

_PASSED = frozenset({"passed", "xpassed"})
_FAILED = frozenset({"failed", "error", "crashed"})


def shows_use(record: ResultRecord) -> bool:
    """Tell whether the calls of a test count: it was judged, and ended by itself or by us."""
    fails_by_us = record["outcome"] in _FAILED and not fails_by_itself(record)
    return record["judged"] and (record["outcome"] in _PASSED or fails_by_us)


def fails_by_itself(record: ResultRecord) -> bool:
    """Tell whether a test failed by something else than a finding."""
    by_us = bool(error_rules(record["findings"])) and not record["aborted"]
    return record["outcome"] in _FAILED and not by_us


def is_unmarked(record: ResultRecord) -> bool:
    """Tell whether a test talked to a tenant and nothing judges it, whatever became of it."""
    talked = any(part["requests"] or part["calls"] for part in record["parts"])
    unjudged = not (record["judged"] or record["marks"])
    return unjudged and (record["why_not_judged"] == "unmarked" or talked)


def judges(mark: Expectation, part: Part, marks: Iterable[Expectation]) -> bool:
    """Tell whether a mark of a test judges this part of what it did."""
    if mark.package is not None:
        return mark.package == part.observed.package
    return all(other.package != part.observed.package for other in marks)


def place_of(origin: str) -> str:
    """Give the place of `@pytest.mark.mc_scopes, tests/test_mailer.py:5`."""
    return origin.partition(", ")[2]
