"""Settings by which a run fails as a whole: nothing was judged, or something was not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from suites import unwrapped, workers_for

if TYPE_CHECKING:
    from suites import Suite

UNJUDGED = ("--mc-fail-unjudged",)
UNMARKED = ("--mc-fail-unmarked",)
BOTH = UNJUDGED + UNMARKED
HEAD = """
    import pytest
    from asking import send

    MAIL = pytest.mark.mc_scopes("email_send")
"""
MARKED = """
    @MAIL
    def test_marked(mc_tenant):
        send(mc_tenant, "email_send")
"""
OVER_ASKS = MARKED.replace('email_send")', 'email_send email_read")')
EXPECTED = MARKED.replace("@MAIL", "@MAIL\n    @pytest.mark.xfail").replace('_send")', '_read")')
BLOCK = """
    def test_block(mc_tenant):
        with mc_tenant.judged("email_send"):
            send(mc_tenant, "email_send")
"""
BARE = """
    @pytest.mark.parametrize("number", range({}))
    def test_bare(mc_tenant, number):
        send(mc_tenant, "email_send")
"""
UNRELATED = """
    def test_unrelated():
        pass
"""
SKIPS = MARKED.replace("send(", "pytest.skip() or send(")
PASSED, FAILED = pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED
NONE = pytest.ExitCode.NO_TESTS_COLLECTED


@pytest.mark.parametrize("xdist", [False, True], ids=["serial", "xdist"])
@pytest.mark.parametrize(
    ("source", "options", "code"),
    [
        pytest.param(MARKED + UNRELATED, BOTH, PASSED, id="judged"),
        pytest.param(BLOCK, BOTH, PASSED, id="a block"),
        pytest.param(UNRELATED, UNMARKED, PASSED, id="unrelated"),
        pytest.param(UNRELATED, UNJUDGED, FAILED, id="nothing to judge"),
        pytest.param(SKIPS, UNJUDGED, FAILED, id="all skipped"),
        pytest.param(MARKED + BARE.format(1), UNJUDGED, PASSED, id="one of two judged"),
        pytest.param(MARKED + BARE.format(1), UNMARKED, FAILED, id="one of two unmarked"),
        pytest.param(MARKED + BARE.format(1), (), PASSED, id="neither setting"),
    ],
)
def test_a_run(
    suite: Suite,
    source: str,
    options: tuple[str, ...],
    code: pytest.ExitCode,
    xdist: bool,  # noqa: FBT001 - a parameter
) -> None:
    """It fails where a setting says so, and says why."""
    mode = workers_for(source) if xdist else ()
    result = suite.run(HEAD + source, *options, *mode)
    assert result.ret == code
    assert (": the run fails" in result.stdout.str()) == (code == FAILED)


@pytest.mark.parametrize(
    ("source", "options", "code"),
    [
        pytest.param(EXPECTED, UNJUDGED, PASSED, id="an expected failure was judged"),
        pytest.param(MARKED + BARE.format(1), ("-o", "mc_fail_unmarked=true"), FAILED, id="key"),
        pytest.param(UNRELATED, ("-o", "mc_fail_unjudged=true"), FAILED, id="other key"),
        pytest.param(UNRELATED, (*BOTH, "--collect-only"), PASSED, id="collected only"),
        pytest.param(OVER_ASKS + BARE.format(1), BOTH, FAILED, id="failed already"),
        pytest.param("", BOTH, NONE, id="no tests: pytest's own code"),
        pytest.param("raise OSError", BOTH, pytest.ExitCode.INTERRUPTED, id="no collection"),
    ],
)
def test_exit_codes(
    suite: Suite, source: str, options: tuple[str, ...], code: pytest.ExitCode
) -> None:
    """Where pytest's own is not 0, it stays."""
    assert suite.run(HEAD + source, *options).ret == code


def test_what_is_said_of_a_run_without_a_judged_test(suite: Suite) -> None:
    """What happened, and what to do."""
    unwrapped(suite.run(UNRELATED, *UNJUDGED)).fnmatch_lines(
        [
            "*= Marketing Cloud scopes: the run fails =*",
            (
                "MCSCOPES: mc_fail_unjudged is on, and no test was judged. Mark the tests that talk"
                " to a tenant (pytest --mc-suggest writes the marks), and let pytest run them; a"
                " run that is to judge nothing does without this setting."
            ),
            "  More: mcscopes explain mc_fail_unjudged",
        ],
        consecutive=True,
    )


@pytest.mark.measured
@pytest.mark.parametrize(
    ("number", "more"),
    [
        pytest.param(1, [], id="one"),
        pytest.param(5, [], id="a few"),
        pytest.param(7, ["  ... and 2 more"], id="many"),
    ],
)
def test_what_is_said_of_unmarked_tests(suite: Suite, number: int, more: list[str]) -> None:
    """Which they are, and what to do; of many the first."""
    result = suite.run(HEAD + BARE.format(number), *UNMARKED)
    tests = "1 test" if number == 1 else f"{number} tests"
    unwrapped(result).fnmatch_lines(
        [
            "*= Marketing Cloud scopes: the run fails =*",
            (
                f"MCS404 MCSCOPES: mc_fail_unmarked is on, and {tests} talked to a tenant without a"
                " mark. Mark them (pytest --mc-suggest writes the marks):"
            ),
            *[f"  test_it.py::test_bare[[]{each}]" for each in range(min(number, 5))],
            *more,
            "  More: mcscopes explain mc_fail_unmarked",
        ],
        consecutive=True,
    )
