"""The words that `mcscopes explain` knows of this plugin's own: all of them, and true."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest

import pytest_mcscopes
from pytest_mcscopes.cli.main import main
from pytest_mcscopes.cloud.fault_order import FaultName
from pytest_mcscopes.config import Config, build_config
from pytest_mcscopes.evidence.suite_evidence import RUNGS
from pytest_mcscopes.explain.terms import find_term, load_terms, near_terms
from pytest_mcscopes.markers.levels import OURS
from pytest_mcscopes.privilege.expectation import Match
from pytest_mcscopes.privilege.findings import RULES, TEST_RULES
from pytest_mcscopes.tenant.clock import CloudClock
from pytest_mcscopes.tenant.tenant import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from suites import Suite

    from pytest_mcscopes.explain.terms import Term

TERMS = load_terms()
FIXTURES = {"mc_tenant", "mc_server", "mc_cloud", "mc_clock", "mc_package", "mc_user"}
PUBLIC = Tenant, CloudClock
PLAIN = {
    *("auth_url", "rest_url", "soap_url", "subdomain", "enterprise_id", "account_id", "client_id"),
    *("client_secret", "packages", "package", "users", "user", "clock", "close"),
}
"""Members that say by their names what they are."""
BLOCKS = {"judged", "expect_denied", "expect_findings", "arrange"}
STAND_INS = """
import logging

import asking
import httpx
import pytest


def send(method, url, **more):
    with httpx.Client(verify=False) as client:
        return client.request(method, url, **more)


def log_in(tenant, **fields):
    body = {"client_id": tenant.client_id, "client_secret": tenant.client_secret}
    body |= {"grant_type": "client_credentials"} | fields
    return send("POST", f"{tenant.auth_url}v2/token", json=body).json().get("access_token")


def log_in_user(tenant, scope):
    return asking.exchange(tenant, asking.consent(tenant, scope=scope))["access_token"]


def call(tenant, token, request):
    method, _, path = request.partition(" ")
    bearer = {"Authorization": f"Bearer {token}"}
    return send(method, tenant.rest_url + path.lstrip("/"), headers=bearer).status_code
"""


def terms_of(words: Iterable[str]) -> list[pytest.ParameterSet]:
    return [pytest.param(TERMS[word], id=word) for word in words]


def test_no_word_is_left_out() -> None:
    """Each rule, mark, fixture, block and setting has an entry, and no rule or setting too many."""
    of_kind = {
        kind: {word for word, term in TERMS.items() if kind in term.kind}
        for kind in ("rule", "mark", "fixture", "block", "setting", "match", "fault")
    }
    of_kind["mark"] -= of_kind["match"]
    names = {word for word, term in TERMS.items() if term.kind in {"class", "function"}}
    assert names == {*pytest_mcscopes.__all__} - {"__version__"}
    members = {name for each in PUBLIC for name in vars(each) if not name.startswith("_")}
    assert members - PLAIN <= TERMS.keys()
    wanted = {
        "rule": set(RULES),
        "mark": set(OURS),
        "fixture": FIXTURES,
        "block": BLOCKS,
        "setting": {f"mc_{name}" for name in Config._fields},
        "match": set(get_args(Match)),
        "fault": set(get_args(FaultName)),
    }
    assert of_kind == wanted


def test_the_words_of_reports_are_told() -> None:
    """How well a scope is shown, and what is kept apart."""
    kept_apart = ("assigned", "declared", "requested", "granted", "used")
    assert all(TERMS[word].kind == "word" for word in kept_apart)
    assert all(rung in TERMS["how well shown"].means for rung in RUNGS)


@pytest.mark.parametrize("term", terms_of(TERMS))
def test_each_word_is_told_with_an_example(term: Term) -> None:
    """A rule with both sides; whatever it is, with its meaning and why it matters."""
    assert term.means.endswith(".")
    assert term.why.endswith(".")
    if term.kind == "rule":
        assert all([term.fires, term.fix, term.passes])
    elif term.kind == "setting":
        assert term.example
    else:
        assert term.passes or term.fix or term.kind == "option"
    if term.fix:
        assert term.fix.endswith(".")
    lines = f"{term.fires}\n{term.passes}".splitlines()
    assert max(map(len, lines)) <= 94


@pytest.mark.measured("MCS305")
@pytest.mark.parametrize("term", terms_of(TEST_RULES))
def test_an_example_of_a_rule_fires(suite: Suite, term: Term) -> None:
    """What is shown as a test that has it has just that; as an error where that is its default."""
    settings = [part for each in term.settings for part in ("-o", each)]
    found = suite.judge(STAND_INS + term.fires, *settings)
    assert len(found) == 1
    outcome, _, findings = next(iter(found.values())).partition(": ")
    as_error = term.by_default == "error" or term.asked in {"MCS104", "MCS108"}
    shown = findings.split(", ")
    assert (term.asked if as_error else f"note {term.asked}") in shown
    assert outcome == ("failed" if as_error or "MCS201" in shown else "passed")


@pytest.mark.parametrize("term", terms_of(sorted(RULES.keys() - TEST_RULES.keys())))
def test_an_example_of_a_rule_about_suites(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, term: Term
) -> None:
    """Its tests pass, and the gate fails by it alone; on the other ones it passes."""
    monkeypatch.chdir(suite.pytester.path)
    settings = [part for each in term.settings for part in ("-o", each)]
    for source, manifest, verdict in (
        (term.fires, term.manifest, f"MCSCOPES: the gate fails: 1 {term.asked}."),
        (term.passes, term.fixed_manifest, "MCSCOPES: the gate passes: *"),
    ):
        Path("mcscopes.toml").write_text(manifest)
        found = suite.run(STAND_INS + source, "--mc-gate", *settings)
        found.assert_outcomes(passed=source.count("def test"))
        found.stdout.fnmatch_lines([verdict])
        assert (found.ret == pytest.ExitCode.OK) == (source is term.passes)


@pytest.mark.parametrize(
    "term", terms_of(sorted(word for word, term in TERMS.items() if term.passes))
)
def test_an_example_as_it_should_be_passes(suite: Suite, term: Term) -> None:
    """Each test in it; and the rule that it is about finds nothing that would fail one."""
    settings = [part for each in term.settings for part in ("-o", each)]
    found = suite.judge(STAND_INS + term.passes, *settings)
    assert found
    for outcome in found.values():
        assert outcome.startswith("passed")
        assert term.asked not in outcome.replace("note MCS108", "")


@pytest.mark.parametrize("term", terms_of(f"mc_{name}" for name in Config._fields))
def test_an_example_of_a_setting_is_taken(term: Term) -> None:
    ((name, value),) = tomllib.loads(term.example).items()
    assert name == term.asked
    build_config({name.removeprefix("mc_"): value})


@pytest.mark.parametrize(
    ("written", "word"),
    [
        pytest.param("MCS102", "MCS102", id="a rule"),
        pytest.param("mcs102", "MCS102", id="in small letters"),
        pytest.param("MCS107:bearer", "MCS107", id="a kind of a rule's findings"),
        pytest.param("excess-scope", "MCS102", id="its name"),
        pytest.param("@pytest.mark.mc_scopes", "mc_scopes", id="a decorator"),
        pytest.param('pytest.mark.mc_scopes("email_send")', "mc_scopes", id="a mark"),
        pytest.param("mc_tenant.judged(...):", "judged", id="a block"),
        pytest.param("mc_enforce=off", "mc_enforce", id="a setting with its value"),
        pytest.param("mc-suggest", "--mc-suggest", id="an option"),
        pytest.param("email_send", None, id="a scope"),
        pytest.param("", None, id="nothing"),
        pytest.param("x" * 100_000, None, id="a long text"),
    ],
)
def test_a_word_is_found_as_it_is_written(written: str, word: str | None) -> None:
    assert find_term(written, TERMS) is (TERMS[word] if word else None)


@pytest.mark.parametrize(
    ("written", "first"),
    [
        pytest.param("MSC102", "MCS102", id="letters in the wrong order"),
        pytest.param("mc_scope", "mc_scopes", id="a letter too few"),
        pytest.param("expect_denial", "expect_denied", id="another form"),
        pytest.param("exces-scope", "MCS102", id="a rule's name"),
        pytest.param("campaign", None, id="nothing like it"),
        pytest.param("mc_" * 100, None, id="a long text"),
    ],
)
def test_what_may_have_been_meant_is_offered(written: str, first: str | None) -> None:
    assert next(iter(near_terms(written, TERMS)), None) == first


class TestCommand:
    """`mcscopes explain` with words of our own."""

    def test_a_rule(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The date of the catalogue is left out: none of this rests on it."""
        assert main(["explain", "MCS303"]) == 0
        assert (
            capsys.readouterr().out
            == """\
MCS303 token-not-reused
  is a         rule, by default note
  means        Another token was granted for the same client, account and
               scopes, while the first had over half of its life left and no 401
               had come. A retry after a 4xx, a 5xx or a time-out is none.
  why          Marketing Cloud limits token requests; a token for each call is
               slow and is refused in the end.
  example      of a test that has it:

      @pytest.mark.mc_scopes("email_send")
      def test_two_receipts_are_sent(mc_tenant):
          for key in "78":
              token = log_in(mc_tenant, scope="email_send")
              call(mc_tenant, token, f"POST /messaging/v1/email/messages/{key}")

  fix          Keep the token until its `expires_in` has nearly run out.
               As it should be:

      @pytest.mark.mc_scopes("email_send")
      def test_two_receipts_are_sent(mc_tenant):
          token = log_in(mc_tenant, scope="email_send")
          for key in "78":
              call(mc_tenant, token, f"POST /messaging/v1/email/messages/{key}")

log_in(tenant, scope=...) stands for your code's token request and gives the
  token.
call(tenant, token, "METHOD /path") stands for your code's REST call with that
  token.
"""
        )

    def test_a_setting(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["explain", "mc_trust"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[:2] == ["mc_trust", "  is a         setting, by default attested"]
        assert lines[-1] == (
            '  example      in [tool.pytest] of pyproject.toml: mc_trust = "documented"'
        )

    def test_an_option_that_has_no_example(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["explain", "mc-suggest", "MCS205"]) == 0
        text = capsys.readouterr().out
        assert text.startswith("--mc-suggest\n  is a         option\n")
        assert "of a test that has it, run with -o mc_rules=MCS205=note:" in text

    def test_with_what_the_catalogue_knows(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Ours first; several at once, in JSON too."""
        assert main(["explain", "email_send", "MCS102", "--json"]) == 0
        answers = json.loads(capsys.readouterr().out)["answers"]
        assert [(each["kind"], each["asked"]) for each in answers] == [
            ("rule", "MCS102"),
            ("scope", "email_send"),
        ]

    @pytest.mark.parametrize(
        ("what", "first"),
        [
            (["SOAP", "Subscriber", "Create"], "SOAP Subscriber Create\n"),
            (["soap"], "soap\n"),
            (["mc_tenant.rest"], "rest\n"),
            (["User"], "User\n"),
            (["user"], "user: 2 scopes"),
            (["at_most"], "at_most\n"),
            (["ScopeAssertionError"], "ScopeAssertionError\n"),
        ],
    )
    def test_words_that_others_use_too(
        self, capsys: pytest.CaptureFixture[str], what: list[str], first: str
    ) -> None:
        """A call begins with SOAP, and scopes have a family of users."""
        assert main(["explain", *what]) == 0
        assert capsys.readouterr().out.startswith(first)

    def test_a_wrong_word(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["explain", "MSC102"]) == 1
        assert capsys.readouterr().out.startswith(
            "MSC102: not found, neither the catalogue nor pytest-mcscopes has this word\n"
            "  did you mean MCS102\n"
        )
