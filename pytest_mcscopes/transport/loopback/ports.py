"""The ports of ended tenants: they refuse, and no other tenant of the session gets them."""

from __future__ import annotations

import socket
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LOOPBACK = "127.0.0.1"
_HELD = 64
"""Descriptors are scarce (256 on some systems): the last ended ports stay bound, so that no
other process gets them either."""
_REMEMBERED = 8 * 1024
"""There are 16 to 28 thousand ports to choose from: a long session begins to use some again."""


class Acceptor(threading.Thread):
    """The thread that accepts at a session's ports.

    Who has no session at hand finds them by it: no module keeps what changes.
    """

    def __init__(self, accept: Callable[[], None]) -> None:
        super().__init__(target=accept, name="mcscopes-acceptor", daemon=True)
        self.ports: set[int] = set()


class Ports:
    """What a session knows about the ports that it has used."""

    def __init__(self) -> None:
        self._ended: dict[int, None] = {}
        self._held: deque[socket.socket] = deque()

    def listen(self) -> socket.socket:
        """Listen on a port that no ended tenant had; who accepts there does not block."""
        while True:
            listener = socket.create_server((LOOPBACK, 0), backlog=128)
            if port_of(listener) not in self._ended:
                listener.setblocking(False)  # noqa: FBT003
                # Inherited by what is accepted: without, each answer may take 44 ms.
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return listener
            listener.close()

    def end(self, listener: socket.socket) -> None:
        """Refuse from here on whoever calls a port. What waits to be accepted is reset."""
        port = port_of(listener)
        with suppress(OSError):  # for a forked child's copy too, which it may be about to close
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        self._ended[port] = None
        if len(self._ended) > _REMEMBERED:
            self._ended.pop(next(iter(self._ended)))
        self._hold(port)

    def release(self) -> None:
        """Give all ports back to the system; the last thing of a session."""
        while self._held:
            self._held.popleft().close()

    def _hold(self, port: int) -> None:
        """Bind the port without listening: the system refuses then, and gives it to nobody."""
        placeholder = socket.socket()
        placeholder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):  # another process was quicker
            placeholder.bind((LOOPBACK, port))
        # It was for the remains of old connections; from here on the port is nobody else's.
        placeholder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        self._held.append(placeholder)
        if len(self._held) > _HELD:
            self._held.popleft().close()


def is_served(host: str, port: int | None) -> bool:
    """Tell whether a tenant of this process answers there."""
    acceptors = (each for each in threading.enumerate() if isinstance(each, Acceptor))
    return host == LOOPBACK and any(port in acceptor.ports for acceptor in acceptors)


def port_of(listener: socket.socket) -> int:
    """Tell the port that a socket is bound to."""
    port: int = listener.getsockname()[1]
    return port
