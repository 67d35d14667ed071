"""The overlay in runs of pytest: what it settles, which settings it gives, how it fails."""

from __future__ import annotations

import os
import re
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from suites import workers_for

import pytest_mcscopes
from pytest_mcscopes.config import Config
from pytest_mcscopes.hooks.stash import CONFIG

if TYPE_CHECKING:
    from suites import Suite

SETTINGS = {
    "enforce": '"off"',
    "trust": '"documented"',
    "guard": '"always"',
    "unassigned": '"drop"',
    "token_form": '"opaque"',
    "expires_in": "5",
    "token_life": "7",
    "basic_auth": "true",
    "redirect_uris": '"vendor"',
    "pkce": '"require"',
    "null_scope": '"omitted"',
    "code_life": "3",
    "refresh_life": "9",
    "rotation": '"strict"',
    "refresh_tokens": '"offline"',
    "soap_silent": "true",
    "soap_bytes": "11",
    "data_dir": '"evidence"',
    "fail_unjudged": "true",
    "fail_unmarked": "true",
    "gate": "true",
    "gate_partial": "true",
}
SAID = Config(
    enforce="off",
    trust="documented",
    guard="always",
    unassigned="drop",
    token_form="opaque",
    expires_in=5,
    token_life=7,
    basic_auth=True,
    redirect_uris="vendor",
    pkce="require",
    null_scope="omitted",
    code_life=3,
    refresh_life=9,
    rotation="strict",
    refresh_tokens="offline",
    soap_silent=True,
    soap_bytes=11,
    rules=("MCS203=error", "MCS102=note"),
    data_dir="evidence",
    fail_unjudged=True,
    fail_unmarked=True,
    gate=True,
    gate_partial=True,
)
RULES = '[{}rules]\nMCS203 = "error"\nMCS102 = "note"\n'
LINES = "\n".join(f"{name} = {value}" for name, value in SETTINGS.items())
KEYS = "\n".join(f"mc_{name} = {value}" for name, value in SETTINGS.items())
LIST = '\nmc_rules = ["MCS203=error", "MCS102=note"]'
INI = KEYS.replace('"', "") + "\nmc_rules =\n  MCS203=error\n  MCS102=note"


class TestDoors:
    """Whatever one door to the settings can say, the others can, and it comes to the same."""

    @pytest.mark.parametrize(
        ("files", "args"),
        [
            pytest.param({"pytest.ini": f"[pytest]\n{INI}"}, (), id="pytest.ini"),
            pytest.param({"pyproject.toml": f"[tool.pytest]\n{KEYS}{LIST}"}, (), id="tool.pytest"),
            pytest.param(
                {"pyproject.toml": f"[tool.mcscopes]\n{LINES}\n{RULES.format('tool.mcscopes.')}"},
                (),
                id="tool.mcscopes",
            ),
            pytest.param({"mcscopes.toml": f"{LINES}\n{RULES.format('')}"}, (), id="mcscopes.toml"),
            pytest.param(
                {"mcscopes.toml": f"{LINES}\n{RULES.format('')}".replace('"off"', '"all"')},
                ("--mc-enforce=off",),
                id="option before overlay",
            ),
            pytest.param(
                {
                    "mcscopes.toml": "expires_in = 1\ntoken_life = 7\n[rules]\nMCS203 = 'error'",
                    "pytest.ini": "[pytest]\n" + INI.replace("  MCS203=error\n", ""),
                },
                (),
                id="ini file before overlay",
            ),
            pytest.param(
                {
                    "mcscopes.toml": f"{LINES}\n{RULES.format('')}",
                    "pytest.ini": "[pytest]\nmc_enforce = all",
                },
                ("--mc-enforce=off",),
                id="option before ini file before overlay",
            ),
        ],
    )
    def test_they_are_equal(
        self, suite: Suite, files: dict[str, str], args: tuple[str, ...]
    ) -> None:
        for name, text in files.items():
            (suite.pytester.path / name).write_text(text)
        config = suite.pytester.parseconfigure("-p", "pytest_mcscopes.plugin", *args)
        assert config.stash[CONFIG] == SAID
        assert set(SETTINGS) == {*Config._fields} - {"rules"}

    def test_a_mark_goes_before_a_fixture_before_the_overlay(self, suite: Suite) -> None:
        """What each says of the one setting that all of them can give."""
        (suite.pytester.path / "mcscopes.toml").write_text('unassigned = "drop"')
        assert suite.judge(
            """
            import pytest
            from asking import ask

            def granted(tenant):
                return ask(tenant, "email_send sms_read") is not None

            @pytest.mark.mc_package(scopes=["email_send"])
            def test_overlay(mc_tenant):
                assert granted(mc_tenant)

            class TestFixture:
                @pytest.fixture
                def mc_package(self):
                    return {"scopes": ["email_send"], "unassigned": "reject"}

                def test_fixture(self, mc_tenant):
                    assert not granted(mc_tenant)

                @pytest.mark.mc_package(unassigned="drop")
                def test_mark(self, mc_tenant):
                    assert granted(mc_tenant)
            """
        ) == dict.fromkeys(
            ["test_overlay", "TestFixture::test_fixture", "TestFixture::test_mark"], "passed"
        )


LEAST = "mc_least_privilege"
SETTLED = [
    pytest.param(
        LEAST,
        'call(mc_tenant, ask(mc_tenant, "automations_read"), "automation/v1/scripts", "GET")',
        "failed: MCS108",
        "passed",
        id="a doubtful row",
    ),
    pytest.param(
        LEAST,
        'call(mc_tenant, ask(mc_tenant, "journeys_execute"),'
        ' "interaction/v1/interactions/contactexit")',
        "failed: MCS108",
        "failed: MCS108, MCS201",
        id="a doubtful row that needs something else: denied, and nothing is left to judge by",
    ),
    pytest.param(
        LEAST,
        'call(mc_tenant, ask(mc_tenant, "journeys_aspr"),'
        ' "interaction/v1/interactions/pause/key:x?versionNumber=7")',
        "failed: MCS108",
        "passed",
        id="a row with a query",
    ),
    pytest.param(
        'mc_scopes("data_extensions_write", "data_extensions_read")',
        'call(mc_tenant, ask(mc_tenant, "data_extensions_write data_extensions_read"),'
        ' "hub/v1/dataevents/key:x/rowset")',
        "passed: note MCS108",
        "failed: MCS202",
        id="a row that tolerates more",
    ),
]


@pytest.mark.parametrize(("mark", "code", "before", "after"), SETTLED)
@pytest.mark.parametrize("file", ["mcscopes.toml", "pyproject.toml"])
def test_the_lines_that_a_failure_offers_settle_it(
    suite: Suite, *, mark: str, code: str, before: str, after: str, file: str
) -> None:
    """Taken from the text as they stand, and written into the overlay."""
    path = suite.pytester.path / file
    path.write_text(
        "[tool.mcscopes]\nenforce = 'documented'" if "py" in file else "trust='attested'"
    )
    source = f"""
import pytest
from asking import ask, call

@pytest.mark.{mark}
def test_it(mc_tenant):
    {code}
"""
    result = suite.run(source, "-rA")
    assert suite.told(result) == {"test_it": before}
    told = result.stdout.str()
    lines = re.search(r"add it to your own catalogue entries:\n((?: +(?:#|\[|\w+ = ).*\n)+)", told)
    assert lines
    assert f"# {file}\n" in lines[1]
    with path.open("a") as overlay:
        overlay.write("\n" + dedent(lines[1]))
    again = suite.run(source)
    assert suite.told(again) == {"test_it": after}
    again.stdout.fnmatch_lines([f"mcscopes: *; your own catalogue entries in {file}: 1 route"])


@pytest.mark.parametrize("path", ["loyalty/v1/cards", "hub/v1/campaings"])
def test_no_row_is_offered_where_no_source_says_anything(suite: Suite, path: str) -> None:
    """What the code asked for would be all that it could say."""
    source = f"""
import pytest
from asking import ask, call

@pytest.mark.mc_least_privilege
def test_it(mc_tenant):
    call(mc_tenant, ask(mc_tenant, "campaign_read"), {path!r}, "GET")
"""
    result = suite.run(source)
    assert suite.told(result) == {"test_it": "failed: MCS108, note MCS203"}
    result.stdout.no_fnmatch_line("*[[][[]route*")


def test_texts_tell_whose_word_it_is(suite: Suite) -> None:
    """A verdict that rests on the overlay says so."""
    (suite.pytester.path / "mcscopes.toml").write_text(
        "[[route]]\nmethod = 'POST'\npath = '/loyalty/v1/cards'\nall_of = ['loyalty_write']\n"
        "[[scope]]\nid = 'loyalty_write'\n"
    )
    result = suite.run(
        """
        import pytest
        from asking import ask, call

        @pytest.mark.mc_scopes("loyalty_write")
        def test_more(mc_tenant):
            token = ask(mc_tenant, "loyalty_write email_send")
            assert call(mc_tenant, token, "loyalty/v1/cards") == 200

        @pytest.mark.mc_scopes("email_send")
        def test_less(mc_tenant):
            assert call(mc_tenant, ask(mc_tenant, "email_send"), "loyalty/v1/cards") == 403

        @pytest.mark.mc_scopes("loyalty_write")
        @pytest.mark.mc_package(scopes=["loyalty_write"])
        def test_just_so(mc_tenant):
            assert call(mc_tenant, ask(mc_tenant), "loyalty/v1/cards") == 200

        @pytest.mark.mc_scopes("email_send", match="at_least")
        def test_misspelt(mc_tenant):
            call(mc_tenant, ask(mc_tenant, "email_send"))
            ask(mc_tenant, "loyalty_wirte email_send")
        """
    )
    assert suite.told(result) == {
        "test_more": "failed: MCS102",
        "test_less": "failed: MCS201",
        "test_just_so": "passed",
        "test_misspelt": "passed: note MCS102, note MCS104",
    }
    result.stdout.fnmatch_lines(
        [
            "mcscopes: *; your own catalogue entries in mcscopes.toml: 1 route, 1 scope",
            '*package "integration" is assigned 87 scopes',
            "  used       loyalty_write                      POST /loyalty/v1/cards (your own *",
            "  MCS201  denied call: POST /loyalty/v1/cards (your own entry) needs *",
            "*did you mean loyalty_write?*",
        ]
    )


@pytest.mark.parametrize(
    "mode",
    [
        pytest.param((), id="plain"),
        pytest.param(("-p", "xdist", "-n", "2"), id="xdist"),
        pytest.param(("--collect-only",), id="collect-only"),
    ],
)
class TestBadInput:
    """It is told in plain words, with place and remedy, before any test runs."""

    @pytest.mark.parametrize(
        ("files", "complaint"),
        [
            pytest.param(
                {"mcscopes.toml": "[[route]]\nmethod = 'GET'\npath = '/'\nall_of = []"},
                "mcscopes.toml:3: route.path: '/' fits no call",
                id="route",
            ),
            pytest.param(
                {"pyproject.toml": "[tool.mcscopes]\nenforc = 'all'"},
                'pyproject.toml:2: enforc: unknown key. Did you mean "enforce"?',
                id="key",
            ),
            pytest.param({"mcscopes.toml": "[[route]"}, "mcscopes.toml:1: no TOML: ", id="no TOML"),
            pytest.param(
                {"mcscopes.toml": "trust = 'attested'", "pyproject.toml": "[tool.mcscopes]\na=1"},
                "pyproject.toml ([tool.mcscopes]) are a manifest, and there may be only one.",
                id="two",
            ),
        ],
    )
    def test_it_ends_the_run(
        self, suite: Suite, files: dict[str, str], complaint: str, mode: tuple[str, ...]
    ) -> None:
        for name, text in files.items():
            (suite.pytester.path / name).write_text(text)
        result = suite.run("def test_it():\n    pass", *mode)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        told = result.stdout.str() + result.stderr.str()
        assert "ERROR: MCSCOPES: " in told
        assert complaint in told
        assert "Traceback" not in told
        assert "pydantic" not in told


MARKED = """
import pytest
from asking import ask, call

@pytest.mark.mc_scopes("loyalty_read")
def test_it(mc_tenant):
    call(mc_tenant, ask(mc_tenant, "loyalty_read"), "loyalty/v1/cards")
"""
OVERLAY = """
[[scope]]
id = "loyalty_read"
[[route]]
method = "POST"
path = "/loyalty/v1/cards"
all_of = ["loyalty_read"]
"""


@pytest.mark.parametrize("mode", [(), workers_for(MARKED)], ids=["plain", "xdist"])
def test_it_is_read_where_the_tests_run(suite: Suite, mode: tuple[str, ...]) -> None:
    """On every worker, too."""
    (suite.pytester.path / "mcscopes.toml").write_text(OVERLAY)
    suite.run(MARKED, *mode).assert_outcomes(passed=1)


def test_it_is_looked_for_beside_the_settings_and_at_the_root(suite: Suite) -> None:
    """Wherever the run is started from."""
    inner = suite.pytester.mkdir("inner")
    (suite.pytester.path / "pytest.ini").write_text("[pytest]\n")
    (suite.pytester.path / "mcscopes.toml").write_text(OVERLAY)
    (inner / "test_inner.py").write_text(MARKED)
    suite.run_files("inner").assert_outcomes(passed=1)
    suite.run_files("inner", "--rootdir", str(inner)).assert_outcomes(passed=1)
    (suite.pytester.path / "mcscopes.toml").rename(inner / "mcscopes.toml")
    suite.run_files("inner", "--rootdir", str(inner)).assert_outcomes(passed=1)
    suite.run_files("inner").assert_outcomes(errors=1)


def test_without_one_nothing_that_reads_it_is_loaded(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project that only requires the plugin does not wait for pydantic."""
    package = str(Path(pytest_mcscopes.__file__).parent.parent)
    monkeypatch.setenv("PYTHONPATH", package, prepend=os.pathsep)
    pyproject = suite.pytester.path / "pyproject.toml"
    pyproject.write_text('[dependency-groups]\ntest = ["pytest-mcscopes==0.1"]\n')
    suite.pytester.makepyfile("def test_it(mc_tenant): pass")
    suite.pytester.makeconftest(
        "import sys\n"
        "def pytest_unconfigure():\n"
        "    print('loaded', [name for name in sys.modules if 'pydantic' in name])\n"
    )
    command = ("-p", "pytest_mcscopes.plugin", "-p", "no:cacheprovider")
    result = suite.pytester.runpytest_subprocess(*command)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["loaded []"])
    pyproject.write_text("[tool.mcscopes]\ntrust = 'attested'\n")
    result = suite.pytester.runpytest_subprocess(*command)
    result.stdout.fnmatch_lines(["loaded [[]'pydantic*"])
