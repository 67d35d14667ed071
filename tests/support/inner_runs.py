"""Data files that inner runs write, and a small suite of two files to write them of."""

from __future__ import annotations

import json
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from pytest_mcscopes.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

XDIST = ("-p", "xdist", "-n", "2")
"""Arguments by which an inner run has two workers."""
Line = dict[str, Any]


def files_in(folder: Path) -> list[Path]:
    """What runs have written, the oldest first."""
    return sorted(folder.glob("*.jsonl"), key=lambda path: path.stat().st_mtime_ns)


def read(folder: Path) -> tuple[Line, dict[str, Line]]:
    """The run's line of the only file, and those of its tests by their names."""
    (path,) = files_in(folder)
    run, *tests = map(json.loads, path.read_text().splitlines())
    assert run["tests"] == len(tests) == len({each["test"] for each in tests})
    return run, {each["test"].partition("::")[2]: each for each in tests}


KINDS = """
    import threading

    import pytest
    from asking import ask, call, send

    MAIL = pytest.mark.mc_scopes("email_send")

    @MAIL
    def test_passes(mc_tenant):
        send(mc_tenant, "email_send")

    @MAIL
    def test_over_asks(mc_tenant):
        send(mc_tenant, "email_send email_read")

    @MAIL
    @pytest.mark.xfail
    def test_over_asks_expectedly(mc_tenant):
        send(mc_tenant, "email_send email_read")

    @MAIL
    def test_fails(mc_tenant):
        raise AssertionError

    @pytest.fixture
    def broken(mc_tenant):
        raise AssertionError

    @MAIL
    def test_in_set_up(broken):
        pass

    @MAIL
    def test_skips(mc_tenant):
        pytest.skip()

    @pytest.mark.skip
    @MAIL
    def test_skipped(mc_tenant):
        pass

    def test_unmarked(mc_tenant):
        send(mc_tenant, "email_send")

    def test_unrelated():
        pass

    @MAIL
    @pytest.mark.mc_allow("MCS201", reason="is what it is about")
    def test_denied(mc_tenant):
        token = ask(mc_tenant, "email_send")
        call(mc_tenant, token)
        call(mc_tenant, token, "hub/v1/campaigns", "GET")

    @pytest.mark.mc_scopes("email_send", match="at_least")
    def test_in_threads(mc_tenant):
        asking = ["email_send", "email_send email_read", "email_send sms_read"]
        threads = [threading.Thread(target=send, args=[mc_tenant, each]) for each in asking]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def test_block(mc_tenant):
        with mc_tenant.judged("email_send"):
            send(mc_tenant, "email_send")

    @MAIL
    def test_subtests(mc_tenant, subtests):
        for number in range(3):
            with subtests.test(number=number):
                if number == 1:
                    pytest.skip()
                send(mc_tenant, "email_send")

    @MAIL
    def test_failing_subtest(mc_tenant, subtests):
        send(mc_tenant, "email_send")
        with subtests.test():
            raise AssertionError

    @pytest.fixture
    def leaking():
        yield
        raise AssertionError

    def test_teardown(leaking):
        pass

    @pytest.mark.xfail(strict=False)
    def test_works_after_all():
        pass
"""
"""A test of each kind of outcome."""
TWO = {
    "test_a.py": """
        import pytest
        from asking import send

        class TestIt:
            @pytest.mark.slow
            @pytest.mark.mc_scopes("email_send")
            def test_1(self, mc_tenant):
                send(mc_tenant, "email_send email_read")

        @pytest.mark.mc_scopes("email_send")
        def test_2(mc_tenant):
            send(mc_tenant, "email_send")
    """,
    "test_b.py": """
        def test_3():
            pass

        def test_4():
            pass
    """,
}


def write_two(folder: Path) -> None:
    """Write two files of tests in a folder of their own."""
    (folder / "tests").mkdir()
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = slow\n")
    for name, text in TWO.items():
        (folder / "tests" / name).write_text(dedent(text))


ASSIGNED = """
    [[package]]
    scopes = ["email_read", "email_send", "sms_send"]
"""
UNUSED = {("MCS402", "email_read"), ("MCS402", "sms_send")}
"""What the gate finds of these in the whole suite."""


def check(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    """Run the gate over data files."""
    capsys.readouterr()
    code = main(["check", str(folder), "--json"])
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, document


def assert_not_passed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The gate fails for what is missing, and draws nothing from it."""
    code, document = check(folder, capsys)
    assert (code, document["passed"], document["complete"]) == (1, False, False)
    assert document["why"]
    assert document["failures"]
    of_suite = {"MCS402", "MCS405"}
    assert of_suite.isdisjoint(each["rule"] for each in document["findings"])
    undetermined = {each["rule"] for each in document["undetermined"]}
    assert "MCS402" in undetermined
