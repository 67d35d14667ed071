"""When a run, or several, show the whole suite: facts of what was run, in one process or many."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from inner_runs import (
    ASSIGNED,
    UNUSED,
    XDIST,
    assert_not_passed,
    check,
    files_in,
    read,
    write_two,
)

from pytest_mcscopes.cli.main import main

if TYPE_CHECKING:
    from suites import Suite

MODES = ((), XDIST)
SHOWS_NOTHING = "no test was collected: run pytest in the folder of the suite"
NOTHING_JUDGED = (
    "no test was judged: mark those that talk to a tenant (pytest --mc-suggest writes the marks)"
)


CUT = {
    "-k": (["-k", "not 3"], "1 test was left out *, tests/test_b.py::test_3: *"),
    "-m": (["-m", "not slow"], "1 test was left out *::TestIt::test_1: *"),
    "a path": (["tests/test_b.py"], "1 test file was not collected, tests/test_a.py: *"),
    "--ignore": (["--ignore=tests/test_b.py"], "1 test file was not *, tests/test_b.py: *"),
    "a collection error": (
        ["--continue-on-collection-errors"],
        "tests/test_c.py could not be collected: fix the error that pytest shows",
    ),
    "-x": (["-x"], "* not run to the end, tests/test_a.py::test_2*"),
    "--lf": (
        ["-p", "cacheprovider", "--lf"],
        "3 tests were left out of the run, tests/test_a.py::test_2, *",
    ),
}
CUT_AS_WELL = {
    "--deselect": (["--deselect=tests/test_b.py::test_3"], "1 test was left out *::test_3: *"),
    "an id": (
        ["tests/test_a.py::test_2", "tests/test_b.py"],
        "1 test was left out of the run, tests/test_a.py::TestIt: *",
    ),
    "--lf in a file": (
        ["-p", "cacheprovider", "--lf", "tests/test_a.py"],
        "1 test was left out of the run, tests/test_a.py::test_2: *",
    ),
}


@pytest.mark.parametrize(
    ("args", "gap", "mode"),
    [
        *(pytest.param(*of, (), id=name) for name, of in (CUT | CUT_AS_WELL).items()),
        *(pytest.param(*of, XDIST, id=f"{name}, workers") for name, of in CUT.items()),
    ],
)
def test_an_incomplete_run(
    suite: Suite,
    args: list[str],
    gap: str,
    mode: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Says so in the file and in the summary, with what to do; the gate does not pass on it."""
    write_two(suite.pytester.path)
    (suite.pytester.path / "mcscopes.toml").write_text(dedent(ASSIGNED))
    if "--continue-on-collection-errors" in args:
        (suite.pytester.path / "tests" / "test_c.py").write_text("raise OSError")
    if "--lf" in args:
        suite.run_files("-p", "cacheprovider")
    result = suite.run_files("--mc-data", *args, *mode)
    run, _ = read(suite.pytester.path / ".mcscopes")
    assert not run["complete"]
    assert any(fnmatchcase(each, gap) for each in run["why_not_complete"]), run
    result.stdout.fnmatch_lines(
        ["*= Marketing Cloud scopes: data =*", "the data of * test* in .mcscopes*, not complete:"]
    )
    result.stdout.fnmatch_lines([f"  - {run['why_not_complete'][0][:40]}*"])
    assert_not_passed(suite.pytester.path / ".mcscopes", capsys)


def test_files_that_are_skipped_since_no_test_of_theirs_failed(suite: Suite) -> None:
    """--lf does not even look into them, where what had failed is a file's own function."""
    suite.pytester.makepyfile(
        test_a="""
        import pytest
        from asking import send

        @pytest.mark.mc_scopes("email_send")
        def test_1(mc_tenant):
            send(mc_tenant, "email_send email_read")
        """,
        test_b="def test_2(): pass",
    )
    suite.run_files("-p", "cacheprovider")
    code = suite.pytester.path / "test_a.py"
    code.write_text(code.read_text().replace(" email_read", ""))
    result = suite.run_files("-p", "cacheprovider", "--lf", "--mc-data")
    result.assert_outcomes(passed=1)
    run, _ = read(suite.pytester.path / ".mcscopes")
    (gap,) = run["why_not_complete"]
    assert gap.startswith("1 test file was not collected, test_b.py: run pytest without paths, ")


def test_a_complete_run(suite: Suite, capsys: pytest.CaptureFixture[str]) -> None:
    """Of the same tests, where folders without tests of the suite lie beside them."""
    write_two(suite.pytester.path)
    (suite.pytester.path / "mcscopes.toml").write_text(dedent(ASSIGNED))
    (suite.pytester.path / "pytest.ini").write_text("[pytest]\nmarkers = slow\ntestpaths = tests\n")
    (suite.pytester.path / "other").mkdir()
    (suite.pytester.path / "other" / "test_c.py").write_text("def test_it(): pass")
    result = suite.run_files("--mc-data")
    run, tests = read(suite.pytester.path / ".mcscopes")
    assert (run["complete"], len(tests)) == (True, 4)
    result.stdout.fnmatch_lines(["the data of 4 tests are in .mcscopes*.jsonl, complete"])
    code, document = check(suite.pytester.path / ".mcscopes", capsys)
    assert (code, document["complete"], document["failures"]) == (1, True, [])
    found = {(each["rule"], each["scope"]) for each in document["findings"]}
    assert found == UNUSED | {("MCS102", "email_read")}
    assert document["undetermined"] == []


DROPPING = """
    import pytest

    @pytest.hookimpl({})
    def pytest_{}(session):
        del session.items[0]
"""


@pytest.mark.parametrize(
    ("conftest", "gap"),
    [
        pytest.param(
            DROPPING.format("tryfirst=True", "collection_modifyitems"),
            "1 test was left out of the run, *::test_1: *",
            id="first",
        ),
        pytest.param(
            DROPPING.format("trylast=True", "collection_modifyitems"),
            "1 test was left out of the run, *::test_1: *",
            id="last",
        ),
        pytest.param(
            DROPPING.format("trylast=True", "collection_finish"),
            "1 test was not run to the end, *::test_1: *",
            id="when all was counted",
        ),
        pytest.param(
            """
            import pytest

            @pytest.hookimpl(wrapper=True, trylast=True)
            def pytest_make_collect_report(collector):
                report = yield
                if collector.name == "test_b.py":
                    report.result = []
                return report
            """,
            "2 tests were left out of the run, *test_3, *test_4: *",
            id="as they are collected",
        ),
        pytest.param(
            """
            import pytest

            @pytest.hookimpl(tryfirst=True)
            def pytest_runtest_protocol(item):
                return True if item.name == "test_4" else None
            """,
            "1 test was not run to the end, *test_4: *",
            id="in place of running them",
        ),
        pytest.param(
            "collect_ignore = ['tests/test_b.py']",
            "1 test file was not collected, tests/test_b.py: *",
            id="whole files",
        ),
        pytest.param(
            """
            import pytest

            @pytest.hookimpl(trylast=True)
            def pytest_collection_finish():
                pytest.exit("that is enough", returncode=0)
            """,
            "4 tests were not run to the end, *",
            id="all, without a failure",
        ),
    ],
)
def test_a_plugin_that_drops_tests(suite: Suite, conftest: str, gap: str) -> None:
    """However it does so, and whatever pytest's exit code is."""
    write_two(suite.pytester.path)
    suite.pytester.makeconftest(conftest)
    suite.run_files("--mc-data")
    run, _ = read(suite.pytester.path / ".mcscopes")
    assert not run["complete"]
    assert fnmatchcase(run["why_not_complete"][0], gap), run


@pytest.mark.measured
@pytest.mark.parametrize(
    ("args", "gap"),
    [
        pytest.param(
            ["-o", "python_files=test_b.py"],
            "-o python_files sets which tests there are for one run alone: write python_files into"
            " pytest's configuration file",
            id="files",
        ),
        pytest.param(
            ["-o", "python_functions=test_3"], "-o python_functions sets which *", id="functions"
        ),
        pytest.param(
            ["-c", "tests/other.ini", "tests/test_a.py"],
            "2 test files were not collected, deep/test_c.py, test_b.py: *",
            id="another file",
        ),
        pytest.param(
            ["--rootdir=tests/deep", "tests/deep"],
            "2 test files were not collected, ../test_a.py, ../test_b.py: *",
            id="another root folder",
        ),
        pytest.param(
            ["-c", "tests/deep/other.ini", "tests/deep"],
            "2 test files were not collected, ../test_a.py, ../test_b.py: *",
            id="another file that has another root folder",
        ),
    ],
)
def test_other_settings_for_one_run(suite: Suite, args: list[str], gap: str) -> None:
    """They do not make a part of the suite into all of it."""
    write_two(suite.pytester.path)
    for folder in ("tests", "tests/deep"):
        (suite.pytester.path / folder).mkdir(exist_ok=True)
        (suite.pytester.path / folder / "other.ini").write_text("[pytest]\nmarkers = slow\n")
    (suite.pytester.path / "tests/deep/test_c.py").write_text("def test_5(): pass")
    suite.run_files("--mc-data", "--mc-data-dir=data", *args)
    run, _ = read(suite.pytester.path / "data")
    assert not run["complete"]
    assert fnmatchcase(run["why_not_complete"][0], gap), run


def test_a_configuration_file_beside_the_suite(suite: Suite) -> None:
    """It is named on the command line, and all is collected: also what its folder has not."""
    write_two(suite.pytester.path)
    (suite.pytester.path / "settings").mkdir()
    (suite.pytester.path / "pytest.ini").rename(suite.pytester.path / "settings" / "pytest.ini")
    (suite.pytester.path / "pyproject.toml").touch()
    args = ("-c", "settings/pytest.ini", "--rootdir=.", "--mc-data-dir=data")
    suite.run_files("--mc-data", *args)
    run, tests = read(suite.pytester.path / "data")
    assert (run["why_not_complete"], len(tests)) == ([], 4)
    assert run["seen"]["test_files"] == ["tests/test_a.py", "tests/test_b.py"]


@pytest.mark.parametrize(
    ("marker", "gap"),
    [
        pytest.param(".git", "2 test files were not *, ../test_a.py, ../test_b.py: *", id="git"),
        pytest.param("setup.cfg", "2 test files were not *, ../test_a.py, *", id="settings"),
        pytest.param("README", None, id="nothing that tells"),
        pytest.param("tests/deep/pytest.ini", None, id="a suite of its own"),
        pytest.param("tests/deep/setup.cfg", None, id="a project of its own"),
    ],
)
def test_a_folder_without_a_configuration_file(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, marker: str, gap: str | None
) -> None:
    """The suite is that of the project which it lies in, as far as that can be seen."""
    write_two(suite.pytester.path)
    (suite.pytester.path / "pytest.ini").unlink()
    deep = suite.pytester.path / "tests" / "deep"
    deep.mkdir()
    deep.joinpath("test_c.py").write_text(
        "import pytest\n\n@pytest.mark.mc_no_token(reason='x')\ndef test_5(): pass"
    )
    (suite.pytester.path / marker).write_text("[pytest]\n" * marker.endswith("ini"))
    monkeypatch.chdir(deep)
    suite.run_files("--mc-data", "--mc-data-dir=data")
    run, _ = read(deep / "data")
    assert run["complete"] == (gap is None), run["why_not_complete"]
    assert gap is None or fnmatchcase(run["why_not_complete"][0], gap), run


@pytest.mark.parametrize(
    ("args", "gap"),
    [
        pytest.param(["tests"], None, id="all"),
        pytest.param(
            ["tests/test_a.py", "tests/test_b.py"],
            "1 test file was not collected, tests/test_c.txt: *",
            id="Python only",
        ),
        pytest.param(
            ["tests", "--doctest-glob=*.md"],
            "1 test file was not collected, tests/deep.md: *",
            id="other files, of which one is ignored",
        ),
        pytest.param(["tests/test_a.py", "tests/test_b.py", "-p", "no:doctest"], None, id="none"),
    ],
)
def test_doctests_in_files_of_text(suite: Suite, args: list[str], gap: str | None) -> None:
    """They are test files as any."""
    write_two(suite.pytester.path)
    for name in ("test_c.txt", "deep.md", "other.md"):
        (suite.pytester.path / "tests" / name).write_text(">>> 1\n1\n")
    suite.pytester.makeconftest("collect_ignore = ['tests/deep.md']")
    suite.run_files("--mc-data", *args)
    run, _ = read(suite.pytester.path / ".mcscopes")
    assert run["complete"] == (gap is None), run["why_not_complete"]
    assert gap is None or fnmatchcase(run["why_not_complete"][0], gap), run


GROUPED = """
    import pytest
    from asking import send

    @pytest.mark.xdist_group("mail@night")
    @pytest.mark.mc_scopes("email_send")
    @pytest.mark.parametrize("to", ["ada@example.com", "bob"])
    def test_it(mc_tenant, to):
        send(mc_tenant, "email_send email_read")

    @pytest.mark.xdist_group("mail@night")
    @pytest.mark.skip
    def test_skipped():
        pass
"""


def test_tests_in_groups(suite: Suite) -> None:
    """xdist gives them other ids, and their records are the same."""
    suite.pytester.makepyfile(test_it=GROUPED)
    for args in (("-p", "xdist"), (*XDIST, "--dist=loadgroup")):
        suite.run_files("--mc-data", *args)
    one, two = (
        path.read_text().splitlines() for path in files_in(suite.pytester.path / ".mcscopes")
    )
    assert one[1:] == two[1:]
    (run,) = map(json.loads, two[:1])
    assert (run["complete"], run["tests"]) == (True, 3)


@pytest.mark.measured
def test_each_worker_runs_all(suite: Suite) -> None:
    """Which of them is to count is not known, so that it is no evidence."""
    suite.pytester.makepyfile(test_it=GROUPED)
    suite.run_files("--mc-data", *XDIST, "--dist=each")
    run, tests = read(suite.pytester.path / ".mcscopes")
    (gap,) = run["why_not_complete"]
    assert gap == (
        "3 tests were run by several workers of pytest-xdist, first"
        " test_it.py::test_it[ada@example.com]: run pytest without --dist each and"
        " --keep-duplicates"
    )
    assert len(tests) == 3


LASTING = """
    [[selection]]
    expression = "not slow"
    reason = "they take an hour, and run at night"
"""


@pytest.mark.measured("more")
@pytest.mark.parametrize(
    ("args", "gap", "mode"),
    [
        *(
            pytest.param(
                ["-m", "not slow"], None, mode, id=f"what is declared{'-xdist' * bool(mode)}"
            )
            for mode in MODES
        ),
        pytest.param(["-m", " not  slow "], None, (), id="with more spaces"),
        pytest.param(
            ["-m", "not slow", "-k", "not 3"],
            "1 test was left out of the run, tests/test_b.py::test_3: *",
            (),
            id="more",
        ),
        pytest.param(
            ["-m", "not slow and not fast"],
            "1 test was left out *::TestIt::test_1: *",
            (),
            id="others",
        ),
    ],
)
def test_a_lasting_selection(
    suite: Suite, args: list[str], gap: str | None, mode: tuple[str, ...]
) -> None:
    """It is complete without them, by just that expression, and says so everywhere."""
    write_two(suite.pytester.path)
    (suite.pytester.path / "pytest.ini").write_text("[pytest]\nmarkers =\n  slow\n  fast\n")
    (suite.pytester.path / "mcscopes.toml").write_text(dedent(LASTING))
    result = suite.run_files("--mc-data", *args, *mode)
    run, _ = read(suite.pytester.path / ".mcscopes")
    gaps = run["why_not_complete"]
    assert run["complete"] == (gap is None), run
    assert gap is None or fnmatchcase("\n".join(gaps), gap), run
    header = '*; -m "not slow" by mcscopes.toml: they take an hour, and run at night'
    summary = '1 test is left out, as the manifest declares, by -m "not slow" (they take an hour, *'
    if "fast" in args[1]:
        result.stdout.no_fnmatch_line(header)
        assert run["selections"] == run["seen"]["not_selected"] == []
        return
    result.stdout.fnmatch_lines([header, summary])
    (selection,) = run["selections"]
    assert (selection["expression"], run["seen"]["not_selected"]) == (
        "not slow",
        ["tests/test_a.py::TestIt::test_1"],
    )


@pytest.mark.parametrize("args", [[], ["-m", ""]], ids=" ".join)
def test_a_selection_that_is_not_made(suite: Suite, args: list[str]) -> None:
    """Nothing is said of it, and nothing is left out."""
    write_two(suite.pytester.path)
    (suite.pytester.path / "mcscopes.toml").write_text(dedent(LASTING))
    result = suite.run_files("--mc-data", *args)
    run, tests = read(suite.pytester.path / ".mcscopes")
    assert (run["complete"], run["selections"], len(tests)) == (True, [], 4)
    result.stdout.no_fnmatch_line("*night*")


SHARDING = """
    def pytest_addoption(parser):
        parser.addoption("--half", type=int)

    def pytest_collection_modifyitems(config, items):
        half = config.getoption("half")
        if half is not None:
            items[:] = items[half::2]
"""


@pytest.mark.parametrize(
    ("shards", "mode"),
    [
        pytest.param(
            [["tests/test_b.py", "--mc-shard=2/2"], ["tests/test_a.py", "--mc-shard=1/2"]],
            XDIST,
            id="paths",
        ),
        pytest.param([["--half=0"], ["--half=1"]], XDIST, id="a plugin"),
        pytest.param([["--half=0"], ["--half=1"]], (), id="a plugin, one process"),
        pytest.param([["-k", "1 or 3"], ["-k", "2 or 4"]], (), id="-k"),
        pytest.param(
            [
                ["tests/test_a.py::TestIt"],
                ["tests/test_a.py::test_2"],
                ["--deselect=tests/test_a.py"],
            ],
            (),
            id="ids",
        ),
    ],
)
def test_shards_add_up(suite: Suite, shards: list[list[str]], mode: tuple[str, ...]) -> None:
    """To the records of the whole run; with one of them missing to less."""
    write_two(suite.pytester.path)
    suite.pytester.makeconftest(SHARDING)
    suite.run_files("--mc-data")
    _, whole = read(suite.pytester.path / ".mcscopes")
    first, *others = shards
    for args in ([*first, *mode], *others):
        suite.run_files("--mc-data", "--mc-data-dir=shards", *args)
    parts = files_in(suite.pytester.path / "shards")
    sums = suite.pytester.mkdir("sums")
    for number, files in enumerate([parts, parts[::-1], parts[1:]]):
        assert main(["combine", *map(str, files), "-o", str(sums / f"{number}.jsonl")]) == 0
    forth, back, less = (path.read_bytes() for path in files_in(sums))
    assert forth == back
    (sums / "1.jsonl").unlink()
    (sums / "2.jsonl").unlink()
    run, tests = read(sums)
    assert (run["complete"], run["why_not_complete"], tests) == (True, [], whole)
    assert not json.loads(less.splitlines()[0])["complete"]


def test_a_shard_says_what_is_missing(suite: Suite) -> None:
    """Not that it left tests out, which it was to do."""
    write_two(suite.pytester.path)
    result = suite.run_files("--mc-data", "--mc-shard=1/3", "-k", "2")
    run, _ = read(suite.pytester.path / ".mcscopes")
    assert (run["complete"], run["shards"], len(run["why_not_complete"])) == (False, ["1/3"], 1)
    result.stdout.fnmatch_lines(
        [
            "the data of 1 test is in .mcscopes*.jsonl, not complete:",
            "  - shards 2/3, 3/3 are not here: run pytest --mc-data --mc-shard 2/3 and *",
            "    of all shards together by mcscopes combine",
        ]
    )


@pytest.mark.measured
@pytest.mark.parametrize("mode", MODES, ids=["serial", "xdist"])
def test_a_shard_with_a_wrong_path(suite: Suite, mode: tuple[str, ...]) -> None:
    """It says so, where the workers of pytest-xdist do not; run again, it is well."""
    write_two(suite.pytester.path)
    data = suite.pytester.path / ".mcscopes"
    paths = ["tests/test_b.py::test_3", "tests/test_c.py::TestIt", "more[1]"]
    result = suite.run_files("--mc-data", "--mc-shard=2/2", *mode, *paths)
    result.stdout.fnmatch_lines(
        ["  - tests/test_c.py, more are not there, so nothing was run: correct the command"]
    )
    suite.run_files("--mc-data", "--mc-shard=1/2", "tests/test_a.py")
    assert main(["combine", str(data), "-o", str(suite.pytester.path / "all.jsonl")]) == 0
    assert not json.loads((suite.pytester.path / "all.jsonl").read_text().splitlines()[0])[
        "complete"
    ]
    suite.run_files("--mc-data", "--mc-shard=2/2", *mode, "tests/test_b.py")
    assert main(["combine", str(data), "-o", str(suite.pytester.path / "all.jsonl")]) == 0
    run = json.loads((suite.pytester.path / "all.jsonl").read_text().splitlines()[0])
    assert (run["complete"], len(run["superseded"])) == (True, 1)


@pytest.mark.measured
@pytest.mark.parametrize("args", [["--pyargs", "asking"], ["tests"], ["tests/test_a.py::TestIt"]])
def test_what_a_run_is_called_with_and_is_there(suite: Suite, args: list[str]) -> None:
    """Nothing is said of it; --pyargs has names of modules."""
    write_two(suite.pytester.path)
    assert "not there" not in suite.run_files("--mc-data", *args).stdout.str()


@pytest.mark.parametrize("mode", MODES, ids=["serial", "xdist"])
def test_three_of_four_shards(
    suite: Suite, mode: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """They do not pass, not even where they ran all that there is; the fourth may be empty."""
    write_two(suite.pytester.path)
    (suite.pytester.path / "mcscopes.toml").write_text(dedent(ASSIGNED))
    data = suite.pytester.path / ".mcscopes"
    chosen = {1: ["-k", "1", *mode], 3: ["-k", "2"], 4: ["-k", "3 or 4"], 2: ["-k", "nothing"]}
    for number, args in chosen.items():
        if number == 2:
            assert_not_passed(data, capsys)
        suite.run_files("--mc-data", f"--mc-shard={number}/4", *args)
    _, document = check(data, capsys)
    assert (document["complete"], document["failures"]) == (True, [])


@pytest.mark.parametrize("args", [["--mc-data"], [], ["--collect-only"]], ids=" ".join)
def test_no_shard(suite: Suite, args: list[str]) -> None:
    """Such an option is a usage error, whatever else is asked for."""
    result = suite.run("def test_it(): pass", "--mc-shard=5/4", *args)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = (
        "ERROR: MCSCOPES: --mc-shard must be the number of this shard and how many there are, from"
        " 1/4 to 4/4, got '5/4'."
    )
    result.stderr.fnmatch_lines([text, "  More: mcscopes explain mc-shard"])


@pytest.mark.measured
def test_a_shard_of_which_nothing_is_kept(suite: Suite) -> None:
    """Its number would be of no use, and the shard be missed once all the others have run."""
    result = suite.run("def test_it(): pass", "--mc-shard=1/4")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = (
        "ERROR: MCSCOPES: --mc-shard says which part of the suite a data file is of, and none is"
        " written. Add --mc-data, or leave it out."
    )
    result.stderr.fnmatch_lines([text, "  More: mcscopes explain mc-shard"])
    assert suite.run("def test_it(): pass", "--mc-shard=1/4", "--collect-only").ret == 0


@pytest.mark.measured
@pytest.mark.parametrize(
    ("source", "gaps", "mode"),
    [
        pytest.param(
            "raise OSError",
            ["test_it.py could not be collected: fix the error that pytest shows", SHOWS_NOTHING],
            (),
            id="a collection error",
        ),
        pytest.param(
            "import pytest\n@pytest.mark.mc_scopes()\ndef test_it(): pass\ndef test_2(): pass",
            ["test_it.py could not be collected: fix the error that pytest shows", SHOWS_NOTHING],
            (),
            id="a bad mark",
        ),
        pytest.param("", [SHOWS_NOTHING], (), id="no tests"),
        pytest.param("", [SHOWS_NOTHING], XDIST, id="no tests, workers"),
        pytest.param("def test_it(): pass", [NOTHING_JUDGED], (), id="nothing judged"),
        pytest.param("def test_it(): pass", [NOTHING_JUDGED], XDIST, id="nothing judged, workers"),
    ],
)
def test_a_run_that_shows_nothing(
    suite: Suite,
    source: str,
    gaps: list[str],
    mode: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Is not complete either, and does not pass."""
    (suite.pytester.path / "mcscopes.toml").write_text(dedent(ASSIGNED))
    suite.run(source, "--mc-data", *mode)
    run, _ = read(suite.pytester.path / ".mcscopes")
    assert run["why_not_complete"] == gaps
    assert_not_passed(suite.pytester.path / ".mcscopes", capsys)
