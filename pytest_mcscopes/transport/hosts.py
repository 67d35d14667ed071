"""Which host names belong to which tenant, and which to the real service."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from ..errors import ConfigError
from .in_process.forks import HomeProcess
from .loopback.ports import is_served
from .names import canonical, is_marketing_cloud

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from ..cloud.http import Request, Urls
    from ..ledger.facts import HostKind
    from .door import AnsweringTenant


class Live(NamedTuple):
    """A host that a running tenant answers."""

    kind: HostKind
    tenant: AnsweringTenant
    built_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """A request to a Marketing Cloud host that no running tenant can answer, refused mostly."""

    host: str
    method: str = ""
    """Empty: its name was looked up, by what no door answers."""
    built_by: str | None
    """What built the tenant that owned the host; None where none ever did."""
    given: bool = False
    """Whether a test gave that tenant its subdomain, as for code that has one written in it."""
    lives: bool = False
    """Whether a running tenant owns it, whose name was looked up."""
    passed: bool = False
    """Whether it was not refused: the real service has it."""
    read: Callable[[HostKind], Request] | None = field(default=None, compare=False, repr=False)
    """Gives what was sent, if the door can still tell."""

    @property
    def what_came(self) -> str:
        """Say it in words."""
        return (
            f"{self.method} {self.host} was called" if self.method else f"{self.host} was looked up"
        )


def not_marketing_cloud(request: httpx.Request) -> bool:
    """Tell whether an httpx request is for somebody else's mock, and none of a tenant's.

    For pytest-httpx, whose fixture takes every request unless it is told otherwise:
    `@pytest.mark.httpx_mock(should_mock=not_marketing_cloud)`.
    """
    url = request.url
    return not (is_marketing_cloud(url.host) or is_served(url.host, url.port))


def _nothing(*_: object) -> None:
    """Report nothing."""


class Hosts:
    """The host names of one test session. The doors read them, tenants come and go."""

    def __init__(
        self,
        *,
        on_stray: Callable[[Stray], None] = _nothing,
        on_other: Callable[[str], None] = _nothing,
        on_taken: Callable[[str, str], None] = _nothing,
        refuses: bool = True,
    ) -> None:
        self.live: dict[str, Live] = {}
        self.ended: dict[str, str] = {}
        """Host, or address with port -> what built its tenant, to the end of the session."""
        self.given: set[str] = set()
        """Hosts of subdomains that tests gave their tenants, to the end of the session."""
        self.arrived = 0
        """How many requests to a Marketing Cloud came to a door or to a tenant, or were taken."""
        self.home = HomeProcess()
        """Where the tenants are: in a forked child nothing is answered."""
        self.on_stray = on_stray
        self.on_other = on_other
        self.on_taken = on_taken
        self.refuses = refuses
        """Whether a Marketing Cloud that no tenant is or was may not be called."""

    def take(self, host: str, by: str) -> None:
        """Report that another answered for a host; who looks from further above need not, too."""
        self.arrived += 1
        self.on_taken(host, by)

    def add(
        self,
        host: str,
        kind: HostKind,
        tenant: AnsweringTenant,
        built_by: str,
        *,
        given: bool = False,
    ) -> None:
        """Let a tenant answer a host; *given*: a test gave the tenant its subdomain.

        Raises:
            ConfigError: a running tenant answers it already.
        """
        name = canonical(host)
        if name in self.live:
            msg = (
                f"{name} is answered by a Marketing Cloud that {self.live[name].built_by} built "
                "and that still runs. Two of them cannot share a subdomain: leave subdomain= out "
                "of one of the packages, or let the tests share one tenant."
            )
            raise ConfigError(msg)
        self.ended.pop(name, None)
        if given:
            self.given.add(name)
        self.live[name] = Live(kind=kind, tenant=tenant, built_by=built_by)

    def end(self, host: str) -> None:
        """Answer a host no more, and remember who built its tenant."""
        name = canonical(host)
        self.ended[name] = self.live.pop(name).built_by

    def concern(self, address: str) -> bool:
        """Tell whether a host, or an address with a port, is a Marketing Cloud or a tenant's."""
        parts = urlsplit(f"//{address}")
        with suppress(ValueError):  # of what is no port
            return is_marketing_cloud(parts.hostname or "") or is_served(
                parts.hostname or "", parts.port
            )
        return False

    def owns(self, url: str) -> bool:
        """Tell whether a living tenant answers an address, by name or at a port."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        return canonical(host) in self.live or is_served(host, parts.port)

    def end_ports(self, urls: Urls, built_by: str) -> None:
        """Remember whose the ports were that refuse from here on."""
        self.ended |= dict.fromkeys(urls.hosts, built_by)
