"""What is said over one connection in this process: bytes in, bytes out, and a tenant between.

For libraries that write HTTP themselves. Whose a host is, is looked up for each request:
what a library keeps alive never outlives its tenant.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from ...cloud.http import Request, Response, Trouble, token_path_in
from ..http1 import ServerSide, Unreadable
from ..names import canonical
from . import refusals
from .reception import Address, Reception, answer, answer_async
from .refusals import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...ledger.facts import HostKind
    from ..hosts import Live


class Call(NamedTuple):
    """A whole request, and who answers it."""

    live: Live
    request: Request


class NoAnswerError(Exception):
    """Raised where the test wants a connection to suffer instead of an answer."""

    def __init__(self, trouble: Trouble, describe: Callable[[str], str]) -> None:
        super().__init__(trouble)
        self.trouble = trouble
        self.describe = describe
        """Writes the text, given the name of the error that the library raises."""


class Exchange:
    """The server's side of one connection."""

    def __init__(self, reception: Reception, address: Address) -> None:
        self._reception = reception
        self._address = address
        # Of which kind a host is, is known with its tenant.
        self.http = ServerSide("auth", None)
        self._unreadable = False
        """Whether what came was refused as it stands."""

    @property
    def begun(self) -> bool:
        """Whether something of a request has come that was not answered yet."""
        return self.http.begun and not self._unreadable

    def receive(self, data: bytes) -> Call | bytes:
        """Take what the client sent; nothing: it ended its side.

        Returns:
            The request as soon as it is whole; else what is to be sent at once, mostly nothing.

        Raises:
            RefusedError: nobody answers there.
        """
        __tracebackhide__ = True
        try:
            self.http.receive(data)
        except Unreadable as unreadable:
            return self._refuse(unreadable)
        return self.read()

    def read(self) -> Call | bytes:
        """Read on, as `receive`: the next request may have come with the one answered last."""
        __tracebackhide__ = True
        try:
            request = self.http.read()
        except Unreadable as unreadable:
            return self._refuse(unreadable)
        if request is None:
            return self.http.interim()
        live = self._find_tenant(request)
        return Call(live, _as_sent(request, live.kind))

    def end(self) -> None:
        """Hear that the client is gone: a token request that broke off has asked all the same."""
        if self.begun:
            with suppress(RefusedError):
                self.receive(b"")

    def expire(self) -> bytes:
        """Answer a client that waits in the middle of its request."""
        return self._refuse(Unreadable(408, "the client took too long to send it"))

    def answer(self, call: Call) -> bytes:
        """Have a request answered. What a stub raises is raised here.

        Raises:
            NoAnswerError: the connection is to suffer instead.
        """
        __tracebackhide__ = True
        try:
            reply = answer(call.live, call.request)
        except Exception as error:
            _raise_trouble(call, error)
            raise
        return self._write(call, reply)

    async def answer_async(self, call: Call) -> bytes:
        """Do as `answer`, for a client that awaits."""
        __tracebackhide__ = True
        try:
            reply = await answer_async(call.live, call.request)
        except Exception as error:
            _raise_trouble(call, error)
            raise
        return self._write(call, reply)

    def _write(self, call: Call, reply: Response) -> bytes:
        __tracebackhide__ = True
        if reply.trouble is not None:
            ordered = partial(
                refusals.ordered, call.request.method, self._address.host, reply.trouble
            )
            raise NoAnswerError(reply.trouble, ordered)
        return self.http.write(reply)

    def _refuse(self, unreadable: Unreadable) -> bytes:
        """Answer what cannot be read, and let the tenant write down what it asked for."""
        self._unreadable = True
        request = self.http.unread(f"it was refused before its body could be read: {unreadable}")
        if request:
            live = self._find_tenant(request)
            if token_path_in(request.path):
                live.tenant.handle(_as_sent(request, live.kind))
        return self.http.write(unreadable.response, last=True)

    def _find_tenant(self, request: Request) -> Live:
        live = self._reception.find_tenant(self._address)
        if live is None:
            hosts, host = self._reception.hosts, canonical(self._address.host)
            raise refusals.unowned(hosts, host, request.method, partial(_as_sent, request))
        return live


def _raise_trouble(call: Call, error: Exception) -> None:
    """Let the connection suffer where a stub has raised what means that."""
    __tracebackhide__ = True
    stubs = call.live.tenant.stubs
    if stubs and (trouble := stubs.trouble_of(error)):
        text = str(error)
        raise NoAnswerError(trouble, lambda _: text) from error


def _as_sent(request: Request, kind: HostKind) -> Request:
    return request if request.host == kind else request._replace(host=kind)
