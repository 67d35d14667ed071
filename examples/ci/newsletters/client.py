"""One client, with one token for all that newsletters need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from .login import Login

if TYPE_CHECKING:
    from .login import Settings

SCOPE = "data_extensions_read data_extensions_write email_read email_send"


class Newsletters:
    """Keeps who gets which newsletter, and sends it to them."""

    def __init__(self, settings: Settings) -> None:
        self._http = httpx.Client(base_url=settings.rest_url, auth=Login(settings, scope=SCOPE))

    def subscribers(self, topic: str) -> list[str]:
        """Read who gets the newsletter on a topic."""
        answer = self._http.get("/data/v1/customobjectdata/key/subscribers/rowset")
        rows = answer.raise_for_status().json()["items"]
        return sorted(row["keys"]["address"] for row in rows if row["values"]["topic"] == topic)

    def subscribe(self, address: str, topic: str) -> None:
        """Note that somebody is to get it from now on."""
        if "@" not in address:
            msg = f"{address!r} is no address"
            raise ValueError(msg)
        row = {"keys": {"address": address.lower()}, "values": {"topic": topic}}
        answer = self._http.post("/hub/v1/dataevents/key:subscribers/rowset", json=[row])
        answer.raise_for_status()

    def was_sent(self, issue: int, address: str) -> bool:
        """Ask whether somebody has been sent an issue."""
        return self._http.get(_message(issue, address)).is_success

    def send(self, issue: int, address: str) -> None:
        """Send an issue to one address."""
        body = {"definitionKey": "newsletter", "recipient": {"contactKey": address, "to": address}}
        self._http.post(_message(issue, address), json=body).raise_for_status()

    def send_to_all(self, issue: int, topic: str) -> list[str]:
        """Send it to all who have not got it yet, and name them."""
        left = [each for each in self.subscribers(topic) if not self.was_sent(issue, each)]
        for address in left:
            self.send(issue, address)
        return left


def _message(issue: int, address: str) -> str:
    return f"/messaging/v1/email/messages/{issue}-{address.partition('@')[0]}"
