"""Shape two: one client with one token for all that the nightly job does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from .login import Login

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .login import Settings

SCOPE = "data_extensions_read email_read email_send"


class NightlyJob:
    """Sends the receipts that are still owed."""

    def __init__(self, settings: Settings) -> None:
        self._http = httpx.Client(base_url=settings.rest_url, auth=Login(settings, scope=SCOPE))

    def run(self) -> list[str]:
        """Send each receipt that was not sent yet, and name the orders."""
        owed = [order for order in self.orders() if not self.was_sent(order)]
        for order in owed:
            self.send_receipt(order)
        return owed

    def orders(self) -> Iterator[str]:
        """Read the orders from their data extension."""
        answer = self._http.get("/data/v1/customobjectdata/key/orders/rowset")
        for row in answer.raise_for_status().json()["items"]:
            yield row["keys"]["order"]

    def was_sent(self, order: str) -> bool:
        """Ask whether the receipt of an order was sent."""
        answer = self._http.get(f"/messaging/v1/email/messages/receipt-{order}")
        return answer.is_success

    def send_receipt(self, order: str) -> None:
        """Send the receipt of an order."""
        message = {"definitionKey": "receipt", "recipient": {"contactKey": order}}
        answer = self._http.post(f"/messaging/v1/email/messages/receipt-{order}", json=message)
        answer.raise_for_status()
