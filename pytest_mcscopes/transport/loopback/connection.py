"""What a tenant and one client say to each other over one socket, in a thread of its own."""

from __future__ import annotations

import selectors
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING

from ...cloud.http import Request, Response, Trouble, Urls, token_path_in
from ..http1 import ServerSide, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...ledger.facts import HostKind
    from ...ledger.ledger import Entry
    from ..door import AnsweringTenant, StubSource

_LONGEST_DELAY = 0.2
"""How much of a slow answer's delay is waited for, in real seconds."""
_LATE = 3
"""Ticks that a request may take: two whole ones, and the rest of the one it began in."""
_DISCARDED = 64 * 1024
"""Bytes that are read at once and thrown away."""
_ABORTING = struct.pack("ii", 1, 0)
"""How long a close lingers that is a reset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The tenant's side of its connections."""

    tenant: AnsweringTenant
    kind: HostKind
    urls: Urls
    """Where the tenant is found by this door."""
    ended: Event
    """Set when the tenant has ended."""
    on_error: Callable[[str | None, BaseException], None]
    """Called with the test and what went wrong in the thread, before the client learns of it."""
    on_tls: Callable[[], object]
    """Called when a client speaks TLS, before it is refused."""


class _NoAnswer(Exception):  # noqa: N818 - it is no error of ours
    """The test wants the connection to suffer instead of an answer."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble


class Connection:
    """One connection, from the first request to the close."""

    def __init__(
        self, sock: socket.socket, side: Side, on_end: Callable[[Connection], None]
    ) -> None:
        self.thread = Thread(target=self._run, name="mcscopes-connection", daemon=True)
        self._socket = sock
        self._side = side
        self._on_end = on_end
        self._http = ServerSide(side.kind, side.urls)
        self._hurrying = False
        """Whether the client keeps us waiting in the middle of a request or an answer."""
        self._taking = False
        """Whether something of a request has been taken that the tenant may not have seen."""
        self._waiting = False
        """Whether the client is waited for in the middle of a request or an answer."""
        self._elsewhere = False
        """Whether a stub is at work, or nothing more is read as a request."""
        self._call: Entry | None = None
        """Where the call that is being answered was written down; None: none was admitted."""
        self._ticks = 0
        self._client = _port_of_client(sock)
        """Differs from that of any other connection."""
        sock.settimeout(None)  # whatever socket.setdefaulttimeout says

    @property
    def busy(self) -> bool:
        """Whether a request may have arrived that the tenant has not seen; for other threads."""
        # In this order: what is no longer unread has been marked as taken before.
        return not self._elsewhere and (self._unread() or self._taking)

    @property
    def stalled(self) -> bool:
        """Whether a busy one waits for its client; for other threads."""
        return self._waiting and not self._unread()

    def _unread(self) -> bool:
        # It may end, and close its socket, at any moment.
        with suppress(OSError, ValueError), selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            return bool(selector.select(0))
        return False

    def tick(self) -> None:
        """Count the time that a client takes for a request, and lose patience at last.

        Comes from another thread, at even intervals of real time: no clock is
        read that a test might have frozen.
        """
        if not self._hurrying:
            return
        self._ticks += 1
        if self._ticks == _LATE:
            self._shut(socket.SHUT_RD)
        if self._ticks == 2 * _LATE:
            self.hang_up()

    def hang_up(self) -> None:
        """End it from another thread, whatever it is about."""
        self._shut(socket.SHUT_RDWR)

    def forsake(self) -> None:
        """Leave the connection to the parent, in a forked child."""
        self._socket.close()

    def _shut(self, how: int) -> None:
        with suppress(OSError):
            self._socket.shutdown(how)

    def _run(self) -> None:
        try:
            self._talk()
        except Unreadable as refused:
            self._refuse(refused)
        except _NoAnswer as instead:
            if instead.trouble == "reset":
                with suppress(OSError):
                    self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORTING)
            else:
                self._drain()  # which gives no answer until the client, or the tenant, ends
        except BaseException as error:  # noqa: BLE001 - pytest.fail in a stub is no Exception
            self._side.on_error(self._call.test if self._call else None, error)
        finally:
            self._socket.close()
            self._on_end(self)

    def _talk(self) -> None:
        while (request := self._read()) is not None:
            self._hurrying, self._call = False, None
            written = self._http.write(self._answer(request))
            self._hurry()
            if not self._send(written):
                return
            if self._http.closing:
                self._linger()
                return
            self._hurrying = False

    def _read(self) -> Request | None:
        """Read one request; None: the client has ended."""
        while not self._http.ended:
            if self._http.begun and not self._hurrying:
                self._hurry()
            if request := self._http.read():
                return request
            if interim := self._http.interim():
                self._send(interim)
            self._http.receive(self._receive(self._http.portion))
        return None

    def _answer(self, request: Request) -> Response:
        """Have a request answered, or raise what the connection is to suffer instead."""
        tenant = self._side.tenant
        answer = tenant.handle(request._replace(connection=self._client))
        if not isinstance(answer, Response):
            self._call = answer.entry
            stubbed = None if tenant.stubs is None else self._ask(tenant.stubs, request)
            answer = tenant.complete(answer, stubbed)
        if answer.trouble is not None:
            raise _NoAnswer(answer.trouble)
        if answer.delay:
            self._side.ended.wait(min(answer.delay, _LONGEST_DELAY))
        return answer

    def _ask(self, stubs: StubSource, request: Request) -> Response | None:
        self._elsewhere = True
        try:
            answer = stubs.answer(request)
        except Exception as error:
            if trouble := stubs.trouble_of(error):
                raise _NoAnswer(trouble) from error
            raise
        self._elsewhere = False
        return answer

    def _refuse(self, refused: Unreadable) -> None:
        if self._ticks >= _LATE:
            refused = Unreadable(408, "the client took too long to send it")
        if refused.tls:
            self._side.on_tls()
        self._tell_of(refused)
        if self._send(self._http.write(refused.response, last=True)):
            self._linger()

    def _tell_of(self, refused: Unreadable) -> None:
        """Let the tenant write down a token request that broke off: it asked all the same."""
        side = self._side
        if side.ended.is_set():
            return
        request = self._http.unread(f"it was refused before its body could be read: {refused}")
        if request and token_path_in(request.path):
            side.tenant.handle(request._replace(connection=self._client))

    def _linger(self) -> None:
        """End our side first: closing at once would destroy an answer that is under way."""
        self._shut(socket.SHUT_WR)
        self._drain()

    def _drain(self) -> None:
        self._elsewhere = True
        while self._receive(_DISCARDED):
            pass

    def _hurry(self) -> None:
        self._ticks, self._hurrying = 0, True

    def _receive(self, at_most: int) -> bytes:
        try:
            if not self._hurrying:
                self._await()
            self._waiting = True
            return self._socket.recv(at_most)
        except OSError:
            return b""
        finally:
            self._waiting = False

    def _await(self) -> None:
        """Wait for a request's beginning, and mark it as taken before it is."""
        self._taking = False
        self._socket.recv(1, socket.MSG_PEEK)
        self._taking = True

    def _send(self, data: bytes) -> bool:
        """Send; False: the client is gone."""
        self._waiting = True
        try:
            self._socket.sendall(data)
        except OSError:
            return False
        finally:
            self._waiting = False
        return True


def _port_of_client(sock: socket.socket) -> int:
    with suppress(OSError):  # it is gone already
        match sock.getpeername():
            case _, int(port):
                return port
    return 0
