"""The life of one test: its set-up, its call phase, and how it fails by what was found."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Literal

import pytest

from ..config import FIRST_PACKAGE
from ..errors import ConfigError
from .collection import read_declared, refuse_late_marks
from .fixtures import begin_test, closure_of, cloud_of, fixture_places
from .stash import (
    CLOUD,
    CONFIGURED,
    DECLARED,
    EXPECTED,
    IN_BODY,
    JUDGED,
    LOGINS,
    MARKS,
    RECORD,
    RUNNING,
    SUMMARY,
    TENANTS,
    Judged,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..evidence.record import Record
    from ..markers.levels import Declared
    from ..privilege.expectation import Expectation
    from ..privilege.minimum import Scopes
    from ..privilege.shared_logins import SharedLogins
    from ..privilege.verdict import Verdict
    from ..session.cloud import MarketingCloud, Window
    from ..tenant.blocks import Failure


MOST_FAILURES = 5
"""What more blocks of a test fail by is told by its number: a loop may have a thousand."""


def set_up(item: pytest.Item) -> None:
    """Read the marks of a test that is about to be set up, and make it ready to be judged."""
    from ..markers.levels import marks_of_nodes

    _begin(item, read_declared(item), marks_of_nodes(item))


def begin_unmarked(item: pytest.Item) -> None:
    """Make a running test ready which had no marks of ours when it was set up."""
    from ..markers.levels import Declared

    _begin(item, Declared(), ())


def _begin(item: pytest.Item, declared: Declared, marks: Sequence[pytest.Mark]) -> None:
    item.stash[DECLARED] = declared
    item.stash[MARKS] = marks
    if JUDGED in item.stash:  # by an earlier attempt
        del item.stash[JUDGED]
    if RECORD in item.stash:
        del item.stash[RECORD]
    if CONFIGURED in item.stash:
        del item.stash[CONFIGURED]
    item.config.stash[RUNNING] = item
    item.config.stash[SUMMARY].begin(item.nodeid)
    if declared.expectations:
        names: list[str] = getattr(item, "fixturenames", [])
        if not TENANTS & set(names):
            names.insert(0, "mc_tenant")
    if declared.expectations or item.config.stash[SUMMARY].recording:
        cloud_of(item.config)
    if CLOUD in item.config.stash:
        begin_test(item.config.stash[CLOUD], item)


@contextmanager
def judging(item: pytest.Item) -> Iterator[None]:
    """Watch the call phase of a test, record it if asked to, and fail it by what was found."""
    refuse_late_marks(item, "while the test was set up")
    _begin_body(item)
    try:
        yield from _judging(item)
    except BaseException as error:
        _end_body(item, aborted=True)
        if _is_skip(error):
            note_shown(item, error)
            fail_for_blocks(item)
        raise
    own = _own_outcome(item)
    _end_body(item, aborted=own == "failed")
    if _fails_by_blocks(item):
        fail_for_blocks(item)
    if own is None:
        raise_from_ports(item)
    _fail_for_unfired(item)
    if own is None:
        refuse_late_marks(item, "while the test ran")
        _fail_for_idle_marks(item)


def _begin_body(item: pytest.Item) -> None:
    item.stash[IN_BODY] = True
    if CLOUD in item.config.stash:
        item.config.stash[CLOUD].begin_body()


def _end_body(item: pytest.Item, *, aborted: bool) -> None:
    del item.stash[IN_BODY]
    if CLOUD in item.config.stash:
        item.config.stash[CLOUD].end_body(
            aborted=aborted,
            fixtures=partial(closure_of, item),
            expectations=item.stash[DECLARED].expectations,
        )


def _judging(item: pytest.Item) -> Iterator[None]:
    if not (item.stash[DECLARED].expectations or item.config.stash[SUMMARY].recording):
        yield
        return
    from .unittest_teardown import before_teardown

    cloud = cloud_of(item.config)
    cloud.open_window()
    closed: list[Window] = []

    def close() -> Window:
        if not closed:
            closed.append(cloud.close_window())
        return closed[0]

    try:
        with before_teardown(getattr(item, "instance", None), close):
            yield
    except BaseException as error:
        window = close()
        if _is_failure(error):
            _conclude(item, cloud, window, aborted=True)
        raise
    window, own = close(), _own_outcome(item)
    if own != "skipped":
        _conclude(item, cloud, window, aborted=own == "failed")


def note_shown(item: pytest.Item, error: BaseException | None) -> None:
    """Note that a report shows an error."""
    if CLOUD in item.config.stash:
        item.config.stash[CLOUD].shown(error)


def _fails_by_blocks(item: pytest.Item) -> bool:
    """Tell whether a test that raised nothing is to fail by its blocks.

    A unittest's own failure wins, and shows them as a section. A skip does not:
    the block had failed before.
    """
    results = _unittest_results(item)
    for each in results:
        note_shown(item, each.value)
    if any(_is_failure(each.value) for each in results):
        return False
    if CLOUD in item.config.stash and item.config.stash[CLOUD].has_failures:
        results.clear()
    return True


def fail_for_blocks(item: pytest.Item) -> None:
    """Fail a test by what its blocks failed by and no report has shown.

    Raises:
        pytest.fail.Exception: what was found.
    """
    if told := take_failures(item):
        pytest.fail("\n".join(told), pytrace=False)


def take_failures(item: pytest.Item) -> list[str]:
    """Give what blocks failed by, once."""
    failures = item.config.stash[CLOUD].failures() if CLOUD in item.config.stash else []
    told = [f"{each.text}\n{_all_the_same(each)}" for each in failures[:MOST_FAILURES]]
    more = len(failures) - MOST_FAILURES
    return [*told, f"MCSCOPES: and {more} blocks more failed."] if more > 0 else told


def _all_the_same(failure: Failure) -> str:
    caught = "  The error was caught, or was raised in a thread or task. It counts all the same."
    if not failure.rules:
        return caught
    named = ", ".join(f'"{rule}"' for rule in failure.rules)
    around = f"with mc_tenant.expect_findings({named}):"
    return f"{caught}\n  If that is what the test is about, write around the block: {around}"


def raise_from_ports(item: pytest.Item) -> None:
    """Fail a test by what was raised, by a stub or by us, while a port answered it.

    Raises:
        BaseException: the first such thing; the client saw no more than a closed connection.
    """
    for error in take_errors(item):
        error.add_note("MCSCOPES: this was raised while a port of the tenant was called.")
        raise error


def take_errors(item: pytest.Item) -> list[BaseException]:
    """Give what was raised while a port answered the test, once."""
    return item.config.stash[CLOUD].take_errors() if CLOUD in item.config.stash else []


def _fail_for_idle_marks(item: pytest.Item) -> None:
    """Fail a test that has marks or settings which were without effect on it.

    Raises:
        pytest.fail.Exception: what they are, and what to write instead.
    """
    if text := describe_idle_marks(item):
        raise pytest.fail.Exception(text, pytrace=False)


def describe_idle_marks(item: pytest.Item) -> str:
    """Say which marks and settings were without effect on a test; empty: none."""
    from .idle_marks import find_idle_marks

    closure = frozenset(closure_of(item))
    if not closure & TENANTS:
        return ""
    configured = item.stash.get(CONFIGURED, None)
    return find_idle_marks(item, closure, fixture_places(item.config), configured)


def _fail_for_unfired(item: pytest.Item) -> None:
    """Fail a test that ordered a fault which never came: it has not tested what it says.

    Raises:
        pytest.fail.Exception: what was ordered.
    """
    if _own_outcome(item) is None and (unfired := take_unfired(item)):
        pytest.fail(unfired, pytrace=False)


def take_unfired(item: pytest.Item) -> str:
    """Say what was ordered and has not happened, once."""
    orders = item.config.stash[CLOUD].unfired() if CLOUD in item.config.stash else []
    return "\n".join(f"MCSCOPES: {order}" for order in orders)


def _is_failure(error: BaseException) -> bool:
    """Tell a failure from a skip, an expected failure and the end of the session."""
    others = (pytest.xfail.Exception, pytest.exit.Exception, KeyboardInterrupt)
    return not (isinstance(error, others) or _is_skip(error))


def _is_skip(error: BaseException) -> bool:
    from unittest import SkipTest

    return isinstance(error, (pytest.skip.Exception, SkipTest))


def _own_outcome(item: pytest.Item) -> Literal["failed", "skipped"] | None:
    """Tell what a test came to that raised nothing: a unittest's method, or one with subtests."""
    if results := _unittest_results(item):
        return "failed" if any(_is_failure(each.value) for each in results) else "skipped"
    return "failed" if item.config.stash[SUMMARY].failed_within else None


def _unittest_results(item: pytest.Item) -> list[pytest.ExceptionInfo[BaseException]]:
    # unittest hands its results to the item, which keeps them for makereport.
    return getattr(item, "_excinfo", None) or []


def _conclude(item: pytest.Item, cloud: MarketingCloud, window: Window, *, aborted: bool) -> None:
    if item.config.stash[SUMMARY].recording:
        item.stash[RECORD] = _record(item, cloud, window, aborted=aborted)
    if item.stash[DECLARED].expectations:
        _judge(item, cloud, window, aborted=aborted)


def _record(item: pytest.Item, cloud: MarketingCloud, window: Window, *, aborted: bool) -> Record:
    from ..evidence.record import record_test

    declared = item.stash[DECLARED]
    own = [mark for mark in item.own_markers if mark.name == "mc_package"]
    return record_test(
        item.nodeid,
        cloud.look(window, closure_of(item), declared.allowances, aborted=aborted),
        declared.expectations,
        {mark.kwargs.get("name", FIRST_PACKAGE) for mark in own},
        aborted=aborted,
    )


def _judge(item: pytest.Item, cloud: MarketingCloud, window: Window, *, aborted: bool) -> None:
    """Judge a test, and fail it unless it failed by itself.

    Raises:
        pytest.fail.Exception: the code under test asks for the wrong rights.
    """
    from ..privilege.verdict_text import aside, render

    declared = item.stash[DECLARED]
    # A test without a function, such as a doctest's, has no decorators either.
    in_the_way = cloud.in_the_way(getattr(item, "obj", None), window.others)
    window.taken_by = in_the_way or taken_by(item)
    try:
        verdict = cloud.judge(
            window,
            closure_of(item),
            declared.expectations,
            declared.allowances,
            aborted=aborted,
        )
    except ConfigError as error:
        if aborted:
            return
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    others = _others(item, cloud, verdict)
    text = render(verdict, others) if verdict.findings or verdict.remarks else ""
    if aborted and not verdict.errors:
        text = aside(verdict)
    judged = Judged(verdict, text, bool(verdict.errors) and not aborted)
    item.stash[JUDGED] = judged
    if judged.told:
        pytest.fail(judged.text, pytrace=False)


def _others(item: pytest.Item, cloud: MarketingCloud, verdict: Verdict) -> dict[str, Scopes]:
    """Find, by package, what other tests do with a login that asks for the same."""
    from ..privilege.shared_logins import Sibling

    logins = _logins(item.config)
    for case in verdict.cases:
        logins.remember(item.nodeid, case)
    if not verdict.errors:
        return {}
    builders = cloud.builders_of(item.nodeid, closure_of(item))
    siblings = [
        Sibling(each.nodeid, _expectations(each))
        for each in item.session.items
        if each.path == item.path or builders.intersection(getattr(each, "fixturenames", ()))
    ]
    return {
        case.observed.package: logins.others(item.nodeid, case, siblings) for case in verdict.cases
    }


def _logins(config: pytest.Config) -> SharedLogins:
    from ..privilege.shared_logins import SharedLogins

    return config.stash.setdefault(LOGINS, SharedLogins())


def _expectations(item: pytest.Item) -> tuple[Expectation, ...]:
    """Give the marks of a test that may not have run yet; none where they cannot be read."""
    if EXPECTED not in item.stash:
        try:
            item.stash[EXPECTED] = tuple(read_declared(item).expectations)
        except pytest.fail.Exception:
            item.stash[EXPECTED] = ()
    return item.stash[EXPECTED]


def taken_by(item: pytest.Item) -> str:
    """Name the module whose patch of httpx takes a tenant's requests; empty: none is known to."""
    # What a test tells httpx_mock to leave is the test's own business.
    told = any("should_mock" in mark.kwargs for mark in item.iter_markers("httpx_mock"))
    return "" if told else cloud_of(item.config).covered_by()
