"""What a run prints, and what it never does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from suites import unwrapped, workers_for

if TYPE_CHECKING:
    from suites import Suite

NOTES = """
    import pytest
    from asking import ask, call, send

    pytestmark = pytest.mark.mc_scopes("email_send")

    def test_clean(mc_tenant):
        send(mc_tenant, "email_send")

    def test_note(mc_tenant):
        token = ask(mc_tenant, "email_send")
        call(mc_tenant, token)
        call(mc_tenant, token, "nowhere/v1/at/all")

    def test_error(mc_tenant):
        send(mc_tenant, "email_send email_read")
"""


def test_header(suite: Suite) -> None:
    """The header tells what is refused and by which catalogue."""
    result = suite.run("def test_it():\n    pass", "-o", "mc_enforce=all", "--mc-trust=documented")
    result.stdout.fnmatch_lines(
        [
            (
                "mcscopes: enforce all, trust documented; catalogue of 20??-??-??:"
                " 87 scopes, 485 REST routes, 260 SOAP *"
            )
        ]
    )


def test_option_before_setting(suite: Suite) -> None:
    """An option of the command line overrides the file's setting."""
    result = suite.run("def test_it():\n    pass", "--mc-enforce=off", "-o", "mc_enforce=all")
    result.stdout.fnmatch_lines(["mcscopes: enforce off, trust attested; *"])


def test_settings_reach_the_tenant(suite: Suite) -> None:
    """Each setting is that of every tenant."""
    suite.pytester.makeini(
        """
        [pytest]
        mc_token_life = 7
        mc_expires_in = 5
        mc_basic_auth = true
        mc_token_form = opaque
        mc_unassigned = drop
        """
    )
    assert suite.judge(
        """
        from asking import CLIENT, call

        def test_it(mc_tenant, mc_clock):
            answer = CLIENT.post(
                mc_tenant.auth_url + "v2/token",
                json={"grant_type": "client_credentials", "scope": "openid email_send"},
                auth=(mc_tenant.client_id, mc_tenant.client_secret),
            ).json()
            assert (answer["scope"], answer["expires_in"]) == ("email_send", 5)
            assert len(answer["access_token"]) == 32
            mc_clock.advance(6.5)
            assert call(mc_tenant, answer["access_token"]) == 200
            mc_clock.advance(1)
            assert call(mc_tenant, answer["access_token"]) == 401
        """
    ) == {"test_it": "passed"}


def test_markers_are_listed(suite: Suite) -> None:
    """`pytest --markers` and `--fixtures` tell what we offer; strict markers know ours."""
    suite.run("", "--markers").stdout.fnmatch_lines(
        [
            "@pytest.mark.mc_scopes(*",
            "@pytest.mark.mc_least_privilege(*",
            "@pytest.mark.mc_no_token(*",
            "@pytest.mark.mc_allow(*",
            "@pytest.mark.mc_package(*",
        ]
    )
    suite.run("", "--fixtures").stdout.fnmatch_lines(["mc_cloud*", "mc_package*", "mc_tenant*"])
    suite.run(NOTES, "--strict-markers").assert_outcomes(passed=2, failed=1)


@pytest.mark.parametrize("mode", [(), ("-p", "xdist", "-n", "2")], ids=["plain", "xdist"])
def test_summary(suite: Suite, mode: tuple[str, ...]) -> None:
    """Notes are a section of their test and one line each, never a warning; errors are counted."""
    result = suite.run(NOTES, *mode, "-rA")
    result.assert_outcomes(passed=2, failed=1, warnings=0)
    assert suite.told(result) == {
        "test_clean": "passed",
        "test_note": "passed: note MCS203",
        "test_error": "failed: MCS102",
    }
    result.stdout.fnmatch_lines(
        [
            "*- MCSCOPES -*",
            "MCSCOPES: nothing here fails the test; these are notes.",
            "*= Marketing Cloud scopes =*",
            "test_it.py::test_note: note MCS203 unmapped call: *",
            "3 tests judged: MCS102 in 1",
        ]
    )


def test_setup_plan(suite: Suite) -> None:
    """`--setup-plan` shows our fixtures, runs none of them, and judges nothing."""
    result = suite.run(NOTES, "--setup-plan")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*SETUP    S mc_package", "*SETUP    F mc_tenant*"])
    result.stdout.no_fnmatch_line("*MCSCOPES*")


def summary_of(result: pytest.RunResult) -> list[str]:
    """Give the lines of our section of the terminal summary, or the one line in its place."""
    text = unwrapped(result).str()
    if one := re.findall(r"^Marketing Cloud scopes: (.*)", text, re.MULTILINE):
        return one
    _, _, rest = text.partition("= Marketing Cloud scopes =")
    return [line for line in rest.partition("\n=")[0].splitlines() if line.strip("=")]


def test_no_summary_without_a_tenant(suite: Suite) -> None:
    """A run that has nothing to do with Marketing Cloud ends as it would without us."""
    result = suite.run("def test_it():\n    pass")
    result.stdout.no_fnmatch_line("*Marketing Cloud scopes*")


UNMARKED = "talked to a tenant and was not judged: it has no mark (pytest --mc-suggest writes one)"


@pytest.mark.parametrize("xdist", [False, True], ids=["plain", "xdist"])
@pytest.mark.parametrize(
    ("body", "lines"),
    [
        pytest.param(
            """
            def test_it(mc_tenant):
                pass
            """,
            ["nothing was judged, although a tenant was built"],
            id="a tenant that nobody talked to",
        ),
        pytest.param(
            """
            def test_one(mc_tenant):
                send(mc_tenant)
            """,
            ["nothing was judged, although a tenant was built", f"1 test {UNMARKED}"],
            id="no mark",
        ),
        pytest.param(
            """
            def test_one(mc_cloud):
                with mc_cloud.tenant() as tenant:
                    send(tenant)

            @pytest.fixture
            def token(mc_tenant):
                return ask(mc_tenant)

            def test_two(token):
                pass

            @scopes("email_send")
            def test_marked(mc_tenant):
                send(mc_tenant, "email_send")
            """,
            [
                "1 test judged: no errors",
                (
                    "2 tests talked to a tenant and were not judged: they have no mark"
                    " (pytest --mc-suggest writes them)"
                ),
            ],
            id="a tenant that ended in the test, a log-in of a fixture",
        ),
        pytest.param(
            """
            def test_own_doings(mc_tenant):
                with mc_tenant.arrange():
                    send(mc_tenant)
                mc_tenant.issue_token(["email_send"])

            def test_skipped(mc_tenant):
                send(mc_tenant)
                pytest.skip("halfway")

            def test_block(mc_tenant):
                with mc_tenant.judged("email_send"):
                    send(mc_tenant, "email_send")
            """,
            ["1 test judged, no errors"],
            id="what the test itself does, a skip, a judged block",
        ),
        pytest.param(
            """
            @scopes("email_send")
            def test_early(mc_tenant):
                raise KeyError("early")

            @pytest.mark.mc_package(scopes=["email_send"])
            @scopes("email_send")
            def test_refused(mc_tenant):
                assert ask(mc_tenant, "email_send sms_read")
            """,
            [
                "1 test judged: MCS102 in 1",
                "1 test not judged: it failed before a token was granted",
            ],
            id="failed before a token",
        ),
        pytest.param(
            """
            @pytest.fixture
            def broken(mc_tenant):
                raise KeyError("broken")

            @scopes("email_send")
            def test_marked(broken):
                pass

            @scopes("email_send")
            def test_marked_too(broken):
                pass

            def test_unmarked(broken):
                pass
            """,
            [
                "nothing was judged, although a tenant was built",
                "2 marked tests not judged: they failed in their set-up",
            ],
            id="failed in set-up",
        ),
        pytest.param(
            """
            @pytest.mark.xfail
            @scopes("email_send")
            def test_more(mc_tenant):
                send(mc_tenant, "email_send sms_read")

            @pytest.mark.xfail
            @scopes("email_send")
            def test_own(mc_tenant):
                send(mc_tenant, "email_send")
                raise KeyError("own")
            """,
            ["1 test judged: no errors", "1 expected failure with findings: MCS102 in 1"],
            id="expected failures",
        ),
        pytest.param(
            """
            @pytest.mark.xfail
            @scopes("email_send")
            def test_more(mc_tenant):
                send(mc_tenant, "email_send sms_read")
            """,
            ["1 expected failure with findings: MCS102 in 1"],
            id="nothing but an expected failure",
        ),
        pytest.param(
            """
            TRIED = []

            @pytest.mark.flaky(reruns=2)
            @scopes("email_send")
            def test_at_last(mc_tenant):
                TRIED.append(1)
                send(mc_tenant, "email_send" if len(TRIED) > 2 else "email_send sms_read")

            @pytest.mark.flaky(reruns=1)
            @scopes("email_send")
            def test_own(mc_tenant):
                send(mc_tenant, "email_send")
                assert TRIED.append(1) or len(TRIED) == 5
            """,
            [
                "2 tests judged: no errors",
                "1 test run again after an attempt with findings: MCS102 in 1",
            ],
            id="run again",
        ),
    ],
)
def test_what_the_summary_says_was_judged(
    suite: Suite,
    body: str,
    lines: list[str],
    xdist: bool,  # noqa: FBT001 - a parameter
) -> None:
    """So many judged, and so many not, and why; under xdist the facts come with the reports."""
    head = """
            import pytest
            from asking import ask, call, send

            scopes = pytest.mark.mc_scopes
    """
    mode = workers_for(body) if xdist else ()
    result = suite.run(head + body, "-p", "pytest_rerunfailures", *mode)
    assert [line for line in summary_of(result) if ": note " not in line] == lines


def test_the_short_summary_begins_with_rule_and_scope(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is all that a CI log shows; the place of a misuse comes after the text."""
    monkeypatch.setenv("COLUMNS", "140")
    result = suite.run(
        """
        import pytest
        from asking import ask, send

        @pytest.mark.mc_scopes("email_send")
        def test_mark(mc_tenant):
            send(mc_tenant, "email_read email_send")

        @pytest.mark.mc_scopes("email_send")
        def test_omitted(mc_tenant):
            send(mc_tenant)

        @pytest.mark.mc_scopes("email_send")
        def test_nothing(mc_tenant):
            pass

        def test_block(mc_tenant):
            with mc_tenant.judged("email_send"):
                send(mc_tenant, "email_read email_send")

        def test_misuse(mc_tenant, mc_clock):
            mc_clock.advance(-1)
        """
    )
    more = "the code under test asks Marketing Cloud for more*"
    result.stdout.fnmatch_lines(
        [
            f"FAILED test_it.py::test_mark - Failed: MCS102 email_read: MCSCOPES: {more}",
            f"FAILED test_it.py::test_omitted - Failed: MCS101 8? scopes: MCSCOPES: {more}",
            "FAILED test_it.py::test_nothing - Failed: MCS105: MCSCOPES: the code under test was *",
            f"FAILED test_it.py::test_block - Failed: MCS102 email_read: MCSCOPES: {more}",
            "FAILED test_it.py::test_misuse - Failed: MCSCOPES: advance needs a time to come*",
        ],
        consecutive=True,
    )


def test_summary_is_bounded(suite: Suite) -> None:
    """Of many notes the first are shown, and the others counted; each is written once."""
    result = suite.run(
        """
        import pytest
        from asking import ask, call

        @pytest.mark.mc_scopes("email_send")
        @pytest.mark.parametrize("number", range(44))
        def test_note(mc_tenant, number):
            token = ask(mc_tenant, "email_send")
            call(mc_tenant, token)
            call(mc_tenant, token, f"nowhere/v1/at/all/{number // 2}")
        """
    )
    lines = result.stdout.lines
    notes = [line for line in lines if ": note MCS203 " in line]
    assert len(notes) == 3
    assert notes[0].startswith(
        "2 tests, first test_it.py::test_note[0]: note MCS203 unmapped call:"
    )
    assert "... and 19 more MCS203 notes, in 38 tests" in lines
    assert "44 tests judged: no errors" in lines


SEVERAL = """
    import pytest
    from asking import send

    @pytest.mark.mc_scopes("email_send")
    @pytest.mark.parametrize("number", range(7))
    def test_over_asks(mc_tenant, number):
        send(mc_tenant, "email_send email_read")

    def test_block(mc_tenant):
        with mc_tenant.judged("email_send"):
            send(mc_tenant, "email_send sms_read")

    def test_expected(mc_tenant):
        with mc_tenant.expect_findings("MCS102"), mc_tenant.judged("email_send"):
            send(mc_tenant, "email_send sms_read")

    @pytest.mark.mc_scopes("email_send")
    def test_fails_by_itself(mc_tenant):
        send(mc_tenant, "email_send email_read")
        raise ValueError

    @pytest.mark.xfail
    @pytest.mark.mc_scopes("email_send")
    def test_expected_to_fail(mc_tenant):
        send(mc_tenant, "email_send sms_read")
"""


@pytest.mark.parametrize("mode", [(), ("-p", "xdist", "-n", "2")], ids=["plain", "xdist"])
def test_what_tests_fail_by_is_put_together(suite: Suite, mode: tuple[str, ...]) -> None:
    """By rule, scopes and advice: that of the failures' own texts, those of blocks among them."""
    assert summary_of(suite.run(SEVERAL, *mode)) == [
        "MCS102 excess-scope email_read in 8 tests",
        '  Request scope="email_send" instead.',
        "    test_it.py::test_fails_by_itself",
        "    test_it.py::test_over_asks[0]",
        "    test_it.py::test_over_asks[1]",
        "    ... and 5 more",
        "MCS102 excess-scope sms_read in 1 test",
        '  Request scope="email_send" instead.',
        "    test_it.py::test_block",
        "10 tests judged: MCS102 in 9",
        "1 expected failure with findings: MCS102 in 1",
        "All of it: run with --mc-data, then mcscopes report --format html -o scopes.html",
    ]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        pytest.param(SEVERAL, "MCS102 excess-scope email_read in 8 tests", id="red"),
        pytest.param(NOTES, "3 tests judged: MCS102 in 1", id="none for a count"),
        pytest.param(
            "import pytest\n@pytest.mark.mc_no_token\ndef test_it(mc_tenant): pass",
            "Marketing Cloud scopes: 1 test judged, no errors",
            id="green",
        ),
    ],
)
@pytest.mark.parametrize("colour", ["yes", "no"])
def test_there_is_colour_where_pytest_has_it(
    suite: Suite, source: str, line: str, colour: str
) -> None:
    """Errors in red, and the one line of a run without any in green."""
    lines = suite.run(source, f"--color={colour}").stdout.lines
    codes = {"MCS102": "31", "Market": "32"}
    dressed = f"\x1b[{codes[line[:6]]}m{line}\x1b[0m" if line[:6] in codes else line
    assert (dressed if colour == "yes" else line) in lines


def test_killed_worker(suite: Suite) -> None:
    """What finished before a worker died is in the summary."""
    result = suite.run(
        NOTES
        + """
    def test_killed(mc_tenant):
        import os
        os._exit(1)
    """,
        "-p", "xdist", "-n", "1", "--max-worker-restart=0",
    )  # fmt: skip
    assert "test_it.py::test_note: note MCS203" in result.stdout.str()
    result.stdout.fnmatch_lines(["3 tests judged: MCS102 in 1"])
