"""What to do next never widens rights, and never speaks of what is not the cause."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suites import Suite

SOURCE = """
import httpx
import pytest
from asking import ask, call

MAIL = "messaging/v1/email/messages/1"
CAMPAIGNS = "hub/v1/campaigns", "GET"
EIGHT = (
    "email_send email_read campaign_read documents_and_images_read journeys_read automations_read"
    " data_extensions_read sms_send"
).replace(" ", ",")

def answer(request):
    return httpx.Response(400)

@pytest.mark.{mark}
def test_it(mc_tenant):
    t = mc_tenant
    {body}
"""
AT_MOST = 'mc_scopes("email_read", "email_send", match="at_most")'
SEND = 'mc_scopes("email_send")'
BOTH = 'mc_scopes("email_send", "campaign_read")'
REFUSED = 'mc_no_token(refused=True, reason="x")'
SENT = "call(t, ask(t, 'email_send'), MAIL)"


@pytest.mark.measured("a denied call with a token of set-up", "another tool answers")
@pytest.mark.parametrize(
    ("mark", "body", "told", "never"),
    [
        pytest.param(
            AT_MOST,
            "ask(t, 'email_read email_sent')",
            'Request scope="email_read email_send" instead.',
            "declare the union",
            id="a slip beside a right id",
        ),
        pytest.param(
            AT_MOST,
            "ask(t, 'email_sent')",
            'Request scope="email_send" instead.',
            'scope="email_read',
            id="a slip alone",
        ),
        pytest.param(
            AT_MOST,
            "ask(t, 'campaign_read')",
            "Name none but declared scopes, or have campaign_read approved and declared",
            "Request scope",
            id="nothing that is declared",
        ),
        pytest.param(
            AT_MOST,
            f"{SENT}; call(t, ask(t, None), MAIL)",
            'Request scope="email_send" each time, on renewal too.',
            'scope="email_read',
            id="dropped on renewal",
        ),
        pytest.param(
            SEND,
            "ask(t, EIGHT)",
            "scopes are separated by spaces, not commas",
            "redacted",
            id="a long list with commas",
        ),
        pytest.param(
            SEND,
            "ask(t, ['email_read', 'email_send'])",
            "scope was sent in a form that is refused (400): scope is an array; send one text",
            "redacted",
            id="a list",
        ),
        pytest.param(
            BOTH,
            f"{SENT}; call(t, t.issue_token(['email_send']), *CAMPAIGNS)",
            "The token is the test's own: let it carry what the call needs, by"
            ' issue_token(scopes=[..., "campaign_read"])',
            "Request campaign_read",
            id="a denied call with a token of the test's own",
        ),
        pytest.param(
            SEND,
            f"{SENT}\n    with t.arrange(): token = ask(t, 'email_read')\n"
            "    call(t, token, *CAMPAIGNS)",
            "by the request in arrange(), with campaign_read in its scope",
            "issue_token",
            id="a denied call with a token of set-up",
        ),
        pytest.param(
            SEND,
            "call(t, ask(t, 'email_send'), *CAMPAIGNS)",
            "Drop the call, or have campaign_read approved and added to the mark and the request",
            "the test's own",
            id="a denied call of the code",
        ),
        pytest.param(
            REFUSED,
            "httpx.Client(transport=httpx.MockTransport(answer)).post(t.auth_url + 'v2/token')",
            "Let the client send by httpx itself, so that mc_tenant answers",
            "Let the code ask for a token",
            id="another tool answers where a refusal is expected",
        ),
    ],
)
def test_what_to_do(suite: Suite, mark: str, body: str, told: str, never: str) -> None:
    """In the failing text, and nothing else that would mislead."""
    result = suite.run(SOURCE.format(mark=mark, body=body))
    _, _, rest = result.stdout.str().partition("= FAILURES =")
    text = re.sub(r"\s+", " ", rest.partition("Marketing Cloud scopes ===")[0])
    assert told in text
    assert never not in text


def test_a_denial_of_the_tests_own_hides_nothing(suite: Suite) -> None:
    """MCS103 of the code stands beside it."""
    body = f"{SENT}; call(t, t.issue_token(['email_send']), *CAMPAIGNS)"
    told = suite.judge(SOURCE.format(mark=BOTH, body=body))
    assert told == {"test_it": "failed: MCS103, MCS201"}
    body = "token = ask(t, 'email_send'); call(t, token, MAIL); call(t, token, *CAMPAIGNS)"
    told = suite.judge(SOURCE.format(mark=BOTH, body=body))
    assert told == {"test_it": "failed: MCS201"}


def test_another_client_is_no_reason_for_a_union(suite: Suite) -> None:
    """A test that was seen to ask for something else has another client."""
    result = suite.run(
        """
        import pytest
        from asking import ask, call

        @pytest.mark.mc_scopes("campaign_read")
        def test_reads(mc_tenant):
            call(mc_tenant, ask(mc_tenant, "campaign_read"), "hub/v1/campaigns", "GET")

        @pytest.mark.mc_scopes("email_send")
        def test_sends(mc_tenant):
            token = ask(mc_tenant, "email_send campaign_read")
            call(mc_tenant, token, "messaging/v1/email/messages/1")
        """
    )
    text = result.stdout.str()
    assert 'Request scope="email_send" instead.' in text
    assert "declare the union" not in text
