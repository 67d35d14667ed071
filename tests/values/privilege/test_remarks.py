"""What is said beside the findings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from facts import NO_TOKEN
from user_cases import AUTOMATIONS, SEND, USERINFO, ask, call, case

from pytest_mcscopes.ledger.facts import Taken
from pytest_mcscopes.privilege.verdict import judge

if TYPE_CHECKING:
    from pytest_mcscopes.ledger.facts import CallMade, TokenRequested

AUTH, REST = (f"mcx.{kind}.marketingcloudapis.com" for kind in ("auth", "rest"))


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

    @pytest.mark.parametrize(
        ("seen", "told"),
        [
            pytest.param(
                {"taken": (Taken(host=AUTH, by="respx"), Taken(host=AUTH, by="respx"))},
                f"a route of the test's respx took a request to {AUTH}, so that what it asked for"
                " is not judged. Leave out the route, so that mc_tenant answers.",
                id="by another tool",
            ),
            pytest.param(
                {"others": (AUTH, "shop.test")},
                f"the code called {AUTH}, where no tenant answered, so that what it asked for is"
                " not judged",
                id="elsewhere",
            ),
            pytest.param(
                {"taken": (Taken(host=AUTH, by="vcr"),), "others": (AUTH,)},
                f"a cassette of vcrpy took a request to {AUTH}, so that what it asked for is not"
                " judged. Open no cassette of Marketing Cloud in this test, so that mc_tenant"
                " answers.",
                id="both",
            ),
            pytest.param(
                {"taken": (Taken(host=REST, by="respx"),), "others": ("shop.test", REST)},
                None,
                id="no log-in",
            ),
            pytest.param({"taken": (Taken(host="", by="a stand-in for x"),)}, None, id="unknown"),
        ],
    )
    def test_log_ins_that_no_tenant_has_seen(self, seen: dict[str, Any], told: str | None) -> None:
        """Beside judged ones: of what is not judged at all a rule tells."""
        facts = ask("email_send"), call(SEND, "email_send", user=None)
        judged = replace(case("email_send", *facts), **seen)
        assert judge([judged]).remarks == ((told,) if told else ())
        assert judge([judged], aborted=True).remarks == ()
        for other in (replace(case("email_send"), **seen), replace(judged, expectation=NO_TOKEN)):
            assert judge([other]).remarks == ()

    def test_where_the_test_fails_by_itself(self) -> None:
        """What was sent was sent; whether a call is right is not asked then."""
        facts = ask("email_send", remark="refused"), call(AUTOMATIONS, "automations_read")
        assert self.remarks(*facts, aborted=True) == ("refused",)
