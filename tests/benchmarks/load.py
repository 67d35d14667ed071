"""A client of its own process that is quicker than any server here: raw sockets, kept alive.

Reads orders from its standard input, a line of JSON each, and answers each by a line.
"""

from __future__ import annotations

import json
import re
import socket
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from selectors import EVENT_READ, DefaultSelector
from time import perf_counter

_HEAD = re.compile(
    rb"HTTP/1\.1 200 .*?\r\ncontent-length: *(\d+).*?\r\n\r\n", re.IGNORECASE | re.DOTALL
)


@dataclass(slots=True)
class Caller:
    """One connection, which has one request under way."""

    connection: socket.socket
    request: bytes
    took: list[float] = field(default_factory=list)
    _began: float = 0
    _answer: bytes = b""

    def ask(self) -> None:
        """Send the request."""
        self._answer = b""
        self._began = perf_counter()
        self.connection.sendall(self.request)

    def listen(self) -> bool:
        """Take what has arrived; True: the answer is whole."""
        arrived = self.connection.recv(65536)
        self._answer += arrived
        head = _HEAD.match(self._answer)
        if head is None:
            assert arrived, self._answer
            return False
        if len(self._answer) < head.end() + int(head[1]):
            return False
        self.took.append(perf_counter() - self._began)
        return True


def burst(port: int, request: str, connections: int, seconds: float) -> dict[str, float]:
    """Ask for so long over so many connections at once, and once on each before.

    Returns:
        Seconds: `each`, of the burst by the number of answers, and `p99`, of a single one.
    """
    with ExitStack() as stack:
        selector = stack.enter_context(DefaultSelector())
        for _ in range(connections):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connection, EVENT_READ, Caller(connection, request.encode()))
        _ask(selector, 0)  # connecting is not what is measured
        begun = perf_counter()
        took = sorted(_ask(selector, seconds))
        return {
            "each": (perf_counter() - begun) / len(took),
            "p99": took[len(took) * 99 // 100],
        }


def _ask(selector: DefaultSelector, seconds: float) -> list[float]:
    """Keep all connections busy for so long, and tell what each answer took."""
    callers: list[Caller] = [key.data for key in selector.get_map().values()]
    for caller in callers:
        caller.took.clear()
        caller.ask()
    end = perf_counter() + seconds
    busy = len(callers)
    while busy:
        for key, _ in selector.select():
            if not key.data.listen():
                continue
            if perf_counter() < end:
                key.data.ask()
            else:
                busy -= 1
    return [seconds for caller in callers for seconds in caller.took]


def main() -> None:
    """Serve until nobody orders any more."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(burst(**json.loads(line))) + "\n")
        sys.stdout.flush()


main()
