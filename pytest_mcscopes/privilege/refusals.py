"""How a token request that was refused may come to be granted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .phrases import line, summary

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue
    from ..ledger.facts import TokenRequested


EXCHANGE_THE_CODE = (
    "Let the app follow its call-back and exchange the code, for example:"
    " client.get(mc_tenant.authorize(url)). A test client keeps its session by host: where the"
    " app's log-in begins at another host than its call-back, say base_url=."
)


def way_out_of_refusal(request: TokenRequested, catalogue: Catalogue, assigned_in: str = "") -> str:
    """Say what to change where a request that was refused goes beyond its package; else nothing."""
    if request.package is None:
        return ""
    absent = request.requested - request.assigned
    if request.error == "invalid_scope" and absent and absent <= catalogue.wire_ids:
        has = summary(request.assigned, catalogue) or "no scope"
        return (
            f'The package "{request.package}" is assigned {has}, and not {line(absent)}: leave it'
            " out of the request, or have it approved for the package and add it to"
            f" {assigned_in or 'mc_package(scopes=[...])'}."
        )
    if request.error == "unauthorized_client" and request.grant_type == "client_credentials":
        return (
            f'The package "{request.package}" acts for users, and client_credentials is for one'
            " that acts for itself: let a user log in, mc_tenant.authorize(url), or, if it is no"
            ' app, write mc_package(type="server-to-server").'
        )
    return ""
