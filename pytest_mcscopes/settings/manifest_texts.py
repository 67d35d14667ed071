"""What is said of keys of the manifest that are missing, or that it does not take."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_OWN_OF_TENANT = (
    "is not for a manifest: each tenant of a test run has one of its own. Where a test needs a"
    " certain one, give it in the test's mc_package mark"
)
_SECRET = (
    "a secret does not belong in a file of a repository, and tests need none: each tenant has one"
    " of its own, mc_tenant.client_secret. Take the line out"
)
_OF_A_TEST = (
    "is not for a manifest, which says what production is like. Give it in the mc_package mark of"
    " the test that needs it"
)
NOT_HERE: Mapping[str, str] = {
    "package.client_id": _OWN_OF_TENANT,
    "package.subdomain": _OWN_OF_TENANT,
    "package.client_secret": _SECRET,
    "package.staged_secret": _SECRET,
    "package.enabled": _OF_A_TEST,
    "package.user_active": _OF_A_TEST,
}
"""Keywords of `mc_package` that a manifest does not take, and why."""

MISSING: Mapping[str, str] = {
    "package.scopes": (
        "is missing. List what production assigns; or write scopes = [], and let the command"
        " mcscopes import FILE read it off an answer of production"
    ),
    "package.exception.reason": "is missing. Say why the scope is assigned and not exercised",
    "package.exception.owner": "is missing. Say who answers for the exception",
    "package.exception.expires": (
        "is missing. Write the last day, in UTC, on which the exception counts, as"
        " expires = 2027-03-31"
    ),
}
"""What to write where a key is missing, for those that say more than that it is."""
