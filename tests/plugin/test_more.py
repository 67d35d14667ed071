"""Each failure that is ours ends with the command that explains it, whatever it is about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from pytest_mcscopes.hooks.more import with_more

if TYPE_CHECKING:
    from suites import Suite

TESTS = {
    "fail_next": "mc_tenant.fail_next('rest', 503)",
    "deny": "mc_tenant.deny()",
    "expect_denied": "with mc_tenant.expect_denied(): pass",
    "expect_findings": "with mc_tenant.expect_findings('MCS102'): pass",
    "judged": "mc_tenant.judged('email_sned')",
    "advance": "mc_clock.advance(minutes=-1)",
    "travel": "mc_clock.travel(minute=1)",
    "issue_token": "mc_tenant.issue_token(['email_sned'])",
    "mc_cloud": "mc_cloud.tenant(sever=True)",
    "mc_scopes": "request.node.add_marker(pytest.mark.mc_scopes('email_send'))",
    "MCS102": "with mc_tenant.judged('email_send'): send(mc_tenant, 'email_read email_send')",
}


def test_what_fails_a_test(suite: Suite) -> None:
    tests = [
        f"def test_{word}(mc_tenant, mc_clock, mc_cloud, request):\n    {body}"
        for word, body in TESTS.items()
    ]
    head = "import pytest\nfrom asking import send"
    text = suite.run("\n\n".join([head, *tests])).stdout.str()
    _, *failures = re.split(r"\n_+ test_(\w+) _+\n", text.partition("\n====")[2])
    told = dict(zip(failures[::2], failures[1::2], strict=True))
    assert told.keys() == TESTS.keys()
    for word, failure in told.items():
        command = failure.partition("\n=")[0].rstrip().rpartition("\n")[2]
        assert command == f"  More: mcscopes explain {word}"


@pytest.mark.parametrize(
    ("mark", "word"),
    [
        ("mc_scopes('email_sned')", "mc_scopes"),
        ("mc_no_token('x')", "mc_no_token"),
        ("mc_scope('email_send')", "mc_scopes"),
    ],
)
def test_what_fails_a_file(suite: Suite, mark: str, word: str) -> None:
    mine = ("-W", "ignore::pytest.PytestUnknownMarkWarning")
    result = suite.run(f"import pytest\n@pytest.mark.{mark}\ndef test_it(): pass", *mine)
    result.stdout.fnmatch_lines([f"  More: mcscopes explain {word}"])


def test_what_fails_a_run(suite: Suite) -> None:
    suite.pytester.makepyfile("def test_it(): pass")
    result = suite.run_files("-o", "mc_enforce=of")
    assert "  More: mcscopes explain mc_enforce" in result.stderr.lines


@pytest.mark.parametrize(
    ("key", "word"), [("mc_enforc", "mc_enforce"), ("mc_rotate", "mc_rotation")]
)
def test_what_is_no_setting(suite: Suite, key: str, word: str) -> None:
    """The command explains the setting that may have been meant."""
    suite.pytester.makepyfile("def test_it(): pass")
    result = suite.run_files("-o", f"{key}=1")
    assert f"MCSCOPES: unknown setting {key}" in result.stderr.str()
    assert result.stderr.lines[-2:] == [f"  More: mcscopes explain {word}", ""]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        pytest.param("MCSCOPES: nothing of ours is named.", "mc_tenant", id="nothing"),
        pytest.param("MCSCOPES: assign it to somebody.", "assign", id="at the beginning"),
        pytest.param("MCSCOPES: let it assign a scope to mc_user.", "mc_user", id="plain English"),
        pytest.param("MCSCOPES: it ended, as by tenant.revoke(token).", "revoke", id="a call"),
        pytest.param("MCSCOPES: the run has mc_rules_of_mine.", "mc_tenant", id="a longer word"),
        pytest.param(
            "MCSCOPES: the manifest cannot be used.\na.toml:2: x", "manifest", id="the manifest"
        ),
        pytest.param("MCSCOPES: /a.toml:3: no TOML: it ends.", "manifest", id="its syntax"),
    ],
)
def test_the_word_that_is_explained(text: str, word: str) -> None:
    assert with_more(text) == f"{text}\n  More: mcscopes explain {word}"


def test_one_command_is_enough() -> None:
    text = "MCS102: x\n  More: mcscopes explain MCS102\n  It was caught."
    assert with_more(text) == text
