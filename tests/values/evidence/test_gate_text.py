"""What the gate says: short, whatever was found, and nothing that moves a cursor."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from facts import call_made, packaged, scopes, token_requested
from gates import TODAY, exception, package, result, run_record
from measuring import unmeasured
from records import EVERYTHING

from pytest_mcscopes.evidence.gate import check_suite, fail_without_record
from pytest_mcscopes.evidence.gate_json import write_gate_json
from pytest_mcscopes.evidence.gate_result import FindingKey
from pytest_mcscopes.evidence.gate_text import describe_gate
from pytest_mcscopes.evidence.read_suite import read_suite
from pytest_mcscopes.privilege.expectation import Allowance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_mcscopes.evidence.results import ResultRecord
    from pytest_mcscopes.settings.assigned_packages import AssignedPackage

SEND = packaged("POST", "/messaging/v1/email/messages/1")
MAIL = scopes("email_send", origin="@pytest.mark.mc_scopes, test_a.py:5")
ASKED = token_requested("email_send", EVERYTHING)
OVER = token_requested("email_read email_send", EVERYTHING)
SENT = call_made(SEND, "email_send")
MANIFEST = (package("email_send"),)
COMMIT = "3fa1b2c4d5e6f708192a3b4c5d6e7f8091a2b3c4"


def sends(number: int = 1) -> ResultRecord:
    return result(f"test_a.py::test_{number}", MAIL, ASKED, SENT)


def over_asks(number: int, **more: Any) -> ResultRecord:  # noqa: ANN401 - of a result
    return result(f"test_b.py::test_{number}", MAIL, OVER, SENT, **more)


def described(
    *records: ResultRecord,
    run: dict[str, Any] | None = None,
    manifest: Sequence[AssignedPackage] = MANIFEST,
    why: tuple[str, ...] = (),
    **more: Any,  # noqa: ANN401 - of check_suite
) -> str:
    suite, line = read_suite(records), run_record(*why, **(run or {}))
    found = check_suite(line, suite, manifest, **{"today": TODAY, **more})
    return "\n".join(describe_gate(line, suite, found))


def test_a_suite_that_passes() -> None:
    """What was looked at, and no more."""
    assert described(sends(), run={"commit": COMMIT, "dirty": True, "combined": ["a", "b"]}) == (
        "MCSCOPES: the gate passes: no finding fails it, 1 test judged.\n"
        '  evidence  1 test of "mailer" at 3fa1b2c4d5e6, with uncommitted changes, of 2 data files:'
        " complete\n"
        "  judged    1"
    )


def test_two_packages_that_lack_the_same() -> None:
    """Each has a line, with the place where it is to be changed."""
    text = described(
        sends(),
        manifest=[package("email_send push_read"), package("push_read", name="reader")],
    )
    idle = "  - push_read is assigned and exercised by no test"
    assert (
        "MCS402 assigned-not-exercised:\n"
        f'{idle} (package "integration", mcscopes.toml:6)\n'
        f'{idle} (package "reader", mcscopes.toml:5)\n'
    ) in text


def test_all_that_there_is_to_say() -> None:
    """The verdict, what fails, what does not, and what to do."""
    allowance = Allowance(rule="MCS102", reason="a known\nslip", origin="mark, test_c.py:9")
    text = described(
        sends(),
        over_asks(1),
        over_asks(2),
        over_asks(3, allowances=[allowance]),
        result("test_d.py::test_4", None, ASKED, SENT),
        result("test_d.py::test_5", MAIL, outcome="failed", aborted=True),
        run={"selections": [{"expression": "not slow", "reason": "run at night"}], "commit": None},
        manifest=[
            package("email_send push_read sms_send", exception("push_read")),
            package("email_read", name="reader", projects=("reader",)),
        ],
        baseline=[
            FindingKey("MCS402", "", "integration", "sms_send", ""),
            FindingKey("MCS102", "gone.py::test", "integration", "a", ""),
        ],
    )
    assert text == (
        "MCSCOPES: the gate fails: 2 MCS102, 1 MCS401.\n"
        '  evidence  6 tests of "mailer": complete\n'
        "  judged    4; not judged: 1 before a token, 1 unmarked\n"
        '  left out  0 tests are left out, as the manifest declares, by -m "not slow" (run at'
        " night)\n"
        "MCS102 excess-scope:\n"
        '  - email_read, package "integration": 2 tests, first test_b.py::test_1 (test_a.py:5)\n'
        "MCS401 requested-not-assigned:\n"
        "  - email_read is requested and not assigned: 3 tests, first test_b.py::test_1"
        ' (package\n    "integration", mcscopes.toml:3)\n'
        "Notes, which fail nothing:\n"
        "  - MCS102 excess-scope: test_b.py::test_3\n"
        "  - MCS404 traffic-without-mark: test_d.py::test_4\n"
        "Known by the baseline: 1 MCS402\n"
        "In the baseline and found no more; --write-baseline FILE writes it anew without:\n"
        "  - MCS102 a integration gone.py::test\n"
        "Undetermined:\n"
        '  - MCS402 of package "reader": not exercised by what there is: email_read; the package is'
        " shared,\n"
        '    and there is no evidence of "reader"\n'
        "Relaxed:\n"
        "  - exception push_read, until it moves (until 2026-11-28, team) (mcscopes.toml:9)\n"
        "  - mc_allow MCS102, a known slip (test_c.py:9): test_b.py::test_3\n"
        "Failed by themselves, which is pytest's to say, and show no use of a scope:"
        " test_d.py::test_5\n"
        "What each rule means and how to be rid of it: mcscopes explain MCS102 MCS401"
    )


def test_evidence_that_is_not_enough() -> None:
    """Each reason, with what to do."""
    text = described(sends(), why=("1 test was left out of the run: run pytest without -k",))
    assert text.splitlines()[0] == ("MCSCOPES: the gate fails: the evidence does not let it pass.")
    assert "The evidence does not let it pass:\n  - 1 test was left out of the run: run" in text
    assert text.endswith("What complete evidence is: mcscopes explain complete")
    text = described(sends(), why=("1 test was left out of the run",), allow_incomplete="a part")
    assert "It is not complete, and need not be:\n  - 1 test was left out of the run" in text


def test_without_a_record() -> None:
    """There is nothing to say of a run."""
    lines = [*describe_gate(None, read_suite(()), fail_without_record())]
    assert lines[1:3] == [
        "The evidence does not let it pass:",
        ("  - there is no record of any test: run pytest --mc-data in the folder of the suite"),
    ]
    document = json.loads(write_gate_json(None, read_suite(()), fail_without_record()))
    assert (document["passed"], document["complete"], document["run"]) == (False, False, None)


@pytest.mark.parametrize("number", [10, 11, 1000])
def test_many_findings_stay_readable(number: int) -> None:
    """Ten lines of a rule, and how many there are besides."""
    records = [
        result(f"test_{each}.py::test", scopes(f"email_send s{each}"), OVER, SENT)
        for each in range(number)
    ]
    describe = unmeasured(described) if number > 11 else described
    lines = describe(*records).splitlines()
    assert len(lines) < 40
    mine = [line for line in lines if "MCS103 missing-scope" in line]
    assert mine == ["MCS103 missing-scope:"]
    more = [line for line in lines if line.startswith("  ... and ")]
    assert more == ([f"  ... and {number - 10} more lines"] if number > 10 else [])


def test_a_missing_scope() -> None:
    """What it asks for is no list of eighty."""
    omitted = token_requested(None, EVERYTHING)
    text = described(result("test_a.py::test", MAIL, omitted, SENT))
    assert re.search(r" and \d\d more, package", " ".join(text.split()))


def test_a_rule_of_a_newer_version() -> None:
    """Its id is all that is known."""
    record = over_asks(1)
    record["findings"][0]["rule"] = "MCS999"
    assert "\nMCS999:\n" in described(record)


def test_names_cannot_move_the_cursor() -> None:
    """They may come from a file of anywhere."""
    record = over_asks(1)
    record["test"] = "test_b.py::\x1b[31mred"
    assert "\x1b" not in described(record)
    assert "::" in described(record)


def test_json() -> None:
    """One document; but for the run, the same for the same records."""
    records = [over_asks(1), result("test_d.py::test_4", None, ASKED, SENT)]
    suite = read_suite(records)
    runs = [run_record(started=when) for when in ("2026-11-28T20:00:00", "2026-11-29T20:00:00")]
    one, two = (
        json.loads(
            write_gate_json(
                run, suite, check_suite(run, suite, [package("email_send")], today=TODAY)
            )
        )
        for run in runs
    )
    assert one.pop("run") != two.pop("run")
    assert one == two
    assert one["findings"][0] == {
        "rule": "MCS102",
        "severity": "error",
        "scope": "email_read",
        "package": "integration",
        "test": "test_b.py::test_1",
        "where": "test_a.py:5",
        "text": 'excess-scope, email_read, package "integration"',
    }
    assert [each["rule"] for each in one["findings"]] == ["MCS102", "MCS401", "MCS404"]
    assert (one["complete"], one["why"], one["production"]) == (True, [], None)
    assert (one["tests"], one["outcomes"]) == (2, {"failed": 1, "passed": 1})
    assert {"undetermined", "relaxed", "known", "gone", "failed"} <= one.keys()
