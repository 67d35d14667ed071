"""What is called without coverage's tracer; tox runs these with it."""

from __future__ import annotations

import sys
from functools import partial

import pluggy
import pytest
from measuring import unmeasured, unmeasured_hooks


def test_it_is_off_for_the_call() -> None:
    """And on again after it."""
    tracer = sys.gettrace()
    assert unmeasured(sys.gettrace)() is None
    assert sys.gettrace() is tracer


def test_it_is_on_after_an_error() -> None:
    tracer = sys.gettrace()
    nothing: dict[str, int] = {}
    with pytest.raises(KeyError):
        unmeasured(nothing.__getitem__)("key")
    assert sys.gettrace() is tracer


def test_what_is_called_may_set_it() -> None:
    tracer = sys.gettrace()
    unmeasured(partial(sys.settrace, tracer))()
    assert sys.gettrace() is tracer


class Wrapped:
    """What calls a hook without the tracer."""

    pytest_looks = staticmethod(unmeasured_hooks)


class Looking:
    """What the hook calls."""

    # In one line, which is measured where it is written.
    pytest_looks = pytest.hookimpl(lambda _: f"the tracer is {sys.gettrace()}")


def test_it_is_off_for_a_hook() -> None:
    """And on again after it; what the hook finds is given."""
    tracer = sys.gettrace()
    plugins = pluggy.PluginManager("pytest")
    plugins.register(Wrapped())
    plugins.register(Looking())
    assert plugins.hook.pytest_looks() == ["the tracer is None"]
    assert sys.gettrace() is tracer
