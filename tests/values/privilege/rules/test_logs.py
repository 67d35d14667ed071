"""MCS305: secrets and tokens in the log."""

from __future__ import annotations

from facts import summaries_of

from pytest_mcscopes.privilege.expectation import Allowance
from pytest_mcscopes.privilege.rules.logs import Logged, found_in_log
from pytest_mcscopes.privilege.verdict import judge
from pytest_mcscopes.privilege.verdict_text import render


class TestSecretOrTokenInLog:
    """MCS305: a log record holds a secret or a token."""

    SECRET = Logged(what="secret", logger="mailer", level="DEBUG", where="mailer.py:12")
    TOKEN = Logged(what="token", logger="root", level="INFO", where="client.py:7")

    def test_nothing_was_logged(self) -> None:
        assert judge([], []).findings == ()

    def test_each_place_is_told_once(self) -> None:
        logged = (self.SECRET, self.TOKEN, self.SECRET)
        found = judge([], [*map(found_in_log, logged)]).findings
        assert [(each.rule, each.severity, each.package, each.text) for each in found] == [
            ("MCS305", "error", "", 'secret in the log: logger "mailer", DEBUG, mailer.py:12'),
            ("MCS305", "error", "", 'token in the log: logger "root", INFO, client.py:7'),
        ]

    def test_it_can_be_allowed(self) -> None:
        allowance = Allowance(rule="MCS305", reason="an old client")
        assert summaries_of(judge([], [found_in_log(self.TOKEN)], [allowance])) == ["MCS305 note"]

    def test_the_text(self) -> None:
        assert render(judge([], [found_in_log(self.SECRET)])) == (
            "MCS305: MCSCOPES: the code under test writes its secret or a token to the log.\n"
            '  MCS305  secret in the log: logger "mailer", DEBUG, mailer.py:12\n'
            "  Log a fingerprint of it, or nothing: logs are kept, and read by many. If this code"
            " has ever run\n"
            "  against a real tenant, rotate the secret.\n"
            "  More: mcscopes explain MCS305"
        )
