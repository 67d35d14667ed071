"""What a run prints, and what it never does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Suite

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
                " 87 scopes, 450 REST routes, 260 SOAP *"
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
            "MCSCOPES: no rule fails this test, but there is more to know.",
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


def test_no_summary_without_marks(suite: Suite) -> None:
    """A run without marked tests ends as it would without us."""
    result = suite.run("def test_it(mc_tenant):\n    pass")
    result.stdout.no_fnmatch_line("*Marketing Cloud scopes*")


def test_summary_is_bounded(suite: Suite) -> None:
    """Of many notes the first are shown, and the others counted."""
    result = suite.run(
        """
        import pytest
        from asking import ask, call

        @pytest.mark.mc_scopes("email_send")
        @pytest.mark.parametrize("number", range(22))
        def test_note(mc_tenant, number):
            token = ask(mc_tenant, "email_send")
            call(mc_tenant, token)
            call(mc_tenant, token, "nowhere/v1/at/all")
        """
    )
    lines = result.stdout.lines
    assert sum(": note MCS203 " in line for line in lines) == 20
    assert "... and 2 notes more" in lines
    assert "22 tests judged: no errors" in lines


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
