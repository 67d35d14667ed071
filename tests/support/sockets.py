"""Plain sockets to ports of ours, and what comes back by them."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable


def dial(url: str) -> socket.socket:
    """Connect to an address."""
    return socket.create_connection(("127.0.0.1", urlsplit(url).port), timeout=60)


def all_of(client: socket.socket) -> bytes:
    """Read until the server ends the connection."""
    return b"".join(iter(lambda: client.recv(65536), b""))


def say(url: str, *sent: bytes) -> bytes:
    """Send this, end our side, and give all that comes back."""
    with dial(url) as client:
        for portion in sent:
            client.sendall(portion)
        client.shutdown(socket.SHUT_WR)
        return all_of(client)


def eventually(condition: Callable[[], bool]) -> bool:
    """Tell whether something comes true: threads of ours end a moment later, or much later."""
    pause = threading.Event()
    return any(condition() or pause.wait(0.01) for _ in range(6_000))


def connections() -> int:
    """Count the threads of all connections to ports of ours."""
    return sum(thread.name == "mcscopes-connection" for thread in threading.enumerate())
