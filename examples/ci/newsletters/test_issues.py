"""What is sent to whom: by the shared client, whose scopes are declared as a union."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from .client import SCOPE

if TYPE_CHECKING:
    from pytest_mcscopes import Tenant

    from .client import Newsletters

pytestmark = [
    pytest.mark.mc_scopes(*SCOPE.split(), match="at_most"),
    pytest.mark.usefixtures("rest"),
]


@pytest.mark.parametrize(
    ("address", "sent"),
    [("ada@example.com", True), ("grace@example.com", False), ("charles@example.com", False)],
)
def test_who_has_been_sent_an_issue(newsletters: Newsletters, address: str, *, sent: bool) -> None:
    """Marketing Cloud has no message of an issue that was not sent."""
    assert newsletters.was_sent(7, address) is sent


@pytest.mark.parametrize(
    ("topic", "addresses"),
    [("engines", ["charles@example.com"]), ("compilers", ["grace@example.com"]), ("gardens", [])],
)
def test_an_issue_is_sent_to_those_who_lack_it(
    newsletters: Newsletters, topic: str, addresses: list[str]
) -> None:
    """Who has got it does not get it again."""
    assert newsletters.send_to_all(7, topic) == addresses


@pytest.mark.parametrize("issue", [7, 8])
def test_an_issue_is_sent(newsletters: Newsletters, rest: Tenant, issue: int) -> None:
    """Under a key that a second attempt finds again."""
    route = rest.rest.post(f"/messaging/v1/email/messages/{issue}-ada").respond(202, json={})
    newsletters.send(issue, "ada@example.com")
    assert route.call_count == 1


@pytest.mark.parametrize("status", [400, 429, 500])
def test_an_issue_cannot_be_sent(newsletters: Newsletters, rest: Tenant, status: int) -> None:
    """The caller is told."""
    rest.rest.post("/messaging/v1/email/messages/8-ada").respond(status)
    with pytest.raises(httpx.HTTPStatusError):
        newsletters.send(8, "ada@example.com")
