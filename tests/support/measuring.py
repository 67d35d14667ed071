"""Runs at full speed what other tests measure: coverage doubles the time of all that is called."""

from __future__ import annotations

import sys
import threading
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def unmeasured(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Give a function that calls another without coverage's tracer.

    For long loops over what shorter tests reach as well: a line that nobody else
    reaches is missing in the report. Threads that are started meanwhile are not measured.
    """

    @wraps(function)
    def call(*args: Arguments.args, **named: Arguments.kwargs) -> Result:
        tracer, of_threads = sys.gettrace(), threading.gettrace()
        threading.settrace(None)
        try:
            # In one line: the next one is not measured.
            return (sys.settrace(None), function(*args, **named))[1]  # type: ignore[func-returns-value]
        finally:
            threading.settrace(of_threads)
            # In this very frame: coverage keeps a stack of those that it has seen entered.
            sys.settrace(tracer)

    return call


@pytest.hookimpl(wrapper=True, tryfirst=True)
def unmeasured_hooks() -> Generator[None, object, object]:
    """Wrap a hook of pytest's, all of which is then called without coverage's tracer.

    Where it raises, which ends the run, the tracer stays off.
    """
    tracer = sys.gettrace()
    # In one line: the next one is not measured.
    return (sys.settrace(None), (yield), sys.settrace(tracer))[1]  # type: ignore[func-returns-value]
