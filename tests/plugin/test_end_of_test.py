"""What the end of a marked test costs: how many of our functions, and questions, it takes."""

from __future__ import annotations

from cProfile import Profile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import pytest_mcscopes

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import CodeType

    from suites import Suite

pytestmark = pytest.mark.measured

OURS = str(Path(pytest_mcscopes.__file__).parent)
DRIVER = " SessionDriver."
PASSES = """
    import pytest
    from asking import ask, call

    MARK = pytest.mark.mc_scopes("documents_and_images_read")

    @MARK
    def test_first(mc_tenant):
        "Loads what is loaded late."
        send(mc_tenant)

    @MARK
    def test_profiled(mc_tenant):
        send(mc_tenant)

    def send(tenant):
        token = ask(tenant, "documents_and_images_read")
        assert call(tenant, token, "asset/v1/content/assets/1", "GET") == 200
"""


def name_of(code: CodeType | str) -> str:
    """Name a function of ours, with its file; empty: it has none, or is not ours."""
    if isinstance(code, str) or not code.co_filename.startswith(OURS):
        return ""
    name = code.co_qualname
    return "" if name.endswith(">") else f"{Path(code.co_filename).relative_to(OURS)} {name}"


class Profiling:
    """Sees what is called from a test's last line to its report.

    By a profiler written in C: of one in Python coverage would see nothing.
    """

    def __init__(self) -> None:
        self._profile = Profile()

    def entered(self) -> list[str]:
        """Each call of a function that has a name; a generator's, each time that it goes on."""
        stats = [(name_of(each.code), each.callcount) for each in self._profile.getstats()]
        return [name for name, times in stats if name for _ in range(times)]

    def asked(self) -> list[str]:
        """What others than the session have called of the session's driver."""
        calls = (
            (name_of(call.code), call.callcount)
            for each in self._profile.getstats()
            if not name_of(each.code).startswith("session/")
            for call in each.calls or ()
        )
        return [name for name, times in calls if DRIVER in name for _ in range(times)]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        result = yield
        if pyfuncitem.name == "test_profiled":
            self._profile.enable()
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self) -> Generator[None, Any, Any]:
        report = yield
        self._profile.disable()
        return report


def test_few_functions_are_entered_and_one_question_is_asked(suite: Suite) -> None:
    """Half of the 213, of 121 kinds, that it was before the session concluded a test at once."""
    profile = Profiling()
    suite.run(PASSES, plugins=[profile]).assert_outcomes(passed=2)
    assert profile.asked() == ["session/driver.py SessionDriver.conclude"]
    entered = profile.entered()
    figures = len(entered), len(set(entered))
    assert figures[0] <= 93, "\n".join(map(str, (figures, *entered)))
