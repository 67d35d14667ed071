"""Grant type client_credentials: a token for the app itself.

Without `scope` it carries everything that the package is assigned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..error_answers import user_inactive
from .assigned_scopes import grant_assigned
from .business_units import choose_business_unit
from .token_request import TokenRequest, token_answer

if TYPE_CHECKING:
    from ..http import Response
    from ..packages import Package


def issue_client_token(token_request: TokenRequest, package: Package) -> Response:
    """Answer grant type client_credentials."""
    if not package.user_active:
        raise user_inactive(f'the user "{package.name} app user" is inactive')
    account_id = choose_business_unit(token_request, package, package.account_id)
    granted = grant_assigned(token_request, package)
    scopes, scope_text = token_request.state.fault_queue.leave_out(*granted)
    token = token_request.state.tokens.issue(package, scopes, account_id, token_request.at)
    token_request.issued = token
    return token_answer(token_request, {"access_token": token.text}, scope_text)
