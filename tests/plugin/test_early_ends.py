"""Runs that end before their end: nothing that they leave behind passes for a run that passed."""

from __future__ import annotations

import json
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from inner_runs import ASSIGNED, XDIST, assert_not_passed, files_in

if TYPE_CHECKING:
    from suites import Suite

pytestmark = pytest.mark.measured

LOOKS = """
    import shutil
    from pathlib import Path

    import pytest
    from asking import send

    @pytest.mark.mc_scopes("email_send")
    def test_1(mc_tenant):
        send(mc_tenant, "email_send")
        shutil.copytree(".mcscopes", "copied")

    def test_2():
        pass
"""


@pytest.mark.parametrize("args", [(), XDIST], ids=["serial", "xdist"])
def test_while_it_runs(
    suite: Suite, args: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """One file says that the run has not ended; at its end another one is there in its place."""
    (suite.pytester.path / "mcscopes.toml").write_text(dedent(ASSIGNED))
    suite.run(LOOKS, "--mc-data", *args)
    (then,) = files_in(suite.pytester.path / "copied")
    (now,) = files_in(suite.pytester.path / ".mcscopes")
    assert then.name == now.name
    begun, ended = (json.loads(each.read_text().splitlines()[0]) for each in (then, now))
    assert (begun["complete"], begun["tests"], begun["seen"]["unended"]) == (False, 0, [now.name])
    assert (ended["complete"], ended["tests"], ended["seen"]["unended"]) == (True, 2, [])
    same = ("id", "commit", "started", "digests", "project", "shards")
    assert [begun[key] for key in same] == [ended[key] for key in same]
    assert_not_passed(then, capsys)


LEAVING = """
    import pytest

    @pytest.hookimpl(tryfirst=True)
    def pytest_{}(session):
        pytest.exit("that is enough", returncode=0)
"""


@pytest.mark.parametrize(
    "hook",
    ["sessionstart", "collection", "collection_modifyitems", "runtestloop"],
)
def test_by_pytest_exit(suite: Suite, hook: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With exit code 0, wherever: it is no run that passed, and says why."""
    (suite.pytester.path / "mcscopes.toml").write_text(dedent(ASSIGNED))
    suite.pytester.makeconftest(LEAVING.format(hook))
    result = suite.run(LOOKS, "--mc-data", "--mc-gate", "--mc-fail-unjudged")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines_random(
        [
            "MCSCOPES: the gate fails: the evidence does not let it pass.",
            "MCSCOPES: mc_fail_unjudged is on, and no test was judged. *",
            "the data of 0 tests are in .mcscopes*, not complete:",
        ]
    )
    assert_not_passed(suite.pytester.path / ".mcscopes", capsys)


def test_by_pytest_exit_at_the_end(suite: Suite) -> None:
    """What had run to its end is all there, and is judged."""
    (suite.pytester.path / "mcscopes.toml").write_text(dedent(ASSIGNED))
    suite.pytester.makeconftest(LEAVING.format("sessionfinish"))
    result = suite.run(LOOKS, "--mc-data", "--mc-gate", "-p", "no:terminal")
    assert result.ret == pytest.ExitCode.TESTS_FAILED  # by MCS402
    (path,) = files_in(suite.pytester.path / ".mcscopes")
    assert json.loads(path.read_text().splitlines()[0])["complete"]


def test_before_there_is_a_session(suite: Suite) -> None:
    """A hook that refuses the run is heard; that the run began is said all the same."""
    suite.pytester.makeconftest(
        """
        import pytest

        @pytest.hookimpl(trylast=True)
        def pytest_configure():
            raise pytest.UsageError("not today")
        """
    )
    result = suite.run(LOOKS, "--mc-data", "--mc-gate")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: not today"])
    (path,) = files_in(suite.pytester.path / ".mcscopes")
    assert json.loads(path.read_text())["seen"]["unended"] == [path.name]
