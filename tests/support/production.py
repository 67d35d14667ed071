"""Answers of production as they are saved, with secrets and tokens that nobody may see."""

from __future__ import annotations

import base64
import json

CANARIES = ("CanarySecretNobodyMaySee", "CanaryRefreshToken0000", "CanaryTokenPart")


def token_of(client_type: str = "ServerToServer") -> str:
    """Make an access token in the form of the real ones."""
    claims = {"access_token": CANARIES[2], "client_type": client_type}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{payload}.{CANARIES[2]}.{CANARIES[2]}"


def token_answer(scope: str, token: str | None = None, **more: object) -> dict[str, object]:
    """Make an answer of v2/token."""
    return {
        "access_token": token_of() if token is None else token,
        "token_type": "Bearer",
        "expires_in": 1079,
        "scope": scope,
        "soap_instance_url": "https://mcexample.soap.marketingcloudapis.com/",
        "rest_instance_url": "https://mcexample.rest.marketingcloudapis.com/",
        "refresh_token": CANARIES[1],
        "client_secret": CANARIES[0],
        **more,
    }


def userinfo_answer(*scopes: str, name: object = "mailer") -> dict[str, object]:
    """Make an answer of v2/userinfo, as far as anything looks at it."""
    application = {"id": "0", "name": name, "redirectUrl": [], "appScopes": [*scopes]}
    return {"exp": 1, "user": {"email": CANARIES[0]}, "application": application}
