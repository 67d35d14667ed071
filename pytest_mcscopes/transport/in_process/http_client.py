"""The door for http.client, and with it for requests, urllib3, urllib, suds, zeep and their kind.

Whatever class a library derives from `HTTPConnection`, with a `connect` of its own or
not, it calls the three methods that we lie over. Only a connection to a Marketing Cloud
is given a `connect` of ours; by a proxy, the tunnel's host is what counts.
"""

from __future__ import annotations

import _socket
import ssl
from contextlib import suppress
from functools import partial, wraps
from http.client import HTTPS_PORT, HTTPConnection
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit
from weakref import WeakValueDictionary, ref

from ..loopback.ports import LOOPBACK
from ..names import canonical
from .answering_socket import AnsweringSocket
from .reception import Address, Reception

if TYPE_CHECKING:
    from collections.abc import Callable

    from .patches import Patches

    Method = Callable[..., None]

_REQUIRED = frozenset({None, ssl.CERT_REQUIRED, "CERT_REQUIRED", "REQUIRED"})
"""How urllib3 is told to verify certificates."""


def _find_genuine() -> type[HTTPConnection]:
    """Find the standard library's own class: while a cassette is open, vcrpy's has its name."""
    name = ("http.client", "HTTPConnection")
    kinds = (kind for kind in object.__subclasses__() if (kind.__module__, kind.__name__) == name)
    return cast("type[HTTPConnection]", next(kinds))


_GENUINE = _find_genuine()


class HttpClientConnections:
    """Answers a session's hosts to connections of http.client, and refuses other Marketing Clouds.

    The genuine class is patched: libraries, vendored copies of them, and users derive theirs
    from it, some before we come and some after.
    """

    def __init__(self, reception: Reception, patches: Patches) -> None:
        self._reception = reception
        self._patches = patches
        self._idle: _socket.socket | None = None
        self._connections = WeakValueDictionary[int, "HTTPConnection"]()
        """Those that have something of ours, by id: users' classes need not be hashable."""

    def put(self) -> None:
        """Hear of connections and of their requests."""
        if self._idle is None:
            # Bound to nothing, so that nothing ever comes to it; of `_socket`, where
            # pytest-socket refuses none.
            self._idle = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
        self._patches.put(_GENUINE, "__init__", self._over_naming)
        self._patches.put(_GENUINE, "set_tunnel", self._over_naming)
        self._patches.put(_GENUINE, "putrequest", self._over_putrequest)

    def leave(self) -> None:
        """Give each connection back its own: the next request on it connects anew."""
        for connection in list(self._connections.values()):
            if self._has_our_socket(connection):
                _GENUINE.close(connection)  # as a server hangs up: no code of the user's is run
            connect = vars(connection).get("connect")
            if isinstance(connect, _Connect) and connect.door is self:
                connect.take_off()
        self._connections.clear()
        if self._idle is not None:
            self._idle.close()
            self._idle = None

    def connect(self, connection: HTTPConnection) -> bool:
        """Connect to a Marketing Cloud, as the connection's own `connect` would; False: to none."""
        address = _address_of(connection)
        if not self._reception.claims(address.host):
            return False
        self._put_socket(connection, address)
        _note_as_urllib3(connection)
        return True

    def _over_naming(self, below: Method) -> Method:
        """Lie over a method from which on it is known what a connection is to."""

        @wraps(below)
        def name_host(connection: HTTPConnection, *args: Any, **named: Any) -> None:  # noqa: ANN401
            below(connection, *args, **named)
            self._put_connect(connection)

        return name_host

    def _over_putrequest(self, below: Method) -> Method:
        @wraps(below)
        def putrequest(
            connection: HTTPConnection,
            method: str,
            url: str,
            *args: Any,  # noqa: ANN401
            **named: Any,  # noqa: ANN401
        ) -> None:
            __tracebackhide__ = True
            below(connection, method, url, *args, **named)
            # Nothing has been sent yet. Where sessions nest, the upper one has the last word.
            self._direct(connection, _address_of(connection, url))

        return putrequest

    def _direct(self, connection: HTTPConnection, address: Address) -> None:
        """Let a request go to us or past us, whatever the connection is connected to.

        It may have been made before us; and one to a forwarding proxy serves many hosts.
        """
        ours = self._has_our_socket(connection)
        if self._reception.claims(address.host):
            self._put_connect(connection)
            if not (ours and cast("AnsweringSocket", connection.sock).address == address):
                if connection.sock is not None:
                    connection.sock.close()
                self._put_socket(connection, address)
            return
        if ours:
            connection.sock.close()
            connection.sock = None
        host = canonical(address.host)
        if self._reception.is_open and host != LOOPBACK:  # where a tenant's ports may be
            self._reception.hosts.on_other(host)

    def _has_our_socket(self, connection: HTTPConnection) -> bool:
        sock: object = connection.sock
        return isinstance(sock, AnsweringSocket) and sock.reception is self._reception

    def _put_connect(self, connection: HTTPConnection) -> None:
        """Be asked where a connection to a Marketing Cloud is to connect: some do so early."""
        if self._reception.claims(_address_of(connection).host):
            connect: object = vars(connection).get("connect")
            while isinstance(connect, _Connect) and connect.door is not self:
                connect = connect.below
            if not isinstance(connect, _Connect):
                _Connect(self, connection).put()
                self._connections[id(connection)] = connection

    def _put_socket(self, connection: Any, address: Address) -> None:  # noqa: ANN401
        assert self._idle is not None  # as long as we claim anything
        connection.sock = AnsweringSocket(self._reception, address, self._idle)
        self._connections[id(connection)] = connection


class _Connect:
    """The `connect` of one connection that is to a Marketing Cloud, or was when it was made."""

    def __init__(self, door: HttpClientConnections, connection: HTTPConnection) -> None:
        self.door = door
        self._connection = ref(connection)  # which has this: neither is to keep the other
        self.below = vars(connection).get("connect")

    def put(self) -> None:
        """Lie over the class's own, or over another session's."""
        vars(self._connection())["connect"] = self

    def take_off(self) -> None:
        """Give back what was there."""
        names = vars(self._connection())
        if self.below is None:
            del names["connect"]
        else:
            names["connect"] = self.below

    def __call__(self, *args: object, **named: object) -> None:
        """Connect."""
        connection = self._connection()
        assert connection is not None  # it calls this
        if not self.door.connect(connection):
            below = self.below or partial(type(connection).connect, connection)
            below(*args, **named)


def _address_of(connection: HTTPConnection, url: str = "") -> Address:
    """Tell where a request goes: the URL has the host itself where a proxy is to forward it."""
    if "://" in url and not url.startswith("/"):
        with suppress(ValueError):  # of what is no URL after all
            parts = urlsplit(url)
            return Address(parts.scheme, parts.hostname or "", parts.port)
    names = vars(connection)
    host, port = names.get("_tunnel_host"), names.get("_tunnel_port")
    if not host:
        host, port = connection.host, connection.port
    scheme = "https" if connection.default_port == HTTPS_PORT else "http"
    return Address(scheme, str(host), None if port == connection.default_port else port)


def _note_as_urllib3(connection: Any) -> None:  # noqa: ANN401 - of any class
    """Leave what urllib3's own `connect` leaves: it warns of what has not been verified."""
    if hasattr(connection, "is_verified"):
        required = getattr(connection, "cert_reqs", ssl.CERT_NONE) in _REQUIRED
        connection.is_verified = required or bool(getattr(connection, "assert_fingerprint", None))
    if hasattr(connection, "_has_connected_to_proxy"):  # or it says that the proxy failed
        connection._has_connected_to_proxy = bool(connection.proxy)  # noqa: SLF001
