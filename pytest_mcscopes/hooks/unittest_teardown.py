"""Where the body of a `unittest.TestCase` ends: pytest runs its tear-down in the call phase too."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import wraps
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from unittest import TestCase

    import pytest

_TEAR_DOWN = ("asyncTearDown", "tearDown", "doCleanups")
"""What a test case runs after its method. Only `IsolatedAsyncioTestCase` has the first one."""


def find_test_case(item: pytest.Item) -> TestCase | None:
    """Return the instance that a test runs on, if that is a test case."""
    case: object = getattr(item, "instance", None)
    if case is None:
        return None
    from unittest import TestCase

    return case if isinstance(case, TestCase) else None


@contextmanager
def before_teardown(case: TestCase, act: Callable[[], object]) -> Iterator[None]:
    """Do something just before a test case tears down, whichever of its methods that begins with.

    A test that calls one of them itself, to begin anew, goes on afterwards: that does not count.
    What is done is called once for each of these methods.
    """
    own = vars(case)
    before = dict(own)
    wrapped = {}
    for name in _TEAR_DOWN:
        if (method := getattr(case, name, None)) is not None:
            wrapped[name] = own[name] = _after(act, method)
    try:
        yield
    finally:
        for name, method in wrapped.items():
            if own.get(name) is method:  # or else somebody put another one there
                del own[name]
                own.update({name: before[name]} if name in before else {})


def _after(act: Callable[[], object], method: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a method so that something else is done first."""
    if iscoroutinefunction(method):

        @wraps(method)
        async def wait(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever it takes
            if sys._getframe(1).f_globals["__name__"].startswith("asyncio."):  # noqa: SLF001
                act()  # as a task of its own, which nothing of the test awaits
            return await method(*args, **kwargs)

        return wait

    @wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever it takes
        if "__unittest" in sys._getframe(1).f_globals:  # noqa: SLF001
            act()
        return method(*args, **kwargs)

    return call
