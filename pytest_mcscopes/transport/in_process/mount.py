"""The doors into this process's HTTP libraries: no sockets, no server."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from operator import is_
from typing import TYPE_CHECKING

import httpx
from respx.mocks import Mocker

from ..witness import Witness
from .aiohttp_connector import AiohttpConnector
from .cassettes import Cassettes
from .http_client import HttpClientConnections
from .httpx_transports import HttpxTransports
from .look_ups import LookUps
from .own_senders import OwnSenders
from .patches import Patches, module_of
from .pools import Pools
from .reception import Reception
from .stand_ins import StandIns

if TYPE_CHECKING:
    from types import ModuleType

    from ..hosts import Hosts


def _libraries() -> list[ModuleType]:
    """List what to patch; in place of httpx2, a test may have put None or a stub."""
    successor = sys.modules.get("httpx2")
    if successor is None or not hasattr(successor, "HTTPTransport"):
        return [httpx]
    return [httpx, successor]


class Mount:
    """Answers a session's hosts to HTTP libraries, and keeps these from the real service."""

    def __init__(self, hosts: Hosts) -> None:
        self._libraries: list[ModuleType] = []
        """Those that have been patched."""
        self._patches = Patches()
        self._reception = Reception(hosts)
        self._httpx = HttpxTransports(self._reception, self._patches)
        self._pools = Pools(self._reception, self._patches)
        self._http_client = HttpClientConnections(self._reception, self._patches)
        self._cassettes = Cassettes(hosts)
        self._late_imports = {
            each.name: each
            for each in (
                *AiohttpConnector(self._reception, self._patches).late_imports,
                *OwnSenders(hosts, self._patches).late_imports,
                self._cassettes.late_import,
            )
        }
        """Of modules that are patched once a test imports them, if ever."""
        self._imported: list[ModuleType | None] = []
        """Those modules, when we last looked; None: one was not imported yet."""
        self._meta_path: list[object] = []
        """What hears of those that are yet to be imported, when all of ours were among it."""
        self._look_ups = LookUps(self._reception, self._patches)
        self._witness = Witness(hosts, self.covered_by)
        self._stand_ins = StandIns(hosts)

    def mount(self) -> None:
        """Begin to answer."""
        self._reception.is_open = self._witness.mounted = True
        # 20 ms, once a session and only where it is installed: the price of
        # certainty that no later import of it slips past the guard.
        with suppress(ImportError):
            import_module("httpx2")
        self.ensure()

    def ensure(self) -> None:
        """Be asked first again, whatever a test has done to the libraries meanwhile."""
        libraries = _libraries()
        self._stand_ins.watch(libraries)
        # Quickly where nothing has changed: this is asked twice for each test.
        if not (
            libraries == self._libraries
            and all(map(is_, map(sys.modules.get, self._late_imports), self._imported))
            and sys.meta_path == self._meta_path
            and self._patches.left.is_left()
        ):
            self._libraries = libraries
            self._put()
        self._look_ups.refused.clear()

    def _put(self) -> None:
        for library in self._libraries:
            self._httpx.put(library)
            self._pools.put(library)
            self._witness.put(self._patches, library)
        self._http_client.put()
        self._look_ups.put()
        for late_import in self._late_imports.values():
            late_import.ensure()
        self._patches.note()
        self._imported = [*map(sys.modules.get, self._late_imports)]
        self._meta_path = [*sys.meta_path]

    def unmount(self) -> None:
        """Give each library back its own. Where somebody patched over us, let everything pass."""
        self._reception.is_open = self._witness.mounted = False
        for late_import in self._late_imports.values():
            late_import.leave()
        self._cassettes.leave()
        self._stand_ins.leave()
        self._patches.take_off()
        self._http_client.leave()

    def begin_window(self) -> None:
        """Look for what stands in for a library's functions from here on."""
        self._stand_ins.begin(_libraries())

    def end_window(self) -> None:
        """Tell what was sent through mocks of them."""
        self._stand_ins.end()

    def refused_look_ups(self) -> list[str]:
        """Say why names were not resolved in the running test: not every library hands that on."""
        return [*self._look_ups.refused.values()]

    def covered_by(self, library: ModuleType = httpx) -> str:
        """Name the module whose patch of httpx is asked before ours; empty: ours is the first."""
        if Mocker.registry["httpx"].routers:  # patches the clients, who then never get here
            return Mocker.__module__
        first = self._patches.first_over(library.HTTPTransport, "handle_request")
        return "" if first is None else module_of(first).partition(".")[0]
