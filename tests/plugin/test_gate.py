"""`--mc-gate`: a suite is checked at the end of its run, and does not pass by accident."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from inner_runs import XDIST

from pytest_mcscopes.cli.main import main

if TYPE_CHECKING:
    from suites import Suite

MAIL = """
    import pytest
    from asking import ask, call, send

    @pytest.mark.mc_scopes("email_send")
    def test_mail(mc_tenant):
        send(mc_tenant, "email_send")
"""
UNMARKED = """
    def test_unmarked(mc_tenant):
        send(mc_tenant)
"""
SKIPS = """
    @pytest.mark.mc_scopes("sms_send")
    def test_skips(mc_tenant):
        if ask(mc_tenant, "sms_send") is None:
            pytest.skip("Marketing Cloud is not there")
"""
RELAXED = """
    @pytest.mark.mc_scopes("email_send")
    @pytest.mark.xfail
    def test_over_asks_expectedly(mc_tenant):
        send(mc_tenant, "email_send email_read")

    @pytest.mark.mc_scopes("email_send")
    @pytest.mark.mc_allow("MCS101", reason="the old client")
    def test_omits(mc_tenant):
        send(mc_tenant)

    @pytest.mark.mc_scopes("email_send", match="at_least")
    def test_at_least(mc_tenant):
        send(mc_tenant)

    @pytest.mark.mc_scopes("email_send")
    def test_logs(mc_tenant, caplog):
        import logging
        logging.getLogger().warning(ask(mc_tenant, "email_send"))

    @pytest.mark.mc_no_token(refused=True, reason="it is not allowed")
    def test_is_refused(mc_tenant):
        ask(mc_tenant, "sms_send")

    def test_unmarked(mc_tenant):
        send(mc_tenant)
"""
MANIFEST = '[[package]]\nscopes = ["email_send"]\n'


WITH_EXCEPTION = """
[[package]]
scopes = ["email_send", "email_read"]

[[package.exception]]
scope = "email_read"
reason = "it moves"
owner = "us"
expires = 2999-12-31

[[route]]
method = "GET"
path = "/own/v1"
all_of = ["email_send"]
"""


@pytest.fixture(autouse=True)
def folder(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The suite's folder, with a manifest, which is where we are."""
    monkeypatch.chdir(suite.pytester.path)
    Path("mcscopes.toml").write_text(MANIFEST)
    return suite.pytester.path


def verdict_of(result: pytest.RunResult) -> str:
    """What the gate says first."""
    lines = [line for line in result.outlines if line.startswith("MCSCOPES: the gate ")]
    assert len(lines) <= 1
    return lines[0].removeprefix("MCSCOPES: the gate ") if lines else ""


def test_a_suite_that_passes(suite: Suite) -> None:
    """By the option or by the setting; without either nothing is said, and no file is written."""
    for args in (["--mc-gate"], ["-o", "mc_gate=true"], ["--mc-gate", *XDIST]):
        result = suite.run(MAIL, *args)
        assert verdict_of(result) == "passes: no finding fails it, 1 test judged."
        assert result.ret == pytest.ExitCode.OK
    assert verdict_of(suite.run(MAIL)) == ""
    assert not Path(".mcscopes").exists()


@pytest.mark.parametrize(
    ("source", "args", "verdict"),
    [
        pytest.param(
            MAIL + '\n    pytestmark = pytest.mark.mc_scopes("email_send", "sms_send",'
            ' match="at_most")\n\n    def test_union(mc_tenant):\n'
            '        send(mc_tenant, "email_send")\n',
            (),
            "fails: 1 MCS405.",
            id="a padded union",
        ),
        pytest.param(
            MAIL, ("tests/unit",), "fails: the evidence does not let it pass.", id="a path"
        ),
        pytest.param(
            MAIL + UNMARKED,
            ("-k", "unmarked"),
            "fails: the evidence does not let it pass.",
            id="-k unmarked",
        ),
        pytest.param(
            MAIL,
            ("--mc-shard", "1/2"),
            "fails: the evidence does not let it pass.",
            id="a shard of two",
        ),
        pytest.param(
            MAIL + UNMARKED, ("--mc-fail-unmarked",), "fails: 1 MCS404.", id="an unmarked test"
        ),
        pytest.param(MAIL + SKIPS, (), "fails: 1 MCS401.", id="a skip in place of a failure"),
        pytest.param(
            "def test_it():\n    pass",
            (),
            "fails: the evidence does not let it pass.",
            id="nothing judged",
        ),
        pytest.param("", (), "fails: the evidence does not let it pass.", id="no test"),
    ],
)
def test_what_is_not_to_go_green(
    suite: Suite, source: str, args: tuple[str, ...], verdict: str
) -> None:
    """The run fails, whatever its tests came to; pytest's own exit code is kept."""
    Path("tests/unit").mkdir(parents=True)
    Path("tests/unit/test_unit.py").write_text("def test_unit():\n    pass\n")
    Path("tests/unit/conftest.py").touch()
    result = suite.run(source, "--mc-gate", *args)
    assert verdict_of(result) == verdict
    assert result.ret in {pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED}


@pytest.mark.measured
@pytest.mark.parametrize(
    ("manifest", "verdict"),
    [
        pytest.param(MANIFEST, "fails: the evidence does not let it pass.", id="a manifest"),
        pytest.param(
            "[[package",
            "passes: no finding fails it, 1 test judged; MCS401 and MCS402 undetermined.",
            id="one that is none",
        ),
        pytest.param(
            "",
            "passes: no finding fails it, 1 test judged; MCS401 and MCS402 undetermined.",
            id="an empty one",
        ),
    ],
)
def test_a_manifest_that_is_not_read(suite: Suite, manifest: str, verdict: str) -> None:
    """One above pytest's root directory is easily taken for the one that is checked against."""
    Path("mcscopes.toml").write_text(manifest)
    Path("service").mkdir()
    Path("service/pytest.ini").write_text("[pytest]\n")
    Path("service/test_it.py").write_text(dedent(MAIL))
    there = ("-c", "service/pytest.ini", "-o", "pythonpath=..")
    result = suite.run_files("--mc-gate", *there, "service")
    assert verdict_of(result) == verdict
    unread = "which this run did not read" in " ".join(" ".join(result.outlines).split())
    assert unread == verdict.startswith("fails")


class TestWhatIsRelaxed:
    """What lets tests pass is named, and fails who asks for it by --fail-on."""

    @pytest.fixture
    def run_of_all(self, suite: Suite) -> pytest.RunResult:
        """A run whose every test passes, one way or another, with its data file."""
        Path("mcscopes.toml").write_text(WITH_EXCEPTION)
        own = '        call(mc_tenant, ask(mc_tenant, "email_send"), "own/v1", "GET")\n'
        source = f"{MAIL}{own}{RELAXED}"
        return suite.run(source, "--mc-gate", "--mc-data", "-o", "mc_rules=MCS305=note")

    def test_each_is_named(
        self, run_of_all: pytest.RunResult, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """By the gate of the run as by the command."""
        assert run_of_all.ret == pytest.ExitCode.OK
        lines = run_of_all.outlines
        start = lines.index("MCSCOPES: the gate passes: no finding fails it, 6 tests judged.")
        capsys.readouterr()
        assert main(["check"]) == 0
        told = capsys.readouterr().out.splitlines()
        assert lines[start : start + len(told)] == told
        assert told[told.index("Notes, which fail nothing:") :] == [
            "Notes, which fail nothing:",
            "  - MCS101 scope-omitted: 2 tests, first test_it.py::test_at_least",
            "  - MCS102 excess-scope: test_it.py::test_over_asks_expectedly",
            "  - MCS303 token-not-reused: test_it.py::test_mail",
            "  - MCS305 secret-or-token-in-log: test_it.py::test_logs",
            "  - MCS404 traffic-without-mark: test_it.py::test_unmarked",
            "Relaxed:",
            "  - exception email_read, it moves (until 2999-12-31, us) (mcscopes.toml:5)",
            "  - own catalogue entry GET /own/v1: test_it.py::test_mail",
            "  - at_least (test_it.py:19): test_it.py::test_at_least",
            "  - mc_allow MCS101, the old client (test_it.py:15): test_it.py::test_omits",
            "  - mc_no_token refused=True (test_it.py:28): test_it.py::test_is_refused",
            "  - mc_rules MCS305: test_it.py::test_logs",
            "  - xfail MCS102: test_it.py::test_over_asks_expectedly",
        ]
        for rule in ("MCS101", "MCS102", "MCS303", "MCS305", "MCS404"):
            assert main(["check", "--fail-on", rule]) == 1
            assert f"the gate fails: {2 if rule == 'MCS101' else 1} {rule}" in (
                capsys.readouterr().out
            )


BLOCKS = """
    from asking import ask, call, send
    import pytest

    def test_block(mc_tenant):
        token = ask(mc_tenant, "campaign_read email_send")
        call(mc_tenant, token, "hub/v1/campaigns", "GET")
        with mc_tenant.judged("email_send"):
            send(mc_tenant, "email_send")

    def test_expected(mc_tenant):
        with mc_tenant.expect_findings("MCS102"), mc_tenant.judged("email_send"):
            send(mc_tenant, "email_send email_read")

    @pytest.mark.mc_scopes("email_send")
    def test_skips(mc_tenant):
        ask(mc_tenant, "email_send email_read")
        pytest.skip("it is not there")
"""


@pytest.mark.parametrize("args", [(), XDIST], ids=["serial", "xdist"])
def test_blocks_and_skips(suite: Suite, args: tuple[str, ...]) -> None:
    """What a block does not cover shows no use; what it expects, and what a skip ends, is said."""
    Path("mcscopes.toml").write_text(
        '[[package]]\nscopes = ["campaign_read", "email_read", "email_send"]\n'
    )
    result = suite.run(BLOCKS, "--mc-gate", *args)
    assert verdict_of(result) == "fails: 2 MCS402."
    result.stdout.fnmatch_lines(
        [
            "  - campaign_read is assigned *",
            "Relaxed:",
            "  - expect_findings MCS102: test_it.py::test_expected",
            "  - skip, after it had asked for a token, *: test_it.py::test_skips",
        ]
    )


def test_a_part_of_the_suite(suite: Suite) -> None:
    """It fails unless a part will do, which the gate says; nothing is done to collect only."""
    source = MAIL + UNMARKED
    result = suite.run(source, "--mc-gate-partial", "-k", "mail")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        [
            "MCSCOPES: the gate passes: *",
            "  evidence  1 test of *: not complete",
            "  - incomplete evidence, mc_gate_partial",
        ]
    )
    result = suite.run(source, "-o", "mc_gate_partial=true", "-k", "mail")
    assert verdict_of(result) == ""
    result = suite.run(source, "--mc-gate", "-o", "mc_gate_partial=true", "-k", "mail")
    assert verdict_of(result).startswith("passes: ")
    result = suite.run(source, "--mc-gate", "--collect-only")
    assert (verdict_of(result), result.ret) == ("", pytest.ExitCode.OK)


def test_the_exit_code_of_pytest_is_kept(suite: Suite) -> None:
    """Where it is not 0 already: interrupted, or no tests."""
    stops = "\n    def test_stops():\n        pytest.exit()\n"
    result = suite.run(MAIL + stops, "--mc-gate")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert verdict_of(result) == "fails: the evidence does not let it pass."
    assert suite.run("", "--mc-gate").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_failure_of_its_own(suite: Suite) -> None:
    """It is pytest's to fail: the gate counts it, and finds what it does not show."""
    fails = """
    @pytest.mark.mc_scopes("email_read")
    def test_fails(mc_tenant):
        ask(mc_tenant, "email_read")
        raise AssertionError
    """
    Path("mcscopes.toml").write_text('[[package]]\nscopes = ["email_read", "email_send"]\n')
    result = suite.run(MAIL + fails, "--mc-gate")
    assert verdict_of(result) == "fails: 1 MCS402."
    assert "show no use of a scope: test_it.py::test_fails" in result.stdout.str()
