"""MCS107: the code under test used what belongs to another tenant, to an ended one, or to none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..findings import Finding

if TYPE_CHECKING:
    from ...ledger.facts import ForeignUsed

_OWN_LIFE = (
    "Build the client in a function-scoped fixture from this test's mc_tenant, or give it a tenant"
    " of its own life: with mc_cloud.tenant() as tenant: ... in a fixture of the client's scope."
)
_OWN_TOKEN = (
    "Let the code use the token that it was granted; if another mock granted it, here or in an"
    " earlier test, let mc_tenant answer the token request. If the test means the 401, order it,"
    ' mc_tenant.fail_next("rest", "unauthorized"), or let the code present a token that the tenant'
    " itself has ended: token = mc_tenant.issue_token(), then mc_tenant.revoke(token). Last of all,"
    ' @pytest.mark.mc_allow("MCS107:bearer", reason="...") allows just this.'
)
_OF_THIS_TEST = (
    "Let the code call the tenant of this test: give it mc_tenant.subdomain, or the URLs that"
    " mc_tenant.environment() has"
)
_SERVER = (
    "Give this code the URLs of mc_server in place of mc_tenant's: they answer whatever speaks"
    " HTTP."
)
_FORKED = (
    "Give the forked process the URLs of mc_server in place of mc_tenant's: any number of processes"
    " may call those, and each call is judged."
)


def foreign_tenant(used: ForeignUsed) -> Finding:
    """Tell of a foreign token, client or host."""
    return Finding(
        rule="MCS107",
        severity="error",
        text=f"foreign tenant: {_what(used)}",
        kind="bearer" if used.what == "bearer" else "",
        next_steps=(_way_out(used),),
    )


def _what(used: ForeignUsed) -> str:
    by = f"; it came from {used.started_in}" if used.started_in else ""
    if used.what == "bearer":
        token = f'the word "{used.word}" for a token' if used.word else "a token"
        return f"{used.call} came with {token} that no tenant of this test session ever issued{by}"
    if used.what == "fork":
        return (
            f"a process that was forked in {used.built_by} called {used.name}, which answers in the"
            " test's own process only"
        )
    if used.what == "name":
        why = f": {used.reason}" if used.reason else ""
        return (
            f"{used.name} was looked up by name, by something that mc_tenant does not answer in"
            f" this process{by}; that was refused, and what it was to ask for cannot be judged{why}"
        )
    name = f"host {used.name}" if used.what == "host" else f"a {used.what}"
    whose = (
        f"it belongs to the tenant of {used.built_by}"
        if used.built_by
        else "no tenant of this test session has it"
    )
    return f"the code used {name}, but {whose}{by}"


def _way_out(used: ForeignUsed) -> str:
    if used.what == "host" and used.built_by is None:
        return _other_than(used)
    if used.what == "host" and used.subdomain:
        return (
            f"If {used.subdomain} is written in the code, give the tenant of this test that"
            f' subdomain too: @pytest.mark.mc_package(subdomain="{used.subdomain}"). If not:'
            f" {_OWN_LIFE[0].lower()}{_OWN_LIFE[1:]}"
        )
    return {"bearer": _OWN_TOKEN, "fork": _FORKED, "name": _SERVER}.get(used.what, _OWN_LIFE)


def _other_than(used: ForeignUsed) -> str:
    if not used.subdomain:
        return f"{_OF_THIS_TEST}; or answer {used.name} by a mock of your own."
    return (
        f"{_OF_THIS_TEST}; or, if {used.subdomain} is written in the code, give the tenant that"
        f' subdomain: @pytest.mark.mc_package(subdomain="{used.subdomain}").'
    )
