"""The same suite gives the same evidence, in one process or many, in one run or several."""

from __future__ import annotations

import json
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from inner_runs import ASSIGNED, KINDS, XDIST, assert_not_passed, check, files_in, read

from pytest_mcscopes.cli.main import main

if TYPE_CHECKING:
    from suites import Suite

WAYS = {
    "serial": (),
    "load": (*XDIST, "--junitxml=junit.xml"),
    "loadfile": (*XDIST, "--dist=loadfile"),
    "worksteal": (*XDIST, "--dist=worksteal"),
}


def test_however_it_is_run(suite: Suite, capsys: pytest.CaptureFixture[str]) -> None:
    """The records are the same to the byte, and so is the verdict; nothing of it is in JUnit's."""
    here = suite.pytester.path
    (here / "mcscopes.toml").write_text(
        '[[package]]\nscopes = ["email_read", "email_send", "sms_read", "journeys_read"]'
    )
    verdicts = {}
    for way, args in WAYS.items():
        result = suite.run(KINDS, "--mc-data", f"--mc-data-dir={way}", *args)
        verdicts[way] = (result.ret, suite.told(result))
    assert verdicts == dict.fromkeys(WAYS, verdicts["serial"])
    shards = (("-k", "over or skip", *XDIST), ("-k", "not (over or skip)"))
    for number, args in enumerate(shards, start=1):
        suite.run(KINDS, "--mc-data", "--mc-data-dir=shards", f"--mc-shard={number}/2", *args)
    parts = [str(path) for path in files_in(here / "shards")]
    for way, files in (("forth", parts), ("back", parts[::-1])):
        assert main(["combine", *files, "-o", str(here / f"{way}.jsonl")]) == 0
    whole = {way: files_in(here / way)[0] for way in WAYS}
    whole |= {way: here / f"{way}.jsonl" for way in ("forth", "back")}
    lines = {way: file.read_text().splitlines() for way, file in whole.items()}
    assert all(json.loads(run)["complete"] for run, *_ in lines.values())
    _, *serial = lines["serial"]
    assert {way: tests for way, (_, *tests) in lines.items()} == dict.fromkeys(whole, serial)
    assert "mcscopes_" not in (here / "junit.xml").read_text()
    found = {way: check(file, capsys) for way, file in whole.items()}
    for _, document in found.values():
        del document["run"]
    assert found == dict.fromkeys(whole, found["serial"])
    code, document = found["serial"]
    assert (code, document["complete"]) == (1, True)
    assert {each["rule"] for each in document["findings"]} > {"MCS102", "MCS402"}


def test_reruns(suite: Suite) -> None:
    """They are the same but for the earlier attempts; of a test the last attempt counts."""
    source = f"""{KINDS}
    ATTEMPTS = []

    @MAIL
    def test_passes_in_the_end(mc_tenant):
        ATTEMPTS.append("email_send email_read")
        send(mc_tenant, ATTEMPTS[0] if len(ATTEMPTS) == 1 else "email_send")
    """
    here = suite.pytester.path
    for folder, args in (("plain", ["--reruns=0"]), ("again", ["--reruns=1", *XDIST])):
        suite.run(
            source, "--mc-data", f"--mc-data-dir={folder}", "-p", "pytest_rerunfailures", *args
        )
    run, again = read(here / "again")
    _, plain = read(here / "plain")
    assert run["complete"]
    once, mended = (each.pop("test_passes_in_the_end") for each in (plain, again))
    assert (once["outcome"], once["earlier"]) == ("failed", [])
    assert (mended["outcome"], mended["findings"]) == ("passed", [])
    assert mended["earlier"] == [{"outcome": "failed", "findings": once["findings"]}]
    failing = {name for name, test in plain.items() if test["outcome"] in {"failed", "error"}}
    assert {name for name, test in again.items() if test["earlier"]} == failing
    assert {name: test | {"earlier": []} for name, test in again.items()} == plain


KILLED = """
    import os
    import signal

    import pytest
    from asking import send

    @pytest.mark.mc_scopes("email_send")
    @pytest.mark.parametrize("number", range(6))
    def test_passes(mc_tenant, number):
        send(mc_tenant, "email_send")
        how = os.environ.get("DIES") if number == 3 else None
        if how == "by itself":
            os._exit(0)
        if how == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.measured
def test_a_killed_worker(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its test stands there as crashed; every other is what it would have been."""
    here = suite.pytester.path
    (here / "mcscopes.toml").write_text(dedent(ASSIGNED))
    suite.run(KILLED, "--mc-data", "--mc-data-dir=whole")
    _, whole = read(here / "whole")
    del whole["test_passes[3]"]
    monkeypatch.setenv("DIES", "killed")
    suite.run(KILLED, "--mc-data", *XDIST)
    run, tests = read(here / ".mcscopes")
    crashed = tests.pop("test_passes[3]")
    assert tests == whole
    assert (crashed["outcome"], crashed["why_not_judged"]) == ("crashed", "crashed")
    assert crashed["parts"] == []
    (gap,) = run["why_not_complete"]
    assert gap == (
        "a worker process of pytest-xdist crashed in test_it.py::test_passes[3]: run that"
        " without -n to see why"
    )
    assert_not_passed(here / ".mcscopes", capsys)


def test_a_killed_process_without_workers(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """pytest's exit code is what the test makes it; the gate fails, until a whole run follows."""
    here = suite.pytester.path
    data = here / ".mcscopes"
    (here / "mcscopes.toml").write_text('[[package]]\nscopes = ["email_send"]')
    suite.run(KILLED, "--mc-data")
    assert check(data, capsys)[0] == 0
    monkeypatch.setenv("DIES", "by itself")
    plugin = ("-p", "pytest_mcscopes.plugin", "-o", "pythonpath=.")
    result = suite.pytester.runpytest_subprocess(*plugin, "--mc-data", "--mc-gate")
    _, killed = files_in(data)
    assert (result.ret, len(killed.read_text().splitlines())) == (0, 1)
    for evidence in (killed, data):
        code, document = check(evidence, capsys)
        assert (code, document["complete"]) == (1, False)
        assert document["failures"][-1].startswith(
            f"{killed.name} is of a run that has not ended: the process was killed, left by "
        )
    monkeypatch.delenv("DIES")
    suite.run(KILLED, "--mc-data")
    code, document = check(data, capsys)
    assert (code, document["complete"], len(document["run"]["combined"])) == (0, True, 2)
    assert [(each["by"], each["what"]) for each in document["relaxed"]] == [
        ("superseded", killed.name),
        ("mixed evidence", ""),
    ]
