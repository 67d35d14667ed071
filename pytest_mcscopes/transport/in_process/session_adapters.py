"""What sessions of requests sent by adapters of their own, and never came to us.

`Session.mount` lets any class answer in place of requests' own `HTTPAdapter`, as a client's
`transport=` does for httpx. Whoever answered, the session knows what it handed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..names import canonical
from .late_imports import LateImport
from .library_names import TOOLS, root_package

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from ..hosts import Hosts
    from .patches import Patches

    # Any: requests' own types, which need not be installed.
    Send = Callable[..., Any]

_OWN = "adapter"
"""What took a request to a Marketing Cloud where none of requests' own adapters did."""
_LIBRARY = "requests"


class SessionAdapters:
    """Reports requests to a Marketing Cloud that an adapter of a session's own has answered."""

    def __init__(self, hosts: Hosts, patches: Patches) -> None:
        self._hosts = hosts
        self._patches = patches
        self._import = LateImport(f"{_LIBRARY}.sessions", self._put)

    def ensure(self) -> None:
        """See what sessions send, now or once requests is imported."""
        self._import.ensure()

    def leave(self) -> None:
        """Wait for no import any more."""
        self._import.leave()

    def _put(self, module: ModuleType) -> None:
        if hasattr(getattr(module, "Session", None), "send"):  # else it is a test's stub
            self._patches.put(module.Session, "send", self._over)

    def _over(self, below: Send) -> Send:
        def send(session: Any, request: Any, **named: Any) -> Any:  # noqa: ANN401
            __tracebackhide__ = True
            arrived = self._hosts.arrived
            try:
                return below(session, request, **named)
            finally:
                if self._hosts.arrived == arrived:
                    self._note(session, request)

        return send

    def _note(self, session: Any, request: Any) -> None:  # noqa: ANN401
        parts = urlsplit(getattr(request, "url", None) or "")
        if self._hosts.concern(parts.netloc.rpartition("@")[2]) and (
            by := _taker(session, request)
        ):
            self._hosts.on_taken(canonical(parts.netloc.rpartition("@")[2]), by)


def _taker(session: Any, request: Any) -> str:  # noqa: ANN401
    """Name what a session sends a request by; empty: by what is requests' own."""
    adapter = session.get_adapter(url=request.url)
    package = root_package(type(adapter).send)
    if package in TOOLS:
        return package
    return "" if package == _LIBRARY else _OWN
