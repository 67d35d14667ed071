"""What the tables of rules are written in: requests, calls and cases of a package of few scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import facts
from facts import call_made, requirements, token_requested, words

if TYPE_CHECKING:
    from pytest_mcscopes.catalogue.call_requirements import CallRequirements
    from pytest_mcscopes.ledger.facts import CallMade, TokenRequested
    from pytest_mcscopes.privilege.expectation import Expectation
    from pytest_mcscopes.privilege.rules.case import Case

ASSIGNED = "email_read email_send email_write push_read push_write offline"


def ask(scope: str | None, *, assigned: str = ASSIGNED, **more: Any) -> TokenRequested:  # noqa: ANN401
    """A token request; granted unless an error is given."""
    everything = more.get("grant_type", "client_credentials") == "client_credentials"
    requested = words(scope if scope is not None else assigned if everything else "")
    if not more.get("error"):
        more["granted"] = requested & words(assigned)
    return token_requested(scope, words(assigned), requested=requested, **more)


def call(
    row: CallRequirements | str,
    granted: str | None = ASSIGNED,
    **more: Any,  # noqa: ANN401 - of the fact's fields
) -> CallMade:
    """A call with a token of these scopes, or with no good token."""
    return call_made(requirements(row) if isinstance(row, str) else row, granted, **more)


def case(
    mark: Expectation,
    *made: TokenRequested | CallMade,
    assigned: str = ASSIGNED,
    **more: Any,  # noqa: ANN401 - of what was observed
) -> Case:
    return facts.case(mark, *made, assigned=assigned, **more)


INFERRED = requirements("email_send", doubt="inferred", label="POST /test/inferred")
UNKNOWN = requirements(
    None, doubt="scope unknown", explains="push_read push_write", label="GET /test/x"
)
UNMAPPED = requirements(
    None, doubt="not in the catalogue", explains="push_read", label="GET /nowhere", mapped=False
)
TOLERANT = requirements("email_read", tolerated="email_write", label="GET /test/tolerant")
