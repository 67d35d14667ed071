"""What the end of a marked test costs: how many of our functions, and questions, it takes."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import pytest_mcscopes

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType

    from suites import Suite

OURS = str(Path(pytest_mcscopes.__file__).parent)
SESSION = str(Path(OURS) / "session")
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


@dataclass(eq=False)  # plugins are hashed
class Profile:
    """Which functions of the package are entered from a test's last line to its report."""

    entered: list[str] = field(default_factory=list)
    """Those that have a name: no comprehension and no lambda. A generator counts each time that
    it goes on."""
    asked: list[str] = field(default_factory=list)
    """Those of the session's driver that others than the session have called."""

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        code, caller = frame.f_code, frame.f_back
        named = not code.co_qualname.endswith(">")
        if event != "call" or not named or not code.co_filename.startswith(OURS):
            return
        self.entered.append(f"{Path(code.co_filename).relative_to(OURS)} {code.co_qualname}")
        by_session = caller is not None and caller.f_code.co_filename.startswith(SESSION)
        if code.co_qualname.startswith("SessionDriver.") and not by_session:
            self.asked.append(code.co_qualname)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        result = yield
        if pyfuncitem.name == "test_profiled":
            sys.setprofile(self)
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self) -> Generator[None, Any, Any]:
        report = yield
        sys.setprofile(None)
        return report


def test_few_functions_are_entered_and_one_question_is_asked(suite: Suite) -> None:
    """Half of the 213, of 121 kinds, that it was before the session concluded a test at once."""
    profile = Profile()
    suite.run(PASSES, plugins=[profile]).assert_outcomes(passed=2)
    assert profile.asked == ["SessionDriver.conclude"]
    figures = len(profile.entered), len(set(profile.entered))
    assert figures[0] <= 106, "\n".join(map(str, (figures, *profile.entered)))
