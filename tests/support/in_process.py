"""Clients in this process, the tenant behind our door, and the network beyond it."""

from __future__ import annotations

import http.server
import ssl
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import anyio
import httpcore
from respx.models import AllMockedAssertionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


AUTH = "mcours.auth.marketingcloudapis.com"
REST = "mcours.rest.marketingcloudapis.com"
STALE = "mcstale.auth.marketingcloudapis.com"
UNOWNED = "mcunowned.rest.marketingcloudapis.com"

TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody and loads no certificates: quick to make, and no client gets as far as TLS."""


class Sender:
    """Sends by a client of httpx or httpx2 that blocks, or that awaits on some backend."""

    def __init__(self, library: ModuleType, kind: str) -> None:
        self.library = library
        self.kind = kind

    def __call__(self, method: str, url: str, **content: object) -> Any:  # noqa: ANN401 - of either
        """Send a new request."""
        return self.send(self.library.Request(method, url, **content))

    def send(self, request: object, *, trust_env: bool = False) -> Any:  # noqa: ANN401 - of either
        """Send a request of the library."""
        settings = {"verify": TLS, "trust_env": trust_env}
        if self.kind != "sync":
            return anyio.run(self._send, request, settings, backend=self.kind)
        with self.library.Client(**settings) as client:
            return client.send(request)

    async def _send(self, request: object, settings: dict[str, Any]) -> object:
        async with self.library.AsyncClient(**settings) as client:
            return await client.send(request)

    def outcome(self, url: str, *, trust_env: bool = False) -> str:
        """Tell who answered a GET, or how it was refused."""
        try:
            answer = self.send(self.library.Request("GET", url), trust_env=trust_env)
        except AllMockedAssertionError:
            return "refused by the user's"
        except self.library.ConnectError as error:
            return "refused by ours" if "MCSCOPES: " in str(error) else repr(error)
        return answer.text or "empty"


def by_core(url: str) -> str:
    """Post by httpcore itself, as a transport of the user's own may."""
    with httpcore.ConnectionPool() as pool:
        return pool.request("POST", url, headers={"X-Tag": "a"}, content=b"body").content.decode()


class Outside(http.server.BaseHTTPRequestHandler):
    """The network that other hosts are on, and a forward proxy to it that opens no tunnel."""

    def do_GET(self) -> None:
        """Answer as the host, or as the proxy where a whole URL is asked for."""
        body = b"via proxy" if self.path.startswith("http:") else b"real"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_CONNECT(self) -> None:
        """Refuse."""
        self.send_error(403, "no tunnel here")

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@contextmanager
def serving_outside() -> Iterator[str]:
    """Yield the base URL of a real server."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Outside) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
