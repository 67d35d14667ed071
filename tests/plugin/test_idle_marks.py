"""A mark never is silently without effect: each is told with what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from suites import unwrapped

from pytest_mcscopes.markers.levels import is_ours_or_near

if TYPE_CHECKING:
    from suites import Suite

UNKNOWN = ("-W", "ignore::pytest.PytestUnknownMarkWarning")
TALKS = """
    from asking import ask

    def test_it(mc_tenant):
        ask(mc_tenant)
"""


def test_settings_of_another_tenant(suite: Suite) -> None:
    """A mark configures mc_tenant and mc_server; a test of mc_cloud's tenant alone has neither."""
    result = suite.run(
        """
        import pytest

        pytestmark = pytest.mark.mc_user(profile="nothing")
        package = pytest.mark.mc_package(scopes=["email_read"])

        @pytest.fixture
        def wide(mc_cloud):
            with mc_cloud.tenant() as tenant:
                yield tenant

        @pytest.fixture
        def asks_late(request):
            return request.getfixturevalue("mc_tenant")

        def test_by_a_fixture(wide): pass

        @package
        def test_by_itself(mc_cloud): pass

        def test_of_mc_tenant(mc_tenant): pass
        def test_of_mc_server(mc_server): pass
        def test_of_both(wide, mc_tenant): pass
        def test_without_any_tenant(): pass
        def test_asks_late(mc_cloud, asks_late): pass

        @package
        def test_asks_in_its_body(wide, request):
            request.getfixturevalue("mc_tenant")

        @pytest.mark.mc_scopes("email_read")
        def test_is_judged_too(wide): pass

        def test_fails_by_itself(wide):
            assert not wide

        def test_skips(wide):
            pytest.skip("in the body")

        class TestOverridden:
            @pytest.fixture
            def mc_tenant(self, mc_cloud):
                with mc_cloud.tenant() as tenant:
                    yield tenant

            def test_takes_no_notice(self, mc_tenant): pass

        class TestExtended:
            @pytest.fixture
            def mc_tenant(self, mc_tenant):
                return mc_tenant

            def test_is_configured(self, mc_tenant): pass
        """
    )
    assert suite.told(result) == {
        "test_by_a_fixture": "failed",
        "test_by_itself": "failed",
        "test_of_mc_tenant": "passed",
        "test_of_mc_server": "passed",
        "test_of_both": "passed",
        "test_without_any_tenant": "passed",
        "test_asks_late": "passed",
        "test_asks_in_its_body": "passed",
        "test_is_judged_too": "failed: MCS105",
        "test_fails_by_itself": "failed",
        "test_skips": "skipped",
        "TestOverridden::test_takes_no_notice": "failed",
        "TestExtended::test_is_configured": "passed",
    }
    text = result.stdout.str()
    by_a_fixture = (
        "MCSCOPES: @pytest.mark.mc_user (test_it.py:3) has no effect on this test: it configures"
        " the tenant of mc_tenant and mc_server, and this test's tenant comes from mc_cloud.\n"
        "  Write the keywords where the tenant is made, mc_cloud.tenant(users=[{...}]) in fixture"
        " wide (test_it.py:6); or let the test use mc_tenant or mc_server.\n"
    )
    assert text.count(by_a_fixture) == 3  # also beside MCS105, and beside a failure of its own
    assert (
        "MCSCOPES: @pytest.mark.mc_package (test_it.py:17) and @pytest.mark.mc_user (test_it.py:3)"
        " have no effect on this test: they configure the tenant of mc_tenant and mc_server, and"
        " this test's tenant comes from mc_cloud.\n"
        "  Write the keywords where the tenant is made, mc_cloud.tenant(packages=[{...}],"
        " users=[{...}]); or let the test use mc_tenant or mc_server.\n"
    ) in text


@pytest.mark.measured
def test_overridden_settings_of_another_tenant(suite: Suite) -> None:
    """A fixture of the file or class is an error like a mark; one of a conftest is a line."""
    suite.pytester.makeconftest(
        """
        import pytest

        @pytest.fixture
        def mc_user():
            return {"profile": "nothing"}

        @pytest.fixture(scope="session")
        def wide(mc_cloud):
            with mc_cloud.tenant() as tenant:
                yield tenant
        """
    )
    result = suite.run(
        """
        import pytest

        def test_of_a_conftest(wide): pass
        def test_of_a_conftest_too(wide): pass
        def test_of_mc_tenant(mc_tenant): pass
        def test_without_any_tenant(): pass

        class TestPackage:
            @pytest.fixture
            def mc_package(self):
                return {"scopes": []}

            def test_by_a_fixture(self, wide): pass
            def test_of_mc_tenant(self, mc_tenant): pass

            @pytest.fixture
            def made(self, mc_cloud, mc_package, mc_user):
                with mc_cloud.tenant(packages=[mc_package], users=[mc_user]) as tenant:
                    yield tenant

            def test_hands_it_on(self, made):
                assert not made.package.scopes
        """
    )
    assert suite.told(result) == {
        "test_of_a_conftest": "passed",
        "test_of_a_conftest_too": "passed",
        "test_of_mc_tenant": "passed",
        "test_without_any_tenant": "passed",
        "TestPackage::test_by_a_fixture": "failed",
        "TestPackage::test_of_mc_tenant": "passed",
        "TestPackage::test_hands_it_on": "passed",
    }
    unwrapped(result).fnmatch_lines(
        [
            "MCSCOPES: the mc_package fixture (test_it.py:9) has no effect on this test: it*",
            "  Write the keywords * mc_cloud.tenant(packages=[[]{...}]) in fixture wide (*py:7)*",
            (
                "3 tests, first test_it.py::test_of_a_conftest: the mc_user fixture (conftest.py:3)"
                " does not configure the tenant that mc_cloud.tenant(...) makes in fixture wide"
                " (conftest.py:7): write mc_cloud.tenant(users=[[]{...}]) there, if it is to be"
                " configured so"
            ),
        ]
    )


@pytest.mark.measured
def test_a_user_whom_no_app_lets_log_in(suite: Suite) -> None:
    """An error where it was written for this test; a line where other tests may need it."""
    suite.pytester.makeconftest(
        """
        import pytest

        @pytest.fixture
        def mc_user():
            return {"profile": "nothing"}
        """
    )
    result = suite.run(
        """
        import pytest

        pytestmark = pytest.mark.mc_user(locale="de-DE")
        user = pytest.mark.mc_user(licensed=False)
        app = pytest.mark.mc_package(type="web-app")

        @user
        def test_own(mc_tenant): pass

        @user
        @app
        def test_of_an_app(mc_tenant): pass

        @user
        @pytest.mark.mc_package(name="service")
        @pytest.mark.mc_package(name="web", type="public-app")
        def test_of_several(mc_server): pass

        @user
        @pytest.mark.parametrize("number", [1, pytest.param(2, marks=app)])
        def test_of_some(mc_tenant, number): pass

        @pytest.mark.parametrize("number", [1, pytest.param(2, marks=user)])
        def test_set(mc_tenant, number): pass

        @user
        class TestClass:
            def test_of_a_class(self, mc_tenant): pass

            @app
            def test_of_an_app(self, mc_tenant): pass

        class TestOverridden:
            @pytest.fixture
            def mc_user(self):
                return {}

            def test_inherits(self, mc_tenant): pass
            def test_has_no_tenant(self): pass
        """
    )
    assert suite.told(result) == {
        "test_own": "failed",
        "test_of_an_app": "passed",
        "test_of_several": "passed",
        "test_of_some[1]": "passed",
        "test_of_some[2]": "passed",
        "test_set[1]": "passed",
        "test_set[2]": "failed",
        "TestClass::test_of_a_class": "failed",
        "TestClass::test_of_an_app": "passed",
        "TestOverridden::test_inherits": "passed",
        "TestOverridden::test_has_no_tenant": "passed",
    }
    said = (
        "users log in to web and public apps, and each package of the tenant is server-to-server;"
        ' if a user is to log in, write mc_package(type="web-app")'
    )
    text = result.stdout.str()
    own = (
        "MCSCOPES: @pytest.mark.mc_user (test_it.py:7) has no effect on this test: users log in to"
        " web and public apps, and each package of this tenant is server-to-server.\n"
        '  If a user is to log in, make the package an app, mc_package(type="web-app"); or else'
        " take the mark away.\n"
    )
    assert own in text
    assert text.count("has no effect on this test") == 3
    for thing in (
        "6 tests, first test_it.py::test_own: @pytest.mark.mc_user (test_it.py:3)",
        "test_it.py::test_of_some[[]1]: @pytest.mark.mc_user (test_it.py:*)",
        "5 tests, first test_it.py::test_own: the mc_user fixture (conftest.py:3)",
    ):
        unwrapped(result).fnmatch_lines_random([f"{thing} has no effect here: {said}"])


@pytest.mark.parametrize("args", [(), ("-p", "xdist", "-n", "2")], ids=["plain", "xdist"])
def test_a_conftest(suite: Suite, args: tuple[str, ...]) -> None:
    """Nobody reads its pytestmark: without an error all of its folder were green, and unjudged."""
    suite.pytester.makepyfile(
        **{
            "marked/conftest": """
            import pytest
            other = 1
            pytestmark = [pytest.mark.mc_scopes("email_send"), pytest.mark.slow]
            """,
            "marked/test_a": TALKS,
            "marked/sub/test_b": TALKS,
            "plain/conftest": "import pytest\npytestmark = pytest.mark.usefixtures('tmp_path')",
            "plain/test_c": TALKS,
        }
    )
    result = suite.run_files(*UNKNOWN, "--continue-on-collection-errors", *args)
    assert suite.told(result, of_one_file=False) == {"plain/test_c.py::test_it": "passed"}
    result.stdout.fnmatch_lines(
        [
            (
                "MCSCOPES: @pytest.mark.mc_scopes has no effect: pytest does not read the"
                " pytestmark of a conftest.py."
            ),
            "marked/conftest.py:3",
            "  For all tests of this folder write the pytestmark in its __init__.py *",
            "    def pytest_collection_modifyitems(items):",
            "*= 1 passed, 1 error in *",
        ]
    )


@pytest.mark.measured
def test_a_conftest_at_the_top(suite: Suite) -> None:
    """It fails the run, also where one file of the folder is named."""
    suite.pytester.makeconftest("import pytest\npytestmark = pytest.mark.mc_no_token")
    result = suite.run(TALKS, "test_it.py")
    assert suite.told(result) == {}
    result.stdout.fnmatch_lines(["MCSCOPES: @pytest.mark.mc_no_token has no effect: pytest*"])
    assert result.ret != 0


def test_what_is_told_to_do_works(suite: Suite) -> None:
    """The lines for a conftest, pasted as they are told, mark the tests of its folder alone."""
    mark = 'pytest.mark.mc_scopes("email_send")'
    suite.pytester.makepyfile(
        **{
            "marked/conftest": f"import pytest\npytestmark = {mark}",
            "marked/sub/test_a": TALKS,
            "test_b": TALKS,
        }
    )
    told = suite.run_files().outlines
    begin = next(n for n, line in enumerate(told) if "Or write in this conftest.py" in line)
    imported = told[begin].partition(", with ")[2].rstrip(":")
    end = next(n for n, line in enumerate(told) if n > begin and "item.add_marker(...)" in line)
    lines = [line.removeprefix("    ") for line in told[begin + 1 : end + 1]]
    pasted = "\n".join(["import pytest", imported, *lines]).replace("...", mark)
    suite.pytester.path.joinpath("marked/conftest.py").write_text(pasted, encoding="utf-8")
    assert suite.told(suite.run_files(), of_one_file=False) == {
        "marked/sub/test_a.py::test_it": "failed: MCS101",
        "test_b.py::test_it": "passed",
    }


@pytest.mark.parametrize("name", ["helpers", "test_also"])
def test_a_plugin(suite: Suite, name: str) -> None:
    """A plugin's pytestmark is read by nobody, unless the plugin is a file of tests too."""
    mark = 'import pytest\npytestmark = pytest.mark.mc_no_token(reason="x")\n'
    suite.pytester.makepyfile(**{name: mark + "def test_one(): pass"})
    result = suite.run(TALKS, "-p", name)
    if name == "helpers":
        assert suite.told(result) == {}
        result.stdout.fnmatch_lines(
            [
                (
                    "MCSCOPES: @pytest.mark.mc_no_token has no effect: pytest does not read the"
                    " pytestmark of a plugin."
                ),
                "helpers.py:2",
            ]
        )
    else:
        assert suite.told(result) == {"test_it": "passed", "test_one": "passed"}


@pytest.mark.measured("module-pytestmarks")
@pytest.mark.parametrize("name", ["pytestmarks", "pytest_mark", "pytesmark", "PYTESTMARK"])
@pytest.mark.parametrize("indent", ["", "    "], ids=["module", "class"])
def test_a_mistyped_variable(suite: Suite, name: str, indent: str) -> None:
    """A `pytestmark` that is called otherwise marks nothing."""
    head = "class TestIt:\n" if indent else ""
    result = suite.run(
        f"import pytest\n{head}{indent}{name} = [pytest.mark.mc_scopes('email_send')]\n"
        f"{indent}def test_it(*self): pass"
    )
    assert suite.told(result) == {}
    result.stdout.fnmatch_lines(
        [
            (
                "MCSCOPES: @pytest.mark.mc_scopes has no effect: pytest reads a variable"
                f" pytestmark, and this one is called {name}."
            ),
            "  Call it pytestmark.",
        ]
    )


def test_variables_that_are_called_otherwise(suite: Suite) -> None:
    """A mark may be kept under any name of its own, and other marks under a mistyped one."""
    assert suite.judge(
        """
        import pytest
        mark = scopes = pytest_scopes = pytest.mark.mc_scopes("email_send")
        pytestmarks = [pytest.mark.slow, pytest.mark.mc_mine]
        pytest_mark = "mc_scopes"

        def test_it(mc_tenant): pass
        """,
        *UNKNOWN,
        *("-o", "markers=mc_mine: another plugin's"),
    ) == {"test_it": "passed"}


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("mc_scope", True),
        ("mcscopes", True),
        ("mc-scopes", True),
        ("MC_scopes", True),
        ("mcScopes", True),
        ("mscopes", True),
        ("nc_scopes", True),
        ("mcs_copes", True),
        ("cm_scopes", True),
        ("mcs_scopes", True),
        ("mcleastprivilege", True),
        ("mc-no-token", True),
        ("mcallow", True),
        ("mcpackage", True),
        ("MC-Users", True),
        ("mc_anything", True),
        ("scopes", False),
        ("allow", False),
        ("user", False),
        ("package", False),
        ("no_token", False),
        ("least_privilege", False),
        ("mcp_user", False),
        ("mypackage", False),
        ("mock_scopes", False),
        ("microscopes", False),
        ("mc", False),
        ("", False),
        ("slow", False),
        ("parametrize", False),
    ],
)
def test_names_that_are_nearly_ours(name: str, *, near: bool) -> None:
    """A slip counts as meant; an ordinary word does not."""
    assert is_ours_or_near(name) is near


@pytest.mark.parametrize("name", ["mcscopes", "mc-scopes", "MC_scopes", "mc_scope"])
def test_a_mistyped_mark(suite: Suite, name: str) -> None:
    """An error, unless somebody registered just this name."""
    source = f"""
        import pytest
        @getattr(pytest.mark, "{name}")("email_send")
        def test_it(mc_tenant): pass
    """
    result = suite.run(source, *UNKNOWN)
    assert suite.told(result) == {}
    result.stdout.fnmatch_lines(
        [f'  @pytest.mark.{name}: there is no such mark. Did you mean "mc_scopes"?*']
    )
    registered = suite.judge(source, "-o", f"markers={name}(scope): another plugin's")
    assert registered == {"test_it": "passed"}


@pytest.mark.measured("mc_skopes")
@pytest.mark.parametrize("option", [("--strict-markers",), ("-o", "strict=true")])
@pytest.mark.parametrize(
    ("name", "meant"), [("mc_skopes", "mc_scopes"), ("mcallow", "mc_allow"), ("unhurried", "")]
)
def test_a_mistyped_mark_where_marks_are_strict(
    suite: Suite, name: str, meant: str, option: tuple[str, ...]
) -> None:
    """pytest itself refuses the name; beside its error stands what was meant.

    Not a name that another test registers: pytest remembers those for the process.
    """
    result = suite.run(
        f"import pytest\n@pytest.mark.{name}('email_send')\ndef test_it(mc_tenant): pass", *option
    )
    assert suite.told(result) == {}
    result.stdout.fnmatch_lines([f"*'{name}' not found in `markers` configuration option*"])
    if meant:
        told = f'MCSCOPES: @pytest.mark.{name}: there is no such mark. Did you mean "{meant}"?*'
        result.stdout.fnmatch_lines([told])
    else:
        result.stdout.no_fnmatch_line("*MCSCOPES*")


@pytest.mark.measured
@pytest.mark.parametrize("awake", [True, False], ids=["a tenant", "nothing of ours"])
def test_marks_added_too_late(suite: Suite, *, awake: bool) -> None:
    """By a fixture, a hook or the test itself: each would leave the test unjudged."""
    suite.pytester.makeconftest(
        """
        import pytest

        def pytest_runtest_call(item):
            if item.name == "test_by_a_hook":
                item.add_marker(pytest.mark.mc_user(name="Ada"))

        def pytest_runtest_setup(item):
            if item.name == "test_by_a_hook_in_set_up":
                item.add_marker("mc_least_privilege")
        """
    )
    result = suite.run(
        f"""
        import pytest

        @pytest.fixture(autouse={awake})
        def tenant(mc_tenant): pass

        @pytest.fixture
        def by_a_fixture(request):
            request.applymarker(pytest.mark.mc_scopes("email_read"))

        @pytest.fixture(scope="class")
        def by_a_class(request):
            request.node.add_marker(pytest.mark.mc_scopes("email_read"))

        @pytest.fixture
        def others(request):
            request.applymarker(pytest.mark.mc_mine)
            request.applymarker(pytest.mark.usefixtures("tmp_path"))

        def test_by_a_fixture(by_a_fixture): pass
        def test_by_a_hook(): pass
        def test_by_a_hook_in_set_up(): pass
        def test_of_others(others): pass

        def test_in_its_body(request):
            request.node.add_marker(pytest.mark.mc_scopes("email_read"))

        def test_by_a_fixture_in_its_body(request):
            request.getfixturevalue("by_a_fixture")

        def test_fails_by_itself(request):
            request.node.add_marker(pytest.mark.mc_scopes("email_read"))
            assert not request

        class TestIt:
            def test_first(self, by_a_class): pass
        """,
        *("-o", "markers=mc_mine: another plugin's"),
    )
    assert suite.told(result) == {
        "test_by_a_fixture": "failed",
        "test_by_a_hook": "failed",
        "test_by_a_hook_in_set_up": "failed",
        "test_of_others": "passed",
        "test_in_its_body": "failed",
        "test_by_a_fixture_in_its_body": "failed",
        "test_fails_by_itself": "failed",
        "TestIt::test_first": "failed",
    }
    text = result.stdout.str()
    # Also under a failure of the test's own.
    assert text.count("MCSCOPES: @pytest.mark.mc_scopes was added while the test ran,") == 3
    if awake:
        assert text.count("MCSCOPES: @pytest.mark.mc_scopes was added while the test was set") == 2
    assert (
        "  Write it above the test, or add it in pytest_collection_modifyitems (item.add_marker),"
        " or write a block: with mc_tenant.judged(...):"
    ) in text
    assert "or build a tenant with these keywords: mc_cloud.tenant(users=[{...}])." in text


@pytest.mark.measured
def test_an_allowance_added_too_late(suite: Suite) -> None:
    """The finding that it was to allow fails the test, and beside it stands why it did not."""
    result = suite.run(
        """
        import pytest
        from asking import ask

        allow = pytest.mark.mc_allow("MCS101", reason="x")

        @pytest.mark.mc_scopes("email_read")
        def test_late(mc_tenant, request):
            ask(mc_tenant)
            request.applymarker(allow)

        @allow
        @pytest.mark.mc_scopes("email_read")
        def test_in_time(mc_tenant, request):
            ask(mc_tenant)

        @pytest.mark.mc_scopes("email_read")
        def test_skips(request):
            request.applymarker(allow)
            pytest.skip("it has nothing to judge")

        @pytest.mark.mc_scopes("email_read")
        def test_has_subtests(mc_tenant, request, subtests):
            request.applymarker(allow)
            for number in range(3):
                with subtests.test(number=number):
                    assert number
            ask(mc_tenant)
        """
    )
    assert suite.told(result) == {
        "test_late": "failed: MCS101",
        "test_in_time": "passed: note MCS101",
        "test_skips": "skipped",
        "test_has_subtests": "failed: MCS101",
    }
    late = (
        "MCSCOPES: @pytest.mark.mc_allow was added while the test ran, which is too late: marks are"
        " read before the fixtures are set up, and this one had no effect.\n  Write it above the"
        " test, or add it in pytest_collection_modifyitems (item.add_marker).\n"
    )
    assert result.stdout.str().count(late) == 2


@pytest.mark.measured
@pytest.mark.parametrize("mode", ["prepend", "importlib"])
def test_a_folder_that_is_no_package(suite: Suite, mode: str) -> None:
    """A package's marks do not reach below it: told where a test there uses our fixtures."""
    suite.pytester.makepyfile(
        **{
            "marked/__init__": """
            import pytest
            pytestmark = [
                pytest.mark.mc_scopes("email_read"),
                pytest.mark.mc_package(scopes=["email_read"]),
                pytest.mark.mc_allow("MCS303", reason="x"),
            ]
            """,
            "marked/test_reached": TALKS,
            "marked/sub/test_below": """
            import pytest
            from asking import ask

            def test_it(mc_tenant):
                ask(mc_tenant)

            def test_uses_none_of_ours(): pass

            @pytest.mark.mc_scopes("sms_read")
            @pytest.mark.mc_package(scopes=["sms_read"])
            def test_has_its_own(mc_tenant):
                ask(mc_tenant)

            @pytest.mark.mc_package(scopes=["sms_read"])
            def test_has_one_of_two(mc_tenant):
                ask(mc_tenant)

            @pytest.mark.mc_least_privilege
            def test_has_the_other(mc_cloud): pass
            """,
            "marked/sub/deep/__init__": "",
            "marked/sub/deep/test_deep": TALKS,
            "plain/__init__": "pytestmark = []",
            "plain/sub/test_plain": TALKS,
        }
    )
    result = suite.run_files(f"--import-mode={mode}")
    told = suite.told(result, of_one_file=False)
    below = {name.rpartition("/")[2]: outcome for name, outcome in told.items()}
    if mode == "importlib":  # where pytest gives the file a name below that package's
        assert below["test_below.py::test_it"] == "passed: note"
        return
    assert below == {
        "test_reached.py::test_it": "passed: note",
        "test_below.py::test_it": "failed",
        "test_below.py::test_uses_none_of_ours": "passed",
        "test_below.py::test_has_its_own": "passed",
        "test_below.py::test_has_one_of_two": "failed",
        "test_below.py::test_has_the_other": "failed: MCS105",
        "test_deep.py::test_it": "failed",
        "test_plain.py::test_it": "passed",
    }
    result.stdout.fnmatch_lines(
        [
            (
                "MCSCOPES: @pytest.mark.mc_scopes (marked/__init__.py:3) and"
                " @pytest.mark.mc_package (marked/__init__.py:4) do not reach this test: below that"
                " package, the folder marked/sub has no __init__.py."
            ),
            "  Add an empty marked/sub/__init__.py, or mark the test's file itself: *",
            "MCSCOPES: @pytest.mark.mc_scopes (marked/__init__.py:3) does not reach this test: *",
        ],
        consecutive=False,
    )


@pytest.mark.measured
def test_doctests(suite: Suite) -> None:
    """A file's marks are not theirs: told where a doctest uses a tenant under such a mark."""
    suite.pytester.makepyfile(
        **{
            "marked/__init__": "",
            "marked/sums": "'''\n>>> 1 + 1\n2\n'''",
            "marked/talks": "'''\n>>> len(getfixture(\"mc_tenant\").ledger.entries)\n0\n'''",
        }
    )
    for name in ("sums", "talks"):
        file = suite.pytester.path / "marked" / f"{name}.py"
        marked = (
            file.read_text() + "\nimport pytest\npytestmark = pytest.mark.mc_scopes('sms_read')"
        )
        file.with_name(f"marked_{name}.py").write_text(marked)
    result = suite.run_files("--doctest-modules")
    told = {name.rpartition(".")[2]: outcome for name, outcome in suite.told(result).items()}
    assert told == {
        "sums": "passed",
        "talks": "passed",
        "marked_sums": "passed",
        "marked_talks": "failed",
    }
    result.stdout.fnmatch_lines(
        [
            (
                "MCSCOPES: @pytest.mark.mc_scopes (marked/marked_talks.py:6) speaks of test"
                " functions, not of doctests and the like, and this one uses a tenant."
            ),
            "  Move it into a test function, or mark it in pytest_collection_modifyitems *",
        ]
    )


@pytest.mark.measured
def test_doctests_of_text_files(suite: Suite) -> None:
    """Below a marked package they are told too; one that a hook marked is judged."""
    suite.pytester.makepyfile(
        **{
            "marked/__init__": "import pytest\npytestmark = pytest.mark.mc_scopes('sms_read')",
            "marked/conftest": """
            import pytest
            def pytest_collection_modifyitems(items):
                for item in items:
                    if "hook" in item.name:
                        item.add_marker(pytest.mark.mc_no_token)
            """,
        }
    )
    for name in ("test_plain", "test_hook"):
        file = suite.pytester.path / "marked" / f"{name}.txt"
        file.write_text('>>> tenant = getfixture("mc_tenant")\n')
    result = suite.run_files()
    assert suite.told(result) == {"test_plain.txt": "failed", "test_hook.txt": "passed"}
    result.stdout.fnmatch_lines(["MCSCOPES: @pytest.mark.mc_scopes (marked/__init__.py:2) speaks*"])


def test_marks_of_parameters_and_fixtures(suite: Suite) -> None:
    """A parametrised fixture's value may bring a mark, as a parameter set may."""
    assert suite.judge(
        """
        import pytest
        from asking import ask

        @pytest.fixture(params=[
            pytest.param("email_read", marks=pytest.mark.mc_scopes("email_read")),
            pytest.param("sms_read", marks=pytest.mark.mc_scopes("email_read")),
            "push_read",
        ])
        def scope(request):
            return request.param

        def test_it(scope, mc_tenant):
            ask(mc_tenant, scope)
        """
    ) == {
        "test_it[email_read]": "passed",
        "test_it[sms_read]": "failed: MCS102, MCS103",
        "test_it[push_read]": "passed",
    }


@pytest.mark.parametrize("awake", [True, False], ids=["a tenant", "nothing of ours"])
def test_marks_added_when_all_is_over(suite: Suite, *, awake: bool) -> None:
    """A fixture adds one where it tears down: nothing reads it any more."""
    result = suite.run(
        f"""
        import pytest

        @pytest.fixture(autouse={awake})
        def tenant(mc_tenant): pass

        @pytest.fixture
        def late(request):
            yield
            request.node.add_marker(pytest.mark.mc_scopes("email_read"))

        @pytest.fixture
        def others(request):
            yield
            request.node.add_marker(pytest.mark.mc_mine)

        def test_late(late): pass
        def test_others(others): pass

        def test_skips(request):
            request.node.add_marker(pytest.mark.mc_scopes("email_read"))
            pytest.skip()
        """,
        *("-o", "markers=mc_mine: another plugin's"),
    )
    assert suite.told(result) == {
        "test_late": "error",
        "test_others": "passed",
        "test_skips": "skipped",
    }
    result.stdout.fnmatch_lines(
        ["MCSCOPES: @pytest.mark.mc_scopes was added while the test was torn down, which is*"]
    )


DECORATORS = """
import functools
import pytest

scopes = pytest.mark.mc_scopes("email_send")

def plain(function):
    def wrapper(*args, **named):
        return function(*args, **named)
    return wrapper

def wrapping(function):
    @functools.wraps(function)
    def wrapper(*args, **named):
        return function(*args, **named)
    return wrapper
"""


@pytest.mark.measured("twice", "what it refers to")
@pytest.mark.parametrize(
    ("source", "lost"),
    [
        pytest.param("@plain\n@scopes\ndef test_it(): pass", True, id="without wraps"),
        pytest.param("@plain\n@plain\n@scopes\ndef test_it(): pass", True, id="twice"),
        pytest.param("@wrapping\n@plain\n@scopes\ndef test_it(): pass", True, id="within wraps"),
        pytest.param("@plain\n@wrapping\n@scopes\ndef test_it(): pass", True, id="beyond wraps"),
        pytest.param(
            "@scopes\n@plain\n@pytest.mark.mc_allow('MCS201', reason='x')\ndef test_it(): pass",
            True,
            id="one of two",
        ),
        pytest.param(
            "class TestIt:\n    @plain\n    @scopes\n    def test_it(self): pass", True, id="method"
        ),
        pytest.param(
            "@scopes\ndef check(number): pass\ntest_it = functools.partial(check, 1)",
            True,
            id="partial",
        ),
        pytest.param("@scopes\n@plain\ndef test_it(): pass", False, id="mark above"),
        pytest.param("@wrapping\n@scopes\ndef test_it(): pass", False, id="with wraps"),
        pytest.param("@plain\n@pytest.mark.slow\ndef test_it(): pass", False, id="another's mark"),
        pytest.param("@plain\ndef test_it(): pass", False, id="no mark"),
        pytest.param(
            "def closing():\n"
            "    @scopes\n"
            "    def other(): pass\n"
            "    def test_it():\n"
            "        return None if later else other\n"
            "    return test_it\n"
            "    later = 1\n"
            "test_it = closing()",
            False,
            id="what it refers to",
        ),
    ],
)
def test_marks_that_a_decorator_leaves_behind(suite: Suite, source: str, *, lost: bool) -> None:
    """The decorated function is another, which pytest collects, and which has no mark."""
    result = suite.run(f"{DECORATORS}\n{source}", "--collect-only", *UNKNOWN)
    text = " ".join(result.stdout.str().split())
    told = (
        "has no effect: a decorator above it puts another function in place of test_it, and the"
        " marks are left behind. test_it.py:"
    )
    assert (told in text) == lost
    assert ("Write @functools.wraps(function) above the function that the" in text) == lost
    assert result.ret == (2 if lost else 0)


SET_UPS = """
import unittest
import pytest
from asking import ask

scopes = pytest.mark.mc_scopes("email_send")

class TestOfUnittest(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _tenant(self, mc_tenant):
        self.tenant = mc_tenant

    {unittest}
    def setUp(self):
        ask(self.tenant)

    def test_it(self): pass

class TestOfPytest:
    @classmethod
    {pytest}
    def setup_class(cls): pass

    def test_it(self, mc_tenant):
        ask(mc_tenant)

{test}
def test_setup(mc_tenant):
    ask(mc_tenant)
"""


@pytest.mark.measured("both, beside a test")
@pytest.mark.parametrize(
    ("marked", "lost"),
    [
        pytest.param({"unittest": "@scopes"}, ["setUp"], id="unittest's"),
        pytest.param({"pytest": "@scopes"}, ["setup_class"], id="pytest's"),
        pytest.param(
            {"unittest": "@scopes", "pytest": "@scopes", "test": "@scopes"},
            ["setUp", "setup_class"],
            id="both, beside a test",
        ),
        pytest.param({"unittest": "@pytest.mark.slow", "test": "@scopes"}, [], id="another mark"),
        pytest.param({}, [], id="no mark"),
    ],
)
def test_marks_on_what_sets_up(suite: Suite, marked: dict[str, str], lost: list[str]) -> None:
    """A client that logs in there has its mark above the tests: no test reads it there."""
    marks = dict.fromkeys(["unittest", "pytest", "test"], "") | marked
    result = suite.run(SET_UPS.format(**marks), *UNKNOWN)
    text = " ".join(result.stdout.str().split())
    for name in lost:
        assert (
            f"MCSCOPES: @pytest.mark.mc_scopes has no effect: marks speak of tests, and {name} is"
            " none. test_it.py:"
        ) in text
    assert text.count("Write the mark above the tests, or above their class.") == len(lost)
    outcome = "failed: MCS101" if "test" in marked else "passed"
    assert suite.told(result).get("test_setup") == (None if lost else outcome)


GENERATES = """
import pytest
from asking import ask

def pytest_generate_tests(metafunc):
    scopes = pytest.mark.mc_scopes("email_send")
    {body}

def test_it(mc_tenant):
    ask(mc_tenant)
"""


@pytest.mark.measured("test_it-another mark", "test_it-beside parameters")
@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        pytest.param("metafunc.definition.add_marker(scopes)", "", id="alone"),
        pytest.param(
            "metafunc.definition.add_marker(scopes, append=False)\n"
            "    metafunc.fixturenames.append('n'); metafunc.parametrize('n', [1, 2])",
            "",
            id="beside parameters",
        ),
        pytest.param("metafunc.definition.add_marker('mc_least_privileges')", "", id="mistyped"),
        pytest.param("metafunc.definition.add_marker('slow')", "passed", id="another mark"),
        pytest.param("metafunc.function.pytestmark = [scopes]", "failed: MCS101", id="in time"),
        pytest.param(
            "metafunc.fixturenames.append('n')\n"
            "    metafunc.parametrize('n', [pytest.param(1, marks=scopes)])",
            "failed: MCS101",
            id="at a parameter set",
        ),
    ],
)
@pytest.mark.parametrize("where", ["test_it", "conftest"])
def test_marks_that_are_not_handed_on(suite: Suite, body: str, outcome: str, where: str) -> None:
    """pytest makes tests of a definition, and leaves out the marks that were added to it."""
    source = GENERATES.format(body=body)
    if where == "conftest":
        head, _, test = source.partition("def test_it")
        suite.pytester.makeconftest(head)
        source = f"from asking import ask\ndef test_it{test}"
    result = suite.run(source, *UNKNOWN)
    told = suite.told(result)
    text = " ".join(result.stdout.str().split())
    if outcome:
        assert set(told.values()) == {outcome}
    else:
        assert told == {}
        assert (
            "has no effect: what pytest_generate_tests adds to metafunc.definition is not handed"
            " on to the tests of test_it. test_it.py Write it above the test, or at its"
            " parameters, pytest.param(..., marks=...), or add it in"
            " pytest_collection_modifyitems (item.add_marker)."
        ) in text
