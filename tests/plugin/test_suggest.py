"""`pytest --mc-suggest`: what it tells is right, and what is pasted passes."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, ClassVar

import pytest

from pytest_mcscopes.cli.main import main
from pytest_mcscopes.evidence.read_file import read_data_file
from pytest_mcscopes.hooks.stash import ATTEMPT
from pytest_mcscopes.learn.suggest import suggest
from pytest_mcscopes.learn.suggestion import Suggestion

if TYPE_CHECKING:
    from suites import Suite

ROOT = Path(__file__).parents[2]
PLUGINS = ("-p", "no:cacheprovider", "-p", "anyio", "-p", "respx", "-p", "pytest_mcscopes.plugin")

Suggested = dict[str, Suggestion]


def read(folder: Path) -> Suggested:
    """The suggestions for the data file in a folder, by test; the file is taken away."""
    (path,) = folder.glob("*.jsonl")
    found = {each.test: each for each in suggest(read_data_file(path).records).tests}
    path.unlink()
    return found


def suggested(pytester: pytest.Pytester, *args: str) -> Suggested:
    """Run what the test has written and read the suggestions."""
    pytester.runpytest_inprocess(*PLUGINS, *args, "--mc-data")
    return read(pytester.path / ".mcscopes")


def lines_of(found: Suggested) -> dict[str, list[str]]:
    """The lines to paste, by the test's name."""
    return {test.rpartition("::")[2]: [*each.lines] for test, each in found.items()}


def unmarked(source: str) -> str:
    """Take the marks of this plugin off a file."""
    marks = re.compile(r"^(?:@pytest\.mark|pytestmark = pytest\.mark)\.mc_.*\n", re.MULTILINE)
    return marks.sub("", source)


def paste(path: Path, found: Suggested) -> None:
    """Paste the lines above their tests."""
    text = path.read_text()
    for test, each in found.items():
        head = re.compile(rf"^(?=(?:async )?def {test.rpartition('::')[2]}\()", re.MULTILINE)
        text = head.sub("".join(f"{line}\n" for line in each.lines), text)
    path.write_text(text)


UNION = (
    '@pytest.mark.mc_scopes("data_extensions_read", "email_read", "email_send", match="at_most")'
)
HAND_CHECKED = {
    "test_a_contact_is_forgotten": ['@pytest.mark.mc_scopes("list_and_subscribers_write")'],
    "test_a_package_that_lacks_the_scope_is_told_to_the_caller": [
        '@pytest.mark.mc_no_token(refused=True, reason="a test of the refusal")'
    ],
    "test_a_receipt_is_sent": ['@pytest.mark.mc_scopes("email_send")'],
    "test_a_receipt_that_was_sent_is_known": [UNION],
    "test_a_token_that_ran_out_is_renewed_with_the_same_scopes": [UNION],
    "test_only_receipts_that_are_owed_are_sent": [UNION],
    "test_orders_are_read": [UNION],
    "test_orders_are_saved": ['@pytest.mark.mc_scopes("data_extensions_write")'],
}


def test_the_examples(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they are marked, so it is suggested."""
    monkeypatch.chdir(ROOT)
    result = pytester.runpytest_inprocess(
        *PLUGINS, "examples", "--mc-suggest", "--mc-data", f"--mc-data-dir={pytester.path}"
    )
    found = read(pytester.path)
    shop = {test: each for test, each in found.items() if test.startswith("examples/shop/")}
    assert lines_of(shop) == HAND_CHECKED
    assert all(each.as_marked for each in found.values() if each.lines)
    result.stdout.fnmatch_lines(
        [
            "*= Marketing Cloud scopes: marks to paste =*",
            "examples/shop/test_nightly.py",
            "examples/shop/test_purposes.py",
            "tests: * talked to a tenant, 0 to mark, * marked so, *",
            "*= Marketing Cloud scopes =*",
        ]
    )


def test_the_examples_without_their_marks(pytester: pytest.Pytester) -> None:
    """The same marks are suggested, and the tests pass with them."""
    shop = pytester.mkpydir("shop")
    package = "@pytest.mark.mc_package("
    for path in (ROOT / "examples" / "shop").glob("*.py"):
        text = path.read_text().replace(package, package.upper())  # that one is part of its test
        (shop / path.name).write_text(unmarked(text).replace(package.upper(), package))
    conftest = (ROOT / "examples" / "conftest.py").read_text()
    (pytester.path / "conftest.py").write_text(conftest)
    found = suggested(pytester)
    assert lines_of(found) == HAND_CHECKED
    for name in ("test_purposes.py", "test_nightly.py"):
        paste(shop / name, {test: each for test, each in found.items() if name in test})
    result = pytester.runpytest_inprocess(*PLUGINS)
    result.assert_outcomes(passed=8)
    result.stdout.fnmatch_lines(["8 tests judged: no errors"])


def test_the_example_with_the_bug(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its line is no wider than what it used; what it must do first is told."""
    monkeypatch.chdir(ROOT)
    result = pytester.runpytest_inprocess(*PLUGINS, "examples/over_asking", "--mc-suggest")
    result.stdout.fnmatch_lines(
        [
            '    @pytest.mark.mc_scopes("email_send")',
            "      email_send * POST /messaging/v1/email/messages/{messageKey} (documented)",
            '      first: request scope="email_send": no call used email_read',
        ],
        consecutive=True,
    )


PYSFMC = """
import pytest
from pysfmc import SFMCClient, SFMCSettings

ONE = {"id": 7, "name": "Receipts"}

@pytest.fixture
def assets(mc_tenant):
    mc_tenant.rest.route(path__startswith="/asset/v1/content").respond(json=ONE)
    settings = SFMCSettings(
        client_id=mc_tenant.client_id,
        client_secret=mc_tenant.client_secret,
        account_id=str(mc_tenant.account_id),
        subdomain=mc_tenant.subdomain,
    )
    with SFMCClient(settings) as client:
        yield client.assets

def test_reads_a_folder(assets):
    assets.categories.get_category_by_id(7)

def test_makes_a_folder(assets):
    assets.categories.create_category("New", 7)

def test_drops_a_folder(assets):
    assets.categories.delete_category_by_id(7)

def test_reads_an_asset(assets):
    assets.query.get_asset_by_id(9)

def test_makes_an_asset(assets):
    assets.content.create_asset("Receipt", "htmlemail", 208)

def test_drops_an_asset(assets):
    assets.content.delete_asset(9)
"""


def test_pysfmc(pytester: pytest.Pytester) -> None:
    """A client that never sends scope gets a package as narrow as its calls, and passes."""
    path = pytester.makepyfile(PYSFMC)
    found = suggested(pytester)
    assert lines_of(found) == {
        test: [
            f'@pytest.mark.mc_package(scopes=["{scope}"])',
            f'@pytest.mark.mc_scopes("{scope}")',
        ]
        for test, scope in {
            "test_drops_a_folder": "documents_and_images_write",
            "test_drops_an_asset": "documents_and_images_write",
            "test_reads_an_asset": "documents_and_images_read",
            "test_reads_a_folder": "documents_and_images_read",
            "test_makes_a_folder": "documents_and_images_write",
            "test_makes_an_asset": "saved_content_write",
        }.items()
    }
    paste(path, found)
    result = pytester.runpytest_inprocess(*PLUGINS)
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines(["Marketing Cloud scopes: 6 tests judged, no errors"])
    assert all(each.as_marked for each in suggested(pytester).values())


KINDS = """
    import pytest
    from asking import ask, call, send

    def test_plain(mc_tenant):
        send(mc_tenant, "email_send")

    def test_late(request):
        send(request.getfixturevalue("mc_tenant"), "email_send")

    def test_in_its_body(mc_cloud):
        with mc_cloud.tenant() as tenant:
            send(tenant)

    @pytest.mark.mc_package(scopes=["email_send", "sms_read"])
    def test_own_package(mc_tenant):
        send(mc_tenant)

    def test_handed(mc_tenant):
        call(mc_tenant, mc_tenant.issue_token(["email_send"]))

    @pytest.mark.mc_package(name="mails")
    @pytest.mark.mc_package(name="pushes")
    def test_two(mc_tenant):
        for package in mc_tenant.packages.values():
            call(mc_tenant, ask(mc_tenant, "email_send", package))

    @pytest.mark.mc_package(name="mails")
    @pytest.mark.mc_package(name="pushes")
    def test_one_of_two(mc_tenant):
        send(mc_tenant, "email_send")

    @pytest.mark.mc_no_token(reason="asks for none")
    def test_wrongly_marked(mc_tenant):
        send(mc_tenant, "email_send")

    @pytest.mark.mc_allow("MCS201", reason="is what it is about")
    def test_denied(mc_tenant):
        token = ask(mc_tenant, "email_send")
        call(mc_tenant, token)
        call(mc_tenant, token, "hub/v1/campaigns", "GET")

    def test_nobody():
        pass

    def test_unused(mc_tenant):
        pass

    def test_fails(mc_tenant):
        send(mc_tenant, "email_send")
        raise AssertionError

    def test_skips(mc_tenant):
        send(mc_tenant, "email_send")
        pytest.skip()
"""
MAIL = '@pytest.mark.mc_scopes("email_send")'
OF_KINDS = {
    "test_denied": [MAIL],
    "test_fails": [],
    "test_handed": ['@pytest.mark.mc_no_token(reason="is handed a token")'],
    "test_in_its_body": [MAIL],
    "test_late": [MAIL],
    "test_one_of_two": [MAIL],
    "test_own_package": [MAIL],
    "test_plain": [MAIL],
    "test_two": [
        '@pytest.mark.mc_scopes("email_send", package="mails")',
        '@pytest.mark.mc_scopes("email_send", package="pushes")',
    ],
    "test_wrongly_marked": [MAIL],
}


@pytest.mark.parametrize("mode", [(), ("-p", "xdist", "-n", "2")], ids=["plain", "xdist"])
def test_kinds_of_tests(suite: Suite, mode: tuple[str, ...]) -> None:
    """Marked or not, whoever made the tenant; a test that failed or met no tenant has no line."""
    result = suite.run(KINDS, *mode, "--mc-data")
    result.assert_outcomes(passed=10, failed=2, skipped=1)
    found = read(suite.pytester.path / ".mcscopes")
    assert lines_of(found) == OF_KINDS
    first = {test.rpartition("::")[2]: [*each.first] for test, each in found.items()}
    assert {test: steps for test, steps in first.items() if steps} == {
        "test_in_its_body": [
            (
                'request scope="email_send", or build the tenant with'
                ' mc_cloud.tenant(scopes=["email_send"])'
            )
        ],
        "test_own_package": [
            'request scope="email_send", or change the test\'s mc_package to scopes=["email_send"]'
        ],
    }
    result.stdout.no_fnmatch_line("*marks to paste*")


FILE_OF_A_CLIENT = """
    from asking import ask, call
    from client import SCOPES

    def test_it(mc_tenant):
        call(mc_tenant, ask(mc_tenant, SCOPES), "messaging/v1/{path}", "{method}")
"""


def test_a_client_of_several_files(suite: Suite, capsys: pytest.CaptureFixture[str]) -> None:
    """Its one line is told by a run and of its file alike; written where it belongs, it passes."""
    path = suite.pytester.path
    mail = suite.pytester.mkpydir("mail")
    (path / "client.py").write_text('SCOPES = "email_read email_send sms_read"')
    for name, call, method in (
        ("a", "email/messages/1", "POST"),
        ("b", "email/definitions", "GET"),
    ):
        text = dedent(FILE_OF_A_CLIENT).format(path=call, method=method)
        (mail / f"test_{name}.py").write_text(text)
    result = suite.run_files("--mc-suggest", "--mc-data", "-p", "xdist", "-n", "2")
    lines = result.outlines
    begins = next(at for at, line in enumerate(lines) if "marks to paste" in line) + 1
    capsys.readouterr()
    assert main(["suggest", str(path / ".mcscopes")]) == 0
    told = capsys.readouterr().out.splitlines()
    ends = next(at for at, line in enumerate(told) if line.startswith("tests: ")) + 1
    assert told[:ends] == lines[begins : begins + ends]
    line = 'pytestmark = pytest.mark.mc_scopes("email_read", "email_send", match="at_most")'
    assert f"    {line}" in told
    read(path / ".mcscopes")
    (mail / "__init__.py").write_text(f"import pytest\n{line}\n")
    (path / "client.py").write_text('SCOPES = "email_read email_send"')
    suite.run_files("--mc-data").assert_outcomes(passed=2)
    assert [each.as_marked for each in read(path / ".mcscopes").values()] == [True, True]


WEB_APP = """
    import pytest
    from asking import call, consent, exchange, refresh

    BACK = "https://app.example.com/callback"
    pytestmark = pytest.mark.mc_package(type="web-app", redirect_uris=[BACK])

    class App:
        def __init__(self, tenant):
            self.tenant = tenant

        def log_in(self, user=None, *, form=(), **scope):
            code = consent(self.tenant, user, **scope)
            self.tokens = exchange(self.tenant, code, **dict(form))
            return self.tokens["access_token"]

        def refresh(self, **scope):
            self.tokens = refresh(self.tenant, self.tokens, **scope)
            return self.tokens["access_token"]

        def send(self, token):
            call(self.tenant, token)

    @pytest.fixture
    def app(mc_tenant):
        return App(mc_tenant)

    def test_named(app):
        app.send(app.log_in(scope="email_send"))

    def test_named_for_long(app):
        app.log_in(scope="email_send offline")
        app.send(app.refresh())

    def test_named_again(app):
        app.log_in(scope="email_send offline")
        app.send(app.refresh(scope="offline email_send"))

    def test_named_too_much(app):
        app.send(app.log_in(scope="email_read email_send offline"))

    def test_omitted(app):
        app.send(app.log_in())

    def test_omitted_for_long(app):
        app.log_in()
        app.send(app.refresh())

    def test_omitted_and_named(app):
        app.send(app.log_in(form={"scope": "email_send"}))

    @pytest.mark.mc_package(scopes=["email_read", "email_send", "offline"])
    def test_omitted_with_its_own_package(app):
        app.send(app.log_in())

    def test_arranged(app, mc_tenant):
        with mc_tenant.arrange():
            app.log_in(scope="email_send offline")
        app.send(app.refresh())

    def test_arranged_too_wide(app, mc_tenant):
        with mc_tenant.arrange():
            app.log_in(scope="email_send email_read")
        app.send(app.refresh())

    @pytest.mark.mc_user(name="Ada")
    @pytest.mark.mc_user(name="Grace", profile="nothing")
    def test_two_users(app, mc_tenant):
        app.send(app.log_in("Ada", scope="email_send"))
        with mc_tenant.expect_denied():
            app.send(app.log_in("Grace", scope="email_send"))

    @pytest.mark.mc_user(profile="nothing")
    def test_barred(app, mc_tenant):
        with mc_tenant.expect_denied():
            app.send(app.log_in(scope="email_send"))

    @pytest.mark.mc_user(profile="nothing")
    def test_barred_by_surprise(app):
        app.send(app.log_in(scope="email_send"))
"""
NARROW = '@pytest.mark.mc_package(scopes=["email_send", "offline"])'
OF_WEB_APP = {
    "test_arranged": [MAIL],
    "test_arranged_too_wide": [MAIL],
    "test_barred": [],
    "test_barred_by_surprise": [],
    "test_named": [MAIL],
    "test_named_again": [MAIL],
    "test_named_for_long": [MAIL],
    "test_named_too_much": [MAIL],
    "test_omitted": [NARROW, MAIL],
    "test_omitted_and_named": [MAIL],
    "test_omitted_for_long": [NARROW, MAIL],
    "test_omitted_with_its_own_package": [MAIL],
    "test_two_users": [MAIL],
}


def test_a_web_app(suite: Suite) -> None:
    """Lines suit an app that users log in to: pasted, they pass where nothing is to do first."""
    suite.run(WEB_APP, "--mc-data")
    found = read(suite.pytester.path / ".mcscopes")
    assert lines_of(found) == OF_WEB_APP
    first = {test.rpartition("::")[2]: [*each.first] for test, each in found.items()}
    assert {test: steps for test, steps in first.items() if steps} == {
        "test_arranged_too_wide": ['request scope="email_send": no call used email_read'],
        "test_named_too_much": ['request scope="email_send offline": no call used email_read'],
        "test_omitted_and_named": [
            (
                'request scope="email_send offline" at each log-in: without scope everything'
                " assigned is asked for"
            )
        ],
        "test_omitted_with_its_own_package": [
            (
                'request scope="email_send offline", or change the test\'s mc_package to'
                ' scopes=["email_send", "offline"]'
            )
        ],
    }
    paste(suite.pytester.path / "test_it.py", found)
    told = suite.told(suite.run_files())
    assert {test: outcome for test, outcome in told.items() if "passed" not in outcome} == {
        "test_arranged_too_wide": "failed: MCS102",
        "test_named_too_much": "failed: MCS102",
        "test_omitted_and_named": "failed: MCS101",
        "test_omitted_with_its_own_package": "failed: MCS101",
    }


def test_the_last_attempt_counts(suite: Suite) -> None:
    """A test that is run again is what it did then."""
    suite.run(
        """
        from asking import send

        ATTEMPTS = []

        def test_it(mc_tenant):
            ATTEMPTS.append("email_send email_read")
            send(mc_tenant, ATTEMPTS[0] if len(ATTEMPTS) == 1 else "email_send")
            assert len(ATTEMPTS) == 2
        """,
        "-p", "pytest_rerunfailures", "--reruns=1", "--mc-data",
    )  # fmt: skip
    (found,) = read(suite.pytester.path / ".mcscopes").values()
    assert (found.lines, found.first) == ((MAIL,), ())


class Kept:
    """A plugin that lists the tests of which a conclusion is kept at the end."""

    tests: ClassVar[list[str]] = []

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.tests[:] = [
            item.nodeid
            for item in session.items
            if ATTEMPT in item.stash and item.stash[ATTEMPT].conclusion
        ]


@pytest.mark.measured
def test_what_is_written_is_not_kept_elsewhere(suite: Suite) -> None:
    """pytest keeps each test and each report to its end; of a large suite that would be much."""
    kept = Kept()
    result = suite.run(KINDS, "--mc-data", plugins=[kept])
    reports = result.reprec.getreports("pytest_runtest_logreport")  # type: ignore[attr-defined]
    assert len(read(suite.pytester.path / ".mcscopes")) == len(OF_KINDS)
    assert not any(hasattr(report, "mcscopes_record") for report in reports)
    assert kept.tests == []


def test_a_run_that_was_not_asked_records_nothing(suite: Suite) -> None:
    """Records cost time, so they are made on demand."""
    result = suite.run(KINDS)
    reports = result.reprec.getreports("pytest_runtest_logreport")  # type: ignore[attr-defined]
    assert not any(hasattr(report, "mcscopes_record") for report in reports)
