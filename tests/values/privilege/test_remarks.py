"""What is said beside the findings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from user_cases import AUTOMATIONS, SEND, USERINFO, ask, call, case

from pytest_mcscopes.privilege.verdict import judge

if TYPE_CHECKING:
    from pytest_mcscopes.ledger.facts import CallMade, TokenRequested


class TestRemarks:
    """What is told beside the findings."""

    def remarks(self, *facts: TokenRequested | CallMade, aborted: bool = False) -> tuple[str, ...]:
        return judge([case("email_send", *facts)], aborted=aborted).remarks

    @pytest.mark.parametrize(
        ("made", "routes"),
        [
            pytest.param(
                call(AUTOMATIONS, "automations_read"), "GET /automation/v1/automations", id="one"
            ),
            pytest.param(call(SEND, "email_send"), None, id="the permission is known"),
            pytest.param(call(AUTOMATIONS, "automations_read", user=None), None, id="for nobody"),
            pytest.param(call(AUTOMATIONS, "email_send"), None, id="the scope denies it"),
            pytest.param(call(USERINFO, ""), None, id="needs no right"),
            pytest.param(call(("GET", "/nowhere"), ""), None, id="no route at all"),
        ],
    )
    def test_an_undetermined_right(self, made: CallMade, routes: str | None) -> None:
        """The scope alone decided."""
        remark = (
            "undetermined: it is not known which permission a user needs for"
            f" {routes}; the scope alone decided"
        )
        assert self.remarks(ask("email_send"), made, made) == ((remark,) if routes else ())

    def test_many_of_them_are_told_by_their_number(self) -> None:
        made = call(AUTOMATIONS, "automations_read")
        calls = [made._replace(need=replace(made.need, label=f"GET /{n}")) for n in range(8)]
        (remark,) = self.remarks(ask("email_send"), *calls)
        assert "for GET /0, GET /1, GET /2, GET /3, GET /4, GET /5 and 2 more; the" in remark

    def test_what_the_vendor_would_not_have_taken(self) -> None:
        remark = "redirect URI http://127.0.0.1/: the real Marketing Cloud refuses it"
        log_in = ask("email_send", "authorize", remark=remark)
        assert self.remarks(log_in, log_in, ask("email_send")) == (remark,)

    def test_where_the_test_fails_by_itself(self) -> None:
        """What was sent was sent; whether a call is right is not asked then."""
        facts = ask("email_send", remark="refused"), call(AUTOMATIONS, "automations_read")
        assert self.remarks(*facts, aborted=True) == ("refused",)
