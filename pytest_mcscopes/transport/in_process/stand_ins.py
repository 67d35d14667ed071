"""What a test puts in place of an HTTP library's own functions, methods and classes.

`monkeypatch.setattr(httpx, "post", fake)`, `mock.patch.object(httpx.Client, "post")` and
`mock.patch("mailer.httpx")` answer before any request is made. A function is wrapped on the
way, so that its calls can be seen; a mock keeps them itself; of any other object nothing can
be seen.
"""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass
from functools import partial, wraps
from types import FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

from .called_hosts import host_of_client, hosts_connected_to, hosts_in
from .library_names import (
    CASSETTES,
    CONNECTIONS,
    LIBRARIES,
    NAMES,
    SENDING,
    TOOLS,
    is_own,
    is_pending,
    root_package,
    senders_of,
    way_to_send,
)
from .snapshots import Snapshot

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence

    from ..hosts import Hosts

_REQUESTS_MOCK = "requests_mock.mocker"


class _Place(NamedTuple):
    """Where something was put in place of a library's own."""

    owner: Any
    attribute: str
    name: str
    """As users write it: `httpx.Client.post`."""
    value: object

    @property
    def base(self) -> list[str]:
        """The host of a client that was made for one."""
        return host_of_client(self.owner)


@dataclass(slots=True, kw_only=True)
class _Mock:
    """A mock that answers, and how many of its calls are of an earlier test."""

    mock: Any
    place: _Place
    before: int
    sends: bool
    """Whether to call it is to send something: it stands for a function, not for a client."""


class StandIns:
    """Watches what is put in place of HTTP libraries' names, and reports what was sent by it."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._watched: dict[str, tuple[ModuleType, type[ModuleType]]] = {}
        self._patchers: list[tuple[type, str, Any, Any]] = []
        self._libraries: Sequence[ModuleType] = ()
        self._own: dict[int, Snapshot] = {}
        """By the id of a module or class, what it had when all was the library's own."""
        self._all_own: dict[frozenset[str], Snapshot] = {}
        """By their names, what all libraries and all clients had when all was their own."""
        self._loaded: frozenset[str] = frozenset()
        """The libraries that were imported when we last looked for their clients."""
        self._senders: list[tuple[str, type]] = []
        self._places: list[_Place] = []
        self._mocks: list[_Mock] = []
        self._open = False
        """Whether the call phase of a test runs."""
        self._unseen: dict[str, None] = {}
        """What stands or stood there in the window, and says nothing of its calls."""

    def watch(self, libraries: Sequence[ModuleType]) -> None:
        """Watch the names of libraries, and look at what stands there already."""
        if self._libraries == libraries and not self._places and self._are_own(NAMES):
            return
        self._libraries = libraries
        if not self._patchers:
            self._watch_patchers()
        if self._places:
            self._places = [each for each in self._places if _stands(each)]
        for library in libraries:
            if library.__name__ not in self._watched:
                kind = type(library)
                self._watched[library.__name__] = library, kind
                library.__class__ = self._watching(kind)
        owners = [(library.__name__, library) for library in libraries]
        for _, library, name, value in self._strange(NAMES, owners):
            setattr(library, name, value)

    def leave(self) -> None:
        """Watch no more."""
        for library, kind in self._watched.values():
            library.__class__ = kind
        for owner, name, below, ours in self._patchers:
            if vars(owner).get(name) is ours:
                setattr(owner, name, below)
        for each in (self._watched, self._patchers, self._places, self._mocks, self._unseen):
            each.clear()
        self._all_own.clear()

    def begin(self, libraries: Sequence[ModuleType]) -> None:
        """Forget what is gone, at the start of a test's call phase, and look at what stands."""
        self._mocks.clear()
        self._unseen.clear()
        self._open = True
        if _REQUESTS_MOCK in sys.modules:
            self._watch_requests_mock()
        self.watch(libraries)
        standing, self._places = self._places, []
        for place in standing:
            self._look(place.owner, place.attribute, place.name)
        loaded = LIBRARIES & sys.modules.keys()
        if loaded != self._loaded:
            self._loaded, self._senders = loaded, [*senders_of(loaded)]
        elif self._are_own(SENDING):
            return
        for library, kind, name, _ in self._strange(SENDING, self._senders):
            self._look(kind, name, f"{library}.{kind.__name__}.{name}")

    def end(self) -> None:
        """Report what was sent through stand-ins that were not wrapped, at the end of it."""
        self._open = False
        for each in self._mocks:
            for hosts in _requested_of(each):
                self._note(hosts or each.place.base, _stand_in(each.place.name))
        if _REQUESTS_MOCK in sys.modules and not self._watch_requests_mock():
            self._hosts.take("", "requests_mock")  # the test imported it, and it may have answered
        for name in self._unseen:
            self._hosts.take("", _stand_in(name))

    def _are_own(self, names: frozenset[str]) -> bool:
        """Tell in few steps, as this is asked several times for each test, that none is strange."""
        own = self._all_own.get(names)
        return own is not None and own.is_left()

    def _strange(
        self, names: frozenset[str], owners: Iterable[tuple[str, Any]]
    ) -> list[tuple[str, Any, str, Any]]:
        """List the values by these names that are not the library's own, each after its place."""
        found = []
        for library, owner in owners:
            own = self._own.get(id(owner))
            if own is not None and own.is_left():
                continue
            values = vars(owner)
            strange = [
                (library, owner, name, values[name])
                for name in names
                if name in values and not _is_of_library(values[name], library)
            ]
            if not strange:
                self._own[id(owner)] = Snapshot((owner, name) for name in names)
            found += strange
        self._all_own.pop(names, None)
        if not found:
            self._all_own[names] = Snapshot((owner, name) for _, owner in owners for name in names)
        return found

    def _watching(self, kind: type[ModuleType]) -> type[ModuleType]:
        watcher = self

        class Watched(kind):  # type: ignore[valid-type, misc] # whatever kind it has
            def __setattr__(self, name: str, value: object) -> None:
                super().__setattr__(name, watcher.see(self, name, value))

        return Watched

    def _watch_patchers(self) -> None:
        """Follow what `unittest.mock` and pytest's `monkeypatch` put somewhere."""
        patcher: Any = mock._patch  # noqa: SLF001 - `patch` makes these
        self._put_over(
            patcher,
            "__enter__",
            lambda it: self._placed(it.target, it.attribute, it.temp_original),
        )
        if pytests := sys.modules.get("_pytest.monkeypatch"):
            # Private, but the only place where a name given as text is resolved.
            self._put_over(
                pytests.MonkeyPatch,
                "setattr",
                lambda it: self._placed(*it._setattr[-1]),  # noqa: SLF001
            )

    def _watch_requests_mock(self) -> bool:
        """Follow what requests-mock puts somewhere, once it is imported; False: from now on."""
        theirs = sys.modules.get(_REQUESTS_MOCK)
        core = getattr(theirs, "MockerCore", None)
        if core is None or any(owner is core for owner, *_ in self._patchers):
            return True
        self._put_over(
            core,
            "start",
            lambda it: self._look(it._mock_target, "send", "requests.Session.send"),  # noqa: SLF001
        )
        return False

    def _put_over(self, owner: type, name: str, look: Callable[[Any], None]) -> None:
        """Look at what a method has put somewhere, each time that it has."""
        below = vars(owner)[name]

        @wraps(below)
        def ours(patcher: Any, *args: Any, **named: Any) -> Any:  # noqa: ANN401
            __tracebackhide__ = True
            given = below(patcher, *args, **named)
            look(patcher)
            return given

        setattr(owner, name, ours)
        self._patchers.append((owner, name, below, ours))

    def _placed(self, owner: object, attribute: str, original: object) -> None:
        if name := way_to_send(owner, attribute, original):
            self._look(owner, attribute, name)

    def _look(self, owner: Any, attribute: str, name: str) -> None:  # noqa: ANN401
        """Look at what stands somewhere, and remember that it does."""
        if not self._patchers:  # we watch no more: what lay over us goes on calling us
            return
        value = inspect.getattr_static(owner, attribute)
        seen = self._see(_Place(owner, attribute, name, value))
        if seen is not value:
            setattr(owner, attribute, seen)
        self._places.append(_Place(owner, attribute, name, seen))

    def see(self, library: ModuleType, name: str, value: object) -> object:
        """Give what is to be set in place of a value of a library's own module."""
        if not self._patchers or name not in NAMES:
            return value
        return self._see(_Place(library, name, f"{library.__name__}.{name}", value))

    def _see(self, place: _Place) -> object:
        """Give what is to stand somewhere: the same, or one that reports its calls."""
        value, name = place.value, place.name
        library, last = name.partition(".")[0], name.rpartition(".")[2]
        if _is_mock(value):
            self._see_mock(place, sends=last in SENDING)
        elif isinstance(value, staticmethod):
            inner: Any = value.__func__
            seen: Any = self._see(place._replace(value=inner))
            return value if seen is inner else staticmethod(seen)
        elif isinstance(value, type):
            if root_package(value) != CASSETTES:  # which tell by themselves what they play
                self._see_class(value, name)
        elif isinstance(value, ModuleType) or is_own(value, library):
            return value
        elif isinstance(value, (FunctionType, MethodType, partial)) and last in SENDING:
            return self._wrap(value, place)
        else:
            self._unseen[name] = None
        return value

    def _see_mock(self, place: _Place, *, sends: bool) -> None:
        spied = _spied(place.value)
        effect = getattr(spied, "side_effect", None)
        if isinstance(effect, (FunctionType, MethodType, partial)):
            # It may hand the request on to us, as a spy does.
            spied.side_effect = self._wrap(effect, place)
            return
        known = any(each.mock is spied for each in self._mocks)
        # One that wraps the real thing passes it on.
        if self._open and not known and getattr(spied, "_mock_wraps", None) is None:
            before = len(spied.mock_calls)
            self._mocks.append(_Mock(mock=spied, place=place, before=before, sends=sends))

    def _see_class(self, value: type, name: str) -> None:
        """Look at a class in place of a client's: what it inherits from the library is ours."""
        library = name.partition(".")[0]
        if not any(root_package(each) == library for each in value.__mro__):
            self._unseen[name] = None
            return
        for each in value.__mro__:
            if each is object or root_package(each) in LIBRARIES:
                continue
            for method in SENDING & vars(each).keys():
                self._look(each, method, f"{name}.{method}")

    def _wrap(self, stand_in: Callable[..., Any], place: _Place) -> Callable[..., Any]:
        """Wrap a function, so that requests are reported that it did not hand on to us."""
        if hasattr(stand_in, "mcscopes_wrapped"):
            return stand_in
        library = place.name.partition(".")[0]
        by = root_package(stand_in) if root_package(stand_in) in TOOLS else _stand_in(place.name)

        def begin_call(args: Sequence[object], named: Mapping[str, object]) -> Callable[[], None]:
            arrived, hosts = self._hosts.arrived, hosts_in(args, named) or place.base

            def note() -> None:
                if self._hosts.arrived == arrived:
                    self._note(hosts, by)

            return note

        @wraps(stand_in)
        async def wrapped_later(*args: Any, **named: Any) -> Any:  # noqa: ANN401
            __tracebackhide__ = True
            return await _noting(stand_in(*args, **named), begin_call(args, named))

        @wraps(stand_in)
        def wrapped(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the stand-in takes
            __tracebackhide__ = True
            note = begin_call(args, named)
            try:
                answer = stand_in(*args, **named)
            except BaseException:
                note()
                raise
            if inspect.iscoroutine(answer):
                return _noting(answer, note)
            if not is_pending(answer, library):
                note()
            return answer

        ours: Any = wrapped_later if inspect.iscoroutinefunction(stand_in) else wrapped
        ours.mcscopes_wrapped = True
        return ours  # type: ignore[no-any-return]

    def _note(self, hosts: Sequence[str], by: str) -> None:
        """Report a request to these hosts; none: it cannot be seen whom it was for."""
        for host in hosts or ("",):
            if not host or self._hosts.concern(host):
                self._hosts.take(host, by)


async def _noting(answer: Awaitable[Any], note: Callable[[], None]) -> Any:  # noqa: ANN401
    __tracebackhide__ = True
    try:
        return await answer
    finally:
        note()


def _is_of_library(value: object, library: str) -> bool:
    return root_package(value) == library if isinstance(value, type) else is_own(value, library)


def _stand_in(name: str) -> str:
    return f"a stand-in for {name}"


def _stands(place: _Place) -> bool:
    return inspect.getattr_static(place.owner, place.attribute, None) is place.value


def _is_mock(value: object) -> bool:
    return isinstance(value, mock.NonCallableMock) or "mock_calls" in getattr(value, "__dict__", {})


def _spied(value: Any) -> Any:  # noqa: ANN401 - unittest's, which take any name
    # An autospecced function keeps its mock as an attribute; a mock has every attribute.
    return vars(value)["mock"] if isinstance(value, FunctionType) else value


def _requested_of(seen: _Mock) -> Iterator[Sequence[str]]:
    """Yield the hosts of each request that a mock took, as far as its arguments name them."""
    calls = list(seen.mock.mock_calls)
    new = calls[seen.before :] if len(calls) >= seen.before else calls
    sent: list[tuple[Any, Any]] = []
    made: list[tuple[Any, Any]] = []
    for name, args, named in new:
        last = name.rpartition(".")[2]
        (sent if last in SENDING or (seen.sends and not name) else made).append((args, named))
    # A client that is made for a host, and asked for paths alone.
    find = hosts_connected_to if seen.place.attribute in CONNECTIONS else hosts_in
    base = [host for args, named in made for host in find(args, named)]
    for args, named in sent:
        yield hosts_in(args, named) or base
