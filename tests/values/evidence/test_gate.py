"""What fails the gate beside findings, what is known by a baseline, and what was relaxed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from facts import call_made, packaged, requirements, scopes, token_requested
from gates import check, package, result, run_record, summaries
from records import EVERYTHING

from pytest_mcscopes.catalogue.call_requirements import YOURS
from pytest_mcscopes.errors import McScopesError
from pytest_mcscopes.evidence.baseline import read_baseline, write_baseline
from pytest_mcscopes.evidence.completeness import NOTHING_JUDGED
from pytest_mcscopes.evidence.gate_result import FindingKey, GateFinding

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_mcscopes.evidence.gate_result import GateResult
    from pytest_mcscopes.evidence.results import ResultRecord

A, B, C = "test_a.py::test_a", "test_b.py::test_b", "test_c.py::test_c"
SEND = packaged("POST", "/messaging/v1/email/messages/1")
MAIL = scopes("email_send", origin="@pytest.mark.mc_scopes, test_a.py:5")
ASKED = token_requested("email_send", EVERYTHING)
OVER = token_requested("email_read email_send", EVERYTHING)
SENT = call_made(SEND, "email_send")
GAP = "1 test file was not collected"


def sends(test: str = A) -> ResultRecord:
    return result(test, MAIL, ASKED, SENT)


def over_asks(test: str = A) -> ResultRecord:
    return result(test, MAIL, OVER, SENT)


@pytest.mark.parametrize("reason", ["", "a part will do"])
def test_nothing_to_judge_by(reason: str) -> None:
    """No record, or none of a judged test: no reason makes that pass."""
    nothing = check(why=(GAP,), allow_incomplete=reason)
    unjudged = check(result(A, None), why=(GAP, NOTHING_JUDGED), allow_incomplete=reason)
    for found, why in ((nothing, "there is no record of any test"), (unjudged, NOTHING_JUDGED)):
        assert not found.passed
        assert found.failures[0].startswith(why)
        assert found.failures[1:] == (() if reason else (GAP,))


def test_incomplete() -> None:
    """It fails with its reasons; where a part will do, that is told as relaxed."""
    found = check(sends(), why=(GAP,))
    assert (found.passed, found.complete, found.why, found.failures) == (
        False,
        False,
        (GAP,),
        (GAP,),
    )
    found = check(sends(), why=(GAP,), allow_incomplete="a part will do")
    assert (found.passed, found.complete, found.failures) == (True, False, ())
    assert [(each.by, each.reason) for each in found.relaxed] == [
        ("incomplete evidence", "a part will do")
    ]
    assert check(sends(), allow_incomplete="a part will do").relaxed == ()


def test_of_another_state() -> None:
    """What is not of this state of the project lets nothing pass."""
    found = check(sends(), stale="it is of commit a, and this folder is at b")
    assert (found.passed, found.complete) == (False, True)
    assert found.failures == ("it is of commit a, and this folder is at b",)


def test_a_rule_that_may_not_have_been_looked_for() -> None:
    """Nobody is to take silence for a pass."""
    found = check(sends(), manifest=[package("email_send")], fail_on={"MCS205", "MCS404", "MCS303"})
    assert summaries(found.undetermined) == ["MCS205"]
    record = sends()
    record["findings"] = [
        {"rule": "MCS205", "severity": "note", "scopes": [], "package": "integration"}
    ]
    found = check(record, manifest=[package("email_send")], fail_on={"MCS205"})
    assert (found.undetermined, found.passed) == ((), False)


def test_what_has_changed() -> None:
    """It is told as relaxed."""
    found = check(sends(), changed="the manifest has changed since the run")
    assert found.passed
    assert [(each.by, each.reason) for each in found.relaxed] == [
        ("mixed evidence", "the manifest has changed since the run")
    ]


@pytest.mark.parametrize(
    ("of_run", "said"),
    [
        pytest.param({"commit": None, "combined": ["a", "b"]}, True, id="several, of no commit"),
        pytest.param({"commit": None, "combined": ["a"]}, False, id="one"),
        pytest.param(
            {"commit": None, "combined": ["a", "b"], "shards": ["1/2", "2/2"]}, False, id="shards"
        ),
        pytest.param({"combined": ["a", "b"]}, False, id="of a commit"),
    ],
)
def test_runs_of_no_known_commit(of_run: dict[str, Any], *, said: bool) -> None:
    """They may be of different states, which nothing can tell; that is told as relaxed."""
    found = check(sends(), run=run_record(**of_run))
    assert found.passed
    assert [each.by for each in found.relaxed] == ["mixed evidence"] * said


def test_findings_come_in_order() -> None:
    """The errors first, then by rule and test."""
    records = [over_asks(B), result(C, None, ASKED, SENT), over_asks(A)]
    found = check(*records, manifest=[package("email_send sms_send")])
    assert [(each.rule, each.test) for each in found.findings] == [
        ("MCS102", A),
        ("MCS102", B),
        ("MCS401", ""),
        ("MCS402", ""),
        ("MCS404", C),
    ]
    assert found == check(*records[::-1], manifest=[package("email_send sms_send")])


def test_an_expected_failure() -> None:
    """Its finding is a note, unless it is asked for; it is told as relaxed."""
    record = result(A, MAIL, OVER, SENT, outcome="xfailed")
    found = check(record)
    assert found.passed
    assert summaries(found.findings) == ["note MCS102 email_read"]
    assert found.findings[0].text.endswith("in a test that is expected to fail")
    assert [(each.by, each.what, each.tests) for each in found.relaxed] == [
        ("xfail", "MCS102", (A,))
    ]
    assert not check(record, fail_on={"MCS102"}).passed


def test_what_was_relaxed() -> None:
    """Mixed runs, the user's own catalogue entries, and reruns, too."""
    own = call_made(requirements("email_send", confidence=YOURS, label="GET /own"), "email_send")
    found_before = [
        {"rule": "MCS102", "severity": "error", "scopes": [], "package": "", "text": ""}
    ]
    earlier = [{"outcome": "failed", "findings": found_before}]
    found = check(
        result(A, MAIL, ASKED, own, earlier=earlier),
        result(B, scopes("email_send", "at_least", origin="x, test_b.py:1"), ASKED, SENT),
        run=run_record(
            mixed=True,
            selections=[{"expression": "not slow", "reason": "at night"}],
            superseded=["old.jsonl"],
        ),
    )
    assert found.passed
    assert [(each.by, each.what, each.where, each.tests) for each in found.relaxed] == [
        ("-m", "not slow", "", ()),
        ("superseded", "old.jsonl", "", ()),
        ("mixed evidence", "", "", ()),
        ("own catalogue entry", "GET /own", "", (A,)),
        ("at_least", "", "test_b.py:1", (B,)),
        ("rerun", "MCS102", "", (A,)),
    ]


def test_a_rule_of_a_newer_version() -> None:
    """A record may have a rule that is not known here: it is what it says."""
    record = over_asks()
    record["findings"][0]["rule"] = "MCS999"
    found = check(record)
    assert not found.passed
    assert found.findings[0].text.startswith("MCS999, email_read")


class TestBaseline:
    """Known findings fail nothing, new ones do, and what has gone is named."""

    @staticmethod
    def through_a_file(path: Path, found: GateResult) -> frozenset[FindingKey]:
        write_baseline(path, found.errors)
        return read_baseline(path)

    def test_known_new_and_gone(self, tmp_path: Path) -> None:
        """By test, rule, package and scope; not by place or text."""
        baseline = self.through_a_file(tmp_path / "b.json", check(over_asks(A)))
        found = check(over_asks(A), baseline=baseline)
        assert found.passed
        assert (found.findings, summaries(found.known)) == ((), ["MCS102 email_read"])
        found = check(over_asks(A), over_asks(B), baseline=baseline)
        assert [(each.rule, each.test) for each in found.errors] == [("MCS102", B)]
        found = check(sends(A), baseline=baseline)
        assert found.gone == (FindingKey("MCS102", A, "integration", "email_read", ""),)
        assert found.passed
        assert check(sends(A), baseline=baseline, why=(GAP,)).gone == ()

    def test_as_a_note_it_is_not_gone(self) -> None:
        """As where `mc_rules` was set after the baseline was written."""
        as_note = over_asks()
        as_note["findings"][0]["severity"] = "note"
        baseline = {key for each in check(over_asks()).errors for key in each.keys}
        found = check(as_note, baseline=baseline)
        assert [each.severity for each in found.findings] == ["note"]
        assert (found.known, found.gone) == ((), ())

    def test_more_scopes_are_new(self, tmp_path: Path) -> None:
        """A finding is known only if all that it is about is."""
        baseline = self.through_a_file(tmp_path / "b.json", check(over_asks()))
        more = token_requested("email_read email_send sms_send", EVERYTHING)
        assert not check(result(A, MAIL, more, SENT), baseline=baseline).passed

    def test_a_scope_of_two_packages_or_unions(self) -> None:
        """A known finding of one does not stand for the other."""
        one, other = package("sms_send"), package("sms_send", name="texter")
        first = check(sends(), manifest=[package("email_send"), other])
        baseline = {key for each in first.errors for key in each.keys}
        both = check(sends(), manifest=[package("email_send sms_send"), other], baseline=baseline)
        assert [(each.rule, each.package) for each in both.errors] == [("MCS402", one.name)]
        keys = {
            key
            for union in (("a", "b"), ("a", "c"))
            for key in GateFinding(
                rule="MCS405", severity="error", text="", scopes=("a",), union=union
            ).keys
        }
        assert len(keys) == 2

    def test_a_note_is_not_written(self) -> None:
        """Nor does a known error hide what fails by --fail-on alone."""
        record = result(B, None, ASKED, SENT)
        assert check(sends(), record).errors == ()

    def test_the_file(self, tmp_path: Path) -> None:
        """Sorted, a line each, the same for the same findings; without any it is a baseline too."""
        one, two = tmp_path / "one.json", tmp_path / "two.json"
        assert write_baseline(one, check(over_asks(B), over_asks(A)).errors) == 2
        write_baseline(two, check(over_asks(A), over_asks(B)).errors)
        assert one.read_bytes() == two.read_bytes()
        assert one.read_text().splitlines()[3] == (
            '    {"rule": "MCS102", "test": "test_a.py::test_a", "package": "integration",'
            ' "scope": "email_read"},'
        )
        assert write_baseline(one, ()) == 0
        assert read_baseline(one) == frozenset()

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            pytest.param("{", "b.json:1 is no JSON", id="cut off"),
            pytest.param("[" * 100_000, "b.json is no JSON", id="too deep"),
            pytest.param("[]", "b.json is no baseline", id="another document"),
            pytest.param('{"format": 2}', "is of format 2", id="newer"),
            pytest.param('{"format": 1}', "is no baseline", id="no findings"),
            pytest.param('{"format": 1, "findings": [1]}', "finding 1 of", id="no table"),
            pytest.param('{"format": 1, "findings": [{"test": "a"}]}', "finding 1", id="no rule"),
            pytest.param(
                '{"format": 1, "findings": [{"rule": "MCS102"}, {"rule": 1}]}',
                "finding 2",
                id="no text",
            ),
            pytest.param(
                '{"format": 1, "findings": [{"rule": "a", "more": "b"}]}', "finding 1", id="more"
            ),
        ],
    )
    def test_bad_files(self, tmp_path: Path, content: str, said: str) -> None:
        """Are refused, with the file and what to do."""
        path = tmp_path / "b.json"
        path.write_text(content)
        with pytest.raises(McScopesError, match=r"b\.json") as caught:
            read_baseline(path)
        assert said in str(caught.value)

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        """It is not the same as none."""
        with pytest.raises(McScopesError, match="cannot be read: No such file"):
            read_baseline(tmp_path / "b.json")

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        """It is said which file cannot be written, and what to do."""
        path = tmp_path / "nowhere" / "b.json"
        with pytest.raises(McScopesError) as caught:
            write_baseline(path, ())
        assert f"{path} cannot be written: No such file or directory. Name" in str(caught.value)

    def test_what_editors_do(self, tmp_path: Path) -> None:
        """A byte order mark and other spaces are nothing."""
        path = tmp_path / "b.json"
        row = {"scope": "email_read", "rule": "MCS402", "package": "mailer"}
        path.write_text(json.dumps({"findings": [row], "format": 1}), encoding="utf-8-sig")
        assert read_baseline(path) == {FindingKey("MCS402", "", "mailer", "email_read", "")}
