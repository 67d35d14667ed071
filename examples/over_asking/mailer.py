"""Sends receipts, and could read them too."""

from __future__ import annotations

import httpx


class Mailer:
    """Sends receipts."""

    def __init__(self, auth_url: str, client_id: str, client_secret: str) -> None:
        token = httpx.post(
            f"{auth_url}v2/token",
            json={
                "grant_type": "client_credentials",
                "client_id": client_id,
                "client_secret": client_secret,
                "scope": "email_read email_send",
            },
        ).json()
        self._http = httpx.Client(
            base_url=token["rest_instance_url"],
            headers={"Authorization": f"Bearer {token['access_token']}"},
        )

    def send_receipt(self, order: str, to: str) -> str:
        """Send the receipt of an order, and give the id that Marketing Cloud gave it."""
        message = {"definitionKey": "receipt", "recipient": {"contactKey": to, "to": to}}
        answer = self._http.post(f"/messaging/v1/email/messages/receipt-{order}", json=message)
        return str(answer.raise_for_status().json()["requestId"])
