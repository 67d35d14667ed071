"""What every door in this process asks: whose is a host, and what is its answer."""

from __future__ import annotations

from typing import NamedTuple

from ...cloud.http import Request, Response
from ..hosts import Hosts, Live, Stray
from ..names import canonical, is_marketing_cloud, joined_without_slash
from . import refusals

_HTTPS = frozenset({None, 443})
"""The ports at which the service listens."""


class Address(NamedTuple):
    """Where a request is sent."""

    scheme: str
    host: str
    port: int | None
    """None: the scheme's own."""

    def __str__(self) -> str:
        """Spell it as in a URL."""
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"


class Reception:
    """Finds the tenant that a request is for, and has it answered, whatever library sent it."""

    def __init__(self, hosts: Hosts) -> None:
        self.hosts = hosts
        self.is_open = False
        """Whether we answer: where somebody patched over us, what we put there stays."""

    def claims(self, host: str, *, mocked: bool = False) -> bool:
        """Tell whether a request to a host is ours to answer or to refuse.

        *mocked*: another tool, which we ask, may answer for the real service.
        """
        name = canonical(host)
        if not self.is_open:
            return False
        return name in self.hosts.live or (
            is_marketing_cloud(name) and (mocked or not self._lets_pass(name))
        )

    def _lets_pass(self, name: str) -> bool:
        """Tell whether the real service may be called, and make it known that it is."""
        hosts = self.hosts
        if hosts.refuses or name in hosts.ended or joined_without_slash(name):
            return False
        hosts.arrived += 1
        if hosts.home.is_left():
            hosts.home.leave_call(name)
        else:
            hosts.on_stray(Stray(host=name, built_by=None, passed=True))
        return True

    def find_tenant(self, address: Address) -> Live | None:
        """Find who answers a host that we claim; None: no living tenant does.

        Raises:
            RefusedError: called by a forked child, or where the service does not listen.
        """
        __tracebackhide__ = True
        hosts, name = self.hosts, canonical(address.host)
        hosts.arrived += 1
        if hosts.home.is_left():
            hosts.home.leave_call(name)
            raise refusals.forked(address.host)
        live = hosts.live.get(name)
        if live is not None and (address.scheme != "https" or address.port not in _HTTPS):
            hosts.on_other(name)
            raise refusals.wrong_address(str(address), address.host)
        return live

    def refuse_look_up(self, name: str) -> None:
        """Refuse to resolve a name of Marketing Cloud's, unless we are closed; no door asks."""
        if not self.claims(name):
            return
        hosts = self.hosts
        hosts.arrived += 1
        if hosts.home.is_left():
            hosts.home.leave_call(name)
            raise refusals.forked(name)
        raise refusals.look_up(hosts, name)


def answer(live: Live, request: Request) -> Response:
    """Have a tenant answer a request, or the test's stub. What a stub raises is raised here."""
    __tracebackhide__ = True
    reply = live.tenant.handle(request)
    if isinstance(reply, Response):
        return reply
    stubs = live.tenant.stubs
    stubbed = None if stubs is None else stubs.answer(request)
    return live.tenant.complete(reply, stubbed)


async def answer_async(live: Live, request: Request) -> Response:
    """Do as `answer`, for a client that awaits."""
    __tracebackhide__ = True
    reply = live.tenant.handle(request)
    if isinstance(reply, Response):
        return reply
    stubs = live.tenant.stubs
    stubbed = None if stubs is None else await stubs.answer_async(request)
    return live.tenant.complete(reply, stubbed)
