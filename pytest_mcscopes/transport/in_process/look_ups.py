"""The guard of last resort: whatever library asks, no name of Marketing Cloud's is resolved.

The doors answer or refuse a request before its host is looked up. What comes here was
sent by a library without a door, and is refused as a name that cannot be resolved.
"""

from __future__ import annotations

import _socket
import socket
from functools import wraps
from typing import TYPE_CHECKING, Any

from ..names import find_marketing_cloud
from . import refusals

if TYPE_CHECKING:
    from collections.abc import Callable

    from .patches import Patches
    from .reception import Reception

    Function = Callable[..., Any]

_BY_NAME = ("gethostbyname", "gethostbyname_ex", "gethostbyaddr")
_CONNECTING = ("connect", "connect_ex")


class LookUps:
    """Refuses to resolve names of Marketing Cloud's, by Python's own ways to do so."""

    def __init__(self, reception: Reception, patches: Patches) -> None:
        self._reception = reception
        self._patches = patches
        self.refused: dict[str, str] = {}
        """Host -> why it was refused, in the running test."""

    def put(self) -> None:
        """Be asked before the resolver is."""
        self._patches.watch(socket, "socket")  # the class may be replaced
        # Not `socket.getaddrinfo`, which calls this one: pytest-socket puts that back, and
        # whoever has imported it by name goes on calling it.
        self._patches.put(_socket, "getaddrinfo", self._over)
        for name in _BY_NAME:
            self._patches.put(socket, name, self._over)
        for kind in _sockets():
            for name in _CONNECTING:
                self._patches.put(kind, name, self._over_connect)

    def _over(self, below: Function) -> Function:
        @wraps(below)
        def look_up(host: object, *rest: Any, **named: Any) -> Any:  # noqa: ANN401
            __tracebackhide__ = True
            if name := find_marketing_cloud(host):
                self._refuse(name)
            return below(host, *rest, **named)

        return look_up

    def _over_connect(self, below: Function) -> Function:
        """Look at an address that is a name, which the socket would look up by itself."""

        @wraps(below)
        def connect(sock: socket.socket, address: Any) -> Any:  # noqa: ANN401
            __tracebackhide__ = True
            if isinstance(address, tuple) and (name := find_marketing_cloud(*address[:1])):
                self._refuse(name)
            return below(sock, address)

        return connect

    def _refuse(self, host: str) -> None:
        """Refuse to resolve a name, unless nothing is refused here.

        Raises:
            socket.gaierror: of the kind that any resolver raises for a name that nobody has.
        """
        __tracebackhide__ = True
        try:
            self._reception.refuse_look_up(host)
        except refusals.RefusedError as refused:
            self.refused[host] = str(refused)
            raise socket.gaierror(socket.EAI_NONAME, str(refused)) from None


def _sockets() -> list[type]:
    """Find Python's own class of sockets; what stands in its place may look nothing up by it."""
    kinds = getattr(socket.socket, "__mro__", ())  # of a function there are none
    return [kind for kind in kinds if _socket.socket in kind.__bases__]
