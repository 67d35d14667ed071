"""Tests that a suite's own hooks keep from pytest, or report in its place: no run is whole then."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import pytest
from inner_runs import XDIST, read

if TYPE_CHECKING:
    from suites import Suite

SUITE = """
    import unittest
    from functools import partial
    from unittest.mock import Mock

    import pytest
    from asking import send

    @pytest.fixture
    def test_fixture():
        pass

    @pytest.mark.mc_scopes("email_send")
    def test_1(mc_tenant):
        send(mc_tenant, "email_send")

    @pytest.mark.mc_scopes("email_send")
    @pytest.mark.parametrize("number", [1, 2])
    def test_over_asks(mc_tenant, number):
        send(mc_tenant, "email_send email_read")

    class TestBase:
        def test_2(self): pass

        @staticmethod
        def test_3(): pass

        def helper(self): pass

    class TestIt(TestBase):
        test_2 = None

        def test_over_asks(self): pass

    class TestWithState:
        def __init__(self): pass

        def test_4(self): pass

    class TestUnit(unittest.TestCase):
        def test_5(self): pass

    class TestNone:
        __test__ = False

        def test_6(self): pass

    def test_none(): pass
    test_none.__test__ = False
    test_mock = Mock()
    test_mock.__name__ = "test_mock"
    test_client = object()
"""


HIDING = {
    "a module without tests": (
        """
        import pytest

        class Empty(pytest.Module):
            def collect(self):
                return []

        def pytest_pycollect_makemodule(module_path, parent):
            if module_path.name == "test_it.py":
                return Empty.from_parent(parent, path=module_path)
        """,
        "6 tests were left out of the run, test_it.py::TestBase, test_it.py::TestIt, *",
    ),
    "a function": (
        """
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_pycollect_makeitem(collector, name):
            if name in {"test_over_asks", "test_3"}:
                return []
        """,
        (
            "4 tests were left out of the run, test_it.py::TestBase::test_3,"
            " test_it.py::TestIt::test_3, test_it.py::TestIt::test_over_asks and 1 more: *"
        ),
    ),
    "a class": (
        """
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_pycollect_makeitem(collector, name):
            if name == "TestIt":
                return []
        """,
        "1 test was left out of the run, test_it.py::TestIt: *",
    ),
    "a file of another kind": (
        """
        import pytest

        class Linted(pytest.File):
            def collect(self):
                return []

        @pytest.hookimpl(wrapper=True)
        def pytest_collect_file(file_path, parent):
            collectors = yield
            if file_path.name == "test_it.py":
                return [Linted.from_parent(parent, path=file_path)]
            return collectors
        """,
        "1 test file was not collected, test_it.py: *",
    ),
    "reports of its own": (
        """
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_protocol(item):
            if "test_over_asks[" not in item.name:
                return None
            for phase in ("setup", "call", "teardown"):
                about = (item.nodeid, item.location, {}, "passed", None, phase)
                item.ihook.pytest_runtest_logreport(report=pytest.TestReport(*about))
            return True
        """,
        (
            "2 tests were reported by another plugin or a conftest.py in place of pytest, first"
            " test_it.py::test_over_asks: *"
        ),
    ),
    "reports of its own, wrapped": (
        """
        import pytest

        @pytest.hookimpl(wrapper=True, tryfirst=True)
        def pytest_runtest_makereport(item, call):
            report = yield
            if call.when != "call" or "over_asks[2" not in item.name:
                return report
            about = (item.nodeid, item.location, {}, "passed", None, call.when)
            return pytest.TestReport(*about)
        """,
        "1 test was reported by another plugin or a conftest.py in place of *, first *_asks: *",
    ),
}


@pytest.mark.measured
@pytest.mark.parametrize(
    ("conftest", "gap", "args"),
    [
        *(pytest.param(*of, (), id=name) for name, of in HIDING.items()),
        *(
            pytest.param(*HIDING[name], XDIST, id=f"{name}, workers")
            for name in ("a function", "reports of its own")
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:cannot collect")
def test_what_is_hidden(suite: Suite, conftest: str, gap: str, args: tuple[str, ...]) -> None:
    """It is counted, and what is hidden is named."""
    suite.pytester.makeconftest(conftest)
    ignoring = ("-W", "ignore::pytest.PytestCollectionWarning")
    suite.run(SUITE, "--mc-data", "--mc-gate", *ignoring, *args)
    run, _ = read(suite.pytester.path / ".mcscopes")
    assert any(fnmatchcase(each, gap) for each in run["why_not_complete"]), run["why_not_complete"]


OTHERS = """
    import pytest

    class Linted(pytest.File):
        def collect(self):
            return [Check.from_parent(self, name="lint")]

    class Examples(pytest.Module):
        def collect(self):
            return [Check.from_parent(self, name="example")]

    class Check(pytest.Item):
        def runtest(self): pass

    class Lint:
        def pytest_collect_file(self, file_path, parent):
            if file_path.suffix == ".py":
                return Linted.from_parent(parent, path=file_path)

    def pytest_configure(config):
        config.pluginmanager.register(Lint())

    def pytest_collect_file(file_path, parent):
        if file_path.suffix == ".py":
            return Examples.from_parent(parent, path=file_path)
"""


@pytest.mark.parametrize(
    ("imported", "more", "args"),
    [
        pytest.param("true", {}, ("--doctest-modules",), id="doctests"),
        pytest.param(
            "false",
            {"test_quiet": "__test__ = False\n\ndef test_8(): pass"},
            (),
            id="a file that says that it has no tests",
        ),
    ],
)
def test_what_is_not(
    suite: Suite, imported: str, more: dict[str, str], args: tuple[str, ...]
) -> None:
    """What pytest makes nothing of by its own rules, and what other plugins collect besides."""
    suite.pytester.makeconftest(OTHERS)
    suite.pytester.makepyfile(
        helpers="def test_helper():\n    '''>>> 1\n    1\n    '''\n",
        test_importing="from helpers import test_helper\n\ndef test_7(): pass",
        **more,
    )
    ignoring = ("-W", "ignore::pytest.PytestCollectionWarning")
    key = ("-o", f"collect_imported_tests={imported}")
    suite.run(SUITE, "--mc-data", *ignoring, *key, *args)
    run, tests = read(suite.pytester.path / ".mcscopes")
    of_keys = [each for each in run["why_not_complete"] if "collect_imported_tests" not in each]
    assert of_keys == []
    assert ("test_helper" in tests) == (imported == "true")
