"""HTTP libraries' own names: their clients, and what sends a request by them."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SENDING = frozenset(
    {"request", "get", "options", "head", "post", "put", "patch", "delete", "stream", "send"}
    | {"urlopen", "open", "_request", "_make_request", "endheaders"}
)
"""Functions and methods that send a request."""
_CLIENTS = frozenset({"Client", "AsyncClient", "Session", "ClientSession", "PoolManager"})
CONNECTIONS = frozenset(
    {"HTTPConnection", "HTTPSConnection", "HTTPConnectionPool", "HTTPSConnectionPool"}
)
"""Each is made for one host, and is then asked for paths alone."""
NAMES = SENDING | _CLIENTS | CONNECTIONS
_OURS = __name__.partition(".")[0]
_SENDERS = _CLIENTS | CONNECTIONS | {"HTTPAdapter", "OpenerDirector"}
_WATCHED = frozenset({"httpx", "httpx2"})
LIBRARIES = frozenset({"httpx", "httpx2", "requests", "aiohttp", "urllib3", "urllib", "http"})
_MODULES = LIBRARIES | {"urllib.request", "http.client"}
"""What has their functions and classes."""

CASSETTES = "vcr"
"""Its classes stand in for those of http.client and urllib3."""
TOOLS = frozenset({"responses", "requests_mock", "aioresponses"})
"""They stand in for a library's methods, and are called by their packages."""


def way_to_send(owner: object, attribute: str, original: object) -> str:
    """Name what stood somewhere, if it was a library's own way to send; empty: it was none."""
    if isinstance(original, ModuleType):
        return original.__name__ if original.__name__ in _MODULES else ""
    if not isinstance(owner, ModuleType):
        kind = owner if isinstance(owner, type) else type(owner)
        sender = next((each for each in kind.__mro__ if _is_sender(each)), None)
        known = sender is not None and attribute in SENDING
        return f"{_home_of(sender)}.{kind.__name__}.{attribute}" if known else ""
    name = getattr(original, "__name__", "")
    if owner.__name__ in _WATCHED or root_package(original) not in LIBRARIES or name not in NAMES:
        return ""  # or it has been seen
    home = owner.__name__
    return f"{home if home.partition('.')[0] in LIBRARIES else root_package(original)}.{name}"


def _home_of(kind: Any) -> str:  # noqa: ANN401
    """Name the module where users find a library's class."""
    root = root_package(kind)
    return str(kind.__module__) if root in {"http", "urllib"} else root


def _is_sender(kind: type) -> bool:
    return kind.__name__ in _SENDERS and root_package(kind) in LIBRARIES


def senders_of(libraries: Iterable[str]) -> Iterator[tuple[str, type]]:
    """Yield the clients of libraries that are loaded, each after its library's name."""
    for library in libraries:
        module = sys.modules[library]  # or what a test has put there
        homes: list[tuple[Any, str]] = [(module, name) for name in _CLIENTS]
        homes.append((getattr(module, "adapters", None), "HTTPAdapter"))
        kinds = (getattr(home, name, None) for home, name in homes)
        yield from ((library, kind) for kind in kinds if isinstance(kind, type))


def is_own(value: Any, library: str) -> bool:  # noqa: ANN401 - whatever stands there
    """Tell whether a function is the library's, whatever it says of itself, or one of ours."""
    names: dict[str, object] = getattr(value, "__globals__", {})
    home = str(names.get("__name__", "")).partition(".")[0]
    # What contextlib makes of a generator is a function of contextlib's.
    return home in {library, _OURS} or (home == "contextlib" and root_package(value) == library)


def is_pending(answer: object, library: str) -> bool:
    """Tell whether an answer is the library's own request, which is yet to be sent."""
    if library == "aiohttp":
        return root_package(type(answer)) == library and type(answer).__name__.endswith(
            "ContextManager"
        )
    return is_own(getattr(answer, "func", None), library)


def root_package(value: object) -> str:
    """Name the package that a class or function says it is of."""
    return str(getattr(value, "__module__", "")).partition(".")[0]
