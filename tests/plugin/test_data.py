"""`pytest --mc-data`: what each test did is in the file, once, whoever ran it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from inner_runs import KINDS, XDIST, files_in, read, write_two

from pytest_mcscopes.evidence.data_file import read_schema

if TYPE_CHECKING:
    from inner_runs import Line
    from suites import Suite

pytestmark = pytest.mark.measured

SEND = "/messaging/v1/email/messages/{messageKey}"


def data_of(suite: Suite, source: str, *args: str) -> tuple[Line, dict[str, Line]]:
    """Run one file and read what was written."""
    suite.run(source, "--mc-data", *args)
    return read(suite.pytester.path / ".mcscopes")


OF_KINDS = {
    "test_passes": ("passed", ""),
    "test_over_asks": ("failed", ""),
    "test_over_asks_expectedly": ("xfailed", ""),
    "test_fails": ("failed", "before a token"),
    "test_in_set_up": ("error", "in set-up"),
    "test_skips": ("skipped", "skipped"),
    "test_skipped": ("skipped", "skipped"),
    "test_unmarked": ("passed", "unmarked"),
    "test_unrelated": ("passed", "no tenant"),
    "test_denied": ("passed", ""),
    "test_in_threads": ("passed", ""),
    "test_block": ("passed", ""),
    "test_subtests": ("passed", ""),
    "test_failing_subtest": ("failed", ""),
    "test_teardown": ("error", "no tenant"),
    "test_works_after_all": ("xpassed", "no tenant"),
}


def test_each_kind_of_test(suite: Suite) -> None:
    """With its outcome, whether it was judged, and what was seen."""
    run, tests = data_of(suite, KINDS)
    told = {name: (each["outcome"], each["why_not_judged"]) for name, each in tests.items()}
    assert told == OF_KINDS
    assert (run["complete"], run["why_not_complete"]) == (True, [])
    rules = {
        name: [(each["rule"], each["severity"], each["scopes"]) for each in test["findings"]]
        for name, test in tests.items()
        if test["findings"]
    }
    excess = [("MCS102", "error", ["email_read"])]
    assert rules == {
        "test_over_asks": excess,
        "test_over_asks_expectedly": excess,
        "test_denied": [("MCS201", "note", ["campaign_read"])],
        "test_subtests": [("MCS303", "note", ["email_send"])],
        "test_in_threads": [("MCS102", "note", ["email_read", "sms_read"])],
    }
    relaxed = {
        name: [(each["by"], each["rule"]) for each in test["relaxed"]]
        for name, test in tests.items()
        if test["relaxed"]
    }
    assert relaxed == {
        "test_over_asks_expectedly": [("xfail", "MCS102")],
        "test_denied": [("mc_allow", "MCS201")],
        "test_in_threads": [("at_least", "")],
    }
    assert [each["declared"] for each in tests["test_skipped"]["marks"]] == [["email_send"]]


@pytest.mark.parametrize("args", [(), XDIST], ids=["serial", "xdist"])
def test_a_file_that_skips_itself(suite: Suite, args: tuple[str, ...]) -> None:
    """It stands there in place of its tests, which would else be missing unseen."""
    skipping = "import pytest\n\npytest.importorskip('not_there')\n\ndef test_it(): pass"
    suite.pytester.makepyfile(test_other=skipping)
    run, _ = data_of(suite, KINDS, *args)
    (path,) = files_in(suite.pytester.path / ".mcscopes")
    tests = {each["test"]: each for each in map(json.loads, path.read_text().splitlines()[1:])}
    assert (run["complete"], run["tests"]) == (True, len(OF_KINDS) + 1)
    skipped = tests["test_other.py"]
    assert (skipped["outcome"], skipped["why_not_judged"]) == ("skipped", "skipped")


def test_calls(suite: Suite) -> None:
    """Each with its route, what was used, lacked or may have been needed, and its answer."""
    _, tests = data_of(
        suite,
        """
        import pytest
        from asking import API, ask, call, consent, exchange, retrieving, soap

        def test_it(mc_tenant):
            token = ask(mc_tenant, "email_send")
            call(mc_tenant, token, "messaging/v1/email/messages/1")
            call(mc_tenant, token, "messaging/v1/email/messages/2")
            call(mc_tenant, token, "hub/v1/campaigns/7", "GET")
            call(mc_tenant, token, "nowhere/v1/7", "GET")
            soap(mc_tenant, token, retrieving("Subscriber"))

        @pytest.mark.mc_package(type="web-app")
        @pytest.mark.mc_user(profile="nothing")
        def test_user(mc_tenant):
            code = consent(mc_tenant, scope="email_send")
            call(mc_tenant, exchange(mc_tenant, code)["access_token"])
        """,
    )
    (part,) = tests["test_it"]["parts"]
    calls = {
        (each["host"], each["method"], each["route"]): (
            each["status"],
            each["used"],
            each["lacks"],
            each["login"],
        )
        for each in part["calls"]
    }
    assert calls == {
        ("rest", "POST", "/messaging/v1/email/messages/{messageKey}"): (
            None,
            ["email_send"],
            [],
            0,
        ),
        ("rest", "GET", "/hub/v1/campaigns/{id}"): (403, [], ["campaign_read"], 0),
        ("rest", "GET", "/nowhere/v1/7"): (None, [], [], 0),
        ("soap", "POST", "/Service.asmx"): (200, [], ["list_and_subscribers_read"], 0),
    }
    assert len(part["calls"]) == len(calls)
    ((barred,),) = (part["calls"] for part in tests["test_user"]["parts"])
    assert barred["user_denied"]
    assert barred["missing_permissions"] != []
    assert (barred["used"], barred["may_need"]) == ([], ["email_send"])


def test_every_line_fits_the_schema(suite: Suite) -> None:
    """As its users check it."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(read_schema())
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    suite.run(KINDS, "--mc-data")
    (path,) = files_in(suite.pytester.path / ".mcscopes")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        validator.validate(line)
    lines[-1]["outcome"] = "well"
    assert not validator.is_valid(lines[-1])


class AsWorker:
    """Lets this process be what xdist starts."""

    def __init__(self) -> None:
        self.output: dict[str, Any] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.workerinput = {"workerid": "gw0"}  # type: ignore[attr-defined]
        config.workeroutput = self.output  # type: ignore[attr-defined]


def test_a_worker_tells_its_controller(suite: Suite) -> None:
    """What it opened and left out, and writes nothing itself."""
    write_two(suite.pytester.path)
    worker = AsWorker()
    suite.run_files("--mc-data", "-k", "not 3", plugins=[worker])
    opened, left_out, *others = worker.output["mcscopes_collected"]
    assert {"tests/test_a.py", "tests/test_b.py"} < {*opened}
    assert (left_out, others) == (["tests/test_b.py::test_3"], [[], {}])
    assert not (suite.pytester.path / ".mcscopes").exists()


def test_an_interrupted_run(suite: Suite) -> None:
    """What had ended is there, and what had begun."""
    source = """
        def test_1():
            pass

        def test_2():
            raise KeyboardInterrupt

        def test_3():
            pass
    """
    with pytest.raises(KeyboardInterrupt):  # as pytester has it
        suite.run(source, "--mc-data")
    run, tests = read(suite.pytester.path / ".mcscopes")
    assert {name: test["outcome"] for name, test in tests.items()} == {
        "test_1": "passed",
        "test_2": "unfinished",
    }
    assert run["why_not_complete"][0].startswith(
        "2 tests were not run to the end, test_it.py::test_2, test_it.py::test_3: "
    )


@pytest.mark.parametrize(
    ("args", "folder"),
    [
        pytest.param(["-o", "mc_data_dir=kept"], "kept", id="ini key"),
        pytest.param(["-o", "mc_data_dir=kept", "--mc-data-dir=there"], "below/there", id="option"),
    ],
)
def test_another_folder(
    suite: Suite, args: list[str], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ini key's is below the root folder, the option's where pytest is called."""
    (suite.pytester.path / "pytest.ini").write_text("[pytest]\n")
    below = suite.pytester.path / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    suite.run_files("--mc-data", *args)
    assert len(files_in(suite.pytester.path / folder)) == 1


def test_git_leaves_the_folder_out(suite: Suite) -> None:
    """A new one of our kind: nobody adds evidence by accident. Any other is the user's affair."""
    suite.pytester.mkdir(".there")
    for folder, ignored in ((".mcscopes", True), (".there", False), ("kept", False)):
        suite.run("def test_it(): pass", "--mc-data", "-o", f"mc_data_dir={folder}")
        assert (suite.pytester.path / folder / ".gitignore").exists() == ignored


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(["--mc-data", "--collect-only"], id="collected only"),
        pytest.param(["--mc-data", "--fixtures"], id="pytest's own list"),
        pytest.param(["--mc-data-dir=.mcscopes"], id="not asked for"),
    ],
)
def test_nothing_is_written(suite: Suite, args: list[str]) -> None:
    """Nor is the folder made."""
    suite.run("def test_it(): pass", *args)
    assert not (suite.pytester.path / ".mcscopes").exists()


def test_what_the_manifest_says_is_known_by_its_digest(suite: Suite) -> None:
    """Settings and catalogue entries apart; comments are no matter."""
    texts = (
        "",
        "expires_in = 60",
        "# short\nexpires_in = 60",
        'expires_in = 60\n[[scope]]\nid = "own_read"',
    )
    for text in texts:
        (suite.pytester.path / "mcscopes.toml").write_text(text)
        suite.run("def test_it(): pass", "--mc-data")
    files = files_in(suite.pytester.path / ".mcscopes")
    runs = [json.loads(path.read_text().splitlines()[0])["digests"] for path in files]
    none, short, commented, own = runs
    assert (none["manifest"], none["overlay"], short["overlay"]) == (None, None, None)
    assert short == commented != none
    assert short["settings"] == own["settings"] != none["settings"]
    assert None not in {own["overlay"], own["manifest"], short["manifest"]}


def test_what_the_setting_made_notes(suite: Suite) -> None:
    """Is told of each test that it lets pass."""
    source = """
        import pytest
        from asking import send

        @pytest.mark.mc_scopes("email_send")
        def test_it(mc_tenant):
            send(mc_tenant, "email_send email_read")
    """
    _, tests = data_of(suite, source, "-o", "mc_rules=MCS102 = note\nMCS303=error")
    assert [(each["by"], each["rule"]) for each in tests["test_it"]["relaxed"]] == [
        ("mc_rules", "MCS102")
    ]


@pytest.mark.parametrize("option", ["--mc-data", "--mc-gate", "--mc-gate-partial"])
def test_without_pytests_own_plugin(option: str, suite: Suite) -> None:
    """What the whole suite is cannot be told: no test runs, and no traceback is shown."""
    result = suite.run("def test_it(): pass", option, "-p", "no:python")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = (
        "ERROR: MCSCOPES: -p no:python switches off pytest's own plugin for Python tests, so that"
        " it cannot be told what the whole suite is. Leave it out, or leave out --mc-data and"
        " --mc-gate."
    )
    result.stderr.fnmatch_lines([text, "  More: mcscopes explain mc-data"])
    assert "Traceback" not in result.stdout.str() + result.stderr.str()


class TestNoRoom:
    """A file that cannot be written is an error that says what to do."""

    def test_before_the_tests(self, suite: Suite) -> None:
        """Where it is known by then, no test runs."""
        (suite.pytester.path / ".mcscopes").touch()
        result = suite.run("def test_it(): pass", "--mc-data")
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        text = (
            "ERROR: MCSCOPES: --mc-data cannot write files in */.mcscopes: File exists. Make that a"
            " folder which can be written to, or name another by --mc-data-dir."
        )
        result.stderr.fnmatch_lines([text, "  More: mcscopes explain mc-data"])

    def test_an_empty_name(self, suite: Suite) -> None:
        """It is no folder."""
        result = suite.run("def test_it(): pass", "--mc-data", "--mc-data-dir=")
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(
            ["ERROR: MCSCOPES: mc_data_dir must name a folder, as .mcscopes, got ''."]
        )

    @pytest.mark.parametrize(
        ("passes", "code"),
        [
            pytest.param(True, pytest.ExitCode.INTERRUPTED, id="passed"),
            pytest.param(False, pytest.ExitCode.TESTS_FAILED, id="failed"),
        ],
    )
    def test_at_the_end(self, suite: Suite, code: pytest.ExitCode, *, passes: bool) -> None:
        """A run that passed does not pass; pytest's own failure stays what it is."""
        result = suite.run(
            f"""
            import shutil
            from pathlib import Path

            def test_it():
                shutil.rmtree(".mcscopes")
                Path(".mcscopes").touch()
                assert {passes}
            """,
            "--mc-data",
        )
        assert result.ret == code
        text = (
            "MCSCOPES: the data file could not be written in */.mcscopes: Not a directory. What"
            " is left there of this run says that it has not ended. Make room there, or name"
            " another folder by --mc-data-dir."
        )
        result.stdout.fnmatch_lines(["*= Marketing Cloud scopes: data =*", text])
