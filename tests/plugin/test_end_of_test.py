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
    from types import CodeType, FrameType

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
    """What is called from a test's last line to its report."""

    calls: list[tuple[CodeType, CodeType | None]] = field(default_factory=list)
    """Each with the one that called."""

    def __call__(  # pragma: no cover - a profiler is not traced
        self, frame: FrameType, event: str, _: object
    ) -> None:
        if event == "call":
            self.calls.append((frame.f_code, frame.f_back.f_code if frame.f_back else None))

    def named(self) -> list[tuple[CodeType, CodeType | None]]:
        """The calls of functions that have a name: of no comprehension, and no lambda.

        A generator counts each time that it goes on.
        """
        ours = (call for call in self.calls if call[0].co_filename.startswith(OURS))
        return [call for call in ours if not call[0].co_qualname.endswith(">")]

    def entered(self) -> list[str]:
        """The functions that were entered, each with its file."""
        codes = (code for code, _ in self.named())
        return [f"{Path(each.co_filename).relative_to(OURS)} {each.co_qualname}" for each in codes]

    def asked(self) -> list[str]:
        """Those of the session's driver that others than the session have called."""
        return [
            code.co_qualname
            for code, caller in self.named()
            if code.co_qualname.startswith("SessionDriver.")
            and not (caller and caller.co_filename.startswith(SESSION))
        ]

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
    assert profile.asked() == ["SessionDriver.conclude"]
    entered = profile.entered()
    figures = len(entered), len(set(entered))
    assert figures[0] <= 106, "\n".join(map(str, (figures, *entered)))
