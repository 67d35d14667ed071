"""Several data files put together: what they come to, and which are refused."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import data_files
import pytest

from pytest_mcscopes.cli.main import main
from pytest_mcscopes.cloud.fingerprints import hide_parameters
from pytest_mcscopes.evidence.completeness import RunFacts
from pytest_mcscopes.evidence.data_file import show_time
from pytest_mcscopes.evidence.describe_run import STATE
from pytest_mcscopes.evidence.results import Results

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_mcscopes.evidence.results import Outcome

FILES = {"test_a.py", "test_b.py"}
A, B = "test_a.py::test_1", "test_b.py::test_2"


def write_run(
    path: Path,
    outcomes: dict[str, Outcome],
    facts: dict[str, Any] | None = None,
    **more: Any,  # noqa: ANN401 - of the run's keys
) -> Path:
    """Write the file of a run that began at some second."""
    results = Results()
    for test, outcome in outcomes.items():
        attempt = results.attempt_of(test)
        attempt.reach(outcome)
        attempt.concluded = True
    opened = {test.partition("::")[0] for test in outcomes}
    seen = RunFacts(
        **{"test_files": FILES, "opened": opened, "collected": outcomes, "outcomes": outcomes}
        | (facts or {})
    )
    return data_files.write_run(path, seen, results.records(), **more)


def combine(folder: Path, *args: str | Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Combine by the command, and read what it wrote: the run, and the tests by their ids."""
    output = folder / "all.jsonl"
    assert main(["combine", *map(str, args), "-o", str(output)]) == 0
    run, *tests = map(json.loads, output.read_text().splitlines())
    assert run["tests"] == len(tests)
    return run, {each["test"]: each for each in tests}


def test_two_shards(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither is complete, together they are; in whatever order, and the folder is the same."""
    one = write_run(tmp_path / "runs" / "one.jsonl", {A: "passed"})
    two = write_run(tmp_path / "runs" / "two.jsonl", {B: "failed"})
    ways = (*permutations((one, two)), (tmp_path / "runs",), (one, tmp_path / "runs", two))
    first, *others = [combine(tmp_path, *args) for args in ways]
    assert others == [first] * 3
    run, tests = first
    assert (run["complete"], run["combined"]) == (True, ["one.jsonl", "two.jsonl"])
    assert {test: each["outcome"] for test, each in tests.items()} == {A: "passed", B: "failed"}
    said = f"the data of 2 tests are in {tmp_path / 'all.jsonl'}, complete\n"
    assert capsys.readouterr().out == said * 4


LIVE = {"expression": "not live", "reason": "they call the real service"}


def test_tests_that_are_left_out_for_good(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are no gap, and it is said; those that another run ran are not left out."""
    live = "test_a.py::test_live"
    said: dict[str, Any] = {"opened": {"test_a.py"}, "not_selected": {live}}
    one = write_run(tmp_path / "one.jsonl", {A: "passed"}, said, selections=[LIVE])
    two = write_run(
        tmp_path / "two.jsonl",
        {B: "passed"},
        {"opened": {"test_b.py"}, "not_selected": {"test_b.py::test_live"}, "left_out": {live}},
        selections=[LIVE],
    )
    all_live: dict[str, Outcome] = {live: "passed", "test_b.py::test_live": "passed"}
    three = write_run(tmp_path / "three.jsonl", all_live, {"left_out": {A, B}})
    run, _ = combine(tmp_path, one, two)
    assert (run["complete"], run["selections"]) == (True, [LIVE])
    assert run["seen"]["not_selected"] == [live, "test_b.py::test_live"]
    assert capsys.readouterr().out == (
        f"the data of 2 tests are in {tmp_path / 'all.jsonl'}, complete\n"
        '2 tests are left out, as the manifest declares, by -m "not live" (they call the real'
        " service)\n"
    )
    assert combine(tmp_path, tmp_path / "all.jsonl")[0]["selections"] == [LIVE]
    run, _ = combine(tmp_path, one, two, three)
    assert (run["complete"], run["selections"], run["seen"]["not_selected"]) == (True, [], [])


def test_a_missing_shard(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is not complete, and says what is missing."""
    run, _ = combine(tmp_path, write_run(tmp_path / "one.jsonl", {A: "passed"}))
    assert not run["complete"]
    assert capsys.readouterr().out == (
        f"the data of 1 test is in {tmp_path / 'all.jsonl'}, not complete:\n"
        "  - 1 test file was not collected, test_b.py: run pytest without paths, --ignore and --lf,"
        " or name\n    the folders that hold tests in the ini key testpaths, in a configuration"
        " file of the suite's own\n"
    )


@pytest.mark.parametrize(
    ("first", "second", "complete"),
    [
        pytest.param({"left_out": {B}}, {"left_out": {A}}, True, id="each the other's"),
        pytest.param({"left_out": {B, "test_b.py::test_3"}}, {}, False, id="one that none ran"),
        pytest.param(
            {"left_out": {"test_b.py::TestIt"}},
            {"opened": {*FILES, "test_b.py::TestIt"}},
            True,
            id="a class that the other opened",
        ),
        pytest.param({"left_out": {"test_b.py::TestIt"}}, {}, False, id="a class that none opened"),
        pytest.param({"collected": {A, B}}, {}, True, id="stopped before the other's"),
        pytest.param({"collected": {A, "test_a.py::test_9"}}, {}, False, id="stopped before one"),
        pytest.param({"uncollectable": {"test_b.py"}}, {}, False, id="a collection error"),
        pytest.param({"crashed": 1}, {}, False, id="a crash"),
        pytest.param({"irregular": {"another"}}, {}, False, id="otherwise than in a plain run"),
        pytest.param({"counted": False}, {}, False, id="stopped before it could tell"),
    ],
)
def test_what_runs_saw_is_added_up(
    tmp_path: Path, first: dict[str, Any], second: dict[str, Any], *, complete: bool
) -> None:
    """What one left out, the other may have run; neither is whole by itself."""
    part: dict[str, Any] = {"complete": False}
    one = write_run(tmp_path / "one.jsonl", {A: "passed"}, {"opened": FILES} | first, **part)
    two = write_run(tmp_path / "two.jsonl", {B: "passed"}, {"opened": FILES} | second, **part)
    assert combine(tmp_path, one, two)[0]["complete"] == complete
    # And what was combined can be combined again.
    assert combine(tmp_path, tmp_path / "all.jsonl")[0]["complete"] == complete


def test_of_a_test_that_two_ran_the_last_counts(tmp_path: Path) -> None:
    """The other is an earlier attempt; a copy of a file is no other run."""
    late: dict[str, Any] = {"started": show_time(1_800_000_900)}
    one = write_run(tmp_path / "one.jsonl", {A: "failed", B: "passed"})
    two = write_run(tmp_path / "two.jsonl", {A: "passed"}, **late)
    copy = write_run(tmp_path / "copy.jsonl", {A: "passed"}, **late, id="two")
    run, tests = combine(tmp_path, two, one, copy)
    assert run["complete"]
    assert (tests[A]["outcome"], tests[B]["earlier"]) == ("passed", [])
    assert tests[A]["earlier"] == [{"outcome": "failed", "findings": []}]
    assert combine(tmp_path, tmp_path / "all.jsonl")[1] == tests


@pytest.mark.parametrize(
    ("later", "more", "left"),
    [
        pytest.param({A: "passed"}, {"opened": FILES}, {A}, id="a whole run without it"),
        pytest.param({A: "passed"}, {}, {A, B}, id="a run of a part"),
        pytest.param(
            {A: "passed"}, {"opened": FILES, "not_selected": {B}}, {A, B}, id="left out for good"
        ),
        pytest.param(
            {A: "passed"},
            {"opened": {"test_a.py"}, "test_files": {"test_a.py"}},
            {A, B},
            id="a whole run of other test files",
        ),
        pytest.param({A: "passed", B: "passed"}, {}, {A, B}, id="a whole run with it"),
    ],
)
def test_a_test_that_is_gone(
    tmp_path: Path, later: dict[str, Outcome], more: dict[str, Any], left: set[str]
) -> None:
    """What a whole run has no more was renamed or deleted: an earlier run is no proof of it."""
    one = write_run(tmp_path / "one.jsonl", {A: "failed", B: "passed"})
    when = {"started": show_time(1_800_000_100)}
    two = write_run(tmp_path / "two.jsonl", later, more, **when)
    run, tests = combine(tmp_path, one, two)
    assert ({*tests}, run["complete"]) == (left, True)
    assert tests[A]["earlier"][0]["outcome"] == "failed"


SECRET = "test_a.py::test_1[s3cr3tvalue]"
HIDDEN = hide_parameters(SECRET)


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param({"left_out": {SECRET}}, id="left out"),
        pytest.param({"collected": {B, SECRET}}, id="not run"),
    ],
)
def test_a_secret_that_only_one_shard_knows(tmp_path: Path, seen: dict[str, Any]) -> None:
    """What a run did not run it names by all of its id: it is the same test."""
    one = write_run(tmp_path / "one.jsonl", {HIDDEN: "passed"})
    two = write_run(tmp_path / "two.jsonl", {B: "passed"}, {**seen, "opened": FILES})
    run, tests = combine(tmp_path, one, two)
    assert ({*tests}, run["complete"]) == ({HIDDEN, B}, True)
    assert SECRET not in json.dumps(run)


def test_a_secret_in_what_is_left_out_for_good(tmp_path: Path) -> None:
    """An earlier run that ran it, for example by its id, is still a proof of it."""
    one = write_run(tmp_path / "one.jsonl", {HIDDEN: "failed"})
    said: dict[str, Any] = {"not_selected": {SECRET}, "opened": FILES}
    more = {"started": show_time(1_800_000_100), "selections": [LIVE]}
    two = write_run(tmp_path / "two.jsonl", {A: "passed", B: "passed"}, said, **more)
    run, tests = combine(tmp_path, one, two)
    assert ({*tests}, run["seen"]["not_selected"]) == ({HIDDEN, A, B}, [])


UNENDED: dict[str, Any] = {
    "test_files": (),
    "opened": (),
    "counted": False,
    "unended": ["one.jsonl"],
}
WHOLE: dict[str, Outcome] = {A: "passed", B: "passed"}
FIRST: dict[str, Any] = {"shards": ["1/2"]}
LATER: dict[str, Any] = {"started": show_time(1_800_000_000.001)}


@pytest.mark.parametrize(
    ("flaw", "first", "later", "superseded"),
    [
        pytest.param(UNENDED, {}, {}, True, id="not ended"),
        pytest.param({"crashed": 1}, {}, {}, True, id="a crash"),
        pytest.param({"uncollectable": {"test_b.py"}}, {}, {}, True, id="a collection error"),
        pytest.param({"irregular": {"another"}}, {}, {}, True, id="otherwise than plain"),
        pytest.param({"collected": {A, B}}, {}, {}, True, id="stopped"),
        pytest.param({}, {}, {}, False, id="nothing went wrong"),
        pytest.param({"left_out": {B}}, {}, {}, False, id="a part, and well"),
        pytest.param(UNENDED, LATER, {"started": show_time(1_800_000_000)}, False, id="earlier"),
        pytest.param(UNENDED, {}, {"complete": False}, False, id="a run that is not complete"),
        pytest.param(UNENDED, FIRST, {}, False, id="a shard, and all"),
        pytest.param(
            {**UNENDED, "test_files": {"test_c.py"}}, {}, {}, False, id="of other test files"
        ),
        pytest.param(UNENDED, {"commit": "def"}, {}, False, id="of another commit"),
        pytest.param(
            UNENDED,
            {"digests": data_files.digests(settings="1")},
            {},
            False,
            id="by other settings",
        ),
    ],
)
def test_a_run_that_went_wrong(
    tmp_path: Path,
    flaw: dict[str, Any],
    first: dict[str, Any],
    later: dict[str, Any],
    *,
    superseded: bool,
) -> None:
    """It counts no more where a later whole run of the same did well; else its flaw stays."""
    ran: dict[str, Outcome] = {} if "unended" in flaw else {A: "failed"}
    one = write_run(tmp_path / "one.jsonl", ran, flaw, **first)
    two = write_run(tmp_path / "two.jsonl", WHOLE, **LATER | later)
    run, tests = combine(tmp_path, one, two, "--allow-mixed")
    assert run["superseded"] == ["one.jsonl"] * superseded
    assert run["combined"] == ["one.jsonl"] * (not superseded) + ["two.jsonl"]
    assert run["complete"] == (superseded or "unended" not in flaw)
    # What it showed is an earlier attempt all the same.
    assert [each["outcome"] for each in tests[A]["earlier"]] == [*ran.values()]
    again, _ = combine(tmp_path, tmp_path / "all.jsonl")
    assert (again["superseded"], again["complete"]) == (run["superseded"], run["complete"])


@pytest.mark.parametrize(
    ("later", "more", "complete"),
    [
        pytest.param({A: "passed"}, {}, True, id="it ran well"),
        pytest.param({A: "failed"}, {}, True, id="with a failure of a test's own"),
        pytest.param({A: "crashed"}, {"crashed": 1}, False, id="and went wrong again"),
        pytest.param({B: "passed"}, {}, False, id="the other one, once more"),
        pytest.param({}, {}, False, id="it ran nothing"),
    ],
)
def test_a_shard_that_is_run_again(
    tmp_path: Path, later: dict[str, Outcome], more: dict[str, Any], *, complete: bool
) -> None:
    """It counts in place of the one that went wrong; all shards must add up as ever."""
    again = "2/2" if B in later else "1/2"
    write_run(tmp_path / "runs" / "one.jsonl", {}, UNENDED, **FIRST)
    write_run(tmp_path / "runs" / "two.jsonl", {B: "passed"}, shards=["2/2"])
    write_run(tmp_path / "runs" / "three.jsonl", later, more, shards=[again], **LATER)
    run, _ = combine(tmp_path, tmp_path / "runs", "--expect", "2")
    assert run["complete"] == complete, run["why_not_complete"]
    if complete:
        assert (run["shards"], run["superseded"]) == (["1/2", "2/2"], ["one.jsonl"])


@pytest.mark.parametrize("ran_again", [True, False])
def test_a_test_of_a_shard_that_went_wrong(tmp_path: Path, *, ran_again: bool) -> None:
    """Nothing else shows it where the shard, run again, has other tests."""
    crash: dict[str, Any] = {"crashed": 1, "opened": FILES}
    again: dict[str, Outcome] = {A: "passed"} if ran_again else {}
    runs = tmp_path / "runs"
    write_run(runs / "one.jsonl", {A: "crashed"}, crash, **FIRST)
    write_run(runs / "two.jsonl", {B: "passed"}, {"opened": FILES, "left_out": {A}}, shards=["2/2"])
    write_run(runs / "three.jsonl", again, {"opened": FILES}, **FIRST, **LATER)
    run, tests = combine(tmp_path, runs)
    assert run["superseded"] == ["one.jsonl"]
    assert (run["complete"], A in tests) == (ran_again, ran_again)
    if ran_again:
        assert [each["outcome"] for each in tests[A]["earlier"]] == ["crashed"]
    else:
        assert run["why_not_complete"][0].startswith(f"1 test was left out of all shards, {A}: ")


def test_what_is_said_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, or why it is not complete and what to do."""
    one = write_run(tmp_path / "one.jsonl", {}, UNENDED)
    two = write_run(tmp_path / "two.jsonl", WHOLE, **LATER)
    capsys.readouterr()
    combine(tmp_path, one, two)
    assert capsys.readouterr().out == (
        f"the data of 2 tests are in {tmp_path / 'all.jsonl'}, complete\n"
        "one.jsonl is not counted: a later run of the same stands in place of one that went wrong,"
        " or is\n  outdated\n"
    )
    combine(tmp_path, one)
    assert capsys.readouterr().out == (
        f"the data of 0 tests are in {tmp_path / 'all.jsonl'}, not complete:\n"
        "  - one.jsonl is of a run that has not ended: the process was killed, left by os._exit,"
        " could not\n    write its results, or still runs. Run that again to its end; where only"
        " parts of the suite are\n    run, delete that file as well\n"
    )


@pytest.mark.parametrize(("number", "complete"), [("1", False), ("2", True), ("3", False)])
def test_the_number_of_files(tmp_path: Path, number: str, *, complete: bool) -> None:
    """A missing one, and one too many, make the result incomplete."""
    files = [
        write_run(tmp_path / f"{name}.jsonl", {A: "passed", B: "passed"}) for name in ("x", "y")
    ]
    run, _ = combine(tmp_path, *files, "--expect", number)
    assert run["complete"] == complete
    if not complete:
        (gap,) = run["why_not_complete"]
        assert gap.startswith(f"2 of {number} expected data files are there: ")


@pytest.mark.parametrize(
    ("more", "what"),
    [
        pytest.param({"commit": "def"}, "commit", id="commit"),
        pytest.param(
            {"digests": data_files.digests(overlay="1", settings="2")},
            "overlay and settings",
            id="overlay and settings",
        ),
        pytest.param(
            {"dirty": True, "digests": data_files.digests(changes="1")},
            "uncommitted changes",
            id="uncommitted changes",
        ),
    ],
)
def test_runs_that_differ(
    tmp_path: Path, more: dict[str, Any], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are refused, unless that is wanted, and then it is said."""
    one = write_run(tmp_path / "one.jsonl", {A: "passed"})
    two = write_run(tmp_path / "two.jsonl", {B: "passed"}, **more)
    output = tmp_path / "all.jsonl"
    command = ["combine", str(one), str(two), "-o", str(output)]
    assert main(command) == 2
    assert not output.exists()
    assert capsys.readouterr().err == (
        f"MCSCOPES: one.jsonl and two.jsonl differ in {what}, and show nothing together. Delete"
        " the one that is of an earlier state of the project, or name the files of one state; or"
        " add --allow-mixed, which the result then says.\n"
    )
    run, _ = combine(tmp_path, one, two, "--allow-mixed")
    assert (run["mixed"], run["commit"]) == (True, None)
    said = f"they are of runs that differ in {STATE}\n"
    assert capsys.readouterr().out.endswith(said)
    assert combine(tmp_path, output)[0]["mixed"]


def uncommitted(digest: str | None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - of the run's keys
    """What a run says of uncommitted changes of this digest."""
    return {"dirty": digest is not None, "digests": data_files.digests(changes=digest), **more}


UNKNOWN: dict[str, Any] = {"dirty": None}


@pytest.mark.parametrize(
    ("first", "second", "known"),
    [
        pytest.param(uncommitted("1"), uncommitted("1"), (True, "1"), id="the same"),
        pytest.param(uncommitted("1"), UNKNOWN, (True, "1"), id="not known of the second"),
        pytest.param(UNKNOWN, uncommitted("1"), (True, "1"), id="not known of the first"),
        pytest.param(UNKNOWN, UNKNOWN, (None, None), id="not known"),
        pytest.param(UNKNOWN, {}, (False, None), id="none, as far as is known"),
    ],
)
def test_uncommitted_changes(
    tmp_path: Path,
    first: dict[str, Any],
    second: dict[str, Any],
    known: tuple[bool | None, str | None],
) -> None:
    """Parts of one suite may have the same ones, and a part of which that is not known."""
    one = write_run(tmp_path / "one.jsonl", {A: "passed"}, **first)
    two = write_run(tmp_path / "two.jsonl", {B: "passed"}, **second)
    for files in ([one, two], [tmp_path / "all.jsonl", one]):
        run, _ = combine(tmp_path, *files)
        assert (run["dirty"], run["digests"]["changes"], run["mixed"]) == (*known, False)


@pytest.mark.parametrize(
    ("first", "facts", "later", "outdated"),
    [
        pytest.param(uncommitted("1"), {}, uncommitted("2"), True, id="other changes"),
        pytest.param(uncommitted("1"), {}, uncommitted(None), True, id="none any more"),
        pytest.param(uncommitted(None), {}, uncommitted("1"), True, id="none before"),
        pytest.param(
            uncommitted("1"), UNENDED, uncommitted("2"), True, id="a run that has not ended"
        ),
        pytest.param(
            uncommitted("1"), {}, uncommitted("2", commit="def"), False, id="another commit"
        ),
        pytest.param(uncommitted("1"), {}, uncommitted("2", complete=False), False, id="a part"),
        pytest.param(uncommitted("1"), {}, uncommitted("2", shards=["1/1"]), False, id="a shard"),
        pytest.param(
            uncommitted("1"),
            {"test_files": {"test_c.py"}},
            uncommitted("2"),
            False,
            id="other files",
        ),
    ],
)
def test_a_run_of_earlier_changes(
    tmp_path: Path,
    first: dict[str, Any],
    facts: dict[str, Any],
    later: dict[str, Any],
    *,
    outdated: bool,
) -> None:
    """It is left out where a whole run followed, and else refused: which is which is not known."""
    one = write_run(tmp_path / "one.jsonl", {A: "failed"}, facts, **first)
    two = write_run(tmp_path / "two.jsonl", WHOLE, **LATER | later)
    if not outdated:
        assert main(["combine", str(one), str(two), "-o", str(tmp_path / "all.jsonl")]) == 2
        return
    run, tests = combine(tmp_path, one, two)
    assert (run["complete"], run["superseded"], run["mixed"]) == (True, ["one.jsonl"], False)
    assert tests[A]["earlier"] == []


def test_two_projects(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Their tests may have the same ids."""
    write_run(tmp_path / "one.jsonl", {A: "passed"})
    write_run(tmp_path / "two.jsonl", {A: "passed"}, project="other")
    write_run(tmp_path / "three.jsonl", {B: "passed"})
    assert main(["combine", str(tmp_path), "-o", str(tmp_path / "all"), "--allow-mixed"]) == 2
    assert capsys.readouterr().err == (
        "MCSCOPES: the data files are of 2 projects. Combine those of each by itself: tests of the"
        " same id are not the same tests there.\n"
        '  "mailer": one.jsonl, three.jsonl\n'
        '  "other": two.jsonl\n'
    )


ALL: dict[str, Outcome] = {A: "passed", B: "passed"}
HERE = "run pytest --mc-data --mc-shard"


@pytest.mark.parametrize(
    ("shards", "gap"),
    [
        pytest.param(["1/2", "2/2"], "", id="all are there"),
        pytest.param(["1/1"], "", id="one of one"),
        pytest.param(
            ["1/4", "2/4", "4/4"],
            f"shard 3/4 is not here: {HERE} 3/4, and put the files of all shards together by"
            " mcscopes combine",
            id="one is missing",
        ),
        pytest.param(
            ["13/14"],
            "shards 1/14, 2/14, 3/14, 4/14, 5/14, 6/14, 7/14, 8/14, 9/14, 10/14 and 3 more are not"
            f" here: {HERE} 1/14 and so on, and put the files of all shards together by mcscopes"
            " combine",
            id="many are missing",
        ),
        pytest.param(
            ["1/2", "2/2", "2/2"],
            "shard 2/2 is there 2 times, in 1.jsonl, 2.jsonl: leave all but one of these files out",
            id="doubled",
        ),
        pytest.param(
            ["1/2", "2/2", "2/3"],
            "shards are numbered differently, 1/2, 2/2, 2/3: divide all runs by one number of"
            " shards, and leave out the files of others",
            id="numbered differently",
        ),
        pytest.param(
            ["1/2", "2/2", ""],
            "2.jsonl is of no shard, and other files are: add --mc-shard to that run, or leave it"
            " out",
            id="one of no shard",
        ),
        pytest.param(["", ""], "", id="none numbered"),
    ],
)
def test_numbered_shards(tmp_path: Path, shards: list[str], gap: str) -> None:
    """All must be there, each once; whatever each of them ran."""
    for number, shard in enumerate(shards):
        write_run(tmp_path / f"{number}.jsonl", ALL, shards=[shard] if shard else [])
    run, _ = combine(tmp_path, tmp_path)
    assert (run["complete"], run["why_not_complete"]) == (not gap, [gap] if gap else [])
    assert run["shards"] == (sorted(shards) if any(shards) else [])


def test_shards_are_combined_in_steps(tmp_path: Path) -> None:
    """What is missing from a first combination may come in a second."""
    files = [
        write_run(tmp_path / f"{number}.jsonl", {test: "passed"}, shards=[f"{number}/2"])
        for number, test in ((1, A), (2, B))
    ]
    combine(tmp_path, files[0])
    half = (tmp_path / "all.jsonl").rename(tmp_path / "half.jsonl")
    assert combine(tmp_path, half, files[1])[0]["complete"]
    run, _ = combine(tmp_path, *files, half)
    assert run["why_not_complete"] == [
        "shard 1/2 is there 2 times, in 1.jsonl, half.jsonl: leave all but one of these files out"
    ]


def test_a_shard_that_is_doubled_in_one_file(tmp_path: Path) -> None:
    """The files that it was in are not here any more: it has to be put together again."""
    for number, shard in enumerate(["1/2", "2/2", "2/2"]):
        write_run(tmp_path / "runs" / f"{number}.jsonl", ALL, shards=[shard])
    combine(tmp_path, tmp_path / "runs")
    all_of = (tmp_path / "all.jsonl").rename(tmp_path / "doubled.jsonl")
    (gap,) = combine(tmp_path, all_of)[0]["why_not_complete"]
    assert gap == (
        "shard 2/2 is there 2 times, in doubled.jsonl: put that file together again, of one file"
        " for each shard"
    )


def test_numbered_shards_that_leave_something_out(tmp_path: Path) -> None:
    """All are there, and not all was run; of one alone nothing of the kind is said."""
    left: dict[str, Any] = {"opened": {"test_a.py"}, "left_out": {"test_a.py::test_3"}}
    for number in (1, 2):
        write_run(tmp_path / f"{number}.jsonl", {A: "passed"}, left, shards=[f"{number}/2"])
    run, _ = combine(tmp_path, tmp_path)
    assert run["why_not_complete"] == [
        "1 test file was in none of the shards, test_b.py: let one of them run that",
        (
            "1 test was left out of all shards, test_a.py::test_3: let one of them run that,"
            " without a -k, -m, --deselect or id that leaves it out"
        ),
    ]
    (gap,) = combine(tmp_path, tmp_path / "1.jsonl")[0]["why_not_complete"]
    assert gap.startswith("shard 2/2 is not here: ")


def changed(old: str, new: str) -> Callable[[str, str], str]:
    """The text of a file with something else in the line of its test."""

    def change(run: str, test: str) -> str:
        assert old in test
        return f"{run}\n{test.replace(old, new)}\n"

    return change


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        pytest.param(b"\xff", " is no text, and so no data file. ", id="no text"),
        pytest.param(b"", ":1 is no JSON object, or cut off. ", id="empty"),
        pytest.param(b"[1]\n", ":1 is no JSON object, or cut off. ", id="a list"),
        pytest.param(b"[" * 99_999, ":1 is no JSON object, or cut off. ", id="deep"),
        pytest.param(b'{"a": 1}\n', ":1 is not what pytest --mc-data writes. ", id="foreign"),
        pytest.param(
            b'{"format": 1}\n',
            ":1 is not what pytest --mc-data writes: see id. ",
            id="foreign, numbered",
        ),
        pytest.param(
            b'{"format": 2}\n',
            " is of format 2, and this version reads format 1. Install the version of",
            id="newer",
        ),
        pytest.param(
            lambda run, test: f"{run}\n{test[:-9]}",
            ":2 is no JSON object, or cut off. ",
            id="cut within a line",
        ),
        pytest.param(
            lambda run, _: f"{run}\n", " is cut off: it has 0 of 1 tests. ", id="cut after a line"
        ),
        pytest.param(
            lambda run, test: f"{run}\n{test}\n{test}\n",
            f":3 is a second record of {A}. ",
            id="twice",
        ),
        pytest.param(
            lambda run, test: "\n".join(
                [run.replace('"why_not_complete":[', '"why_not_complete":[1,'), test]
            ),
            ":1 is not what pytest --mc-data writes: see why_not_complete[0]. ",
            id="wrong type in the first line",
        ),
        pytest.param(
            lambda run, test: "\n".join([run.replace('"shards":[]', '"shards":["half"]'), test]),
            ":1 is not what pytest --mc-data writes: see shards[0]. ",
            id="no number of a shard in the first line",
        ),
        pytest.param(
            lambda run, test: "\n".join([run.replace('"format":1', '"format":true'), test]),
            ":1 is not what pytest --mc-data writes: see format. ",
            id="no number of a format",
        ),
        pytest.param(
            changed("{", "{" + "".join(f'"more{number}":1,' for number in range(100))),
            ":2 is no JSON object, or cut off. ",
            id="more members than any record has",
        ),
        pytest.param(
            changed('"judged":true', '"judged":NaN'), ":2 is no JSON object, or cut off. ", id="NaN"
        ),
        pytest.param(
            changed('"judged":true', '"judged":true,"judged":false'),
            ":2 is no JSON object, or cut off. ",
            id="two members of one name",
        ),
        pytest.param(
            changed('"judged":true', '"judged":{"list":0}'),
            ":2 is no JSON object, or cut off. ",
            id="a long list that is not there",
        ),
        pytest.param(
            changed('"passed"', '"well"'), ":2 is no record of a test: see outcome. ", id="outcome"
        ),
        pytest.param(
            changed('"judged":true', '"judged":1'),
            ":2 is no record of a test: see judged. ",
            id="judged",
        ),
        pytest.param(
            changed(f'"{A}"', "[]"), ":2 is no record of a test: see test. ", id="no test"
        ),
        pytest.param(
            changed('"parts":[]', '"parts":3'), ":2 is no record of a test: see parts. ", id="parts"
        ),
        pytest.param(
            changed('"parts":[]', '"parts":[{"package":"x","mark_names":null,"assigned":"a"}]'),
            ":2 is no record of a test: see parts[0].assigned. ",
            id="a text in place of a list",
        ),
        pytest.param(
            changed(
                '"earlier":[]', '"earlier":[{"outcome":"failed","findings":[{"rule":"MCS102"}]}]'
            ),
            ":2 is no record of a test: see earlier[0].findings[0].severity. ",
            id="a finding without a severity",
        ),
    ],
)
def test_a_file_that_cannot_be_read(
    tmp_path: Path,
    content: bytes | Callable[[str, str], str],
    complaint: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is named and left out, what comes of the others is not complete; alone it is refused."""
    good = write_run(tmp_path / "good.jsonl", {A: "passed", B: "passed"})
    bad = write_run(tmp_path / "bad.jsonl", {A: "passed"})
    if callable(content):
        run_line, test_line = bad.read_text().splitlines()
        content = content(run_line, test_line).encode()
    bad.write_bytes(content)
    run, tests = combine(tmp_path, bad, good)
    assert (run["complete"], len(tests)) == (False, 2)
    (gap,) = run["why_not_complete"]
    assert gap.startswith(f"{bad}{complaint}")
    assert capsys.readouterr().err == f"MCSCOPES: {gap}\n"
    assert combine(tmp_path, tmp_path / "all.jsonl")[0]["why_not_complete"] == [gap]
    old = (tmp_path / "all.jsonl").read_bytes()
    capsys.readouterr()
    assert main(["combine", str(bad), "-o", str(tmp_path / "all.jsonl")]) == 2
    said = "MCSCOPES: none of the files could be read, so there is nothing to go by.\n"
    assert capsys.readouterr().err == f"MCSCOPES: {gap}\n{said}"
    assert (tmp_path / "all.jsonl").read_bytes() == old


def test_paths_that_are_of_no_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One that is not there, a folder without a data file, a folder that is called as one."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "folder" / "odd.jsonl").mkdir(parents=True)
    texts = {
        "nowhere": "nowhere is not there. Run pytest --mc-data, or name a data file that it wrote.",
        "empty": "empty has no data file (*.jsonl) in it. Run pytest --mc-data, or name the folder"
        " that it wrote to.",
        "folder": "folder/odd.jsonl cannot be read: Is a directory.\nMCSCOPES: none of the files"
        " could be read, so there is nothing to go by.",
    }
    for name, text in texts.items():
        assert main(["combine", str(tmp_path / name), "-o", str(tmp_path / "all")]) == 2
        said = capsys.readouterr().err
        assert said == f"MCSCOPES: {tmp_path}/{text}\n"


def test_a_device(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is written to, not replaced; that it is full is said."""
    one = write_run(tmp_path / "one.jsonl", {A: "passed"})
    assert main(["combine", str(one), "-o", "/dev/null"]) == 0
    assert Path("/dev/null").is_char_device()
    assert main(["combine", str(one), "-o", "/dev/full"]) == 2
    assert "No space left on device" in capsys.readouterr().err


@pytest.mark.parametrize("number", ["0", "-1", "four", ""])
def test_a_number_that_is_none(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It is a usage error."""
    with pytest.raises(SystemExit) as stop:
        main(["combine", "a.jsonl", "-o", "b.jsonl", f"--expect={number}"])
    assert stop.value.code == 2
    assert f"{number!r} is no number of files, write it as 4" in capsys.readouterr().err
