"""Shape one: a client per purpose, each asking for what its purpose needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from .login import Login

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .login import Settings


class Mailer:
    """Sends receipts."""

    def __init__(self, settings: Settings) -> None:
        self._http = httpx.Client(
            base_url=settings.rest_url, auth=Login(settings, scope="email_send")
        )

    def send_receipt(self, order: str, to: str) -> str:
        """Send the receipt of an order, and give the id that Marketing Cloud gave it."""
        message = {"definitionKey": "receipt", "recipient": {"contactKey": to, "to": to}}
        answer = self._http.post(f"/messaging/v1/email/messages/receipt-{order}", json=message)
        return str(answer.raise_for_status().json()["requestId"])


class OrderTable:
    """Keeps the data extension of orders up to date, from async code."""

    def __init__(self, settings: Settings) -> None:
        self._http = httpx.AsyncClient(
            base_url=settings.rest_url, auth=Login(settings, scope="data_extensions_write")
        )

    async def save(self, orders: Sequence[Mapping[str, str]]) -> None:
        """Insert or update a row for each order."""
        rows = [{"keys": {"order": each["order"]}, "values": each} for each in orders]
        answer = await self._http.post("/hub/v1/dataevents/key:orders/rowset", json=rows)
        answer.raise_for_status()


class Eraser:
    """Deletes contacts who ask to be forgotten."""

    def __init__(self, settings: Settings) -> None:
        self._http = httpx.Client(
            base_url=settings.rest_url, auth=Login(settings, scope="list_and_subscribers_write")
        )

    def forget(self, contact_key: str) -> int:
        """Ask for a contact to be deleted, and give the number of the operation."""
        answer = self._http.post(
            "/contacts/v1/contacts/actions/delete",
            params={"type": "keys"},
            json={"values": [contact_key], "deleteOperationType": "ContactAndAttributes"},
        )
        return int(answer.raise_for_status().json()["operationID"])
