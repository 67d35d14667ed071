"""What clients send to a tenant: token requests, calls with a token, SOAP envelopes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx

from pytest_mcscopes.cloud.http import Request, Response

if TYPE_CHECKING:
    from pytest_mcscopes.cloud.http import Admitted
    from pytest_mcscopes.cloud.packages import Package
    from pytest_mcscopes.ledger.facts import HostKind
    from pytest_mcscopes.tenant.tenant import Tenant


def credentials(client: Tenant | Package, scope: str | None = None) -> dict[str, str]:
    """The body of a client_credentials request; None: without `scope`."""
    login = {"grant_type": "client_credentials", "client_id": client.client_id}
    login["client_secret"] = client.client_secret
    return login if scope is None else {**login, "scope": scope}


def token_request(body: object, *, query: str = "") -> Request:
    """Post this to the token endpoint."""
    return Request(
        method="POST",
        host="auth",
        path="/v2/token",
        query=query,
        headers={"content-type": "application/json"},
        body=json.dumps(body).encode(),
    )


def authorized(
    token: str | None,
    path: str = "/messaging/v1/email/messages/r-1",
    *,
    method: str = "POST",
    host: HostKind = "rest",
    query: str = "",
) -> Request:
    """Call with a token, or with none; by default what needs email_send."""
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    return Request(method=method, host=host, path=path, query=query, headers=headers)


def soap_request(body: str, token: str, *, query: str = "") -> Request:
    """Post the content of a SOAP body."""
    text = (
        '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f'<Body>{body}</Body><Header><fueloauth xmlns="http://exacttarget.com">{token}</fueloauth>'
        "</Header></Envelope>"
    )
    return Request(
        method="POST",
        host="soap",
        path="/Service.asmx",
        query=query,
        headers={"content-type": "text/xml"},
        body=text.encode(),
    )


def read_json(answer: Response | Admitted) -> Any:  # noqa: ANN401 - of whatever it has
    """Read what the tenant itself answered."""
    assert isinstance(answer, Response)
    return json.loads(answer.body)


def ask(tenant: Tenant, scope: str | None, package: Package | None = None) -> httpx.Response:
    """Ask for a token by httpx."""
    login = credentials(package or tenant.package, scope)
    with httpx.Client(verify=False) as client:  # noqa: S501 - never reaches a network
        return client.post(f"{tenant.auth_url}v2/token", json=login)
