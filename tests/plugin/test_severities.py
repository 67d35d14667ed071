"""The setting `mc_rules`, through its doors, and the hygiene rules in a test run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suites import Suite

TWO_TOKENS = """
    import pytest
    from asking import ask, call, send

    @pytest.mark.mc_scopes("email_send")
    def test_two_tokens(mc_tenant):
        send(mc_tenant, "email_send")
        send(mc_tenant, "email_send")

    @pytest.mark.mc_scopes("journeys_execute")
    def test_undetermined(mc_tenant):
        token = ask(mc_tenant, "journeys_execute")
        call(mc_tenant, token, "interaction/v1/interactions/contactexit")

    @pytest.mark.mc_scopes("email_send")
    @pytest.mark.mc_allow("MCS303", reason="a worker each")
    def test_allowed(mc_tenant):
        send(mc_tenant, "email_send")
        send(mc_tenant, "email_send")
"""
AS_THEY_ARE = {
    "test_two_tokens": "passed: note MCS303",
    "test_undetermined": "passed: note MCS108",
    "test_allowed": "passed: note MCS303",
}
AS_ERRORS = {
    "test_two_tokens": "failed: MCS303",
    "test_undetermined": "failed: MCS108",
    "test_allowed": "passed: note MCS303",
}


def test_notes_by_default(suite: Suite) -> None:
    """Tokens that are not reused, and what the catalogue is not sure of, fail nothing."""
    assert suite.judge(TWO_TOKENS) == AS_THEY_ARE


def test_as_a_native_list(suite: Suite) -> None:
    """In pyproject.toml."""
    suite.pytester.makepyprojecttoml('[tool.pytest]\nmc_rules = ["MCS303=error", "MCS108=error"]')
    assert suite.judge(TWO_TOKENS) == AS_ERRORS


def test_as_lines(suite: Suite) -> None:
    """In pytest.ini; the header shows them: a rule that was lowered must not go unseen."""
    suite.pytester.makeini("[pytest]\nmc_rules =\n    MCS303=error\n    MCS108 = error\n")
    result = suite.run(TWO_TOKENS)
    assert suite.told(result) == AS_ERRORS
    result.stdout.fnmatch_lines(["mcscopes: *, trust attested; MCS303=error, MCS108 = error; *"])


@pytest.mark.parametrize("mode", [(), ("--collect-only",)], ids=["run", "collect"])
@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        pytest.param(
            "MCS105=note",
            "MCS105 (no-token-granted) cannot be changed: nothing else would be judged."
            " Take it out.",
            id="fixed",
        ),
        pytest.param(
            "mcs303=error",
            "unknown rule 'mcs303'. Did you mean \"MCS303\"? Write a line for each rule, as"
            ' "MCS303=error".',
            id="unknown",
        ),
        pytest.param(
            "MCS303=eror",
            'MCS303 must be "error" or "note", got \'eror\'. Did you mean "error"?',
            id="severity",
        ),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    suite: Suite, given: str, complaint: str, mode: tuple[str, ...]
) -> None:
    """Before anything is collected, with where to read on."""
    result = suite.run(TWO_TOKENS, "-o", f"mc_rules={given}", *mode)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.stderr.str().strip() == (
        f"ERROR: MCSCOPES: mc_rules: {complaint}\n  More: mcscopes explain mc_rules"
    )


def test_a_text_is_no_list(suite: Suite) -> None:
    """Natively, one line must still be a list."""
    suite.pytester.makepyprojecttoml('[tool.pytest]\nmc_rules = "MCS303=error"')
    result = suite.run(TWO_TOKENS)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: MCSCOPES: mc_rules: *expects a list*"])


def test_what_goes_through_the_door(suite: Suite) -> None:
    """Secrets and tokens in URLs are seen as httpx sends them, and are not told."""
    result = suite.run(
        """
        import pytest
        from asking import CLIENT, ask, call

        pytestmark = [
            pytest.mark.mc_scopes("email_send"),
            pytest.mark.mc_package(client_secret="my s3cret/+?"),
        ]

        def test_secret(mc_tenant):
            call(mc_tenant, ask(mc_tenant, "email_send"))
            CLIENT.get(mc_tenant.auth_url + "v2/token", params={"s": mc_tenant.client_secret})

        def test_token(mc_tenant):
            token = ask(mc_tenant, "email_send")
            call(mc_tenant, token)
            CLIENT.get(mc_tenant.rest_url + "hub/v1/campaigns/" + token)

        def test_token_of_arrange(mc_tenant):
            token = ask(mc_tenant, "email_send")
            call(mc_tenant, token)
            with mc_tenant.arrange():
                CLIENT.get(mc_tenant.rest_url + "hub/v1/campaigns/" + token)

        @pytest.mark.mc_allow("MCS302", reason="an old gateway")
        def test_allowed(mc_tenant):
            token = ask(mc_tenant, "email_send")
            call(mc_tenant, token)
            CLIENT.get(mc_tenant.rest_url + "hub/v1/campaigns", params={"access_token": token})
        """
    )
    assert suite.told(result) == {
        "test_secret": "failed: MCS301",
        "test_token": "failed: MCS302",
        "test_token_of_arrange": "passed",
        "test_allowed": "passed: note MCS302",
    }
    result.stdout.no_fnmatch_line("*s3cret/+*")
    result.stdout.fnmatch_lines(
        [
            "  MCS301  secret in a URL: a token request has it in query parameter s",
            "  MCS302  token in a URL: GET /hub/v1/campaigns/{id} has it in the path",
            "            Authorization: Bearer <token>",
        ]
    )
