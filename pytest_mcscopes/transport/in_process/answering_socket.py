"""What a connection of http.client has in place of a socket: it answers what is sent to it.

Whoever sends the last of a request has it answered in its own thread before `sendall`
returns: no thread of ours is needed, and what a stub raises is raised in the code under test.
"""

from __future__ import annotations

import errno
from contextlib import suppress
from dataclasses import replace
from io import BufferedReader, RawIOBase
from socket import SHUT_RD
from typing import TYPE_CHECKING

from ...cloud.http import token_path_in
from ..http1 import ServerSide, Unreadable
from ..names import canonical
from . import refusals
from .reception import answer
from .refusals import RefusedError

if TYPE_CHECKING:
    import _socket
    from collections.abc import Mapping

    from _typeshed import ReadableBuffer, WriteableBuffer

    from ...cloud.http import Request, Response, Trouble
    from ..hosts import Live
    from .reception import Address, Reception

_RAISED: Mapping[Trouble, tuple[type[OSError], int]] = {
    "timeout": (TimeoutError, errno.ETIMEDOUT),
    "reset": (ConnectionResetError, errno.ECONNRESET),
}


class AnsweringSocket:
    """The client's end of a connection to a Marketing Cloud."""

    def __init__(self, reception: Reception, address: Address, idle: _socket.socket) -> None:
        """Be connected.

        Args:
            reception: finds the tenant of each request: a pooled connection may outlive one.
            address: where the requests are sent.
            idle: never readable; clients watch it to learn that the server has hung up.
        """
        self.reception = reception
        self.address = address
        self._idle = idle
        self._http = ServerSide("auth", None)  # of which kind the host is, its tenant tells
        self._answers = bytearray()
        """What was written and not read yet."""
        self._reads = True
        """Whether what is sent is still read as requests."""
        self._error: OSError | None = None
        """What is raised by reading in place of an answer."""
        self._timeout: float | None = None

    def sendall(self, data: ReadableBuffer, flags: int = 0) -> None:  # noqa: ARG002
        """Take what is sent, and answer each request that is whole with it.

        Raises:
            ConnectionRefusedError: nobody answers here; the text says why.
        """
        __tracebackhide__ = True
        unread = memoryview(data).cast("B")
        while unread and self._reads:
            portion = self._http.portion
            self._receive(bytes(unread[:portion]))
            unread = unread[portion:]

    def send(self, data: ReadableBuffer, flags: int = 0) -> int:
        """Do as `sendall`."""
        __tracebackhide__ = True
        self.sendall(data, flags)
        return memoryview(data).nbytes

    def recv_into(self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0) -> int:  # noqa: ARG002
        """Give some of what was answered; nothing: the connection has ended.

        Raises:
            OSError: what the test ordered in place of an answer.
        """
        __tracebackhide__ = True
        room = memoryview(buffer).cast("B")
        if not self._answers:
            self._miss_answer()
        given = self._answers[: nbytes or len(room)][: len(room)]
        room[: len(given)] = given
        del self._answers[: len(given)]
        return len(given)

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        """Give some of what was answered; nothing: the connection has ended."""
        __tracebackhide__ = True
        buffer = bytearray(bufsize)
        return bytes(buffer[: self.recv_into(buffer, 0, flags)])

    def makefile(self, mode: str = "rb", buffering: int | None = None) -> BufferedReader:  # noqa: ARG002
        """Give a file to read the answers from; it can be read after `close`, as a socket's can."""
        return BufferedReader(_Answers(self))

    def settimeout(self, value: float | None) -> None:
        """Keep it: nothing ever takes its time here."""
        self._timeout = value

    def gettimeout(self) -> float | None:
        """Give what was set."""
        return self._timeout

    def setsockopt(self, *_: object) -> None:
        """Do nothing."""

    def fileno(self) -> int:
        """Give something to wait for, as a client does that looks whether the server hung up."""
        return self._idle.fileno()

    def shutdown(self, how: int) -> None:
        """End what is sent, but where only reading is to end."""
        if how != SHUT_RD:
            self.close()

    def close(self) -> None:
        """End what is sent: half a request is judged by what came of it."""
        if self._reads and self._http.begun:
            self._receive(b"")
        self._reads = False

    def _receive(self, data: bytes) -> None:
        """Read this; nothing: the client has ended its side."""
        __tracebackhide__ = True
        try:
            self._http.receive(data)
            while self._reads and (request := self._http.read()):
                self._answer(request)
            self._answers += self._http.interim()
        except Unreadable as refused:
            self._refuse(refused)

    def _answer(self, request: Request) -> None:
        __tracebackhide__ = True
        # Whatever is raised: such a connection is of no use afterwards.
        self._reads = False
        try:
            live = self._find_tenant(request)
        except RefusedError as refused:
            raise ConnectionRefusedError(errno.ECONNREFUSED, str(refused)) from None
        response = self._ask(live, replace(request, host=live.kind))
        if response is not None and response.trouble is None:
            self._answers += self._http.write(response)
            self._reads = not self._http.closing
        elif response is not None and response.trouble is not None:
            raised, number = _RAISED[response.trouble]
            expected = f"{raised.__name__}, as its HTTP library raises it"
            host = self.address.host
            text = refusals.ordered(request.method, host, response.trouble, expected)
            self._error = raised(number, text)

    def _ask(self, live: Live, request: Request) -> Response | None:
        """Have a request answered; None: a stub raises what a connection does, for reading to.

        By then clients expect it: what sending raises means to them that nothing was sent.
        """
        __tracebackhide__ = True
        try:
            return answer(live, request)
        except Exception as error:
            stubs = live.tenant.stubs
            if stubs and (trouble := stubs.trouble_of(error)):
                raised, number = _RAISED[trouble]
                self._error = raised(number, str(error))
                self._error.__cause__ = error
            elif isinstance(error, OSError):
                self._error = error
            else:
                raise
        return None

    def _find_tenant(self, request: Request) -> Live:
        """Find whose request it is.

        Raises:
            RefusedError: nobody's who may answer it.
        """
        live = self.reception.find_tenant(self.address)
        if live is None:
            raise refusals.unowned(
                self.reception.hosts,
                canonical(self.address.host),
                request.method,
                lambda kind: replace(request, host=kind),
            )
        return live

    def _refuse(self, refused: Unreadable) -> None:
        """Answer as a port does, and let the tenant write down a token request that broke off."""
        self._reads = False
        request = self._http.unread(f"it was refused before its body could be read: {refused}")
        if request and token_path_in(request.path):
            with suppress(RefusedError):
                live = self._find_tenant(request)
                if live.kind == "auth":
                    live.tenant.handle(request)
        self._answers += self._http.write(refused.response, last=True)

    def _miss_answer(self) -> None:
        """Be asked for an answer that there is not."""
        __tracebackhide__ = True
        if self._error is not None:
            raise self._error
        if self._reads and self._http.begun:
            self._refuse(Unreadable(408, "the client took too long to send it"))
        elif self._reads:
            raise TimeoutError(
                errno.ETIMEDOUT,
                f"MCSCOPES: an answer of https://{self.address.host} is waited for, and no request"
                " was sent on this connection since the last one.",
            )


class _Answers(RawIOBase):
    """What was answered, as a file."""

    def __init__(self, sock: AnsweringSocket) -> None:
        self._sock = sock

    def readable(self) -> bool:
        """Tell that it is for reading."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read some."""
        __tracebackhide__ = True
        return self._sock.recv_into(buffer)
