"""How the web app talks to Marketing Cloud, for one user at a time."""

from __future__ import annotations

import base64
import secrets
import time
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import httpx

if TYPE_CHECKING:
    from collections.abc import Mapping

SCOPE = "email_read email_send"
ACTIONS = {
    "look": ("email_read", ("TriggeredSendDefinition", "View")),
    "send": ("email_send", ("TriggeredSendDefinition", "Create")),
}
"""What a user can do here: the scope that the app needs, the permission that the user needs."""
MARGIN = 60
"""A token with fewer seconds to live is renewed first: it might run out on its way."""


@dataclass(frozen=True)
class Settings:
    """Where the tenant is, the Installed Package's credentials, and where users come back."""

    auth_url: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings from environment variables."""
        return cls(
            auth_url=environment["MC_AUTH_URL"],
            client_id=environment["MC_CLIENT_ID"],
            client_secret=environment["MC_CLIENT_SECRET"],
            redirect_uri=environment["REDIRECT_URI"],
        )


@dataclass(frozen=True)
class LogIn:
    """A log-in that has begun. Only the browser that began it may end it."""

    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def challenge(self) -> str:
        """What shows the verifier to nobody who reads the URL (PKCE, S256)."""
        hashed = sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()


@dataclass(frozen=True)
class Tokens:
    """What a user's log-in came to. They stay on the server: no browser sees them."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    scope: frozenset[str]
    rest_url: str
    renew_at: float

    @classmethod
    def read(cls, answer: httpx.Response) -> Tokens:
        """Read the answer of the token endpoint."""
        told = answer.raise_for_status().json()
        return cls(
            access_token=told["access_token"],
            refresh_token=told.get("refresh_token"),
            scope=frozenset(told["scope"].split()),
            rest_url=told["rest_instance_url"],
            renew_at=time.time() + told["expires_in"] - MARGIN,
        )

    @property
    def headers(self) -> dict[str, str]:
        """What each call presents."""
        return {"Authorization": f"Bearer {self.access_token}"}


@dataclass(frozen=True)
class Rights:
    """Who the user is, and what app and user both may do."""

    name: str
    actions: frozenset[str]


class MarketingCloud:
    """The requests that the app sends. None of them waits for a user."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._http = httpx.Client(base_url=settings.auth_url)

    def log_in_url(self, log_in: LogIn) -> str:
        """Say where to send the browser of a user who logs in."""
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._settings.redirect_uri,
            "scope": SCOPE,
            "state": log_in.state,
            "code_challenge": log_in.challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._settings.auth_url}v2/authorize?{urlencode(query)}"

    def exchange(self, code: str, log_in: LogIn) -> Tokens:
        """Get tokens for the code that a user came back with."""
        return self._ask(
            grant_type="authorization_code",
            code=code,
            code_verifier=log_in.verifier,
            redirect_uri=self._settings.redirect_uri,
        )

    def renewed(self, tokens: Tokens) -> Tokens:
        """Give tokens that live for a while: these, or new ones.

        Without `scope` a refresh asks for what the user agreed to, and no more.
        """
        if tokens.refresh_token is None or time.time() < tokens.renew_at:
            return tokens
        return self._ask(grant_type="refresh_token", refresh_token=tokens.refresh_token)

    def _ask(self, **grant: str) -> Tokens:
        client = {
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret,
        }
        return Tokens.read(self._http.post("v2/token", json=client | grant))

    def rights(self, tokens: Tokens) -> Rights:
        """Compare the scopes of the app with the permissions of the user.

        The token's scope tells the app's side only, and would let anybody see
        a button that fails.
        """
        info = self._http.get("v2/userinfo", headers=tokens.headers).raise_for_status().json()
        scopes = tokens.scope & set(info["application"]["appScopes"])
        permissions = {
            (each["objectTypeName"], each["operationName"]) for each in info["permissions"]
        }
        actions = (
            action
            for action, (scope, permission) in ACTIONS.items()
            if scope in scopes and permission in permissions
        )
        return Rights(name=info["user"]["name"], actions=frozenset(actions))

    def receipts(self, tokens: Tokens) -> list[str]:
        """List the kinds of receipt that can be sent."""
        answer = self._call(tokens, "GET", "messaging/v1/email/definitions")
        return [each["definitionKey"] for each in answer.get("definitions", [])]

    def send(self, tokens: Tokens, receipt: str, to: str) -> None:
        """Send a receipt to a contact."""
        message = {"definitionKey": receipt, "recipient": {"contactKey": to}}
        number = secrets.token_hex(8)
        self._call(tokens, "POST", f"messaging/v1/email/messages/{number}", json=message)

    def _call(self, tokens: Tokens, method: str, path: str, json: object = None) -> dict[str, Any]:
        url = f"{tokens.rest_url}{path}"
        answer = self._http.request(method, url, headers=tokens.headers, json=json)
        told: dict[str, Any] = answer.raise_for_status().json()
        return told
