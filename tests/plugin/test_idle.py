"""A run sleeps until something of ours turns up in it, and nothing that turns up is missed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from pytest_mcscopes import plugin
from pytest_mcscopes.hooks.stash import CONFIG

if TYPE_CHECKING:
    from suites import Suite

UNRELATED = "def test_it(): pass"
HEADER = "mcscopes: enforce documented, trust attested; "


class Watch:
    """A plugin that notes whether a run was still asleep when it ended."""

    asleep = False
    header = ""

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.header = plugin.pytest_report_header(session.config)
        self.asleep = CONFIG not in session.config.stash


def watched(suite: Suite, source: str, *arguments: str) -> Watch:
    """Run one file and tell how it ended."""
    suite.pytester.makepyfile(test_it=source)
    watch = Watch()
    strict = ("-p", "pytest_mcscopes.plugin", "-p", "no:cacheprovider", "-W", "error")
    suite.pytester.inline_run(*strict, *arguments, plugins=[watch])
    return watch


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(UNRELATED, id="a test"),
        pytest.param(
            "import pytest\n\n@pytest.mark.parametrize('n', [1, pytest.param(2, marks="
            "pytest.mark.xfail(reason='known'))])\ndef test_it(n): assert n == 1",
            id="marks of others",
        ),
        pytest.param("import pytest\n\ndef test_it(): pytest.skip('not now')", id="a skip"),
        pytest.param(
            "import unittest\n\nclass TestIt(unittest.TestCase):\n    def test_it(self): pass",
            id="a unittest",
        ),
        pytest.param(
            "import pytest\n\n@pytest.fixture\ndef theirs(): return 1\n\n"
            "def test_it(theirs, tmp_path): pass",
            id="their fixtures",
        ),
    ],
)
def test_unrelated_tests_leave_it_asleep(source: str, suite: Suite) -> None:
    """Such a test pays for no work of ours."""
    assert watched(suite, source).asleep


@pytest.mark.parametrize("word", ["tests", "always"])
@pytest.mark.parametrize("way", ["--mc-guard={}", "-omc_guard={}"], ids=["an option", "a key"])
def test_the_guard_is_put_on_in_its_sleep(way: str, word: str, suite: Suite) -> None:
    """From pytest's start, or once something else wakes it: neither has to."""
    watch = watched(suite, UNRELATED, way.format(word))
    assert watch.asleep
    assert ("guard always; " in watch.header) == (word == "always")


@pytest.mark.parametrize(
    ("source", "arguments"),
    [
        pytest.param(UNRELATED, ["--mc-enforce", "off"], id="enforce"),
        pytest.param(UNRELATED, ["--mc-trust", "documented"], id="trust"),
        pytest.param(UNRELATED, ["--mc-suggest"], id="suggest"),
        pytest.param(UNRELATED, ["-o", "mc_pkce=require"], id="a key"),
        pytest.param(UNRELATED, ["--mc-guard", "off"], id="no guard"),
        pytest.param("def test_it(mc_cloud): pass", [], id="a fixture"),
        pytest.param("def test_it(request): request.getfixturevalue('mc_user')", [], id="late"),
        pytest.param("def test_it(): assert False", [], id="a failure"),
        pytest.param(
            "import pytest\n\n@pytest.mark.mc_no_token\ndef test_it(): pass", [], id="a mark"
        ),
        pytest.param(
            "import pytest\n\nclass TestIt:\n    @pytest.mark.mc_no_token\n    def test_it(self):"
            " pass",
            [],
            id="in a class",
        ),
    ],
)
def test_what_is_ours_wakes_it(source: str, arguments: list[str], suite: Suite) -> None:
    """Whatever it is, and however late it comes."""
    assert not watched(suite, source, *arguments).asleep


@pytest.mark.measured
def test_the_header_is_the_same_asleep_and_awake(suite: Suite) -> None:
    """The words of the default settings are written down twice; here they are compared."""
    asleep = watched(suite, UNRELATED)
    awake = watched(suite, "def test_it(mc_cloud): pass")
    assert (asleep.asleep, awake.asleep) == (True, False)
    assert asleep.header == awake.header
    assert asleep.header.startswith(HEADER)


@pytest.mark.parametrize(
    ("name", "content", "header"),
    [
        pytest.param("mcscopes.toml", 'trust = "documented"', "trust documented", id="own file"),
        pytest.param(
            "pyproject.toml",
            '[tool.mcscopes]\ntrust = "documented"',
            "trust documented",
            id="shared file",
        ),
        pytest.param("pyproject.toml", "[tool.other]", "trust attested", id="other tools' file"),
    ],
)
def test_a_file_of_settings_is_seen(name: str, content: str, header: str, suite: Suite) -> None:
    """In a run without a test of ours too: what is wrong in it must be said."""
    (suite.pytester.path / name).write_text(content)
    assert f"{header}; " in watched(suite, UNRELATED).header


@pytest.mark.measured
def test_a_file_that_cannot_be_read_is_said(suite: Suite) -> None:
    """It might hold settings."""
    (suite.pytester.path / "mcscopes.toml").mkdir()
    result = suite.run(UNRELATED)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*MCSCOPES: *mcscopes.toml cannot be read: *"])


def test_a_tenant_of_the_last_moment_works_like_any_other(suite: Suite) -> None:
    """The first thing of ours in a run is a tenant that a test's body asks for."""
    told = suite.judge(
        """
        import pytest
        from asking import ask, send

        @pytest.fixture
        def made_late(request):
            return request.getfixturevalue("mc_cloud")

        def test_granted(request):
            assert ask(request.getfixturevalue("mc_tenant"), "email_send")

        def test_block(request):
            mc_tenant = request.getfixturevalue("mc_tenant")
            with mc_tenant.judged("email_send"):
                send(mc_tenant, "email_send email_read")
        """,
        "-k",
        "granted",
    )
    assert told == {"test_granted": "passed"}
    told = suite.judge(suite.pytester.path.joinpath("test_it.py").read_text(), "-k", "block")
    assert told == {"test_block": "failed: MCS102"}


def test_an_order_of_the_last_moment_counts(suite: Suite) -> None:
    """A fault that was ordered in such a test and never came fails it, as in any other."""
    result = suite.run(
        """
        def test_it(request):
            request.getfixturevalue("mc_tenant").fail_next("token", "unavailable")
        """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*MCSCOPES: *fail_next*"])


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        pytest.param(
            """
            @pytest.fixture(autouse=True)
            def marking(request):
                request.applymarker(pytest.mark.mc_scopes("email_send"))

            def test_it():
                pass
            """,
            {"failed": 1},
            id="by a fixture",
        ),
        pytest.param(
            """
            def test_it(request):
                request.applymarker(pytest.mark.mc_scopes("email_send"))
            """,
            {"failed": 1},
            id="in the body",
        ),
        pytest.param(
            """
            def test_it(request):
                request.applymarker(pytest.mark.mc_scopes("email_send"))
                request.getfixturevalue("mc_tenant")
            """,
            {"failed": 1},
            id="in the body, before a tenant",
        ),
        pytest.param(
            """
            def test_it(request):
                request.applymarker(pytest.mark.mc_scopes(no_such_keyword=True))
                assert False
            """,
            {"failed": 1},
            id="in the body of a test that fails by itself",
        ),
    ],
)
def test_a_late_mark_is_never_without_effect(
    source: str, outcome: dict[str, int], suite: Suite
) -> None:
    """It is added to the first test of ours in a run, which was asleep when it was set up."""
    parts = source.split("\n")
    result = suite.run("\n".join(["", "            import pytest", *parts]))
    result.assert_outcomes(**outcome)


def test_a_plugin_that_fails_before_ours_is_left_alone(suite: Suite) -> None:
    """Its own error is what is told."""
    suite.pytester.makeconftest(
        """
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_configure(config):
            raise pytest.UsageError("theirs")
        """
    )
    result = suite.run(UNRELATED)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: theirs"])
    result.stderr.no_fnmatch_line("*mcscopes*")


def test_only_the_plugin_itself_is_loaded_by_pytest(request: pytest.FixtureRequest) -> None:
    """Its way of loading reads byte code slowly: by it a start would cost 1 percent more."""
    real = request.config.pluginmanager.rewrite_hook
    assert isinstance(vars(real)["_must_rewrite"], set)
    hook = SimpleNamespace(_must_rewrite={"pytest_mcscopes", "another_plugin"})
    plugin.load_as_usual(mock.Mock(rewrite_hook=hook))
    assert vars(hook) == {"_must_rewrite": {"another_plugin"}}


def test_a_pytest_that_rewrites_nothing_is_no_matter() -> None:
    """As with --assert=plain."""
    plugin.load_as_usual(mock.Mock(rewrite_hook=object()))
