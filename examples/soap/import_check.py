"""Looks after the import of new customers.

Whether an import went well is open to every package, whatever its scopes. The
customers' rows and the subscribers' status each need one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .marketing_cloud import SoapClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .marketing_cloud import Settings

SCOPE = "data_extensions_read list_and_subscribers_read"
TABLE = "new-customers"


class ImportCheck:
    """Checks what last night's import brought."""

    def __init__(self, settings: Settings) -> None:
        self._soap = SoapClient(settings, SCOPE)

    def went_well(self, task: str) -> bool:
        """Ask whether an import has ended without an error."""
        results = self._soap.retrieve(
            "ImportResultsSummary", ["ImportStatus"], ("TaskResultID", task)
        )
        return [each["ImportStatus"] for each in results] == ["Completed"]

    def customers(self) -> Iterator[str]:
        """Read the customers' e-mail addresses from their data extension."""
        for row in self._soap.retrieve(f"DataExtensionObject[{TABLE}]", ["email"]):
            yield row["email"]

    def is_active(self, email: str) -> bool:
        """Ask whether e-mail to a customer would be sent."""
        found = self._soap.retrieve("Subscriber", ["Status"], ("SubscriberKey", email))
        return any(each["Status"] == "Active" for each in found)

    def lost(self, task: str) -> list[str]:
        """List the new customers whom no e-mail reaches; nobody, if the import failed."""
        if not self.went_well(task):
            return []
        return [email for email in self.customers() if not self.is_active(email)]
