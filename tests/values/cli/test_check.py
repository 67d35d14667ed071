"""`mcscopes check`: what it reads, what it writes, and what it exits with."""

from __future__ import annotations

import json
import subprocess
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from data_files import digests
from facts import call_made, packaged, scopes, token_requested
from gates import result, run_record
from records import EVERYTHING

from pytest_mcscopes.cli.main import main
from pytest_mcscopes.evidence.data_file import digest_manifest, replace_data_file
from pytest_mcscopes.evidence.origin import find_origin
from pytest_mcscopes.settings.manifest_file import find_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_mcscopes.evidence.results import ResultRecord

SEND = packaged("POST", "/messaging/v1/email/messages/1")
MAIL = scopes("email_send", origin="@pytest.mark.mc_scopes, test_a.py:5")
ASKED = token_requested("email_send", EVERYTHING)
OVER = token_requested("email_read email_send", EVERYTHING)
OMITTED = token_requested(None, EVERYTHING)
SENT = call_made(SEND, "email_send")
A, B = "test_a.py::test_a", "test_b.py::test_b"
SENDS = result(A, MAIL, ASKED, SENT)
OVER_ASKS = result(A, MAIL, OVER, SENT)
UNMARKED = result(B, None, OMITTED, SENT)
MANIFEST = '[[package]]\nscopes = ["email_send"]\n'


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a project with a manifest, which is where we are."""
    folder = tmp_path / "mailer"
    folder.mkdir()
    monkeypatch.chdir(folder)
    Path("mcscopes.toml").write_text(MANIFEST)
    return folder  # type: ignore[return-value]


def write(
    *records: ResultRecord,
    path: str = ".mcscopes/run.jsonl",
    **more: Any,  # noqa: ANN401 - of the run's keys
) -> None:
    """Write the data file of a run of these tests; complete unless it is said why not."""
    tests = [each["test"] for each in records]
    files = sorted({test.partition("::")[0] for test in tests})
    why: list[str] = more.pop("why", [])
    table = find_manifest([Path()])
    manifest, overlay = digest_manifest(table.table if table else {})
    changes: str | None = more.pop("changes", None)
    made_with = digests(manifest=manifest, overlay=overlay, changes=changes)
    run = run_record(*why, id=path, tests=len(tests), **{"digests": made_with, **more})
    run["seen"] |= {"test_files": files, "opened": files, "left_out": why}
    Path(path).parent.mkdir(exist_ok=True, parents=True)
    replace_data_file(Path(path), run, records)


def check(*args: str) -> int:
    """Run the command; bad arguments exit with 2 as well."""
    try:
        return main(["check", *args])
    except SystemExit as stop:
        return int(stop.code or 0)


def document(capsys: pytest.CaptureFixture[str], *args: str) -> Any:  # noqa: ANN401 - JSON
    check(*args, "--json")
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("records", "args", "code"),
    [
        pytest.param([SENDS], [], 0, id="as it should be"),
        pytest.param([OVER_ASKS], [], 1, id="a finding"),
        pytest.param([SENDS, UNMARKED], [], 0, id="an unmarked test"),
        pytest.param([SENDS, UNMARKED], ["--fail-on", "MCS404"], 1, id="one that is to fail"),
        pytest.param([SENDS, UNMARKED], ["--fail-on", "MCS303, MCS404"], 1, id="two rules"),
        pytest.param([UNMARKED], [], 1, id="nothing judged"),
        pytest.param([UNMARKED], ["--allow-incomplete", "so it is"], 1, id="nothing judged at all"),
        pytest.param([result(A, None)], [], 1, id="no tenant"),
    ],
)
def test_exit_codes(records: list[ResultRecord], args: list[str], code: int) -> None:
    """0: it passes, 1: it does not."""
    write(*records)
    assert check(*args) == code


def test_no_record(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither the folder nor a file in it: that is no success, and says what to run."""
    assert check() == 1
    told = capsys.readouterr().out
    assert "there is no record of any test: run pytest --mc-data" in told
    assert f"{Path('.mcscopes').absolute()} has no data file in it" in " ".join(told.split())
    Path(".mcscopes").mkdir()
    assert check() == 1
    assert check(".mcscopes", "--allow-incomplete", "so it is") == 1


def test_an_empty_folder_among_others(capsys: pytest.CaptureFixture[str]) -> None:
    """What should have come from there is missing."""
    write(SENDS)
    Path("shard-2").mkdir()
    assert check(".mcscopes", "shard-2") == 1
    assert "shard-2 has no data file in it: run pytest --mc-data" in capsys.readouterr().out
    assert check(".mcscopes", "shard-2", "--allow-incomplete", "so it is") == 0


@pytest.mark.parametrize(
    ("args", "said"),
    [
        pytest.param(["nowhere"], "nowhere is not there", id="no such path"),
        pytest.param([".mcscopes"], "none of the files could be read", id="unreadable"),
        pytest.param(["--fail-on", "mcs101"], 'Did you mean "MCS101"?', id="a near rule"),
        pytest.param(["--fail-on", ""], "unknown rule ''", id="no rule"),
        pytest.param(["--fail-on", "MCS101,"], "unknown rule ''", id="one rule too few"),
        pytest.param(["--allow-incomplete", " "], "a reason is wanted", id="no reason"),
        pytest.param(["--expect", "0"], "no number of files", id="no number"),
        pytest.param(["--baseline", "b.json"], "the baseline b.json cannot be read", id="baseline"),
        pytest.param(["--production", "p.json"], "p.json cannot be read", id="no answer"),
    ],
)
def test_bad_arguments(args: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit with 2, and say what is wrong."""
    Path(".mcscopes").mkdir()
    Path(".mcscopes/run.jsonl").write_text("{")
    assert check(*args) == 2
    assert said in capsys.readouterr().err


def test_a_manifest_that_makes_no_sense(capsys: pytest.CaptureFixture[str]) -> None:
    write(SENDS)
    Path("mcscopes.toml").write_text('[[package]]\nscopes = ["email_sent"]\n')
    assert check() == 2
    assert "mcscopes.toml:2" in capsys.readouterr().err


def test_several_files(capsys: pytest.CaptureFixture[str]) -> None:
    """They are put together as by combine, and refused alike."""
    write(SENDS, path="one/a.jsonl")
    write(UNMARKED, path="two/b.jsonl")
    assert check("one", "two", "--expect", "2") == 0
    assert check("one", "two", "--expect", "3") == 1
    assert "2 of 3 expected data files are there" in capsys.readouterr().out
    write(UNMARKED, path="two/b.jsonl", commit="def")
    assert check("one", "two") == 2
    assert "a.jsonl and b.jsonl differ in commit" in capsys.readouterr().err
    assert check("one", "two", "--allow-mixed") == 0
    assert "mixed evidence, runs that differ in commit" in capsys.readouterr().out
    Path("two/b.jsonl").write_text("{")
    assert check("one", "two") == 1
    told = capsys.readouterr()
    assert "two/b.jsonl:1 is no JSON object" in told.out
    assert "two/b.jsonl:1 is no JSON object" in told.err


def test_incomplete() -> None:
    """It fails; with a reason it does not."""
    write(SENDS, why=["test_a.py::test_left_out"])
    assert check() == 1
    assert check("--allow-incomplete", "the rest runs at night") == 0


def test_a_setting_of_the_manifest() -> None:
    """`mc_fail_unmarked` is a setting of the gate too."""
    write(SENDS, UNMARKED)
    Path("mcscopes.toml").write_text(f"fail_unmarked = true\n{MANIFEST}")
    assert check() == 1


class TestAnotherCommit:
    """Evidence of another commit than the one that is checked out lets nothing pass."""

    @staticmethod
    def commit(*command: str) -> str:
        git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.com")
        for each in (("init", "-q"), ("commit", "-q", "--allow-empty", "-m", "x"), command):
            told = subprocess.run([*git, *each], check=True, capture_output=True, text=True)
        return told.stdout.strip()

    def test_of_this_project(self, capsys: pytest.CaptureFixture[str]) -> None:
        """As a folder that a CI service kept from an earlier run."""
        here = self.commit("rev-parse", "HEAD")
        write(SENDS, commit=here)
        assert check() == 0
        write(SENDS, commit="abcdef0123456789")
        assert check() == 1
        assert f"commit abcdef012345, and this folder is at {here[:12]}" in capsys.readouterr().out
        assert check("--allow-mixed") == 0

    def test_where_a_ci_service_alone_says_it(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As in an image without git, where the run has its commit of the service too."""
        write(SENDS, commit="abcdef0123456789")
        for commit, code in (("abcdef0123456789", 0), ("0123456789abcdef", 1)):
            monkeypatch.setenv("CI_COMMIT_SHA", commit)
            assert check() == code
        assert "this folder is at 0123456789ab" in capsys.readouterr().out

    def test_with_changes_since(self, capsys: pytest.CaptureFixture[str]) -> None:
        """What was edited after the run is not in its evidence; that is said, and fails nothing."""
        self.commit("add", "mcscopes.toml")
        here = self.commit("rev-parse", "HEAD")
        said = "mixed evidence, what is not committed has changed since the run"
        states = {text: self.edit(text) for text in ("", "# more", "# other")}
        for (then, digest), now in product(states.items(), states):
            write(SENDS, commit=here, dirty=digest is not None, changes=digest)
            self.edit(now)
            assert check() == 0
            assert (said in " ".join(capsys.readouterr().out.split())) == (then != now)

    def edit(self, text: str) -> str | None:
        """Change the manifest, in nothing that it says; give the digest."""
        Path("mcscopes.toml").write_text(MANIFEST + text)
        return find_origin(Path.cwd(), {}).changes

    def test_with_other_changes(self, capsys: pytest.CaptureFixture[str]) -> None:
        """They are not of one suite, and are named."""
        part: dict[str, Any] = {"why": ["test_b.py::test_other"], "dirty": True}
        write(SENDS, changes="1", **part)
        write(UNMARKED, path=".mcscopes/later.jsonl", changes="2", **part)
        assert check() == 2
        assert "later.jsonl and run.jsonl differ in uncommitted changes" in capsys.readouterr().err
        assert check("--allow-mixed", "--allow-incomplete", "it is a try") == 0
        assert "mixed evidence, runs that differ in commit, uncommitted" in capsys.readouterr().out

    def test_of_another_project(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The manifest that is here says nothing of another project, at whatever commit."""
        here = self.commit("rev-parse", "HEAD")
        for commit in (None, "abcdef0123456789"):
            write(SENDS, project="reader", commit=commit)
            assert check() == 1
            assert 'of the project "reader"' in capsys.readouterr().out
            assert check("--allow-mixed") == 0
            assert 'mixed evidence, it is of the project "reader"' in capsys.readouterr().out
        write(SENDS, project="reader", commit=here)
        assert check() == 0, "a commit is of one project, which another folder may hold"

    def test_where_there_is_no_manifest(self) -> None:
        """Whoever looks at the evidence of another project has no state of it."""
        self.commit("rev-parse", "HEAD")
        Path("mcscopes.toml").unlink()
        write(SENDS, project="reader")
        assert check() == 0

    def test_from_a_folder_of_the_project(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The project is that of the manifest, which stands above."""
        self.commit("rev-parse", "HEAD")
        write(SENDS, commit="abcdef0123456789")
        Path("tests").mkdir()
        monkeypatch.chdir("tests")
        assert check("../.mcscopes") == 1
        assert "it is of commit abcdef012345" in capsys.readouterr().out


class TestAnotherManifest:
    """The manifest of the run is compared with the one that is here."""

    ROUTE = '[[route]]\nmethod = "GET"\npath = "/own/v1"\nall_of = []\n'

    @pytest.mark.parametrize(
        ("now", "code", "said"),
        [
            pytest.param(MANIFEST, 0, "", id="the same"),
            pytest.param(
                f"{MANIFEST}[[package]]\nname = 'x'\nscopes = []\n",
                0,
                "mixed evidence, the manifest has changed since the run",
                id="other packages",
            ),
            pytest.param(
                MANIFEST + ROUTE, 1, "with other catalogue entries of your own", id="entries"
            ),
            pytest.param(None, 1, "there is none in this folder or above it", id="none"),
        ],
    )
    def test_changed(
        self, now: str | None, code: int, said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """What changes a test's verdict fails; with --allow-mixed it is told as relaxed."""
        write(SENDS)
        Path("mcscopes.toml").unlink()
        if now is not None:
            Path("mcscopes.toml").write_text(now)
        assert check() == code
        told = " ".join(capsys.readouterr().out.split())
        assert said in told
        assert ("has changed since the run" in told) == (said.startswith("mixed") or "own" in said)
        assert check("--allow-mixed") == 0
        assert said in " ".join(capsys.readouterr().out.split())


class TestBaseline:
    """--write-baseline, then --baseline."""

    def test_known_findings_pass(self, capsys: pytest.CaptureFixture[str]) -> None:
        write(OVER_ASKS)
        assert check("--write-baseline", "b.json") == 0
        told = capsys.readouterr()
        assert told.out.startswith("MCSCOPES: without a baseline the gate fails: 1 MCS102, 1 MCS")
        assert told.err == (
            "2 findings are in the baseline b.json. With --baseline b.json the gate fails for"
            " others alone.\n"
        )
        first = Path("b.json").read_bytes()
        assert check("--baseline", "b.json") == 0
        assert check("--baseline", "b.json", "--write-baseline", "b.json") == 0
        assert Path("b.json").read_bytes() == first
        write(OVER_ASKS, result(B, MAIL, OVER, SENT))
        assert check("--baseline", "b.json") == 1

    def test_notes_that_fail_the_gate_alone(self) -> None:
        """As `mc_rules = ["MCS102=note"]` makes them, so that pytest passes meanwhile."""

        def noted(test: str) -> ResultRecord:
            found = result(test, MAIL, OVER, SENT, outcome="passed")
            for each in found["findings"]:
                each["severity"] = "note"
            return found

        options = ("--fail-on", "MCS102")
        write(noted(A))
        assert check(*options) == 1
        assert check(*options, "--write-baseline", "b.json") == 0
        assert check(*options, "--baseline", "b.json") == 0
        write(noted(A), noted(B))
        assert check(*options, "--baseline", "b.json") == 1

    def test_one_that_is_not_to_be_written(self, capsys: pytest.CaptureFixture[str]) -> None:
        """What is missing in incomplete evidence would be missing in the baseline."""
        write(OVER_ASKS, why=["test_a.py::test_left_out"])
        assert check("--write-baseline", "b.json") == 1
        assert not Path("b.json").exists()
        told = capsys.readouterr()
        assert told.out.startswith("MCSCOPES: the gate fails: ")
        assert "no baseline was written" in told.err
        assert check("--write-baseline", "b.json", "--allow-incomplete", "a part") == 0

    def test_a_missing_scope(self, capsys: pytest.CaptureFixture[str]) -> None:
        """It is one finding, whatever the catalogue has for it."""
        write(result(A, MAIL, OMITTED, SENT), path="a.jsonl")
        assert check("a.jsonl", "--write-baseline", "b.json") == 0
        assert "1 finding is in the baseline" in capsys.readouterr().err


class TestProduction:
    """--production compares the manifest with a saved answer."""

    def test_equal_and_different(self, capsys: pytest.CaptureFixture[str]) -> None:
        write(SENDS)
        answer = {"access_token": "x", "token_type": "Bearer", "expires_in": 1, "scope": ""}
        Path("p.json").write_text(json.dumps(answer | {"scope": "email_send"}))
        assert check("--production", "p.json") == 0
        told = capsys.readouterr().out
        assert told.startswith("MCSCOPES: the gate passes: ")
        assert "is assigned what p.json shows of production: 1 scope\n" in told
        assert "A token answer shows what its request asked for." in told
        Path("p.json").write_text(json.dumps(answer | {"scope": "email_send sms_send"}))
        assert check("--production", "p.json", "--package", "integration") == 1
        told = capsys.readouterr().out
        assert told.startswith("MCSCOPES: the gate fails: the manifest differs from production.\n")
        assert "only in production" in told
        assert "What complete evidence is" not in told
        assert check("--production", "p.json", "--write-baseline", "b.json") == 1
        assert capsys.readouterr().out.startswith("MCSCOPES: the gate fails: the manifest differs")
        found = document(capsys, "--production", "p.json")
        assert (found["passed"], found["findings"]) == (False, [])
        assert found["production"]["only_in_production"] == ["sms_send"]

    def test_without_a_manifest(self, capsys: pytest.CaptureFixture[str]) -> None:
        write(SENDS)
        Path("mcscopes.toml").unlink()
        Path("p.json").write_text('{"access_token": "x", "scope": "email_send"}')
        assert check("--production", "p.json") == 2
        assert "no [[package]]" in capsys.readouterr().err


class TestSharedPackage:
    """The files of other projects count for the packages that are shared with them."""

    SHARED = '[[package]]\nscopes = ["email_read", "email_send"]\nprojects = ["mailer", "reader"]\n'
    READS = result(
        A,
        scopes("email_read"),
        token_requested("email_read", EVERYTHING),
        call_made(packaged("GET", "/asset/v1/content/assets"), "email_read"),
    )

    def test_together(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Alone it is undetermined what no test of ours exercises."""
        Path("mcscopes.toml").write_text(self.SHARED)
        write(SENDS, path="mine/a.jsonl")
        write(self.READS, path="theirs/b.jsonl", project="reader")
        found = document(capsys, "mine")
        assert [each["rule"] for each in found["undetermined"]] == ["MCS402"]
        found = document(capsys, "mine", "theirs")
        assert (found["run"]["project"], found["tests"]) == ("mailer", 1)
        rules = [each["rule"] for each in (*found["findings"], *found["undetermined"])]
        assert set(rules) <= {"MCS402"}

    @pytest.mark.parametrize(
        "manifest", [MANIFEST, SHARED.replace("reader", "writer"), SHARED.replace("mailer", "x")]
    )
    def test_of_no_shared_package(
        self, manifest: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        """Several projects are refused, as by combine."""
        Path("mcscopes.toml").write_text(manifest)
        mine = "mailer" if "reader" not in manifest else tmp_path.name
        write(SENDS, path="mine/a.jsonl", project=mine)
        write(self.READS, path="theirs/b.jsonl", project="reader")
        assert check("mine", "theirs") == 2
        assert "are of 2 projects" in capsys.readouterr().err
