"""Reminds customers of the carts that they left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .marketing_cloud import MarketingCloud

if TYPE_CHECKING:
    from collections.abc import Iterator

SCOPE = "data_extensions_read email_send"
CARTS = "data/v1/customobjectdata/key/carts/rowset"


class Reminders:
    """Reads the carts from their data extension, and sends a mail for each."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        self._cloud = MarketingCloud(client_id, client_secret, SCOPE)

    def carts(self) -> Iterator[tuple[str, str]]:
        """Read the number of each cart, and whose it is."""
        for row in self._cloud.call("GET", CARTS).json()["items"]:
            yield row["keys"]["cart"], row["values"]["email"]

    def send(self, cart: str, to: str) -> None:
        """Remind a customer of a cart."""
        message = {"definitionKey": "reminder", "recipient": {"contactKey": to, "to": to}}
        self._cloud.call("POST", f"messaging/v1/email/messages/cart-{cart}", message)

    def send_all(self) -> int:
        """Send every reminder, and give how many there were."""
        carts = [*self.carts()]
        for cart, to in carts:
            self.send(cart, to)
        return len(carts)
