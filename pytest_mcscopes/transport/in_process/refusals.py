"""Why a request to a Marketing Cloud is not answered, in the words that its sender reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...cloud.domains import subdomain_of
from ..hosts import Hosts, Stray
from ..names import joined_without_slash

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ...cloud.http import Request, Trouble
    from ...ledger.facts import HostKind

_WHAT_HAPPENED: Mapping[Trouble, str] = {
    "timeout": "was not answered in time",
    "reset": "was cut off before an answer",
}


class RefusedError(Exception):
    """Raised where a connection is refused; a door raises its text as its library's own error."""


def wrong_address(called: str, host: str) -> RefusedError:
    """Refuse a tenant's host at a scheme or port where the service has no ear."""
    return RefusedError(
        f"MCSCOPES: {called} was called, and Marketing Cloud listens at https://{host} only. "
        "Use mc_tenant.auth_url and the instance URLs of its token answers as they are."
    )


def forked(host: str) -> RefusedError:
    """Refuse what a forked child sends, which has a copy of the tenant that no test sees."""
    return RefusedError(
        f"MCSCOPES: https://{host} was called by a process that was forked from the test's. "
        "mc_tenant answers in the test's own process only: a child has a copy of it, and no test "
        "would see what it asks for. Give the child the URLs of mc_server, which any number of "
        "processes may call."
    )


def ended(url: str, built_by: str, subdomain: str = "") -> RefusedError:
    """Refuse what was a tenant's, to which a test gave that *subdomain*, if it did."""
    why = "The client under test outlives its tenant. Build the client"
    if subdomain:
        why = (
            f"Where {subdomain} is written in the code, give the tenant of this test the same: "
            f'@pytest.mark.mc_package(subdomain="{subdomain}"). Where the client under test '
            "outlives its tenant, build the client"
        )
    return RefusedError(
        f"MCSCOPES: {url} belongs to a Marketing Cloud that ended with {built_by}. {why} in a "
        "function-scoped fixture, or give it a tenant of its own life: with mc_cloud.tenant() as "
        "tenant: ... in a fixture of the client's scope."
    )


def _looked_up(host: str) -> RefusedError:
    return RefusedError(
        f"MCSCOPES: {host} was looked up by name, and is not simulated here. Nothing was sent. The "
        "code under test was expected to call the tenant of its test. Use mc_tenant.auth_url, and "
        "the instance URLs of its token answers; or those of mc_server, where the code's HTTP "
        "library is one that mc_tenant does not answer."
    )


def _without_door(host: str) -> RefusedError:
    return RefusedError(
        f"MCSCOPES: {host} was looked up by name, by something that mc_tenant does not answer in "
        "this process. Nothing was sent. Give this code the URLs of mc_server, which answers "
        "whatever speaks HTTP."
    )


def _unowned(host: str) -> RefusedError:
    if joined_without_slash(host):
        return RefusedError(
            f"MCSCOPES: https://{host} was called, which no Marketing Cloud has: a path seems to "
            "have been joined to the host without a slash. mc_tenant.auth_url and the instance "
            'URLs of token answers end with one: write f"{auth_url}v2/token", or add it in code.'
        )
    subdomain = subdomain_of(host)
    same = (
        "; or, where the code has this subdomain written in it, give the tenant the same: "
        f'@pytest.mark.mc_package(subdomain="{subdomain}")'
    )
    return RefusedError(
        f"MCSCOPES: https://{host} is not simulated here and was not called. The code under test "
        "was expected to call the tenant of its test. Give it mc_tenant.subdomain, or "
        f"mc_tenant.auth_url and the instance URLs of its token answers{same if subdomain else ''}."
        " To answer this host without a tenant, mock it: by a route of respx for httpx, by "
        "responses for requests."
    )


def unowned(
    hosts: Hosts, host: str, method: str, read: Callable[[HostKind], Request]
) -> RefusedError:
    """Refuse a Marketing Cloud host that no living tenant has, and make it known."""
    built_by = hosts.ended.get(host)
    given = host in hosts.given
    hosts.on_stray(Stray(host=host, method=method, built_by=built_by, given=given, read=read))
    if built_by is None:
        return _unowned(host)
    return ended(f"https://{host}", built_by, subdomain_of(host) if given else "")


def look_up(hosts: Hosts, host: str) -> RefusedError:
    """Refuse to resolve a name of Marketing Cloud's, which no door was asked for; make it known."""
    lives, built_by, given = host in hosts.live, hosts.ended.get(host), host in hosts.given
    hosts.on_stray(Stray(host=host, built_by=built_by, given=given, lives=lives))
    if lives:
        return _without_door(host)
    if built_by is not None:
        return ended(host, built_by, subdomain_of(host) if given else "")
    return _unowned(host) if joined_without_slash(host) else _looked_up(host)


def ordered(method: str, host: str, trouble: Trouble, error: str) -> str:
    """Say that a test ordered what a request met; *error* is the name of what is raised."""
    return (
        f"MCSCOPES: {method} https://{host} {_WHAT_HAPPENED[trouble]}, as the test ordered by"
        f' fail_next(..., "{trouble}"). The code under test is expected to handle {error}; where it'
        " need not, remove fail_next."
    )
