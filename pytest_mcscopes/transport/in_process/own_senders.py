"""What a session or an opener sent by something of its own, so that it never came to us.

`Session.mount` of requests lets any class answer in place of its `HTTPAdapter`, and so does a
handler of urllib's openers, as a client's `transport=` does for httpx. Whoever answered, the
session knows what it handed over.
"""

from __future__ import annotations

from functools import partial, wraps
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from ..names import canonical, is_marketing_cloud
from .late_imports import LateImport
from .library_names import TOOLS, is_own, root_package

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from ..hosts import Hosts
    from .patches import Patches

    # Any: the libraries' own types, which need not be installed.
    Send = Callable[..., Any]


def _adapter_of(session: Any, url: str) -> str:  # noqa: ANN401
    """Name what a session of requests sends by; empty: an adapter of requests' own."""
    send = session.get_adapter(url=url).send
    if root_package(send) in TOOLS:
        return root_package(send)
    return "" if is_own(send, "requests") else "adapter"


def _handler_of(opener: Any, url: str) -> str:  # noqa: ANN401
    """Name what an opener of urllib's may have sent by; empty: its own handlers alone."""
    scheme = urlsplit(url).scheme
    handlers = opener.handle_open.get(scheme, ())
    opens = (getattr(type(each), f"{scheme}_open", None) for each in handlers)
    # A proxy's handler makes its functions as it is made.
    own = any(root_package(each) != "urllib" for each in opens if each is not None)
    return "handler" if own else ""


class _Way(NamedTuple):
    """A library's method that everything passes, and who may answer beneath it."""

    module: str
    owner: str
    method: str
    taker: Callable[[Any, str], str]
    beneath: str = ""
    """Who answered where what is the library's own got an answer, and not of us."""


_WAYS = (
    _Way("requests.sessions", "Session", "send", _adapter_of, "pool"),
    _Way("urllib.request", "OpenerDirector", "open", _handler_of),
)


class OwnSenders:
    """Reports requests to a Marketing Cloud that were answered by something of a session's own."""

    def __init__(self, hosts: Hosts, patches: Patches) -> None:
        self._hosts = hosts
        self._patches = patches
        self.late_imports = [LateImport(way.module, partial(self._put, way)) for way in _WAYS]

    def _put(self, way: _Way, module: ModuleType) -> None:
        self._patches.watch(module, way.owner)
        owner = getattr(module, way.owner, None)
        if hasattr(owner, way.method):  # else it is a test's stub
            self._patches.put(owner, way.method, partial(self._over, way))

    def _over(self, way: _Way, below: Send) -> Send:
        @wraps(below)
        def send(owner: Any, request: Any, *args: Any, **named: Any) -> Any:  # noqa: ANN401
            __tracebackhide__ = True
            arrived, beneath = self._hosts.arrived, ""
            try:
                answer = below(owner, request, *args, **named)
                beneath = way.beneath
                return answer
            finally:
                if self._hosts.arrived == arrived:
                    self._note(way, owner, request, beneath)

        return send

    def _note(self, way: _Way, owner: object, request: Any, beneath: str) -> None:  # noqa: ANN401
        url = str(getattr(request, "full_url", getattr(request, "url", request)))
        host = canonical(urlsplit(url).netloc.rpartition("@")[2])
        if not self._hosts.concern(host):
            return
        # A port, too, answers without its tenant, where a request cannot be read.
        beneath = beneath if is_marketing_cloud(host.partition(":")[0]) else ""
        if by := way.taker(owner, url) or beneath:
            self._hosts.take(host, by)
