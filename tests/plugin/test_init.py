"""`mcscopes init`: what it writes runs, and judges; no file that is there is changed."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from pytest_mcscopes.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

    from suites import Suite

SUITE = """
    import httpx
    import pytest
    from asking import ask, call, consent, exchange, send

    def test_named(mc_tenant):
        send(mc_tenant, "email_send")

    @pytest.mark.parametrize("scope", ["email_send", "sms_send"])
    def test_each(mc_tenant, scope):
        send(mc_tenant, scope)

    def test_omitted(mc_tenant):
        send(mc_tenant)

    def test_too_much(mc_tenant):
        send(mc_tenant, "email_send email_read")

    def test_secret_in_the_url(mc_tenant):
        send(mc_tenant, "email_send email_read")
        httpx.get(f"{mc_tenant.auth_url}?secret={mc_tenant.client_secret}")

    def test_handed_a_token(mc_tenant):
        call(mc_tenant, mc_tenant.issue_token(scopes=["email_send"]))

    @pytest.mark.mc_package(name="mailer", scopes=["email_send", "sms_read"])
    @pytest.mark.mc_scopes("email_send")
    def test_marked(mc_tenant):
        send(mc_tenant, "email_send")

    @pytest.mark.mc_package(name="app", type="web-app")
    def test_of_a_user(mc_tenant):
        tokens = exchange(mc_tenant, consent(mc_tenant, scope="email_send"))
        call(mc_tenant, tokens["access_token"])

    def test_nothing():
        pass
    """
MANIFEST = """\
# Drafted from what tests asked for and used. Production may assign more, which tests have to have
# too: mcscopes import FILE writes down what production answers.
[[package]]
name = "integration"
scopes = [
    "email_read",
    "email_send",
    "sms_send",
]

# It acts for users: say by type whether it is a "web-app" or a "public-app".
[[package]]
name = "app"
scopes = [
    "email_send",
]

[[package]]
name = "mailer"
scopes = [
    "email_send",
    "sms_read",
]
"""
FIXTURE = '''\
import pytest


@pytest.fixture
def marketing_cloud(mc_tenant, monkeypatch):
    """A simulated tenant for code that reads MC_AUTH_URL, MC_CLIENT_ID, ... as it starts."""
    for name, value in mc_tenant.environment().items():
        monkeypatch.setenv(name, value)
    return mc_tenant
'''
HOOK = '''\
FIRST_MARKS = {
    "test_it.py::test_each[email_send]": [
        pytest.mark.mc_scopes("email_send"),
    ],
    "test_it.py::test_handed_a_token": [
        pytest.mark.mc_no_token(reason="is handed a token"),
    ],
    "test_it.py::test_named": [
        pytest.mark.mc_scopes("email_send"),
    ],
    "test_it.py::test_of_a_user": [
        pytest.mark.mc_scopes("email_send"),
    ],
    "test_it.py::test_omitted": [
        pytest.mark.mc_package(scopes=["email_send"]),
        pytest.mark.mc_scopes("email_send"),
    ],
    "test_it.py::test_too_much": [
        pytest.mark.mc_scopes("email_send", match="at_least"),
    ],
}


def pytest_collection_modifyitems(items):
    """Mark tests as FIRST_MARKS says. Write each mark above its test, and take it out there."""
    for item in items:
        for mark in FIRST_MARKS.get(item.nodeid, ()):
            item.add_marker(mark)
'''
LEFT = """\
1 test asks for more than the calls used: by match="at_least" that is a note now; mcscopes suggest
  says what to request in place of it
1 test gets no mark yet: no minimum is shown; mcscopes suggest says what
1 test gets no mark yet: something has to be decided first; mcscopes suggest says what
Run pytest: what is marked is judged. mcscopes import FILE adds what production assigns.
"""
JUDGED = {
    "test_each[email_send]": "passed",
    "test_each[sms_send]": "passed",
    "test_handed_a_token": "passed",
    "test_marked": "passed",
    "test_named": "passed",
    "test_nothing": "passed",
    "test_of_a_user": "passed",
    "test_omitted": "passed",
    "test_secret_in_the_url": "passed",
    "test_too_much": "passed: note MCS102",
}


@pytest.fixture(autouse=True)
def outer_folder(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the suite, in which the command runs too."""
    monkeypatch.chdir(suite.pytester.path)
    return suite.pytester.path


def test_from_nothing_to_a_judged_suite(suite: Suite, capsys: pytest.CaptureFixture[str]) -> None:
    """First a fixture; then, once there is data of a run, marks and a manifest."""
    here = suite.pytester.path
    assert main(["init"]) == 0
    assert capsys.readouterr().out == (
        "conftest.py is written, with the fixture marketing_cloud\n"
        "There is no data of a run in .mcscopes yet, so there are no marks and no manifest. Let"
        " tests use\nthat fixture, or mc_tenant; run pytest --mc-data; then run mcscopes init"
        " again.\n"
    )
    assert (here / "conftest.py").read_text() == FIXTURE
    suite.run(SUITE, "--mc-data")
    (here / "conftest.py").unlink()
    capsys.readouterr()

    assert main(["init"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("the data of 10 tests are in .mcscopes, ")
    assert told.endswith(
        "conftest.py is written, with the fixture marketing_cloud and marks for 6 tests\n"
        'mcscopes.toml is written, with the packages "integration", "app", "mailer"\n' + LEFT
    )
    assert (here / "conftest.py").read_text() == f"{FIXTURE}\n\n{HOOK}"
    assert (here / "mcscopes.toml").read_text() == MANIFEST
    again = suite.run_files()
    assert suite.told(again) == JUDGED
    again.stdout.fnmatch_lines(["7 tests judged: no errors"])

    # What is there is left as it is, and what is missing there is printed, to be pasted.
    (here / "conftest.py").write_text(FIXTURE)
    head, integration, others = re.split(
        r"(\[\[package\]\]\n.*?\n\n)", MANIFEST, maxsplit=1, flags=re.DOTALL
    )
    (here / "mcscopes.toml").write_text(f"# ours\n{integration}")
    capsys.readouterr()
    assert main(["init", ".mcscopes"]) == 0
    told = capsys.readouterr().out
    pasted_hook = (
        "conftest.py is there, and was left as it is: for marks of 6 tests put this into it,"
        " beneath import\npytest; where it has a pytest_collection_modifyitems, put the loop into"
        f" that:\n\n{HOOK}\n"
    )
    tables = head + others
    pasted_tables = (
        f"mcscopes.toml is there, and was left as it is: put this at its end:\n\n{tables}\n"
    )
    assert told.endswith(pasted_hook + pasted_tables + LEFT)
    assert (here / "conftest.py").read_text() == FIXTURE
    (here / "conftest.py").write_text(f"{FIXTURE}\n\n{HOOK}")
    with (here / "mcscopes.toml").open("a") as stream:
        stream.write(tables)
    assert suite.told(suite.run_files()) == JUDGED

    # In the table of pyproject.toml the headings are others; what it has already is not printed.
    (here / "mcscopes.toml").unlink()
    (here / "pyproject.toml").write_text("[tool.mcscopes]\ntrust = 'attested'\n")
    capsys.readouterr()
    main(["init"])
    assert '\n[[tool.mcscopes.package]]\nname = "mailer"\n' in capsys.readouterr().out
    (here / "pyproject.toml").unlink()
    (here / "mcscopes.toml").write_text(MANIFEST)
    main(["init"])
    told = capsys.readouterr().out
    assert 'mcscopes.toml is there, and has the packages "integration", "app", "mailer"\n' in told


def test_where_all_can_be_marked(suite: Suite, capsys: pytest.CaptureFixture[str]) -> None:
    """A test that is written later cannot go unmarked; once it is all done, nothing is added."""
    here = suite.pytester.path
    source = """
        from asking import send

        def test_it(mc_tenant):
            send(mc_tenant, "email_send")
        """
    suite.run(source, "--mc-data")
    capsys.readouterr()
    assert main(["init"]) == 0
    told = capsys.readouterr().out
    assert told.endswith(
        "conftest.py is written, with the fixture marketing_cloud and marks for 1 test\n"
        'mcscopes.toml is written, with the package "integration"\n'
        "Run pytest: what is marked is judged. mcscopes import FILE adds what production assigns.\n"
    )
    assert (
        (here / "mcscopes.toml")
        .read_text()
        .startswith(
            "# Whoever talks to a tenant without a mark fails the run. All tests that did were"
            " marked.\nfail_unmarked = true\n\n# Drafted from"
        )
    )
    shutil.rmtree(here / ".mcscopes")
    assert suite.told(suite.run_files("--mc-data")) == {"test_it": "passed"}
    capsys.readouterr()
    assert main(["init"]) == 0
    told = capsys.readouterr().out
    assert "conftest.py is there, and no mark is to be added to it\n" in told
    (here / ".mcscopes" / "other.jsonl").write_text("no data file")
    assert main(["init"]) == 1
    assert "other.jsonl" in capsys.readouterr().err
    unmarked = "\n        def test_two(mc_tenant):\n            send(mc_tenant, 'email_send')\n"
    assert suite.run(source + unmarked).ret == pytest.ExitCode.TESTS_FAILED


def test_where_all_is_marked(suite: Suite, capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to write, and tests that talk to a tenant need no fixture."""
    source = """
        import pytest
        from asking import send

        @pytest.mark.mc_scopes("email_send")
        def test_it(mc_tenant):
            send(mc_tenant, "email_send")
        """
    suite.run(source, "--mc-data")
    capsys.readouterr()
    assert main(["init"]) == 0
    assert "no mark is to be added, so no conftest.py was written\n" in capsys.readouterr().out
    assert not (suite.pytester.path / "conftest.py").exists()


def test_data_in_a_folder_of_its_own(suite: Suite, capsys: pytest.CaptureFixture[str]) -> None:
    """The commands read where the ini key says that pytest writes."""
    (suite.pytester.path / "pytest.ini").write_text("[pytest]\nmc_data_dir = build/scopes\n")
    source = "from asking import send\ndef test_it(mc_tenant): send(mc_tenant, 'email_send')"
    assert main(["init"]) == 0
    assert "There is no data of a run in build/scopes yet" in capsys.readouterr().out
    (suite.pytester.path / "conftest.py").unlink()
    suite.run(source, "--mc-data")
    for command in ("init", "suggest"):
        capsys.readouterr()
        assert main([command]) == 0
        assert "the data of 1 test is in build/scopes, not complete" in capsys.readouterr().out


def test_a_suite_that_talks_to_nobody(suite: Suite, capsys: pytest.CaptureFixture[str]) -> None:
    """It has nothing to begin with but the fixture."""
    suite.run("def test_it(): pass", "--mc-data")
    capsys.readouterr()
    assert main(["init"]) == 0
    assert capsys.readouterr().out.endswith(
        "conftest.py is written, with the fixture marketing_cloud and marks for 0 tests\n"
        "no test has to do with an Installed Package, so there is no manifest to write\n"
        "Run pytest: what is marked is judged. mcscopes import FILE adds what production assigns.\n"
    )
    assert (suite.pytester.path / "conftest.py").read_text() == FIXTURE


class TestBadInput:
    """It ends with exit code 2, in plain words."""

    def test_a_path_that_is_not_there(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["init", "nowhere"]) == 2
        assert "nowhere is not there." in capsys.readouterr().err

    def test_a_conftest_that_is_there(
        self, suite: Suite, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Without any data: the fixture is printed."""
        (suite.pytester.path / "conftest.py").write_text("# ours\n")
        assert main(["init"]) == 0
        fixture = FIXTURE.removeprefix("import pytest\n\n\n")
        assert capsys.readouterr().out.startswith(
            "conftest.py is there, and was left as it is: put this fixture into it, beneath import"
            f" pytest:\n\n{fixture}\n"
        )
        assert (suite.pytester.path / "conftest.py").read_text() == "# ours\n"

    def test_no_room(
        self, suite: Suite, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A folder that is gone stands for one that may not be written to."""
        gone = suite.pytester.mkdir("gone")
        monkeypatch.chdir(gone)
        gone.rmdir()
        assert main(["init"]) == 2
        assert capsys.readouterr().err == (
            "MCSCOPES: conftest.py could not be written: No such file or directory. Make room"
            " there, or run it in another folder.\n"
        )
