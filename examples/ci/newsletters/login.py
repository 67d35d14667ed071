"""How the newsletters log in to Marketing Cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import httpx

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping


class Settings(NamedTuple):
    """Where the tenant is, and the Installed Package's credentials."""

    auth_url: str
    rest_url: str
    client_id: str
    client_secret: str

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings from environment variables."""
        return cls(*(environment[f"MC_{name.upper()}"] for name in cls._fields))


class Login(httpx.Auth):
    """Gets a token when the first request needs one, and another when it is refused."""

    requires_response_body = True

    def __init__(self, settings: Settings, scope: str) -> None:
        self._token_url = f"{settings.auth_url}v2/token"
        self._form = {
            "grant_type": "client_credentials",
            "client_id": settings.client_id,
            "client_secret": settings.client_secret,
            "scope": scope,
        }
        self._token: str | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the token along; one that is too old is told by a 401."""
        if self._token is None:
            yield from self._renew()
        request.headers["Authorization"] = f"Bearer {self._token}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            yield from self._renew()
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request

    def _renew(self) -> Generator[httpx.Request, httpx.Response, None]:
        response = yield httpx.Request("POST", self._token_url, json=self._form)
        self._token = response.raise_for_status().json()["access_token"]
