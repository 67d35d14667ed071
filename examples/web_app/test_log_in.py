"""Log-ins that come to nothing: the marks say that all is refused, where anything is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_mcscopes import TokenRequested

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_mcscopes import Tenant

    from .conftest import Browser


def grants(tenant: Tenant) -> list[str | None]:
    """List the grant types of what asked for tokens."""
    facts = (entry.fact for entry in tenant.ledger.entries)
    return [fact.grant_type for fact in facts if isinstance(fact, TokenRequested)]


@pytest.mark.mc_no_token(refused=True, reason="a test of the refusal")
def test_a_user_without_a_licence_is_told_so(browser_of: Callable[[str], Browser]) -> None:
    """Marketing Cloud sends the browser back with an error in place of a code."""
    page = browser_of("Joan").log_in()
    assert page.status_code == 403
    assert "user_not_licensed" in page.text


@pytest.mark.mc_no_token(refused=True, reason="a test of the refusal")
def test_a_user_may_say_no(browser_of: Callable[[str], Browser], mc_tenant: Tenant) -> None:
    """The app asks for no token then."""
    mc_tenant.deny()
    page = browser_of("Ada").log_in()
    assert page.status_code == 403
    assert "access_denied" in page.text
    assert grants(mc_tenant) == ["authorize"]


def test_a_code_is_taken_only_from_the_browser_that_asked(
    browser_of: Callable[[str], Browser], mc_tenant: Tenant
) -> None:
    """Or Grace, by a link of Ada's, would work in Ada's name without knowing."""
    ada, grace = browser_of("Ada"), browser_of("Grace")
    grace.begin()
    page = grace.http.get(ada.begin())
    assert page.status_code == 400
    assert grants(mc_tenant) == ["authorize", "authorize"]


def test_a_log_in_ends_once(browser_of: Callable[[str], Browser]) -> None:
    """Its state is forgotten, whatever came of it."""
    ada = browser_of("Ada")
    back = ada.begin()
    assert ada.http.get(back.replace("state=", "state=x")).status_code == 400
    assert ada.http.get(back).status_code == 400


@pytest.mark.mc_no_token(refused=True, reason="a test of the refusal")
@pytest.mark.mc_package(scopes=["email_read"])
def test_a_package_that_lacks_a_scope_is_told_at_the_log_in(
    browser_of: Callable[[str], Browser],
) -> None:
    """The mark is joined to what the fixture says of the package."""
    assert "invalid_scope" in browser_of("Ada").log_in().text


@pytest.mark.parametrize(
    ("method", "page", "status"),
    [
        pytest.param("GET", "/", 200, id="home"),
        pytest.param("GET", "/callback?code=x&state=y", 400, id="call-back without a log-in"),
        pytest.param("POST", "/send", 401, id="send"),
        pytest.param("GET", "/send", 404, id="no page"),
    ],
)
def test_who_is_not_logged_in_gets_nowhere(
    browser_of: Callable[[str], Browser], mc_tenant: Tenant, method: str, page: str, status: int
) -> None:
    """And Marketing Cloud is not asked."""
    assert browser_of("Ada").http.request(method, page).status_code == status
    assert not mc_tenant.ledger.entries
