"""The door for any HTTP client, in this process or another: real ports, on 127.0.0.1 only.

A tenant has three ports, one for each of its hosts: the port alone tells what a
request is meant for, so a path is judged as sent, and clients may join URLs as
they do with the real service.
"""

from __future__ import annotations

import os
import selectors
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Literal, get_args
from weakref import ref

from ...cloud.http import Urls
from ...ledger.facts import HostKind
from .connection import Connection, Side
from .ports import LOOPBACK, Acceptor, Ports, port_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..door import AnsweringTenant

PATIENCE = 5.0
"""Seconds that a client may take for a request that it has begun; half as many more at most."""
_GRACE = 0.5
"""Seconds that the end of a tenant waits for stubs that are still at work."""
_LAST_GRACE = 2.0
"""Seconds that the end of a session waits for stubs that outlived their tenants."""
_LOOK = 0.002
"""Seconds between two looks at whether requests are under way."""
_LOOKS = 2_500
"""Five seconds: a busy machine may take long to read what has arrived."""
_LOOKS_AT_STALLED = 50
"""A tenth of a second: who has sent half a request may never send the rest."""
_PAUSE = 0.05
"""Seconds without accepting, where accepting failed: mostly for want of descriptors."""


@dataclass(slots=True, eq=False, kw_only=True)
class _Opened:
    """A tenant that can be called."""

    sides: dict[socket.socket, Side]
    """By the socket that listens for it."""
    ended: Event
    connections: set[Connection] = field(default_factory=set)


class Loopback:
    """The ports of one test session, and the threads that serve them."""

    def __init__(
        self,
        on_error: Callable[[str | None, BaseException], None],
        *,
        on_tls: Callable[[], object] = bool,
        patience: float = PATIENCE,
    ) -> None:
        """Begin to serve.

        Args:
            on_error: hears of what a stub raised, and of our own bugs, in the
                thread of the connection; and of the test whose call it was, if known.
            on_tls: hears in such a thread that a client spoke TLS.
            patience: seconds that a client may take for a request.
        """
        self._on_error = on_error
        self._on_tls = on_tls
        self._tick = patience / 2
        self._ports = Ports()
        self.is_forsaken = False
        """Whether this is a forked child's copy, whose threads are the parent's."""
        self._opened: dict[Urls, _Opened] = {}
        self._outliving: list[Thread] = []
        """Connections of ended tenants whose stubs are still at work."""
        self._lock = Lock()
        self._stopping = Event()
        self._selector = selectors.DefaultSelector()
        self._alarm, self._bell = socket.socketpair()
        self._selector.register(self._bell, selectors.EVENT_READ, partial(self._bell.recv, 1))
        self._acceptor = Acceptor(self._accept_all)
        self._threads = [
            self._acceptor,
            Thread(target=self._tick_all, name="mcscopes-patience", daemon=True),
        ]
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=partial(_forsake, ref(self)))
        for thread in self._threads:
            thread.start()

    def open(self, tenant: AnsweringTenant) -> Urls:
        """Let a tenant answer at three ports of its own; their URLs are the key to end it."""
        ended = Event()
        listeners = {kind: self._ports.listen() for kind in get_args(HostKind)}
        urls = Urls(
            **{
                f"{kind}_url": f"http://{LOOPBACK}:{port_of(listener)}/"
                for kind, listener in listeners.items()
            }
        )
        side = partial(
            Side,
            tenant=tenant,
            urls=urls,
            ended=ended,
            on_error=self._on_error,
            on_tls=self._on_tls,
        )
        sides = {listener: side(kind=kind) for kind, listener in listeners.items()}
        opened = self._opened[urls] = _Opened(sides=sides, ended=ended)
        self._acceptor.ports.update(map(port_of, sides))
        with self._lock:
            for listener in sides:
                accept = partial(self._accept, opened, listener)
                self._selector.register(listener, selectors.EVENT_READ, accept)
        self._alarm.send(b"!")
        return urls

    def settle(self) -> None:
        """Let the tenants see what has been sent to them.

        Where nothing is under way this takes no time, and stubs at work are not waited for.
        """
        stalled = 0
        for _ in range(_LOOKS):
            state = "" if self.is_forsaken else self._under_way()
            stalled += state == "stalled"
            if not state or stalled == _LOOKS_AT_STALLED:
                return
            self._stopping.wait(_LOOK)

    def wait_for_stubs(self) -> None:
        """Let stubs that outlived their tenants raise what they will, for some time in all."""
        _join(self._outliving, _LAST_GRACE)

    def close(self, urls: Urls) -> None:
        """End a tenant: its connections break, and its ports refuse from here on."""
        self._end([self._opened.pop(urls)])

    def shutdown(self) -> None:
        """End all tenants, and leave no thread, socket or port behind."""
        self._stopping.set()
        self._alarm.send(b"!")
        self._end(list(self._opened.values()))
        self._opened.clear()
        for thread in self._threads:
            thread.join()
        self._selector.close()
        self._alarm.close()
        self._bell.close()
        self._ports.release()

    def forsake(self) -> None:
        """Leave all ports to the parent, in a forked child: nobody answers there but the parent.

        A listening socket that a child holds would keep callers waiting once
        the parent's port has ended, and a connection would not be reset. The
        selector is left alone: the system shares it between the two.
        """
        self.is_forsaken = True
        for opened in self._opened.values():
            for listener in opened.sides:
                listener.close()
            for connection in opened.connections:
                connection.forsake()
        self._ports.release()

    def _end(self, tenants: Iterable[_Opened]) -> None:
        threads: list[Thread] = []
        for opened in tenants:
            opened.ended.set()
            with self._lock:
                for listener in opened.sides:
                    self._selector.unregister(listener)
                    self._acceptor.ports.discard(port_of(listener))
                    self._ports.end(listener)
                opened.sides.clear()
                connections = list(opened.connections)
            for connection in connections:
                connection.hang_up()
                threads.append(connection.thread)
        _join(threads, _GRACE)
        self._outliving = [each for each in [*self._outliving, *threads] if each.is_alive()]

    def _under_way(self) -> Literal["", "moving", "stalled"]:
        """Tell whether there are requests to be read, and whether all wait for their clients."""
        # With the lock nobody is between being accepted and being one of the connections.
        with self._lock:
            ready = {key.fileobj for key, _ in self._selector.select(0)}
            connections = [
                connection for each in self._opened.values() for connection in each.connections
            ]
        busy = [each for each in connections if each.busy]
        if ready - {self._bell} or not all(each.stalled for each in busy):
            return "moving"
        return "stalled" if busy else ""

    def _accept_all(self) -> None:
        while not self._stopping.is_set():
            for key, _ in self._selector.select():
                key.data()

    def _accept(self, opened: _Opened, listener: socket.socket) -> None:
        try:
            # The client, or the tenant, is gone since the system told us.
            with suppress(BlockingIOError, ConnectionAbortedError, KeyError), self._lock:
                self._begin(opened, listener)
        except Exception as error:  # noqa: BLE001 - whatever a patched socket may raise
            self._on_error(None, error)
            self._stopping.wait(_PAUSE)

    def _begin(self, opened: _Opened, listener: socket.socket) -> None:
        side = opened.sides[listener]
        accepted, _ = listener.accept()
        connection = Connection(accepted, side, partial(self._forget, opened))
        connection.thread.start()
        opened.connections.add(connection)

    def _forget(self, opened: _Opened, connection: Connection) -> None:
        with self._lock:
            opened.connections.remove(connection)

    def _tick_all(self) -> None:
        while not self._stopping.wait(self._tick):
            for opened in list(self._opened.values()):
                for connection in list(opened.connections):
                    connection.tick()


def _forsake(loopback: ref[Loopback]) -> None:
    if (served := loopback()) is not None:
        served.forsake()


def _join(threads: Iterable[Thread], grace: float) -> None:
    """Wait for threads to end, for some time in all: a stub may be stuck for ever."""
    for thread in threads:
        thread.join(grace)
        if thread.is_alive():
            grace = 0
