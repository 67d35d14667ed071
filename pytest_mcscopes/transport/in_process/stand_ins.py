"""What a test puts in place of httpx's own functions: it answers before any client is made.

`monkeypatch.setattr(httpx, "post", fake)` and `mock.patch("httpx.post")` set a name of the
module. A function is wrapped on the way, so that it is known what it was asked for; a mock
knows by itself.
"""

from __future__ import annotations

from functools import wraps
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..hosts import canonical, is_marketing_cloud

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ..hosts import Hosts

_NAMES = frozenset(
    {"request", "get", "options", "head", "post", "put", "patch", "delete", "stream"}
    | {"Client", "AsyncClient"}
)
_MOCKS = "unittest.mock"


class StandIns:
    """Watches the names of httpx and its like, and tells what was sent through a stand-in."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._watched: dict[str, tuple[ModuleType, type[ModuleType]]] = {}
        self._mocks: dict[str, object] = {}
        """What was or is set, by its name as users write it."""

    def watch(self, library: ModuleType) -> None:
        """Watch a library's names, and look at what stands there already."""
        if library.__name__ not in self._watched:
            kind = type(library)
            self._watched[library.__name__] = library, kind
            library.__class__ = self._watching(kind)
        for name in _NAMES & vars(library).keys():
            setattr(library, name, vars(library)[name])

    def leave(self) -> None:
        """Watch no more."""
        for library, kind in self._watched.values():
            library.__class__ = kind
        self._watched.clear()
        self._mocks.clear()

    def begin(self, libraries: Iterable[ModuleType]) -> None:
        """Forget mocks that are gone, at the start of a test's call phase."""
        self._mocks.clear()
        for library in libraries:
            self.watch(library)

    def end(self) -> None:
        """Tell what mocks were asked for, at its end."""
        for name, mock in self._mocks.items():
            for host in _hosts_in(_arguments(mock)):
                self._hosts.on_taken(host, f"a stand-in for {name}")

    def _watching(self, kind: type[ModuleType]) -> type[ModuleType]:
        watcher = self

        class Watched(kind):  # type: ignore[valid-type, misc] # whatever kind it has
            def __setattr__(self, name: str, value: object) -> None:
                super().__setattr__(name, watcher.see(self, name, value))

        return Watched

    def see(self, library: ModuleType, name: str, value: object) -> object:
        """Give what is to be set in place of a value, and remember it where it is a mock."""
        if name not in _NAMES:
            return value
        written = f"{library.__name__}.{name}"
        if type(value).__module__ == _MOCKS or hasattr(value, "mock_calls"):
            self._mocks[written] = value
        elif isinstance(value, FunctionType) and not _is_own(value, library):
            return self._telling(value, written)
        return value

    def _telling(self, stand_in: FunctionType, name: str) -> Callable[..., Any]:
        if hasattr(stand_in, "mcscopes_tells"):
            return stand_in

        @wraps(stand_in)
        def told(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the stand-in takes
            __tracebackhide__ = True
            arrived = self._hosts.arrived
            try:
                return stand_in(*args, **named)
            finally:
                # One that only looks hands the request on to us.
                for host in _hosts_in([*args, *named.values()]):
                    if self._hosts.arrived == arrived:
                        self._hosts.on_taken(host, f"a stand-in for {name}")

        told.mcscopes_tells = True  # type: ignore[attr-defined]
        return told


def _is_own(function: FunctionType, library: ModuleType) -> bool:
    module = str(function.__globals__.get("__name__"))
    return module.partition(".")[0] == library.__name__


def _arguments(mock: Any) -> Iterator[object]:  # noqa: ANN401 - unittest's, which take any name
    # An autospecced function keeps its mock as an attribute; a mock has every attribute.
    spied = vars(mock)["mock"] if isinstance(mock, FunctionType) else mock
    if getattr(spied, "_mock_wraps", None) is None:  # one that wraps the real thing passes it on
        for call in spied.mock_calls:
            yield from (*call.args, *call.kwargs.values())


def _hosts_in(arguments: Iterable[object]) -> Iterator[str]:
    """Find the Marketing Clouds among arguments: URLs as text, or httpx's."""
    for each in arguments:
        text = str(each) if isinstance(each, str) or type(each).__name__ == "URL" else ""
        host = canonical(urlsplit(text).hostname or "") if "://" in text else ""
        if is_marketing_cloud(host):
            yield host
