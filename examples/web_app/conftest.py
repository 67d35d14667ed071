"""A browser for each user, the app, and the users of the tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from .app import ReceiptsApp
from .marketing_cloud import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_mcscopes import Tenant

APP = "https://receipts.example.com"
CALLBACK = f"{APP}/callback"
USERS: Mapping[str, Mapping[str, Any]] = {
    "Ada": {"name": "Ada", "profile": "everything"},
    "Grace": {"name": "Grace", "profile": "read_only"},
    "Joan": {"name": "Joan", "licensed": False},
}
"""Who may do everything, who may only look, and who may not even use the app."""


class Browser:
    """Stands for a browser: it keeps the app's cookies, and a user sits at it."""

    def __init__(self, app: ReceiptsApp, tenant: Tenant, user: str) -> None:
        self.http = httpx.Client(transport=httpx.WSGITransport(app=app), base_url=APP)
        self._tenant = tenant
        self._user = user

    def begin(self) -> str:
        """Click on "Log in", let the user log in, and give the address that comes back."""
        there = self.http.get("/login").headers["Location"]
        return self._tenant.authorize(there, user=USERS[self._user])

    def log_in(self) -> httpx.Response:
        """Log in, and give the page that the user comes to."""
        return self.http.get(self.begin(), follow_redirects=True)


@pytest.fixture
def mc_package() -> Mapping[str, Any]:
    """Make the Installed Package one of a web app, with the app's own redirect URI."""
    return {"type": "web-app", "redirect_uris": [CALLBACK]}


@pytest.fixture
def app(mc_tenant: Tenant) -> ReceiptsApp:
    """Give the app, set up as in production, but for this test's tenant."""
    return ReceiptsApp(Settings.read({**mc_tenant.environment(), "REDIRECT_URI": CALLBACK}))


@pytest.fixture
def browser_of(app: ReceiptsApp, mc_tenant: Tenant) -> Callable[[str], Browser]:
    """Give the way to a browser of a user."""
    return lambda user: Browser(app, mc_tenant, user)
