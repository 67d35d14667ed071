"""vcrpy's cassettes leave living tenants alone: nothing of theirs is recorded or played."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..names import canonical, is_marketing_cloud
from .late_imports import LateImport

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from ..hosts import Hosts

_MODULE = "vcr.cassette"
_FILTER = "_before_record_request"
"""What a cassette asks of each request: None is one that it neither plays nor records."""
_PLAY = "play_response"


class Cassettes:
    """The patch of vcrpy, where it is installed; put on it as soon as it is imported."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self.late_import = LateImport(_MODULE, self._patch)
        self._patched: type | None = None
        self._ours: dict[str, object] = {}
        self._below: dict[str, Any] = {}
        """What stood there before us: another session's patch may."""

    def leave(self) -> None:
        """Give vcrpy back its own."""
        self.late_import.leave()
        cassette, self._patched = self._patched, None
        for name, ours in self._ours.items() if cassette else ():
            if vars(cassette).get(name) is not ours:
                continue  # another session's lies over it, and may go on calling it
            if name in self._below:
                setattr(cassette, name, self._below[name])
            else:
                delattr(cassette, name)

    def _patch(self, module: ModuleType) -> None:
        cassette = getattr(module, "Cassette", None)
        if cassette is None or self._patched is not None:
            return
        self._patched = cassette
        self._below = {
            name: vars(cassette)[name] for name in (_FILTER, _PLAY) if name in vars(cassette)
        }
        self._ours = {
            _FILTER: property(self._filter_of, _set_filter),
            _PLAY: self._telling(cassette.play_response),
        }
        for name, ours in self._ours.items():
            setattr(cassette, name, ours)

    def _filter_of(self, cassette: object) -> Callable[[Any], Any]:
        below = self._below.get(_FILTER)
        theirs = below.__get__(cassette) if below else vars(cassette)[_FILTER]

        def leave_tenants(request: Any) -> Any:  # noqa: ANN401 - vcrpy's request
            ours = self._patched is not None and self._hosts.owns(request.uri)
            return None if ours else theirs(request)

        return leave_tenants

    def _telling(self, play: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """Let it be known which Marketing Cloud a cassette has played."""

        @wraps(play)
        def play_response(cassette: Any, request: Any) -> Any:  # noqa: ANN401
            answer = play(cassette, request)
            host = canonical(urlsplit(request.uri).hostname or "")
            if self._patched is not None and is_marketing_cloud(host):
                self._hosts.take(host, "vcr")
            return answer

        return play_response


def _set_filter(cassette: object, value: object) -> None:
    # Where the cassette itself would have it, but for the property: found there without us, too.
    vars(cassette)[_FILTER] = value
