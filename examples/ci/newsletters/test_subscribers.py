"""Who gets which newsletter: by the shared client, whose scopes are declared as a union."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from .client import SCOPE

if TYPE_CHECKING:
    from pytest_mcscopes import CloudClock, Tenant

    from .client import Newsletters

# "at_most": a test need not use each of the scopes, as long as the client asks for no others.
pytestmark = [
    pytest.mark.mc_scopes(*SCOPE.split(), match="at_most"),
    pytest.mark.usefixtures("rest"),
]


@pytest.mark.parametrize(
    ("topic", "addresses"),
    [
        ("engines", ["ada@example.com", "charles@example.com"]),
        ("compilers", ["grace@example.com"]),
        ("gardens", []),
    ],
)
def test_subscribers_of_a_topic(newsletters: Newsletters, topic: str, addresses: list[str]) -> None:
    """They come in the order of their addresses."""
    assert newsletters.subscribers(topic) == addresses


@pytest.mark.parametrize("status", [404, 500])
def test_no_subscribers_can_be_read(newsletters: Newsletters, rest: Tenant, status: int) -> None:
    """That is no empty list."""
    rest.rest.get("/data/v1/customobjectdata/key/subscribers/rowset").respond(status)
    with pytest.raises(httpx.HTTPStatusError):
        newsletters.subscribers("engines")


@pytest.mark.parametrize("address", ["edith@example.com", "EDITH@example.com"])
def test_somebody_subscribes(newsletters: Newsletters, rest: Tenant, address: str) -> None:
    """Addresses are kept in lower case."""
    route = rest.rest.post("/hub/v1/dataevents/key:subscribers/rowset").respond(json=[])
    newsletters.subscribe(address, "engines")
    assert b'"edith@example.com"' in route.calls.last.request.content


@pytest.mark.mc_no_token(reason="no request is made")
@pytest.mark.parametrize("address", ["", "edith"])
def test_no_address(newsletters: Newsletters, address: str) -> None:
    """It is refused before anything is asked of Marketing Cloud."""
    with pytest.raises(ValueError, match="is no address"):
        newsletters.subscribe(address, "engines")


def test_a_token_that_ran_out_is_renewed_with_the_same_scopes(
    newsletters: Newsletters, mc_clock: CloudClock
) -> None:
    """Leaving scope out of the second request would get everything that is assigned."""
    newsletters.subscribers("engines")
    mc_clock.advance(minutes=20)
    assert newsletters.subscribers("compilers") == ["grace@example.com"]
