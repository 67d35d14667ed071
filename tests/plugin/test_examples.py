"""The examples are what the README says they are."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PLUGINS = ("-p", "no:cacheprovider", "-p", "anyio", "-p", "respx", "-p", "pytest_mcscopes.plugin")

every_file = pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.relative_to(EXAMPLES).as_posix())
        for path in sorted(EXAMPLES.rglob("*.py"))
    ],
)


@pytest.fixture
def at_the_top(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A runner of inner tests in the project's own folder, by its own settings."""
    monkeypatch.chdir(ROOT)
    return pytester


def test_they_pass_without_a_note(at_the_top: pytest.Pytester) -> None:
    """All of what is marked is judged, on rows of the catalogue that are trusted."""
    result = at_the_top.runpytest_inprocess(*PLUGINS, "examples")
    result.assert_outcomes(passed=37)
    result.stdout.fnmatch_lines(
        ["=* Marketing Cloud scopes =*", "31 tests judged: no errors"], consecutive=True
    )


def test_the_one_with_the_bug_runs_only_by_its_name(at_the_top: pytest.Pytester) -> None:
    """And fails by the one rule that it is about."""
    result = at_the_top.runpytest_inprocess(*PLUGINS, "examples/over_asking")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["1 test judged: MCS102 in 1"])


def test_without_its_mark_the_bug_goes_unseen(pytester: pytest.Pytester) -> None:
    """The mail is sent all the same: an ordinary test passes."""
    package = pytester.mkpydir("over_asking")
    for path in (EXAMPLES / "over_asking").glob("*.py"):
        text = path.read_text().replace('@pytest.mark.mc_scopes("email_send")\n', "")
        (package / path.name).write_text(text)
    pytester.runpytest_inprocess(*PLUGINS).assert_outcomes(passed=1)


def test_what_is_asked_for_by_requests_is_told(pytester: pytest.Pytester) -> None:
    """At the very subdomain that the code has written in it."""
    package = pytester.mkpydir("reminders")
    for path in (EXAMPLES / "reminders").glob("*.py"):
        (package / path.name).write_text(path.read_text())
    code, tests = package / "reminders.py", package / "test_reminders.py"
    scope = 'SCOPE = "data_extensions_read email_send"'
    assert code.read_text().count(scope) == 1
    code.write_text(code.read_text().replace(scope, f'{scope[:-1]} journeys_read"'))
    tests.write_text(
        tests.read_text().replace("SCOPE.split()", '("data_extensions_read", "email_send")')
    )
    result = pytester.runpytest_inprocess(*PLUGINS, "-k", "its_reminder")
    result.assert_outcomes(failed=1, deselected=3)
    result.stdout.fnmatch_lines(
        ["  MCS102  excess scope: journeys_read", "1 test judged: MCS102 in 1"]
    )


def test_a_denied_user_is_seen_where_the_denial_is_not_expected(
    pytester: pytest.Pytester,
) -> None:
    """The web app copes with the 403, and still a test says that the user may not."""
    package = pytester.mkpydir("web_app")
    for path in (EXAMPLES / "web_app").glob("*.py"):
        (package / path.name).write_text(path.read_text())
    receipts = package / "test_receipts.py"
    expected = "with mc_tenant.expect_denied():"
    assert receipts.read_text().count(expected) == 1
    receipts.write_text(receipts.read_text().replace(expected, "if True:"))
    result = pytester.runpytest_inprocess(*PLUGINS, "-k", "only_look")
    result.assert_outcomes(passed=1, failed=1, deselected=17)
    result.stdout.fnmatch_lines(["2 tests judged: MCS204 in 1"])


def test_what_a_denial_over_soap_needs_is_told(pytester: pytest.Pytester) -> None:
    """The answer has HTTP status 200, and still a test says that the token lacks a scope."""
    package = pytester.mkpydir("soap")
    for path in (EXAMPLES / "soap").glob("*.py"):
        (package / path.name).write_text(path.read_text())
    check = package / "import_check.py"
    assert check.read_text().count(" list_and_subscribers_read") == 1
    check.write_text(check.read_text().replace(" list_and_subscribers_read", ""))
    result = pytester.runpytest_inprocess(*PLUGINS, "-k", "customers_who_left")
    result.assert_outcomes(failed=1, deselected=5)
    result.stdout.fnmatch_lines(["1 test judged: MCS201 in 1"])


@every_file
def test_they_need_only_what_the_first_command_installs(path: Path) -> None:
    """A fresh clone runs them after `pip install . requests`."""
    come_along = {"httpx", "lxml", "pytest", "pytest_mcscopes"}
    allowed = {*sys.stdlib_module_names, *come_along, "requests"}
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and not node.level:
            imported.add(str(node.module).split(".")[0])
    assert imported - allowed == set()
