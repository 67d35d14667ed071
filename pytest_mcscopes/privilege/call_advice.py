"""What to do next about single calls: denied, unknown, or of open need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .phrases import line, quoted
from .rules.calls import unsure
from .rules.case import NONE, is_barred

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .minimum import Scopes
    from .rules.case import Case


def advise_denied(case: Case) -> Iterator[str]:
    """Say what to do about the first denied call with a token of the code, and of the test."""
    denied = [call for call in case.observed.scope_denied if call.need.trusted]
    for call in {call.own: call for call in reversed(denied)}.values():
        lacks = [each - (call.granted or NONE) for each in call.need.minimal_sets]
        declared = [each for each in lacks if each <= case.expectation.declared]
        lacked = (declared or lacks)[0]
        wanted = quoted(frozenset().union(*lacks))
        yield (
            f"{_give(case, lacked) if call.own else _get(case, lacked)}; if the denial is what you"
            f" test, write the call in a block: with mc_tenant.expect_denied({wanted}):"
        )


def _give(case: Case, scopes: Scopes) -> str:
    """Say how a call with a token of the test's own comes by what it lacks."""
    ways = {
        "issue_token": f"issue_token(scopes=[..., {quoted(scopes)}])",
        "arrange": f"the request in arrange(), with {line(scopes)} in its scope",
    }
    own = " or ".join(ways[each] for each in sorted(case.observed.own_tokens & ways.keys()))
    return f"The token is the test's own: let it carry what the call needs, by {own}"


def _get(case: Case, scopes: Scopes) -> str:
    """Say how a denied call may come by what it lacks, or that a person must decide."""
    observed, wanted = case.observed, line(scopes)
    if not scopes <= observed.assigned:
        declared = "" if scopes <= case.expectation.declared else " and declared"
        package = f'for the package "{observed.package}"{declared}'
        return f"Drop the call, or have {wanted} approved {package}"
    if case.expectation.kind != "scopes":
        return f"Drop the call, or have {wanted} approved and requested"
    if not scopes <= case.expectation.declared:
        return f"Drop the call, or have {wanted} approved and added to the mark and the request"
    if scopes <= observed.requested:
        return f"Make the call with a token that carries {wanted}, as the marker declares"
    if case.expectation.match == "exact":
        whole = (case.expectation.declared & observed.assigned) | observed.kept
        return f'Request scope="{line(whole)}", as the marker declares'
    return f"Request {wanted} too, as the marker declares"


def advise_unmapped(case: Case) -> str:
    """Say what to do about calls that the catalogue does not know."""
    hosts = {call.host for call in case.observed.unmapped}
    soap = "object type and operation" if "soap" in hosts else ""
    parts = " or ".join(filter(None, ["method and path" if hosts - {"soap"} else "", soap]))
    return f"Compare {parts} with Marketing Cloud's documentation: such a call is not judged."


def advise_permission(case: Case) -> str:
    """Say what to do about a call that the user may not make."""
    call = next(call for call in case.observed.user_denied if call.need.trusted)
    ids = (" and " if call.need.every_permission else " or ").join(
        lacked.partition(" ")[0] for lacked in call.missing_permissions
    )
    return (
        "Let the code compare appScopes with permissions in v2/userinfo and hide what the user may"
        f" not do, or handle the 403. If the test means a user who may, let mc_user give them"
        f" {ids}; if the denial is what you test, write the call in a block: with"
        " mc_tenant.expect_denied():"
    )


def advise_undetermined(case: Case) -> str:
    """Say what to do where it is open what the calls need."""
    doubted = unsure(case)
    if doubted and all(is_barred(case.reasons[scope]) for scope in doubted):
        return (
            "Let a user make the call who may: then it shows what it needs. A test of the denial"
            ' says so: @pytest.mark.mc_allow("MCS108", reason="...").'
        )
    if case.expectation.kind == "scopes":
        return (
            "Find out in a tenant of your own whether it is needed: if not, narrow the marker; if"
            ' it is, write so: @pytest.mark.mc_allow("MCS108", reason="...").'
        )
    if not case.observed.allowed:
        return (
            "Let the test make the calls that the code logs in for, or write the scopes that you"
            " expect in the marker, @pytest.mark.mc_scopes(...)."
        )
    return (
        "Write the scopes that you expect in the marker, @pytest.mark.mc_scopes(...), once your own"
        " tenant has shown what is needed: the catalogue is not sure enough to judge by."
    )
