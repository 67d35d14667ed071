"""What a test puts in place of an HTTP library's own functions, methods and classes.

`monkeypatch.setattr(httpx, "post", fake)`, `mock.patch.object(httpx.Client, "post")` and
`mock.patch("mailer.httpx")` answer before any request is made. A function is wrapped on the
way, so that it is known what it was asked for; a mock knows by itself; of any other object
nothing can be seen.
"""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass
from functools import partial, wraps
from types import FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock
from urllib.parse import urlsplit

from ..hosts import canonical

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence

    from ..hosts import Hosts

_SENDING = frozenset(
    {"request", "get", "options", "head", "post", "put", "patch", "delete", "stream", "send"}
    | {"urlopen", "_request"}
)
"""Functions and methods that send a request."""
_CLIENTS = frozenset({"Client", "AsyncClient", "Session", "ClientSession", "PoolManager"})
_NAMES = _SENDING | _CLIENTS
_SENDERS = _CLIENTS | {"HTTPAdapter"}
_KNOWN = frozenset({"responses", "requests_mock", "aioresponses"})
"""Tools that stand in for a library's methods, by their packages."""
_WATCHED = frozenset({"httpx", "httpx2"})
_LIBRARIES = frozenset({"httpx", "httpx2", "requests", "aiohttp", "urllib3", "urllib"})
_URLS = ("url", "request", "base_url", "str_or_url", "fullurl")
"""Names of the arguments that say who is called."""


class _Place(NamedTuple):
    """Where something was put in place of a library's own."""

    owner: Any
    attribute: str
    name: str
    """As users write it: `httpx.Client.post`."""
    value: object

    @property
    def base(self) -> list[str]:
        """The host of a client that was made for one; of a class it is not known."""
        return _hosts_of([_base_of(self.owner)])


@dataclass(slots=True, kw_only=True)
class _Mock:
    """A mock that answers, and how many of its calls are of an earlier test."""

    mock: Any
    place: _Place
    before: int
    sends: bool
    """Whether to call it is to send something: it stands for a function, not for a client."""


class StandIns:
    """Watches what is put in place of HTTP libraries' names, and tells what was sent by it."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._watched: dict[str, tuple[ModuleType, type[ModuleType]]] = {}
        self._patchers: list[tuple[type, str, Any, Any]] = []
        self._own: dict[int, object] = {}
        """By its id, what is the libraries' own: looked at before each test."""
        self._loaded: frozenset[str] = frozenset()
        self._senders: list[tuple[str, type]] = []
        self._places: list[_Place] = []
        self._mocks: list[_Mock] = []
        self._open = False
        """Whether the call phase of a test runs."""
        self._unseen: dict[str, None] = {}
        """What stands or stood there in the window, and says nothing of its calls."""

    def watch(self, library: ModuleType) -> None:
        """Watch a library's names, and look at what stands there already."""
        if not self._patchers:
            self._watch_patchers()
        self._places = [each for each in self._places if _stands(each)]
        if library.__name__ not in self._watched:
            kind = type(library)
            self._watched[library.__name__] = library, kind
            library.__class__ = self._watching(kind)
        names = vars(library)
        for name in _NAMES & names.keys():
            if not self._is_known(names[name], library.__name__):
                setattr(library, name, names[name])

    def leave(self) -> None:
        """Watch no more."""
        for library, kind in self._watched.values():
            library.__class__ = kind
        for owner, name, below, ours in self._patchers:
            if vars(owner).get(name) is ours:
                setattr(owner, name, below)
        for each in (self._watched, self._patchers, self._places, self._mocks, self._unseen):
            each.clear()

    def begin(self, libraries: Iterable[ModuleType]) -> None:
        """Forget what is gone, at the start of a test's call phase, and look at what stands."""
        self._mocks.clear()
        self._unseen.clear()
        self._open = True
        self._watch_requests_mock()
        for each in libraries:
            self.watch(each)
        standing, self._places = self._places, []
        for place in standing:
            self._look(place.owner, place.attribute, place.name)
        for library, kind in self._loaded_senders():
            methods = vars(kind)
            for name in _SENDING & methods.keys():
                if not self._is_known(methods[name], library):
                    self._look(kind, name, f"{library}.{kind.__name__}.{name}")

    def end(self) -> None:
        """Tell what was sent through stand-ins that were not wrapped, at its end."""
        self._open = False
        for each in self._mocks:
            for hosts in _asked_of(each):
                self._tell(hosts or each.place.base, _stand_in(each.place.name))
        if not self._watch_requests_mock():  # it was imported by the test, and may have answered
            self._hosts.on_taken("", "requests_mock")
        for name in self._unseen:
            self._hosts.on_taken("", _stand_in(name))

    def _is_known(self, value: object, library: str) -> bool:
        """Tell whether a value is the library's own, quickly where it has been seen before."""
        if self._own.get(id(value)) is value:
            return True
        own = _root(value) == library if isinstance(value, type) else _is_own(value, library)
        if own:
            self._own[id(value)] = value
        return own

    def _loaded_senders(self) -> list[tuple[str, type]]:
        """Find the clients of the libraries that are loaded."""
        loaded = _LIBRARIES & sys.modules.keys()
        if loaded != self._loaded:
            self._loaded, self._senders = loaded, [*_senders_of(loaded)]
        return self._senders

    def _watching(self, kind: type[ModuleType]) -> type[ModuleType]:
        watcher = self

        class Watched(kind):  # type: ignore[valid-type, misc] # whatever kind it has
            def __setattr__(self, name: str, value: object) -> None:
                super().__setattr__(name, watcher.see(self, name, value))

        return Watched

    def _watch_patchers(self) -> None:
        """Hear of what `unittest.mock` and pytest's `monkeypatch` put somewhere."""
        patcher: Any = mock._patch  # noqa: SLF001 - `patch` makes these
        self._put_over(patcher, "__enter__", self._entering)
        if pytests := sys.modules.get("_pytest.monkeypatch"):
            self._put_over(pytests.MonkeyPatch, "setattr", self._setting)

    def _watch_requests_mock(self) -> bool:
        """Hear of what requests-mock puts somewhere, once it is imported; False: from now on."""
        theirs = sys.modules.get("requests_mock.mocker")
        core = getattr(theirs, "MockerCore", None)
        if core is None or any(owner is core for owner, *_ in self._patchers):
            return True
        self._put_over(core, "start", self._starting)
        return False

    def _starting(self, below: Callable[[Any], object]) -> Callable[[Any], object]:
        def start(mocker: Any) -> object:  # noqa: ANN401 - requests-mock's
            given = below(mocker)
            self._look(mocker._mock_target, "send", "requests.Session.send")  # noqa: SLF001
            return given

        return start

    def _put_over(self, owner: type, name: str, over: Callable[[Any], Any]) -> None:
        below = vars(owner)[name]
        ours = wraps(below)(over(below))
        setattr(owner, name, ours)
        self._patchers.append((owner, name, below, ours))

    def _entering(self, below: Callable[[Any], object]) -> Callable[[Any], object]:
        def enter(patcher: Any) -> object:  # noqa: ANN401 - unittest's
            __tracebackhide__ = True
            given = below(patcher)
            self._placed(patcher.target, patcher.attribute, patcher.temp_original)
            return given

        return enter

    def _setting(self, below: Callable[..., None]) -> Callable[..., None]:
        def set_attribute(patch: Any, *args: Any, **named: Any) -> None:  # noqa: ANN401
            __tracebackhide__ = True
            below(patch, *args, **named)
            # Private, but the only place where a name given as text is resolved.
            self._placed(*patch._setattr[-1])  # noqa: SLF001

        return set_attribute

    def _placed(self, owner: object, attribute: str, original: object) -> None:
        if name := _door(owner, attribute, original):
            self._look(owner, attribute, name)

    def _look(self, owner: Any, attribute: str, name: str) -> None:  # noqa: ANN401
        """Look at what stands somewhere, and remember that it does."""
        value = inspect.getattr_static(owner, attribute)
        seen = self._see(_Place(owner, attribute, name, value))
        if seen is not value:
            setattr(owner, attribute, seen)
        self._places.append(_Place(owner, attribute, name, seen))

    def see(self, library: ModuleType, name: str, value: object) -> object:
        """Give what is to be set in place of a value of a library's own module."""
        if name not in _NAMES:
            return value
        return self._see(_Place(library, name, f"{library.__name__}.{name}", value))

    def _see(self, place: _Place) -> object:
        """Give what is to stand somewhere: the same, or what tells of its calls."""
        value, name = place.value, place.name
        library, last = name.partition(".")[0], name.rpartition(".")[2]
        if _is_mock(value):
            self._see_mock(place, sends=last in _SENDING)
        elif isinstance(value, staticmethod):
            inner: Any = value.__func__
            told: Any = self._see(place._replace(value=inner))
            return value if told is inner else staticmethod(told)
        elif isinstance(value, type):
            self._see_class(value, name)
        elif isinstance(value, ModuleType) or _is_own(value, library):
            return value
        elif isinstance(value, (FunctionType, MethodType, partial)) and last in _SENDING:
            return self._telling(value, place)
        else:
            self._unseen[name] = None
        return value

    def _see_mock(self, place: _Place, *, sends: bool) -> None:
        spied = _spied(place.value)
        effect = getattr(spied, "side_effect", None)
        if isinstance(effect, (FunctionType, MethodType, partial)):
            # It may hand the request on to us, as a spy does.
            spied.side_effect = self._telling(effect, place)
            return
        known = any(each.mock is spied for each in self._mocks)
        # One that wraps the real thing passes it on.
        if self._open and not known and getattr(spied, "_mock_wraps", None) is None:
            before = len(spied.mock_calls)
            self._mocks.append(_Mock(mock=spied, place=place, before=before, sends=sends))

    def _see_class(self, value: type, name: str) -> None:
        """Look at a class in place of a client's: what it inherits from the library is ours."""
        library = name.partition(".")[0]
        if not any(_root(each) == library for each in value.__mro__):
            self._unseen[name] = None
            return
        for each in value.__mro__:
            if each is object or _root(each) in _LIBRARIES:
                continue
            for method in _SENDING & vars(each).keys():
                self._look(each, method, f"{name}.{method}")

    def _telling(self, stand_in: Callable[..., Any], place: _Place) -> Callable[..., Any]:
        """Wrap a function, so that it is told what it was asked for and did not hand on."""
        if hasattr(stand_in, "mcscopes_tells"):
            return stand_in
        library = place.name.partition(".")[0]
        by = _root(stand_in) if _root(stand_in) in _KNOWN else _stand_in(place.name)

        def asked(args: Sequence[object], named: Mapping[str, object]) -> Callable[[], None]:
            arrived, hosts = self._hosts.arrived, _hosts_in(args, named) or place.base

            def note() -> None:
                if self._hosts.arrived == arrived:
                    self._tell(hosts, by)

            return note

        @wraps(stand_in)
        async def told_later(*args: Any, **named: Any) -> Any:  # noqa: ANN401
            __tracebackhide__ = True
            return await _noting(stand_in(*args, **named), asked(args, named))

        @wraps(stand_in)
        def told(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the stand-in takes
            __tracebackhide__ = True
            note = asked(args, named)
            try:
                answer = stand_in(*args, **named)
            except BaseException:
                note()
                raise
            if inspect.iscoroutine(answer):
                return _noting(answer, note)
            if not _is_pending(answer, library):
                note()
            return answer

        ours: Any = told_later if inspect.iscoroutinefunction(stand_in) else told
        ours.mcscopes_tells = True
        return ours  # type: ignore[no-any-return]

    def _tell(self, hosts: Sequence[str], by: str) -> None:
        """Tell of a request to these hosts; none: it cannot be seen whom it was for."""
        for host in hosts or ("",):
            if not host or self._hosts.concern(host):
                self._hosts.on_taken(host, by)


async def _noting(answer: Awaitable[Any], note: Callable[[], None]) -> Any:  # noqa: ANN401
    __tracebackhide__ = True
    try:
        return await answer
    finally:
        note()


def _stand_in(name: str) -> str:
    return f"a stand-in for {name}"


def _door(owner: object, attribute: str, original: object) -> str:
    """Name what stood somewhere, if it was a library's own way to send; empty: it was none."""
    if isinstance(original, ModuleType):
        return original.__name__ if original.__name__ in _LIBRARIES else ""
    if not isinstance(owner, ModuleType):
        kind = owner if isinstance(owner, type) else type(owner)
        sender = next((each for each in kind.__mro__ if _is_sender(each)), None)
        known = sender is not None and attribute in _SENDING
        return f"{_root(sender)}.{kind.__name__}.{attribute}" if known else ""
    name = getattr(original, "__name__", "")
    if owner.__name__ in _WATCHED or _root(original) not in _LIBRARIES or name not in _NAMES:
        return ""  # or it has been seen
    home = owner.__name__
    return f"{home if home.partition('.')[0] in _LIBRARIES else _root(original)}.{name}"


def _is_sender(kind: type) -> bool:
    return kind.__name__ in _SENDERS and _root(kind) in _LIBRARIES


def _senders_of(libraries: Iterable[str]) -> Iterator[tuple[str, type]]:
    for library in libraries:
        module = sys.modules[library]  # or what a test has put there
        homes: list[tuple[Any, str]] = [(module, name) for name in _CLIENTS]
        homes.append((getattr(module, "adapters", None), "HTTPAdapter"))
        kinds = (getattr(home, name, None) for home, name in homes)
        yield from ((library, kind) for kind in kinds if isinstance(kind, type))


def _stands(place: _Place) -> bool:
    return inspect.getattr_static(place.owner, place.attribute, None) is place.value


def _is_mock(value: object) -> bool:
    return isinstance(value, mock.NonCallableMock) or "mock_calls" in getattr(value, "__dict__", {})


def _spied(value: Any) -> Any:  # noqa: ANN401 - unittest's, which take any name
    # An autospecced function keeps its mock as an attribute; a mock has every attribute.
    return vars(value)["mock"] if isinstance(value, FunctionType) else value


def _is_own(value: Any, library: str) -> bool:  # noqa: ANN401 - whatever stands there
    """Tell whether a function is the library's, whatever it says of itself, or one of ours."""
    names: dict[str, object] = getattr(value, "__globals__", {})
    home = str(names.get("__name__", "")).partition(".")[0]
    # What contextlib makes of a generator is a function of contextlib's.
    return home == library or (home == "contextlib" and _root(value) == library)


def _is_pending(answer: object, library: str) -> bool:
    """Tell whether an answer is the library's own request, which is yet to be sent."""
    if library == "aiohttp":
        return _root(type(answer)) == library and type(answer).__name__.endswith("ContextManager")
    return _is_own(getattr(answer, "func", None), library)


def _root(value: object) -> str:
    return str(getattr(value, "__module__", "")).partition(".")[0]


def _asked_of(seen: _Mock) -> Iterator[Sequence[str]]:
    """Give the hosts of each request that a mock was asked for, as far as it was told them."""
    calls = list(seen.mock.mock_calls)
    new = calls[seen.before :] if len(calls) >= seen.before else calls
    sent: list[tuple[Any, Any]] = []
    made: list[tuple[Any, Any]] = []
    for name, args, named in new:
        last = name.rpartition(".")[2]
        (sent if last in _SENDING or (seen.sends and not name) else made).append((args, named))
    # A client that is made for a host, and asked for paths alone.
    base = [host for args, named in made for host in _hosts_in(args, named)]
    for args, named in sent:
        yield _hosts_in(args, named) or base


def _hosts_in(args: Iterable[object], named: Mapping[str, object]) -> list[str]:
    """Find whom arguments name: in a URL or a request, or else the base URL of a client."""
    given = [*args, *(named[each] for each in _URLS if each in named)]
    return _hosts_of(map(_url_of, given)) or _hosts_of(map(_base_of, given))


def _hosts_of(urls: Iterable[str]) -> list[str]:
    parts = (urlsplit(url) for url in urls if "://" in url)
    return [canonical(each.netloc.rpartition("@")[2]) for each in parts]


def _url_of(value: Any) -> str:  # noqa: ANN401 - whatever a call was given
    if isinstance(value, str) or type(value).__name__ == "URL":
        return str(value)
    url = getattr(value, "full_url", getattr(value, "url", ""))
    return str(url) if isinstance(url, str) or type(url).__name__ == "URL" else ""


def _base_of(value: Any) -> str:  # noqa: ANN401
    base = getattr(value, "base_url", getattr(value, "_base_url", ""))
    return str(base) if isinstance(base, str) or type(base).__name__ == "URL" else ""
