"""What a ledger says of itself: short where it is printed, in full sentences where people ask."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from facts import NO_SCOPE, call_made, packaged, token_requested, words
from ledgers import every_word

from pytest_mcscopes.ledger.ledger import Ledger

if TYPE_CHECKING:
    from typing import Any

    from suites import Suite

    from pytest_mcscopes.ledger.facts import CallMade, TokenRequested

SEND = "/messaging/v1/email/messages/1"


def ask(scope: str | None, **more: Any) -> TokenRequested:  # noqa: ANN401 - any field
    known: dict[str, Any] = {"at": 5, "client": "f1a9e2", "token": "f1a9e2", "status": 200}
    return token_requested(scope, words(scope or ""), **known | more)


def call(granted: str | None, path: str = SEND, **more: Any) -> CallMade:  # noqa: ANN401
    known: dict[str, Any] = {
        "at": 5,
        "method": "POST",
        "path": path,
        "token": "f1a9e2",
        "used": NO_SCOPE,
    }
    known |= {"scope_denied": False, "status": 200}
    return call_made(packaged("POST", path), granted, **known | more)


MANY = " ".join(f"family{number}_read" for number in range(11))
OURS = ' [package "integration"]'


@pytest.mark.parametrize(
    ("fact", "line"),
    [
        pytest.param(
            ask("b_read a_read"),
            'token request (client_credentials), scope="b_read a_read": 200, granted a_read'
            f" b_read{OURS}",
            id="by name",
        ),
        pytest.param(
            ask(None, granted=words(MANY), user="Ada"),
            "token request (client_credentials), no scope parameter for Ada: 200, granted 11"
            f" scopes{OURS}",
            id="by omission",
        ),
        pytest.param(
            ask(f"{MANY} {'x' * 80}", granted=frozenset()),
            f'token request (client_credentials), scope="{MANY.rpartition(" ")[0]} and 2 words'
            f' more": 200, granted no scope{OURS}',
            id="many words",
        ),
        pytest.param(
            ask("x" * 80, granted=None, error="invalid_scope", reason="not assigned", status=400),
            'token request (client_credentials), scope="<a word of 80 characters>": 400,'
            f" invalid_scope: not assigned{OURS}",
            id="refused",
        ),
        pytest.param(
            ask("a_read", grant_type=None, package=None, error="timeout", status=0),
            'token request (no grant type), scope="a_read": no answer, timeout',
            id="no answer",
        ),
        pytest.param(
            ask("a_read", grant_type="authorize", granted=None, status=302),
            f'token request (authorize), scope="a_read": 302, a code for a_read{OURS}',
            id="a code",
        ),
        pytest.param(
            call("email_send", used=words("email_send")),
            f"POST {SEND} with email_send: 200, used email_send{OURS}",
            id="a call",
        ),
        pytest.param(
            call("email_read", scope_denied=True, status=403, user="Ada"),
            f"POST {SEND} with email_read for Ada: 403, lacks email_send{OURS}",
            id="denied",
        ),
        pytest.param(
            call(
                "email_send",
                user_denied=True,
                missing_permissions=("1 A View", "2 B View"),
                status=403,
            ),
            f"POST {SEND} with email_send: 403, the user lacks 1 A View and 2 B View{OURS}",
            id="barred",
        ),
        pytest.param(
            call(None, package=None, status=401),
            f"POST {SEND} with a token that is not good: 401",
            id="a bad token",
        ),
        pytest.param(
            call(None, package=None, token=None, status=None),
            f"POST {SEND} with no token: no answer",
            id="no token, and a stub that is not done",
        ),
        pytest.param(
            call("", "/no/v1/where", status=404),
            f"POST /no/v1/where with no scope: 404, not in the catalogue{OURS}",
            id="unknown",
        ),
        pytest.param(
            call("")._replace(host="soap", path="/Service.asmx"),
            "POST /Service.asmx (POST /messaging/v1/email/messages/{messageKey}) with no scope:"
            f" 200{OURS}",
            id="over SOAP the row tells what the path does not",
        ),
    ],
)
def test_a_fact_in_a_line(fact: TokenRequested | CallMade, line: str) -> None:
    assert fact.show() == line
    assert repr(fact) == f"<{type(fact).__name__} {line}>"
    ledger = Ledger()
    assert repr(ledger.append(fact)) == f"<Entry 0 code: {line}>"


def test_a_ledger_tells_little_until_it_is_asked() -> None:
    ledger = Ledger()
    assert ledger.story() == "nothing happened"
    ledger.append(ask("email_send", at=7), "issue_token")
    ledger.stage.test = "test_it.py::test_one"
    ledger.append(ask("email_send", at=7.6))
    ledger.append(call("email_send", at=1207, status=None)).answered = 202
    assert repr(ledger) == "<Ledger of 3 entries: story() tells them>"
    asked = 'token request (client_credentials), scope="email_send": 200, granted email_send'
    assert ledger.story() == (
        f"""\
between tests
   0     +0 s  issue_token {asked}{OURS}
test_it.py::test_one
   1     +1 s  code        {asked}{OURS}
   2  +1200 s  code        POST {SEND} with email_send: 202{OURS}"""
    )
    of_test = ledger.story("test_it.py::test_one")
    assert re.findall(r"\+\d+ s", of_test) == ["+0 s", "+1199 s"]
    assert ledger.story("test_it.py::test_two") == "nothing happened"


def test_no_secret_is_told(suite: Suite) -> None:
    """Of a real conversation; the whole ledger has none either."""
    assert suite.judge(
        f"""
        import sys
        sys.path.append({str(every_word.__code__.co_filename.rpartition("/")[0])!r})
        from asking import CLIENT, ask, call
        from ledgers import every_word

        def test_it(mc_tenant):
            token = ask(mc_tenant, mc_tenant.client_secret)
            assert token is None
            token = ask(mc_tenant, "email_send")
            call(mc_tenant, token, f"hub/v1/campaigns/{{token}}?a={{mc_tenant.client_secret}}")
            ledger = mc_tenant.ledger
            for text in (ledger.story(), repr(ledger.entries), every_word(ledger)):
                assert mc_tenant.client_secret not in text
                assert token not in text
                assert "campaigns" in text
            assert max(map(len, map(repr, ledger.entries))) < 300
        """
    ) == {"test_it": "passed"}
