"""What a connection of http.client has in place of a socket: it answers what is sent to it.

Whoever sends the last of a request has it answered in its own thread before `sendall`
returns: no thread of ours is needed, and what a stub raises is raised in the code under test.
"""

from __future__ import annotations

import errno
from io import BufferedReader, RawIOBase
from socket import SHUT_RD
from typing import TYPE_CHECKING

from .exchange import Call, Exchange, NoAnswerError
from .refusals import RefusedError

if TYPE_CHECKING:
    import _socket
    from collections.abc import Mapping

    from _typeshed import ReadableBuffer, WriteableBuffer

    from ...cloud.http import Trouble
    from .reception import Address, Reception

_RAISED: Mapping[Trouble, tuple[type[OSError], int]] = {
    "timeout": (TimeoutError, errno.ETIMEDOUT),
    "reset": (ConnectionResetError, errno.ECONNRESET),
}


class AnsweringSocket:
    """The client's end of a connection to a Marketing Cloud."""

    def __init__(self, reception: Reception, address: Address, idle: _socket.socket) -> None:
        self.reception = reception
        """Finds the tenant of each request: a pooled connection may outlive one."""
        self.address = address
        self._idle = idle
        """Never readable; clients watch it to learn that the server has hung up."""
        self._exchange = Exchange(reception, address)
        self._answers = bytearray()
        """What was written and not read yet."""
        self._reads = True
        """Whether what is sent is still read as requests."""
        self._error: OSError | None = None
        """What is raised by reading in place of an answer."""
        self._timeout: float | None = None
        self._test = reception.hosts.home.test
        """The test in which something was sent last."""

    def sendall(self, data: ReadableBuffer, flags: int = 0) -> None:  # noqa: ARG002
        """Take what is sent, and answer each request that is whole with it.

        Raises:
            ConnectionRefusedError: nobody answers here; the text says why.
        """
        __tracebackhide__ = True
        self._test = self.reception.hosts.home.test
        unread = memoryview(data).cast("B")
        while unread and self._reads:
            portion = self._exchange.http.portion
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
        if self._reads:
            self._reads = False
            self._exchange.end()

    def __del__(self) -> None:
        """Close what nobody can close any more, as a socket's end is closed then."""
        # What is collected later than in its own test would be another one's fault.
        if self._test == self.reception.hosts.home.test:
            self.close()

    def _receive(self, data: bytes) -> None:
        __tracebackhide__ = True
        try:
            came = self._exchange.receive(data)
            while isinstance(came, Call):
                self._answers += self._answer(came)
                self._reads = self._error is None and not self._exchange.http.closing
                came = self._exchange.read() if self._reads else b""
        except RefusedError as refused:
            self._reads = False
            raise ConnectionRefusedError(errno.ECONNREFUSED, str(refused)) from None
        self._answers += came
        self._reads = self._error is None and not self._exchange.http.closing

    def _answer(self, call: Call) -> bytes:
        """Have a request answered; nothing: reading is to raise what a connection does.

        By then clients expect it: what sending raises means to them that nothing was sent.
        """
        __tracebackhide__ = True
        self._reads = False  # whatever is raised: the connection is of no use afterwards
        try:
            return self._exchange.answer(call)
        except NoAnswerError as instead:
            raised, number = _RAISED[instead.trouble]
            text = instead.describe(f"{raised.__name__}, as its HTTP library raises it")
            self._error = raised(number, text)
            self._error.__cause__ = instead.__cause__
        except OSError as error:
            self._error = error
        return b""

    def _miss_answer(self) -> None:
        """Be asked for an answer that there is not."""
        __tracebackhide__ = True
        if self._error is not None:
            raise self._error
        if self._reads and self._exchange.begun:
            self._reads = False
            self._answers += self._exchange.expire()
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
