"""The life of one test: its set-up, its call phase, and how it fails by what was found."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from ..markers.levels import Declared, marks_of_nodes
from ..session.conclusion import BodyEnd
from .collection import read_declared, refuse_late_marks
from .fixture_names import in_words_of
from .fixtures import begin_test, closure_of, driver_of, reuse_defaults
from .idle_marks import find_idle_marks
from .more import with_more
from .siblings import find_siblings
from .start import first_package
from .stash import ATTEMPT, DRIVER, RUNNING, SUMMARY, TENANTS, UNLOGGED, Attempt
from .unittest_teardown import before_teardown, find_test_case

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from unittest import TestCase


def set_up(item: pytest.Item) -> None:
    """Read the marks of a test that is about to be set up, and make it ready to be judged."""
    _begin(item, Attempt(read_declared(item), marks_of_nodes(item)))


def begin_unmarked(item: pytest.Item) -> None:
    """Make a running test ready which had no marks of ours when it was set up."""
    _begin(item, Attempt(Declared(), ()))


def _begin(item: pytest.Item, attempt: Attempt) -> None:
    stash = item.config.stash
    item.stash[ATTEMPT] = attempt
    stash[RUNNING] = item
    summary, judged = stash[SUMMARY], bool(attempt.declared.expectations)
    summary.begin(item.nodeid)
    stash[UNLOGGED].begin_attempt(item)
    if judged:
        names: list[str] = getattr(item, "fixturenames", [])
        if TENANTS.isdisjoint(names):
            names.insert(0, "mc_tenant")
    reuse_defaults(item)
    if DRIVER in stash:
        begin_test(stash[DRIVER], item, attempt)
    elif judged or summary.recording:
        driver_of(item.config)


def judging(item: pytest.Item) -> Generator[None, object, object]:
    """Watch the call phase of a test, and fail it by what the session concludes."""
    attempt = item.stash[ATTEMPT]
    refuse_late_marks(item, attempt.marks, "while the test was set up")
    try:
        if (case := _watch(item, attempt)) is None:
            result = yield
        else:
            with before_teardown(case, item.config.stash[DRIVER].end_window):
                result = yield
    except BaseException as error:
        if _is_skip(error):
            _conclude(item, aborted=True, judged=False, fails_by="blocks", shown=[error])
        else:
            _conclude(item, aborted=True, judged=_is_failure(error), fails_by="nothing")
        raise
    if results := _unittest_results(item):
        _conclude_unittest(item, [each.value for each in results])
    elif item.config.stash[SUMMARY].failed_within:
        _conclude(item, aborted=True, fails_by="blocks")
    else:
        _conclude(item)
        refuse_late_marks(item, attempt.marks, "while the test ran")
        if text := attempt.idle.own:
            pytest.fail(with_more(text), pytrace=False)
    return result


def _watch(item: pytest.Item, attempt: Attempt) -> TestCase | None:
    """Let the session watch the body of a test; return the test case that it ends with."""
    attempt.in_body = True
    watched = bool(attempt.declared.expectations) or item.config.stash[SUMMARY].recording
    if DRIVER in item.config.stash:
        item.config.stash[DRIVER].begin_body(watched=watched)
    return find_test_case(item) if watched else None


def _conclude_unittest(item: pytest.Item, results: Sequence[BaseException]) -> None:
    """Conclude a test of a `TestCase`, which has kept what it failed by or was skipped by."""
    if any(map(_is_failure, results)):
        # A unittest's own failure wins, and shows those of blocks as a section.
        _conclude(item, aborted=True, fails_by="nothing", shown=results)
    else:
        # A skip does not win: the block had failed before.
        _conclude(item, judged=False, fails_by="blocks", shown=results)


def _conclude(item: pytest.Item, **end: Any) -> None:  # noqa: ANN401 - fields of BodyEnd
    """Ask the session what a test comes to whose body has ended, and fail it by that."""
    attempt, stash = item.stash[ATTEMPT], item.config.stash
    attempt.in_body = False
    closure = frozenset(closure_of(item))
    if closure & TENANTS:
        attempt.idle = find_idle_marks(item, attempt, closure)
    if DRIVER not in stash:
        return
    attempt.conclusion = found = stash[DRIVER].conclude(
        BodyEnd(
            expectations=attempt.declared.expectations,
            fixtures=closure,
            # A test without a function, such as a doctest's, has no decorators either.
            function=getattr(item, "obj", None),
            leaves_hosts_out=partial(leaves_hosts_out, item),
            own_packages=_own_packages(item) if stash[SUMMARY].recording else None,
            siblings=partial(find_siblings, item),
            **end,
        )
    )
    if found.failure:
        _unittest_results(item).clear()  # or else pytest would report the skip
        pytest.fail(with_more(in_words_of(item, found.failure)), pytrace=False)
    if found.raised:
        _raise_from_port(found.raised)


def _own_packages(item: pytest.Item) -> frozenset[str]:
    """Name the packages that marks on the very test configure."""
    first = first_package(item.config)
    own_marks = (mark for mark in item.own_markers if mark.name == "mc_package")
    return frozenset(mark.kwargs.get("name", first) for mark in own_marks)


def leaves_hosts_out(item: pytest.Item) -> bool:
    """Tell whether a test tells httpx_mock what to leave, which is the test's own business."""
    return any("should_mock" in mark.kwargs for mark in item.iter_markers("httpx_mock"))


def _raise_from_port(error: BaseException) -> NoReturn:
    """Fail a test by what was raised, by a stub or by us, while a port answered it."""
    error.add_note("MCSCOPES: this was raised while a port of the tenant was called.")
    raise error


def fail_teardown(item: pytest.Item, marks: Sequence[pytest.Mark]) -> None:
    """Fail the teardown of a test by late marks, by what ports raised and by what blocks found.

    The *marks* are those that the test had when the teardown began.
    """
    refuse_late_marks(item, marks, "while the test was torn down")
    if DRIVER not in item.config.stash:
        return
    driver = item.config.stash[DRIVER]
    for error in driver.take_errors():
        _raise_from_port(error)
    if failures := driver.take_failures():
        pytest.fail(with_more(in_words_of(item, "\n".join(failures))), pytrace=False)


def _is_failure(error: BaseException) -> bool:
    """Tell a failure from a skip, an expected failure and the end of the session."""
    others = (pytest.xfail.Exception, pytest.exit.Exception, KeyboardInterrupt)
    return not (isinstance(error, others) or _is_skip(error))


def _is_skip(error: BaseException) -> bool:
    from unittest import SkipTest

    return isinstance(error, (pytest.skip.Exception, SkipTest))


def _unittest_results(item: pytest.Item) -> list[pytest.ExceptionInfo[BaseException]]:
    # unittest hands its results to the item, which keeps them for makereport.
    return getattr(item, "_excinfo", None) or []
