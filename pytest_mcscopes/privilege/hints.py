"""What may lie behind a failure that is the test's own: a line, and only where it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ledger.facts import CallMade, TokenRequested

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..ledger.facts import Fact
    from ..ledger.ledger import Entry

_UNAUTHORIZED = 401
_REFUSALS = frozenset({400, _UNAUTHORIZED, 403, 404})

ENDED_BY_ADVANCE = (
    "MCSCOPES: a token had ended when it was used (401): mc_clock.advance(...) moved Marketing"
    " Cloud's time alone, and the code's own clock stood still. Code that renews by its own clock"
    " needs mc_clock.travel(...), which moves both."
)

WITHOUT_BEARER = (
    'MCSCOPES: the Authorization header holds a token of this test without "Bearer " before it'
    " (401): send Authorization: Bearer and the token."
)

CAME_BY_TLS = (
    "MCSCOPES: TLS came to a port of mc_server, which speaks plain HTTP: use its URLs as mc_server"
    " gives them, with http://."
)


def lacks_bearer(entries: Iterable[Entry], tokens: Mapping[str, Entry]) -> bool:
    """Tell whether a call was refused that had a token of the tenant, but not as a bearer."""
    calls = (each.fact for each in entries if isinstance(each.fact, CallMade))
    return any(
        call.no_bearer and call.status == _UNAUTHORIZED and call.token in tokens for call in calls
    )


def ended_by_advance(
    entries: Iterable[Entry], tokens: Mapping[str, Entry], advanced: float
) -> bool:
    """Tell whether a call had a token that would have lived, had the test not moved the time.

    By *advanced* seconds the tenant's time is ahead of the process's.
    """
    for fact in (entry.fact for entry in entries):
        if not (isinstance(fact, CallMade) and fact.status == _UNAUTHORIZED and fact.token):
            continue
        issued = tokens[fact.token].fact if fact.token in tokens else None
        if isinstance(issued, TokenRequested) and issued.expires_in:
            age = fact.at - issued.at
            if age - advanced < issued.expires_in <= age:
                return True
    return False


def last_refusal(
    entries: Iterable[Entry], tokens: Mapping[str, Entry], owner: Callable[[str], str | None]
) -> str:
    """Say what a tenant refused last in a test that no mark judges; empty: it refused nothing.

    The *entries* come the last first; *owner* tells what built the tenant that a token is of.
    """
    by_code = (each for each in entries if each.origin == "code" and not each.expected)
    fact = next((each.fact for each in by_code if _is_refused(each.fact)), None)
    if fact is None:
        return ""
    return f"MCSCOPES: the tenant refused a request of this test: {fact.show()}." + (
        _why_refused(fact, tokens, owner) if isinstance(fact, CallMade) else ""
    )


def _is_refused(fact: Fact) -> bool:
    if isinstance(fact, TokenRequested):
        return fact.error is not None
    # Over SOAP a denial has the status 200; what is let through has none of ours.
    return fact.status in _REFUSALS or (fact.status is not None and fact.scope_denied)


def _why_refused(
    call: CallMade, tokens: Mapping[str, Entry], owner: Callable[[str], str | None]
) -> str:
    """Say more of a call than the status does."""
    if call.status != _UNAUTHORIZED or not call.token or call.token in tokens:
        return ""
    if built_by := owner(call.token):
        return (
            f" Its token is of the tenant of {built_by}, and was kept since: let each test build"
            " its client, or let the tests share a tenant of mc_cloud."
        )
    return (
        " No tenant of this run issued its token: if another mock answered the token request, here"
        " or in an earlier test, let the tenant answer it."
    )


def left_stub(author: str, call: str, *, soap: bool) -> str:
    """Say that a stub of another test gave the answer, and how to be rid of it."""
    door = "soap" if soap else "rest"
    return (
        f"MCSCOPES: {call} was answered by a stub that {author} wrote: a tenant that tests share"
        f" keeps its stubs. Let that test, or a fixture of it, end with tenant.{door}.clear()."
    )


def wrong_scope(fixture: str, scope: str) -> str:
    """Say how a fixture that outlives a test comes by a tenant."""
    if fixture == "mc_clock":
        return (
            f"MCSCOPES: mc_clock moves the time of one test, and a {scope}-scoped fixture outlives"
            " it. Ask for mc_clock in the test, or move the time of a tenant:"
            " tenant.clock.advance(...)."
        )
    door = "server=True" if fixture == "mc_server" else ""
    return (
        f"MCSCOPES: {fixture} lives for one test, and a {scope}-scoped fixture outlives it. Let it"
        f" ask for mc_cloud instead: with mc_cloud.tenant({door}) as tenant: yield ..."
    )
