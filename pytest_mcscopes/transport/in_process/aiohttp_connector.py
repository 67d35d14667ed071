"""The door for aiohttp: connections in memory, made by its own connectors.

All above them is the client's own: sessions, pools, redirects, time-outs, traces. They are
answered on the client's loop, where a stub is awaited. aiohttp takes a while to be imported,
so it is left to the code under test, and patched once it is there.
"""

from __future__ import annotations

import asyncio
import errno
from contextvars import Context, copy_context
from functools import partial, wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ...ledger.contexts import SENDER
from ..loopback.ports import LOOPBACK
from ..names import canonical, is_marketing_cloud
from .called_hosts import host_of_client, hosts_in
from .exchange import Call, Exchange, NoAnswerError
from .late_imports import LateImport
from .reception import Address, Reception
from .refusals import RefusedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from types import ModuleType

    from .patches import Patches

    # Any: aiohttp's own types, which need not be installed.
    Connect = Callable[..., Awaitable[Any]]

_OWN = "connector"
"""What took a request to a Marketing Cloud where aiohttp's own connector did not."""
_MIDDLEWARE = "middleware"
"""What took one that never came to a connector."""
_MODULE = "aiohttp.connector"
_CLIENT = "aiohttp.client"
_REQUEST = "_request"
_CONNECT, _CREATE = "connect", "_create_connection"
"""The first is called for each request, the second for each new connection."""
_IN_MEMORY = "mcscopes"
"""By which extra information a connection of ours is known, in any session of pytest."""
_PORTS: Mapping[str, int] = {"https": 443, "http": 80}


class AiohttpConnector:
    """Answers a session's hosts to clients of aiohttp."""

    def __init__(self, reception: Reception, patches: Patches) -> None:
        self._reception = reception
        self._hosts = reception.hosts
        self._patches = patches
        self.late_imports = (
            LateImport(_MODULE, self._put),
            LateImport(_CLIENT, self._put_over_client),
        )

    def _put(self, module: ModuleType) -> None:
        self._patches.watch(module, "BaseConnector")
        self._patches.watch(module, "TCPConnector")
        if hasattr(getattr(module, "TCPConnector", None), _CREATE):  # else it is a test's stub
            self._patches.put(module.BaseConnector, _CONNECT, partial(self._over, module))
            self._patches.put(module.TCPConnector, _CREATE, partial(self._over_creation, module))

    def _put_over_client(self, module: ModuleType) -> None:
        self._patches.watch(module, "ClientSession")
        if hasattr(getattr(module, "ClientSession", None), _REQUEST):  # else it is a test's stub
            self._patches.put(module.ClientSession, _REQUEST, self._over_request)

    def _over_request(self, below: Connect) -> Connect:
        @wraps(below)
        async def request(session: Any, method: str, str_or_url: Any, **named: Any) -> Any:  # noqa: ANN401
            __tracebackhide__ = True
            arrived = self._hosts.arrived
            answer = await below(session, method, str_or_url, **named)
            if self._hosts.arrived == arrived:
                for host in hosts_in((str_or_url,), {}) or host_of_client(session):
                    if is_marketing_cloud(name := host.partition(":")[0]):
                        self._hosts.take(name, _MIDDLEWARE)
            return answer

        return request

    def _over(self, module: ModuleType, below: Connect) -> Connect:
        async def connect(connector: Any, request: Any, *args: Any, **named: Any) -> Any:  # noqa: ANN401
            __tracebackhide__ = True
            if not self._reception.claims(request.host):
                # Not for where the ports of tenants are.
                if self._reception.is_open and request.host != LOOPBACK:
                    self._hosts.on_other(canonical(request.host))
                return await below(connector, request, *args, **named)
            try:
                connection = await below(connector, request, *args, **named)
                while not _is_in_memory(connection) and self._is_standard(connector, module):
                    connection.close()  # it was made before we were asked
                    connection = await below(connector, request, *args, **named)
            except BaseException:
                if not self._is_standard(connector, module):
                    self._hosts.take(canonical(request.host), _OWN)
                raise
            if _is_in_memory(connection):
                connection.transport.begin_request()
            else:
                self._hosts.take(canonical(request.host), _OWN)
            return connection

        return connect

    def _is_standard(self, connector: object, module: ModuleType) -> bool:
        """Tell whether connections are made where we are asked, and by nobody in our place."""
        kind = module.TCPConnector
        if self._patches.first_over(kind, _CREATE) is not None:
            return False
        create = getattr(connector, _CREATE, None)
        return getattr(create, "__func__", None) is getattr(kind, _CREATE)

    def _over_creation(self, module: ModuleType, below: Connect) -> Connect:
        async def create_connection(connector: Any, request: Any, *args: Any, **named: Any) -> Any:  # noqa: ANN401
            __tracebackhide__ = True
            key = request.connection_key
            if not self._reception.claims(key.host):
                return await below(connector, request, *args, **named)
            protocol = connector._factory()  # noqa: SLF001 - what aiohttp itself does here
            errors = _Errors(module, key)
            protocol.connection_made(InMemory(protocol, self._reception, _address_of(key), errors))
            return protocol

        return create_connection


def _is_in_memory(connection: Any) -> bool:  # noqa: ANN401
    return bool(connection.transport.get_extra_info(_IN_MEMORY))


def _address_of(key: Any) -> Address:  # noqa: ANN401
    scheme = "https" if key.is_ssl else "http"
    return Address(scheme, key.host, None if key.port == _PORTS[scheme] else key.port)


class _Errors:
    """Writes what becomes of a request as aiohttp's own errors."""

    def __init__(self, module: ModuleType, key: object) -> None:
        self._kinds = import_module("aiohttp.client_exceptions")
        self._refused: Callable[[object, OSError], Exception] = module.ClientConnectorError
        self._key = key

    def refused(self, error: RefusedError) -> Exception:
        """Say that nobody answers there."""
        # The number too: aiohttp shows no text without one.
        return self._refused(self._key, ConnectionRefusedError(errno.ECONNREFUSED, str(error)))

    def timeout(self, error: NoAnswerError) -> Exception:
        """Say that no answer came in time."""
        known = vars(self._kinds)
        name = "SocketTimeoutError" if "SocketTimeoutError" in known else "ServerTimeoutError"
        raised: Exception = known[name](error.describe(f"aiohttp.{name}"))
        return raised

    def reset(self, error: NoAnswerError) -> OSError:
        """Say that the connection was cut off; aiohttp makes its ClientOSError of it."""
        return ConnectionResetError(errno.ECONNRESET, error.describe("aiohttp.ClientOSError"))


class InMemory(asyncio.Transport):
    """One connection, as its client sees it."""

    def __init__(
        self,
        protocol: Any,  # noqa: ANN401
        reception: Reception,
        address: Address,
        errors: _Errors,
    ) -> None:
        super().__init__({_IN_MEMORY: True})
        self._loop = asyncio.get_running_loop()
        self._protocol = protocol
        self._reception = reception
        self._exchange = Exchange(reception, address)
        self._errors = errors
        self._context = Context()
        self._answering: asyncio.Task[None] | None = None
        self._closed = False

    def begin_request(self) -> None:
        """Hear that the task which runs here is about to send a request."""
        self._context = copy_context()
        self._context.run(SENDER.set, SENDER.get() or asyncio.current_task())

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take what the client sends, and begin to answer once a request is whole."""
        if self._closed or self._exchange.http.closing:  # a port, too, reads on and throws it away
            return
        try:
            came = self._context.copy().run(self._exchange.receive, bytes(data))
        except RefusedError as refused:
            self._loop.call_soon(self._fail, self._errors.refused(refused))
            return
        if isinstance(came, bytes):
            self._loop.call_soon(self._deliver, came)
        elif came.live.tenant.stubs is None:  # so nothing has to be awaited
            self._loop.call_soon(self._answer_at_once, came, context=self._context)
        else:
            # By its class: a loop's own factory may run the task at once, within the write.
            self._answering = asyncio.Task(
                self._answer(came), loop=self._loop, context=self._context
            )

    def _answer_at_once(self, call: Call) -> None:
        __tracebackhide__ = True
        try:
            written = self._exchange.answer(call)
        except BaseException as error:  # noqa: BLE001 - as below
            self._fail_by(error)
        else:
            self._deliver(written)

    async def _answer(self, call: Call) -> None:
        __tracebackhide__ = True
        try:
            written = await self._exchange.answer_async(call)
        except BaseException as error:  # noqa: BLE001 - pytest.fail in a stub is no Exception
            self._fail_by(error)
        else:
            self._deliver(written)

    def _fail_by(self, error: BaseException) -> None:
        """Let the client meet what came in place of an answer."""
        if not isinstance(error, NoAnswerError):
            self._fail(error)
        elif error.trouble == "timeout":
            self._fail(self._errors.timeout(error))
        else:
            self._end(self._errors.reset(error))

    def _deliver(self, data: bytes) -> None:
        if data and not self._closed:
            self._protocol.data_received(data)

    def _fail(self, error: BaseException) -> None:
        """Raise an error where the client waits for its answer."""
        if not self._closed:
            self._protocol.set_exception(error)

    def close(self) -> None:
        """Hear that the client is done, with or without its answer."""
        if not self._closed:
            # A copy: a stub may close its own client.
            self._context.copy().run(self._exchange.end)
            if self._answering:
                self._answering.cancel()
            self._end(None)

    abort = close  # nothing is ever waiting to be sent

    def is_closing(self) -> bool:
        """Tell whether it is of use: where we do not answer any more, clients are to connect."""
        return self._closed or not self._reception.is_open

    def get_write_buffer_size(self) -> int:
        """Count the bytes that are waiting to be sent."""
        return 0

    def _end(self, error: OSError | None) -> None:
        if not self._closed:  # the client may have gone before it was answered
            self._closed = True
            self._loop.call_soon(self._protocol.connection_lost, error)
