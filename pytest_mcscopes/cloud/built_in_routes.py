"""What the tenant's REST host answers about the tenant itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..catalogue.route_trie import split_path
from .error_answers import rest_not_found
from .http import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .api_call import Call
    from .tokens import Token


def _token_context(call: Call, token: Token) -> Response:
    """Tell whose token it is; 202 is what the vendor documents."""
    return Response.of_json(
        202,
        {
            "enterprise": {"id": call.state.enterprise_id},
            "organization": {"id": token.account_id},
            "user": {"id": token.user.id if token.user else token.package.user_id},
        },
    )


def _endpoints(call: Call, _token: Token) -> Response:
    items = [{"type": kind, "url": url} for kind, url in _urls(call).items()]
    return Response.of_json(
        200, {"page": 1, "pageSize": len(items), "count": len(items), "items": items}
    )


def _endpoint(call: Call, _token: Token) -> Response:
    kind = split_path(call.request.path)[-1]
    url = _urls(call).get(kind)
    if url is None:
        raise rest_not_found(f"No endpoint exists for key '{kind}'.")
    return Response.of_json(200, {"type": kind, "url": url})


def _urls(call: Call) -> Mapping[str, str]:
    return {
        "ftp": f"ftp://{call.state.subdomain}.ftp.marketingcloudops.com",
        "rest": call.urls.rest_url,
        "soap": f"{call.urls.soap_url}Service.asmx",
    }


BUILT_IN: Mapping[str, Callable[[Call, Token], Response]] = {
    "GET /platform/v1/tokenContext": _token_context,
    "GET /platform/v1/endpoints": _endpoints,
    "GET /platform/v1/endpoints/{endpointType}": _endpoint,
}
"""By the label of the catalogue's row, which is found however the path is spelt."""
