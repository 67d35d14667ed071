"""A block that expects a denial, and what it says where none came."""

from __future__ import annotations

from facts import words
from user_cases import CREATE, SEND, SEND_ROW, call

from pytest_mcscopes.privilege.expected_denial import no_denial


class TestNoDenial:
    """A block that expects a denial for want of a scope, and the user was denied."""

    def test_the_user_is_told(self) -> None:
        text = no_denial([call(SEND, "email_send", CREATE)], words("email_send"), "test_it.py:5")
        assert text == (
            "MCSCOPES: the test expects a denied call, and none was denied.\n"
            "  expected   a call denied because its token lacks email_send; test_it.py:5\n"
            f'  happened   {SEND_ROW}: denied to user "Ada", who lacks {CREATE}\n'
            "  Let the block make a call that needs email_send, with a token that lacks it;\n"
            "  or, if it is the user who may not, expect it without scopes: expect_denied();\n"
            "  or, if the code may make its calls by now, take expect_denied away."
        )

    def test_a_call_that_lacks_a_scope_too_is_told_by_the_scope(self) -> None:
        text = no_denial([call(SEND, "", CREATE)], words("email_read"), "test_it.py:5")
        assert f"{SEND_ROW}: denied because its token lacks email_send\n" in text
        assert "expect it without scopes" not in text
