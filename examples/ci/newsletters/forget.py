"""A client for one purpose, with a token of its own: to forget people who ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from .login import Login

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .login import Settings


class Eraser:
    """Deletes contacts."""

    def __init__(self, settings: Settings) -> None:
        self._http = httpx.Client(
            base_url=settings.rest_url, auth=Login(settings, scope="list_and_subscribers_write")
        )

    def forget(self, contacts: Sequence[str]) -> int | None:
        """Ask for contacts to be deleted, and give the number of the operation; None: of nobody."""
        if not contacts:
            return None
        answer = self._http.post(
            "/contacts/v1/contacts/actions/delete",
            params={"type": "keys"},
            json={"values": [*contacts], "deleteOperationType": "ContactAndAttributes"},
        )
        return int(answer.raise_for_status().json()["operationID"])
